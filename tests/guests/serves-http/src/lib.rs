//! Answers HTTP requests with its release, and with what it was asked.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

/// Tests change it to tell releases apart.
static RELEASE: &str = "release-1";

struct Serves;

impl Guest for Serves {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let asked = request.path_with_query().unwrap_or_default();
        let release = std::hint::black_box(RELEASE);
        let mut text = format!("{release} {:?} {asked}\n", request.method());
        if asked.ends_with("?headers") {
            for (name, value) in request.headers().entries() {
                text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
            }
        }
        let fields = Fields::from_list(&[("content-type".to_owned(), b"text/plain".to_vec())]).unwrap();
        let response = OutgoingResponse::new(fields);
        if let Some((_, status)) = asked.split_once("?status=") {
            response.set_status_code(status.parse().unwrap()).unwrap();
        }
        let body = response.body().unwrap();
        ResponseOutparam::set(outparam, Ok(response));
        let stream = body.write().unwrap();
        // A client that asked for the header alone takes no body.
        let _ = stream.blocking_write_and_flush(text.as_bytes());
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}

wasip2::http::proxy::export!(Serves);
