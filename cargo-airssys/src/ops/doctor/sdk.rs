//! The SDK inside this program, and its copy in the cache that projects name.

use super::check::{Check, Place};
use crate::ops::sdk::{self, Unpacked};

pub(super) fn look(place: &Place) -> Vec<Check> {
    let Some(cache) = &place.cache else {
        // The cache has told already what is missing.
        return Vec::new();
    };
    let name = "sdk.unpacked";
    let version = env!("CARGO_PKG_VERSION");
    let (cache_of_fix, unpack) = (cache.clone(), "unpack it");
    let fix = move |_: &dyn crate::toolchain::Progress| sdk::unpack_into(&cache_of_fix);
    vec![match sdk::look(cache) {
        Ok((workspace, Unpacked::Whole)) => Check::ok(name, format!("{version} in {}", workspace.display())),
        Ok((workspace, Unpacked::Absent)) => Check::later(
            name,
            format!("{version} is unpacked to {} by the first build", workspace.display()),
        )
        .repair(unpack, fix),
        Ok((workspace, Unpacked::Damaged)) => Check::limited(
            name,
            format!("{} was changed; the next build unpacks it again", workspace.display()),
        )
        .repair(unpack, fix),
        Err(error) => Check::missing(name, error.to_string()).advise("install this program again"),
    }]
}
