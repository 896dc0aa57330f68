//! The compiling process by itself: what it gives up, and when it ends.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use airssys_wasm_tests::{heavy, program};

const GREETING: &[u8; 16] = b"airssys-compile\x01";

/// A compiler that has greeted, started by a shell that leaves descriptors open to it.
fn compiler() -> Child {
    let mut child = Command::new("sh")
        .args(["-c", "exec 7</dev/null 8</etc/passwd 9>&1; exec \"$0\" __compile"])
        .arg(program("airssys-wasm"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut greeting = [0; 16];
    child.stdout.as_mut().unwrap().read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, GREETING);
    child
}

/// What a host sends for a component of this size.
fn order(size: usize) -> Vec<u8> {
    let numbers = [2_u64 << 30, 120_000, size as u64];
    let mut order = vec![0];
    order.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
    order
}

fn proc(child: &Child, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap()
}

#[test]
fn it_gives_up_descriptors_files_and_priority() {
    let mut child = compiler();
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
    let mut open: Vec<_> = open.map(|entry| entry.unwrap().file_name()).collect();
    open.sort();
    // The standard descriptors, and its own copies of the first two.
    assert_eq!(open, ["0", "1", "2", "3", "4"]);
    let limits = proc(&child, "limits");
    for (name, most) in [
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max open files", "16"),
    ] {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[..2], [most, most], "{name}");
    }
    let stat = proc(&child, "stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // The 19th field of /proc/PID/stat is how nice it is; two stand before the last parenthesis.
    assert_eq!(fields[16], "10");
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn it_ends_when_its_host_is_gone() {
    let bytes = heavy("echo", 400, 1);
    let mut child = compiler();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&order(bytes.len())).unwrap();
    input.write_all(&bytes[..100]).unwrap();
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));

    let mut child = compiler();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&order(bytes.len())).unwrap();
    input.write_all(&bytes).unwrap();
    drop(input);
    let mut answer = Vec::new();
    child.stdout.as_mut().unwrap().read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn it_answers_and_ends() {
    let bytes = b"\0asm\x0d\0\x01\0";
    let mut child = compiler();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&order(bytes.len())).unwrap();
    input.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    child.stdout.as_mut().unwrap().read_to_end(&mut answer).unwrap();
    assert_eq!(answer[0], 0, "compiled");
    assert_eq!(answer[9..17], (answer.len() as u64 - 17).to_le_bytes());
    assert!(child.wait().unwrap().success());
}
