//! Frames of the control socket, written by hand.

/// A frame of this kind.
pub fn frame(kind: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).expect("a short frame").to_le_bytes();
    [&[kind][..], &length, payload].concat()
}

/// The frame of a request, which is JSON.
pub fn request(request: &str) -> Vec<u8> {
    frame(1, format!(r#"{{"protocol": 1, "request": {request}}}"#))
}
