//! From a component's bytes to its types, whatever the bytes are.

use std::panic::catch_unwind;

use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId};

use super::inspect::one_line;
use crate::error::Error;

/// The types of a component that has passed the inspection, and its world.
///
/// # Errors
///
/// [`Error::NoWit`] when there is no WIT that says the same as the component's types.
pub(super) fn decode(bytes: &[u8]) -> Result<(Resolve, WorldId), Error> {
    let unreadable = |reason: &str| Error::NoWit {
        reason: one_line(reason),
    };
    // wit-parser expects what its own tools make and panics at what is valid and different, such as a function
    // whose name is that of an interface. Nothing outlives the panic but the bytes, which are only read.
    let decoded =
        catch_unwind(|| wit_component::decode(bytes)).map_err(|_| unreadable("nothing that reads WIT expects them"))?;
    match decoded.map_err(|error| unreadable(&format!("{error:#}")))? {
        DecodedWasm::Component(resolve, world) => Ok((resolve, world)),
        DecodedWasm::WitPackage(..) => Err(unreadable("it is a WIT package")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_a_form_in_wit_are_an_error() {
        let decoded = |text: &str| decode(&wat::parse_str(text).unwrap());
        let named = "(component (import \"acme:a/b@1.0.0\" (func)))";
        assert_eq!(decoded(named).unwrap_err().code().as_str(), "no-wit");
        assert!(decoded("(component (import \"a\" (func)))").is_ok());
    }
}
