//! Exports functions of one name in two interfaces, and one outside them.

use exports::acme::names::{left, right};

wit_bindgen::generate!({ world: "same-names" });

struct Names;

impl left::Guest for Names {
    fn which() -> String {
        "left".into()
    }

    fn only_left() -> String {
        "only left".into()
    }
}

impl right::Guest for Names {
    fn which() -> String {
        "right".into()
    }

    fn only_right() -> String {
        "only right".into()
    }
}

impl Guest for Names {
    fn outside(text: String) -> String {
        format!("outside: {text}")
    }
}

export!(Names);
