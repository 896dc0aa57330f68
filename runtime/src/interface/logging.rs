//! `wasi:logging`: what a guest logs goes where its output goes.

use wasmtime::component::HasData;

use super::bindings::wasi::logging::logging::{self, Host};
use super::{Interface, Log, View};
use crate::event::Level;

pub(super) fn interface<T: View + 'static>() -> Interface<T> {
    Interface {
        names: &["wasi:logging"],
        add_to_linker: |linker| logging::add_to_linker::<T, Logged>(linker, |state| state.log().clone()),
    }
}

struct Logged;

impl HasData for Logged {
    type Data<'a> = Log;
}

impl Host for Log {
    fn log(&mut self, level: logging::Level, context: String, message: String) {
        let level = match level {
            logging::Level::Trace => Level::Trace,
            logging::Level::Debug => Level::Debug,
            logging::Level::Info => Level::Info,
            logging::Level::Warn => Level::Warn,
            logging::Level::Error => Level::Error,
            logging::Level::Critical => Level::Critical,
        };
        self.entry(level, &context, &message);
    }
}
