//! Questions, for people at a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::{HINT, Shell};

impl Shell {
    /// Whether a person can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        !self.is_json() && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for a text; an empty answer is the default.
    pub(crate) fn ask(&self, question: &str, default: &str) -> io::Result<String> {
        let shown = if default.is_empty() {
            String::new()
        } else {
            format!(" [{default}]")
        };
        let answer = self.read(&format!("{question}{shown}: "))?;
        Ok(if answer.is_empty() { default.to_owned() } else { answer })
    }

    /// Asks whether to go on; an empty answer is no.
    pub(crate) fn confirm(&self, question: &str) -> io::Result<bool> {
        let answer = self.read(&format!("{question} [y/N]: "))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// [`confirm`](Self::confirm) that can be given up, because it is asked in a thread of its own.
    pub(crate) async fn confirmed(self: &Arc<Self>, question: String) -> io::Result<bool> {
        let (answered, answer) = oneshot::channel();
        let shell = Arc::clone(self);
        // Tokio would wait for the end of one of its own threads before it ends.
        thread::spawn(move || {
            // Whoever has given up needs no answer.
            let _ = answered.send(shell.confirm(&question));
        });
        answer.await.unwrap_or(Ok(false))
    }

    fn read(&self, prompt: &str) -> io::Result<String> {
        self.hide_spinner();
        let mut err = anstream::stderr();
        write!(err, "{HINT}?{HINT:#} {prompt}")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }
}
