//! What helps against each error of a host.

use std::time::Duration;

use semver::Version;

use super::Exit;
use super::permission::in_shell;
use airssys_wasm::component::Limit;
use airssys_wasm::typed::ArgumentError;
use airssys_wasm::{Bounded, Error, HostResource};

/// The exit code of an error, and the line to add or the command to run.
pub(super) fn on(error: &Error) -> (Exit, String) {
    let (exit, help) = match error {
        Error::Name(_) => {
            let help = "a name looks like `greeter` or `acme:greeter`: lower-case letters, digits and single hyphens";
            (Exit::Usage, help.into())
        }
        Error::Version(_) => (
            Exit::Usage,
            "a version looks like `1.2.0` (Semantic Versioning 2.0.0)".into(),
        ),
        Error::Manifest(error) => (Exit::Usage, nearest_key(error.nearest.as_deref())),
        Error::Grant(_) => (
            Exit::Usage,
            "the patterns of each capability are in docs/src/permissions.md".into(),
        ),
        Error::Policy { path, is_exposed, .. } => {
            let path = in_shell(&path.display().to_string());
            let help = match is_exposed {
                true => format!("keep it to its owner: `chmod go-w {path}`"),
                false => format!("correct {path}; its keys are in docs/src/permissions.md"),
            };
            (Exit::Usage, help)
        }
        Error::NotGranted { .. } => (Exit::Denied, "grant it with `{cli} permission grant`".into()),
        Error::AboveCeiling { .. } => (
            Exit::Denied,
            "ask for less under `[limits]` in Component.toml, or raise the ceiling in the host's policy".into(),
        ),
        Error::BroadGrant { .. } => (Exit::Usage, "grant less, or say that it is meant with `--broad`".into()),
        Error::Unnamed => (Exit::Usage, "name it with `--name NAME`".into()),
        Error::NotAComponent { .. } => {
            let help = "`{cli} build` makes a component of a project, `{cli} componentize CORE.wasm` one of a core module; \
                        copy a file that was cut off again";
            (Exit::Incompatible, help.into())
        }
        Error::TooLarge { what, .. } => too_large(*what),
        Error::UnknownImport { .. } => {
            let help = "see all its imports with `{cli} inspect FILE`; this host offers WASI 0.2";
            (Exit::Incompatible, help.into())
        }
        Error::MistypedExport { .. } => {
            let help = "build it against the `airssys-wasm-sdk` of this version, or export the contract's own WIT";
            (Exit::Incompatible, help.into())
        }
        Error::Compile { .. } => {
            let help = "build it again with a current toolchain, in release mode, so that there is less to compile";
            (Exit::Incompatible, help.into())
        }
        Error::TooComplex { .. } => (
            Exit::Incompatible,
            "build it in release mode, or divide it into several components".into(),
        ),
        Error::NotCallable { .. } => {
            let help = "call one of its exports: `{cli} call NAME --invoke 'EXPORT(ARGUMENTS)'`; \
                        `{cli} inspect NAME` shows them with examples";
            (Exit::Incompatible, help.into())
        }
        Error::NotHttp { .. } => (
            Exit::Usage,
            "remove `[http]` from Component.toml, or export `wasi:http/incoming-handler`".into(),
        ),
        Error::RouteTaken { owner, .. } => {
            let help = match owner {
                Some(owner) => format!(
                    "give it another `route` under `[http]` in Component.toml, or remove the other with `{{cli}} remove {owner}`"
                ),
                None => "give it a `route` under `[http]` in Component.toml".into(),
            };
            (Exit::Incompatible, help)
        }
        Error::UnknownExport {
            candidates, nearest, ..
        } => (Exit::Usage, export(candidates, nearest.as_deref())),
        Error::ReservedExport(_) => {
            let help = "call `execute` with a message, or an export of the component's own: `{cli} inspect NAME` shows them";
            (Exit::Usage, help.into())
        }
        Error::UnsupportedType { .. } => {
            let help = "call an export that takes and returns values: `{cli} inspect NAME` shows those with examples";
            (Exit::Incompatible, help.into())
        }
        Error::Arguments(error) => (Exit::Usage, signature(error)),
        Error::Trap { .. } => {
            let help = "the component has a bug; its own output above may say more, and its test reproduces it best";
            (Exit::GuestFailed, help.into())
        }
        Error::Deadline { .. }
        | Error::Fuel { .. }
        | Error::Memory { .. }
        | Error::Limit { .. }
        | Error::Busy { .. } => limit(error),
        Error::OverBudget {
            resource: HostResource::Calls,
            ..
        } => (
            Exit::GuestFailed,
            "call again when other calls have ended; start the host with a larger number, as in `{cli} serve --max-calls 16384`"
                .into(),
        ),
        Error::OverBudget { .. } => (
            Exit::GuestFailed,
            "call again when other components need less; `{cli} status` shows what each has, and a host can be given more"
                .into(),
        ),
        Error::NoResponse { .. } => {
            let help = "the component has to set its response before it returns; its own output above may say more";
            (Exit::GuestFailed, help.into())
        }
        Error::BrokenRequest { .. } => (Exit::Usage, "send the whole body of the request".into()),
        Error::Guest(_) => {
            let help = "this is the component's own answer; `{cli} inspect NAME` shows its configuration";
            (Exit::GuestFailed, help.into())
        }
        Error::Exit { .. } => (Exit::GuestFailed, "the command's own output above says more".into()),
        Error::Unhealthy { .. } => (
            Exit::GuestFailed,
            "its `health_status` says so; check its configuration".into(),
        ),
        Error::BackingOff { .. } => (
            Exit::GuestFailed,
            "correct what keeps it from starting, and call again".into(),
        ),
        Error::Quarantined { label, .. } => {
            let name = name_of(label);
            let help = format!(
                "correct what keeps it from starting, then try it with `{{cli}} resume {name}`, or deploy another release"
            );
            (Exit::GuestFailed, help)
        }
        Error::UnknownComponent { nearest, .. } => {
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`? `{{cli}} status` lists what is deployed"),
                None => "`{cli} status` lists what is deployed; `{cli} deploy` adds to it".into(),
            };
            (Exit::Usage, help)
        }
        Error::ReleaseExists { .. } => (
            Exit::Usage,
            "give these bytes another version with `--version V`".into(),
        ),
        Error::Conflict { name } => {
            let help = format!(
                "wait until it has ended, or give it up with `{{cli}} rollback {name}`; `{{cli}} history {name}` shows it"
            );
            (Exit::DeploymentFailed, help)
        }
        Error::Deployment { label, reason } => {
            let (inner, help) = on(reason);
            let help = help.replace("history NAME", &format!("history {}", name_of(label)));
            // What can be blamed on the release itself, or on the command, keeps its own code.
            let exit = if inner == Exit::GuestFailed {
                Exit::DeploymentFailed
            } else {
                inner
            };
            (exit, help)
        }
        Error::UnknownRelease { label, known } => (Exit::Usage, releases(label, known)),
        Error::ReleaseCollected { label } => {
            let help = format!(
                "deploy its file again: `{{cli}} update {label} --from FILE`; `{{cli}} history {}` shows the others",
                name_of(label)
            );
            (Exit::Usage, help)
        }
        Error::NothingEarlier { name } => (
            Exit::Usage,
            format!("`{{cli}} history {name}` shows its deployments; name one with `--to-version V`"),
        ),
        Error::NoEarlierState { .. } => (
            Exit::Usage,
            "go back with what it knows now: `{cli} rollback NAME --state live`".into(),
        ),
        Error::Incompatible { .. } => {
            let help = "keep what its callers rely on, or deploy it as it is with `--allow-breaking`; `--plan` lists all \
                        that changes";
            (Exit::Incompatible, help.into())
        }
        Error::UnsuitableStrategy { .. } => (
            Exit::Usage,
            "choose another with `--strategy`; `immediate` suits every component".into(),
        ),
        Error::InvalidOptions { .. } => (
            Exit::Usage,
            "correct the options; the command's `--help` shows what each takes".into(),
        ),
        Error::GateFailed { .. } => {
            let help = "the version before serves again; `{cli} history NAME` has the figures";
            (Exit::DeploymentFailed, help.into())
        }
        Error::Aborted { .. } => {
            let help = "the version before serves; `{cli} history NAME` shows what came in between";
            (Exit::DeploymentFailed, help.into())
        }
        Error::Cancelled { .. } => (Exit::GuestFailed, "call again: the new release takes the call".into()),
        Error::Listen { .. } => {
            let help = "choose another port, or end the program that has it; port 0 takes a free one";
            (Exit::Usage, help.into())
        }
        Error::RemoteAddress { .. } => (
            Exit::Usage,
            "choose an address such as `127.0.0.1:8080`, which only this machine reaches, or add `--allow-remote`"
                .into(),
        ),
        Error::Unreachable { .. } => {
            let help = "start a host with `{cli} serve`; `{cli} status` shows what came of what was asked for before";
            (Exit::Unreachable, help.into())
        }
        Error::Refused { .. } => {
            let help =
                "ask for less at once; a host of another version may have other limits: end it, and start it anew";
            (Exit::Unreachable, help.into())
        }
        Error::StateInUse { .. } => {
            let help = "wait until it has ended, or use another state directory with `--state-dir DIR`";
            (Exit::Unreachable, help.into())
        }
        Error::Store { .. } => {
            let help = "check that the state directory can be written and that its disk has room";
            (Exit::Unexpected, help.into())
        }
        Error::Damaged { .. } => {
            let help = "restore the state directory from a copy, or remove it and deploy again";
            (Exit::Unexpected, help.into())
        }
        Error::AuditUnavailable { .. } => {
            let help = "make room on the disk of the state directory; `when-full = \"count\"` under `[audit]` in the policy \
                        goes on meanwhile, and counts what is lost";
            (Exit::Unexpected, help.into())
        }
        Error::Engine { .. } => (
            Exit::Unexpected,
            "check the limits of this machine's memory (`ulimit -v`)".into(),
        ),
        Error::Mount { directory, .. } => {
            let help =
                format!(
                    "put the directory back, or correct where `mounts` of the policy says that `{directory}` is, and \
                     deploy again"
                );
            (Exit::Usage, help)
        }
        Error::CompilerUnavailable { .. } => {
            let help = "it is this program itself, started once more: it must not have been replaced, and needs /proc; \
                        run the command again";
            (Exit::Unexpected, help.into())
        }
        _ => (Exit::Unexpected, "run the command again".into()),
    };
    (exit, help)
}

