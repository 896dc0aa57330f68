//! One file for each verb, and the list of them.
//!
//! To add a verb: write its file and add its line to [`ALL`].

mod grants;
pub(crate) mod line;
mod listen;
mod verb;

mod audit;
mod bindings;
mod build;
mod call;
mod completions;
mod componentize;
mod deploy;
mod dev;
mod doctor;
mod events;
mod history;
mod init;
mod inspect;
mod logs;
mod permission;
mod quickstart;
mod remove;
mod resume;
mod rollback;
mod rollout;
mod scale;
mod serve;
mod status;
mod test;
mod update;

use verb::Entry;

/// Every verb, in the order of the help.
const ALL: &[Entry] = &[
    Entry::of::<init::Init>(),
    Entry::of::<build::Build>(),
    Entry::of::<bindings::Bindings>(),
    Entry::of::<componentize::Componentize>(),
    Entry::of::<test::Test>(),
    Entry::of::<dev::Dev>(),
    Entry::of::<deploy::Deploy>(),
    Entry::of::<update::Update>(),
    Entry::of::<rollback::Rollback>(),
    Entry::of::<scale::Scale>(),
    Entry::of::<resume::Resume>(),
    Entry::of::<call::Call>(),
    Entry::of::<status::Status>(),
    Entry::of::<history::History>(),
    Entry::of::<logs::Logs>(),
    Entry::of::<events::Events>(),
    Entry::of::<permission::Permission>(),
    Entry::of::<audit::Audit>(),
    Entry::of::<inspect::Inspect>(),
    Entry::of::<remove::Remove>(),
    Entry::of::<serve::Serve>(),
    Entry::of::<doctor::Doctor>(),
    Entry::of::<quickstart::Quickstart>(),
    Entry::of::<completions::Completions>(),
];
