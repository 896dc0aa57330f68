//! What the values of `wasi:http` take of the host's memory: a guest makes them from its own, and none of that is counted
//! there.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, Request};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable, ResourceTableError};
use wasmtime_wasi::p2::DynOutputStream;
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::HeaderResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    self as wit, HeaderError, Host, HostFields, HostOutgoingRequest as _, Method, RequestOptions, Scheme,
};
use wasmtime_wasi_http::p2::body::{HostFutureTrailers, HostIncomingBody, HostOutgoingBody};
use wasmtime_wasi_http::p2::types::{
    HostFutureIncomingResponse, HostIncomingRequest, HostIncomingResponse, HostOutgoingRequest, HostOutgoingResponse,
};

use super::part::{MIN_PART, Parts};
use super::{HANDLER, MAX_FIELDS, MAX_WRITE, TYPES};
use crate::interface::View;

/// The longest parts of the request line that a guest may set, in bytes.
const MAX_METHOD: usize = 64;
const MAX_SCHEME: usize = 64;
const MAX_AUTHORITY: usize = 1 << 10;
const MAX_PATH: usize = 16 << 10;

/// The most bytes that all such values of an instance hold, and how many come to be before they are counted again.
const MAX_HELD: usize = 16 << 20;
const COUNTED_EVERY: usize = 1 << 20;

/// What a request or response holds of its body, also when that is finished: what waits to be sent, and its trailers.
const BODY: usize = 2 * MAX_WRITE + MAX_FIELDS;

/// The most that the trailers of an answer take. What is there of its body is not counted here, because its request is under
/// way until that has ended or is given up.
const TRAILERS: usize = 16 << 10;

/// What a value takes beside its bytes.
const VALUE: usize = 128;

/// How much has come to be since what there is was counted.
#[derive(Debug, Default)]
pub(crate) struct Held {
    since: usize,
    /// How much the requests hold that came in, by their numbers in the table.
    requests: BTreeMap<u32, usize>,
    /// What came of their bodies.
    pub(crate) parts: Parts,
}

impl Held {
    /// Notes that a request comes in; fails when too much is kept of those before.
    pub(crate) fn note_request(
        &mut self,
        request: Incoming,
        table: &mut ResourceTable,
    ) -> Result<(), ResourceTableError> {
        self.note(request.0 + MIN_PART, table)
    }

    /// Counts a request as long as it is in the table.
    pub(crate) fn keep(&mut self, request: Incoming, resource: &Resource<HostIncomingRequest>) {
        self.requests.insert(resource.rep(), request.0);
    }

    /// Notes that a guest hands over so many bytes; fails when all that it has handed over is too much.
    fn note(&mut self, bytes: usize, table: &mut ResourceTable) -> Result<(), ResourceTableError> {
        self.since = self.since.saturating_add(bytes.saturating_add(VALUE));
        if self.since < COUNTED_EVERY {
            return Ok(());
        }
        self.since = 0;
        self.requests.retain(|number, _| {
            let resource = Resource::<HostIncomingRequest>::new_borrow(*number);
            table.get(&resource).is_ok()
        });
        let held: usize = table.iter_mut().map(held_by).sum();
        let held = held + self.requests.values().sum::<usize>() + self.parts.held();
        // The same as for too many handles: each of them holds something.
        if held.saturating_add(bytes) > MAX_HELD {
            return Err(ResourceTableError::Full);
        }
        Ok(())
    }
}

/// What a request holds that comes in.
#[derive(Clone, Copy)]
pub(crate) struct Incoming(usize);

impl Incoming {
    /// Makes its header the instance's own, so that keeping it keeps nothing else that was read from its connection.
    pub(crate) fn of<B>(request: &mut Request<B>) -> Self {
        own(request.headers_mut());
        let uri = request.uri().to_string();
        let length = uri.len();
        if let Ok(uri) = uri.parse() {
            *request.uri_mut() = uri;
        }
        Self(content(request.headers()) + length)
    }
}

