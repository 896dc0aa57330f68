//! Writes what components say into their logs, without holding them up.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use chrono::Utc;

use super::entry::{LogEntry, LogStream, Logged};
use super::files::{self, Appending};
use super::rate::Rate;
use crate::component::ComponentName;
use crate::event::Event;

/// How many lines may wait to be written, and how many of one component, so that none takes the place of all.
const WAITING: usize = 4_096;
const WAITING_OF_ONE: usize = 512;

/// How many files are open at the same time, however many components write.
const MAX_OPEN: usize = 128;

/// The logs of one host.
#[derive(Clone, Debug)]
pub(crate) struct LogWriter {
    queue: SyncSender<Queued>,
    waiting: Arc<Mutex<HashMap<ComponentName, Waiting>>>,
}

/// What of a component is not in its file yet.
#[derive(Debug, Default)]
struct Waiting {
    /// Lines in the queue.
    lines: usize,
    /// Bytes that were cut and are not recorded yet.
    cut: u64,
}

#[derive(Debug)]
enum Queued {
    Entry(ComponentName, LogEntry),
    /// Tells when all that came before is in its file.
    Settle(SyncSender<()>),
}

impl LogWriter {
    /// Keeps logs below this state directory.
    pub(crate) fn new(state_dir: &Path) -> Self {
        let (queue, queued) = mpsc::sync_channel(WAITING);
        let waiting = Arc::<Mutex<HashMap<_, _>>>::default();
        let writing = Writing {
            folder: files::folder(state_dir),
            waiting: waiting.clone(),
            logs: HashMap::new(),
        };
        thread::spawn(move || writing.run(&queued));
        Self { queue, waiting }
    }

    /// Takes what is to be kept of an event.
    pub(crate) fn event(&self, event: &Event) {
        let (component, logged) = match event {
            Event::Output {
                component,
                error,
                level,
                line,
            } => {
                let stream = match (level, error) {
                    (Some(_), _) => LogStream::Log,
                    (None, true) => LogStream::Error,
                    (None, false) => LogStream::Output,
                };
                let (level, line) = (*level, line.clone());
                (component, Logged::Line { stream, level, line })
            }
            Event::OutputDropped { component, bytes } => (component, Logged::Cut { cut_bytes: *bytes }),
            _ => return,
        };
        let entry = LogEntry { at: Utc::now(), logged };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let own = waiting.entry(component.clone()).or_default();
        let size = entry.size();
        let is_full = own.lines >= WAITING_OF_ONE;
        if is_full || self.queue.try_send(Queued::Entry(component.clone(), entry)).is_err() {
            own.cut += size;
        } else {
            own.lines += 1;
        }
    }

    /// Waits until everything is in its file; blocks for as long.
    pub(crate) fn settle(&self) {
        let (done, is_done) = mpsc::sync_channel(1);
        if self.queue.send(Queued::Settle(done)).is_ok() {
            // Without an answer the writer has ended, and nothing more is written.
            let _ = is_done.recv();
        }
    }
}

impl LogEntry {
    /// The bytes of the component's that it stands for.
    fn size(&self) -> u64 {
        match &self.logged {
            Logged::Line { line, .. } => line.len() as u64 + 1,
            Logged::Cut { cut_bytes } => *cut_bytes,
        }
    }
}

/// The thread that writes.
struct Writing {
    folder: PathBuf,
    waiting: Arc<Mutex<HashMap<ComponentName, Waiting>>>,
    logs: HashMap<ComponentName, Log>,
}

struct Log {
    /// None until something is written again.
    file: Option<Appending>,
    rate: Rate,
}

impl Writing {
    fn run(mut self, queued: &Receiver<Queued>) {
        while let Ok(next) = queued.recv() {
            match next {
                Queued::Entry(name, entry) => {
                    self.of(&name, |waiting| waiting.lines = waiting.lines.saturating_sub(1));
                    self.tell_cut(&name, true);
                    if !self.write(&name, &entry, true) {
                        self.of(&name, |waiting| waiting.cut += entry.size());
                    }
                }
                Queued::Settle(done) => {
                    let names: Vec<_> = self.lock().keys().cloned().collect();
                    names.iter().for_each(|name| self.tell_cut(name, false));
                    // Whoever asked may have given up waiting.
                    let _ = done.send(());
                }
            }
        }
    }

    /// Records what was cut before, as soon as something can be kept again, or in any case.
    fn tell_cut(&mut self, name: &ComponentName, is_limited: bool) {
        let cut_bytes = self.of(name, |waiting| std::mem::take(&mut waiting.cut));
        if cut_bytes == 0 {
            return;
        }
        let entry = LogEntry {
            at: Utc::now(),
            logged: Logged::Cut { cut_bytes },
        };
        if !self.write(name, &entry, is_limited) {
            self.of(name, |waiting| waiting.cut += cut_bytes);
        }
    }

    fn write(&mut self, name: &ComponentName, entry: &LogEntry, is_limited: bool) -> bool {
        let Ok(mut line) = serde_json::to_vec(entry) else {
            return false;
        };
        line.push(b'\n');
        if self.logs.get(name).is_none_or(|log| log.file.is_none()) && !self.open(name) {
            return false;
        }
        let Some(log) = self.logs.get_mut(name) else {
            return false;
        };
        if !log.rate.take(line.len(), Instant::now()) && is_limited {
            return false;
        }
        let file = log.file.as_mut();
        let is_kept = file.is_some_and(|file| file.append(&self.folder, name, &line).is_ok());
        if !is_kept {
            // A disk that was full may have room later: the file is opened anew then.
            log.file = None;
        }
        is_kept
    }

    fn open(&mut self, name: &ComponentName) -> bool {
        let open = self.logs.values_mut().filter(|log| log.file.is_some());
        let open: Vec<&mut Log> = open.collect();
        if open.len() >= MAX_OPEN {
            open.into_iter().for_each(|log| log.file = None);
        }
        let Ok(file) = Appending::open(&self.folder, name) else {
            return false;
        };
        let new = || Log {
            file: None,
            rate: Rate::new(Instant::now()),
        };
        self.logs.entry(name.clone()).or_insert_with(new).file = Some(file);
        true
    }

    fn of<R>(&self, name: &ComponentName, change: impl FnOnce(&mut Waiting) -> R) -> R {
        let mut waiting = self.lock();
        // Only what has come through the queue is asked about, so that this does not grow.
        change(waiting.entry(name.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ComponentName, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
