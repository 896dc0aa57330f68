//! Exports the interface by which web APIs are recognised.

wit_bindgen::generate!({ world: "api" });

struct Api;

impl exports::wasi::http::incoming_handler::Guest for Api {
    fn handle() {}
}

export!(Api);