fn export(candidates: &[String], nearest: Option<&str>) -> String {
    match (candidates, nearest) {
        ([], Some(nearest)) => format!("did you mean `{nearest}`? `{{cli}} inspect NAME` shows all with examples"),
        ([], None) => "`{cli} inspect NAME` shows what can be called, with examples".into(),
        (candidates, _) => {
            let names: Vec<String> = candidates.iter().map(|name| format!("`{name}`")).collect();
            format!("say which: {}", names.join(" or "))
        }
    }
}

/// The versions that are there, instead of one that is not.
fn releases(label: &str, known: &[Version]) -> String {
    let name = name_of(label);
    let known: Vec<String> = known.iter().map(Version::to_string).collect();
    let known = known.as_slice();
    match known {
        [] => format!(
            "deploy it from its file: `{{cli}} update {label} --from FILE`; `{{cli}} status` lists what is there"
        ),
        [.., last] => {
            let known = match known {
                [only] => format!("the only release here is {only}"),
                [_, ..] if known.len() <= 8 => format!("the releases here are {}", known.join(", ")),
                _ => format!("there are {} releases here, the newest {last}", known.len()),
            };
            format!("{known}; `{{cli}} history {name}` shows when each served")
        }
    }
}

/// The name in `name@version`.
fn name_of(label: &str) -> &str {
    label.split('@').next().unwrap_or(label)
}

