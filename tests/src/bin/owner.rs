//! A process that owns a state directory until it is killed: deploys the guests it is told, calls each once, waits.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a program for tests")]

use std::io::Read;

use airssys_wasm::Host;
use airssys_wasm::component::{Message, Package};
use airssys_wasm_tests::{guest, name};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("a state directory");
    let host = Host::builder()
        .state_dir(directory)
        .build()
        .await
        .expect("the host opens");
    for component in arguments {
        let package = Package::new(guest(&component)).name(name(&component));
        host.deploy(package).await.expect("the guest deploys");
        host.call(&name(&component), Message::text("1"))
            .await
            .expect("the guest answers");
    }
    println!("ready");
    // Ends when its standard input does, should the test that started it be gone.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
