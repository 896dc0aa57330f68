//! Reads what a compiler answers, and believes none of it.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::failure::Failure;
use super::wire::{GREETING, HEAD, Head, MAX_WORDS, Verdict};
use crate::engine::aot_cache::MAX_ENTRY;

/// The code that a compiler answers with, for these engines.
pub(super) async fn receive(output: &mut (impl AsyncRead + Unpin), engine: u64) -> Result<Vec<u8>, Failure> {
    let mut greeting = [0; GREETING.len()];
    output.read_exact(&mut greeting).await.map_err(|_| ended(false))?;
    if &greeting != GREETING {
        return Err(Failure::Foreign);
    }
    let mut head = [0; HEAD];
    output.read_exact(&mut head).await.map_err(|_| ended(true))?;
    let head = Head::decode(&head).ok_or(Failure::Foreign)?;
    match head.verdict {
        Verdict::Compiled if head.size > MAX_ENTRY => Err(Failure::TooMuch { size: head.size }),
        Verdict::Compiled if head.engine != engine => Err(Failure::OtherEngine),
        Verdict::Compiled => content(output, head.size).await,
        Verdict::Refused => Err(Failure::Refused(words(output, head.size).await?)),
        Verdict::OutOfMemory => Err(Failure::OutOfMemory),
        Verdict::Panicked => Err(Failure::Panicked(words(output, head.size).await?)),
        Verdict::Unable => Err(Failure::Unable(words(output, head.size).await?)),
    }
}

async fn words(output: &mut (impl AsyncRead + Unpin), size: u64) -> Result<Vec<u8>, Failure> {
    content(output, size.min(MAX_WORDS)).await
}

/// As many bytes as were announced.
async fn content(output: &mut (impl AsyncRead + Unpin), size: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let reserved = usize::try_from(size).is_ok_and(|size| bytes.try_reserve_exact(size).is_ok());
    if !reserved {
        return Err(Failure::TooMuch { size });
    }
    let read = output.take(size).read_to_end(&mut bytes).await;
    match read {
        Ok(length) if length as u64 == size => Ok(bytes),
        _ => Err(ended(true)),
    }
}

/// The compiler has ended; how is not known here.
fn ended(greeted: bool) -> Failure {
    Failure::Ended {
        greeted,
        status: None,
        words: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is received when a compiler for engine 7 says this.
    async fn check(parts: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        receive(&mut parts.concat().as_slice(), 7).await
    }

    fn head(verdict: Verdict, engine: u64, size: u64) -> [u8; HEAD] {
        Head { verdict, engine, size }.encode()
    }

    #[tokio::test]
    async fn code_is_taken_when_it_is_whole_and_for_this_engine() {
        let compiled = |size| head(Verdict::Compiled, 7, size);
        assert_eq!(check(&[GREETING, &compiled(4), b"code"]).await.unwrap(), b"code");
        let cut = check(&[GREETING, &compiled(5), b"code"]).await;
        assert!(matches!(cut, Err(Failure::Ended { greeted: true, .. })));
        let much = check(&[GREETING, &compiled(MAX_ENTRY + 1), b"code"]).await;
        assert!(matches!(much, Err(Failure::TooMuch { .. })));
        let other = check(&[GREETING, &head(Verdict::Compiled, 8, 4), b"code"]).await;
        assert!(matches!(other, Err(Failure::OtherEngine)));
    }

    #[tokio::test]
    async fn whoever_does_not_speak_the_protocol_is_foreign() {
        assert!(matches!(check(&[&[b'y'; 100]]).await, Err(Failure::Foreign)));
        let next = b"airssys-compile\x02";
        assert!(matches!(check(&[next]).await, Err(Failure::Foreign)));
        assert!(matches!(check(&[GREETING, &[9; HEAD]]).await, Err(Failure::Foreign)));
        for said in [&b""[..], b"airs"] {
            assert!(matches!(
                check(&[said]).await,
                Err(Failure::Ended { greeted: false, .. })
            ));
        }
    }

    #[tokio::test]
    async fn words_are_cut_where_they_are_too_many() {
        let said = vec![b'x'; 2 * MAX_WORDS as usize];
        match check(&[GREETING, &head(Verdict::Refused, 0, u64::MAX), &said]).await {
            Err(Failure::Refused(words)) => assert_eq!(words.len() as u64, MAX_WORDS),
            other => panic!("{other:?}"),
        }
    }
}
