//! `logs`: what a component has written and logged.

use std::thread;
use std::time::Duration;

use clap::Parser;

use super::verb::{Context, Verb};
use airssys_wasm::Error;
use airssys_wasm::component::ComponentName;
use airssys_wasm::observe::LogReader;

/// How long it waits before it looks for more.
const PAUSE: Duration = Duration::from_millis(100);

/// Show what a component has written to its outputs and logged
#[derive(Debug, Parser)]
#[command(name = "logs")]
pub(super) struct Logs {
    /// The component
    name: String,
    /// Go on with what comes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Begin with the last N lines; all that is kept when absent
    #[arg(short = 'n', long, value_name = "N")]
    lines: Option<usize>,
}

impl Verb for Logs {
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("logs hello", "all that is kept of it"),
        ("logs hello -n 20 --follow", "the last lines, then what comes"),
        ("logs hello -o json", "an object in each line"),
    ];

    fn run(self, context: &Context) -> anyhow::Result<()> {
        let name: ComponentName = self.name.parse().map_err(Error::from)?;
        let place = context.state()?;
        let mut reader = LogReader::new(&place.directory, &name);
        let mut entries = reader.kept()?;
        let beyond = self.lines.map_or(0, |lines| entries.len().saturating_sub(lines));
        entries.drain(..beyond);
        if entries.is_empty() && !self.follow {
            let folder = place.directory.display();
            context
                .shell
                .note(format_args!("`{name}` has written nothing that is kept in {folder}"));
        }
        loop {
            // The reader may have gone, as in `airssys-wasm logs hello | head -1`.
            if entries.iter().any(|entry| context.shell.logged(entry).is_err()) || !self.follow {
                return Ok(());
            }
            // The files are another process's, which does not know that somebody reads them.
            thread::sleep(PAUSE);
            entries = reader.next()?;
        }
    }
}
