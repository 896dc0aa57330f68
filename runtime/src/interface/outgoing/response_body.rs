//! The body of a server's response on its way to the guest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::Error;

use super::fault;
use super::vigil::Vigil;
use crate::interface::network::UnderWay;

/// A body that comes as fast as the guest reads it, and not too slowly.
pub(super) struct ResponseBody {
    coming: Incoming,
    vigil: Vigil,
    between_bytes: Duration,
    /// Runs while nothing comes.
    patience: Option<Pin<Box<Sleep>>>,
    /// Set when it ended or broke off.
    is_over: bool,
    /// The request is under way until it is over: what has come of it and was not read is in memory, also when the
    /// connection has ended.
    under_way: Option<Arc<UnderWay>>,
}

impl ResponseBody {
    pub(super) fn new(coming: Incoming, vigil: Vigil, between_bytes: Duration, under_way: Arc<UnderWay>) -> Self {
        Self {
            coming,
            vigil,
            between_bytes,
            patience: None,
            is_over: false,
            under_way: Some(under_way),
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Err(error) = self.vigil.poll(context) {
            return Poll::Ready(Some(Err(error)));
        }
        match Pin::new(&mut self.coming).poll_frame(context) {
            Poll::Ready(frame) => {
                self.patience = None;
                Poll::Ready(frame.map(|frame| frame.map_err(|error| fault::of_exchange(&error, true))))
            }
            Poll::Pending => {
                let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(self.between_bytes)));
                ready!(patience.as_mut().poll(context));
                Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let polled = ready!(self.poll_next(context));
        if !matches!(polled, Some(Ok(_))) {
            self.is_over = true;
            self.under_way = None;
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.coming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.coming.size_hint()
    }
}
