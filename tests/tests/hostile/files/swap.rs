//! A program of this machine that swaps a directory with a link while a guest opens what is in it.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::yard::{READ, SECRET, WRITE, Yard};

/// How many times the guest opens something.
const OPENINGS: usize = 20_000;
/// How many it opens in one call.
const AT_ONCE: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_swapped_while_it_is_opened_leads_nowhere_else() {
    let yard = Yard::open(READ, WRITE).await;
    let both = yard.data().join("both");
    fs::create_dir(both.join("swapped")).unwrap();
    fs::write(both.join("swapped/secret"), "inside").unwrap();
    symlink(yard.outside(), both.join("other")).unwrap();
    fs::write(both.join("file"), "inside").unwrap();
    symlink(yard.outside().join("secret"), both.join("other-file")).unwrap();
    let (done, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let swapping = std::thread::spawn({
        let (done, swaps) = (done.clone(), swaps.clone());
        move || {
            while !done.load(Ordering::Relaxed) {
                for (one, other) in [("swapped", "other"), ("file", "other-file")] {
                    renameat_with(CWD, both.join(one), CWD, both.join(other), RenameFlags::EXCHANGE).unwrap();
                }
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let lines = "open s /data r both/swapped/secret\nread s 99 0\ndrop s\n\
                 open s /data r both/file\nread s 99 0\ndrop s\nopen s /data crw both/swapped/new\ndrop s\n";
    let script = lines.repeat(AT_ONCE / 3);
    let (mut opened, mut refused) = (0_usize, 0_usize);
    while opened + refused < OPENINGS || swaps.load(Ordering::Relaxed) < 1_000 {
        for answer in yard.run(script.trim_end()).await {
            assert!(!answer.contains(SECRET), "the secret was read");
            opened += usize::from(answer == "ok inside");
            refused += usize::from(answer == "loop");
        }
    }
    done.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
    assert!(
        opened > 0 && refused > 0,
        "both were seen: {opened} opened, {refused} refused"
    );
    assert_eq!(fs::read_to_string(yard.outside().join("secret")).unwrap(), SECRET);
    assert!(!yard.outside().join("new").exists());
}
