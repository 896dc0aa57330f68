//! Who is granted what: by the policy file, by an operator while the host runs, and by the rule of a project.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use airssys_wasm::capability::{Capability, Grant, Policy, Refusal, Source};
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::control::{Client, listen};
use airssys_wasm::{
    ComponentPermissions, DeployOptions, Deployment, Error, Event, GrantOptions, Host, Origin, RollbackOptions,
    SplitOptions,
};
use airssys_wasm_tests::{HttpHost, TestHost, code, guest, name, workspace};

const READS: &str = "file-read = [\"/data/**\"]";
const SENDS: &str = "network-outbound = [\"http://127.0.0.1:80\"]";

/// The guest that echoes, asking for this.
fn asking(version: &str, capabilities: &str) -> Package {
    let manifest = format!("manifest-version = 1\n[capabilities]\n{capabilities}\n");
    Package::new(guest("echo"))
        .manifest(Manifest::parse(&manifest).unwrap())
        .name(name("a"))
        .version(version.parse().unwrap())
}

async fn deploy(test: &TestHost, version: &str, capabilities: &str) -> Result<Deployment, Error> {
    test.host.deploy(asking(version, capabilities)).await
}

fn grant(capability: Capability, pattern: &str) -> Grant {
    Grant::parse(capability, pattern).unwrap()
}

fn read(pattern: &str) -> Grant {
    grant(Capability::FileRead, pattern)
}

fn mounted(guest: &str, host: &str) -> GrantOptions {
    let mut options = GrantOptions::default();
    options.mounts = [(guest.to_owned(), PathBuf::from(host))].into();
    options.origin.by = Some("ada".into());
    options
}

