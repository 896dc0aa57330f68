//! Answers as it is configured to, and fails as it is configured to: what a release does that turns out badly.

use std::time::{Duration, Instant};

use airssys_wasm_sdk::prelude::*;

/// The guest.
#[component]
pub struct Guest {
    answer: String,
    fault: String,
    started: Instant,
}

#[component_impl]
impl Guest {
    /// Reads `answer` and `fault`.
    #[component_init]
    pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
        let fault: String = config.get("fault")?.unwrap_or_default();
        if fault == "loops-in-init" {
            spin();
        }
        Ok(Self {
            answer: config.get("answer")?.unwrap_or_else(|| "good".into()),
            fault,
            started: Instant::now(),
        })
    }

    /// Answers, or does not; sleeps first when it is called with `sleep N`, for so many milliseconds.
    #[component_execute]
    pub fn execute(&mut self, input: ComponentInput) -> ComponentResult {
        let text = input.text()?;
        if let Some(milliseconds) = text.strip_prefix("sleep ") {
            std::thread::sleep(Duration::from_millis(milliseconds.parse().unwrap_or(0)));
        }
        match self.fault.as_str() {
            "traps" => panic!("as configured"),
            "answers-with-an-error" => Err(ComponentError::failed("configured", "to fail")),
            "refuses-input" => Err(ComponentError::invalid_input("as configured")),
            "is-slow" => {
                std::thread::sleep(Duration::from_millis(50));
                Ok(ComponentOutput::text(self.answer.clone()))
            }
            "eats-memory" => {
                let mut eaten = Vec::new();
                loop {
                    eaten.push(std::hint::black_box(vec![1_u8; 1 << 20]));
                }
            }
            _ => Ok(ComponentOutput::text(self.answer.clone())),
        }
    }

    /// Is unhealthy for ever, or for its first 100 milliseconds, when it is configured to be.
    #[component_health]
    pub fn health(&self) -> HealthStatus {
        let warms_up = self.fault == "warms-up" && self.started.elapsed() < Duration::from_millis(100);
        if self.fault == "is-unhealthy" || warms_up {
            return HealthStatus::Unhealthy("as configured".into());
        }
        HealthStatus::Healthy
    }

    /// Ends, or not.
    #[component_shutdown]
    pub fn shutdown(&mut self) -> Result<(), ComponentError> {
        if self.fault == "loops-in-shutdown" {
            spin();
        }
        Ok(())
    }
}

fn spin() -> ! {
    loop {
        std::hint::black_box(());
    }
}
