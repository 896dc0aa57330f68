//! Telling by its name that a type is not the expected one, before the compiler looks at it.

use syn::Type;

/// Types that everybody knows.
/// A name that is not here may be an alias of the expected type: the compiler judges it.
const KNOWN: [&str; 19] = [
    "Arc",
    "Box",
    "Cow",
    "Option",
    "Rc",
    "Result",
    "Self",
    "String",
    "Vec",
    "str",
    "Capability",
    "ComponentConfig",
    "ComponentError",
    "ComponentInput",
    "ComponentMetadata",
    "ComponentOutput",
    "ComponentResult",
    "ComponentState",
    "HealthStatus",
];

/// The types of numbers, and the other types that need no import.
const PRIMITIVE: [&str; 16] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

/// Whether the type can be told by its syntax to be none of the expected: each is a name, or a name in `&` and `[]`.
pub(super) fn is_wrong(ty: &Type, expected: &[&str]) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| {
            let name = segment.ident.to_string();
            let is_in = |names: &[&str]| names.contains(&name.as_str());
            !is_in(expected) && (is_in(&KNOWN) || is_in(&PRIMITIVE))
        }),
        Type::Reference(reference) => {
            let behind: Vec<_> = expected.iter().filter_map(|name| name.strip_prefix('&')).collect();
            behind.is_empty() || reference.mutability.is_some() || is_wrong(&reference.elem, &behind)
        }
        Type::Slice(slice) => {
            let inside = expected.iter().map(|name| name.strip_prefix('[')?.strip_suffix(']'));
            let inside: Vec<_> = inside.flatten().collect();
            inside.is_empty() || is_wrong(&slice.elem, &inside)
        }
        Type::Group(group) => is_wrong(&group.elem, expected),
        Type::Paren(paren) => is_wrong(&paren.elem, expected),
        Type::Macro(_) | Type::Infer(_) | Type::Verbatim(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: &str, wrong: bool) {
        check_for("ComponentInput", ty, wrong);
    }

    fn check_for(expected: &'static str, ty: &str, wrong: bool) {
        let parsed: Type = syn::parse_str(ty).expect("a type");
        assert_eq!(is_wrong(&parsed, &[expected]), wrong, "{ty}");
    }

    #[test]
    fn the_expected_type_and_what_may_be_an_alias_are_left_to_the_compiler() {
        check("ComponentInput", false);
        check("airssys_wasm_sdk::ComponentInput", false);
        check("(ComponentInput)", false);
        check("Request", false);
        check("crate::Input<u8>", false);
    }

    #[test]
    fn every_other_known_type_is_wrong() {
        for ty in [
            "&ComponentInput",
            "&mut ComponentInput",
            "ComponentOutput",
            "String",
            "&str",
            "Vec<u8>",
            "std::vec::Vec<u8>",
            "u64",
            "()",
            "(String, u8)",
            "[u8; 4]",
            "impl Into<ComponentInput>",
            "Box<dyn Fn()>",
            "fn() -> u8",
        ] {
            check(ty, true);
        }
    }

    #[test]
    fn what_is_borrowed_is_told_too() {
        check_for("&str", "&str", false);
        check_for("&str", "&'_ str", false);
        check_for("&str", "&Version", false);
        check_for("&str", "Version", false);
        for ty in ["str", "String", "&String", "&mut str", "&[u8]", "&&str"] {
            check_for("&str", ty, true);
        }
        check_for("&[u8]", "&[u8]", false);
        check_for("&[u8]", "&[Byte]", false);
        for ty in ["[u8]", "Vec<u8>", "&Vec<u8>", "&mut [u8]", "&[u16]", "&[u8; 4]", "&str"] {
            check_for("&[u8]", ty, true);
        }
    }
}
