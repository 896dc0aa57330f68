//! Requests from outside this machine's own tools: an address at which a host answers HTTP.
//!
//! ```no_run
//! use airssys_wasm::Host;
//! use airssys_wasm::ingress::{HttpOptions, listen};
//!
//! # async fn example(host: Host) -> Result<(), Box<dyn std::error::Error>> {
//! let server = listen(&host, HttpOptions::new("127.0.0.1:8080".parse()?)).await?;
//! println!("http://{}/", server.address());
//! // … until it is time to end:
//! server.finish().await;
//! host.shutdown().await?;
//! # Ok(())
//! # }
//! ```

mod http;

#[cfg(feature = "fuzzing")]
pub(crate) use http::fuzz;
pub use http::{HttpOptions, HttpServer, listen};
