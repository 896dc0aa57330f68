//! `dev`: save a file, and a moment later the running component is the new one.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::listen::Listen;
use super::verb::{Context, Verb};
use crate::exit::Failure;
use crate::ops::dev::{self, Asked, News, Pace, Parts, Reach, Setting, Steps};
use crate::ops::host::{self, Compiling, Listener};
use crate::ops::learn::Lesson;
use crate::ops::project;
use crate::ops::state::StatePlace;
use crate::shell::{Keys, Shell};
use airssys_wasm::component::{ComponentName, Span};
use airssys_wasm::control::Client;
use airssys_wasm::{Event, Host, Versioning};

/// Watch this project, and swap its component in whenever it is saved; calls go on meanwhile
#[derive(Debug, Parser)]
#[command(name = "dev")]
pub(super) struct Dev {
    /// Which component of a cargo workspace, also several times [default: all of them]
    #[arg(short, long)]
    package: Vec<String>,
    /// How long nobody must have written before a build begins
    #[arg(long, value_name = "TIME", default_value = "100ms")]
    debounce: Span,
    /// How long a build may take before it is ended
    #[arg(long, value_name = "TIME", default_value = "10m")]
    build_timeout: Span,
    #[command(flatten)]
    listen: Listen,
    /// Say at the end which `[capabilities]` the components would have to ask for to get what they were denied
    #[arg(long)]
    learn: bool,
    /// Look at the files every second, where the system does not tell of changes, as on some network drives
    #[arg(long)]
    poll: bool,
}

/// The longest time that an option may say.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The most faults that are told between two swaps.
const MOST_FAULTS: usize = 100;

/// What the host's listener and the keys share.
struct Told {
    shell: Arc<Shell>,
    shows_output: AtomicBool,
    /// What components wanted and do not ask for, when that is to be said at the end.
    lesson: Option<Lesson>,
    /// Whether the loop is doing something to a component itself.
    is_own: AtomicBool,
    /// What is opened in a browser.
    url: Mutex<Option<String>>,
    /// Faults that were told since the last swap: under load the same one happens with each call.
    faults: Mutex<Vec<(ComponentName, String)>>,
}

impl Verb for Dev {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("dev", "what is built here, or all of a workspace"),
        (
            "dev --listen 127.0.0.1:8080",
            "reach it by HTTP; web APIs are at port 3000 anyway",
        ),
        ("dev -p greeter -p counter", "two of them"),
        ("dev -o json", "what happens, an object in each line"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let shell = &context.shell;
        for (option, time) in [("--debounce", &self.debounce), ("--build-timeout", &self.build_timeout)] {
            if time.0 > LONGEST {
                let message = format!("`{option}` is longer than a day");
                return Err(Failure::usage("usage", message, format!("write for example `{option} 10m`")).into());
            }
        }
        let projects = project::find_all(&context.folder()?, &self.package)?;
        // Whoever edits wants every save to be deployed, wherever it is kept.
        let place = StatePlace {
            versioning: Versioning::Development,
            ..context.state()?
        };
        let steps: Steps = shell.clone();
        let parts = {
            let _spinner = shell.spin("finding what builds the component");
            Parts::open(projects, &place.directory, &steps)?
        };
        let pacing = dev::Pacing {
            pace: Pace {
                debounce: self.debounce.0,
                poll: self.poll,
            },
            build_timeout: self.build_timeout.0,
            color: shell.has_color() && !shell.is_json(),
            program: context.program,
        };
        let told = Arc::new(Told {
            shell: shell.clone(),
            shows_output: AtomicBool::new(true),
            lesson: self.learn.then(Lesson::default),
            is_own: AtomicBool::new(false),
            url: Mutex::default(),
            faults: Mutex::default(),
        });
        host::serve(
            &place,
            told.clone().listener(),
            Compiling::Here,
            host::Setting::default(),
            async |host, answered| {
                let mut reach = Reach::begin(host, self.listen.listen, self.listen.callers()).await?;
                let (ask, asked) = mpsc::unbounded_channel();
                let keys = keys(&told, ask);
                let setting = Setting {
                    client: Client::here(host.clone()),
                    reach: &mut reach,
                    pacing,
                    steps,
                    tell: &|news| {
                        told.news(&news);
                        match &news {
                            News::Watching { .. } if keys.is_some() => told.shell.keys_hint(),
                            News::NotSwapped(unswapped) if unswapped.is_grantable && keys.is_some() => {
                                told.shell.grant_hint();
                            }
                            _ => {}
                        }
                    },
                };
                let asked = if keys.is_some() { asked } else { nobody() };
                let ended = tokio::select! {
                    ended = dev::run(setting, parts, asked, answered.pressed()) => ended,
                    never = resumed(keys.as_ref()) => match never {},
                };
                drop(keys);
                reach.end().await;
                told.teach(host)?;
                ended
            },
        )
    }
}