async fn shown(host: &Host, component: &str) -> ComponentPermissions {
    let mut found = host.permissions(Some(&name(component))).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// A directory of this machine that is there for as long as the tests.
fn place() -> String {
    workspace().join("docs/src").display().to_string()
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn policy(grants: &str) -> String {
    format!("policy-version = 1\n[[grant]]\nto = \"a\"\n{grants}\n")
}

fn missing(error: &Error) -> Vec<String> {
    match error {
        Error::NotGranted { missing, .. } => missing.iter().map(ToString::to_string).collect(),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_release_that_asks_for_more_than_is_granted_changes_nothing() {
    let test = TestHost::new().await;
    deploy(&test, "1.0.0", "").await.unwrap();
    let error = deploy(&test, "1.1.0", READS).await.unwrap_err();
    assert_eq!(
        missing(&error),
        ["file-read /data/** (`/data` is no directory of this machine yet)"]
    );
    assert_eq!(test.host.history(&name("a")).await.unwrap().len(), 1);
    assert_eq!(test.call("a", "still").await.unwrap(), "still");
    let preview = test
        .host
        .plan(asking("1.1.0", READS), &DeployOptions::default())
        .await
        .unwrap();
    assert_eq!(preview.missing.len(), 1);

    let given = test
        .host
        .grant(&name("a"), read("/data/**"), &mounted("/data", &place()))
        .await
        .unwrap();
    assert!(given.changed);
    deploy(&test, "1.1.0", READS).await.unwrap();
    let preview = test
        .host
        .plan(asking("1.1.0", READS), &DeployOptions::default())
        .await
        .unwrap();
    assert!(preview.missing.is_empty());
}

#[tokio::test]
async fn every_way_into_service_is_refused_to_what_is_not_granted() {
    let test = TestHost::new().await;
    let a = name("a");
    test.host
        .grant(&a, read("/data/**"), &mounted("/data", &place()))
        .await
        .unwrap();
    deploy(&test, "1.0.0", READS).await.unwrap();
    deploy(&test, "2.0.0", "").await.unwrap();
    test.host
        .revoke(&a, read("/data/**"), &Origin::default())
        .await
        .unwrap();
    let records = test.host.history(&a).await.unwrap().len();
    let version = "1.0.0".parse().unwrap();
    let options = DeployOptions::default();
    assert_eq!(code(test.host.update(&a, &version, &options).await), "not-granted");
    let mut back = RollbackOptions::default();
    assert_eq!(code(test.host.rollback(&a, &back).await), "not-granted");
    back.to_version = Some(version.clone());
    assert_eq!(code(test.host.rollback(&a, &back).await), "not-granted");
    let mut split = SplitOptions::default();
    split.weights = vec![(version.clone(), 1), ("2.0.0".parse().unwrap(), 9)];
    assert_eq!(code(test.host.split(&a, &split).await), "not-granted");
    assert_eq!(
        test.host
            .plan_update(&a, &version, &options)
            .await
            .unwrap()
            .missing
            .len(),
        1
    );
    assert_eq!(test.host.history(&a).await.unwrap().len(), records);
}

#[tokio::test]
async fn what_an_operator_grants_and_revokes_survives_the_host() {
    let test = TestHost::new().await;
    let a = name("a");
    // Before anything of it is deployed.
    let options = mounted("/data", &place());
    assert!(test.host.grant(&a, read("/data/**"), &options).await.unwrap().changed);
    assert!(!test.host.grant(&a, read("/data/**"), &options).await.unwrap().changed);
    let write = grant(Capability::FileWrite, "/data/**");
    assert!(
        test.host
            .revoke(&a, write.clone(), &Origin::default())
            .await
            .unwrap()
            .changed
    );
    assert!(
        !test
            .host
            .revoke(&a, write.clone(), &Origin::default())
            .await
            .unwrap()
            .changed
    );

    let test = test.reopen().await;
    let found = shown(&test.host, "a").await;
    let given = &found.granted[0];
    assert_eq!((given.source, given.pattern.as_str()), (Source::Operator, "/data/**"));
    assert_eq!(given.directory.as_deref(), Some(Path::new(&place())));
    assert_eq!(given.origin.by.as_deref(), Some("ada"));
    assert!(given.at.is_some() && !given.asked && found.version.is_none());
    assert_eq!(found.revoked[0].pattern, "/data/**");

    deploy(&test, "1.0.0", READS).await.unwrap();
    assert!(shown(&test.host, "a").await.granted[0].asked);
    test.host.grant(&a, write, &GrantOptions::default()).await.unwrap();
    assert!(shown(&test.host, "a").await.revoked.is_empty());
    // What is asked for and revoked keeps what is deployed from nothing but its accesses.
    test.host
        .revoke(&a, read("/data/**"), &Origin::default())
        .await
        .unwrap();
    let test = test.reopen().await;
    assert_eq!(test.call("a", "on").await.unwrap(), "on");
    assert_eq!(shown(&test.host, "a").await.missing.len(), 1);
}

#[tokio::test]
async fn revoking_beats_every_grant_until_it_is_granted_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(
        file.path(),
        &policy(&format!("{SENDS}\n{READS}\nmounts = {{ \"/data\" = \"{}\" }}", place())),
    );
    let test = TestHost::with(|builder| builder.policy_file(file.path())).await;
    let a = name("a");
    deploy(&test, "1.0.0", READS).await.unwrap();
    test.host
        .revoke(&a, read("/data/**"), &Origin::default())
        .await
        .unwrap();
    assert_eq!(
        missing(&deploy(&test, "1.0.1", READS).await.unwrap_err()),
        ["file-read /data/** (revoked)"]
    );
    // A narrower or a broader grant is not the same.
    for pattern in ["/data/a/**", "/data/**/*"] {
        test.host
            .grant(&a, read(pattern), &GrantOptions::default())
            .await
            .unwrap();
        assert_eq!(code(deploy(&test, "1.0.1", READS).await), "not-granted", "{pattern}");
    }
    test.host
        .grant(&a, read("/data/**"), &GrantOptions::default())
        .await
        .unwrap();
    deploy(&test, "1.0.1", READS).await.unwrap();
}

#[tokio::test]
async fn a_change_holds_for_instances_that_run() {
    let http = HttpHost::new().await;
    let web = name("web");
    let sends = grant(Capability::NetworkOutbound, "http://127.0.0.1:80");
    http.test
        .host
        .grant(&web, sends.clone(), &GrantOptions::default())
        .await
        .unwrap();
    http.deploy("http-goes-wrong", &format!("[capabilities]\n{SENDS}\n"))
        .await
        .unwrap();
    http.get("/web/asks").await;
    http.get("/web/asks").await;
    assert_eq!(shown(&http.test.host, "web").await.granted[0].uses, 2);
    let refusals = || {
        let events = http.test.events();
        let denied = events.into_iter().filter_map(|event| match event {
            Event::Denied { refusal, .. } => Some(refusal),
            _ => None,
        });
        denied.collect::<Vec<Refusal>>()
    };
    assert_eq!(refusals(), []);
    http.test.host.revoke(&web, sends, &Origin::default()).await.unwrap();
    assert_eq!(http.get("/web/asks").await.text(), "ErrorCode::HttpRequestDenied");
    assert_eq!(refusals(), [Refusal::Revoked]);
}

#[tokio::test]
async fn the_policy_file_is_followed_and_a_broken_one_changes_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), "policy-version = 1\n");
    let test = TestHost::with(|builder| builder.policy_file(file.path())).await;
    let error = deploy(&test, "1.0.0", SENDS).await.unwrap_err();
    assert!(
        matches!(&error, Error::NotGranted { policy: Some(path), .. } if Path::new(path) == file.path()),
        "{error:?}"
    );
    write(file.path(), &policy(SENDS));
    deploy(&test, "1.0.0", SENDS).await.unwrap();
    write(file.path(), "policy-version = 1\n[[grant]]\nto = 7\n");
    let error = deploy(&test, "1.0.1", SENDS).await.unwrap_err();
    assert_eq!(error.code().as_str(), "invalid-policy");
    assert!(error.to_string().contains("line 3"), "{error}");
    assert_eq!(code(test.host.permissions(None).await), "invalid-policy");
    write(file.path(), &policy(SENDS));
    assert_eq!(shown(&test.host, "a").await.granted[0].source, Source::Policy);
    write(file.path(), "policy-version = 1\n");
    assert_eq!(shown(&test.host, "a").await.missing.len(), 1);
    assert_eq!(code(deploy(&test, "1.0.1", SENDS).await), "not-granted");
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o666)).unwrap();
    let error = Host::builder().policy_file(file.path()).build().await.unwrap_err();
    assert!(matches!(error, Error::Policy { is_exposed: true, .. }), "{error:?}");
}

