//! Tells which files of which component have changed, once nobody writes any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::inputs::{Found, Inputs};
use super::parts::Followed;
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
    /// A component has more files than are watched.
    TooMany,
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
    Follow(usize, Box<Followed>),
    End,
}

/// What the watching thread has.
struct Watcher<T> {
    components: Vec<Component>,
    pace: Pace,
    notifier: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    missing: BTreeSet<PathBuf>,
    /// Whether it was told that there are too many files.
    is_cut: bool,
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
            is_cut: false,
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

    /// Watches other files for a component; what has changed in them since it was built is told.
    pub(crate) fn follow(&self, component: usize, followed: Followed) {
        // The thread ends with this only.
        let _ = self.0.send(Wake::Follow(component, Box::new(followed)));
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
                Ok(Wake::Follow(component, followed)) => self.follow(component, *followed),
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
                Ok(Wake::Follow(component, followed)) => self.follow(component, *followed),
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

    fn follow(&mut self, component: usize, followed: Followed) {
        if let Some(known) = self.components.get_mut(component) {
            known.inputs = followed.inputs;
            known.snapshot.learn(followed.snapshot);
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
        let inputs = followed.inputs.clone();
        let mut found = inputs.find();
        // Before the files are read, so that what is written from then on is told; and again when a folder was not
        // watched while it was looked into.
        while self.attend(&found.folders, &found.missing) {
            found = inputs.find();
        }
        let Found {
            files, missing, is_cut, ..
        } = found;
        if is_cut && !std::mem::replace(&mut self.is_cut, true) {
            (self.tell)(Noticed::TooMany);
        }
        let followed = &mut self.components[component];
        followed.snapshot = Snapshot::take(&files, &followed.snapshot);
        missing
    }

    /// Watches these folders; whether there were new ones among them.
    fn attend(&mut self, folders: &[PathBuf], missing: &[PathBuf]) -> bool {
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
        let mut is_new = false;
        for folder in new {
            let Some(notifier) = &mut self.notifier else {
                return false;
            };
            match notifier.watch(Path::new(folder), RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.folders.insert(folder.clone());
                    is_new = true;
                }
                Err(error) if is_used_up(&error) => {
                    self.poll(error.to_string());
                    return false;
                }
                // It has gone again, or may not be read.
                Err(_) => {}
            }
        }
        is_new
    }
}

/// Whether the system watches as many folders as it can.
fn is_used_up(error: &notify::Error) -> bool {
    let is_full = |error: &std::io::Error| error.raw_os_error() == Some(rustix::io::Errno::NOSPC.raw_os_error());
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => true,
        notify::ErrorKind::Io(error) => is_full(error),
        _ => false,
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
