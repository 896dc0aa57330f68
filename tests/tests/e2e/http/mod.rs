//! Web APIs and calls over HTTP, with real sockets.

mod goes_wrong;
mod serves;
