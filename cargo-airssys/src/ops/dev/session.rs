//! The loop itself: what changes is built, once, and what was built well is swapped in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;

use super::circle::Circle;
use super::inputs::Inputs;
use super::news::{News, Unswapped};
use super::parts::Part;
use super::reach::Reach;
use super::watch::{Noticed, Pace, Watch};
use super::work::{Done, Outcome, Pending, Round, Steps, status};
use crate::exit::{self, Exit, Failure};
use crate::ops::origin::origin;
use crate::ops::project::Project;
use crate::toolchain::Stop;
use airssys_wasm::RollbackOptions;
use airssys_wasm::component::ComponentName;
use airssys_wasm::control::Client;

/// So many builds of a component in a row are stopped for a newer change; the next one is built to its end, so that a
/// program that writes without a pause does not keep everything from becoming live.
const MOST_STOPPED: u32 = 2;

/// What a person asks of a running loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Build everything, and swap it in even if it is the same.
    Rebuild,
    /// Go back to the release that served before the last swap.
    RollBack,
    /// End.
    Quit,
}

/// How a loop goes about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// How it watches.
    pub(crate) pace: Pace,
    /// How long a build may take.
    pub(crate) build_timeout: Duration,
    /// Whether the compiler's words may carry colours.
    pub(crate) color: bool,
    /// How the person calls this program.
    pub(crate) program: &'static str,
}

/// The components of a loop that has not begun.
#[derive(Debug)]
pub(crate) struct Parts(Vec<(Part, Inputs)>);

/// What a loop works with.
pub(crate) struct Setting<'a> {
    /// The host.
    pub(crate) client: Client,
    /// How components are reached from outside.
    pub(crate) reach: &'a mut Reach,
    /// How it goes about it.
    pub(crate) manner: Manner,
    /// Where the steps of builds are told.
    pub(crate) steps: Steps,
    /// Where everything else is.
    pub(crate) tell: &'a dyn Fn(News),
}

/// A loop that runs.
struct Session<'a> {
    setting: Setting<'a>,
    parts: Vec<Part>,
    circles: Vec<Circle>,
    watch: Watch,
    pending: BTreeMap<usize, Pending>,
    running: Option<Running>,
    /// How many builds in a row were stopped.
    stopped: u32,
    /// The component that was swapped last.
    last: Option<usize>,
    swaps: u64,
    not_swapped: u64,
}

/// The round that is under way.
struct Running {
    component: usize,
    round: Round,
    task: JoinHandle<Done>,
    deadline: Instant,
    is_late: bool,
}

/// What a loop does next.
enum Next {
    Noticed(Noticed),
    Asked(Asked),
    Done(Box<Done>),
    Late,
    End,
}

impl Parts {
    /// Finds what builds the projects; blocks, and for minutes when a toolchain has to be made.
    pub(crate) fn open(projects: Vec<Project>, steps: &Steps) -> anyhow::Result<Self> {
        let opened = projects.into_iter().map(|project| Part::open(project, &**steps));
        opened.collect::<anyhow::Result<_>>().map(Self)
    }
}

/// Watches, builds and swaps until somebody asks for the end, or `ended` comes.
pub(crate) async fn run(
    setting: Setting<'_>,
    parts: Parts,
    mut asked: UnboundedReceiver<Asked>,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (notice, mut noticed) = mpsc::unbounded_channel();
    let (parts, inputs): (Vec<Part>, Vec<Inputs>) = parts.0.into_iter().unzip();
    (setting.tell)(watching(&parts, &inputs));
    if let Some(news) = setting.reach.listening() {
        (setting.tell)(news);
    }
    let watch = Watch::begin(inputs, setting.manner.pace, move |told| {
        // The loop is over when nobody hears it.
        let _ = notice.send(told);
    });
    let mut session = Session {
        setting,
        circles: parts.iter().map(|_| Circle::default()).collect(),
        parts,
        watch,
        pending: BTreeMap::new(),
        running: None,
        stopped: 0,
        last: None,
        swaps: 0,
        not_swapped: 0,
    };
    session.want_all(false);
    let mut ended = std::pin::pin!(ended);
    loop {
        session.begin_next();
        let deadline = session.running.as_ref().map(|running| running.deadline);
        let next = tokio::select! {
            biased;
            () = &mut ended => Next::End,
            Some(asked) = asked.recv() => Next::Asked(asked),
            Some(noticed) = noticed.recv() => Next::Noticed(noticed),
            done = done(&mut session.running) => Next::Done(Box::new(done)),
            () = reached(deadline) => Next::Late,
        };
        match next {
            Next::End | Next::Asked(Asked::Quit) => break,
            Next::Asked(Asked::Rebuild) => session.want_all(true),
            Next::Asked(Asked::RollBack) => session.roll_back().await?,
            Next::Noticed(noticed) => session.notice(noticed),
            Next::Done(done) => session.conclude(*done).await?,
            Next::Late => session.late(),
        }
    }
    session.end().await
}

