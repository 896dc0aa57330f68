//! What an author is told when something is wrong: tools, builds, exceptions, loops, memory, permissions.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use airssys_wasm_tests::{Said, program};

use super::project::Project;
use super::session::Shell;
use super::template;

/// A project that needs no tools.
fn built_by(command: &str, tools: &str) -> Shell {
    let shell = Shell::new();
    let manifest = format!(
        "manifest-version = 1\n[component]\nname = \"hello\"\nversion = \"0.1.0\"\n\
         [build]\ncommand = {command:?}\nartifact = \"target/component.wasm\"\ntools = [{tools}]\n"
    );
    fs::write(shell.session.folder().join("Component.toml"), manifest).unwrap();
    shell
}

fn fails(said: &Said, exit: i32, parts: &[&str]) {
    assert_eq!(said.exit, exit, "{}", said.text);
    for part in parts {
        assert!(said.text.contains(part), "`{part}` is not in\n{}", said.text);
    }
}

#[test]
fn a_missing_program_is_told_with_what_to_install() {
    let program = program("airssys-wasm");
    let program = program.display();
    // A version that no other test has installed.
    let mut shell = built_by("true", "\"pip:componentize-py@0.0.1\"");
    let said = shell.run(&format!("PATH=/nowhere {program} build"));
    let parts = [
        "error: componentize-py 0.0.1 needs Python, and `python3` is not installed",
        "apt-get install python3",
    ];
    fails(&said, 101, &parts);
    let mut shell = built_by("true", "\"npm:left-pad@0.0.1\"");
    let said = shell.run(&format!("PATH=/nowhere {program} build"));
    fails(
        &said,
        101,
        &[
            "error: left-pad 0.0.1 needs Node.js, and `node` is not installed",
            "https://nodejs.org",
        ],
    );
}

