//! A package comes into service.

use std::sync::Arc;

use crate::audit::{Recorded, shortened};
use crate::component::{Compatibility, Package, Release, compare};
use crate::deploy::approach::Approach;
use crate::deploy::execute::{Deploy, Deployment, Newcomer, Order, Source, failed};
use crate::deploy::options::DeployOptions;
use crate::deploy::packaging::{Versioning, decide_version, introduce};
use crate::deploy::record::Action;
use crate::deploy::start::blocking;
use crate::deploy::step_timing::{Clock, StepTiming};
use crate::engine::Compiled;
use crate::error::Error;

/// Bytes that were validated, compiled and asked, and the release they make.
pub(super) struct Packaged {
    pub(super) release: Release,
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) compiled: Compiled,
    steps: Vec<StepTiming>,
}

impl Deploy {
    /// The release that deploying this package would make; changes nothing.
    pub(crate) async fn package(&self, package: Package) -> Result<Release, Error> {
        let validated = blocking(move || package.validate()).await?;
        let packaged = self.pack(validated.bytes, validated.release).await?;
        Ok(packaged.release)
    }

    /// Brings a package into service.
    pub(crate) async fn deploy(&self, package: Package, options: &DeployOptions) -> Result<Deployment, Error> {
        let validated = blocking(move || package.validate()).await?;
        let name = validated.release.name.clone();
        let turn = self.turns.take(&name)?;
        let asked = validated.release.clone();
        let packaged = tokio::select! {
            packaged = self.pack(validated.bytes, validated.release) => packaged,
            error = turn.aborted() => return Err(self.unbegun(&asked, error)),
        };
        let packaged = packaged.map_err(|error| match error {
            // The guest was run for the first time, and did not return in order.
            Error::Trap { .. }
            | Error::Deadline { .. }
            | Error::Fuel { .. }
            | Error::Memory { .. }
            | Error::Limit { .. } => self.unbegun(&asked, error),
            error => error,
        })?;
        self.admit(&packaged.release).await?;
        let approach = Approach::new(options, &packaged.release)?;
        if !options.allow_breaking {
            self.refuse_breaking(&packaged.release, &packaged.bytes).await?;
        }
        let release = Arc::new(packaged.release);
        let cached = packaged.compiled.cached;
        let prepared = self.starter.prepare(packaged.compiled, release.clone())?;
        let newcomer = Newcomer {
            release,
            bytes: Some(packaged.bytes),
            source: Source::Code(prepared),
        };
        let order = Order {
            steps: packaged.steps,
            cached,
            ..Order::of_one(Action::Deploy, newcomer, approach, &options.origin)
        };
        self.carry_out(order, turn).await
    }

    /// The error of a deployment that ends before its intent is recorded: the audit log has it all the same.
    fn unbegun(&self, asked: &Release, reason: Error) -> Error {
        self.audit().record(Recorded::OperationFailed {
            operation: Action::Deploy.name().into(),
            component: Some(asked.name.clone()),
            code: reason.code().as_str().into(),
            reason: shortened(&reason.to_string()),
        });
        failed(asked, reason)
    }

    /// Compiles a validated component, and asks it what it does.
    pub(super) async fn pack(&self, bytes: Vec<u8>, mut release: Release) -> Result<Packaged, Error> {
        // Before it is asked anything, because it answers under its own limits.
        let (permissions, asked) = (self.starter.permissions.clone(), release.clone());
        blocking(move || permissions.admit_limits(&asked)).await?;
        let (store, rule) = (self.starter.store.clone(), self.versioning);
        let (name, version, digest) = (release.name.clone(), release.version.clone(), release.digest);
        release.version = blocking(move || decide_version(&store, rule, &name, &version, &digest)).await?;
        let bytes = Arc::new(bytes);
        let mut clock = Clock::new(&self.starter.events, &release.name, &release.version);
        let compiled = clock
            .time("compile", self.starter.compile(bytes.clone(), release.clone()))
            .await?;
        clock
            .time("package", introduce(&self.starter, compiled.clone(), &mut release))
            .await?;
        Ok(Packaged {
            release,
            bytes,
            compiled,
            steps: clock.steps,
        })
    }

    /// Refuses a release that asks for more than its component is granted.
    pub(super) async fn admit(&self, release: &Release) -> Result<(), Error> {
        let (permissions, release) = (self.starter.permissions.clone(), release.clone());
        blocking(move || permissions.admit(&release)).await
    }

    /// Refuses a release that breaks what the callers of the one in service rely on.
    pub(super) async fn refuse_breaking(&self, release: &Release, bytes: &Arc<Vec<u8>>) -> Result<(), Error> {
        let Some((current, compatibility)) = self.compatibility(release, bytes).await? else {
            return Ok(());
        };
        if !compatibility.is_breaking() {
            return Ok(());
        }
        Err(Error::Incompatible {
            label: release.label(),
            from: current.version.clone(),
            differences: compatibility.breaking().map(|found| found.text.clone()).collect(),
        })
    }

    /// What changes against the release that takes most of the calls, and that release; none without one.
    pub(super) async fn compatibility(
        &self,
        release: &Release,
        bytes: &Arc<Vec<u8>>,
    ) -> Result<Option<(Arc<Release>, Compatibility)>, Error> {
        let Some(route) = self.router.route(&release.name) else {
            return Ok(None);
        };
        let current = route.primary().release.clone();
        let (store, old, new, bytes) = (
            self.starter.store.clone(),
            current.clone(),
            release.clone(),
            bytes.clone(),
        );
        let is_strict = self.versioning == Versioning::Immutable;
        let compatibility = blocking(move || {
            // The same bytes are not read: they need no comparison.
            let before = match old.digest == new.digest {
                true => Vec::new(),
                false => store.bytes(&old.digest)?,
            };
            Ok(compare((&old, &before), (&new, &bytes), is_strict))
        });
        // A damaged component cannot be compared, and must not keep its successor out.
        match compatibility.await {
            Ok(compatibility) => Ok(Some((current, compatibility))),
            Err(Error::Damaged { .. } | Error::Store { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
