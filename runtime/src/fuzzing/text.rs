//! What people write: manifests, policies, routes, rules, gates, names, test cases.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use crate::component::{
    ByteCount, ComponentName, Digest, Gate, HttpRoute, Manifest, ManifestError, Percent, Span, parse_version,
};
use crate::testing::Case;
use crate::{Key, Rule};

/// The longest text of a refusal: what it quotes is cut.
const MAX_REFUSAL: usize = 4 << 10;

pub(super) fn manifest(bytes: &[u8]) {
    match str::from_utf8(bytes).map(Manifest::parse) {
        Ok(Ok(manifest)) => assert_eq!(Manifest::parse(&manifest.to_toml()), Ok(manifest)),
        Ok(Err(error)) => look_at(&error),
        Err(_) => {}
    }
}

pub(super) fn policy(bytes: &[u8]) {
    use crate::capability::Policy;
    match str::from_utf8(bytes).map(Policy::parse) {
        Ok(Ok(policy)) => {
            let written = toml::to_string(&policy).unwrap_or_default();
            for call in policy.system_calls.values() {
                // Both are answers.
                let _ = call.takes(&[written.clone(), String::new(), "*".into()]);
            }
            assert_eq!(Policy::parse(&written), Ok(policy), "{written}");
        }
        Ok(Err(error)) => look_at(&error),
        Err(_) => {}
    }
}

pub(super) fn http_route(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or("");
    let (one, other, path) = (alike::<HttpRoute>(next()), alike::<HttpRoute>(next()), next());
    let (Some(one), Some(other)) = (one, other) else { return };
    assert!(one.covers(&one) && one.matches(&one.start()) && other.matches(&other.start()));
    if one.covers(&other) {
        assert!(one.matches(&other.start()));
        assert!(!other.matches(path) || one.matches(path), "{one} {other} {path}");
        assert!(!other.is_own() || one.is_own() || one.as_str() == "/*");
    }
}

pub(super) fn rule(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    alike::<Rule>(text);
    alike::<Key>(text);
}

pub(super) fn gate(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    alike::<Gate>(text);
    alike::<Percent>(text);
    alike::<Span>(text);
    // Shown to people it is rounded; written it is exact.
    if let Ok(count) = text.parse::<ByteCount>() {
        assert_eq!(String::from(count).parse(), Ok(count));
    }
}

pub(super) fn name(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Some(name) = alike::<ComponentName>(text) {
        // It is the name of a file, a part of a path and of a line.
        assert!(!name.as_str().contains(['/', '.', '\\', ' ']) && name.as_str().len() <= 129);
        alike::<HttpRoute>(HttpRoute::of_name(&name).as_str());
    }
    alike::<Digest>(text);
    match parse_version(text) {
        Ok(version) => assert_eq!(parse_version(&version.to_string()).ok(), Some(version)),
        Err(error) => short(&error),
    }
}

pub(super) fn test_case(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match Case::parse("tests/case.toml", text) {
        Ok(case) => assert_eq!(case.name(), "case"),
        Err(error) => assert!(error.to_string().len() < MAX_REFUSAL * 4),
    }
}

/// What was read is written, and what was written is read as the same.
fn alike<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(read) => {
            let again = read.to_string().parse().ok();
            assert_eq!(again.as_ref(), Some(&read), "written as {read}");
            again
        }
        Err(error) => {
            short(&error);
            None
        }
    }
}

/// Whatever was written, the refusal of it can be shown.
pub(super) fn short(error: &impl Display) {
    let text = error.to_string();
    assert!(text.len() <= MAX_REFUSAL, "{} bytes: {text}", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn look_at(error: &ManifestError) {
    assert!(error.line >= 1 && error.column >= 1, "{error}");
    let text = error.to_string();
    assert!(text.len() <= MAX_REFUSAL, "{} bytes: {text}", text.len());
    assert!(
        !text.chars().any(|letter| letter.is_control() && letter != '\n'),
        "{text:?}"
    );
}
