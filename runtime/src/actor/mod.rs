//! Hosting of components that have one instance: calls in order, and state that outlives the instance.

mod mailbox;

pub(crate) use mailbox::{Actor, Delivery, Handover, Saved, Saving, dead, start};
