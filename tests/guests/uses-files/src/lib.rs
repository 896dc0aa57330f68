//! Reads, writes and lists files, as its input says.

use std::fs;

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// `read PATH`, `write PATH`, `list PATH` or `changed PATH`.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        let (what, path) = input.text()?.split_once(' ').unwrap_or_default();
        let done = match what {
            "read" => fs::read_to_string(path),
            "write" => fs::write(path, "written").map(|()| "written".into()),
            "list" => list(path),
            "changed" => changed(path),
            _ => return Err(ComponentError::invalid_input("say what to do")),
        };
        match done {
            Ok(text) => Ok(ComponentOutput::text(text)),
            Err(error) => Err(ComponentError::Denied(error.kind().to_string())),
        }
    }
}

fn list(path: &str) -> std::io::Result<String> {
    let names: std::io::Result<Vec<_>> = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect();
    let mut names: Vec<String> = names?.into_iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names.join(" "))
}

fn changed(path: &str) -> std::io::Result<String> {
    let time = fs::metadata(path)?.modified()?;
    Ok(time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs().to_string())
}
