//! What is done to a log is found, and where.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use airssys_wasm::Origin;
use airssys_wasm::audit::{Checkpoint, Problem, Verification, verify};
use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm_tests::{TestHost, name};

use super::set_up::{end, expected, files, host, open, patient, problems, state, verified};

/// A log with three checkpoints in it, of a host that has ended.
struct Written {
    folder: std::sync::Arc<tempfile::TempDir>,
    lines: Vec<String>,
    /// A checkpoint in the middle, as it was exported.
    exported: Checkpoint,
}

impl Written {
    async fn new() -> Self {
        let test = host(&patient(), "").await;
        test.host.deploy(files("1.0.0")).await.unwrap();
        test.call("files", "read /data/f").await.unwrap();
        test.host.audit_checkpoint().await.unwrap();
        record(&test).await;
        let exported = test.host.audit_checkpoint().await.unwrap();
        record(&test).await;
        let folder = end(test).await;
        let text = fs::read_to_string(file(&state(&folder))).unwrap();
        let lines = text.lines().map(str::to_owned).collect();
        Self {
            folder,
            lines,
            exported,
        }
    }

    fn state(&self) -> PathBuf {
        state(&self.folder)
    }

    /// What verifying says when the log has these lines.
    async fn with(&self, lines: &[String]) -> Verification {
        let known = expected(&self.state()).await;
        fs::write(file(&self.state()), lines.concat_lines()).unwrap();
        let found = verify(&self.state(), &known).unwrap();
        fs::write(file(&self.state()), self.lines.concat_lines()).unwrap();
        assert!(verify(&self.state(), &known).unwrap().is_intact());
        found
    }
}

trait ConcatLines {
    fn concat_lines(&self) -> String;
}

impl ConcatLines for [String] {
    fn concat_lines(&self) -> String {
        self.iter().map(|line| format!("{line}\n")).collect()
    }
}

async fn record(test: &TestHost) {
    let grant = Grant::parse(Capability::Storage, "notes").unwrap();
    test.host
        .revoke(&name("other"), grant, &Origin::default())
        .await
        .unwrap();
}

fn file(state: &Path) -> PathBuf {
    state.join("audit/00000000000000000001.jsonl")
}

