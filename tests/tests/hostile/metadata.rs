//! What a component says of itself in custom sections: its manifest, its name, its tools.

use airssys_wasm::component::{MANIFEST_SECTION, Package};

use crate::arena::{alone, check};
use crate::case::{Case, case};
use crate::wasm::{MODULE, NOTHING, component, counted, custom, section};

/// A component that carries this manifest, under whose limits it is deployed.
fn manifest(what: &str, text: impl Into<Vec<u8>>, expected: &'static str) -> Case {
    let text = text.into();
    Case {
        limited: false,
        ..case(
            what,
            move || component(&[custom(MANIFEST_SECTION.as_bytes(), &text)]),
            expected,
        )
    }
}

fn says(text: &str) -> String {
    format!("manifest-version = 1\n{text}\n")
}

fn manifests() -> Vec<Case> {
    // A manifest that cannot be read is as good as none: the operator's word is what counts.
    vec![
        manifest("an empty manifest", "", "ok"),
        manifest("a manifest that is no text", b"\xff\xfe\0".to_vec(), "ok"),
        manifest("a manifest of a future version", "manifest-version = 9999\n", "ok"),
        manifest("a manifest of 10 MiB", "#".repeat(10 << 20), "ok"),
        manifest(
            "lists inside lists",
            says(&format!("[config]\na = {}", "[".repeat(60_000))),
            "ok",
        ),
        manifest(
            "tables inside tables",
            says(&format!(
                "[config]\na = {}1{}",
                "{a=".repeat(15_000),
                "}".repeat(15_000)
            )),
            "ok",
        ),
        manifest(
            "a key of 30,000 parts",
            says(&format!("[config]\n{}a = 1", "a.".repeat(30_000))),
            "ok",
        ),
        manifest(
            "5,000 keys",
            says(&format!(
                "[config]\n{}",
                (0..5_000).map(|n| format!("a{n}=1\n")).collect::<String>()
            )),
            "ok",
        ),
        manifest(
            "a memory limit of everything",
            says("[limits]\nmemory = \"16EiB\""),
            "limit-above-ceiling",
        ),
        manifest(
            "a deadline of centuries",
            says("[limits]\ndeadline = \"580000000000y\""),
            "limit-above-ceiling",
        ),
        manifest(
            "a deadline of 100 years",
            says("[limits]\ndeadline = \"100y\""),
            "limit-above-ceiling",
        ),
        manifest("a pool of everything", says("[instances]\nmax = 4294967295"), "ok"),
        manifest(
            "calls without end",
            says("[limits]\nconcurrency = 4294967295"),
            "limit-above-ceiling",
        ),
        manifest("fuel without end", says("[limits]\nfuel = 9223372036854775807"), "ok"),
        manifest("negative fuel", says("[limits]\nfuel = -1"), "ok"),
        manifest("no memory", says("[limits]\nmemory = \"0B\""), "ok"),
        manifest("an actor without state", says("[instances]\nmode = \"actor\""), "ok"),
        manifest(
            "requests for everything",
            says("[capabilities]\nfile-read = [\"/**\"]\nfile-write = [\"/**\"]"),
            "not-granted",
        ),
        case(
            "a hundred manifests",
            || component(&vec![custom(MANIFEST_SECTION.as_bytes(), says("").as_bytes()); 100]),
            "ok",
        ),
    ]
}

fn sections() -> Vec<Case> {
    let known = |name: &'static str, contents: Vec<u8>, expected| {
        case(
            format!("a section `{name}` of {} bytes", contents.len()),
            move || component(&[custom(name.as_bytes(), &contents)]),
            expected,
        )
    };
    let mut cases = vec![
        case(
            "a name with a path",
            || component(&[custom(b"component-name", &section(0, &counted(b"../../etc/passwd")))]),
            "ok",
        ),
        case(
            "a name that is no text",
            || component(&[custom(b"component-name", &section(0, &counted(b"\xff\xff")))]),
            "not-a-component",
        ),
        known("licenses", b"(".repeat(100_000), "not-a-component"),
        known("licenses", b"MIT OR ".repeat(30_000), "not-a-component"),
        known("licenses", b"(".repeat(2 << 20), "ok"),
        known("version", b"1.".repeat(1_000), "ok"),
        known("description", b"\x1b[31m".repeat(1_000), "ok"),
        known("homepage", b"http://[".to_vec(), "ok"),
        known("source", b"file:///etc/passwd".to_vec(), "ok"),
        known("unknown", vec![0; 1 << 20], "ok"),
    ];
    for name in [
        "producers",
        "component-name",
        "licenses",
        "version",
        "description",
        "authors",
        "revision",
        "name",
        ".dep-v0",
    ] {
        for contents in [vec![], vec![0xff; 5], vec![0xff; 1_000]] {
            cases.push(known(name, contents, "ok|not-a-component"));
        }
    }
    cases
}

/// A module that traps at its start, in a function that its debugging names call this.
fn trapping(name: &[u8]) -> Vec<u8> {
    let names = [&[1][..], &counted(&[&[1, 0][..], &counted(name)].concat())].concat();
    let module = [
        MODULE,
        &section(1, &[&[1], NOTHING].concat()),
        &section(3, &[1, 0]),
        &section(8, &[0]),
        &section(10, &[&[1][..], &counted(&[0, 0x00, 0x0b])].concat()),
        &custom(b"name", &names),
    ];
    component(&[section(1, &module.concat()), section(2, &[1, 0, 0, 0])])
}

fn names_of_functions() -> Vec<Case> {
    let named = |what: &str, name: Vec<u8>| case(what, move || trapping(&name), "trap");
    vec![
        named(
            "a function whose name has escapes",
            b"\x1b[31m\x07\0\r\nerror: all is well".to_vec(),
        ),
        named("a function whose name is long", b"a".repeat(90_000)),
        named("a function whose name is no text", b"\xff\xfe".to_vec()),
        named(
            "a function whose name is a mangled one without end",
            [b"_RN".as_slice(), &b"vC1a".repeat(20_000)].concat(),
        ),
        named(
            "a function whose name looks mangled",
            b"_ZN17hffffffffffffffffE".repeat(1_000),
        ),
    ]
}

#[test]
fn names_of_functions_are_shown_without_harm() {
    check(names_of_functions);
}

#[test]
fn a_manifest_inside_a_component_harms_nobody() {
    check(manifests);
}

#[test]
fn metadata_harms_nobody() {
    check(sections);
}

#[test]
fn a_name_inside_a_component_is_used_only_when_it_is_one() {
    alone(check_names());
}

async fn check_names() {
    let test = airssys_wasm_tests::TestHost::new().await;
    for name in [
        "../../etc",
        "a/b",
        ".hidden",
        "-rf",
        "",
        "A",
        "a\nb",
        "a\0b",
        &"a".repeat(300),
    ] {
        let bytes = component(&[custom(b"component-name", &section(0, &counted(name.as_bytes())))]);
        let error = test.host.deploy(Package::new(bytes)).await.unwrap_err();
        assert_eq!(error.code().as_str(), "unnamed", "{name:?}: {error}");
    }
    assert!(test.host.status().is_empty());
}
