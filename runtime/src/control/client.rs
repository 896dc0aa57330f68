//! The same requests to a host in this process, and to one behind the socket of its state directory.

use std::path::Path;
use std::sync::Arc;

use semver::Version;

use super::answer::{Answer, answer};
use super::exchange::Remote;
use super::protocol::{AnswerHead, MessageHead, Rendered, Request, Response};
use crate::component::{ComponentName, Message, Package, Release};
use crate::deploy::{
    ComponentStatus, DeployOptions, Deployment, DeploymentRecord, Origin, Preview, RollbackOptions, SplitOptions,
};
use crate::engine::Metered;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::host::Host;
use crate::typed::{ByteForm, Invocation};
use crate::usage::HostUsage;

/// Receives what a host tells; it must not block.
pub type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Reaches a host: in this process, or the one that owns a state directory.
///
/// Every request returns what the method of [`Host`] with its name returns, and the same errors.
/// To a host in another process it can also fail with [`Error::Unreachable`], when that host ends before it has
/// answered, and [`Error::Refused`], when a limit of the socket is reached.
/// There a deployment that was asked for goes on when the future is dropped; a call is cancelled.
#[derive(Clone, Debug)]
pub struct Client(Reach);

#[derive(Clone, Debug)]
enum Reach {
    Here(Host),
    There(Arc<Remote>),
}

/// What the answer has to be, taken out of it.
macro_rules! expect {
    ($client:expr, $request:expr, $body:expr, $variant:ident) => {
        match $client.ask($request, $body).await?.response {
            Response::$variant(value) => Ok(value),
            _ => Err($client.unexpected()),
        }
    };
}

/// After the macro, because it needs it.
mod audit;
mod permission;

impl Client {
    /// Reaches a host in this process; its events go to its own listener.
    pub fn here(host: Host) -> Self {
        Self(Reach::Here(host))
    }

    /// Reaches the host that owns a state directory.
    ///
    /// Each request opens a connection of its own.
    /// While a request is under way that does something with a component, the events of that component go to `listener`.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] when nobody listens there, or somebody else than this user or the administrator.
    pub async fn connect(state_dir: &Path, listener: Listener) -> Result<Self> {
        let remote = Remote {
            directory: state_dir.to_owned(),
            listener,
        };
        remote.connect().await?;
        Ok(Self(Reach::There(Arc::new(remote))))
    }

    /// Whether the host is in another process, or is reached as if it were.
    pub fn is_remote(&self) -> bool {
        matches!(self.0, Reach::There(_))
    }

    /// The host, when it is in this process.
    pub fn host(&self) -> Option<&Host> {
        match &self.0 {
            Reach::Here(host) => Some(host),
            Reach::There(_) => None,
        }
    }

    /// [`Host::deploy_with`]; which version changed bytes get is decided by the rule of the host that is reached.
    ///
    /// # Errors
    ///
    /// Those of [`Host::deploy_with`].
    pub async fn deploy(&self, package: Package, options: &DeployOptions) -> Result<Deployment> {
        let (package, bytes) = package.into_parts();
        let options = options.clone();
        expect!(self, Request::Deploy { package, options }, bytes, Deployment).map(|deployment| *deployment)
    }

    /// [`Host::plan`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::plan`].
    pub async fn plan(&self, package: Package, options: &DeployOptions) -> Result<Preview> {
        let (package, bytes) = package.into_parts();
        let options = options.clone();
        expect!(self, Request::Plan { package, options }, bytes, Preview).map(|preview| *preview)
    }

    /// [`Host::update`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::update`].
    pub async fn update(&self, name: &ComponentName, version: &Version, options: &DeployOptions) -> Result<Deployment> {
        let request = Request::Update {
            name: name.clone(),
            version: version.clone(),
            options: options.clone(),
        };
        expect!(self, request, Vec::new(), Deployment).map(|deployment| *deployment)
    }

    /// [`Host::plan_update`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::plan_update`].
    pub async fn plan_update(
        &self,
        name: &ComponentName,
        version: &Version,
        options: &DeployOptions,
    ) -> Result<Preview> {
        let request = Request::PlanUpdate {
            name: name.clone(),
            version: version.clone(),
            options: options.clone(),
        };
        expect!(self, request, Vec::new(), Preview).map(|preview| *preview)
    }

    /// [`Host::rollback`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::rollback`].
    pub async fn rollback(&self, name: &ComponentName, options: &RollbackOptions) -> Result<Deployment> {
        let request = Request::Rollback {
            name: name.clone(),
            options: options.clone(),
        };
        expect!(self, request, Vec::new(), Deployment).map(|deployment| *deployment)
    }

    /// [`Host::split`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::split`].
    pub async fn split(&self, name: &ComponentName, options: &SplitOptions) -> Result<Deployment> {
        let request = Request::Split {
            name: name.clone(),
            options: options.clone(),
        };
        expect!(self, request, Vec::new(), Deployment).map(|deployment| *deployment)
    }

    /// [`Host::scale`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::scale`].
    pub async fn scale(&self, name: &ComponentName, max: u32, origin: &Origin) -> Result<DeploymentRecord> {
        let request = Request::Scale {
            name: name.clone(),
            max,
            origin: origin.clone(),
        };
        expect!(self, request, Vec::new(), Record).map(|record| *record)
    }

