//! Everything a host tells the outside while it works.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::capability::{Capability, Refusal};
use crate::component::{ComponentName, Digest, Limit, Percent};
use crate::error::as_text;

/// Something that happened in a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A step of a deployment begins.
    StepStarted {
        /// The component.
        component: ComponentName,
        /// The version being deployed.
        version: Version,
        /// The step, for example `compile`.
        step: Cow<'static, str>,
    },
    /// A step of a deployment ended well.
    StepFinished {
        /// The component.
        component: ComponentName,
        /// The version being deployed.
        version: Version,
        /// The step.
        step: Cow<'static, str>,
        /// How long it took.
        #[serde(rename = "seconds", with = "as_seconds")]
        took: Duration,
    },
    /// A release gets another part of the calls, before the outcome of its deployment is recorded.
    Shifted {
        /// The component.
        component: ComponentName,
        /// The version being deployed.
        version: Version,
        /// Its part of the calls.
        part: Percent,
    },
    /// A release was watched for a window, and no gate has failed.
    WindowPassed {
        /// The component.
        component: ComponentName,
        /// The version being deployed.
        version: Version,
        /// The calls that it took in the window.
        calls: u64,
        /// Those of them that failed by the component's fault.
        failed: u64,
        /// Within which time 99 of 100 calls were done.
        #[serde(rename = "p99_seconds", with = "as_optional_seconds")]
        p99: Option<Duration>,
        /// Whether there were enough calls to judge the release by them.
        is_judged: bool,
    },
    /// A release that had taken calls was taken back, and its deployment has failed.
    RolledBack {
        /// The component.
        component: ComponentName,
        /// The version that was taken back.
        version: Version,
        /// The version that serves again; none when it was the first.
        serving: Option<Version>,
        /// Why, with the figures.
        reason: String,
    },
    /// The calls that a replaced release had taken have ended.
    Drained {
        /// The component.
        component: ComponentName,
        /// The version that was replaced.
        version: Version,
        /// The calls that were cancelled, because they did not end before the drain deadline.
        cancelled: u32,
    },
    /// The bytes of a release were removed to make room for newer ones.
    ReleaseCollected {
        /// The component.
        component: ComponentName,
        /// The version.
        version: Version,
    },
    /// Releases that are not kept could not be removed; that is tried again after the next deployment.
    NotCollected {
        /// The component.
        component: ComponentName,
        /// Why.
        reason: String,
    },
    /// A deployment has come to a point at which a process may end without leaving a half state.
    /// Tests end it there.
    #[doc(hidden)]
    #[serde(skip)]
    Reached {
        /// The component.
        component: ComponentName,
        /// The point.
        #[serde(skip)]
        point: &'static str,
    },
    /// A guest wrote a line to its standard output or error, or logged one.
    Output {
        /// The component.
        component: ComponentName,
        /// Whether it was standard error.
        error: bool,
        /// How important it is; none for what was written and not logged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
        /// The line, without its end; at most 8 KiB, control characters escaped.
        line: String,
    },
    /// A guest wrote more in one entry than a host passes on; the rest was dropped.
    OutputDropped {
        /// The component.
        component: ComponentName,
        /// How much was dropped.
        bytes: u64,
    },
    /// A component went beyond one of its limits, and was told so in the terms of the interface.
    /// Of each limit it is told at most once a minute.
    LimitReached {
        /// The component.
        component: ComponentName,
        /// The limit.
        limit: Limit,
        /// How much it lets the component have.
        allowed: u64,
    },
    /// Instances of a release could not be started, one after the other, and no more are for a while.
    Quarantined {
        /// The component.
        component: ComponentName,
        /// The version.
        version: Version,
        /// Why the last one could not be started.
        reason: String,
        /// When one start is tried.
        #[serde(rename = "retry_in_seconds", with = "as_seconds")]
        retry_in: Duration,
    },
    /// A release that was quarantined is started again: a start was good, or an operator wants it.
    Resumed {
        /// The component.
        component: ComponentName,
        /// The version.
        version: Version,
    },
    /// A guest wanted something that is not granted, and did not get it.
    /// Of each instance up to 16 different ones are told.
    Denied {
        /// The component.
        component: ComponentName,
        /// The version that wanted it.
        version: Version,
        /// What kind of access.
        capability: Capability,
        /// What it wanted, as it is written under `[capabilities]`.
        pattern: String,
        /// What decided.
        refusal: Refusal,
    },
    /// A component is granted what it asks for by the rule of a project's own components; of each grant it is told once.
    Granted {
        /// The component.
        component: ComponentName,
        /// What kind of access.
        capability: Capability,
        /// What of it.
        pattern: String,
        /// The directory of this machine that it is about, when it is about files.
        directory: Option<String>,
    },
    /// A directory is granted to a component and does not exist; an instance that begins finds an empty one.
    MountMissing {
        /// The component.
        component: ComponentName,
        /// Its guest path.
        directory: String,
        /// Where it should be on this machine.
        #[serde(with = "as_text")]
        host: PathBuf,
    },
    /// What was granted to a component at run time was not recorded by this user, and counts for nothing.
    GrantsRefused {
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
        code: Cow<'static, str>,
    },
    /// A guest trapped, and its core dump was written.
    CoreDumped {
        /// The component.
        component: ComponentName,
        /// The file.
        #[serde(with = "as_text")]
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
        #[serde(skip)]
        profile: Arc<[u8]>,
    },
    /// The host came back after a deployment was cut off, and this is the version that serves.
    DeploymentRecovered {
        /// The component.
        component: ComponentName,
        /// The deployment that was cut off.
        deployment: u64,
        /// The version that it was to bring into service.
        to: Option<Version>,
        /// The serving version; none when the cut-off deployment was the first.
        serving: Option<Version>,
    },
    /// What happens cannot be recorded in the audit log at present.
    AuditUnavailable {
        /// Why.
        reason: String,
        /// Whether accesses are denied and calls refused meanwhile, as the policy says; else what is lost is counted.
        is_stopped: bool,
    },
    /// What happens is recorded again.
    AuditResumed {
        /// How many entries were lost since the host was opened.
        lost: u64,
    },
    /// The state of an actor could not be saved when the host shut down.
    StateNotSaved {
        /// The component.
        component: ComponentName,
        /// Why.
        reason: String,
    },
}

