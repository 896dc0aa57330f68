//! What the values of `wasi:http` take of the host's memory: a guest makes them from its own, and none of that is counted
//! there.

use http::HeaderMap;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable, ResourceTableError};
use wasmtime_wasi::p2::DynOutputStream;
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::HeaderResult;
use wasmtime_wasi_http::p2::bindings::http::types::{
    self as wit, HeaderError, Host, HostFields, HostOutgoingRequest as _, Method, Scheme,
};
use wasmtime_wasi_http::p2::body::HostOutgoingBody;
use wasmtime_wasi_http::p2::types::{HostOutgoingRequest, HostOutgoingResponse};

use super::{MAX_FIELDS, MAX_WRITE, TYPES};
use crate::interface::View;

/// The longest parts of the request line that a guest may set, in bytes.
const MAX_METHOD: usize = 64;
const MAX_SCHEME: usize = 64;
const MAX_AUTHORITY: usize = 1 << 10;
const MAX_PATH: usize = 16 << 10;

/// The most bytes that all such values of an instance hold, and how many come to be before they are counted again.
const MAX_HELD: usize = 16 << 20;
const COUNTED_EVERY: usize = 1 << 20;

/// What a body holds that is being written: what is on its way, and what waits for it.
const BODY: usize = 2 * MAX_WRITE;

/// What a value takes beside its bytes.
const VALUE: usize = 128;

/// How much has come to be since what there is was counted.
#[derive(Debug, Default)]
pub(crate) struct Held(usize);

impl Held {
    /// Notes that a guest hands over so many bytes; fails when all that it has handed over is too much.
    fn note(&mut self, bytes: usize, table: &mut ResourceTable) -> Result<(), ResourceTableError> {
        self.0 = self.0.saturating_add(bytes.saturating_add(VALUE));
        if self.0 < COUNTED_EVERY {
            return Ok(());
        }
        self.0 = 0;
        let held: usize = table.iter_mut().map(held_by).sum();
        // The same as for too many handles: each of them holds something.
        if held.saturating_add(bytes) > MAX_HELD {
            return Err(ResourceTableError::Full);
        }
        Ok(())
    }
}

/// How many bytes an entry of the table holds, at most.
fn held_by(entry: &mut (dyn std::any::Any + Send)) -> usize {
    if let Some(fields) = entry.downcast_ref::<FieldMap>() {
        return content(fields);
    }
    if let Some(request) = entry.downcast_ref::<HostOutgoingRequest>() {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        return content(&request.headers) + text(&request.authority) + text(&request.path_with_query) + VALUE;
    }
    if let Some(response) = entry.downcast_ref::<HostOutgoingResponse>() {
        return content(&response.headers) + VALUE;
    }
    match entry.is::<HostOutgoingBody>() || entry.is::<DynOutputStream>() {
        true => MAX_WRITE,
        false => 0,
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

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
        let mut made = 0;
        while held.note(30_000, &mut table).is_ok() {
            table.push(fields()).unwrap();
            made += 1;
            assert!(made < 1_000);
        }
        assert!(
            made * 30_000 > MAX_HELD / 2 && made * 30_000 < MAX_HELD + 2 * COUNTED_EVERY,
            "{made}"
        );
    }
}
