//! What each component is granted, by whom, and how that changes while it runs.

mod policy_source;
mod project;
mod recorded;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::policy_source::PolicySource;
pub(crate) use self::project::{HomeRule, Project};
pub(super) use self::recorded::{Given, Recorded};
use crate::audit::{Subject, Trail};
use crate::capability::{Clearance, CommonFiles, Grant, GrantSet, Grants, Missing, Mount, Source};
use crate::component::{ComponentName, Limit, Release};
use crate::engine::Seal;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::interface::hold_kept;
use crate::store::{Batch, Store, Table};

/// The grants of all components; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Permissions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    policy: Mutex<PolicySource>,
    /// Where what an operator grants and revokes is kept; nowhere for what is asked what it is.
    store: Option<Arc<Store>>,
    /// Marks what this user has recorded.
    seal: Option<Seal>,
    rule: HomeRule,
    teaches: bool,
    audit: Trail,
    events: Events,
    /// The components that were asked about.
    known: Mutex<HashMap<ComponentName, Known>>,
    common: Arc<CommonFiles>,
    /// Held while what is granted is changed, so that what is in force is what was recorded last.
    changing: Mutex<()>,
}

/// What is known of one component.
#[derive(Debug)]
struct Known {
    grants: Arc<Grants>,
    recorded: Recorded,
    /// What its releases ask for: what the rule of a project decides on.
    asked: Vec<Grant>,
    /// What was told already of what the rule grants.
    told: Vec<Grant>,
}

/// What the grants of a host come from.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) policy: PolicySource,
    pub(crate) rule: HomeRule,
    pub(crate) teaches: bool,
    pub(crate) audit: Trail,
}

impl Permissions {
    /// What these sources grant, and what is recorded in the store.
    /// Without a seal nothing that is recorded grants anything.
    pub(crate) fn new(sources: Sources, store: Arc<Store>, seal: Option<Seal>, events: Events) -> Self {
        Self::of_sources(sources, Some(store), seal, events)
    }

    /// Nothing is granted to anybody.
    pub(crate) fn none() -> Self {
        Self::of_sources(Sources::default(), None, None, Events::default())
    }

    fn of_sources(sources: Sources, store: Option<Arc<Store>>, seal: Option<Seal>, events: Events) -> Self {
        Self(Arc::new(Inner {
            policy: Mutex::new(sources.policy),
            store,
            seal,
            rule: sources.rule,
            teaches: sources.teaches,
            audit: sources.audit,
            events,
            known: Mutex::default(),
            common: Arc::default(),
            changing: Mutex::default(),
        }))
    }

    /// Where what happens is recorded.
    pub(super) fn audit(&self) -> &Trail {
        &self.0.audit
    }

    /// What the instances of a release may do, now and as that changes.
    pub(crate) fn clearance(&self, release: &Release) -> Result<Clearance, Error> {
        let asked = Grant::of_requests(&release.requests)?;
        let mut known = lock(&self.0.known);
        let known = self.known(&mut known, &release.name)?;
        self.apply_rule(&release.name, known, &asked);
        Ok(Clearance {
            asked: asked.into(),
            grants: known.grants.clone(),
            teaches: self.0.teaches,
            account: self.0.audit.account(|| Subject::of(release)),
        })
    }

    /// Refuses a release whose limits are above the ceilings, as the policy file is now.
    pub(crate) fn admit_limits(&self, release: &Release) -> Result<(), Error> {
        self.reread()?;
        let above = lock(&self.0.policy)
            .policy()
            .above_ceiling(&release.name, &release.limits);
        if above.is_empty() {
            return Ok(());
        }
        Err(Error::AboveCeiling {
            label: release.label(),
            above,
            policy: self.policy_file().map(|path| path.display().to_string()),
        })
    }

    /// How far a manifest may raise each limit of a component, as the policy says that was read last.
    pub(crate) fn ceilings(&self, name: &ComponentName) -> [u64; Limit::ALL.len()] {
        let policy = lock(&self.0.policy);
        Limit::ALL.map(|limit| policy.policy().ceiling(name, limit))
    }

    /// Refuses a release that asks for more than its component is granted, as the policy file is now.
    /// It reads files, and makes the directories in a project that the component is to write to.
    pub(crate) fn admit(&self, release: &Release) -> Result<(), Error> {
        self.admit_limits(release)?;
        let missing = self.missing(release)?;
        if !missing.is_empty() {
            return Err(Error::NotGranted {
                label: release.label(),
                missing,
                policy: self.policy_file().map(|path| path.display().to_string()),
            });
        }
        self.clearance(release)?;
        self.settle_mounts(&release.name)?;
        self.tell(release)
    }

