//! Imports that are not offered, exports that are not as they must be, and names that are none.

use crate::arena::check;
use crate::case::{Case, text};

const UNKNOWN: &str = "unknown-import";
const MISTYPED: &str = "mistyped-export";
const REFUSED: &str = "not-a-component";

fn imports() -> Vec<Case> {
    let import = |what, name: &str, item: &str, expected| {
        text(what, format!("(component (import \"{name}\" {item}))"), expected)
    };
    let clock = "wasi:clocks/wall-clock@0.2.0";
    let now = |result| format!("(instance (export \"now\" (func (result {result}))))");
    vec![
        import(
            "an interface that is not offered",
            "acme:oracle/ask@1.0.0",
            "(instance)",
            "ok|unknown-import",
        ),
        import(
            "a function of an interface that is not offered",
            "acme:oracle/ask@1.0.0",
            "(instance (export \"ask\" (func)))",
            UNKNOWN,
        ),
        import("a function", "ask", "(func)", UNKNOWN),
        import("a core module", "code", "(core module)", UNKNOWN),
        import("a component", "inner", "(component)", REFUSED),
        import("an offered function with another result", clock, &now("u8"), UNKNOWN),
        import(
            "an offered function with another parameter",
            clock,
            "(instance (export \"now\" (func (param \"x\" u8))))",
            UNKNOWN,
        ),
        import(
            "a function that the offered interface does not have",
            clock,
            "(instance (export \"tomorrow\" (func)))",
            UNKNOWN,
        ),
        import("an offered interface as a function", clock, "(func)", UNKNOWN),
        import(
            "an offered interface of the next version",
            "wasi:clocks/wall-clock@0.9.0",
            "(instance (export \"now\" (func (result u8))))",
            UNKNOWN,
        ),
        import(
            "an offered interface of version 1",
            "wasi:clocks/monotonic-clock@1.0.0",
            "(instance (export \"now\" (func (result u64))))",
            UNKNOWN,
        ),
        import(
            "an offered interface of a version of the far future",
            "wasi:clocks/monotonic-clock@18446744073709551615.0.0",
            "(instance (export \"now\" (func (result u64))))",
            UNKNOWN,
        ),
        import(
            "an address",
            "url=<https://example.com/evil.wasm>",
            "(func)",
            "unknown-import|not-a-component",
        ),
        import(
            "a dependency that is to be fetched",
            "unlocked-dep=<acme:oracle@{>=1.0.0}>",
            "(component)",
            REFUSED,
        ),
        import(
            "a file by its digest",
            "integrity=<sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=>",
            "(func)",
            UNKNOWN,
        ),
        import("a resource", "res", "(type (sub resource))", UNKNOWN),
    ]
}

fn exports() -> Vec<Case> {
    let export = |what, name: &str, instance: &str, expected| {
        let module = "(core module $m (func (export \"f\")) (func (export \"g\") (param i32))) (core instance $i (instantiate $m))";
        text(
            what,
            format!("(component {module} {instance} (export \"{name}\" (instance $e)))"),
            expected,
        )
    };
    let guest = "airssys:component/guest@0.1.0";
    let lift = "(func $f (canon lift (core func $i \"f\")))";
    let lift_with = "(func $g (param \"x\" u8) (canon lift (core func $i \"g\")))";
    vec![
        export("the contract without its functions", guest, "(instance $e)", MISTYPED),
        export(
            "the contract with one function of seven",
            guest,
            &format!("{lift} (instance $e (export \"init\" (func $f)))"),
            MISTYPED,
        ),
        export(
            "the contract with functions of other types",
            guest,
            &format!(
                "{lift_with} (instance $e (export \"init\" (func $g)) (export \"execute\" (func $g)) \
                 (export \"shutdown\" (func $g)) (export \"metadata\" (func $g)) \
                 (export \"required-capabilities\" (func $g)) (export \"health-status\" (func $g)))"
            ),
            MISTYPED,
        ),
        export(
            "the contract of another version",
            "airssys:component/guest@9.9.9",
            "(instance $e)",
            MISTYPED,
        ),
        export(
            "the contract without a version",
            "airssys:component/guest",
            "(instance $e)",
            MISTYPED,
        ),
        export(
            "a command that cannot be run",
            "wasi:cli/run@0.2.0",
            "(instance $e)",
            MISTYPED,
        ),
        export(
            "a command whose entry takes a parameter",
            "wasi:cli/run@0.2.0",
            &format!("{lift_with} (instance $e (export \"run\" (func $g)))"),
            MISTYPED,
        ),
        export(
            "a state without a guest",
            "airssys:component/state@0.1.0",
            "(instance $e)",
            "ok",
        ),
        export(
            "a web API that answers nothing",
            "wasi:http/incoming-handler@0.2.0",
            "(instance $e)",
            "ok|mistyped-export",
        ),
        text(
            "the contract as a function",
            "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) \
             (func $f (canon lift (core func $i \"f\"))) (export \"airssys:component/guest@0.1.0\" (func $f)))",
            "mistyped-export|not-a-component",
        ),
        text(
            "a function that is lifted with the wrong signature",
            "(component (core module $m (func (export \"f\") (param i64))) (core instance $i (instantiate $m)) \
             (func (export \"f\") (param \"x\" string) (canon lift (core func $i \"f\"))))",
            REFUSED,
        ),
        text(
            "an instance that is not there",
            "(component (export \"a\" (instance 7)))",
            REFUSED,
        ),
    ]
}

fn names() -> Vec<Case> {
    let named = |name: &str, expected| {
        let shown: String = name.chars().take(24).collect();
        text(
            &format!("the name `{shown}`"),
            format!("(component (import \"{name}\" (func)))"),
            expected,
        )
    };
    let mut cases: Vec<Case> = [
        "",
        "-",
        "a-",
        "-a",
        "a--b",
        "A_b",
        "1a",
        "aB",
        "a b",
        "a.b",
        "a/b",
        "a:b",
        "a:b/c@1",
        "a:b/c@1.0.0.0",
        "a:b/c@",
        "a:/c",
        ":b/c",
        "a:b/c/d",
        "..",
        "../x",
        "a:b/../c",
        "/etc/passwd",
        "\\00",
        "a\\00b",
        "a\\0ab",
        "\\1b[31m",
        "\\e2\\80\\aeabc",
        "\\c3\\a9",
        "a\\cc\\81",
        "[constructor]a",
        "[method]a.b",
        "[static]a.b",
        "[resource-drop]a",
        "[nonsense]a",
        "[method]a",
        "%a",
        "a:b:c/d@1.0.0",
        "\\e2\\80\\8b",
    ]
    .into_iter()
    .map(|name| named(name, "not-a-component|unknown-import"))
    .collect();
    cases.push(named(&["a"; 2_000].join("-"), UNKNOWN));
    cases.push(named(
        &format!("a:b/c@1.0.0-{}", "x".repeat(4_000)),
        "not-a-component|unknown-import",
    ));
    cases.push(text(
        "two names that differ in case",
        "(component (import \"a-b\" (func)) (import \"A-b\" (func)))",
        REFUSED,
    ));
    cases.push(text(
        "one name twice",
        "(component (import \"a\" (func)) (import \"a\" (func)))",
        REFUSED,
    ));
    cases
}

#[test]
fn imports_that_are_not_offered_are_named() {
    check(imports);
}

#[test]
fn exports_that_do_not_follow_the_contract_are_named() {
    check(exports);
}

#[test]
fn absurd_names_are_refused_or_named_without_harm() {
    check(names);
}
