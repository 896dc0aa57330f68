//! What a client may ask over the socket, and what the host says to it.

use std::path::Path;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::audit::{AuditStatus, Checkpoint, PublicKey};
use crate::capability::Capability;
use crate::component::{ComponentName, MAX_COMPONENT_BYTES, MAX_MESSAGE_BYTES, Release, Said};
use crate::deploy::{
    ComponentPermissions, ComponentStatus, DeployOptions, Deployment, DeploymentRecord, GrantOptions, Origin,
    PermissionChange, Preview, RollbackOptions, SplitOptions,
};
use crate::error::{Bounded, Error, Result};
use crate::typed::{ByteForm, Invocation};
use crate::usage::HostUsage;

/// The version of the protocol.
pub(super) const PROTOCOL: u32 = 1;

/// The largest JSON frame of a request, in bytes.
pub(super) const MAX_REQUEST: usize = 8 << 20;

/// The largest JSON frame of an answer, in bytes: a result of 4 MiB is written in WAVE and in JSON.
pub(super) const MAX_ANSWER: usize = 64 << 20;

/// The largest frame of bytes in an answer, in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = MAX_COMPONENT_BYTES;

/// The first frame of a connection.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening<R> {
    pub(super) protocol: u32,
    pub(super) request: R,
}

/// The version in the first frame, whatever else that version has in it.
#[derive(Debug, Deserialize)]
pub(super) struct Spoken {
    pub(super) protocol: u32,
}

/// What a client asks; some requests are followed by a frame of bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub(super) enum Request {
    Deploy {
        #[serde(default)]
        package: Said,
        #[serde(default)]
        options: DeployOptions,
    },
    Plan {
        #[serde(default)]
        package: Said,
        #[serde(default)]
        options: DeployOptions,
    },
    Update {
        name: ComponentName,
        version: Version,
        #[serde(default)]
        options: DeployOptions,
    },
    PlanUpdate {
        name: ComponentName,
        version: Version,
        #[serde(default)]
        options: DeployOptions,
    },
    Rollback {
        name: ComponentName,
        #[serde(default)]
        options: RollbackOptions,
    },
    Split {
        name: ComponentName,
        options: SplitOptions,
    },
    Scale {
        name: ComponentName,
        max: u32,
        #[serde(default)]
        origin: Origin,
    },
    Remove {
        name: ComponentName,
        #[serde(default)]
        origin: Origin,
    },
    Call {
        name: ComponentName,
        #[serde(flatten)]
        head: MessageHead,
    },
    Invoke {
        name: ComponentName,
        invocations: Vec<Invocation>,
        #[serde(default)]
        bytes: ByteForm,
    },
    Grant {
        name: ComponentName,
        capability: Capability,
        pattern: String,
        #[serde(default)]
        options: GrantOptions,
    },
    Revoke {
        name: ComponentName,
        capability: Capability,
        pattern: String,
        #[serde(default)]
        origin: Origin,
    },
    Permissions {
        /// All of them when none is said.
        #[serde(default)]
        name: Option<ComponentName>,
    },
    Resume {
        name: ComponentName,
        #[serde(default)]
        origin: Origin,
    },
    Usage,
    Status,
    /// How the audit log is doing.
    Audit,
    AuditCheckpoint,
    RotateAuditKey {
        #[serde(default)]
        origin: Origin,
    },
    Release {
        name: ComponentName,
    },
    Releases {
        name: ComponentName,
    },
    History {
        name: ComponentName,
    },
    Bytes {
        name: ComponentName,
        /// The one that takes most of the calls when none is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Version>,
    },
    Events {
        #[serde(default)]
        name: Option<ComponentName>,
    },
}

/// A message but for its body.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct MessageHead {
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) metadata: Vec<(String, String)>,
}

/// The answer to a call but for its body.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AnswerHead {
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) metadata: Vec<(String, String)>,
    /// What the guest used, where that is metered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fuel: Option<u64>,
}

/// What a request is answered with when it succeeds; some answers are followed by a frame of bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Response {
    Deployment(Box<Deployment>),
    Preview(Box<Preview>),
    Record(Box<DeploymentRecord>),
    Release(Box<Release>),
    Releases(Vec<Release>),
    History(Vec<DeploymentRecord>),
    Status(Vec<ComponentStatus>),
    Usage(HostUsage),
    /// Whether it was quarantined.
    Resumed(bool),
    Audit(AuditStatus),
    Checkpoint(Checkpoint),
    AuditKey(PublicKey),
    Permission(PermissionChange),
    Permissions(Vec<ComponentPermissions>),
    Message(AnswerHead),
    Results(Vec<Result<Rendered>>),
    Bytes,
    /// No more events come, because the host ends.
    End,
}

/// What a typed call returned, as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rendered {
    /// The value in WAVE, in one line; `()` when the export returns nothing.
    pub wave: String,
    /// The value in JSON; `null` when the export returns nothing.
    pub json: serde_json::Value,
    /// The fuel that the guest used for this call; none where fuel is not metered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

/// One JSON frame from the host: any number of events, then one of the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply<E, R> {
    Event(E),
    Done(R),
    Failed(Failure),
}

/// An error on its way: for programs in other languages its code and text, and for this crate all of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    code: String,
    message: String,
    error: serde_json::Value,
}

impl Request {
    /// What bytes follow the request, and how many there may be; none when no bytes follow.
    pub(super) fn body(&self) -> Option<(Bounded, usize)> {
        match self {
            Self::Deploy { .. } | Self::Plan { .. } => Some((Bounded::Component, MAX_COMPONENT_BYTES)),
            Self::Call { .. } => Some((Bounded::Message, MAX_MESSAGE_BYTES)),
            _ => None,
        }
    }

