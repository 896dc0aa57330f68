//! Whom one instance reaches: every decision of the gate about a name or an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Outside;
use super::filter::{is_public, written_into};
use super::pins::Pins;
use super::under_way::Counts;
use crate::capability::{Access, Denied, Gate, HostName, Refusal, Scheme};
use crate::usage::Meter;

/// The most addresses of one name that are used.
const MAX_ADDRESSES: usize = 64;

/// The network as one instance sees it.
pub(crate) struct Network {
    pub(crate) gate: Arc<Gate>,
    pub(crate) meter: Meter,
    pub(crate) outside: Outside,
    pub(super) counts: Counts,
    pins: Mutex<Pins>,
    /// Set when the instance is gone.
    is_gone: AtomicBool,
}

/// Why a name has no addresses for a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// Nobody knows the name.
    Unknown,
    /// It leads to addresses that are not granted, and to no others.
    Prohibited,
    /// The component has looked up as many as it may.
    TooMany,
}

impl Network {
    pub(crate) fn new(gate: Arc<Gate>, meter: Meter, outside: Outside) -> Self {
        Self {
            gate,
            meter,
            outside,
            counts: Counts::default(),
            pins: Mutex::default(),
            is_gone: AtomicBool::new(false),
        }
    }

    /// Notes that the instance is gone, so that nothing that it began is taken for ended.
    pub(crate) fn leave(&self) {
        self.is_gone.store(true, Ordering::Release);
    }

    /// Whether the instance is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    /// The addresses to use for a connection that the gate has allowed: asked for once, each looked at.
    pub(crate) async fn addresses(
        &self,
        scheme: Scheme,
        host: &HostName,
        port: u16,
    ) -> Result<Vec<IpAddr>, Unresolved> {
        let access = Access::Connect { scheme, host, port };
        let leads = |address| self.may_lead(scheme, host, SocketAddr::new(address, port));
        self.resolve(host, &access, leads).await
    }

    /// Whether a name that is granted may lead to an address: to a public one that nobody has revoked, or to one that is
    /// granted itself.
    pub(crate) fn may_lead(&self, scheme: Scheme, name: &HostName, to: SocketAddr) -> bool {
        let (address, port) = (to.ip().to_canonical(), to.port());
        let host = &HostName::Address(address);
        let access = Access::Connect { scheme, host, port };
        !self.is_revoked(scheme, to) && (name == host || leads_to(name, address) || self.gate.would_allow(&access))
    }

    /// The same for an address that is used, and records a denial.
    pub(crate) fn check_lead(&self, scheme: Scheme, name: &HostName, to: SocketAddr) -> Result<(), Denied> {
        if self.may_lead(scheme, name, to) {
            return Ok(());
        }
        let refusal = match self.is_revoked(scheme, to) {
            true => Refusal::Revoked,
            false => Refusal::LeadsElsewhere,
        };
        let (host, port) = (&HostName::Address(to.ip().to_canonical()), to.port());
        Err(self.gate.deny(&Access::Connect { scheme, host, port }, refusal))
    }

    /// Whether an address is revoked, or the one that is reached by it.
    fn is_revoked(&self, scheme: Scheme, to: SocketAddr) -> bool {
        let (address, port) = (to.ip().to_canonical(), to.port());
        let written = match address {
            IpAddr::V6(six) => written_into(six).map(IpAddr::V4),
            IpAddr::V4(_) => None,
        };
        // Whoever connects to no address in particular reaches this machine.
        let local = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let local = local.map(|local: IpAddr| address.is_unspecified().then_some(local));
        let is_revoked = |host: &HostName| self.gate.is_revoked(&Access::Connect { scheme, host, port });
        [Some(address), written, local[0], local[1]]
            .into_iter()
            .flatten()
            .map(HostName::Address)
            .any(|host| is_revoked(&host))
    }

    /// The addresses of a name that the gate has allowed to be looked up; what is told may be used.
    pub(crate) async fn look_up(&self, name: &HostName) -> Result<Vec<IpAddr>, Unresolved> {
        let leads = |address: IpAddr| {
            leads_to(name, address) || self.gate.would_allow(&Access::LookUp(&HostName::Address(address)))
        };
        let found = self.resolve(name, &Access::LookUp(name), leads).await?;
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        pins.add(name, &found);
        Ok(found)
    }

