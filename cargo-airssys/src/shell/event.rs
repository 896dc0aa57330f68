//! What a host tells while it works, as lines.

use std::io::{self, Write as _};

use super::{Shell, counted, printable_line, took};
use crate::exit::permission::grant_line;
use airssys_wasm::Event;
use airssys_wasm::capability::{Capability, Refusal};
use airssys_wasm::component::ComponentName;

/// An event for a person.
enum Said {
    /// A step, or a part of one, of a deployment: of what, which, and what came of it.
    Step(String, String, String),
    /// Something in passing.
    Note(String),
    /// Something to look after.
    Warning(String),
}

impl Shell {
    /// Prints an event while a person waits for it to be over; those that only programs need are left out.
    pub(crate) fn event(&self, event: &Event) {
        if let Event::StepStarted {
            component,
            version,
            step,
        } = event
        {
            self.turn(format_args!("{step} {component}@{version}"));
        }
        match said(event) {
            Some(Said::Step(_, step, text)) => {
                self.hide_spinner();
                self.note(format_args!("{:>12} {step:<14} {text}", ""));
            }
            Some(Said::Note(text)) => self.note(text),
            Some(Said::Warning(text)) => self.warn(text),
            None => {}
        }
    }

    /// Prints an event of a host that is followed, as a result: a line, or with `-o json` an object.
    ///
    /// # Errors
    ///
    /// Also when the reader has gone: then there is nobody to follow for.
    pub(crate) fn followed(&self, event: &Event) -> io::Result<()> {
        let line = match said(event) {
            _ if self.is_json() => match serde_json::to_string(event) {
                Ok(object) => object,
                // What is only for tests has no form.
                Err(_) => return Ok(()),
            },
            Some(Said::Step(label, step, text)) => format!("{label} {step}: {text}"),
            Some(Said::Note(text)) => text,
            Some(Said::Warning(text)) => format!("warning: {text}"),
            None => return Ok(()),
        };
        writeln!(anstream::stdout(), "{line}")
    }
}

