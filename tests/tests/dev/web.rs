//! Web APIs in the loop: reached by HTTP, swapped while clients ask.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use airssys_wasm_tests::{Client, serves_http};

use crate::project::Project;
use crate::running::Running;

/// The address that a loop has told.
fn address(told: &serde_json::Value) -> SocketAddr {
    told["url"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://")
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_api_is_swapped_while_clients_ask_and_no_request_fails() {
    let project = Project::copied();
    project.write("src/echo.wasm", serves_http(1));
    let mut dev = Running::begin(&project.folder(), &["--listen", "127.0.0.1:0"]);
    let address = address(&dev.next("listening"));
    let reachable = dev.next("reachable");
    assert_eq!(reachable["url"], format!("http://{address}/echo/"), "{reachable}");

    let (is_over, requests, progress) = <(Arc<AtomicBool>, Arc<AtomicU64>, Arc<Notify>)>::default();
    let clients = (0..3).map(|_| {
        let (is_over, requests, progress) = (is_over.clone(), requests.clone(), progress.clone());
        tokio::spawn(async move {
            let mut wrong = Vec::new();
            // One connection for all requests, also across swaps.
            let mut client = Client::connect(address).await;
            while !is_over.load(Ordering::SeqCst) {
                let answer = client.get("/echo/x").await;
                let text = answer.text();
                if answer.status != 200 || !answer.is_whole || !text.starts_with("release-") {
                    wrong.push(format!("{answer:?}"));
                }
                requests.fetch_add(1, Ordering::SeqCst);
                progress.notify_waiters();
            }
            wrong
        })
    });
    let clients: Vec<_> = clients.collect();
    for release in 2..7 {
        let before = requests.load(Ordering::SeqCst);
        project.write("src/echo.wasm", serves_http(release));
        assert_eq!(dev.next("swapped")["failed"], 0);
        let answer = Client::connect(address).await.get("/echo/x").await;
        assert!(answer.text().starts_with(&format!("release-{release}")), "{answer:?}");
        loop {
            let more = progress.notified();
            if requests.load(Ordering::SeqCst) > before + 10 {
                break;
            }
            more.await;
        }
    }
    is_over.store(true, Ordering::SeqCst);
    for client in clients {
        assert_eq!(client.await.unwrap(), Vec::<String>::new());
    }
    assert_eq!(dev.end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_component_is_denied_is_told_with_the_line_to_add() {
    let project = Project::copied();
    project.set_guest("http-goes-wrong");
    let mut dev = Running::begin(&project.folder(), &["--listen", "127.0.0.1:0"]);
    let address = address(&dev.next("listening"));
    dev.next("reachable");
    let answer = Client::connect(address).await.get("/echo/asks").await;
    assert!(answer.text().contains("HttpRequestDenied"), "{answer:?}");
    let denied = dev.next("denied");
    assert_eq!(denied["component"], "echo");
    assert_eq!(
        (&denied["capability"], &denied["pattern"]),
        (&"network-outbound".into(), &"http://127.0.0.1:80".into())
    );
    assert_eq!(dev.end(), 0);

    let (exit, told) = Running::text(&project.folder(), &["--listen", "127.0.0.1:0"], async |address| {
        Client::connect(address).await.get("/echo/asks").await;
    })
    .await;
    assert_eq!(exit, 0, "{told}");
    assert!(
        told.contains("`network-outbound = [\"http://127.0.0.1:80\"]` under `[capabilities]`"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_components_are_called_by_http() {
    let project = Project::copied();
    let mut dev = Running::begin(&project.folder(), &["--listen", "127.0.0.1:0"]);
    let address = address(&dev.next("listening"));
    assert_eq!(dev.next("reachable")["url"], format!("http://{address}/call/echo"));
    let mut client = Client::connect(address).await;
    let request = "POST /call/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello";
    assert_eq!(client.ask(request).await.text(), "hello");
    assert_eq!(dev.end(), 0);
}

#[test]
fn a_port_that_is_taken_is_told_with_who_has_it() {
    let project = Project::copied();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (exit, told) = Running::begin(&project.folder(), &["--listen", &address]).wait();
    assert_eq!(exit, 2, "{told:?}");
    let error = &told.last().unwrap()["error"];
    assert_eq!(error["code"], "listen-failed", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("process {} (", std::process::id())),
        "{message}"
    );
}
