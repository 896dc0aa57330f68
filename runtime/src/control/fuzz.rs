//! Any bytes, as if they came over the socket.
#![allow(clippy::expect_used, reason = "a fuzzer ends where something fails")]

use std::path::Path;

use super::frame::{self, Kind, Pace};
use super::json;
use super::protocol::{Opening, Reply, Request, Response, Spoken};

/// The JSON of a request, and of an answer.
pub(crate) fn request(bytes: &[u8]) {
    // Another version of the protocol is told from what is no protocol.
    let _ = serde_json::from_slice::<Spoken>(bytes);
    if let Ok(opening) = json::read::<Opening<Request>>(bytes) {
        let (body, is_lasting) = (opening.request.body(), opening.request.is_lasting());
        assert!(body.is_none_or(|(_, most)| most <= 64 << 20));
        let written = serde_json::to_vec(&opening).expect("a request has a form in JSON");
        let again: Opening<Request> = json::read(&written).expect("what was written");
        assert_eq!(format!("{opening:?}"), format!("{again:?}"));
        assert_eq!(is_lasting, again.request.is_lasting());
    }
    let reply = serde_json::from_slice::<Reply<serde_json::Value, Response>>(bytes);
    if let Ok(Reply::Failed(failure)) = reply {
        let error = failure.into_error(Path::new("/state"));
        // An error that came from elsewhere has one of the known codes, and can be written.
        assert!(!error.code().as_str().is_empty());
        let _ = error.to_string();
    }
}

/// Frames, one after the other.
pub(crate) fn frame(bytes: &[u8]) {
    const LIMIT: usize = 1 << 20;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("this machine runs Tokio").block_on(async {
        let mut rest = bytes;
        loop {
            let kind = match rest.first() {
                Some(2) => Kind::Bytes,
                _ => Kind::Json,
            };
            let before = rest;
            let Ok(payload) = frame::read(&mut rest, kind, LIMIT, Pace::ANY).await else {
                break;
            };
            assert!(payload.len() <= LIMIT);
            let mut written = Vec::new();
            let outcome = frame::write(&mut written, kind, &payload, Pace::ANY).await;
            outcome.expect("memory takes everything");
            assert_eq!(written, before[..before.len() - rest.len()]);
        }
    });
}
