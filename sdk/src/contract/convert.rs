//! The types of the contract from and to the types that authors see.

use super::bindings::guest::airssys::component::types;
use crate::description::{Capability, ComponentMetadata, HealthStatus};
use crate::error::ComponentError;
use crate::message::{ComponentInput, ComponentOutput, Content};

impl From<types::Message> for ComponentInput {
    fn from(message: types::Message) -> Self {
        Self(Content {
            content_type: message.content_type,
            body: message.body,
            metadata: message.metadata,
        })
    }
}

impl From<ComponentOutput> for types::Message {
    fn from(output: ComponentOutput) -> Self {
        Self {
            content_type: output.0.content_type,
            body: output.0.body,
            metadata: output.0.metadata,
        }
    }
}

impl From<ComponentError> for types::ComponentError {
    fn from(error: ComponentError) -> Self {
        match error {
            ComponentError::InvalidInput(reason) => Self::InvalidInput(reason),
            ComponentError::Denied(what) => Self::Denied(what),
            ComponentError::Unavailable(reason) => Self::Unavailable(reason),
            ComponentError::Failed { code, message } => Self::Failed(types::Failure { code, message }),
        }
    }
}

impl From<Capability> for types::Capability {
    fn from(capability: Capability) -> Self {
        match capability {
            Capability::FileRead(pattern) => Self::FileRead(pattern),
            Capability::FileWrite(pattern) => Self::FileWrite(pattern),
            Capability::NetworkOutbound(address) => Self::NetworkOutbound(address),
            Capability::NetworkInbound(address) => Self::NetworkInbound(address),
            Capability::SystemCall(name) => Self::SystemCall(name),
            Capability::Storage(bucket) => Self::Storage(bucket),
            Capability::Messaging(name) => Self::Messaging(name),
            Capability::Custom { name, pattern } => Self::Custom(types::CustomCapability { name, pattern }),
        }
    }
}

impl From<ComponentMetadata> for types::ComponentMetadata {
    fn from(metadata: ComponentMetadata) -> Self {
        Self {
            name: metadata.name,
            version: metadata.version,
            description: metadata.description,
        }
    }
}

impl From<HealthStatus> for types::Health {
    fn from(health: HealthStatus) -> Self {
        match health {
            HealthStatus::Healthy => Self::Healthy,
            HealthStatus::Degraded(how) => Self::Degraded(how),
            HealthStatus::Unhealthy(why) => Self::Unhealthy(why),
        }
    }
}
