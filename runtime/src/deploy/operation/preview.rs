//! What a deployment would do and change; nothing is done.

use std::sync::Arc;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::capability::Missing;
use crate::component::{Compatibility, ComponentName, Gate, Package, Release, Span, Strategy};
use crate::deploy::approach::Approach;
use crate::deploy::execute::{Deploy, Newcomer, Order, Source};
use crate::deploy::options::DeployOptions;
use crate::deploy::record::Action;
use crate::deploy::start::blocking;
use crate::error::Error;

/// What a deployment would do and change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Preview {
    /// The release that would be made.
    pub release: Release,
    /// The version that takes most of the calls now; none at a first deployment.
    pub from: Option<Version>,
    /// How the deployment would be planned.
    pub strategy: Strategy,
    /// How long each step would be watched; none when nothing is.
    pub window: Option<Span>,
    /// What would take it back.
    pub gates: Vec<Gate>,
    /// Its steps, in order, for people.
    pub steps: Vec<String>,
    /// What changes for callers and operators.
    pub compatibility: Compatibility,
    /// What the release asks for and its component is not granted: with it the deployment is refused.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// The policy file that the host reads, if it reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl Deploy {
    /// Plans the deployment of a package.
    pub(crate) async fn preview(&self, package: Package, options: &DeployOptions) -> Result<Preview, Error> {
        let validated = blocking(move || package.validate()).await?;
        let packaged = self.pack(validated.bytes, validated.release).await?;
        let release = Arc::new(packaged.release);
        let prepared = self.starter.prepare(packaged.compiled, release.clone())?;
        self.preview_of(release, packaged.bytes, Source::Code(prepared), options)
            .await
    }

    /// Plans the update to a release that is in the store.
    pub(crate) async fn preview_update(
        &self,
        name: &ComponentName,
        version: &Version,
        options: &DeployOptions,
    ) -> Result<Preview, Error> {
        let release = self.recorded(name, version).await?;
        let (compiled, bytes) = self.starter.load(&release).await?;
        let prepared = self.starter.prepare(compiled, release.clone())?;
        self.preview_of(release, bytes, Source::Code(prepared), options).await
    }

    async fn preview_of(
        &self,
        release: Arc<Release>,
        bytes: Arc<Vec<u8>>,
        source: Source,
        options: &DeployOptions,
    ) -> Result<Preview, Error> {
        let compatibility = self.compatibility(&release, &bytes).await?;
        let (permissions, asking) = (self.starter.permissions.clone(), release.clone());
        let missing = blocking(move || {
            permissions.reread()?;
            permissions.missing(&asking)
        });
        let missing = missing.await?;
        let newcomer = Newcomer {
            release: release.clone(),
            bytes: None,
            source,
        };
        let approach = Approach::new(options, &release)?;
        let order = Order::of_one(Action::Deploy, newcomer, approach, &options.origin);
        self.router.refuse_taken(&order.name, order.releases())?;
        let base = self.router.route(&release.name);
        let plan = self.plan(&order, base.as_deref())?;
        let watch = order.approach.watch;
        Ok(Preview {
            release: Release::clone(&release),
            from: plan.from,
            strategy: order.approach.strategy,
            window: watch.as_ref().map(|watch| Span(watch.window)),
            gates: watch.map(|watch| watch.gates).unwrap_or_default(),
            steps: plan.steps.iter().map(ToString::to_string).collect(),
            compatibility: compatibility.map(|(_, found)| found).unwrap_or_default(),
            missing,
            policy: self
                .starter
                .permissions
                .policy_file()
                .map(|path| path.display().to_string()),
        })
    }
}
