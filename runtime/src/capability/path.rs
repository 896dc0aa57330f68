//! Paths as guests name them, and patterns of them.

use std::fmt;

use super::glob::{self, Stands};
use super::text_pattern::TextPattern;

/// The longest path or pattern, in bytes.
pub(crate) const MAX_PATH: usize = 4_096;

/// The longest component with wildcards, in bytes: comparing takes as much time as it is long.
const MAX_GLOB: usize = 64;

/// The most components of a pattern, and of those the most with wildcards: each is compared with each access.
const MAX_COMPONENTS: usize = 64;
const MAX_GLOBS: usize = 4;

/// A pattern of guest paths, matched by whole components.
///
/// `*` stands for any characters of one component, `?` for one, and `**` alone for any number of components, also none:
/// `/data/**` is `/data` and all that is below it.
/// A pattern has one `**` at most, so that comparing goes over a path once, from both ends.
/// `[*]`, `[?]` and `[[]` are the characters themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern {
    components: Vec<Component>,
    /// All before the first component with a wildcard, as every path has it that fits.
    literal: String,
    /// How many components that are.
    literals: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Component {
    Literal(String),
    Glob(TextPattern),
    Any,
}

impl PathPattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix('/').ok_or("a path begins with `/`")?;
        if text.len() > MAX_PATH {
            return Err("a path has at most 4,096 bytes");
        }
        if text.chars().any(char::is_control) {
            return Err("a path has no control characters");
        }
        if rest.is_empty() {
            return Ok(Self {
                components: Vec::new(),
                literal: String::new(),
                literals: 0,
            });
        }
        let components = rest.split('/').map(|part| match part {
            "" => Err("a path has no empty component and does not end with `/`"),
            "." | ".." => Err("a path has no `.` or `..`"),
            "**" => Ok(Component::Any),
            part if part.contains("**") => Err("`**` is a whole component"),
            part if !glob::is_wild(part) => Ok(Component::Literal(glob::unescaped(part))),
            part if part.len() > MAX_GLOB => Err("a component with wildcards has at most 64 bytes"),
            part => match TextPattern::new(part) {
                pattern if pattern.has_too_many_stars() => Err("a component has at most two `*`"),
                pattern if pattern.is_slow() => Err("a component has no `?` between two `*`"),
                pattern => Ok(Component::Glob(pattern)),
            },
        });
        let components = components.collect::<Result<Vec<_>, _>>()?;
        let count = |is_such: fn(&Component) -> bool| components.iter().filter(|component| is_such(component)).count();
        if components.len() > MAX_COMPONENTS {
            return Err("a pattern has at most 64 components");
        }
        if count(|component| matches!(component, Component::Glob(_))) > MAX_GLOBS {
            return Err("a pattern has wildcards in at most four components, beside a `**`");
        }
        if count(|component| *component == Component::Any) > 1 {
            return Err("a pattern has at most one `**`");
        }
        let literals = components.iter().map_while(|component| match component {
            Component::Literal(literal) => Some(["/", literal]),
            _ => None,
        });
        let (literal, literals) = (literals.clone().flatten().collect(), literals.count());
        Ok(Self {
            components,
            literal,
            literals,
        })
    }

    /// Whether it fits an absolute, normalised path.
    pub(super) fn fits(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(&self.literal) else {
            return false;
        };
        let is_whole = rest.is_empty() || rest.starts_with('/');
        if !is_whole {
            return false;
        }
        let others = &self.components[self.literals..];
        let any = others.iter().position(|component| *component == Component::Any);
        let (front, back) = others.split_at(any.unwrap_or(others.len()));
        let mut parts = components(rest);
        let fits = |own: &Component, part: Option<&str>| part.is_some_and(|part| own.fits(part));
        if !front.iter().all(|own| fits(own, parts.next())) {
            return false;
        }
        match back.split_first() {
            Some((_, back)) => back.iter().rev().all(|own| fits(own, parts.next_back())),
            None => parts.next().is_none(),
        }
    }

    /// What every path begins with that it fits.
    pub(super) fn beginning(&self) -> Vec<u8> {
        let mut beginning = self.literal.clone().into_bytes();
        if let Some(Component::Glob(glob)) = self.components.get(self.literals) {
            beginning.push(b'/');
            beginning.extend(glob.beginning().bytes());
        }
        beginning
    }

    /// What every path ends with that it fits, as far as its last component says it.
    pub(super) fn ending(&self) -> Vec<u8> {
        match self.components.last() {
            Some(Component::Literal(literal)) => literal.clone().into_bytes(),
            Some(Component::Glob(glob)) => glob.ending().into_bytes(),
            Some(Component::Any) | None => Vec::new(),
        }
    }

    /// Whether it fits every path that `other` fits.
    /// It says no also where it would take more than comparing component by component to see.
    pub(super) fn covers(&self, other: &Self) -> bool {
        glob::matches(
            self.components.iter(),
            other.components.iter(),
            stands,
            |own, other| match (own, other) {
                (Component::Literal(own), Component::Literal(other)) => own == other,
                (Component::Glob(own), Component::Literal(other)) => own.fits(other),
                (Component::Glob(own), Component::Glob(other)) => own.as_str() == "*" || own == other,
                _ => false,
            },
        )
    }

    /// The directory below which all lies that it fits: for a single path, the one that the path is in.
    pub(super) fn directory(&self) -> String {
        let literal = |component: &Component| match component {
            Component::Literal(literal) => Some(literal.clone()),
            _ => None,
        };
        let mut parts: Vec<String> = self.components.iter().map_while(literal).collect();
        if parts.len() == self.components.len() {
            parts.pop();
        }
        format!("/{}", parts.join("/"))
    }

    /// Whether some path below `path`, not that path itself, fits it.
    pub(super) fn leads_below(&self, path: &str) -> bool {
        let mut own = self.components.iter();
        for part in components(path) {
            match own.next() {
                Some(Component::Any) => return true,
                Some(own) if own.fits(part) => {}
                _ => return false,
            }
        }
        own.next().is_some()
    }

    /// Whether it begins anywhere: it names no directory that it is in.
    pub(super) fn is_anywhere(&self) -> bool {
        !matches!(self.components.first(), Some(Component::Literal(_)))
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.components.is_empty() {
            return f.write_str("/");
        }
        self.components.iter().try_for_each(|component| match component {
            Component::Literal(text) => write!(f, "/{}", glob::escaped(text)),
            Component::Glob(glob) => write!(f, "/{}", glob.as_str()),
            Component::Any => f.write_str("/**"),
        })
    }
}

