//! Reports what of the outside it can see.

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// Lists every variable, argument, file and address that it can reach.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        let mut seen = Vec::new();
        seen.extend(std::env::vars().map(|(name, _)| format!("variable {name}")));
        seen.extend(std::env::args().map(|argument| format!("argument {argument}")));
        for path in ["/", ".", "/etc/passwd", "/proc/self/environ", "/tmp"] {
            if std::fs::metadata(path).is_ok() || std::fs::read_dir(path).is_ok() || std::fs::read(path).is_ok() {
                seen.push(format!("file {path}"));
            }
        }
        if std::fs::write("/tmp/airssys-was-here", "x").is_ok() || std::fs::write("was-here", "x").is_ok() {
            seen.push("a writable file".into());
        }
        if std::net::TcpStream::connect("127.0.0.1:1").is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused) {
            seen.push("the loopback network".into());
        }
        if std::net::TcpListener::bind("127.0.0.1:0").is_ok() {
            seen.push("a listening socket".into());
        }
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            seen.push("standard input".into());
        }
        Ok(ComponentOutput::text(seen.join("\n")))
    }
}
