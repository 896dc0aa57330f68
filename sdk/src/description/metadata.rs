//! Name, version and description of a component.

/// Name, version and description of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComponentMetadata {
    /// The name of the component.
    pub name: String,
    /// Its version, in the form of Semantic Versioning 2.0.0.
    pub version: String,
    /// What it does, in a sentence; may be empty.
    pub description: String,
}

impl ComponentMetadata {
    /// The same metadata, with the fields that are empty taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let first = |own: String, other: String| if own.is_empty() { other } else { own };
        Self {
            name: first(self.name, other.name),
            version: first(self.version, other.version),
            description: first(self.description, other.description),
        }
    }
}

/// The name, version and description in the `Cargo.toml` of the package that is being compiled.
///
/// ```
/// let metadata = airssys_wasm_sdk::package_metadata!();
/// assert_eq!(metadata.name, env!("CARGO_PKG_NAME"));
/// ```
#[macro_export]
macro_rules! package_metadata {
    () => {
        $crate::ComponentMetadata {
            name: ::std::string::String::from(::core::env!("CARGO_PKG_NAME")),
            version: ::std::string::String::from(::core::env!("CARGO_PKG_VERSION")),
            description: ::std::string::String::from(::core::env!("CARGO_PKG_DESCRIPTION")),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_filled_and_the_others_stay() {
        let own = ComponentMetadata {
            name: "acme:greeter".into(),
            ..ComponentMetadata::default()
        };
        let metadata = own.or(package_metadata!());
        assert_eq!(metadata.name, "acme:greeter");
        assert_eq!(metadata.version, env!("CARGO_PKG_VERSION"));
        assert_eq!(metadata.description, "Write airssys-wasm components in Rust");
    }
}
