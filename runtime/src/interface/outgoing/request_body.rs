//! The body of a guest's request on its way to the server.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;
use wasmtime_wasi_http::{Error, WasiBody};

use super::vigil::Vigil;
use crate::interface::network::Network;

/// Who has to do something for a request to go on, and since when.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<Mutex<(Turn, Instant)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The guest writes its request.
    Guest,
    /// The server takes the request, and answers.
    Server,
}

/// A body that the guest may still be writing.
pub(super) struct RequestBody {
    written: WasiBody,
    vigil: Vigil,
    progress: Progress,
    network: Arc<Network>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new((Turn::Server, Instant::now()))))
    }

    /// Whose turn it is, and since when.
    pub(super) fn now(&self) -> (Turn, Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, turn: Turn) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (turn, Instant::now());
    }
}

impl RequestBody {
    pub(super) fn new(written: WasiBody, vigil: Vigil, progress: Progress, network: Arc<Network>) -> Self {
        Self {
            written,
            vigil,
            progress,
            network,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Err(error) = self.vigil.poll(context) {
            return Poll::Ready(Some(Err(error)));
        }
        let polled = Pin::new(&mut self.written).poll_frame(context);
        self.progress.set(match polled {
            Poll::Pending => Turn::Guest,
            Poll::Ready(_) => Turn::Server,
        });
        match polled {
            // It ends alike when the guest has ended it and when the guest is gone.
            Poll::Ready(None) if self.network.is_gone() => Poll::Ready(Some(Err(Error::ConnectionTerminated))),
            polled => polled,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.written.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.written.size_hint()
    }
}