#[test]
fn an_old_program_is_told_with_its_version() {
    let mut shell = built_by("true", "\"pip:componentize-py@0.0.1\", \"npm:left-pad@0.0.1\"");
    let folder = shell.session.folder().to_owned();
    for (name, version) in [("python3", "Python 3.8.1"), ("node", "v16.1.0")] {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\necho {version}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = shell.run("PATH=\"$PWD:$PATH\" airssys-wasm build");
    fails(&said, 101, &["needs Python, and Python 3.8.1 is older than 3.10"]);
    let said = shell.run("PATH=\"$PWD:$PATH\" airssys-wasm doctor");
    fails(
        &said,
        107,
        &["Python 3.8.1 is older than 3.10", "v16.1.0 is older than 20"],
    );
}

#[test]
fn what_names_no_tool_is_told_with_the_form() {
    let said = built_by("true", "\"componentize-py\"").run("airssys-wasm build");
    fails(
        &said,
        2,
        &["`componentize-py` names no tool", "REGISTRY:PACKAGE@VERSION"],
    );
}

#[test]
fn a_build_that_leaves_nothing_or_a_core_module_is_told_what_is_missing() {
    let said = built_by("true", "").run("airssys-wasm build");
    fails(&said, 101, &["left no file", "target/component.wasm"]);
    let module = "printf '\\0asm\\1\\0\\0\\0' > target/component.wasm";
    let said = built_by(module, "").run("airssys-wasm build");
    fails(
        &said,
        102,
        &["it is a core module", "airssys-wasm componentize CORE.wasm"],
    );
}

/// A component that raises, loops and takes memory as it is asked to: each is told as what it is, and the next call is
/// answered.
fn goes_wrong_and_on(shell: &mut Shell, raised: &[&str], memory: &str) {
    fails(&shell.run("airssys-wasm call hello raise"), 106, raised);
    let deadline = "within its deadline of 2s";
    fails(&shell.run("airssys-wasm call hello loop"), 106, &[deadline]);
    fails(&shell.run("airssys-wasm call hello memory"), 106, &[memory]);
    assert_eq!(shell.well("airssys-wasm call hello world").trim_end(), "Hello, world!");
}

#[tokio::test(flavor = "multi_thread")]
async fn python_tells_exceptions_with_their_traceback_and_is_held_to_its_limits() {
    let _turn = template::alone().await;
    if !template::PYTHON.is_here().await {
        return;
    }
    let mut project = Project::new("python", "component");
    let begin = "        settings.update(json.loads(config.json))\n";
    project.edit(
        "src/app.py",
        begin,
        &format!("{begin}        settings[\"one\"] / settings.get(\"by\", 1)\n"),
    );
    project.edit(
        "src/app.py",
        "settings = {\"greeting\"",
        "settings = {\"one\": 1, \"greeting\"",
    );
    let begin = "        try:\n            answer";
    let wrong = "        match input.body:\n            case b\"raise\":\n                return [][1]\n            \
                 case b\"loop\":\n                while True:\n                    pass\n            \
                 case b\"memory\":\n                return [bytearray(1 << 20) for _ in range(1000)]\n";
    project.edit("src/app.py", begin, &format!("{wrong}{begin}"));
    project.edit("Component.toml", "[config]", "[limits]\ndeadline = \"2s\"\n\n[config]");
    let shell = &mut project.shell;
    shell.well("echo '{\"by\": 0}' > wrong.json");
    let said = shell.run("airssys-wasm deploy --config wrong.json");
    fails(&said, 103, &["ZeroDivisionError: division by zero", "in init"]);
    shell.well("airssys-wasm deploy");
    let raised = [
        "Traceback (most recent call last):\n",
        "app.py\", line ",
        "error: the component answered: IndexError: ",
    ];
    // CPython notices that it gets no more memory, and says so itself.
    goes_wrong_and_on(shell, &raised, "MemoryError");
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_tells_exceptions_with_their_stack_and_is_held_to_its_limits() {
    let _turn = template::alone().await;
    if !template::JAVASCRIPT.is_here().await {
        return;
    }
    let mut project = Project::new("javascript", "component");
    let begin = "    const answer";
    let wrong = "    const text = decode(body);\n    if (text === \"raise\") throw new TypeError(\"not today\");\n    \
                 if (text === \"loop\") for (;;);\n    \
                 if (text === \"memory\") for (const kept = []; ; kept.push(new Uint8Array(1 << 20)));\n";
    project.edit("src/component.js", begin, &format!("{wrong}{begin}"));
    project.edit("Component.toml", "[config]", "[limits]\ndeadline = \"2s\"\n\n[config]");
    let shell = &mut project.shell;
    shell.well("airssys-wasm deploy");
    let raised = [
        "error: the component answered: TypeError: not today (exception)",
        "component.js:",
    ];
    goes_wrong_and_on(shell, &raised, "memory");
}

#[tokio::test(flavor = "multi_thread")]
async fn go_tells_panics_with_their_stack_and_is_held_to_its_limits() {
    let _turn = template::alone().await;
    if !template::GO.is_here().await {
        return;
    }
    let mut project = Project::new("go", "component");
    let file = "export_airssys_component_guest/guest.go";
    let begin = "\tanswer, err";
    let wrong = "\tvar kept [][]byte\n\tswitch string(input.Body) {\n\tcase \"raise\":\n\t\tpanic(\"not today\")\n\t\
                 case \"loop\":\n\t\tfor {\n\t\t}\n\tcase \"memory\":\n\t\tfor {\n\t\t\t\
                 kept = append(kept, make([]byte, 1<<20))\n\t\t}\n\t}\n";
    project.edit(file, begin, &format!("{wrong}{begin}"));
    project.edit("Component.toml", "[config]", "[limits]\ndeadline = \"2s\"\n\n[config]");
    let shell = &mut project.shell;
    shell.well("airssys-wasm deploy");
    let raised = ["error: the component answered: not today (panic)", "guest.go:"];
    goes_wrong_and_on(shell, &raised, "more memory than its limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn c_is_told_of_text_that_is_none_of_memory_and_of_what_is_not_granted() {
    let _turn = template::alone().await;
    if !template::C.is_here().await {
        return;
    }
    let mut project = Project::new("c", "component");
    let begin = "  size_t length = 0;\n";
    let wrong = "  if (input->body.len == 4 && input->body.ptr[0] == 't') {\n    \
                 *output = (exports_airssys_component_guest_message_t){0};\n    \
                 component_string_dup(&output->content_type, \"\\xff\\xfe\");\n    return true;\n  }\n  \
                 if (input->body.len == 6 && input->body.ptr[0] == 'm') {\n    for (;;) {\n      \
                 char *volatile more = malloc(1 << 20);\n      if (more == NULL) abort();\n      more[0] = 1;\n    }\n  }\n";
    project.edit("src/component.c", begin, &format!("{begin}{wrong}"));
    let shell = &mut project.shell;
    shell.well("airssys-wasm deploy");
    fails(&shell.run("airssys-wasm call hello text"), 106, &["invalid utf-8"]);
    fails(
        &shell.run("airssys-wasm call hello memory"),
        106,
        &["more memory than its limit"],
    );
    assert_eq!(shell.well("airssys-wasm call hello world").trim_end(), "Hello, world!");

    let asks = "[capabilities]\nnetwork-outbound = [\"https://api.example.com:443\"]\n";
    let manifest = fs::read_to_string(project.path("Component.toml")).unwrap();
    fs::write(project.path("Component.toml"), format!("{manifest}\n{asks}")).unwrap();
    let said = project.shell.run("airssys-wasm deploy");
    fails(
        &said,
        104,
        &["airssys-wasm permission grant hello network-outbound 'https://api.example.com:443'"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_in_a_dev_build_of_c_names_its_line() {
    let _turn = template::alone().await;
    if !template::C.is_here().await {
        return;
    }
    let mut project = Project::new("c", "component");
    project.edit(
        "src/greeting.c",
        "  size_t greeting_length",
        "  if (name[0] == '?') __builtin_trap();\n  size_t greeting_length",
    );
    let shell = &mut project.shell;
    shell.well("airssys-wasm deploy --dev");
    fails(&shell.run("airssys-wasm call hello '?'"), 106, &["greeting.c:"]);
}
