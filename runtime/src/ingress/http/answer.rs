//! The bodies of responses: a component's, which may go on for long, or a text of the host.

use std::convert::Infallible;

use bytes::Bytes;
use http::Response;
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

/// The response of a component.
pub(super) fn of_component(response: Response<engine::ResponseBody>) -> Response<ResponseBody> {
    response.map(|body| body.map_err(|_| Broken).boxed_unsync())
}
