//! Who gives a module what it imports of WASI preview 1.

use std::borrow::Cow;

use anyhow::Context as _;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};

/// The name under which modules import WASI preview 1.
pub(super) const NAME: &str = "wasi_snapshot_preview1";

/// What answers WASI preview 1 inside a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Adapter {
    /// `command` for a module that is a program, else `empty`
    #[default]
    Auto,
    /// Imports nothing: no files, output is discarded, clocks count, random numbers are always the same
    Empty,
    /// Imports WASI 0.2, for a module that exports functions
    Reactor,
    /// Imports WASI 0.2, for a program
    Command,
}

impl Adapter {
    /// The one that is used.
    pub(super) fn for_module(self, is_command: bool) -> Self {
        match self {
            Self::Auto if is_command => Self::Command,
            Self::Auto => Self::Empty,
            chosen => chosen,
        }
    }

    /// The name by which it is chosen.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Empty => "empty",
            Self::Reactor => "reactor",
            Self::Command => "command",
        }
    }

    /// The module that does it.
    pub(super) fn bytes(self) -> anyhow::Result<Cow<'static, [u8]>> {
        Ok(match self {
            Self::Auto | Self::Empty => {
                let text = include_str!("empty.wat");
                wat::parse_str(text).context("the empty adapter is no module")?.into()
            }
            Self::Reactor => WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER.into(),
            Self::Command => WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER.into(),
        })
    }
}
