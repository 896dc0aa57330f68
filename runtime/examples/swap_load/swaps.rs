//! The swaps: new releases, older ones, and rollbacks, one after the other.

use std::time::{Duration, Instant};

use semver::Version;

use airssys_wasm::component::{ComponentName, Package};
use airssys_wasm::{DeployOptions, Host, RollbackOptions};

use super::encode::distinct;

/// Different bytes among the releases, so that each is compiled once.
const DIFFERENT: u64 = 4;

/// The component that is swapped.
pub(crate) struct Swaps {
    pub(crate) host: Host,
    pub(crate) name: ComponentName,
    pub(crate) bytes: Vec<u8>,
    /// The version of the last new release.
    last: u64,
    /// How long the swaps took, and the rollbacks.
    pub(crate) swaps: Vec<Duration>,
    pub(crate) rollbacks: Vec<Duration>,
}

impl Swaps {
    /// Deploys the first release.
    pub(crate) async fn new(host: Host, name: ComponentName, bytes: Vec<u8>) -> Self {
        let swaps = Self {
            host,
            name,
            bytes,
            last: 0,
            swaps: Vec::new(),
            rollbacks: Vec::new(),
        };
        swaps.deploy().await;
        swaps
    }

    async fn deploy(&self) {
        let place = usize::try_from(self.last % DIFFERENT).expect("a small number");
        let package = Package::new(distinct(&self.bytes, place)).name(self.name.clone());
        let package = package.version(Version::new(1, 0, self.last));
        self.host.deploy(package).await.expect("the component is healthy");
    }

    /// The swap number `number`: a rollback, or else in turn a new release and one from the store.
    pub(crate) async fn swap(&mut self, number: u64, is_rollback: bool) {
        let began = Instant::now();
        if is_rollback {
            let options = RollbackOptions::default();
            let done = self.host.rollback(&self.name, &options).await;
            done.expect("the release before is there");
            self.rollbacks.push(began.elapsed());
            return;
        }
        if number % 4 == 3 {
            // Two releases back, so that it is not the one that is kept warm.
            let version = Version::new(1, 0, self.last.saturating_sub(2));
            let done = self.host.update(&self.name, &version, &DeployOptions::default()).await;
            done.expect("the release is in the store");
        } else {
            self.last += 1;
            self.deploy().await;
        }
        self.swaps.push(began.elapsed());
    }
}
