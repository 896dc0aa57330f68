//! Components of other languages that export functions with types of their own, and nothing of the framework.

use serde_json::json;

use airssys_wasm::component::{Kind, Package, callable, inspect};
use airssys_wasm::typed::{ByteForm, Invocation};
use airssys_wasm_tests::{TestHost, name};

use super::language::{C, PYTHON, QUICKJS};
use super::{Language, artifact};

const APPLE: &str = r#"{name: "apple", price: 1.5, unit: kilogram, labels: {fresh, organic}, origin: some("Jura")}"#;
const PEN: &str = r#"{name: "pen", price: 2.25, unit: piece, labels: {}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_python_library_answers_by_its_own_types() {
    check(&PYTHON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_library_answers_by_its_own_types() {
    check(&QUICKJS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_c_library_answers_by_its_own_types() {
    check(&C).await;
}

async fn check(language: &'static Language) {
    let Some(artifact) = artifact(language, "shop").await else {
        return;
    };
    let inspection = inspect(&artifact.bytes).unwrap();
    assert_eq!((inspection.kind, inspection.imports), (Kind::Library, Vec::new()));
    let described = callable(&artifact.bytes).unwrap();
    let own = described
        .exports
        .iter()
        .filter(|export| export.interface.as_deref() == Some("acme:foreign/stock@1.0.0"));
    let names: Vec<&str> = own.map(|export| export.name.as_str()).collect();
    assert_eq!(names, ["total", "find", "order"]);
    assert!(described.wit.contains("labels: label,"), "{}", described.wit);

    let test = TestHost::new().await;
    let package = Package::new(artifact.bytes).name(name("shop"));
    test.host.deploy(package).await.unwrap();
    let call = async |text: &str| {
        let answer = test.host.invoke(&name("shop"), Invocation::wave(text).unwrap()).await;
        answer.unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    for (text, expected) in [
        (format!("total([{APPLE}, {PEN}])"), "3.75".to_owned()),
        ("total([])".to_owned(), "0".to_owned()),
        (format!("find([{PEN}, {APPLE}], \"app\")"), format!("some({APPLE})")),
        (format!("find([{PEN}, {APPLE}], \"pe\")"), format!("some({PEN})")),
        (format!("find([{APPLE}], \"pe\")"), "none".to_owned()),
        (format!("order({PEN}, 4)"), "ok((\"pen\", 9))".to_owned()),
        (format!("order({PEN}, 1)"), "err(too-few(2))".to_owned()),
        (
            format!("acme:foreign/stock@1.0.0#order({PEN}, 11)"),
            "err(sold-out)".to_owned(),
        ),
    ] {
        assert_eq!(call(&text).await.to_wave(), expected, "{text}");
    }
    let item = call(&format!("find([{APPLE}], \"\")")).await;
    let expected = json!({
        "name": "apple", "price": 1.5, "unit": "kilogram", "labels": ["fresh", "organic"], "origin": "Jura",
    });
    assert_eq!(item.to_json(ByteForm::default()), expected);
    let given = Invocation::json("stock#total", vec![json!([expected])]);
    let total = test.host.invoke(&name("shop"), given).await.unwrap();
    assert_eq!(total.to_json(ByteForm::default()), json!(1.5));
}
