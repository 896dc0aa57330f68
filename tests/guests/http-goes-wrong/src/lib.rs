//! Goes wrong in the way that the last part of the path says.

use std::mem::forget;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme,
};
use wasip2::io::streams::OutputStream;

struct GoesWrong;

impl Guest for GoesWrong {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        match path.rsplit('/').next().unwrap_or_default() {
            "traps" => panic!("no answer"),
            "traps-late" => {
                let (_body, stream) = begin(outparam);
                stream.blocking_write_and_flush(b"the first half").unwrap();
                panic!("no more");
            }
            "returns" => forget(outparam),
            "gives-up" => ResponseOutparam::set(outparam, Err(ErrorCode::InternalError(Some("\u{1b}[31m".into())))),
            "leaves" => {
                let (body, stream) = begin(outparam);
                stream.blocking_write_and_flush(b"the first half").unwrap();
                forget((body, stream));
            }
            "switches" => {
                let response = OutgoingResponse::new(Fields::new());
                response.set_status_code(101).unwrap();
                ResponseOutparam::set(outparam, Ok(response));
            }
            "waits" => std::thread::sleep(std::time::Duration::from_secs(3_000_000_000)),
            "computes" => loop {
                std::hint::black_box(0);
            },
            "waits-late" => {
                let (_body, stream) = begin(outparam);
                stream.blocking_write_and_flush(b"the first half").unwrap();
                std::thread::sleep(std::time::Duration::from_secs(3_000_000_000));
            }
            "asks" => finish(outparam, &asks()),
            "reads" => {
                let body = request.consume().unwrap();
                let stream = body.stream().unwrap();
                let mut size = 0;
                while let Ok(bytes) = stream.blocking_read(1 << 16) {
                    size += bytes.len();
                }
                finish(outparam, &format!("{size}"));
            }
            "reads-well" => {
                let body = request.consume().unwrap();
                let stream = body.stream().unwrap();
                loop {
                    match stream.blocking_read(1 << 16) {
                        Ok(_) => {}
                        Err(wasip2::io::streams::StreamError::Closed) => break,
                        Err(error) => panic!("{error:?}"),
                    }
                }
                finish(outparam, "whole");
            }
            _ => finish(outparam, "well"),
        }
    }
}

/// Asks another host, and says what became of it.
fn asks() -> String {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some("127.0.0.1:80")).unwrap();
    request.set_path_with_query(Some("/")).unwrap();
    let sent = outgoing_handler::handle(request, None).unwrap();
    sent.subscribe().block();
    match sent.get() {
        Some(Ok(Err(code))) => format!("{code:?}"),
        _ => "answered".into(),
    }
}

fn begin(outparam: ResponseOutparam) -> (OutgoingBody, OutputStream) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().unwrap();
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().unwrap();
    (body, stream)
}

fn finish(outparam: ResponseOutparam, text: &str) {
    let (body, stream) = begin(outparam);
    stream.blocking_write_and_flush(text.as_bytes()).unwrap();
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

wasip2::http::proxy::export!(GoesWrong);
