//! What a guest writes to its standard output and error: lines for the host's events, or bytes for the caller.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::component::ComponentName;
use crate::event::{Event, Events, Level};
use crate::printable::printable_line;
use crate::usage::Meter;

/// The longest line that is passed on; longer ones are cut into several.
const MAX_LINE: usize = 8 << 10;

/// The most bytes of one instance's output that are passed on between two entries into it.
const MAX_OUTPUT: usize = 256 << 10;

/// What a line counts for beside its bytes, because each is an event.
const PER_LINE: usize = 64;

/// The longest context of what is logged, in characters.
const MAX_CONTEXT: usize = 200;

/// The most bytes of one write.
const MAX_WRITE: usize = 64 << 10;

/// A stream whose lines become events.
#[derive(Clone)]
pub(crate) struct Lines {
    shared: Arc<Shared>,
    error: bool,
    partial: Arc<Mutex<Vec<u8>>>,
}

/// What the two streams of an instance have in common.
struct Shared {
    component: ComponentName,
    events: Events,
    /// How much all instances of the component may pass on in a while.
    meter: Meter,
    /// How much more output is passed on.
    left: AtomicUsize,
    /// How much was dropped and not told yet.
    dropped: AtomicU64,
}

/// What all output of an instance goes through: its two streams, and what it logs.
#[derive(Clone)]
pub(crate) struct Log(Arc<Shared>);

impl Lines {
    /// The standard output and the standard error of one instance, and its log; they share a budget.
    pub(crate) fn pair(component: &ComponentName, events: &Events, meter: Meter) -> (Self, Self, Log) {
        let shared = Arc::new(Shared {
            component: component.clone(),
            events: events.clone(),
            meter,
            left: AtomicUsize::new(MAX_OUTPUT),
            dropped: AtomicU64::new(0),
        });
        let stream = |error| Self {
            shared: shared.clone(),
            error,
            partial: Arc::default(),
        };
        (stream(false), stream(true), Log(shared.clone()))
    }

    fn take(&self, bytes: &[u8]) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        if !self.shared.spend(bytes.len(), lines) {
            return;
        }
        let mut partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in piece.chunks(MAX_LINE) {
                if partial.len() + part.len() > MAX_LINE {
                    self.emit(&mut partial);
                }
                partial.extend_from_slice(part);
            }
            if piece.ends_with(b"\n") {
                partial.pop();
                self.emit(&mut partial);
            }
        }
    }

    fn emit(&self, line: &mut Vec<u8>) {
        self.shared.events.emit(Event::Output {
            component: self.shared.component.clone(),
            error: self.error,
            level: None,
            line: printable_line(&String::from_utf8_lossy(line)),
        });
        line.clear();
    }
}

impl Log {
    /// Makes the whole budget available again: called before each entry into the guest.
    pub(crate) fn renew(&self) {
        self.0.left.store(MAX_OUTPUT, Ordering::Relaxed);
    }

    /// Tells how much was dropped: called after each entry into the guest.
    pub(crate) fn settle(&self) {
        self.0.settle();
    }

    /// Passes on what a guest logs, a line for each of its lines.
    pub(crate) fn entry(&self, level: Level, context: &str, message: &str) {
        let context: String = context.chars().take(MAX_CONTEXT).collect();
        let prefix = if context.is_empty() {
            context
        } else {
            format!("{context}: ")
        };
        for line in message.lines() {
            for part in pieces(line) {
                // The context counts with each line that it is written to.
                if !self.0.spend(prefix.len() + part.len() + 1, 1) {
                    continue;
                }
                self.0.events.emit(Event::Output {
                    component: self.0.component.clone(),
                    error: level >= Level::Error,
                    level: Some(level),
                    line: printable_line(&format!("{prefix}{part}")),
                });
            }
        }
    }
}

/// A line in pieces that are not too long.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let whole = rest.take()?;
        if whole.len() <= MAX_LINE {
            return Some(whole);
        }
        let (piece, next) = whole.split_at(whole.floor_char_boundary(MAX_LINE));
        rest = Some(next);
        Some(piece)
    })
}

