//! Memory, tables, handles, output and time of the host: taken until there is no more.

use airssys_wasm::Error;
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm_tests::{TestHost, name};

use crate::deed::{Deed, check};
use crate::guests::WASTEFUL;
use crate::turn::Turn;

#[test]
fn whatever_a_component_takes_is_bounded_and_comes_back() {
    let deeds: Vec<Deed> = WASTEFUL.iter().map(Deed::of).collect();
    check(&deeds);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_calls_of_one_instance_each_has_an_answer() {
    let _turn = Turn::together();
    let test = TestHost::new().await;
    let guest = &WASTEFUL[0];
    let manifest = Manifest::parse("manifest-version = 1\n[limits]\nconcurrency = 32\n[instances]\nmax = 1\n").unwrap();
    let package = Package::new(wat::parse_str(guest.text()).unwrap());
    let package = package.name(name("hostile")).manifest(manifest);
    test.host.deploy(package).await.unwrap();
    test.deploy("echo").await.unwrap();
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let host = test.host.clone();
            tokio::spawn(async move { host.invoke(&name("hostile"), Invocation::wave("go(1)").unwrap()).await })
        })
        .collect();
    for number in 0..100 {
        let text = number.to_string();
        assert_eq!(test.call("echo", &text).await.unwrap(), text);
    }
    let (mut answered, mut busy) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => answered += 1,
            Err(Error::Busy { .. }) => busy += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(answered + busy, 1_000);
    assert!(answered >= 32, "{answered}");
    let status = test.status("hostile");
    assert_eq!((status.in_flight, status.instances), (0, 1));
}
