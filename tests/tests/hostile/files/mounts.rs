//! Where guest directories may be on this machine, and what of them a guest begins with.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use airssys_wasm::GrantOptions;
use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm_tests::TestHost;

use super::yard::{GUEST, READ, WRITE, Yard, policy};

/// Why an instance is not started with a mount.
async fn refusal(host: impl FnOnce(&Path) -> PathBuf) -> String {
    let opened = Yard::with(&["/data/**"], &[], |folder| {
        policy(&["/data/**"], &[], &[("/data", host(folder))])
    })
    .await;
    let mut text = String::new();
    let mut error: Option<Box<dyn std::error::Error>> = Some(Box::new(opened.err().expect("it is refused")));
    while let Some(said) = error.take() {
        text.push_str(&format!("{said}: "));
        error = said.source().map(|source| source.to_string().into());
    }
    text
}

#[tokio::test]
async fn a_mount_that_is_no_plain_directory_is_refused() {
    let check = |text: String, part: &str| assert!(text.contains(part) && text.contains("`/data`"), "{text}");
    check(
        refusal(|folder| folder.join("outside/secret")).await,
        "it is no directory",
    );
    let linked = |folder: &Path| {
        symlink("outside", folder.join("link")).unwrap();
        folder.join("link")
    };
    check(refusal(linked).await, "it is a link");
    check(refusal(|folder| linked(folder).join("")).await, "it is a link");
    for system in ["/proc", "/proc/sys", "/sys", "/dev", "/"] {
        check(refusal(|_| system.into()).await, "it is, contains or is in");
    }
}

#[tokio::test]
async fn a_mount_that_does_not_exist_is_empty_and_told() {
    let parent = tempfile::tempdir().unwrap();
    let missing = parent.path().join("missing");
    let text = policy(&["/data/**"], &["/data/**"], &[("/data", missing.clone())]);
    let policy = airssys_wasm::capability::Policy::parse(&text).unwrap();
    let test = TestHost::with(|builder| builder.policy(policy)).await;
    let manifest = "manifest-version = 1\n[capabilities]\nfile-read = [\"/data/**\"]\nfile-write = [\"/data/**\"]\n";
    let manifest = airssys_wasm::component::Manifest::parse(manifest).unwrap();
    let deployed = test
        .deploy_as("operates-on-files", "1.0.0", |package| package.manifest(manifest))
        .await;
    deployed.unwrap();
    let is_told = |event: &airssys_wasm::Event| matches!(event, airssys_wasm::Event::MountMissing { host, .. } if *host == missing);
    assert!(test.events().iter().any(is_told));
    assert!(!missing.exists());
}

#[tokio::test]
async fn the_state_directory_is_no_mount() {
    let parent = tempfile::tempdir().unwrap();
    let state = parent.path().join("state");
    for host in [state.clone(), state.join("blobs"), parent.path().to_owned()] {
        let text = policy(&["/data/**"], &[], &[("/data", host)]);
        let policy = airssys_wasm::capability::Policy::parse(&text).unwrap();
        let test = TestHost::with(|builder| builder.state_dir(&state).policy(policy)).await;
        let manifest = "manifest-version = 1\n[capabilities]\nfile-read = [\"/data/**\"]\n";
        let manifest = airssys_wasm::component::Manifest::parse(manifest).unwrap();
        let deployed = test
            .deploy_as("operates-on-files", "1.0.0", |package| package.manifest(manifest))
            .await;
        let error = format!("{:?}", deployed.unwrap_err());
        assert!(error.contains("the state directory of this host"), "{error}");
    }
}

#[tokio::test]
async fn nothing_is_there_without_a_grant_and_only_the_mount_with_one() {
    let yard = Yard::open(READ, WRITE).await;
    assert_eq!(yard.run("preopens").await, ["/data"]);
    let none = Yard::open(&[], &[]).await;
    assert_eq!(none.run("preopens").await, [""]);
}

#[tokio::test]
async fn a_mount_in_a_mount_is_where_it_is_said_to_be() {
    let mounts = |folder: &Path| {
        [
            ("/data", folder.join("data")),
            ("/data/both", folder.join("outside/dir")),
        ]
    };
    let asked: &[&str] = &["/data/**"];
    let yard = Yard::with(asked, asked, |folder| policy(asked, asked, &mounts(folder)))
        .await
        .unwrap();
    fs::write(yard.outside().join("dir/f"), "in the inner one").unwrap();
    yard.check(&[
        ("preopens", "/data /data/both"),
        ("open s /data r both/f", "ok"),
        ("read s 99 0", "ok in the inner one"),
        ("rmdir /data both", "busy"),
        ("rename /data both /data gone", "busy"),
        ("rename /data read/f /data both/new", "ok"),
        ("open d /data rd .", "ok"),
        ("stat d - both/new", "ok DescriptorType::RegularFile 6"),
    ])
    .await;
    assert!(yard.outside().join("dir/new").exists());
}

