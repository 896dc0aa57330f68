//! Runs `tests/transcripts/**/*.md`: what users see at the command line.
//!
//! Each file has a folder and a home of its own, in which its commands run one after the other.
//! Both programs, `cargo` and `owner` are on the path; `$GUESTS` is the folder of the built guests, `$DEV_GUEST` the
//! guest that traps, built with the dev profile.
//! `TRANSCRIPTS=update` writes what is seen into the files: lines for which a pattern of the file stands
//! become that pattern.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use airssys_wasm_tests::transcript::{self, Part, Step};
use airssys_wasm_tests::{Said, Session, Terminal, dev_guest_path, guest_path, workspace};

#[test]
fn users_see_what_the_transcripts_say() {
    // Makes cargo build it beside the programs.
    assert!(Path::new(env!("CARGO_BIN_EXE_owner")).exists());
    let variables = [
        ("GUESTS", guest_path("echo").parent().unwrap().to_owned()),
        ("DEV_GUEST", dev_guest_path()),
    ];
    let mut files = Vec::new();
    collect(&workspace().join("tests/transcripts"), &mut files);
    assert!(files.len() > 20, "{files:?}");
    let waiting = Mutex::new(files.into_iter());
    let problems = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap().next();
    let work = || {
        while let Some(file) = next() {
            let found = check(&file, &variables);
            problems.lock().unwrap().extend(found);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |cores| cores.get().min(8)) {
            scope.spawn(work);
        }
    });
    let mut problems = problems.into_inner().unwrap();
    problems.sort();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_verb_has_its_transcript() {
    let help = Session::new().run("airssys-wasm --help", &[]).text;
    let verbs = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A description that is too long for its line goes on farther to the right.
    let verbs = verbs
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for verb in verbs.filter(|verb| !verb.is_empty()) {
        let path = workspace().join(format!("tests/transcripts/verbs/{verb}.md"));
        assert!(path.exists(), "write {}", path.display());
    }
}

#[test]
fn what_is_not_granted_is_asked_at_a_terminal_and_a_yes_lasts() {
    let mut session = Session::new();
    let file = guest_path("asks");
    let arguments = ["deploy", file.to_str().unwrap(), "--version", "1.0.0"];
    let project = "printf 'manifest-version = 1\\n' > Component.toml";
    assert_eq!(session.run(project, &[]).exit, 0);
    let answered = |answer: &str| {
        let mut terminal = Terminal::start(&session, 160, &arguments);
        // What is in the project is not asked for.
        terminal.wait_for("? Grant network-outbound https://api.example.com:443 to asks? [y/N]", 1);
        terminal.press(answer);
        terminal.end()
    };
    let (exit, screen) = answered("\r");
    assert!(
        exit == 104 && screen.contains("permission grant asks network-outbound"),
        "{screen}"
    );
    let (exit, screen) = answered("y\r");
    assert!(exit == 0 && screen.contains("Deployed asks@1.0.0"), "{screen}");
    let said = session.run(&format!("airssys-wasm {}", arguments.join(" ")), &[]);
    assert_eq!(said.exit, 0, "{}", said.text);
}

/// Runs a transcript; answers with what differs.
fn check(file: &Path, variables: &[(&str, PathBuf)]) -> Vec<String> {
    let variables: Vec<_> = variables.iter().map(|(name, path)| (*name, path.as_os_str())).collect();
    let mut session = Session::new();
    let mut parts = transcript::parse(&fs::read_to_string(file).unwrap());
    let known = patterns(&parts);
    let mut problems = Vec::new();
    for part in &mut parts {
        let Part::Step(step) = part else { continue };
        let said = session.run(&step.command, &variables);
        if said.exit != step.exit || !transcript::fits(&step.expected, &said.text) {
            problems.push(difference(file, step, &said));
            correct(step, &said, &known);
        }
    }
    if std::env::var_os("TRANSCRIPTS").is_some_and(|wish| wish == "update") {
        fs::write(file, transcript::render(&parts)).unwrap();
    }
    problems
}

/// The lines of a transcript that stand for what differs from run to run.
fn patterns(parts: &[Part]) -> Vec<String> {
    let expected = parts.iter().flat_map(|part| match part {
        Part::Step(step) => step.expected.as_slice(),
        Part::Line(_) => &[],
    });
    expected.filter(|line| line.contains("[..]")).cloned().collect()
}

fn correct(step: &mut Step, said: &Said, known: &[String]) {
    let line = |line: &str| {
        let line = line.trim_end();
        let pattern = known.iter().find(|pattern| transcript::line_fits(pattern, line));
        pattern.cloned().unwrap_or_else(|| line.to_owned())
    };
    step.expected = said.text.trim_end().lines().map(line).collect();
    step.exit = said.exit;
}

fn difference(file: &Path, step: &Step, said: &Said) -> String {
    let file = file.strip_prefix(workspace()).unwrap().display();
    let mut text = format!("{file}: $ {}\n", step.command);
    if said.exit != step.exit {
        writeln!(text, "- ? {}\n+ ? {}", step.exit, said.exit).unwrap();
    }
    let lines: Vec<&str> = said.text.trim_end().lines().map(str::trim_end).collect();
    let pairs = step.expected.iter().zip(&lines);
    let alike = pairs
        .take_while(|(pattern, line)| transcript::line_fits(pattern, line))
        .count();
    let marked = lines[alike.saturating_sub(3)..alike]
        .iter()
        .map(|line| format!("  {line}\n"));
    let marked = marked.chain(step.expected[alike..].iter().map(|line| format!("- {line}\n")));
    text.extend(marked.chain(lines[alike..].iter().map(|line| format!("+ {line}\n"))));
    text
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}
