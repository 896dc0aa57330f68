//! Exports an interface of the right name, with other functions and types.

wit_bindgen::generate!({ world: "component" });

struct Wrong;

impl exports::airssys::component::guest::Guest for Wrong {
    fn execute(input: String) -> String {
        input
    }
}

export!(Wrong);
