//! The stack that a component's own language tells with an exception, apart from what happened.

use airssys_wasm::Error;
use airssys_wasm::component::ComponentError;

use crate::shell::printable_line;

/// The most lines of a stack that are shown.
const MOST: usize = 60;

/// What happened, in a line, and the lines that follow in the component's own words.
pub(super) fn apart(error: &Error, message: String) -> (String, Vec<String>) {
    let Error::Guest(ComponentError::Failed(failure)) = error else {
        return (message, Vec::new());
    };
    let lines: Vec<&str> = failure.message.trim_end().lines().collect();
    let (Some((first, rest)), Some(before)) = (lines.split_first(), message.strip_suffix(&failure.to_string())) else {
        return (message, Vec::new());
    };
    if rest.is_empty() {
        return (message, Vec::new());
    }
    // Python says last what happened, and everybody else first.
    let is_last = first.starts_with("Traceback ");
    let (happened, stack) = match lines.split_last() {
        Some((last, rest)) if is_last => (*last, rest),
        _ => (*first, rest),
    };
    let stack = stack.iter().take(MOST).map(|line| printable_line(line)).collect();
    (format!("{before}{happened} ({})", failure.code), stack)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> (String, Vec<String>) {
        let failure = airssys_wasm::component::Failure {
            code: "exception".into(),
            message: message.into(),
        };
        let error = Error::Guest(ComponentError::Failed(failure));
        let sentence = format!("calling: {error}");
        apart(&error, sentence)
    }

    #[test]
    fn what_happened_is_told_in_a_line_and_the_stack_before_it() {
        let (message, stack) = of("TypeError: x is null\n    at f (a.js:1)\n    at g (a.js:2)\n");
        assert_eq!(
            message,
            "calling: the component answered: TypeError: x is null (exception)"
        );
        assert_eq!(stack, ["    at f (a.js:1)", "    at g (a.js:2)"]);
        let (message, stack) = of("Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: no\n");
        assert_eq!(message, "calling: the component answered: ValueError: no (exception)");
        assert_eq!(stack.len(), 2);
    }

    #[test]
    fn a_message_of_one_line_stays_as_it_is_and_no_line_steers_the_terminal() {
        assert_eq!(of("no").0, "calling: the component answered: no (exception)");
        let (_, stack) = of("no\n\u{1b}[2J");
        assert_eq!(stack, ["\\u{1b}[2J"]);
    }
}
