//! The attributes that mark a component's functions, and the signature that each of them expects.

/// An attribute that marks a function of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Marker {
    Init,
    Execute,
    Shutdown,
    Capabilities,
    Health,
    Save,
    Restore,
}

/// What a marked function may do with the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// There is no instance yet.
    Nothing,
    /// `&self`.
    Read,
    /// `&mut self`, or `&self` when that is enough.
    Write,
}

impl Marker {
    pub(crate) const ALL: [Self; 7] = [
        Self::Init,
        Self::Execute,
        Self::Shutdown,
        Self::Capabilities,
        Self::Health,
        Self::Save,
        Self::Restore,
    ];

    /// Whether the function is called for the interface `state`, and otherwise for `guest`.
    pub(crate) fn is_of_state(self) -> bool {
        matches!(self, Self::Save | Self::Restore)
    }

    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Init => "component_init",
            Self::Execute => "component_execute",
            Self::Shutdown => "component_shutdown",
            Self::Capabilities => "component_capabilities",
            Self::Health => "component_health",
            Self::Save => "component_save",
            Self::Restore => "component_restore",
        }
    }

    pub(crate) fn access(self) -> Access {
        match self {
            Self::Init | Self::Capabilities => Access::Nothing,
            Self::Execute | Self::Shutdown | Self::Restore => Access::Write,
            Self::Health | Self::Save => Access::Read,
        }
    }

    /// The arguments after the receiver: the name of each and its type.
    pub(crate) fn arguments(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Init => &[("config", "ComponentConfig")],
            Self::Execute => &[("input", "ComponentInput")],
            Self::Restore => &[("from_version", "&str"), ("saved", "&[u8]")],
            Self::Shutdown | Self::Capabilities | Self::Health | Self::Save => &[],
        }
    }

    /// The return type.
    pub(crate) fn output(self) -> &'static str {
        match self {
            Self::Init => "Result<Self, ComponentError>",
            Self::Execute => "ComponentResult",
            Self::Shutdown | Self::Restore => "Result<(), ComponentError>",
            Self::Capabilities => "Vec<Capability>",
            Self::Health => "HealthStatus",
            Self::Save => "Result<Vec<u8>, ComponentError>",
        }
    }

    /// The last path segment of the return types that can be right.
    pub(crate) fn output_names(self) -> &'static [&'static str] {
        match self {
            Self::Init | Self::Shutdown | Self::Save | Self::Restore => &["Result"],
            Self::Execute => &["ComponentResult", "Result"],
            Self::Capabilities => &["Vec"],
            Self::Health => &["HealthStatus"],
        }
    }

    /// The whole signature for a function of the given name.
    pub(crate) fn signature(self, function: &str) -> String {
        let receiver = match self.access() {
            Access::Nothing => None,
            Access::Read => Some("&self".to_owned()),
            Access::Write => Some("&mut self".to_owned()),
        };
        let arguments = self.arguments().iter().map(|(name, ty)| format!("{name}: {ty}"));
        let inputs: Vec<_> = receiver.into_iter().chain(arguments).collect();
        format!("fn {function}({}) -> {}", inputs.join(", "), self.output())
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|marker| marker.name() == name)
    }

    /// The marker whose name is most like `name`.
    pub(crate) fn nearest(name: &str) -> Self {
        let distance = |marker: &Self| strsim::damerau_levenshtein(marker.name(), name);
        Self::ALL.into_iter().min_by_key(distance).unwrap_or(Self::Execute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marker_is_found_by_its_name() {
        for marker in Marker::ALL {
            assert_eq!(Marker::named(marker.name()), Some(marker));
        }
        assert_eq!(Marker::named("component_impl"), None);
    }

    #[test]
    fn a_misspelt_marker_is_recognised() {
        for (name, expected) in [
            ("component_exceute", Marker::Execute),
            ("component_initialize", Marker::Init),
            ("component_capability", Marker::Capabilities),
            ("component_healthcheck", Marker::Health),
            ("component_store", Marker::Restore),
            ("component_shut_down", Marker::Shutdown),
        ] {
            assert_eq!(Marker::nearest(name), expected, "{name}");
        }
    }

    #[test]
    fn the_signature_is_written_as_an_author_would() {
        assert_eq!(
            Marker::Execute.signature("process"),
            "fn process(&mut self, input: ComponentInput) -> ComponentResult"
        );
        assert_eq!(
            Marker::Capabilities.signature("wanted"),
            "fn wanted() -> Vec<Capability>"
        );
        assert_eq!(
            Marker::Restore.signature("restore"),
            "fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError>"
        );
    }
}
