//! Calls without pause: what they leave to others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use airssys_wasm_tests::{TestHost, name};

#[tokio::test]
async fn a_caller_without_pause_leaves_its_thread_to_others() {
    const CALLS: u64 = 10_000;
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            let mut turns = 0;
            while !is_over.load(Ordering::SeqCst) {
                turns += 1;
                tokio::task::yield_now().await;
            }
            turns
        }
    });
    for _ in 0..CALLS {
        test.host.call(&name("echo"), "x".into()).await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    // Tokio lets a task do 128 things at once.
    let turns: u64 = other.await.unwrap();
    assert!(turns >= CALLS / 200, "{turns} turns");
}
