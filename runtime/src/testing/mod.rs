//! Tests of a component: cases as data, and calls from a Rust test, each in a host of its own in which every run is the same.
//!
//! ```no_run
//! use airssys_wasm::testing::Component;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let component = Component::from_file("target/airssys/greeter.wasm")?;
//! let mut greeter = component.start().seed(1).build().await?;
//! assert_eq!(greeter.call("world").await.to_string(), "Hello, world!");
//! # Ok(())
//! # }
//! ```
//!
//! Randomness begins with a seed, the wall clock stands still, the monotonic clock advances when it is read, and
//! directories are copies.
//! The limits are those of every host.

mod answer;
mod case;
mod component;
mod directory;
mod error;
mod expectation;
mod outcome;
mod project_file;
mod request;
mod run;
mod schema;
mod snapshot;
mod start;
mod upgrade;

pub use answer::Answer;
pub use case::Case;
pub use component::Component;
pub use error::{CaseError, Error};
pub use outcome::{CallOutcome, Difference, Outcome, OutputLine, Verdict};
pub use snapshot::Snapshot;
pub use start::{Running, Start};
pub use upgrade::{Fate, Load, Upgrade, UpgradeOutcome};
