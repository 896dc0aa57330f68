//! Counts its calls, and breaks what limit it is told to, in functions of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use exports::acme::faults::faults::Guest;

wit_bindgen::generate!({ world: "misbehaves" });

static COUNT: AtomicU32 = AtomicU32::new(0);

struct Faults;

impl Guest for Faults {
    fn count() -> u32 {
        COUNT.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn trap(now: bool) -> String {
        assert!(!now, "told to panic");
        "survived".into()
    }

    fn spin() {
        loop {
            std::hint::black_box(());
        }
    }

    fn hoard() {
        let mut hoard = Vec::new();
        loop {
            hoard.push(std::hint::black_box(vec![1_u8; 1 << 20]));
        }
    }

    fn flood(bytes: u32) -> Vec<u8> {
        vec![b'x'; bytes as usize]
    }

    fn escape(bytes: u32) -> String {
        "\u{1}".repeat(bytes as usize)
    }

    fn measure(bytes: Vec<u8>) -> u32 {
        bytes.len() as u32
    }
}

export!(Faults);
