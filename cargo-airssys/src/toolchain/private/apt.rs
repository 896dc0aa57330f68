//! The distribution's packages, asked for with a private state so that neither root nor the system's lists are needed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::sources::{self, Source};
use crate::toolchain::Progress;
use crate::toolchain::error::StepError;
use crate::toolchain::run::{QUESTION, RunError, run, run_watched};

/// Package lists of some ten megabytes.
const UPDATE: Duration = Duration::from_secs(300);

/// The packages on a slow line; apt itself gives up on a server that says nothing.
const DOWNLOAD: Duration = Duration::from_secs(3600);

/// An apt with its own lists and caches below one folder.
#[derive(Clone)]
pub(super) struct Apt {
    configuration: PathBuf,
}

impl Apt {
    /// Fails with the first of the tools that is missing.
    pub(super) fn check() -> Result<(), RunError> {
        for tool in ["apt-get", "apt-cache", "dpkg", "dpkg-deb", "dpkg-query", "tar"] {
            run(
                &format!("{tool} --version"),
                Command::new(tool).arg("--version"),
                QUESTION,
            )?;
        }
        Ok(())
    }

    /// An apt that knows only `sources`; its lists are empty until [`update`](Self::update).
    pub(super) fn open(folder: &Path, sources: &[Source]) -> Result<Self, StepError> {
        for inner in ["state/lists/partial", "cache/archives/partial"] {
            let path = folder.join(inner);
            fs::create_dir_all(&path).map_err(StepError::file("create", &path))?;
        }
        // The ending tells apt which of its two formats this is.
        let list = folder.join("private.sources");
        fs::write(&list, sources::render(sources)).map_err(StepError::file("write", &list))?;
        let configuration = folder.join("apt.conf");
        fs::write(&configuration, configure(folder, &list)).map_err(StepError::file("write", &configuration))?;
        Ok(Self { configuration })
    }

    /// Fetches the lists of all sources; fails when one of them does not answer.
    pub(super) fn update(&self) -> Result<(), RunError> {
        let mut command = self.command("apt-get");
        // Without the option, apt warns about a source that does not answer and succeeds.
        command.args(["-o", "APT::Update::Error-Mode=any", "update"]);
        run("apt-get update", &mut command, UPDATE).map(drop)
    }

    /// Which versions of `names` there are, in apt's words.
    pub(super) fn policy(&self, names: &[&str]) -> Result<String, RunError> {
        run(
            "apt-cache policy",
            self.command("apt-cache").arg("policy").args(names),
            QUESTION,
        )
    }

    /// The dependencies of `name` and of all they need, in apt's words.
    pub(super) fn dependencies(&self, name: &str) -> Result<String, RunError> {
        let mut command = self.command("apt-cache");
        command.args(["depends", "--recurse", "--important", name]);
        run(&format!("apt-cache depends {name}"), &mut command, QUESTION)
    }

    /// The names of the packages that this machine has installed for its own architecture.
    pub(super) fn installed(&self) -> Result<BTreeSet<String>, RunError> {
        let mut command = Command::new("dpkg-query");
        command.args(["--show", "--showformat", "${db:Status-Abbrev}|${binary:Package}\n"]);
        let listed = run("dpkg-query --show", &mut command, QUESTION)?;
        let native = format!(
            ":{}",
            run(
                "dpkg --print-architecture",
                Command::new("dpkg").arg("--print-architecture"),
                QUESTION
            )?
            .trim()
        );
        Ok(listed
            .lines()
            .filter_map(|line| line.split_once('|'))
            .filter(|(status, _)| status.starts_with("ii"))
            .map(|(_, name)| name.strip_suffix(&native).unwrap_or(name).to_owned())
            .collect())
    }

    /// How many bytes downloading `names` takes.
    pub(super) fn size(&self, names: &[String]) -> Result<u64, RunError> {
        let mut command = self.command("apt-get");
        command.args(["download", "--print-uris"]).args(names);
        Ok(sum_of_sizes(&run(
            "apt-get download --print-uris",
            &mut command,
            QUESTION,
        )?))
    }

    /// Downloads `names` into `folder`; progress is the bytes in that folder, of `total`.
    pub(super) fn download(
        &self,
        names: &[String],
        folder: &Path,
        total: u64,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let mut command = self.command("apt-get");
        command.arg("download").args(names).current_dir(folder);
        let mut tick = || {
            let done = bytes_in(folder);
            progress.fraction(done, total.max(done));
        };
        run_watched("apt-get download", &mut command, DOWNLOAD, &mut tick)?;
        tick();
        Ok(())
    }

    fn command(&self, tool: &str) -> Command {
        let mut command = Command::new(tool);
        // Its output is read, so it must not be translated.
        command.env("LC_ALL", "C").arg("--config-file").arg(&self.configuration);
        command
    }
}

/// The private settings, read by apt after the machine's own, whose keys, proxies and logins stay in force.
fn configure(folder: &Path, list: &Path) -> String {
    let folder = folder.display();
    let list = list.display();
    format!(
        r#"#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "{folder}/state";
Dir::Cache "{folder}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::SourceList "{list}";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Debug::NoLocking "true";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"#
    )
}

/// Adds up the third column of `apt-get download --print-uris`: `'uri' file size hash`.
fn sum_of_sizes(uris: &str) -> u64 {
    uris.lines()
        .filter_map(|line| {
            line.strip_prefix('\'')?
                .split_once("' ")?
                .1
                .split(' ')
                .nth(1)?
                .parse::<u64>()
                .ok()
        })
        .sum()
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_summed() {
        let uris = "'http://mirror/pool/a%3a1.deb' a_1%3a2.deb 29378692 SHA256:729e\n\
                    'http://mirror/pool/b.deb' b.deb 8 SHA256:8fef\n\
                    W: a warning\n";
        assert_eq!(sum_of_sizes(uris), 29_378_700);
    }

    #[test]
    fn hooks_of_the_machine_do_not_run() {
        let text = configure(Path::new("/a b"), Path::new("/a b/private.sources"));
        assert!(text.contains("#clear APT::Update::Post-Invoke;"));
        assert!(text.contains("Dir::State \"/a b/state\";"));
    }
}
