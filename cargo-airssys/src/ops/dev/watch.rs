//! Tells which files of which component have changed, once nobody writes any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::inputs::{Found, Inputs};
use super::snapshot::Snapshot;

/// How often is looked where nothing tells of changes.
const POLL: Duration = Duration::from_secs(1);

/// A writer that never pauses is not waited for longer than so many times the pause.
const LONGEST_PAUSES: u32 = 10;

/// Something about the files.
#[derive(Debug)]
pub(crate) enum Noticed {
    /// Files of a component have changed.
    Changed {
        /// The component, as the watch was begun with it.
        component: usize,
        /// Which files.
        paths: Vec<PathBuf>,
        /// When the first change was seen.
        at: Instant,
    },
    /// A folder of a component is not there any more.
    Gone(PathBuf),
    /// It is back.
    Back(PathBuf),
    /// The system tells of no more changes, so that folders are looked at every second.
    Polling {
        /// Why.
        reason: String,
    },
}

/// A watch over the files of components, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch(Sender<Wake>);

/// How it watches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long nobody must have written.
    pub(crate) debounce: Duration,
    /// Whether to look every second instead of being told.
    pub(crate) poll: bool,
}

#[derive(Debug)]
enum Wake {
    /// Something was written.
    Touched,
    /// Folders may have come, gone or been replaced by others of the same name.
    Moved,
    Follow(usize, Inputs),
    End,
}

/// What the watching thread has.
struct Watcher<T> {
    components: Vec<Component>,
    pace: Pace,
    notifier: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    missing: BTreeSet<PathBuf>,
    tell: T,
}

struct Component {
    inputs: Inputs,
    snapshot: Snapshot,
}

impl Watch {
    /// Begins; what changes from its return on is told.
    pub(crate) fn begin(inputs: Vec<Inputs>, pace: Pace, tell: impl FnMut(Noticed) + Send + 'static) -> Self {
        let (wake, woken) = mpsc::channel();
        let mut watcher = Watcher {
            components: Vec::new(),
            pace,
            notifier: None,
            folders: BTreeSet::new(),
            missing: BTreeSet::new(),
            tell,
        };
        if !pace.poll {
            watcher.notify(wake.clone());
        }
        let components = inputs.into_iter().map(|inputs| Component {
            inputs,
            snapshot: Snapshot::default(),
        });
        watcher.components = components.collect();
        for component in 0..watcher.components.len() {
            watcher.look(component);
        }
        thread::spawn(move || watcher.run(&woken));
        Self(wake)
    }

    /// Watches other files for a component, and takes what they are now for known.
    pub(crate) fn follow(&self, component: usize, inputs: Inputs) {
        // The thread ends with this only.
        let _ = self.0.send(Wake::Follow(component, inputs));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.send(Wake::End);
    }
}

impl<T: FnMut(Noticed)> Watcher<T> {
    fn notify(&mut self, wake: Sender<Wake>) {
        let notifier = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading the files is an event as well.
            // Whoever missed events has to look as well.
            let moved = event
                .as_ref()
                .map_or(true, |event| event.need_rescan() || is_move(event.kind));
            if moved {
                let _ = wake.send(Wake::Moved);
            } else if event.is_ok_and(|event| !is_reading(event.kind)) {
                let _ = wake.send(Wake::Touched);
            }
        });
        match notifier {
            Ok(notifier) => self.notifier = Some(notifier),
            Err(error) => self.poll(error.to_string()),
        }
    }

    fn poll(&mut self, reason: String) {
        self.notifier = None;
        self.pace.poll = true;
        (self.tell)(Noticed::Polling { reason });
    }

    fn run(mut self, woken: &Receiver<Wake>) {
        loop {
            let wake = if self.pace.poll || !self.missing.is_empty() {
                woken.recv_timeout(POLL)
            } else {
                woken.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            let at = Instant::now();
            match wake {
                Ok(wake @ (Wake::Touched | Wake::Moved)) => {
                    self.forget(&wake);
                    if !self.settle(woken) {
                        return;
                    }
                }
                Ok(Wake::Follow(component, inputs)) => self.follow(component, inputs),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.compare(at);
        }
    }

    /// Waits until nobody writes; false when the watch is over.
    fn settle(&mut self, woken: &Receiver<Wake>) -> bool {
        let latest = Instant::now() + self.pace.debounce * LONGEST_PAUSES;
        while Instant::now() < latest {
            match woken.recv_timeout(self.pace.debounce) {
                Ok(wake @ (Wake::Touched | Wake::Moved)) => self.forget(&wake),
                Ok(Wake::Follow(component, inputs)) => self.follow(component, inputs),
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }

    /// Has all folders watched anew after some have moved: watching one twice is watching it once.
    fn forget(&mut self, wake: &Wake) {
        if matches!(wake, Wake::Moved) {
            self.folders.clear();
        }
    }

    fn follow(&mut self, component: usize, inputs: Inputs) {
        if let Some(followed) = self.components.get_mut(component) {
            followed.inputs = inputs;
        }
    }

    fn compare(&mut self, at: Instant) {
        for component in 0..self.components.len() {
            let before = self.components[component].snapshot.clone();
            let missing = self.look(component);
            // What is in a folder that is gone has not been deleted: the folder may come back.
            let paths = self.components[component].snapshot.changed(&before);
            let is_gone = |path: &PathBuf| missing.iter().any(|folder| path.starts_with(folder));
            let paths: Vec<PathBuf> = paths.into_iter().filter(|path| !is_gone(path)).collect();
            if !paths.is_empty() {
                (self.tell)(Noticed::Changed { component, paths, at });
            }
        }
    }

    /// Looks at the files of a component as they are now, and returns the folders that are not there.
    fn look(&mut self, component: usize) -> Vec<PathBuf> {
        let Some(followed) = self.components.get(component) else {
            return Vec::new();
        };
        let Found {
            files,
            folders,
            missing,
        } = followed.inputs.find();
        // Before the files are read, so that what is written from then on is told.
        self.attend(&folders, &missing);
        let followed = &mut self.components[component];
        followed.snapshot = Snapshot::take(&files, &followed.snapshot);
        missing
    }

    fn attend(&mut self, folders: &[PathBuf], missing: &[PathBuf]) {
        for folder in missing {
            if self.missing.insert(folder.clone()) {
                (self.tell)(Noticed::Gone(folder.clone()));
            }
            // Its watch has gone with it.
            self.folders.retain(|watched| !watched.starts_with(folder));
        }
        let back: Vec<PathBuf> = self.missing.iter().filter(|folder| folder.is_dir()).cloned().collect();
        for folder in back {
            self.missing.remove(&folder);
            (self.tell)(Noticed::Back(folder));
        }
        let new: Vec<&PathBuf> = folders
            .iter()
            .filter(|folder| !self.folders.contains(*folder))
            .collect();
        for folder in new {
            let Some(notifier) = &mut self.notifier else { return };
            match notifier.watch(Path::new(folder), RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.folders.insert(folder.clone());
                }
                // It has gone again.
                Err(_) if !folder.is_dir() => {}
                Err(error) => return self.poll(error.to_string()),
            }
        }
    }
}

fn is_move(kind: EventKind) -> bool {
    use notify::event::{CreateKind, ModifyKind};
    matches!(
        kind,
        EventKind::Create(CreateKind::Folder) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}

fn is_reading(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}
