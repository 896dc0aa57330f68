//! Where this machine gets its packages from, and the same mirror in another suite.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::Command;

use crate::toolchain::error::StepError;
use crate::toolchain::run::{QUESTION, run};

/// The columns asked of `apt-get indextargets`; a mirror's address holds no `|`.
const FORMAT: &str = "$(RELEASE)|$(REPO_URI)|$(COMPONENT)|$(SOURCESENTRY)";

/// One suite of one mirror.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) suite: String,
    uri: String,
    component: String,
    /// The value of the machine's `Signed-By`, kept as it stands; it may be a key of many lines.
    signed_by: Option<String>,
}

impl Source {
    /// The same mirror and keys, another suite.
    pub(super) fn in_suite(&self, suite: &str) -> Self {
        Self {
            suite: suite.into(),
            component: "main".into(),
            ..self.clone()
        }
    }
}

/// The distribution's own sources; those of third parties are left out where they can be told apart.
pub(super) fn of_this_machine() -> Result<Vec<Source>, StepError> {
    let mut command = Command::new("apt-get");
    command
        .env("LC_ALL", "C")
        .args(["indextargets", "--format", FORMAT, "Created-By: Packages"]);
    let targets = run("apt-get indextargets", &mut command, QUESTION)?;
    let codename = codename(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    let sources = choose(&targets, codename.as_deref(), &|path| fs::read_to_string(path).ok());
    if sources.is_empty() {
        return Err(StepError::Unfit("apt has no package sources".into()));
    }
    Ok(sources)
}

/// Writes sources in apt's deb822 format.
pub(super) fn render(sources: &[Source]) -> String {
    let mut text = String::new();
    for Source {
        suite,
        uri,
        component,
        signed_by,
    } in sources
    {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: {component}\n"
        );
        if let Some(keys) = signed_by {
            let _ = writeln!(text, "Signed-By:{keys}");
        }
        text.push('\n');
    }
    text
}

fn codename(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    Some(value.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
}

/// Suites are named `<codename>` and `<codename>-security`; with other names (`stable`) all sources are taken.
fn choose(targets: &str, codename: Option<&str>, read: &dyn Fn(&str) -> Option<String>) -> Vec<Source> {
    let all: BTreeSet<Source> = targets.lines().filter_map(|line| parse(line, read)).collect();
    let is_own = |source: &&Source| {
        codename.is_some_and(|codename| {
            source
                .suite
                .strip_prefix(codename)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let own: Vec<Source> = all.iter().filter(is_own).cloned().collect();
    if own.is_empty() { all.into_iter().collect() } else { own }
}

fn parse(line: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<Source> {
    let mut columns = line.split('|');
    let (suite, uri, component) = (columns.next()?, columns.next()?, columns.next()?);
    let file = columns.next()?.rsplit_once(':').map_or("", |(file, _)| file);
    Some(Source {
        suite: suite.into(),
        uri: uri.into(),
        component: component.into(),
        signed_by: read(file).and_then(|text| signed_by(&text, uri, suite)),
    })
}

/// The keys a sources file names for a suite of a mirror, with the white space before them.
fn signed_by(text: &str, uri: &str, suite: &str) -> Option<String> {
    let names = |text: &str, word: &str| {
        text.split_whitespace()
            .any(|found| found.trim_end_matches('/') == word.trim_end_matches('/'))
    };
    for line in text
        .lines()
        .filter(|line| line.starts_with("deb ") && names(line, uri) && names(line, suite))
    {
        let options = line.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
        if let Some((options, _)) = options {
            let value = options
                .split_whitespace()
                .find_map(|option| option.strip_prefix("signed-by="));
            return value.map(|value| format!(" {}", value.replace(',', " ")));
        }
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let stanza = lines
        .split(|line| line.trim().is_empty())
        .find(|stanza| stanza.iter().any(|line| names(line, uri)) && stanza.iter().any(|line| names(line, suite)))?;
    let mut rest = stanza
        .iter()
        .skip_while(|line| !line.to_ascii_lowercase().starts_with("signed-by:"));
    let first = rest.next()?.split_once(':')?.1;
    let more = rest.take_while(|line| line.starts_with([' ', '\t']));
    Some(more.fold(first.to_owned(), |keys, line| keys + "\n" + line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "\
Types: deb
# a snapshot
URIs: http://mirror/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/debian.gpg

Types: deb
URIs: http://mirror/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
";
    const TARGETS: &str = "\
bookworm|http://mirror/debian/|main|/d.sources:1
bookworm-security|http://mirror/debian-security/|main|/d.sources:2
cloud-bookworm|http://elsewhere/apt/|main|/e.list:1
";

    fn read(path: &str) -> Option<String> {
        match path {
            "/d.sources" => Some(DEB822.into()),
            "/e.list" => Some("deb [arch=amd64 signed-by=/keys/e.gpg] http://elsewhere/apt cloud-bookworm main".into()),
            _ => None,
        }
    }

    #[test]
    fn third_parties_are_left_out() {
        let suites = |codename| -> Vec<String> {
            choose(TARGETS, codename, &read)
                .into_iter()
                .map(|source| source.suite)
                .collect()
        };
        assert_eq!(suites(Some("bookworm")), ["bookworm", "bookworm-security"]);
        assert_eq!(suites(Some("trixie")).len(), 3);
        assert_eq!(suites(None).len(), 3);
    }

    #[test]
    fn keys_are_kept_in_each_format() {
        let sources = choose(TARGETS, None, &read);
        let keys: Vec<_> = sources.iter().map(|source| source.signed_by.as_deref()).collect();
        let block = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n -----END PGP PUBLIC KEY BLOCK-----";
        assert_eq!(keys, [Some(" /keys/debian.gpg"), Some(block), Some(" /keys/e.gpg")]);
    }

    #[test]
    fn another_suite_of_the_same_mirror_is_rendered() {
        let sources = choose(TARGETS, Some("bookworm"), &read);
        assert_eq!(
            render(&[sources[0].in_suite("sid")]),
            "Types: deb\nURIs: http://mirror/debian/\nSuites: sid\nComponents: main\nSigned-By: /keys/debian.gpg\n\n"
        );
    }

    #[test]
    fn the_codename_is_read() {
        assert_eq!(
            codename("ID=debian\nVERSION_CODENAME=\"bookworm\"\n").as_deref(),
            Some("bookworm")
        );
        assert_eq!(codename("ID=other\n"), None);
    }
}
