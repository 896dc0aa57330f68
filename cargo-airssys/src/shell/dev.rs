//! What a loop tells, as lines: one for each swap, and nothing while nothing happens.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use rustix::termios::tcgetwinsize;
use semver::Version;

use super::{ERROR, GOOD, HINT, Shell, WARNING, counted, grouped, millis, printable_line};
use crate::ops::dev::{News, Swap, Unswapped};
use airssys_wasm::component::ComponentName;

const DIM: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The width of the word that a line begins with, and of the space after it.
const WORD: usize = 13;

/// The width of lines where there is no terminal.
const WIDTH: usize = 80;

/// The keys of a loop, and what they do.
const KEYS: [(char, &str); 7] = [
    ('r', "rebuild everything"),
    ('b', "roll back the last swap"),
    ('g', "grant what a component was refused for"),
    ('l', "show what components write, or not"),
    ('o', "open in the browser"),
    ('q', "quit"),
    ('?', "these keys"),
];

impl Shell {
    /// Prints what a loop tells; with `-o json` as an object in a line.
    pub(crate) fn news(&self, news: &News) {
        if self.is_json() {
            self.hide_spinner();
            // Nobody is left to tell when it cannot be printed.
            let _ = self.result("", news);
            return;
        }
        match news {
            News::Building { component, changed } => {
                return self.turn(format_args!("building {component}{}", because(changed)));
            }
            News::RollingBack { component } => return self.turn(format_args!("rolling {component} back")),
            _ => self.hide_spinner(),
        }
        match news {
            // They are on the spinner.
            News::Building { .. } | News::RollingBack { .. } => {}
            News::Waiting { component } => {
                let text = format!("{component}, for a deployment of it that somebody else has begun");
                self.line(DIM, "Waiting", text);
            }
            News::Renamed { from, to } => self.warn(format_args!(
                "the component is `{to}` now, and `{from}` goes on serving what it was: `remove {from}` ends it"
            )),
            News::TooMany { files } => self.warn(format_args!(
                "there are more than {files} files, and only so many are watched: \
                 say which matter by `[build] watch`, or have git ignore the others"
            )),
            News::Watching {
                components,
                files,
                folder,
            } => self.watching(components, *files, folder),
            News::Listening { url } => self.line(HINT, "Listening", url),
            News::NotListening { reason, help } => {
                self.warn(printable_line(reason));
                self.under(format_args!("{HINT}help{HINT:#}: {}", printable_line(help)));
            }
            News::Reachable {
                component,
                url,
                is_called,
            } => {
                let how = if *is_called { "POST " } else { "" };
                self.under(format_args!("{component}: {how}{url}"));
            }
            News::Swapped(swap) => self.swapped(swap),
            News::Unchanged {
                component,
                changed,
                serving,
            } => {
                let label = label(component, serving.as_ref());
                match changed.is_empty() {
                    true => self.line(DIM, "Serving", format_args!("{label}, as it is built now")),
                    false => self.line(DIM, "Unchanged", format_args!("{label}{}", because(changed))),
                }
            }
            News::Said { transcript } => self.note(transcript.trim_end()),
            News::NotSwapped(unswapped) => self.not_swapped(unswapped),
            News::RolledBack {
                component,
                version,
                took,
            } => {
                let text = format!(
                    "{component}@{version} in {}; the next save goes forward again",
                    millis(*took)
                );
                self.line(GOOD, "Rolled back", text);
            }
            News::NotRolledBack { component, reason } => {
                let text = format!("`{component}` was not rolled back: {}", printable_line(reason));
                self.warn(text);
            }
            News::Granted {
                component,
                capability,
                pattern,
            } => self.line(
                GOOD,
                "Granted",
                format_args!("{capability} {} to {component}", printable_line(pattern)),
            ),
            News::NotGranted { reason } => self.warn(format_args!("nothing is granted: {}", printable_line(reason))),
            News::Gone { folder } => self.warn(format_args!(
                "{} is gone; what serves goes on, and it is built again when the folder is back",
                folder
            )),
            News::Back { folder } => self.line(HINT, "Back", folder),
            News::Polling { reason } => self.warn(format_args!(
                "the system tells of no changes, so that files are looked at every second: {}",
                printable_line(reason)
            )),
            News::Circling { component, changed } => self.warn(format_args!(
                "each build of `{component}` changes {}, so it waits for another change; \
                 add the file to .gitignore, or press r",
                files(changed)
            )),
            News::Ended {
                swaps,
                not_swapped,
                calls,
                failed,
            } => {
                let mut text = counted(usize::try_from(*swaps).unwrap_or(usize::MAX), "swap");
                if *not_swapped > 0 {
                    let _ = write!(text, ", {not_swapped} not swapped");
                }
                let noun = if *calls == 1 { "call" } else { "calls" };
                let calls = grouped(*calls);
                self.line(GOOD, "Ended", format_args!("{text}; {calls} {noun}, failed {failed}"));
            }
        }
    }