fn signature(error: &ArgumentError) -> String {
    if error.signature.is_empty() {
        "write the call as `--invoke 'EXPORT(ARGUMENTS)'`; `{cli} inspect NAME` shows examples".into()
    } else {
        format!("the signature is `{}`", error.signature)
    }
}

/// By what is too large it shows whose it is: the caller's, the running guest's or the release's.
fn too_large(what: Bounded) -> (Exit, String) {
    let (exit, help) = match what {
        Bounded::Message => (Exit::Usage, "call it with less; a message holds at most 4 MiB"),
        Bounded::Answer | Bounded::State | Bounded::Output => (
            Exit::GuestFailed,
            "ask it for less at once, or correct the component: an answer, an output or a state holds at most 4 MiB",
        ),
        Bounded::Requests => (Exit::Incompatible, "have the component ask for less"),
        Bounded::Description => (Exit::Incompatible, "have the component say less of itself"),
        _ => (Exit::Incompatible, "build it in release mode, and strip debug symbols"),
    };
    (exit, help.into())
}

fn nearest_key(nearest: Option<&str>) -> String {
    match nearest {
        Some(key) => format!("did you mean `{key}`?"),
        None => "the keys of Component.toml and their values are in docs/src/component-toml.md".into(),
    }
}

fn limit(error: &Error) -> (Exit, String) {
    let line = raised(error).map_or_else(String::new, |(limit, amount)| limit.line(amount));
    (
        Exit::GuestFailed,
        format!("to raise the limit, add `{line}` under `[limits]` in Component.toml"),
    )
}

