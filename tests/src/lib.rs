//! What the tests of this workspace share: real guests, hosts to run them, and a shell with the programs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use this crate"
)]

#[path = "../../runtime/examples/hostile_neighbours/by_hand.rs"]
mod by_hand;
mod compiler;
mod folder;
mod guest;
mod heavy;
mod host;
mod http;
mod load;
mod program;
mod random;
mod route;
mod session;
mod terminal;
pub mod transcript;
mod wire;

pub use by_hand::{ByHand, CLOCK, ENDLESS, WAITING};
pub use compiler::{FalseCompiler, own_compiler};
pub use folder::copy_folder;
pub use guest::{dev_guest_path, edition, guest, guest_path};
pub use heavy::{exploding, heavy};
pub use host::{TestHost, code, name, until};
pub use http::{Answer, Client, HttpHost, serves_http};
pub use load::{Called, Load};
pub use program::{program, target, workspace};
pub use random::Random;
pub use route::{GONE, route_line, route_of};
pub use session::{Said, Session, homes, provide_home};
pub use terminal::Terminal;
pub use wire::{frame, request};
