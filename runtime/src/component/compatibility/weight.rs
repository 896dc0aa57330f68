//! How much comparing a type costs.
//!
//! The checker follows a type anew wherever it is used: a record of two fields of a record of two fields, twenty times
//! over, is a million steps, and ten thousand functions can have it as their parameter.

use std::collections::HashMap;

use wac_types::{DefinedType, ItemKind, Type, Types, ValueType};

/// The weights of types, each computed once.
pub(super) struct Weights<'a> {
    types: &'a Types,
    known: HashMap<Type, u64>,
}

impl<'a> Weights<'a> {
    pub(super) fn new(types: &'a Types) -> Self {
        let known = HashMap::new();
        Self { types, known }
    }

    /// The number of steps that comparing this type takes at most.
    /// It calls itself for each level of the type, of which validation lets 100 pass.
    pub(super) fn of(&mut self, ty: Type) -> u64 {
        if let Some(weight) = self.known.get(&ty) {
            return *weight;
        }
        let mut weight = own(self.types, ty);
        for part in parts(self.types, ty) {
            weight = weight.saturating_add(self.of(part));
        }
        self.known.insert(ty, weight);
        weight
    }
}

/// What comparing a type takes without its parts.
fn own(types: &Types, ty: Type) -> u64 {
    let names = match ty {
        Type::Value(ValueType::Defined(id)) => match &types[id] {
            DefinedType::Enum(cases) => cases.0.len(),
            DefinedType::Flags(flags) => flags.0.len(),
            _ => 0,
        },
        Type::Module(id) => types[id].imports.len() + types[id].exports.len(),
        _ => 0,
    };
    1 + names as u64
}

fn parts(types: &Types, ty: Type) -> Vec<Type> {
    match ty {
        Type::Value(ValueType::Defined(id)) => values(&types[id]).into_iter().map(Type::Value).collect(),
        Type::Func(id) => {
            let function = &types[id];
            let values = function.params.values().copied().chain(function.result);
            values.map(Type::Value).collect()
        }
        Type::Interface(id) => types[id].exports.values().map(ItemKind::ty).collect(),
        Type::World(id) => {
            let world = &types[id];
            let items = world.imports.values().chain(world.exports.values());
            items.map(ItemKind::ty).collect()
        }
        Type::Value(_) | Type::Resource(_) | Type::Module(_) => Vec::new(),
    }
}

fn values(ty: &DefinedType) -> Vec<ValueType> {
    match ty {
        DefinedType::Tuple(types) => types.clone(),
        DefinedType::List(ty)
        | DefinedType::FixedSizeList(ty, _)
        | DefinedType::Option(ty)
        | DefinedType::Alias(ty) => vec![*ty],
        DefinedType::Map(key, value) => vec![*key, *value],
        DefinedType::Result { ok, err } => ok.iter().chain(err).copied().collect(),
        DefinedType::Variant(variant) => variant.cases.values().flatten().copied().collect(),
        DefinedType::Record(record) => record.fields.values().copied().collect(),
        DefinedType::Stream(ty) | DefinedType::Future(ty) => ty.iter().copied().collect(),
        DefinedType::Flags(_) | DefinedType::Enum(_) => Vec::new(),
    }
}
