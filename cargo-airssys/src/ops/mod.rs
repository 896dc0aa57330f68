//! What verbs share. Nothing here knows of arguments, and nothing prints.

pub(crate) mod artifact;
pub(crate) mod audit;
pub(crate) mod bindings;
pub(crate) mod build;
pub(crate) mod componentize;
mod contract;
pub(crate) mod descriptors;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod files;
pub(crate) mod grants;
pub(crate) mod host;
pub(crate) mod input;
mod interrupt;
pub(crate) mod learn;
pub(crate) mod listen;
pub(crate) mod load;
pub(crate) mod origin;
pub(crate) mod package;
mod port;
pub(crate) mod project;
pub(crate) mod scaffold;
pub(crate) mod sdk;
pub(crate) mod state;
pub(crate) mod test;
pub(crate) mod tour;
mod transcript;
