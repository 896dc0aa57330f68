//! Which releases are kept: warm for a quick way back, and on disk.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::execute::Deploy;
use super::record;
use super::route::Target;
use super::start::{Starter, blocking};
use crate::component::{ComponentName, Release};
use crate::error::Error;
use crate::event::Event;
use crate::store::{Batch, Table};

/// How many replaced releases of a component are kept.
///
/// What a route leads to, and what a rollback without a version leads to, is always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[doc(alias = "ComponentVersionManager")]
#[non_exhaustive]
pub struct RetentionPolicy {
    /// How many are kept in memory, so that a rollback has nothing to load; 1 by default.
    pub warm: usize,
    /// How many are kept on disk, those that serve not counted; 10 by default.
    /// The names, versions and digests of the others are kept too, because a release is immutable.
    pub stored: usize,
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self { warm: 1, stored: 10 }
    }
}

impl RetentionPolicy {
    /// Keeps so many releases in memory, and so many on disk.
    pub fn new(warm: usize, stored: usize) -> Self {
        Self { warm, stored }
    }
}

/// The releases that are kept warm, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Standby(Mutex<HashMap<ComponentName, Vec<Arc<Target>>>>);

impl Standby {
    /// Keeps a release that was replaced; returns those for which there is no more room.
    pub(crate) fn keep(&self, target: Arc<Target>, most: usize) -> Vec<Arc<Target>> {
        let mut all = self.all();
        let kept = all.entry(target.release.name.clone()).or_default();
        // A release that was deployed once more takes the place of its earlier self.
        let same = |other: &Arc<Target>| other.release.version == target.release.version;
        let mut gone: Vec<_> = kept.extract_if(.., |other| same(other)).collect();
        kept.push(target);
        let excess = kept.len().saturating_sub(most);
        gone.extend(kept.drain(..excess));
        gone
    }

    /// The warm release of this version, as it was recorded.
    pub(crate) fn find(&self, release: &Release) -> Option<Arc<Target>> {
        let all = self.all();
        let kept = all.get(&release.name)?;
        kept.iter().find(|target| *target.release == *release).cloned()
    }

    /// Lets go of a release that is in service again.
    pub(crate) fn take(&self, target: &Arc<Target>) {
        if let Some(kept) = self.all().get_mut(&target.release.name) {
            kept.retain(|other| !Arc::ptr_eq(other, target));
        }
    }

    /// Lets go of every release of a component.
    pub(crate) fn clear(&self, name: &ComponentName) -> Vec<Arc<Target>> {
        self.all().remove(name).unwrap_or_default()
    }

    /// The warm releases of a component.
    pub(crate) fn of(&self, name: &ComponentName) -> Vec<Arc<Target>> {
        self.all().get(name).cloned().unwrap_or_default()
    }

