//! How much there is when every nested component is expanded where it is instantiated, as a compiler does it.

use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind};

use super::tally::{Counted, Tally};
use crate::error::Error;

/// A component that is being read: what may be referred to by an index, and how much it stands for.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The components of its index space.
    components: Vec<Weight>,
    /// For each instance of its index space, how many items it leads to.
    instances: Vec<u64>,
    /// How many items it has.
    expanded: u64,
    exported: u64,
}

/// What a component stands for wherever it is referred to.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    expanded: u64,
    exported: u64,
}

/// The components that are being read, outermost first.
#[derive(Debug, Default)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    /// Begins a component.
    pub(super) fn open(&mut self, tally: &mut Tally) -> Result<(), Error> {
        self.0.push(Scope::default());
        tally.reach(Counted::Nesting, self.0.len() as u64)
    }

    /// Ends a component, which is an item of the one around it.
    pub(super) fn close(&mut self) {
        let Some(scope) = self.0.pop() else { return };
        if let Some(outer) = self.0.last_mut() {
            outer.components.push(Weight {
                expanded: scope.expanded.saturating_add(1),
                exported: scope.exported.saturating_add(1),
            });
        }
    }

    /// Notes items that refer to nothing which grows.
    pub(super) fn plain(&mut self, items: u64, tally: &mut Tally) -> Result<(), Error> {
        self.grow(items, tally)
    }

    /// Notes an import.
    pub(super) fn import(&mut self, kind: ComponentExternalKind, tally: &mut Tally) -> Result<(), Error> {
        match kind {
            ComponentExternalKind::Component => return Err(passed()),
            ComponentExternalKind::Instance => self.push_instance(1),
            _ => {}
        }
        self.grow(1, tally)
    }

    /// Notes an export, which gives what it exports another index.
    pub(super) fn export(&mut self, kind: ComponentExternalKind, index: u32, tally: &mut Tally) -> Result<(), Error> {
        let weight = self.item(kind, index)?;
        if let Some(scope) = self.0.last_mut() {
            scope.exported = scope.exported.saturating_add(weight);
            if kind == ComponentExternalKind::Instance {
                scope.instances.push(weight);
            }
        }
        self.grow(weight, tally)
    }

    /// Notes an instance.
    pub(super) fn instance(&mut self, instance: &ComponentInstance<'_>, tally: &mut Tally) -> Result<(), Error> {
        tally.add(Counted::Instances, 1)?;
        let mut leads_to = 1_u64;
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                for arg in args {
                    let weight = self.item(arg.kind, arg.index)?;
                    self.grow(weight, tally)?;
                }
                let weight = self.component(0, *component_index);
                leads_to = leads_to.saturating_add(weight.exported);
                self.grow(weight.expanded, tally)?;
            }
            ComponentInstance::FromExports(exports) => {
                for export in exports {
                    leads_to = leads_to.saturating_add(self.item(export.kind, export.index)?);
                }
            }
        }
        self.push_instance(leads_to);
        self.grow(leads_to, tally)
    }

    /// Notes an alias.
    pub(super) fn alias(&mut self, alias: &ComponentAlias<'_>, tally: &mut Tally) -> Result<(), Error> {
        let mut weight = 1;
        match alias {
            ComponentAlias::InstanceExport {
                kind, instance_index, ..
            } => match kind {
                ComponentExternalKind::Component => return Err(passed()),
                ComponentExternalKind::Instance => {
                    // Which of its exports is not looked up: none leads to more than the instance itself.
                    weight = self.item(*kind, *instance_index)?;
                    self.push_instance(weight);
                }
                _ => {}
            },
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Component,
                count,
                index,
            } => {
                let component = self.component(*count, *index);
                weight = component.expanded;
                if let Some(scope) = self.0.last_mut() {
                    scope.components.push(component);
                }
            }
            _ => {}
        }
        self.grow(weight, tally)
    }

    /// How many items a reference leads to.
    fn item(&self, kind: ComponentExternalKind, index: u32) -> Result<u64, Error> {
        match kind {
            ComponentExternalKind::Component => Err(passed()),
            ComponentExternalKind::Instance => {
                let scope = self.0.last();
                let weight = scope.and_then(|scope| scope.instances.get(index as usize));
                // An index beyond the instances is left to the validation.
                Ok(weight.copied().unwrap_or(1))
            }
            _ => Ok(1),
        }
    }

    fn component(&self, outward: u32, index: u32) -> Weight {
        let scope = self
            .0
            .len()
            .checked_sub(1 + outward as usize)
            .and_then(|place| self.0.get(place));
        let weight = scope.and_then(|scope| scope.components.get(index as usize));
        weight.copied().unwrap_or_default()
    }

    fn push_instance(&mut self, weight: u64) {
        if let Some(scope) = self.0.last_mut() {
            scope.instances.push(weight);
        }
    }

    fn grow(&mut self, items: u64, tally: &mut Tally) -> Result<(), Error> {
        let Some(scope) = self.0.last_mut() else { return Ok(()) };
        scope.expanded = scope.expanded.saturating_add(items);
        tally.reach(Counted::Expanded, scope.expanded)
    }
}

/// Nothing can be said of how a component grows that is handed over like a value; no tool makes such ones.
fn passed() -> Error {
    Error::NotAComponent {
        reason: "it passes components to components, which this host does not support".into(),
    }
}
