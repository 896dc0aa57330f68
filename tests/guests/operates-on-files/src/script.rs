//! What each operation of a script is.

use wasip2::filesystem::types::{
    DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags, filesystem_error_code,
};
use wasip2::io::streams::StreamError;

use super::Guest;

impl Guest {
    /// Runs one line; an error is its code.
    pub(super) fn run(&mut self, line: &str) -> Result<String, String> {
        let words: Vec<String> = line.split(' ').map(decoded).collect();
        let word = |number: usize| words.get(number).map_or("", String::as_str);
        let number = |at: usize| word(at).parse::<u64>().map_err(|_| format!("no number: {line}"));
        let fd = |slot: usize| {
            let found = self.open.get(word(slot));
            found.ok_or_else(|| format!("nothing is open as {}", word(slot)))
        };
        let done = "ok".to_owned();
        let follow = |at: usize| match word(at).contains('f') {
            true => PathFlags::SYMLINK_FOLLOW,
            false => PathFlags::empty(),
        };
        match word(0) {
            "preopens" => Ok(self.open.keys().cloned().collect::<Vec<_>>().join(" ")),
            "open" => {
                let (open, flags) = opening(word(3));
                let opened = fd(2)?.open_at(follow(3), word(4), open, flags).map_err(name)?;
                self.open.insert(word(1).to_owned(), opened);
                Ok(done)
            }
            "drop" => {
                self.open.remove(word(1));
                Ok(done)
            }
            "read" => {
                let (bytes, _) = fd(1)?.read(number(2)?, number(3)?).map_err(name)?;
                Ok(format!("ok {}", String::from_utf8_lossy(&bytes)))
            }
            "again" => {
                // Until it is refused, which only happens from outside.
                let mut times = 0_u64;
                loop {
                    match fd(1)?.read(number(2)?, 0) {
                        Ok(_) if times == 0 => println!("reading"),
                        Ok(_) => {}
                        Err(code) => return Ok(format!("{} after {}", name(code), times.min(1))),
                    }
                    times += 1;
                }
            }
            "write" => Ok(format!(
                "ok {}",
                fd(1)?.write(word(3).as_bytes(), number(2)?).map_err(name)?
            )),
            "size" => fd(1)?.set_size(number(2)?).map(|()| done).map_err(name),
            "list" => {
                let entries = fd(1)?.read_directory().map_err(name)?;
                let mut names = Vec::new();
                while let Some(entry) = entries.read_directory_entry().map_err(name)? {
                    names.push(entry.name);
                }
                names.sort();
                Ok(format!("ok {}", names.join(" ")))
            }
            "count" => {
                let entries = fd(1)?.read_directory().map_err(name)?;
                let mut count = 0;
                while entries.read_directory_entry().map_err(name)?.is_some() {
                    count += 1;
                }
                Ok(format!("ok {count}"))
            }
            "keep" => {
                let entries = fd(2)?.read_directory().map_err(name)?;
                self.listings.insert(word(1).to_owned(), entries);
                Ok(done)
            }
            "forget" => {
                self.listings.remove(word(1));
                Ok(done)
            }
            "fstat" => fd(1)?.stat().map(|stat| format!("ok {}", stat.size)).map_err(name),
            "fhash" => fd(1)?.metadata_hash().map(|_| done).map_err(name),
            "ftimes" => fd(1)?
                .set_times(NewTimestamp::Now, NewTimestamp::Now)
                .map(|()| done)
                .map_err(name),
            "sync" => fd(1)?.sync().map(|()| done).map_err(name),
            "flags" => fd(1)?.get_flags().map(|flags| format!("ok {flags:?}")).map_err(name),
            "stat" => {
                let stat = fd(1)?.stat_at(follow(2), word(3)).map_err(name)?;
                Ok(format!("ok {:?} {}", stat.type_, stat.size))
            }
            "hash" => {
                let hash = fd(1)?.metadata_hash_at(follow(2), word(3)).map_err(name)?;
                Ok(format!("ok {:x} {:x}", hash.lower, hash.upper))
            }
            "times" => {
                let set = fd(1)?.set_times_at(follow(2), word(3), NewTimestamp::Now, NewTimestamp::Now);
                set.map(|()| done).map_err(name)
            }
            "mkdir" => fd(1)?.create_directory_at(word(2)).map(|()| done).map_err(name),
            "rmdir" => fd(1)?.remove_directory_at(word(2)).map(|()| done).map_err(name),
            "unlink" => fd(1)?.unlink_file_at(word(2)).map(|()| done).map_err(name),
            "readlink" => fd(1)?.readlink_at(word(2)).map(|to| format!("ok {to}")).map_err(name),
            "symlink" => fd(1)?.symlink_at(word(2), word(3)).map(|()| done).map_err(name),
            "rename" => fd(1)?.rename_at(word(2), fd(3)?, word(4)).map(|()| done).map_err(name),
            "link" => {
                let made = fd(1)?.link_at(PathFlags::empty(), word(2), fd(3)?, word(4));
                made.map(|()| done).map_err(name)
            }
            "input" => {
                let stream = fd(2)?.read_via_stream(number(3)?).map_err(name)?;
                self.inputs.insert(word(1).to_owned(), stream);
                Ok(done)
            }
            "output" | "append" => {
                let stream = match word(0) {
                    "append" => fd(2)?.append_via_stream(),
                    _ => fd(2)?.write_via_stream(number(3)?),
                };
                self.outputs.insert(word(1).to_owned(), stream.map_err(name)?);
                Ok(done)
            }
            "take" => {
                let stream = self.inputs.get(word(1)).ok_or("no such stream")?;
                let bytes = stream.blocking_read(number(2)?).map_err(failed)?;
                Ok(format!("ok {}", String::from_utf8_lossy(&bytes)))
            }
            "give" => {
                let stream = self.outputs.get(word(1)).ok_or("no such stream")?;
                stream
                    .blocking_write_and_flush(word(2).as_bytes())
                    .map(|()| done)
                    .map_err(failed)
            }
            "await" => {
                self.inputs.get(word(1)).ok_or("no such stream")?.subscribe().block();
                Ok(done)
            }
            other => Err(format!("unknown: {other}")),
        }
    }
}

fn opening(letters: &str) -> (OpenFlags, DescriptorFlags) {
    let (mut open, mut flags) = (OpenFlags::empty(), DescriptorFlags::empty());
    for letter in letters.chars() {
        match letter {
            'c' => open |= OpenFlags::CREATE,
            'x' => open |= OpenFlags::EXCLUSIVE,
            't' => open |= OpenFlags::TRUNCATE,
            'd' => open |= OpenFlags::DIRECTORY,
            'r' => flags |= DescriptorFlags::READ,
            'w' => flags |= DescriptorFlags::WRITE,
            'm' => flags |= DescriptorFlags::MUTATE_DIRECTORY,
            _ => {}
        }
    }
    (open, flags)
}

fn name(code: ErrorCode) -> String {
    code.name().to_owned()
}

fn failed(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(error) => match filesystem_error_code(&error) {
            Some(code) => format!("failed {}", name(code)),
            None => "failed".into(),
        },
    }
}

/// A word with `%00` for the byte of that number, and `%20` for a space.
fn decoded(word: &str) -> String {
    let mut parts = word.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        match u8::from_str_radix(digits, 16) {
            Ok(byte) => text.push(char::from(byte)),
            Err(_) => text.push_str(digits),
        }
        text.push_str(rest);
    }
    text
}