    /// Lets go of everything.
    pub(crate) fn drain(&self) -> Vec<Arc<Target>> {
        self.all().drain().flat_map(|(_, kept)| kept).collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ComponentName, Vec<Arc<Target>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes what of a component's releases is not kept; called after a deployment, while its turn is held.
///
/// The records go first, in one commit, and then the files: what is cut off in between is swept when the state directory
/// is opened next.
pub(crate) async fn collect(deploy: &Deploy, name: &ComponentName) -> Result<(), Error> {
    let mut needed: HashSet<Version> = HashSet::new();
    if let Some(route) = deploy.router.route(name) {
        needed.extend(route.weights().into_iter().map(|(version, _)| version));
        needed.extend(route.previous.clone());
    }
    needed.extend(
        deploy
            .standby
            .of(name)
            .iter()
            .map(|target| target.release.version.clone()),
    );
    let (worker, name) = (deploy.clone(), name.clone());
    let gone = blocking(move || {
        let (store, policy) = (&worker.starter.store, worker.retention);
        let releases = record::releases(store, &name)?;
        let stored: Vec<&Release> = releases.iter().filter(|release| !release.collected).collect();
        // Most deployments have nothing to remove, and need not read the history.
        if stored.len() <= policy.stored + needed.len().min(1) {
            return Ok(Vec::new());
        }
        let versions: Vec<&Version> = stored.iter().map(|release| &release.version).collect();
        let last_service = record::last_service(store, &name, &versions)?;
        let gone = superfluous(&stored, &needed, &last_service, policy.stored);
        remove(&worker, &name, &gone)?;
        Ok(gone)
    })
    .await?;
    for release in gone {
        deploy.starter.events.emit(Event::ReleaseCollected {
            component: release.name,
            version: release.version,
        });
    }
    Ok(())
}

/// The releases that nothing needs, but for the `most` that were in service last.
fn superfluous(
    stored: &[&Release],
    needed: &HashSet<Version>,
    last_service: &HashMap<Version, u64>,
    most: usize,
) -> Vec<Release> {
    let mut replaced: Vec<_> = stored
        .iter()
        .filter(|release| !needed.contains(&release.version))
        .collect();
    replaced.sort_by_key(|release| std::cmp::Reverse(last_service.get(&release.version)));
    let kept = stored.len() - replaced.len();
    // Of those needed, what serves does not count; it is one at least.
    let room = most.saturating_sub(kept.saturating_sub(1));
    replaced
        .into_iter()
        .skip(room)
        .map(|release| Release::clone(release))
        .collect()
}

/// Removes the states of releases, then the bytes and the compiled code that no other release has.
fn remove(deploy: &Deploy, name: &ComponentName, gone: &[Release]) -> Result<(), Error> {
    if gone.is_empty() {
        return Ok(());
    }
    let removing = deploy.unrecorded.removing();
    let Starter { store, code, .. } = &deploy.starter;
    let mut batch = Batch::default();
    for release in gone {
        let key = record::release_key(name, &release.version);
        batch = batch.delete(Table::States, key.as_str());
        // Development versions are numbered by this host and promise nothing.
        batch = if is_development(&release.version) {
            batch.delete(Table::Releases, key)
        } else {
            let mut collected = release.clone();
            collected.collected = true;
            batch.put(Table::Releases, key, record::encode(&collected)?)
        };
    }
    let leaving: HashSet<(&ComponentName, &Version)> =
        gone.iter().map(|release| (&release.name, &release.version)).collect();
    let mut held = removing.announced();
    for (key, bytes) in store.list(Table::Releases)? {
        let other: Release = record::decode(&key, &bytes)?;
        if !other.collected && !leaving.contains(&(&other.name, &other.version)) {
            held.insert(other.digest);
        }
    }
    store.commit(batch)?;
    deploy.reached(name, "retention-recorded");
    for release in gone {
        // Another release may have the same bytes: then they stay until that one goes as well.
        if !held.contains(&release.digest) {
            store.forget(&release.digest)?;
            deploy.reached(name, "bytes-removed");
            code.forget(&release.digest);
        }
    }
    deploy.reached(name, "retention-done");
    Ok(())
}

/// Whether a version was numbered by a host, not by the author.
fn is_development(version: &Version) -> bool {
    version.build.starts_with("dev.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Package;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn release(patch: u64) -> Release {
        let package = Package::new(EMPTY).name("a".parse().unwrap());
        package.version(Version::new(1, 0, patch)).validate().unwrap().release
    }

    fn check(served: &[u64], needed: &[u64], most: usize, gone: &[u64]) {
        let releases: Vec<Release> = (0..5).map(release).collect();
        let last_service = (1..)
            .zip(served)
            .map(|(id, patch)| (Version::new(1, 0, *patch), id))
            .collect();
        let needed = needed.iter().map(|patch| Version::new(1, 0, *patch)).collect();
        let stored: Vec<&Release> = releases.iter().collect();
        let mut found: Vec<u64> = superfluous(&stored, &needed, &last_service, most)
            .iter()
            .map(|release| release.version.patch)
            .collect();
        found.sort_unstable();
        assert_eq!(found, gone, "{served:?} {needed:?} {most}");
    }

    #[test]
    fn the_releases_that_served_last_are_kept_and_those_that_are_needed() {
        check(&[0, 1, 2, 3, 4], &[4, 3], 2, &[0, 1]);
        check(&[0, 1, 2, 3, 4], &[4, 3], 10, &[]);
        check(&[0, 1, 2, 3, 4], &[4, 3], 0, &[0, 1, 2]);
        // A release that came back is younger than those after it.
        check(&[0, 1, 2, 3, 4, 0], &[0, 4], 2, &[1, 2]);
        // What takes some of the calls is needed, however old it is.
        check(&[0, 1, 2, 3, 4], &[4, 0], 1, &[1, 2, 3]);
    }
}
