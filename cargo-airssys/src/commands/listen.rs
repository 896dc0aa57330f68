//! The options of the verbs that take HTTP requests.

use clap::Args;

use crate::ops::listen::{Address, Callers};

/// Where HTTP requests are taken, and from whom.
#[derive(Debug, Args)]
pub(super) struct Listen {
    /// Take HTTP requests at this address: those of web APIs by their `[http]` route, and `POST /call/NAME` for all
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<Address>,
    /// Let other machines reach the address, and name it by its number; names need `--allow-host`
    #[arg(long, requires = "listen")]
    allow_remote: bool,
    /// A host that requests may name, beside those of this machine; also several times
    #[arg(long, value_name = "NAME", requires = "listen")]
    allow_host: Vec<String>,
    /// An origin whose web pages may call components, such as https://shop.example; also several times
    #[arg(long, value_name = "ORIGIN", requires = "listen")]
    allow_origin: Vec<String>,
}

impl Listen {
    /// From whom requests are taken.
    pub(super) fn callers(&self) -> Callers {
        Callers {
            allow_remote: self.allow_remote,
            hosts: self.allow_host.clone(),
            origins: self.allow_origin.clone(),
        }
    }
}
