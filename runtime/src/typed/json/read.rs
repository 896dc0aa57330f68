//! From JSON to a value of a type.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json};
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue, WasmValueError};

use super::path::Path;
use crate::typed::signature::shown;

/// The way to what is wrong, and what is wrong with it.
pub(super) type Mistake = (String, String);

/// Reads a value of a type.
pub(in crate::typed) fn from_json<V: WasmValue>(ty: &V::Type, json: &Json, path: &Path<'_>) -> Result<V, Mistake> {
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
