//! The host's side: one process for each component that is compiled, killed when it takes more than it may.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

use super::child::COMPILE_ARGUMENT;
use super::failure::Failure;
use super::receive::receive;
use super::settings::CompileSettings;
use super::wire::{MAX_WORDS, Order};
use crate::engine::engines::Profile;
use crate::error::Error;

/// Compiles in processes of their own.
pub(super) struct Processes {
    program: PathBuf,
    settings: CompileSettings,
    /// A process uses all processors and may use much memory, so there is never more than one for each processor.
    turns: Semaphore,
}

/// What is to be compiled, and for which engines.
pub(super) struct Work<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) profile: Profile,
    /// Which engines are to load the code.
    pub(super) engine: u64,
}

/// A compiler at work.
/// Dropping it kills it; tokio reaps what was killed so.
struct Running {
    child: Child,
    /// The process and whatever it started, until it is reaped and its number may be another's.
    group: Option<Pid>,
    input: ChildStdin,
    output: ChildStdout,
    words: Words,
}

/// What a compiler writes to its standard error.
struct Words {
    pipe: ChildStderr,
    /// The beginning.
    kept: Vec<u8>,
}

impl Processes {
    pub(super) fn new(program: PathBuf, settings: CompileSettings) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            program,
            settings,
            turns: Semaphore::new(processors),
        }
    }

    /// Compiles; the process is gone when this returns, and is killed when this is dropped.
    pub(super) async fn compile(&self, work: Work<'_>) -> Result<Vec<u8>, Error> {
        // Nobody closes the semaphore.
        let _turn = self.turns.acquire().await;
        let outcome = self.compile_now(&work).await;
        outcome.map_err(|failure| failure.explain(&self.program, &self.settings))
    }

    async fn compile_now(&self, work: &Work<'_>) -> Result<Vec<u8>, Failure> {
        let order = Order {
            profile: work.profile,
            memory: self.settings.memory.0,
            deadline: self.settings.deadline,
            size: work.bytes.len() as u64,
        };
        let mut running = Running::start(&self.program).map_err(Failure::NotStarted)?;
        let outcome = tokio::time::timeout(self.settings.deadline, running.converse(&order, work)).await;
        running.end().await;
        outcome.unwrap_or(Err(Failure::TooLong))
    }
}

impl Running {
    fn start(program: &Path) -> std::io::Result<Self> {
        // It is started in another folder, so a relative path has to be resolved before.
        let mut child = Command::new(std::path::absolute(program)?)
            .arg(COMPILE_ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that it is killed with all it started, and by nobody's Ctrl-C.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let missing = || std::io::Error::other("it has no standard descriptors");
        Ok(Self {
            input: child.stdin.take().ok_or_else(missing)?,
            output: child.stdout.take().ok_or_else(missing)?,
            words: Words {
                pipe: child.stderr.take().ok_or_else(missing)?,
                kept: Vec::new(),
            },
            child,
            group,
        })
    }

    async fn converse(&mut self, order: &Order, work: &Work<'_>) -> Result<Vec<u8>, Failure> {
        let (input, words) = (&mut self.input, &mut self.words);
        let aside = async {
            // A compiler that stops reading says why, or ends, which is told when its answer is read.
            let _ = tokio::join!(send(input, order, work.bytes), words.listen());
        };
        let received = beside(receive(&mut self.output, work.engine), aside).await;
        let Err(Failure::Ended { greeted, .. }) = received else {
            return received;
        };
        self.words.listen().await;
        let status = self.child.wait().await.ok();
        self.group = None;
        let words = std::mem::take(&mut self.words.kept);
        Err(Failure::Ended { greeted, status, words })
    }

    /// Kills the process, whatever it does, and waits until it is gone.
    async fn end(&mut self) {
        self.kill();
        // It fails when there is nothing to wait for.
        let _ = self.child.wait().await;
        self.group = None;
    }

    fn kill(&self) {
        if let Some(group) = self.group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Words {
    /// Reads to the end; what is too much is read and dropped, so that the process is not held up.
    /// May be dropped and called again.
    async fn listen(&mut self) {
        let mut piece = [0; 1 << 10];
        while let Ok(length @ 1..) = self.pipe.read(&mut piece).await {
            let room = (MAX_WORDS as usize).saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&piece[..length.min(room)]);
        }
    }
}

async fn send(input: &mut ChildStdin, order: &Order, bytes: &[u8]) -> std::io::Result<()> {
    input.write_all(&order.encode()).await?;
    input.write_all(bytes).await?;
    input.flush().await
}

/// The result of `first`; until it is there, `second` goes on as well.
async fn beside<T>(first: impl Future<Output = T>, second: impl Future<Output = ()>) -> T {
    tokio::pin!(first);
    tokio::select! {
        biased;
        result = &mut first => result,
        () = second => first.await,
    }
}
