//! Gates: what makes a deployment take itself back while it is watched.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Span;

/// A bound that a watched release must not exceed.
///
/// Written as in `rollback-if` of a manifest: `error-rate > 1%`, `p99 > 250ms`, `error-rate > 2x stable`,
/// `p95 > 1.5x stable`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Gate {
    /// The share of calls that failed by the component's fault, between 0 and 1.
    ErrorRate(Bound<f64>),
    /// How long calls take at a percentile, which is between 0 and 100.
    Latency(f64, Bound<Duration>),
}

/// With what a measured value is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bound<T> {
    /// With a value.
    Value(T),
    /// With so many times what the stable release shows in the same window.
    TimesStable(f64),
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.chars().take(80).collect::<String>().escape_debug().to_string();
        let refused = || {
            format!(
                "`{}` is not a gate such as `error-rate > 1%`, `p99 > 250ms` or `p99 > 1.5x stable`",
                shown()
            )
        };
        let (measured, limit) = text.split_once('>').ok_or_else(refused)?;
        let (measured, limit) = (measured.trim(), limit.trim());
        let times = match limit.strip_suffix("stable").map(str::trim_end) {
            Some(factor) => {
                let factor = factor.strip_suffix('x').ok_or_else(refused)?;
                Some(within(factor, 0.0, 1e6).ok_or_else(refused)?)
            }
            None => None,
        };
        if measured == "error-rate" {
            let bound = match times {
                Some(factor) => Bound::TimesStable(factor),
                None => {
                    let percent = limit.strip_suffix('%').ok_or_else(refused)?;
                    Bound::Value(within(percent, 0.0, 100.0).ok_or_else(refused)? / 100.0)
                }
            };
            return Ok(Self::ErrorRate(bound));
        }
        let percentile = measured.strip_prefix('p').and_then(|text| within(text, 0.0, 100.0));
        let percentile = percentile.ok_or_else(refused)?;
        let bound = match times {
            Some(factor) => Bound::TimesStable(factor),
            None => Bound::Value(limit.parse::<Span>().map_err(|_| refused())?.0),
        };
        Ok(Self::Latency(percentile, bound))
    }
}

/// A plain decimal number in this range.
fn within(text: &str, low: f64, high: f64) -> Option<f64> {
    let text = text.trim();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = text.parse::<f64>().ok().filter(|_| is_plain)?;
    (low..=high).contains(&number).then_some(number)
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ErrorRate(Bound::Value(share)) => write!(f, "error-rate > {}%", percent(*share)),
            Self::ErrorRate(Bound::TimesStable(factor)) => write!(f, "error-rate > {factor}x stable"),
            Self::Latency(percentile, Bound::Value(most)) => write!(f, "p{percentile} > {}", Span(*most)),
            Self::Latency(percentile, Bound::TimesStable(factor)) => write!(f, "p{percentile} > {factor}x stable"),
        }
    }
}

/// The percentage that is read as this share.
/// It is computed, so that the last digits of 0.07 * 100 have to go, as far as that makes it no other share.
fn percent(share: f64) -> f64 {
    let exact = share * 100.0;
    let rounded = [1e6, 1e9, 1e12, 1e15].map(|digits| (exact * digits).round() / digits);
    let is_read_alike = |percent: &f64| percent / 100.0 == share;
    rounded.into_iter().find(is_read_alike).unwrap_or(exact)
}

impl TryFrom<String> for Gate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Gate> for String {
    fn from(gate: Gate) -> Self {
        gate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_written_as_it_is_read() {
        for text in [
            "error-rate > 1%",
            "error-rate > 0.0000001%",
            "error-rate > 0.5%",
            "error-rate > 7%",
            "error-rate > 2x stable",
            "p99 > 250ms",
            "p99.9 > 1s",
            "p50 > 1.5x stable",
        ] {
            assert_eq!(text.parse::<Gate>().unwrap().to_string(), text);
        }
        assert_eq!("p95>10ms".parse::<Gate>().unwrap().to_string(), "p95 > 10ms");
    }

    #[test]
    fn what_is_no_gate_is_refused() {
        for text in [
            "",
            "error-rate",
            "error-rate > 1",
            "error-rate > 101%",
            "error-rate > -1%",
            "error-rate > NaN%",
            "error-rate < 1%",
            "p101 > 1s",
            "p99 > fast",
            "p99 > 2 stable",
            "q99 > 1s",
            "p99 > infx stable",
        ] {
            assert!(text.parse::<Gate>().is_err(), "{text}");
        }
    }
}