/// How many bytes an entry of the table holds, at most.
fn held_by(entry: &mut (dyn std::any::Any + Send)) -> usize {
    if let Some(fields) = entry.downcast_ref::<FieldMap>() {
        return content(fields);
    }
    if let Some(request) = entry.downcast_ref::<HostOutgoingRequest>() {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let line = text(&request.authority) + text(&request.path_with_query);
        return content(&request.headers) + line + of_body(request.body.is_some(), BODY);
    }
    if let Some(response) = entry.downcast_ref::<HostOutgoingResponse>() {
        return content(&response.headers) + of_body(response.body.is_some(), BODY);
    }
    if let Some(response) = entry.downcast_ref::<HostIncomingResponse>() {
        return content(&response.headers) + VALUE;
    }
    if let Some(response) = entry.downcast_ref::<HostFutureIncomingResponse>() {
        return of_body(!matches!(response, HostFutureIncomingResponse::Consumed), MAX_FIELDS);
    }
    if entry.is::<HostIncomingBody>() || entry.is::<HostFutureTrailers>() {
        return TRAILERS;
    }
    match entry.is::<HostOutgoingBody>() || entry.is::<DynOutputStream>() {
        true => MAX_WRITE,
        false => 0,
    }
}

/// What a value takes beside its header, with a body that holds so much, or without one.
fn of_body(is_there: bool, bytes: usize) -> usize {
    if is_there { bytes + VALUE } else { VALUE }
}

/// Copies what was read from a connection, so that nobody who keeps a field of it keeps all that was read with it.
pub(crate) fn own(headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        // It is one already, so it can be one.
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
}

fn content(fields: &HeaderMap) -> usize {
    let bytes = fields
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + VALUE);
    bytes.sum::<usize>() + VALUE
}

/// Notes what a guest hands over.
fn note<T: View + 'static>(store: &mut StoreContextMut<'_, T>, bytes: usize) -> wasmtime::Result<()> {
    let (held, table) = store.data_mut().held();
    Ok(held.note(bytes, table)?)
}

/// What the guest is told of a header, or why it is stopped.
fn told<T: View + 'static, R>(
    store: &mut StoreContextMut<'_, T>,
    result: HeaderResult<R>,
) -> wasmtime::Result<(Result<R, HeaderError>,)> {
    Ok((match result {
        Ok(result) => Ok(result),
        Err(error) => Err(store.data_mut().http().convert_header_error(error)?),
    },))
}

/// Puts functions in the place of the library's that bound what they keep.
pub(super) fn add_to_linker<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut types = linker.instance(TYPES)?;
    types.func_wrap("[constructor]fields", |mut store, (): ()| {
        note::<T>(&mut store, 0)?;
        Ok((HostFields::new(&mut store.data_mut().http())?,))
    })?;
    types.func_wrap(
        "[static]fields.from-list",
        |mut store, (entries,): (Vec<(String, Vec<u8>)>,)| {
            let bytes = entries.iter().map(|(name, value)| name.len() + value.len() + VALUE);
            note::<T>(&mut store, bytes.sum())?;
            let made = store.data_mut().http().from_list(entries);
            told(&mut store, made)
        },
    )?;
    types.func_wrap(
        "[method]fields.set",
        |mut store, (fields, name, values): (Resource<FieldMap>, String, Vec<Vec<u8>>)| {
            let bytes: usize = values.iter().map(|value| value.len() + VALUE).sum();
            note::<T>(&mut store, name.len() + bytes)?;
            let set = store.data_mut().http().set(fields, name, values);
            told(&mut store, set)
        },
    )?;
    types.func_wrap(
        "[method]fields.append",
        |mut store, (fields, name, value): (Resource<FieldMap>, String, Vec<u8>)| {
            note::<T>(&mut store, name.len() + value.len())?;
            let appended = store.data_mut().http().append(fields, name, value);
            told(&mut store, appended)
        },
    )?;
    types.func_wrap("[method]fields.clone", |mut store, (fields,): (Resource<FieldMap>,)| {
        // It is a copy as soon as it is changed.
        note::<T>(&mut store, MAX_FIELDS)?;
        Ok((HostFields::clone(&mut store.data_mut().http(), fields)?,))
    })?;
    add_requests(linker)
}

