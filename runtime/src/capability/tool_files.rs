//! Files that tools take by themselves: they build or run them, or are told by them what to do.

/// The endings of such files, in small letters.
const ENDINGS: &str = "\
    app asm bash bat bazel bzl c cabal cc cfg cjs class clj cmake cmd code-workspace coffee command cpp cs csproj \
    css csx cts cxx dart desktop dll dylib egg elf envrc erl ex exe exs fish fsx gemspec go gradle groovy h hcl hpp \
    hs ini ipynb jar java jl js jsx kt kts lock lua mjs mk ml mod mts nim nix o php pl pm podspec props ps1 psm1 pth \
    py pyc r rake rb rs sbt scala service sh sln so svelte swift t targets tf toml ts tsx vbs vue wasm whl wit yaml \
    yml zig zsh";

/// The names of such files, in small letters; a directory with a `HEAD` in it may be a repository of git.
const NAMES: &str = "\
    brewfile build build.xml cmakelists.txt codeowners composer.json configure containerfile dangerfile deno.json \
    dockerfile earthfile fastfile gemfile gnumakefile gradlew head jenkinsfile jsconfig.json justfile makefile \
    meson.build mvnw node_modules package-lock.json package.json pipfile podfile pom.xml procfile rakefile \
    rust-toolchain sconstruct snakefile tiltfile tsconfig.json vagrantfile workspace wscript";

/// Whether tools take a file or directory of this name, or it is hidden as those are that tools keep for themselves.
pub(crate) fn is_taken_by_tools(name: &str) -> bool {
    if name.starts_with('.') {
        return true;
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_among = |list: &str, text: &str| list.split(' ').any(|own| own.eq_ignore_ascii_case(text));
    ending.is_some_and(|ending| is_among(ENDINGS, ending)) || is_among(NAMES, name)
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
