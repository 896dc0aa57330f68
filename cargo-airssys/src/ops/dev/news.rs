//! What a loop tells, as data for people and for programs.

use std::time::Duration;

use semver::Version;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::exit::Failure;
use crate::shell::seconds;
use airssys_wasm::capability::Capability;
use airssys_wasm::component::{ComponentName, Digest};

/// Something that happened in a loop; the keys are documented in docs/src/dev.md.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum News {
    /// Files are watched from now on.
    Watching {
        /// The components.
        components: Vec<ComponentName>,
        /// How many files.
        files: usize,
        /// Where they are.
        folder: String,
    },
    /// Requests are taken at this address.
    Listening {
        /// The address, such as `http://127.0.0.1:3000`.
        url: String,
    },
    /// No requests are taken, although there is a web API.
    NotListening {
        /// Why.
        reason: String,
        /// What helps.
        help: String,
    },
    /// A component can be reached.
    Reachable {
        /// The component.
        component: ComponentName,
        /// Where.
        url: String,
        /// Whether it is called there by POST, as what is no web API.
        is_called: bool,
    },
    /// A component is being built.
    Building {
        /// The component.
        component: ComponentName,
        /// The files that have changed, relative to the project.
        changed: Vec<String>,
    },
    /// A new release takes the calls.
    Swapped(Box<Swap>),
    /// A build gave the same component as before.
    Unchanged {
        /// The component.
        component: ComponentName,
        /// The files that have changed, relative to the project.
        changed: Vec<String>,
        /// The version that serves.
        serving: Option<Version>,
    },
    /// What a build that went well has said: the compiler's warnings.
    Said {
        /// Its words.
        transcript: String,
    },
    /// A build or a deployment has failed, and the last good release goes on serving.
    NotSwapped(Box<Unswapped>),
    /// A release waits for a deployment of its component that somebody else has begun.
    Waiting {
        /// The component.
        component: ComponentName,
    },
    /// A component has another name now, and its release under the old name serves as well.
    Renamed {
        /// The old name.
        from: ComponentName,
        /// The new name.
        to: ComponentName,
    },
    /// A component is being taken back.
    RollingBack {
        /// The component.
        component: ComponentName,
    },
    /// A component was taken back to an earlier release by its author.
    RolledBack {
        /// The component.
        component: ComponentName,
        /// The release that serves now.
        version: Version,
        /// How long it took.
        #[serde(rename = "seconds", serialize_with = "as_seconds")]
        took: Duration,
    },
    /// A rollback was asked for that could not be done.
    NotRolledBack {
        /// The component.
        component: ComponentName,
        /// Why.
        reason: String,
    },
    /// A folder of a component has gone; what serves goes on serving.
    Gone {
        /// The folder.
        folder: String,
    },
    /// It is back.
    Back {
        /// The folder.
        folder: String,
    },
    /// A component has more files than are watched.
    TooMany {
        /// How many are.
        files: usize,
    },
    /// The system does not tell of changes, so that folders are looked at every second.
    Polling {
        /// Why.
        reason: String,
    },
    /// Every build changes the files that it is made from, so that they are left alone until others change.
    Circling {
        /// The component.
        component: ComponentName,
        /// The files, relative to the project.
        changed: Vec<String>,
    },
    /// A component was granted what it had asked for.
    Granted {
        /// The component.
        component: ComponentName,
        /// What kind of access.
        capability: Capability,
        /// What of it.
        pattern: String,
    },
    /// Nothing was granted.
    NotGranted {
        /// Why.
        reason: String,
    },
    /// The loop has ended.
    Ended {
        /// How many releases came into service.
        swaps: u64,
        /// How many builds or deployments did not come to it.
        not_swapped: u64,
        /// Calls to the components while the loop ran.
        calls: u64,
        /// Those of them that failed by a component's fault.
        failed: u64,
    },
}

/// A release that came into service.
#[derive(Debug, Serialize)]
pub(crate) struct Swap {
    /// The component.
    pub(crate) component: ComponentName,
    /// The files that have changed, relative to the project.
    pub(crate) changed: Vec<String>,
    /// Its version.
    pub(crate) version: Version,
    /// The version that it replaced; none at the first deployment.
    pub(crate) from: Option<Version>,
    /// Identifies its bytes.
    pub(crate) digest: Digest,
    /// How long each part took.
    #[serde(flatten)]
    pub(crate) times: Times,
    /// Calls that were under way when the deployment began.
    pub(crate) in_flight: u32,
    /// Calls that have failed by the component's fault while the old and the new release took turns.
    pub(crate) failed: u64,
    /// Whether the loop has no other component.
    #[serde(skip)]
    pub(crate) is_alone: bool,
    /// Whether an actor handed over its state.
    pub(crate) state_kept: bool,
}

/// How long the parts of a swap took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Times {
    /// From the first change of a file to the begin of the build.
    #[serde(rename = "watch_seconds", serialize_with = "as_seconds")]
    pub(crate) watch: Duration,
    /// The project's own build.
    #[serde(rename = "build_seconds", serialize_with = "as_seconds")]
    pub(crate) build: Duration,
    /// Checking what the build left, and putting the manifest into it.
    #[serde(rename = "pack_seconds", serialize_with = "as_seconds")]
    pub(crate) pack: Duration,
    /// To machine code.
    #[serde(rename = "compile_seconds", serialize_with = "as_seconds")]
    pub(crate) compile: Duration,
    /// From the start of the new release to all calls.
    #[serde(rename = "swap_seconds", serialize_with = "as_seconds")]
    pub(crate) swap: Duration,
    /// From the first change of a file until the new release took the calls.
    #[serde(rename = "live_seconds", serialize_with = "as_seconds")]
    pub(crate) live: Duration,
}

/// A build or a deployment that did not come to a swap.
#[derive(Debug, Serialize)]
pub(crate) struct Unswapped {
    /// The component.
    pub(crate) component: ComponentName,
    /// The files that have changed, relative to the project.
    pub(crate) changed: Vec<String>,
    /// Why, as other verbs print it.
    #[serde(flatten)]
    reported: Value,
    /// The same for people.
    #[serde(skip)]
    pub(crate) failure: Failure,
    /// What the build has said.
    #[serde(rename = "output")]
    transcript: String,
    /// The version that goes on serving; none when there is none yet.
    serving: Option<Version>,
    /// Its name and version.
    #[serde(skip)]
    pub(crate) label: Option<String>,
    /// Whether what is missing may be granted at the press of a key.
    #[serde(skip)]
    pub(crate) is_grantable: bool,
}

impl Unswapped {
    /// A failure, with what the build has said before it.
    pub(super) fn new(
        component: ComponentName,
        changed: Vec<String>,
        mut failure: Failure,
        transcript: String,
        serving: Option<(ComponentName, Version)>,
    ) -> Self {
        // A save is all the command there is to run.
        failure.help = failure.help.replace("then run the command again", "and save");
        let reported = serde_json::to_value(failure.reported()).unwrap_or_default();
        let transcript = transcript + &failure.transcript;
        Self {
            component,
            changed,
            reported,
            failure: failure.with_transcript(transcript.clone()),
            transcript,
            label: serving.as_ref().map(|(name, version)| format!("{name}@{version}")),
            serving: serving.map(|(_, version)| version),
            is_grantable: false,
        }
    }
}

fn as_seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(seconds(*time))
}
