//! Callers of a component in another process, through the socket of its state directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::task::JoinSet;

use airssys_wasm::component::Message;
use airssys_wasm::control::Client;
use airssys_wasm_tests::name;

/// How many callers there are.
const CALLERS: usize = 3;

/// Callers that go on until they are told to end.
pub(crate) struct Callers {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    calls: AtomicU64,
    failed: std::sync::Mutex<Vec<String>>,
}

impl Callers {
    /// Begins to call.
    pub(crate) async fn begin(state_dir: &Path, component: &'static str) -> Self {
        let client = Client::connect(state_dir, Arc::new(|_| {})).await.unwrap();
        let shared = Arc::<Shared>::default();
        let mut tasks = JoinSet::new();
        for _ in 0..CALLERS {
            let (client, shared) = (client.clone(), shared.clone());
            tasks.spawn(async move {
                while !shared.is_over.load(Ordering::SeqCst) {
                    let answer = client.call(&name(component), Message::text("x")).await;
                    shared.calls.fetch_add(1, Ordering::SeqCst);
                    if let Err(error) = answer {
                        shared.failed.lock().unwrap().push(error.to_string());
                    }
                }
            });
        }
        Self { shared, tasks }
    }

    /// Has the callers end; how many calls there were, and what those said that failed.
    pub(crate) async fn end(self) -> (u64, Vec<String>) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.tasks.join_all().await;
        let failed = std::mem::take(&mut *self.shared.failed.lock().unwrap());
        (self.shared.calls.load(Ordering::SeqCst), failed)
    }
}
