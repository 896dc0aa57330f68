//! What a host finds that opens a state directory after the process was killed that owned it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use airssys_wasm::{DeploymentRecord, Error, Event};
use airssys_wasm_tests::{GONE, TestHost, name, route_of};

/// How long opening may take: far more than the milliseconds that it takes, as tests run beside others.
const OPENING: Duration = Duration::from_secs(5);

/// A deployment that was found to be cut off.
#[derive(Debug, PartialEq)]
pub(crate) struct Recovered {
    pub(crate) component: String,
    pub(crate) deployment: u64,
    pub(crate) to: Option<String>,
    pub(crate) serving: Option<String>,
}

/// Opens a directory, which has to be quick.
pub(crate) async fn open(folder: Arc<TempDir>) -> TestHost {
    let begin = Instant::now();
    let test = TestHost::open(folder, |builder| builder).await;
    assert!(begin.elapsed() < OPENING, "{:?}", begin.elapsed());
    test
}

/// What a host told of deployments that were cut off.
pub(crate) fn recovered(test: &TestHost) -> Vec<Recovered> {
    let told = |event| match event {
        Event::DeploymentRecovered {
            component,
            deployment,
            to,
            serving,
        } => Some(Recovered {
            component: component.to_string(),
            deployment,
            to: to.map(|version| version.to_string()),
            serving: serving.map(|version| version.to_string()),
        }),
        _ => None,
    };
    test.events().into_iter().filter_map(told).collect()
}

/// What a call is answered, or the code of its error.
pub(crate) async fn answer(test: &TestHost, component: &str) -> String {
    let called = test.call(component, "x").await;
    called.unwrap_or_else(|error: Error| error.code().as_str().to_owned())
}

/// The history of a component, of which every deployment has to have an outcome.
pub(crate) async fn history(test: &TestHost, component: &str) -> Vec<DeploymentRecord> {
    let history = test.host.history(&name(component)).await.unwrap();
    assert!(history.iter().all(|record| record.outcome.is_some()), "{history:?}");
    history
}

/// Whether the calls are taken by releases that the route names, and by each of them that has a weight.
pub(crate) async fn check_service(test: &TestHost, component: &str) {
    if route_of(&test.host, component) == GONE {
        return;
    }
    for _ in 0..20 {
        test.call(component, "x").await.unwrap();
    }
    let status = test.host.status();
    let status = status
        .iter()
        .find(|status| status.release.name.as_str() == component)
        .unwrap();
    let taken: u64 = status.releases.iter().map(|release| release.calls).sum();
    assert_eq!(taken, status.calls, "{status:?}");
    assert!(status.releases.iter().all(|release| release.calls > 0), "{status:?}");
}

/// Whether exactly the bytes are there that a release of these components needs.
pub(crate) async fn check_bytes(test: &TestHost, components: &[&str]) {
    let mut needed = BTreeSet::new();
    for component in components {
        let releases = test.host.releases(&name(component)).await.unwrap();
        needed.extend(releases.iter().map(|release| release.digest.to_string()));
    }
    let kept = std::fs::read_dir(test.folder.path().join("blobs/sha256")).unwrap();
    let kept: BTreeSet<String> = kept
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(kept, needed);
}
