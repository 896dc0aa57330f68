//! Counts its calls, and writes the count by hand, in the format that is configured.

use airssys_wasm_sdk::prelude::*;

/// What opens a state of format 2.
const OPENING: &str = "v2:";

/// Counts its calls.
#[component]
pub struct Counter {
    format: u8,
    count: u64,
}

#[component_impl]
impl Counter {
    /// Starts at nothing; the key `format` is 1 unless it is configured, or 2.
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        match config.get("format")?.unwrap_or(1) {
            format @ (1 | 2) => Ok(Self { format, count: 0 }),
            format => Err(ComponentError::invalid_input(format!("there is no format {format}"))),
        }
    }

    /// Answers with the number of this call.
    #[component_execute]
    pub fn count(&mut self, _input: ComponentInput) -> ComponentResult {
        self.count += 1;
        Ok(ComponentOutput::text(self.count.to_string()))
    }

    /// Writes `3` in format 1 and `v2:3` in format 2.
    #[component_save]
    pub fn save(&self) -> Result<Vec<u8>, ComponentError> {
        let opening = if self.format == 2 { OPENING } else { "" };
        Ok(format!("{opening}{}", self.count).into_bytes())
    }

    /// Format 2 reads both, so that it can follow format 1; format 1 knows only itself, so that there is no way back.
    #[component_restore]
    pub fn restore(&mut self, from_version: &str, saved: &[u8]) -> Result<(), ComponentError> {
        let unreadable = || {
            let reason = format!("format {} does not read what version {from_version} saved", self.format);
            ComponentError::failed("state-format", reason)
        };
        let text = std::str::from_utf8(saved).map_err(|_| unreadable())?;
        let count = match text.strip_prefix(OPENING) {
            Some(_) if self.format == 1 => return Err(unreadable()),
            Some(count) => count,
            None => text,
        };
        self.count = count.parse().map_err(|_| unreadable())?;
        Ok(())
    }
}