    /// Says that there are keys.
    pub(crate) fn keys_hint(&self) {
        if !self.is_json() {
            self.under("keys: r rebuild, b roll back, g grant, l logs, o open, q quit, ? help");
        }
    }

    /// Says how what is missing is granted; also when quiet, as the error before it.
    pub(crate) fn grant_hint(&self) {
        self.say(format_args!("{:>12} press g to grant it", ""));
    }

    /// Prints the keys of a loop.
    pub(crate) fn keys(&self) {
        self.hide_spinner();
        for (key, meaning) in KEYS {
            self.note(format_args!("{HINT}{key:>12}{HINT:#} {meaning}"));
        }
    }

    fn watching(&self, components: &[ComponentName], files: usize, folder: &str) {
        let names: Vec<&str> = components.iter().map(ComponentName::as_str).collect();
        let files = counted(files, "file");
        let names = names.join(", ");
        self.line(HINT, "Watching", format_args!("{names} ({files} in {})", folder));
        self.under("after each swap: ms for build+compile+swap, calls in flight, failed calls");
    }

    fn swapped(&self, swap: &Swap) {
        let style = if swap.failed == 0 { GOOD } else { BAD };
        let [what, measures, calls] = long(swap);
        let one = format!("{what}  {measures}  {calls}");
        let room = width().saturating_sub(WORD);
        match [one, short(swap)].into_iter().find(|line| line.chars().count() <= room) {
            Some(line) => self.line(style, "Swapped", line),
            None => {
                self.line(style, "Swapped", what);
                self.under(format_args!("{measures}, {calls}"));
            }
        }
    }

    /// Also when quiet, as every error is.
    fn not_swapped(&self, unswapped: &Unswapped) {
        let failure = &unswapped.failure;
        if !failure.transcript.is_empty() {
            self.say(failure.transcript.trim_end());
        }
        let under = |text: &dyn std::fmt::Display| self.say(format_args!("{:>12} {text}", ""));
        let changed = because(&unswapped.changed);
        self.say(format_args!(
            "{ERROR}{:>12}{ERROR:#} {}{changed}",
            "Not swapped", unswapped.component
        ));
        under(&printable_line(&failure.message));
        under(&format_args!("{HINT}help{HINT:#}: {}", printable_line(&failure.help)));
        self.lines(failure.lines());
        match &unswapped.label {
            Some(label) => under(&format_args!("{label} goes on serving")),
            None => under(&"nothing serves yet"),
        }
    }

    fn line(&self, style: Style, word: &str, text: impl std::fmt::Display) {
        self.note(format_args!("{style}{word:>12}{style:#} {text}"));
    }

    fn under(&self, text: impl std::fmt::Display) {
        self.note(format_args!("{:>12} {text}", ""));
    }

    /// Tells that a release serves because of somebody else.
    pub(crate) fn beside(&self, component: &ComponentName, version: &Version) {
        self.hide_spinner();
        self.line(
            DIM,
            "Beside",
            format_args!("{component}@{version} takes calls: another command has done that"),
        );
    }