#[tokio::test]
async fn a_project_grants_what_is_in_it_and_tells_so_once() {
    let project = tempfile::tempdir().unwrap();
    let root = project.path().canonicalize().unwrap();
    let test = TestHost::with(|builder| builder.project(&root)).await;
    let asked = "file-read = [\"/assets/**\"]\nfile-write = [\"/data/out/**\"]\nnetwork-inbound = [8080]";
    for version in ["1.0.0", "1.0.1"] {
        deploy(&test, version, asked).await.unwrap();
    }
    assert!(root.join("data/out").is_dir() && !root.join("assets").exists());
    let told = test.events().into_iter().filter_map(|event| match event {
        Event::Granted { pattern, directory, .. } => Some((pattern, directory)),
        _ => None,
    });
    let place = |path: &str| Some(root.join(path).display().to_string());
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("/assets/**".into(), place("assets")),
            ("/data/out/**".into(), place("data/out")),
            ("8080".into(), None)
        ]
    );
    let found = shown(&test.host, "a").await;
    assert!(
        found
            .granted
            .iter()
            .all(|granted| granted.source == Source::Project && granted.asked)
    );
    let error = deploy(&test, "1.0.2", "network-outbound = [\"https://example.com\"]")
        .await
        .unwrap_err();
    assert_eq!(missing(&error), ["network-outbound https://example.com:443"]);
    // The author can take back what the rule gives.
    let write = grant(Capability::FileWrite, "/data/out/**");
    test.host.revoke(&name("a"), write, &Origin::default()).await.unwrap();
    assert_eq!(code(deploy(&test, "1.0.3", asked).await), "not-granted");
}