/// Sets the terminal again whenever the program goes on after it was stopped.
async fn resumed(keys: Option<&Keys>) -> Infallible {
    let continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()));
    let (Some(keys), Ok(mut continued)) = (keys, continued) else {
        return std::future::pending().await;
    };
    loop {
        continued.recv().await;
        keys.resume();
    }
}

/// Nobody asks for anything.
fn nobody() -> UnboundedReceiver<Asked> {
    mpsc::unbounded_channel().1
}

fn keys(told: &Arc<Told>, ask: UnboundedSender<Asked>) -> Option<Keys> {
    if told.shell.is_json() {
        return None;
    }
    let told = told.clone();
    Keys::listen(move |key| {
        let asked = match key {
            'r' => Asked::Rebuild,
            'b' => Asked::RollBack,
            'g' => Asked::Grant,
            'q' => Asked::Quit,
            'l' => return told.toggle_output(),
            'o' => return told.open(),
            '?' | 'h' => return told.shell.keys(),
            _ => return,
        };
        // A loop that has ended asks for nothing more.
        let _ = ask.send(asked);
    })
}

impl Told {
    fn listener(self: Arc<Self>) -> Listener {
        Arc::new(move |event| self.event(event))
    }

    fn news(&self, news: &News) {
        let is_begin = matches!(news, News::Building { .. } | News::RollingBack { .. });
        self.is_own.store(is_begin, Ordering::SeqCst);
        match news {
            News::Swapped(_) => self.faults().clear(),
            News::Listening { url }
            | News::Reachable {
                url, is_called: false, ..
            } => {
                *self.url.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.clone());
            }
            _ => {}
        }
        self.shell.news(news);
    }

    /// Says what components would have to ask for.
    fn teach(&self, host: &Host) -> anyhow::Result<()> {
        let Some(lesson) = &self.lesson else { return Ok(()) };
        let names = lesson.components();
        if names.is_empty() {
            self.shell
                .note("No component was denied anything that it does not ask for");
        }
        for name in names {
            // What was removed meanwhile has nothing to learn.
            if let Ok(release) = host.release(&name) {
                self.shell.lesson(&name, lesson.block(&name, &release.requests))?;
            }
        }
        Ok(())
    }

    fn event(&self, event: &Event) {
        if let Some(lesson) = &self.lesson {
            // It is told at once as well, because somebody watches.
            lesson.keep(event);
        }
        if self.shell.is_json() {
            // Components do their work whether or not somebody reads what is told of it.
            drop(self.shell.followed(event));
            return;
        }
        match event {
            // What they come to is told as news.
            Event::StepStarted { .. } if self.is_own.load(Ordering::SeqCst) => self.shell.event(event),
            Event::StepFinished {
                component,
                version,
                step,
                ..
            } if &**step == "route" && !self.is_own.load(Ordering::SeqCst) => self.shell.beside(component, version),
            Event::StepStarted { .. }
            | Event::StepFinished { .. }
            | Event::Shifted { .. }
            | Event::RolledBack { .. } => {}
            Event::Output { .. } if !self.shows_output.load(Ordering::Relaxed) => {}
            Event::InstanceDiscarded { component, code } => {
                if self.is_new(component, code) {
                    let text = format_args!("`{code}` ended an instance; further ones are told after the next swap");
                    self.shell.attributed(component, text);
                }
            }
            Event::Denied { component, pattern, .. } if !self.is_new(component, pattern) => {}
            Event::MountMissing {
                component, directory, ..
            } if !self.is_new(component, directory) => {}
            event => self.shell.event(event),
        }
    }

    /// Whether this was not told of a component since the last swap.
    fn is_new(&self, component: &ComponentName, fault: &str) -> bool {
        let fault = (component.clone(), fault.to_owned());
        let mut faults = self.faults();
        let is_new = !faults.contains(&fault) && faults.len() < MOST_FAULTS;
        if is_new {
            faults.push(fault);
        }
        is_new
    }

    fn faults(&self) -> std::sync::MutexGuard<'_, Vec<(ComponentName, String)>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the address that was told last.
    fn open(&self) {
        let url = self.url.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(url) = url else {
            let missing = "nothing is reached by HTTP: begin with `--listen 127.0.0.1:3000`";
            return self.shell.warn(missing);
        };
        if let Err(error) = open::that_detached(&url) {
            self.shell
                .warn(format_args!("no browser could be opened ({error}): go to {url}"));
        }
    }

    fn toggle_output(&self) {
        let shown = !self.shows_output.fetch_xor(true, Ordering::Relaxed);
        let text = if shown { "shown" } else { "not shown" };
        self.shell
            .note(format_args!("{:>12} what components write is {text}", ""));
    }
}
