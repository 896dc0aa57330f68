//! Which environment variables an inner cargo inherits.
//!
//! Under `cargo run` and `cargo test`, cargo describes the *outer* package to its child.
//! Those variables would make an inner build differ from one started in a shell.

use std::env;
use std::process::Command;

/// Set by an outer cargo for the package it runs; none is meant for another cargo.
const OF_OUTER_PACKAGE: [&str; 8] = [
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
];

/// Removes what an outer cargo said about its own package.
///
/// The user's own settings stay: `RUSTFLAGS`, `CARGO_TARGET_DIR`, `CARGO_PROFILE_*`, `RUSTUP_TOOLCHAIN`, proxies.
pub(super) fn forget_outer_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_outer_package) {
            command.env_remove(name);
        }
    }
}

/// Removes every setting that changes what cargo builds, for a library that is to be the same for all projects.
///
/// Mirrors, proxies and certificates stay, since the build may have to fetch.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "used by the private toolchain")
)]
pub(super) fn forget_build_settings(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| is_of_outer_package(name) || is_build_setting(name))
        {
            command.env_remove(name);
        }
    }
}

fn is_of_outer_package(name: &str) -> bool {
    OF_OUTER_PACKAGE.contains(&name) || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_EXE_")
}

fn is_build_setting(name: &str) -> bool {
    const NAMES: [&str; 5] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "RUSTC",
        "RUSTDOC",
        "RUSTFLAGS",
    ];
    const STARTS: [&str; 5] = [
        "CARGO_BUILD_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CARGO_UNSTABLE_",
        "RUSTC_",
    ];
    name != "CARGO_BUILD_JOBS" && (NAMES.contains(&name) || STARTS.iter().any(|start| name.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_package_is_forgotten() {
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_BIN_EXE_tool", "OUT_DIR"] {
            assert!(is_of_outer_package(name), "{name}");
        }
    }

    #[test]
    fn the_users_settings_stay() {
        for name in [
            "RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO",
            "RUSTUP_TOOLCHAIN",
            "CARGO_PROFILE_RELEASE_LTO",
        ] {
            assert!(!is_of_outer_package(name), "{name}");
        }
    }

    #[test]
    fn no_build_setting_reaches_a_private_standard_library() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "CARGO_PROFILE_RELEASE_LTO",
        ] {
            assert!(is_build_setting(name), "{name}");
        }
        for name in [
            "PATH",
            "RUSTUP_HOME",
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_BUILD_JOBS",
        ] {
            assert!(!is_build_setting(name), "{name}");
        }
    }
}
