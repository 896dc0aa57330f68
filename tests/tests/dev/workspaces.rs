//! Several components of one workspace.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::running::Running;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn member(folder: &Path, name: &str, dependencies: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\n{dependencies}"
    );
    write(folder, &format!("{name}/Cargo.toml"), &manifest);
    let source = "#[unsafe(no_mangle)]\npub extern \"C\" fn number() -> u32 { 1 }\n";
    write(folder, &format!("{name}/src/lib.rs"), source);
}

/// The components of the next events of this name.
fn components(dev: &mut Running, event: &str, number: usize) -> Vec<String> {
    let told: Vec<Value> = (0..number).map(|_| dev.next(event)).collect();
    told.iter()
        .map(|told| told["component"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits for the next event of this name that is about this component.
fn until(dev: &mut Running, event: &str, component: &str) -> Value {
    loop {
        let told = dev.next(event);
        if told["component"] == component {
            return told;
        }
    }
}

#[test]
fn only_what_a_change_concerns_is_built_anew() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("workspace");
    let shared = root.path().join("shared");
    write(
        &folder,
        "Cargo.toml",
        "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n",
    );
    member(&folder, "one", "shared = { path = \"../../shared\" }\n");
    member(&folder, "two", "");
    write(
        &shared,
        "Cargo.toml",
        "[package]\nname = \"shared\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
    );
    write(&shared, "src/lib.rs", "pub const NUMBER: u32 = 1;\n");

    let mut dev = Running::begin(&folder, &[]);
    assert_eq!(components(&mut dev, "swapped", 2), ["one", "two"]);
    let two = "#[unsafe(no_mangle)]\npub extern \"C\" fn number() -> u32 { 2 }\n";
    write(&folder, "two/src/lib.rs", two);
    assert_eq!(components(&mut dev, "building", 1), ["two"]);
    assert_eq!(components(&mut dev, "swapped", 1), ["two"]);
    // A path dependency outside the workspace.
    let one = "#[unsafe(no_mangle)]\npub extern \"C\" fn number() -> u32 { shared::NUMBER + 5 }\n";
    write(&folder, "one/src/lib.rs", one);
    assert_eq!(components(&mut dev, "building", 1), ["one"]);
    assert_eq!(components(&mut dev, "swapped", 1), ["one"]);
    write(&shared, "src/lib.rs", "pub const NUMBER: u32 = 7;\n");
    assert_eq!(components(&mut dev, "building", 1), ["one"]);
    assert_eq!(components(&mut dev, "swapped", 1), ["one"]);
    // A file that is older than the last build, as one that was moved here, is built all the same.
    let aside = root.path().join("aside");
    write(root.path(), "aside", &one.replace("+ 5", "+ 6"));
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::options()
        .append(true)
        .open(&aside)
        .unwrap()
        .set_modified(old)
        .unwrap();
    fs::rename(&aside, folder.join("one/src/lib.rs")).unwrap();
    assert_eq!(components(&mut dev, "swapped", 1), ["one"]);
    // A dependency that comes with a mistake is watched from then on as well.
    let other = root.path().join("other");
    write(
        &other,
        "Cargo.toml",
        "[package]\nname = \"other\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
    );
    write(&other, "src/lib.rs", "pub const NUMBER: u32 = ;\n");
    let manifest = fs::read_to_string(folder.join("two/Cargo.toml")).unwrap();
    write(
        &folder,
        "two/Cargo.toml",
        &format!("{manifest}other = {{ path = \"../../other\" }}\n"),
    );
    until(&mut dev, "not-swapped", "two");
    write(&other, "src/lib.rs", "pub const NUMBER: u32 = 9;\n");
    let built = until(&mut dev, "building", "two");
    assert_eq!(built["changed"][0], other.join("src/lib.rs").to_str().unwrap());
    // What is read from elsewhere by the compiler alone.
    write(root.path(), "text/number.txt", "1");
    let two = "#[unsafe(no_mangle)]\npub extern \"C\" fn number() -> u8 { include_bytes!(\"../../../text/number.txt\")[0] }\n";
    write(&folder, "two/src/lib.rs", two);
    until(&mut dev, "swapped", "two");
    write(root.path(), "text/number.txt", "2");
    until(&mut dev, "swapped", "two");
    assert_eq!(dev.end(), 0);
}
