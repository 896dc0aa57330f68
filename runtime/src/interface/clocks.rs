//! The clocks that guests read: coarse, so that they are of little use to measure what a neighbour does.

use std::time::{Duration, Instant, SystemTime};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// Clocks show multiples of this.
pub(super) const RESOLUTION: Duration = Duration::from_micros(100);

/// The time of day.
pub(super) struct Wall;

/// The time since the instance was made.
pub(super) struct Monotonic(Instant);

impl Monotonic {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }
}

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        RESOLUTION
    }

    fn now(&self) -> Duration {
        // A guest has no time before 1970.
        coarse(
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
        )
    }
}

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        nanoseconds(RESOLUTION)
    }

    fn now(&self) -> u64 {
        nanoseconds(coarse(self.0.elapsed()))
    }
}

fn coarse(time: Duration) -> Duration {
    let step = RESOLUTION.as_nanos();
    let beyond = u64::try_from(time.as_nanos() % step).unwrap_or(0);
    time.saturating_sub(Duration::from_nanos(beyond))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_multiples_of_their_resolution() {
        assert_eq!(coarse(Duration::from_nanos(1_234_567)), Duration::from_micros(1_200));
        assert_eq!(coarse(Duration::from_micros(99)), Duration::ZERO);
        assert_eq!(Monotonic::new().now() % 100_000, 0);
        assert_eq!(Wall.now().as_nanos() % 100_000, 0);
    }
}
