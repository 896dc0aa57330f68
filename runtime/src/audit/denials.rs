//! Which denials of a release have an entry of their own: what is new before what comes again, each reason by itself.
//!
//! A guest chooses what it asks for, and asks as often as it likes. So nothing that it does for one reason takes the place of
//! what is denied for another, and nothing that it repeats takes the place of what it has not asked for before.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use super::rate::Rate;
use crate::capability::{Capability, Refusal};

/// How many new requests have an entry at once for each reason, and how long it takes until there is room for another.
const AT_ONCE: u32 = 256;
const ANOTHER: Duration = Duration::from_millis(40);

/// How many requests are remembered.
const REMEMBERED: usize = 4_096;

/// How many of the requests that are only counted are named with their number.
const EXAMPLES: usize = 8;

/// The denials of one release.
#[derive(Debug)]
pub(super) struct Denials {
    new: HashMap<Refusal, Room>,
    repeated: Rate,
    /// What had an entry, as numbers that nobody else can foresee.
    known: HashSet<u64>,
    hashing: RandomState,
}

/// Room for entries, which comes back one by one.
#[derive(Debug)]
struct Room {
    taken: u32,
    since: Instant,
}

/// Some of the requests that are only counted, each with the same chance.
#[derive(Debug, Default)]
pub(super) struct Examples {
    seen: u64,
    kept: Vec<String>,
    hashing: RandomState,
}

impl Denials {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            new: HashMap::new(),
            repeated: Rate::new(now),
            known: HashSet::new(),
            hashing: RandomState::new(),
        }
    }

    /// Whether a denial has an entry.
    pub(super) fn take(&mut self, refusal: Refusal, capability: &Capability, pattern: &str, now: Instant) -> bool {
        let request = self.hashing.hash_one((refusal, capability, pattern));
        let is_new = !self.known.contains(&request);
        let room = self.new.entry(refusal).or_insert(Room { taken: 0, since: now });
        let has_entry = (is_new && room.take(now)) || self.repeated.take(now);
        if has_entry && is_new {
            // Whoever has had so many entries is hidden by none of them.
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.known.insert(request);
        }
        has_entry
    }
}

impl Room {
    fn take(&mut self, now: Instant) -> bool {
        let back = now.saturating_duration_since(self.since).as_millis() / ANOTHER.as_millis();
        let back = u32::try_from(back).unwrap_or(u32::MAX);
        self.since += ANOTHER.saturating_mul(back);
        self.taken = self.taken.saturating_sub(back);
        if self.taken == 0 {
            self.since = now;
        }
        let has_room = self.taken < AT_ONCE;
        self.taken += u32::from(has_room);
        has_room
    }
}

impl Examples {
    /// Takes one more request into account.
    pub(super) fn see(&mut self, pattern: impl FnOnce() -> String) {
        self.seen += 1;
        if self.kept.len() < EXAMPLES {
            self.kept.push(pattern());
            return;
        }
        // The n-th takes the place of one of those that are kept with a chance of so many in n; the guest cannot foresee which.
        let drawn = usize::try_from(self.hashing.hash_one(self.seen) % self.seen);
        if let Some(place) = drawn.ok().and_then(|drawn| self.kept.get_mut(drawn)) {
            *place = pattern();
        }
    }

    /// What was kept since this was last asked.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.seen = 0;
        std::mem::take(&mut self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of these requests have an entry.
    fn count(denials: &mut Denials, refusal: Refusal, requests: &[String], now: Instant) -> usize {
        let mut take = |request: &&String| denials.take(refusal, &Capability::FileRead, request, now);
        requests.iter().filter(|request| take(request)).count()
    }

    fn junk(number: usize) -> Vec<String> {
        (0..number).map(|number| format!("/data/{number}")).collect()
    }

    #[test]
    fn what_is_new_has_an_entry_whatever_was_repeated_or_denied_for_another_reason() {
        let (mut denials, now) = (Denials::new(Instant::now()), Instant::now());
        let same = vec!["/data/same".to_owned(); 10_000];
        // The first, and the rate of repetitions.
        assert_eq!(count(&mut denials, Refusal::NotGranted, &same, now), 101);
        assert_eq!(count(&mut denials, Refusal::NotGranted, &junk(130), now), 130);
        // Noise without end for one reason.
        let noise = count(&mut denials, Refusal::NotAsked, &junk(100_000), now);
        assert_eq!(noise, 256);
        for refusal in [Refusal::Revoked, Refusal::LeadsElsewhere] {
            assert_eq!(count(&mut denials, refusal, &junk(256), now), 256, "{refusal:?}");
        }
        assert_eq!(
            count(&mut denials, Refusal::NotGranted, &["/secret".to_owned()], now),
            1
        );
    }

    #[test]
    fn room_comes_back_one_by_one() {
        let begin = Instant::now();
        let mut denials = Denials::new(begin);
        assert_eq!(count(&mut denials, Refusal::NotAsked, &junk(1_000), begin), 356);
        let later = begin + ANOTHER * 10;
        let more: Vec<String> = (0..1_000).map(|number| format!("/more/{number}")).collect();
        assert_eq!(count(&mut denials, Refusal::NotAsked, &more, later), 10);
        let much_later = later + Duration::from_secs(86_400);
        let most: Vec<String> = (0..1_000).map(|number| format!("/most/{number}")).collect();
        assert_eq!(count(&mut denials, Refusal::NotAsked, &most, much_later), 356);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let begin = Instant::now();
        let mut denials = Denials::new(begin);
        for number in 0..10_000_u32 {
            let now = begin + ANOTHER * number;
            assert!(denials.take(Refusal::NotAsked, &Capability::FileRead, &number.to_string(), now));
            assert!(denials.known.len() <= REMEMBERED);
        }
    }

    #[test]
    fn each_request_that_is_only_counted_may_be_an_example() {
        // Of 64 requests 8 are kept, so that the last is among them once in eight times: never in 400 has no chance.
        let found = (0..400)
            .filter(|_| {
                let mut examples = Examples::default();
                for number in 0..64 {
                    examples.see(|| number.to_string());
                }
                let kept = examples.take();
                assert_eq!(kept.len(), EXAMPLES);
                kept.contains(&"63".to_owned())
            })
            .count();
        assert!((10..200).contains(&found), "{found}");
        let mut examples = Examples::default();
        examples.see(|| "one".into());
        assert_eq!((examples.take(), examples.take()), (vec!["one".to_owned()], Vec::new()));
    }
}
