//! Makes one toolchain in an empty folder: download, unpack, build the standard library, tidy.

use std::fs;
use std::path::Path;

use bytesize::ByteSize;

use super::apt::Apt;
use super::compiler::{self, ROOT, Version};
use super::libc::{self, Libc};
use super::{linker, packages, sources, standard_library, unpack};
use crate::toolchain::Progress;
use crate::toolchain::error::StepError;

/// What was made.
pub(super) struct Assembled {
    pub(super) version: Version,
    pub(super) libc: Libc,
}

/// Refuses at once where this way cannot work, before any folder is made.
pub(super) fn check_machine() -> Result<(), StepError> {
    if !["x86_64", "aarch64"].contains(&std::env::consts::ARCH) {
        return Err(StepError::Unfit(format!("not tried on {}", std::env::consts::ARCH)));
    }
    Ok(Apt::check()?)
}

/// Fails where a toolchain cannot be made for `project`.
pub(in crate::toolchain) fn check(project: &Path) -> Result<(), StepError> {
    check_machine()?;
    linker::check(project)
}

/// Fills `folder` with a compiler that can build for the target.
pub(super) fn assemble(project: &Path, folder: &Path, progress: &dyn Progress) -> Result<Assembled, StepError> {
    let root = folder.join(ROOT);
    let scratch = folder.join("scratch");
    let downloads = scratch.join("downloads");
    for path in [&root, &downloads] {
        fs::create_dir_all(path).map_err(StepError::file("create", path))?;
    }
    // Everything a machine may lack is asked for before the long download.
    linker::check(project)?;

    progress.step("reading the distribution's package lists");
    let own = sources::of_this_machine()?;
    let apt = Apt::open(&scratch.join("own"), &own)?;
    apt.update()?;
    let rust = packages::newest_compiler(&apt.policy(&packages::COMPILERS)?).ok_or_else(|| {
        StepError::Unfit(format!(
            "the distribution has no rustc of {} or newer with its source",
            packages::OLDEST
        ))
    })?;
    let needed = packages::needed(&apt.dependencies(rust.compiler)?, &rust, &apt.installed()?);
    let (libc_apt, libc) = libc::newest(&scratch, &own, &apt)?;

    let total = apt.size(&needed)? + libc_apt.size(&[libc::PACKAGE.into()])?;
    progress.step(&format!(
        "downloading rustc {} and the source of its standard library from the distribution: {} packages, {}",
        rust.version,
        needed.len() + 1,
        ByteSize(total).display().si()
    ));
    apt.download(&needed, &downloads, total, progress)?;
    libc_apt.download(&[libc::PACKAGE.into()], &downloads, total, progress)?;

    progress.step("unpacking the compiler");
    unpack::unpack(&downloads, &root, rust.source, progress)?;
    let script = compiler::write_script(folder)?;
    let version = compiler::version(&script)?;
    linker::connect(project, &root)?;
    libc::place(&root)?;

    progress.step("building the standard library for the components' target, once");
    standard_library::build(&scratch, &root, &script, progress)?;

    for path in [scratch, root.join("usr/src"), root.join("usr/share")] {
        // A package may have put nothing there.
        if path.exists() {
            fs::remove_dir_all(&path).map_err(StepError::file("remove", &path))?;
        }
    }
    Ok(Assembled { version, libc })
}
