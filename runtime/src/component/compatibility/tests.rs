//! What is told of two releases whose components are given in text.

use proptest::prelude::*;

use super::*;
use crate::component::{AccessRequests, Digest, InstanceMode, Kind, Limits, Release};

pub(super) fn release(version: &str, bytes: &[u8]) -> Release {
    Release {
        name: "cart".parse().unwrap(),
        version: version.parse().unwrap(),
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        kind: Kind::Library,
        description: String::new(),
        instances: InstanceMode::Pool { max: 8 },
        limits: Limits::default(),
        requests: AccessRequests::default(),
        config: Default::default(),
        has_state: false,
        deploy: Default::default(),
        http: None,
        collected: false,
        needs_async: false,
    }
}

/// `breaking export-removed: no longer exports …`, a line for each difference.
pub(super) fn lines(found: &Compatibility) -> Vec<String> {
    let line = |difference: &Difference| {
        let kind = serde_json::to_value(difference.kind).unwrap();
        format!(
            "{} {}: {}",
            difference.severity,
            kind.as_str().unwrap(),
            difference.text
        )
    };
    found.differences.iter().map(line).collect()
}

/// Compares two components in text that are recorded with the same version.
fn check(old: &str, new: &str, expected: &[&str]) {
    let (old, new) = (wat::parse_str(old).unwrap(), wat::parse_str(new).unwrap());
    let releases = (release("1.2.0", &old), release("1.2.0", &new));
    let mut found = compare((&releases.0, &old), (&releases.1, &new), true);
    // What is exported here is imported under this name, because nothing in these components computes.
    found
        .differences
        .retain(|difference| !difference.text.contains("`impl`"));
    assert_eq!(lines(&found), expected);
}

