//! What is shown of a path: never where it lies on the machine that compiled it.

/// The longest path that is shown; its end says more than its start.
const MAX_SHOWN: usize = 200;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Of the project that was built.
    Own,
    /// Of a library it depends on.
    Dependency,
    /// Of the language's standard library.
    Standard,
}

/// Whose file it is, and its path below the project, the library or the standard library.
pub(super) fn shown(folder: &str, directory: &str, name: &str) -> (Origin, String) {
    let [directory, name] = [directory, name].map(|text| text.replace('\\', "/"));
    let folder = plain(folder);
    let path = plain(&joined(&folder, &joined(&directory, &name)));
    let (origin, short) = short(&folder, &path);
    let excess = short.chars().count().saturating_sub(MAX_SHOWN);
    (origin, short.chars().skip(excess).collect())
}

fn short<'a>(folder: &str, path: &'a str) -> (Origin, &'a str) {
    // The folders that Rust's distributors put in place of their own, and those of an installed source.
    for mark in ["/rustc/", "/lib/rustlib/src/rust/"] {
        if let Some((_, rest)) = path.split_once(mark) {
            let inner = rest.split_once("library/").map_or(rest, |(_, inner)| inner);
            return (Origin::Standard, inner);
        }
    }
    if let Some(rest) = path.strip_prefix("/rust/deps/") {
        return (Origin::Standard, rest);
    }
    if let Some((_, rest)) = path.split_once("://") {
        return (Origin::Standard, below_source(rest));
    }
    // `registry/src/<index>/<crate>/…` and `git/checkouts/<repository>/<commit>/…`
    for (mark, skipped) in [("/registry/src/", 1), ("/git/checkouts/", 2)] {
        if let Some((_, rest)) = path.split_once(mark) {
            let inner = rest.splitn(skipped + 1, '/').nth(skipped);
            return (Origin::Dependency, inner.unwrap_or_else(|| below_source(rest)));
        }
    }
    let below = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    match below {
        Some(below) if !folder.is_empty() => (Origin::Own, below),
        _ if is_absolute(path) || path.starts_with("../") => (Origin::Dependency, below_source(path)),
        _ => (Origin::Own, path),
    }
}

/// The file, with its folder when that is `src`: a folder `src` further up may hold its user's projects.
fn below_source(path: &str) -> &str {
    let file = path.rfind('/').map_or(0, |at| at + 1);
    match path[..file].strip_suffix("/src/") {
        Some(above) => &path[above.len() + 1..],
        None => &path[file..],
    }
}

/// A path with `/` between its folders and without `.`, `..` and empty ones, except for `..` at a relative one's start.
pub(super) fn plain(path: &str) -> String {
    let path = path.replace('\\', "/");
    let (start, rest) = match path.find("://") {
        Some(at) => path.split_at(at + 3),
        None => path.split_at(usize::from(path.starts_with('/'))),
    };
    let mut folders: Vec<&str> = Vec::new();
    for folder in rest.split('/').filter(|folder| !matches!(*folder, "" | ".")) {
        match (folder, folders.last()) {
            ("..", Some(&last)) if last != ".." => drop(folders.pop()),
            ("..", None) if !start.is_empty() => {}
            _ => folders.push(folder),
        }
    }
    format!("{start}{}", folders.join("/"))
}