/// How important a guest says that a line is, as in `wasi:logging`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Critical,
}

impl Level {
    /// Its name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl Event {
    /// The component that it is about; none for what concerns the host.
    pub fn component(&self) -> Option<&ComponentName> {
        match self {
            Self::StepStarted { component, .. }
            | Self::StepFinished { component, .. }
            | Self::Shifted { component, .. }
            | Self::WindowPassed { component, .. }
            | Self::RolledBack { component, .. }
            | Self::Drained { component, .. }
            | Self::ReleaseCollected { component, .. }
            | Self::NotCollected { component, .. }
            | Self::Reached { component, .. }
            | Self::Output { component, .. }
            | Self::OutputDropped { component, .. }
            | Self::LimitReached { component, .. }
            | Self::Quarantined { component, .. }
            | Self::Resumed { component, .. }
            | Self::Denied { component, .. }
            | Self::Granted { component, .. }
            | Self::MountMissing { component, .. }
            | Self::GrantsRefused { component }
            | Self::InstanceDiscarded { component, .. }
            | Self::CoreDumped { component, .. }
            | Self::CoreDumpFailed { component, .. }
            | Self::CallProfiled { component, .. }
            | Self::DeploymentRecovered { component, .. }
            | Self::StateNotSaved { component, .. } => Some(component),
            Self::CacheEntryRefused { .. }
            | Self::CacheUnusable { .. }
            | Self::AuditUnavailable { .. }
            | Self::AuditResumed { .. } => None,
        }
    }
}

/// How many events a slow subscriber may be behind.
const BACKLOG: usize = 1_024;

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events {
    listener: Arc<dyn Fn(Event) + Send + Sync>,
    subscribers: broadcast::Sender<Event>,
}

/// The events of a host from the moment of subscribing.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<Event>);

impl Subscription {
    /// The next event; none when the host is gone.
    /// A subscriber that is more than 1,024 events behind misses the oldest.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Subscription {
    /// The next event, if one has happened already.
    pub(crate) fn waiting(&mut self) -> Option<Event> {
        loop {
            match self.0.try_recv() {
                Ok(event) => return Some(event),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

impl Events {
    pub(crate) fn new(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self {
            listener: Arc::new(listener),
            subscribers: broadcast::Sender::new(BACKLOG),
        }
    }

    /// Has `listener` hear of each event before the one that was given first.
    pub(crate) fn also(self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        let first = self.listener;
        Self {
            listener: Arc::new(move |event| {
                listener(&event);
                first(event);
            }),
            subscribers: self.subscribers,
        }
    }

    pub(crate) fn emit(&self, event: Event) {
        if self.subscribers.receiver_count() > 0 {
            // Whoever has gone since then needs no event.
            let _ = self.subscribers.send(event.clone());
        }
        (self.listener)(event);
    }

    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription(self.subscribers.subscribe())
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

/// A length of time as a number of seconds.
pub(crate) mod as_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(took.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
    }
}

/// A length of time as a number of seconds, or nothing.
pub(crate) mod as_optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        took.map(|took| took.as_secs_f64()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        let took = seconds.map(Duration::try_from_secs_f64).transpose();
        took.map_err(serde::de::Error::custom)
    }
}
