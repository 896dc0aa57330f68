//! What can be called on a component by its own types: the WIT, and an example for each function.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use wasm_wave::value::{FuncType, Type, resolve_wit_func_type};
use wasm_wave::wasm::WasmFunc;
use wit_component::{OutputToString, WitPrinter};
use wit_parser::{Function, InterfaceId, PackageId, Resolve, World, WorldItem};

use super::decode::decode;
use super::inspect;
use crate::error::Error;
use crate::typed::{ExportName, Names, Parameter, Signature, example};

/// What can be called on a component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Callable {
    /// The component's world, and the packages of what it exports, in WIT.
    pub wit: String,
    /// Every exported function.
    pub exports: Vec<Export>,
}

/// An exported function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Export {
    /// The shortest name that means this function and no other.
    pub name: String,
    /// The interface it belongs to; none for a function of the world itself.
    pub interface: Option<String>,
    /// Its own name.
    pub function: String,
    /// Its parameters and result, with the types spelled out; none when a type has no text form.
    pub signature: Option<String>,
    /// A call with values of the right types, in WAVE; none when the function cannot be called from outside.
    pub example: Option<String>,
}

/// The most exported functions that are listed.
const MAX_FUNCTIONS: usize = 10_000;

/// Reads what can be called on the component `bytes`.
///
/// # Errors
///
/// Those of [`inspect`], [`Error::NoWit`] when its types have no form in WIT, and [`Error::TooComplex`] when it
/// exports more than 10,000 functions.
pub fn callable(bytes: &[u8]) -> Result<Callable, Error> {
    // What was validated and bounded is decoded, and nothing else.
    inspect(bytes)?;
    let (resolve, world) = decode(bytes)?;
    let world = &resolve.worlds[world];
    let wit = print(&resolve, world).map_err(|reason| Error::NoWit { reason })?;
    let functions = functions(&resolve, world);
    if functions.len() > MAX_FUNCTIONS {
        return Err(Error::TooComplex {
            what: "exported functions".into(),
            count: functions.len() as u64,
            limit: MAX_FUNCTIONS as u64,
        });
    }
    let names = Names::new(functions.iter().map(|(name, _)| name));
    // What the host calls itself is refused to others.
    let offered = functions.into_iter().filter(|(name, _)| !name.is_for_the_host());
    let exports = offered.map(|(name, function)| {
        let short = names.shortest(&name);
        let signature = resolve_wit_func_type(&resolve, function).ok().map(|ty| signature(&ty));
        Export {
            example: signature.as_ref().and_then(|signature| call(&short, signature)),
            signature: signature.map(|signature| signature.to_string()),
            name: short,
            interface: name.interface,
            function: name.function,
        }
    });
    Ok(Callable {
        wit,
        exports: exports.collect(),
    })
}

/// The functions of the world's exports, in its order.
fn functions<'a>(resolve: &'a Resolve, world: &'a World) -> Vec<(ExportName, &'a Function)> {
    let mut found = Vec::new();
    for (key, item) in &world.exports {
        match item {
            WorldItem::Function(function) => found.push((ExportName::new(None, &function.name), function)),
            WorldItem::Interface { id, .. } => {
                let interface = resolve.name_world_key(key);
                let functions = resolve.interfaces[*id].functions.values();
                found.extend(functions.map(|function| (ExportName::new(Some(&interface), &function.name), function)));
            }
            WorldItem::Type { .. } => {}
        }
    }
    found
}

fn signature(ty: &FuncType) -> Signature<Type> {
    let parameters = ty.param_names().zip(ty.params()).map(|(name, ty)| Parameter {
        name: name.into_owned(),
        ty,
    });
    Signature {
        parameters: parameters.collect(),
        result: ty.results().next(),
    }
}

/// `add(1, 2)`: one example value for each parameter.
fn call(name: &str, signature: &Signature<Type>) -> Option<String> {
    let values = signature.parameters.iter().map(|parameter| example(&parameter.ty));
    Some(format!("{name}({})", values.collect::<Option<Vec<_>>>()?.join(", ")))
}

/// The world's own package, then those of the interfaces that it exports and of the types these use.
fn print(resolve: &Resolve, world: &World) -> Result<String, String> {
    let Some(own) = world.package else {
        return Ok(String::new());
    };
    let mut printer = WitPrinter::new(OutputToString::default());
    let packages = packages(resolve, world, own);
    let printed = printer.print(resolve, own, &packages);
    printed.map_err(|error| format!("{error:#}"))?;
    Ok(printer.output.to_string())
}

fn packages(resolve: &Resolve, world: &World, own: PackageId) -> Vec<PackageId> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<InterfaceId> = Vec::new();
    for item in world.exports.values() {
        if let WorldItem::Interface { id, .. } = item {
            waiting.push(*id);
        }
    }
    let mut found = HashSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        waiting.extend(resolve.interface_direct_deps(id));
        found.extend(resolve.interfaces[id].package.filter(|package| *package != own));
    }
    // In the order in which they were read, each once.
    let all = resolve.packages.iter().map(|(id, _)| id);
    all.filter(|id| found.contains(id)).collect()
}
