//! Where and with what was measured.

use std::process::Command;

/// One line for each condition that figures depend on: its name and its value.
pub(crate) fn conditions(date: Option<String>) -> Vec<(&'static str, String)> {
    let cores = std::thread::available_parallelism().map_or_else(|_| "?".into(), |cores| cores.to_string());
    let cpu = first_after("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    vec![
        (
            "date",
            date.unwrap_or_else(|| chrono::Utc::now().format("%Y-%m-%d").to_string()),
        ),
        ("processor", format!("{cpu}, {cores} cores")),
        ("system", format!("{} {}", std::env::consts::OS, kernel.trim())),
        (
            "load in the minute before",
            load.split(' ').next().unwrap_or("").to_owned(),
        ),
        ("compiler", said_by("rustc")),
        ("wasmtime", locked("wasmtime")),
        ("airssys-wasm", env!("CARGO_PKG_VERSION").to_owned()),
    ]
}

fn first_after(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn said_by(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "?".into())
}

/// The version of a dependency in the workspace's lock file.
fn locked(name: &str) -> String {
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    let version = lines.nth(1).and_then(|line| line.strip_prefix("version = "));
    version.unwrap_or("?").trim_matches('"').to_owned()
}
