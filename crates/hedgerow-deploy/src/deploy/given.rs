//! What one service is given, and how the rest of the crate adds to it.

use super::command::{Command, Mounted, Word};
use super::settings::{documents, properties, walk};
use super::{MAX_LENGTH, Said, Spot, Text, Written, hocon, placeholder};
use crate::partial::Partial;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How deep a file of settings is looked into for the variables that fill them.
const MAX_DEPTH: usize = 24;

/// How the variables end in whose values a virtual machine of Java finds options.
const OPTIONS: &[&str] =
    &["JAVA_OPTS", "JAVA_OPTIONS", "JAVA_ARGS", "JAVA_TOOL_OPTIONS", "JVM_OPTS", "JVM_ARGS", "CATALINA_OPTS"];

/// A system property among the arguments of a program of the JVM, `-Dledger.url=http://ledger`, also where the script that starts it hands it
/// on: `-J-Dledger.url=…`. The name has a dot: other programs have flags that begin with a letter like that.
fn property(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.strip_prefix("-J").unwrap_or(word).strip_prefix("-D")?.split_once('=')?;
    let is_name = name.contains('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]".contains(c));
    is_name.then_some((name, value))
}

/// A setting that is handed on in a flag: `--endpoint=ledger=http://ledger`, `--override db.url=ledger:5432`. What is no address may be anything: `--selector app=ledger`.
fn setting_in(value: &Partial) -> Option<(String, Partial)> {
    let (key, address) = value.split_once("=")?;
    let key = key.known()?;
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]".contains(c));
    let letters = address.letters();
    let port = letters.rsplit_once(':').map(|(_, port)| port.split(['/', ',']).next().unwrap_or_default());
    let has_port =
        port.is_some_and(|port| !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()));
    let is_plain = !letters.contains(|c: char| c.is_whitespace() || "'\"".contains(c));
    (is_name && is_plain && (has_port || letters.contains("://"))).then(|| (key.to_owned(), address))
}

/// Who keeps a value that no file says.
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hiding {
    /// A Secret, or a ConfigMap that is not in the tree.
    Object,
    /// Whoever calls compose.
    Outside,
    /// Whoever fills it in: `<your-host>` stands there.
    Example,
}

/// What one service is given.
#[derive(Debug, Clone, Hash, Default)]
pub struct Given {
    /// The file that gives most of it: the last one read.
    pub path: String,
    /// Environment variables.
    pub environment: BTreeMap<String, Vec<Partial>>,
    /// Whether it has a client for what a variable leads to, where that is known.
    pub clients: BTreeMap<String, bool>,
    /// Environment variables whose values no file says: a Secret's, a map's that is not in the tree, those that compose takes from outside.
    pub hidden: BTreeMap<String, (Hiding, Spot)>,
    /// Environment variables that a file beside the compose file sets to the machine itself, each with the default of the compose file that
    /// this hides.
    pub overridden: BTreeMap<String, (Partial, Spot)>,
    /// The files of variables that it is given and that fill the compose file as well: compose's own `.env`, which has those of all.
    pub variables_of_all: BTreeSet<String>,
    /// What the deploy says of the arguments by which its image is built.
    pub arguments: BTreeMap<String, Vec<Partial>>,
    /// Flags, without the dashes.
    pub flags: BTreeMap<String, Vec<Partial>>,
    /// What other containers write into its settings.
    pub written: BTreeSet<Written>,
    /// What its containers write into the settings of others: values, and the words that they stand in.
    pub handed_on: BTreeSet<String>,
    /// What its containers run.
    pub commands: Vec<Command>,
    /// The files of ConfigMaps that are mounted into its pods.
    pub mounted: Vec<Mounted>,
    /// The files of the tree that compose mounts into its containers or that its image copies in, by their paths; and whether a command
    /// or a variable names them.
    pub files: BTreeMap<String, bool>,
    /// The settings files besides that its containers find and that are no more its own than others': by where they lie there, their
    /// paths in the tree. Code that names the place reads them.
    pub beside: BTreeMap<String, String>,
    /// What of the tree its containers have, by compose or by their image: a directory or a file, and where it lies there.
    pub places: BTreeSet<(String, String)>,
    /// Where its image says that Python looks for modules.
    pub module_paths: Vec<String>,
    /// The objects and the services of compose files that give it something.
    pub parts: Vec<Spot>,
    /// Where the deploy says what it gives.
    pub spots: BTreeMap<Said, Spot>,
    /// Its configuration files. Their texts are as they are [`written`](Partial::written) for a parser.
    pub settings: Vec<Value>,
    /// The file of each of them.
    pub setting_paths: Vec<String>,
    /// The components of Dapr that it may use, by their names; and whether it is known that it runs beside Dapr.
    pub components: BTreeMap<String, bool>,
    /// The names that a compose file links it to or starts it after, each with the key that says so.
    pub after: BTreeMap<String, String>,
    /// Whether it is given something else that could not be read: any variable and any flag may have another value.
    pub is_open: bool,
    /// Whether it is given all of it by workloads that are its own only by what their release is called, which nothing says.
    pub is_guessed: bool,
    /// Whether the values of charts name variables of it, as those for charts from elsewhere do.
    pub(super) in_values: bool,
}