    /// What a release asks for and its component is not granted; changes nothing.
    pub(crate) fn missing(&self, release: &Release) -> Result<Vec<Missing>, Error> {
        let asked = Grant::of_requests(&release.requests)?;
        let recorded = {
            let mut known = lock(&self.0.known);
            self.known(&mut known, &release.name)?.recorded.clone()
        };
        let set = self.set_of(&release.name, &recorded, &asked);
        let mut missing = set.missing(&asked);
        if matches!(self.0.rule, HomeRule::Test) {
            // A case says which directories there are.
            missing.retain(|missing| !asked.iter().any(|grant| missing.is(grant) && set.covers(grant)));
        }
        Ok(missing)
    }

    /// Refuses to say of a guest directory that it is somewhere else than a policy or another grant says: paths would still
    /// lead to where it was.
    pub(super) fn check_mounts(
        &self,
        name: &ComponentName,
        grant: &Grant,
        mounts: &BTreeMap<String, PathBuf>,
    ) -> Result<(), Error> {
        if mounts.is_empty() {
            return Ok(());
        }
        let mut recorded = {
            let mut known = lock(&self.0.known);
            self.known(&mut known, name)?.recorded.clone()
        };
        // The same grant is replaced as a whole.
        recorded.granted.retain(|old| old.grant != *grant);
        let others = self.set_of(name, &recorded, &[]).mounts;
        let differs = |other: &&Mount| mounts.get(&other.guest).is_some_and(|host| *host != other.host);
        match others.iter().find(differs) {
            None => Ok(()),
            Some(other) => Err(Error::InvalidOptions {
                reason: format!(
                    "`{}` of {name} is {} already, by the policy or another grant: change that, or mount at another path",
                    other.guest,
                    other.host.display()
                ),
            }),
        }
    }

    /// Refuses a grant by which a component may write where a file of the policy is.
    pub(super) fn check_writing(&self, name: &ComponentName, given: &Given) -> Result<(), Error> {
        if given.grant.directory().is_none() {
            return Ok(());
        }
        let (mut recorded, asked) = {
            let mut known = lock(&self.0.known);
            let known = self.known(&mut known, name)?;
            (known.recorded.clone(), known.asked.clone())
        };
        recorded.revoked.retain(|old| old.grant != given.grant);
        recorded.granted.push(given.clone());
        match self.set_of(name, &recorded, &asked).exposed() {
            None => Ok(()),
            Some(held) => Err(Error::Mount {
                directory: held.guest.clone(),
                reason: held.kept.reason(),
            }),
        }
    }

    /// Reads the policy file again, and has what is new in it hold for every component.
    /// A file that cannot be used changes nothing.
    pub(crate) fn reread(&self) -> Result<(), Error> {
        let _changing = lock(&self.0.changing);
        {
            let mut policy = lock(&self.0.policy);
            if !policy.reread()? {
                return Ok(());
            }
            self.0.audit.obey(&policy.policy().audit);
            self.0.audit.record(policy.loaded());
        }
        for (name, known) in lock(&self.0.known).iter() {
            known.grants.replace(self.set_of(name, &known.recorded, &known.asked));
        }
        Ok(())
    }

    /// Changes what is recorded of a component, and has it hold for its instances at once; false when nothing changes.
    pub(super) fn change(
        &self,
        name: &ComponentName,
        change: impl FnOnce(&mut Recorded) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let Some(store) = &self.0.store else { return Ok(false) };
        let _changing = lock(&self.0.changing);
        let mut recorded = {
            let mut known = lock(&self.0.known);
            self.known(&mut known, name)?.recorded.clone()
        };
        if !change(&mut recorded)? {
            return Ok(false);
        }
        store.commit(recorded.clone().put(Batch::default(), self.0.seal.as_ref(), name)?)?;
        let mut all = lock(&self.0.known);
        let known = self.known(&mut all, name)?;
        known.recorded = recorded;
        known.grants.replace(self.set_of(name, &known.recorded, &known.asked));
        Ok(true)
    }

    /// What is in force for a component, with what is recorded of it, as for a release that asks for `asked`.
    pub(super) fn in_force(&self, name: &ComponentName, asked: &[Grant]) -> Result<(Arc<GrantSet>, Recorded), Error> {
        let mut known = lock(&self.0.known);
        let known = self.known(&mut known, name)?;
        self.apply_rule(name, known, asked);
        Ok((known.grants.now(), known.recorded.clone()))
    }

