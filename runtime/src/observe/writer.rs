//! Writes what components say into their logs, without holding them up.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use chrono::Utc;

use super::entry::{LogEntry, LogStream, Logged};
use super::files::{self, Appending};
use super::rate::Rate;
use crate::component::ComponentName;
use crate::event::Event;

/// How many lines may wait to be written.
const WAITING: usize = 4_096;

/// The logs of one host.
#[derive(Clone, Debug)]
pub(crate) struct LogWriter {
    queue: SyncSender<Queued>,
    cut: Arc<Cut>,
}

/// How many bytes of each component were cut and are not recorded yet.
type Cut = Mutex<HashMap<ComponentName, u64>>;

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
        let cut = Arc::<Cut>::default();
        let writing = Writing {
            folder: files::folder(state_dir),
            cut: cut.clone(),
            logs: HashMap::new(),
        };
        thread::spawn(move || writing.run(&queued));
        Self { queue, cut }
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
        let size = entry.size();
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Queued::Entry(component.clone(), entry)) {
            cut(&self.cut, component, size);
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

fn cut(all: &Cut, component: &ComponentName, bytes: u64) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    *all.entry(component.clone()).or_default() += bytes;
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
    cut: Arc<Cut>,
    logs: HashMap<ComponentName, Log>,
}

struct Log {
    file: Appending,
    rate: Rate,
}

impl Writing {
    fn run(mut self, queued: &Receiver<Queued>) {
        while let Ok(next) = queued.recv() {
            match next {
                Queued::Entry(name, entry) => {
                    self.tell_cut(&name);
                    self.keep(&name, &entry);
                }
                Queued::Settle(done) => {
                    let cut: Vec<_> = self
                        .cut
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .keys()
                        .cloned()
                        .collect();
                    cut.iter().for_each(|name| self.tell_cut(name));
                    // Whoever asked may have given up waiting.
                    let _ = done.send(());
                }
            }
        }
    }

    /// Keeps an entry, or counts it when there is too much.
    fn keep(&mut self, name: &ComponentName, entry: &LogEntry) {
        if !self.write(name, entry, true) {
            cut(&self.cut, name, entry.size());
        }
    }

    /// Records what was cut before, as soon as something can be kept again.
    fn tell_cut(&mut self, name: &ComponentName) {
        let bytes = self.cut.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        let Some(cut_bytes) = bytes else { return };
        let entry = LogEntry {
            at: Utc::now(),
            logged: Logged::Cut { cut_bytes },
        };
        if !self.write(name, &entry, false) {
            cut(&self.cut, name, cut_bytes);
        }
    }

    fn write(&mut self, name: &ComponentName, entry: &LogEntry, is_limited: bool) -> bool {
        let Ok(mut line) = serde_json::to_vec(entry) else {
            return false;
        };
        line.push(b'\n');
        if !self.logs.contains_key(name) {
            let Ok(file) = Appending::open(&self.folder, name) else {
                return false;
            };
            let rate = Rate::new(Instant::now());
            self.logs.insert(name.clone(), Log { file, rate });
        }
        let Some(log) = self.logs.get_mut(name) else {
            return false;
        };
        // A count of what was cut is small, and takes the place of it.
        let is_there = log.rate.take(line.len(), Instant::now());
        if is_limited && !is_there {
            return false;
        }
        if log.file.append(&self.folder, name, &line).is_err() {
            // A disk that was full may have room later: the file is opened anew then.
            self.logs.remove(name);
            return false;
        }
        true
    }
}
