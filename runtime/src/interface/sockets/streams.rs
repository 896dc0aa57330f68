//! The two directions of a connection, each of which ends when what allowed it is taken back.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};

use super::pass::{End, Pass};
use crate::interface::network::Network;

/// One direction of a connection.
struct Watched<S: ?Sized> {
    pass: Pass,
    stream: Box<S>,
}

/// Watches both directions of a connection that was allowed under `revision`.
pub(super) fn watch(
    table: &mut ResourceTable,
    (input, output): (&Resource<DynInputStream>, &Resource<DynOutputStream>),
    (network, end, revision): (&Arc<Network>, End, u64),
) -> wasmtime::Result<()> {
    // The boxes stay where they are, because the socket knows them as its children.
    let slot = table.get_mut(input)?;
    let stream = mem::replace(slot, Box::new(Nothing));
    let pass = Pass::new(network, end, revision);
    *slot = Box::new(Watched { pass, stream });
    let slot = table.get_mut(output)?;
    let stream = mem::replace(slot, Box::new(Nothing));
    let pass = Pass::new(network, end, revision);
    *slot = Box::new(Watched { pass, stream });
    Ok(())
}

#[async_trait]
impl Pollable for Watched<dyn InputStream> {
    async fn ready(&mut self) {
        tokio::select! {
            () = self.stream.ready() => (),
            () = self.pass.end() => (),
        }
    }
}

#[async_trait]
impl InputStream for Watched<dyn InputStream> {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.pass.check()?;
        self.stream.read(size)
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

#[async_trait]
impl Pollable for Watched<dyn OutputStream> {
    async fn ready(&mut self) {
        tokio::select! {
            () = self.stream.ready() => (),
            () = self.pass.end() => (),
        }
    }
}

#[async_trait]
impl OutputStream for Watched<dyn OutputStream> {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.pass.check()?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.pass.check()?;
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.pass.check()?;
        self.stream.check_write()
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

/// Stands for a stream while that is put elsewhere.
struct Nothing;

#[async_trait]
impl Pollable for Nothing {
    async fn ready(&mut self) {}
}

impl InputStream for Nothing {
    fn read(&mut self, _: usize) -> StreamResult<Bytes> {
        Err(StreamError::Closed)
    }
}

impl OutputStream for Nothing {
    fn write(&mut self, _: Bytes) -> StreamResult<()> {
        Err(StreamError::Closed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Err(StreamError::Closed)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Err(StreamError::Closed)
    }
}
