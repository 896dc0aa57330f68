//! The project a person stands in: where it is, what its component is called, how it is built.

mod cargo;
mod find;
mod manifest;
mod member;
mod root;

pub(crate) use find::{Builder, Project, build_section, find, find_all, reachable};
pub(crate) use manifest::MANIFEST;
pub(crate) use root::{root_of, workspace_around};
