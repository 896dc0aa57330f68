//! `call`: calls to a deployed component, with a message or by its own exports.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use clap::{Parser, ValueEnum};
use serde_json::{Value as Json, json};

use super::rollout::listener;
use super::verb::{Context, Verb};
use crate::exit::{advice, explain};
use crate::ops::host::{self, Listener, Setting};
use crate::ops::learn::Lesson;
use crate::ops::{files, input};
use crate::shell::seconds;
use airssys_wasm::component::{ComponentName, Limit, Message};
use airssys_wasm::control::{Client, Rendered};
use airssys_wasm::typed::ByteForm;
use airssys_wasm::{Error, Event};

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
    #[arg(long, value_name = "TYPE", conflicts_with = "invoke")]
    content_type: Option<String>,
    /// A name and a value that go with the message, as in `tenant=acme`; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = input::pair, conflicts_with = "invoke")]
    metadata: Vec<(String, String)>,
    /// Call an export by its own types: `EXPORT(ARGUMENTS)` in WAVE, or `EXPORT` with the arguments as the input;
    /// several calls run in order on one instance
    #[arg(long, value_name = "CALL")]
    invoke: Vec<String>,
    /// Read the arguments of `--invoke` as JSON, and print results as JSON
    #[arg(long, requires = "invoke")]
    json: bool,
    /// Write a core dump into this directory when the component traps
    #[arg(long, value_name = "DIR")]
    coredump: Option<PathBuf>,
    /// Write a profile of the call to this file, for the Firefox Profiler
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Say at the end which `[capabilities]` it would have to ask for to get what it was denied
    #[arg(long)]
    learn: bool,
    /// How `list<u8>` is printed as JSON
    #[arg(long, value_name = "FORM", default_value = "array", requires = "json")]
    bytes: Bytes,
}

/// How `list<u8>` is printed as JSON.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bytes {
    // An array of numbers.
    Array,
    // {"base64": "…"}
    Base64,
    // {"text": "…"} where the bytes are UTF-8
    Text,
}

impl Verb for Call {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("call hello world", "with a text"),
        ("call hello @order.json --content-type application/json", "with a file"),
        ("call hello - < picture.png > answer.png", "from and to a pipe"),
        ("call math --invoke 'add(1, 2)'", "an export of its own"),
        ("call shop --json --invoke 'total({\"id\": 7})'", "the same in JSON"),
        ("call hello world --learn", "and what it should ask for"),
        ("call hello world --profile hello.json", "profiled"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        if self.invoke.is_empty() {
            self.send(&name, context)
        } else {
            self.invoke(&name, context)
        }
    }
}

impl Call {
    fn send(&self, name: &ComponentName, context: &Context) -> anyhow::Result<()> {
        let mut message = input::message(&self.input, self.content_type.as_deref())?;
        message.metadata = self.metadata.clone();
        let call = async |client: &Client| client.call_metered(name, message).await;
        let (called, seconds) = self.on_host(context, name, call)?;
        if context.shell.is_json() {
            let value = answered(&called.answer, seconds, called.fuel);
            return Ok(context.shell.result("", &value)?);
        }
        context.shell.bytes(&called.answer.body)?;
        tell_fuel(context, name.as_str(), called.fuel);
        Ok(())
    }