#[tokio::test]
async fn what_a_mount_is_below_is_not_moved_away_from_its_grants() {
    let mounts = |folder: &Path| {
        [
            ("/data", folder.join("data")),
            ("/data/both/d/sub", folder.join("outside/dir")),
        ]
    };
    let asked: &[&str] = &["/data/**"];
    let yard = Yard::with(asked, asked, |folder| policy(asked, asked, &mounts(folder)))
        .await
        .unwrap();
    yard.check(&[
        ("open sub /data/both/d/sub rd .", "ok"),
        ("rename /data both/d /data read/d", "busy"),
        ("rename /data both /data read/both", "busy"),
        ("rename /data read/d /data both/d", "busy"),
        ("rename /data read/d /data both/e", "ok"),
    ])
    .await;
}

#[tokio::test]
async fn directories_on_the_way_are_gone_through_and_not_seen() {
    let yard = Yard::open(&["/data/both/deep/f"], &[]).await;
    fs::create_dir(yard.data().join("both/deep")).unwrap();
    fs::write(yard.data().join("both/deep/f"), "deep").unwrap();
    fs::write(yard.data().join("both/deep/g"), "hidden").unwrap();
    yard.check(&[
        ("open b /data rd both", "ok"),
        ("open b /data r both", "ok"),
        ("list b", "access"),
        ("list /data", "access"),
        ("open d b rd deep", "ok"),
        ("open s d r f", "ok"),
        ("read s 99 0", "ok deep"),
        ("open s d r g", "access"),
        ("open s /data rd read", "access"),
        ("open s /data r both/f", "access"),
        ("open s /data rdm both", "access"),
        ("stat /data - both/f", "access"),
        ("hash /data - both/deep/g", "access"),
        ("open s /data r both/deep/missing", "access"),
    ])
    .await;
    assert!(
        yard.denied().contains(&"file-read /data/both/f NotAsked".to_owned()),
        "{:?}",
        yard.denied()
    );
}

