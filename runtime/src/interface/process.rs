//! `airssys:host/process`: the commands that an operator has given a name.

mod command;

use std::sync::Arc;

use wasmtime::component::HasData;

use self::command::{Ended, run};
use super::bindings::airssys::host::process::{self, Host, Outcome, ProcessError};
use super::{Interface, View};
use crate::capability::{Access, Gate};

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
        if self.0.check(&Access::SystemCall(&name)).is_err() {
            return Err(ProcessError::Denied("it is not granted to this component".into()));
        }
        let granted = self.0.granted();
        let Some(call) = granted.system_calls.get(&name) else {
            return Err(ProcessError::Unknown(
                "the operator has defined no such system call".into(),
            ));
        };
        call.takes(&arguments).map_err(ProcessError::InvalidArguments)?;
        match run(call, &arguments, input).await {
            Ended::Exit { status, output, error } => Ok(Outcome {
                status,
                output,
                error_output: error,
            }),
            Ended::TooLong => Err(ProcessError::TimedOut),
            Ended::Failed(reason) => Err(ProcessError::Failed(reason.into())),
        }
    }
}
