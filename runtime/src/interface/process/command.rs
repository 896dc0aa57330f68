//! Runs one command to its end, within its limits, and leaves nothing of its process group running.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::process::{Child, Command};

use crate::capability::SystemCall;

/// How long what has left the group of a command may go on to speak in its name.
const GRACE: Duration = Duration::from_millis(500);

/// What became of a command.
/// Reasons name no path of this machine, because they go to the guest.
pub(super) enum Ended {
    Exit {
        status: u32,
        output: Vec<u8>,
        error: Vec<u8>,
    },
    TooLong,
    Failed(&'static str),
}

/// Runs a command without a shell, in its own process group, with nothing of this process's environment.
pub(super) async fn run(call: &SystemCall, arguments: &[String], input: Vec<u8>) -> Ended {
    let mut command = Command::new(&call.program);
    command
        .args(arguments)
        .env_clear()
        .envs(&call.environment)
        .current_dir(call.directory.as_deref().unwrap_or("/".as_ref()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let Ok(child) = command.spawn() else {
        return Ended::Failed("it could not be started");
    };
    let Some(mut running) = Running::new(child) else {
        return Ended::Failed("its end could not be waited for");
    };
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let whole = tokio::time::timeout(
        call.timeout(),
        running.whole(input, call.max_output(), (&mut output, &mut error)),
    );
    let whole = whole.await;
    let status = running.end().await;
    match (whole, status) {
        (Err(_), _) => Ended::TooLong,
        (Ok(Err(reason)), _) => Ended::Failed(reason),
        (Ok(Ok(())), Some(status)) => match status.code().and_then(|code| u32::try_from(code).ok()) {
            Some(status) => Ended::Exit { status, output, error },
            None => Ended::Failed("a signal ended it"),
        },
        (Ok(Ok(())), None) => Ended::Failed("its end could not be seen"),
    }
}

/// A command that runs: its group ends with this.
struct Running {
    child: Child,
    group: Pid,
    /// Readable when it has ended; until it is reaped, its number is nobody else's.
    end: AsyncFd<std::os::fd::OwnedFd>,
    is_reaped: bool,
}

impl Running {
    #[expect(
        deprecated,
        reason = "it is sound for a descriptor that is owned, and what replaces it is unsafe"
    )]
    fn new(child: Child) -> Option<Self> {
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))?;
        let end = pidfd_open(group, PidfdFlags::empty()).ok()?;
        Some(Self {
            child,
            group,
            end: AsyncFd::with_interest(end, Interest::READABLE).ok()?,
            is_reaped: false,
        })
    }

    /// Feeds it, and reads all that it writes until it has ended.
    async fn whole(
        &mut self,
        input: Vec<u8>,
        limit: u64,
        (output, error): (&mut Vec<u8>, &mut Vec<u8>),
    ) -> Result<(), &'static str> {
        let (stdin, stdout, stderr) = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        let feed = async move {
            if let Some(mut stdin) = stdin {
                // A command that does not read its input needs none.
                let _ = stdin.write_all(&input).await;
            }
            // What it has read to the end of its input is for it to say.
            std::future::pending::<()>().await;
        };
        let read = async { tokio::try_join!(bounded(stdout, limit, output), bounded(stderr, limit, error)) };
        tokio::pin!(feed, read);
        let mut is_read = false;
        loop {
            tokio::select! {
                () = &mut feed => {}
                done = &mut read, if !is_read => {
                    done?;
                    is_read = true;
                }
                _ = self.end.readable() => break,
            }
        }
        // Who is left in its group has the outputs open, which are read to their end.
        self.kill();
        if !is_read {
            // Whoever has left the group as well is not waited for.
            if let Ok(done) = tokio::time::timeout(GRACE, read).await {
                done?;
            }
        }
        Ok(())
    }

    /// Ends what is left of it, and says how it has ended.
    async fn end(&mut self) -> Option<ExitStatus> {
        self.kill();
        let status = self.child.wait().await;
        self.is_reaped = true;
        status.ok()
    }

    fn kill(&self) {
        if !self.is_reaped {
            // Who has ended needs no signal.
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads all of an output, or says why not.
async fn bounded(output: Option<impl AsyncRead + Unpin>, limit: u64, bytes: &mut Vec<u8>) -> Result<(), &'static str> {
    if let Some(output) = output {
        let read = output.take(limit + 1).read_to_end(bytes).await;
        read.map_err(|_| "its output could not be read")?;
    }
    if bytes.len() as u64 > limit {
        return Err("it wrote more than it may");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, adapt: impl FnOnce(&mut SystemCall)) -> SystemCall {
        let text = format!(
            "program = \"/bin/sh\"\narguments = [\"-c\", {}]",
            toml::Value::from(script)
        );
        let mut call = toml::from_str(&text).unwrap();
        adapt(&mut call);
        call
    }

    async fn ran(
        script: &str,
        input: &str,
        adapt: impl FnOnce(&mut SystemCall),
    ) -> Result<(u32, String, String), String> {
        let call = shell(script, adapt);
        match run(&call, &call.arguments, input.into()).await {
            Ended::Exit { status, output, error } => Ok((
                status,
                String::from_utf8(output).unwrap(),
                String::from_utf8(error).unwrap(),
            )),
            Ended::TooLong => Err("too long".into()),
            Ended::Failed(reason) => Err(reason.into()),
        }
    }

    #[tokio::test]
    async fn input_outputs_and_status_are_passed() {
        let outcome = ran("cat; echo oh >&2; exit 3", "hello", |_| {}).await;
        assert_eq!(outcome, Ok((3, "hello".into(), "oh\n".into())));
    }

    #[tokio::test]
    async fn nothing_of_the_environment_is_there_but_what_is_defined() {
        let outcome = ran("/usr/bin/env; pwd", "", |call| {
            call.environment.insert("NAME".into(), "value".into());
        });
        let (_, output, _) = outcome.await.unwrap();
        let own = |line: &&str| {
            !["PWD", "SHLVL", "_", "OLDPWD"]
                .iter()
                .any(|name| line.starts_with(&format!("{name}=")))
        };
        assert_eq!(output.lines().filter(own).collect::<Vec<_>>(), ["NAME=value", "/"]);
    }

    #[tokio::test]
    async fn limits_end_it() {
        let slow = ran("sleep 600", "", |call| call.timeout = Some("50ms".parse().unwrap()));
        assert_eq!(slow.await, Err("too long".into()));
        let flood = ran("while :; do echo 0123456789; done", "", |_| {});
        assert_eq!(flood.await, Err("it wrote more than it may".into()));
    }

    #[tokio::test]
    async fn what_it_leaves_running_ends_with_it() {
        // Without that, its output would stay open for as long as the program that it left.
        let outcome = ran("sleep 600 & echo done", "", |_| {}).await;
        assert_eq!(outcome, Ok((0, "done\n".into(), String::new())));
    }

    #[tokio::test]
    async fn what_leaves_its_group_does_not_hold_its_end_up() {
        let begin = std::time::Instant::now();
        let outcome = ran("setsid sleep 20 & echo done", "", |call| {
            call.timeout = Some("60s".parse().unwrap())
        })
        .await;
        assert_eq!(outcome, Ok((0, "done\n".into(), String::new())));
        assert!(begin.elapsed() < Duration::from_secs(19));
    }

    #[tokio::test]
    async fn what_cannot_be_started_says_no_path() {
        let outcome = ran("", "", |call| call.program = "/nonexistent/program".into()).await;
        assert_eq!(outcome, Err("it could not be started".into()));
    }

    #[tokio::test]
    async fn input_that_nobody_reads_holds_nothing_up() {
        let outcome = ran("exit 0", &"x".repeat(1 << 20), |_| {}).await;
        assert_eq!(outcome, Ok((0, String::new(), String::new())));
    }
}