fn add_requests<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    type Request = Resource<HostOutgoingRequest>;

    let mut types = linker.instance(TYPES)?;
    types.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store, (request, method): (Request, Method)| {
            let length = if let Method::Other(name) = &method {
                name.len()
            } else {
                0
            };
            if length > MAX_METHOD {
                return Ok((Err(()),));
            }
            note::<T>(&mut store, length)?;
            Ok((store.data_mut().http().set_method(request, method)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-scheme",
        |mut store, (request, scheme): (Request, Option<Scheme>)| {
            let length = if let Some(Scheme::Other(name)) = &scheme {
                name.len()
            } else {
                0
            };
            if length > MAX_SCHEME {
                return Ok((Err(()),));
            }
            note::<T>(&mut store, length)?;
            Ok((store.data_mut().http().set_scheme(request, scheme)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut store, (request, authority): (Request, Option<String>)| {
            let length = authority.as_ref().map_or(0, String::len);
            if length > MAX_AUTHORITY {
                return Ok((Err(()),));
            }
            note::<T>(&mut store, length)?;
            Ok((store.data_mut().http().set_authority(request, authority)?,))
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        |mut store, (request, path): (Request, Option<String>)| {
            let length = path.as_ref().map_or(0, String::len);
            if length > MAX_PATH {
                return Ok((Err(()),));
            }
            note::<T>(&mut store, length)?;
            Ok((store.data_mut().http().set_path_with_query(request, path)?,))
        },
    )?;
    types.func_wrap("[method]outgoing-request.body", |mut store, (request,): (Request,)| {
        note::<T>(&mut store, BODY)?;
        Ok((wit::HostOutgoingRequest::body(&mut store.data_mut().http(), request)?,))
    })?;
    types.func_wrap(
        "[method]outgoing-response.body",
        |mut store, (response,): (Resource<HostOutgoingResponse>,)| {
            note::<T>(&mut store, BODY)?;
            Ok((wit::HostOutgoingResponse::body(&mut store.data_mut().http(), response)?,))
        },
    )?;
    add_answers(linker)
}

fn add_answers<T: View + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut types = linker.instance(TYPES)?;
    types.func_wrap(
        "[method]future-incoming-response.get",
        |mut store, (response,): (Resource<HostFutureIncomingResponse>,)| {
            note::<T>(&mut store, MAX_FIELDS)?;
            Ok((wit::HostFutureIncomingResponse::get(
                &mut store.data_mut().http(),
                response,
            )?,))
        },
    )?;
    types.func_wrap(
        "[method]future-trailers.get",
        |mut store, (trailers,): (Resource<HostFutureTrailers>,)| {
            note::<T>(&mut store, TRAILERS)?;
            Ok((wit::HostFutureTrailers::get(&mut store.data_mut().http(), trailers)?,))
        },
    )?;
    let mut handler = linker.instance(HANDLER)?;
    handler.func_wrap(
        "handle",
        |mut store, (request, options): (Resource<HostOutgoingRequest>, Option<Resource<RequestOptions>>)| {
            note::<T>(&mut store, MAX_FIELDS)?;
            let sent = store.data_mut().http().handle(request, options);
            Ok((match sent {
                Ok(response) => Ok(response),
                Err(error) => Err(Host::convert_error_code(&mut store.data_mut().http(), error)?),
            },))
        },
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use http_body_util::{BodyExt, Empty};

    use super::*;

    #[test]
    fn what_an_instance_holds_is_bounded() {
        let (mut held, mut table) = (Held::default(), ResourceTable::new());
        let fields = || {
            let mut fields = FieldMap::new_mutable(MAX_FIELDS);
            let value = HeaderValue::from_bytes(&[b'a'; 30_000]).unwrap();
            fields.append_raw(HeaderName::from_static("a"), value).unwrap();
            fields
        };
        // What is gone again counts for nothing.
        for _ in 0..2_000 {
            held.note(30_000, &mut table).unwrap();
            let made = table.push(fields()).unwrap();
            table.delete(made).unwrap();
        }
        check(30_000, |table| {
            table.push(fields()).unwrap();
        });
    }

    /// Values that hold so much are made until there are too many.
    fn check(bytes: usize, mut make: impl FnMut(&mut ResourceTable)) {
        let (mut held, mut table) = (Held::default(), ResourceTable::new());
        let mut made = 0;
        while held.note(bytes, &mut table).is_ok() {
            make(&mut table);
            made += 1;
            assert!(made < 2_000);
        }
        assert!(
            made * bytes > MAX_HELD / 2 && made * bytes < MAX_HELD + 2 * COUNTED_EVERY,
            "{made}"
        );
    }

    #[test]
    fn requests_and_responses_hold_their_bodies_when_nobody_writes_them_any_more() {
        let body = || Empty::new().map_err(|never| match never {}).boxed_unsync();
        check(BODY, |table| {
            let request = HostOutgoingRequest {
                method: Method::Get,
                scheme: None,
                authority: None,
                path_with_query: None,
                headers: FieldMap::default(),
                body: Some(body()),
            };
            table.push(request).unwrap();
        });
        check(BODY, |table| {
            let response = HostOutgoingResponse {
                status: http::StatusCode::OK,
                headers: FieldMap::default(),
                body: Some(body()),
            };
            table.push(response).unwrap();
        });
    }

    #[test]
    fn answers_hold_what_has_come_of_them() {
        check(TRAILERS, |table| {
            let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
            table.push(HostIncomingBody::new(body)).unwrap();
        });
        check(30_000, |table| {
            let mut fields = FieldMap::new_mutable(MAX_FIELDS);
            let value = HeaderValue::from_bytes(&[b'a'; 30_000]).unwrap();
            fields.append_raw(HeaderName::from_static("a"), value).unwrap();
            let response = HostIncomingResponse {
                status: 200,
                headers: fields,
                body: None,
            };
            table.push(response).unwrap();
        });
        check(MAX_FIELDS, |table| {
            let failed = Err(wasmtime_wasi_http::Error::HttpProtocolError);
            table.push(HostFutureIncomingResponse::Ready(failed)).unwrap();
        });
    }

    #[test]
    fn parts_of_bodies_count_until_they_are_taken() {
        let (mut held, mut table) = (Held::default(), ResourceTable::new());
        let part = |held: &Held| held.parts.count(bytes::Bytes::from_static(b"part"));
        for _ in 0..1_000 {
            held.note(MIN_PART, &mut table).unwrap();
            assert_eq!(part(&held), "part");
        }
        let mut kept = Vec::new();
        while held.note(MIN_PART, &mut table).is_ok() {
            kept.push(part(&held).slice(..1));
            assert!(kept.len() < 1_000);
        }
        kept.clear();
        assert_eq!(held.parts.held(), 0);
    }

    #[test]
    fn what_is_kept_of_a_header_is_not_what_was_read_with_it() {
        let read = bytes::Bytes::from(vec![b'a'; 1_000]);
        let mut headers = HeaderMap::new();
        let mut value = HeaderValue::from_maybe_shared(read.slice(..5)).unwrap();
        value.set_sensitive(true);
        headers.insert("a", value);
        assert!(!read.is_unique());
        own(&mut headers);
        assert!(read.is_unique());
        assert!(headers["a"] == "aaaaa" && headers["a"].is_sensitive());
    }
}
