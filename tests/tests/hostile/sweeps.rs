//! Sweeps: a valid component cut and changed at each byte, and components that a generator makes.

use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use proptest::prelude::*;

use airssys_wasm::component::{Manifest, inspect};

use crate::arena::{Arena, COMPILERS, alone, none};
use crate::case::case;
use crate::wasm::{MODULE, component, section};

/// A component with something in most kinds of section, small enough to try every byte.
fn sample() -> Vec<u8> {
    let text = r#"(component
        (type $point (record (field "x" u32) (field "y" (option string))))
        (import "wasi:random/random@0.2.0" (instance $r (export "get-random-u64" (func (result u64)))))
        (core module $m
            (memory (export "m") 1)
            (table 2 funcref)
            (global (mut i32) (i32.const 8))
            (elem (i32.const 0) func 0)
            (data (i32.const 16) "some data")
            (func (export "f") (param i32 i32) (result i32) (local i64)
                (block (br_if 0 (i32.eqz (local.get 0))) (loop (br_if 1 (local.get 1)))) i32.const 0)
            (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
        (core instance $i (instantiate $m))
        (alias core export $i "m" (core memory $mem))
        (alias core export $i "r" (core func $r))
        (func $f (param "text" string) (result u32)
            (canon lift (core func $i "f") (memory $mem) (realloc $r)))
        (component $c (import "f" (func $g (param "text" string) (result u32))) (export "g" (func $g)))
        (instance $e (instantiate $c (with "f" (func $f))))
        (export "acme:sample/text@1.0.0" (instance $e)))"#;
    let bytes = wat::parse_str(text).unwrap();
    assert!(bytes.len() <= 2048, "{}", bytes.len());
    bytes
}

/// Looks at every variant, deploys those that look valid, and wants a typed answer within a second or so from each.
fn sweep(what: &str, variants: impl Fn() -> Box<dyn Iterator<Item = Vec<u8>>>, expected: &'static str) {
    alone(async {
        // A process for each of a thousand variants compiles them no differently, and takes a minute.
        for (compiler, adapt) in &COMPILERS[..1] {
            let mut arena = Arena::open(compiler, *adapt).await;
            let mut problems = Vec::new();
            for (place, bytes) in variants().enumerate() {
                let began = Instant::now();
                let looked_at = inspect(&bytes);
                if began.elapsed() > Duration::from_secs(5) {
                    problems.push(format!("{what} {place}: looking at it takes {:?}", began.elapsed()));
                }
                match looked_at {
                    Ok(_) => {
                        let case = case(format!("{what} {place}"), move || bytes.clone(), expected);
                        problems.extend(arena.run(&case).await);
                    }
                    Err(error) => {
                        let code = error.code().as_str();
                        if !["not-a-component", "too-complex"].contains(&code) {
                            problems.push(format!("{what} {place}: {code}: {error}"));
                        }
                    }
                }
            }
            problems.extend(arena.close().await);
            none(&problems);
        }
    });
}

/// What may come of a component that is another than its author meant.
const ANY: &str = "ok|not-a-component|too-complex|unknown-import|mistyped-export|compile-failed|trap|deadline-exceeded|memory-exceeded";

#[test]
fn the_sample_is_deployed() {
    sweep("the sample", || Box::new(std::iter::once(sample())), "ok");
}

#[test]
fn a_component_cut_at_each_byte_is_refused_or_has_less_to_offer() {
    sweep(
        "cut at",
        || {
            let whole = sample();
            Box::new((0..whole.len()).map(move |length| whole[..length].to_vec()))
        },
        "ok",
    );
}

#[test]
fn a_component_with_a_changed_byte_is_refused_or_another() {
    let whole = sample();
    sweep(
        "changed at",
        move || {
            let whole = whole.clone();
            let changes = [0x01, 0x80, 0xff];
            Box::new((0..whole.len()).flat_map(move |place| {
                let whole = whole.clone();
                changes.into_iter().map(move |change| {
                    let mut changed = whole.clone();
                    changed[place] ^= change;
                    changed
                })
            }))
        },
        ANY,
    );
}

/// How many generated components are tried; more when the variable says so.
fn generated() -> u64 {
    let asked = std::env::var("AIRSSYS_HOSTILE_SWEEP").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(500)
}

/// Bytes for a generator: the same for the same seed, on every machine.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    // SplitMix64, as in "Fast splittable pseudorandom number generators", 2014.
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..length.div_ceil(8))
        .flat_map(|_| next().to_le_bytes())
        .take(length)
        .collect()
}

/// A generated component, or one that makes an instance of a generated module.
fn smith(seed: u64) -> Vec<u8> {
    let noise = noise(seed, 2_048);
    let mut noise = Unstructured::new(&noise);
    let config = wasm_smith::Config {
        max_imports: if seed.is_multiple_of(4) { 10 } else { 0 },
        gc_enabled: seed % 16 == 1,
        exceptions_enabled: seed % 16 == 3,
        threads_enabled: seed % 16 == 5,
        memory64_enabled: seed % 16 == 7,
        simd_enabled: true,
        multi_value_enabled: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        ..wasm_smith::Config::default()
    };
    if seed.is_multiple_of(4) {
        return wasm_smith::Component::new(config, &mut noise)
            .map_or_else(|_| Vec::new(), |component| component.to_bytes());
    }
    let module =
        wasm_smith::Module::new(config, &mut noise).map_or_else(|_| MODULE.to_vec(), |module| module.to_bytes());
    // A core instance of the module, without arguments.
    component(&[section(1, &module), section(2, &[1, 0, 0, 0])])
}

#[test]
fn generated_components_are_deployed_or_refused() {
    sweep("generated from seed", || Box::new((0..generated()).map(smith)), ANY);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_can_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..512), headed in any::<bool>()) {
        let header: &[u8] = if headed { crate::wasm::COMPONENT } else { b"" };
        let _ = inspect(&[header, &bytes].concat());
    }

    #[test]
    fn any_sections_can_be_looked_at(
        sections in proptest::collection::vec((0_u8..13, proptest::collection::vec(any::<u8>(), 0..64)), 0..8)
    ) {
        let sections: Vec<Vec<u8>> = sections.iter().map(|(id, contents)| section(*id, contents)).collect();
        let _ = inspect(&component(&sections));
        let _ = inspect(&crate::wasm::around_module(&sections));
    }

    #[test]
    fn any_manifest_can_be_read(text in "(manifest-version = 1\n)?([\\[\\]{}=\"'a-z0-9.,# \n\\-\\PC]{0,12}\n){0,12}") {
        if let Err(error) = Manifest::parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn a_manifest_that_was_read_is_written_and_read_alike(
        key in "(name|version|description|memory|deadline|fuel|concurrency|mode|max|file-read|x)",
        table in "(component|limits|instances|capabilities|config|build)",
        value in "([0-9]{1,20}|\"\\PC{0,20}\"|\\[\\]|\\[\"/a\"\\]|true|1979-05-27|1e400|\"64MiB\"|\"1.2.3\"|\"actor\")"
    ) {
        if let Ok(manifest) = Manifest::parse(&format!("manifest-version = 1\n[{table}]\n{key} = {value}\n")) {
            prop_assert_eq!(Manifest::parse(&manifest.to_toml()), Ok(manifest));
        }
    }
}
