//! What goes over the pipes between a host and its compiler.
//!
//! The compiler greets; the host sends an order and the component's bytes; the compiler answers once.
//! Numbers are little-endian.

use std::time::Duration;

use crate::engine::engines::Profile;

/// What a compiler says first; the last byte changes with the protocol.
pub(super) const GREETING: &[u8; 16] = b"airssys-compile\x01";
/// The length of an order.
pub(super) const ORDER: usize = 25;
/// The length of the head of an answer.
pub(super) const HEAD: usize = 17;
/// The most that a compiler says in words.
pub(super) const MAX_WORDS: u64 = 8 << 10;

/// What a host asks for; as many bytes as `size` follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) profile: Profile,
    /// The most bytes of memory that the compiler may use.
    pub(super) memory: u64,
    /// How long the compiler may take.
    pub(super) deadline: Duration,
    /// The size of the component.
    pub(super) size: u64,
}

/// What an answer begins with; as many bytes as `size` follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) verdict: Verdict,
    /// Which engines can load the code.
    pub(super) engine: u64,
    /// The size of the code or of the words.
    pub(super) size: u64,
}

/// How compiling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The compiled code follows.
    Compiled,
    /// The reason why the component cannot be compiled follows.
    Refused,
    /// There was not enough memory; nothing follows.
    OutOfMemory,
    /// The compiler panicked; its words follow.
    Panicked,
    /// The compiler could not begin, whatever the component; the reason follows.
    Unable,
}

impl Order {
    pub(super) fn encode(&self) -> [u8; ORDER] {
        let Self {
            profile: Profile { wide, metered },
            memory,
            deadline,
            size,
        } = *self;
        let mut bytes = [0; ORDER];
        bytes[0] = u8::from(wide) | u8::from(metered) << 1;
        bytes[1..9].copy_from_slice(&memory.to_le_bytes());
        let milliseconds = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        bytes[9..17].copy_from_slice(&milliseconds.to_le_bytes());
        bytes[17..].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; ORDER]) -> Option<Self> {
        let profile = Profile {
            wide: bytes[0] & 1 != 0,
            metered: bytes[0] & 2 != 0,
        };
        (bytes[0] <= 3).then_some(Self {
            profile,
            memory: number(&bytes[1..9])?,
            deadline: Duration::from_millis(number(&bytes[9..17])?),
            size: number(&bytes[17..])?,
        })
    }
}

impl Head {
    pub(super) fn encode(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0] = self.verdict as u8;
        bytes[1..9].copy_from_slice(&self.engine.to_le_bytes());
        bytes[9..].copy_from_slice(&self.size.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; HEAD]) -> Option<Self> {
        const VERDICTS: [Verdict; 5] = [
            Verdict::Compiled,
            Verdict::Refused,
            Verdict::OutOfMemory,
            Verdict::Panicked,
            Verdict::Unable,
        ];
        Some(Self {
            verdict: *VERDICTS.get(usize::from(bytes[0]))?,
            engine: number(&bytes[1..9])?,
            size: number(&bytes[9..])?,
        })
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for bits in 0..4_u8 {
            let order = Order {
                profile: Profile {
                    wide: bits & 1 != 0,
                    metered: bits & 2 != 0,
                },
                memory: 2 << 30,
                deadline: Duration::from_millis(1_234),
                size: u64::MAX - 1,
            };
            assert_eq!(Order::decode(&order.encode()), Some(order));
        }
        assert_eq!(Order::decode(&[4; ORDER]), None);
    }

    #[test]
    fn the_head_of_an_answer_is_read_as_it_was_written() {
        use Verdict::*;
        for verdict in [Compiled, Refused, OutOfMemory, Panicked, Unable] {
            let head = Head {
                verdict,
                engine: 0x0123_4567_89ab_cdef,
                size: 7,
            };
            assert_eq!(Head::decode(&head.encode()), Some(head));
        }
        assert_eq!(Head::decode(&[5; HEAD]), None);
    }
}
