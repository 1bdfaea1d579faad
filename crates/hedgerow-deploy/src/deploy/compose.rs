//! Docker compose.

use super::given::Hiding;
use super::item::{Item, Texts, scalar};
use super::{Deploy, Given, MAX_LENGTH, Mounted, Said, Spot, Step, Word, build, command, mounts, routed, whose};
use crate::host::Hosts;
use crate::partial::{Gap, Partial};
use crate::path::{join, join_within};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How deep defaults lie in defaults; what is deeper is not known.
const MAX_DEPTH: usize = 16;

impl Deploy {
    /// Takes in what compose files give to their containers. A container is the service it is called like, or the one from whose directory it
    /// is built; that one then answers under the container's name too. `filling` are texts of variables that fill what the files beside and
    /// above a compose file do not say.
    pub(super) fn compose(
        &mut self,
        items: &[Item],
        (texts, filling): (&Texts, &[&str]),
        hosts: &mut Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) {
        let files = items.iter().filter(|item| item.chart.is_none() && item.value.get("kind").is_none());
        let mut found = Vec::new();
        for item in files {
            let directory = item.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            for (name, container) in item.value.get("services").and_then(Value::as_map).into_iter().flatten() {
                let Some(name) = name.known() else { continue };
                let build = container.get("build");
                let context = build.and_then(|build| build.as_str().or_else(|| build.get("context")?.as_str()));
                let image = build.and_then(|build| build.get("dockerfile")?.as_str()).unwrap_or("Dockerfile");
                let built = || owner(&join(directory, &format!("{}/{image}", context?)));
                if let Some(service) = hosts.named(name).map(str::to_owned).or_else(built) {
                    found.push((item, directory, name, container, service));
                }
            }
        }
        let containers = found.iter().map(|(item, directory, _, value, service)| routed::Container {
            item,
            directory,
            value,
            service,
        });
        self.routes = routed::routes(&containers.collect::<Vec<_>>());
        let mut mounted: BTreeMap<String, BTreeSet<mounts::Mount>> = BTreeMap::new();
        for (item, directory, name, container, service) in found {
            hosts.add(name, &service);
            for name in other_names(container) {
                hosts.add(name, &service);
            }
            let all = mounted.entry(service.clone()).or_default();
            let given = self.given.entry(service.clone()).or_default();
            item.path.clone_into(&mut given.path);
            let here = item.spot(container);
            given.parts.push(here.clone());
            let text_of = |file: &str| env_file(&join_within(directory, file).unwrap_or_default(), texts);
            let (shell_path, text) = text_of(".env");
            let mut shell = Shell::new(text, outer_env_files(directory, texts).chain(filling.iter().copied()));
            all.extend(mounts::mounts(&item.value, container, directory, |text| shell.fill(text)));
            all.extend(mounts::copied(container, directory, texts));
            given.contents(item, container, |text| shell.fill(text));
            let project = self.projects.entry(directory.to_owned()).or_default();
            project.add(&service, container, |text| shell.fill(text));
            let image = container.get("image").and_then(Value::as_str).map(|image| shell.fill(image));
            if let Some(path) = image.and_then(|image| whose::without_tag(&image.written())) {
                let words = ["entrypoint", "command"].into_iter().flat_map(|key| command::placed(container.get(key)));
                let image = build::Image::new(&path, words.map(|(word, _)| word));
                self.images.entry(service.clone()).or_default().insert(image);
            }
            // Of what a variable is given the last one counts: a later file's, and what stands in the compose file itself.
            let mut own: BTreeMap<String, (Partial, Spot)> = BTreeMap::new();
            let files = container.get("env_file");
            for file in files.map(|files| files.as_list().unwrap_or(std::slice::from_ref(files))).unwrap_or_default() {
                let Some(name) = file.as_text().or_else(|| file.get("path")?.as_text()) else { continue };
                let is_needed = file.get("required").and_then(Value::as_bool) != Some(false);
                let (path, text) = shell.fill(name.letters()).known().map(text_of).unwrap_or_default();
                if path.is_empty() {
                    if is_needed {
                        self.absent.entry(item.path.to_owned()).or_default().insert(service.clone());
                    }
                    continue;
                }
                own.extend(variables(text, &shell.far).into_iter().map(|(key, value)| {
                    let spot = Spot::line(&path, &key);
                    (key, (value, spot))
                }));
            }
            // Compose itself does not ask these files when it reads the compose file, but people name the same file on the command line, so
            // that it does: `--env-file .env.prod`.
            let said = shell.far.clone();
            for (key, (value, _)) in &own {
                shell.add(key, value);
            }
            let environment = here.key("environment");
            let mut set = |key: &str, value: Option<Partial>, spot: Spot| {
                let value = match value {
                    Some(value) => Some((shell.fill(value.letters()), spot)),
                    // A name alone has the value that it has outside.
                    None => said.get(key).map(|value| {
                        let is_beside = !shell_path.is_empty();
                        (value.clone(), if is_beside { Spot::line(&shell_path, key) } else { environment.clone() })
                    }),
                };
                let is_said = |value: &Partial| value.known().is_some() || has_host(value);
                if !value.as_ref().is_some_and(|(value, _)| is_said(value)) {
                    let spot = value.as_ref().map_or_else(|| environment.clone(), |(_, spot)| spot.clone());
                    given.hidden.insert(key.to_owned(), (Hiding::Outside, spot));
                }
                own.extend(value.map(|value| (key.to_owned(), value)));
            };
            match container.get("environment") {
                Some(Value::Map(pairs)) => {
                    for (key, value) in pairs.iter().filter_map(|(key, value)| Some((key.known()?, value))) {
                        set(key, scalar(value), environment.name(key));
                    }
                }
                Some(Value::List(list)) => {
                    for (at, pair) in list.iter().enumerate() {
                        let Some(text) = pair.as_str() else { continue };
                        let (key, value) = text.split_once('=').map_or((text, None), |(key, value)| (key, Some(value)));
                        set(key, value.map(Partial::from), environment.element(pair, at));
                    }
                }
                _ => {}
            }
            for (key, (value, spot)) in own {
                given.set(&key, value, spot);
            }
            for key in ["links", "depends_on", "external_links"] {
                let list = here.key(key);
                let names: Vec<(&str, Spot)> = match container.get(key) {
                    Some(Value::List(names)) => {
                        let all = names.iter().enumerate();
                        all.filter_map(|(at, name)| Some((name.as_str()?, list.element(name, at)))).collect()
                    }
                    Some(Value::Map(pairs)) => {
                        pairs.keys().filter_map(Partial::known).map(|name| (name, list.name(name))).collect()
                    }
                    _ => Vec::new(),
                };
                for (name, spot) in names {
                    // `service:alias`
                    let name = name.split(':').next().unwrap_or(name);
                    given.after.insert(name.to_owned(), key.to_owned());
                    given.spots.insert(Said::After(name.to_owned()), spot);
                }
            }
            // `entrypoint` with `command` behind it, as one list, and the check of its health.
            let line = |keys: &[&str]| -> Vec<Word> {
                let value = keys.iter().try_fold(container, |value, key| value.get(key));
                let spot = keys.iter().fold(here.clone(), |spot, key| spot.key(key));
                let word = |text: &str, spot, before: &str| Word {
                    texts: vec![shell.fill(text)],
                    spot,
                    before: before.to_owned(),
                };
                match value.and_then(Value::as_str) {
                    Some(line) => pieces(line).map(|(at, text)| word(text, spot.clone(), &line[..at])).collect(),
                    None => command::placed(value)
                        .into_iter()
                        .filter_map(|(text, at)| {
                            Some(word(text.letters(), spot.clone().then(Step::Element(None, at?)), ""))
                        })
                        .collect(),
                }
            };
            for words in [[line(&["entrypoint"]), line(&["command"])].concat(), line(&["healthcheck", "test"])] {
                given.runs(words);
            }
        }
        mounts::give(&mounted, texts, owner, &mut self.given);
    }
}

