//! Frames: one byte for the kind, four for the length, and a payload.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// How much is made room for before it has come: a length that lies costs no more than this.
const PART: usize = 256 << 10;

/// The length of what comes before a payload.
const HEAD: usize = 5;

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// JSON text.
    Json = 1,
    /// Bytes as they are.
    Bytes = 2,
}

/// How long a peer may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// For the next part of a frame.
    pub(super) part: Duration,
    /// For a whole frame.
    pub(super) whole: Duration,
}

impl Pace {
    /// As long as it likes.
    pub(super) const ANY: Self = Self {
        part: Duration::MAX,
        whole: Duration::MAX,
    };
}

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the connection was closed before a frame")]
    Closed,
    #[error("the connection was closed within a frame")]
    Cut,
    #[error("a frame of kind {expected} was to come, and one of kind {found} came")]
    Kind { expected: u8, found: u8 },
    #[error("a frame of {length} bytes is larger than the limit of {limit} bytes")]
    TooLong { length: usize, limit: usize },
    #[error("a frame did not come in time")]
    Slow,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a frame that has to be of this kind, and has a payload of at most `limit` bytes.
pub(super) async fn read(
    from: &mut (impl AsyncRead + Unpin),
    kind: Kind,
    limit: usize,
    pace: Pace,
) -> Result<Vec<u8>, FrameError> {
    let whole = async {
        let mut head = [0; HEAD];
        let mut filled = 0;
        while filled < HEAD {
            match part(from, &mut head[filled..], pace).await? {
                0 if filled == 0 => return Err(FrameError::Closed),
                0 => return Err(FrameError::Cut),
                read => filled += read,
            }
        }
        let [found, length @ ..] = head;
        if found != kind as u8 {
            let expected = kind as u8;
            return Err(FrameError::Kind { expected, found });
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > limit {
            return Err(FrameError::TooLong { length, limit });
        }
        let mut payload = Vec::new();
        while payload.len() < length {
            let start = payload.len();
            payload.resize(length.min(start + PART), 0);
            let read = part(from, &mut payload[start..], pace).await?;
            if read == 0 {
                return Err(FrameError::Cut);
            }
            payload.truncate(start + read);
        }
        Ok(payload)
    };
    timeout(pace.whole, whole).await.unwrap_or(Err(FrameError::Slow))
}

/// Writes a frame.
pub(super) async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    payload: &[u8],
    pace: Pace,
) -> Result<(), FrameError> {
    let head = head(kind, payload)?;
    let whole = async {
        to.write_all(&head).await?;
        to.write_all(payload).await?;
        to.flush().await
    };
    match timeout(pace.whole, whole).await {
        Ok(written) => Ok(written?),
        Err(_) => Err(FrameError::Slow),
    }
}

/// What comes before a payload.
pub(super) fn head(kind: Kind, payload: &[u8]) -> Result<[u8; HEAD], FrameError> {
    let length = u32::try_from(payload.len()).map_err(|_| FrameError::TooLong {
        length: payload.len(),
        limit: u32::MAX as usize,
    })?;
    let [a, b, c, d] = length.to_le_bytes();
    Ok([kind as u8, a, b, c, d])
}

async fn part(from: &mut (impl AsyncRead + Unpin), into: &mut [u8], pace: Pace) -> Result<usize, FrameError> {
    match timeout(pace.part, from.read(into)).await {
        Ok(read) => Ok(read?),
        Err(_) => Err(FrameError::Slow),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn encoded(kind: Kind, payload: &[u8]) -> Vec<u8> {
        [&head(kind, payload).unwrap()[..], payload].concat()
    }

    fn decoded(mut bytes: &[u8], kind: Kind, limit: usize) -> Result<Vec<u8>, FrameError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(read(&mut bytes, kind, limit, Pace::ANY))
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        for length in [0, 1, PART - 1, PART, PART + 1, LIMIT] {
            let payload = vec![7; length];
            assert_eq!(
                decoded(&encoded(Kind::Bytes, &payload), Kind::Bytes, LIMIT).unwrap(),
                payload
            );
        }
    }

    #[test]
    fn a_frame_that_ends_early_is_told_from_none() {
        let whole = encoded(Kind::Json, b"{\"a\":1}");
        for end in 0..whole.len() {
            let error = decoded(&whole[..end], Kind::Json, LIMIT).unwrap_err();
            match end {
                0 => assert!(matches!(error, FrameError::Closed)),
                _ => assert!(matches!(error, FrameError::Cut), "{end}"),
            }
        }
    }

    #[test]
    fn another_kind_and_a_length_beyond_the_limit_are_refused_at_once() {
        let error = decoded(&encoded(Kind::Json, b""), Kind::Bytes, LIMIT).unwrap_err();
        assert!(matches!(error, FrameError::Kind { expected: 2, found: 1 }));
        let error = decoded(&[2, 255, 255, 255, 255], Kind::Bytes, LIMIT).unwrap_err();
        assert!(matches!(
            error,
            FrameError::TooLong {
                length: 0xffff_ffff,
                limit: LIMIT
            }
        ));
        assert!(decoded(&encoded(Kind::Bytes, b"123"), Kind::Bytes, 2).is_err());
    }

    #[tokio::test]
    async fn a_peer_that_waits_is_given_up_after_its_part_and_its_whole() {
        let short = Duration::from_millis(20);
        let by_part = Pace {
            part: short,
            ..Pace::ANY
        };
        let by_whole = Pace {
            whole: short,
            ..Pace::ANY
        };
        for pace in [by_part, by_whole] {
            for sent in [&[][..], &[2], &[2, 0, 0, 1, 0], &[2, 0, 0, 1, 0, 7]] {
                let (mut near, mut far) = tokio::io::duplex(64);
                far.write_all(sent).await.unwrap();
                let began = std::time::Instant::now();
                let error = read(&mut near, Kind::Bytes, LIMIT, pace).await.unwrap_err();
                assert!(matches!(error, FrameError::Slow), "{error}");
                assert!(began.elapsed() >= short);
            }
        }
        let (mut near, _far) = tokio::io::duplex(64);
        let error = write(&mut near, Kind::Bytes, &[0; 100], by_whole).await.unwrap_err();
        assert!(matches!(error, FrameError::Slow), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for kind in [Kind::Json, Kind::Bytes] {
                if let Ok(payload) = decoded(&bytes, kind, LIMIT) {
                    prop_assert_eq!(&encoded(kind, &payload), &bytes[..HEAD + payload.len()]);
                }
            }
        }
    }
}
