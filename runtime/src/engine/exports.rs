//! The exported functions of a component, found by name.

use std::sync::OnceLock;

use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Type};

use crate::component::ComponentName;
use crate::error::Error;
use crate::typed::{ExportName, Names, Parameter, Signature};

/// The most exports that an error names.
const MAX_CANDIDATES: usize = 10;

/// Every exported function of a component.
pub(super) struct Exports {
    all: Vec<Export>,
    names: Names,
}

/// An exported function.
pub(super) struct Export {
    pub(super) name: ExportName,
    pub(super) index: ComponentExportIndex,
    pub(super) signature: Signature<Type>,
    /// Found out at the first call, because a type can be far larger than its declaration.
    expressible: OnceLock<bool>,
}

impl Exports {
    /// Reads them from compiled code.
    pub(super) fn of(component: &Component, engine: &Engine) -> Self {
        let mut found = Vec::new();
        for (outer, item) in component.component_type().exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(function) => {
                    let index = component.get_export_index(None, outer);
                    found.extend(index.map(|index| Export::new(ExportName::new(None, outer), index, &function)));
                }
                ComponentItem::ComponentInstance(interface) => {
                    let Some(within) = component.get_export_index(None, outer) else {
                        continue;
                    };
                    for (inner, item) in interface.exports(engine) {
                        if let ComponentItem::ComponentFunc(function) = item.ty
                            && let Some(index) = component.get_export_index(Some(&within), inner)
                        {
                            found.push(Export::new(ExportName::new(Some(outer), inner), index, &function));
                        }
                    }
                }
                _ => {}
            }
        }
        Self {
            names: Names::new(found.iter().map(|export| &export.name)),
            all: found,
        }
    }

    /// The one export that `said` means.
    pub(super) fn find(&self, component: &ComponentName, said: &str) -> Result<&Export, Error> {
        let meant = self.names.meant(said);
        let found = match meant.as_slice() {
            [one] => &self.all[*one],
            several => {
                let candidates = several.iter().take(MAX_CANDIDATES);
                let shortest = |position: &usize| self.names.shortest(&self.all[*position].name);
                let like = if several.is_empty() {
                    self.names.nearest(said)
                } else {
                    None
                };
                return Err(Error::UnknownExport {
                    component: component.clone(),
                    export: said.to_owned(),
                    candidates: candidates.map(shortest).collect(),
                    nearest: like.map(|name| self.names.shortest(name)),
                });
            }
        };
        if found.name.is_for_the_host() {
            return Err(Error::ReservedExport(said.to_owned()));
        }
        if !found.is_expressible() {
            return Err(Error::UnsupportedType {
                export: said.to_owned(),
                signature: format!("{}{}", found.name.function, found.signature),
            });
        }
        Ok(found)
    }
}

impl Export {
    fn new(name: ExportName, index: ComponentExportIndex, function: &ComponentFunc) -> Self {
        let parameters = function.params().map(|(name, ty)| Parameter {
            name: name.to_owned(),
            ty,
        });
        Self {
            name,
            index,
            expressible: OnceLock::new(),
            signature: Signature {
                parameters: parameters.collect(),
                result: function.results().next(),
            },
        }
    }

    /// Whether its arguments and its result have a text form.
    fn is_expressible(&self) -> bool {
        *self.expressible.get_or_init(|| self.signature.is_expressible())
    }
}
