//! Everything a host tells the outside while it works.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use semver::Version;

use crate::component::{ComponentName, Digest};

/// Something that happened in a host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A step of a deployment begins.
    StepStarted {
        /// The component.
        component: ComponentName,
        /// The version being deployed.
        version: Version,
        /// The step, for example `compile`.
        step: &'static str,
    },
    /// A step of a deployment ended well.
    StepFinished {
        /// The component.
        component: ComponentName,
        /// The version being deployed.
        version: Version,
        /// The step.
        step: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// A guest wrote a line to its standard output or error.
    Output {
        /// The component.
        component: ComponentName,
        /// Whether it was standard error.
        error: bool,
        /// The line, without its end; at most 8 KiB, control characters escaped.
        line: String,
    },
    /// A guest wrote more than a host passes on; the rest of this entry's output is dropped.
    OutputDropped {
        /// The component.
        component: ComponentName,
    },
    /// An entry of the cache of compiled code was not what this host wrote; it was removed.
    CacheEntryRefused {
        /// The component's bytes.
        digest: Digest,
        /// What was odd.
        reason: String,
    },
    /// Compiled code is not cached, so that every start compiles.
    CacheUnusable {
        /// Why.
        reason: String,
    },
    /// An instance was discarded after a trap, a timeout or a cancellation.
    InstanceDiscarded {
        /// The component.
        component: ComponentName,
        /// The code of the error.
        code: &'static str,
    },
    /// A guest trapped, and its core dump was written.
    CoreDumped {
        /// The component.
        component: ComponentName,
        /// The file.
        path: PathBuf,
    },
    /// A guest trapped, and its core dump was not written.
    CoreDumpFailed {
        /// The component.
        component: ComponentName,
        /// Why.
        reason: String,
    },
    /// A call has ended that was profiled.
    CallProfiled {
        /// The component.
        component: ComponentName,
        /// The profile, in the JSON format that the Firefox Profiler opens.
        profile: Arc<[u8]>,
    },
    /// The host came back after a deployment was cut off, and this is the version that serves.
    DeploymentRecovered {
        /// The component.
        component: ComponentName,
        /// The serving version; none when the cut-off deployment was the first.
        serving: Option<Version>,
    },
    /// The state of an actor could not be saved when the host shut down.
    StateNotSaved {
        /// The component.
        component: ComponentName,
        /// Why.
        reason: String,
    },
}

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    pub(crate) fn new(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    pub(crate) fn emit(&self, event: Event) {
        (self.0)(event);
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}
