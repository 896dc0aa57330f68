//! `airssys:host/process`: the commands that an operator has given a name.

mod command;

use std::sync::Arc;

use wasmtime::component::HasData;

use self::command::{Ended, run};
use super::bindings::airssys::host::process::{self, Host, Outcome, ProcessError};
use super::{Interface, View};
use crate::capability::{Access, Gate, MAX_COMMANDS, MAX_NAME, Refusal};

pub(super) fn interface<T: View + 'static>() -> Interface<T> {
    Interface {
        names: &["airssys:host/process"],
        add_to_linker: |linker| process::add_to_linker::<T, Commands>(linker, |state| Commands(state.gate().clone())),
    }
}

struct Commands(Arc<Gate>);

impl HasData for Commands {
    type Data<'a> = Self;
}

impl Host for Commands {
    async fn run(&mut self, name: String, arguments: Vec<String>, input: Vec<u8>) -> Result<Outcome, ProcessError> {
        let denied = || ProcessError::Denied("it is not granted to this component".into());
        let gate = &self.0;
        // Nothing is named by more, and comparing takes as long as a name is.
        if name.len() > MAX_NAME {
            let begin: String = name.chars().take(MAX_NAME / 4).collect();
            gate.deny(&Access::SystemCall(&begin), Refusal::NotAsked);
            return Err(denied());
        }
        let mut changes = gate.watch();
        let access = Access::SystemCall(&name);
        gate.check(&access).map_err(|_| denied())?;
        let granted = gate.granted();
        let Some(call) = granted.system_calls.get(&name) else {
            return Err(ProcessError::Unknown(
                "the operator has defined no such system call".into(),
            ));
        };
        call.takes(&arguments).map_err(ProcessError::InvalidArguments)?;
        let Ok(_place) = gate.commands().try_acquire() else {
            let reason = format!("{MAX_COMMANDS} commands of this component run already");
            return Err(ProcessError::Failed(reason));
        };
        let run = run(call, &arguments, input);
        tokio::pin!(run);
        loop {
            tokio::select! {
                ended = &mut run => return outcome(ended),
                // The gate outlives the call, so that there is always somebody to tell.
                _ = changes.changed() => gate.check(&access).map_err(|_| denied())?,
            }
        }
    }
}

fn outcome(ended: Ended) -> Result<Outcome, ProcessError> {
    match ended {
        Ended::Exit { status, output, error } => Ok(Outcome {
            status,
            output,
            error_output: error,
        }),
        Ended::TooLong => Err(ProcessError::TimedOut),
        Ended::Failed(reason) => Err(ProcessError::Failed(reason.into())),
    }
}
