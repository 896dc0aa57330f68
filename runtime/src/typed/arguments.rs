//! From arguments as they were given to values of the parameters' types.

use wasm_wave::ast::Node;
use wasm_wave::parser::{ParserError, ParserErrorKind};
use wasm_wave::untyped::UntypedFuncCall;
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};

use super::invocation::{Arguments, Invocation};
use super::json::{self, Path};
use super::mistake::ArgumentError;
use super::signature::{Parameter, Signature, shown};

/// Reads the arguments of a call for an export of this signature.
/// Trailing parameters of an option type may be left out.
pub(crate) fn read<V: WasmValue + 'static>(
    invocation: &Invocation,
    signature: &Signature<V::Type>,
) -> Result<Vec<V>, Box<ArgumentError>> {
    let error = |place: String, reason: String| ArgumentError {
        export: invocation.export.clone(),
        signature: format!("{}{signature}", invocation.export),
        place,
        reason,
        text: String::new(),
        span: 0..0,
    };
    let parameters = &signature.parameters;
    match &invocation.arguments {
        Arguments::Wave(text) => {
            // The mark below a mistake is seen best under the whole call.
            let name = &invocation.export;
            wave(text, parameters).map_err(|(place, reason, span)| {
                Box::new(ArgumentError {
                    text: format!("{name}{text}"),
                    span: span.start + name.len()..span.end + name.len(),
                    ..error(place, reason)
                })
            })
        }
        Arguments::Json(values) => {
            counted(parameters, values.len()).map_err(|reason| Box::new(error(String::new(), reason)))?;
            let given = values.iter().map(Some).chain(std::iter::repeat(None));
            let pairs = parameters.iter().zip(given);
            pairs
                .map(|(parameter, value)| {
                    of_json(parameter, value).map_err(|(place, reason)| Box::new(error(place, reason)))
                })
                .collect()
        }
        Arguments::JsonByName(values) => {
            let known = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
            if let Some(unknown) = values.keys().find(|name| !known(name)) {
                return Err(Box::new(error(
                    String::new(),
                    format!("it has no parameter `{unknown}`"),
                )));
            }
            let read = |parameter: &Parameter<V::Type>| {
                of_json(parameter, values.get(&parameter.name))
                    .map_err(|(place, reason)| Box::new(error(place, reason)))
            };
            parameters.iter().map(read).collect()
        }
    }
}

type Misplaced = (String, String);

fn of_json<V: WasmValue>(parameter: &Parameter<V::Type>, value: Option<&serde_json::Value>) -> Result<V, Misplaced> {
    let missing = || {
        (
            parameter.name.clone(),
            format!("it is missing, and is no option but {}", shown(&parameter.ty)),
        )
    };
    match value {
        Some(value) => json::from_json(&parameter.ty, value, &Path::of(&parameter.name)),
        None => absent(&parameter.ty).ok_or_else(missing),
    }
}

/// The value of a parameter that was left out.
fn absent<V: WasmValue>(ty: &V::Type) -> Option<V> {
    (ty.kind() == WasmTypeKind::Option)
        .then(|| V::make_option(ty, None).ok())
        .flatten()
}

/// Whether a number of arguments fits the parameters.
fn counted<T: WasmType>(parameters: &[Parameter<T>], given: usize) -> Result<(), String> {
    let optional = parameters
        .iter()
        .rev()
        .take_while(|parameter| parameter.ty.kind() == WasmTypeKind::Option)
        .count();
    let (least, most) = (parameters.len() - optional, parameters.len());
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let takes = match (least, most) {
        (_, 0) => "no arguments".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{most} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    Err(format!(
        "it takes {takes}, and {given} {} given",
        if given == 1 { "was" } else { "were" }
    ))
}

type Marked = (String, String, std::ops::Range<usize>);

/// Reads `(…)`; a mistake has its place, what is wrong, and its bytes in the text.
fn wave<V: WasmValue + 'static>(text: &str, parameters: &[Parameter<V::Type>]) -> Result<Vec<V>, Marked> {
    // The parser wants a function's name; the export's own may have a form that it does not know.
    let source = format!("f{text}");
    let back = |span: std::ops::Range<usize>| span.start.saturating_sub(1)..span.end.saturating_sub(1);
    let malformed = |error: ParserError| (String::new(), described(&error), back(error.span()));
    let call = UntypedFuncCall::parse(&source).map_err(malformed)?;
    let nodes: Vec<&Node> = match call.params_node() {
        Some(node) => node.as_tuple().map_err(malformed)?.collect(),
        None => Vec::new(),
    };
    let mark = |index: usize| nodes.get(index).map_or(0..text.len(), |node| back(node.span()));
    counted(parameters, nodes.len()).map_err(|reason| (String::new(), reason, mark(parameters.len())))?;
    let mut values = Vec::with_capacity(parameters.len());
    for (index, parameter) in parameters.iter().enumerate() {
        let value = match nodes.get(index) {
            Some(node) => node.to_wasm_value(&parameter.ty, &source).map_err(|error| {
                let reason = format!("{}; expected {}", described(&error), shown(&parameter.ty));
                (parameter.name.clone(), reason, back(error.span()))
            })?,
            None => {
                absent(&parameter.ty).ok_or_else(|| (parameter.name.clone(), "it is missing".into(), mark(index)))?
            }
        };
        values.push(value);
    }
    Ok(values)
}

