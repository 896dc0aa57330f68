//! What a host tells while it works, as lines.

use super::{Shell, printable_line, took};
use airssys_wasm::Event;

impl Shell {
    /// Prints an event; those that only programs need are left out.
    pub(crate) fn event(&self, event: &Event) {
        match event {
            Event::StepStarted {
                component,
                version,
                step,
            } => self.turn(format_args!("{step} {component}@{version}")),
            Event::StepFinished { step, took: time, .. } => {
                self.hide_spinner();
                self.note(format_args!("{:>12} {step:<14} {}", "", took(*time)));
            }
            Event::Output { component, line, .. } => self.say(format_args!("[{component}] {}", printable_line(line))),
            Event::OutputDropped { component } => {
                self.warn(format_args!(
                    "`{component}` wrote too much; the rest of its output was dropped"
                ));
            }
            Event::CacheEntryRefused { digest, reason } => self.warn(format_args!(
                "compiled code for sha256 {} was not what this host wrote ({}); it was removed",
                digest.short(),
                printable_line(reason)
            )),
            Event::CacheUnusable { reason } => self.warn(format_args!(
                "compiled code is not kept between commands, so that each compiles anew: {}",
                printable_line(reason)
            )),
            Event::DeploymentRecovered { component, serving, .. } => self.warn(match serving {
                Some(version) => format!("a deployment of `{component}` was cut off earlier; {version} serves"),
                None => format!("the first deployment of `{component}` was cut off earlier; it is not deployed"),
            }),
            Event::StateNotSaved { component, reason } => {
                self.warn(format_args!(
                    "the state of `{component}` was not saved: {}",
                    printable_line(reason)
                ));
            }
            Event::CoreDumped { component, path } => {
                self.note(format_args!("the core dump of `{component}` is in {}", path.display()));
            }
            Event::CoreDumpFailed { component, reason } => self.warn(format_args!(
                "the core dump of `{component}` was not written: {}",
                printable_line(reason)
            )),
            _ => {}
        }
    }
}
