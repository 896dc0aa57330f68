//! What `wit-bindgen` generates from the contract: one world for each interface, so that a component exports only what it has.
//!
//! The text is checked in, so that an author's first build does not compile the generator; a test keeps it fresh.

#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::unwrap_used,
    reason = "generated: passing values to and from the host takes unsafe code"
)]

#[rustfmt::skip]
pub mod guest;
#[rustfmt::skip]
pub mod state;