    /// Whether it is carried out to its end when its client goes away.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Self::Deploy { .. }
            | Self::Update { .. }
            | Self::Rollback { .. }
            | Self::Split { .. }
            | Self::Scale { .. }
            | Self::Grant { .. }
            | Self::Revoke { .. }
            | Self::RotateAuditKey { .. }
            | Self::Resume { .. }
            | Self::Remove { .. } => true,
            Self::Plan { .. }
            | Self::PlanUpdate { .. }
            | Self::Call { .. }
            | Self::Invoke { .. }
            | Self::Permissions { .. }
            | Self::Usage
            | Self::Status
            | Self::Audit
            | Self::AuditCheckpoint
            | Self::Release { .. }
            | Self::Releases { .. }
            | Self::History { .. }
            | Self::Bytes { .. }
            | Self::Events { .. } => false,
        }
    }

    /// The component whose events the client gets while the host is at work; none when the work is only to look.
    pub(super) fn followed(&self) -> Option<&ComponentName> {
        match self {
            Self::Deploy { package, .. } | Self::Plan { package, .. } => package.name.as_ref(),
            Self::Update { name, .. }
            | Self::PlanUpdate { name, .. }
            | Self::Rollback { name, .. }
            | Self::Split { name, .. }
            | Self::Scale { name, .. }
            | Self::Grant { name, .. }
            | Self::Revoke { name, .. }
            | Self::Remove { name, .. }
            | Self::Call { name, .. }
            | Self::Invoke { name, .. } => Some(name),
            Self::Resume { .. }
            | Self::Usage
            | Self::Status
            | Self::Audit
            | Self::AuditCheckpoint
            | Self::RotateAuditKey { .. }
            | Self::Permissions { .. }
            | Self::Release { .. }
            | Self::Releases { .. }
            | Self::History { .. }
            | Self::Bytes { .. }
            | Self::Events { .. } => None,
        }
    }
}

impl Response {
    /// Whether a frame of bytes follows.
    pub(super) fn has_bytes(&self) -> bool {
        matches!(self, Self::Message(_) | Self::Bytes)
    }
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        Self {
            code: error.code().as_str().to_owned(),
            message: error.to_string(),
            // Every error has a form in JSON; a client reads the code and the text of one that had none.
            error: serde_json::to_value(error).unwrap_or_default(),
        }
    }

    /// The error itself; one that this version does not know is told by its code and text.
    pub(super) fn into_error(self, directory: &Path) -> Error {
        let Self { code, message, error } = self;
        serde_json::from_value(error).unwrap_or_else(|_| Error::Unreachable {
            directory: directory.to_owned(),
            reason: format!("it answers with an error that this version does not know, `{code}`: {message}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    fn check(request: &str, expected: &str) {
        let text = format!(r#"{{"protocol": 1, "request": {request}}}"#);
        let said = json::read::<Opening<Request>>(text.as_bytes()).err();
        let said = said.map(|error| error.to_string()).unwrap_or_default();
        assert!(
            said.contains(expected) && said.is_empty() == expected.is_empty(),
            "{request}: {said}"
        );
    }

    #[test]
    fn a_request_says_what_it_may_and_no_more() {
        check(r#""status""#, "");
        check(r#"{"deploy": {}}"#, "");
        check(r#"{"update": {"name": "a", "version": "1.0.0"}}"#, "");
        check(r#"{"call": {"name": "a", "content-type": "text/plain"}}"#, "");
        check(r#"{"events": {}}"#, "");
        check(r#"{"bytes": {"name": "a"}}"#, "");
        check(r#"{"bytes": {"name": "a", "version": "1.0.0"}}"#, "");
        check(r#"{"stop": {}}"#, "unknown variant `stop`");
        check(
            r#"{"release": {"name": "a", "version": "1.0.0"}}"#,
            "unknown field `version`",
        );
        check(r#"{"release": {"name": "A"}}"#, "not a component name");
        check(r#"{"release": {"name": "a", "name": "b"}}"#, "there twice");
        check(r#"{"release": {"name": "a"}, "status": {}}"#, "expected");
    }

    #[test]
    fn options_say_what_they_may_and_no_more() {
        for (verb, rest) in [
            ("deploy", ""),
            ("update", r#""name": "a", "version": "1.0.0", "#),
            ("rollback", r#""name": "a", "#),
            ("split", r#""name": "a", "#),
        ] {
            check(
                &format!(r#"{{"{verb}": {{{rest}"options": {{"origin": {{"by": "me"}}}}}}}}"#),
                "",
            );
            check(
                &format!(r#"{{"{verb}": {{{rest}"options": {{"gatez": []}}}}}}"#),
                "unknown field `gatez`",
            );
            check(
                &format!(r#"{{"{verb}": {{{rest}"options": {{"origin": {{"bye": "me"}}}}}}}}"#),
                "unknown field `bye`",
            );
        }
        check(
            r#"{"split": {"name": "a", "options": {"weights": [["1.0.0", 1]], "rules": ["metadata:x=1=>1.0.0"]}}}"#,
            "",
        );
        check(
            r#"{"call": {"name": "a", "content-type": "text/plain", "body": ""}}"#,
            "unknown field `body`",
        );
    }

    #[test]
    fn an_error_that_is_not_known_is_told_by_its_code_and_text() {
        let failure = Failure {
            code: "moon-full".into(),
            message: "the moon is full".into(),
            error: serde_json::json!({"moon": {"phase": 1}}),
        };
        let error = failure.into_error(Path::new("/state"));
        assert_eq!(error.code().as_str(), "host-unreachable");
        assert!(error.to_string().contains("`moon-full`: the moon is full"), "{error}");
    }
}
