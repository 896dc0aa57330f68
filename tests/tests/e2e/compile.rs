//! Compiling in a process of its own: the same as in the host, and nothing that a component does to it matters.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use airssys_wasm::component::{ByteCount, Manifest, Package};
use airssys_wasm::{Compiler, Error, Event};
use airssys_wasm_tests::{FalseCompiler, TestHost, exploding, guest, heavy, name, own_compiler};

/// A component with nothing but the intrinsic `backpressure.inc`, which needs the wide engine.
const WIDE: &[u8] = b"\0asm\x0d\0\x01\0\x08\x02\x01\x24";

async fn host(compiler: Compiler) -> TestHost {
    TestHost::with(|builder| builder.compiler(compiler)).await
}

/// Deploys on a host whose compiler is this program.
async fn deploy_with(path: &Path) -> Error {
    let compiler = Compiler::Process(path.to_owned());
    let test = TestHost::with(|builder| builder.compiler(compiler).compile_deadline(Duration::from_secs(60))).await;
    test.deploy("echo").await.unwrap_err()
}

/// Expects this error of a host whose compiler is this false one, long before it would have ended by itself.
async fn check(compiler: &str, expected: &str, reason: &str) {
    let began = Instant::now();
    let error = deploy_with(&FalseCompiler::new(compiler).path).await;
    assert!(began.elapsed() < Duration::from_secs(30), "{compiler}");
    assert_eq!(error.code().as_str(), expected, "{error}");
    assert_eq!(error.is_guest_fault(), expected == "compile-failed");
    assert!(error.to_string().contains(reason), "{error}");
}

#[tokio::test]
async fn a_component_answers_alike_wherever_it_was_compiled() {
    let mut outcomes = Vec::new();
    for compiler in [Compiler::InProcess, own_compiler()] {
        let test = host(compiler).await;
        let metered = "manifest-version = 1\n[limits]\nfuel = 100000000\n";
        test.deploy("echo").await.unwrap();
        test.deploy_as("counter", "1.0.0", |package| {
            package.manifest(Manifest::parse(metered).unwrap())
        })
        .await
        .unwrap();
        test.host.deploy(Package::new(WIDE).name(name("wide"))).await.unwrap();
        let mut answers = vec![test.call("echo", "hello").await.unwrap()];
        for _ in 0..2 {
            answers.push(test.call("counter", "").await.unwrap());
        }
        // More memories than an instance can have.
        let module = format!("(component (core module {}))", "(memory 1)".repeat(9));
        let refused = wat::parse_str(module).unwrap();
        let refused = test.host.deploy(Package::new(refused).name(name("refused"))).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code().as_str(), "compile-failed", "{refused}");
        answers.push(refused.to_string());
        outcomes.push(answers);
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

#[tokio::test]
async fn what_a_process_compiled_is_cached_for_every_compiler() {
    let test = host(own_compiler()).await;
    assert!(!test.deploy("echo").await.unwrap().cached);
    let test = test.reopen().await;
    test.host.remove(&name("echo")).await.unwrap();
    assert!(test.deploy("echo").await.unwrap().cached);
    assert_eq!(test.call("echo", "x").await.unwrap(), "x");
    let odd = |event: &Event| matches!(event, Event::CacheEntryRefused { .. });
    assert!(!test.events().iter().any(odd));
}

#[tokio::test]
async fn a_program_that_is_no_compiler_is_not_the_components_fault() {
    check("says-nothing", "compiler-unavailable", "ended with exit status 0").await;
    check("says-something-else", "compiler-unavailable", "another program").await;
    check("never-stops-talking", "compiler-unavailable", "another program").await;
    check("answers-for-another-engine", "compiler-unavailable", "another version").await;
    check(
        "ends-with-a-status",
        "compiler-unavailable",
        r"status 3 and without an answer: I cannot \u{1b}[2Jgo on",
    )
    .await;
    check("is-not-there", "compiler-unavailable", "No such file").await;
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "").unwrap();
    let error = deploy_with(&plain).await;
    assert_eq!(error.code().as_str(), "compiler-unavailable");
    assert!(error.to_string().contains("ermission denied"), "{error}");
}

#[tokio::test]
async fn a_compiler_that_breaks_over_a_component_is_an_error_of_the_component() {
    check("dies-at-work", "compile-failed", "ended by signal 11").await;
    check(
        "announces-too-much",
        "compile-failed",
        "larger than the limit of 1.0 GiB",
    )
    .await;
}

#[tokio::test]
async fn a_compiler_gets_one_argument_and_neither_variables_nor_files() {
    let compiler = FalseCompiler::new("tells-what-it-has");
    let test = host(Compiler::Process(compiler.path.clone())).await;
    let said = test.deploy("echo").await.unwrap_err().to_string();
    assert!(said.contains("arguments: __compile\n"), "{said}");
    assert!(said.contains("folder: /\n"), "{said}");
    assert!(said.contains("variables: \n"), "{said}");
    let state = test.folder.path().to_str().unwrap();
    assert!(said.contains(" 2 -> pipe:") && !said.contains(state), "{said}");
}

/// Reads the pipe that `never-answers` holds open: first its number, and the end when all its processes are gone.
fn watch(compiler: &FalseCompiler) -> (tokio::sync::oneshot::Receiver<u32>, Receiver<()>) {
    let pipe = compiler.folder.path().join("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (tell, started) = tokio::sync::oneshot::channel();
    let (ended, end) = channel::<()>();
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(std::fs::File::open(pipe).unwrap());
        let mut number = String::new();
        pipe.read_line(&mut number).unwrap();
        tell.send(number.trim().parse().unwrap()).unwrap();
        pipe.read_to_end(&mut Vec::new()).unwrap();
        drop(ended);
    });
    (started, end)
}