impl Given {
    /// Takes in the `configs` of a compose service whose content stands in the compose file.
    fn contents(&mut self, item: &Item, container: &Value, fill: impl Fn(&str) -> Partial) {
        for config in container.get("configs").and_then(Value::as_list).into_iter().flatten() {
            let Some(name) = config.as_str().or_else(|| config.get("source")?.as_str()) else { continue };
            let Some(content) = item.value.pointer("/configs").and_then(|all| all.get(name)?.get("content")) else {
                continue;
            };
            let target = config.get("target").and_then(Value::as_str).unwrap_or(name);
            let name = target.rsplit('/').next().unwrap_or(target).to_owned();
            // Without a place it lies in the root of the container.
            let paths =
                BTreeSet::from([if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }]);
            if let Some(text) = content.as_str().map(&fill) {
                self.mounted.push(Mounted { spot: item.spot(content), name, paths, text: text.written().into_owned() });
            }
        }
    }
}

/// The words of a line, each with its place.
fn pieces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let place = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    line.split_whitespace().map(move |word| (place(word), word))
}

/// What people copy to `.env`, which holds secrets and so is in no repository; the likeliest first.
const TEMPLATES: &[&str] = &[
    ".env.example",
    ".env.template",
    ".env.sample",
    ".env.dist",
    ".env.default",
    ".env.defaults",
    ".env-example",
    ".env-template",
    ".env-sample",
    "env.example",
    "env.template",
    "env.sample",
    "example.env",
    "template.env",
    "sample.env",
    "default.env",
    "deploy.env",
    "docker.env",
    ".env.docker",
    ".env.compose",
    ".env-devel",
    ".env.devel",
    ".env-dev",
    ".env.dev",
    ".env.development",
];

