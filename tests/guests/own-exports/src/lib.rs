//! Exports functions of its own, and nothing that the framework knows.

wit_bindgen::generate!({ world: "math" });

struct Math;

impl Guest for Math {
    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
}

export!(Math);
