//! The files of a chart that its templates take in: `.Files.Get`, `.Files.Glob`, `.Files.Lines`, `.AsConfig`.
//! See <https://helm.sh/docs/chart_template_guide/accessing_files/>.

use crate::partial::Partial;
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a file may be that is kept, and how much is kept of all charts, in bytes.
const MAX_FILE: usize = 64 << 10;
const MAX_KEPT: usize = 8 << 20;

/// How many files one glob may give.
const MAX_GLOB: usize = 64;

/// The files of all charts that templates may take in, by their paths in the tree.
#[derive(Debug, Clone, Default)]
pub(super) struct ChartFiles {
    texts: BTreeMap<String, Arc<str>>,
    left: usize,
}

/// What templates do with the files of their chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Get,
    Glob,
    Lines,
}

impl Question {
    /// The question that a word of a template asks: `.Files.Get`, `$.Files.Glob`, `$root.Files.Lines`.
    pub(super) fn of(word: &str) -> Option<Self> {
        let (before, name) = word.rsplit_once('.')?;
        if !before.ends_with(".Files") {
            return None;
        }
        Some(match name {
            "Get" => Self::Get,
            "Glob" => Self::Glob,
            "Lines" => Self::Lines,
            _ => return None,
        })
    }
}

impl ChartFiles {
    pub(super) fn new() -> Self {
        Self { texts: BTreeMap::new(), left: MAX_KEPT }
    }

    /// Takes a file in, where there is room.
    pub(super) fn add(&mut self, path: &str, text: &str) {
        if text.len() <= MAX_FILE
            && let Some(left) = self.left.checked_sub(text.len())
        {
            self.left = left;
            self.texts.insert(path.to_owned(), Arc::from(text));
        }
    }

    /// What a question comes to in the chart of a directory; none if it is not known.
    pub(super) fn answer(&self, chart: &str, question: Question, argument: &Partial) -> Option<Value> {
        let name = argument.known()?;
        let prefix = if chart.is_empty() { String::new() } else { format!("{chart}/") };
        let get = |name: &str| self.texts.get(&format!("{prefix}{}", name.trim_start_matches("./")));
        match question {
            // Helm gives an empty text for a file that is not there. Of one that was too long, or is none of the tree's, nothing is known.
            Question::Get => get(name).map(|text| Value::from(&**text)),
            Question::Lines => get(name).map(|text| text.lines().map(Value::from).collect()),
            Question::Glob => {
                let glob = globset::GlobBuilder::new(name).literal_separator(true).build().ok()?.compile_matcher();
                let below = self.texts.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
                let named = below.map(|(path, text)| (&path[prefix.len()..], text));
                let found: Vec<_> = named.filter(|(path, _)| glob.is_match(path)).take(MAX_GLOB + 1).collect();
                if found.is_empty() || found.len() > MAX_GLOB {
                    return None;
                }
                Some(found.into_iter().map(|(path, text)| (Partial::from(path), Value::from(&**text))).collect())
            }
        }
    }
}

/// The data of a ConfigMap that hold files: `(.Files.Glob "config/*").AsConfig`. The keys are the files' names without directories.
pub(super) fn as_config(files: &Value) -> Option<Value> {
    let pairs = files.as_map()?.iter().map(|(path, text)| {
        let path = path.known()?;
        Some((Partial::from(path.rsplit('/').next().unwrap_or(path)), text.clone()))
    });
    pairs.collect::<Option<Vec<_>>>().map(|pairs| pairs.into_iter().collect())
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

    #[test]
    fn only_files_of_the_chart_are_given() {
        let mut files = ChartFiles::new();
        for (path, text) in
            [("c/conf/a.yml", "a: 1"), ("c/conf/deep/b.yml", "b: 2"), ("other/conf/a.yml", "x"), ("c/x.txt", "x\ny")]
        {
            files.add(path, text);
        }
        files.add("c/long.txt", &"x".repeat(MAX_FILE + 1));
        let asked = |question, name: &str| files.answer("c", question, &Partial::from(name));
        assert_eq!(asked(Question::Get, "conf/a.yml"), Some(Value::from("a: 1")));
        assert_eq!(asked(Question::Get, "./conf/a.yml"), Some(Value::from("a: 1")));
        assert_eq!(asked(Question::Get, "conf/none.yml"), None);
        assert_eq!(asked(Question::Get, "long.txt"), None);
        assert_eq!(asked(Question::Lines, "x.txt"), Some(["x", "y"].into_iter().map(Value::from).collect()));
        let keys = |name: &str| {
            let found = asked(Question::Glob, name)?;
            found.as_map().map(|map| map.keys().filter_map(|key| key.known().map(str::to_owned)).collect::<Vec<_>>())
        };
        assert_eq!(keys("conf/*"), Some(vec!["conf/a.yml".to_owned()]));
        assert_eq!(keys("conf/**"), Some(vec!["conf/a.yml".to_owned(), "conf/deep/b.yml".to_owned()]));
        assert_eq!(keys("none/*"), None);
        let config = as_config(&asked(Question::Glob, "conf/**").unwrap()).unwrap();
        assert_eq!(config.get("b.yml").and_then(Value::as_str), Some("b: 2"));
        assert_eq!(files.answer("", Question::Get, &Partial::from("c/x.txt")), Some(Value::from("x\ny")));
        assert_eq!(files.answer("c", Question::Get, &Partial::unknown()), None);
    }
}
