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
            "gives-up-and-computes" => {
                ResponseOutparam::set(outparam, Err(ErrorCode::InternalError(None)));
                loop {
                    std::hint::black_box(0);
                }
            }
            "promises" => ResponseOutparam::set(outparam, Ok(with(&[("content-length", "10")]))),
            "writes-less" => write(outparam, &[("content-length", "10")], b"abc"),
            "writes-more" => write(outparam, &[("content-length", "3")], b"abcdefghij"),
            "has-no-content" => {
                let response = with(&[("content-length", "5")]);
                response.set_status_code(204).unwrap();
                ResponseOutparam::set(outparam, Ok(response));
            }
            "writes-much" => {
                let (body, stream) = begin(outparam);
                // In large pieces, so that much waits to be sent when it has written all.
                let mut left = 8 << 20;
                while left > 0 {
                    stream.subscribe().block();
                    let size = (stream.check_write().unwrap() as usize).min(left);
                    stream.write(&vec![b'a'; size]).unwrap();
                    left -= size;
                }
                drop(stream);
                OutgoingBody::finish(body, None).unwrap();
            }
            "ends-with-trailers" => end_with_trailers(outparam),
            "traps-after-trailers" => {
                end_with_trailers(outparam);
                // Long enough for the client to have all of it.
                std::thread::sleep(std::time::Duration::from_millis(50));
                panic!("after the end");
            }
            "says-for-all" => write(
                outparam,
                &[
                    ("clear-site-data", "\"*\""),
                    ("service-worker-allowed", "/"),
                    ("x-own", "1"),
                ],
                b"well",
            ),
            "splits" => {
                let split = |value: &str| Fields::from_list(&[("x-a".to_owned(), value.as_bytes().to_vec())]).is_err();
                assert!(split("b\r\nset-cookie: c") && split("b\nc") && split("b\0c"));
                assert!(Fields::from_list(&[("transfer-encoding".to_owned(), b"chunked".to_vec())]).is_err());
                finish(outparam, "well");
            }
            "begins-and-reads" => {
                let (body, stream) = begin(outparam);
                stream.blocking_write_and_flush(b"the first half").unwrap();
                let incoming = request.consume().unwrap();
                let reading = incoming.stream().unwrap();
                loop {
                    match reading.blocking_read(1 << 16) {
                        Ok(_) => {}
                        Err(wasip2::io::streams::StreamError::Closed) => break,
                        Err(error) => panic!("{error:?}"),
                    }
                }
                drop(stream);
                OutgoingBody::finish(body, None).unwrap();
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

fn with(headers: &[(&str, &str)]) -> OutgoingResponse {
    let headers: Vec<(String, Vec<u8>)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    OutgoingResponse::new(Fields::from_list(&headers).unwrap())
}

/// Writes as much as it may.
fn write(outparam: ResponseOutparam, headers: &[(&str, &str)], bytes: &[u8]) {
    let response = with(headers);
    let body = response.body().unwrap();
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().unwrap();
    let _ = stream.blocking_write_and_flush(bytes);
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

fn end_with_trailers(outparam: ResponseOutparam) {
    let (body, stream) = begin(outparam);
    stream.blocking_write_and_flush(b"well").unwrap();
    drop(stream);
    let trailers = Fields::from_list(&[("x-sum".to_owned(), b"1".to_vec())]).unwrap();
    OutgoingBody::finish(body, Some(trailers)).unwrap();
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
