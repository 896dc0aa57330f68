//! Work without an end, killed by chance.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Output};

use tokio::task::spawn_blocking;

use airssys_wasm_tests::{GONE, Random, TestHost, route_of};

use crate::opened::{check_bytes, check_service, history, open, recovered};
use crate::prepared::{Prepared, lines_of_killed};

/// The variable that says how many times a process is killed.
const ROUNDS: &str = "AIRSSYS_CRASH_ROUNDS";
/// How many times when it says nothing.
const FEW: u64 = 100;
const COMPONENTS: [&str; 3] = ["counter", "echo", "twin"];

/// What is known of the routes: those that were acknowledged, and the one that was under way.
struct Known {
    acknowledged: BTreeMap<String, String>,
    under_way: Option<(String, String)>,
}

impl Known {
    /// Adds what a process said until it was killed; returns how many operations it acknowledged.
    fn follow(&mut self, said: &[String]) -> usize {
        let mut acknowledged = 0;
        for line in said {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["begin", component, route] => self.under_way = Some((component.into(), route.into())),
                ["done", component, route] => {
                    self.acknowledged.insert(component.into(), route.into());
                    self.under_way = None;
                    acknowledged += 1;
                }
                ["reached", _] => {}
                // The process was killed while it wrote its last line.
                _ => assert_eq!(Some(line), said.last()),
            }
        }
        acknowledged
    }

    /// Checks that nothing is lost and nothing half done, and takes what is there for what was acknowledged.
    async fn check(&mut self, test: &TestHost, at: &str) {
        let mut was_cut_off = Vec::new();
        for component in COMPONENTS {
            let route = route_of(&test.host, component);
            let acknowledged = self.acknowledged.get(component).map_or(GONE, String::as_str);
            let under_way = self.under_way.as_ref().filter(|(name, _)| name == component);
            let is_known = route == acknowledged || under_way.is_some_and(|(_, expected)| route == *expected);
            assert!(
                is_known,
                "{at}: {component} has {route} and not {acknowledged} or {under_way:?}"
            );
            was_cut_off.extend(under_way.map(|_| component));
            self.acknowledged.insert(component.into(), route);
            history(test, component).await;
        }
        self.under_way = None;
        // At most one deployment was under way, and only that one can have been cut off.
        let told: Vec<_> = recovered(test).into_iter().map(|told| told.component).collect();
        assert!(told.is_empty() || told == was_cut_off, "{at}: {told:?} {was_cut_off:?}");
        check_bytes(test, &COMPONENTS).await;
        for component in COMPONENTS {
            check_service(test, component).await;
        }
    }
}

/// Kills a process from outside when it has said a number of lines: it goes on until the signal is there.
fn kill_after(mut doomed: Child, lines: u64) -> Output {
    let mut said = BufReader::new(doomed.stdout.take().unwrap());
    let mut stdout = Vec::new();
    for _ in 0..lines {
        said.read_until(b'\n', &mut stdout).unwrap();
    }
    // On Unix this is SIGKILL.
    doomed.kill().unwrap();
    said.read_to_end(&mut stdout).unwrap();
    let rest = doomed.wait_with_output().unwrap();
    Output { stdout, ..rest }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_a_process_is_killed_what_it_acknowledged_is_there() {
    let rounds = std::env::var(ROUNDS).map_or(FEW, |text| text.parse().unwrap());
    let prepared = Prepared::nothing().await;
    let folder = prepared.copy();
    let mut known = Known {
        acknowledged: BTreeMap::new(),
        under_way: None,
    };
    let mut acknowledged = 0;
    for round in 0..rounds {
        prepared.restore_cache(&folder);
        let mut random = Random(round);
        let number = 1 + random.below(40);
        let (point, is_outside) = if round % 2 == 0 { (number, false) } else { (0, true) };
        let mut doomed = prepared.doomed(&folder, point, &["many", &round.to_string()]);
        let run = move || {
            let doomed = doomed.spawn().unwrap();
            match is_outside {
                true => kill_after(doomed, number),
                false => doomed.wait_with_output().unwrap(),
            }
        };
        let output = spawn_blocking(run).await.unwrap();
        acknowledged += known.follow(&lines_of_killed(&output));
        let test = open(folder.clone()).await;
        known.check(&test, &format!("round {round}, {number}")).await;
        test.host.shutdown().await.unwrap();
    }
    assert!(acknowledged as u64 >= rounds, "{acknowledged} in {rounds} rounds");
}
