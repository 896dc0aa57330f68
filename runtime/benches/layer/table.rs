//! The figures as a table of Markdown.

use super::pair::{Pairs, Spread};

/// What a figure should be at most.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Ratio(f64),
    /// Nanoseconds that ours takes longer.
    OwnPart(f64),
    /// None more of ours.
    NoMore,
    /// Nanoseconds of ours.
    Time(f64),
    /// Bytes of ours.
    Size(f64),
}

/// One measured thing.
pub(crate) struct Row {
    what: String,
    raw: String,
    ours: String,
    ratio: String,
    own_part: String,
    target: String,
    note: String,
    figures: Figures,
}

/// What targets are compared with: the medians of times, or sizes.
struct Figures {
    ours: f64,
    ratio: f64,
    own_part: f64,
}

impl Row {
    /// A row of times.
    pub(crate) fn timed(what: impl Into<String>, pairs: &Pairs) -> Self {
        let (ratio, difference) = (pairs.ratio(), pairs.difference());
        Self {
            what: what.into(),
            raw: spread(pairs.raw(), time),
            ours: spread(pairs.ours(), time),
            ratio: spread(ratio, |ratio| format!("{ratio:.2}")),
            own_part: time(difference.median),
            target: String::new(),
            note: String::new(),
            figures: Figures {
                ours: pairs.ours().median,
                ratio: ratio.median,
                own_part: difference.median,
            },
        }
    }

    /// A row of sizes.
    pub(crate) fn sized(what: &str, raw: f64, ours: f64) -> Self {
        let size = |bytes: f64| format!("{:.0} KiB", bytes / 1024.0);
        Self {
            what: what.to_owned(),
            raw: size(raw),
            ours: size(ours),
            ratio: format!("{:.2}", ours / raw),
            own_part: size(ours - raw),
            target: String::new(),
            note: String::new(),
            figures: Figures {
                ours,
                ratio: ours / raw,
                own_part: ours - raw,
            },
        }
    }

    /// A row of numbers of something.
    pub(crate) fn counted(what: &str, raw: f64, ours: f64) -> Self {
        let number = |number: f64| format!("{number:.1}");
        Self {
            what: what.to_owned(),
            raw: number(raw),
            ours: number(ours),
            ratio: String::new(),
            own_part: number(ours - raw),
            target: String::new(),
            note: String::new(),
            figures: Figures {
                ours,
                ratio: ours / raw,
                own_part: ours - raw,
            },
        }
    }

    /// Says what the figures should be, and for each whether it is.
    pub(crate) fn target(mut self, targets: &[Target]) -> Self {
        let said: Vec<String> = targets.iter().map(|target| target.compared(&self.figures)).collect();
        self.target = said.join(", ");
        self
    }

    /// Says what is not the same work.
    pub(crate) fn note(mut self, note: &str) -> Self {
        self.note = note.to_owned();
        self
    }
}

impl Target {
    fn compared(self, figures: &Figures) -> String {
        let (what, met) = match self {
            Self::Ratio(most) => (format!("ratio ≤ {most}"), figures.ratio <= most),
            Self::OwnPart(most) => (format!("own part ≤ {}", time(most)), figures.own_part <= most),
            Self::NoMore => ("none more".to_owned(), figures.own_part < 0.05),
            Self::Time(most) => (format!("≤ {}", time(most)), figures.ours <= most),
            Self::Size(most) => (format!("≤ {:.0} KiB", most / 1024.0), figures.ours <= most),
        };
        format!("{what}: {}", if met { "met" } else { "missed" })
    }
}

pub(crate) fn spread(spread: Spread, show: impl Fn(f64) -> String) -> String {
    let Spread { low, median, high } = spread;
    format!("{} ({}–{})", show(median), show(low), show(high))
}

/// Three digits of nanoseconds, in a unit in which they can be read.
pub(crate) fn time(nanoseconds: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    let unit = UNITS.iter().find(|(unit, _)| nanoseconds.abs() >= *unit);
    let (unit, name) = unit.copied().unwrap_or((1.0, "ns"));
    let value = nanoseconds / unit;
    let decimals = match value.abs() {
        value if value >= 100.0 || unit == 1.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} {name}")
}

/// The table of these rows; `beside` is what airssys-wasm is measured against.
pub(crate) fn table(beside: &str, rows: &[Row]) -> String {
    let mut text =
        format!("| what | {beside} | airssys-wasm | ratio | own part | target |\n|---|--:|--:|--:|--:|---|\n");
    for row in rows {
        let what = match row.note.as_str() {
            "" => row.what.clone(),
            note => format!("{} ({note})", row.what),
        };
        let cells = [&what, &row.raw, &row.ours, &row.ratio, &row.own_part, &row.target];
        let cells = cells.map(|cell| format!(" {cell} "));
        text.push_str(&format!("|{}|\n", cells.join("|").replace("  ", " ")));
    }
    text
}
