//! The exported functions of a component, found by name.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Type};

use crate::component::{ComponentName, nearest};
use crate::error::Error;
use crate::typed::{ExportName, Parameter, Signature, shortest};

/// Every exported function of a component.
pub(super) struct Exports(Vec<Export>);

/// An exported function.
pub(super) struct Export {
    pub(super) name: ExportName,
    pub(super) index: ComponentExportIndex,
    pub(super) signature: Signature<Type>,
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
        Self(found)
    }

    /// The one export that `said` means.
    pub(super) fn find(&self, component: &ComponentName, said: &str) -> Result<&Export, Error> {
        let meant: Vec<&Export> = self.0.iter().filter(|export| export.name.is_meant_by(said)).collect();
        // A name in full means its export, also when it is a part of others.
        let exact = meant.iter().find(|export| export.name.full() == said);
        let found = match (exact, meant.as_slice()) {
            (Some(exact), _) => exact,
            (None, [one]) => one,
            (None, several) => {
                let function = said.rsplit(['#', '.']).next().unwrap_or(said);
                let like = nearest(function, self.0.iter().map(|export| export.name.function.as_str()));
                let like = like.and_then(|like| self.0.iter().find(|export| export.name.function == like));
                return Err(Error::UnknownExport {
                    component: component.clone(),
                    export: said.to_owned(),
                    candidates: several.iter().map(|export| self.shortest(export)).collect(),
                    nearest: like.filter(|_| several.is_empty()).map(|export| self.shortest(export)),
                });
            }
        };
        if !found.signature.is_expressible() {
            return Err(Error::UnsupportedType {
                export: said.to_owned(),
                signature: format!("{}{}", found.name.function, found.signature),
            });
        }
        Ok(found)
    }

    fn shortest(&self, export: &Export) -> String {
        shortest(&export.name, self.0.iter().map(|export| &export.name))
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
            signature: Signature {
                parameters: parameters.collect(),
                result: function.results().next(),
            },
        }
    }
}
