//! Answers with what comes in, in capitals, while it comes in; a request for `/endless` gets lines without end, in each of
//! which is the time at which it was written.

use std::time::SystemTime;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingBody, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::StreamError;

struct Streams;

impl Guest for Streams {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let is_endless = request.path_with_query().unwrap_or_default().ends_with("/endless");
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().unwrap();
        ResponseOutparam::set(outparam, Ok(response));
        let stream = body.write().unwrap();
        if is_endless {
            loop {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                let line = format!("{:4095}\n", now.as_millis());
                if stream.blocking_write_and_flush(line.as_bytes()).is_err() {
                    break;
                }
            }
            return;
        }
        let incoming = request.consume().unwrap();
        let reading = incoming.stream().unwrap();
        loop {
            match reading.blocking_read(4_096) {
                Ok(bytes) => stream.blocking_write_and_flush(&bytes.to_ascii_uppercase()).unwrap(),
                Err(StreamError::Closed) => break,
                // The response is left without an end, so that the client sees that it is not whole.
                Err(StreamError::LastOperationFailed(_)) => return,
            }
        }
        drop(reading);
        IncomingBody::finish(incoming);
        drop(stream);
        OutgoingBody::finish(body, None).unwrap();
    }
}

wasip2::http::proxy::export!(Streams);