    /// [`Host::remove_for`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::remove_for`].
    pub async fn remove(&self, name: &ComponentName, origin: &Origin) -> Result<Release> {
        let request = Request::Remove {
            name: name.clone(),
            origin: origin.clone(),
        };
        expect!(self, request, Vec::new(), Release).map(|release| *release)
    }

    /// [`Host::call`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::call`].
    pub async fn call(&self, name: &ComponentName, message: Message) -> Result<Message> {
        Ok(self.call_metered(name, message).await?.answer)
    }

    /// [`Host::call_metered`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::call`].
    pub async fn call_metered(&self, name: &ComponentName, message: Message) -> Result<Metered<Message>> {
        let Message {
            content_type,
            body,
            metadata,
        } = message;
        let request = Request::Call {
            name: name.clone(),
            head: MessageHead { content_type, metadata },
        };
        match self.ask(request, body).await? {
            Answer {
                response:
                    Response::Message(AnswerHead {
                        content_type,
                        metadata,
                        fuel,
                    }),
                bytes,
            } => {
                let message = Message {
                    content_type,
                    body: bytes,
                    metadata,
                };
                Ok(Metered::new(message, fuel))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// [`Host::invoke_all`], with the results as text.
    ///
    /// # Errors
    ///
    /// Those of [`Host::invoke_all`]; what concerns one of the calls is the last of the results.
    pub async fn invoke_all(
        &self,
        name: &ComponentName,
        invocations: Vec<Invocation>,
        bytes: ByteForm,
    ) -> Result<Vec<Result<Rendered>>> {
        let request = Request::Invoke {
            name: name.clone(),
            invocations,
            bytes,
        };
        expect!(self, request, Vec::new(), Results)
    }

    /// [`Host::resume`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::resume`].
    pub async fn resume(&self, name: &ComponentName, origin: &Origin) -> Result<bool> {
        let request = Request::Resume {
            name: name.clone(),
            origin: origin.clone(),
        };
        expect!(self, request, Vec::new(), Resumed)
    }

    /// [`Host::usage`].
    ///
    /// # Errors
    ///
    /// None from a host in this process.
    pub async fn usage(&self) -> Result<HostUsage> {
        expect!(self, Request::Usage, Vec::new(), Usage)
    }

    /// [`Host::status`].
    ///
    /// # Errors
    ///
    /// None from a host in this process.
    pub async fn status(&self) -> Result<Vec<ComponentStatus>> {
        expect!(self, Request::Status, Vec::new(), Status)
    }

    /// [`Host::release`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::release`].
    pub async fn release(&self, name: &ComponentName) -> Result<Release> {
        let name = name.clone();
        expect!(self, Request::Release { name }, Vec::new(), Release).map(|release| *release)
    }

    /// [`Host::releases`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::releases`].
    pub async fn releases(&self, name: &ComponentName) -> Result<Vec<Release>> {
        let name = name.clone();
        expect!(self, Request::Releases { name }, Vec::new(), Releases)
    }

    /// [`Host::history`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::history`].
    pub async fn history(&self, name: &ComponentName) -> Result<Vec<DeploymentRecord>> {
        let name = name.clone();
        expect!(self, Request::History { name }, Vec::new(), History)
    }

    /// [`Host::bytes`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::bytes`].
    pub async fn bytes(&self, name: &ComponentName) -> Result<Vec<u8>> {
        self.bytes_of(name, None).await
    }

    /// [`Host::release_bytes`].
    ///
    /// # Errors
    ///
    /// Those of [`Host::release_bytes`].
    pub async fn release_bytes(&self, name: &ComponentName, version: &Version) -> Result<Vec<u8>> {
        self.bytes_of(name, Some(version.clone())).await
    }

    async fn bytes_of(&self, name: &ComponentName, version: Option<Version>) -> Result<Vec<u8>> {
        let name = name.clone();
        let answer = self.ask(Request::Bytes { name, version }, Vec::new()).await?;
        match answer.response {
            Response::Bytes => Ok(answer.bytes),
            _ => Err(self.unexpected()),
        }
    }

    /// Hands over what happens from now on, of one component or of all, until the host ends.
    /// They do not go to the listener as well.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] when the host ends without a word.
    pub async fn events(&self, name: Option<&ComponentName>, mut on_event: impl FnMut(Event)) -> Result<()> {
        match &self.0 {
            Reach::Here(host) => {
                let mut events = host.events();
                while let Some(event) = events.next().await {
                    if name.is_none() || name == event.component() {
                        on_event(event);
                    }
                }
                Ok(())
            }
            Reach::There(remote) => {
                let name = name.cloned();
                remote.ask(&Request::Events { name }, &[], on_event).await?;
                Ok(())
            }
        }
    }

    async fn ask(&self, request: Request, body: Vec<u8>) -> Result<Answer> {
        match &self.0 {
            Reach::Here(host) => answer(host.clone(), request, body).await,
            Reach::There(remote) => remote.ask(&request, &body, |event| (remote.listener)(&event)).await,
        }
    }

    /// What an answer is that belongs to another request.
    fn unexpected(&self) -> Error {
        match &self.0 {
            Reach::Here(_) => Error::Closed,
            Reach::There(remote) => remote.unreachable("it answers something else than it was asked"),
        }
    }
}
