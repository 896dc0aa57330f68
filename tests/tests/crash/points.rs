//! Each operation, killed at each point that it reaches.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use airssys_wasm_tests::{GONE, TestHost, name, route_of};

use crate::opened::{Recovered, answer, check_bytes, check_service, history, open, recovered};
use crate::prepared::{Prepared, lines_of_killed, package};

/// How many processes run at the same time.
const AT_ONCE: usize = 2;

/// What is done with a component, and what comes of it.
#[derive(Clone, Copy)]
struct Case {
    component: &'static str,
    guest: &'static str,
    operation: &'static str,
    /// The version that it brings into service.
    to: Option<&'static str>,
    /// The points that it reaches, in their order.
    points: &'static str,
    before: Serves,
    after: Serves,
}

/// What serves a component: its route, and the answer to the next call.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Serves(&'static str, &'static str);

/// What the pool does before: it echoes.
const ECHO: Serves = Serves("1.0.0:1/8", "x");
/// What the actor does before: its state, as it was last saved, has counted to 3.
const COUNTER: Serves = Serves("1.0.0:1/1", "4");
const UNKNOWN: Serves = Serves(GONE, "unknown-component");

/// The point from which on what serves is what was asked for.
const DONE: &[&str] = &["outcome-recorded", "state-saved"];
/// The points from which on the history knows how a deployment ended.
const ENDED: &[&str] = &["outcome-recorded", "failure-recorded"];

const fn pool(operation: &'static str, to: Option<&'static str>, points: &'static str, route: &'static str) -> Case {
    Case {
        component: "echo",
        guest: "echo",
        operation,
        to,
        points,
        before: ECHO,
        after: Serves(route, "x"),
    }
}

/// In the process that is killed the actor counts to 4, which its next release is told.
const fn actor(operation: &'static str, to: Option<&'static str>, points: &'static str, route: &'static str) -> Case {
    Case {
        component: "counter",
        guest: "counter",
        operation,
        to,
        points,
        before: COUNTER,
        after: Serves(route, "5"),
    }
}

const V2: Option<&str> = Some("2.0.0");
const V3: Option<&str> = Some("3.0.0");

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { component: "new-echo", before: UNKNOWN, ..pool("first", V3,
        "bytes-kept intent-recorded started healthy before-outcome outcome-recorded switched", "3.0.0:1/8") },
    pool("deploy", V3,
        "bytes-kept intent-recorded started healthy before-outcome outcome-recorded switched", "3.0.0:1/8"),
    pool("watched", V3,
        "bytes-kept intent-recorded started healthy resized shifted watched resized shifted watched \
         before-outcome outcome-recorded switched", "3.0.0:1/8"),
    pool("refused", V3,
        "bytes-kept intent-recorded started undone failure-recorded", ECHO.0),
    pool("taken-back", V3,
        "bytes-kept intent-recorded started healthy shifted undone failure-recorded", ECHO.0),
    pool("collect", V3,
        "bytes-kept intent-recorded started healthy before-outcome outcome-recorded switched \
         retention-recorded bytes-removed retention-done", "3.0.0:1/8"),
    pool("update", V2,
        "intent-recorded started healthy before-outcome outcome-recorded switched", "2.0.0:1/8"),
    pool("rollback", V2,
        "intent-recorded started healthy before-outcome outcome-recorded switched", "2.0.0:1/8"),
    pool("split", V2,
        "intent-recorded started healthy before-outcome outcome-recorded switched", "2.0.0:3,1.0.0:1/8"),
    pool("scale", None, "before-outcome outcome-recorded switched", "1.0.0:1/3"),
    Case { after: UNKNOWN, ..pool("remove", None, "before-outcome outcome-recorded switched", "") },
    pool("shutdown", None, "", ECHO.0),

    Case { component: "new-counter", before: UNKNOWN, after: Serves("3.0.0:1/1", "1"), ..actor("first", V3,
        "bytes-kept intent-recorded started healthy state-transferred before-outcome outcome-recorded switched", "") },
    actor("deploy", V3,
        "bytes-kept intent-recorded started healthy state-transferred before-outcome outcome-recorded switched", "3.0.0:1/1"),
    actor("watched", V3,
        "bytes-kept intent-recorded started healthy state-transferred shifted watched \
         before-outcome outcome-recorded switched", "3.0.0:1/1"),
    Case { after: COUNTER, ..actor("refused", V3,
        "bytes-kept intent-recorded started healthy undone failure-recorded", "") },
    Case { after: COUNTER, ..actor("taken-back", V3,
        "bytes-kept intent-recorded started healthy state-transferred shifted undone failure-recorded", "") },
    actor("collect", V3,
        "bytes-kept intent-recorded started healthy state-transferred before-outcome outcome-recorded switched \
         retention-recorded bytes-removed retention-done", "3.0.0:1/1"),
    actor("update", V2,
        "intent-recorded started healthy state-transferred before-outcome outcome-recorded switched", "2.0.0:1/1"),
    actor("rollback", V2,
        "intent-recorded started healthy state-transferred before-outcome outcome-recorded switched", "2.0.0:1/1"),
    Case { after: UNKNOWN, ..actor("remove", None, "before-outcome outcome-recorded switched", "") },
    actor("shutdown", None, "state-saved", "1.0.0:1/1"),
];