#[tokio::test]
async fn a_listing_shows_what_may_be_seen() {
    let yard = Yard::open(
        &["/data", "/data/read/**", "/data/both", "/data/both/f"],
        &["/data/both/to-*"],
    )
    .await;
    yard.check(&[
        ("list /data", "ok both read"),
        ("open s /data rd both", "ok"),
        ("list s", "ok f to-f to-link to-outside to-root to-secret to-self"),
        ("open s /data rd read", "ok"),
        (
            "list s",
            "ok d f pipe socket to-f to-link to-outside to-root to-secret to-self",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_directory_that_is_replaced_stays_what_it_was() {
    let yard = Yard::open(READ, WRITE).await;
    yard.check(&[("open b /data rd both", "ok")]).await;
    let aside = yard.data().with_file_name("aside");
    fs::rename(yard.data(), &aside).unwrap();
    symlink(yard.outside(), yard.data()).unwrap();
    yard.check(&[
        ("open s /data r read/f", "ok"),
        ("open s /data r secret", "access"),
        ("open s /data r read/secret", "no-entry"),
    ])
    .await;
    fs::remove_dir_all(&aside).unwrap();
    yard.check(&[
        ("open s /data r read/f", "no-entry"),
        ("open s /data cw both/f", "no-entry"),
        ("open s b cw f", "no-entry"),
        ("mkdir b d", "no-entry"),
        ("list b", "ok "),
    ])
    .await;
}

#[tokio::test]
async fn a_directory_of_a_project_that_becomes_a_link_is_not_the_next_instances() {
    let project = tempfile::tempdir().unwrap();
    let root = project.path().canonicalize().unwrap().join("project");
    fs::create_dir_all(root.join("docs/in")).unwrap();
    fs::write(root.join("docs/in/f"), "of the project").unwrap();
    fs::create_dir_all(root.with_file_name("outside").join("in")).unwrap();
    fs::write(root.with_file_name("outside").join("in/f"), "a secret").unwrap();
    let test = TestHost::with(|builder| builder.project(&root)).await;
    let text = "manifest-version = 1\n[instances]\nmode = \"fresh\"\n[capabilities]\nfile-read = [\"/docs/in/**\"]\n";
    let deploy = async |version| {
        let manifest = airssys_wasm::component::Manifest::parse(text).unwrap();
        test.deploy_as(GUEST, version, |package| package.manifest(manifest))
            .await
    };
    let read = async || test.call(GUEST, "open s /docs/in r f\nread s 99 0").await;
    deploy("1.0.0").await.unwrap();
    assert_eq!(read().await.unwrap(), "ok\nok of the project");
    // As a checkout of another commit does it.
    fs::rename(root.join("docs"), root.join("kept")).unwrap();
    symlink("../outside", root.join("docs")).unwrap();
    let error = read().await.unwrap_err();
    assert_eq!(error.code().as_str(), "mount-failed");
    assert!(error.to_string().contains("has become a link"), "{error}");
    assert_eq!(deploy("1.0.1").await.unwrap_err().code().as_str(), "not-granted");
    assert!(read().await.is_err());
    fs::remove_file(root.join("docs")).unwrap();
    fs::rename(root.join("kept"), root.join("docs")).unwrap();
    assert_eq!(read().await.unwrap(), "ok\nok of the project");
    // In the project a link is followed when it is deployed again, and not before.
    fs::rename(root.join("docs"), root.join("moved")).unwrap();
    symlink("moved", root.join("docs")).unwrap();
    assert_eq!(read().await.unwrap_err().code().as_str(), "mount-failed");
    deploy("1.0.2").await.unwrap();
    assert_eq!(read().await.unwrap(), "ok\nok of the project");
}

/// A guest that asks to read all of `/data`, and to write it or not, as the policy says.
async fn deploy(test: &TestHost, version: &str, writes: bool) -> Result<(), String> {
    let write = if writes { "file-write = [\"/data/**\"]\n" } else { "" };
    let manifest = format!("manifest-version = 1\n[capabilities]\nfile-read = [\"/data/**\"]\n{write}");
    let manifest = airssys_wasm::component::Manifest::parse(&manifest).unwrap();
    let deployed = test
        .deploy_as(GUEST, version, |package| package.manifest(manifest))
        .await;
    deployed.map(drop).map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn a_mount_with_a_program_of_the_policy_in_it_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let (app, file) = (folder.path().join("app"), folder.path().join("policies/policy.toml"));
    fs::create_dir_all(app.join("bin")).unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(app.join("bin/tool"), "the tool").unwrap();
    let all: &[&str] = &["/data/**"];
    let calls = format!("[system-calls.tool]\nprogram = {:?}\n", app.join("bin/tool"));
    let say = |write: &[&str], calls: &str| {
        let text = policy(all, write, &[("/data", app.clone())]) + calls;
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let is_told = |error: &str| {
        let parts = ["/data", "the program of `[system-calls.tool]`", "app/bin/tool"];
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    };
    say(all, &calls);
    let test = TestHost::with(|builder| builder.policy_file(&file)).await;
    is_told(&deploy(&test, "1.0.0", true).await.unwrap_err());

    // Whoever only reads may have it, and is not granted to write later.
    say(&[], &calls);
    let test = TestHost::with(|builder| builder.policy_file(&file)).await;
    deploy(&test, "1.0.0", false).await.unwrap();
    let opened = test.call(GUEST, "open s /data r bin/tool\nread s 99 0").await.unwrap();
    assert_eq!(opened, "ok\nok the tool");
    let name = GUEST.parse().unwrap();
    let grant = Grant::parse(Capability::FileWrite, "/data/new/**").unwrap();
    let refused = test
        .host
        .grant(&name, grant, &GrantOptions::default())
        .await
        .unwrap_err();
    is_told(&refused.to_string());
    assert_eq!(refused.code().as_str(), "mount-failed");

    // A policy that names the program later holds for what runs already.
    say(all, "");
    let test = TestHost::with(|builder| builder.policy_file(&file)).await;
    deploy(&test, "1.0.0", true).await.unwrap();
    assert_eq!(test.call(GUEST, "open s /data w bin/tool").await.unwrap(), "ok");
    say(all, &calls);
    test.host.permissions(None).await.unwrap();
    for script in [
        "open s /data w bin/tool",
        "rename /data bin /data other",
        "open s /data cw new",
    ] {
        assert_eq!(test.call(GUEST, script).await.unwrap(), "access", "{script}");
    }
    assert_eq!(fs::read_to_string(app.join("bin/tool")).unwrap(), "the tool");
    is_told(&deploy(&test, "2.0.0", true).await.unwrap_err());
}
