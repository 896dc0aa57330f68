//! What of a screen is the same in every run.

/// The lines that `dev` itself has printed: without what compilers say, with numbers, digests and folders replaced.
pub(crate) fn own(screen: &str, folder: &std::path::Path) -> String {
    const WORDS: [&str; 9] = [
        "Watching",
        "Listening",
        "Serving",
        "Swapped",
        "Unchanged",
        "Not swapped",
        "Rolled back",
        "Back",
        "Ended",
    ];
    let mut kept: Vec<String> = Vec::new();
    let mut is_own = false;
    let folder = folder.canonicalize().unwrap();
    for line in screen.lines() {
        let word = line.get(..12).unwrap_or("").trim_start();
        is_own = WORDS.contains(&word) || (is_own && line.starts_with(&" ".repeat(13)));
        if is_own || line.starts_with("warning: ") || line.starts_with('[') {
            kept.push(line.replace(&*folder.to_string_lossy(), "[FOLDER]"));
        }
    }
    plain(&kept.join("\n"))
}

/// The text with its times, its counts of calls and its digests replaced.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let words = line.split(' ').map(|word| {
            let bare = word.trim_end_matches([',', ';']);
            let end = &word[bare.len()..];
            match bare {
                _ if is_digest(bare) => format!("[digest]{end}"),
                _ if is_times(bare) => format!("[times]{end}"),
                _ => word.to_owned(),
            }
        });
        let mut words: Vec<String> = words.collect();
        for place in 1..words.len() {
            let unit = words[place].trim_end_matches([',', ';']).to_owned();
            // A number that a component counts has more digits the longer it runs.
            if words[place - 1] == "column" {
                words[place] = "[n]".into();
            }
            let counts = match &*unit {
                "ms" | "s" | "calls" => true,
                "in" => words.get(place + 1).is_some_and(|next| next.starts_with("flight")),
                _ => false,
            };
            if counts && words[place - 1].starts_with(|first: char| first.is_ascii_digit()) {
                words[place - 1] = "[n]".into();
            }
        }
        plain.push_str(&words.join(" "));
        plain.push('\n');
    }
    plain
}

fn is_digest(word: &str) -> bool {
    word.len() == 8 && word.chars().all(|digit| digit.is_ascii_hexdigit())
}

fn is_times(word: &str) -> bool {
    let parts: Vec<&str> = word.split('+').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit()))
}
