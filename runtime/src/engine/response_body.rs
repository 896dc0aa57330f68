//! The body of a guest's response on its way to the client: whole, or cut off for everybody to see.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::task::AbortHandle;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// What became of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// All of it was passed on.
    Whole,
    /// The guest did not end it.
    CutOff,
    /// Nobody wanted the rest.
    GivenUp,
}

/// A body that the guest may still be writing.
///
/// What lies under it ends alike when the guest has ended it and when the guest is gone, so that the two are told apart
/// here: a guest's end is announced while its instance still exists.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    written: HyperOutgoingBody,
    /// How much of it is still to come; none when the guest did not say how long it is.
    left: Option<u64>,
    /// Told when the guest writes no more; dropped when it was cut short. None when that was heard.
    ended: Option<oneshot::Receiver<()>>,
    delivery: Delivery,
    /// Whether it breaks off when it is asked next.
    is_breaking_off: bool,
    /// Told what became of it.
    delivered: Option<oneshot::Sender<Delivery>>,
    /// Ends the call when nobody wants the rest.
    call: Option<AbortHandle>,
}

/// A body that was cut off.
#[derive(Debug)]
pub(crate) struct CutOff;

impl ResponseBody {
    pub(super) fn new(
        written: HyperOutgoingBody,
        length: Option<u64>,
        ended: oneshot::Receiver<()>,
        delivered: oneshot::Sender<Delivery>,
    ) -> Self {
        Self {
            written,
            left: length,
            ended: Some(ended),
            delivery: Delivery::GivenUp,
            is_breaking_off: false,
            delivered: Some(delivered),
            call: None,
        }
    }

    /// Has the call end when this is dropped before its end.
    pub(crate) fn end_with(&mut self, call: AbortHandle) {
        self.call = Some(call);
    }

    /// Whether the call was given up: then this ends without the guest having ended it.
    fn is_guest_gone(&mut self) -> bool {
        let is_cut_short = self
            .ended
            .as_mut()
            .is_some_and(|ended| ended.try_recv() == Err(TryRecvError::Closed));
        is_cut_short || self.delivered.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Breaks off, after what was passed on so far had its chance to be sent.
    fn cut_off(&mut self, context: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if !std::mem::replace(&mut self.is_breaking_off, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.delivery = Delivery::CutOff;
        Poll::Ready(Some(Err(CutOff)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.delivery {
            Delivery::GivenUp if self.is_breaking_off => return self.cut_off(context),
            Delivery::GivenUp => {}
            Delivery::Whole | Delivery::CutOff => return Poll::Ready(None),
        }
        loop {
            match Pin::new(&mut self.written).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let (Some(left), Some(data)) = (self.left, frame.data_ref()) {
                        let Some(less) = left.checked_sub(data.len() as u64) else {
                            // What was promised is not all of it.
                            return self.cut_off(context);
                        };
                        self.left = Some(less);
                    }
                    // Nobody asks for the end after it.
                    if frame.is_trailers() {
                        self.delivery = Delivery::Whole;
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                Poll::Ready(Some(Err(_))) => return self.cut_off(context),
                Poll::Ready(None) => {
                    if self.is_guest_gone() {
                        return self.cut_off(context);
                    }
                    self.delivery = Delivery::Whole;
                    return Poll::Ready(None);
                }
                Poll::Pending => match &mut self.ended {
                    // What it wrote is all passed on, and it did not end it.
                    None => return self.cut_off(context),
                    Some(ended) => match Pin::new(ended).poll(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Err(_)) => return self.cut_off(context),
                        // It may have written something since the look above.
                        Poll::Ready(Ok(())) => self.ended = None,
                    },
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.written.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.written.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // Whoever knows its length does not ask for its end.
        if self.delivery == Delivery::GivenUp && (self.left == Some(0) || self.written.is_end_stream()) {
            self.delivery = Delivery::Whole;
        }
        if let Some(delivered) = self.delivered.take() {
            let _ = delivered.send(self.delivery);
        }
        // A guest that writes no more only waits for what was sent just now.
        if self.delivery == Delivery::GivenUp
            && self.ended.is_some()
            && let Some(call) = &self.call
        {
            call.abort();
        }
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the component did not end its response")
    }
}

impl std::error::Error for CutOff {}
