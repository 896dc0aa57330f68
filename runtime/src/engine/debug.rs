//! What helps to find a component's mistakes: core dumps of traps, and profiles of calls.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{Engine, GuestProfiler, Store, StoreContextMut, WasmCoreDump};

use super::prepared::Prepared;
use super::state::InstanceState;
use crate::component::Release;
use crate::event::Event;

/// The most core dumps that one host writes: each is as large as what the guest has in memory.
const MAX_DUMPS: u32 = 16;

/// How often a guest is looked at while a call is profiled.
pub(crate) const SAMPLE: Duration = Duration::from_millis(1);

/// What a host is asked to record of its guests.
#[derive(Debug, Default)]
pub(crate) struct Debugging {
    /// Where core dumps of traps go.
    pub(crate) core_dumps: Option<PathBuf>,
    /// Whether calls are profiled.
    pub(crate) profiles: bool,
    /// Core dumps that were written.
    dumped: AtomicU32,
}

impl Debugging {
    pub(crate) fn new(core_dumps: Option<PathBuf>, profiles: bool) -> Self {
        Self {
            core_dumps,
            profiles,
            dumped: AtomicU32::new(0),
        }
    }
}

impl Prepared {
    /// Writes a core dump, if the error is a trap and core dumps are asked for.
    pub(super) fn dump(&self, error: &wasmtime::Error, store: &mut Store<InstanceState>) {
        let Some(directory) = &self.debugging.core_dumps else {
            return;
        };
        let Some(dump) = error.downcast_ref::<WasmCoreDump>() else {
            return;
        };
        let component = self.release.name.clone();
        let number = self.debugging.dumped.fetch_add(1, Ordering::Relaxed);
        let written = match number < MAX_DUMPS {
            true => write(directory, &self.release, &dump.serialize(store, &self.release.label())),
            false => Err(std::io::Error::other(format!(
                "this host has written {MAX_DUMPS} already"
            ))),
        };
        self.events.emit(match written {
            Ok(path) => Event::CoreDumped { component, path },
            Err(error) => Event::CoreDumpFailed {
                component,
                reason: error.to_string(),
            },
        });
    }

    /// Begins to profile a call, if profiles are asked for.
    pub(super) fn profiler(&self) -> Option<Box<GuestProfiler>> {
        if !self.debugging.profiles {
            return None;
        }
        let (engine, component): (&Engine, &Component) = (self.pre.engine(), self.pre.component());
        let profiler = GuestProfiler::new_component(engine, &self.release.label(), SAMPLE, component.clone(), []);
        // Only a module that cannot be read has no profiler, and these were compiled.
        profiler.ok().map(Box::new)
    }

    /// Tells the profile of a call that has ended.
    pub(super) fn profiled(&self, profiler: Box<GuestProfiler>) {
        let mut profile = Vec::new();
        if profiler.finish(&mut profile).is_ok() {
            self.events.emit(Event::CallProfiled {
                component: self.release.name.clone(),
                profile: profile.into(),
            });
        }
    }
}

/// Looks where the guest is; called when the epoch has advanced.
pub(super) fn sample(store: &mut StoreContextMut<'_, InstanceState>) {
    if let Some(mut profiler) = store.data_mut().profiler.take() {
        profiler.sample(&*store, SAMPLE);
        store.data_mut().profiler = Some(profiler);
    }
}

/// Writes a file of its own for each dump, readable for this user only: it has all that the guest knew.
fn write(directory: &Path, release: &Release, dump: &[u8]) -> std::io::Result<PathBuf> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let stem = release.label().replace([':', '@'], "-");
    let mut number = 1;
    loop {
        let path = directory.join(format!("{stem}-{number}.coredump"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => return file.write_all(dump).map(|()| path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
