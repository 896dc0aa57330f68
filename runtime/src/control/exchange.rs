//! The client's side of one connection: a request, events, an answer.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use tokio::net::UnixStream;

use super::address::{Address, SOCKET};
use super::answer::Answer;
use super::client::Listener;
use super::frame::{self, FrameError, Kind, Pace};
use super::protocol::{MAX_ANSWER, MAX_ANSWER_BYTES, MAX_REQUEST, Opening, PROTOCOL, Reply, Request, Response};
use crate::error::{Error, Result};
use crate::event::Event;

/// A host behind the socket of its state directory.
pub(super) struct Remote {
    pub(super) directory: PathBuf,
    pub(super) listener: Listener,
}

impl Remote {
    /// Opens a connection to a host of the same user, or of the administrator.
    pub(super) async fn connect(&self) -> Result<UnixStream> {
        let path = self.directory.join(SOCKET);
        // A link would lead to a host that keeps something else.
        if std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
            return Err(self.unreachable("its socket is a link to somewhere else"));
        }
        let connected = match Address::of(&path) {
            Ok(address) => UnixStream::connect(address.path()).await,
            Err(error) => Err(error),
        };
        let stream = connected.map_err(|error| self.unreachable(not_connected(&error)))?;
        let peer = stream.peer_cred().map_err(|error| self.unreachable(error))?.uid();
        let own = rustix::process::geteuid().as_raw();
        // The administrator may use what belongs to the owner of the directory, and nobody else's.
        let is_owner = || std::fs::metadata(&self.directory).is_ok_and(|found| found.uid() == peer);
        if peer == own || peer == 0 || (own == 0 && is_owner()) {
            Ok(stream)
        } else {
            Err(self.unreachable(format!("user {peer} listens there, who may be anybody")))
        }
    }

    /// Asks, hands over each event, and waits for the answer.
    pub(super) async fn ask(&self, request: &Request, body: &[u8], mut on_event: impl FnMut(Event)) -> Result<Answer> {
        let opening = Opening {
            protocol: PROTOCOL,
            request,
        };
        let opening = serde_json::to_vec(&opening).map_err(|error| self.unreachable(error))?;
        if opening.len() > MAX_REQUEST {
            let length = opening.len();
            return Err(Error::Refused {
                reason: format!("it has {length} bytes beside its body, and the limit is {MAX_REQUEST} bytes"),
            });
        }
        let has_body = match request.body() {
            Some((what, limit)) if body.len() > limit => return Err(Error::too_large(what, body.len(), limit)),
            limit => limit.is_some(),
        };
        let mut stream = self.connect().await?;
        let sent = async {
            frame::write(&mut stream, Kind::Json, &opening, Pace::ANY).await?;
            if has_body {
                frame::write(&mut stream, Kind::Bytes, body, Pace::ANY).await?;
            }
            Ok::<_, FrameError>(())
        };
        // A host that refuses does not read to the end, and what it says counts more than that it stopped reading.
        let sent = sent.await;
        loop {
            let read = frame::read(&mut stream, Kind::Json, MAX_ANSWER, Pace::ANY).await;
            let text = match (read, &sent) {
                (Ok(text), _) => text,
                (Err(_), Err(error)) => return Err(self.unreachable(went_away(error))),
                (Err(error), Ok(())) => return Err(self.unreachable(went_away(&error))),
            };
            let reply = serde_json::from_slice::<Reply<serde_json::Value, Response>>(&text);
            match reply.map_err(|error| self.unreachable(format!("its answer cannot be read: {error}")))? {
                // An event that this version does not know is not missed by whoever uses this version.
                Reply::Event(event) => {
                    if let Ok(event) = serde_json::from_value(event) {
                        on_event(event);
                    }
                }
                Reply::Done(response) => {
                    let bytes = match response.has_bytes() {
                        true => frame::read(&mut stream, Kind::Bytes, MAX_ANSWER_BYTES, Pace::ANY).await,
                        false => Ok(Vec::new()),
                    };
                    let bytes = bytes.map_err(|error| self.unreachable(went_away(&error)))?;
                    return Ok(Answer { response, bytes });
                }
                Reply::Failed(failure) => return Err(failure.into_error(&self.directory)),
            }
        }
    }

    pub(super) fn unreachable(&self, reason: impl ToString) -> Error {
        Error::Unreachable {
            directory: self.directory.clone(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remote").field(&self.directory).finish()
    }
}

fn not_connected(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => "nobody listens there".into(),
        _ => error.to_string(),
    }
}

fn went_away(error: &FrameError) -> String {
    match error {
        FrameError::Closed | FrameError::Cut | FrameError::Io(_) => {
            format!("it went away before it had answered: {error}")
        }
        error => format!("its answer cannot be read: {error}"),
    }
}