impl Component {
    /// Whether it fits one component of a path.
    fn fits(&self, part: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == part,
            Self::Glob(glob) => glob.fits(part),
            Self::Any => false,
        }
    }
}

fn stands(component: &&Component) -> Stands {
    match component {
        Component::Any => Stands::Many,
        _ => Stands::One,
    }
}

fn components(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// Whether `path` is `directory` or below it; both are absolute and normalised.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    below(path, directory).is_some()
}

/// The rest of `path` below `directory`, without a leading `/`.
pub(crate) fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(rest),
        None => rest.is_empty().then_some(rest),
    }
}

/// Whether it is an absolute path without empty components, `.` and `..`, as accesses have them.
pub(crate) fn is_normalised(path: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    path == "/" || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    #[test]
    fn patterns_fit_whole_components() {
        let check = |text, path, expected| assert_eq!(pattern(text).fits(path), expected, "{text} {path}");
        check("/data/*", "/data/a", true);
        check("/data/*", "/database", false);
        check("/data/*", "/data/a/b", false);
        check("/data/*", "/data", false);
        check("/data/**", "/data", true);
        check("/data/**", "/data/a/b", true);
        check("/data/**", "/database/a", false);
        check("/data", "/data", true);
        check("/data", "/data/a", false);
        check("/", "/", true);
        check("/", "/a", false);
        check("/**", "/", true);
        check("/**", "/a/b", true);
        check("/a/**/z", "/a/z", true);
        check("/a/**/z", "/a/b/c/z", true);
        check("/a/**/z", "/a/b/c", false);
        check("/a/*.txt", "/a/b.txt", true);
        check("/a/*.txt", "/a/b.txt/c", false);
        check("/*", "/", false);
        check("/*", "/a", true);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let check = |text: &str| assert!(PathPattern::parse(text).is_err(), "{text}");
        for text in [
            "",
            "data",
            "/data/",
            "//",
            "/a//b",
            "/a/../b",
            "/./a",
            "/a/b**",
            "/a\0b",
            "/a\nb",
            "/**/a/**",
            "/a*b*c*",
            "/a*?*",
            "/*/*/*/*/*",
        ] {
            check(text);
        }
        check(&format!("/{}", "a".repeat(MAX_PATH)));
        check(&"/a".repeat(MAX_COMPONENTS + 1));
        assert!(PathPattern::parse(&"/a".repeat(MAX_COMPONENTS)).is_ok());
    }

    #[test]
    fn wildcards_in_brackets_are_characters() {
        let check = |text, path, expected| assert_eq!(pattern(text).fits(path), expected, "{text} {path}");
        check("/a/[*][*]", "/a/**", true);
        check("/a/[*][*]", "/a/b", false);
        check("/a/[?]*", "/a/?b", true);
        check("/a/[b]", "/a/[b]", true);
        assert_eq!(pattern("/a/[*]/**").directory(), "/a/*");
        assert_eq!(pattern("/a/[*]").to_string(), "/a/[*]");
    }

    #[test]
    fn the_directory_is_what_comes_before_the_first_wildcard() {
        let check = |text, expected| assert_eq!(pattern(text).directory(), expected);
        check("/data/**", "/data");
        check("/data/a/*.txt", "/data/a");
        check("/data/a.txt", "/data");
        check("/data", "/");
        check("/**", "/");
    }

    #[test]
    fn a_pattern_leads_below_the_directories_on_the_way() {
        let check = |text, path, expected| assert_eq!(pattern(text).leads_below(path), expected, "{text} {path}");
        check("/data/a/b.txt", "/", true);
        check("/data/a/b.txt", "/data/a", true);
        check("/data/a/b.txt", "/data/a/b.txt", false);
        check("/data/a/b.txt", "/data/b", false);
        check("/data/*/b", "/data/x", true);
        check("/data/**", "/data/x/y", true);
        check("/data", "/data", false);
    }

    #[test]
    fn below_is_by_whole_components() {
        assert_eq!(below("/data/a", "/data"), Some("a"));
        assert_eq!(below("/data", "/data"), Some(""));
        assert_eq!(below("/database", "/data"), None);
        assert_eq!(below("/data/a", "/"), Some("data/a"));
    }

    prop_compose! {
        fn paths()(parts in prop::collection::vec("[ab]{1,3}", 0..5)) -> String {
            format!("/{}", parts.join("/"))
        }
    }

    prop_compose! {
        fn patterns()(parts in prop::collection::vec("[ab*?]{1,3}", 0..5)) -> String {
            let mut is_first = true;
            let parts: Vec<_> = parts
                .iter()
                .map(|part| match part.contains("**") {
                    true if std::mem::take(&mut is_first) => "**",
                    true => "*",
                    false if part == "*?*" => "?*",
                    false => part,
                })
                .collect();
            format!("/{}", parts.join("/"))
        }
    }

    /// The same by the definition: try every number of components.
    fn naive(pattern: &[&str], path: &[&str]) -> bool {
        match (pattern.split_first(), path) {
            (None, []) => true,
            (Some((&"**", rest)), path) => (0..=path.len()).any(|n| naive(rest, &path[n..])),
            (Some((first, rest)), [part, path @ ..]) => TextPattern::new(first).fits(part) && naive(rest, path),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn fitting_is_what_its_definition_says(text in patterns(), path in paths()) {
            let split = |text: &'static str| text.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>();
            let expected = naive(&split(Box::leak(text.clone().into_boxed_str())), &split(Box::leak(path.clone().into_boxed_str())));
            prop_assert_eq!(pattern(&text).fits(&path), expected);
        }

        #[test]
        fn what_is_covered_is_fitted(own in patterns(), other in patterns(), path in paths()) {
            let (own, other) = (pattern(&own), pattern(&other));
            if own.covers(&other) && other.fits(&path) {
                prop_assert!(own.fits(&path), "{} {} {}", own, other, path);
            }
        }

        #[test]
        fn all_that_fits_is_in_the_directory(text in patterns(), path in paths()) {
            let pattern = pattern(&text);
            if pattern.fits(&path) {
                prop_assert!(is_within(&path, &pattern.directory()));
            }
        }

        #[test]
        fn what_fits_is_led_to(text in patterns(), path in paths()) {
            let pattern = pattern(&text);
            if pattern.fits(&path) && path != "/" {
                let parent = path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent });
                prop_assert!(pattern.leads_below(parent));
            }
        }

        #[test]
        fn a_written_pattern_reads_the_same(text in patterns()) {
            let read = pattern(&text);
            prop_assert_eq!(pattern(&read.to_string()), read);
        }

        #[test]
        fn all_that_fits_begins_and_ends_alike(text in patterns(), path in paths()) {
            let pattern = pattern(&text);
            if pattern.fits(&path) {
                prop_assert!(path.as_bytes().starts_with(&pattern.beginning()), "{} {}", text, path);
                prop_assert!(path.as_bytes().ends_with(&pattern.ending()), "{} {}", text, path);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = PathPattern::parse(&text);
        }
    }
}