fn said(event: &Event) -> Option<Said> {
    Some(match event {
        // What these two steps come to is told by events of their own.
        Event::StepFinished { step, .. } if matches!(&**step, "shift" | "watch") => return None,
        Event::StepFinished {
            component,
            version,
            step,
            took: time,
        } => Said::Step(format!("{component}@{version}"), step.to_string(), took(*time)),
        Event::Shifted {
            component,
            version,
            part,
        } => Said::Step(
            format!("{component}@{version}"),
            "shift".into(),
            format!("takes {part} of the calls"),
        ),
        Event::WindowPassed {
            component,
            version,
            calls,
            failed,
            p99,
            is_judged,
        } => Said::Step(
            format!("{component}@{version}"),
            "watch".into(),
            watched(*calls, *failed, *p99, *is_judged),
        ),
        Event::RolledBack {
            component,
            version,
            serving,
            reason,
        } => Said::Warning(format!(
            "{component}@{version} was taken back{}: {}",
            serving
                .as_ref()
                .map(|version| format!(", and {version} serves"))
                .unwrap_or_default(),
            printable_line(reason)
        )),
        Event::Drained {
            component,
            version,
            cancelled,
        } if *cancelled > 0 => Said::Warning(format!(
            "{} of {component}@{version} had not ended in time, and {} cancelled",
            counted(*cancelled as usize, "call"),
            if *cancelled == 1 { "was" } else { "were" },
        )),
        Event::ReleaseCollected { component, version } => Said::Note(format!(
            "{component}@{version} was removed from the disk to make room for newer releases"
        )),
        Event::NotCollected { component, reason } => Said::Warning(format!(
            "old releases of `{component}` could not be removed: {}",
            printable_line(reason)
        )),
        Event::Output {
            component, level, line, ..
        } => {
            let level = level.map(|level| format!("{} ", level.as_str())).unwrap_or_default();
            Said::Note(format!("[{component}] {level}{}", printable_line(line)))
        }
        Event::OutputDropped { component, bytes } => Said::Warning(format!(
            "`{component}` wrote too much; {bytes} bytes of its output were dropped"
        )),
        Event::LimitReached {
            component,
            limit,
            allowed,
        } => Said::Warning(format!(
            "`{component}` has reached its limit of {limit}, {}; `{}` under `[limits]` in Component.toml raises it",
            limit.shown(*allowed),
            limit.line(allowed.saturating_mul(2)),
        )),
        Event::Quarantined {
            component,
            version,
            reason,
            retry_in,
        } => Said::Warning(format!(
            "{component}@{version} is quarantined for {}: its instances cannot be started ({})",
            took(*retry_in),
            printable_line(reason)
        )),
        Event::Resumed { component, version } => Said::Note(format!("{component}@{version} is started again")),
        Event::Denied {
            component,
            capability,
            pattern,
            refusal,
            ..
        } => Said::Warning(denied(component, capability, pattern, *refusal)),
        Event::Granted {
            component,
            capability,
            pattern,
            directory,
        } => Said::Note(format!(
            "note: `{component}` is granted {capability} {}, because it is {}",
            printable_line(pattern),
            match directory {
                Some(directory) => format!("in this project: {}", printable_line(directory)),
                None => "on this machine".into(),
            }
        )),
        Event::MountMissing {
            component,
            directory,
            host,
        } => Said::Warning(format!(
            "`{component}` is granted `{}`, and there is no {}: the directory is empty for it",
            printable_line(directory),
            printable_line(&host.display().to_string())
        )),
        Event::GrantsRefused { component } => Said::Warning(format!(
            "what was granted to `{component}` in this state directory was not granted by this user on this machine, and \
             counts for nothing; `permission list {component}` shows what is missing"
        )),
        Event::CacheEntryRefused { digest, reason } => Said::Warning(format!(
            "compiled code for sha256 {} was not what this host wrote ({}); it was removed",
            digest.short(),
            printable_line(reason)
        )),
        Event::CacheUnusable { reason } => Said::Warning(format!(
            "compiled code is not kept between commands, so that each compiles anew: {}",
            printable_line(reason)
        )),
        Event::AuditUnavailable { reason, is_stopped } => {
            let reason = printable_line(reason);
            Said::Warning(match is_stopped {
                true => format!("nothing can be recorded in the audit log, so that calls are refused: {reason}"),
                false => format!("nothing can be recorded in the audit log, what is lost is counted: {reason}"),
            })
        }
        Event::AuditResumed { lost } => {
            Said::Warning(format!("the audit log is written again; {lost} entries were lost"))
        }
        Event::DeploymentRecovered {
            component, to, serving, ..
        } => {
            let cut_off = match to {
                Some(version) => format!("the deployment of {component}@{version} was cut off earlier"),
                None => format!("a deployment of `{component}` was cut off earlier"),
            };
            Said::Warning(match serving {
                Some(version) => format!("{cut_off}; {version} serves"),
                None => format!("{cut_off}; it is not deployed"),
            })
        }
        Event::StateNotSaved { component, reason } => Said::Warning(format!(
            "the state of `{component}` was not saved: {}",
            printable_line(reason)
        )),
        Event::CoreDumped { component, path } => {
            Said::Note(format!("the core dump of `{component}` is in {}", path.display()))
        }
        Event::CoreDumpFailed { component, reason } => Said::Warning(format!(
            "the core dump of `{component}` was not written: {}",
            printable_line(reason)
        )),
        _ => return None,
    })
}

/// What was denied and why, and what allows it.
fn denied(component: &ComponentName, capability: &Capability, pattern: &str, refusal: Refusal) -> String {
    let pattern = printable_line(pattern);
    let wanted = format!("`{component}` wanted {capability} {pattern} and was denied");
    let grant = grant_line("permission grant", component.as_str(), capability, &pattern);
    match refusal {
        Refusal::NotAsked => format!(
            "{wanted}, because it does not ask for it: {} under `[capabilities]` in Component.toml",
            asking(capability, &pattern)
        ),
        Refusal::NotGranted => format!("{wanted}, because that is not granted: `{grant}` grants it"),
        Refusal::Revoked => format!("{wanted}, because an operator has revoked it: `{grant}` grants it again"),
        Refusal::LeadsElsewhere => format!("{wanted}, because it leads to something else, which is not granted"),
        _ => wanted,
    }
}

/// The key that asks for something.
fn asking(capability: &Capability, pattern: &str) -> String {
    let pattern = toml::Value::from(pattern);
    match capability {
        Capability::Custom(name) => format!("add `custom.\"{name}\".patterns = [{pattern}]`"),
        named => format!("add `{named} = [{pattern}]`"),
    }
}

/// What a window has shown.
fn watched(calls: u64, failed: u64, p99: Option<std::time::Duration>, is_judged: bool) -> String {
    if !is_judged {
        return format!("too few calls to judge ({calls})");
    }
    let calls = counted(usize::try_from(calls).unwrap_or(usize::MAX), "call");
    let p99 = p99.map(|time| format!(", p99 {}", took(time))).unwrap_or_default();
    format!("{calls}, {failed} failed{p99}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_window_says_what_it_was_judged_by() {
        let p99 = Some(Duration::from_millis(3));
        assert_eq!(watched(120, 0, p99, true), "120 calls, 0 failed, p99 3 ms");
        assert_eq!(watched(1, 0, p99, false), "too few calls to judge (1)");
    }
}
