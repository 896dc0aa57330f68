//! `POST /call/NAME`: a call with a message, or, with the name of an export, a typed call.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::Value as Json;

use super::answer::{OF_ORIGIN, ResponseBody, full};
use super::charge::Charge;
use super::connection::Shared;
use super::origin::check_origin;
use super::refusal::Refusal;
use super::text::text;
use super::{body, json};
use crate::component::{ComponentName, MAX_MESSAGE_BYTES, Message};
use crate::error::Error;
use crate::typed::{ByteForm, Invocation};

/// The most metadata of an answer that become headers, and the most bytes that they may have together.
const MAX_ANSWERED: usize = 100;
const MAX_ANSWERED_BYTES: usize = 32 << 10;

/// Headers that concern the connection or the body as it is sent, and not the message.
const OF_CONNECTION: [HeaderName; 13] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::DATE,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
];

/// Answers `POST /call/CALLED`.
pub(super) async fn call(
    shared: &Shared,
    called: &str,
    request: Parts,
    incoming: Incoming,
) -> Result<Response<ResponseBody>, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::method("POST"));
    }
    check_origin(&request.headers, &shared.options.allowed_origins)?;
    let Target { name, export } = target(called, request.uri.query())?;
    // What is not there is not waited for.
    shared.host.release(&name)?;
    if export.is_some() && !is_json(&request.headers) {
        let message = "the arguments of a typed call are of the type `application/json`";
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            message,
        ));
    }
    // Held until the answer is with the client.
    let mut charge = Charge::new(&shared.call_memory);
    let limit = MAX_MESSAGE_BYTES as u64;
    let bytes = body::read(incoming, limit, shared.options.body_timeout, &mut charge).await?;
    match export {
        Some(export) => {
            let invocation = invocation(export, &bytes, &mut charge)?;
            drop(bytes);
            let value = shared.host.invoke(&name, invocation).await?;
            let text = text(&value.to_json(ByteForm::default()))?;
            drop(value);
            Ok(answered("application/json", charge.answer(text)?, &[]))
        }
        None => {
            let message = message(&request.headers, bytes);
            let answer = shared.host.call(&name, message).await?;
            let body = charge.answer(answer.body)?;
            Ok(answered(&answer.content_type, body, &answer.metadata))
        }
    }
}

/// What is called.
struct Target {
    name: ComponentName,
    export: Option<String>,
}

/// Reads `NAME`, `NAME/EXPORT`, or `NAME` with the query `invoke=EXPORT`.
fn target(called: &str, query: Option<&str>) -> Result<Target, Refusal> {
    let unreadable = || Refusal::bad_request("the path has the form `/call/NAME` or `/call/NAME/EXPORT`");
    let (name, export) = match called.split_once('/') {
        Some((name, export)) => (name, Some(export)),
        None => (called, None),
    };
    let name = decoded(name).ok_or_else(unreadable)?;
    let name = name.parse::<ComponentName>().map_err(Error::from)?;
    let mut exports = Vec::new();
    let asked = query.into_iter().flat_map(|query| query.split('&'));
    let asked = asked.filter_map(|pair| pair.strip_prefix("invoke="));
    for export in export.into_iter().chain(asked) {
        exports.push(
            decoded(export)
                .filter(|export| !export.is_empty())
                .ok_or_else(unreadable)?,
        );
    }
    if exports.len() > 1 {
        return Err(Refusal::bad_request("one request calls one export"));
    }
    Ok(Target {
        name,
        export: exports.pop(),
    })
}

/// A text without its percent signs; none when it is not UTF-8, or has a percent sign that means nothing.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(said) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let essence = said.to_str().ok().and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads the arguments: a list, or an object of them by name; nothing stands for none.
fn invocation(export: String, bytes: &[u8], charge: &mut Charge) -> Result<Invocation, Refusal> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Invocation::json(export, Vec::new()));
    }
    match json::parse(bytes, charge)? {
        Json::Array(values) => Ok(Invocation::json(export, values)),
        Json::Object(values) => Ok(Invocation::json_by_name(export, values)),
        _ => Err(Refusal::bad_request(
            "the arguments are a JSON array, or an object of them by name",
        )),
    }
}

