//! Makes an HTTP request and says what came of it.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, Method, OutgoingBody, OutgoingRequest, OutgoingResponse,
    RequestOptions,
    Scheme,
};
use wasip2::io::streams::StreamError;

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// `METHOD SCHEME AUTHORITY PATH`, then lines of `header NAME VALUE`, `body TEXT`, `bytes NUMBER`,
    /// `trailer NAME VALUE`, `unfinished` and `connect`, `first-byte` or `between-bytes` with milliseconds.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        let said = request(input.text()?).unwrap_or_else(|error| format!("error {error}"));
        Ok(ComponentOutput::text(said))
    }
}

/// Finishes a body after two writes of so much, and with a trailer.
fn finish(body: OutgoingBody, text: &str) -> Result<(), String> {
    let stream = body.write().map_err(|()| "written already")?;
    for _ in 0..2 {
        stream.check_write().map_err(|error| format!("{error:?}"))?;
        stream.write(text.as_bytes()).map_err(|error| format!("{error:?}"))?;
    }
    drop(stream);
    let trailers = Fields::new();
    trailers.append("a", &text.as_bytes()[..text.len() / 2]).map_err(|error| format!("{error:?}"))?;
    OutgoingBody::finish(body, Some(trailers)).map_err(|error| format!("{error:?}"))
}

/// `fields NUMBER BYTES`, or `methods`, `authorities`, `paths`, and `bodies` or `responses` whose bodies are finished: makes
/// so many and keeps them, as far as it may.
fn hold(said: &str) -> Result<String, String> {
    let words: Vec<&str> = said.split(' ').collect();
    let [what, number, bytes] = words[..] else {
        return Err("say what to hold".into());
    };
    let (number, bytes) = (number.parse::<usize>().unwrap(), bytes.parse::<usize>().unwrap());
    let mut fields = Vec::new();
    let mut requests = Vec::new();
    let mut responses = Vec::new();
    let text = "a".repeat(bytes);
    for _ in 0..number {
        if what == "fields" {
            let one = Fields::new();
            one.append("a", text.as_bytes()).map_err(|error| format!("{error:?}"))?;
            fields.push(one);
            continue;
        }
        if what == "responses" {
            let response = OutgoingResponse::new(Fields::new());
            finish(response.body().map_err(|()| "no body")?, &text)?;
            responses.push(response);
            continue;
        }
        let request = OutgoingRequest::new(Fields::new());
        if what == "bodies" {
            finish(request.body().map_err(|()| "no body")?, &text)?;
            requests.push(request);
            continue;
        }
        let set = match what {
            "methods" => request.set_method(&Method::Other(text.clone())),
            "authorities" => request.set_authority(Some(&text)),
            _ => request.set_path_with_query(Some(&format!("/{text}"))),
        };
        set.map_err(|()| what)?;
        requests.push(request);
    }
    Ok(format!("held {}", fields.len() + requests.len() + responses.len()))
}

fn request(script: &str) -> Result<String, String> {
    if let Some(rest) = script.strip_prefix("hold ") {
        return hold(rest);
    }
    let mut lines = script.lines();
    let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, scheme, authority, path] = first[..] else {
        return Err("say what to request".into());
    };
    let fields = Fields::new();
    let trailers = Fields::new();
    let options = RequestOptions::new();
    let (mut body, mut has_trailers, mut is_unfinished) = (Vec::new(), false, false);
    for line in lines {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let time = Some(rest.parse::<u64>().unwrap_or_default() * 1_000_000);
        match what {
            "header" => fields
                .append(name, value.as_bytes())
                .map_err(|error| format!("{error:?}"))?,
            "trailer" => {
                has_trailers = true;
                trailers
                    .append(name, value.as_bytes())
                    .map_err(|error| format!("{error:?}"))?;
            }
            "body" => body.extend_from_slice(rest.as_bytes()),
            "bytes" => body.resize(rest.parse().unwrap(), b'x'),
            "unfinished" => is_unfinished = true,
            "connect" => options.set_connect_timeout(time).unwrap(),
            "first-byte" => options.set_first_byte_timeout(time).unwrap(),
            "between-bytes" => options.set_between_bytes_timeout(time).unwrap(),
            _ => return Err(format!("what is {what}?")),
        }
    }
    let request = OutgoingRequest::new(fields);
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.into()),
    };
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    request.set_method(&method).map_err(|()| "method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "path")?;
    let outgoing = request.body().map_err(|()| "body")?;
    let response = outgoing_handler::handle(request, Some(options)).map_err(said)?;
    let has_body = !body.is_empty();
    if has_body {
        let stream = outgoing.write().map_err(|()| "write")?;
        for part in body.chunks(4_096) {
            // A server that has answered need not read the rest.
            if stream.blocking_write_and_flush(part).is_err() {
                break;
            }
        }
    }
    if is_unfinished {
        drop(outgoing);
    } else {
        OutgoingBody::finish(outgoing, has_trailers.then_some(trailers)).map_err(said)?;
    }
    read(&response)
}

fn read(response: &FutureIncomingResponse) -> Result<String, String> {
    response.subscribe().block();
    let response = response.get().ok_or("nothing")?.map_err(|()| "twice")?.map_err(said)?;
    let mut text = format!("{}\n", response.status());
    for (name, value) in response.headers().entries() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
    }
    text.push('\n');
    let body = response.consume().map_err(|()| "consume")?;
    let stream = body.stream().map_err(|()| "stream")?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(part) => bytes.extend(part),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                let code = wasip2::http::types::http_error_code(&error);
                return Err(format!("after {} bytes: {code:?}", bytes.len()));
            }
        }
    }
    drop(stream);
    match bytes.len() {
        ..10_000 => text.push_str(&String::from_utf8_lossy(&bytes)),
        length => text.push_str(&format!("{length} bytes")),
    }
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    if let Some(Ok(Ok(Some(trailers)))) = trailers.get() {
        for (name, value) in trailers.entries() {
            text.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(&value)));
        }
    }
    Ok(text)
}

fn said(code: ErrorCode) -> String {
    format!("{code:?}")
}
