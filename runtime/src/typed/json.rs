//! The JSON form of every type that has one; the book's page on typed calls has the table.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Number, Value as Json};
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue, WasmValueError};

use super::signature::shown;

/// The largest whole number that every JSON reader keeps exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// How `list<u8>` is written as JSON.
/// Read are all three forms: `[104, 105]`, `{"base64": "aGk="}` and `{"text": "hi"}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ByteForm {
    /// An array of numbers, as every other list.
    #[default]
    Array,
    /// `{"base64": "…"}`.
    Base64,
    /// `{"text": "…"}` where the bytes are UTF-8, `{"base64": "…"}` where they are not.
    Text,
}

/// The way to a value: the parameter's name, then fields and indices.
pub(super) struct Path<'a> {
    before: Option<&'a Path<'a>>,
    step: Cow<'a, str>,
}

type Mistake = (String, String);

impl<'a> Path<'a> {
    pub(super) fn of(parameter: &'a str) -> Self {
        Self {
            before: None,
            step: Cow::Borrowed(parameter),
        }
    }

    fn then(&'a self, step: impl Into<Cow<'a, str>>) -> Self {
        Self {
            before: Some(self),
            step: step.into(),
        }
    }

    fn text(&self) -> String {
        let before = self.before.map(Path::text).unwrap_or_default();
        format!("{before}{}", self.step)
    }
}

