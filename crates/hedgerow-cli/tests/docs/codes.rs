//! The examples on the pages of the codes, run as they are printed: the files that a page shows, in the fleet that all pages are about, and
//! then its command, which prints what the page says it prints. A line that ends in `…` may go on; a line `…` stands for any lines.

use crate::page::{Part, not_run, pages, parts, repository};
use hedgerow_cli::Os;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;

type Files = BTreeMap<String, String>;

/// The fleet of two services that all pages are about, as their first page shows it.
fn fleet() -> Files {
    let text = std::fs::read_to_string(repository().join("docs/codes/README.md")).unwrap();
    let files = parts(&text).into_iter().filter_map(|part| match part {
        Part::Empty(path) => Some((path, String::new())),
        Part::Block(block) => Some((block.file?, block.text)),
        Part::Absent(_) => None,
    });
    files.collect()
}

/// One example: the files of a page, a command, and what the page says it prints.
struct Example {
    files: Files,
    command: String,
    printed: String,
}

fn examples(text: &str) -> Vec<Example> {
    let mut files = fleet();
    let mut found = Vec::new();
    for part in parts(text) {
        match part {
            Part::Empty(path) => drop(files.insert(path, String::new())),
            Part::Absent(path) => drop(files.remove(&path)),
            Part::Block(block) if block.language == "console" => {
                let (command, printed) = block.text.split_once('\n').unwrap_or((&block.text, ""));
                let command = command.strip_prefix("$ ").unwrap_or(command).to_owned();
                found.push(Example { files: files.clone(), command, printed: printed.to_owned() });
            }
            Part::Block(block) => drop(block.file.map(|path| files.insert(path, block.text))),
        }
    }
    found
}

/// What a terminal shows: both streams, in the order in which they are written.
#[derive(Debug, Clone, Default)]
struct Terminal(Rc<RefCell<Vec<u8>>>);

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `hedgerow … [< FILE] [>/dev/null]`, which is all that the pages use of a shell; nothing where it is more.
pub(crate) fn run(root: &Path, command: &str) -> Option<String> {
    let (command, is_quiet) = command.strip_suffix(" >/dev/null").map_or((command, false), |rest| (rest, true));
    let (command, input) = command.split_once(" < ").map_or((command, None), |(rest, file)| (rest, Some(file)));
    if !command.starts_with("hedgerow ") || command.contains(['|', '&', ';', '>', '$', '`']) {
        return None;
    }
    let input = match input {
        None | Some("/dev/null") => Vec::new(),
        Some(file) => std::fs::read(root.join(file)).ok()?,
    };
    let (shown, lost) = (Terminal::default(), Terminal::default());
    let out = if is_quiet { lost } else { shown.clone() };
    let mut os = Os::for_tests(input, Box::new(out), Box::new(shown.clone()), root.to_path_buf());
    let _exit = hedgerow_cli::run(command.split_whitespace().map(OsString::from), &mut os);
    drop(os);
    Some(String::from_utf8(shown.0.take()).unwrap())
}

/// Whether what was printed is what the page says.
pub(crate) fn is_as_said(said: &str, printed: &str) -> bool {
    let (said, printed): (Vec<_>, Vec<_>) = (said.trim_end().lines().collect(), printed.trim_end().lines().collect());
    let is_line = |said: &str, line: &str| match said.strip_suffix('…') {
        Some(begin) => line.starts_with(begin),
        None => said == line.trim_end(),
    };
    let Some(gap) = said.iter().position(|line| *line == "…") else {
        return said.len() == printed.len() && said.iter().zip(&printed).all(|(said, line)| is_line(said, line));
    };
    let (head, tail) = (&said[..gap], &said[gap + 1..]);
    printed.len() >= head.len() + tail.len()
        && head.iter().zip(&printed).all(|(said, line)| is_line(said, line))
        && tail.iter().rev().zip(printed.iter().rev()).all(|(said, line)| is_line(said, line))
}

/// What an example really prints; nothing where it needs more than the page shows.
fn printed(example: &Example) -> Option<String> {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in &example.files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let printed = run(root.path(), &example.command)?;
    let lines: Vec<_> = printed.trim_end().lines().map(str::trim_end).collect();
    Some(format!("{}\n", lines.join("\n")))
}

/// What is wrong with the examples of a page; nothing where all are as they are printed.
fn fault(text: &str) -> Option<String> {
    let examples = examples(text);
    if examples.is_empty() {
        return Some("it has no example".to_owned());
    }
    examples.into_iter().find_map(|example| match printed(&example) {
        None => Some(format!("`{}` needs more than the page shows", example.command)),
        Some(printed) if is_as_said(&example.printed, &printed) => None,
        Some(printed) => Some(format!("`{}` prints\n{printed}\nand not\n{}", example.command, example.printed)),
    })
}

#[test]
fn examples_print_what_the_pages_of_codes_say() {
    let mut wrong = Vec::new();
    for (path, mut text) in pages() {
        let Some(code) = path.strip_prefix("docs/codes/").and_then(|name| name.strip_suffix(".md")) else { continue };
        if code == "README" {
            continue;
        }
        let not_run = not_run(&text);
        if std::env::var_os("HEDGEROW_BLESS").is_some() && not_run.is_none() {
            for example in
                examples(&text).iter().filter(|example| example.printed.lines().all(|line| !line.ends_with('…')))
            {
                let Some(printed) = printed(example) else { continue };
                let block = |printed: &str| format!("```console\n$ {}\n{printed}```", example.command);
                text = text.replace(&block(&example.printed), &block(&printed));
            }
            std::fs::write(repository().join(&path), &text).unwrap();
        }
        match (fault(&text), not_run) {
            (Some(fault), None) => wrong.push(format!("== {path}: {fault}")),
            (None, Some(_)) => wrong.push(format!("== {path} can be run: it must not say that no test does")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    assert!(wrong.is_empty(), "{} pages\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn gaps_stand_for_what_is_left_out_and_for_nothing_else() {
    for (said, printed, is_same) in [
        ("a\nb\n", "a\nb\n", true),
        ("a\n", "a\nb\n", false),
        ("a\n…\n", "a\nb\nc\n", true),
        ("a\n…\nc\n", "a\nc\n", true),
        ("a\n…\nd\n", "a\nc\n", false),
        ("a…\n", "abc\n", true),
        ("b…\n", "abc\n", false),
        ("", "a\n", false),
    ] {
        assert_eq!(is_as_said(said, printed), is_same, "{said:?} {printed:?}");
    }
}
