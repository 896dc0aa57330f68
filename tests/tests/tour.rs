//! The tours that new users take, executed: the README's, and `quickstart`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use serde_json::Value;

use airssys_wasm::component::Package;
use airssys_wasm_tests::transcript::{self, Part};
use airssys_wasm_tests::{HttpHost, Session, Terminal, homes, program, provide_home, workspace};

/// One test, because a project takes long to build.
#[test]
fn the_tour_of_the_readme_works_and_what_fails_is_told() {
    let mut session = Session::new();
    take_the_tour(&mut session);
    trap_in_a_dev_build(&mut session);
    upgrade_from_a_revision(&mut session);
    change_an_answer(&mut session);
    break_the_code(&mut session);
    press_ctrl_c_twice(&mut session);
}

/// The code that the README shows is the template's, without its comments and tests.
#[test]
fn the_readme_shows_the_code_of_a_new_project() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let shown = readme.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    let mut session = Session::new();
    assert_eq!(session.run("cargo airssys init hello --yes", &[]).exit, 0);
    let source = session.run("cat hello/src/lib.rs", &[]).text;
    let code = source.split("#[cfg(test)]").next().unwrap();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    assert_eq!(shown.trim(), code.collect::<Vec<_>>().join("\n").trim());
}

/// The lines of the README's console blocks; where it shows an answer, this is the answer.
/// What the README has in the first terminal runs in a terminal, while the other lines run beside it.
fn take_the_tour(session: &mut Session) {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let mut answers = 0;
    let mut first: Option<Terminal> = None;
    for part in transcript::parse(&readme) {
        let step = match part {
            Part::Step(step) => step,
            Part::Line(text) => {
                if text.contains("Press `q` in the first terminal") {
                    let mut terminal = first.take().expect("the README has begun it");
                    terminal.press("q");
                    let (exit, screen) = terminal.end();
                    assert_eq!(exit, 0, "{screen}");
                    assert!(screen.contains("2 swaps; ") && screen.contains("failed 0"), "{screen}");
                }
                continue;
            }
        };
        if step.command == "cargo airssys dev" {
            let terminal = Terminal::start(session, 80, &["dev"]);
            terminal.wait_for(" Swapped ", 1);
            first = Some(terminal);
            continue;
        }
        let said = session.run(&step.command, &[]);
        assert_eq!(said.exit, 0, "{}\n{}", step.command, said.text);
        // Whoever saves sees the swap before anything else is done.
        if let (true, Some(terminal)) = (step.command.starts_with("sed "), &first) {
            terminal.wait_for(" Swapped ", 2);
        }
        if !step.expected.is_empty() {
            answers += 1;
            assert!(
                transcript::fits(&step.expected, &said.text),
                "{}\nthe README says {:?}, and it is\n{}",
                step.command,
                step.expected,
                said.text
            );
        }
    }
    assert_eq!(answers, 2, "the README shows the answer of each version");
    assert!(first.is_none(), "the README says how to end `dev`");
}

