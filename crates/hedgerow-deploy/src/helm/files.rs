//! The files of a chart that its templates take in: `.Files.Get`, `.Files.Glob`, `.Files.Lines`, `.AsConfig`, `.AsSecrets`.
//! See <https://helm.sh/docs/chart_template_guide/accessing_files/>.

use super::choice::any_of;
use super::globs::{Dialect, Glob, Ignored};
use super::made::{lines, under};
use super::spent::{Spent, Work};
use crate::partial::Partial;
use crate::value::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a file may be that is kept, and how much is kept of all charts, in bytes.
const MAX_FILE: usize = 64 << 10;
const MAX_KEPT: usize = 8 << 20;

/// How many files one glob may give.
const MAX_GLOB: usize = 64;

/// How many files are looked at for one step.
const FILES: usize = 8;

/// The files of a chart that Helm reads itself and gives to no template.
const NEVER: &[&str] = &["Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"];

/// A file of a chart: its text, or why that is not kept.
#[derive(Debug, Clone)]
enum Kept {
    Text(Arc<str>),
    TooLong,
    NoRoom,
}

/// The files of all charts that templates may take in, by their paths in the tree.
#[derive(Debug, Clone, Default)]
pub(super) struct ChartFiles {
    files: BTreeMap<String, Kept>,
    /// What the `.helmignore` files say, by the directories of their charts.
    ignored: BTreeMap<String, Ignored>,
    left: usize,
}

/// What templates do with the files of their chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Get,
    Glob,
    Lines,
}

/// What becomes of the files that a question gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Config,
    Secrets,
}

impl Question {
    /// The question that a word of a template asks: `.Files.Get`, `$.Files.Glob`, `$root.Files.Lines`.
    pub(super) fn of(word: &str) -> Option<Self> {
        let (before, name) = word.rsplit_once('.')?;
        if !before.ends_with(".Files") {
            return None;
        }
        Self::named(name)
    }

    /// The question that is asked of what was found: `(.Files.Glob "conf/*").Get`.
    pub(super) fn of_found(word: &str) -> Option<Self> {
        word.strip_prefix('.').and_then(Self::named)
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Get" => Self::Get,
            "Glob" => Self::Glob,
            "Lines" => Self::Lines,
            _ => return None,
        })
    }

    /// What is answered of files that were found.
    pub(super) fn of_files(self, files: &Value, name: &Partial) -> Option<Value> {
        let Value::Map(files) = files else { return None };
        let text = under(files, name)?.map_or_else(|| Some(Partial::default()), |text| text.as_text().cloned())?;
        self.of_text(&text)
    }

    fn of_text(self, text: &Partial) -> Option<Value> {
        match self {
            Self::Get => Some(Value::Text(text.clone())),
            Self::Lines => {
                let text = text.known()?;
                let text = text.strip_suffix('\n').unwrap_or(text);
                Some(if text.is_empty() {
                    Value::from(Vec::new())
                } else {
                    text.split('\n').map(Value::from).collect()
                })
            }
            Self::Glob => None,
        }
    }
}

impl Made {
    /// What a word of a template makes of files: `.AsConfig`, `$files.AsSecrets`.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word.rsplit_once('.')?.1 {
            "AsConfig" => Some(Self::Config),
            "AsSecrets" => Some(Self::Secrets),
            _ => None,
        }
    }

    /// The data of a ConfigMap or of a Secret that hold files. The keys are the files' names without directories; of several of a name it is
    /// one that is taken, and nobody knows which. What is in a Secret is in another form, in which there is no address.
    pub(super) fn of_files(self, files: &Value) -> Option<Value> {
        let mut texts: BTreeMap<&str, Vec<Partial>> = BTreeMap::new();
        for (path, text) in files.as_map()? {
            let path = path.known()?;
            texts.entry(path.rsplit('/').next().unwrap_or(path)).or_default().push(text.as_text()?.clone());
        }
        let value = |name: &str, texts: &[Partial]| match self {
            Self::Config => Value::Text(any_of(&format!(".Files {name}"), texts)),
            Self::Secrets => Value::unknown(),
        };
        let data: Map = texts.iter().map(|(name, texts)| (Partial::from(*name), value(name, texts))).collect();
        Some(Value::Text(lines(&Value::from(data))))
    }
}

impl ChartFiles {
    pub(super) fn new() -> Self {
        Self { left: MAX_KEPT, ..Self::default() }
    }

    /// Takes a file in, with its text where there is room. `chart` is the directory of its chart.
    pub(super) fn add(&mut self, chart: &str, path: &str, text: &str) {
        if path.strip_suffix(".helmignore").is_some_and(|directory| directory.trim_end_matches('/') == chart) {
            self.ignored.insert(chart.to_owned(), Ignored::new(text));
        }
        let kept = match self.left.checked_sub(text.len()) {
            _ if text.len() > MAX_FILE => Kept::TooLong,
            None => Kept::NoRoom,
            Some(left) => {
                self.left = left;
                Kept::Text(Arc::from(text.trim_start_matches('\u{feff}')))
            }
        };
        self.files.insert(path.to_owned(), kept);
    }

