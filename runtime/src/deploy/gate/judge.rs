//! Whether what was measured fails a gate.
//!
//! Judging is pure: measurements come in as values.

use std::time::Duration;

use crate::component::{Bound, Gate, Span};
use crate::deploy::serving::Reading;
use crate::error::Error;

/// How many calls have to fail before a window is over, so that one failure among the first calls does not decide.
const EARLY_FAILURES: u64 = 3;

/// Fails with the first gate that the watched release exceeds.
///
/// With fewer calls than the minimum nothing is judged; a comparison with the stable release needs as many of its calls.
///
/// Before the end of the window a few failures are needed to fail a gate for errors.
pub(super) fn judge(
    gates: &[Gate],
    watched: &Reading,
    stable: &Reading,
    min_calls: u64,
    is_over: bool,
) -> Result<(), Error> {
    if watched.calls < min_calls {
        return Ok(());
    }
    let stable = (stable.calls >= min_calls).then_some(stable);
    let is_early = |gate: &&Gate| !is_over && watched.failed < EARLY_FAILURES && matches!(gate, Gate::ErrorRate(_));
    for gate in gates.iter().filter(|gate| !is_early(gate)) {
        if let Some(measured) = excess(gate, watched, stable) {
            return Err(Error::GateFailed {
                gate: gate.to_string(),
                measured,
            });
        }
    }
    Ok(())
}

/// What was measured, when it exceeds the gate's bound.
fn excess(gate: &Gate, watched: &Reading, stable: Option<&Reading>) -> Option<String> {
    let calls = watched.calls;
    match gate {
        Gate::ErrorRate(bound) => {
            let rate = watched.error_rate()?;
            let (most, beside) = match bound {
                Bound::Value(most) => (*most, String::new()),
                Bound::TimesStable(factor) => {
                    let of_stable = stable?.error_rate()?;
                    (of_stable * factor, format!(", stable {}", percent(of_stable)))
                }
            };
            let failed = watched.failed;
            (rate > most).then(|| format!("{} ({failed} of {calls} calls){beside}", percent(rate)))
        }
        Gate::Latency(percentile, bound) => {
            let took = watched.percentile(*percentile)?;
            let (most, beside) = match bound {
                Bound::Value(most) => (*most, String::new()),
                Bound::TimesStable(factor) => {
                    let of_stable = stable?.percentile(*percentile)?;
                    let most = of_stable.as_secs_f64() * factor;
                    let most = Duration::try_from_secs_f64(most).unwrap_or(Duration::MAX);
                    (most, format!(", stable {}", time(of_stable)))
                }
            };
            (took > most).then(|| format!("p{percentile} {} over {calls} calls{beside}", time(took)))
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A time to three digits or so: more are not measured.
fn time(time: Duration) -> String {
    let unit = match time.as_nanos() {
        0..10_000 => 1,
        10_000..10_000_000 => 1_000,
        10_000_000..10_000_000_000 => 1_000_000,
        _ => 1_000_000_000,
    };
    let whole = u64::try_from(time.as_nanos() / unit * unit).unwrap_or(u64::MAX);
    Span(Duration::from_nanos(whole)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::serving::Measures;

    /// So many calls of so many milliseconds, of which some failed.
    fn reading(calls: u64, failed: u64, milliseconds: u64) -> Reading {
        let measures = Measures::new();
        for n in 0..calls {
            measures.note(Duration::from_millis(milliseconds), n < failed);
        }
        measures.read()
    }

    fn check(gate: &str, watched: &Reading, stable: &Reading, expected: Option<&str>) {
        let verdict = judge(&[gate.parse().unwrap()], watched, stable, 20, true);
        let said = verdict.err().map(|error| error.to_string());
        let expected = expected.map(|measured| format!("the gate `{gate}` failed: {measured}"));
        assert_eq!(said, expected, "{gate}");
    }

    #[test]
    fn errors_are_compared_with_a_limit_or_the_stable_release() {
        let (good, bad, few) = (reading(100, 0, 1), reading(100, 5, 1), reading(19, 19, 1));
        check("error-rate > 1%", &bad, &good, Some("5.0% (5 of 100 calls)"));
        check("error-rate > 5%", &bad, &good, None);
        check("error-rate > 1%", &good, &bad, None);
        check("error-rate > 1%", &few, &good, None);
        check("error-rate > 2x stable", &bad, &bad, None);
        check(
            "error-rate > 0.5x stable",
            &bad,
            &bad,
            Some("5.0% (5 of 100 calls), stable 5.0%"),
        );
        check("error-rate > 2x stable", &bad, &few, None);
    }

    #[test]
    fn before_the_end_of_a_window_one_failure_decides_nothing() {
        let gates = ["error-rate > 1%".parse().unwrap()];
        let early = |failed| judge(&gates, &reading(20, failed, 1), &reading(0, 0, 0), 20, false);
        assert!(early(2).is_ok());
        assert!(early(3).is_err());
    }

    #[test]
    fn times_are_compared_with_a_limit_or_the_stable_release() {
        let (fast, slow) = (reading(100, 0, 2), reading(100, 0, 300));
        check("p99 > 250ms", &slow, &fast, Some("p99 301ms over 100 calls"));
        check("p99 > 350ms", &slow, &fast, None);
        check(
            "p50 > 2x stable",
            &slow,
            &fast,
            Some("p50 301ms over 100 calls, stable 2ms 31us"),
        );
        check("p50 > 2x stable", &fast, &fast, None);
    }
}
