//! Every parser that takes what others wrote, as a function of any bytes.
//!
//! None of them may panic or go on without end, and what each promises is asserted: what was read is written and read
//! alike, what is refused is refused shortly.
//! The tests of this workspace run them for a bounded time, `fuzz/` for as long as one likes.

mod access;
mod binary;
mod text;

/// A parser, and what it promises.
pub type Target = fn(&[u8]);

/// The target of this name; a program can look it up when it is compiled.
pub const fn target(name: &str) -> Option<Target> {
    let mut at = 0;
    while at < TARGETS.len() {
        let (own, target) = TARGETS[at];
        if is_same(own.as_bytes(), name.as_bytes()) {
            return Some(target);
        }
        at += 1;
    }
    None
}

/// `==` is not there at that time.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// The targets, by name; each has seeds in `tests/fuzz/corpus/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("audit-log", crate::audit::fuzz::log),
    ("cache-entry", crate::engine::fuzz::cache_entry),
    ("component", binary::component),
    ("deployed", crate::deploy::fuzz::deployed),
    ("frame", crate::control::fuzz::frame),
    ("gate", text::gate),
    ("grant", access::grant),
    ("host-header", crate::ingress::fuzz::host_header),
    ("http-route", text::http_route),
    ("invocation", crate::typed::fuzz::invocation),
    ("lines", crate::engine::fuzz::lines),
    ("log", binary::log),
    ("manifest", text::manifest),
    ("name", text::name),
    ("policy", text::policy),
    ("record", crate::store::fuzz::record),
    ("request", crate::control::fuzz::request),
    ("rule", text::rule),
    ("state", crate::deploy::fuzz::state),
    ("test-case", text::test_case),
];
