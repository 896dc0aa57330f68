//! HTTP requests to a guest: the way in, and the way out for a response that goes on while the guest does.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::oneshot;
use tokio::time::timeout;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::{HostFutureTrailers, HostIncomingBody, HostOutgoingBody, HyperOutgoingBody};
use wasmtime_wasi_http::p2::types::{HostIncomingRequest, HostOutgoingResponse, HostResponseOutparam};

use super::call::{Answer, Handled};
use super::instance::Instance;
use super::lent_body::{BodyFault, LentBody};
use super::response_body::{Delivery, ResponseBody};
use super::state::InstanceState;
use crate::error::Error;
use crate::interface::{Incoming, View as _};
use crate::printable::printable_line;

/// The body of a request on its way to a guest.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, BodyFault>;

/// What a guest has to say to a request: a response that it begins, or why there will be none.
pub(crate) type Said = std::result::Result<Response<ResponseBody>, String>;

/// A request that waits for its response.
pub(crate) struct Exchange {
    request: Request<RequestBody>,
    response: oneshot::Sender<Said>,
}

/// What a guest has done about its response.
enum Given {
    /// Nothing yet.
    Nothing(oneshot::Sender<Said>),
    /// It has begun one.
    Begun(Begun),
    /// It has said why there will be none, or has begun what is none.
    Refused(String),
}

/// A response that a guest has begun.
struct Begun {
    status: StatusCode,
    at: Instant,
    /// Told when the guest writes no more.
    ended: oneshot::Sender<()>,
    /// What became of the body.
    delivered: oneshot::Receiver<Delivery>,
}

impl Exchange {
    /// Makes a request ready for a guest; the receiver gets the response when the guest begins it.
    pub(crate) fn new(request: Request<RequestBody>) -> (Self, oneshot::Receiver<Said>) {
        let (response, received) = oneshot::channel();
        (Self { request, response }, received)
    }