impl Given {
    /// Where Python looks for modules, in the container; what is not known is left out.
    pub fn module_paths(&self) -> BTreeSet<String> {
        let said = self.environment.get(super::MODULE_PATH).into_iter().flatten();
        let said = said.flat_map(|value| value.shown('…').split([':', ';']).map(str::to_owned).collect::<Vec<_>>());
        let all = said.chain(self.module_paths.iter().cloned());
        all.filter(|path| !path.is_empty() && !path.contains(['…', '$'])).collect()
    }

    /// Adds a configuration file of the tree, which is known in full: no letter of it stands for a gap.
    pub(super) fn add_plain_settings(&mut self, text: Text) {
        let escaped = crate::standin::escaped(text.text);
        self.add_settings(Text { path: text.path, text: &escaped }, text.path);
    }

    /// Adds a configuration file by the format that its name says; `path` is the file of the tree that holds it. Its text is as it is
    /// [`written`](Partial::written).
    pub(super) fn add_settings(&mut self, text: Text, path: &str) {
        if text.path.ends_with(".properties") {
            self.settings.push(properties(text.text));
        } else if text.path.ends_with(".conf") {
            self.settings.push(hocon::hocon(text.text));
        } else {
            self.settings.extend(documents(text.text.trim_start_matches('\u{feff}')));
        }
        self.setting_paths.resize(self.settings.len(), path.to_owned());
    }

    /// Adds the settings that variables fill; `{"db": {"host": "DB_HOST"}}` names them. Those that it is not given fill nothing.
    ///
    /// See <https://github.com/node-config/node-config/wiki/Environment-Variables#custom-environment-variables>.
    pub(super) fn add_settings_of_variables(&mut self, text: Text) {
        let roots: Vec<Value> = documents(text.text).iter().filter_map(|root| self.filled(root, 0)).collect();
        self.settings.extend(roots);
        self.setting_paths.resize(self.settings.len(), text.path.to_owned());
    }

    fn filled(&self, value: &Value, depth: usize) -> Option<Value> {
        match value {
            Value::String(variable) => {
                let values = self.environment.get(variable.as_str())?.iter();
                Some(Value::Array(values.map(|value| Value::String(value.written().into_owned())).collect()))
            }
            // `{"__name": "PORTS", "__format": "json"}`
            Value::Object(pairs) if pairs.contains_key("__name") => self.filled(pairs.get("__name")?, depth + 1),
            Value::Object(pairs) if depth < MAX_DEPTH => {
                let filled =
                    pairs.iter().filter_map(|(key, value)| Some((key.clone(), self.filled(value, depth + 1)?)));
                Some(Value::Object(filled.collect()))
            }
            _ => None,
        }
    }

    /// Adds a value of an environment variable, and where it is said.
    pub(super) fn set(&mut self, name: &str, value: Partial, spot: Spot) {
        if placeholder::is_one(name, &value) {
            self.hidden.entry(name.to_owned()).or_insert((Hiding::Example, spot));
            return;
        }
        let values = self.environment.entry(name.to_owned()).or_default();
        if !values.contains(&value) {
            self.spots.insert(Said::Variable(name.to_owned(), value.clone()), spot.clone());
            values.push(value.clone());
            if OPTIONS.iter().any(|end| name.ends_with(end)) {
                self.properties(&value, &spot);
            }
        }
    }

    /// Takes in the system properties among the options of a virtual machine: `-Dledger.url=http://ledger`.
    fn properties(&mut self, options: &Partial, spot: &Spot) {
        for word in options.written().split_whitespace() {
            let word = word.trim_matches(['"', '\'']);
            if let Some((name, value)) = property(word) {
                self.flag(&Partial::read(name).shown('…'), Partial::read(value.trim_matches(['"', '\''])), spot);
            }
        }
    }

