//! Requests go to the component with their route, and its answers come back.

use airssys_wasm::component::{InstanceMode, Manifest, Package};
use airssys_wasm::{DeployOptions, Error, RollbackOptions};
use airssys_wasm_tests::{HttpHost, TestHost, code, guest, name, serves_http};

/// Deploys a release of the guest that serves as a component with a route.
async fn deploy(http: &HttpHost, component: &str, release: u8, route: &str) -> Result<(), Error> {
    let manifest = match route {
        "" => String::new(),
        route => format!("[http]\nroute = \"{route}\"\n"),
    };
    let version = format!("{release}.0.0");
    let bytes = serves_http(release);
    http.deploy_bytes(component, &version, bytes, &manifest).await.map(drop)
}

#[tokio::test]
async fn a_request_is_answered_by_the_component_with_its_route() {
    let http = HttpHost::new().await;
    deploy(&http, "web", 1, "/greet/*").await.unwrap();
    let answer = http.get("/greet/a/b?c=d").await;
    assert_eq!((answer.status, answer.is_whole), (200, true));
    assert_eq!(answer.text(), "release-1 Method::Get /greet/a/b?c=d\n");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let elsewhere = http.get("/gret/a").await;
    assert_eq!((elsewhere.status, elsewhere.code().as_str()), (404, "no-route"));
    assert!(elsewhere.text().contains("`/greet/*`"), "{}", elsewhere.text());
}

#[tokio::test]
async fn the_longest_route_counts_and_a_name_is_one() {
    let http = HttpHost::new().await;
    deploy(&http, "all", 1, "/*").await.unwrap();
    deploy(&http, "acme:web", 2, "").await.unwrap();
    deploy(&http, "exact", 3, "/acme/web/status").await.unwrap();
    for (path, release) in [
        ("/", 1),
        ("/acme", 1),
        ("/acme/web", 2),
        ("/acme/web/x", 2),
        ("/acme/web/status", 3),
        ("/acme/web/status/x", 2),
    ] {
        let text = http.get(path).await.text();
        assert_eq!(text, format!("release-{release} Method::Get {path}\n"));
    }
    http.test.host.remove(&name("exact")).await.unwrap();
    assert!(http.get("/acme/web/status").await.text().starts_with("release-2"));
}

#[tokio::test]
async fn one_route_has_one_component() {
    let http = HttpHost::new().await;
    deploy(&http, "first", 1, "/shop/*").await.unwrap();
    match deploy(&http, "second", 2, "/shop/*").await.unwrap_err() {
        Error::RouteTaken { owner, .. } => assert_eq!(owner, Some(name("first"))),
        other => panic!("{other:?}"),
    }
    // Its own next release has it again, and a release that leaves it lets others have it.
    deploy(&http, "first", 3, "/shop/*").await.unwrap();
    let manifest = Manifest::parse("manifest-version = 1\n[http]\nroute = \"/store/*\"\n").unwrap();
    let moved = Package::new(serves_http(4)).name(name("first")).manifest(manifest);
    let moved = moved.version("4.0.0".parse().unwrap());
    assert_eq!(code(http.test.host.deploy(moved.clone()).await), "incompatible-release");
    let mut options = DeployOptions::default();
    options.allow_breaking = true;
    http.test.host.deploy_with(moved, &options).await.unwrap();
    deploy(&http, "second", 2, "/shop/*").await.unwrap();
    assert!(http.get("/shop/").await.text().starts_with("release-2"));
    assert!(http.get("/store/").await.text().starts_with("release-4"));
    // So there is no way back to the release that had it.
    let back = http
        .test
        .host
        .rollback(&name("first"), &RollbackOptions::default())
        .await;
    assert_eq!(code(back), "route-taken");
}

#[tokio::test]
async fn what_cannot_have_a_route_is_refused() {
    let http = HttpHost::new().await;
    assert_eq!(code(deploy(&http, "call", 1, "").await), "route-taken");
    deploy(&http, "call", 1, "/phone/*").await.unwrap();
    let route = "[http]\nroute = \"/x\"\n";
    let echo = http.deploy_bytes("echo", "1.0.0", guest("echo"), route).await;
    assert_eq!(code(echo), "not-http");
    assert_eq!(code(http.deploy("http-api", "").await), "mistyped-export");
}

#[tokio::test]
async fn a_connection_carries_one_request_after_the_other() {
    let http = HttpHost::new().await;
    deploy(&http, "web", 1, "/*").await.unwrap();
    let mut client = http.connect().await;
    for n in 0..5 {
        assert_eq!(
            client.get(&format!("/{n}")).await.text(),
            format!("release-1 Method::Get /{n}\n")
        );
    }
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    client.send([one("/a"), one("/b"), one("/c")].concat()).await;
    for path in ["/a", "/b", "/c"] {
        assert_eq!(
            client.answer().await.unwrap().text(),
            format!("release-1 Method::Get {path}\n")
        );
    }
    let head = client.ask("HEAD /h HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let head = head.await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(client.is_closed().await);
    assert_eq!(http.counted(9).await, (9, 0));
}

#[tokio::test]
async fn a_component_sees_the_request_but_not_what_concerns_the_connection() {
    let http = HttpHost::new().await;
    deploy(&http, "web", 1, "/*").await.unwrap();
    let request = "GET /?headers HTTP/1.1\r\nHost: localhost\r\nX-Own: 1\r\nx-own: 2\r\nConnection: keep-alive\r\n\
                   Keep-Alive: 5\r\nUpgrade: websocket\r\nProxy-Authorization: x\r\n\r\n";
    let answer = http.connect().await.ask(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), "release-1 Method::Get /?headers\nx-own: 1\nx-own: 2\n");
}

