//! HTTP/1.1: requests to web APIs by their routes, and calls of every component under `/call/`.

mod answer;
mod body;
mod call;
mod charge;
mod connection;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzz;
mod json;
mod options;
mod origin;
mod page;
mod refusal;
mod server;
mod socket;
mod text;

pub use options::HttpOptions;
pub use server::{HttpServer, listen};