    /// Takes in what a container runs.
    pub(super) fn runs(&mut self, words: Vec<Word>) {
        self.arguments(&words);
        self.commands.push(Command { words });
    }

    /// `--name=value`, `-name value`: the texts that each word can be. A word without dashes behind a flag is taken for
    /// its value.
    fn arguments(&mut self, words: &[Word]) {
        let mut last: Option<String> = None;
        for word in words {
            let mut next = None;
            for text in &word.texts {
                let written = text.written();
                if let Some((name, value)) = property(&written) {
                    self.flag(&Partial::read(name).shown('…'), Partial::read(value), &word.spot);
                    continue;
                }
                // A line of a shell.
                if written.contains(" -D") {
                    self.properties(text, &word.spot);
                }
                match written.strip_prefix("--").or_else(|| written.strip_prefix('-')).map(Partial::read) {
                    Some(flag) => match flag.split_once("=") {
                        Some((name, value)) => self.flag(&name.shown('…'), value, &word.spot),
                        None => next = Some(flag.shown('…')),
                    },
                    None => {
                        if let Some(name) = &last {
                            self.flag(name, text.clone(), &word.spot);
                        }
                    }
                }
            }
            last = next;
        }
    }

    fn flag(&mut self, name: &str, value: Partial, spot: &Spot) {
        if let Some((key, address)) = setting_in(&value).filter(|_| value.size() <= MAX_LENGTH) {
            self.one_flag(&key, address, spot);
        }
        self.one_flag(name, value, spot);
    }

    fn one_flag(&mut self, name: &str, value: Partial, spot: &Spot) {
        self.flags.entry(name.to_owned()).or_default().push(value.clone());
        self.spots.entry(Said::Flag(name.to_owned(), value)).or_insert_with(|| spot.clone());
    }

    /// The values at a path of the configuration. Names are compared without regard to case, `-` and `_`, as the
    /// libraries that read them do; `*` is any element.
    pub fn setting(&self, path: &[String]) -> Vec<Partial> {
        let mut found = Vec::new();
        for root in &self.settings {
            walk(root, path, &mut found);
        }
        found.sort();
        found.dedup();
        found.iter().map(|text| Partial::read(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Deploy;

    #[test]
    fn system_properties_are_told_from_other_flags() {
        for (word, expected) in [
            ("-Dledger.url=http://s-ledger", Some(("ledger.url", "http://s-ledger"))),
            ("-J-Dledger.base-url=a=b", Some(("ledger.base-url", "a=b"))),
            ("-Dledger.urls[0]=x", Some(("ledger.urls[0]", "x"))),
            ("-DataDir=/x", None),
            ("-Dledger.url", None),
            ("--Dledger.url=x", None),
            ("-Done thing.url=x", None),
        ] {
            assert_eq!(property(word), expected, "{word}");
        }
    }

    #[test]
    fn a_flag_hands_on_one_setting() {
        let spot = Spot::default();
        let flags = |value: &str| {
            let mut given = Given::default();
            given.flag("endpoint", Partial::from(value.to_owned()), &spot);
            given.flags.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(flags("ledger.url=http://ledger"), ["endpoint", "ledger.url"]);
        assert_eq!(flags("a=b=http://ledger:80"), ["a", "endpoint"]);
        assert_eq!(flags("x"), ["endpoint"]);
        let many = format!("{}http://ledger:80", "a=".repeat(50_000));
        assert_eq!(flags(&many), ["endpoint"]);
    }

    #[test]
    fn letters_of_people_in_settings_are_letters() {
        for odd in ['\u{e000}', '\u{100000}', '\u{100001}', '\u{100006}', '\u{100100}', '\u{10ffff}'] {
            let expected = Partial::from(format!("x{odd}y"));
            let mut deploy = Deploy::default();
            for (path, text) in [
                ("a.yaml", format!("yaml: x{odd}y\n")),
                ("a.json", format!("{{\"json\": \"x{odd}y\"}}")),
                ("a.properties", format!("properties=x{odd}y\n")),
                ("a.conf", format!("hocon = \"x{odd}y\"\n")),
            ] {
                deploy.add_settings("s", Text { path, text: &text });
            }
            let rails = format!("production: {{url: x{odd}y}}\n");
            deploy.add_settings_under("s", "rails", Text { path: "rails.yml", text: &rails });
            let given = deploy.of("s").unwrap();
            for path in [&["yaml"][..], &["json"], &["properties"], &["hocon"], &["rails", "url"]] {
                let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
                assert!(given.setting(&path).contains(&expected), "{odd:?} {path:?} {:?}", given.setting(&path));
            }
        }
    }
}
