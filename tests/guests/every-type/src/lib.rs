//! Answers what it is given, for every WIT type.

use exports::acme::types::things::{self, GuestThing, Thing, ThingBorrow};
use exports::acme::types::values::{self, Colour, NamedPoints, Permissions, Person, Point, Shape, Switches};

wit_bindgen::generate!({ world: "every-type" });

struct Types;

/// Functions that return their argument.
macro_rules! echo {
    ($($name:ident: $value:ty,)*) => {
        $(fn $name(value: $value) -> $value {
            value
        })*
    };
}

impl values::Guest for Types {
    echo! {
        echo_bool: bool,
        echo_s8: i8,
        echo_s16: i16,
        echo_s32: i32,
        echo_s64: i64,
        echo_u8: u8,
        echo_u16: u16,
        echo_u32: u32,
        echo_u64: u64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
        echo_bytes: Vec<u8>,
        echo_numbers: Vec<i64>,
        echo_texts: Vec<Vec<String>>,
        echo_points: Vec<Point>,
        echo_named_points: NamedPoints,
        echo_tuple: (String, u8, (bool, char)),
        echo_record: Person,
        echo_variant: Shape,
        echo_enum: Colour,
        echo_flags: Permissions,
        echo_switches: Switches,
        echo_option: Option<String>,
        echo_options: Option<Option<u32>>,
        echo_result: Result<u32, String>,
        echo_result_ok: Result<u32, ()>,
        echo_result_err: Result<(), String>,
        echo_result_empty: Result<(), ()>,
        echo_depth: Vec<Option<Result<Shape, Vec<Colour>>>>,
    }

    fn answer() -> u32 {
        42
    }

    fn forget(_: String) {}

    fn nothing() {}

    fn describe(name: String, place: Point, colours: Vec<Colour>, loud: bool) -> String {
        let text = format!("{name} at {}, {} in {} colours", place.x, place.y, colours.len());
        if loud { text.to_uppercase() } else { text }
    }
}

struct Named(String);

impl GuestThing for Named {
    fn new(name: String) -> Self {
        Self(name)
    }

    fn name(&self) -> String {
        self.0.clone()
    }

    fn pair(first: ThingBorrow<'_>, second: ThingBorrow<'_>) -> String {
        [first, second].map(|thing| thing.get::<Self>().name()).join(" and ")
    }
}

impl things::Guest for Types {
    type Thing = Named;

    fn make(name: String) -> Thing {
        Thing::new(Named(name))
    }

    fn name_of(thing: ThingBorrow<'_>) -> String {
        thing.get::<Named>().name()
    }

    fn names_of(things: Vec<Thing>) -> Vec<String> {
        things.iter().map(|thing| thing.get::<Named>().name()).collect()
    }
}

export!(Types);
