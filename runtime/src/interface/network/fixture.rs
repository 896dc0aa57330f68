//! A network for the tests of this crate: what it asks for is granted, until it is taken back.

use std::sync::Arc;

use super::{Network, Outside};
use crate::audit::Account;
use crate::capability::{Capability, Clearance, Gate, Grant, GrantSet, Grants, Source};
use crate::component::{Limits, Package};
use crate::event::Events;
use crate::usage::Meter;

/// The network of an instance that asks for these addresses, and what it is granted.
pub(crate) fn network(outbound: &[&str]) -> (Arc<Network>, Arc<Grants>) {
    let asked: Vec<Grant> = outbound
        .iter()
        .map(|pattern| Grant::parse(Capability::NetworkOutbound, pattern).unwrap())
        .collect();
    let mut set = GrantSet::default();
    for grant in &asked {
        set.grant(grant.clone(), Source::Policy);
    }
    let grants = Arc::new(Grants::new(set));
    let package = Package::new(&b"\0asm\x0d\0\x01\0"[..]).name("a".parse().unwrap());
    let release = package.version("1.0.0".parse().unwrap()).validate().unwrap().release;
    let clearance = Clearance {
        asked: asked.into(),
        teaches: false,
        account: Account::default(),
        grants: grants.clone(),
    };
    let gate = Gate::new(clearance, Arc::new(release), Events::default());
    let meter = Meter::alone(Limits::default());
    (
        Arc::new(Network::new(Arc::new(gate), meter, Outside::default())),
        grants,
    )
}
