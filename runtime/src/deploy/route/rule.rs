//! Rules: which calls go to which release, whatever the weights are.

use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, header};
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::component::parse_version;
use crate::engine::Fields;

/// What of a call a rule looks at.
///
/// Written `metadata:NAME`, `header:NAME` or `cookie:NAME`.
/// Headers are metadata whose names are compared without regard to case; cookies are those of the header `cookie`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct Key {
    /// Where it is.
    pub source: KeySource,
    /// Its name there.
    pub name: String,
}

/// Where a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// The metadata of a message.
    Metadata,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

/// Calls whose key has this value go to this version.
///
/// Written `KEY=VALUE=>VERSION`, for example `header:x-beta=1=>2.0.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct Rule {
    /// What is looked at.
    pub key: Key,
    /// The value it has to have.
    pub value: String,
    /// Where the call goes.
    pub version: Version,
}

/// Calls with the same value of this key go to the same release, for as long as the weights stay as they are.
pub type Sticky = Key;

/// The rules of a route, tried before its weights.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rules {
    /// The first that fits decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Keeps one caller on one release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
}

/// The longest key or value, in bytes.
const MAX_TEXT: usize = 1 << 10;

impl Key {
    /// The value of this key in a call.
    fn of<'a>(&self, fields: Fields<'a>) -> Option<&'a str> {
        match fields {
            Fields::Metadata(metadata) => self.of_metadata(metadata),
            Fields::Headers(headers) => self.of_headers(headers),
        }
    }

    fn of_metadata<'a>(&self, metadata: &'a [(String, String)]) -> Option<&'a str> {
        let mut metadata = metadata.iter();
        match self.source {
            KeySource::Metadata => metadata
                .find(|(name, _)| *name == self.name)
                .map(|(_, value)| value.as_str()),
            KeySource::Header => metadata
                .find(|(name, _)| name.eq_ignore_ascii_case(&self.name))
                .map(|(_, value)| value.as_str()),
            KeySource::Cookie => {
                let cookies = metadata.filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
                self.of_cookies(cookies.map(|(_, value)| value.as_str()))
            }
        }
    }

    /// The metadata of an HTTP request are its headers.
    fn of_headers<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        match self.source {
            KeySource::Metadata | KeySource::Header => headers.get(&self.name)?.to_str().ok(),
            KeySource::Cookie => {
                let cookies = headers.get_all(header::COOKIE).iter();
                self.of_cookies(cookies.filter_map(|value| value.to_str().ok()))
            }
        }
    }

    fn of_cookies<'a>(&self, cookies: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let mut pairs = cookies.flat_map(|value| value.split(';'));
        pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name).then_some(value)
        })
    }
}

impl Rules {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.sticky.is_none()
    }

    /// The version that a rule names for a call.
    pub(crate) fn version(&self, fields: Fields<'_>) -> Option<&Version> {
        let fits = |rule: &&Rule| rule.key.of(fields) == Some(&rule.value);
        self.rules.iter().find(fits).map(|rule| &rule.version)
    }

    /// Chooses by the key that keeps a caller on its release: the place in `weights`; none without that key.
    ///
    /// Each release draws a number from the key and its version, in proportion to its weight, and the highest wins
    /// (weighted rendezvous hashing), so that a changed weight moves only as many callers as it has to.
    pub(crate) fn stuck<'a>(
        &self,
        fields: Fields<'_>,
        weights: impl Iterator<Item = (&'a Version, u32)>,
    ) -> Option<usize> {
        let value = self.sticky.as_ref()?.of(fields)?;
        let drawn = weights.map(|(version, weight)| f64::from(weight) / -draw(value, version).ln());
        let highest = drawn.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        highest.map(|(place, _)| place)
    }
}

