//! Every type in both directions, and the mistakes.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::WasmValue;

use super::path::Path;
use super::read::Mistake;
use super::{ByteForm, from_json, to_json};

fn read(ty: &Type, json: &Json) -> Result<Value, Mistake> {
    from_json(ty, json, &Path::of("a"))
}

#[test]
fn every_type_has_its_json_form() {
    let point = Type::record([("x", Type::S32), ("label", Type::option(Type::STRING))]).unwrap();
    let shape = Type::variant([("dot", None), ("at", Some(point.clone()))]).unwrap();
    let twice = Type::option(Type::option(Type::U8));
    let check = |ty: &Type, wave: &str, json: Json| {
        let value: Value = wasm_wave::from_str(ty, wave).unwrap_or_else(|error| panic!("{wave}: {error}"));
        assert_eq!(to_json(ty, &value, ByteForm::Array), json, "{wave}");
        assert_eq!(read(ty, &json).unwrap(), value, "{json}");
    };
    check(&Type::BOOL, "true", json!(true));
    check(&Type::S8, "-128", json!(-128));
    check(&Type::U32, "4294967295", json!(4_294_967_295_u32));
    check(&Type::S64, "-9007199254740991", json!(-9_007_199_254_740_991_i64));
    check(&Type::S64, "-9223372036854775808", json!("-9223372036854775808"));
    check(&Type::U64, "9007199254740992", json!("9007199254740992"));
    check(&Type::F32, "0.1", json!(0.1));
    check(&Type::F64, "-0", json!(-0.0));
    check(&Type::F64, "inf", json!("inf"));
    check(&Type::F32, "-inf", json!("-inf"));
    check(&Type::CHAR, "'é'", json!("é"));
    check(&Type::STRING, r#""a\"b""#, json!("a\"b"));
    check(&Type::list(Type::U8), "[1, 255]", json!([1, 255]));
    check(
        &Type::list(Type::list(Type::STRING)),
        r#"[[], ["a"]]"#,
        json!([[], ["a"]]),
    );
    check(
        &Type::tuple([Type::U8, Type::STRING]).unwrap(),
        r#"(1, "a")"#,
        json!([1, "a"]),
    );
    check(&point, r#"{x: 1, label: some("a")}"#, json!({"x": 1, "label": "a"}));
    check(&point, "{x: 1}", json!({"x": 1, "label": null}));
    check(&shape, "dot", json!("dot"));
    check(&shape, "at({x: 2})", json!({"at": {"x": 2, "label": null}}));
    check(&Type::enum_ty(["red", "green"]).unwrap(), "green", json!("green"));
    check(&Type::flags(["r", "w"]).unwrap(), "{w}", json!(["w"]));
    check(&twice, "none", json!(null));
    check(&twice, "some(none)", json!({"some": null}));
    check(&twice, "some(some(1))", json!({"some": 1}));
    check(
        &Type::result(Some(Type::U8), Some(Type::STRING)),
        "ok(1)",
        json!({"ok": 1}),
    );
    check(
        &Type::result(None, Some(Type::STRING)),
        r#"err("a")"#,
        json!({"err": "a"}),
    );
    check(&Type::result(None, None), "ok", json!({"ok": null}));
}

#[test]
fn what_may_be_left_out_or_written_in_another_way_is_read() {
    let point = Type::record([("x", Type::S32), ("label", Type::option(Type::STRING))]).unwrap();
    let check = |ty: &Type, one: Json, other: Json| assert_eq!(read(ty, &one).unwrap(), read(ty, &other).unwrap());
    check(&point, json!({"x": 1}), json!({"x": 1, "label": null}));
    check(&Type::U64, json!("12"), json!(12));
    check(&Type::list(Type::U8), json!({"text": "hé"}), json!([104, 195, 169]));
    check(&Type::list(Type::U8), json!({"base64": "aMOp"}), json!([104, 195, 169]));
    check(&Type::result(None, None), json!("err"), json!({"err": null}));
    check(
        &Type::variant([("dot", None)]).unwrap(),
        json!({"dot": null}),
        json!("dot"),
    );
}

#[test]
fn bytes_are_written_as_asked() {
    let ty = Type::list(Type::U8);
    let check = |bytes: &[u8], form, expected: Json| {
        let value = Value::make_list(&ty, bytes.iter().copied().map(Value::make_u8)).unwrap();
        assert_eq!(to_json(&ty, &value, form), expected);
        assert_eq!(read(&ty, &expected).unwrap(), value);
    };
    check(b"hi", ByteForm::Array, json!([104, 105]));
    check(b"hi", ByteForm::Base64, json!({"base64": "aGk="}));
    check(b"hi", ByteForm::Text, json!({"text": "hi"}));
    check(&[0xff], ByteForm::Text, json!({"base64": "/w=="}));
    check(b"", ByteForm::Text, json!({"text": ""}));
}

#[test]
fn a_mistake_has_its_place_and_what_was_expected() {
    let item = Type::record([("price", Type::U32), ("tags", Type::list(Type::STRING))]).unwrap();
    let order = Type::list(item);
    let check = |ty: &Type, json: Json, place: &str, part: &str| {
        let (path, reason) = read(ty, &json).unwrap_err();
        assert_eq!(path, place, "{reason}");
        assert!(reason.contains(part), "{reason}");
    };
    check(
        &order,
        json!([{"price": 1, "tags": []}, {"price": -1, "tags": []}]),
        "a[1].price",
        "expected u32, found -1",
    );
    check(
        &order,
        json!([{"price": 1, "tags": ["x", 2]}]),
        "a[0].tags[1]",
        "expected string, found 2",
    );
    check(
        &order,
        json!([{"tags": []}]),
        "a[0]",
        "the field `price` of type u32 is missing",
    );
    check(
        &order,
        json!([{"price": 1, "tags": [], "prize": 2}]),
        "a[0]",
        "no field `prize`",
    );
    check(&Type::U8, json!(256), "a", "expected u8, found 256");
    check(&Type::U8, json!(1.5), "a", "found 1.5");
    check(&Type::F32, json!(1e39), "a", "expected f32");
    check(&Type::CHAR, json!("ab"), "a", "expected char");
    check(
        &Type::enum_ty(["red"]).unwrap(),
        json!("blue"),
        "a",
        "expected one of red",
    );
    check(
        &Type::flags(["r", "w"]).unwrap(),
        json!(["r", "x"]),
        "a[1]",
        "expected one of r, w",
    );
    check(
        &Type::tuple([Type::U8]).unwrap(),
        json!([1, 2]),
        "a",
        "expected 1 elements, found 2",
    );
    check(&Type::list(Type::U8), json!({"base64": "*"}), "a", "not base64");
    check(&Type::option(Type::option(Type::U8)), json!(1), "a", "{\"some\": …}");
    check(&Type::result(None, None), json!({"ok": 1}), "a", "`ok` has no payload");
    check(
        &Type::variant([("dot", Some(Type::U8))]).unwrap(),
        json!("dot"),
        "a",
        "has a payload of type u8",
    );
}

/// A type together with some value of it.
fn typed() -> impl Strategy<Value = (Type, Value)> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|v| (Type::BOOL, Value::make_bool(v))),
        any::<i8>().prop_map(|v| (Type::S8, Value::make_s8(v))),
        any::<u16>().prop_map(|v| (Type::U16, Value::make_u16(v))),
        any::<i32>().prop_map(|v| (Type::S32, Value::make_s32(v))),
        any::<i64>().prop_map(|v| (Type::S64, Value::make_s64(v))),
        any::<u64>().prop_map(|v| (Type::U64, Value::make_u64(v))),
        any::<u32>().prop_map(|bits| (Type::F32, Value::make_f32(f32::from_bits(bits)))),
        any::<u64>().prop_map(|bits| (Type::F64, Value::make_f64(f64::from_bits(bits)))),
        any::<char>().prop_map(|v| (Type::CHAR, Value::make_char(v))),
        ".*".prop_map(|v| (Type::STRING, Value::make_string(v.into()))),
        (0..3_usize).prop_map(|n| {
            let ty = Type::enum_ty(["a", "b", "ok"]).unwrap();
            (ty.clone(), Value::make_enum(&ty, ["a", "b", "ok"][n]).unwrap())
        }),
        any::<[bool; 3]>().prop_map(|set| {
            let ty = Type::flags(["a", "b", "c"]).unwrap();
            let names = ["a", "b", "c"]
                .into_iter()
                .zip(set)
                .filter(|(_, set)| *set)
                .map(|(name, _)| name);
            (ty.clone(), Value::make_flags(&ty, names).unwrap())
        }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0..4_usize).prop_map(|((ty, value), n)| {
                let list = Type::list(ty);
                (list.clone(), Value::make_list(&list, vec![value; n]).unwrap())
            }),
            (inner.clone(), inner.clone()).prop_map(|((a, x), (b, y))| {
                let ty = Type::tuple([a, b]).unwrap();
                (ty.clone(), Value::make_tuple(&ty, [x, y]).unwrap())
            }),
            (inner.clone(), inner.clone()).prop_map(|((a, x), (b, y))| {
                let ty = Type::record([("first", a), ("some", b)]).unwrap();
                (
                    ty.clone(),
                    Value::make_record(&ty, [("first", x), ("some", y)]).unwrap(),
                )
            }),
            (inner.clone(), any::<bool>()).prop_map(|((ty, value), full)| {
                let ty = Type::variant([("full", Some(ty)), ("empty", None)]).unwrap();
                let case = if full { ("full", Some(value)) } else { ("empty", None) };
                (ty.clone(), Value::make_variant(&ty, case.0, case.1).unwrap())
            }),
            (inner.clone(), any::<bool>()).prop_map(|((ty, value), some)| {
                let ty = Type::option(ty);
                (ty.clone(), Value::make_option(&ty, some.then_some(value)).unwrap())
            }),
            (inner, any::<bool>()).prop_map(|((ty, value), ok)| {
                let ty = Type::result(Some(ty), None);
                let value = if ok { Ok(Some(value)) } else { Err(None) };
                (ty.clone(), Value::make_result(&ty, value).unwrap())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same((ty, value) in typed()) {
        for form in [ByteForm::Array, ByteForm::Base64, ByteForm::Text] {
            let json = to_json(&ty, &value, form);
            // Also as text, which is how it travels.
            let json: Json = serde_json::from_str(&json.to_string()).unwrap();
            let again = read(&ty, &json).unwrap_or_else(|mistake| panic!("{json}: {mistake:?}"));
            prop_assert_eq!(wasm_wave::to_string(&again).unwrap(), wasm_wave::to_string(&value).unwrap());
        }
    }

    #[test]
    fn any_json_is_read_or_refused((ty, _) in typed(), text in r#"[\[\]{}":,0-9a-z ]{0,24}"#) {
        if let Ok(json) = serde_json::from_str::<Json>(&text) {
            let _ = read(&ty, &json);
        }
    }
}
