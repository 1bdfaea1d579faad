//! Docker compose.

use super::exported::Exported;
use super::extended::{Base, Replaced, bases, said};
use super::given::Hiding;
use super::item::{Item, Texts, scalar};
use super::shell::{Shell, env_file, filling_variables, has_host, is_here, variables};
use super::{
    Deploy, Given, Mounted, Said, Spot, Step, Word, build, command, listens, mounts, routed, starts, volumes, whose,
};
use crate::host::Hosts;
use crate::partial::Partial;
use crate::path::{join, join_within};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

impl Deploy {
    /// Takes in what compose files give to their containers. A container is the service it is called like, or the one from whose directory it
    /// is built; that one then answers under the container's name too. `filling` are texts of variables that fill what the file beside a
    /// compose file does not say.
    pub(super) fn compose(
        &mut self,
        items: &[Item],
        (texts, filling): (&Texts, &[&str]),
        hosts: &mut Hosts,
        owner: &impl Fn(&str) -> Option<String>,
    ) {
        let files = items.iter().filter(|item| item.chart.is_none() && build::is_compose(item.path, &item.value));
        let files: Vec<&Item> = files.collect();
        let (mut found, mut nobodys) = (Vec::new(), Vec::new());
        for item in files.iter().copied() {
            let directory = item.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            for (name, container) in item.value.get("services").and_then(Value::as_map).into_iter().flatten() {
                let Some(name) = name.known() else { continue };
                let build = container.get("build");
                let context = build.and_then(|build| build.as_str().or_else(|| build.get("context")?.as_str()));
                let image = build.and_then(|build| build.get("dockerfile")?.as_str()).unwrap_or("Dockerfile");
                let built = || owner(&join(directory, &format!("{}/{image}", context?)));
                if let Some(service) = hosts.named(name).map(str::to_owned).or_else(built) {
                    let bases = bases(item, container, &files);
                    for Base { item, directory, container, replaced } in &bases {
                        found.push((*item, *directory, name, (*container, replaced.clone(), None), service.clone()));
                    }
                    found.push((item, directory, name, (container, Replaced::default(), Some(bases)), service));
                } else {
                    nobodys.push((directory, container));
                }
            }
        }
        let containers = found.iter().map(|(item, directory, _, (value, ..), service)| routed::Container {
            item,
            directory,
            value,
            service,
        });
        self.routes = routed::routes(&containers.collect::<Vec<_>>());
        let filling = filling_variables(filling);
        let mut outer: BTreeMap<&str, BTreeMap<String, Partial>> = BTreeMap::new();
        if !found.is_empty() {
            let exported = Exported::new(texts);
            let directories = found.iter().map(|(_, directory, ..)| *directory);
            for directory in directories.chain(nobodys.iter().map(|(directory, _)| *directory)) {
                outer.entry(directory).or_insert_with(|| exported.of(directory)).extend(filling.clone());
            }
        }
        let far_of = |directory: &str| outer.get(directory).unwrap_or(&filling);
        for (directory, container) in nobodys {
            let (path, text) = env_file(&join(directory, ".env"), texts);
            let shell = Shell::new((&path, text), far_of(directory));
            self.projects.entry(directory.to_owned()).or_default().add(None, container, |text| shell.fill(text));
        }
        let mut mounted: BTreeMap<String, BTreeSet<mounts::Mount>> = BTreeMap::new();
        let mut having = Vec::new();
        for (item, directory, name, (container, replaced, bases_of), service) in found {
            hosts.add(name, &service);
            let is_said = |key: &&str| !replaced.has(key);
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
            let far = far_of(directory);
            let mut shell = Shell::new((&shell_path, text), far);
            given.places.extend(mounts::places(container, directory, texts, |text| shell.fill(text)));
            all.extend(mounts::mounts(&item.value, container, directory, |text| shell.fill(text)));
            all.extend(mounts::copied(container, directory, texts));
            given.contents(item, container, |text| shell.fill(text));
            let project = self.projects.entry(directory.to_owned()).or_default();
            project.add(Some(&service), container, |text| shell.fill(text));
            listens::publishes(self.listening.entry(service.clone()).or_default(), container, |text| shell.fill(text));
            let image = Some("image").filter(is_said).and_then(|key| container.get(key)?.as_str());
            let image = image.map(|image| shell.fill(image));
            if let Some(path) = image.and_then(|image| whose::without_tag(&image.written())) {
                let words = ["entrypoint", "command"].into_iter().flat_map(|key| command::placed(container.get(key)));
                let words: Vec<&Partial> = words.map(|(word, _)| word).collect();
                let is_replaced = !words.is_empty();
                let image = build::Image::new(&path, words.into_iter(), is_replaced);
                self.images.entry(service.clone()).or_default().extend(image);
            }
            // What it has of others it starts once.
            if let Some(bases) = bases_of {
                let said = |key: &str| {
                    let words = command::placed(said(container, &bases, key)).into_iter();
                    starts::Starts::words(words.map(|(word, _)| shell.fill(word.letters())).collect())
                };
                let own = || build::dockerfile(container, directory);
                let of_base = || bases.iter().rev().find_map(|base| build::dockerfile(base.container, base.directory));
                self.starts.entry(service.clone()).or_default().push(starts::Starts {
                    entry: said("entrypoint"),
                    arguments: said("command"),
                    dockerfile: own().or_else(of_base),
                });
            }
            // Of what a variable is given the last one counts: a later file's, and what stands in the compose file itself.
            let mut own: BTreeMap<String, (Partial, Spot)> = BTreeMap::new();
            let files = container.get("env_file");
            for file in files.map(|files| files.as_list().unwrap_or(std::slice::from_ref(files))).unwrap_or_default() {
                let Some(name) = file.as_text().or_else(|| file.get("path")?.as_text()) else { continue };
                let is_needed = file.get("required").and_then(Value::as_bool) != Some(false);
                let name = shell.fill(name.letters());
                let (path, text) = name.known().map(text_of).unwrap_or_default();
                if path.is_empty() {
                    if is_needed {
                        self.absent.entry(item.path.to_owned()).or_default().insert(service.clone());
                    }
                    continue;
                }
                if name.known().is_some_and(fills_all) {
                    given.variables_of_all.insert(path.clone());
                }
                own.extend(variables(text, &shell.said()).into_iter().map(|(key, value)| {
                    let spot = Spot::line(&path, &key);
                    (key, (value, spot))
                }));
            }
            // Compose itself does not ask these files when it reads the compose file, but people name the same file on the command line, so
            // that it does: `--env-file .env.prod`.
            let said = shell.said();
            for (key, (value, spot)) in &own {
                shell.add(&spot.path, key, value);
            }
            let environment = here.key("environment");
            let mut set = |key: &str, value: Option<Partial>, spot: Spot| {
                if replaced.sets(key) {
                    return;
                }
                let value = match value {
                    Some(value) => {
                        let filled = shell.fill(value.letters());
                        if value.letters().contains('$') && is_here(&filled) {
                            let default = shell.default_of(value.letters());
                            if has_host(&default) && !is_here(&default) {
                                given.overridden.insert(key.to_owned(), (default, spot.clone()));
                            }
                        }
                        Some((filled, spot))
                    }
                    // A name alone has the value that it has outside.
                    None => {
                        let beside = || said.get(key).map(|value| (value.clone(), Spot::line(&shell_path, key)));
                        beside().or_else(|| Some((far.get(key)?.clone(), environment.clone())))
                    }
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
                if !replaced.sets(&key) {
                    given.set(&key, value, spot);
                }
            }
            for (name, value) in arguments(container) {
                let value = shell.fill(value.letters());
                if value.known().is_some() {
                    given.arguments.insert(name, vec![value]);
                }
            }
            for key in ["links", "depends_on", "external_links"] {
                let list = here.key(key);
                let names: Vec<(&str, Spot)> = match container.get(key) {
                    Some(Value::List(names)) => {
                        let all = names.iter().enumerate();
                        all.filter_map(|(at, name)| Some((name.as_str()?, list.element(name, at)))).collect()
                    }
                    // What is over before the service starts is never called by it.
                    Some(Value::Map(pairs)) => {
                        let running = pairs.iter().filter(|(_, how)| {
                            how.get("condition").and_then(Value::as_str) != Some("service_completed_successfully")
                        });
                        running.filter_map(|(name, _)| name.known()).map(|name| (name, list.name(name))).collect()
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
                let first = keys.first().filter(|key| is_said(key));
                let value = first.and_then(|_| keys.iter().try_fold(container, |value, key| value.get(key)));
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
            let words = [line(&["entrypoint"]), line(&["command"])].concat();
            having.push(volumes::Container {
                project: directory.to_owned(),
                service: service.clone(),
                volumes: volumes::volumes(container, |text| shell.fill(text)),
                words: words.clone(),
            });
            for words in [words, line(&["healthcheck", "test"])] {
                given.runs(words);
            }
        }
        volumes::give(&having, &mut self.given);
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

/// Whether compose fills its files from a file of this name, by itself or because people name it on the command line: `.env`, `.env.prod`.
fn fills_all(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".env" || name.starts_with(".env.")
}

/// The words of a line, each with its place.
fn pieces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let place = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    line.split_whitespace().map(move |word| (place(word), word))
}

/// The arguments by which the image of a container is built: `args: {LEDGER: http://ledger}`, `args: [LEDGER=http://ledger]`.
pub(super) fn arguments(container: &Value) -> Vec<(String, Partial)> {
    match container.get("build").and_then(|build| build.get("args")) {
        Some(Value::Map(pairs)) => {
            pairs.iter().filter_map(|(name, value)| Some((name.known()?.to_owned(), scalar(value)?))).collect()
        }
        Some(Value::List(list)) => {
            let pairs = list.iter().filter_map(|pair| pair.as_str()?.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), Partial::from(value))).collect()
        }
        _ => Vec::new(),
    }
}

/// What a container is called besides: <https://docs.docker.com/reference/compose-file/services/#hostname>.
pub(super) fn other_names(container: &Value) -> impl Iterator<Item = &str> {
    let own = ["container_name", "hostname"].into_iter().filter_map(|key| container.get(key)?.as_str());
    let networks = container.get("networks").and_then(Value::as_map).into_iter().flatten();
    let aliases = networks.filter_map(|(_, network)| network.get("aliases")?.as_list()).flatten();
    own.chain(aliases.filter_map(Value::as_str))
}