fn line_of(found: &Verification) -> Option<u64> {
    found.problems.first().and_then(|problem| problem.line)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_deleted_inserted_swapped_or_edited_is_found_at_its_place() {
    let written = Written::new().await;
    let count = written.lines.len();
    for at in 0..count {
        let mut lines = written.lines.clone();
        lines.remove(at);
        let found = written.with(&lines).await;
        assert!(!found.is_intact(), "line {at} deleted");
        assert!(
            at == count - 1 || line_of(&found) == Some(at as u64 + 1),
            "{at}: {:?}",
            found.problems
        );

        let mut lines = written.lines.clone();
        lines.insert(at, written.lines[at].clone());
        assert_eq!(
            line_of(&written.with(&lines).await),
            Some(at as u64 + 2),
            "line {at} inserted"
        );

        if at + 1 < count {
            let mut lines = written.lines.clone();
            lines.swap(at, at + 1);
            assert_eq!(
                line_of(&written.with(&lines).await),
                Some(at as u64 + 1),
                "lines {at} swapped"
            );
        }
        let mut lines = written.lines.clone();
        lines[at] = lines[at].replacen("\"at\":\"20", "\"at\":\"19", 1);
        let found = written.with(&lines).await;
        // A checkpoint has a signature that is wrong then as well; nothing else is blamed.
        let is_here = |problem: &Problem| problem.line == Some(at as u64 + 1);
        assert!(
            !found.is_intact() && found.problems.iter().all(is_here),
            "{at}: {:?}",
            found.problems
        );

        let cut = written.with(&written.lines[..at]).await;
        let said = problems(&cut);
        assert!(
            said.iter().any(|problem| problem.contains("the state directory knows")),
            "cut at {at}: {said:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_log_that_somebody_without_the_key_has_written_is_found() {
    let written = Written::new().await;
    let known = expected(&written.state()).await;
    // Another host of another key writes a log that is right in itself.
    let other = Written::new().await;
    let mut foreign = known.clone();
    foreign.recorded = None;
    fs::copy(file(&other.state()), file(&written.state())).unwrap();
    let said = problems(&verify(&written.state(), &foreign).unwrap());
    assert!(
        said.iter()
            .any(|problem| problem.contains("nothing is signed by the key")),
        "{said:?}"
    );
    let said = problems(&verify(&written.state(), &known).unwrap());
    assert!(
        said.iter()
            .any(|problem| problem.contains("another log than the state directory")),
        "{said:?}"
    );
    // A checkpoint of it in this log is no checkpoint of this log.
    let is_checkpoint = |line: &&String| line.contains("\"kind\":\"checkpoint\"");
    let at = written.lines.iter().position(|line| is_checkpoint(&line)).unwrap();
    let mut lines = written.lines.clone();
    lines[at] = other.lines.iter().find(is_checkpoint).unwrap().clone();
    let said = problems(&written.with(&lines).await);
    assert!(
        said.iter().any(|problem| problem.contains("checkpoint of another log")),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_does_not_cover_up_what_it_finds() {
    let written = Written::new().await;
    let cut = &written.lines[..written.lines.len() - 2];
    fs::write(file(&written.state()), cut.concat_lines()).unwrap();
    let Written { folder, exported, .. } = written;
    let folder = end(open(folder, &patient(), "").await).await;
    let state = state(&folder);
    let mut known = expected(&state).await;
    let said = problems(&verify(&state, &known).unwrap());
    assert!(
        said.len() == 1 && said[0].contains("a host found another log"),
        "{said:?}"
    );
    known.checkpoint = Some(exported);
    assert_eq!(verify(&state, &known).unwrap().problems.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_kept_elsewhere_shows_that_a_whole_directory_went_back() {
    let test = host(&patient(), "").await;
    record(&test).await;
    let folder = end(test).await;
    let (now, copy) = (state(&folder), folder.path().join("copy"));
    copy_all(&now, &copy);
    let test = open(folder, &patient(), "").await;
    for _ in 0..5 {
        record(&test).await;
    }
    let exported = test.host.audit_checkpoint().await.unwrap();
    let folder = end(test).await;
    fs::remove_dir_all(&now).unwrap();
    copy_all(&copy, &now);
    // By itself the directory is as it once was.
    assert!(verified(&now).await.is_intact());
    let mut known = expected(&now).await;
    known.checkpoint = Some(exported.clone());
    let said = problems(&verify(&now, &known).unwrap());
    assert!(said.len() == 1 && said[0].contains("the checkpoint knows"), "{said:?}");
    // Nor does it help to go on until the log is as long.
    let test = open(folder, &patient(), "").await;
    for _ in 0..20 {
        record(&test).await;
    }
    let folder = end(test).await;
    (known.recorded, known.key) = {
        let now = expected(&now).await;
        (now.recorded, now.key)
    };
    let said = problems(&verify(&now, &known).unwrap());
    assert!(
        said.len() == 1 && said[0].contains("the checkpoint knows another entry"),
        "{said:?}"
    );
    drop(folder);
}

/// An entry after the last of these lines, as anybody can write one who has no key.
fn forged(lines: &[String], said: serde_json::Value) -> String {
    let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    let sequence = last["seq"].as_u64().unwrap() + 1;
    let mut entry = serde_json::json!({ "seq": sequence, "at": last["at"] });
    let members = said.as_object().unwrap().clone();
    entry.as_object_mut().unwrap().extend(members);
    let body = entry.to_string();
    let body = body.strip_suffix('}').unwrap();
    let before = last["hash"].as_str().unwrap().as_bytes().chunks(2);
    let before = before.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    let mut bytes: Vec<u8> = before.collect();
    bytes.extend(body.as_bytes());
    let hash: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{body},\"hash\":\"{hash}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_is_not_removed_by_an_entry_that_nobody_has_signed() {
    let written = Written::new().await;
    let known = expected(&written.state()).await;
    for removed in [1, 3, written.lines.len() - 2] {
        let kept = &written.lines[removed..];
        let last: serde_json::Value = serde_json::from_str(&written.lines[removed - 1]).unwrap();
        let said = serde_json::json!({
            "kind": "files-removed", "through": removed, "root": last["hash"], "files": 1
        });
        let mut lines = kept.to_vec();
        lines.push(forged(kept, said));
        let (place, folder) = (file(&written.state()), written.state().join("audit"));
        fs::remove_file(&place).unwrap();
        let named = folder.join(
            place
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .replace(&format!("{:020}", 1), &format!("{:020}", removed + 1)),
        );
        assert_ne!(named, place);
        fs::write(&named, lines.concat_lines()).unwrap();
        let mut unknown = known.clone();
        unknown.recorded = None;
        for known in [&known, &unknown] {
            let said = problems(&verify(&written.state(), known).unwrap());
            assert!(
                said.iter().any(|problem| problem.contains("are missing")),
                "{removed} {said:?}"
            );
        }
        fs::remove_file(&named).unwrap();
        fs::write(&place, written.lines.concat_lines()).unwrap();
    }
    assert!(verify(&written.state(), &known).unwrap().is_intact());
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_were_added_while_no_host_ran_are_found() {
    let written = Written::new().await;
    let said = serde_json::json!({
        "kind": "grant", "component": "echo", "capability": "file-read", "pattern": "/etc/**", "source": "operator"
    });
    let mut lines = written.lines.clone();
    lines.push(forged(&lines, said));
    let problem = "1 entries came after the host had ended";
    let found = problems(&written.with(&lines).await);
    assert!(found.iter().any(|said| said.contains(problem)), "{found:?}");
    // The next host does not take them for its own.
    fs::write(file(&written.state()), lines.concat_lines()).unwrap();
    let folder = end(open(written.folder, &patient(), "").await).await;
    let found = problems(&verified(&state(&folder)).await);
    assert!(
        found.iter().any(|said| said.contains("a host found another log")),
        "{found:?}"
    );
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy_all(&entry.path(), &target),
            kind if kind.is_file() => drop(fs::copy(entry.path(), target).unwrap()),
            _ => {}
        }
    }
}
