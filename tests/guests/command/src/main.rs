//! A WASI command: answers in upper case, or ends as its input says.

use std::io::{Read, Write};

fn main() {
    let mut input = String::new();
    if std::io::stdin().read_to_string(&mut input).is_err() {
        std::process::exit(2);
    }
    if let Some(status) = input.strip_prefix("exit ") {
        std::process::exit(status.trim().parse().unwrap_or(1));
    }
    let output = match input.strip_prefix("repeat ").and_then(|n| n.trim().parse().ok()) {
        Some(n) => "x".repeat(n),
        None => input.to_uppercase(),
    };
    if std::io::stdout().write_all(output.as_bytes()).is_err() {
        std::process::exit(3);
    }
    eprintln!("said it");
}
