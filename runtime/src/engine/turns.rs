//! Whose turn it is to compute: guests that run for long take turns, so that those who are done soon never wait for many.
//!
//! At most as many of them are with the runtime as the machine has processors; the others wait here, in one line for
//! each component. So what a call waits for is the rest of one slice, however many others compute without end, and
//! nothing when the runtime has more threads than that: the system gives a processor to the thread that had none.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// How long a guest computes before it has to take turns with others.
pub(super) const SOON: Duration = Duration::from_millis(5);

/// The turns of all guests of a host.
#[derive(Debug)]
pub(super) struct Turns {
    /// How many guests that run for long may run at the same time.
    seats: usize,
    /// How many do: the same as in the lines, to be read without a lock.
    taken: AtomicUsize,
    lines: Mutex<Lines>,
}

/// Who waits, by component; those whose line is first are next, and their component is last after that.
#[derive(Debug, Default)]
struct Lines(VecDeque<(usize, VecDeque<oneshot::Sender<Turn>>)>);

/// The right to compute for a slice, until it is dropped.
#[derive(Debug)]
struct Turn(Option<Arc<Turns>>);

/// Where one instance keeps its turn.
#[derive(Debug)]
pub(super) struct Seat {
    turns: Arc<Turns>,
    /// Which component it is of.
    line: usize,
    held: Mutex<Option<Turn>>,
    /// Whether it has one: most instances never do.
    has_turn: AtomicBool,
}

impl Turns {
    /// As many seats as there are processors to run guests on, and threads of the runtime.
    pub(super) fn new() -> Arc<Self> {
        let threads = Handle::try_current().map_or(1, |runtime| runtime.metrics().num_workers());
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_seats(threads.min(processors))
    }

    fn with_seats(seats: usize) -> Arc<Self> {
        Arc::new(Self {
            seats: seats.max(1),
            taken: AtomicUsize::new(0),
            lines: Mutex::default(),
        })
    }

    /// Whether any guest runs for long now.
    pub(super) fn are_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > 0
    }

    /// A seat for an instance of the component that has this number.
    pub(super) fn seat(self: &Arc<Self>, line: usize) -> Arc<Seat> {
        Arc::new(Seat {
            turns: self.clone(),
            line,
            held: Mutex::default(),
            has_turn: AtomicBool::new(false),
        })
    }

    /// A turn, or a place in the line.
    fn ask(self: &Arc<Self>, line: usize) -> Result<Turn, oneshot::Receiver<Turn>> {
        let mut lines = self.lines();
        if self.taken.load(Ordering::Relaxed) < self.seats {
            self.taken.fetch_add(1, Ordering::Relaxed);
            return Ok(Turn(Some(self.clone())));
        }
        let (give, given) = oneshot::channel();
        match lines.0.iter_mut().find(|(of, _)| *of == line) {
            Some((_, waiting)) => waiting.push_back(give),
            None => lines.0.push_back((line, VecDeque::from([give]))),
        }
        Err(given)
    }

    /// Gives a turn to whoever is next, or takes it back.
    fn pass_on(self: &Arc<Self>) {
        loop {
            let next = {
                let mut lines = self.lines();
                let next = lines.next();
                if next.is_none() {
                    self.taken.fetch_sub(1, Ordering::Relaxed);
                }
                next
            };
            let Some(next) = next else { return };
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Whoever waited has gone, so it goes to the next; dropping it would do that inside of this.
                Err(mut turn) => turn.0 = None,
            }
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let (line, mut waiting) = self.0.pop_front()?;
        let next = waiting.pop_front();
        if !waiting.is_empty() {
            self.0.push_back((line, waiting));
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.pass_on();
        }
    }
}

impl Seat {
    /// Lets others compute, and waits until it is this one's turn.
    pub(super) async fn take_turns(self: Arc<Self>) {
        self.leave();
        // Those that are ready come first.
        yield_now().await;
        let turn = match self.turns.ask(self.line) {
            Ok(turn) => Some(turn),
            Err(given) => given.await.ok(),
        };
        self.has_turn.store(turn.is_some(), Ordering::Release);
        *self.held() = turn;
    }

    /// Gives the turn back: the guest waits for something else, or has returned.
    pub(super) fn leave(&self) {
        if self.has_turn.load(Ordering::Acquire) {
            self.has_turn.store(false, Ordering::Release);
            let turn = self.held().take();
            drop(turn);
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Turn>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn components_take_turns_whoever_has_more_that_waits() {
        let turns = Turns::with_seats(1);
        let first = turns.ask(1).unwrap();
        assert!(turns.are_taken());
        let mut waiting = Vec::new();
        for (line, who) in [(1, "1a"), (1, "1b"), (1, "1c"), (2, "2a"), (3, "3a"), (3, "3b")] {
            waiting.push((who, turns.ask(line).unwrap_err()));
        }
        drop(first);
        let mut order = Vec::new();
        while !waiting.is_empty() {
            let ready = waiting.iter_mut().position(|(_, given)| !given.is_empty()).unwrap();
            let (who, given) = waiting.remove(ready);
            order.push(who);
            // It has had its turn.
            drop(given.await.unwrap());
        }
        assert_eq!(order, ["1a", "2a", "3a", "1b", "3b", "1c"]);
        assert!(!turns.are_taken());
    }

    #[tokio::test]
    async fn a_turn_of_whoever_has_gone_goes_to_the_next() {
        let turns = Turns::with_seats(1);
        let first = turns.ask(1).unwrap();
        let (gone, late, next) = (turns.ask(1), turns.ask(1).unwrap_err(), turns.ask(1).unwrap_err());
        drop(gone);
        drop(first);
        // It was given its turn, and goes before it looks.
        drop(late);
        drop(next.await.unwrap());
        assert!(!turns.are_taken());
        assert!(turns.ask(9).is_ok());
    }

    #[tokio::test]
    async fn a_seat_that_is_left_is_free() {
        let turns = Turns::with_seats(1);
        let (one, other) = (turns.seat(1), turns.seat(2));
        one.clone().take_turns().await;
        let waiting = tokio::spawn(other.clone().take_turns());
        yield_now().await;
        yield_now().await;
        assert!(!waiting.is_finished());
        one.leave();
        waiting.await.unwrap();
        drop((one, other));
        assert!(!turns.are_taken());
    }
}