/// A component that exports an interface with these items.
fn exporting(interface: &str, items: &str) -> String {
    format!(r#"(component (import "impl" (instance $i {items})) (export "{interface}" (instance $i)))"#)
}

/// A component that imports an interface with these items.
fn importing(interface: &str, items: &str) -> String {
    format!(r#"(component (import "{interface}" (instance {items})))"#)
}

const CART: &str = "acme:shop/cart@1.2.0";

const ADD: &str = r#"(export "add" (func (param "count" u32) (result u32)))"#;
const CLEAR: &str = r#"(export "clear" (func))"#;

/// Compares two releases that export `acme:shop/cart@1.2.0` with these items.
fn check_exports(old: &str, new: &str, expected: &[&str]) {
    check(&exporting(CART, old), &exporting(CART, new), expected);
}

/// An interface whose type `thing` is this one, taken and given back by functions as asked for.
fn with_type(ty: &str, functions: &str) -> String {
    let take = r#"(export "take" (func (param "it" $thing)))"#;
    let give = r#"(export "give" (func (result $thing)))"#;
    let functions = functions.replace("take", take).replace("give", give);
    format!(r#"(type $t {ty}) (export "thing" (type $thing (eq $t))) {functions}"#)
}

#[test]
fn the_same_exports_and_imports_are_no_difference() {
    check_exports(ADD, ADD, &[]);
    check_exports(&format!("{ADD} {CLEAR}"), &format!("{CLEAR} {ADD}"), &[]);
    check(&importing(CART, ADD), &importing(CART, ADD), &[]);
    check("(component)", r#"(component (core module))"#, &[]);
}

#[test]
fn functions_come_and_go_and_change() {
    let both = format!("{ADD} {CLEAR}");
    let gains = "note export-added: adds to the export `acme:shop/cart@1.2.0`: `clear`";
    let loses = "breaking export-changed: changes the export `acme:shop/cart@1.2.0`: `clear` is gone";
    check_exports(ADD, &both, &[gains]);
    check_exports(&both, ADD, &[loses]);
    check_exports(
        ADD,
        &ADD.replace("u32) (result", "string) (result"),
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: \
           `add` (parameter `count`: expected u32, found string)"],
    );
    check_exports(
        ADD,
        &ADD.replace("(result u32)", "(result u64)"),
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: \
           `add` (result: expected u32, found u64)"],
    );
    check_exports(
        ADD,
        &ADD.replace("(result u32)", ""),
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: \
           `add` (expected function with a result, found function without a result)"],
    );
    check_exports(
        ADD,
        &ADD.replace("(result", r#"(param "more" u8) (result"#),
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: \
           `add` (expected function with parameter count 1, found parameter count 2)"],
    );
    check_exports(
        ADD,
        &ADD.replace("count", "amount"),
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: \
           `add` (expected parameter 0 to be named `count`, found name `amount`)"],
    );
}

#[test]
fn the_first_of_many_changes_are_named() {
    let many: String = ["a", "b", "c", "d", "e"]
        .map(|name| CLEAR.replace("clear", name))
        .concat();
    check_exports(
        &many,
        "",
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: \
           `a` is gone; `b` is gone; `c` is gone; 2 more"],
    );
}

#[test]
fn functions_of_the_world_itself_are_compared() {
    let world = |export: &str| format!(r#"(component (import "impl" (func $f (param "n" u8))) {export})"#);
    let add = world(r#"(export "add" (func $f))"#);
    check(&add, &world(""), &["breaking export-removed: no longer exports `add`"]);
    check(&world(""), &add, &["note export-added: exports `add` (new)"]);
    check(
        &add,
        &add.replace("u8", "s8"),
        &["breaking export-changed: changes the export `add`: (parameter `n`: expected u8, found s8)"],
    );
}

#[test]
fn changed_types_are_told_by_the_functions_that_use_them() {
    let changes = "breaking export-changed: changes the export `acme:shop/cart@1.2.0`:";
    let case = |old: &str, new: &str, functions: &str, expected: &str| {
        let expected = format!("{changes} {expected}");
        check_exports(&with_type(old, functions), &with_type(new, functions), &[&expected]);
    };
    let record = "(record (field \"a\" u8))";
    let wider = "(record (field \"a\" u8) (field \"b\" u8))";
    let count = "expected a record field count of 1, found a count of 2";
    case(record, wider, "take", &format!("`take` (parameter `it`: {count})"));
    case(record, wider, "give", &format!("`give` (result: {count})"));
    case(record, wider, "", &format!("`thing` ({count})"));
    // The canonical ABI has no subtypes of values: another case changes what both sides lay out.
    let count = "expected an enum type case count of 1, found a count of 2";
    let (one, two) = ("(enum \"a\")", "(enum \"a\" \"b\")");
    case(one, two, "take", &format!("`take` (parameter `it`: {count})"));
    case(one, two, "give", &format!("`give` (result: {count})"));
    let count = "expected a variant case count of 1, found a count of 2";
    let (one, two) = ("(variant (case \"a\"))", "(variant (case \"a\") (case \"b\" u8))");
    case(one, two, "take", &format!("`take` (parameter `it`: {count})"));
    case(one, two, "give", &format!("`give` (result: {count})"));
    case(
        "(list u8)",
        "(option u8)",
        "give",
        "`give` (result: expected list, found option)",
    );
}

#[test]
fn methods_of_resources_are_functions() {
    let resource = r#"(export "basket" (type $basket (sub resource)))"#;
    let method = r#"(export "[method]basket.add" (func (param "self" (borrow $basket))))"#;
    let both = format!("{resource} {method}");
    check_exports(&both, &both, &[]);
    check_exports(
        &both,
        resource,
        &["breaking export-changed: changes the export `acme:shop/cart@1.2.0`: `[method]basket.add` is gone"],
    );
    check_exports(
        resource,
        &both,
        &["note export-added: adds to the export `acme:shop/cart@1.2.0`: `[method]basket.add`"],
    );
}

#[test]
fn interfaces_come_and_go_and_change_into_something_else() {
    let cart = exporting(CART, ADD);
    let none = exporting(CART, ADD).replace(&format!("(export \"{CART}\" (instance $i))"), "");
    let removed = "breaking export-removed: no longer exports `acme:shop/cart@1.2.0`";
    let added = "note export-added: exports `acme:shop/cart@1.2.0` (new)";
    check(&cart, &none, &[removed]);
    check(&none, &cart, &[added]);
    let function = r#"(component (import "impl" (func $f)) (export "cart" (func $f)))"#;
    check(
        function,
        &exporting("cart", ADD),
        &["breaking export-changed: changes the export `cart`: (expected function, found instance)"],
    );
}

#[test]
fn a_compatible_version_of_an_interface_takes_the_place_of_another() {
    let case = |old: &str, new: &str, expected: &[&str]| {
        let named = |version| exporting(&format!("acme:shop/cart@{version}"), ADD);
        check(&named(old), &named(new), expected);
    };
    let place = "note export-changed: exports `acme:shop/cart@1.3.0` in place of `acme:shop/cart@1.2.0`";
    case("1.2.0", "1.3.0", &[place]);
    let place = "note export-changed: exports `acme:shop/cart@0.2.6` in place of `acme:shop/cart@0.2.3`";
    case("0.2.3", "0.2.6", &[place]);
    for (old, new) in [
        ("1.2.0", "2.0.0"),
        ("0.2.0", "0.3.0"),
        ("0.0.1", "0.0.2"),
        ("1.0.0-rc.1", "1.0.0"),
    ] {
        let removed = format!("breaking export-removed: no longer exports `acme:shop/cart@{old}`");
        let added = format!("note export-added: exports `acme:shop/cart@{new}` (new)");
        case(old, new, &[&removed, &added]);
    }
    let newer = exporting("acme:shop/cart@1.3.0", CLEAR);
    check(
        &exporting(CART, ADD),
        &newer,
        &[
            "breaking export-changed: changes the export `acme:shop/cart@1.2.0`: `add` is gone",
            "note export-added: adds to the export `acme:shop/cart@1.3.0`: `clear`",
        ],
    );
    // The old version goes on being there, beside the new one.
    let both = exporting(CART, ADD).replace(
        "(export \"acme",
        "(export \"acme:shop/cart@1.3.0\" (instance $i)) (export \"acme",
    );
    check(
        &exporting(CART, ADD),
        &both,
        &["note export-added: exports `acme:shop/cart@1.3.0` (new)"],
    );
}

#[test]
fn a_host_is_told_what_it_has_to_offer() {
    let (none, log) = ("(component)", importing("acme:log/log@1.0.0", ADD));
    check(
        none,
        &log,
        &["warning import-added: imports `acme:log/log@1.0.0` (new)"],
    );
    check(
        &log,
        none,
        &["note import-removed: no longer imports `acme:log/log@1.0.0`"],
    );
    let both = importing("acme:log/log@1.0.0", &format!("{ADD} {CLEAR}"));
    check(
        &log,
        &both,
        &["warning import-changed: asks for more of the import `acme:log/log@1.0.0`: `clear` is new"],
    );
    check(&both, &log, &[]);
    check(
        &log,
        &log.replace("(result u32)", "(result u64)"),
        &[
            "warning import-changed: asks for more of the import `acme:log/log@1.0.0`: \
           `add` (result: expected u32, found u64)",
        ],
    );
    check(&log, &importing("acme:log/log@1.0.4", ADD), &[]);
    check(
        &log,
        &importing("acme:log/log@2.0.0", ADD),
        &[
            "warning import-added: imports `acme:log/log@2.0.0` (new)",
            "note import-removed: no longer imports `acme:log/log@1.0.0`",
        ],
    );
}

#[test]
fn the_state_interface_is_told_once() {
    let with = wat::parse_str(exporting("airssys:component/state@0.1.0", ADD)).unwrap();
    let without = wat::parse_str("(component)").unwrap();
    let (mut old, new) = (release("1.2.0", &with), release("1.2.0", &without));
    old.has_state = true;
    let told = lines(&compare((&old, &with), (&new, &without), true));
    assert_eq!(
        told,
        [
            "breaking state-lost: keeps no state: its saved state would not be handed on",
            "note import-removed: no longer imports `impl`",
        ]
    );
    let told = lines(&compare((&new, &without), (&old, &with), true));
    assert_eq!(
        told,
        [
            "warning import-added: imports `impl` (new)",
            "note state-gained: keeps state (new)",
        ]
    );
}

#[test]
fn bytes_that_cannot_be_read_are_a_warning() {
    let good = wat::parse_str("(component)").unwrap();
    let module = wat::parse_str("(module)").unwrap();
    for bad in [b"".as_slice(), b"\0asm", b"hello", &good[..good.len() - 1], &module] {
        for (old, new) in [(bad, good.as_slice()), (&good, bad)] {
            let releases = (release("1.2.0", old), release("1.2.0", new));
            let found = compare((&releases.0, old), (&releases.1, new), true);
            let told = lines(&found);
            assert_eq!(told.len(), 1, "{bad:?}: {told:?}");
            let which = if old == bad { "old" } else { "new" };
            let reads = format!("warning unreadable: the types of the {which} release cannot be read: ");
            assert!(told[0].starts_with(&reads), "{told:?}");
            assert!(!found.is_breaking());
        }
    }
}

#[test]
fn bytes_of_the_same_digest_are_not_read() {
    let release = release("1.2.0", b"one");
    assert_eq!(
        compare((&release, b"two"), (&release, b"three"), true),
        Compatibility::default()
    );
}

#[test]
fn texts_are_short_and_printable() {
    let long = "x".repeat(3_000);
    let component = |name: &str| exporting(name, &CLEAR.replace("clear", &long));
    let (old, new) = (component(&long), component("y"));
    let (old, new) = (wat::parse_str(old).unwrap(), wat::parse_str(new).unwrap());
    let mut releases = (release("1.2.0", &old), release("1.2.0", &new));
    releases.1.requests.storage = vec![format!("\u{1b}[2J\n{long}")];
    let found = compare((&releases.0, &old), (&releases.1, &new), true);
    assert!(found.is_breaking());
    assert_eq!(found.breaking().count(), 1);
    for difference in &found.differences {
        // An escaped letter takes several.
        assert!(difference.text.chars().count() <= 410, "{}", difference.text);
        assert!(!difference.text.chars().any(char::is_control), "{}", difference.text);
    }
}

#[test]
fn what_is_kept_of_too_many_differences_is_the_most_severe() {
    let exports = |name: &str, count: usize| -> String {
        let export = |n| format!(r#"(export "{name}{n}" (func $f))"#);
        let exports: String = (0..count).map(export).collect();
        format!(r#"(component (import "impl" (func $f)) {exports})"#)
    };
    let (old, new) = (exports("old", 600), exports("new", 600));
    let (old, new) = (wat::parse_str(old).unwrap(), wat::parse_str(new).unwrap());
    let releases = (release("1.2.0", &old), release("1.2.0", &new));
    let found = compare((&releases.0, &old), (&releases.1, &new), true);
    assert_eq!((found.breaking().count(), found.differences.len()), (600, 1_000));
}

#[test]
fn differences_are_data() {
    let found = compare((&release("1.2.0", b""), b""), (&release("1.1.0", b""), b""), true);
    let json = serde_json::json!({ "differences": [
        { "severity": "note", "kind": "version-lower", "text": "1.1.0 is lower than 1.2.0" },
    ] });
    assert_eq!(serde_json::to_value(&found).unwrap(), json);
    assert_eq!(serde_json::from_value::<Compatibility>(json).unwrap(), found);
}

/// The items of an interface: functions `f0`, `f1`, … over types up to three levels deep.
fn items() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("u8"), Just("string"), Just("f64"), Just("(list char)")].prop_map(str::to_owned);
    let ty = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ty| format!("(list {ty})")),
            inner.clone().prop_map(|ty| format!("(option {ty})")),
            (inner.clone(), inner.clone()).prop_map(|(ok, err)| format!("(result {ok} (error {err}))")),
            proptest::collection::vec(inner, 1..3).prop_map(|types| format!("(tuple {})", types.join(" "))),
        ]
    });
    let function = (ty.clone(), ty).prop_map(|(param, result)| format!(r#"(param "p" {param}) (result {result})"#));
    proptest::collection::vec(function, 0..6).prop_map(|functions| {
        let export = |(n, function)| format!(r#"(export "f{n}" (func {function}))"#);
        functions.into_iter().enumerate().map(export).collect()
    })
}

proptest! {
    #[test]
    fn a_component_compared_with_itself_is_the_same(items in items()) {
        // Other bytes with the same types, so that these are compared.
        let rebuilt = |text: &str| text.replacen("(component", "(component (core module)", 1);
        for text in [exporting(CART, &items), importing(CART, &items)] {
            check(&text, &rebuilt(&text), &[]);
        }
    }

    #[test]
    fn more_functions_break_nothing(items in items()) {
        let gains = "note export-added: adds to the export `acme:shop/cart@1.2.0`: `clear`";
        check_exports(&items, &format!("{items} {CLEAR}"), &[gains]);
    }
}
