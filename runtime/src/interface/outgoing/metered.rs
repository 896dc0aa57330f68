//! A connection whose bytes count.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::usage::Meter;

/// A connection whose bytes count, and on which nothing goes any more when they are used up.
pub(super) struct Metered<C> {
    connection: C,
    meter: Meter,
}

impl<C> Metered<C> {
    pub(super) fn new(connection: C, meter: Meter) -> Self {
        Self { connection, meter }
    }

    fn check(&self) -> Result<()> {
        match self.meter.may_pass() {
            true => Ok(()),
            false => Err(Error::from(ErrorKind::QuotaExceeded)),
        }
    }

    fn passed(&self, sent: Result<usize>) -> Result<usize> {
        sent.inspect(|bytes| self.meter.passed(*bytes))
    }
}

impl<C: AsyncRead + Unpin> AsyncRead for Metered<C> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.check()?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.connection).poll_read(context, buffer))?;
        self.meter.passed(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Metered<C> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.check()?;
        let sent = ready!(Pin::new(&mut self.connection).poll_write(context, bytes));
        Poll::Ready(self.passed(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.check()?;
        let sent = ready!(Pin::new(&mut self.connection).poll_write_vectored(context, parts));
        Poll::Ready(self.passed(sent))
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}