/// A number between 0 and 1 that is the same for the same key and version on every host.
fn draw(value: &str, version: &Version) -> f64 {
    let mut hash = Sha256::new();
    hash.update(version.to_string());
    hash.update([0]);
    hash.update(value);
    let bytes: [u8; 32] = hash.finalize().into();
    let mut first = [0; 4];
    first.copy_from_slice(&bytes[..4]);
    // The half keeps it off both ends, of which one has no logarithm.
    (f64::from(u32::from_le_bytes(first)) + 0.5) / 4_294_967_296.0
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || {
            let shown: String = text.chars().take(80).collect();
            format!(
                "`{}` is not a key such as `metadata:tenant`, `header:x-beta` or `cookie:group`",
                shown.escape_debug()
            )
        };
        let (source, name) = text.split_once(':').ok_or_else(refused)?;
        let source = match source.trim() {
            "metadata" => KeySource::Metadata,
            "header" => KeySource::Header,
            "cookie" => KeySource::Cookie,
            _ => return Err(refused()),
        };
        let name = name.trim();
        if name.is_empty() || name.len() > MAX_TEXT || name.chars().any(|letter| letter.is_control() || letter == '=') {
            return Err(refused());
        }
        Ok(Self {
            source,
            name: name.to_owned(),
        })
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || {
            let shown: String = text.chars().take(80).collect();
            format!(
                "`{}` is not a rule such as `header:x-beta=1=>2.0.0`",
                shown.escape_debug()
            )
        };
        let (condition, version) = text.rsplit_once("=>").ok_or_else(refused)?;
        let (key, value) = condition.split_once('=').ok_or_else(refused)?;
        let value = value.trim();
        if value.len() > MAX_TEXT {
            return Err(refused());
        }
        Ok(Self {
            key: key.parse()?,
            value: value.to_owned(),
            version: parse_version(version.trim()).map_err(|error| error.to_string())?,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            KeySource::Metadata => "metadata",
            KeySource::Header => "header",
            KeySource::Cookie => "cookie",
        };
        write!(f, "{source}:{}", self.name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}=>{}", self.key, self.value, self.version)
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn metadata(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let read = |(name, value): &(&str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        pairs
            .iter()
            .map(read)
            .collect::<Vec<(HeaderName, HeaderValue)>>()
            .into_iter()
            .collect()
    }

    fn check(rule: &str, pairs: &[(&str, &str)], fits: bool) {
        let rules = Rules {
            rules: vec![rule.parse().unwrap()],
            sticky: None,
        };
        let metadata = metadata(pairs);
        let version = rules.version(Fields::Metadata(&metadata));
        assert_eq!(version.is_some(), fits, "{rule} {pairs:?}");
        assert_eq!(rules.rules[0].to_string(), rule);
    }

    #[test]
    fn a_rule_looks_at_metadata_headers_or_cookies() {
        check("metadata:tenant=a=>2.0.0", &[("tenant", "a")], true);
        check("metadata:tenant=a=>2.0.0", &[("Tenant", "a")], false);
        check("metadata:tenant=a=>2.0.0", &[("tenant", "ab")], false);
        check("header:x-beta=1=>2.0.0", &[("X-Beta", "1")], true);
        check("header:x-beta=1=>2.0.0", &[], false);
        check("cookie:group=b=>2.0.0", &[("Cookie", "id=7; group=b")], true);
        check("cookie:group=b=>2.0.0", &[("Cookie", "group=ab")], false);
        check("cookie:group=b=c=>2.0.0", &[("Cookie", "group=b=c")], true);
    }

    #[test]
    fn a_rule_looks_at_a_request_without_regard_to_case() {
        let check = |rule: &str, pairs: &[(&str, &str)], fits| {
            let rules = Rules {
                rules: vec![rule.parse().unwrap()],
                sticky: None,
            };
            let headers = headers(pairs);
            let version = rules.version(Fields::Headers(&headers));
            assert_eq!(version.is_some(), fits, "{rule} {pairs:?}");
        };
        check("header:X-Beta=1=>2.0.0", &[("x-beta", "1")], true);
        check("metadata:x-beta=1=>2.0.0", &[("X-Beta", "1")], true);
        check("header:x-beta=1=>2.0.0", &[("x-beta", "2")], false);
        check("header:no header=1=>2.0.0", &[("x-beta", "1")], false);
        check(
            "cookie:group=b=>2.0.0",
            &[("cookie", "a=1"), ("cookie", "c=2; group=b")],
            true,
        );
        check("cookie:group=b=>2.0.0", &[("cookie", "group=\u{e9}")], false);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for bad in [
            "",
            "x-beta=1=>2.0.0",
            "header:=1=>2.0.0",
            "header:x=1",
            "header:x=>2.0.0",
            "header:x=1=>latest",
            "query:x=1=>2.0.0",
        ] {
            assert!(bad.parse::<Rule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_caller_stays_on_its_release_and_weights_move_only_as_many_as_they_have_to() {
        let versions = [Version::new(1, 0, 0), Version::new(2, 0, 0)];
        let rules = Rules {
            rules: Vec::new(),
            sticky: Some("metadata:user".parse().unwrap()),
        };
        let place = |user: u32, weights: [u32; 2]| {
            let metadata = metadata(&[("user", &user.to_string())]);
            rules
                .stuck(Fields::Metadata(&metadata), versions.iter().zip(weights))
                .unwrap()
        };
        let on_second = |weights| (0..2_000).filter(|user| place(*user, weights) == 1).count();
        let tenth = on_second([90, 10]);
        assert!((150..250).contains(&tenth), "{tenth}");
        // Whoever had the second release with a tenth of the weight has it with a half.
        let left = (0..2_000).filter(|user| place(*user, [90, 10]) == 1 && place(*user, [50, 50]) == 0);
        assert_eq!(left.count(), 0);
        assert_eq!(on_second([1, 0]), 0);
        assert_eq!(rules.stuck(Fields::Metadata(&[]), versions.iter().zip([1, 1])), None);
    }
}
