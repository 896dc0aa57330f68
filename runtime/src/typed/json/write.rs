//! From a value of a type to JSON.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Number, Value as Json};
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};

use super::form::ByteForm;

/// The largest whole number that every JSON reader keeps exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// Writes a value of a type.
pub(in crate::typed) fn to_json<V: WasmValue>(ty: &V::Type, value: &V, form: ByteForm) -> Json {
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
