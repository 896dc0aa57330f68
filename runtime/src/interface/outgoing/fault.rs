//! What went wrong with a request, as the interface says it.

use std::error::Error as _;
use std::io;

use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

use crate::interface::network::Unresolved;

/// Why there are no addresses.
pub(super) fn of_resolving(unresolved: Unresolved) -> Error {
    match unresolved {
        Unresolved::Prohibited => Error::DestinationIpProhibited,
        Unresolved::TooMany => Error::ConnectionLimitReached,
        Unresolved::Unknown => Error::DnsError {
            rcode: None,
            info_code: None,
        },
    }
}

/// Why there is no connection.
pub(super) fn of_connecting(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Error::ConnectionTerminated,
        _ => Error::ConnectionRefused,
    }
}

/// Why there is no TLS.
pub(super) fn of_tls(error: &io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
            alert_id: Some((*alert).into()),
            alert_message: Some(format!("{alert:?}")),
        },
        Some(_) => Error::TlsProtocolError,
        None => Error::ConnectionTerminated,
    }
}

/// Why there is no response, or no more of it.
pub(super) fn of_exchange(error: &hyper::Error, has_begun: bool) -> Error {
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    if let Some(own) = own(error) {
        return own;
    }
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::QuotaExceeded) {
        return Error::ConnectionLimitReached;
    }
    if error.is_timeout() {
        return Error::HttpResponseTimeout;
    }
    if error.is_parse() || error.is_parse_status() {
        return Error::HttpProtocolError;
    }
    // Whatever it was: what came is not all.
    if has_begun || error.is_incomplete_message() {
        return Error::HttpResponseIncomplete;
    }
    if error.is_body_write_aborted() {
        return Error::HttpRequestBodySize(None);
    }
    Error::ConnectionTerminated
}

/// The error with which a body of ours broke off.
fn own(error: &hyper::Error) -> Option<Error> {
    match error.source()?.downcast_ref::<Error>()? {
        Error::HttpRequestDenied => Some(Error::HttpRequestDenied),
        Error::HttpRequestBodySize(size) => Some(Error::HttpRequestBodySize(*size)),
        _ => Some(Error::HttpProtocolError),
    }
}

/// The code of an error with which a body broke off.
pub(crate) fn code(error: &Error) -> ErrorCode {
    match error {
        Error::HttpRequestDenied => ErrorCode::HttpRequestDenied,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseHeaderSectionSize(size) => ErrorCode::HttpResponseTrailerSectionSize(*size),
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::ConnectionLimitReached => ErrorCode::ConnectionLimitReached,
        _ => ErrorCode::HttpProtocolError,
    }
}
