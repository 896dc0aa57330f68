//! The one thread that writes the log.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::Instant;

use chrono::Utc;
use tokio::sync::oneshot;

use super::entry::Recorded;
use super::log::{Happened, Log};
use super::open::open;
use super::trail::{Opening, Queued, Shared, lock};
use crate::event::{Event, Events};

/// How many entries are written at once, and how many wait here while they cannot be.
const BATCH: usize = 256;
const MOST: usize = 4_096;

/// What is to be written, and who waits for it.
struct Pending(Happened, Option<oneshot::Sender<bool>>);

/// The thread that writes.
pub(super) struct Writer {
    opening: Opening,
    /// Ends with the last of those who tell it things.
    shared: Weak<Shared>,
    queue: Receiver<Queued>,
    events: Events,
    log: Option<Log>,
    pending: Vec<Pending>,
    /// When counts and a checkpoint are due.
    due: Instant,
    /// Whether it was told that nothing can be recorded.
    is_told: bool,
}

impl Writer {
    /// Opens the log, and writes the first entries; what does not succeed is tried again.
    pub(super) fn new(opening: Opening, shared: Weak<Shared>, queue: Receiver<Queued>, events: Events) -> Self {
        let mut writer = Self {
            due: Instant::now() + opening.tuning.interval,
            opening,
            shared,
            queue,
            events,
            log: None,
            pending: Vec::new(),
            is_told: false,
        };
        writer.push(Recorded::HostStarted {
            host: env!("CARGO_PKG_VERSION").into(),
            process: std::process::id(),
        });
        if let Some(shared) = writer.shared.upgrade()
            && writer.flush(&shared)
            && writer.log.as_ref().is_some_and(|log| log.signed == 0)
        {
            // A new log, and one that a crash has left, is signed from its beginning.
            writer.with_log(&shared, |log| log.checkpoint().map(drop));
        }
        writer
    }

