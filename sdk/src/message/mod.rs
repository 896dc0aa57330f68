//! What a call carries, in both directions.

mod content;
mod input;
mod output;

pub(crate) use content::Content;
pub use input::ComponentInput;
pub use output::ComponentOutput;
