//! The loop itself: what changes is built, once, and what was built well is swapped in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;

use super::inputs::{Inputs, MOST_FILES};
use super::news::News;
use super::parts::Part;
use super::queue::{Next, Queue};
use super::reach::Reach;
use super::watch::{Noticed, Pace, Watch};
use super::work::{Done, Round, Steps};
use crate::exit::Failure;
use crate::ops::project::Project;
use crate::toolchain::Stop;
use airssys_wasm::capability::Missing;
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
    /// Grant what the last release was refused for, and deploy it.
    Grant,
    /// End.
    Quit,
}

/// How a loop goes about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacing {
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
    pub(crate) pacing: Pacing,
    /// Where the steps of builds are told.
    pub(crate) steps: Steps,
    /// Where everything else is.
    pub(crate) tell: &'a dyn Fn(News),
}

/// A loop that runs.
pub(super) struct Session<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) parts: Vec<Part>,
    /// Under which name each component serves.
    pub(super) serving: Vec<Option<ComponentName>>,
    pub(super) watch: Watch,
    pub(super) queue: Queue,
    pub(super) running: Option<Running>,
    /// How many builds in a row were stopped.
    pub(super) stopped: u32,
    /// The component that was swapped last.
    pub(super) last: Option<usize>,
    /// What the last release was refused for.
    pub(super) refused: Option<Refused>,
    pub(super) swaps: u64,
    pub(super) not_swapped: u64,
}

/// What a component asks for, was not granted, and may be granted at the press of a key.
pub(super) struct Refused {
    pub(super) component: usize,
    pub(super) missing: Vec<Missing>,
}

/// The round that is under way.
pub(super) struct Running {
    pub(super) component: usize,
    pub(super) round: Round,
    pub(super) task: JoinHandle<Done>,
    deadline: Option<Instant>,
    /// Whether it was ended because it took too long.
    pub(super) is_late: bool,
}

/// What happens to a loop.
enum Happened {
    Noticed(Noticed),
    Asked(Asked),
    Done(Box<Done>),
    BuildIsLate,
    TimeHasCome,
    Ended,
}

