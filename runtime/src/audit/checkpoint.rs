//! What a host has signed of its log: how long it was, and the hash of its last entry.

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::hash::{Hash, bytes_of};
use super::key::PublicKey;
use crate::component::hexadecimal;

/// How long a log was at a moment, and its last hash, signed; kept elsewhere it shows what became of the log since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Which log it is of: a random number that the log began with.
    pub origin: String,
    /// How many entries the log had.
    pub size: u64,
    /// The hash of the last of them.
    pub root: Hash,
    /// When it was signed.
    pub at: DateTime<Utc>,
    /// The key that it was signed with.
    pub key: PublicKey,
    /// The ed25519 signature, in hexadecimal digits.
    pub signature: String,
}

impl Checkpoint {
    pub(super) fn sign(origin: &str, size: u64, root: Hash, at: DateTime<Utc>, key: &SigningKey) -> Self {
        let mut checkpoint = Self {
            origin: origin.to_owned(),
            size,
            root,
            at,
            key: PublicKey::of(key),
            signature: String::new(),
        };
        checkpoint.signature = sign(key, &checkpoint.text());
        checkpoint
    }

    /// Whether its own key has signed it; whether that key is to be believed is another question.
    pub fn is_signed(&self) -> bool {
        is_signed(&self.key, &self.text(), &self.signature)
    }

    /// What is signed. Each part is in a line of its own, and none can have a line end.
    fn text(&self) -> String {
        format!(
            "airssys-wasm audit checkpoint 1\n{}\n{}\n{}\n{}\n{}\n",
            self.origin.escape_debug(),
            self.size,
            self.root,
            self.at.to_rfc3339(),
            self.key
        )
    }
}

/// What the old key signs when a new one takes its place.
pub(super) fn rotation(origin: &str, size: u64, root: &Hash, new: &PublicKey) -> String {
    format!(
        "airssys-wasm audit key rotation 1\n{}\n{size}\n{root}\n{new}\n",
        origin.escape_debug()
    )
}

pub(super) fn sign(key: &SigningKey, text: &str) -> String {
    hexadecimal(&key.sign(text.as_bytes()).to_bytes())
}

pub(super) fn is_signed(key: &PublicKey, text: &str, signature: &str) -> bool {
    let Ok(bytes) = bytes_of::<64>(signature) else {
        return false;
    };
    let Ok(key) = VerifyingKey::from_bytes(key.as_bytes()) else {
        return false;
    };
    key.verify_strict(text.as_bytes(), &Signature::from_bytes(&bytes))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_every_part_by_one_key() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let signed = Checkpoint::sign("a", 7, Hash::default(), DateTime::UNIX_EPOCH, &key);
        assert!(signed.is_signed());
        let changed = |change: fn(&mut Checkpoint)| {
            let mut changed = signed.clone();
            change(&mut changed);
            changed.is_signed()
        };
        assert!(!changed(|checkpoint| checkpoint.origin = "b".into()));
        assert!(!changed(|checkpoint| checkpoint.size = 8));
        assert!(!changed(
            |checkpoint| checkpoint.root = Hash::after(&Hash::default(), b"")
        ));
        assert!(!changed(
            |checkpoint| checkpoint.at = DateTime::UNIX_EPOCH + std::time::Duration::from_secs(1)
        ));
        assert!(!changed(
            |checkpoint| checkpoint.signature = checkpoint.signature.to_uppercase()
        ));
        let mut foreign = signed.clone();
        foreign.key = PublicKey::of(&other);
        assert!(!foreign.is_signed());
    }
}
