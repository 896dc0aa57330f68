//! What is to be built next: each component once, whatever has changed, and the longest waiting first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use super::circle::{Circle, Seen, Verdict};

/// What is to be done with a component.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// Its files that have changed.
    pub(super) changed: BTreeSet<PathBuf>,
    /// When they were seen to.
    pub(super) seen: Seen,
    /// Whether it is swapped in also when it is the same as before.
    pub(super) is_forced: bool,
    /// It waits until then.
    not_before: Option<Instant>,
}

/// The components that are to be built.
#[derive(Debug)]
pub(super) struct Queue {
    pending: BTreeMap<usize, Pending>,
    circles: Vec<Circle>,
}

/// What comes next.
pub(super) enum Next {
    /// This component is built.
    Build(usize, Pending),
    /// This component's builds go round in a circle, so that it is not.
    Leave(usize, Pending),
    /// Nothing, or nothing before this time.
    Wait(Option<Instant>),
}

impl Queue {
    /// A queue for so many components.
    pub(super) fn new(components: usize) -> Self {
        Self {
            pending: BTreeMap::new(),
            circles: (0..components).map(|_| Circle::default()).collect(),
        }
    }

    /// Has a component built because of these files.
    pub(super) fn want(&mut self, component: usize, paths: impl IntoIterator<Item = PathBuf>, at: Instant) {
        let pending = self.pending.entry(component).or_insert_with(|| Pending::new(at));
        pending.changed.extend(paths);
        pending.seen.last = at;
        pending.not_before = None;
    }

    /// Has every component built, and swapped in even if it is the same.
    pub(super) fn force_all(&mut self, at: Instant) {
        for (component, circle) in self.circles.iter_mut().enumerate() {
            circle.leave();
            let pending = self.pending.entry(component).or_insert_with(|| Pending::new(at));
            pending.is_forced = true;
            pending.not_before = None;
        }
    }

    /// Takes back what was not done, until it is done together with what has come meanwhile, or at this time.
    pub(super) fn take_back(&mut self, component: usize, old: Pending, not_before: Option<Instant>) {
        match self.pending.get_mut(&component) {
            Some(pending) => {
                pending.changed.extend(old.changed);
                pending.seen.first = old.seen.first;
                pending.is_forced |= old.is_forced;
            }
            None => {
                self.pending.insert(component, Pending { not_before, ..old });
            }
        }
    }

    /// A build of a component has come to its end by itself.
    pub(super) fn ended(&mut self, component: usize, now: Instant) {
        if let Some(circle) = self.circles.get_mut(component) {
            circle.ended(now);
        }
    }

    /// What comes next.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        loop {
            let is_due = |pending: &Pending| pending.not_before.is_none_or(|time| time <= now);
            let due = self.pending.iter().filter(|(_, pending)| is_due(pending));
            let Some(component) = due
                .min_by_key(|(_, pending)| pending.seen.first)
                .map(|(component, _)| *component)
            else {
                return Next::Wait(self.pending.values().filter_map(|pending| pending.not_before).min());
            };
            let (Some(pending), Some(circle)) = (self.pending.get_mut(&component), self.circles.get_mut(component))
            else {
                return Next::Wait(None);
            };
            let verdict = match pending.is_forced {
                true => Verdict::Build,
                false => circle.judge(&pending.changed, pending.seen, now),
            };
            match (verdict, self.pending.remove(&component)) {
                (Verdict::Build, Some(pending)) => return Next::Build(component, pending),
                (Verdict::Leave, Some(pending)) => return Next::Leave(component, pending),
                (Verdict::Wait(until), Some(pending)) => {
                    let not_before = Some(until);
                    self.pending.insert(component, Pending { not_before, ..pending });
                }
                (_, None) => {}
            }
        }
    }
}

impl Pending {
    fn new(at: Instant) -> Self {
        Self {
            changed: BTreeSet::new(),
            seen: Seen { first: at, last: at },
            is_forced: false,
            not_before: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn built(queue: &mut Queue, now: Instant) -> Option<(usize, Vec<String>)> {
        match queue.next(now) {
            Next::Build(component, pending) => {
                let names = pending.changed.iter().map(|path| path.display().to_string());
                Some((component, names.collect()))
            }
            _ => None,
        }
    }

    #[test]
    fn each_component_is_built_once_and_the_longest_waiting_first() {
        let (mut queue, now) = (Queue::new(3), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        queue.want(2, ["c".into()], now);
        queue.want(0, ["a".into()], later(1));
        queue.want(0, ["b".into()], later(2));
        queue.want(2, ["d".into()], later(3));
        assert_eq!(built(&mut queue, later(4)), Some((2, vec!["c".into(), "d".into()])));
        queue.want(2, ["e".into()], later(4));
        assert_eq!(built(&mut queue, later(4)), Some((0, vec!["a".into(), "b".into()])));
        assert_eq!(built(&mut queue, later(4)), Some((2, vec!["e".into()])));
        assert_eq!(built(&mut queue, later(4)), None);
    }

    #[test]
    fn what_was_not_done_is_done_with_what_came_meanwhile_or_later() {
        let (mut queue, now) = (Queue::new(1), Instant::now());
        queue.want(0, ["a".into()], now);
        let Next::Build(_, old) = queue.next(now) else {
            unreachable!()
        };
        queue.want(0, ["b".into()], now);
        queue.take_back(0, old.clone(), None);
        assert_eq!(built(&mut queue, now), Some((0, vec!["a".into(), "b".into()])));

        let later = now + Duration::from_secs(2);
        queue.take_back(0, old, Some(later));
        assert!(matches!(queue.next(now), Next::Wait(Some(time)) if time == later));
        assert_eq!(built(&mut queue, later), Some((0, vec!["a".into()])));
    }
}
