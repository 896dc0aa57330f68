//! What a new project is called.

use std::path::Path;

use crate::exit::Failure;
use airssys_wasm::component::ComponentName;

/// Names that cargo or rustc give another meaning.
const TAKEN: &[&str] = &[
    "airssys-wasm-component",
    "airssys-wasm-sdk",
    "alloc",
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
];

/// A component name made of the last part of a path: `My_Greeter` becomes `my-greeter`.
pub(crate) fn suggested(path: &Path) -> Option<ComponentName> {
    base_of_path(path)
        .to_lowercase()
        .replace(['_', '.', ' '], "-")
        .parse()
        .ok()
}

/// The last part of a path, also of `.` and `..`.
pub(crate) fn base_of_path(path: &Path) -> String {
    let absolute = path
        .canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned());
    absolute
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Refuses names that no cargo package can have.
pub(super) fn check(name: &ComponentName) -> Result<(), Failure> {
    if TAKEN.contains(&name.base()) {
        let message = format!("a cargo package cannot be called `{}`", name.base());
        let help = format!(
            "name the component with `--name`, for example `--name my-{}`",
            name.base()
        );
        return Err(Failure::usage("invalid-name", message, help));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_suggests_a_name() {
        let check = |path: &str, name: Option<&str>| {
            assert_eq!(
                suggested(Path::new(path)).as_ref().map(ComponentName::as_str),
                name,
                "{path}"
            );
        };
        check("hello", Some("hello"));
        check("/tmp/My_Greeter", Some("my-greeter"));
        check("a/b.c", Some("b-c"));
        check("9lives", None);
        check("größe", None);
    }

    #[test]
    fn keywords_are_refused() {
        assert!(check(&"acme:fn".parse().unwrap()).is_err());
        assert!(check(&"greeter".parse().unwrap()).is_ok());
    }
}
