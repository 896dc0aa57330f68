//! One thing that is done with a component.

use std::time::Duration;

use tokio::sync::Notify;

use airssys_wasm::component::{Gate, Message};
use airssys_wasm::{DeployOptions, Error, Host, Origin, RollbackOptions, SplitOptions, Strategy};
use airssys_wasm_tests::name;

use crate::packages::Packages;

pub(crate) struct Operation<'a> {
    pub(crate) host: &'a Host,
    pub(crate) packages: &'a Packages,
    pub(crate) component: &'a str,
    pub(crate) guest: &'a str,
    /// Told when a release gets calls on trial.
    pub(crate) shifted: &'a Notify,
}

impl Operation<'_> {
    /// Calls the component, so that it is started, and then does what the operation's name says.
    pub(crate) async fn carry_out(&self, operation: &str) {
        let (host, component) = (self.host, name(self.component));
        if operation != "first" {
            self.call("x").await.expect("the component answers");
        }
        let unwatched = DeployOptions::default();
        match operation {
            "first" | "deploy" | "collect" => self.deploy("3", &unwatched).await.map(drop),
            "watched" => self.deploy("3", &self.watched(Duration::from_millis(1))).await,
            "refused" => {
                let mut options = DeployOptions::default();
                options.health_timeout = Some(Duration::ZERO);
                self.deploy("refused", &options).await
            }
            "taken-back" => {
                let mut options = self.watched(Duration::from_secs(60));
                options.strategy = None;
                options.min_calls = Some(1);
                tokio::select! {
                    deployed = self.deploy("failing", &options) => deployed,
                    () = self.fail_when_shifted() => unreachable!("it goes on"),
                }
            }
            "update" => {
                let version = "2.0.0".parse().expect("a version");
                host.update(&component, &version, &unwatched).await.map(drop)
            }
            "rollback" => host.rollback(&component, &RollbackOptions::default()).await.map(drop),
            "split" => {
                let weight = |version: &str, weight| (version.parse().expect("a version"), weight);
                let mut options = SplitOptions::default();
                options.weights = vec![weight("1.0.0", 1), weight("2.0.0", 3)];
                host.split(&component, &options).await.map(drop)
            }
            "scale" => host.scale(&component, 3, &Origin::default()).await.map(drop),
            "remove" => host.remove(&component).await.map(drop),
            "shutdown" => host.shutdown().await,
            _ => panic!("no operation"),
        }
        .unwrap_or_else(|error| match operation {
            "refused" | "taken-back" => {}
            _ => panic!("{operation} of {component}: {error}"),
        });
    }

    async fn deploy(&self, edition: &str, options: &DeployOptions) -> Result<(), Error> {
        let mut options = options.clone();
        options.allow_breaking = true;
        let package = self.packages.package(self.component, self.guest, edition, 3);
        self.host.deploy_with(package, &options).await.map(drop)
    }

    /// Instance by instance where there are several, and watched at each step.
    fn watched(&self, window: Duration) -> DeployOptions {
        let mut options = DeployOptions::default();
        options.window = Some(window);
        options.gates = Some(vec!["error-rate > 1%".parse::<Gate>().expect("a gate")]);
        if self.guest == "echo" {
            options.strategy = Some(Strategy::Rolling { batch: Some(4) });
        }
        options
    }

    /// Has calls fail from when the release gets some; the one before it may answer them.
    async fn fail_when_shifted(&self) {
        self.shifted.notified().await;
        loop {
            let _ = self.call("trap").await;
        }
    }

    async fn call(&self, text: &str) -> Result<Message, Error> {
        self.host.call(&name(self.component), Message::text(text)).await
    }
}
