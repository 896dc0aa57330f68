//! What a component in a compiled language is written against: declarations and glue, generated from a world.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use include_dir::{Dir, include_dir};
use wit_bindgen_core::{Files, WorldGenerator};

use super::{contract, files};
use crate::bounded;
use crate::exit::{Exit, Failure, sentence};

/// The package that generated Go imports, as the generator's own crate has it; a test compares the two.
static GO_RUNTIME: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/ops/bindings/go_runtime");

/// Where the folder of Go's bindings has it.
const GO_RUNTIME_FOLDER: &str = "runtime";

/// A language that bindings are generated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// A header, a source file, and an object file with the world's type
    C,
    /// The same for C++23
    Cpp,
    /// Packages, and the package that they import
    Go,
}

/// What is generated from.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) language: Language,
    /// The folder of the WIT.
    pub(crate) wit: &'a Path,
    /// The world; the only one when none is named.
    pub(crate) world: Option<&'a str>,
    /// The import path of the folder that Go's bindings go to.
    pub(crate) go_package: Option<&'a str>,
}

/// Writes the bindings into `folder` and returns the paths of the files below it, in order.
///
/// A file that is the same already is left alone, so that build tools that look at times do nothing again.
pub(crate) fn write(request: &Request<'_>, folder: &Path) -> anyhow::Result<Vec<String>> {
    let generated = generate(request)?;
    for (path, content) in &generated {
        let target = folder.join(path);
        refuse_links(folder, &target)?;
        if bounded::read(&target, content.len() as u64).is_ok_and(|found| found == *content) {
            continue;
        }
        files::write(&target, content)?;
    }
    Ok(generated.into_keys().collect())
}

/// Refuses to write through a folder that is a link: a project from elsewhere would have files replaced where it leads.
fn refuse_links(folder: &Path, target: &Path) -> Result<(), Failure> {
    let is_link = |path: &&Path| std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let below = target.ancestors().skip(1).take_while(|path| path.starts_with(folder));
    match below.filter(|path| !path.as_os_str().is_empty()).find(is_link) {
        None => Ok(()),
        Some(link) => Err(Failure::usage(
            "linked-folder",
            format!("{} is a link, and bindings are not written through it", link.display()),
            "name the folder that it leads to with `--out`, or remove it",
        )),
    }
}

fn generate(request: &Request<'_>) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let (mut resolve, world) = contract::world(request.wit, request.world)?;
    let name = resolve.worlds[world].name.clone();
    let mut files = Files::default();
    // The generators panic where a type has no form in their language.
    let outcome = quietly(|| {
        let mut generator = generator(request);
        generator.generate(&mut resolve, world, &mut files)
    });
    match outcome {
        Some(Ok(())) => {}
        Some(Err(error)) => return Err(unsupported(request.language, &name, &sentence(&error)).into()),
        None => return Err(unsupported(request.language, &name, "the generator gave up").into()),
    }
    let mut generated: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|(path, content)| (path.to_owned(), content.to_vec()))
        .collect();
    if request.language == Language::Go {
        add_go_runtime(&GO_RUNTIME, &mut generated);
    }
    Ok(generated)
}

fn generator(request: &Request<'_>) -> Box<dyn WorldGenerator> {
    match request.language {
        Language::C => wit_bindgen_c::Opts::default().build(),
        Language::Cpp => wit_bindgen_cpp::Opts::default().build(None),
        Language::Go => {
            let options = wit_bindgen_go::Opts {
                pkg_name: request.go_package.map(str::to_owned),
                // What the component's author writes is beside the generated folder, and not in it.
                export_pkg_name: request
                    .go_package
                    .and_then(|path| Some(path.rsplit_once('/')?.0.to_owned())),
                ..wit_bindgen_go::Opts::default()
            };
            options.build()
        }
    }
}

/// What `work` returns; none when it panics, of which nothing is printed.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(before);
    outcome.ok()
}

fn unsupported(language: Language, world: &str, reason: &str) -> Failure {
    let language = match language {
        Language::C => "C",
        Language::Cpp => "C++",
        Language::Go => "Go",
    };
    let message = format!("the world `{world}` has no bindings in {language}: {reason}");
    let help = "leave out of the world what the generator cannot express, such as asynchronous functions";
    Failure::new(Exit::BuildFailed, "no-bindings", message, help)
}

fn add_go_runtime(folder: &Dir<'_>, generated: &mut BTreeMap<String, Vec<u8>>) {
    for file in folder.files() {
        let path = format!("{GO_RUNTIME_FOLDER}/{}", file.path().display());
        generated.insert(path, file.contents().to_vec());
    }
    for folder in folder.dirs() {
        add_go_runtime(folder, generated);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const WORLD: &str = "package a:b;\ninterface greet { greet: func(name: string) -> string; }\n\
                         world component { export greet; }\n";

    fn bindings(language: Language) -> (tempfile::TempDir, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let wit = folder.path().join("wit");
        fs::create_dir(&wit).unwrap();
        fs::write(wit.join("world.wit"), WORLD).unwrap();
        let request = Request {
            language,
            wit: &wit,
            world: None,
            go_package: Some("greeter/bindings"),
        };
        let files = write(&request, &folder.path().join("bindings")).unwrap();
        (folder, files)
    }

    #[test]
    fn nothing_is_written_where_a_link_leads() {
        let (folder, files) = bindings(Language::C);
        let (bindings, elsewhere) = (folder.path().join("bindings"), folder.path().join("elsewhere"));
        fs::rename(&bindings, &elsewhere).unwrap();
        fs::write(elsewhere.join(&files[0]), "of somebody else").unwrap();
        std::os::unix::fs::symlink("elsewhere", &bindings).unwrap();
        let request = Request {
            language: Language::C,
            wit: &folder.path().join("wit"),
            world: None,
            go_package: None,
        };
        let error = write(&request, &bindings).unwrap_err().to_string();
        assert!(error.contains("bindings is a link"), "{error}");
        let kept = fs::read_to_string(elsewhere.join(&files[0])).unwrap();
        assert_eq!(kept, "of somebody else");
    }

    #[test]
    fn each_language_gets_what_it_is_compiled_with() {
        let check = |language, expected: &[&str]| {
            let (folder, files) = bindings(language);
            for path in expected {
                assert!(files.iter().any(|file| file == path), "{path}: {files:?}");
                assert!(folder.path().join("bindings").join(path).is_file(), "{path}");
            }
        };
        check(
            Language::C,
            &["component.c", "component.h", "component_component_type.o"],
        );
        check(
            Language::Cpp,
            &[
                "component.cpp",
                "component_cpp.h",
                "component_component_type.o",
                "wit.h",
            ],
        );
        check(
            Language::Go,
            &[
                "wit_exports/wit_exports.go",
                "runtime/go.mod",
                "runtime/wit/runtime/runtime.go",
            ],
        );
    }

    #[test]
    fn what_is_the_same_is_not_written_again() {
        let (folder, _) = bindings(Language::C);
        let header = folder.path().join("bindings/component.h");
        let written = fs::metadata(&header).unwrap().modified().unwrap();
        let request = Request {
            language: Language::C,
            wit: &folder.path().join("wit"),
            world: Some("component"),
            go_package: None,
        };
        write(&request, &folder.path().join("bindings")).unwrap();
        assert_eq!(fs::metadata(&header).unwrap().modified().unwrap(), written);
    }
}
