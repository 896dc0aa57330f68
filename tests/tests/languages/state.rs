//! State that a component keeps over a swap, written as the page of its language says.

use std::fs;

use super::project::Project;
use super::template::{self, Template, alone};

/// What makes the component of a template count its calls, and keep the number.
struct Counting {
    template: &'static Template,
    /// Changes of its files: the file, a text there, and the text in its place.
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// A file that is written anew.
    file: Option<(&'static str, &'static str)>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_in_c_keeps_its_state() {
    let counting = Counting {
        template: &template::C,
        edits: &[
            (
                "src/component.c",
                "  exports_airssys_component_guest_message_free(input);\n",
                "  exports_airssys_component_guest_message_free(input);\n  \
             if (text != NULL) {\n    count++;\n    text = realloc(text, ++length);\n    \
             text[length - 1] = '0' + count;\n  }\n",
            ),
            (
                "src/component.c",
                "static char *greeting = \"Hello\";\n",
                "static char *greeting = \"Hello\";\nstatic uint8_t count = 0;\n\n\
             void exports_airssys_component_state_save(component_list_u8_t *saved) {\n  \
             saved->ptr = malloc(1);\n  saved->ptr[0] = count;\n  saved->len = 1;\n}\n\n\
             bool exports_airssys_component_state_restore(component_string_t *from_version, component_list_u8_t *saved,\n  \
             component_error_t *error) {\n  (void)error;\n  count = saved->ptr[0];\n  \
             component_string_free(from_version);\n  component_list_u8_free(saved);\n  return true;\n}\n",
            ),
        ],
        file: None,
    };
    check(counting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_in_cpp_keeps_its_state() {
    let counting = Counting {
        template: &template::CPP,
        edits: &[
            (
                "src/component.cpp",
                "std::string greeting = \"Hello\";\n",
                "std::string greeting = \"Hello\";\n}\nint count = 0;\nnamespace {\n",
            ),
            (
                "src/component.cpp",
                "  const auto answer = greeting_for(greeting, name);\n",
                "  auto answer = greeting_for(greeting, name);\n",
            ),
            (
                "src/component.cpp",
                "  const std::span",
                "  *answer += std::to_string(++count);\n  const std::span",
            ),
            (
                "src/component.cpp",
                "}  // namespace exports::airssys::component::guest\n",
                "}  // namespace exports::airssys::component::guest\n\n\
                 namespace exports::airssys::component::state {\n\n\
                 wit::vector<uint8_t> Save() {\n  const uint8_t bytes[] = {uint8_t(guest::count)};\n  \
                 return wit::vector<uint8_t>::from_view(std::span<const uint8_t>(bytes));\n}\n\n\
                 std::expected<void, ComponentError> Restore(wit::string, wit::vector<uint8_t> saved) {\n  \
                 guest::count = saved.get_view()[0];\n  return {};\n}\n\n}\n",
            ),
        ],
        file: None,
    };
    check(counting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_in_go_keeps_its_state() {
    let counting = Counting {
        template: &template::GO,
        edits: &[
            (
                "export_airssys_component_guest/guest.go",
                "\treturn wit.Ok[contract.Message",
                "\tCount++\n\tanswer += fmt.Sprint(Count)\n\treturn wit.Ok[contract.Message",
            ),
            (
                "export_airssys_component_guest/guest.go",
                "// Init is called",
                "// Count is how many calls there were.\nvar Count uint8\n\n// Init is called",
            ),
        ],
        file: Some((
            "export_airssys_component_state/state.go",
            "// Package export_airssys_component_state keeps the number of calls.\n\
             package export_airssys_component_state\n\nimport (\n\
             \tcontract \"example.com/hello/bindings/airssys_component_types\"\n\
             \tguest \"example.com/hello/export_airssys_component_guest\"\n\
             \twit \"go.bytecodealliance.org/pkg/wit/types\"\n)\n\n\
             // Save returns what the next release goes on with.\nfunc Save() []uint8 {\n\treturn []uint8{guest.Count}\n}\n\n\
             // Restore takes over what an earlier release saved.\n\
             func Restore(fromVersion string, saved []uint8) wit.Result[wit.Unit, contract.ComponentError] {\n\
             \tguest.Count = saved[0]\n\treturn wit.Ok[wit.Unit, contract.ComponentError](wit.Unit{})\n}\n",
        )),
    };
    check(counting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_in_javascript_keeps_its_state() {
    let counting = Counting {
        template: &template::JAVASCRIPT,
        edits: &[
            ("src/component.js", "decode(body));\n", "decode(body)) + ++count;\n"),
            (
                "src/component.js",
                "/** @type",
                "let count = 0;\n\nexport const state = {\n  save() {\n    return Uint8Array.of(count);\n  },\n  \
             restore(fromVersion, saved) {\n    count = saved[0];\n  },\n};\n\n/** @type",
            ),
        ],
        file: None,
    };
    check(counting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_in_typescript_keeps_its_state() {
    let counting = Counting {
        template: &template::TYPESCRIPT,
        edits: &[
            (
                "src/component.ts",
                "greet(settings.greeting, decode(body));",
                "greet(settings.greeting, decode(body)) + ++count;",
            ),
            (
                "src/component.ts",
                "export const guest",
                "let count = 0;\n\nexport const state = {\n  save(): Uint8Array {\n    return Uint8Array.of(count);\n  },\n  \
             restore(fromVersion: string, saved: Uint8Array): void {\n    count = saved[0] ?? 0;\n  },\n\
             } satisfies typeof import(\"airssys:component/state@0.1.0\");\n\nexport const guest",
            ),
        ],
        file: None,
    };
    check(counting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_in_python_keeps_its_state() {
    let counting = Counting {
        template: &template::PYTHON,
        edits: &[
            (
                "src/app.py",
                "        return Message(",
                "        settings[\"count\"] += 1\n        answer += str(settings[\"count\"])\n        return Message(",
            ),
            (
                "src/app.py",
                "settings = {\"greeting\": \"Hello\"}\n",
                "settings = {\"greeting\": \"Hello\", \"count\": 0}\n\n\n\
             class State(exports.State):\n    def save(self) -> bytes:\n        return bytes([settings[\"count\"]])\n\n    \
             def restore(self, from_version: str, saved: bytes) -> None:\n        settings[\"count\"] = saved[0]\n",
            ),
        ],
        file: None,
    };
    check(counting).await;
}

async fn check(counting: Counting) {
    let _turn = alone().await;
    let template = counting.template;
    if !template.is_here().await {
        return;
    }
    let mut project = Project::new(template.language, "component");
    let include = "  include airssys:component/component@0.1.0;\n";
    project.edit(
        "wit/world.wit",
        include,
        &format!("{include}  export airssys:component/state@0.1.0;\n"),
    );
    for (file, from, to) in counting.edits {
        project.edit(file, from, to);
    }
    if let Some((file, text)) = counting.file {
        fs::create_dir_all(project.path(file).parent().unwrap()).unwrap();
        fs::write(project.path(file), text).unwrap();
    }
    project.shell.well("airssys-wasm deploy");
    for number in 1..=2 {
        let said = project.shell.well("airssys-wasm call hello world");
        assert_eq!(said.trim_end(), format!("Hello, world!{number}"));
    }
    let (from, to) = template.change;
    project.edit(template.source, from, to);
    project.edit("Component.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    project.shell.well("airssys-wasm deploy");
    assert_eq!(
        project.shell.well("airssys-wasm call hello world").trim_end(),
        "Hello, world?3"
    );
}