/// A trap after `deploy --dev` names the author's own line.
fn trap_in_a_dev_build(session: &mut Session) {
    let original = session.run("cat src/lib.rs", &[]).text;
    session.run("sed -i 's/if name.is_empty()/if name == \"trap\" { let none: Option<u8> = None; none.unwrap(); }\\n        &/' src/lib.rs", &[]);
    let said = session.run("cargo airssys deploy --dev", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    assert!(said.text.contains("Built hello@0.1.0 (dev) ("), "{}", said.text);
    let line = session.run("grep -n 'none.unwrap()' src/lib.rs", &[]).text;
    let line = line.split(':').next().unwrap();
    let said = session.run("cargo airssys call hello trap", &[]);
    assert_eq!(said.exit, 106, "{}", said.text);
    for words in [
        format!("panicked at src/lib.rs:{line}:"),
        format!("unreachable` instruction executed, in src/lib.rs:{line}:"),
        " hello::Greeter::greet".to_owned(),
    ] {
        assert!(said.text.contains(&words), "`{words}` is not in\n{}", said.text);
    }
    let error = said.text.lines().find(|line| line.starts_with("error: ")).unwrap();
    assert!(!error.contains(" /"), "a folder of this machine: {error}");
    assert_eq!(
        session
            .run(&format!("cat > src/lib.rs <<'END'\n{original}END"), &[])
            .exit,
        0
    );
    assert_eq!(session.run("cargo airssys deploy --quiet", &[]).exit, 0);
}

/// A revision is built from its own source and not from what is here, and the other way round.
fn upgrade_from_a_revision(session: &mut Session) {
    let commit = "git init -q . && git add . && git -c user.name=Ada -c user.email=ada@example.com commit -q -m One";
    let said = session.run(commit, &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    let said = session.run("cargo airssys test --upgrade HEAD", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    assert!(said.text.contains("(HEAD) → 0."), "{}", said.text);
    assert!(said.text.contains(": 2 cases passed\n"), "{}", said.text);
    session.run("sed -i 's/ again, {name}!/ once more, {name}!/' src/lib.rs", &[]);
    for _ in 0..2 {
        let said = session.run("cargo airssys test --upgrade HEAD", &[]);
        assert_eq!(said.exit, 106, "{}", said.text);
        let words = "  after the upgrade, call 1, message \"world\": the answer differs\n  \
                     - Hello again, world!\n  + Hello once more, world!\n";
        assert!(said.text.contains(words), "{}", said.text);
    }
    // What was built last of the project is still what cargo takes for it.
    assert_eq!(session.run("cargo airssys build --quiet", &[]).exit, 0);
    let found = session.run("grep -c ' once more, ' target/airssys/hello.wasm", &[]);
    assert_eq!(found.text, "1\n");
    assert_eq!(session.run("git checkout -q . && git status --short", &[]).text, "");
    assert_eq!(session.run("rm -rf .git", &[]).exit, 0);
}

/// The cases of a new project pass, fail readably when the code is changed, and pass again when that is accepted.
fn change_an_answer(session: &mut Session) {
    let said = session.run("cargo airssys test", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    for words in [
        "test tests::greets_by_name ... ok",
        " passed asks (1 call in ",
        "\n2 cases passed",
    ] {
        assert!(said.text.contains(words), "`{words}` is not in\n{}", said.text);
    }
    session.run("sed -i 's/say whom to greet/whom shall I greet?/' src/lib.rs", &[]);
    let said = session.run("cargo airssys test", &[]);
    assert_eq!(said.exit, 106, "{}", said.text);
    for words in [
        "  call 1, message \"\": the answer differs from the snapshot\n    error guest-error\n  \
         - the component answered: invalid input: say whom to greet\n  \
         + the component answered: invalid input: whom shall I greet?\n",
        "\n1 case passed, 1 with a changed snapshot\n",
        "\nhelp: `cargo airssys test --update` accepts",
    ] {
        assert!(said.text.contains(words), "`{words}` is not in\n{}", said.text);
    }
    let said = session.run("cargo airssys test --update", &[]);
    assert!(
        said.exit == 0 && said.text.contains(" updated tests/cases/asks.snap\n"),
        "{}",
        said.text
    );
    assert_eq!(session.run("cargo airssys test", &[]).exit, 0);
    // A native test that fails ends it before anything is built.
    session.run("sed -i 's/Hello again, world!/Bye, world!/' src/lib.rs", &[]);
    let said = session.run("cargo airssys test", &[]);
    assert!(
        said.exit == 101
            && said
                .text
                .contains("\nerror: the native tests of the component failed\n"),
        "{}",
        said.text
    );
    session.run("sed -i 's/Bye, world!/Hello again, world!/' src/lib.rs", &[]);
    session.run("cargo airssys deploy", &[]);
}

fn break_the_code(session: &mut Session) {
    session.run("sed -i 's/self.greeting/self.greting/' src/lib.rs", &[]);
    for verb in ["build", "deploy"] {
        let said = session.run(&format!("cargo airssys {verb}"), &[]);
        assert_eq!(said.exit, 101, "{}", said.text);
        for words in [
            "no field `greting` on type",
            "src/lib.rs:",
            "\nerror: could not compile [ROOT]/hello",
            "\nhelp: correct what the compiler says above",
        ] {
            assert!(said.text.contains(words), "`{words}` is not in\n{}", said.text);
        }
    }
    let said = session.run("cargo airssys call hello world", &[]);
    assert_eq!((said.exit, &*said.text), (0, "Hello again, world!"));
}

/// The first Ctrl-C waits for the call that an actor has begun, so that its state is saved; the second does not.
fn press_ctrl_c_twice(session: &mut Session) {
    const ENDLESS: &str = r#"
        use airssys_wasm_sdk::prelude::*;

        #[component]
        pub struct Endless {
            state: ComponentState,
        }

        #[component_impl]
        impl Endless {
            #[component_init]
            pub fn new(config: ComponentConfig) -> Result<Self, ComponentError> {
                Ok(Self { state: ComponentState::new(config)? })
            }

            #[component_execute]
            pub fn execute(&mut self, _input: ComponentInput) -> ComponentResult {
                eprintln!("begun");
                let mut n = self.state.get::<u64>("n")?.unwrap_or(0);
                loop {
                    n = std::hint::black_box(n.wrapping_add(1));
                }
            }
        }
    "#;
    session.run(&format!("cat > src/lib.rs <<'END'\n{ENDLESS}\nEND"), &[]);
    session.run("printf '[limits]\\ndeadline = \"10min\"\\n' >> Component.toml", &[]);
    let said = session.run("airssys-wasm deploy --quiet", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    let pressed = "mkfifo said\n\
                   airssys-wasm call hello 2> said &\n\
                   exec 3< said\n\
                   read line <&3\n\
                   while kill -INT $! 2> /dev/null; do sleep 0.1; done\n\
                   wait $!\n\
                   echo \"$line: $?\"\n\
                   cat <&3";
    // It does not come to telling that it was interrupted.
    assert_eq!(session.run(pressed, &[]).text, "[hello] begun: 130\n");
}

/// A new web API passes its native tests, and answers in a host.
#[tokio::test]
async fn a_new_web_api_is_built_deployed_and_answers() {
    let mut session = Session::new();
    let said = session.run("cargo airssys init web --name acme:web --template http", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    session.run("cd web", &[]);
    let said = session.run("cargo airssys test", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    assert!(said.text.contains("test tests::greets_by_name ... ok"), "{}", said.text);
    assert!(!said.text.contains("warning"), "{}", said.text);
    let said = session.run("cargo airssys deploy", &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
    let http = HttpHost::new().await;
    let bytes = fs::read(session.folder().join("target/airssys/acme-web.wasm")).unwrap();
    http.test.host.deploy(Package::new(bytes)).await.unwrap();
    let answer = http.get("/web/world").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "Hello, world!\n"));
    assert_eq!(http.get("/web").await.status, 404);
    assert_eq!(http.post("/web/world", "", "x").await.status, 405);
}

/// Started like by `cargo run -- quickstart`, inside a cargo workspace: what cargo tells its child stays in the environment,
/// and neither the builds nor the tests of the new project may be changed by it.
#[test]
fn quickstart_shows_two_versions_that_answer() {
    let root = tempfile::tempdir().unwrap();
    provide_home(root.path());
    let around = "[workspace]\n[package]\nname = \"around\"\nedition = \"2024\"\n";
    fs::write(root.path().join("Cargo.toml"), around).unwrap();
    fs::create_dir(root.path().join("src")).unwrap();
    fs::write(root.path().join("src/lib.rs"), "").unwrap();
    let run = |program: &OsStr, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .current_dir(&root)
            .envs(homes(root.path()))
            .env_remove("XDG_CACHE_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("AIRSSYS_STATE_DIR")
            .output()
            .unwrap()
    };
    let output = run(
        program("airssys-wasm").as_os_str(),
        &["quickstart", "--yes", "-o", "json"],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let result = String::from_utf8_lossy(&output.stdout);
    let result: Value = serde_json::from_str(result.lines().last().unwrap()).unwrap();
    assert_eq!(result["outcome"], "ok");
    assert_eq!(
        result["answers"],
        serde_json::json!(["Hello, world!", "Hello again, world!"])
    );
    assert!(result["seconds"].as_f64().unwrap() > 0.0);
    let steps = result["steps"].as_array().unwrap();
    let names: Vec<_> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "scaffold",
            "build",
            "test",
            "deploy",
            "call",
            "change",
            "deploy-again",
            "call-again"
        ]
    );
    for (number, step) in steps.iter().enumerate() {
        assert!(step["seconds"].is_f64(), "{step}");
        let heading = format!("{}/8 {}: ", number + 1, step["step"].as_str().unwrap());
        assert!(said.contains(&heading), "`{heading}` is not in\n{said}");
    }
    assert_eq!(steps[2]["passed"], 3);
    assert!(steps[1]["size"].as_u64().unwrap() > 0);
    assert_eq!(steps[6]["deployment"]["previous"], "0.1.0");
    // The project is left to play with.
    let folder = std::path::Path::new(result["folder"].as_str().unwrap());
    assert!(folder.starts_with(root.path().canonicalize().unwrap()) && folder.join("src/lib.rs").is_file());
    // What it says to try next works.
    let mut next = said.split("Try next:\n").nth(1).unwrap().lines();
    let [go, call, status] = [(); 3].map(|()| next.next().unwrap());
    for (line, answer) in [(call, "Hello again, you!"), (status, "\nhello  0.2.0 ")] {
        let output = run("sh".as_ref(), &["-c", &format!("{go} &&{line}")]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(answer), "{line}: {output:?}");
    }
    assert!(folder.join(".airssys").is_dir() && !root.path().join(".airssys").exists());
}
