//! Which HTTP requests go to a component: `/greet`, or `/greet/*`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ComponentName;

/// The longest route, in bytes.
const MAX_BYTES: usize = 256;

/// The most parts of a route: each request is looked up once for each of them.
pub(crate) const MAX_PARTS: usize = 16;

/// What ends a route that stands for all paths below it.
const BELOW: &str = "/*";

/// The first part of the paths that a host serves itself.
pub(crate) const OWN: &str = "call";

/// Which HTTP requests go to a component, by their path.
///
/// `/greet` is that path alone; `/greet/*` is `/greet` and every path that begins with `/greet/`; `/*` is every path.
/// Paths are compared byte by byte, without decoding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpRoute(String);

/// Why a text is not a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("`{}` is not a route such as `/greet` or `/greet/*`: {reason}", route.escape_debug())]
pub struct HttpRouteError {
    route: String,
    reason: Cow<'static, str>,
}

impl HttpRoute {
    /// The route of a component whose manifest names none: `/acme/greeter/*` of `acme:greeter`.
    pub fn of_name(name: &ComponentName) -> Self {
        Self(format!("/{}{BELOW}", name.as_str().replace(':', "/")))
    }

    /// The route as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path that a route for all below it begins with, without a slash at its end; none of a single path.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix(BELOW)
    }

    /// Whether requests for this path are among those that it stands for.
    pub fn matches(&self, path: &str) -> bool {
        match self.prefix() {
            Some(prefix) => path
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => path == self.0,
        }
    }

    /// Whether it stands for everything that `other` stands for.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match other.prefix() {
            Some(prefix) => self.prefix().is_some() && self.matches(prefix),
            None => self.matches(&other.0),
        }
    }

    /// A path to begin with: the single path, or the one that all others are below.
    pub fn start(&self) -> String {
        match self.prefix() {
            Some(prefix) => format!("{prefix}/"),
            None => self.0.clone(),
        }
    }

    /// Whether the host serves these paths itself.
    pub(crate) fn is_own(&self) -> bool {
        self.0.trim_start_matches('/').split('/').next() == Some(OWN)
    }
}

/// The first rule that a route breaks.
fn defect(route: &str) -> Option<&'static str> {
    let Some(path) = route.strip_prefix('/') else {
        return Some("it starts with `/`");
    };
    if route.len() > MAX_BYTES {
        return Some("it is longer than 256 bytes");
    }
    let path = match route.strip_suffix(BELOW) {
        Some("") => return None,
        Some(prefix) => &prefix[1..],
        None if path.is_empty() => return None,
        None => path,
    };
    if path.contains('*') {
        return Some("a `*` stands only at the end, after a `/`");
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~!$&'()+,;=:@%".contains(letter);
    if !path.chars().all(|letter| letter == '/' || is_plain(letter)) {
        return Some("a path has letters, digits and `-._~!$&'()+,;=:@%`, and no query");
    }
    if path.split('/').count() > MAX_PARTS {
        return Some("it has more than 16 parts");
    }
    if path
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Some("no part of it is empty, `.` or `..`");
    }
    None
}

impl FromStr for HttpRoute {
    type Err = HttpRouteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |reason: &'static str| HttpRouteError {
            route: text.chars().take(80).collect(),
            reason: reason.into(),
        };
        match defect(text) {
            Some(reason) => Err(refused(reason)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for HttpRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for HttpRoute {
    type Error = HttpRouteError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<HttpRoute> for String {
    fn from(route: HttpRoute) -> Self {
        route.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str) -> HttpRoute {
        text.parse().unwrap()
    }

    #[test]
    fn a_route_is_a_path_or_all_below_one() {
        for good in [
            "/",
            "/*",
            "/greet",
            "/greet/*",
            "/a/b-c/v1.0/*",
            "/a%20b",
            "/calls/*",
            "/@me",
        ] {
            assert!(good.parse::<HttpRoute>().is_ok(), "{good}");
        }
        let long = format!("/{}", "a".repeat(256));
        let deep = "/a".repeat(17);
        for bad in [
            "", "greet", "*", "/greet/", "//", "/a//b", "/a/../b", "/./a", "/a*", "/*/a", "/a/*/*", "/a?b", "/a#b",
            "/a b", "/ä", "/a\n", &long, &deep,
        ] {
            assert!(bad.parse::<HttpRoute>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_route_stands_for_its_paths_and_no_others() {
        let check = |text: &str, path: &str, fits| assert_eq!(route(text).matches(path), fits, "{text} {path}");
        check("/*", "/", true);
        check("/*", "/a/b", true);
        check("/greet", "/greet", true);
        check("/greet", "/greet/", false);
        check("/greet/*", "/greet", true);
        check("/greet/*", "/greet/a/b", true);
        check("/greet/*", "/greeter", false);
        check("/greet/*", "/Greet", false);
    }

    #[test]
    fn a_wider_route_covers_a_narrower_one() {
        let check = |wide: &str, narrow: &str, covers| assert_eq!(route(wide).covers(&route(narrow)), covers, "{wide}");
        check("/*", "/a/*", true);
        check("/a/*", "/a", true);
        check("/a/*", "/a/b/*", true);
        check("/a", "/a/*", false);
        check("/a/*", "/*", false);
        check("/a/*", "/ab", false);
    }

    #[test]
    fn a_name_makes_a_route() {
        let of = |name: &str| HttpRoute::of_name(&name.parse().unwrap()).to_string();
        assert_eq!(of("greeter"), "/greeter/*");
        assert_eq!(of("acme:greeter"), "/acme/greeter/*");
        assert!(HttpRoute::of_name(&"call".parse().unwrap()).is_own());
        assert!(!HttpRoute::of_name(&"caller".parse().unwrap()).is_own());
        assert!(route("/call").is_own() && route("/call/x/*").is_own() && !route("/*").is_own());
    }
}
