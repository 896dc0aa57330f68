//! The owner's socket: how other processes reach the host that owns a state directory.
//!
//! One process owns a state directory; [`listen`] has it serve the others, on a Unix socket in the directory.
//! A [`Client`] reaches a host in this process and one behind a socket in the same way, and errors arrive as the same
//! [`Error`](crate::Error)s.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use airssys_wasm::Host;
//! use airssys_wasm::component::Message;
//! use airssys_wasm::control::{Client, listen};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // In the process that owns the directory:
//! let host = Host::builder().state_dir(".airssys").build().await?;
//! let server = listen(&host).await?;
//!
//! // In another process of the same user:
//! let client = Client::connect(".airssys".as_ref(), Arc::new(|event| eprintln!("{event:?}"))).await?;
//! let answer = client.call(&"greeter".parse()?, Message::text("world")).await?;
//! println!("{}", answer.to_text());
//!
//! // And when the owner ends:
//! server.finish().await;
//! host.shutdown().await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod answer;
mod client;
mod connection;
mod exchange;
mod frame;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod json;
mod protocol;
mod server;

pub use client::{Client, Listener};
pub use protocol::Rendered;
pub use server::{Server, listen, listen_within};
