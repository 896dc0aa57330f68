//! One connection, from its request to its answer.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;

use super::answer::{Answer, answer};
use super::frame::{self, FrameError, Kind, Pace};
use super::json;
use super::protocol::{Failure, MAX_ANSWER, MAX_REQUEST, Opening, PROTOCOL, Reply, Request, Response, Spoken};
use crate::component::{ComponentName, Said, inspect};
use crate::deploy::blocking;
use crate::error::{Error, Result};
use crate::event::{Event, Subscription};
use crate::host::Host;

/// How many times its patience for one part a host has for a whole frame.
const WHOLE: u32 = 12;

/// One connection of a client.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) host: Host,
    /// How long the client may take for its request, and for each part of what follows.
    pub(super) pace: Duration,
    /// Closed when nothing new is to be begun.
    pub(super) stopped: watch::Receiver<()>,
    /// Held as long as this connection counts.
    pub(super) permit: Arc<OwnedSemaphorePermit>,
}

/// What is left to do when no more can be said to a client.
struct Gone;

impl From<FrameError> for Gone {
    fn from(_: FrameError) -> Self {
        Self
    }
}

impl Connection {
    /// Takes the request and answers it.
    pub(super) async fn serve(self, stream: UnixStream) {
        let mut stopped = self.stopped.clone();
        let (mut from, mut to) = stream.into_split();
        let opened = tokio::select! {
            opened = self.open(&mut from) => opened,
            _ = stopped.changed() => return,
        };
        // Whoever has gone away meanwhile misses nothing.
        let _ = match opened {
            Ok(Some((Request::Events { name }, _))) => self.tell(name.as_ref(), &mut from, &mut to).await,
            Ok(Some((request, body))) => self.work(request, body, &mut from, &mut to).await,
            Ok(None) => return,
            Err(error) => self.fail(&mut to, &error).await,
        };
        // A client that sees the end of its connection finds its place free.
        drop(self);
    }

    /// Reads the request and the bytes that belong to it; none when the client asks nothing.
    async fn open(&self, from: &mut OwnedReadHalf) -> Result<Option<(Request, Vec<u8>)>> {
        let at_once = Pace {
            part: self.pace,
            whole: self.pace,
        };
        let head = match frame::read(from, Kind::Json, MAX_REQUEST, at_once).await {
            Err(FrameError::Closed) => return Ok(None),
            head => head.map_err(refused)?,
        };
        let unreadable = |error| refused(format!("it cannot be read: {error}"));
        let Spoken { protocol } = json::read(&head).map_err(unreadable)?;
        if protocol != PROTOCOL {
            let reason =
                format!("it is in version {protocol} of the protocol, and this host speaks version {PROTOCOL}");
            return Err(refused(reason));
        }
        let Opening { mut request, .. } = json::read::<Opening<Request>>(&head).map_err(unreadable)?;
        let Some((what, limit)) = request.body() else {
            return Ok(Some((request, Vec::new())));
        };
        let body = frame::read(from, Kind::Bytes, limit, self.pace()).await;
        let mut body = body.map_err(|error| match error {
            FrameError::TooLong { length, limit } => Error::too_large(what, length, limit),
            error => refused(error),
        })?;
        if let Request::Deploy { package, .. } | Request::Plan { package, .. } = &mut request {
            body = named(package, body).await?;
        }
        Ok(Some((request, body)))
    }

    /// Carries a request out, and tells what happens to its component meanwhile.
    async fn work(
        &self,
        request: Request,
        body: Vec<u8>,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
    ) -> Result<(), Gone> {
        let is_lasting = request.is_lasting();
        let mut followed = request.followed().cloned().map(|name| (self.host.events(), name));
        let mut work = JoinSet::new();
        let (host, permit) = (self.host.clone(), self.permit.clone());
        work.spawn(async move {
            let answer = answer(host, request, body).await;
            drop(permit);
            answer
        });
        let done = loop {
            tokio::select! {
                biased;
                done = work.join_next() => break Ok(done),
                event = next(&mut followed) => if let Err(gone) = self.event(to, &event).await {
                    break Err(gone);
                },
                ended = ended(from) => break ended.map(|error| Some(Ok(Err(error)))),
            }
        };
        if is_lasting {
            // It goes on without this connection, if it is not done.
            work.detach_all();
        }
        let done = done?;
        while let Some(event) = waiting(&mut followed) {
            self.event(to, &event).await?;
        }
        match done {
            Some(Ok(Ok(answer))) => self.done(to, &answer).await,
            Some(Ok(Err(error))) => self.fail(to, &error).await,
            Some(Err(_)) | None => self.fail(to, &refused("the host failed at it")).await,
        }
    }

