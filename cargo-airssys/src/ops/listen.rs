//! The address at which a host takes HTTP requests.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use super::port;
use crate::exit::{Exit, Failure};
use airssys_wasm::ingress::{self, HttpOptions, HttpServer};
use airssys_wasm::{Error, Host};

/// How long requests that are under way may go on when the program ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// An address with a port: `127.0.0.1:3000`, `localhost:3000`, `[::1]:3000` or `3000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) SocketAddr);

/// From whom requests are taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Callers {
    /// Whether other machines may reach the address.
    pub(crate) allow_remote: bool,
    /// The hosts that requests may name, beside those of this machine.
    pub(crate) hosts: Vec<String>,
    /// The origins whose web pages may call components.
    pub(crate) origins: Vec<String>,
}

impl Address {
    /// Where `dev` listens when nothing else is said.
    pub(crate) const DEV: Self = Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000));
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(port) = text.parse() {
            return Ok(Self(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)));
        }
        let text = text.replace("localhost:", "127.0.0.1:");
        let address = text.parse().map(Self);
        address.map_err(|_| "write an address and a port, such as 127.0.0.1:3000, localhost:3000 or [::1]:3000".into())
    }
}

/// Has a host take requests; a port that is taken is told with the process that has it.
pub(crate) async fn listen(host: &Host, address: Address, callers: &Callers) -> anyhow::Result<HttpServer> {
    let mut options = HttpOptions::new(address.0);
    options.allow_remote = callers.allow_remote;
    options.allowed_hosts.clone_from(&callers.hosts);
    options.allowed_origins.clone_from(&callers.origins);
    match ingress::listen(host, options).await {
        Err(error @ Error::Listen { .. }) => {
            let owner = port::owner(address.0.port());
            Err(taken(&error, address.0, owner).into())
        }
        listening => Ok(listening?),
    }
}

/// Ends a server: requests that are under way may go on for a while.
pub(crate) async fn finish(server: HttpServer) {
    // Those that are left then are cut off.
    let _ = tokio::time::timeout(PATIENCE, server.finish()).await;
}

/// The address as people open it.
pub(crate) fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        // An address of every interface is none that can be opened.
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

fn taken(error: &Error, address: SocketAddr, owner: Option<port::Owner>) -> Failure {
    let who = owner
        .map(|owner| format!(": process {} ({})", owner.process, owner.program))
        .unwrap_or_default();
    let help = format!(
        "end what listens there, or choose another port, such as `--listen {}:0` for a free one",
        address.ip()
    );
    Failure::new(Exit::Usage, "listen-failed", format!("{error}{who}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_in_several_ways() {
        let check =
            |text: &str, address: &str| assert_eq!(text.parse(), Ok(Address(address.parse().unwrap())), "{text}");
        check("127.0.0.1:3000", "127.0.0.1:3000");
        check("localhost:80", "127.0.0.1:80");
        check("8080", "127.0.0.1:8080");
        check("[::1]:0", "[::1]:0");
        for text in ["", "example.com:80", "127.0.0.1", "1:2:3", "70000", ":80"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_of_every_interface_is_opened_on_this_machine() {
        assert_eq!(url("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80".parse().unwrap()), "http://[::1]:80");
    }
}