    async fn resolve(
        &self,
        host: &HostName,
        access: &Access<'_>,
        leads: impl Fn(IpAddr) -> bool,
    ) -> Result<Vec<IpAddr>, Unresolved> {
        let name = match host {
            HostName::Address(address) => return Ok(vec![*address]),
            HostName::Name(name) => name,
        };
        if !self.meter.look_up() {
            return Err(Unresolved::TooMany);
        }
        let place = self.gate.lookups().clone().acquire_owned().await;
        let place = place.map_err(|_| Unresolved::Unknown)?;
        let found = self.outside.resolver.resolve(name.clone(), place).await;
        let found = found.map_err(|_| Unresolved::Unknown)?;
        let mut kept = Vec::new();
        for address in found.iter().map(IpAddr::to_canonical).take(MAX_ADDRESSES) {
            if leads(address) && !kept.contains(&address) {
                kept.push(address);
            }
        }
        if found.is_empty() {
            return Err(Unresolved::Unknown);
        }
        if kept.is_empty() {
            self.gate.deny(access, Refusal::LeadsElsewhere);
            return Err(Unresolved::Prohibited);
        }
        Ok(kept)
    }

    /// Decides whether an address may be connected or sent to, and records a denial.
    pub(crate) fn check_peer(&self, scheme: Scheme, peer: SocketAddr) -> Result<(), Denied> {
        if self.reaches(scheme, peer, |access| self.gate.allows(access)) {
            return Ok(());
        }
        let (address, port) = (peer.ip().to_canonical(), peer.port());
        let pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever was told an address for a name learns what is wrong with the name.
        let named = pins.names(address).find(|name| leads_to(name, address)).cloned();
        drop(pins);
        let host = &HostName::Address(address);
        let access = Access::Connect { scheme, host, port };
        if self.is_revoked(scheme, peer) {
            return Err(self.gate.deny(&access, Refusal::Revoked));
        }
        let host = &named.unwrap_or(HostName::Address(address));
        self.gate.check(&Access::Connect { scheme, host, port })
    }

    /// The same without recording.
    pub(crate) fn may_reach(&self, scheme: Scheme, peer: SocketAddr) -> bool {
        self.reaches(scheme, peer, |access| self.gate.would_allow(access))
    }

    /// Whether the address, or a name that led to it, is allowed.
    fn reaches(&self, scheme: Scheme, peer: SocketAddr, is_allowed: impl Fn(&Access<'_>) -> bool) -> bool {
        let (address, port) = (peer.ip().to_canonical(), peer.port());
        let allows = |host: &HostName| is_allowed(&Access::Connect { scheme, host, port });
        if allows(&HostName::Address(address)) {
            return true;
        }
        let pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names = pins.names(address);
        names.any(|name| allows(name) && leads_to(name, address) && self.may_lead(scheme, name, peer))
    }

    /// Decides whether a socket may be bound to an address of this machine, and take what comes to it.
    pub(crate) fn check_local(&self, scheme: Scheme, local: SocketAddr) -> Result<(), Denied> {
        self.gate.check(&listen(scheme, local))
    }

    /// The same without recording.
    pub(crate) fn may_listen(&self, scheme: Scheme, local: SocketAddr) -> bool {
        self.gate.would_allow(&listen(scheme, local))
    }

    /// Whether the component asks to speak to anybody in this way.
    pub(crate) fn speaks(&self, scheme: Scheme) -> bool {
        self.gate.asked().iter().any(|asked| asked.is_outbound(scheme))
    }
}

fn listen(scheme: Scheme, local: SocketAddr) -> Access<'static> {
    Access::Listen {
        scheme,
        address: local.ip().to_canonical(),
        port: local.port(),
    }
}

/// Whether a name may lead to an address that is not granted itself.
fn leads_to(name: &HostName, address: IpAddr) -> bool {
    match name {
        // It is the name of this machine everywhere, so whoever grants it means that.
        HostName::Name(name) if name == "localhost" => address.is_loopback(),
        HostName::Name(_) => is_public(address),
        HostName::Address(_) => false,
    }
}
