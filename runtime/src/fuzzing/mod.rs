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

/// The targets, by name; each has seeds in `tests/fuzz/corpus/`.
pub const TARGETS: &[(&str, Target)] = &[
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
