//! What each operation has to give: written down from what is promised, not from how it is done.

/// What is at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    File,
    Directory,
    Missing,
    /// A symbolic link, wherever it leads.
    Link,
    /// A path that goes on through a link.
    Through,
    /// A pipe or a socket.
    Special,
}

/// How a path is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// It ends as the path of a directory does.
    AsDirectory,
    /// It leaves the directory that it begins in, also when it comes back.
    Leaving,
}

/// One case of the matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) operation: &'static str,
    pub(super) form: Form,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) target: Target,
}

/// `ok`, or the code of the error.
pub(super) fn expected(case: Case) -> &'static str {
    let Case {
        operation,
        form,
        read,
        write,
        target,
    } = case;
    if form == Form::Leaving {
        return "not-permitted";
    }
    let allowed = match operation {
        "stat" | "stat-following" | "hash" => read || write,
        "readlink" => read,
        // A directory in which something is granted may be gone through.
        "open-to-read" => read || write,
        "link" | "rename-to-both" => read && write,
        _ => write,
    };
    if !allowed {
        return "access";
    }
    if operation == "symlink" {
        return "not-permitted";
    }
    match target {
        Target::Through => return "loop",
        Target::Link if form == Form::AsDirectory => return "loop",
        Target::File | Target::Special if form == Form::AsDirectory => return "not-directory",
        _ => {}
    }
    match (operation, target) {
        ("open-to-read", Target::Directory) => "ok",
        ("mkdir", Target::Missing) => "ok",
        ("mkdir", _) => "exist",
        ("create", Target::Missing) if form == Form::Plain => "ok",
        (_, Target::Missing) => "no-entry",
        ("open-to-read", _) if !read => "access",
        ("open-to-read" | "open-to-write" | "create" | "truncate", Target::File) => "ok",
        ("open-to-write" | "create" | "truncate" | "unlink", Target::Directory) => "is-directory",
        ("link", Target::Directory) => "not-permitted",
        ("readlink", Target::File | Target::Directory | Target::Special) => "invalid",
        // Whoever has it open would go on to read it where nothing may be read.
        ("rename-to-write", Target::Directory) if read => "access",
        ("stat" | "hash" | "times" | "unlink", _) => "ok",
        ("rmdir", Target::Directory) => "ok",
        ("rmdir", _) => "not-directory",
        (_, Target::Link) => "loop",
        ("stat-following" | "times-following", _) => "ok",
        (_, Target::Special) => "access",
        ("link" | "rename-to-both" | "rename-to-write", _) => "ok",
        _ => "?",
    }
}