/// What stands behind the name of a file of variables where it is one to be copied: `.env.prod.example`.
const TEMPLATE_ENDS: &[&str] =
    &[".example", ".template", ".sample", ".dist", ".default", ".defaults", "-example", "-template", "-sample"];

/// A file of variables and its text. Where the tree does not have it, that is the one that is to be copied to it.
fn env_file<'t>(path: &str, texts: &Texts<'t>) -> (String, &'t str) {
    let named = || {
        let (directory, name) = path.rsplit_once('/').map_or(("", path), |(above, name)| (&path[..=above.len()], name));
        let names = [name, name.trim_start_matches('.')].into_iter().filter(|name| !name.is_empty());
        let ends = names.flat_map(|name| TEMPLATE_ENDS.iter().map(move |end| format!("{directory}{name}{end}")));
        ends.into_iter().find(|path| texts.contains_key(path.as_str()))
    };
    let template = || {
        let directory = path.strip_suffix(".env").filter(|above| above.is_empty() || above.ends_with('/'))?;
        TEMPLATES.iter().map(|name| format!("{directory}{name}")).find(|path| texts.contains_key(path.as_str()))
    };
    // Or the only file of variables there, which people name on the command line: `--env-file env.all`.
    let only = || {
        let directory = path.strip_suffix(".env").filter(|above| above.is_empty() || above.ends_with('/'))?;
        let beside = texts.range(directory..).take_while(|(path, _)| path.starts_with(directory));
        let is_env = |path: &&str| {
            let name = &path[directory.len()..];
            !name.contains('/') && (name.starts_with("env.") || name.starts_with(".env.") || name.ends_with(".env"))
        };
        let mut files = beside.map(|(path, _)| *path).filter(is_env);
        files.next().filter(|_| files.next().is_none()).map(str::to_owned)
    };
    let path = if texts.contains_key(path) {
        path.to_owned()
    } else {
        template().or_else(named).or_else(only).unwrap_or_default()
    };
    let text = texts.get(path.as_str()).copied().unwrap_or_default();
    (path, text)
}

/// The files of variables in the directories above a compose file, which people name on the command line or begin compose beside; the nearest
/// first.
fn outer_env_files<'t>(directory: &str, texts: &Texts<'t>) -> impl Iterator<Item = &'t str> {
    let above = std::iter::successors(Some(directory), |below| match below.rsplit_once('/') {
        Some((above, _)) => Some(above),
        None => Some("").filter(|_| !below.is_empty()),
    });
    let names = || std::iter::once(".env").chain(TEMPLATES.iter().copied());
    let in_it = |above: &str| names().find_map(|name| texts.get(join(above, name).as_str()).copied());
    above.skip(1).filter_map(in_it).collect::<Vec<_>>().into_iter()
}

