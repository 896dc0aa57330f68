//! Everything that a component usually needs, in one `use`.

pub use airssys_wasm_component::{
    component, component_capabilities, component_execute, component_health, component_impl, component_init,
    component_restore, component_save, component_shutdown,
};

pub use crate::config::ComponentConfig;
pub use crate::description::{Capability, ComponentMetadata, HealthStatus};
pub use crate::error::{ComponentError, ComponentResult};
pub use crate::message::{ComponentInput, ComponentOutput};
pub use crate::state::ComponentState;
pub use crate::universal::{StatefulComponent, UniversalComponent};
