//! Files that tools take by themselves: they build or run them, or are told by them what to do.

/// The endings of such files, in small letters.
const ENDINGS: [&str; 62] = [
    "app", "asm", "bash", "bat", "c", "cc", "cfg", "cjs", "class", "cmake", "cmd", "cpp", "cs", "css", "cts", "cxx",
    "dll", "dylib", "elf", "envrc", "exe", "fish", "go", "gradle", "h", "hpp", "hs", "ini", "ipynb", "jar", "java",
    "jl", "js", "jsx", "kt", "lock", "lua", "mjs", "mk", "mod", "mts", "nix", "o", "php", "pl", "ps1", "pth", "py",
    "pyc", "rb", "rs", "scala", "sh", "so", "swift", "toml", "ts", "tsx", "wasm", "wit", "yaml", "yml",
];

/// More endings of the same kind, of languages that are seldom beside components.
const RARE_ENDINGS: [&str; 40] = [
    "bazel",
    "bzl",
    "cabal",
    "clj",
    "code-workspace",
    "coffee",
    "command",
    "csproj",
    "csx",
    "desktop",
    "egg",
    "fsx",
    "gemspec",
    "groovy",
    "hcl",
    "kts",
    "pm",
    "podspec",
    "props",
    "psm1",
    "r",
    "rake",
    "sbt",
    "service",
    "sln",
    "svelte",
    "t",
    "targets",
    "tf",
    "vbs",
    "vue",
    "whl",
    "dart",
    "erl",
    "ex",
    "exs",
    "ml",
    "nim",
    "zig",
    "zsh",
];

/// The names of such files, in small letters; a directory with a `HEAD` in it may be a repository of git.
const NAMES: [&str; 39] = [
    "build.xml",
    "configure",
    "dangerfile",
    "earthfile",
    "fastfile",
    "gradlew",
    "mvnw",
    "podfile",
    "pom.xml",
    "rust-toolchain",
    "sconstruct",
    "snakefile",
    "tiltfile",
    "vagrantfile",
    "wscript",
    "brewfile",
    "build",
    "cmakelists.txt",
    "codeowners",
    "composer.json",
    "containerfile",
    "deno.json",
    "dockerfile",
    "gemfile",
    "gnumakefile",
    "head",
    "jenkinsfile",
    "jsconfig.json",
    "justfile",
    "makefile",
    "meson.build",
    "node_modules",
    "package-lock.json",
    "package.json",
    "pipfile",
    "procfile",
    "rakefile",
    "tsconfig.json",
    "workspace",
];

/// Whether tools take a file or directory of this name, or it is hidden as those are that tools keep for themselves.
pub(crate) fn is_taken_by_tools(name: &str) -> bool {
    if name.starts_with('.') {
        return true;
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_among = |list: &[&str], text: &str| list.iter().any(|own| own.eq_ignore_ascii_case(text));
    ending.is_some_and(|ending| is_among(&ENDINGS, ending) || is_among(&RARE_ENDINGS, ending)) || is_among(&NAMES, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_take_is_told_by_its_name() {
        for name in [
            ".git",
            "HEAD",
            "Head",
            "__init__.py",
            "test_x.PY",
            "evil.test.js",
            "conftest.py",
            "x.tar.sh",
            "Makefile",
            "package.json",
            "Cargo.toml",
            "main.go",
            "node_modules",
            ".a.txt",
        ] {
            assert!(is_taken_by_tools(name), "{name}");
        }
        for name in [
            "notes.txt",
            "a.json",
            "README",
            "x.csv",
            "py",
            "data",
            "objects",
            "config",
            "a.pyx",
            "ünï",
        ] {
            assert!(!is_taken_by_tools(name), "{name}");
        }
    }
}