#[tokio::test]
async fn a_status_of_500_and_above_counts_as_a_failure() {
    let http = HttpHost::new().await;
    deploy(&http, "web", 1, "/*").await.unwrap();
    for status in [200, 204, 304, 404, 418, 499, 500, 503, 599] {
        assert_eq!(http.get(&format!("/?status={status}")).await.status, status);
    }
    assert_eq!(http.counted(9).await, (9, 3));
    assert!(http.test.status("web").releases[0].p99.is_some());
}

#[tokio::test]
async fn rules_and_weights_hold_for_requests() {
    let http = HttpHost::new().await;
    deploy(&http, "web", 1, "/*").await.unwrap();
    deploy(&http, "web", 2, "/*").await.unwrap();
    let mut options = airssys_wasm::SplitOptions::default();
    options.weights = vec![("1.0.0".parse().unwrap(), 3), ("2.0.0".parse().unwrap(), 1)];
    options.rules.rules = vec![
        "header:x-beta=1=>2.0.0".parse().unwrap(),
        "cookie:group=a=>1.0.0".parse().unwrap(),
    ];
    http.test.host.split(&name("web"), &options).await.unwrap();
    let mut client = http.connect().await;
    let mut ask = async |headers: &str| {
        let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let text = client.ask(&request).await.text();
        text[8..9].parse::<u8>().unwrap()
    };
    for _ in 0..8 {
        assert_eq!(ask("X-Beta: 1\r\nCookie: group=a\r\n").await, 2);
        assert_eq!(ask("Cookie: id=7; group=a\r\n").await, 1);
    }
    let mut second = 0;
    for _ in 0..40 {
        second += u32::from(ask("").await == 2);
    }
    assert!((8..=12).contains(&second), "{second}");
    options.rules.rules.clear();
    options.rules.sticky = Some("header:x-user".parse().unwrap());
    http.test.host.split(&name("web"), &options).await.unwrap();
    for user in 0..10 {
        let headers = format!("X-User: {user}\r\n");
        let first = ask(&headers).await;
        assert_eq!(ask(&headers).await, first);
    }
}

#[tokio::test]
async fn a_request_gets_an_instance_of_its_own_unless_a_pool_is_asked_for() {
    let http = HttpHost::new().await;
    deploy(&http, "web", 1, "/*").await.unwrap();
    let mode = |http: &HttpHost| http.test.host.release(&name("web")).unwrap().instances;
    assert_eq!(mode(&http), InstanceMode::Fresh);
    let pool = "[http]\nroute = \"/*\"\n[instances]\nmax = 1\nmode = \"pool\"\n";
    http.deploy_bytes("web", "2.0.0", guest("http-goes-wrong"), pool)
        .await
        .unwrap();
    assert_eq!(mode(&http), InstanceMode::Pool { max: 1 });
    for path in ["/", "/returns", "/", "/leaves", "/", "/traps", "/", "/reads", "/"] {
        let answer = http.get(path).await;
        if path == "/" {
            assert_eq!(answer.text(), "well");
        }
    }
    assert_eq!(http.test.status("web").instances, 1);
}

#[tokio::test]
async fn an_actor_answers_requests_in_order() {
    let http = HttpHost::new().await;
    let actor = "[http]\nroute = \"/*\"\n[instances]\nmode = \"actor\"\n";
    http.deploy("serves-http", actor).await.unwrap();
    for n in 0..3 {
        assert_eq!(http.get(&format!("/{n}")).await.status, 200);
    }
    http.deploy_bytes("web", "2.0.0", serves_http(2), actor).await.unwrap();
    assert!(http.get("/").await.text().starts_with("release-2"));
}

#[tokio::test]
async fn nothing_that_a_component_asks_of_others_is_sent() {
    let http = HttpHost::new().await;
    http.deploy("http-goes-wrong", "").await.unwrap();
    assert_eq!(http.get("/web/asks").await.text(), "ErrorCode::HttpRequestDenied");
}

#[tokio::test]
async fn where_no_route_leads_the_first_page_lists_those_that_do() {
    let http = HttpHost::new().await;
    assert_eq!(http.get("/").await.text(), "nothing is deployed\n");
    http.test.deploy("echo").await.unwrap();
    http.test.deploy("own-exports").await.unwrap();
    deploy(&http, "web", 1, "/a&b/*").await.unwrap();
    let text = http.get("/").await.text();
    for part in ["/a&b/*  web\n", "POST /call/echo  ", "POST /call/own-exports/EXPORT  "] {
        assert!(text.contains(part), "{text}");
    }
    let page = "GET / HTTP/1.1\r\nhost: localhost\r\naccept: text/html,*/*\r\n\r\n";
    let page = http.connect().await.ask(page).await;
    assert!(
        page.text().contains("<a href=\"/a&amp;b/\">/a&amp;b/*</a>"),
        "{}",
        page.text()
    );
    assert!(page.header("content-security-policy").unwrap().contains("'none'"));
    assert_eq!(http.post("/", "", "").await.status, 405);
    deploy(&http, "first", 2, "/").await.unwrap();
    assert!(http.get("/").await.text().starts_with("release-2"));
}

#[tokio::test]
async fn routes_are_there_again_after_a_restart() {
    let test = TestHost::new().await;
    let http = HttpHost::of(test, |_| ()).await;
    deploy(&http, "web", 1, "/greet/*").await.unwrap();
    let HttpHost { test, server } = http;
    server.finish().await;
    let http = HttpHost::of(test.reopen().await, |_| ()).await;
    assert_eq!(http.get("/greet/").await.status, 200);
    let routes = http.test.host.http_routes();
    assert_eq!(routes, [("/greet/*".parse().unwrap(), name("web"))]);
}
