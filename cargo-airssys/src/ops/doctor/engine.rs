//! What this machine lets a host do: the pool of instances, and compiling.

use rustix::process::{Resource, getrlimit};

use super::check::{Check, Place};
use crate::shell::{counted, size};
use airssys_wasm::Machine;

pub(super) fn look(_: &Place) -> Vec<Check> {
    let machine = Machine::look();
    let room = getrlimit(Resource::As).current;
    vec![of_pool(&machine, room), of_compiler(&machine, room)]
}

fn of_pool(machine: &Machine, room: Option<u64>) -> Check {
    let name = "engine.pool";
    match (&machine.pool, room) {
        (Ok(instances), _) => Check::ok(name, format!("room for {instances} instances")),
        (Err(reason), room) => {
            let check = Check::limited(
                name,
                format!("no room for a pool, so that instances are made on demand, which takes longer: {reason}"),
            );
            check.advise(match room {
                Some(_) => "raise the limit of the address space with `ulimit -v unlimited`",
                None => {
                    "let processes reserve address space (`sysctl vm.overcommit_memory=0`, or the container's limits)"
                }
            })
        }
    }
}

fn of_compiler(machine: &Machine, room: Option<u64>) -> Check {
    let name = "engine.compiler";
    let threads = counted(machine.compiler_threads, "thread");
    let largest = size(machine.largest_component);
    let (memory, seconds) = (size(machine.compile_memory), machine.compile_deadline.as_secs());
    let found = format!("components of at most {largest}, compiled by {threads} with {memory} in {seconds} s");
    match room {
        None => Check::ok(name, format!("{found}; no limit on this process's memory")),
        Some(room) => Check::limited(name, format!("{found}; this process may have {} of memory", size(room))).advise(
            "raise the limit of the address space with `ulimit -v unlimited` if a large component does not compile",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::doctor::Status;

    #[test]
    fn a_machine_without_room_for_a_pool_is_limited_and_says_what_follows() {
        let mut machine = Machine::look();
        machine.pool = Err("mmap failed".into());
        let check = of_pool(&machine, Some(1 << 30));
        assert_eq!(check.status, Status::Limited);
        assert!(check.found.contains("on demand") && check.found.ends_with("mmap failed"));
        assert!(check.remedy.unwrap().text.contains("ulimit -v"));
        machine.pool = Ok(1_000);
        assert_eq!(of_pool(&machine, None).found, "room for 1000 instances");
    }

    #[test]
    fn a_limit_on_memory_is_told() {
        let machine = Machine::look();
        assert_eq!(of_compiler(&machine, None).status, Status::Ok);
        let check = of_compiler(&machine, Some(2 << 30));
        assert_eq!(check.status, Status::Limited);
        assert!(check.found.ends_with("may have 2.0 GiB of memory"), "{}", check.found);
    }
}
