//! Web APIs and calls over HTTP, with real sockets.

mod calls;
mod goes_wrong;
mod hostile;
mod serves;
mod streams;
mod swaps;
