//! The audit log of a real host: what is in it, and what becomes of it.

mod entries;
mod full;
mod kept;
mod set_up;
mod tampered;
mod torn;
