//! What is recorded.

use std::collections::BTreeSet;

use airssys_wasm::audit::{AuditEntry, Decision, Recorded};
use airssys_wasm::capability::{Capability, Grant, Refusal, Source};
use airssys_wasm::component::Package;
use airssys_wasm::{DeployOptions, Origin, RollbackOptions, SplitOptions};
use airssys_wasm_tests::{TestHost, guest, name, until};

use super::set_up::{end, entries, files, host, patient, soon, state, verified};

fn kinds(entries: &[AuditEntry]) -> BTreeSet<String> {
    let kind = |entry: &AuditEntry| {
        serde_json::to_value(entry).unwrap()["kind"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    entries.iter().map(kind).collect()
}

fn by(who: &str) -> Origin {
    let mut origin = Origin::default();
    origin.by = Some(who.into());
    origin
}

/// How many accesses were decided so, by entries and by counts.
fn decided(entries: &[AuditEntry], wanted: Decision) -> (u64, u64) {
    let (mut single, mut counted) = (0, 0);
    for entry in entries {
        match &entry.recorded {
            Recorded::Access { decision, .. } if *decision == wanted => single += 1,
            Recorded::AccessCount { decision, count, .. } if *decision == wanted => counted += count,
            _ => {}
        }
    }
    (single, counted)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_an_operator_does_has_its_entry() {
    let test = host(&patient(), "").await;
    let (echo, pattern) = (name("echo"), Grant::parse(Capability::Storage, "notes").unwrap());
    test.deploy("echo").await.unwrap();
    test.deploy_as("echo", "2.0.0", |package| package).await.unwrap();
    test.host
        .update(&echo, &"1.0.0".parse().unwrap(), &DeployOptions::default())
        .await
        .unwrap();
    test.host.rollback(&echo, &RollbackOptions::default()).await.unwrap();
    let mut split = SplitOptions::default();
    split.weights = vec![("1.0.0".parse().unwrap(), 1), ("2.0.0".parse().unwrap(), 1)];
    test.host.split(&echo, &split).await.unwrap();
    test.host.scale(&echo, 3, &by("ada")).await.unwrap();
    let mut options = airssys_wasm::GrantOptions::default();
    options.origin = by("ada");
    test.host.grant(&echo, pattern.clone(), &options).await.unwrap();
    test.host.revoke(&echo, pattern, &by("bob")).await.unwrap();
    test.release("wrong", "1.0.0", "is-unhealthy", &DeployOptions::default())
        .await
        .unwrap_err();
    test.host.deploy(Package::new(&b"no component"[..])).await.unwrap_err();
    test.host
        .deploy(Package::new(guest("traps-when-asked")).name(name("asked")))
        .await
        .unwrap_err();
    assert!(!test.host.resume(&echo, &by("eve")).await.unwrap());
    test.host.remove_for(&echo, &by("ada")).await.unwrap();
    test.host.remove(&echo).await.unwrap_err();
    test.host.resume(&echo, &by("eve")).await.unwrap_err();
    let folder = end(test).await;

    let found = entries(&state(&folder));
    let expected = [
        "checkpoint",
        "deployment-ended",
        "deployment-started",
        "grant",
        "host-started",
        "host-stopped",
        "log-begun",
        "operation-failed",
        "policy-loaded",
        "remove",
        "resume",
        "revoke",
        "scale",
    ];
    let seen = kinds(&found);
    for kind in expected {
        assert!(seen.contains(kind), "{kind}: {seen:?}");
    }
    let started = |wanted: &str| {
        found
            .iter()
            .any(|entry| matches!(&entry.recorded, Recorded::DeploymentStarted { action, .. } if action == wanted))
    };
    assert!(
        ["deploy", "update", "rollback", "split"]
            .iter()
            .all(|action| started(action))
    );
    let outcomes: Vec<&str> = found
        .iter()
        .filter_map(|entry| match &entry.recorded {
            Recorded::DeploymentEnded { outcome, .. } => Some(&**outcome),
            _ => None,
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            "succeeded",
            "succeeded",
            "succeeded",
            "succeeded",
            "succeeded",
            "failed"
        ]
    );
    let failed: Vec<&str> = found
        .iter()
        .filter_map(|entry| match &entry.recorded {
            Recorded::OperationFailed { code, .. } => Some(&**code),
            _ => None,
        })
        .collect();
    assert_eq!(
        failed,
        ["not-a-component", "trap", "unknown-component", "unknown-component"]
    );
    let revoked = found.iter().find_map(|entry| match &entry.recorded {
        Recorded::Revoke { operator, pattern, .. } => Some((operator.by.clone(), pattern.clone())),
        _ => None,
    });
    assert_eq!(revoked, Some((Some("bob".into()), "notes".into())));
    let resumed = found.iter().filter_map(|entry| match &entry.recorded {
        Recorded::Resume { component, operator } => Some((component.as_str(), operator.by.as_deref())),
        _ => None,
    });
    assert_eq!(resumed.collect::<Vec<_>>(), [("echo", Some("eve")); 2]);
    let numbers: Vec<u64> = found.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, (1..=found.len() as u64).collect::<Vec<_>>());
    let verified = verified(&state(&folder)).await;
    assert!(verified.is_intact(), "{:?}", verified.problems);
    assert_eq!(verified.signed + 1, verified.size);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_use_of_a_rule_is_an_entry_and_each_denial_is_one() {
    let test = host(&patient(), "").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    for _ in 0..20 {
        test.call("files", "read /data/f").await.unwrap();
    }
    test.call("files", "read /data/../etc/passwd").await.unwrap_err();
    let secret = Grant::parse(Capability::FileRead, "/data/f").unwrap();
    test.host.revoke(&name("files"), secret, &by("ada")).await.unwrap();
    test.call("files", "read /data/f").await.unwrap_err();
    let folder = end(test).await;

    let found = entries(&state(&folder));
    let allowed = found.iter().find_map(|entry| match &entry.recorded {
        Recorded::Access {
            subject,
            instance,
            capability,
            pattern,
            decision: Decision::Allow,
            rule,
        } => Some((subject, *instance, capability, pattern, rule)),
        _ => None,
    });
    let (subject, instance, capability, pattern, rule) = allowed.unwrap();
    assert_eq!(
        (subject.component.as_str(), subject.version.to_string()),
        ("files", "1.0.0".into())
    );
    assert_eq!(subject.digest, *files_digest());
    assert!(instance > 0 && *capability == Capability::FileRead && pattern.starts_with("/data"));
    assert_eq!(
        (rule.rule.as_deref(), rule.source),
        (Some("/data/**"), Some(Source::Policy))
    );
    let (single, counted) = decided(&found, Decision::Allow);
    assert!(single < 20 && counted >= 15, "{single} {counted}");

    let refusals: Vec<_> = found
        .iter()
        .filter_map(|entry| match &entry.recorded {
            Recorded::Access {
                decision: Decision::Deny,
                pattern,
                rule,
                ..
            } => Some((pattern.as_str(), rule.refusal, rule.rule.as_deref(), rule.source)),
            _ => None,
        })
        .collect();
    let is_revoked = (
        "/data/f",
        Some(Refusal::Revoked),
        Some("/data/f"),
        Some(Source::Operator),
    );
    assert!(refusals.contains(&is_revoked), "{refusals:?}");
    assert!(verified(&state(&folder)).await.is_intact());
}

fn files_digest() -> &'static airssys_wasm::component::Digest {
    static DIGEST: std::sync::OnceLock<airssys_wasm::component::Digest> = std::sync::OnceLock::new();
    DIGEST.get_or_init(|| airssys_wasm::component::Digest::of(&guest("uses-files")))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_access_of_many_callers_is_without_a_number() {
    let test = host(&patient(), "").await;
    test.host.deploy(files("1.0.0")).await.unwrap();
    let secret = Grant::parse(Capability::FileRead, "/data/f").unwrap();
    test.host.revoke(&name("files"), secret, &by("ada")).await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let host = test.host.clone();
        callers.spawn(async move {
            for _ in 0..60 {
                let wanted = airssys_wasm::component::Message::text("read /data/f");
                host.call(&name("files"), wanted).await.unwrap_err();
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    let folder = end(test).await;
    let found = entries(&state(&folder));
    let (single, counted) = decided(&found, Decision::Deny);
    assert_eq!(single + counted, 8 * 60);
    assert!(
        single >= 100
            && !found
                .iter()
                .any(|entry| matches!(entry.recorded, Recorded::Lost { .. }))
    );
    assert!(verified(&state(&folder)).await.is_intact());
}

/// What was denied, for which reason.
fn denied(entries: &[AuditEntry]) -> Vec<(&str, Refusal)> {
    let denied = entries.iter().filter_map(|entry| match &entry.recorded {
        Recorded::Access {
            decision: Decision::Deny,
            pattern,
            rule,
            ..
        } => Some((pattern.as_str(), rule.refusal?)),
        _ => None,
    });
    denied.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_does_not_hide_what_else_is_denied() {
    let test = host(&patient(), "").await;
    let revoked = test.folder.path().join("beside/data/revoked");
    std::fs::create_dir_all(&revoked).unwrap();
    std::fs::write(revoked.join("third"), "a secret").unwrap();
    let script = Package::new(guest("operates-on-files"));
    let manifest = "manifest-version = 1\n[capabilities]\nfile-read = [\"/data/open/**\", \"/data/revoked/**\"]\n";
    let script = script.manifest(airssys_wasm::component::Manifest::parse(manifest).unwrap());
    test.host.deploy(script.name(name("files"))).await.unwrap();
    let secret = Grant::parse(Capability::FileRead, "/data/revoked/**").unwrap();
    test.host.revoke(&name("files"), secret, &by("ada")).await.unwrap();
    // 130 of a kind, then what was meant all the time.
    let mut wanted: Vec<String> = (0..130).map(|number| format!("/data/junk/{number}")).collect();
    wanted.push("/data/secret/target".into());
    // The same again, as often as one likes, and another that is new.
    wanted.extend(std::iter::repeat_n("/data/junk/0".to_owned(), 2_000));
    wanted.push("/data/secret/second".into());
    // As many new ones of the kind as one likes, and what is denied for another reason.
    wanted.extend((0..10_000).map(|number| format!("/data/noise/{number}")));
    wanted.push("/data/revoked/third".into());
    let script: Vec<String> = wanted
        .iter()
        .map(|path| format!("open x /data r {}", path.trim_start_matches("/data/")))
        .collect();
    let said = test.call("files", &script.join("\n")).await.unwrap();
    assert!(said.lines().all(|line| line != "ok"), "{said}");
    let told = test.events();
    let is_told = |path: &str| {
        let is_it = |event: &airssys_wasm::Event| matches!(event, airssys_wasm::Event::Denied { pattern, .. } if pattern == path);
        told.iter().any(is_it)
    };
    assert!(is_told("/data/junk/0") && is_told("/data/revoked/third"));
    let folder = end(test).await;

    let found = entries(&state(&folder));
    let denied = denied(&found);
    for (path, refusal) in [
        ("/data/junk/129", Refusal::NotAsked),
        ("/data/secret/target", Refusal::NotAsked),
        ("/data/secret/second", Refusal::NotAsked),
        ("/data/revoked/third", Refusal::Revoked),
    ] {
        assert!(denied.contains(&(path, refusal)), "{path}");
    }
    let (single, counted) = decided(&found, Decision::Deny);
    assert!(
        single + counted >= wanted.len() as u64 && counted > 0,
        "{single} {counted}"
    );
    let named = found.iter().find_map(|entry| match &entry.recorded {
        Recorded::AccessCount { rule, examples, .. } if rule.refusal == Some(Refusal::NotAsked) => Some(examples),
        _ => None,
    });
    let named = named.unwrap();
    assert!(
        named.len() == 8
            && named
                .iter()
                .all(|path| path.starts_with("/data/noise/") || path == "/data/junk/0"),
        "{named:?}"
    );
    assert!(verified(&state(&folder)).await.is_intact());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_discarded_instance_and_a_refused_cache_entry_leave_is_recorded() {
    let test = host(&patient(), "").await;
    test.deploy("traps").await.unwrap();
    test.call("traps", "").await.unwrap_err();
    let folder = end(test).await;
    let mut changed = 0;
    for entry in std::fs::read_dir(state(&folder).join("cache")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        changed += 1;
    }
    assert!(changed > 0);
    let test = super::set_up::open(folder, &patient(), "").await;
    test.call("traps", "").await.unwrap_err();
    let state = state(&test.folder);
    soon(&state, "the refused entry", |recorded| {
        matches!(recorded, Recorded::CacheRejected { .. })
    })
    .await;
    let discarded = |entry: &AuditEntry| {
        matches!(&entry.recorded, Recorded::InstanceDiscarded { subject, code, instance }
            if subject.component == name("traps") && code == "trap" && *instance > 0)
    };
    until("both traps", || {
        entries(&state).iter().filter(|entry| discarded(entry)).count() == 2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_file_that_changes_is_an_entry_with_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let (policy, state) = (folder.path().join("policy.toml"), folder.path().join("state"));
    let write = |text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(&policy, text).unwrap();
        std::fs::set_permissions(&policy, std::fs::Permissions::from_mode(0o600)).unwrap();
        airssys_wasm::component::Digest::of(text.as_bytes())
    };
    let mut expected = vec![write("policy-version = 1\n")];
    let test = TestHost::with(|builder| builder.state_dir(state.clone()).policy_file(policy.clone())).await;
    expected.push(write("policy-version = 1\n[audit]\nwhen-full = \"stop\"\n"));
    test.host.permissions(None).await.unwrap();
    test.host.shutdown().await.unwrap();
    let digests: Vec<_> = entries(&state)
        .into_iter()
        .filter_map(|entry| match entry.recorded {
            Recorded::PolicyLoaded { digest, file } => file.map(|_| digest),
            _ => None,
        })
        .collect();
    assert_eq!(digests, expected);
}

#[tokio::test]
async fn a_temporary_host_keeps_no_log() {
    let host = airssys_wasm::Host::builder().build().await.unwrap();
    assert_eq!(host.audit().state, airssys_wasm::audit::AuditState::Off);
    assert!(!host.state_dir().join("audit").exists());
    assert_eq!(
        host.audit_checkpoint().await.unwrap_err().code().as_str(),
        "audit-unavailable"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_reach_the_components_by_http_is_recorded() {
    use airssys_wasm::ingress::{HttpOptions, listen};

    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let set = super::set_up::set_up(folder.path(), &patient(), "");
    let test = TestHost::open(folder, |builder| set(builder).call_budget(77)).await;
    let mut options = HttpOptions::new(([0, 0, 0, 0], 0).into());
    options.allow_remote = true;
    options.allowed_hosts = (0..10).map(|number| format!("host-{number}.example")).collect();
    options.allowed_origins = vec!["https://shop.example".into()];
    let server = listen(&test.host, options).await.unwrap();
    let heard = server.address();
    server.finish().await;
    let folder = end(test).await;
    let found = entries(&state(&folder));
    let listening = found.iter().find_map(|entry| match &entry.recorded {
        Recorded::Listening {
            address,
            remote,
            hosts,
            origins,
            unnamed,
            max_calls,
            ..
        } => Some((*address, *remote, hosts.len(), origins.clone(), *unnamed, *max_calls)),
        _ => None,
    });
    let expected = (heard, true, 8, vec!["https://shop.example".to_owned()], 2, 77);
    assert_eq!(listening, Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_all_day_fills_no_disk() {
    // Counts are due all the time.
    let tuning = airssys_wasm::audit::Tuning {
        interval: std::time::Duration::from_millis(1),
        ..patient()
    };
    let test = host(&tuning, "").await;
    let manifest = "manifest-version = 1\n[capabilities]\nfile-read = [\"/data/open/**\"]\n";
    let script = Package::new(guest("operates-on-files"));
    let script = script.manifest(airssys_wasm::component::Manifest::parse(manifest).unwrap());
    test.host.deploy(script.name(name("files"))).await.unwrap();
    let script: Vec<String> = (0..2_000).map(|number| format!("open x /data r {number}")).collect();
    let script = script.join("\n");
    let mut wanted = 0;
    let mut call = async || {
        test.call("files", &script).await.unwrap();
        wanted += 2_000;
    };
    while decided(&entries(&state(&test.folder)), Decision::Deny).0 < 1_000 {
        call().await;
    }
    // From here on nothing is written of it but one number at the end, and what was on its way.
    let counts = |entries: &[AuditEntry]| {
        let is_count = |entry: &&AuditEntry| matches!(entry.recorded, Recorded::AccessCount { .. });
        entries.iter().filter(is_count).count()
    };
    let before = counts(&entries(&state(&test.folder)));
    for _ in 0..20 {
        call().await;
    }
    let folder = end(test).await;
    let found = entries(&state(&folder));
    assert!(counts(&found) <= before + 2, "{before} {}", counts(&found));
    let (single, counted) = decided(&found, Decision::Deny);
    assert_eq!((single, single + counted), (1_000, wanted));
    assert!(verified(&state(&folder)).await.is_intact());
}
