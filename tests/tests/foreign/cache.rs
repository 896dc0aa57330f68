//! What is made once on a machine: the components that are built in other languages.

use std::fs::{self, File};
use std::path::PathBuf;

use airssys_wasm::component::Digest;
use airssys_wasm_tests::workspace;
use cargo_airssys::toolchain;

/// Holds a language's artifacts against other tests and other processes.
pub(crate) struct Cache {
    folder: PathBuf,
    _lock: File,
}

impl Cache {
    /// The cache of one language; waits until nobody else uses it.
    pub(crate) fn of(language: &str) -> Result<Self, String> {
        let folder = toolchain::user_cache()
            .ok_or("there is no home")?
            .join("foreign")
            .join(language);
        let open = || {
            fs::create_dir_all(&folder)?;
            let lock = File::create(folder.join("lock"))?;
            lock.lock()?;
            Ok(lock)
        };
        let lock = open().map_err(|error: std::io::Error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder, _lock: lock })
    }

    /// The bytes of this name made from these sources, made by `make` unless they are there.
    pub(crate) fn bytes(&self, name: &str, sources: &Digest, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
        let path = self.folder.join(format!("{name}-{}.wasm", sources.short()));
        if let Ok(bytes) = fs::read(&path) {
            return bytes;
        }
        self.clear(&format!("{name}-"));
        let bytes = make();
        // Under its name it is whole, also when this process is killed.
        let unfinished = path.with_extension("unfinished");
        fs::write(&unfinished, &bytes).expect("the cache can be written");
        fs::rename(&unfinished, &path).expect("the cache can be written");
        bytes
    }

    fn clear(&self, prefix: &str) {
        for entry in self.folder.read_dir().into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                // What cannot be removed only takes room.
                let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
            }
        }
    }
}

/// The digest of files and of words, each with its name and length, so that none runs into the next.
pub(crate) fn digest(files: &[PathBuf], words: &str) -> Digest {
    let mut all = words.as_bytes().to_vec();
    for path in files {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(workspace()).unwrap_or(path);
        all.extend(format!("\n{} {}\n", name.display(), bytes.len()).into_bytes());
        all.extend(bytes);
    }
    Digest::of(&all)
}