    pub(super) fn run(mut self) {
        loop {
            // What could not be written is tried again soon, also when nobody waits for it any more.
            let is_failing = |shared: Arc<Shared>| shared.is_failing.load(Ordering::Acquire);
            let patience = match self.pending.is_empty() && !self.shared.upgrade().is_some_and(is_failing) {
                true => self.due.saturating_duration_since(Instant::now()),
                false => self.opening.tuning.pause,
            };
            let received = match self.pending.len() < MOST {
                true => self.queue.recv_timeout(patience),
                false => {
                    std::thread::sleep(patience);
                    Err(RecvTimeoutError::Timeout)
                }
            };
            let Some(shared) = self.shared.upgrade() else {
                return;
            };
            match received {
                Ok(queued) => self.take(queued, &shared),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while self.pending.len() < BATCH
                && let Ok(queued) = self.queue.try_recv()
            {
                self.take(queued, &shared);
            }
            if shared.is_closing.load(Ordering::Acquire) {
                return self.close(&shared);
            }
            self.step(&shared);
        }
    }

    /// Writes what there is, and what is due.
    fn step(&mut self, shared: &Arc<Shared>) {
        let is_time = Instant::now() >= self.due;
        if is_time {
            self.due = Instant::now() + self.opening.tuning.interval;
            self.count(shared, false);
        }
        let is_written = self.flush(shared);
        if is_written && is_time && self.log.as_ref().is_some_and(Log::is_unsigned) {
            self.with_log(shared, |log| log.checkpoint().map(drop));
        }
    }

    fn take(&mut self, queued: Queued, shared: &Arc<Shared>) {
        match queued {
            Queued::Entry(at, recorded) => self.pending.push(Pending((at, recorded), None)),
            Queued::Confirmed(at, recorded, done) => self.pending.push(Pending((at, recorded), Some(done))),
            // Whoever has asked may have given up waiting.
            Queued::Checkpoint(answer) => {
                self.flush(shared);
                let _ = answer.send(self.asked(shared, Log::checkpoint));
            }
            Queued::Rotate(operator, answer) => {
                self.flush(shared);
                let by = (Utc::now(), Recorded::RotateKey { operator });
                let _ = answer.send(self.asked(shared, |log| log.rotate(by)));
            }
            Queued::Close | Queued::Wake => {}
        }
    }

    fn asked<T>(&mut self, shared: &Shared, work: impl FnOnce(&mut Log) -> io::Result<T>) -> io::Result<T> {
        let Some(log) = self.log.as_mut().filter(|_| self.pending.is_empty()) else {
            return Err(io::Error::other("it cannot be written at present"));
        };
        let done = work(log);
        *lock(&shared.head) = Some(log.head());
        done
    }

    /// Has the log do something; what fails makes the record unavailable until something succeeds.
    fn with_log(&mut self, shared: &Shared, work: impl FnOnce(&mut Log) -> io::Result<()>) -> bool {
        let Some(log) = &mut self.log else { return false };
        let done = work(log);
        *lock(&shared.head) = Some(log.head());
        if let Err(error) = done {
            self.fail(shared, &error.to_string());
            return false;
        }
        true
    }

    /// Writes all that is pending; false when that is not possible now.
    fn flush(&mut self, shared: &Arc<Shared>) -> bool {
        if let Err(error) = self.open(shared) {
            self.fail(shared, &error.to_string());
            self.give_up(shared);
            return false;
        }
        if shared.is_failing.load(Ordering::Acquire) && !self.is_told {
            self.tell(shared, "more happens than can be written");
        }
        while !self.pending.is_empty() || shared.lost.load(Ordering::Acquire) > 0 {
            if !self.write_some(shared) {
                self.give_up(shared);
                return false;
            }
            // Also when much has waited, so that a log never has more unsigned than one batch beyond what it may.
            let is_due = self.log.as_ref().is_some_and(Log::is_due);
            if is_due && !self.with_log(shared, |log| log.checkpoint().map(drop)) {
                return false;
            }
        }
        if shared.is_failing.swap(false, Ordering::AcqRel) || self.is_told {
            self.is_told = false;
            self.events.emit(Event::AuditResumed {
                lost: shared.lost_ever.load(Ordering::Acquire),
            });
        }
        true
    }

    fn open(&mut self, shared: &Arc<Shared>) -> io::Result<()> {
        if self.log.is_none() {
            self.opening.tuning.fault()?;
            let (mut log, first) = open(&self.opening)?;
            log.append(&first)?;
            *lock(&shared.head) = Some(log.head());
            self.log = Some(log);
        }
        Ok(())
    }

    /// Writes the first of what is pending, and how much was lost.
    fn write_some(&mut self, shared: &Arc<Shared>) -> bool {
        let count = self.pending.len().min(BATCH);
        let lost = match count == self.pending.len() {
            true => shared.lost.swap(0, Ordering::AcqRel),
            false => 0,
        };
        let mut batch: Vec<Happened> = self.pending[..count].iter().map(|pending| pending.0.clone()).collect();
        if lost > 0 {
            batch.push((Utc::now(), Recorded::Lost { entries: lost }));
        }
        let keep_files = shared.keeps();
        let is_written = self.with_log(shared, |log| {
            log.keep_files = keep_files;
            log.append(&batch)
        });
        if !is_written {
            shared.lost.fetch_add(lost, Ordering::AcqRel);
            return false;
        }
        let mut is_awaited = false;
        for Pending(_, done) in self.pending.drain(..count) {
            if let Some(done) = done {
                is_awaited = true;
                let _ = done.send(true);
            }
        }
        // The end of this process loses nothing that was written; what operators did is to outlast that of the machine.
        let is_kept = !is_awaited || self.with_log(shared, Log::sync);
        is_kept && self.with_log(shared, Log::retain)
    }

    /// Lets nobody wait for what cannot be written now.
    fn give_up(&mut self, shared: &Shared) {
        let is_refused = shared.is_stopped();
        let waiting = std::mem::take(&mut self.pending);
        for Pending(happened, done) in waiting {
            match done.map(|done| done.send(false)) {
                // It is refused, so it has not happened; that somebody wanted it is a loss.
                Some(_) if is_refused => shared.lose(1),
                _ => self.pending.push(Pending(happened, None)),
            }
        }
    }

    fn fail(&mut self, shared: &Shared, reason: &str) {
        *lock(&shared.reason) = Some(reason.to_owned());
        shared.is_failing.store(true, Ordering::Release);
        if !self.is_told {
            self.tell(shared, reason);
        }
    }

    fn tell(&mut self, shared: &Shared, reason: &str) {
        self.is_told = true;
        self.events.emit(Event::AuditUnavailable {
            reason: reason.to_owned(),
            is_stopped: shared.is_stopped(),
        });
    }

    /// Takes what was counted.
    fn count(&mut self, shared: &Shared, is_end: bool) {
        for counted in shared.counted(is_end) {
            self.push(counted);
        }
    }

    fn push(&mut self, recorded: Recorded) {
        self.pending.push(Pending((Utc::now(), recorded), None));
    }

    /// Writes the last entries and a checkpoint, or gives up at once.
    fn close(mut self, shared: &Arc<Shared>) {
        while let Ok(queued) = self.queue.try_recv() {
            self.take(queued, shared);
        }
        self.count(shared, true);
        self.push(Recorded::HostStopped);
        if self.flush(shared) {
            self.with_log(shared, |log| {
                log.is_closed = true;
                log.checkpoint().map(drop)
            });
        }
    }
}
