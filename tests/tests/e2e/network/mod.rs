//! What components reach over the network, and what they do not: with real sockets, on loopback alone.

mod exchange;
mod hostile;
mod limits;
mod names;
mod requests;
mod set_up;
mod tcp;
mod tls;
mod udp;
