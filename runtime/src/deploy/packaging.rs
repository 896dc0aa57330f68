//! Under which version a package becomes a release, and what it asks for.

use std::sync::Arc;

use semver::Version;

use super::permissions::Permissions;
use super::record;
use super::start::Starter;
use crate::component::{ComponentName, Digest, Release, development_version};
use crate::engine::{Compiled, Instance};
use crate::error::Error;
use crate::store::{Store, Table};

/// What happens when the bytes of a component change and its version does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Versioning {
    /// The deployment is refused: a release is immutable.
    #[default]
    Immutable,
    /// The changed bytes become the next development version: `1.2.0+dev.3`.
    Development,
}

/// The version under which these bytes are, or may be, recorded.
pub(super) fn decide_version(
    store: &Store,
    rule: Versioning,
    name: &ComponentName,
    version: &Version,
    digest: &Digest,
) -> Result<Version, Error> {
    let Some(recorded) = record::release(store, name, version)? else {
        return Ok(version.clone());
    };
    if recorded.digest == *digest {
        return Ok(version.clone());
    }
    if rule == Versioning::Immutable {
        return Err(Error::ReleaseExists {
            label: recorded.label(),
        });
    }
    let mut last = 0;
    for (n, release) in development_releases(store, name, version)? {
        if release.digest == *digest {
            return Ok(release.version);
        }
        last = last.max(n);
    }
    Ok(development_version(version, last + 1))
}

/// The recorded development releases of a version, with their numbers.
fn development_releases(store: &Store, name: &ComponentName, version: &Version) -> Result<Vec<(u64, Release)>, Error> {
    let prefix = format!("{name}@{}", development_version(version, 0));
    let prefix = prefix.trim_end_matches('0');
    let mut found = Vec::new();
    for (key, bytes) in store.list_from(Table::Releases, prefix)? {
        if let Some(Ok(n)) = key.strip_prefix(prefix).map(str::parse) {
            found.push((n, record::decode::<Release>(&key, &bytes)?));
        }
    }
    Ok(found)
}

/// Asks a component, in an empty sandbox and under its own limits, what it does and what it asks for.
/// The answers are frozen into the release.
pub(super) async fn introduce(starter: &Starter, compiled: Compiled, release: &mut Release) -> Result<(), Error> {
    let alone = Starter {
        sandbox: starter.sandbox.without_directories(),
        permissions: Permissions::none(),
        ..starter.clone()
    };
    let prepared = alone.prepare_aside(compiled, Arc::new(release.clone()))?;
    let introduction = Instance::new(&prepared).await?.introduce().await?;
    release.requests = introduction.requests;
    if release.description.is_empty() {
        release.description = introduction.description;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Kind, Package};
    use crate::store::Batch;

    /// The smallest component: its header.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn record(store: &Store, version: &Version, digest: Digest) {
        let package = Package::new(EMPTY).name("a".parse().unwrap()).version(version.clone());
        let mut release = package.validate().unwrap().release;
        assert_eq!(release.kind, Kind::Library);
        release.digest = digest;
        let batch = Batch::default().put(Table::Releases, release.label(), record::encode(&release).unwrap());
        store.commit(batch).unwrap();
    }

    #[test]
    fn changed_bytes_are_refused_or_become_development_versions() {
        let store = Store::temporary().unwrap();
        let name: ComponentName = "a".parse().unwrap();
        let version = Version::new(1, 2, 0);
        let bytes: Vec<Digest> = (0_u8..12).map(|n| Digest::of(&[n])).collect();
        let decide = |rule, digest| decide_version(&store, rule, &name, &version, digest).map(|v| v.to_string());

        assert_eq!(decide(Versioning::Immutable, &bytes[0]).unwrap(), "1.2.0");
        record(&store, &version, bytes[0]);
        assert_eq!(decide(Versioning::Immutable, &bytes[0]).unwrap(), "1.2.0");
        assert_eq!(
            decide(Versioning::Immutable, &bytes[1]).unwrap_err().code().as_str(),
            "release-exists"
        );

        for (n, digest) in bytes.iter().enumerate().skip(1) {
            let expected = format!("1.2.0+dev.{n}");
            assert_eq!(decide(Versioning::Development, digest).unwrap(), expected);
            record(&store, &expected.parse().unwrap(), *digest);
        }
        assert_eq!(decide(Versioning::Development, &bytes[3]).unwrap(), "1.2.0+dev.3");
        assert_eq!(decide(Versioning::Development, &bytes[0]).unwrap(), "1.2.0");
    }
}
