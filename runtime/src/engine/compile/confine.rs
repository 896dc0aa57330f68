//! What a compiling process gives up before it looks at a component.

use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

/// How much a compiler steps back behind the calls that guests serve meanwhile: about a tenth of a processor stays
/// its own when there are not enough of them.
const NICENESS: i32 = 10;
/// Compiling opens no file but those in which the system says how many processors there are.
const MAX_DESCRIPTORS: u64 = 16;

/// Gives up inherited descriptors, files, core dumps and priority.
pub(super) fn confine() -> Result<(), String> {
    close_inherited().map_err(|error| format!("its inherited descriptors cannot be closed: {error}"))?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Nofile, MAX_DESCRIPTORS)?;
    // It compiles as well at the priority that it has.
    let _ = nice(NICENESS);
    Ok(())
}

/// Bounds memory and time; the host keeps the time as well, this is for when the host is gone.
pub(super) fn bound(memory: u64, deadline: Duration) -> Result<(), String> {
    // Not the address space, of which the allocator reserves more than it uses.
    limit(Resource::Data, memory)?;
    // All processors may be busy until the deadline.
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    limit(Resource::Cpu, (deadline.as_secs() + 1).saturating_mul(processors))
}

/// Lowers a limit; one that is lower already stays.
fn limit(resource: Resource, most: u64) -> Result<(), String> {
    let before = getrlimit(resource);
    let lowest = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
    let new = Rlimit {
        current: lowest(before.current),
        maximum: lowest(before.maximum),
    };
    setrlimit(resource, new).map_err(|error| format!("its limit {resource:?} cannot be set: {error}"))
}

/// Closes what the process that started this one had open, but for the standard descriptors.
fn close_inherited() -> std::io::Result<()> {
    for_each_open(close_if_inherited)
}

/// Keeps what the process that started this one had open from the commands that it starts, but for the standard
/// descriptors: they may be sockets of a service manager, or files of a shell.
///
/// For a program that serves, before it has a second thread.
///
/// # Errors
///
/// When the open descriptors cannot be listed.
pub fn withhold_descriptors() -> std::io::Result<()> {
    for_each_open(withhold)
}

fn for_each_open(each: fn(RawFd)) -> std::io::Result<()> {
    let mut folder = std::fs::read_dir("/dev/fd")?;
    let mut listed = Vec::new();
    for entry in folder.by_ref() {
        let number = entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok());
        listed.extend(number.filter(|number| *number > 2));
    }
    listed.into_iter().for_each(each);
    // The folder that was listed is among what it lists, so it stays open until here.
    drop(folder);
    Ok(())
}

/// Marks a descriptor as one that programs which this one starts do not get.
#[allow(unsafe_code, reason = "inherited descriptors have no owner; see SAFETY")]
fn withhold(number: RawFd) {
    // SAFETY: the descriptor was just listed as open, and nobody closes it while this process has one thread. Only a
    // flag of it is changed, which does nothing to how an owner in this process uses it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    // One that cannot be marked is not open any more.
    let _ = rustix::io::fcntl_setfd(borrowed, FdFlags::CLOEXEC);
}

/// Closes a descriptor unless this process opened it.
#[allow(unsafe_code, reason = "inherited descriptors have no owner; see SAFETY")]
fn close_if_inherited(number: RawFd) {
    // SAFETY: the descriptor was just listed as open, and nobody closes it while this process has one thread. It is
    // asked for its flags only, which changes nothing for an owner.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    if !rustix::io::fcntl_getfd(borrowed).is_ok_and(|flags| flags.contains(FdFlags::CLOEXEC)) {
        // SAFETY: the descriptor is open and nothing in this process owns it: what was inherited survived the start
        // of this program, so it is not close-on-exec, and all that Rust opens itself is.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}
