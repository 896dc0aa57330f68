//! The contract's interfaces as typed calls, and the conversions to this crate's types.

use crate::component::{AccessRequests, ComponentError, Failure, Health, Message};
use crate::error::{Bounded, Error};

/// What wasmtime generates from `wit/`.
mod generated {
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

    wasmtime::component::bindgen!({
        path: ["wit/deps/io", "wit/component"],
        inline: "
            package airssys:engine;
            world exported {
                export airssys:component/guest@0.1.0;
                export airssys:component/state@0.1.0;
            }
        ",
        world: "airssys:engine/exported",
        exports: { default: async },
    });
}

pub(super) use generated::airssys::component::types;
pub(super) use generated::exports::airssys::component::{guest, state};

impl From<Message> for types::Message {
    fn from(message: Message) -> Self {
        Self {
            content_type: message.content_type,
            body: message.body,
            metadata: message.metadata,
        }
    }
}

impl From<types::Message> for Message {
    fn from(message: types::Message) -> Self {
        Self {
            content_type: message.content_type,
            body: message.body,
            metadata: message.metadata,
        }
    }
}

impl From<types::ComponentError> for ComponentError {
    fn from(error: types::ComponentError) -> Self {
        match error {
            types::ComponentError::InvalidInput(reason) => Self::InvalidInput(reason),
            types::ComponentError::Denied(reason) => Self::Denied(reason),
            types::ComponentError::Unavailable(reason) => Self::Unavailable(reason),
            types::ComponentError::Failed(types::Failure { code, message }) => Self::Failed(Failure { code, message }),
        }
    }
}

impl From<types::Health> for Health {
    fn from(health: types::Health) -> Self {
        match health {
            types::Health::Healthy => Self::Healthy,
            types::Health::Degraded(reason) => Self::Degraded(reason),
            types::Health::Unhealthy(reason) => Self::Unhealthy(reason),
        }
    }
}

/// The most bytes of all requests of a component, which are recorded with the release.
const MAX_REQUEST_BYTES: usize = 64 << 10;
/// What a request counts for beside its text, so that there are at most 1,024.
const REQUEST_BYTES: usize = 64;

/// Adds what `required-capabilities` returned to a manifest's requests.
pub(super) fn add_requests(requests: &mut AccessRequests, asked: Vec<types::Capability>) -> Result<(), Error> {
    // Looked at before anything is compared with anything, because the list comes from the guest.
    let size = asked.iter().map(|request| REQUEST_BYTES + text_length(request)).sum();
    if size > MAX_REQUEST_BYTES {
        return Err(Error::too_large(Bounded::Requests, size, MAX_REQUEST_BYTES));
    }
    for capability in asked {
        let (list, pattern) = match capability {
            types::Capability::FileRead(pattern) => (&mut requests.file_read, pattern),
            types::Capability::FileWrite(pattern) => (&mut requests.file_write, pattern),
            types::Capability::NetworkOutbound(pattern) => (&mut requests.network_outbound, pattern),
            types::Capability::NetworkInbound(pattern) => (&mut requests.network_inbound, pattern),
            types::Capability::SystemCall(pattern) => (&mut requests.system_call, pattern),
            types::Capability::Storage(pattern) => (&mut requests.storage, pattern),
            types::Capability::Messaging(pattern) => (&mut requests.messaging, pattern),
            types::Capability::Custom(types::CustomCapability { name, pattern }) => {
                (&mut requests.custom.entry(name).or_default().patterns, pattern)
            }
        };
        AccessRequests::add(list, pattern);
    }
    Ok(())
}

fn text_length(capability: &types::Capability) -> usize {
    match capability {
        types::Capability::FileRead(pattern)
        | types::Capability::FileWrite(pattern)
        | types::Capability::NetworkOutbound(pattern)
        | types::Capability::NetworkInbound(pattern)
        | types::Capability::SystemCall(pattern)
        | types::Capability::Storage(pattern)
        | types::Capability::Messaging(pattern) => pattern.len(),
        types::Capability::Custom(custom) => custom.name.len() + custom.pattern.len(),
    }
}