/// The limit that was hit, and to what it might be raised.
pub(crate) fn raised(error: &Error) -> Option<(Limit, u64)> {
    let double = |amount: u64, least: u64| amount.saturating_mul(2).max(least);
    let nanoseconds = |time: &Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Some(match error {
        Error::Deadline { deadline, .. } => (Limit::Deadline, double(nanoseconds(deadline), 60_000_000_000)),
        // Without a bound it is not metered, which the error never comes of.
        Error::Fuel { .. } => (Limit::Fuel, u64::MAX),
        Error::Memory { limit } => (Limit::Memory, double(limit.0, 128 << 20)),
        Error::Limit { limit, allowed } => (*limit, double(*allowed, 1)),
        Error::Busy { limit, .. } => (Limit::Concurrency, double((*limit).into(), 128)),
        _ => return None,
    })
}

/// What else has to be done to raise a limit so far, when the operator's ceiling is lower.
pub(crate) fn beneath(limit: Limit, ceiling: u64) -> String {
    format!(
        "; the operator's ceiling is {}: a release that asks for more is refused with `limit-above-ceiling`, which prints the \
         lines of the policy that let it in",
        limit.shown(ceiling)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: Error, exit: Exit, help: &str) {
        let (found, said) = on(&error);
        assert_eq!(found, exit, "{error}");
        assert!(said.contains(help), "{said}");
    }

    fn refused() -> Error {
        Error::UnknownImport {
            import: "acme:gpu/run".into(),
            reason: String::new(),
        }
    }

    fn trapped() -> Error {
        Error::Trap {
            message: "unreachable".into(),
        }
    }

    fn failed(reason: Error) -> Error {
        Error::Deployment {
            label: "a@1.0.0".into(),
            reason: Box::new(reason),
        }
    }

    fn large(what: Bounded) -> Error {
        let (size, limit) = (2, 1);
        Error::TooLarge { what, size, limit }
    }

    fn unknown(nearest: Option<&str>) -> Error {
        Error::UnknownComponent {
            name: "helo".parse().unwrap(),
            nearest: nearest.map(|name| name.parse().unwrap()),
        }
    }

    #[test]
    fn what_is_too_large_is_told_to_whom_it_belongs() {
        check(large(Bounded::Message), Exit::Usage, "with less");
        for what in [Bounded::Answer, Bounded::State, Bounded::Output] {
            check(large(what), Exit::GuestFailed, "4 MiB");
            check(failed(large(what)), Exit::DeploymentFailed, "4 MiB");
        }
        check(large(Bounded::Component), Exit::Incompatible, "release mode");
        check(large(Bounded::Requests), Exit::Incompatible, "ask for less");
        check(large(Bounded::Description), Exit::Incompatible, "say less");
    }

    #[test]
    fn errors_of_http_say_what_to_change() {
        let taken = |owner: Option<&str>| Error::RouteTaken {
            route: "/greet/*".parse().unwrap(),
            owner: owner.map(|name| name.parse().unwrap()),
        };
        check(taken(Some("hello")), Exit::Incompatible, "`{cli} remove hello`");
        check(taken(None), Exit::Incompatible, "`[http]`");
        let address = ([0, 0, 0, 0], 80).into();
        check(Error::RemoteAddress { address }, Exit::Usage, "127.0.0.1");
        let reason = String::new();
        check(Error::Listen { address, reason }, Exit::Usage, "port 0");
    }

    #[test]
    fn each_error_has_its_exit_code_and_help() {
        check(refused(), Exit::Incompatible, "inspect FILE");
        check(trapped(), Exit::GuestFailed, "bug");
        check(failed(refused()), Exit::Incompatible, "inspect FILE");
        check(failed(trapped()), Exit::DeploymentFailed, "bug");
        check(unknown(Some("hello")), Exit::Usage, "did you mean `hello`");
        check(unknown(None), Exit::Usage, "status");
        check(Error::Fuel { fuel: 1 }, Exit::GuestFailed, "`fuel = 0`");
        let limit = airssys_wasm::component::ByteCount(1 << 30);
        check(Error::Memory { limit }, Exit::GuestFailed, "`memory = \"2048MiB\"`");
        let busy = |limit| Error::Busy {
            name: "a".parse().unwrap(),
            limit,
        };
        check(busy(64), Exit::GuestFailed, "`concurrency = 128`");
        check(busy(1_000), Exit::GuestFailed, "`concurrency = 2000`");
        check(Error::Unnamed, Exit::Usage, "--name");
        let over = Error::OverBudget {
            name: "a".parse().unwrap(),
            resource: HostResource::Calls,
            left: 0,
            budget: 8_192,
        };
        assert!(
            over.to_string()
                .contains("another call: the host has 0 calls of its 8192 calls left"),
            "{over}"
        );
        check(over, Exit::GuestFailed, "serve --max-calls");
        let busy = Error::StateInUse {
            directory: ".airssys".into(),
            process: Some(7),
        };
        check(busy, Exit::Unreachable, "--state-dir");
        let (label, from) = ("a@1.1.0".to_owned(), Version::new(1, 0, 0));
        let known = vec![from.clone()];
        check(
            Error::UnknownRelease {
                label: label.clone(),
                known,
            },
            Exit::Usage,
            "the only release here is 1.0.0; `{cli} history a`",
        );
        let differences = Vec::new();
        check(
            Error::Incompatible {
                label,
                from,
                differences,
            },
            Exit::Incompatible,
            "--allow-breaking",
        );
        let gate = Error::GateFailed {
            gate: "error-rate > 1%".into(),
            measured: "3 of 30 calls failed, which is 10%".into(),
        };
        check(failed(gate), Exit::DeploymentFailed, "`{cli} history a`");
        let slow = Error::Compile {
            reason: "it took longer than its deadline of 2m".into(),
        };
        check(slow, Exit::Incompatible, "release mode");
        let gone = Error::CompilerUnavailable {
            program: "/gone".into(),
            reason: "it cannot be started".into(),
        };
        check(gone, Exit::Unexpected, "replaced");
    }
}
