//! The two directions of a connection, each of which ends when what allowed it is taken back.

use std::io;
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
use crate::usage::Meter;

/// One direction of a connection.
struct Watched<S: ?Sized> {
    pass: Pass,
    meter: Meter,
    stream: Box<S>,
}

impl<S: ?Sized> Watched<S> {
    /// Fails when the component has sent and received as much as it may.
    fn may_pass(&self) -> StreamResult<()> {
        match self.meter.may_pass() {
            true => Ok(()),
            false => Err(StreamError::LastOperationFailed(
                io::Error::from(io::ErrorKind::QuotaExceeded).into(),
            )),
        }
    }
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
    let meter = network.meter.clone();
    *slot = Box::new(Watched { pass, meter, stream });
    let slot = table.get_mut(output)?;
    let stream = mem::replace(slot, Box::new(Nothing));
    let pass = Pass::new(network, end, revision);
    let meter = network.meter.clone();
    *slot = Box::new(Watched { pass, meter, stream });
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
        self.may_pass()?;
        let bytes = self.stream.read(size)?;
        self.meter.passed(bytes.len());
        Ok(bytes)
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
        self.may_pass()?;
        self.meter.passed(bytes.len());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::GrantSet;
    use crate::interface::network::fixture;

    /// A connection on which nothing comes, and everything goes.
    struct Silent;

    #[async_trait]
    impl Pollable for Silent {
        async fn ready(&mut self) {
            std::future::pending().await
        }
    }

    impl InputStream for Silent {
        fn read(&mut self, _: usize) -> StreamResult<Bytes> {
            Ok(Bytes::new())
        }
    }

    impl OutputStream for Silent {
        fn write(&mut self, _: Bytes) -> StreamResult<()> {
            Ok(())
        }

        fn flush(&mut self) -> StreamResult<()> {
            Ok(())
        }

        fn check_write(&mut self) -> StreamResult<usize> {
            Ok(1)
        }
    }

    #[tokio::test]
    async fn both_directions_end_when_the_grant_is_taken_back() {
        let (network, grants) = fixture::network(&["tcp://127.0.0.1:7"]);
        let mut table = ResourceTable::new();
        let input: Resource<DynInputStream> = table.push(Box::new(Silent) as DynInputStream).unwrap();
        let output: Resource<DynOutputStream> = table.push(Box::new(Silent) as DynOutputStream).unwrap();
        let end = End::Peer("127.0.0.1:7".parse().unwrap());
        watch(&mut table, (&input, &output), (&network, end, network.gate.revision())).unwrap();
        let mut input = table.delete(input).unwrap();
        let mut output = table.delete(output).unwrap();
        // Another change of the grants ends nothing.
        grants.replace(GrantSet::clone(&grants.now()));
        assert!(input.read(1).is_ok() && output.check_write().is_ok() && output.write(Bytes::new()).is_ok());
        // Whoever waits is woken.
        tokio::join!(input.ready(), output.ready(), async {
            grants.replace(GrantSet::default())
        });
        assert!(matches!(input.read(1), Err(StreamError::LastOperationFailed(_))));
        assert!(matches!(output.check_write(), Err(StreamError::LastOperationFailed(_))));
        assert!(matches!(input.read(1), Err(StreamError::Closed)));
        assert!(matches!(output.flush(), Err(StreamError::Closed)));
        input.ready().await;
    }
}
