//! Chooses packages: which compiler, and what it needs to run that this machine does not have.

use std::collections::{BTreeMap, BTreeSet};

/// The oldest compiler worth unpacking: the first of edition 2024.
pub(super) const OLDEST: &str = "1.85";

/// Names to ask apt for: a compiler and its source, in pairs of [`PAIRS`].
pub(super) const COMPILERS: [&str; 4] = ["rustc-web", "rust-web-src", "rustc", "rust-src"];

/// A compiler is only of use with its own source. `rustc-web` is the newer one of stable releases.
const PAIRS: [(&str, &str); 2] = [("rustc-web", "rust-web-src"), ("rustc", "rust-src")];

/// A compiler in the distribution.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rust {
    pub(super) compiler: &'static str,
    pub(super) source: &'static str,
    /// Upstream's part of the version, such as `1.96.0`.
    pub(super) version: String,
}

/// The newest compiler of which the source has the same version, out of `apt-cache policy`.
pub(super) fn newest_compiler(policy: &str) -> Option<Rust> {
    let candidates = candidates(policy);
    PAIRS
        .into_iter()
        .filter_map(|(compiler, source)| {
            let version = candidates.get(compiler)?;
            let upstream: String = version
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            let usable = candidates.get(source) == Some(version) && number(&upstream) >= number(OLDEST);
            usable.then_some(Rust {
                compiler,
                source,
                version: upstream,
            })
        })
        .max_by_key(|rust| number(&rust.version))
}

/// The version apt would take of `name`, out of `apt-cache policy`.
pub(super) fn candidate(policy: &str, name: &str) -> Option<String> {
    candidates(policy).remove(name).map(str::to_owned)
}

/// The packages to unpack for `rust`, out of `apt-cache depends --recurse`.
///
/// Only libraries are followed: a compiler's other dependencies are a C toolchain, which linking for
/// this machine needs as well and which rustup's users have. Of the libraries, those installed are left out.
pub(super) fn needed(depends: &str, rust: &Rust, installed: &BTreeSet<String>) -> Vec<String> {
    let graph = graph(depends);
    let mut needed = BTreeSet::from([rust.compiler, rust.source]);
    let mut open = vec![rust.compiler];
    while let Some(package) = open.pop() {
        for &dependency in graph.get(package).into_iter().flatten() {
            let of_rust = dependency.starts_with("libstd-rust");
            let library = dependency.starts_with("lib") && !dependency.ends_with("-dev");
            // A second C library beside the running one would break every program that loads both.
            let of_system = dependency == "libc6" || installed.contains(dependency);
            if (of_rust || (library && !of_system)) && needed.insert(dependency) {
                open.push(dependency);
            }
        }
    }
    needed.into_iter().map(str::to_owned).collect()
}

fn candidates(policy: &str) -> BTreeMap<&str, &str> {
    let mut candidates = BTreeMap::new();
    let mut package = "";
    for line in policy.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
            package = name;
        } else if let Some(version) = line
            .trim()
            .strip_prefix("Candidate: ")
            .filter(|version| *version != "(none)")
        {
            candidates.insert(package, version);
        }
    }
    candidates
}

/// Package to dependencies. Virtual packages (`<name>`) and foreign architectures (`name:arch`) are left out.
fn graph(depends: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut graph: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut package = "";
    for line in depends.lines() {
        let Some(relation) = line.strip_prefix([' ', '|']) else {
            package = line;
            continue;
        };
        let relation = relation.trim_start_matches([' ', '|']);
        let dependency = relation
            .strip_prefix("Depends: ")
            .or_else(|| relation.strip_prefix("PreDepends: "));
        if let Some(name) = dependency.filter(|name| !name.contains(['<', ':'])) {
            graph.entry(package).or_default().push(name);
        }
    }
    graph
}

fn number(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "\
rustc-web:
  Installed: (none)
  Candidate: 1.96.0+dfsg1-1~deb12u2
  Version table:
     1.96.0+dfsg1-1~deb12u2 500
        500 http://mirror/debian-security bookworm-security/main amd64 Packages
rust-web-src:
  Installed: (none)
  Candidate: 1.96.0+dfsg1-1~deb12u2
rustc:
  Installed: (none)
  Candidate: 1.63.0+dfsg1-2
rust-src:
  Installed: (none)
  Candidate: 1.63.0+dfsg1-2
";

    const DEPENDS: &str = "\
rustc-web
  Depends: libc6
  Depends: libstd-rust-web-dev
  Depends: gcc
  Depends: <libc-dev>
    libc6-dev
libstd-rust-web-dev
  Depends: libstd-rust-web-1.96
gcc
  Depends: libcc1-0
libstd-rust-web-1.96
  Depends: libllvm22
  Depends: libstdc++6
libllvm22
 |Depends: libedit2
  Depends: libedit2-alternative
  Depends: libc6:i386
libedit2
  Depends: libllvm22
";

    fn rust() -> Rust {
        Rust {
            compiler: "rustc-web",
            source: "rust-web-src",
            version: "1.96.0".into(),
        }
    }

    #[test]
    fn the_newest_compiler_with_its_source_is_chosen() {
        assert_eq!(newest_compiler(POLICY), Some(rust()));
    }

    #[test]
    fn a_compiler_without_its_own_source_is_not_chosen() {
        assert_eq!(newest_compiler(&POLICY.replacen("1.96.0", "1.97.0", 1)), None);
        assert_eq!(newest_compiler(&POLICY.replace("1.96.0", "1.84.1")), None);
        assert_eq!(
            newest_compiler(&POLICY.replace("1.96.0+dfsg1-1~deb12u2", "(none)")),
            None
        );
    }

    #[test]
    fn libraries_that_are_missing_are_needed() {
        let installed = BTreeSet::from(["libstdc++6".to_owned(), "rustc-web".to_owned()]);
        let expected = [
            "libedit2",
            "libedit2-alternative",
            "libllvm22",
            "libstd-rust-web-1.96",
            "libstd-rust-web-dev",
            "rust-web-src",
            "rustc-web",
        ];
        assert_eq!(needed(DEPENDS, &rust(), &installed), expected);
    }

    #[test]
    fn a_candidate_is_read_by_name() {
        assert_eq!(candidate(POLICY, "rustc").as_deref(), Some("1.63.0+dfsg1-2"));
        assert_eq!(candidate(POLICY, "wasi-libc"), None);
    }
}
