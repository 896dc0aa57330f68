//! What a typed call returned.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;
use wasm_wave::wasm::WasmValue;

use super::json::{ByteForm, to_json};

/// What an export returned, with its type.
#[derive(Clone)]
pub struct Value(Option<Arc<dyn Written>>);

/// A value that has text forms, whatever engine it comes from.
trait Written: Send + Sync {
    fn to_wave(&self) -> String;
    fn to_json(&self, bytes: ByteForm) -> Json;
}

struct Typed<V: WasmValue> {
    ty: V::Type,
    value: V,
}

impl Value {
    /// The value of an export that returns something.
    pub(crate) fn new<V>(ty: V::Type, value: V) -> Self
    where
        V: WasmValue + Send + Sync + 'static,
        V::Type: Send + Sync,
    {
        Self(Some(Arc::new(Typed { ty, value })))
    }

    /// What an export without a result returns.
    pub(crate) fn nothing() -> Self {
        Self(None)
    }

    /// The value in WAVE, in one line; `()` when the export returns nothing.
    pub fn to_wave(&self) -> String {
        self.0.as_ref().map_or_else(|| "()".into(), |value| value.to_wave())
    }

    /// The value in JSON; `null` when the export returns nothing.
    pub fn to_json(&self, bytes: ByteForm) -> Json {
        self.0.as_ref().map_or(Json::Null, |value| value.to_json(bytes))
    }
}

impl<V> Written for Typed<V>
where
    V: WasmValue + Send + Sync,
    V::Type: Send + Sync,
{
    fn to_wave(&self) -> String {
        // Types without a text form are refused before the call.
        wasm_wave::to_string(&self.value).unwrap_or_default()
    }

    fn to_json(&self, bytes: ByteForm) -> Json {
        to_json(&self.ty, &self.value, bytes)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_wave())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_wave())
    }
}
