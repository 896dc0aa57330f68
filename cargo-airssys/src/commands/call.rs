//! `call`: one call to a deployed component.

use std::time::Instant;

use base64::Engine as _;
use clap::Parser;
use serde_json::{Value, json};

use super::deploy::listener;
use super::verb::{Context, Verb};
use crate::ops::{host, input};
use crate::shell::seconds;
use airssys_wasm::Error;
use airssys_wasm::component::{ComponentName, Message};

/// Call a deployed component and print its answer
#[derive(Debug, Parser)]
#[command(name = "call")]
pub(super) struct Call {
    /// The component
    name: String,
    /// What to call it with: text, `@FILE` for a file's content, `-` for standard input
    #[arg(default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    input: String,
    /// The media type of the input [default: text/plain, or application/octet-stream when it is not UTF-8]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

impl Verb for Call {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("call hello world", "with a text"),
        ("call hello @order.json --content-type application/json", "with a file"),
        ("call hello - < picture.png > answer.png", "from and to a pipe"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let message = input::message(&self.input, self.content_type.as_deref())?;
        let unknown = || {
            Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            })
        };
        let place = context.state()?;
        let (answer, time) = {
            let _spinner = context.shell.spin(format_args!("calling {name}"));
            let call = async |host: &airssys_wasm::Host| {
                let begin = Instant::now();
                let answer = host.call(&name, message).await?;
                Ok((answer, begin.elapsed()))
            };
            host::with_existing(&place, listener(&context.shell), call, unknown)?
        };
        if context.shell.is_json() {
            return Ok(context.shell.result("", &answered(&answer, seconds(time)))?);
        }
        Ok(context.shell.bytes(&answer.body)?)
    }
}

/// An answer for programs; bytes that are no text become `body_base64`.
fn answered(answer: &Message, seconds: f64) -> Value {
    let mut value = json!({
        "content_type": answer.content_type,
        "metadata": answer.metadata,
        "seconds": seconds,
    });
    match std::str::from_utf8(&answer.body) {
        Ok(text) => value["body"] = text.into(),
        Err(_) => value["body_base64"] = base64::engine::general_purpose::STANDARD.encode(&answer.body).into(),
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_text_where_it_can_be() {
        assert_eq!(answered(&Message::text("hello"), 0.5)["body"], "hello");
        let binary = answered(&Message::bytes([0xff, 0xfe]), 0.5);
        assert_eq!(binary["body_base64"], "//4=");
        assert!(binary.get("body").is_none());
    }
}
