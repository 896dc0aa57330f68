//! The bodies of responses: a component's, which may go on for long, or a text of the host.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderName, Method, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

use crate::engine;

/// The body of a response.
pub(super) type ResponseBody = UnsyncBoxBody<Bytes, Broken>;

/// Why a body ended before it was whole: the connection ends with it.
#[derive(Debug, thiserror::Error)]
#[error("the response was cut off")]
pub(super) struct Broken;

/// A body that is there as a whole.
pub(super) fn full(body: impl Into<Bytes>) -> ResponseBody {
    Full::new(body.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// Headers of responses that hold for all of an origin, and so are not for one component to say.
pub(super) const OF_ORIGIN: [HeaderName; 2] = [
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("service-worker-allowed"),
];

/// How much of a body that no client gets is taken from a component.
const MAX_UNSENT: usize = 1 << 20;

/// The response of a component to a request with this method.
pub(super) fn of_component(method: &Method, response: Response<engine::ResponseBody>) -> Response<ResponseBody> {
    let (mut parts, body) = response.into_parts();
    for name in OF_ORIGIN {
        parts.headers.remove(name);
    }
    if parts.status == StatusCode::NO_CONTENT {
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let has_body =
        *method != Method::HEAD && !matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if has_body {
        return Response::from_parts(parts, body.map_err(|_| Broken).boxed_unsync());
    }
    // To the component it is a response like any other: it writes its body, and may go on after that.
    tokio::spawn(take(body));
    Response::from_parts(parts, full(Bytes::new()))
}

/// Takes a body that is not sent.
async fn take(mut body: engine::ResponseBody) {
    let mut left = MAX_UNSENT;
    while let Some(Ok(frame)) = body.frame().await {
        let size = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(size) else { return };
        left = less;
    }
}
