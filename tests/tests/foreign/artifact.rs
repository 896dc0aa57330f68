//! A component from its sources in another language, built once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wit_bindgen_core::Files;
use wit_component::ComponentEncoder;
use wit_parser::Resolve;

use super::Language;
use super::cache::{Cache, digest};
use super::program::{filled, run};
use airssys_wasm_tests::workspace;
use cargo_airssys::toolchain::{Silent, user_cache};
use cargo_airssys::tools::{self, Tool};

/// The first C component compiles a C library.
const BUILD_LIMIT: Duration = Duration::from_secs(300);

/// A built component.
pub(crate) struct Artifact {
    pub(crate) bytes: Vec<u8>,
}

/// The component for `world` in this language; none, with the reason on standard error, when its tools cannot be had.
pub(crate) async fn artifact(language: &'static Language, world: &'static str) -> Option<Artifact> {
    let made = tokio::task::spawn_blocking(move || make(language, world)).await;
    match made.expect("the sources build") {
        Ok(artifact) => Some(artifact),
        Err(reason) => {
            report(&format!("not run: {} {world}: {reason}", language.name));
            None
        }
    }
}

/// Writes past the test runner, which keeps to itself what a test prints that succeeds.
fn report(line: &str) {
    use std::io::Write as _;
    // Nobody is left to hear that standard error is closed.
    let _ = writeln!(std::io::stderr(), "\n{line}");
}

fn make(language: &Language, world: &str) -> Result<Artifact, String> {
    let own = workspace().join("tests/foreign").join(language.folder);
    let cache = Cache::of(language.folder)?;
    let tools = programs(language)?;
    let version = format!("{:?}", language.tools);
    let mut sources = contract();
    sources.extend(files(&own));
    let key = digest(&sources, &format!("{version} {:?}", language.build));
    let name = format!("{world}-{}", language.name.to_lowercase().replace([' ', '(', ')'], ""));
    let bytes = cache.bytes(&name, &key, || build(language, world, &own, &tools));
    Ok(Artifact { bytes })
}

/// The folder of the programs of a language, where every project has them from.
fn programs(language: &Language) -> Result<PathBuf, String> {
    let cache = user_cache().ok_or("there is no home")?;
    let named: Vec<Tool> = language
        .tools
        .iter()
        .map(|tool| tool.parse().expect("a tool"))
        .collect();
    let found = tools::provide(&named, &cache, &cache, &Silent).map_err(|error| error.to_string())?;
    Ok(found.into_iter().next().expect("there is a tool"))
}

/// Builds in a temporary folder; the tools are there, so what fails is a failure.
fn build(language: &Language, world: &str, own: &Path, tools: &Path) -> Vec<u8> {
    let began = Instant::now();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let wit = folder.path().join("wit");
    for path in contract() {
        let inner = match path.strip_prefix(workspace().join("wit")) {
            Ok(path) => Path::new("deps").join(path.strip_prefix("deps").unwrap_or(path)),
            Err(_) => PathBuf::from("world.wit"),
        };
        let target = wit.join(inner);
        fs::create_dir_all(target.parent().expect("it is in a folder")).expect("a new folder");
        fs::copy(path, target).expect("the contract can be read");
    }
    for path in files(own) {
        fs::copy(&path, folder.path().join(path.file_name().expect("a file"))).expect("the sources can be read");
    }
    if language.is_c {
        bindings(&wit, world, &folder.path().join("bindings"));
    }
    let built = run(&filled(language.build, tools, world), folder.path(), tools, BUILD_LIMIT);
    built.unwrap_or_else(|error| panic!("{}: {error}", language.name));
    let bytes = match fs::read(folder.path().join("component.wasm")) {
        Ok(component) => component,
        Err(_) => componentize(&folder.path().join("module.wasm")),
    };
    println!(
        "{} {world}: {} bytes, built in {:.1?}",
        language.name,
        bytes.len(),
        began.elapsed()
    );
    bytes
}

/// The worlds and everything they name.
fn contract() -> Vec<PathBuf> {
    ["tests/foreign/wit", "wit/component", "wit/deps/io"]
        .iter()
        .flat_map(|folder| files(&workspace().join(folder)))
        .collect()
}

/// The files of a folder in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder
        .read_dir()
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// Writes the header, the glue and the world's type that a C component is compiled with.
fn bindings(wit: &Path, world: &str, folder: &Path) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).expect("the worlds are valid");
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the world is there");
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator
        .generate(&mut resolve, world, &mut files)
        .expect("every type has a form in C");
    fs::create_dir_all(folder).expect("a new folder");
    for (name, bytes) in files.iter() {
        fs::write(folder.join(name), bytes).expect("a new file");
    }
}

fn componentize(module: &Path) -> Vec<u8> {
    let module = fs::read(module).expect("the build leaves a module");
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    encoder
        .expect("the module has its world")
        .encode()
        .expect("the module fits its world")
}
