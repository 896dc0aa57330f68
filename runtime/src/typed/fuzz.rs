//! Any text, as the arguments of a call.
#![allow(clippy::expect_used, reason = "a fuzzer ends where something fails")]

use wasm_wave::value::{Type, Value};

use super::arguments::read;
use super::invocation::Invocation;
use super::json::ByteForm;
use super::signature::{Parameter, Signature};
use super::value::Value as Typed;

/// A call in WAVE and in JSON of a function that takes every kind of value.
pub(crate) fn invocation(bytes: &[u8]) {
    let Some((which, Ok(text))) = bytes.split_first().map(|(first, rest)| (first, str::from_utf8(rest))) else {
        return;
    };
    let ty = of_kind(usize::from(*which));
    let signature = signature(&ty);
    for invocation in [Invocation::wave(text), Invocation::json_text(text)] {
        let said = match invocation.map(|invocation| read::<Value>(&invocation, &signature)) {
            Ok(Ok(values)) => {
                values.into_iter().for_each(|value| check(&ty, value));
                continue;
            }
            Ok(Err(mistake)) => mistake.to_string(),
            Err(error) => error.to_string(),
        };
        // It shows the call, with a mark below it.
        assert!(said.len() <= 16 << 10, "{} bytes for {}", said.len(), text.len());
    }
}

fn check(ty: &Type, value: Value) {
    let value = Typed::new(ty.clone(), value);
    let (wave, json) = (value.to_wave(), value.to_json(ByteForm::Array));
    let one = Invocation::wave(&format!("f({wave})")).expect("a call");
    let again = read::<Value>(&one, &signature(ty)).expect("what was written").remove(0);
    assert_eq!(Typed::new(ty.clone(), again).to_wave(), wave);
    let one = Invocation::json("f", vec![json]);
    let again = read::<Value>(&one, &signature(ty)).expect("what was written").remove(0);
    assert_eq!(Typed::new(ty.clone(), again).to_wave(), wave);
}

fn signature(ty: &Type) -> Signature<Type> {
    Signature {
        parameters: vec![Parameter {
            name: "a".into(),
            ty: ty.clone(),
        }],
        result: None,
    }
}

fn of_kind(which: usize) -> Type {
    let point = Type::record([("x", Type::S32), ("label", Type::option(Type::STRING))]).expect("a record");
    let shape = Type::variant([("dot", None), ("at", Some(point.clone()))]).expect("a variant");
    let kinds = [
        Type::BOOL,
        Type::U8,
        Type::S64,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::CHAR,
        Type::STRING,
        Type::list(Type::U8),
        Type::list(shape.clone()),
        Type::tuple([Type::U8, Type::STRING]).expect("a tuple"),
        point,
        shape,
        Type::enum_ty(["red", "green"]).expect("an enum"),
        Type::flags(["r", "w"]).expect("flags"),
        Type::option(Type::option(Type::U8)),
        Type::result(Some(Type::U8), Some(Type::STRING)),
    ];
    kinds[which % kinds.len()].clone()
}
