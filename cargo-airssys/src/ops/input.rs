//! What a component is called with, and the configuration it is deployed with.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};

use super::files;
use crate::exit::Failure;
use airssys_wasm::component::{MAX_MESSAGE_BYTES, Message};
use airssys_wasm::typed::Invocation;

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

/// Reads a name and its value: `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is not of the form `NAME=VALUE`".into()),
    }
}

/// Reads typed calls: `EXPORT(ARGUMENTS)`, or `EXPORT` with its arguments in the input.
pub(crate) fn invocations(calls: &[String], input: &str, json: bool) -> anyhow::Result<Vec<Invocation>> {
    let is_whole = |call: &String| call.contains('(');
    if calls.iter().all(is_whole) && !input.is_empty() {
        let message = "there are arguments both in the call and in the input";
        let help = "write them into the call, `--invoke 'EXPORT(ARGUMENTS)'`, or leave `--invoke EXPORT` bare";
        return Err(Failure::usage("invalid-arguments", message, help).into());
    }
    let input = match calls.iter().all(is_whole) {
        true => String::new(),
        false => message(input, None)?.to_text().trim().to_owned(),
    };
    let read = |call: &String| match (is_whole(call), json) {
        (true, false) => Ok(Invocation::wave(call)?),
        (true, true) => Ok(Invocation::json_text(call)?),
        (false, false) if input.starts_with('(') => Ok(Invocation::wave(&format!("{call}{input}"))?),
        (false, false) => Ok(Invocation::wave(&format!("{call}({input})"))?),
        (false, true) => of_json(call, &input),
    };
    calls.iter().map(read).collect()
}

/// An array has the arguments in order, an object has them by name.
fn of_json(export: &str, input: &str) -> anyhow::Result<Invocation> {
    if input.is_empty() {
        return Ok(Invocation::json(export, Vec::new()));
    }
    let refuse = |reason: String| {
        let help = "write an array of the arguments, `[1, 2]`, or an object of them by name, `{\"a\": 1, \"b\": 2}`";
        Failure::usage("invalid-arguments", format!("the input {reason}"), help)
    };
    match serde_json::from_str(input) {
        Ok(Value::Array(arguments)) => Ok(Invocation::json(export, arguments)),
        Ok(Value::Object(arguments)) => Ok(Invocation::json_by_name(export, arguments)),
        Ok(_) => Err(refuse("is neither a JSON array nor an object".into()).into()),
        Err(error) => Err(refuse(format!("is no JSON: {error}")).into()),
    }
}

/// Reads a configuration: a file with one JSON object.
pub(crate) fn config(path: &Path) -> anyhow::Result<Map<String, Value>> {
    let text = files::read_text(path)?;
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
    fn calls_are_whole_or_take_their_arguments_from_the_input() {
        let read = |call: &str, input: &str, json| invocations(&[call.to_owned()], input, json);
        let whole = read("add(1, 2)", "", false).unwrap();
        assert_eq!(read("add", "1, 2", false).unwrap(), whole);
        assert_eq!(read("add", "(1, 2)", false).unwrap(), whole);
        let whole = read("add(1, 2)", "", true).unwrap();
        assert_eq!(read("add", "[1, 2]", true).unwrap(), whole);
        assert_ne!(read("add", r#"{"a": 1, "b": 2}"#, true).unwrap(), whole);
        assert_eq!(read("now", "", true).unwrap(), read("now()", "", true).unwrap());
        for (call, input, json) in [("add(1)", "2", false), ("add", "1", true), ("add", "nope", true)] {
            assert!(read(call, input, json).is_err(), "{call} {input}");
        }
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