    /// Tells what happens, until the client goes or the server ends.
    async fn tell(
        &self,
        name: Option<&ComponentName>,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
    ) -> Result<(), Gone> {
        let (mut events, mut stopped) = (self.host.events(), self.stopped.clone());
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                _ = stopped.changed() => None,
                ended = ended(from) => return self.fail(to, &ended?).await,
            };
            let Some(event) = event else {
                let (response, bytes) = (Response::End, Vec::new());
                return self.done(to, &Answer { response, bytes }).await;
            };
            if name.is_none() || name == event.component() {
                self.event(to, &event).await?;
            }
        }
    }

    async fn event(&self, to: &mut OwnedWriteHalf, event: &Event) -> Result<(), Gone> {
        // A profile is for the process that asked for it, and what only tests need has no form in JSON.
        if matches!(event, Event::CallProfiled { .. } | Event::Reached { .. }) {
            return Ok(());
        }
        match encoded(&Reply::<_, ()>::Event(event)) {
            Ok(text) => Ok(frame::write(to, Kind::Json, &text, self.pace()).await?),
            Err(_) => Ok(()),
        }
    }

    async fn done(&self, to: &mut OwnedWriteHalf, answer: &Answer) -> Result<(), Gone> {
        let text = match encoded(&Reply::<(), _>::Done(&answer.response)) {
            Ok(text) => text,
            Err(error) => return self.fail(to, &error).await,
        };
        frame::write(to, Kind::Json, &text, self.pace()).await?;
        if answer.response.has_bytes() {
            frame::write(to, Kind::Bytes, &answer.bytes, self.pace()).await?;
        }
        Ok(())
    }

    async fn fail(&self, to: &mut OwnedWriteHalf, error: &Error) -> Result<(), Gone> {
        let text = encoded(&failure(error)).map_err(|_| Gone)?;
        Ok(frame::write(to, Kind::Json, &text, self.pace()).await?)
    }

    fn pace(&self) -> Pace {
        Pace {
            part: self.pace,
            whole: self.pace * WHOLE,
        }
    }
}

/// The frame that refuses a connection.
pub(super) fn refusal(reason: String) -> Vec<u8> {
    let text = encoded(&failure(&refused(reason))).unwrap_or_default();
    let head = frame::head(Kind::Json, &text).unwrap_or_default();
    [&head[..], &text].concat()
}

/// Names the package after its manifest or its bytes, so that it is known whose events belong to it.
async fn named(package: &mut Said, body: Vec<u8>) -> Result<Vec<u8>> {
    if let Some(manifest) = &package.manifest {
        package.name = package.name.take().or_else(|| manifest.component.name.clone());
    }
    if package.name.is_some() {
        return Ok(body);
    }
    let (body, name) = blocking(move || {
        // What is wrong with the bytes is said when they are deployed.
        let inspection = inspect(&body).ok();
        let name = inspection.and_then(|found| {
            let own = found.manifest.and_then(|manifest| manifest.component.name);
            own.or_else(|| found.name?.parse().ok())
        });
        Ok((body, name))
    })
    .await?;
    package.name = name;
    Ok(body)
}

/// The next event that is followed; for ever none when none is.
async fn next(followed: &mut Option<(Subscription, ComponentName)>) -> Event {
    if let Some((events, name)) = followed {
        while let Some(event) = events.next().await {
            if event.component() == Some(name) {
                return event;
            }
        }
    }
    std::future::pending().await
}

/// The next event that is followed and has happened already.
fn waiting(followed: &mut Option<(Subscription, ComponentName)>) -> Option<Event> {
    let (events, name) = followed.as_mut()?;
    std::iter::from_fn(|| events.waiting()).find(|event| event.component() == Some(name))
}

/// Waits until the client goes away, or breaks the rule that it asks once.
async fn ended(from: &mut OwnedReadHalf) -> Result<Error, Gone> {
    match from.read(&mut [0]).await {
        Ok(1..) => Ok(refused("a connection takes one request, and more came after it")),
        Ok(0) | Err(_) => Err(Gone),
    }
}

fn failure(error: &Error) -> Reply<(), ()> {
    Reply::Failed(Failure::of(error))
}

fn encoded(reply: &impl Serialize) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(reply).map_err(|error| refused(format!("the answer cannot be written: {error}")))?;
    if text.len() > MAX_ANSWER {
        let length = text.len();
        return Err(refused(format!(
            "its answer of {length} bytes is larger than the limit of {MAX_ANSWER} bytes"
        )));
    }
    Ok(text)
}

/// The longest reason that is told, in characters: it may quote a key that is as long as the request.
const MAX_REASON: usize = 1_000;

fn refused(reason: impl ToString) -> Error {
    let mut reason = reason.to_string();
    if let Some((end, _)) = reason.char_indices().nth(MAX_REASON) {
        reason.truncate(end);
        reason.push('…');
    }
    Error::Refused { reason }
}
