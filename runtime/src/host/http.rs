//! HTTP requests to the components of a host.

use std::time::Duration;

use http::{Request, Response};
use tokio::task::JoinHandle;

use super::Host;
use crate::component::{ComponentName, HttpRoute};
use crate::engine::{Answer, Call, Exchange, RequestBody, ResponseBody};
use crate::error::{Error, Result};

impl Host {
    /// Which HTTP requests go to which component, sorted by the route.
    pub fn http_routes(&self) -> Vec<(HttpRoute, ComponentName)> {
        self.0.deploy.router.http_routes()
    }

    /// The component that gets HTTP requests for this path.
    pub(crate) fn http_component(&self, path: &str) -> Option<ComponentName> {
        self.0.deploy.router.http_component(path)
    }

    /// How long calls may go on after they were to end.
    pub(crate) fn drain_deadline(&self) -> Duration {
        self.0.deploy.drains.deadline()
    }

    /// Has a component answer a request.
    ///
    /// The call goes on after this returns, until the response is whole; it is given up when this or the response is
    /// dropped.
    pub(crate) async fn respond(
        &self,
        name: &ComponentName,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>> {
        let (exchange, mut response) = Exchange::new(request);
        let (host, name) = (self.clone(), name.clone());
        let call = tokio::spawn(async move {
            let mut answer = Answer::default();
            host.route(&name, Call::Request(Box::new(exchange)), &mut answer).await
        });
        let mut call = GivenUp(Some(call));
        let mut response = match (&mut response).await {
            Ok(Ok(response)) => response,
            Ok(Err(reason)) => {
                // The guest may not have returned yet, and is measured when it has.
                call.0 = None;
                return Err(Error::NoResponse { reason });
            }
            Err(_) => return Err(call.ended().await),
        };
        if let Some(call) = call.0.take() {
            response.body_mut().end_with(call.abort_handle());
        }
        Ok(response)
    }
}

/// A call that is given up when this is dropped.
struct GivenUp(Option<JoinHandle<Result<()>>>);

impl GivenUp {
    /// Why a call ended without a response.
    async fn ended(&mut self) -> Error {
        let Some(call) = &mut self.0 else {
            return Error::Closed;
        };
        match call.await {
            Ok(Err(error)) => error,
            Ok(Ok(())) => Error::NoResponse {
                reason: "it returned without one".into(),
            },
            Err(error) => Error::Engine {
                reason: error.to_string(),
            },
        }
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(call) = &self.0 {
            call.abort();
        }
    }
}
