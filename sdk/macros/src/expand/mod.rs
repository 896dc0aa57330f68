//! From the model to code.

mod call;
mod component;
mod component_impl;
mod entry_point;
mod marked;
mod state;

pub(crate) use component::component;
pub(crate) use component_impl::component_impl;
pub(crate) use marked::marked;
