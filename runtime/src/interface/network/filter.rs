//! Which addresses a name may lead to: those of the public network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one that anybody can be reached at, as it is written and in whatever is written into it.
///
/// Everything in the registries of special addresses of IANA that is not globally reachable is none.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match a {
        // This network, private, loopback, and everything from multicast on.
        0 | 10 | 127 | 224..=255 => true,
        // Shared by the customers of one provider.
        100 => (64..128).contains(&b),
        // Link-local, which is where clouds keep the credentials of their machines.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Private; assignments of protocols and for documentation; relays of 6to4; sinks.
        192 => {
            b == 168
                || (b == 0 && (c == 0 || c == 2))
                || (b == 88 && c == 99)
                || (b == 31 && c == 196)
                || (b == 52 && c == 193)
                || (b == 175 && c == 48)
        }
        // For measurements and for documentation.
        198 => b == 18 || b == 19 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !is_special
}

fn is_public_six(address: Ipv6Addr) -> bool {
    if let Some(four) = written_into(address) {
        return is_public_four(four);
    }
    let parts = address.segments();
    match parts {
        // Teredo, ORCHID, benchmarks and other assignments of protocols.
        [0x2001, 0..0x200, ..] => false,
        // Documentation.
        [0x2001, 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // All that is assigned is in here: not loopback, compatible, link-local, unique-local, multicast.
        [0x2000..0x4000, ..] => !is_intra_site(&parts),
        _ => false,
    }
}

/// The address of version 4 that is reached by an address of version 6 in which it is written.
pub(super) fn written_into(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let four_at = |index: usize| {
        let [a, b] = parts[index].to_be_bytes();
        let [c, d] = parts[index + 1].to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // A network that translates the well-known prefix reaches it.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(four_at(6)),
        // 6to4.
        [0x2002, ..] => Some(four_at(1)),
        _ => None,
    }
}

/// Whether the interface is named by an address of version 4 that is not public, as ISATAP tunnels have it.
fn is_intra_site(parts: &[u16; 8]) -> bool {
    let [a, b] = parts[6].to_be_bytes();
    let [c, d] = parts[7].to_be_bytes();
    let is_tunnel = (parts[4] == 0 || parts[4] == 0x200) && parts[5] == 0x5efe;
    is_tunnel && !is_public_four(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2600::5efe:10.0.0.1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "203.0.112.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