impl Shared {
    /// Takes `amount` bytes in so many lines of the budget if it is there.
    /// When it is not, nothing more of this entry is passed on; what its component may not pass on now is left out.
    fn spend(&self, amount: usize, lines: usize) -> bool {
        let cost = amount.saturating_add(lines.saturating_mul(PER_LINE));
        let spent = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
        if spent.is_err() {
            self.left.store(0, Ordering::Relaxed);
        }
        let is_passed_on = spent.is_ok() && self.meter.write(cost);
        if !is_passed_on {
            self.dropped.fetch_add(amount as u64, Ordering::Relaxed);
        }
        is_passed_on
    }

    fn settle(&self) {
        let bytes = self.dropped.swap(0, Ordering::Relaxed);
        if bytes > 0 {
            self.events.emit(Event::OutputDropped {
                component: self.component.clone(),
                bytes,
            });
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // What was being done when the instance was discarded has ended as well.
        self.settle();
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Lines {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Written at once, so that nothing is lost when the guest ends without flushing.
#[async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // The last clone of the stream passes on what has no line end.
        if Arc::strong_count(&self.partial) == 1 {
            let mut partial = std::mem::take(&mut *self.partial.lock().unwrap_or_else(PoisonError::into_inner));
            if !partial.is_empty() {
                self.emit(&mut partial);
            }
        }
    }
}

/// A stream that keeps what is written, up to a limit, for the caller of a command.
#[derive(Clone)]
pub(crate) struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Capture {
    /// A stream that keeps up to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            bytes: Arc::default(),
            limit,
        }
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        // One byte over the limit is kept, so that the excess can be told.
        let room = (self.limit + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// What was written; none when it was more than the limit.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        let bytes = std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        (bytes.len() <= self.limit).then_some(bytes)
    }
}

impl IsTerminal for Capture {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Capture {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

/// Written at once, so that all of it is there when the command has ended.
#[async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {}
}

impl OutputStream for Capture {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.keep(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE)
    }
}

impl AsyncWrite for Capture {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.keep(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Limits;

    fn lines_of(writes: &[&[u8]]) -> Vec<String> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = seen.clone();
        let events = Events::new(move |event| {
            keep.lock().unwrap().push(match event {
                Event::Output { line, .. } => line,
                Event::OutputDropped { bytes, .. } => format!("({bytes} bytes dropped)"),
                other => format!("{other:?}"),
            });
        });
        let (output, error, log) = Lines::pair(&"a".parse().unwrap(), &events, Meter::alone(Limits::default()));
        for bytes in writes {
            output.take(bytes);
        }
        drop((output, error, log));
        std::mem::take(&mut *seen.lock().unwrap())
    }

    #[test]
    fn writes_become_lines() {
        assert_eq!(lines_of(&[b"a", b"b\nc\n", b"d"]), ["ab", "c", "d"]);
        assert_eq!(lines_of(&[b"\n\n"]), ["", ""]);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(lines_of(&[b"a\x1b[31m\r\n"]), ["a\\u{1b}[31m\\r"]);
    }

    #[test]
    fn long_lines_are_cut_and_floods_are_dropped() {
        let long = vec![b'x'; MAX_LINE + 10];
        assert_eq!(
            lines_of(&[&long]).iter().map(String::len).collect::<Vec<_>>(),
            [MAX_LINE, 10]
        );
        let (line, kept) = (b"0123456789\n", MAX_OUTPUT / (11 + PER_LINE));
        let flood: Vec<&[u8]> = vec![line; kept + 100];
        let lines = lines_of(&flood);
        assert_eq!(lines.len(), kept + 1);
        assert_eq!(lines.last().unwrap(), &format!("({} bytes dropped)", 100 * line.len()));
    }

    #[test]
    fn a_context_counts_with_each_line() {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        let events = Events::new(move |event| {
            if let Event::Output { line, .. } = event {
                seen.fetch_add(line.len(), Ordering::Relaxed);
            }
        });
        let (_, _, log) = Lines::pair(&"a".parse().unwrap(), &events, Meter::alone(Limits::default()));
        log.entry(Level::Info, &"\u{202e}".repeat(10_000), &"\n".repeat(1_000_000));
        // A character that is escaped takes eight.
        assert!(count.load(Ordering::Relaxed) < 8 * MAX_OUTPUT);
    }

    #[test]
    fn a_capture_tells_excess() {
        let capture = Capture::new(4);
        capture.keep(b"1234");
        assert_eq!(capture.take(), Some(b"1234".to_vec()));
        capture.keep(b"123456");
        assert_eq!(capture.take(), None);
    }
}