    fn invoke(&self, name: &ComponentName, context: &Context) -> anyhow::Result<()> {
        let invocations = input::invocations(&self.invoke, &self.input, self.json)?;
        let exports: Vec<String> = invocations.iter().map(|call| call.export().to_owned()).collect();
        let form = self.byte_form();
        let beneath = RefCell::new(None);
        let invoke = async |client: &Client| {
            let results = client.invoke_all(name, invocations, form).await?;
            if let Some(Err(error)) = results.last() {
                *beneath.borrow_mut() = ceiling_below(client, name, error).await;
            }
            Ok(results)
        };
        let (results, seconds) = self.on_host(context, name, invoke)?;
        let (mut values, mut failure) = (Vec::new(), None);
        for result in results {
            match result {
                Ok(value) => values.push(value),
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.map(|error| with_ceiling(error.into(), beneath.into_inner(), context.program));
        if context.shell.is_json() {
            let results: Vec<Json> = exports
                .iter()
                .zip(&values)
                .map(|(export, value)| {
                    let mut result = json!({ "export": export, "wave": value.wave, "value": value.json });
                    if let Some(fuel) = value.fuel {
                        result["fuel"] = fuel.into();
                    }
                    result
                })
                .collect();
            let results = json!({ "results": results, "seconds": seconds });
            return match failure {
                Some(error) => Err(explain(&error, context.program).with_result(results).into()),
                None => Ok(context.shell.result("", &results)?),
            };
        }
        // What was answered before a failure is printed before it.
        for (export, value) in exports.iter().zip(&values) {
            context.shell.result(self.text(value), &())?;
            tell_fuel(context, export, value.fuel);
        }
        failure.map_or(Ok(()), Err)
    }

    fn text(&self, value: &Rendered) -> String {
        match self.json {
            true => value.json.to_string(),
            false => value.wave.clone(),
        }
    }

    fn byte_form(&self) -> ByteForm {
        match self.bytes {
            Bytes::Array => ByteForm::Array,
            Bytes::Base64 => ByteForm::Base64,
            Bytes::Text => ByteForm::Text,
        }
    }

    /// Calls on the host of the state directory; says how many seconds the call took.
    fn on_host<T>(
        &self,
        context: &Context,
        name: &ComponentName,
        call: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> anyhow::Result<(T, f64)> {
        let place = context.state()?;
        if !place.exists() {
            return Err(Error::UnknownComponent {
                name: name.clone(),
                nearest: None,
            }
            .into());
        }
        let setting = Setting {
            core_dumps: self.coredump.clone(),
            profiles: self.profile.is_some(),
            learns: self.learn,
            max_calls: None,
        };
        let recorded = Arc::<Mutex<Option<Arc<[u8]>>>>::default();
        let _spinner = context.shell.spin(format_args!("calling {name}"));
        let (lesson, asked) = (Lesson::default(), RefCell::new(None));
        let beneath = RefCell::new(None);
        let timed = async |client: &Client| {
            if self.learn {
                *asked.borrow_mut() = Some(client.release(name).await?.requests);
            }
            let begin = Instant::now();
            match call(client).await {
                Ok(answer) => Ok((answer, seconds(begin.elapsed()))),
                Err(error) => {
                    *beneath.borrow_mut() = ceiling_below(client, name, &error).await;
                    Err(error)
                }
            }
        };
        let mut listener = keeping_profiles(listener(&context.shell), recorded.clone());
        if self.learn {
            listener = lesson.listener(listener);
        }
        let outcome = host::with_setting(&place, listener, setting, timed);
        if let Some(asked) = asked.take() {
            context.shell.lesson(name, lesson.block(name, &asked))?;
        }
        let profile = recorded.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(path), Some(profile)) = (&self.profile, profile) {
            files::write(path, &profile)?;
            let place = path.display();
            context.shell.note(format_args!(
                "the profile is in {place}: open it at https://profiler.firefox.com"
            ));
        }
        outcome.map_err(|error| with_ceiling(error, beneath.into_inner(), context.program))
    }
}

/// The operator's ceiling of the limit that a call has hit, when it is lower than what would help.
async fn ceiling_below(client: &Client, name: &ComponentName, error: &Error) -> Option<(Limit, u64)> {
    let (limit, wanted) = advice::raised(error)?;
    // What cannot be asked is not said.
    let status = client.status().await.ok()?;
    let status = status.into_iter().find(|status| status.release.name == *name)?;
    let usage = status.limits.into_iter().find(|usage| usage.limit == limit)?;
    (wanted > usage.ceiling).then_some((limit, usage.ceiling))
}

/// The same error, with the ceiling in its help.
fn with_ceiling(error: anyhow::Error, beneath: Option<(Limit, u64)>, program: &str) -> anyhow::Error {
    match beneath {
        Some((limit, ceiling)) => {
            let more = advice::beneath(limit, ceiling);
            explain(&error, program).with_more_help(&more).into()
        }
        None => error,
    }
}

/// A listener that keeps the last profile, and passes everything else on.
fn keeping_profiles(listener: Listener, profile: Arc<Mutex<Option<Arc<[u8]>>>>) -> Listener {
    Arc::new(move |event| match event {
        Event::CallProfiled { profile: taken, .. } => {
            *profile.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken.clone());
        }
        event => listener(event),
    })
}

/// Says how much fuel a call took, where that is metered.
fn tell_fuel(context: &Context, what: &str, fuel: Option<u64>) {
    if let Some(fuel) = fuel {
        context.shell.note(format_args!("{what} used {fuel} units of fuel"));
    }
}

/// An answer for programs; bytes that are no text become `body_base64`.
fn answered(answer: &Message, seconds: f64, fuel: Option<u64>) -> Json {
    let mut value = json!({
        "content_type": answer.content_type,
        "metadata": answer.metadata,
        "seconds": seconds,
    });
    if let Some(fuel) = fuel {
        value["fuel"] = fuel.into();
    }
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
        let text = answered(&Message::text("hello"), 0.5, Some(7));
        assert_eq!((&text["body"], &text["fuel"]), (&"hello".into(), &7.into()));
        let binary = answered(&Message::bytes([0xff, 0xfe]), 0.5, None);
        assert!(binary.get("fuel").is_none());
        assert_eq!(binary["body_base64"], "//4=");
        assert!(binary.get("body").is_none());
    }
}