    /// Warns of something in passing, attributed to a component.
    pub(crate) fn attributed(&self, component: &ComponentName, text: impl std::fmt::Display) {
        self.note(format_args!("{WARNING}[{component}]{WARNING:#} {text}"));
    }
}

/// A swap in full: what, how long it took, and what became of calls.
fn long(swap: &Swap) -> [String; 3] {
    let [build, compile, exchange] = whole(swap);
    let kept = if swap.state_kept { ", state kept" } else { "" };
    [
        format!(
            "{} {}{}",
            label(&swap.component, Some(&swap.version)),
            swap.digest.short(),
            because(&swap.changed)
        ),
        format!("build {build} + compile {compile} + swap {exchange} ms"),
        format!("{} in flight, failed {}{kept}", swap.in_flight, swap.failed),
    ]
}

/// A swap where there is little room.
fn short(swap: &Swap) -> String {
    let version = &swap.version;
    let version = match version.build.is_empty() {
        true => version.to_string(),
        false => format!("+{}", version.build),
    };
    let name = match swap.is_alone {
        true => String::new(),
        false => format!("{} ", swap.component),
    };
    let first = |path: &String| format!(" {}", printable_line(path));
    let mut changed = swap.changed.first().map(first).unwrap_or_default();
    if swap.changed.len() > 1 {
        let _ = write!(changed, " +{}", swap.changed.len() - 1);
    }
    let [build, compile, exchange] = whole(swap);
    format!(
        "{name}{version} {}{changed}  {build}+{compile}+{exchange} ms  {} in flight  failed {}",
        swap.digest.short(),
        swap.in_flight,
        swap.failed
    )
}

/// The three times of a swap in milliseconds.
fn whole(swap: &Swap) -> [u128; 3] {
    let times = &swap.times;
    [times.build, times.compile, times.swap].map(|time| time.as_millis())
}

fn label(component: &ComponentName, version: Option<&Version>) -> String {
    version.map_or_else(|| component.to_string(), |version| format!("{component}@{version}"))
}

/// ` (src/lib.rs and 2 more)`.
fn because(changed: &[String]) -> String {
    match changed {
        [] => String::new(),
        _ => format!(" ({})", files(changed)),
    }
}

fn files(changed: &[String]) -> String {
    let first = changed.first().map(|path| printable_line(path)).unwrap_or_default();
    match changed.len() {
        0 | 1 => first,
        number => format!("{first} and {} more", number - 1),
    }
}

/// How many columns the terminal has.
fn width() -> usize {
    let columns = tcgetwinsize(std::io::stderr()).map(|size| usize::from(size.ws_col));
    columns.ok().filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ops::dev::Times;
    use airssys_wasm::component::Digest;

    #[test]
    fn the_files_of_a_change_are_a_few_words() {
        let paths = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(because(&paths(&[])), "");
        assert_eq!(because(&paths(&["src/lib.rs"])), " (src/lib.rs)");
        assert_eq!(because(&paths(&["a", "b", "c"])), " (a and 2 more)");
    }

    #[test]
    fn a_swap_is_one_line_of_eighty_columns() {
        let millis = Duration::from_millis;
        let swap = Swap {
            component: "hello".parse().unwrap(),
            changed: vec!["src/lib.rs".into()],
            version: "0.1.0+dev.12".parse().unwrap(),
            from: Some("0.1.0+dev.11".parse().unwrap()),
            digest: Digest::of(b"hello"),
            times: Times {
                build: millis(1212),
                compile: millis(406),
                swap: millis(3),
                ..Times::default()
            },
            in_flight: 12,
            failed: 0,
            is_alone: true,
            state_kept: true,
        };
        let line = short(&swap);
        assert_eq!(
            line,
            "+dev.12 2cf24dba src/lib.rs  1212+406+3 ms  12 in flight  failed 0"
        );
        assert!(WORD + line.len() <= WIDTH, "{}", line.len());
        assert_eq!(
            long(&swap),
            [
                "hello@0.1.0+dev.12 2cf24dba (src/lib.rs)",
                "build 1212 + compile 406 + swap 3 ms",
                "12 in flight, failed 0, state kept"
            ]
        );
    }
}
