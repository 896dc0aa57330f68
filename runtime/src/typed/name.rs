//! How exports are named: in full, or as briefly as it is unambiguous.

use std::collections::HashMap;

use crate::component::nearest;

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
        // The dot of `[method]thing.name` belongs to the function's own name.
        let dotted = path.rsplit_once('.').filter(|_| !path.starts_with('['));
        match (dotted, version) {
            (Some((interface, function)), Some(version)) => {
                Self::new(Some(&format!("{interface}@{version}")), function)
            }
            (Some((interface, function)), None) => Self::new(Some(interface), function),
            (None, _) => Self::new(None, said),
        }
    }

    /// Whether it is a function of the contract that the host calls itself: who calls `shutdown` of an instance that
    /// goes on, or `restore`, takes it from all other callers.
    pub(crate) fn is_for_the_host(&self) -> bool {
        let is_contract = self
            .interface
            .as_ref()
            .is_some_and(|interface| interface.starts_with("airssys:component/"));
        is_contract && self.function != "execute"
    }

    /// Whether `said`, as it was read, means this export, among others perhaps.
    fn is_meant_by(&self, said: &Self) -> bool {
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

/// The most functions of one name among which a short form is looked for; beyond it each has its name in full.
/// A component may export one function under a hundred thousand names.
const MAX_ALIKE: usize = 64;

/// The most names that are compared with one that is unknown.
const MAX_COMPARED: usize = 1_000;

/// The names of all exported functions of a component, by the function's own name.
pub(crate) struct Names {
    by_function: HashMap<String, Vec<(usize, ExportName)>>,
}

impl Names {
    /// Takes the names in order; they are referred to by their position.
    pub(crate) fn new<'a>(all: impl Iterator<Item = &'a ExportName>) -> Self {
        let mut by_function = HashMap::<String, Vec<_>>::new();
        for (position, name) in all.enumerate() {
            let alike = by_function.entry(name.function.clone()).or_default();
            alike.push((position, name.clone()));
        }
        Self { by_function }
    }

    /// The positions of the functions that `said` may mean.
    /// A name in full means its function alone, also when it is a part of other names.
    pub(crate) fn meant(&self, said: &str) -> Vec<usize> {
        let read = ExportName::read(said);
        let alike = self.alike(&read.function);
        if let Some((exact, _)) = alike.iter().find(|(_, name)| name.full() == said) {
            return vec![*exact];
        }
        let meant = alike.iter().filter(|(_, name)| name.is_meant_by(&read));
        meant.map(|(position, _)| *position).collect()
    }

    /// The shortest name that means `one` and no other.
    pub(crate) fn shortest(&self, one: &ExportName) -> String {
        let alike = self.alike(&one.function);
        if alike.len() > MAX_ALIKE {
            return one.full();
        }
        let unambiguous = |name: &String| {
            let read = ExportName::read(name);
            alike.iter().filter(|(_, other)| other.is_meant_by(&read)).count() == 1
        };
        one.all().find(unambiguous).unwrap_or_else(|| one.full())
    }

    /// The function whose own name is most like that of `said`.
    pub(crate) fn nearest(&self, said: &str) -> Option<&ExportName> {
        let read = ExportName::read(said);
        let known = self.by_function.keys().map(String::as_str).take(MAX_COMPARED);
        let like = nearest(&read.function, known)?;
        self.alike(like).first().map(|(_, name)| name)
    }

    fn alike(&self, function: &str) -> &[(usize, ExportName)] {
        self.by_function.get(function).map_or(&[], Vec::as_slice)
    }
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
            assert!(export.is_meant_by(&ExportName::read(said)), "{said}");
        }
        for said in [
            "",
            "exec",
            "other#execute",
            "handler@2.0.0#execute",
            "handler",
            "#execute",
        ] {
            assert!(!export.is_meant_by(&ExportName::read(said)), "{said}");
        }
        let method = ExportName::new(Some("acme:shop/handler@1.0.0"), "[method]thing.name");
        let means = |said| method.is_meant_by(&ExportName::read(said));
        assert!(means("[method]thing.name") && means("handler#[method]thing.name"));
        let bare = ExportName::new(None, "add");
        let means = |said| bare.is_meant_by(&ExportName::read(said));
        assert!(means("add") && !means("math#add"));
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
        let names = Names::new(all.iter());
        let short = |index: usize| names.shortest(&all[index]);
        // The one at the top level has no other name, so that it needs an exact match.
        assert_eq!(short(0), "add");
        assert_eq!(short(1), "a/math#add");
        assert_eq!(short(2), "math@1.0.0#add");
        assert_eq!(short(3), "math@2.0.0#add");
        assert_eq!(short(4), "sub");
    }

    #[test]
    fn many_functions_of_one_name_are_named_at_once() {
        let all: Vec<ExportName> = (0..100_000)
            .map(|n| ExportName::new(Some(&format!("acme:a/i{n}@1.0.0")), "f"))
            .collect();
        let names = Names::new(all.iter());
        assert_eq!(names.meant("f").len(), all.len());
        assert_eq!(names.meant("i7#f"), [7]);
        // Were each compared with each, this would take hours.
        assert!(all.iter().all(|one| names.shortest(one) == one.full()));
        assert_eq!(names.nearest("i7#g"), None);
    }

    #[test]
    fn a_mistake_in_a_dotted_name_finds_the_one_that_was_meant() {
        let all = [ExportName::new(Some("acme:shop/handler@1.0.0"), "execute")];
        let names = Names::new(all.iter());
        assert_eq!(names.nearest("handler.exceute@1.0.0"), Some(&all[0]));
    }
}