    /// Whether Helm gives no file of this name to the templates of a chart.
    fn is_never(&self, chart: &str, name: &str) -> bool {
        NEVER.contains(&name)
            || ["templates/", "charts/"].iter().any(|start| name.starts_with(start))
            || self.ignored.get(chart).is_some_and(|ignored| ignored.has(name))
    }

    /// What a question comes to in the chart of a directory; none if it is not known.
    pub(super) fn answer(&self, chart: &str, question: Question, argument: &Partial, spent: &Spent) -> Option<Value> {
        let name = argument.known()?;
        let prefix = if chart.is_empty() { String::new() } else { format!("{chart}/") };
        // Helm knows its files by their plain paths.
        let is_plain = !name.starts_with('/') && !name.split('/').any(|part| matches!(part, "" | "." | ".."));
        match question {
            _ if !is_plain && question != Question::Glob => question.of_text(&Partial::default()),
            // Helm gives an empty text for a file that is not there. Of one that is none of the tree's, nothing is known.
            Question::Get | Question::Lines if self.is_never(chart, name) => question.of_text(&Partial::default()),
            Question::Get | Question::Lines => question.of_text(&Self::text(
                &format!("{prefix}{name}"),
                self.files.get(&format!("{prefix}{name}"))?,
                spent,
            )?),
            Question::Glob if name.starts_with("./") || name.starts_with('/') => Some(Value::from(Map::new())),
            Question::Glob => {
                let glob = Glob::new(name, Dialect::Files)?;
                let below = self.files.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
                let mut found = Vec::new();
                for (at, (path, kept)) in below.enumerate() {
                    spent.step(usize::from(at % FILES == 0));
                    let own = &path[prefix.len()..];
                    if glob.fits(own) && !self.is_never(chart, own) {
                        found.push((path, own, kept));
                    }
                }
                if found.len() > MAX_GLOB {
                    spent.miss(&format!("`.Files.Glob` of `{name}` gives more than {MAX_GLOB} files"));
                    return None;
                }
                let text =
                    |path: &str, kept| Value::Text(Self::text(path, kept, spent).unwrap_or_else(Partial::unknown));
                let found: Map =
                    found.into_iter().map(|(path, own, kept)| (Partial::from(own), text(path, kept))).collect();
                (!found.is_empty()).then(|| Value::from(found))
            }
        }
    }

