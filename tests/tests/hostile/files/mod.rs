//! Files: what is granted can be used, and nothing else can be reached, changed or seen.

mod bounds;
mod matrix;
mod model;
mod mounts;
mod moves;
mod revoked;
mod swap;
mod yard;