/// Whether something of a value's host is known: in `https://x.${REGION}.example.com`, and not in `http://${HOST}:80`.
fn has_host(value: &Partial) -> bool {
    let written = value.written();
    let authority = written.split_once("://").map_or(&*written, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Partial::read(host.split(':').next().unwrap_or_default()).letters().contains(char::is_alphanumeric)
}

/// The variables that a compose file is filled from.
struct Shell {
    /// What the file beside it says.
    near: BTreeMap<String, Partial>,
    /// That, and what files say that compose is told of, or finds where it is called. It counts where neither the file beside nor a default
    /// says anything.
    far: BTreeMap<String, Partial>,
}

impl Shell {
    fn new<'t>(beside: &str, others: impl Iterator<Item = &'t str>) -> Self {
        let near = variables(beside, &BTreeMap::new());
        let mut far = near.clone();
        for text in others {
            for (key, value) in variables(text, &far) {
                far.entry(key).or_insert(value);
            }
        }
        Self { near, far }
    }

    fn add(&mut self, key: &str, value: &Partial) {
        self.near.entry(key.to_owned()).or_insert_with(|| value.clone());
        self.far.entry(key.to_owned()).or_insert_with(|| value.clone());
    }

    /// A value with what its variables stand for.
    fn fill(&self, value: &str) -> Partial {
        let near = interpolated(value, &self.near);
        if near.known().is_some() || self.far.len() == self.near.len() { near } else { interpolated(value, &self.far) }
    }
}

/// What a container is called besides, and the addresses that it is given for good:
/// <https://docs.docker.com/reference/compose-file/services/#hostname> and `networks` there.
fn other_names(container: &Value) -> impl Iterator<Item = &str> {
    let own = ["container_name", "hostname"].into_iter().filter_map(|key| container.get(key)?.as_str());
    let networks = container.get("networks").and_then(Value::as_map).into_iter().flatten();
    let networks: Vec<&Value> = networks.map(|(_, network)| network).collect();
    let addresses: Vec<&str> = networks.iter().filter_map(|network| network.get("ipv4_address")?.as_str()).collect();
    let aliases = networks.into_iter().filter_map(|network| network.get("aliases")?.as_list()).flatten();
    own.chain(aliases.filter_map(Value::as_str)).chain(addresses)
}

/// The variables of an `.env` file. Their values are made of those in `shell` and of the ones above them.
fn variables(text: &str, shell: &BTreeMap<String, Partial>) -> BTreeMap<String, Partial> {
    let mut known = shell.clone();
    let mut found = BTreeMap::new();
    for line in text.lines().map(|line| line.trim().trim_start_matches("export ")).filter(|line| !line.starts_with('#'))
    {
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = match quoted('\'') {
            Some(literal) => Partial::from(literal),
            None => interpolated(quoted('"').unwrap_or(value), &known),
        };
        found.insert(name.to_owned(), value.clone());
        if !shell.contains_key(name) {
            known.insert(name.to_owned(), value);
        }
    }
    found
}

/// A value with what `${NAME}`, `${NAME:-default}` and `$NAME` stand for; what nothing says is a hole.
fn interpolated(value: &str, shell: &BTreeMap<String, Partial>) -> Partial {
    if !value.contains('$') {
        return Partial::from(value);
    }
    let text = within(value, shell, 0);
    if text.size() > MAX_LENGTH { Partial::unknown() } else { text }
}

fn within(value: &str, shell: &BTreeMap<String, Partial>, depth: usize) -> Partial {
    let mut text = Partial::default();
    let mut rest = value;
    while let Some((head, tail)) = rest.split_once('$') {
        text.push_str(head);
        if text.size() > MAX_LENGTH || depth > MAX_DEPTH {
            text.push(Gap::Unknown);
            return text;
        }
        if let Some(tail) = tail.strip_prefix('$') {
            text.push_str("$");
            rest = tail;
            continue;
        }
        let (inner, after) = match tail.strip_prefix('{') {
            Some(tail) => match braced(tail) {
                Some(cut) => cut,
                None => {
                    text.push(Gap::Unknown);
                    return text;
                }
            },
            None => tail.split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        rest = after;
        let (name, operator) = inner.split_at(inner.find([':', '-', '?', '+']).unwrap_or(inner.len()));
        let set = shell.get(name);
        let (set, operator) = match operator.strip_prefix(':') {
            Some(operator) => (set.filter(|value| !value.is_empty()), operator),
            None => (set, operator),
        };
        match (set, operator.strip_prefix('-'), operator.strip_prefix('+')) {
            (Some(_), _, Some(other)) | (None, Some(other), _) => text.append(&within(other, shell, depth + 1)),
            (Some(value), ..) => text.append(value),
            (None, ..) => text.push(Gap::Unknown),
        }
    }
    text.push_str(rest);
    text
}

/// What lies before the brace that closes, and what lies behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut open = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with('$') => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}
