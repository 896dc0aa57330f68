//! What a component is called with, and the configuration it is deployed with.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};

use super::files;
use crate::exit::Failure;
use airssys_wasm::component::{MAX_MESSAGE_BYTES, Message};

/// Reads an input: `-` is standard input, `@file` a file, everything else is itself.
pub(crate) fn message(input: &str, content_type: Option<&str>) -> anyhow::Result<Message> {
    let mut message = match input.strip_prefix('@') {
        Some(path) => Message::bytes(files::read(Path::new(path))?),
        None if input == "-" => {
            let mut bytes = Vec::new();
            // One byte more than is allowed, so that a host refuses what is too long.
            let mut limited = io::stdin().lock().take(MAX_MESSAGE_BYTES as u64 + 1);
            limited
                .read_to_end(&mut bytes)
                .context("standard input cannot be read")?;
            Message::bytes(bytes)
        }
        None => Message::text(input),
    };
    if std::str::from_utf8(&message.body).is_ok() {
        message.content_type = Message::text("").content_type;
    }
    if let Some(content_type) = content_type {
        message.content_type = content_type.into();
    }
    Ok(message)
}

/// Reads a configuration: a file with one JSON object.
pub(crate) fn config(path: &Path) -> anyhow::Result<Map<String, Value>> {
    let text = files::read(path)?;
    let refuse = |reason: String| {
        let help = "write one JSON object, for example `{\"greeting\": \"Hello\"}`";
        Failure::usage("invalid-config", format!("{}{reason}", path.display()), help)
    };
    let value: Value = serde_json::from_slice(&text).map_err(|error| {
        let said = error.to_string();
        // serde_json ends its message with the place, which stands in front here.
        let reason = said.split(" at line ").next().unwrap_or(&said);
        refuse(format!(":{}:{}: {reason}", error.line(), error.column()))
    })?;
    match value {
        Value::Object(config) => Ok(config),
        _ => Err(refuse(":1:1: it is not a JSON object".into()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_text_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        std::fs::write(&path, [0xff, 0]).unwrap();
        let file = format!("@{}", path.display());
        assert_eq!(message("hello", None).unwrap(), Message::text("hello"));
        assert_eq!(message(&file, None).unwrap(), Message::bytes([0xff, 0]));
        assert_eq!(
            message("{}", Some("application/json")).unwrap().content_type,
            "application/json"
        );
        assert!(message("@/nowhere", None).unwrap_err().to_string().contains("/nowhere"));
    }

    #[test]
    fn a_bad_configuration_has_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let check = |text: &str, part: &str| {
            std::fs::write(&path, text).unwrap();
            let error = config(&path).unwrap_err().to_string();
            assert!(error.ends_with(part), "{error}");
        };
        check("{\n  \"a\": nope\n}", "config.json:2:9: expected ident");
        check("[1]", "config.json:1:1: it is not a JSON object");
        check("", "config.json:1:0: EOF while parsing a value");
        std::fs::write(&path, "{\"a\": 1}").unwrap();
        assert_eq!(config(&path).unwrap()["a"], 1);
    }
}
