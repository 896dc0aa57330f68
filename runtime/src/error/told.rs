//! Errors that come from elsewhere as texts: what is left of an error's source when it has gone through JSON.

use std::error::Error;
use std::fmt;

/// What an error of another process said.
#[derive(Debug)]
struct Told {
    text: String,
    source: Option<Box<Told>>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Told {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An error and its sources as a list of texts, the outermost first.
pub(crate) mod as_texts {
    use std::error::Error;
    use std::iter::successors;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::Told;

    pub(crate) fn serialize<S: Serializer>(
        error: &impl AsRef<dyn Error + Send + Sync>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let outermost: &(dyn Error + 'static) = error.as_ref();
        serializer.collect_seq(successors(Some(outermost), source).map(ToString::to_string))
    }

    fn source<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        (*error).source()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<dyn Error + Send + Sync>, D::Error> {
        let mut texts = Vec::<String>::deserialize(deserializer)?;
        let mut told = Told {
            text: texts.pop().unwrap_or_default(),
            source: None,
        };
        while let Some(text) = texts.pop() {
            told = Told {
                text,
                source: Some(Box::new(told)),
            };
        }
        Ok(Box::new(told))
    }
}

/// A path as text; what is not Unicode in it is shown as U+FFFD.
pub(crate) mod as_text {
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&path.display())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        String::deserialize(deserializer).map(PathBuf::from)
    }
}
