//! What comes of a round, a rollback and the end of a loop.

use std::time::{Duration, Instant};

use super::news::{News, Unswapped};
use super::session::{Refused, Session, names};
use super::work::{Done, Outcome, status};
use crate::exit::{self, Exit, Failure};
use crate::ops::grants::{give, is_plain};
use crate::ops::origin::origin;
use airssys_wasm::component::ComponentName;
use airssys_wasm::{Error, RollbackOptions};

/// When a deployment is tried again that came while another one was under way.
const AGAIN: Duration = Duration::from_secs(1);

impl Session<'_> {
    /// Tells what came of the round that was under way.
    pub(super) async fn conclude(&mut self, done: Done) -> anyhow::Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let component = running.component;
        if let Some(followed) = done.followed {
            self.watch.follow(component, followed);
        }
        let pending = running.round.pending;
        if matches!(&done.outcome, Ok(Outcome::Stopped)) && !running.is_late {
            self.stopped += 1;
            self.queue.take_back(component, pending, None);
            return Ok(());
        }
        self.stopped = 0;
        self.queue.ended(component, done.built_at);
        let name = self.parts[component].name();
        let changed = names(&self.parts[component], &pending.changed);
        match done.outcome {
            Ok(Outcome::Swapped(swap)) => {
                self.said(done.transcript);
                self.last = Some(component);
                self.refused = None;
                self.swaps += 1;
                self.tell(News::Swapped(swap));
                self.serves(component, &name).await;
            }
            Ok(Outcome::Unchanged) => {
                self.said(done.transcript);
                let serving = status(&self.setting.client, &name).await?;
                self.tell(News::Unchanged {
                    component: name.clone(),
                    changed,
                    serving: serving.map(|status| status.release.version),
                });
                self.serves(component, &name).await;
            }
            Ok(Outcome::Stopped) => {
                let error = late(self.setting.pacing.build_timeout).into();
                self.not_swapped(component, changed, &error, done.transcript).await?;
            }
            Err(error) => {
                if matches!(error.downcast_ref(), Some(Error::Conflict { .. })) {
                    // Somebody else deploys it; what was saved comes after that.
                    self.queue.take_back(component, pending, Some(Instant::now() + AGAIN));
                    self.tell(News::Waiting { component: name });
                    return Ok(());
                }
                self.not_swapped(component, changed, &error, done.transcript).await?;
            }
        }
        Ok(())
    }

    /// Tells how a component is reached that serves under this name, and that an earlier name of it goes on serving.
    async fn serves(&mut self, component: usize, name: &ComponentName) {
        let before = self.serving[component].replace(name.clone());
        if let Some(from) = before.filter(|before| before != name) {
            self.tell(News::Renamed { from, to: name.clone() });
        }
        for news in self.setting.reach.follow(name, self.setting.pacing.program).await {
            self.tell(news);
        }
    }

    /// Tells what the build has warned of.
    fn said(&self, transcript: String) {
        if !transcript.is_empty() {
            self.tell(News::Said { transcript });
        }
    }

    async fn not_swapped(
        &mut self,
        component: usize,
        changed: Vec<String>,
        error: &anyhow::Error,
        transcript: String,
    ) -> anyhow::Result<()> {
        let name = self.parts[component].name();
        let failure = exit::explain(error, self.setting.pacing.program);
        let serving = self.serving[component].as_ref().unwrap_or(&name);
        let serving = status(&self.setting.client, serving).await?;
        self.not_swapped += 1;
        self.refused = match error.downcast_ref() {
            Some(Error::NotGranted { missing, .. }) if missing.iter().all(is_plain) => Some(Refused {
                component,
                missing: missing.clone(),
            }),
            _ => None,
        };
        let mut unswapped = Unswapped::new(
            name,
            changed,
            failure,
            transcript,
            serving.map(|status| (status.release.name, status.release.version)),
        );
        unswapped.is_grantable = self.refused.is_some();
        self.tell(News::NotSwapped(Box::new(unswapped)));
        Ok(())
    }

    /// Grants what the last release was refused for, and has it deployed.
    pub(super) async fn grant(&mut self) {
        let Some(Refused { component, missing }) = self.refused.take() else {
            return self.tell(News::NotGranted {
                reason: "no release was refused for what it asks for, or only somebody who says so can grant it".into(),
            });
        };
        let name = self.parts[component].name();
        for missing in missing {
            if let Err(error) = give(&self.setting.client, &name, &missing, "asked in dev").await {
                let reason = exit::explain(&error.into(), self.setting.pacing.program).message;
                return self.tell(News::NotGranted { reason });
            }
            self.tell(News::Granted {
                component: name.clone(),
                capability: missing.capability,
                pattern: missing.pattern,
            });
        }
        self.queue.want(component, [], Instant::now());
    }

    /// Takes the component that was swapped last back.
    pub(super) async fn roll_back(&mut self) {
        let Some(component) = self.last else {
            self.tell(News::NotRolledBack {
                component: self.parts[0].name(),
                reason: "nothing was swapped yet".into(),
            });
            return;
        };
        let name = self.serving[component]
            .clone()
            .unwrap_or_else(|| self.parts[component].name());
        self.tell(News::RollingBack {
            component: name.clone(),
        });
        let mut options = RollbackOptions::default();
        options.origin = origin(Some("dev".into()));
        let begin = Instant::now();
        let news = match self.setting.client.rollback(&name, &options).await {
            Ok(deployment) => News::RolledBack {
                component: name,
                version: deployment.release.version,
                took: begin.elapsed(),
            },
            Err(error) => News::NotRolledBack {
                component: name,
                reason: exit::explain(&error.into(), self.setting.pacing.program).message,
            },
        };
        self.tell(news);
    }

    /// Ends what runs, and tells what came of everything.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        if let Some(running) = self.running.take() {
            running.round.stop.stop();
            // A deployment that is under way comes to its end, so that nothing is left half done.
            let _ = running.task.await;
        }
        let all = self.setting.client.status().await?;
        let is_ours = |name: &ComponentName| self.serving.iter().flatten().any(|served| served == name);
        let ours = all.iter().filter(|status| is_ours(&status.release.name));
        let (calls, failed) = ours.fold((0, 0), |(calls, failed), status| {
            (calls + status.calls, failed + status.failed)
        });
        self.tell(News::Ended {
            swaps: self.swaps,
            not_swapped: self.not_swapped,
            calls,
            failed,
        });
        Ok(())
    }
}

fn late(limit: Duration) -> Failure {
    let message = format!(
        "the build did not end within {} s and was ended, with all it had started",
        limit.as_secs()
    );
    let help = "correct the build, or give it more time with `--build-timeout`";
    Failure::new(Exit::BuildFailed, "build-timeout", message, help)
}
