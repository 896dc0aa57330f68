//! How exports are named: in full, or as briefly as it is unambiguous.

/// The name of an exported function: the interface it belongs to, if it belongs to one, and its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportName {
    /// For example `acme:shop/handler@1.0.0`, or `handler`.
    pub(crate) interface: Option<String>,
    /// For example `execute`.
    pub(crate) function: String,
}

impl ExportName {
    pub(crate) fn new(interface: Option<&str>, function: &str) -> Self {
        Self {
            interface: interface.map(str::to_owned),
            function: function.to_owned(),
        }
    }

    /// Reads what a person wrote: `execute`, `handler#execute`, or `handler.execute@1.0.0` as wasmtime has it.
    fn read(said: &str) -> Self {
        if let Some((interface, function)) = said.rsplit_once('#') {
            return Self::new(Some(interface), function);
        }
        let (path, version) = match said.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (said, None),
        };
        match (path.rsplit_once('.'), version) {
            (Some((interface, function)), Some(version)) => {
                Self::new(Some(&format!("{interface}@{version}")), function)
            }
            (Some((interface, function)), None) => Self::new(Some(interface), function),
            (None, _) => Self::new(None, said),
        }
    }

    /// Whether `said` means this export, among others perhaps.
    pub(crate) fn is_meant_by(&self, said: &str) -> bool {
        let said = Self::read(said);
        if said.function != self.function {
            return false;
        }
        match (&said.interface, &self.interface) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(said), Some(own)) => forms(own).any(|form| form == *said),
        }
    }

    /// Its names from the shortest to the one in full.
    fn all(&self) -> impl Iterator<Item = String> {
        let interfaces: Vec<String> = self.interface.iter().flat_map(|own| forms(own)).collect();
        let with_interface = interfaces.into_iter().map(|form| format!("{form}#{}", self.function));
        std::iter::once(self.function.clone()).chain(with_interface)
    }

    /// Its name in full.
    pub(crate) fn full(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}#{}", self.function),
            None => self.function.clone(),
        }
    }
}

/// The shortest name that means `one` and no other of `all`.
pub(crate) fn shortest<'a>(one: &ExportName, all: impl Iterator<Item = &'a ExportName> + Clone) -> String {
    let unambiguous = |name: &String| all.clone().filter(|export| export.is_meant_by(name)).count() == 1;
    one.all().find(unambiguous).unwrap_or_else(|| one.full())
}

/// The names of an interface, from the shortest to the one in full.
fn forms(full: &str) -> impl Iterator<Item = String> {
    let (path, version) = match full.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (full, None),
    };
    let short = path.rsplit('/').next().unwrap_or(path);
    let package = path.split_once(':').map(|(_, rest)| rest);
    let bare = [Some(short), package, Some(path)].into_iter().flatten();
    let forms: Vec<String> = bare
        .map(str::to_owned)
        .chain(version.into_iter().flat_map(|version| {
            [Some(short), package, Some(path)]
                .into_iter()
                .flatten()
                .map(move |form| format!("{form}@{version}"))
        }))
        .collect();
    forms.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_meant_by_every_form_of_its_name() {
        let export = ExportName::new(Some("acme:shop/handler@1.0.0"), "execute");
        for said in [
            "execute",
            "handler#execute",
            "handler@1.0.0#execute",
            "shop/handler#execute",
            "acme:shop/handler#execute",
            "acme:shop/handler@1.0.0#execute",
            "handler.execute",
            "acme:shop/handler.execute@1.0.0",
        ] {
            assert!(export.is_meant_by(said), "{said}");
        }
        for said in [
            "",
            "exec",
            "other#execute",
            "handler@2.0.0#execute",
            "handler",
            "#execute",
        ] {
            assert!(!export.is_meant_by(said), "{said}");
        }
        let bare = ExportName::new(None, "add");
        assert!(bare.is_meant_by("add") && !bare.is_meant_by("math#add"));
    }

    #[test]
    fn the_shortest_name_is_the_first_that_only_one_export_has() {
        let all = [
            ExportName::new(None, "add"),
            ExportName::new(Some("acme:a/math"), "add"),
            ExportName::new(Some("acme:b/math@1.0.0"), "add"),
            ExportName::new(Some("acme:b/math@2.0.0"), "add"),
            ExportName::new(Some("acme:b/math@2.0.0"), "sub"),
        ];
        let short = |index: usize| shortest(&all[index], all.iter());
        // The one at the top level has no other name, so that it needs an exact match.
        assert_eq!(short(0), "add");
        assert_eq!(short(1), "a/math#add");
        assert_eq!(short(2), "math@1.0.0#add");
        assert_eq!(short(3), "math@2.0.0#add");
        assert_eq!(short(4), "sub");
    }
}
