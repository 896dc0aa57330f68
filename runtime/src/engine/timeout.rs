//! Wall-clock deadlines that cost nothing for what does not wait.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Instant;

use tokio::task::unconstrained;
use tokio::time::sleep_until;

use super::turns::Seat;

/// Runs `work` until `deadline`; none when it was not done by then.
///
/// The timer is made when the work first waits, because most calls of guests never do.
/// Whether the work has used up its share of the thread does not count for the timer.
/// A guest that waits for something else than its turn leaves its seat to others.
pub(super) async fn until<T>(deadline: Instant, seat: &Seat, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut timer = None;
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        seat.leave();
        let timer = timer.get_or_insert_with(|| unconstrained(Box::pin(sleep_until(deadline.into()))));
        Pin::new(timer).poll(context).map(|()| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::turns::Turns;

    fn seat() -> std::sync::Arc<Seat> {
        Turns::new().seat(0)
    }

    #[tokio::test]
    async fn what_is_done_at_once_needs_no_time() {
        assert_eq!(until(Instant::now(), &seat(), async { 1 }).await, Some(1));
    }

    #[tokio::test]
    async fn what_waits_is_done_before_the_deadline_or_not_at_all() {
        let deadline = Instant::now() + Duration::from_millis(5);
        assert_eq!(until(deadline, &seat(), std::future::pending::<()>()).await, None);
        assert!(Instant::now() >= deadline);

        let far = Instant::now() + Duration::from_secs(3600);
        let twice = async {
            tokio::task::yield_now().await;
            2
        };
        assert_eq!(until(far, &seat(), twice).await, Some(2));
    }

    #[tokio::test]
    async fn work_that_never_lets_go_of_its_turn_is_ended_too() {
        // Each time it is asked it uses up what Tokio lets one task do at once, and wants to go on.
        let greedy = poll_fn(|context| {
            while std::pin::pin!(tokio::task::consume_budget()).poll(context).is_ready() {}
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let deadline = Instant::now() + Duration::from_millis(5);
        assert_eq!(until(deadline, &seat(), greedy).await, None);
    }
}
