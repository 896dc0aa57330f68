//! Where the code of one host comes from.

use std::path::Path;

use super::HostBuilder;
use crate::engine::{AotCache, CodeSource, CompileSettings, Engines};
use crate::event::{Event, Events};
use crate::store::Store;

/// The code, with a cache in the state directory.
pub(super) fn own_code(
    store: &Store,
    key_file: &Path,
    engines: Engines,
    compile: CompileSettings,
    events: &Events,
) -> CodeSource {
    let cache = AotCache::open(&store.directory().join("cache"), key_file, events.clone());
    if let Err(error) = &cache {
        events.emit(Event::CacheUnusable {
            reason: error.to_string(),
        });
    }
    CodeSource::new(engines, cache.ok(), compile)
}

impl HostBuilder {
    /// Takes code from where other hosts take theirs, instead of compiling it.
    pub(crate) fn share(mut self, code: CodeSource) -> Self {
        self.shared = Some(code);
        self
    }
}
