//! What all fuzzers share.

/// Runs the target of this name.
pub fn run(target: &str, bytes: &[u8]) {
    let (_, run) = airssys_wasm::fuzzing::TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .expect("a target");
    run(bytes);
}
