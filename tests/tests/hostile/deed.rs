//! What a deployed component does when it is called, and what must hold whatever that is.

use std::time::{Duration, Instant};

use airssys_wasm::Event;
use airssys_wasm::component::{Manifest, Package};
use airssys_wasm::typed::Invocation;
use airssys_wasm_tests::name;

use crate::arena::{
    Arena, COMPILERS, LEFT_MIB, alone, descriptors, innermost, memory_mib, none, reset_peak, settles, show,
};
use crate::guests::Guest;

/// The limits under which it happens.
pub(crate) const LIMITS: &str =
    "manifest-version = 1\n[limits]\nmemory = \"16MiB\"\ndeadline = \"20s\"\n[instances]\nmax = 1\n";
/// The same for what is to end at its deadline.
pub(crate) const SHORT: &str =
    "manifest-version = 1\n[limits]\nmemory = \"16MiB\"\ndeadline = \"300ms\"\n[instances]\nmax = 1\n";
/// What the process may take at the same time beyond what there was before.
/// The guest has 16 MiB, its answer may be as large, and others of this program run beside it.
const PEAK_MIB: u64 = 160;
/// The longest that one call may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A component in the text format, and a call of it.
pub(crate) struct Deed {
    pub(crate) what: String,
    pub(crate) text: String,
    pub(crate) manifest: &'static str,
    /// In WAVE.
    pub(crate) call: String,
    /// `ok` or the code of the error; several divided by `|` where the difference does not matter.
    pub(crate) expected: &'static str,
}

impl Deed {
    /// What a guest does, with the larger number when there is time.
    pub(crate) fn of(guest: &Guest) -> Self {
        let (bounded, full) = guest.numbers;
        let number = if is_full() { full } else { bounded };
        Self {
            what: guest.what.to_owned(),
            text: guest.text(),
            manifest: LIMITS,
            call: format!("go({number})"),
            expected: guest.expected,
        }
    }
}

/// Whether whoever runs the tests has time for everything.
pub(crate) fn is_full() -> bool {
    std::env::var_os("AIRSSYS_HOSTILE_FULL").is_some()
}

/// Writes a line.
const WRITES: Guest = Guest::new(
    "writes",
    r#"(func (export "go") (param $n i32) (result i32)
        (i32.store8 (i32.const 4096) (i32.const 10))
        (call $write (call $get-stdout) (i32.const 4096) (i32.const 1) (i32.const 64))
        (i32.const 0))"#,
    "ok",
);

/// Does everything, and says all that does not hold.
pub(crate) fn check(deeds: &[Deed]) {
    alone(async {
        let (compiler, adapt) = COMPILERS[0];
        let mut arena = Arena::open(compiler, adapt).await;
        // The file of its log stays open: there is one from now on.
        let _ = run(&mut arena, &Deed::of(&WRITES)).await;
        let log = arena.test().folder.path().join("logs/hostile.jsonl");
        assert!(settles(|| log.exists()).await.is_ok(), "what is written is kept");
        let mut problems = Vec::new();
        for deed in deeds {
            problems.extend(run(&mut arena, deed).await);
        }
        problems.extend(arena.close().await);
        none(&problems);
    });
}

async fn run(arena: &mut Arena, deed: &Deed) -> Vec<String> {
    let mut problems = Vec::new();
    let hostile = name("hostile");
    let (descriptors_before, before) = (descriptors(), arena.stored());
    let bytes = wat::parse_str(&deed.text).unwrap_or_else(|error| panic!("{}: {error}", deed.what));
    let manifest = Manifest::parse(deed.manifest).unwrap();
    let package = Package::new(bytes).name(hostile.clone()).manifest(manifest);
    let host = arena.test().host.clone();
    if let Err(error) = host.deploy(package).await {
        return vec![format!("{}: cannot be deployed: {error:?}", deed.what)];
    }
    let (stored, answered, told) = (arena.stored(), arena.answered(), arena.test().events().len());
    reset_peak();
    let (memory, began) = (memory_mib("VmRSS"), Instant::now());
    let called = tokio::time::timeout(PATIENCE, host.invoke(&hostile, Invocation::wave(&deed.call).unwrap())).await;
    let (taken, peak) = (began.elapsed(), memory_mib("VmHWM").saturating_sub(memory));
    let answer = match &called {
        Err(_) => "nothing in time",
        Ok(Ok(_)) => "ok",
        Ok(Err(error)) => {
            problems.extend(arena.look_at(error));
            innermost(error).code().as_str()
        }
    };
    if !deed.expected.split('|').any(|expected| expected == answer) {
        problems.push(format!("{answer} instead of {}: {called:?}", deed.expected));
    }
    if peak > PEAK_MIB {
        problems.push(format!("needs {peak} MiB"));
    }
    // One error, of which one instance is the price.
    let discarded = |event: &Event| matches!(event, Event::InstanceDiscarded { .. });
    let price = arena.test().events()[told..]
        .iter()
        .filter(|event| discarded(event))
        .count();
    if price != usize::from(answer != "ok") {
        problems.push(format!("{price} instances are discarded for `{answer}`"));
    }
    // The next call has a good instance.
    match host.invoke(&hostile, Invocation::wave("fine()").unwrap()).await {
        Ok(value) if value.to_wave() == "7" => {}
        other => problems.push(format!("the next call answers {other:?}")),
    }
    if arena.stored() != stored {
        problems.push(format!("the store was {stored:?} and is {:?}", arena.stored()));
    }
    problems.extend(
        host.remove(&hostile)
            .await
            .err()
            .map(|error| format!("cannot be removed: {error}")),
    );
    arena.wait_for_an_answer(answered).await;
    problems.extend(arena.failures());
    if settles(|| descriptors() <= descriptors_before).await.is_err() {
        problems.push(format!("{descriptors_before} descriptors became {}", descriptors()));
    }
    if settles(|| memory_mib("VmRSS") <= memory + LEFT_MIB).await.is_err() {
        problems.push(format!("{memory} MiB became {}", memory_mib("VmRSS")));
    }
    // The bytes stay for a while, for who wants the release back.
    if arena.stored().components != before.components {
        problems.push(format!("the store was {before:?} and became {:?}", arena.stored()));
    }
    if std::env::var_os("AIRSSYS_HOSTILE_SHOW").is_some() {
        show(&format!("{answer:20} {taken:>12?} +{peak} MiB  {}", deed.what));
    }
    problems
        .iter()
        .map(|problem| format!("{}: {problem}", deed.what))
        .collect()
}
