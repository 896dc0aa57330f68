//! Streams from and to files: they end when what they do is revoked, also while a guest waits for them.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use rustix::io::Errno;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, FsResult, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};
use wasmtime_wasi::runtime::poll_noop;

use super::FilesView;
use super::bounds::{MAX_FILE_BYTES, MAX_READ_BYTES, MAX_REMOTE_STREAMS, MAX_STREAM_WRITE};
use super::decide::{Right, check_way};
use super::files::again;
use super::quota::Change;
use super::trail::Trail;
use crate::capability::Gate;

impl FilesView<'_> {
    pub(super) fn input(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: u64,
    ) -> FsResult<Resource<DynInputStream>> {
        if let Descriptor::Dir(_) = self.table.get(&descriptor)? {
            return Err(ErrorCode::IsDirectory.into());
        }
        let (guard, local) = self.guard(&descriptor, Right::Read)?;
        let made = self.inner().read_via_stream(again(&descriptor), offset)?;
        // It takes the place in the table of the one that it guards.
        let place = self.table.get_mut(&made)?;
        let stream = std::mem::replace(place, Box::new(Nothing));
        *place = Box::new(Input { stream, guard, local });
        Ok(made)
    }

    /// The same stream, which ends when reading is revoked.
    #[cfg(test)]
    pub(super) fn guarded(&mut self, of: &Resource<Descriptor>, stream: DynInputStream) -> FsResult<DynInputStream> {
        let (guard, local) = (self.guard(of, Right::Read)?.0, false);
        Ok(Box::new(Input { stream, guard, local }))
    }

    /// A stream that writes from an offset on, or at the end.
    pub(super) fn output(
        &mut self,
        descriptor: Resource<Descriptor>,
        offset: Option<u64>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let Descriptor::File(_) = self.table.get(&descriptor)? else {
            return Err(ErrorCode::IsDirectory.into());
        };
        let (guard, local) = self.guard(&descriptor, Right::Write)?;
        let stream = match offset {
            Some(offset) => self.inner().write_via_stream(again(&descriptor), offset)?,
            None => self.inner().append_via_stream(again(&descriptor))?,
        };
        let stream = self.table.delete(stream)?;
        let output: DynOutputStream = Box::new(Output {
            stream,
            guard,
            local,
            change: None,
            next: offset,
        });
        Ok(self.table.push(output)?)
    }

    /// What decides for a stream, and whether its file is on this machine.
    fn guard(&mut self, descriptor: &Resource<Descriptor>, right: Right) -> FsResult<(Guard, bool)> {
        let revision = self.files.gate.revision();
        let place = self.holds(descriptor, right)?;
        let (trail, local) = (place.trail.clone(), place.local);
        let streams = &self.files.remote_streams;
        // One is the instance's own.
        if !local && Arc::strong_count(streams) > MAX_REMOTE_STREAMS {
            return Err(ErrorCode::InsufficientMemory.into());
        }
        let counted = (!local).then(|| streams.clone());
        let guard = Guard {
            gate: self.files.gate.clone(),
            right,
            moves: trail.moves(),
            trail,
            revision,
            state: State::Allowed,
            _counted: counted,
        };
        Ok((guard, local))
    }
}

/// Decides for a stream again when what is granted has changed.
struct Guard {
    gate: Arc<Gate>,
    right: Right,
    /// The file is open as long as the stream, and counts as that.
    trail: Arc<Trail>,
    /// The moves of the file and the revision of the grants at which it was allowed.
    moves: u64,
    revision: u64,
    state: State,
    /// Counts the stream, when something is begun for it that it keeps.
    _counted: Option<Arc<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Allowed,
    /// It is denied, and the guest has to be told.
    Denied,
    Closed,
}

impl Guard {
    fn is_allowed(&mut self) -> bool {
        // Read before it is decided, so that a change in between is seen the next time.
        let (revision, moves) = (self.gate.revision(), self.trail.moves());
        if self.state == State::Allowed && (moves != self.moves || revision != self.revision) {
            (self.revision, self.moves) = (revision, moves);
            let is_denied = self.gate.check(&self.right.to(&self.trail.path())).is_err();
            if is_denied || check_way(&self.gate, &self.trail, self.right).is_err() {
                self.state = State::Denied;
            }
        }
        self.state == State::Allowed
    }

