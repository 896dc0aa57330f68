//! Rebuilds the crate when what it embeds changes: the templates, the SDK, the host library and the contract.

fn main() {
    // Cargo follows neither of the symbolic links inside these folders, so that their targets are named too.
    for folder in [
        "templates",
        "embedded",
        "embedded/sdk/src",
        "embedded/macros/src",
        "embedded/sdk/wit/component",
        "embedded/wit/component",
        "embedded/wit/host",
        "embedded/wit/io",
        "embedded/wit/logging",
        "embedded/runtime/src",
    ] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
