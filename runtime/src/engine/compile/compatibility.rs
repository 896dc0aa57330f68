//! Which engines can load compiled code.

use std::hash::{Hash, Hasher};

use wasmtime::Engine;

/// A number that is the same for all engines that can load what this one compiles, in this process and in others.
pub(super) fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// FNV-1a, whose result is the same in every process, as that of the standard hasher need not be.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::engines::{Engines, Profile, compiling};

    #[test]
    fn an_engine_without_a_pool_compiles_for_the_engine_of_a_host() {
        let engines = Engines::new(crate::engine::Debugging::default()).unwrap();
        let mut seen = Vec::new();
        for (wide, metered) in [(false, false), (false, true), (true, false), (true, true)] {
            let profile = Profile { wide, metered };
            let own = compatibility(&engines.outfit(profile).unwrap().engine);
            assert_eq!(compatibility(&compiling(profile).unwrap()), own, "{profile:?}");
            assert!(!seen.contains(&own), "{profile:?}");
            seen.push(own);
        }
    }
}
