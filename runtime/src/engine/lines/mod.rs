//! Where in its author's source a guest was, by the DWARF sections that a dev build carries.
//!
//! They come with the component, so they may say anything.
//! wasmtime can read them itself when a guest traps, and is told not to: it does so for each function on the stack
//! anew, with a recursion as deep as the sections say, which overflows the stack, and it writes out a path for each
//! file that they name, however many and long.
//! Here nothing recurses, nothing is written out but what is shown, and whatever repeats has a [`budget::Budget`].
//! What is over it, or makes no sense, has no line.
//!
//! `sections` finds the DWARF of each core module, `program` reads line programs, `unit` finds inlined calls, `path`
//! says whose file it is, and `source` puts it together.

mod budget;
mod path;
mod program;
mod sections;
mod source;
#[cfg(test)]
mod tests;
mod unit;

pub(crate) use budget::Budget;
pub(crate) use path::Origin;
pub(crate) use source::{Lines, Position};