#[tokio::test]
async fn a_grant_that_is_broad_or_leads_nowhere_is_refused() {
    let test = TestHost::new().await;
    let a = name("a");
    let mut options = GrantOptions::default();
    assert_eq!(code(test.host.grant(&a, read("/**"), &options).await), "broad-grant");
    options.broad = true;
    assert!(test.host.grant(&a, read("/**"), &options).await.unwrap().changed);
    assert!(shown(&test.host, "a").await.granted[0].broad);
    for options in [mounted("/data/..", "/srv"), mounted("/data", "srv")] {
        assert_eq!(
            code(test.host.grant(&a, read("/data/**"), &options).await),
            "invalid-options"
        );
    }
    let storage = grant(Capability::Storage, "notes");
    assert_eq!(
        code(test.host.grant(&a, storage, &mounted("/data", "/srv")).await),
        "invalid-options"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_are_changed_over_the_socket() {
    let policy = Policy::parse("policy-version = 1\n[[grant]]\nto = \"b\"\nstorage = [\"notes\"]\n").unwrap();
    let test = TestHost::with(|builder| builder.policy(policy)).await;
    let _server = listen(&test.host).await.unwrap();
    let client = Client::connect(test.host.state_dir(), std::sync::Arc::new(|_| {}))
        .await
        .unwrap();
    let a = name("a");
    let error = client
        .deploy(asking("1.0.0", SENDS), &DeployOptions::default())
        .await
        .unwrap_err();
    assert_eq!(missing(&error), ["network-outbound http://127.0.0.1:80"]);
    let sends = grant(Capability::NetworkOutbound, "http://127.0.0.1:80");
    assert!(
        client
            .grant(&a, &sends, &GrantOptions::default())
            .await
            .unwrap()
            .changed
    );
    client
        .deploy(asking("1.0.0", SENDS), &DeployOptions::default())
        .await
        .unwrap();
    assert!(client.revoke(&a, &sends, &Origin::default()).await.unwrap().changed);
    let all = client.permissions(None).await.unwrap();
    let names: Vec<&str> = all.iter().map(|found| found.component.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        (all[0].revoked.len(), all[0].missing.len(), all[1].granted.len()),
        (1, 1, 1)
    );
    let broad = grant(Capability::Storage, "*");
    assert_eq!(
        code(client.grant(&a, &broad, &GrantOptions::default()).await),
        "broad-grant"
    );
}

#[tokio::test]
async fn grants_that_came_along_with_a_directory_count_for_nothing() {
    let keys = tempfile::tempdir().unwrap();
    let of = |user: &str| keys.path().join(user);
    let test = TestHost::with(|builder| builder.cache_key_file(of("mallory"))).await;
    let a = name("a");
    test.host
        .grant(&a, read("/data/**"), &mounted("/data", &place()))
        .await
        .unwrap();
    test.host.revoke(&a, read("/data/x"), &Origin::default()).await.unwrap();
    let folder = test.folder.clone();
    test.host.shutdown().await.unwrap();
    drop(test);

    let test = TestHost::open(folder.clone(), |builder| builder.cache_key_file(of("ada"))).await;
    let found = shown(&test.host, "a").await;
    // What was denied stays denied.
    assert_eq!((found.granted.len(), found.revoked.len()), (0, 1));
    assert!(
        test.events()
            .iter()
            .any(|event| matches!(event, Event::GrantsRefused { .. }))
    );
    assert_eq!(code(deploy(&test, "1.0.0", READS).await), "not-granted");
    test.host.shutdown().await.unwrap();
    drop(test);

    let test = TestHost::open(folder, |builder| builder.cache_key_file(of("mallory"))).await;
    assert_eq!(shown(&test.host, "a").await.granted.len(), 1);
}

#[tokio::test]
async fn grants_that_were_copied_from_another_directory_of_the_same_user_count_for_nothing() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("key");
    let test = TestHost::with(|builder| builder.cache_key_file(&key)).await;
    test.host
        .grant(&name("a"), read("/data/**"), &mounted("/data", &place()))
        .await
        .unwrap();
    let folder = test.folder.clone();
    test.host.shutdown().await.unwrap();
    drop(test);

    let copy = std::sync::Arc::new(tempfile::tempdir().unwrap());
    fs::copy(folder.path().join("store.redb"), copy.path().join("store.redb")).unwrap();
    let test = TestHost::open(copy, |builder| builder.cache_key_file(&key)).await;
    assert_eq!(shown(&test.host, "a").await.granted.len(), 0);
    let is_refused = |event: &Event| matches!(event, Event::GrantsRefused { .. });
    assert!(test.events().iter().any(is_refused));
    let test = TestHost::open(folder, |builder| builder.cache_key_file(&key)).await;
    assert_eq!(shown(&test.host, "a").await.granted.len(), 1);
}

#[tokio::test]
async fn what_is_recorded_is_for_nobody_else_on_the_machine() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let mode = |name: &str| {
        let found = fs::metadata(folder.path().join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    fs::write(folder.path().join("lock"), "").unwrap();
    for name in ["lock", "."] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let test = TestHost::open(folder.clone(), |builder| builder).await;
    assert_eq!((mode("lock") & 0o077, mode("store.redb")), (0, 0o600));
    drop(test);
}

#[tokio::test]
async fn a_directory_that_is_granted_elsewhere_is_the_new_one() {
    let test = TestHost::new().await;
    let folder = tempfile::tempdir().unwrap();
    for place in ["one", "two"] {
        fs::create_dir(folder.path().join(place)).unwrap();
        fs::write(folder.path().join(place).join("f"), place).unwrap();
    }
    let reader = name("uses-files");
    let grant = async |place: &str| {
        let place = folder.path().join(place).display().to_string();
        let options = mounted("/data", &place);
        test.host.grant(&reader, read("/data/**"), &options).await.unwrap();
    };
    grant("one").await;
    let manifest = Manifest::parse(&format!("manifest-version = 1\n[capabilities]\n{READS}\n")).unwrap();
    let asking = |package: Package| package.manifest(manifest);
    test.deploy_as("uses-files", "1.0.0", asking).await.unwrap();
    assert_eq!(test.call("uses-files", "read /data/f").await.unwrap(), "one");
    let nobody = Origin::default();
    test.host.revoke(&reader, read("/data/**"), &nobody).await.unwrap();
    grant("two").await;
    assert_eq!(test.call("uses-files", "read /data/f").await.unwrap(), "two");
}

#[tokio::test]
async fn a_grant_does_not_say_that_a_directory_is_somewhere_else() {
    let policy = format!(
        "{}mounts = {{ \"/data\" = \"{}\" }}\n",
        policy("file-read = [\"/data/**\"]"),
        place()
    );
    let policy = Policy::parse(&policy).unwrap();
    let test = TestHost::with(|builder| builder.policy(policy)).await;
    let a = name("a");
    let write = |pattern: &str| grant(Capability::FileWrite, pattern);
    let elsewhere = workspace().join("docs").display().to_string();
    let refused = test
        .host
        .grant(&a, write("/data/**"), &mounted("/data", &elsewhere))
        .await;
    let reason = refused.unwrap_err().to_string();
    assert!(reason.contains("docs/src already"), "{reason}");
    // In it is another matter, and so is the same place.
    let options = mounted("/data/out", &elsewhere);
    test.host.grant(&a, write("/data/out/**"), &options).await.unwrap();
    test.host
        .grant(&a, write("/data/**"), &mounted("/data", &place()))
        .await
        .unwrap();
    // What was granted itself is granted anew.
    let options = mounted("/data/out", &place());
    test.host.grant(&a, write("/data/out/**"), &options).await.unwrap();
}
