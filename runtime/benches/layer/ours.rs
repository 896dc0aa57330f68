//! A host with the guest deployed, through this crate's public interface.

use std::time::Duration;

use airssys_wasm::component::{ComponentName, Manifest, Message, Package};
use airssys_wasm::{Deployment, Host};

/// How a component's instances are kept.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Pool,
    Actor,
    Fresh,
}

/// A host whose state is in a temporary directory.
pub(crate) async fn host() -> Host {
    Host::builder().build().await.expect("the host opens")
}

pub(crate) fn name(text: &str) -> ComponentName {
    text.parse().expect("a name")
}

/// Deploys these bytes under this name.
pub(crate) async fn deploy(host: &Host, component: &str, bytes: &[u8], mode: Mode) -> Deployment {
    let mode = match mode {
        Mode::Pool => "pool",
        Mode::Actor => "actor",
        Mode::Fresh => "fresh",
    };
    let manifest = format!("manifest-version = 1\n[instances]\nmode = \"{mode}\"\n");
    let manifest = Manifest::parse(&manifest).expect("the manifest is well-formed");
    let package = Package::new(bytes).name(name(component)).manifest(manifest);
    host.deploy(package).await.expect("the guest is healthy")
}

/// Calls with the message that raw wasmtime is called with.
pub(crate) async fn call(host: &Host, component: &ComponentName) -> Message {
    let answer = host.call(component, Message::text("hello world")).await;
    answer.expect("the guest answers")
}

/// How long one step of a deployment took.
pub(crate) fn step(deployment: &Deployment, name: &str) -> Duration {
    let step = deployment.steps.iter().find(|step| step.step == name);
    step.expect("the deployment has this step").took
}
