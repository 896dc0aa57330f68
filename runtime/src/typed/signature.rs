//! The types of an exported function, and how people read them.

use std::fmt;

use wasm_wave::wasm::{DisplayType, WasmType, WasmTypeKind};

/// A parameter: its name and its type.
pub(crate) struct Parameter<T> {
    pub(crate) name: String,
    pub(crate) ty: T,
}

/// A function's parameters and result.
pub(crate) struct Signature<T> {
    pub(crate) parameters: Vec<Parameter<T>>,
    pub(crate) result: Option<T>,
}

impl<T: WasmType> Signature<T> {
    /// A type of the signature that has no text form, such as a resource.
    pub(crate) fn is_expressible(&self) -> bool {
        let parameters = self.parameters.iter().map(|parameter| &parameter.ty);
        parameters.chain(&self.result).all(is_expressible)
    }
}

/// Whether values of a type have a text form; handles to resources, streams and futures have none.
pub(crate) fn is_expressible<T: WasmType>(ty: &T) -> bool {
    let all = |types: Vec<T>| types.iter().all(is_expressible);
    match ty.kind() {
        WasmTypeKind::List => all(ty.list_element_type().into_iter().collect()),
        WasmTypeKind::Record => all(ty.record_fields().map(|(_, ty)| ty).collect()),
        WasmTypeKind::Tuple => all(ty.tuple_element_types().collect()),
        WasmTypeKind::Variant => all(ty.variant_cases().filter_map(|(_, ty)| ty).collect()),
        WasmTypeKind::Option => all(ty.option_some_type().into_iter().collect()),
        WasmTypeKind::Result => all(ty
            .result_types()
            .into_iter()
            .flat_map(|(ok, error)| [ok, error])
            .flatten()
            .collect()),
        WasmTypeKind::Unsupported | WasmTypeKind::FixedLengthList => false,
        WasmTypeKind::Bool
        | WasmTypeKind::S8
        | WasmTypeKind::S16
        | WasmTypeKind::S32
        | WasmTypeKind::S64
        | WasmTypeKind::U8
        | WasmTypeKind::U16
        | WasmTypeKind::U32
        | WasmTypeKind::U64
        | WasmTypeKind::F32
        | WasmTypeKind::F64
        | WasmTypeKind::Char
        | WasmTypeKind::String
        | WasmTypeKind::Enum
        | WasmTypeKind::Flags => true,
        // Kinds that WebAssembly gains later.
        _ => false,
    }
}

/// `(a: s32, b: s32) -> s32`.
impl<T: WasmType> fmt::Display for Signature<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameter = |Parameter { name, ty }: &Parameter<T>| format!("{name}: {}", shown(ty));
        let parameters: Vec<String> = self.parameters.iter().map(parameter).collect();
        write!(f, "({})", parameters.join(", "))?;
        match &self.result {
            Some(ty) => write!(f, " -> {}", shown(ty)),
            None => Ok(()),
        }
    }
}

/// The longest text of one type, in bytes: types can be far larger than the bytes that declare them.
const MAX_SHOWN: usize = 1 << 10;

/// A type as WIT has it, cut off where it grows too long to read.
pub(crate) fn shown<T: WasmType>(ty: &T) -> String {
    let mut text = Cut(String::new());
    // An error means that the text was cut off.
    let whole = fmt::write(&mut text, format_args!("{}", DisplayType(ty))).is_ok();
    let text = text.0.replace("<<UNSUPPORTED>>", "resource");
    if whole { text } else { text + "…" }
}

/// Text that takes no more than [`MAX_SHOWN`] bytes.
struct Cut(String);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_SHOWN {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_wave::value::Type;

    use super::*;

    #[test]
    fn a_type_that_grows_without_end_is_cut_off() {
        let doubled = |ty: Type| Type::tuple([ty.clone(), ty]).unwrap();
        let huge = (0..18).fold(Type::STRING, |ty, _| doubled(ty));
        let text = shown(&huge);
        assert!(text.len() < MAX_SHOWN + 8 && text.ends_with('…'), "{text}");
        assert_eq!(shown(&doubled(Type::U8)), "tuple<u8, u8>");
    }
}