/// The message of a request.
fn message(headers: &HeaderMap, body: Vec<u8>) -> Message {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let content_type = headers.get(header::CONTENT_TYPE).and_then(text);
    let carried = headers.iter().filter(|(name, _)| !OF_CONNECTION.contains(name));
    let metadata = carried.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)));
    Message {
        content_type: content_type.unwrap_or_else(|| "application/octet-stream".into()),
        body,
        metadata: metadata.collect(),
    }
}

/// The response that an answer makes; what of its metadata can be no header is left out.
fn answered(
    content_type: &str,
    body: impl Into<bytes::Bytes>,
    metadata: &[(String, String)],
) -> Response<ResponseBody> {
    let mut response = Response::new(full(body));
    let headers = response.headers_mut();
    let mut left = MAX_ANSWERED_BYTES;
    for (name, value) in metadata.iter().take(MAX_ANSWERED) {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            continue;
        };
        let Some(less) = left.checked_sub(name.as_str().len() + value.len()) else {
            break;
        };
        // What other pages may read of it is not for a component to say.
        if OF_CONNECTION.contains(&name) || OF_ORIGIN.contains(&name) || name.as_str().starts_with("access-control-") {
            continue;
        }
        left = less;
        headers.append(name, value);
    }
    let content_type = HeaderValue::try_from(content_type);
    headers.insert(
        header::CONTENT_TYPE,
        content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    #[test]
    fn a_path_names_a_component_and_an_export() {
        let check = |called: &str, query: Option<&str>, expected: Option<(&str, Option<&str>)>| {
            let found = target(called, query).ok();
            let found = found
                .as_ref()
                .map(|found| (found.name.as_str(), found.export.as_deref()));
            assert_eq!(found, expected, "{called} {query:?}");
        };
        check("greeter", None, Some(("greeter", None)));
        check("acme:greeter", None, Some(("acme:greeter", None)));
        check("acme%3Agreeter", None, Some(("acme:greeter", None)));
        check("math/add", None, Some(("math", Some("add"))));
        check("math", Some("a=b&invoke=add"), Some(("math", Some("add"))));
        check(
            "shop/acme:shop/cart@1.0.0%23total",
            None,
            Some(("shop", Some("acme:shop/cart@1.0.0#total"))),
        );
        for bad in ["", "Greeter", "..", "a/", "a%", "a%2", "a%+1", "a%ff", "a/%ff"] {
            check(bad, None, None);
        }
        check("math/add", Some("invoke=add"), None);
        check("math", Some("invoke=a&invoke=b"), None);
    }

    #[test]
    fn arguments_are_a_list_or_an_object() {
        let free = Arc::new(Semaphore::new(1));
        let check = |bytes: &str| invocation("add".into(), bytes.as_bytes(), &mut Charge::new(&free)).is_ok();
        assert!(check("") && check(" \n") && check("[1, 2]") && check("{\"a\": 1}"));
        assert!(!check("1") && !check("[1") && !check("[1] 2") && !check("null"));
        assert!(!check(&"[".repeat(100_000)));
        assert!(!check(&format!("{}{}", "[".repeat(200), "]".repeat(200))));
    }

    #[test]
    fn only_what_can_be_a_header_becomes_one() {
        let metadata: Vec<(String, String)> = [
            ("x-trace", "abc"),
            ("X-Trace", "def"),
            ("bad name", "x"),
            ("x-split", "a\r\nset-cookie: b"),
            ("content-length", "7"),
            ("Transfer-Encoding", "chunked"),
            ("access-control-allow-origin", "*"),
            ("clear-site-data", "\"*\""),
        ]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        let response = answered("text/plain\n", "", &metadata);
        let headers = response.headers();
        assert_eq!(headers.get_all("x-trace").iter().count(), 2);
        assert_eq!(headers.len(), 4, "{headers:?}");
        assert_eq!(headers["content-type"], "application/octet-stream");
        let many = vec![("x-a".to_owned(), "b".repeat(1_000)); 200];
        assert!(answered("text/plain", "", &many).headers().len() < 40);
    }
}
