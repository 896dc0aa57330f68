//! How the components of a loop are reached from outside.

use std::collections::BTreeMap;

use super::news::News;
use crate::exit;
use crate::ops::listen::{self, Address, Callers};
use airssys_wasm::Host;
use airssys_wasm::component::{ComponentName, Kind};
use airssys_wasm::ingress::HttpServer;

/// Listens when it is asked to, or when there is a web API to reach.
#[derive(Debug)]
pub(crate) struct Reach {
    host: Host,
    callers: Callers,
    server: Option<HttpServer>,
    /// Whether an address is taken for the first web API.
    is_willing: bool,
    /// What was told already.
    told: BTreeMap<ComponentName, String>,
}

impl Reach {
    /// Listens at the address that was asked for.
    pub(crate) async fn begin(host: &Host, address: Option<Address>, callers: Callers) -> anyhow::Result<Self> {
        let server = match address {
            Some(address) => Some(listen::listen(host, address, &callers).await?),
            None => None,
        };
        Ok(Self {
            host: host.clone(),
            callers,
            is_willing: server.is_none(),
            server,
            told: BTreeMap::new(),
        })
    }

    /// Where it listens already.
    pub(super) fn listening(&self) -> Option<News> {
        let server = self.server.as_ref()?;
        Some(News::Listening {
            url: listen::url(server.address()),
        })
    }

    /// What is to be told after a component came into service.
    pub(super) async fn follow(&mut self, component: &ComponentName, program: &'static str) -> Vec<News> {
        let mut news = Vec::new();
        let status = self.host.status();
        let Some(status) = status.iter().find(|status| status.release.name == *component) else {
            return news;
        };
        let is_api = status.release.kind == Kind::Http;
        if is_api && self.is_willing {
            self.is_willing = false;
            match listen::listen(&self.host, Address::DEV, &self.callers).await {
                Ok(server) => {
                    self.server = Some(server);
                    news.extend(self.listening());
                }
                Err(error) => {
                    let failure = exit::explain(&error, program);
                    news.push(News::NotListening {
                        reason: failure.message,
                        help: failure.help,
                    });
                }
            }
        }
        let Some(server) = &self.server else { return news };
        let base = listen::url(server.address());
        let routes = self.host.http_routes();
        let route = routes.iter().find(|(_, name)| name == component);
        let (url, is_called) = match (is_api, route) {
            (true, Some((route, _))) => (format!("{base}{}", route.as_str().trim_end_matches('*')), false),
            _ => (format!("{base}/call/{component}"), true),
        };
        if self
            .told
            .insert(component.clone(), url.clone())
            .is_none_or(|told| told != url)
        {
            news.push(News::Reachable {
                component: component.clone(),
                url,
                is_called,
            });
        }
        news
    }

    /// Takes no more requests.
    pub(crate) async fn end(self) {
        if let Some(server) = self.server {
            listen::finish(server).await;
        }
    }
}
