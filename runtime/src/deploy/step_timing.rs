//! How long each step of a deployment took.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::component::ComponentName;
use crate::error::Error;
use crate::event::{Event, Events};

/// One step of a deployment and how long it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepTiming {
    /// The step, for example `compile`.
    pub step: Cow<'static, str>,
    /// How long it took.
    #[serde(rename = "seconds", with = "crate::event::as_seconds")]
    pub took: Duration,
}

/// Takes the time of steps, and tells of their beginning and end.
pub(super) struct Clock<'a> {
    events: &'a Events,
    component: ComponentName,
    version: Version,
    pub(super) steps: Vec<StepTiming>,
}

impl<'a> Clock<'a> {
    pub(super) fn new(events: &'a Events, component: &ComponentName, version: &Version) -> Self {
        Self {
            events,
            component: component.clone(),
            version: version.clone(),
            steps: Vec::new(),
        }
    }

    /// Takes one step.
    pub(super) async fn time<T>(
        &mut self,
        step: &'static str,
        run: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let (component, version) = (self.component.clone(), self.version.clone());
        self.events.emit(Event::StepStarted {
            component,
            version,
            step: step.into(),
        });
        let began = Instant::now();
        let value = run.await?;
        let took = began.elapsed();
        self.steps.push(StepTiming {
            step: step.into(),
            took,
        });
        let (component, version) = (self.component.clone(), self.version.clone());
        self.events.emit(Event::StepFinished {
            component,
            version,
            step: step.into(),
            took,
        });
        Ok(value)
    }
}
