//! Two things measured in turn, so that a machine that gets slower does so for both.

use std::time::{Duration, Instant};

/// How thoroughly everything is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// How often the two take turns.
    pub(crate) rounds: usize,
    /// How long one turn lasts at least; none for a single repetition.
    pub(crate) turn: Option<Duration>,
}

/// What was measured: nanoseconds of one repetition, round by round.
pub(crate) struct Pairs {
    raw: Vec<f64>,
    ours: Vec<f64>,
}

/// The middle of a distribution, and the range without its lowest and highest twentieth.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Effort {
    /// Measures `raw` and `ours`, which each do their work as many times as they are told.
    pub(crate) async fn pair(self, mut raw: impl AsyncFnMut(usize), mut ours: impl AsyncFnMut(usize)) -> Pairs {
        // As often for both, so that a turn of the slower one is long enough.
        let times = self.repetitions(&mut raw).await.max(self.repetitions(&mut ours).await);
        let mut pairs = Pairs::new();
        for round in 0..self.rounds {
            // Who goes first changes, so that neither always finds the caches that the other left.
            let (first, second);
            if round % 2 == 0 {
                first = time(&mut raw, times).await;
                second = time(&mut ours, times).await;
                pairs.push(first, second);
            } else {
                first = time(&mut ours, times).await;
                second = time(&mut raw, times).await;
                pairs.push(second, first);
            }
        }
        pairs
    }

    /// How many repetitions one turn takes; what finds it out warms up as well.
    async fn repetitions(self, work: &mut impl AsyncFnMut(usize)) -> usize {
        let mut times = 1;
        let Some(turn) = self.turn else { return times };
        loop {
            let took = time(work, times).await * times as f64;
            if took >= turn.as_nanos() as f64 {
                return times;
            }
            times *= 2;
        }
    }
}

async fn time(work: &mut impl AsyncFnMut(usize), times: usize) -> f64 {
    let began = Instant::now();
    work(times).await;
    began.elapsed().as_nanos() as f64 / times as f64
}

impl Pairs {
    pub(crate) fn new() -> Self {
        Self {
            raw: Vec::new(),
            ours: Vec::new(),
        }
    }

    /// Adds one round.
    pub(crate) fn push(&mut self, raw: f64, ours: f64) {
        self.raw.push(raw);
        self.ours.push(ours);
    }

    pub(crate) fn raw(&self) -> Spread {
        Spread::of(self.raw.iter().copied())
    }

    pub(crate) fn ours(&self) -> Spread {
        Spread::of(self.ours.iter().copied())
    }

    /// How many times as long as raw wasmtime, round by round.
    pub(crate) fn ratio(&self) -> Spread {
        Spread::of(self.raw.iter().zip(&self.ours).map(|(raw, ours)| ours / raw))
    }

    /// How much longer than raw wasmtime, round by round.
    pub(crate) fn difference(&self) -> Spread {
        Spread::of(self.raw.iter().zip(&self.ours).map(|(raw, ours)| ours - raw))
    }
}

impl Spread {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        Self {
            low: at(0.05),
            median: at(0.5),
            high: at(0.95),
        }
    }
}
