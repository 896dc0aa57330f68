//! Sends what a guest requests over HTTP.

mod connect;
mod fault;
mod metered;
mod request_body;
mod response_body;
mod send;
mod target;
#[cfg(test)]
mod tests;
mod timeouts;
mod vigil;

pub(crate) use fault::code;
pub(crate) use send::{Link, Requests, Sending};
