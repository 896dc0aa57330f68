//! How long a component waits for others.

use std::time::Duration;

use wasmtime_wasi_http::{Error, RequestOptions};

/// Each time when nothing is said, and the longest that can be said.
const USUAL: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(30);

/// The times of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timeouts {
    /// For finding the addresses, and again for the connection with its TLS.
    pub(super) connect: Duration,
    /// From the request to the whole header of the response.
    pub(super) first_byte: Duration,
    /// From one part of the body to the next.
    pub(super) between_bytes: Duration,
}

impl Timeouts {
    pub(super) fn of(options: Option<RequestOptions>) -> Result<Self, Error> {
        let options = options.unwrap_or_default();
        Ok(Self {
            connect: bounded(options.connect_timeout)?,
            first_byte: bounded(options.first_byte_timeout)?,
            between_bytes: bounded(options.between_bytes_timeout)?,
        })
    }
}

fn bounded(wanted: Option<Duration>) -> Result<Duration, Error> {
    match wanted {
        None => Ok(USUAL),
        // Some libraries mean no limit by it, and others that there is no time at all.
        Some(Duration::ZERO) => Err(Error::ConfigurationError),
        Some(wanted) => Ok(wanted.min(LONGEST)),
    }
}