#[track_caller]
fn expect_end(end: &Receiver<()>) {
    assert_eq!(
        end.recv_timeout(Duration::from_secs(30)),
        Err(RecvTimeoutError::Disconnected)
    );
}

#[tokio::test]
async fn a_compiler_that_takes_too_long_is_killed_with_all_it_started() {
    let compiler = FalseCompiler::new("never-answers");
    let (started, end) = watch(&compiler);
    let path = Compiler::Process(compiler.path.clone());
    let test = TestHost::with(|builder| builder.compiler(path).compile_deadline(Duration::from_millis(200))).await;
    let error = test.deploy("echo").await.unwrap_err();
    assert_eq!(error.code().as_str(), "compile-failed");
    assert!(
        error.to_string().ends_with("it took longer than its deadline of 200ms"),
        "{error}"
    );
    expect_end(&end);
    let process = started.await.unwrap();
    assert!(!Path::new(&format!("/proc/{process}")).exists(), "it is reaped as well");
}

#[tokio::test]
async fn a_deployment_that_is_given_up_kills_its_compiler() {
    let compiler = FalseCompiler::new("never-answers");
    let (started, end) = watch(&compiler);
    let test = host(Compiler::Process(compiler.path.clone())).await;
    tokio::select! {
        outcome = test.deploy("echo") => panic!("{outcome:?}"),
        started = started => drop(started.unwrap()),
    }
    expect_end(&end);
    assert!(test.host.status().is_empty());
}

/// Deploys bytes that explode when they are compiled, beside a neighbour.
async fn explode(deadline: Duration, memory: ByteCount, reason: &str) {
    let test = TestHost::new().await;
    test.deploy("echo").await.unwrap();
    let folder = test.folder.clone();
    test.host.shutdown().await.unwrap();
    drop(test);
    let test = TestHost::open(folder, |builder| {
        let builder = builder.compiler(own_compiler());
        builder.compile_deadline(deadline).compile_memory(memory)
    })
    .await;
    let package = Package::new(exploding("echo", 2_000, 2_000)).name(name("hostile"));
    let error = test.host.deploy(package).await.unwrap_err();
    assert_eq!(error.code().as_str(), "compile-failed", "{error}");
    assert!(error.to_string().contains(reason), "{error}");
    assert_eq!(test.call("echo", "still here").await.unwrap(), "still here");
    assert_eq!(test.host.status().len(), 1);
}

#[tokio::test]
async fn bytes_that_need_too_much_memory_to_compile_are_refused() {
    explode(
        Duration::from_secs(600),
        ByteCount(64 << 20),
        "more memory than the 64.0 MiB",
    )
    .await;
}

#[tokio::test]
async fn bytes_that_take_too_long_to_compile_are_refused() {
    explode(Duration::from_secs(2), ByteCount(8 << 30), "its deadline of 2s").await;
}

#[tokio::test]
async fn memory_that_is_too_little_for_any_component_is_told_as_such() {
    for mebibytes in [1, 2, 4, 8] {
        let memory = ByteCount(mebibytes << 20);
        let test = TestHost::with(|builder| builder.compiler(own_compiler()).compile_memory(memory)).await;
        let error = test.deploy("echo").await.unwrap_err();
        assert_eq!(error.code().as_str(), "compile-failed");
        assert!(error.to_string().contains("more memory than"), "{error}");
    }
}

/// On the one thread of this test, whatever blocks in a deployment would keep the calls waiting.
async fn calls_go_on(compiler: Compiler) {
    let test = host(compiler).await;
    test.deploy("counter").await.unwrap();
    let deploy = |version: &str, bytes: Vec<u8>| {
        let package = Package::new(bytes).name(name("big"));
        test.host.deploy(package.version(version.parse().unwrap()))
    };
    deploy("1.0.0", guest("echo")).await.unwrap();
    let is_compiling = || {
        let mut compiling = false;
        for event in test.events() {
            match event {
                Event::StepStarted { step, version, .. } if step == "compile" && version.major == 2 => compiling = true,
                Event::StepFinished { step, version, .. } if step == "compile" && version.major == 2 => {
                    compiling = false
                }
                _ => {}
            }
        }
        compiling
    };
    let done = Cell::new(false);
    let deploying = async {
        deploy("2.0.0", heavy("echo", 250, 0)).await.unwrap();
        done.set(true);
    };
    let calling = async {
        let mut within = 0;
        let mut calls = 0;
        while !done.get() {
            let before = is_compiling();
            calls += 1;
            assert_eq!(test.call("counter", "").await.unwrap(), calls.to_string());
            assert_eq!(test.call("big", "x").await.unwrap(), "x");
            within += usize::from(before && is_compiling());
            tokio::task::yield_now().await;
        }
        within
    };
    let ((), within) = tokio::join!(deploying, calling);
    assert!(within >= 1);
    assert_eq!(test.host.release(&name("big")).unwrap().version.major, 2);
}

#[tokio::test]
async fn calls_go_on_while_a_process_compiles() {
    calls_go_on(own_compiler()).await;
}

#[tokio::test]
async fn calls_go_on_while_the_host_compiles() {
    calls_go_on(Compiler::InProcess).await;
}