/// What the parser says, without the place, which is shown.
fn described(error: &ParserError) -> String {
    let kind = match error.kind() {
        ParserErrorKind::WasmValueError => String::new(),
        kind => kind.to_string(),
    };
    let detail = error.detail().map(str::to_owned);
    let detail = detail.or_else(|| std::error::Error::source(error).map(ToString::to_string));
    match detail {
        Some(detail) if kind.is_empty() => detail,
        Some(detail) => format!("{kind}: {detail}"),
        None if kind.is_empty() => error.to_string(),
        None => kind,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wasm_wave::value::{Type, Value};

    use super::*;

    fn signature() -> Signature<Type> {
        let parameter = |name: &str, ty| Parameter { name: name.into(), ty };
        let item = Type::record([("id", Type::U32), ("name", Type::STRING)]).unwrap();
        Signature {
            parameters: vec![
                parameter("count", Type::U8),
                parameter("items", Type::list(item)),
                parameter("note", Type::option(Type::STRING)),
            ],
            result: Some(Type::BOOL),
        }
    }

    fn check(invocation: &Invocation) -> Result<String, Box<ArgumentError>> {
        let values: Vec<Value> = read(invocation, &signature())?;
        Ok(values
            .iter()
            .map(|value| wasm_wave::to_string(value).unwrap())
            .collect::<Vec<_>>()
            .join(" | "))
    }

    #[test]
    fn arguments_are_read_in_every_form() {
        let expected = r#"1 | [{id: 2, name: "a"}] | none"#;
        let wave = Invocation::wave(r#"f(1, [{id: 2, name: "a"}])"#).unwrap();
        assert_eq!(check(&wave).unwrap(), expected);
        let items = json!([{"id": 2, "name": "a"}]);
        let by_place = Invocation::json("f", vec![json!(1), items.clone()]);
        assert_eq!(check(&by_place).unwrap(), expected);
        let text = Invocation::json_text(r#"f(1, [{"id": 2, "name": "a"}])"#).unwrap();
        assert_eq!(text, by_place);
        let by_name = json!({"count": 1, "items": items});
        let by_name = Invocation::json_by_name("f", by_name.as_object().unwrap().clone());
        assert_eq!(check(&by_name).unwrap(), expected);
    }

    #[test]
    fn a_mistake_in_wave_is_marked_under_the_call() {
        let wrong = |text: &str| {
            let error = Invocation::wave(text).map_err(|error| match error {
                crate::Error::Arguments(error) => error,
                other => panic!("{other}"),
            });
            let error = error.and_then(|invocation| check(&invocation)).unwrap_err();
            format!("{error}\n{}", error.pointer().unwrap())
        };
        starts(
            &wrong("f(1, [], none, 4)"),
            "`f`: it takes 2 to 3 arguments, and 4 were given\nf(1, [], none, 4)\n               ^",
        );
        starts(
            &wrong("f(300, [])"),
            "`f`: argument `count`: invalid value; expected u8\nf(300, [])\n  ^^^",
        );
        let nested = wrong(r#"f(1, [{id: "x", name: "a"}])"#);
        assert!(nested.contains("argument `items`"), "{nested}");
        assert!(nested.ends_with("\n           ^^^"), "{nested}");
        assert!(wrong("f(1, []").contains("unexpected end"), "{}", wrong("f(1, []"));
        assert!(wrong("f").contains("a call has the form"), "{}", wrong("f"));
    }

    fn starts(said: &str, start: &str) {
        assert!(said.starts_with(start), "{said}");
    }

    #[test]
    fn a_mistake_shows_the_signature() {
        let error = check(&Invocation::json("f", vec![json!(1)])).unwrap_err();
        assert_eq!(error.to_string(), "`f`: it takes 2 to 3 arguments, and 1 was given");
        let signature = "f(count: u8, items: list<record { id: u32, name: string }>, note: option<string>) -> bool";
        assert_eq!(error.signature, signature);
        let error = check(&Invocation::json_by_name(
            "f",
            json!({"cuont": 1}).as_object().unwrap().clone(),
        ));
        assert_eq!(error.unwrap_err().reason, "it has no parameter `cuont`");
        let error = check(&Invocation::json_by_name(
            "f",
            json!({"count": 1}).as_object().unwrap().clone(),
        ));
        assert_eq!(error.unwrap_err().place, "items");
    }

    #[test]
    fn json_that_cannot_be_parsed_is_marked() {
        let error = Invocation::json_text(r#"f(1, nope)"#).unwrap_err();
        let crate::Error::Arguments(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.pointer().unwrap().lines().next().unwrap(), "f(1, nope)");
        assert!(
            Invocation::json_text("f(1")
                .unwrap_err()
                .to_string()
                .contains("closing")
        );
    }
}
