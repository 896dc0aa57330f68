//! What the instances of one release do: an entry for what is new, and a count for what is not.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::day::{COUNTS, Day};
use super::denials::{Denials, Examples};
use super::entry::{Decision, Recorded, Rule, Subject, shortened, shortened_to};
use super::rate::Rate;
use super::trail::{Trail, lock};
use crate::capability::{Access, Capability, Grant, Granted, Refusal, Source};

/// The longest text of a request that is named with a number, in bytes: several of them are in one line of the log.
const LONGEST_EXAMPLE: usize = 300;

/// The record of one release; clones share it. The default one keeps nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account(Option<Arc<Inner>>);

#[derive(Debug)]
pub(super) struct Inner {
    trail: Trail,
    subject: Subject,
    rates: Mutex<Rates>,
    /// What all releases of the component have had of this day's entries.
    day: Arc<Day>,
    /// When what is denied without any entry left was last counted.
    counted_at: Mutex<Instant>,
    tallies: Mutex<Vec<Arc<Tally>>>,
}

/// What has a number of entries in each second.
#[derive(Debug)]
struct Rates {
    allowed: Rate,
    denied: Denials,
    discarded: Rate,
}

/// A number of things that have no entry of their own.
#[derive(Debug)]
struct Tally {
    what: Counted,
    count: AtomicU64,
    examples: Mutex<Examples>,
}

/// What is counted.
#[derive(Debug, PartialEq, Eq)]
enum Counted {
    Decided {
        /// None when it is about all instances.
        instance: Option<u64>,
        capability: Capability,
        decision: Decision,
        rule: Rule,
    },
    Discarded(Cow<'static, str>),
}

/// The record of one instance.
#[derive(Debug)]
pub(crate) struct Ledger {
    account: Account,
    instance: u64,
    /// The rules that it has used, by the count that each has, and where it is counted.
    used: Mutex<Vec<(Arc<AtomicU64>, Arc<Tally>)>>,
}

impl Account {
    pub(super) fn of(inner: Arc<Inner>) -> Self {
        Self(Some(inner))
    }

    /// Begins the record of an instance.
    pub(crate) fn instance(&self) -> Ledger {
        Ledger {
            instance: self.0.as_ref().map_or(0, |account| account.trail.next_instance()),
            account: self.clone(),
            used: Mutex::default(),
        }
    }
}

impl Ledger {
    /// Records that an access is allowed by a rule; false when it must not be, because it cannot be recorded.
    ///
    /// It allocates only when the instance uses the rule for the first time.
    pub(crate) fn allowed(&self, access: &Access<'_>, granted: &Granted) -> bool {
        let Some(account) = &self.account.0 else {
            return true;
        };
        if account.trail.denies() {
            return false;
        }
        let mut used = lock(&self.used);
        if let Some((_, tally)) = used.iter().find(|(rule, _)| Arc::ptr_eq(rule, &granted.uses)) {
            tally.count.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let Some(tally) = account.first_use(self.instance, access, granted) else {
            return false;
        };
        used.push((granted.uses.clone(), tally));
        true
    }

    /// Records that an access is denied, and what has decided that.
    pub(crate) fn denied(&self, access: &Access<'_>, refusal: Refusal, by: Option<&Grant>) {
        let Some(account) = &self.account.0 else { return };
        if account.trail.denies() {
            return;
        }
        let rule = Rule {
            rule: by.map(|grant| shortened(&grant.pattern())),
            // Only operators revoke.
            source: by.map(|_| Source::Operator),
            refusal: Some(refusal),
        };
        let (capability, pattern) = (access.capability(), access.pattern());
        let now = Instant::now();
        let is_told = lock(&account.rates).denied.take(refusal, &capability, &pattern, now);
        if is_told && account.day.take(refusal, now) {
            account.access(self.instance, access, Decision::Deny, rule);
            return;
        }
        let counted = Counted::Decided {
            instance: None,
            capability,
            decision: Decision::Deny,
            // The guest chooses what it wants: only what does not depend on it is counted apart.
            rule: Rule {
                refusal: Some(refusal),
                ..Rule::default()
            },
        };
        account.count_with(counted, |tally| {
            lock(&tally.examples).see(|| shortened_to(&pattern, LONGEST_EXAMPLE));
        });
    }

    /// Records that the instance is discarded, because an entry into it has ended so.
    pub(crate) fn discarded(&self, code: &'static str) {
        let Some(account) = &self.account.0 else { return };
        let code = Cow::Borrowed(code);
        if lock(&account.rates).discarded.take(Instant::now()) {
            account.trail.record(Recorded::InstanceDiscarded {
                subject: account.subject.clone(),
                instance: self.instance,
                code,
            });
        } else {
            account.count(Counted::Discarded(code));
        }
    }
}

impl Inner {
    pub(super) fn new(trail: Trail, subject: Subject, day: Arc<Day>) -> Self {
        let now = Instant::now();
        Self {
            trail,
            subject,
            day,
            counted_at: Mutex::new(now),
            rates: Mutex::new(Rates {
                allowed: Rate::new(now),
                denied: Denials::new(now),
                discarded: Rate::new(now),
            }),
            tallies: Mutex::default(),
        }
    }

