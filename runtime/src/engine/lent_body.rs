//! The body of a request while a guest has it: the connection gets it back, whatever the guest keeps.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::Error as WasiError;

use super::http::RequestBody;
use crate::interface::Parts;

/// Why the body of a request ended before it was whole.
#[derive(Debug)]
pub(crate) enum BodyFault {
    /// The connection failed.
    Connection(hyper::Error),
    /// It is larger than this many bytes.
    TooLarge(u64),
    /// Nothing came for too long.
    TooSlow,
}

/// A body that a guest reads.
pub(super) struct LentBody(Arc<Mutex<Lent>>);

struct Lent {
    /// None when it was taken back.
    body: Option<RequestBody>,
    /// What the guest has of it.
    parts: Parts,
    fault: Option<Cow<'static, str>>,
}

impl LentBody {
    /// Lends the body of a request; returns what takes it back.
    pub(super) fn of(request: Request<RequestBody>, guests: Parts) -> (Self, Request<Self>) {
        let (parts, body) = request.into_parts();
        let lent = Arc::new(Mutex::new(Lent {
            body: Some(body),
            parts: guests,
            fault: None,
        }));
        (Self(lent.clone()), Request::from_parts(parts, Self(lent)))
    }

    /// Takes the body back, and says why it broke off, if it did.
    pub(super) fn take_back(&self) -> Option<Cow<'static, str>> {
        let mut lent = self.lent();
        lent.body = None;
        lent.fault.take()
    }

    fn lent(&self) -> MutexGuard<'_, Lent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for LentBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let mut lent = self.lent();
        let Some(body) = &mut lent.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if let Poll::Ready(Some(Err(fault))) = &polled {
            lent.fault = Some(fault.reason());
        }
        let parts = &lent.parts;
        polled.map_ok(|frame| frame.map_data(|data| parts.count(data)))
    }

    fn is_end_stream(&self) -> bool {
        self.lent().body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.lent().body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl BodyFault {
    fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Connection(_) => "the connection ended".into(),
            Self::TooLarge(limit) => format!("it is larger than {limit} bytes").into(),
            Self::TooSlow => "nothing came for too long".into(),
        }
    }
}

impl From<BodyFault> for WasiError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Connection(error) => Self::Hyper(error),
            BodyFault::TooLarge(limit) => Self::HttpRequestBodySize(Some(limit)),
            BodyFault::TooSlow => Self::ConnectionReadTimeout,
        }
    }
}
