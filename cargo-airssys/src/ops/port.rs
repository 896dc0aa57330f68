//! Which process of this user listens on a port, where the system tells.

use std::fs;
use std::path::Path;

/// A process that listens.
#[derive(Debug)]
pub(crate) struct Owner {
    /// Its id.
    pub(crate) process: u32,
    /// The name of its program.
    pub(crate) program: String,
}

/// The process that listens on a TCP port; none when nobody does, or it is another user's.
///
/// `/proc/net/tcp` has a line for each socket (proc(5)): its address in hexadecimal, its state, of which `0A` is
/// listening, and its inode, which the links in `/proc/PID/fd` name.
pub(crate) fn owner(port: u16) -> Option<Owner> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let inode = tables
        .iter()
        .flat_map(|table| table.lines())
        .find_map(|line| listening(line, port))?;
    let link = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let has_it = |process: &Path| {
        let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        open.map(|open| fs::read_link(open.path()))
            .any(|target| target.is_ok_and(|target| target.as_os_str() == &*link))
    };
    let mut owners = processes.filter_map(|entry| {
        let process = entry.file_name().to_str()?.parse().ok()?;
        has_it(&entry.path()).then(|| Owner {
            process,
            program: fs::read_to_string(entry.path().join("comm"))
                .unwrap_or_default()
                .trim()
                .to_owned(),
        })
    });
    owners.next()
}

/// The inode of the socket in this line, when it listens on the port.
fn listening(line: &str, port: u16) -> Option<&str> {
    let mut words = line.split_whitespace().skip(1);
    let (local, _, state) = (words.next()?, words.next()?, words.next()?);
    let (_, local) = local.rsplit_once(':')?;
    let is_it = state == "0A" && u16::from_str_radix(local, 16) == Ok(port);
    is_it.then(|| words.nth(5)).flatten()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn who_listens_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = owner(port).unwrap();
        assert_eq!(found.process, std::process::id());
        assert!(!found.program.is_empty());
        drop(listener);
        assert!(owner(port).is_none());
    }
}
