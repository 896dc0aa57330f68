//! Which names an instance was told which addresses for.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::capability::HostName;

/// The most pairs of an address and a name that are remembered of one instance; the oldest go first.
const MAX_PINS: usize = 1_024;

/// The addresses that an instance was told, so that it may use those of names that are granted.
#[derive(Debug, Default)]
pub(super) struct Pins(VecDeque<(IpAddr, HostName)>);

impl Pins {
    pub(super) fn add(&mut self, name: &HostName, addresses: &[IpAddr]) {
        for address in addresses {
            if self.0.iter().any(|(pinned, of)| pinned == address && of == name) {
                continue;
            }
            if self.0.len() == MAX_PINS {
                self.0.pop_front();
            }
            self.0.push_back((*address, name.clone()));
        }
    }

    /// The names for which this address was told.
    pub(super) fn names(&self, address: IpAddr) -> impl Iterator<Item = &HostName> {
        let of = self.0.iter().filter(move |(pinned, _)| *pinned == address);
        of.map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_pins_go_first_and_none_is_there_twice() {
        let mut pins = Pins::default();
        let name = HostName::parse("a.b").unwrap();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..=u32::try_from(MAX_PINS).unwrap() {
            pins.add(&name, &[address(n), address(n)]);
        }
        assert_eq!(pins.0.len(), MAX_PINS);
        assert_eq!(pins.names(address(0)).count(), 0);
        assert_eq!(pins.names(address(1)).collect::<Vec<_>>(), [&name]);
    }
}