impl Case {
    fn points(&self) -> Vec<&'static str> {
        self.points.split(' ').filter(|point| !point.is_empty()).collect()
    }

    /// Kills the process at its `last` point, or after the last, and checks what it left.
    async fn check(self, prepared: Arc<Prepared>, last: usize) {
        let points = self.points();
        let reached = &points[..last.min(points.len())];
        let folder = prepared.copy();
        let work = ["one", self.component, self.guest, self.operation];
        let mut doomed = prepared.doomed(&folder, last as u64, &work);
        let output = spawn_blocking(move || doomed.output().unwrap()).await.unwrap();
        let said = lines_of_killed(&output);
        let mut expected: Vec<String> = reached.iter().map(|point| format!("reached {point}")).collect();
        expected.extend((last > points.len()).then(|| "done".to_owned()));
        let at = format!("{} of {} at {:?}", self.operation, self.component, reached.last());
        assert_eq!(said, expected, "{at}");

        let is_in = |some: &[&str]| reached.iter().any(|point| some.contains(point));
        let is_cut_off = is_in(&["intent-recorded"]) && !is_in(ENDED);
        let serves = if is_in(DONE) { self.after } else { self.before };
        let test = open(folder).await;
        assert_eq!(route_of(&test.host, self.component), serves.0, "{at}");
        let history = history(&test, self.component).await;
        let outcome = history.last().and_then(|record| record.outcome.as_ref());
        let ended = outcome.map(|outcome| outcome.name());
        if is_in(&["failure-recorded"]) {
            assert!(matches!(ended, Some("failed" | "rolled-back")), "{at}: {ended:?}");
        } else if is_cut_off {
            assert_eq!(ended, Some("interrupted"), "{at}");
        } else if history.len() > self.known() {
            assert_eq!(ended, Some("succeeded"), "{at}");
        }
        let is_recorded = is_in(&["intent-recorded", "outcome-recorded"]);
        assert_eq!(history.len(), self.known() + usize::from(is_recorded), "{at}");
        let told = is_cut_off.then(|| Recovered {
            component: self.component.to_owned(),
            deployment: history.last().unwrap().id,
            to: self.to.map(str::to_owned),
            serving: (serves != UNKNOWN).then(|| "1.0.0".to_owned()),
        });
        assert_eq!(recovered(&test), Vec::from_iter(told), "{at}");
        check_bytes(&test, &["echo", "counter", self.component]).await;

        let test = test.reopen().await;
        assert_eq!(recovered(&test), [], "{at}, opened again");
        assert_eq!(route_of(&test.host, self.component), serves.0, "{at}, opened again");
        self.check_use(&test, serves, &at).await;
    }

    /// Calls are answered, and the next deployment works.
    async fn check_use(&self, test: &TestHost, serves: Serves, at: &str) {
        assert_eq!(answer(test, self.component).await, serves.1, "{at}");
        check_service(test, self.component).await;
        let before = answer(test, self.component).await;
        let next = test.host.deploy(package(self.component, self.guest, 3)).await;
        let next = next.unwrap_or_else(|error| panic!("{at}: {error}"));
        assert!(next.cached, "{at}");
        let expected = match before.parse::<u64>() {
            Ok(count) => (count + 1).to_string(),
            Err(_) if self.guest == "counter" => "1".into(),
            Err(_) => "x".into(),
        };
        assert_eq!(answer(test, self.component).await, expected, "{at}");
        assert_eq!(
            test.host.release(&name(self.component)).unwrap().version,
            next.release.version
        );
        test.host.shutdown().await.unwrap();
    }

    /// How many deployments the history has of the component before.
    fn known(&self) -> usize {
        if self.before == UNKNOWN { 0 } else { 3 }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_point_is_the_last_there_is_the_state_before_or_after() {
    let prepared = Arc::new(Prepared::components().await);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for case in CASES {
        for last in 1..=case.points().len() + 1 {
            let (prepared, room) = (prepared.clone(), room.clone());
            running.spawn(async move {
                let _place = room.acquire().await.unwrap();
                case.check(prepared, last).await;
            });
        }
    }
    let mut failed = 0;
    while let Some(ended) = running.join_next().await {
        // What is wrong was printed when it was found.
        failed += usize::from(ended.is_err());
    }
    assert_eq!(failed, 0);
}

/// The host that opens what a crash left may be killed as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_that_is_cut_off_is_made_up_for() {
    let prepared = Prepared::components().await;
    let folder = prepared.copy();
    let work = ["one", "counter", "counter", "deploy"];
    for (point, last) in [(2, "reached intent-recorded"), (1, "reached recovered")] {
        let output = prepared.doomed(&folder, point, &work).output().unwrap();
        assert_eq!(lines_of_killed(&output).last().unwrap(), last);
    }
    let test = open(folder).await;
    assert_eq!(recovered(&test), []);
    let history = history(&test, "counter").await;
    assert_eq!(history.last().unwrap().outcome.as_ref().unwrap().name(), "interrupted");
    check_bytes(&test, &["echo", "counter"]).await;
    assert_eq!(route_of(&test.host, "counter"), COUNTER.0);
    assert_eq!(answer(&test, "counter").await, COUNTER.1);
}
