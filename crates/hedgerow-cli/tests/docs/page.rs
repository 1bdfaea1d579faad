//! A page of Markdown, as far as its examples go.

use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The word behind the fence.
    pub(crate) language: String,
    /// The lines between the fences.
    pub(crate) text: String,
    /// The file that it is, where the line above names one: `` `service.yaml` ``.
    pub(crate) file: Option<String>,
    /// The line of its fence, from 1.
    pub(crate) line: usize,
    /// Why no test runs it, where the page says so right below it.
    pub(crate) not_run: Option<String>,
}

/// How a page says that what it shows is run by no test; the rest of the line says why, and what stands in for it.
pub(crate) const NOT_RUN: &str = "No test runs this as printed: ";

/// Why no test runs what a page shows, where a line of the page says it.
pub(crate) fn not_run(text: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix(NOT_RUN)).map(str::to_owned)
}

/// What a page shows, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Block(Block),
    /// A file without text: `` `x.rule` (empty) ``.
    Empty(String),
    /// A file that is not there: ``There is no `x.rule`.``
    Absent(String),
}

/// The name in backticks at the beginning of a line, and what stands behind it.
fn named(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('`')?.split_once('`')
}

/// The examples of a page.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Option<Block> = None;
    let mut above = "";
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            Some(block) if line.trim_end() == "```" => {
                let below = text.lines().skip(index + 1).find(|line| !line.trim().is_empty());
                block.not_run = below.and_then(not_run);
                parts.push(Part::Block(block.clone()));
                open = None;
                above = "";
            }
            Some(block) => block.text.push_str(&format!("{line}\n")),
            None => {
                if let Some(language) = line.strip_prefix("```") {
                    let file = named(above).filter(|(_, rest)| rest.is_empty()).map(|(file, _)| file.to_owned());
                    open = Some(Block {
                        language: language.to_owned(),
                        text: String::new(),
                        file,
                        line: index + 1,
                        not_run: None,
                    });
                } else if let Some((file, " (empty)")) = named(line) {
                    parts.push(Part::Empty(file.to_owned()));
                } else if let Some((file, ".")) = line.strip_prefix("There is no ").and_then(named) {
                    parts.push(Part::Absent(file.to_owned()));
                }
                if !line.trim().is_empty() {
                    above = line;
                }
            }
        }
    }
    assert!(open.is_none(), "a fence is never closed: {open:?}");
    parts
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages that people read, by their paths from the root of the repository.
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = ["docs", "integrations"].map(PathBuf::from).into();
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        found.push(name.to_owned());
    }
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(repository().join(&directory)).unwrap() {
            let entry = entry.unwrap();
            let path = directory.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path.display().to_string());
            }
        }
    }
    found.sort();
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(repository().join(path)).unwrap())).collect()
}

#[test]
fn blocks_have_their_files() {
    let text = "# A\n\n`a.yaml`\n```yaml\nx: 1\n```\n\n`b.rule` (empty)\n\nThere is no `d`.\n\n`c` and more\n```sh\n$ y\n```\n";
    let block = |language: &str, text: &str, file: Option<&str>, line| {
        Part::Block(Block {
            language: language.into(),
            text: text.into(),
            file: file.map(str::to_owned),
            line,
            not_run: None,
        })
    };
    assert_eq!(
        parts(text),
        [
            block("yaml", "x: 1\n", Some("a.yaml"), 4),
            Part::Empty("b.rule".into()),
            Part::Absent("d".into()),
            block("sh", "$ y\n", None, 13)
        ]
    );
}
