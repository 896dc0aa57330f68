//! Imports what no host offers.

wit_bindgen::generate!({ world: "wants" });

struct Wants;

impl Guest for Wants {
    fn answer() -> String {
        acme::wants::oracle::ask("what?")
    }
}

export!(Wants);
