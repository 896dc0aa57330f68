//! Things that are done by chance with several components, one after the other, without an end.

use semver::Version;

use airssys_wasm::component::Message;
use airssys_wasm::{DeployOptions, Error, Host, Origin, RollbackOptions, SplitOptions};
use airssys_wasm_tests::{GONE, Random, name, route_line, route_of};

use crate::packages::Packages;

/// Each component, and the guest that it is. The twins have the same bytes.
const COMPONENTS: [(&str, &str); 3] = [("echo", "echo"), ("twin", "echo"), ("counter", "counter")];
/// How many editions there are of each guest.
const EDITIONS: u64 = 4;
/// How many instances a pool may have when nothing was said.
const POOL: u32 = 8;

/// What serves a component now.
struct Current {
    /// None when it is not deployed.
    serving: Option<Version>,
    max: Option<u32>,
    /// What it can be brought to.
    stored: Vec<Version>,
}

pub(crate) async fn run(host: &Host, packages: &Packages, seed: u64) {
    let mut random = Random(seed);
    loop {
        let (component, guest) = *random.pick(&COMPONENTS);
        let step = Step {
            host,
            packages,
            component,
            guest,
            current: current(host, component, guest).await,
        };
        step.take(&mut random).await;
    }
}

async fn current(host: &Host, component: &str, guest: &str) -> Current {
    let status = host.status();
    let status = status.iter().find(|status| status.release.name.as_str() == component);
    let max = status.and_then(|status| status.releases.first()?.max_instances);
    let releases = host.releases(&name(component)).await.expect("the store is whole");
    Current {
        serving: status.map(|status| status.release.version.clone()),
        max: max.or(Some(if guest == "echo" { POOL } else { 1 })),
        stored: releases.into_iter().map(|release| release.version).collect(),
    }
}

struct Step<'a> {
    host: &'a Host,
    packages: &'a Packages,
    component: &'static str,
    guest: &'static str,
    current: Current,
}

impl Step<'_> {
    /// Does one thing, with what is expected of it before, and what came of it afterwards.
    async fn take(&self, random: &mut Random) {
        let (host, component) = (self.host, &name(self.component));
        let is_pool = self.guest == "echo";
        let Some(serving) = &self.current.serving else {
            return self.deploy(random).await;
        };
        let stored = &self.current.stored;
        match random.below(10) {
            0 | 1 if stored.len() > 1 => {
                let version = random.pick(stored);
                self.expect(
                    &[(version, 1)],
                    host.update(component, version, &DeployOptions::default()),
                )
                .await;
            }
            2 | 3 if stored.len() > 1 => {
                let version = random.pick(stored);
                let mut options = RollbackOptions::default();
                options.to_version = Some(version.clone());
                self.expect(&[(version, 1)], host.rollback(component, &options)).await;
            }
            4 | 5 if is_pool && stored.len() > 1 => {
                let other = random.pick(stored);
                if other == serving {
                    return;
                }
                // What takes most comes first.
                let weight = 1 + u32::try_from(random.below(9)).expect("a small number");
                let mut options = SplitOptions::default();
                options.weights = vec![(serving.clone(), 10), (other.clone(), weight)];
                self.expect(&[(serving, 10), (other, weight)], host.split(component, &options))
                    .await;
            }
            6 if is_pool => {
                let max = 1 + u32::try_from(random.below(9)).expect("a small number");
                let line = route_of(host, self.component);
                let shares = line.split('/').next().expect("a line");
                let origin = Origin::default();
                self.report(&format!("{shares}/{max}"), host.scale(component, max, &origin))
                    .await;
            }
            7 if random.below(4) == 0 => self.report(GONE, host.remove(component)).await,
            8 => {
                let called = host.call(component, Message::text("x")).await;
                called.expect("the component answers");
            }
            _ => self.deploy(random).await,
        }
    }

    async fn deploy(&self, random: &mut Random) {
        let edition = 1 + random.below(EDITIONS);
        let package = self
            .packages
            .package(self.component, self.guest, &edition.to_string(), edition);
        self.expect(&[(&Version::new(edition, 0, 0), 1)], self.host.deploy(package))
            .await;
    }

    async fn expect<T>(&self, weights: &[(&Version, u32)], doing: impl Future<Output = Result<T, Error>>) {
        self.report(&route_line(weights, self.current.max), doing).await;
    }

    async fn report<T>(&self, expected: &str, doing: impl Future<Output = Result<T, Error>>) {
        let component = self.component;
        println!("begin {component} {expected}");
        match doing.await {
            Ok(_) => {
                assert_eq!(route_of(self.host, component), expected, "the route of {component}");
                println!("done {component} {expected}");
            }
            Err(error) => panic!("{component} to {expected}: {error}"),
        }
    }
}
