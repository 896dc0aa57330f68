//! What is made once on a machine: the tools of a language, and the components built with them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use airssys_wasm::component::Digest;
use airssys_wasm_tests::workspace;
use cargo_airssys::toolchain;

/// Written last into finished tools: a folder without it is not used.
const STAMP: &str = "installed";

/// Holds a language's tools and artifacts against other tests and other processes.
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

    /// The folder of tools of this version, installed there by `install` unless they are already.
    pub(crate) fn tools(
        &self,
        version: &Digest,
        install: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<PathBuf, String> {
        let tools = self.folder.join(format!("tools-{}", version.short()));
        if tools.join(STAMP).exists() {
            return Ok(tools);
        }
        // Tools of other versions, or what a killed process left.
        self.clear("tools-");
        let file = |error: std::io::Error| format!("{}: {error}", tools.display());
        fs::create_dir_all(&tools).map_err(file)?;
        let began = Instant::now();
        install(&tools)?;
        let took = format!("{:.1} s\n", began.elapsed().as_secs_f32());
        fs::write(tools.join(STAMP), took).map_err(file)?;
        Ok(tools)
    }

    /// How long the installation took.
    pub(crate) fn installation(tools: &Path) -> String {
        let took = fs::read_to_string(tools.join(STAMP)).unwrap_or_default();
        took.trim().to_owned()
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
