//! Every operation with every way of writing a path to everything that can be there.

use super::model::{Case, Form, Target, expected};
use super::yard::{PLACES, READ, SECRET, WRITE, Yard};

/// Operations; `@` is the path.
const OPERATIONS: &[(&str, &str)] = &[
    ("open-to-read", "open s /data r @"),
    ("open-to-write", "open s /data w @"),
    ("create", "open s /data cw @"),
    ("truncate", "open s /data tw @"),
    ("stat", "stat /data - @"),
    ("stat-following", "stat /data f @"),
    ("hash", "hash /data - @"),
    ("readlink", "readlink /data @"),
    ("link", "link /data @ /data both/new"),
    ("rename-to-both", "rename /data @ /data both/new"),
    ("rename-to-write", "rename /data @ /data write/new"),
    ("unlink", "unlink /data @"),
    ("mkdir", "mkdir /data @"),
    ("rmdir", "rmdir /data @"),
    ("symlink", "symlink /data f @"),
    ("times", "times /data - @"),
    ("times-following", "times /data f @"),
];

/// Ways of writing a path: `#` is the directory and `@` the name.
const FORMS: &[(&str, Form)] = &[
    ("#/@", Form::Plain),
    ("./#/@", Form::Plain),
    ("#//@", Form::Plain),
    ("#/./@", Form::Plain),
    ("missing/../#/@", Form::Plain),
    ("#/d/../@", Form::Plain),
    ("#/@/", Form::AsDirectory),
    ("#/@//", Form::AsDirectory),
    ("#/@/.", Form::AsDirectory),
    ("#/@/x/..", Form::AsDirectory),
    ("../data/#/@", Form::Leaving),
    ("#/../../data/#/@", Form::Leaving),
    ("/data/#/@", Form::Leaving),
    ("//#/@", Form::Leaving),
];

const TARGETS: &[(&str, Target)] = &[
    ("f", Target::File),
    ("d", Target::Directory),
    ("n", Target::Missing),
    ("to-secret", Target::Link),
    ("to-outside", Target::Link),
    ("to-self", Target::Link),
    ("to-link", Target::Link),
    ("to-f", Target::Link),
    ("to-root", Target::Link),
    ("to-outside/secret", Target::Through),
    ("to-root/etc", Target::Through),
    ("to-self/x", Target::Through),
    ("pipe", Target::Special),
    ("socket", Target::Special),
];

#[tokio::test]
async fn every_operation_on_every_path_does_what_is_promised_and_no_more() {
    let yard = Yard::open(READ, WRITE).await;
    let everything = yard.everything();
    let mut problems = Vec::new();
    let mut cases = 0;
    for (operation, line) in OPERATIONS {
        let before = yard.everything();
        let changes = |answer: &str| {
            answer.starts_with("ok") && !matches!(*operation, "stat" | "stat-following" | "hash" | "open-to-read")
        };
        let mut changed = false;
        for (place, read, write) in PLACES {
            for (form, kind) in FORMS {
                let mut script = Vec::new();
                for (name, target) in TARGETS {
                    let path = form.replace('#', place).replace('@', name);
                    let (form, target) = (*kind, *target);
                    script.push((
                        line.replace('@', &path),
                        Case {
                            operation,
                            form,
                            read,
                            write,
                            target,
                        },
                    ));
                }
                // What changes nothing is run together.
                let expects_change = |(_, case): &(String, Case)| changes(expected(*case));
                let (single, together): (Vec<_>, Vec<_>) = script.into_iter().partition(expects_change);
                let lines: Vec<_> = together.iter().map(|(line, _)| line.as_str()).collect();
                let mut answers = yard.run(&lines.join("\n")).await;
                for (line, _) in &single {
                    let untouchable = yard.untouchable();
                    answers.extend(yard.run(line).await);
                    if yard.untouchable() != untouchable {
                        problems.push(format!("{line}: something was changed that is not granted"));
                    }
                    changed = true;
                    yard.fill();
                }
                for ((line, case), answer) in together.iter().chain(&single).zip(answers) {
                    cases += 1;
                    let code = answer.split(' ').next().unwrap();
                    if code != expected(*case) || answer.contains(SECRET) {
                        problems.push(format!("{line}: `{answer}` and not `{}`", expected(*case)));
                    }
                }
            }
        }
        if !changed && yard.everything() != before {
            problems.push(format!("{operation} changed something"));
        }
    }
    assert_eq!(cases, OPERATIONS.len() * PLACES.len() * FORMS.len() * TARGETS.len());
    assert!(
        problems.is_empty(),
        "{} of {cases}:\n{}",
        problems.len(),
        problems[..problems.len().min(60)].join("\n")
    );
    assert_eq!(yard.everything().len(), everything.len());
}
