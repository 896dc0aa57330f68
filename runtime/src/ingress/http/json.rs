//! JSON of callers, bounded while it is read: a short text can stand for much in memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::charge::Charge;
use super::refusal::Refusal;

/// The most values that there may be, those within others included.
const MAX_VALUES: usize = 100_000;

/// What a value holds in memory, and what an object holds beside that, roughly.
const OF_VALUE: usize = 64;
const OF_OBJECT: usize = 640;

/// Reads a text in which every name of an object is there once.
pub(super) fn parse(bytes: &[u8], charge: &mut Charge) -> Result<Json, Refusal> {
    let mut bounds = Bounds {
        left: MAX_VALUES,
        charge,
        refusal: None,
    };
    let mut reading = serde_json::Deserializer::from_slice(bytes);
    let read = Reading(&mut bounds).deserialize(&mut reading);
    let read = read.and_then(|value| reading.end().map(|()| value));
    read.map_err(|error| {
        let no_json = || Refusal::bad_request(format!("the arguments cannot be read: {error}"));
        bounds.refusal.take().unwrap_or_else(no_json)
    })
}

struct Bounds<'a> {
    left: usize,
    charge: &'a mut Charge,
    /// Why it is read no further, where the text is not to blame.
    refusal: Option<Refusal>,
}

struct Reading<'b, 'a>(&'b mut Bounds<'a>);

impl Bounds<'_> {
    fn charge<E: serde::de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.charge.add(bytes).map_err(|refusal| {
            self.refusal = Some(refusal);
            E::custom("there is no memory for it")
        })
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_, '_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let too_many = || D::Error::custom(format!("there are more than {MAX_VALUES} values"));
        self.0.left = self.0.left.checked_sub(1).ok_or_else(too_many)?;
        self.0.charge(OF_VALUE)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_, '_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Reading(self.0))? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        self.0.charge(OF_OBJECT)?;
        let mut values = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if values.contains_key(&name) {
                return Err(A::Error::custom(format!("the name {name:?} is there twice")));
            }
            values.insert(name, fields.next_value_seed(Reading(self.0))?);
        }
        Ok(Json::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    fn read(text: &str, pieces: usize) -> Result<Json, u16> {
        let free = Arc::new(Semaphore::new(pieces));
        parse(text.as_bytes(), &mut Charge::new(&free)).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn what_is_read_is_what_it_says() {
        for text in [
            "null",
            "[true, -1, 18446744073709551615, 0.1, \"a\\u00e4\\n\"]",
            "{\"a\": {\"b\": []}, \"\": {}}",
            "1e400",
            "[1,]",
            "[1] 2",
            "{\"a\": 1",
            "",
        ] {
            let plain = serde_json::from_str::<Json>(text).map_err(|_| 400);
            assert_eq!(read(text, 1), plain, "{text}");
        }
    }

    #[test]
    fn a_name_is_there_once() {
        assert_eq!(read("{\"a\": 1, \"a\": 1}", 1), Err(400));
        assert_eq!(read("[{\"b\": {\"a\": 1, \"\\u0061\": 1}}]", 1), Err(400));
        assert!(read("[{\"a\": 1}, {\"a\": 1}]", 1).is_ok());
    }

    #[test]
    fn neither_many_values_nor_much_memory_are_taken() {
        let many = |number: usize| format!("[{}0]", "0,".repeat(number - 2));
        assert!(read(&many(MAX_VALUES), 1_000).is_ok());
        assert_eq!(read(&many(MAX_VALUES + 1), 1_000), Err(400));
        assert_eq!(read(&many(MAX_VALUES), 10), Err(503));
        assert_eq!(read(&format!("[{}0]", "{},".repeat(2_000)), 10), Err(503));
    }
}
