//! `GET /` where no component is: what is there to ask for.

use std::fmt::Write as _;

use http::request::Parts;
use http::{HeaderValue, Method, Response, header};

use super::answer::{ResponseBody, full};
use super::refusal::Refusal;
use crate::component::Kind;
use crate::host::Host;

/// A list of the routes and of what can be called: HTML for browsers, text for others.
pub(super) fn page(host: &Host, request: &Parts) -> Result<Response<ResponseBody>, Refusal> {
    if request.method != Method::GET && request.method != Method::HEAD {
        return Err(Refusal::method("GET, HEAD"));
    }
    let accepted = request
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let is_html = accepted.is_some_and(|accepted| accepted.contains("text/html"));
    let (body, content_type) = match is_html {
        true => (html(host), "text/html; charset=utf-8"),
        false => (text(host), "text/plain; charset=utf-8"),
    };
    let mut response = Response::new(full(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // It has no scripts and no frames, and needs nothing from elsewhere.
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn text(host: &Host) -> String {
    let mut text = String::new();
    for (route, name) in host.http_routes() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{route}  {name}");
    }
    for (path, kind) in called(host) {
        let _ = writeln!(text, "POST {path}  {kind}");
    }
    if text.is_empty() {
        text.push_str("nothing is deployed\n");
    }
    text
}

fn html(host: &Host) -> String {
    let mut page =
        String::from("<!doctype html><meta charset=\"utf-8\"><title>components</title><h1>Components</h1><ul>\n");
    for (route, name) in host.http_routes() {
        let (start, route) = (escaped(&route.start()), escaped(route.as_str()));
        let _ = writeln!(page, "<li><a href=\"{start}\">{route}</a> {}", escaped(name.as_str()));
    }
    for (path, kind) in called(host) {
        let _ = writeln!(page, "<li><code>POST {}</code> {}", escaped(&path), escaped(&kind));
    }
    page.push_str("</ul>\n");
    page
}

/// The paths under which components are called, and what each is.
fn called(host: &Host) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for status in host.status() {
        let (name, kind) = (&status.release.name, status.release.kind);
        match kind {
            Kind::Http => continue,
            Kind::Library => paths.push((format!("/call/{name}/EXPORT"), kind.to_string())),
            Kind::Guest | Kind::Command => paths.push((format!("/call/{name}"), kind.to_string())),
        }
    }
    paths
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_html_is_escaped() {
        assert_eq!(escaped("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    }
}
