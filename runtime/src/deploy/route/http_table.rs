//! Which component gets an HTTP request, by its path.

use std::collections::HashMap;

use crate::component::{ComponentName, HttpRoute, MAX_PARTS};

/// The HTTP routes of all components.
#[derive(Debug, Default)]
pub(super) struct HttpTable {
    /// Single paths.
    paths: HashMap<String, ComponentName>,
    /// Paths that all below go with, without a slash at the end.
    prefixes: HashMap<String, ComponentName>,
    all: Vec<(HttpRoute, ComponentName)>,
}

impl HttpTable {
    /// A table of these routes; of equal ones the first counts.
    pub(super) fn new(all: Vec<(HttpRoute, ComponentName)>) -> Self {
        let mut table = Self::default();
        for (route, name) in &all {
            let (map, key) = match route.prefix() {
                Some(prefix) => (&mut table.prefixes, prefix),
                None => (&mut table.paths, route.as_str()),
            };
            map.entry(key.to_owned()).or_insert_with(|| name.clone());
        }
        table.all = all;
        table
    }

    /// The component with the longest route that this path follows.
    pub(super) fn find(&self, path: &str) -> Option<&ComponentName> {
        if let Some(found) = self.paths.get(path) {
            return Some(found);
        }
        if self.prefixes.is_empty() || !path.starts_with('/') {
            return None;
        }
        // No route has more parts, so what is beyond them is not looked at, however long the path is.
        let mut prefix = match path.match_indices('/').nth(MAX_PARTS) {
            Some((end, _)) => &path[..end],
            None => path,
        };
        loop {
            if let Some(found) = self.prefixes.get(prefix) {
                return Some(found);
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }

    /// Every route, sorted.
    pub(super) fn all(&self) -> Vec<(HttpRoute, ComponentName)> {
        self.all.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, &str)]) -> HttpTable {
        let read = |(route, name): &(&str, &str)| (route.parse().unwrap(), name.parse().unwrap());
        HttpTable::new(routes.iter().map(read).collect())
    }

    #[test]
    fn the_longest_route_gets_a_request() {
        let table = table(&[
            ("/*", "all"),
            ("/greet", "exact"),
            ("/greet/*", "below"),
            ("/greet/a/b/*", "deep"),
            ("/other", "other"),
        ]);
        let check = |path: &str, expected: &str| assert_eq!(table.find(path).unwrap().as_str(), expected, "{path}");
        check("/", "all");
        check("/greet", "exact");
        check("/greet/", "below");
        check("/greet/a", "below");
        check("/greet/a/b", "deep");
        check("/greet/a/b/c/d", "deep");
        check("/greet/a/bc", "below");
        check("/greeter", "all");
        check("/other/x", "all");
        check(&"/".repeat(60_000), "all");
        check(&format!("/greet{}", "/a".repeat(30_000)), "below");
        assert_eq!(table.find("*"), None);
    }

    #[test]
    fn what_follows_no_route_is_not_found() {
        let table = table(&[("/greet/*", "greet"), ("/one", "one")]);
        for path in ["/", "/gree", "/greeting", "/one/", "/one/two", ""] {
            assert_eq!(table.find(path), None, "{path}");
        }
        let deepest = format!("{}/*", "/a".repeat(16));
        let table = HttpTable::new(vec![(deepest.parse().unwrap(), "deep".parse().unwrap())]);
        assert!(table.find(&"/a".repeat(16)).is_some());
        assert!(table.find(&"/a".repeat(40)).is_some());
        assert!(table.find(&"/a".repeat(15)).is_none());
    }
}