fn joined(folder: &str, path: &str) -> String {
    if folder.is_empty() || is_absolute(path) {
        path.to_owned()
    } else {
        format!("{}/{path}", folder.trim_end_matches('/'))
    }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    path.starts_with('/') || drive || path.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, directory: &str, name: &str, origin: Origin, path: &str) {
        assert_eq!(shown(folder, directory, name), (origin, path.to_owned()), "{name}");
    }

    #[test]
    fn a_file_of_the_project_is_named_below_it() {
        check("/home/ann/hello", "", "src/lib.rs", Origin::Own, "src/lib.rs");
        check("/home/ann/hello", "src", "lib.rs", Origin::Own, "src/lib.rs");
        check(
            "/home/ann/hello",
            "/home/ann/hello/src",
            "lib.rs",
            Origin::Own,
            "src/lib.rs",
        );
        check(
            "/home/ann/all",
            "greeter/src",
            "lib.rs",
            Origin::Own,
            "greeter/src/lib.rs",
        );
        check("C:\\Users\\ann\\hello", "src", "lib.rs", Origin::Own, "src/lib.rs");
        check("", "src", "lib.rs", Origin::Own, "src/lib.rs");
    }

    #[test]
    fn a_file_of_a_library_is_named_below_the_library() {
        let registry = "/home/ann/.cargo/registry/src/index.crates.io-19/serde-1.0.2";
        check(registry, "", "src/lib.rs", Origin::Dependency, "serde-1.0.2/src/lib.rs");
        check(
            "/home/ann/hello",
            registry,
            "src/de.rs",
            Origin::Dependency,
            "serde-1.0.2/src/de.rs",
        );
        let checkout = "/home/ann/.cargo/git/checkouts/lib-12/ab34/";
        check("/w", checkout, "src/a.rs", Origin::Dependency, "src/a.rs");
        check("/w", "/home/ann/mine/src", "a.rs", Origin::Dependency, "src/a.rs");
        check("/w", "/home/ann/secret", "a.rs", Origin::Dependency, "a.rs");
    }

    #[test]
    fn folders_of_the_user_are_not_shown() {
        check("/w", "/home/ann/src/client-x/lib", "a.c", Origin::Dependency, "a.c");
        check("/w", "/home/ann/src/client-x", "a.c", Origin::Dependency, "a.c");
        check("/home/ann/hello", "../secret", "a.rs", Origin::Dependency, "a.rs");
        check(
            "/home/ann/hello",
            "src/../../secret",
            "a.rs",
            Origin::Dependency,
            "a.rs",
        );
        check("", "../ann/secret", "a.rs", Origin::Dependency, "a.rs");
        check("a", "../../ann/secret", "a.rs", Origin::Dependency, "a.rs");
        check("", "..", "..", Origin::Dependency, "..");
    }

    #[test]
    fn a_folder_may_be_written_in_several_ways() {
        for folder in ["/home/ann/hello/", "/home/ann/./hello", "/home/ann//x/../hello"] {
            check(folder, "", "src/lib.rs", Origin::Own, "src/lib.rs");
            check(
                folder,
                "/home/ann/hello/src",
                "./a/../lib.rs",
                Origin::Own,
                "src/lib.rs",
            );
        }
        assert_eq!(plain("C:\\a\\..\\b\\"), "C:/b");
        assert_eq!(plain("wasisdk://v30.0//a/../b"), "wasisdk://v30.0/b");
        assert_eq!(plain("/../a"), "/a");
        assert_eq!(plain("a/../../b"), "../b");
    }

    #[test]
    fn a_file_of_the_standard_library_is_told_from_others() {
        let rustc = "/rustc/59807616e1fa";
        check(
            rustc,
            "",
            "library/core/src/option.rs",
            Origin::Standard,
            "core/src/option.rs",
        );
        let installed = "/home/ann/.rustup/toolchains/stable/lib/rustlib/src/rust";
        check(
            "/w",
            installed,
            "library/std/src/io.rs",
            Origin::Standard,
            "std/src/io.rs",
        );
        check(
            "/rust/deps/wasi-0.14",
            "",
            "src/lib.rs",
            Origin::Standard,
            "wasi-0.14/src/lib.rs",
        );
        check(
            "wasisdk://v30.0/build/x",
            "",
            "src/exit.c",
            Origin::Standard,
            "src/exit.c",
        );
    }

    #[test]
    fn a_long_path_is_cut_at_its_start() {
        let (_, path) = shown("", "", &format!("{}/lib.rs", "ä".repeat(5000)));
        assert!(path.ends_with("ä/lib.rs") && path.chars().count() == MAX_SHOWN);
    }
}