    fn text(path: &str, kept: &Kept, spent: &Spent) -> Option<Partial> {
        match kept {
            Kept::Text(text) => spent.may_take(Work::Files, text.len()).then(|| Partial::from(&**text)),
            Kept::TooLong => {
                spent.miss(&format!("`{path}` is longer than {} KiB", MAX_FILE >> 10));
                None
            }
            Kept::NoRoom => {
                spent.miss(&format!("`{path}` is not kept: the files of charts are more than {} MiB", MAX_KEPT >> 20));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_by_their_words() {
        for (word, expected) in [
            (".Files.Get", Some(Question::Get)),
            ("$.Files.Glob", Some(Question::Glob)),
            ("$root.Files.Lines", Some(Question::Lines)),
            (".Files.GetBytes", None),
            (".Values.Files", None),
            (".Files", None),
            ("Get", None),
        ] {
            assert_eq!(Question::of(word), expected, "{word}");
        }
    }

    fn asked(files: &ChartFiles, question: Question, name: &str) -> Option<Value> {
        files.answer("c", question, &Partial::from(name), &Spent::default())
    }

    fn keys(files: &ChartFiles, name: &str) -> Option<Vec<String>> {
        let found = asked(files, Question::Glob, name)?;
        found.as_map().map(|map| map.keys().filter_map(|key| key.known().map(str::to_owned)).collect())
    }

    #[test]
    fn only_files_of_the_chart_are_given() {
        let mut files = ChartFiles::new();
        for (path, text) in [
            ("c/conf/a.yml", "a: 1"),
            ("c/conf/deep/b.yml", "b: 2"),
            ("c/conf2/a.yml", "other"),
            ("c/x.txt", "x\r\ny\n\nz\n"),
            ("c/mark.txt", "\u{feff}m"),
            ("c/.helmignore", "secret/\n"),
            ("c/secret/a.yml", "s"),
            ("c/Chart.yaml", "name: c"),
            ("c/values.yaml", "a: 1"),
            ("c/values-prod.yaml", "a: 2"),
            ("c/templates/_h.tpl", "h"),
            ("c/charts/sub/s.txt", "s"),
        ] {
            files.add("c", path, text);
        }
        files.add("other", "other/conf/a.yml", "x");
        files.add("c", "c/long.txt", &"x".repeat(MAX_FILE + 1));
        for (name, expected) in [
            ("conf/a.yml", Some("a: 1")),
            ("mark.txt", Some("m")),
            ("values-prod.yaml", Some("a: 2")),
            // Helm has no such names.
            ("./conf/a.yml", Some("")),
            ("conf/../conf/a.yml", Some("")),
            ("/conf/a.yml", Some("")),
            // These are never given.
            ("Chart.yaml", Some("")),
            ("values.yaml", Some("")),
            ("templates/_h.tpl", Some("")),
            ("charts/sub/s.txt", Some("")),
            ("secret/a.yml", Some("")),
            ("secret/none.yml", Some("")),
            ("conf/none.yml", None),
            ("long.txt", None),
        ] {
            assert_eq!(asked(&files, Question::Get, name), expected.map(Value::from), "{name}");
        }
        let lines = |texts: &[&str]| Some(texts.iter().copied().map(Value::from).collect());
        assert_eq!(asked(&files, Question::Lines, "x.txt"), lines(&["x\r", "y", "", "z"]));
        assert_eq!(asked(&files, Question::Lines, "Chart.yaml"), lines(&[]));
        for (glob, expected) in [
            ("conf/*", Some(&["conf/a.yml"][..])),
            ("conf/**", Some(&["conf/a.yml", "conf/deep/b.yml"])),
            ("conf*/a.yml", Some(&["conf/a.yml", "conf2/a.yml"])),
            ("./conf/*", Some(&[])),
            ("**.yml", Some(&["conf/a.yml", "conf/deep/b.yml", "conf2/a.yml"])),
            ("*", Some(&[".helmignore", "long.txt", "mark.txt", "values-prod.yaml", "x.txt"])),
            ("none/*", None),
            ("templates/*", None),
            ("[", None),
        ] {
            let expected = expected.map(|keys| keys.iter().copied().map(str::to_owned).collect());
            assert_eq!(keys(&files, glob), expected, "{glob}");
        }
        assert_eq!(
            files.answer("", Question::Get, &Partial::from("c/mark.txt"), &Spent::default()),
            Some(Value::from("m"))
        );
        assert_eq!(files.answer("c", Question::Get, &Partial::unknown(), &Spent::default()), None);
    }

    #[test]
    fn files_become_data_by_their_names() {
        let mut files = ChartFiles::new();
        for (path, text) in [
            ("c/conf/a.yml", "a"),
            ("c/conf2/a.yml", "b"),
            ("c/conf/deep/b.yml", "b: 2"),
            ("c/same/x", "x"),
            ("c/same/y/x", "x"),
        ] {
            files.add("c", path, text);
        }
        files.add("c", "c/conf/long", &"x".repeat(MAX_FILE + 1));
        let made = |made: Made, glob: &str| {
            let found = made.of_files(&asked(&files, Question::Glob, glob)?)?;
            found.as_text().map(|text| format!("{text:?}").replace('\\', ""))
        };
        assert_eq!(made(Made::Config, "conf/deep/*").as_deref(), Some("\"\"b.yml\": \"b: 2\"\""));
        assert_eq!(made(Made::Config, "same/**").as_deref(), Some("\"\"x\": \"x\"\""));
        // Of two with one name it is one of them; of one that is too long nothing is known.
        assert_eq!(made(Made::Config, "conf*/a.yml").as_deref(), Some("\"\"a.yml\": \"[\"a\", \"b\"]\"\""));
        assert_eq!(made(Made::Config, "conf/long").as_deref(), Some("\"\"long\": \"?\"\""));
        assert_eq!(made(Made::Secrets, "conf/deep/*").as_deref(), Some("\"\"b.yml\": \"?\"\""));
    }

    #[test]
    fn what_runs_out_is_told() {
        let mut files = ChartFiles::new();
        files.add("c", "c/long.txt", &"x".repeat(MAX_FILE + 1));
        let text = "x".repeat(MAX_FILE);
        for at in 0..=MAX_KEPT / MAX_FILE {
            files.add("c", &format!("c/{at}.txt"), &text);
        }
        for (question, name, many, told) in [
            (Question::Get, "long.txt", 1, "`c/long.txt` is longer than 64 KiB"),
            (Question::Get, "128.txt", 1, "`c/128.txt` is not kept: the files of charts are more than 8 MiB"),
            (Question::Get, "0.txt", 20, "it takes in more than 1 MiB of `.Files`"),
            (Question::Glob, "*.txt", 1, "`.Files.Glob` of `*.txt` gives more than 64 files"),
        ] {
            let spent = Spent::default();
            for _ in 0..many {
                files.answer("c", question, &Partial::from(name), &spent);
            }
            assert!(spent.lacks().contains(told), "{told}: {:?}", spent.lacks());
            assert!(spent.is_short() && !spent.is_cut(), "{told}");
        }
    }
}
