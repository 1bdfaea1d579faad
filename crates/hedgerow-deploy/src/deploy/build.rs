//! What compose files say containers are built from, and what these run.

use super::{command, settings};
use crate::path::join;
use crate::value::Value;

/// A container that is built from a directory of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// How the container is called.
    pub name: String,
    /// The directory that it is built from; empty for the root.
    pub context: String,
    /// The module or the file that it runs, as its command names it.
    pub runs: Option<String>,
}

/// The containers of a compose file that are built; none of another file.
#[must_use]
pub fn builds(path: &str, text: &str) -> Vec<Build> {
    if !text.contains("services:") || !text.contains("build:") {
        return Vec::new();
    }
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut found = Vec::new();
    let documents = settings::documents(text).into_iter().map(Value::from);
    for document in documents.filter(|document| document.get("kind").is_none()) {
        for (name, container) in document.get("services").and_then(Value::as_map).into_iter().flatten() {
            let Some(build) = container.get("build") else { continue };
            let Some(context) = build.as_str().or_else(|| build.get("context")?.as_str()) else { continue };
            let words = ["entrypoint", "command"].into_iter().flat_map(|key| command::placed(container.get(key)));
            let words: Vec<&str> = words.flat_map(|(word, _)| word.letters().split_whitespace()).collect();
            found.push(Build { name: name.shown('…'), context: join(directory, context), runs: runs(&words) });
        }
    }
    found
}

/// The module or the file that a command runs: `python -m jobs.run`, `celery -A shop.worker`, `uvicorn shop.main:app`, `node src/worker.js`.
fn runs(words: &[&str]) -> Option<String> {
    const SERVERS: &[&str] = &["uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "arq", "dramatiq"];
    let bare = |word: &&str| word.trim_matches(['"', '\'', ';']).rsplit('/').next().unwrap_or_default().to_owned();
    let at = words.iter().position(|word| {
        let name = bare(word);
        let is_python = name.trim_start_matches("python").chars().all(|c| c.is_ascii_digit() || c == '.');
        (name.starts_with("python") && is_python)
            || SERVERS.contains(&name.as_str())
            || matches!(name.as_str(), "celery" | "node" | "ruby" | "php" | "flask")
    })?;
    let rest = &words[at + 1..];
    let behind = |flags: &[&str]| rest.iter().position(|word| flags.contains(word)).and_then(|at| rest.get(at + 1));
    let word = match bare(&words[at]).as_str() {
        "celery" => behind(&["-A", "--app"])?,
        "flask" => behind(&["--app"])?,
        name if name.starts_with("python") => behind(&["-m"]).or_else(|| rest.iter().find(|w| w.ends_with(".py")))?,
        name if SERVERS.contains(&name) => rest.iter().find(|word| word.contains(':') || word.contains('.'))?,
        _ => rest.iter().find(|word| !word.starts_with('-'))?,
    };
    let module = word.trim_matches(['"', '\'', ';']).split(':').next()?;
    (!module.is_empty()).then(|| module.trim_start_matches("./").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_runs_is_told() {
        for (command, expected) in [
            ("python -m jobs.run --x", Some("jobs.run")),
            ("python3.12 jobs/run.py", Some("jobs/run.py")),
            ("celery -A shop.worker worker -l info", Some("shop.worker")),
            ("/bin/sh -c \"migrate && uvicorn shop.main:app --host 0.0.0.0\"", Some("shop.main")),
            ("gunicorn -w 4 shop.wsgi:application", Some("shop.wsgi")),
            ("node ./src/worker.js", Some("src/worker.js")),
            ("./entrypoint.sh", None),
            ("", None),
        ] {
            let words: Vec<&str> = command.split_whitespace().collect();
            assert_eq!(runs(&words).as_deref(), expected, "{command}");
        }
    }
}