    /// Records that an instance uses a rule for the first time; returns where later uses are counted, or none when it
    /// must not be used.
    fn first_use(&self, instance: u64, access: &Access<'_>, granted: &Granted) -> Option<Arc<Tally>> {
        let rule = Rule {
            rule: Some(shortened(&granted.grant.pattern())),
            source: Some(granted.source),
            refusal: None,
        };
        let counted = |instance, rule| Counted::Decided {
            instance,
            capability: access.capability(),
            decision: Decision::Allow,
            rule,
        };
        if !lock(&self.rates).allowed.take(Instant::now()) {
            return Some(self.count(counted(None, rule)));
        }
        if !self.access(instance, access, Decision::Allow, rule.clone()) && self.trail.ready().is_err() {
            return None;
        }
        let tally = Arc::new(Tally {
            what: counted(Some(instance), rule),
            count: AtomicU64::new(0),
            examples: Mutex::default(),
        });
        lock(&self.tallies).push(tally.clone());
        Some(tally)
    }

    fn access(&self, instance: u64, access: &Access<'_>, decision: Decision, rule: Rule) -> bool {
        self.trail.record(Recorded::Access {
            subject: self.subject.clone(),
            instance,
            capability: access.capability(),
            pattern: shortened(&access.pattern()),
            decision,
            rule,
        })
    }

    /// Counts something, and returns where it is counted.
    fn count(&self, what: Counted) -> Arc<Tally> {
        self.count_with(what, |_| {})
    }

    /// The same, with what else is to be noted there before it is written.
    fn count_with(&self, what: Counted, note: impl FnOnce(&Tally)) -> Arc<Tally> {
        let mut tallies = lock(&self.tallies);
        let known = tallies.iter().find(|tally| tally.what == what).cloned();
        let tally = known.unwrap_or_else(|| {
            let tally = Arc::new(Tally {
                what,
                count: AtomicU64::new(0),
                examples: Mutex::default(),
            });
            tallies.push(tally.clone());
            tally
        });
        tally.count.fetch_add(1, Ordering::Relaxed);
        note(&tally);
        tally
    }

    /// What was counted since this was last asked; tallies that no instance has any more go.
    /// What has no entries left for this day waits longer, unless this is the end.
    pub(super) fn counted(&self, now: Instant, is_end: bool) -> Vec<Recorded> {
        let mut counted = Vec::new();
        let mut counted_at = lock(&self.counted_at);
        let is_time = is_end || now.saturating_duration_since(*counted_at) >= COUNTS;
        if is_time {
            *counted_at = now;
        }
        lock(&self.tallies).retain(|tally| {
            let waits = |refusal| !is_time && self.day.is_spent(refusal, now);
            if tally.what.refusal().is_some_and(waits) {
                return true;
            }
            // Before it is read: an instance that is gone counts no more.
            let is_used = Arc::strong_count(tally) > 1;
            let count = tally.count.swap(0, Ordering::Relaxed);
            if count > 0 {
                counted.push(tally.what.recorded(&self.subject, count, lock(&tally.examples).take()));
            }
            is_used
        });
        counted
    }

    pub(super) fn has_tallies(&self) -> bool {
        !lock(&self.tallies).is_empty()
    }
}

impl Counted {
    /// The reason of what is denied.
    fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Decided { rule, .. } => rule.refusal,
            Self::Discarded(_) => None,
        }
    }

    fn recorded(&self, subject: &Subject, count: u64, examples: Vec<String>) -> Recorded {
        let subject = subject.clone();
        match self {
            Self::Decided {
                instance,
                capability,
                decision,
                rule,
            } => Recorded::AccessCount {
                subject,
                instance: *instance,
                capability: capability.clone(),
                decision: *decision,
                rule: rule.clone(),
                count,
                examples,
            },
            Self::Discarded(code) => Recorded::DiscardCount {
                subject,
                code: code.clone(),
                count,
            },
        }
    }
}
