//! The body of a request as it comes in: not larger than its limit, and not too slowly.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::charge::Charge;
use super::refusal::Refusal;
use crate::engine::BodyFault;

/// A body with its bounds.
pub(super) struct Bounded {
    incoming: Incoming,
    left: u64,
    limit: u64,
    pace: Duration,
    /// Made when the body is first waited for.
    timer: Option<Pin<Box<Sleep>>>,
    broken: Broken,
}

/// Which bound a body has exceeded; shared with whoever answers for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Broken(Arc<AtomicU8>);

const TOO_LARGE: u8 = 1;
const TOO_SLOW: u8 = 2;

impl Bounded {
    /// A body of at most `limit` bytes, whose parts are at most `pace` apart.
    pub(super) fn new(incoming: Incoming, limit: u64, pace: Duration) -> (Self, Broken) {
        let broken = Broken::default();
        let bounded = Self {
            incoming,
            left: limit,
            limit,
            pace,
            timer: None,
            broken: broken.clone(),
        };
        (bounded, broken)
    }
}

impl Broken {
    /// The answer to a request whose body exceeded a bound.
    pub(super) fn refusal(&self, limit: u64) -> Option<Refusal> {
        match self.0.load(Ordering::Acquire) {
            TOO_LARGE => Some(Refusal::too_large(limit)),
            TOO_SLOW => Some(Refusal::too_slow("body")),
            _ => None,
        }
    }

    fn set(&self, bound: u8) {
        self.0.store(bound, Ordering::Release);
    }
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let this = &mut *self;
        if let Poll::Ready(polled) = Pin::new(&mut this.incoming).poll_frame(context) {
            this.timer = None;
            let frame = match polled {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(BodyFault::Connection(error)))),
                Some(Ok(frame)) => frame,
            };
            let size = frame.data_ref().map_or(0, |data| data.len() as u64);
            return Poll::Ready(Some(match this.left.checked_sub(size) {
                Some(left) => {
                    this.left = left;
                    Ok(frame)
                }
                None => {
                    this.broken.set(TOO_LARGE);
                    Err(BodyFault::TooLarge(this.limit))
                }
            }));
        }
        let pace = this.pace;
        let timer = this
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + pace)));
        timer.as_mut().poll(context).map(|()| {
            this.broken.set(TOO_SLOW);
            Some(Err(BodyFault::TooSlow))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// How many times the longest pause a whole body may take that is read at once.
const PAUSES: u32 = 10;

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn read(
    incoming: Incoming,
    limit: u64,
    pace: Duration,
    charge: &mut Charge,
) -> Result<Vec<u8>, Refusal> {
    let said = incoming.size_hint().lower();
    if said > limit {
        return Err(Refusal::too_large(limit));
    }
    let reading = collect(Bounded::new(incoming, limit, pace), said, limit, charge);
    let read = timeout(pace.saturating_mul(PAUSES), reading).await;
    read.unwrap_or_else(|_| Err(Refusal::too_slow("body")))
}

async fn collect(
    (mut body, broken): (Bounded, Broken),
    said: u64,
    limit: u64,
    charge: &mut Charge,
) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(usize::try_from(said).unwrap_or(0).min(64 << 10));
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Some(data) = frame.data_ref() {
                    charge.add(data.len())?;
                    bytes.extend_from_slice(data);
                }
            }
            Err(_) => {
                let refusal = broken.refusal(limit);
                return Err(refusal.unwrap_or_else(|| Refusal::bad_request("the body of the request broke off")));
            }
        }
    }
    Ok(bytes)
}