    /// The header of the request.
    pub(crate) fn headers(&self) -> &http::HeaderMap {
        self.request.headers()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Instance {
    /// Has the guest answer a request, and waits until its response is with the client, or given up.
    pub(super) async fn serve(&mut self, exchange: Exchange, answer: &mut Answer, now: Instant) -> Handled {
        self.load_http()?;
        let Exchange { request, response } = exchange;
        let has_body = request.method() != Method::HEAD;
        let parts = self.store.data_mut().held().0.parts.clone();
        let (body, mut request) = LentBody::of(request, parts);
        let size = Incoming::of(&mut request);
        let given = Arc::new(Mutex::new(Given::Nothing(response)));
        let setting = given.clone();
        let set = move |said| {
            let mut given = setting.lock().unwrap_or_else(PoisonError::into_inner);
            given.set(said, has_body);
        };
        let (held, table) = self.store.data_mut().held();
        let noted = held.note_request(size, table);
        let mut view = self.store.data_mut().http();
        let pushed = noted.map_err(wasmtime::Error::from).and_then(|()| {
            let incoming = view.new_incoming_request(Scheme::Http, request)?;
            Ok((incoming, view.new_response_outparam_from_callback(set)?))
        });
        let (incoming, outparam) = match pushed {
            Ok(pushed) => pushed,
            Err(error) => {
                // Its table is full of what it has not given back.
                self.discard();
                return Err(Error::Engine {
                    reason: error.to_string(),
                }
                .into());
            }
        };
        self.store.data_mut().held().0.keep(size, &incoming);
        let Some((proxy, entrance)) = self.http_entrance() else {
            return Err(self.not_callable().into());
        };
        let handle = entrance.enter("handle", now, async |store| {
            let handler = proxy.wasi_http_incoming_handler();
            handler.call_handle(store, incoming, outparam).await
        });
        let returned = handle.await;
        // Whatever the guest keeps, the connection gets back what it has lent.
        let fault = body.take_back();
        let taken = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reason = match taken {
            Given::Begun(begun) => return self.deliver(begun, returned, fault, answer, now).await,
            Given::Nothing(_) => "it returned without one".into(),
            Given::Refused(reason) => reason,
        };
        self.discard_if_it_keeps();
        Err(match (returned, fault) {
            // What the guest made of a body that broke off does not speak against it.
            (_, Some(reason)) => Error::BrokenRequest { reason }.into(),
            (Err(error), None) => error,
            (Ok(()), None) => Error::NoResponse { reason }.into(),
        })
    }

    /// Waits until a response that was begun is with the client, or given up.
    ///
    /// The instance is kept until then, because only with it a body that is whole can be told from one that was cut off.
    async fn deliver(
        &mut self,
        begun: Begun,
        returned: Handled,
        fault: Option<Cow<'static, str>>,
        answer: &mut Answer,
        now: Instant,
    ) -> Handled {
        let Begun {
            status,
            at,
            ended,
            delivered,
        } = begun;
        let _ = ended.send(());
        // A client that takes one byte after the other must not keep the instance.
        let deadline = self.release().limits.deadline.0;
        let delivery = match timeout(deadline, delivered).await {
            Ok(delivery) => delivery.unwrap_or(Delivery::GivenUp),
            Err(_) => {
                self.discard();
                Delivery::GivenUp
            }
        };
        self.discard_if_it_keeps();
        // What the guest makes of a client that has gone, or of a body that broke off, does not speak against it.
        if let Some(reason) = fault {
            return Err(Error::BrokenRequest { reason }.into());
        }
        if delivery != Delivery::GivenUp {
            returned?;
        }
        *answer = Answer::Response {
            is_failure: status.as_u16() >= 500 || delivery == Delivery::CutOff,
            took: at.saturating_duration_since(now),
        };
        Ok(())
    }

    /// Discards an instance that has not given back everything of its last request: it would meet the next one.
    fn discard_if_it_keeps(&mut self) {
        if keeps_of_request(self.store.data_mut()) {
            self.discard();
        }
    }
}

/// Whether an instance holds anything that belongs to one request.
fn keeps_of_request(state: &mut InstanceState) -> bool {
    state.table.iter_mut().any(|held| {
        held.is::<HostIncomingRequest>()
            || held.is::<HostIncomingBody>()
            || held.is::<HostFutureTrailers>()
            || held.is::<HostResponseOutparam>()
            || held.is::<HostOutgoingResponse>()
            || held.is::<HostOutgoingBody>()
    })
}

impl Given {
    /// Takes what the guest says, once.
    fn set(&mut self, said: Result<Response<HyperOutgoingBody>, ErrorCode>, has_body: bool) {
        let Self::Nothing(sender) = self.take() else {
            return;
        };
        *self = match said.map_err(gave_up).and_then(|response| usable(response, has_body)) {
            Err(reason) => {
                // The client need not wait for what the guest does after that.
                let _ = sender.send(Err(reason.clone()));
                Self::Refused(reason)
            }
            Ok((response, length)) => {
                let status = response.status();
                let (ended, has_ended) = oneshot::channel();
                let (deliver, delivered) = oneshot::channel();
                // Nobody may wait for it any more; then the body is gone at once, and says so.
                let _ = sender.send(Ok(
                    response.map(|body| ResponseBody::new(body, length, has_ended, deliver))
                ));
                Self::Begun(Begun {
                    status,
                    at: Instant::now(),
                    ended,
                    delivered,
                })
            }
        };
    }

    /// What there is, which leaves nothing behind.
    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Refused(String::new()))
    }
}

fn gave_up(code: ErrorCode) -> String {
    printable_line(&format!("it gave up with `{code:?}`"))
}

/// A response and how long the body is that is sent of it, if that is known; or why it is none.
fn usable(
    response: Response<HyperOutgoingBody>,
    has_body: bool,
) -> std::result::Result<(Response<HyperOutgoingBody>, Option<u64>), String> {
    let status = response.status();
    // Connections change protocols here only by what the host knows.
    if status.is_informational() {
        return Err(format!("it answered with the status {}", status.as_u16()));
    }
    let length = content_length(&response)?;
    if !has_body || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        return Ok((response, None));
    }
    match length {
        // What was promised would look as if it had come.
        Some(1..) if response.body().is_end_stream() => {
            Err("it said how long its response is, and gave no body".into())
        }
        length => Ok((response, length)),
    }
}

fn content_length<B>(response: &Response<B>) -> std::result::Result<Option<u64>, String> {
    let mut said = response.headers().get_all(header::CONTENT_LENGTH).iter();
    match (said.next(), said.next()) {
        (None, _) => Ok(None),
        (Some(length), None) => match length.to_str().ok().and_then(|length| length.parse().ok()) {
            Some(length) => Ok(Some(length)),
            None => Err("its response has a `Content-Length` that is no number".into()),
        },
        (Some(_), Some(_)) => Err("its response has several `Content-Length`".into()),
    }
}
