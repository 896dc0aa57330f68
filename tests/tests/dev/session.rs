//! The whole session: a component is edited 20 times under load, with what goes wrong among it.

use std::fs;
use std::path::PathBuf;

use airssys_wasm::component::Message;
use airssys_wasm::control::Client;
use airssys_wasm_tests::{Session, Terminal, name};

use crate::callers::Callers;
use crate::lines;
use crate::project::processes_in;

/// A component that counts its calls in a state of its own type, and says which edition it is.
const COUNTER: &str = r#"use airssys_wasm_sdk::prelude::*;
use serde::{Deserialize, Serialize};

const EDITION: &str = "edition 0";

#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Counted {
    count: u64,
    // more fields
}

#[component]
pub struct Counter {
    state: Counted,
}

#[component_impl]
impl Counter {
    #[component_init]
    pub fn new(_: ComponentConfig) -> Result<Self, ComponentError> {
        // begin
        Ok(Self { state: Counted::default() })
    }

    #[component_execute]
    pub fn count(&mut self, _: ComponentInput) -> ComponentResult {
        self.state.count += 1;
        Ok(ComponentOutput::text(format!("{EDITION}: {}", self.state.count)))
    }
}
"#;

/// The source of one component, and how it is edited.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Saves the source with one text in place of another.
    fn edit(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "`{from}` is not in the source");
        self.text = self.text.replacen(from, to, 1);
        fs::write(&self.path, &self.text).unwrap();
    }

    /// As most editors save: a new file takes the place of the old one.
    fn edit_aside(&mut self, from: &str, to: &str) {
        let kept = self.path.clone();
        self.path = kept.with_extension("rs~");
        self.edit(from, to);
        fs::rename(&self.path, &kept).unwrap();
        self.path = kept;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_edits_under_load_fail_no_call_and_lose_no_state() {
    let mut shell = Session::new();
    assert_eq!(shell.run("airssys-wasm init counter --yes", &[]).exit, 0);
    shell.run("cd counter", &[]);
    let folder = shell.folder().to_owned();
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let with_serde = manifest.replace(
        "[dependencies]\n",
        "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n",
    );
    fs::write(folder.join("Cargo.toml"), with_serde).unwrap();
    let mut source = Source {
        path: folder.join("src/lib.rs"),
        text: COUNTER.into(),
    };
    fs::write(&source.path, COUNTER).unwrap();

    let mut terminal = Terminal::start(&shell, 80, &["dev"]);
    terminal.wait_for(" Swapped ", 1);
    let callers = Callers::begin(&folder.join(".airssys"), "counter").await;

    let mut edition = 0;
    let mut swaps = 1;
    let mut save = |source: &mut Source, terminal: &Terminal| {
        let (from, to) = (format!("edition {edition}\""), format!("edition {}\"", edition + 1));
        edition += 1;
        match edition % 2 {
            0 => source.edit(&from, &to),
            _ => source.edit_aside(&from, &to),
        }
        swaps += 1;
        terminal.wait_for(" Swapped ", swaps);
    };

    // 1 to 5.
    for _ in 0..5 {
        save(&mut source, &terminal);
    }
    // 6 and 7: a syntax error, and away with it; what is built then is what serves already.
    source.edit("self.state.count += 1;", "self.state.count += ;");
    let screen = terminal.wait_for("goes on serving", 1);
    assert!(screen.contains("error: expected expression, found `;`"), "{screen}");
    source.edit("self.state.count += ;", "self.state.count += 1;");
    terminal.wait_for(" Unchanged ", 1);
    // 8 to 10.
    for _ in 0..3 {
        save(&mut source, &terminal);
    }
    // 11 and 12: a trap in `init`, and away with it.
    source.edit("// begin", "let none: Option<u8> = None; none.unwrap();");
    let screen = terminal.wait_for("goes on serving", 2);
    assert!(screen.contains("panicked at src/lib.rs:"), "{screen}");
    source.edit("let none: Option<u8> = None; none.unwrap();", "// begin");
    terminal.wait_for(" Unchanged ", 2);
    // 13: the state has another layout, which does not take what was saved.
    source.edit("// more fields", "label: String,");
    let screen = terminal.wait_for("goes on serving", 3);
    assert!(screen.contains("label"), "{screen}");
    // 14: a layout that does.
    source.edit("    label: String,", "    #[serde(default)]\n    label: String,");
    terminal.wait_for(" Swapped ", 10);
    // 15 to 20; a new file is among them, which nothing uses at first.
    fs::write(folder.join("src/more.rs"), "pub const MORE: u64 = 1;\n").unwrap();
    terminal.wait_for(" Unchanged ", 3);
    let mut swaps = 11;
    let with_more = source.text.replace("count += 1;", "count += more::MORE;");
    source.text = with_more;
    source.edit("const EDITION", "mod more;\n\nconst EDITION");
    terminal.wait_for(" Swapped ", swaps);
    for _ in 0..5 {
        let from = format!("edition {edition}\"");
        edition += 1;
        source.edit(&from, &format!("edition {edition}\""));
        swaps += 1;
        terminal.wait_for(" Swapped ", swaps);
    }
    // The keys: back, and forward again.
    terminal.press("b");
    terminal.wait_for("Rolled back ", 1);
    terminal.press("r");
    terminal.wait_for(" Swapped ", swaps + 1);

    let (calls, failed) = callers.end().await;
    assert_eq!(failed, Vec::<String>::new());
    let client = Client::connect(&folder.join(".airssys"), std::sync::Arc::new(|_| {}))
        .await
        .unwrap();
    let answer = client.call(&name("counter"), Message::text("x")).await.unwrap();
    assert_eq!(answer.to_text(), format!("edition {edition}: {}", calls + 1));

    terminal.press("q");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    assert!(screen.contains(" failed 0"), "{screen}");
    insta::assert_snapshot!(lines::own(&screen, &folder));
    assert_eq!(processes_in(&folder), Vec::<String>::new());
}

#[test]
fn keys_are_heard_while_a_build_hangs_and_the_terminal_is_given_back() {
    let shell = Session::new();
    let folder = shell.folder().to_owned();
    let manifest = crate::project::manifest(
        "mkdir -p dist && cp echo.log dist/echo.wasm; while [ -e wait.log ]; do sleep 0.02; done",
    );
    fs::write(folder.join("Component.toml"), manifest).unwrap();
    fs::write(folder.join(".gitignore"), "*.log\ndist\n").unwrap();
    fs::write(folder.join("echo.log"), airssys_wasm_tests::guest("echo")).unwrap();
    let mut terminal = Terminal::start(&shell, 80, &["dev"]);
    terminal.wait_for(" Swapped ", 1);
    let before = terminal.modes();
    assert!(!before.contains(&"icanon"), "keys come one by one: {before:?}");
    fs::write(folder.join("wait.log"), "").unwrap();
    fs::write(folder.join("source"), "").unwrap();
    // What it is building with is shown until it is built.
    terminal.wait_for("mkdir -p dist", 1);
    // Nothing is there to go back to, which is told at once.
    terminal.press("b");
    terminal.wait_for("was not rolled back", 1);
    terminal.press("?");
    terminal.wait_for("rebuild everything", 1);
    // Ctrl-C ends the build as well.
    terminal.press("\x03");
    let modes = terminal.modes_at_end();
    assert!(modes.contains(&"icanon") && modes.contains(&"echo"), "{modes:?}");
    assert_eq!(processes_in(&folder), Vec::<String>::new());
}

#[test]
fn what_a_release_was_refused_for_is_granted_at_the_press_of_a_key() {
    let shell = Session::new();
    let folder = shell.folder().to_owned();
    let manifest = crate::project::manifest("mkdir -p dist && cp echo.log dist/echo.wasm");
    let asking = |what: &str| format!("{manifest}\n[capabilities]\nnetwork-outbound = [\"{what}\"]\n");
    fs::write(folder.join("Component.toml"), asking("https://*:443")).unwrap();
    fs::write(folder.join(".gitignore"), "*.log\ndist\n").unwrap();
    fs::write(folder.join("echo.log"), airssys_wasm_tests::guest("echo")).unwrap();
    let mut terminal = Terminal::start(&shell, 80, &["dev"]);
    // What is broad is not a matter of one key.
    terminal.wait_for("nothing serves yet", 1);
    terminal.press("g");
    let screen = terminal.wait_for("nothing is granted", 1);
    assert!(!screen.contains("press g"), "{screen}");
    fs::write(folder.join("Component.toml"), asking("https://api.example.com:443")).unwrap();
    terminal.wait_for("press g to grant it", 1);
    terminal.press("g");
    terminal.wait_for("Granted network-outbound https://api.example.com:443 to echo", 1);
    terminal.wait_for(" Swapped ", 1);
    terminal.press("q");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
}
