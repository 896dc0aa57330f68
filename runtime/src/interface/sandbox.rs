//! What a guest finds in its sandbox: nothing; or, for tests, what makes every run of a case the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use super::{Lines, Outside, empty_context};
use crate::capability::{Capability, Clearance, Grant, GrantSet, Grants, Mount, Source as Giver};
use crate::error::Error;

/// How much the monotonic clock of a test advances with each reading.
const STEP: Duration = Duration::from_millis(1);

/// What the instances of a host find.
/// The default is what every host but that of a test has: nothing, the real time and real randomness.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sandbox {
    /// Where randomness and time come from; from the system when absent.
    pub(crate) source: Option<Source>,
    /// The directories that are there.
    pub(crate) directories: Vec<Directory>,
    /// What the host keeps for itself, and no directory of an instance may lead to.
    pub(crate) own: Own,
    /// How they reach the network.
    pub(crate) outside: Outside,
}

/// What a host keeps for itself on this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    /// Its state directory.
    pub(crate) state_dir: Option<PathBuf>,
    /// The directory of the key by which it knows what it has compiled, and what an operator has granted.
    pub(crate) key_dir: Option<PathBuf>,
    /// The directory of its policy file, and the one of the file that this leads to.
    pub(crate) policy_dirs: Vec<PathBuf>,
}

/// Randomness and time that are the same in every run.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What randomness begins with.
    pub(crate) seed: u64,
    /// The time that the wall clock shows all the time.
    pub(crate) clock: DateTime<Utc>,
}

/// A directory of this machine in a guest's sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Its path in the guest.
    pub(crate) guest: String,
    /// Its path here.
    pub(crate) host: PathBuf,
    /// Whether the guest may write.
    pub(crate) writable: bool,
}

/// The directory of a file, and the one of the file that its path leads to.
fn directories_of(file: &Path) -> Vec<PathBuf> {
    let files = [Some(file.to_owned()), std::fs::canonicalize(file).ok()];
    let directories = files.iter().flatten().filter_map(|file| file.parent());
    directories.map(Path::to_owned).collect()
}

impl Sandbox {
    /// The context of a new instance; what the guest writes goes to the two streams.
    pub(crate) fn context(&self, output: Lines, error: Lines) -> WasiCtxBuilder {
        let mut context = empty_context(output, error);
        if let Some(source) = &self.source {
            source.apply(&mut context);
        }
        context
    }

    /// The same on a host that keeps its own in this directory, its key in this file, and has this policy file.
    pub(crate) fn beside(self, state_dir: &Path, key_file: &Path, policy_file: Option<&Path>) -> Self {
        Self {
            own: Own {
                state_dir: Some(state_dir.to_owned()),
                key_dir: key_file.parent().map(Path::to_owned),
                policy_dirs: policy_file.map(directories_of).unwrap_or_default(),
            },
            ..self
        }
    }

    /// What instances may do: also what its directories are for, as if it was asked for and granted.
    pub(crate) fn clearance(&self, given: Clearance) -> Result<Clearance, Error> {
        if self.directories.is_empty() {
            return Ok(given);
        }
        let mut asked = given.asked.to_vec();
        let mut granted = GrantSet::clone(&given.grants.now());
        for directory in &self.directories {
            for grant in directory.grants()? {
                asked.push(grant.clone());
                granted.grant(grant, Giver::Project);
            }
            granted.mounts.push(Mount::new(directory.path(), &directory.host));
        }
        Ok(Clearance {
            asked: asked.into(),
            grants: Arc::new(Grants::new(granted)),
            ..given
        })
    }

    /// The same without directories: what a component finds while it is asked what it needs.
    pub(crate) fn without_directories(&self) -> Self {
        Self {
            directories: Vec::new(),
            ..self.clone()
        }
    }
}

impl Directory {
    /// Its path as accesses have it.
    fn path(&self) -> &str {
        match self.guest.trim_end_matches('/') {
            "" => "/",
            path => path,
        }
    }

    fn grants(&self) -> Result<Vec<Grant>, Error> {
        let capabilities = [Capability::FileRead, Capability::FileWrite];
        let capabilities = capabilities.into_iter().take(if self.writable { 2 } else { 1 });
        let below = format!("{}/**", self.path().trim_end_matches('/'));
        let grants = capabilities.map(|capability| Ok(Grant::parse(capability, &below)?));
        grants.collect()
    }
}

impl Source {
    fn apply(&self, context: &mut WasiCtxBuilder) {
        let stream = |number| {
            let mut random = ChaCha20Rng::seed_from_u64(self.seed);
            random.set_stream(number);
            random
        };
        let mut seed = [0; 16];
        stream(2).fill_bytes(&mut seed);
        context
            .secure_random(stream(0))
            .insecure_random(stream(1))
            .insecure_random_seed(u128::from_le_bytes(seed))
            .wall_clock(Stopped(self.clock))
            .monotonic_clock(Stepping::default());
    }
}

/// A wall clock that shows one time.
struct Stopped(DateTime<Utc>);

impl HostWallClock for Stopped {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        // A guest has no time before 1970.
        let seconds = u64::try_from(self.0.timestamp()).unwrap_or(0);
        Duration::new(seconds, self.0.timestamp_subsec_nanos().min(999_999_999))
    }
}

/// A monotonic clock that begins at 0 and advances when it is read, so that waiting for a time comes to an end.
#[derive(Default)]
struct Stepping(AtomicU64);

impl HostMonotonicClock for Stepping {
    fn resolution(&self) -> u64 {
        step()
    }

    fn now(&self) -> u64 {
        self.0.fetch_add(step(), Ordering::Relaxed)
    }
}

fn step() -> u64 {
    u64::try_from(STEP.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_a_link_is_where_it_leads_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        for directory in ["etc", "srv"] {
            std::fs::create_dir(root.join(directory)).unwrap();
        }
        std::fs::write(root.join("srv/policy.toml"), "").unwrap();
        std::os::unix::fs::symlink("../srv/policy.toml", root.join("etc/policy.toml")).unwrap();
        let found = directories_of(&root.join("etc/policy.toml"));
        assert_eq!(found, [root.join("etc"), root.join("srv")]);
    }

    #[test]
    fn the_monotonic_clock_of_a_test_advances_by_being_read() {
        let clock = Stepping::default();
        assert_eq!([clock.now(), clock.now(), clock.now()], [0, 1_000_000, 2_000_000]);
    }

    #[test]
    fn the_wall_clock_of_a_test_stands_still() {
        let clock = Stopped("2026-01-01T00:00:00.5Z".parse().unwrap());
        assert_eq!(clock.now(), Duration::new(1_767_225_600, 500_000_000));
        assert_eq!(clock.now(), clock.now());
    }
}
