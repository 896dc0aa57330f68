//! Typed calls: every WIT type in WAVE and in JSON, the names of exports, and calls that do not fit.

use serde_json::{Value as Json, json};

use airssys_wasm::component::{Kind, callable, inspect};
use airssys_wasm::typed::{ArgumentError, ByteForm, Invocation, Value};
use airssys_wasm::{Error, Host};
use airssys_wasm_tests::{TestHost, code, guest, name};

/// Functions of `every-type` with a value each in WAVE and in JSON: what is given is what is answered.
fn values() -> Vec<(&'static str, &'static str, Json)> {
    let ada = json!({"name": "Ada", "age": 36, "home": {"x": 1, "y": -2}, "work-place": {"x": 3, "y": 4}});
    let bob = json!({"name": "", "age": null, "home": {"x": 0, "y": 0}, "work-place": null});
    let switches: Vec<String> = (0..32).map(|n| format!("b{n}")).collect();
    vec![
        ("echo-bool", "true", json!(true)),
        ("echo-bool", "false", json!(false)),
        ("echo-s8", "-128", json!(-128)),
        ("echo-s16", "-32768", json!(-32768)),
        ("echo-s32", "-2147483648", json!(-2_147_483_648_i64)),
        ("echo-s64", "9007199254740991", json!(9_007_199_254_740_991_i64)),
        ("echo-s64", "-9223372036854775808", json!("-9223372036854775808")),
        ("echo-u8", "255", json!(255)),
        ("echo-u16", "65535", json!(65535)),
        ("echo-u32", "4294967295", json!(4_294_967_295_u32)),
        ("echo-u64", "18446744073709551615", json!("18446744073709551615")),
        ("echo-f32", "0.1", json!(0.1)),
        ("echo-f32", "nan", json!("nan")),
        ("echo-f64", "-2.5", json!(-2.5)),
        ("echo-f64", "0.1", json!(0.1)),
        ("echo-f64", "inf", json!("inf")),
        ("echo-f64", "-inf", json!("-inf")),
        ("echo-char", "'x'", json!("x")),
        ("echo-char", r"'\''", json!("'")),
        ("echo-char", "'🦀'", json!("🦀")),
        ("echo-string", r#""""#, json!("")),
        (
            "echo-string",
            r#""a \"quote\", a \\ and Zoë 🦀""#,
            json!("a \"quote\", a \\ and Zoë 🦀"),
        ),
        ("echo-bytes", "[]", json!([])),
        ("echo-bytes", "[0, 104, 255]", json!([0, 104, 255])),
        (
            "echo-numbers",
            "[1, -9223372036854775808]",
            json!([1, "-9223372036854775808"]),
        ),
        ("echo-texts", r#"[["a", "b"], [], [""]]"#, json!([["a", "b"], [], [""]])),
        (
            "echo-points",
            "[{x: 1, y: 2}, {x: -1, y: 0}]",
            json!([{"x": 1, "y": 2}, {"x": -1, "y": 0}]),
        ),
        (
            "echo-named-points",
            r#"[("a", {x: 1, y: 2})]"#,
            json!([["a", {"x": 1, "y": 2}]]),
        ),
        (
            "echo-tuple",
            r#"("a", 255, (true, 'ü'))"#,
            json!(["a", 255, [true, "ü"]]),
        ),
        (
            "echo-record",
            r#"{name: "Ada", age: some(36), home: {x: 1, y: -2}, work-place: some({x: 3, y: 4})}"#,
            ada.clone(),
        ),
        ("echo-record", r#"{name: "", home: {x: 0, y: 0}}"#, bob),
        ("echo-variant", "empty", json!("empty")),
        ("echo-variant", "circle(1.5)", json!({"circle": 1.5})),
        ("echo-variant", "polygon([])", json!({"polygon": []})),
        (
            "echo-variant",
            r#"portrait({name: "Ada", age: some(36), home: {x: 1, y: -2}, work-place: some({x: 3, y: 4})})"#,
            json!({ "portrait": ada }),
        ),
        ("echo-enum", "red", json!("red")),
        ("echo-enum", "dark-blue", json!("dark-blue")),
        ("echo-flags", "{}", json!([])),
        ("echo-flags", "{read, run-it}", json!(["read", "run-it"])),
        ("echo-switches", "{b0, b31}", json!(["b0", "b31"])),
        (
            "echo-switches",
            "{b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16, b17, b18, b19, b20, b21, \
             b22, b23, b24, b25, b26, b27, b28, b29, b30, b31}",
            json!(switches),
        ),
        ("echo-option", "none", json!(null)),
        ("echo-option", r#"some("")"#, json!("")),
        ("echo-options", "none", json!(null)),
        ("echo-options", "some(none)", json!({"some": null})),
        ("echo-options", "some(some(7))", json!({"some": 7})),
        ("echo-result", "ok(7)", json!({"ok": 7})),
        ("echo-result", r#"err("no")"#, json!({"err": "no"})),
        ("echo-result-ok", "ok(7)", json!({"ok": 7})),
        ("echo-result-ok", "err", json!({"err": null})),
        ("echo-result-err", "ok", json!({"ok": null})),
        ("echo-result-err", r#"err("no")"#, json!({"err": "no"})),
        ("echo-result-empty", "ok", json!({"ok": null})),
        ("echo-result-empty", "err", json!({"err": null})),
        (
            "echo-depth",
            "[some(ok(circle(1.5))), none, some(err([red, dark-blue])), some(ok(empty))]",
            json!([{"ok": {"circle": 1.5}}, null, {"err": ["red", "dark-blue"]}, {"ok": "empty"}]),
        ),
    ]
}

#[tokio::test]
async fn every_type_is_given_and_answered_in_wave_and_in_json() {
    let test = deployed("every-type").await;
    let mut wrong = Vec::new();
    for (function, wave, json) in values() {
        let in_wave = invoke(&test.host, &format!("{function}({wave})")).await;
        let in_json = test
            .host
            .invoke(&name("every-type"), Invocation::json(function, vec![json.clone()]))
            .await;
        for answer in [in_wave, in_json] {
            let answer = answer.map(|value| (value.to_wave(), value.to_json(ByteForm::default())));
            if !matches!(&answer, Ok(both) if *both == (wave.to_owned(), json.clone())) {
                wrong.push(format!("{function}({wave}), {json}: {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_function_of_the_guest_is_in_the_table() {
    let callable = callable(&guest("every-type")).unwrap();
    let echoes = callable
        .exports
        .iter()
        .filter(|export| export.name.starts_with("echo-"));
    let table = values();
    for export in echoes {
        assert!(table.iter().any(|(name, ..)| *name == export.name), "{}", export.name);
    }
}

/// The component model has no more, which is why the guest's largest flags have 32.
#[test]
fn more_than_32_flags_are_no_component() {
    let flags = |count: usize| (0..count).map(|n| format!(" \"b{n}\"")).collect::<String>();
    let component = |count| wat::parse_str(format!("(component (type (flags{})))", flags(count))).unwrap();
    assert!(inspect(&component(32)).is_ok());
    assert_eq!(code(inspect(&component(33))), "not-a-component");
}

#[tokio::test]
async fn json_has_several_forms_for_large_numbers_bytes_and_options() {
    let test = deployed("every-type").await;
    let check = async |function: &str, given: Json, expected: &str| {
        let invocation = Invocation::json(function, vec![given.clone()]);
        let answer = test.host.invoke(&name("every-type"), invocation).await;
        assert_eq!(answer.unwrap().to_wave(), expected, "{function}({given})");
    };
    check(
        "echo-u64",
        json!(18_446_744_073_709_551_615_u64),
        "18446744073709551615",
    )
    .await;
    check("echo-u8", json!("7"), "7").await;
    check("echo-bytes", json!({"text": "hi"}), "[104, 105]").await;
    check("echo-bytes", json!({"base64": "aP8="}), "[104, 255]").await;
    check("echo-result-empty", json!("ok"), "ok").await;
    // A field of an option type may be left out.
    let short = json!({"name": "", "home": {"x": 0, "y": 0}});
    check("echo-record", short, r#"{name: "", home: {x: 0, y: 0}}"#).await;

    let bytes = invoke(&test.host, "echo-bytes([104, 105])").await.unwrap();
    assert_eq!(bytes.to_json(ByteForm::Text), json!({"text": "hi"}));
    assert_eq!(bytes.to_json(ByteForm::Base64), json!({"base64": "aGk="}));
    let binary = invoke(&test.host, "echo-bytes([104, 255])").await.unwrap();
    assert_eq!(binary.to_json(ByteForm::Text), json!({"base64": "aP8="}));
}

#[tokio::test]
async fn functions_take_any_number_of_parameters_and_may_return_nothing() {
    let test = deployed("every-type").await;
    let check = async |call: &str, expected: &str| {
        assert_eq!(invoke(&test.host, call).await.unwrap().to_wave(), expected, "{call}");
    };
    check("answer()", "42").await;
    check("nothing()", "()").await;
    check(r#"forget("all")"#, "()").await;
    let described = r#""ADA AT 1, 2 IN 2 COLOURS""#;
    check(r#"describe("Ada", {x: 1, y: 2}, [red, green], true)"#, described).await;

    let arguments = json!({"loud": true, "colours": ["red", "green"], "place": {"x": 1, "y": 2}, "name": "Ada"});
    let by_name = Invocation::json_by_name("describe", arguments.as_object().unwrap().clone());
    let answer = test.host.invoke(&name("every-type"), by_name).await.unwrap();
    assert_eq!(answer.to_wave(), described);
    let text = Invocation::json_text(r#"describe("Ada", {"x": 1, "y": 2}, ["red", "green"], true)"#).unwrap();
    let answer = test.host.invoke(&name("every-type"), text).await.unwrap();
    assert_eq!(answer.to_json(ByteForm::default()), json!("ADA AT 1, 2 IN 2 COLOURS"));
    let nothing = invoke(&test.host, "nothing()").await.unwrap();
    assert_eq!(nothing.to_json(ByteForm::default()), Json::Null);
}

#[tokio::test]
async fn an_export_is_called_by_every_unambiguous_part_of_its_name() {
    let test = TestHost::new().await;
    for component in ["every-type", "same-names", "own-exports", "echo"] {
        test.deploy(component).await.unwrap();
    }
    let check = async |component: &str, export: &str, arguments: &str, expected: &str| {
        let invocation = Invocation::wave(&format!("{export}{arguments}")).unwrap();
        let answer = test.host.invoke(&name(component), invocation).await;
        assert_eq!(answer.unwrap().to_wave(), expected, "{export}");
    };
    for export in [
        "answer",
        "values#answer",
        "values@1.2.0#answer",
        "acme:types/values#answer",
        "acme:types/values@1.2.0#answer",
    ] {
        check("every-type", export, "()", "42").await;
    }
    check("same-names", "left#which", "()", "\"left\"").await;
    check("same-names", "acme:names/right@1.0.0#which", "()", "\"right\"").await;
    check("same-names", "only-right", "()", "\"only right\"").await;
    check("same-names", "outside", "(\"here\")", "\"outside: here\"").await;
    check("own-exports", "add", "(2, 3)", "5").await;

    // The contract's own functions are exports as any other.
    let message = |body: &str| format!("({{content-type: \"text/plain\", body: {body}, metadata: []}})");
    let answer = "ok({content-type: \"text/plain\", body: [104, 105], metadata: []})";
    let asked = message("[104, 105]");
    check("echo", "execute", &asked, answer).await;
    check("echo", "guest#execute", &asked, answer).await;
    check("echo", "airssys:component/guest@0.1.0#execute", &asked, answer).await;
}

#[tokio::test]
async fn what_the_host_calls_itself_is_for_no_other_caller() {
    let test = TestHost::new().await;
    test.deploy("counter").await.unwrap();
    assert_eq!(test.call("counter", "").await.unwrap(), "1");
    for call in [
        "shutdown()",
        "guest#shutdown()",
        "airssys:component/guest@0.1.0#shutdown()",
        "health-status()",
        "save()",
        "state#save()",
        "init({json: \"{}\"})",
    ] {
        let refused = invoke(&test.host, call).await;
        assert!(matches!(refused, Err(Error::ReservedExport(_))), "{call}: {refused:?}");
    }
    assert_eq!(test.call("counter", "").await.unwrap(), "2");
}

#[tokio::test]
async fn a_name_that_means_several_exports_or_none_is_refused_with_those_that_were_meant() {
    let test = deployed("same-names").await;
    let check = async |call: &str, expected: &[&str], like: Option<&str>| match invoke(&test.host, call).await {
        Err(Error::UnknownExport {
            candidates, nearest, ..
        }) => {
            assert_eq!(candidates, expected, "{call}");
            assert_eq!(nearest.as_deref(), like, "{call}");
        }
        other => panic!("{call}: {other:?}"),
    };
    check("which()", &["left#which", "right#which"], None).await;
    check("names/left#only-right()", &[], Some("only-right")).await;
    check("outsied(\"x\")", &[], Some("outside")).await;
    check("left@2.0.0#only-left()", &[], Some("only-left")).await;
    check("entirely-different()", &[], None).await;
}

#[tokio::test]
async fn arguments_that_do_not_fit_show_the_signature_and_the_place() {
    let test = deployed("every-type").await;
    let wave = async |call: &str| match Invocation::wave(call) {
        Ok(invocation) => mistake(test.host.invoke(&name("every-type"), invocation).await),
        Err(error) => mistake(Err(error)),
    };
    let marked = |error: &ArgumentError| error.text[error.span.clone()].to_owned();

    let error = wave(r#"describe("Ada", {x: 1, y: "two"}, [red], true)"#).await;
    assert_eq!(marked(&error), "\"two\"");
    assert_eq!(error.place, "place");
    assert_eq!(
        error.signature,
        "describe(name: string, place: record { x: s32, y: s32 }, colours: list<enum { red, green, dark-blue }>, \
         loud: bool) -> string"
    );
    let error = wave(r#"describe("Ada", {x: 1, y: 2}, [red, pink], true)"#).await;
    assert_eq!((marked(&error).as_str(), error.place.as_str()), ("pink", "colours"));
    let error = wave("echo-depth([none, some(ok(circle(1.5))), some(ok(circle(true)))])").await;
    assert_eq!(marked(&error), "true");
    let error = wave("echo-u8(256)").await;
    assert_eq!((marked(&error).as_str(), error.place.as_str()), ("256", "value"));
    let error = wave("answer(1)").await;
    assert_eq!(error.reason, "it takes no arguments, and 1 was given");
    assert_eq!(marked(&error), "1");
    let error = wave("echo-tuple()").await;
    assert_eq!(error.reason, "it takes 1 argument, and 0 were given");
    assert!(
        error.signature.starts_with("echo-tuple(value: tuple<string, u8,"),
        "{}",
        error.signature
    );
    assert!(wave("echo-u8(1").await.reason.contains("unexpected end"));
    assert!(wave("echo-u8").await.reason.contains("a call has the form"));

    let json = async |function: &str, arguments: Vec<Json>| {
        mistake(
            test.host
                .invoke(&name("every-type"), Invocation::json(function, arguments))
                .await,
        )
    };
    let check = |error: &ArgumentError, place: &str, reason: &str| {
        assert_eq!((error.place.as_str(), error.reason.as_str()), (place, reason));
        assert!(!error.signature.is_empty());
    };
    let given = json!([{"x": 1, "y": 2}, {"x": 1, "y": "two"}]);
    let error = json("echo-points", vec![given]).await;
    check(&error, "value[1].y", "expected s32, found \"two\"");
    let error = json("echo-depth", vec![json!([null, {"err": ["red", "pink"]}])]).await;
    check(
        &error,
        "value[1].err[1]",
        "there is no `pink`; expected one of red, green, dark-blue",
    );
    let error = json("echo-record", vec![json!({"name": "Ada"})]).await;
    check(
        &error,
        "value",
        "the field `home` of type record { x: s32, y: s32 } is missing",
    );
    let error = json("echo-u64", vec![json!(-1)]).await;
    check(&error, "value", "expected u64, found -1");
    let error = json("echo-char", vec![json!("ab")]).await;
    check(&error, "value", "expected char, found \"ab\"");
    let error = json("answer", vec![json!(1)]).await;
    check(&error, "", "it takes no arguments, and 1 was given");
}

#[tokio::test]
async fn a_refused_call_costs_no_instance() {
    let test = deployed("misbehaves").await;
    let host = &test.host;
    let component = name("misbehaves");
    let count = async || {
        let answer = host.invoke(&component, Invocation::json("count", Vec::new())).await;
        answer.unwrap().to_wave()
    };
    assert_eq!(count().await, "1");
    let wrong = Invocation::wave("trap(maybe)").unwrap();
    assert_eq!(code(host.invoke(&component, wrong).await), "invalid-arguments");
    let unknown = Invocation::wave("tarp(true)").unwrap();
    assert_eq!(code(host.invoke(&component, unknown).await), "unknown-export");
    assert_eq!(count().await, "2");
}

#[tokio::test]
async fn resources_are_refused_with_the_signature() {
    let test = deployed("every-type").await;
    for (call, shown) in [
        ("make(\"a\")", "make(name: string) -> resource"),
        ("name-of(1)", "name-of(thing: resource) -> string"),
        ("names-of([])", "names-of(things: list<resource>) -> list<string>"),
        (
            "[constructor]thing(\"a\")",
            "[constructor]thing(name: string) -> resource",
        ),
        ("[method]thing.name()", "[method]thing.name(self: resource) -> string"),
    ] {
        match invoke(&test.host, call).await {
            Err(Error::UnsupportedType { signature, .. }) => assert_eq!(signature, shown),
            other => panic!("{call}: {other:?}"),
        }
    }
    assert_eq!(invoke(&test.host, "answer()").await.unwrap().to_wave(), "42");
}

#[tokio::test]
async fn inspecting_shows_what_can_be_called_and_every_example_is_answered() {
    for component in ["every-type", "same-names", "own-exports"] {
        let bytes = guest(component);
        assert_eq!(inspect(&bytes).unwrap().kind, Kind::Library);
        let callable = callable(&bytes).unwrap();
        let test = deployed(component).await;
        for export in &callable.exports {
            let Some(example) = &export.example else {
                assert_eq!(
                    export.interface.as_deref(),
                    Some("acme:types/things@1.2.0"),
                    "{export:?}"
                );
                continue;
            };
            let answer = test
                .host
                .invoke(&name(component), Invocation::wave(example).unwrap())
                .await;
            assert!(answer.is_ok(), "{example}: {answer:?}");
        }
    }
    let callable = callable(&guest("every-type")).unwrap();
    for line in [
        "interface values {",
        "    work-place: option<point>,",
        "  resource thing {",
        "  echo-result-err: func(value: result<_, string>) -> result<_, string>;",
    ] {
        assert!(
            callable.wit.lines().any(|other| other.trim() == line.trim()),
            "{line}\n{}",
            callable.wit
        );
    }
}

async fn deployed(component: &str) -> TestHost {
    let test = TestHost::new().await;
    test.deploy(component).await.unwrap();
    test
}

/// Calls the only component of the host.
async fn invoke(host: &Host, call: &str) -> Result<Value, Error> {
    let component = host.status()[0].release.name.clone();
    host.invoke(&component, Invocation::wave(call)?).await
}

fn mistake(answer: Result<Value, Error>) -> ArgumentError {
    match answer {
        Err(Error::Arguments(error)) => *error,
        other => panic!("{other:?}"),
    }
}