    fn check(&mut self) -> StreamResult<()> {
        if self.is_allowed() {
            return Ok(());
        }
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Denied => Err(failed(Errno::ACCESS)),
            _ => Err(StreamError::Closed),
        }
    }

    /// Waits for the stream, or until it is denied: then the next operation says so. Whether the stream is ready.
    async fn wait(&mut self, stream: &mut (impl Pollable + ?Sized)) -> bool {
        let mut changes = self.gate.watch();
        while self.is_allowed() {
            tokio::select! {
                biased;
                () = stream.ready() => return true,
                changed = changes.changed() => if changed.is_err() { return false },
            }
        }
        false
    }
}

fn failed(errno: Errno) -> StreamError {
    StreamError::LastOperationFailed(io::Error::from(errno).into())
}

struct Input {
    stream: DynInputStream,
    guard: Guard,
    /// What is local is read when it is taken: nothing is begun, and nothing kept.
    local: bool,
}

/// What stands where a stream is taken from, until the one that guards it is put there.
struct Nothing;

#[async_trait]
impl Pollable for Nothing {
    async fn ready(&mut self) {}
}

#[async_trait]
impl InputStream for Nothing {
    fn read(&mut self, _: usize) -> StreamResult<Bytes> {
        Err(StreamError::Closed)
    }
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        if !self.local {
            self.guard.wait(&mut self.stream).await;
        }
    }
}

#[async_trait]
impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.guard.check()?;
        let size = size.min(MAX_READ_BYTES);
        // Reading nothing would be taken for the end of the file.
        if self.local && size > 0 {
            let read = poll_noop(pin!(self.stream.blocking_read(size)));
            return read.unwrap_or(Err(StreamError::Closed));
        }
        self.stream.read(size)
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.guard.check()?;
        let bytes = self.stream.blocking_read(size.min(MAX_READ_BYTES)).await?;
        // It may have been revoked while the file system took its time.
        self.guard.check()?;
        Ok(bytes)
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

struct Output {
    stream: DynOutputStream,
    guard: Guard,
    /// What is local is written at once.
    local: bool,
    /// What is being written; a stream takes no more until it is.
    change: Option<Change>,
    /// Where the next bytes go; none for the end of the file.
    next: Option<u64>,
}

impl Output {
    /// Refuses bytes that would make the file larger than one may be, or all files of the component together.
    fn take(&mut self, length: usize) -> StreamResult<()> {
        let Some(opened) = self.guard.trail.opened() else {
            return Err(StreamError::Closed);
        };
        let mut end = None;
        let begun = opened.begin(|now| {
            let begin = self.next.unwrap_or(now);
            end = u64::try_from(length).ok().and_then(|length| begin.checked_add(length));
            end = end.filter(|end| *end <= MAX_FILE_BYTES);
            end.unwrap_or(0)
        });
        // What has been written before is in the file: a stream takes no more until then.
        let begun = begun.map_err(|error| StreamError::LastOperationFailed(error.into()))?;
        let change = begun.ok_or_else(|| failed(Errno::DQUOT))?;
        let Some(end) = end else {
            change.end();
            return Err(failed(Errno::FBIG));
        };
        self.change = Some(change);
        if let Some(next) = &mut self.next {
            *next = end;
        }
        Ok(())
    }

    /// What was being written has been, or has failed.
    fn end_change(&mut self) {
        if let Some(change) = self.change.take() {
            change.end();
        }
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        if self.guard.wait(&mut self.stream).await {
            self.end_change();
        }
    }
}

#[async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.guard.check()?;
        if bytes.len() > MAX_STREAM_WRITE {
            return Err(StreamError::trap("cannot write more than `check_write` allows"));
        }
        // It is one at a time, and this is refused when the one before has not ended.
        self.take(bytes.len())?;
        if !self.local {
            return self.stream.write(bytes);
        }
        let written = poll_noop(pin!(self.stream.blocking_write_and_flush(bytes)));
        self.end_change();
        written.unwrap_or(Err(StreamError::Closed))
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.guard.check()?;
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.guard.check()?;
        self.stream.check_write()
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.guard.check()?;
        // The stream waits for what was written before.
        self.stream.ready().await;
        self.end_change();
        self.take(bytes.len())?;
        let written = self.stream.blocking_write_and_flush(bytes).await;
        self.end_change();
        written
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
        self.end_change();
    }
}