fn watching(parts: &[Part], inputs: &[Inputs]) -> News {
    News::Watching {
        components: parts.iter().map(Part::name).collect(),
        files: inputs.iter().map(|inputs| inputs.find().files.len()).sum(),
        folder: parts.first().map(|part| part.root.clone()).unwrap_or_default(),
    }
}

async fn done(running: &mut Option<Running>) -> Done {
    let Some(round) = running else {
        return std::future::pending().await;
    };
    let ended = (&mut round.task).await.context("the round ended unexpectedly");
    ended.unwrap_or_else(|error| Done {
        outcome: Err(error),
        transcript: String::new(),
        inputs: None,
    })
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Session<'_> {
    /// Has every component built.
    fn want_all(&mut self, is_forced: bool) {
        self.circles.iter_mut().for_each(Circle::leave);
        for component in 0..self.parts.len() {
            self.want(component, Vec::new(), Instant::now(), is_forced);
        }
    }

    /// Has a component built, because of these files.
    fn want(&mut self, component: usize, paths: Vec<PathBuf>, at: Instant, is_forced: bool) {
        let pending = self.pending.entry(component).or_insert_with(|| Pending {
            changed: BTreeSet::new(),
            at,
            is_forced: false,
        });
        pending.changed.extend(paths);
        pending.is_forced |= is_forced;
    }

    fn begin_next(&mut self) {
        if self.running.is_some() {
            return;
        }
        let Some((component, pending)) = self.pending.pop_first() else {
            return;
        };
        let part = self.parts[component].clone();
        let name = part.name();
        let changed: Vec<PathBuf> = pending.changed.iter().map(|path| part.relative(path)).collect();
        if !self.circles[component].enter(&pending.changed) {
            (self.setting.tell)(News::Circling {
                component: name,
                changed,
            });
            return self.begin_next();
        }
        (self.setting.tell)(News::Building {
            component: name,
            changed,
        });
        let round = Round {
            part,
            pending,
            stop: Stop::default(),
            is_built: Arc::new(AtomicBool::new(false)),
            color: self.setting.manner.color,
            is_alone: self.parts.len() == 1,
        };
        self.running = Some(Running {
            component,
            task: tokio::spawn(
                round
                    .clone()
                    .run(self.setting.client.clone(), self.setting.steps.clone()),
            ),
            round,
            deadline: Instant::now() + self.setting.manner.build_timeout,
            is_late: false,
        });
    }

    fn notice(&mut self, noticed: Noticed) {
        match noticed {
            Noticed::Changed { component, paths, at } => self.changed(component, paths, at),
            Noticed::Gone(folder) => (self.setting.tell)(News::Gone { folder }),
            Noticed::Back(folder) => (self.setting.tell)(News::Back { folder }),
            Noticed::Polling { reason } => (self.setting.tell)(News::Polling { reason }),
        }
    }

    fn changed(&mut self, component: usize, paths: Vec<PathBuf>, at: Instant) {
        self.want(component, paths, at, false);
        let Some(running) = &self.running else { return };
        if running.component != component {
            return;
        }
        self.circles[component].disturb();
        if running.round.is_built.load(Ordering::SeqCst) || self.stopped >= MOST_STOPPED {
            return;
        }
        running.round.stop.stop();
    }

    /// The build has taken longer than it may.
    fn late(&mut self) {
        if let Some(running) = &mut self.running {
            // Once only; a deployment has deadlines of its own.
            running.deadline += Duration::from_secs(365 * 24 * 3600);
            if !running.round.is_built.load(Ordering::SeqCst) {
                running.is_late = true;
                running.round.stop.stop();
            }
        }
    }

    async fn conclude(&mut self, done: Done) -> anyhow::Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let component = running.component;
        if let Some(inputs) = done.inputs {
            self.watch.follow(component, inputs);
        }
        let pending = running.round.pending;
        let part = &self.parts[component];
        let relative = || pending.changed.iter().map(|path| part.relative(path)).collect();
        match done.outcome {
            Ok(Outcome::Stopped) if running.is_late => {
                let error = late(self.setting.manner.build_timeout);
                let changed = relative();
                self.not_swapped(component, changed, &error.into(), done.transcript)
                    .await?;
            }
            Ok(Outcome::Stopped) => {
                // What it was to build is built together with what came then.
                self.stopped += 1;
                self.want(
                    component,
                    pending.changed.into_iter().collect(),
                    pending.at,
                    pending.is_forced,
                );
                return Ok(());
            }
            Ok(Outcome::Swapped(swap)) => {
                self.said(done.transcript);
                self.last = Some(component);
                self.swaps += 1;
                let name = swap.component.clone();
                (self.setting.tell)(News::Swapped(swap));
                self.reached(&name).await;
            }
            Ok(Outcome::Unchanged) => {
                self.said(done.transcript);
                let (name, changed) = (part.name(), relative());
                let serving = status(&self.setting.client, &name)
                    .await?
                    .map(|status| status.release.version);
                (self.setting.tell)(News::Unchanged {
                    component: name.clone(),
                    changed,
                    serving,
                });
                self.reached(&name).await;
            }
            Err(error) => {
                let changed = relative();
                self.not_swapped(component, changed, &error, done.transcript).await?;
            }
        }
        self.stopped = 0;
        Ok(())
    }

    /// Tells how a component is reached, when that is new.
    async fn reached(&mut self, component: &ComponentName) {
        for news in self.setting.reach.follow(component, self.setting.manner.program).await {
            (self.setting.tell)(news);
        }
    }

    /// Tells what the build has warned of.
    fn said(&self, transcript: String) {
        if !transcript.is_empty() {
            (self.setting.tell)(News::Said { transcript });
        }
    }

    async fn not_swapped(
        &mut self,
        component: usize,
        changed: Vec<PathBuf>,
        error: &anyhow::Error,
        transcript: String,
    ) -> anyhow::Result<()> {
        let name = self.parts[component].name();
        let failure = exit::explain(error, self.setting.manner.program);
        let serving = status(&self.setting.client, &name)
            .await?
            .map(|status| status.release.version);
        self.not_swapped += 1;
        (self.setting.tell)(News::NotSwapped(Box::new(Unswapped::new(
            name, changed, failure, transcript, serving,
        ))));
        Ok(())
    }

    async fn roll_back(&mut self) -> anyhow::Result<()> {
        let component = self.last.unwrap_or(0);
        let name = self.parts[component].name();
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
                reason: exit::explain(&error.into(), self.setting.manner.program).message,
            },
        };
        (self.setting.tell)(news);
        Ok(())
    }

    /// Ends what runs, and tells what came of everything.
    async fn end(mut self) -> anyhow::Result<()> {
        if let Some(running) = self.running.take() {
            running.round.stop.stop();
            // A deployment that is under way comes to its end, so that nothing is left half done.
            let _ = running.task.await;
        }
        let names: Vec<_> = self.parts.iter().map(Part::name).collect();
        let all = self.setting.client.status().await?;
        let ours = all.iter().filter(|status| names.contains(&status.release.name));
        let (calls, failed) = ours.fold((0, 0), |(calls, failed), status| {
            (calls + status.calls, failed + status.failed)
        });
        (self.setting.tell)(News::Ended {
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
