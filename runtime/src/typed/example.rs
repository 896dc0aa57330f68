//! A value of each type, for examples of calls.

use wasm_wave::wasm::{WasmType, WasmTypeKind};

/// WAVE text of a value of the type; none when the type has no text form.
pub(crate) fn example<T: WasmType>(ty: &T) -> Option<String> {
    Some(match ty.kind() {
        WasmTypeKind::Bool => "true".into(),
        WasmTypeKind::S8
        | WasmTypeKind::S16
        | WasmTypeKind::S32
        | WasmTypeKind::S64
        | WasmTypeKind::U8
        | WasmTypeKind::U16
        | WasmTypeKind::U32
        | WasmTypeKind::U64 => "1".into(),
        WasmTypeKind::F32 | WasmTypeKind::F64 => "1.5".into(),
        WasmTypeKind::Char => "'a'".into(),
        WasmTypeKind::String => "\"text\"".into(),
        WasmTypeKind::List => format!("[{}]", example(&ty.list_element_type()?)?),
        WasmTypeKind::Tuple => format!("({})", joined(ty.tuple_element_types().map(|ty| example(&ty)))?),
        WasmTypeKind::Record => {
            let field =
                |(name, ty): (std::borrow::Cow<'_, str>, T)| Some(format!("{}: {}", escaped(&name), example(&ty)?));
            format!("{{{}}}", joined(ty.record_fields().map(field))?)
        }
        WasmTypeKind::Variant => {
            let (name, payload) = ty.variant_cases().next()?;
            match payload {
                Some(payload) => format!("{}({})", escaped(&name), example(&payload)?),
                None => escaped(&name),
            }
        }
        WasmTypeKind::Enum => escaped(&ty.enum_cases().next()?),
        WasmTypeKind::Flags => format!("{{{}}}", ty.flags_names().next()?),
        WasmTypeKind::Option => format!("some({})", example(&ty.option_some_type()?)?),
        WasmTypeKind::Result => match ty.result_types()? {
            (Some(ok), _) => format!("ok({})", example(&ok)?),
            (None, _) => "ok".into(),
        },
        _ => return None,
    })
}

fn joined(parts: impl Iterator<Item = Option<String>>) -> Option<String> {
    Some(parts.collect::<Option<Vec<_>>>()?.join(", "))
}

/// A name as WAVE reads it: its keywords need a `%`.
fn escaped(name: &str) -> String {
    const KEYWORDS: [&str; 8] = ["true", "false", "some", "none", "ok", "err", "inf", "nan"];
    let mark = if KEYWORDS.contains(&name) { "%" } else { "" };
    format!("{mark}{name}")
}

#[cfg(test)]
mod tests {
    use wasm_wave::value::{Type, Value};

    use super::*;

    #[test]
    fn every_example_is_a_value_of_its_type() {
        let types = [
            Type::BOOL,
            Type::U64,
            Type::F32,
            Type::CHAR,
            Type::STRING,
            Type::list(Type::list(Type::U8)),
            Type::tuple([Type::S8, Type::STRING]).unwrap(),
            Type::record([("a", Type::option(Type::S32)), ("ok", Type::BOOL)]).unwrap(),
            Type::variant([("some", Some(Type::U8)), ("nothing", None)]).unwrap(),
            Type::variant([("nothing", None), ("a", Some(Type::U8))]).unwrap(),
            Type::enum_ty(["none", "b"]).unwrap(),
            Type::flags(["true", "b"]).unwrap(),
            Type::result(None, Some(Type::STRING)),
            Type::result(Some(Type::U8), None),
        ];
        for ty in types {
            let text = example(&ty).unwrap();
            let read: Value = wasm_wave::from_str(&ty, &text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(!wasm_wave::to_string(&read).unwrap().is_empty());
        }
    }
}