/// Reads a value of a type.
pub(super) fn from_json<V: WasmValue>(ty: &V::Type, json: &Json, path: &Path<'_>) -> Result<V, Mistake> {
    let wrong = || (path.text(), format!("expected {}, found {}", shown(ty), found(json)));
    let refused = |error: WasmValueError| (path.text(), error.to_string());
    Ok(match ty.kind() {
        WasmTypeKind::Bool => V::make_bool(json.as_bool().ok_or_else(wrong)?),
        WasmTypeKind::S8 => V::make_s8(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::S16 => V::make_s16(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::S32 => V::make_s32(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::S64 => V::make_s64(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::U8 => V::make_u8(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::U16 => V::make_u16(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::U32 => V::make_u32(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::U64 => V::make_u64(whole(json).ok_or_else(wrong)?),
        WasmTypeKind::F32 => V::make_f32(float32(json).ok_or_else(wrong)?),
        WasmTypeKind::F64 => V::make_f64(float64(json).ok_or_else(wrong)?),
        WasmTypeKind::Char => V::make_char(one_character(json).ok_or_else(wrong)?),
        WasmTypeKind::String => V::make_string(Cow::Borrowed(json.as_str().ok_or_else(wrong)?)),
        WasmTypeKind::Enum => V::make_enum(ty, one_of(ty.enum_cases(), json, path)?).map_err(refused)?,
        WasmTypeKind::Flags => {
            let names = json.as_array().ok_or_else(wrong)?.iter().enumerate();
            let names: Result<Vec<&str>, Mistake> = names
                .map(|(index, name)| one_of(ty.flags_names(), name, &path.then(format!("[{index}]"))))
                .collect();
            V::make_flags(ty, names?).map_err(refused)?
        }
        WasmTypeKind::List => {
            let element = ty.list_element_type().ok_or_else(wrong)?;
            let values = match (element.kind(), json) {
                (WasmTypeKind::U8, Json::Object(fields)) => bytes(fields, path)?.into_iter().map(V::make_u8).collect(),
                _ => elements(std::iter::repeat(element), json.as_array().ok_or_else(wrong)?, path)?,
            };
            V::make_list(ty, values).map_err(refused)?
        }
        WasmTypeKind::Tuple => {
            let types: Vec<V::Type> = ty.tuple_element_types().collect();
            let values = json.as_array().ok_or_else(wrong)?;
            if values.len() != types.len() {
                let reason = format!("expected {} elements, found {}", types.len(), values.len());
                return Err((path.text(), reason));
            }
            V::make_tuple(ty, elements(types.into_iter(), values, path)?).map_err(refused)?
        }
        WasmTypeKind::Record => record(ty, json.as_object().ok_or_else(wrong)?, path)?,
        WasmTypeKind::Variant => variant(ty, json, path)?,
        WasmTypeKind::Option => option(ty, json, path)?,
        WasmTypeKind::Result => result(ty, json, path)?,
        _ => return Err((path.text(), format!("{} has no JSON form", shown(ty)))),
    })
}

fn elements<V: WasmValue>(
    types: impl Iterator<Item = V::Type>,
    values: &[Json],
    path: &Path<'_>,
) -> Result<Vec<V>, Mistake> {
    let pairs = types.zip(values).enumerate();
    pairs
        .map(|(index, (ty, value))| from_json(&ty, value, &path.then(format!("[{index}]"))))
        .collect()
}

fn record<V: WasmValue>(ty: &V::Type, fields: &Map<String, Json>, path: &Path<'_>) -> Result<V, Mistake> {
    if let Some(unknown) = fields
        .keys()
        .find(|key| !ty.record_fields().any(|(name, _)| name == key.as_str()))
    {
        return Err((
            path.text(),
            format!("there is no field `{unknown}`; expected {}", shown(ty)),
        ));
    }
    let read = |(name, ty): (Cow<'_, str>, V::Type)| {
        let value = match (fields.get(name.as_ref()), ty.kind()) {
            (Some(value), _) => from_json(&ty, value, &path.then(format!(".{name}")))?,
            // An option that is left out is none.
            (None, WasmTypeKind::Option) => from_json(&ty, &Json::Null, path)?,
            (None, _) => {
                return Err((
                    path.text(),
                    format!("the field `{name}` of type {} is missing", shown(&ty)),
                ));
            }
        };
        Ok((name.into_owned(), value))
    };
    let values: Vec<(String, V)> = ty.record_fields().map(read).collect::<Result<_, Mistake>>()?;
    let values = values.iter().map(|(name, value)| (name.as_str(), value.clone()));
    V::make_record(ty, values).map_err(|error| (path.text(), error.to_string()))
}

/// `"case"`, or `{"case": payload}`.
fn variant<V: WasmValue>(ty: &V::Type, json: &Json, path: &Path<'_>) -> Result<V, Mistake> {
    let (said, payload) = match json {
        Json::String(case) => (case, None),
        Json::Object(fields) if fields.len() == 1 => match fields.iter().next() {
            Some((case, payload)) => (case, Some(payload)),
            None => return Err((path.text(), "the case is missing".into())),
        },
        other => return Err((path.text(), format!("expected {}, found {}", shown(ty), found(other)))),
    };
    let Some((case, expected)) = ty.variant_cases().find(|(name, _)| name == said.as_str()) else {
        return Err((
            path.text(),
            format!("there is no case `{said}`; expected {}", shown(ty)),
        ));
    };
    let value = match (expected, payload) {
        (None, None | Some(Json::Null)) => None,
        (None, Some(_)) => return Err((path.text(), format!("the case `{case}` has no payload"))),
        (Some(ty), Some(payload)) => Some(from_json(&ty, payload, &path.then(format!(".{case}")))?),
        (Some(ty), None) => {
            return Err((
                path.text(),
                format!("the case `{case}` has a payload of type {}", shown(&ty)),
            ));
        }
    };
    V::make_variant(ty, &case, value).map_err(|error| (path.text(), error.to_string()))
}

/// `null`, or the value; an option of an option is `{"some": value}`, so that the two kinds of nothing differ.
fn option<V: WasmValue>(ty: &V::Type, json: &Json, path: &Path<'_>) -> Result<V, Mistake> {
    let inner = ty
        .option_some_type()
        .ok_or_else(|| (path.text(), "the option has no type".to_owned()))?;
    let value = match json {
        Json::Null => None,
        Json::Object(fields) if inner.kind() == WasmTypeKind::Option => match (fields.len(), fields.get("some")) {
            (1, Some(value)) => Some(from_json(&inner, value, &path.then(".some"))?),
            _ => return Err((path.text(), "an option of an option is null or {\"some\": …}".into())),
        },
        other if inner.kind() == WasmTypeKind::Option => {
            return Err((
                path.text(),
                format!(
                    "an option of an option is null or {{\"some\": …}}, found {}",
                    found(other)
                ),
            ));
        }
        value => Some(from_json(&inner, value, path)?),
    };
    V::make_option(ty, value).map_err(|error| (path.text(), error.to_string()))
}

/// `{"ok": value}` or `{"err": value}`, with `null` where there is no payload; `"ok"` and `"err"` are read as well.
fn result<V: WasmValue>(ty: &V::Type, json: &Json, path: &Path<'_>) -> Result<V, Mistake> {
    let wrong = || {
        (
            path.text(),
            format!("expected {{\"ok\": …}} or {{\"err\": …}}, found {}", found(json)),
        )
    };
    let (side, payload) = match json {
        Json::String(side) => (side.as_str(), &Json::Null),
        Json::Object(fields) if fields.len() == 1 => fields
            .iter()
            .next()
            .map(|(side, payload)| (side.as_str(), payload))
            .ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    let (ok, err) = ty.result_types().ok_or_else(wrong)?;
    let of = |ty: Option<V::Type>| match (ty, payload) {
        (Some(ty), payload) => from_json(&ty, payload, &path.then(format!(".{side}"))).map(Some),
        (None, Json::Null) => Ok(None),
        (None, _) => Err((path.text(), format!("`{side}` has no payload"))),
    };
    let value = match side {
        "ok" => Ok(of(ok)?),
        "err" => Err(of(err)?),
        _ => return Err(wrong()),
    };
    V::make_result(ty, value).map_err(|error| (path.text(), error.to_string()))
}

/// `{"base64": "…"}` or `{"text": "…"}`.
fn bytes(fields: &Map<String, Json>, path: &Path<'_>) -> Result<Vec<u8>, Mistake> {
    let mut given = fields.iter();
    match (given.next(), given.next()) {
        (Some((key, Json::String(text))), None) if key == "text" => Ok(text.clone().into_bytes()),
        (Some((key, Json::String(text))), None) if key == "base64" => BASE64
            .decode(text)
            .map_err(|error| (path.text(), format!("not base64: {error}"))),
        _ => Err((
            path.text(),
            "bytes are an array of numbers, {\"base64\": \"…\"} or {\"text\": \"…\"}".into(),
        )),
    }
}

fn one_of<'a, 'j>(
    mut names: impl Iterator<Item = Cow<'a, str>>,
    json: &'j Json,
    path: &Path<'_>,
) -> Result<&'j str, Mistake> {
    let Some(said) = json.as_str() else {
        return Err((path.text(), format!("expected a name, found {}", found(json))));
    };
    let mut known = Vec::new();
    for name in names.by_ref() {
        if name == said {
            return Ok(said);
        }
        known.push(name.into_owned());
    }
    Err((
        path.text(),
        format!("there is no `{said}`; expected one of {}", known.join(", ")),
    ))
}

/// A whole number, or the text of one.
fn whole<T: TryFrom<i128>>(json: &Json) -> Option<T> {
    let number = match json {
        Json::Number(number) => number.as_i128().or_else(|| number.as_u64().map(i128::from)),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    T::try_from(number?).ok()
}

fn float64(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is meant")]
fn float32(json: &Json) -> Option<f32> {
    let wide = float64(json)?;
    let narrow = wide as f32;
    // A finite number must not become infinite.
    (narrow.is_finite() == wide.is_finite()).then_some(narrow)
}

fn one_character(json: &Json) -> Option<char> {
    let mut characters = json.as_str()?.chars();
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

fn found(json: &Json) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(_) | Json::Number(_) => json.to_string(),
        Json::String(text) if text.len() <= 40 => json.to_string(),
        Json::String(_) => "a string".into(),
        Json::Array(_) => "an array".into(),
        Json::Object(_) => "an object".into(),
    }
}

/// Writes a value of a type.
pub(super) fn to_json<V: WasmValue>(ty: &V::Type, value: &V, form: ByteForm) -> Json {
    let of = |ty: Option<V::Type>, value: Option<Cow<'_, V>>| match (ty, value) {
        (Some(ty), Some(value)) => to_json(&ty, value.as_ref(), form),
        _ => Json::Null,
    };
    match ty.kind() {
        WasmTypeKind::Bool => value.unwrap_bool().into(),
        WasmTypeKind::S8 => value.unwrap_s8().into(),
        WasmTypeKind::S16 => value.unwrap_s16().into(),
        WasmTypeKind::S32 => value.unwrap_s32().into(),
        WasmTypeKind::S64 => exact(value.unwrap_s64().unsigned_abs(), value.unwrap_s64()),
        WasmTypeKind::U8 => value.unwrap_u8().into(),
        WasmTypeKind::U16 => value.unwrap_u16().into(),
        WasmTypeKind::U32 => value.unwrap_u32().into(),
        WasmTypeKind::U64 => exact(value.unwrap_u64(), value.unwrap_u64()),
        // Through its own shortest text, which as a wider number would have digits that nobody wrote.
        WasmTypeKind::F32 => float(f64::from(value.unwrap_f32()), &value.unwrap_f32().to_string()),
        WasmTypeKind::F64 => float(value.unwrap_f64(), &value.unwrap_f64().to_string()),
        WasmTypeKind::Char => value.unwrap_char().to_string().into(),
        WasmTypeKind::String => value.unwrap_string().into_owned().into(),
        WasmTypeKind::Enum => value.unwrap_enum().into_owned().into(),
        WasmTypeKind::Flags => value.unwrap_flags().map(Cow::into_owned).collect(),
        WasmTypeKind::List => match ty.list_element_type() {
            Some(element) if element.kind() == WasmTypeKind::U8 && form != ByteForm::Array => {
                written(value.unwrap_list().map(|byte| byte.unwrap_u8()).collect(), form)
            }
            Some(element) => value
                .unwrap_list()
                .map(|value| to_json(&element, value.as_ref(), form))
                .collect(),
            None => Json::Null,
        },
        WasmTypeKind::Tuple => {
            let pairs = ty.tuple_element_types().zip(value.unwrap_tuple());
            pairs.map(|(ty, value)| to_json(&ty, value.as_ref(), form)).collect()
        }
        WasmTypeKind::Record => {
            let mut fields = Map::new();
            for ((name, ty), (_, value)) in ty.record_fields().zip(value.unwrap_record()) {
                fields.insert(name.into_owned(), to_json(&ty, value.as_ref(), form));
            }
            Json::Object(fields)
        }
        WasmTypeKind::Variant => {
            let (case, payload) = value.unwrap_variant();
            let ty = ty
                .variant_cases()
                .find(|(name, _)| *name == case)
                .and_then(|(_, ty)| ty);
            match payload {
                Some(payload) => Json::Object(Map::from_iter([(case.clone().into_owned(), of(ty, Some(payload)))])),
                None => case.into_owned().into(),
            }
        }
        WasmTypeKind::Option => match (ty.option_some_type(), value.unwrap_option()) {
            (Some(inner), Some(value)) if inner.kind() == WasmTypeKind::Option => Json::Object(Map::from_iter([(
                "some".to_owned(),
                to_json(&inner, value.as_ref(), form),
            )])),
            (inner, value) => of(inner, value),
        },
        WasmTypeKind::Result => {
            let (ok, err) = ty.result_types().unwrap_or_default();
            let (side, payload) = match value.unwrap_result() {
                Ok(payload) => ("ok", of(ok, payload)),
                Err(payload) => ("err", of(err, payload)),
            };
            Json::Object(Map::from_iter([(side.to_owned(), payload)]))
        }
        _ => Json::Null,
    }
}

/// A number where every reader keeps it, its digits as text elsewhere.
fn exact(size: u64, number: impl Into<Number> + ToString) -> Json {
    if size <= MAX_EXACT {
        Json::Number(number.into())
    } else {
        number.to_string().into()
    }
}

fn float(number: f64, shortest: &str) -> Json {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    let number = shortest.parse().unwrap_or(number);
    Number::from_f64(number).map_or(Json::Null, Json::Number)
}

fn written(bytes: Vec<u8>, form: ByteForm) -> Json {
    let base64 = |bytes: &[u8]| serde_json::json!({ "base64": BASE64.encode(bytes) });
    match (form, String::from_utf8(bytes)) {
        (ByteForm::Text, Ok(text)) => serde_json::json!({ "text": text }),
        (_, Ok(text)) => base64(text.as_bytes()),
        (_, Err(error)) => base64(error.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use wasm_wave::value::{Type, Value};

    use super::*;

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
}
