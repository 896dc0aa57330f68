//! One file for each verb, and the list of them.
//!
//! To add a verb: write its file and add its line to [`ALL`].

pub(crate) mod line;
mod verb;

mod build;
mod call;
mod completions;
mod deploy;
mod doctor;
mod init;
mod inspect;
mod quickstart;
mod remove;
mod status;
mod test;

use verb::Entry;

/// Every verb, in the order of the help.
const ALL: &[Entry] = &[
    Entry::of::<init::Init>(),
    Entry::of::<build::Build>(),
    Entry::of::<test::Test>(),
    Entry::of::<deploy::Deploy>(),
    Entry::of::<call::Call>(),
    Entry::of::<status::Status>(),
    Entry::of::<inspect::Inspect>(),
    Entry::of::<remove::Remove>(),
    Entry::of::<doctor::Doctor>(),
    Entry::of::<quickstart::Quickstart>(),
    Entry::of::<completions::Completions>(),
];
