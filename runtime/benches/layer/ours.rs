//! A host with the guest deployed, through this crate's public interface.

use std::time::Duration;

use airssys_wasm::capability::Policy;
use airssys_wasm::component::{ComponentName, Manifest, Message, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm::{Deployment, Host, HostBuilder};

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

/// A host with a component that asks for what it is granted, and the component; both as lines of TOML.
pub(crate) async fn granting(bytes: &[u8], capabilities: &str, mounts: &str) -> (Host, ComponentName) {
    granting_on(Host::builder(), bytes, capabilities, mounts).await
}

/// The same on a host that is set up like this.
pub(crate) async fn granting_on(
    builder: HostBuilder,
    bytes: &[u8],
    capabilities: &str,
    mounts: &str,
) -> (Host, ComponentName) {
    let policy = format!("policy-version = 1\n[[grant]]\nto = \"*\"\n{capabilities}{mounts}");
    let policy = Policy::parse(&policy).expect("the policy is well-formed");
    let host = builder.policy(policy).build().await.expect("the host opens");
    let manifest = format!("manifest-version = 1\n[capabilities]\n{capabilities}");
    let manifest = Manifest::parse(&manifest).expect("the manifest is well-formed");
    let package = Package::new(bytes).name(name("granted")).manifest(manifest);
    host.deploy(package).await.expect("the guest is healthy");
    (host, name("granted"))
}

/// Calls an export by its name with arguments in WAVE.
pub(crate) async fn invoke(host: &Host, component: &ComponentName, call: &str) -> String {
    let invocation = Invocation::wave(call).expect("the call is well-formed");
    let value = host.invoke(component, invocation).await.expect("the guest answers");
    value.to_wave()
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