impl Parts {
    /// Finds what builds the projects, of which none are the same; blocks, and for minutes when a toolchain has to be made.
    pub(crate) fn open(projects: Vec<Project>, state_dir: &Path, steps: &Steps) -> anyhow::Result<Self> {
        let mut parts: Vec<(Part, Inputs)> = Vec::new();
        for project in projects {
            let (folder, name) = (project.folder.clone(), project.name.clone());
            if parts.iter().any(|(part, _)| part.name() == name) {
                let message = format!(
                    "two of the packages are the component `{name}`, also the one in {}",
                    folder.display()
                );
                let help = "give each a name of its own, or choose one of them with `-p`";
                return Err(Failure::usage("ambiguous-package", message, help).into());
            }
            parts.push(Part::open(project, state_dir, &**steps)?);
        }
        Ok(Self(parts))
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
    let watch = Watch::begin(inputs, setting.pacing.pace, move |told| {
        // The loop is over when nobody hears it.
        let _ = notice.send(told);
    });
    let mut session = Session {
        setting,
        serving: vec![None; parts.len()],
        queue: Queue::new(parts.len()),
        parts,
        watch,
        running: None,
        stopped: 0,
        last: None,
        refused: None,
        swaps: 0,
        not_swapped: 0,
    };
    for component in 0..session.parts.len() {
        session.queue.want(component, [], Instant::now());
    }
    let mut ended = std::pin::pin!(ended);
    loop {
        let wake = session.begin_next();
        let deadline = session.running.as_ref().and_then(|running| running.deadline);
        let happened = tokio::select! {
            biased;
            () = &mut ended => Happened::Ended,
            Some(asked) = asked.recv() => Happened::Asked(asked),
            noticed = noticed.recv() => Happened::Noticed(noticed.context("the files are not watched any more")?),
            done = done(&mut session.running) => Happened::Done(Box::new(done)),
            () = until(deadline) => Happened::BuildIsLate,
            () = until(wake) => Happened::TimeHasCome,
        };
        match happened {
            Happened::Ended | Happened::Asked(Asked::Quit) => break,
            Happened::Asked(Asked::Rebuild) => session.queue.force_all(Instant::now()),
            Happened::Asked(Asked::RollBack) => session.roll_back().await,
            Happened::Asked(Asked::Grant) => session.grant().await,
            Happened::Noticed(noticed) => session.notice(noticed),
            Happened::Done(done) => session.conclude(*done).await?,
            Happened::BuildIsLate => session.end_build(),
            Happened::TimeHasCome => {}
        }
    }
    session.end().await
}

fn watching(parts: &[Part], inputs: &[Inputs]) -> News {
    News::Watching {
        components: parts.iter().map(Part::name).collect(),
        files: inputs.iter().map(|inputs| inputs.find().files.len()).sum(),
        folder: parts
            .first()
            .map(|part| part.root.display().to_string())
            .unwrap_or_default(),
    }
}

async fn done(running: &mut Option<Running>) -> Done {
    let Some(running) = running else {
        return std::future::pending().await;
    };
    let ended = (&mut running.task).await.context("the round ended unexpectedly");
    ended.unwrap_or_else(Done::failed)
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

impl Session<'_> {
    /// Begins with what is to be built next, when nothing is; otherwise when something may be.
    fn begin_next(&mut self) -> Option<Instant> {
        if self.running.is_some() {
            return None;
        }
        loop {
            match self.queue.next(Instant::now()) {
                Next::Build(component, pending) => {
                    let part = self.parts[component].clone();
                    let changed = names(&part, &pending.changed);
                    self.tell(News::Building {
                        component: part.name(),
                        changed,
                    });
                    let round = Round {
                        part,
                        pending,
                        stop: Stop::default(),
                        is_built: Arc::new(AtomicBool::new(false)),
                        color: self.setting.pacing.color,
                        is_alone: self.parts.len() == 1,
                    };
                    let work = round
                        .clone()
                        .run(self.setting.client.clone(), self.setting.steps.clone());
                    self.running = Some(Running {
                        component,
                        round,
                        task: tokio::spawn(work),
                        deadline: Instant::now().checked_add(self.setting.pacing.build_timeout),
                        is_late: false,
                    });
                    return None;
                }
                Next::Leave(component, pending) => {
                    let part = &self.parts[component];
                    self.tell(News::Circling {
                        component: part.name(),
                        changed: names(part, &pending.changed),
                    });
                }
                Next::Wait(until) => return until,
            }
        }
    }

    fn notice(&mut self, noticed: Noticed) {
        match noticed {
            Noticed::Changed { component, paths, at } => self.changed(component, paths, at),
            Noticed::Gone(folder) => self.tell(News::Gone {
                folder: folder.display().to_string(),
            }),
            Noticed::Back(folder) => self.tell(News::Back {
                folder: folder.display().to_string(),
            }),
            Noticed::TooMany => self.tell(News::TooMany { files: MOST_FILES }),
            Noticed::Polling { reason } => self.tell(News::Polling { reason }),
        }
    }

    fn changed(&mut self, component: usize, paths: Vec<PathBuf>, at: Instant) {
        self.queue.want(component, paths, at);
        let Some(running) = &self.running else { return };
        let is_built = running.round.is_built.load(Ordering::SeqCst);
        if running.component == component && !is_built && self.stopped < MOST_STOPPED {
            running.round.stop.stop();
        }
    }

    /// Ends a build that has taken longer than it may; a deployment has deadlines of its own.
    fn end_build(&mut self) {
        let Some(running) = &mut self.running else { return };
        running.deadline = None;
        if !running.round.is_built.load(Ordering::SeqCst) {
            running.is_late = true;
            running.round.stop.stop();
        }
    }

    pub(super) fn tell(&self, news: News) {
        (self.setting.tell)(news);
    }
}

/// The files for people.
pub(super) fn names<'a>(part: &Part, paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<String> {
    paths.into_iter().map(|path| part.relative(path)).collect()
}
