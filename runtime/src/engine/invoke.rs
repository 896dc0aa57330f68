//! Typed calls of a component's own exports on an instance.

use wasmtime::component::Val;

use super::instance::{HOSTCALL_FUEL, Instance};
use super::metered::Metered;
use crate::error::Error;
use crate::typed::{Invocation, Value, read};

/// What a typed result may take in the host's memory, where each of its values takes 40 bytes or more.
/// A list of bytes has up to 400,000 elements with it.
const RESULT_FUEL: usize = 16 << 20;

impl Instance {
    /// Makes the calls in order, up to the first that fails.
    pub(crate) async fn invoke_all(&mut self, invocations: &[Invocation]) -> Vec<Metered<Result<Value, Error>>> {
        let mut results = Vec::with_capacity(invocations.len());
        for invocation in invocations {
            // One that fails before the guest is entered takes nothing.
            self.store.data_mut().fuel = None;
            let result = self.invoke(invocation).await;
            let failed = result.is_err();
            results.push(Metered::new(result, self.store.data().fuel));
            if failed {
                break;
            }
        }
        results
    }

    async fn invoke(&mut self, invocation: &Invocation) -> Result<Value, Error> {
        let prepared = self.prepared.clone();
        let export = prepared.exports().find(&prepared.release.name, &invocation.export)?;
        let arguments: Vec<Val> = read(invocation, &export.signature)?;
        let function = self
            .linked
            .as_ref()
            .and_then(|linked| linked.get_func(&mut self.store, export.index));
        let function = function.ok_or_else(|| Error::Engine {
            reason: format!("the export `{}` was lost", invocation.export),
        })?;
        let result = &export.signature.result;
        let mut results = vec![Val::Bool(false); usize::from(result.is_some())];
        self.store.set_hostcall_fuel(RESULT_FUEL);
        let ended = self
            .enter(&invocation.export, async |store| {
                function.call_async(store, &arguments, &mut results).await
            })
            .await;
        self.store.set_hostcall_fuel(HOSTCALL_FUEL);
        ended?;
        Ok(match (result, results.pop()) {
            (Some(ty), Some(value)) => Value::new(ty.clone(), value),
            _ => Value::nothing(),
        })
    }
}
