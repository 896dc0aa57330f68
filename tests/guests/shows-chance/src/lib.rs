//! Shows everything that could differ between two runs: randomness, the order of a map, and time.

use std::collections::HashMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use airssys_wasm_sdk::prelude::*;

mod chance {
    wit_bindgen::generate!({
        inline: "
            package test:chance;
            world chance {
                import wasi:random/random@0.2.0;
                import wasi:random/insecure@0.2.0;
                import wasi:random/insecure-seed@0.2.0;
            }
            package wasi:random@0.2.0 {
                interface random {
                    get-random-bytes: func(len: u64) -> list<u8>;
                    get-random-u64: func() -> u64;
                }
                interface insecure {
                    get-insecure-random-bytes: func(len: u64) -> list<u8>;
                    get-insecure-random-u64: func() -> u64;
                }
                interface insecure-seed { insecure-seed: func() -> tuple<u64, u64>; }
            }
        ",
        world: "test:chance/chance",
        generate_all,
    });
}

use chance::wasi::random::{insecure, insecure_seed, random};

/// The guest.
#[component]
#[derive(Default)]
pub struct Guest;

#[component_impl]
impl Guest {
    /// One line for each source of chance.
    #[component_execute]
    pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
        let order: HashMap<u32, ()> = (0..12).map(|number| (number, ())).collect();
        let order: Vec<String> = order.keys().map(ToString::to_string).collect();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let begin = Instant::now();
        let lines = [
            format!("random {:016x}", random::get_random_u64()),
            format!("insecure {:016x}", insecure::get_insecure_random_u64()),
            format!("seed {:x?}", insecure_seed::insecure_seed()),
            format!("order {}", order.join(" ")),
            format!("wall {}", wall.as_nanos()),
            format!("elapsed {}", begin.elapsed().as_nanos()),
        ];
        eprintln!("shown");
        Ok(ComponentOutput::text(lines.join("\n")))
    }
}
