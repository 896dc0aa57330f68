//! New projects from the embedded templates.

mod create;
mod named;
mod template;

pub(crate) use create::{Plan, create};
pub(crate) use named::{base_of_path, suggested};
pub(crate) use template::{Template, templates};