    /// Every component to which something is granted by its name, or was revoked.
    pub(super) fn names(&self) -> Result<Vec<ComponentName>, Error> {
        let mut names: Vec<ComponentName> = lock(&self.0.policy).policy().named().collect();
        if let Some(store) = &self.0.store {
            for (key, _) in store.list(Table::Permissions)? {
                names.push(key.parse()?);
            }
        }
        Ok(names)
    }

    /// The policy file that is read.
    pub(super) fn policy_file(&self) -> Option<PathBuf> {
        lock(&self.0.policy).file().map(ToOwned::to_owned)
    }

    fn known<'a>(
        &self,
        all: &'a mut HashMap<ComponentName, Known>,
        name: &ComponentName,
    ) -> Result<&'a mut Known, Error> {
        use std::collections::hash_map::Entry;

        match all.entry(name.clone()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let recorded = match &self.0.store {
                    Some(store) => {
                        let (recorded, is_refused) = Recorded::read(store, self.0.seal.as_ref(), name)?;
                        if is_refused {
                            self.0.events.emit(Event::GrantsRefused {
                                component: name.clone(),
                            });
                        }
                        recorded
                    }
                    None => Recorded::default(),
                };
                let set = self.set_of(name, &recorded, &[]);
                Ok(place.insert(Known {
                    grants: Arc::new(Grants::among(set, self.0.common.clone())),
                    recorded,
                    asked: Vec::new(),
                    told: Vec::new(),
                }))
            }
        }
    }

    /// Has the rule decide on what was not asked for before.
    fn apply_rule(&self, name: &ComponentName, known: &mut Known, asked: &[Grant]) {
        let before = known.asked.len();
        for grant in asked {
            if !known.asked.contains(grant) {
                known.asked.push(grant.clone());
            }
        }
        if known.asked.len() > before && !matches!(self.0.rule, HomeRule::Nothing) {
            known.grants.replace(self.set_of(name, &known.recorded, &known.asked));
        }
    }

    /// All that a component is granted: by the policy, by the operator, and by the rule; but for what is revoked.
    fn set_of(&self, name: &ComponentName, recorded: &Recorded, asked: &[Grant]) -> GrantSet {
        let mut set = GrantSet::default();
        lock(&self.0.policy).policy().grants_of(name, &mut set);
        for given in &recorded.granted {
            set.grant(given.grant.clone(), Source::Operator);
            set.mounts
                .extend(given.mounts.iter().map(|(guest, host)| Mount::new(guest, host)));
        }
        self.0.rule.apply(&mut set, asked);
        for revoked in &recorded.revoked {
            set.revoke(revoked.grant.clone());
        }
        hold_kept(&mut set);
        set
    }

    /// Has the mounts of a component be where their paths lead now.
    fn settle_mounts(&self, name: &ComponentName) -> Result<(), Error> {
        let mut all = lock(&self.0.known);
        let known = self.known(&mut all, name)?;
        let set = self.set_of(name, &known.recorded, &known.asked);
        if set.mounts != known.grants.now().mounts {
            known.grants.replace(set);
        }
        Ok(())
    }

    /// Makes the directories that the rule lets a release write to, and tells what the rule grants, once.
    fn tell(&self, release: &Release) -> Result<(), Error> {
        let HomeRule::Project(project) = &self.0.rule else {
            return Ok(());
        };
        let asked = Grant::of_requests(&release.requests)?;
        let mut new = Vec::new();
        {
            let mut all = lock(&self.0.known);
            let known = self.known(&mut all, &release.name)?;
            let set = known.grants.now();
            for granted in set.granted().filter(|granted| granted.source == Source::Project) {
                if asked.contains(&granted.grant) && !known.told.contains(&granted.grant) {
                    known.told.push(granted.grant.clone());
                    new.push((granted.grant.clone(), directory_of(&set, &granted.grant)));
                }
            }
        }
        for (grant, directory) in new {
            if let Some(directory) = &directory {
                project.make(&grant, directory)?;
            }
            self.0.events.emit(Event::Granted {
                component: release.name.clone(),
                capability: grant.capability().clone(),
                pattern: grant.pattern(),
                directory: directory.map(|directory| directory.display().to_string()),
            });
        }
        Ok(())
    }
}

/// Where on this machine the directory is that a grant is about.
pub(super) fn directory_of(set: &GrantSet, grant: &Grant) -> Option<PathBuf> {
    let directory = grant.mountable()?;
    let (mount, rest) = set.mount_of(&directory)?;
    Some(match rest {
        "" => mount.host.clone(),
        rest => mount.host.join(rest),
    })
}

/// What is granted is changed as a whole, so that it is as good as before when a thread that changed it has panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
