//! What one YAML file says of services.

use super::{Chart, Dependency, Front, Kustomization, Look, Port, Workload, deployers, last_part, ports};
use hedgerow_core::read::unread::is_foreign;
use hedgerow_core::source::Sources;
use hedgerow_yaml::Node;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What belongs to charts and is found before or after them.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Ports by directory, and there by the template or the first key of the values.
    ports: BTreeMap<String, BTreeMap<String, BTreeSet<Port>>>,
    /// Files that make pods, by directory.
    pods: BTreeMap<String, BTreeSet<String>>,
    /// Those of them whose pods are called after the release and something more, by directory.
    suffixed: BTreeMap<String, BTreeSet<String>>,
    /// Files that kustomizations lay over others.
    patches: BTreeSet<String>,
    /// Labels that name things, by directory.
    labels: BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>>,
}

/// Labels by which charts name what pods are.
pub(crate) const NAMING: [&str; 3] = ["app.kubernetes.io/name", "app.kubernetes.io/component", "app"];

impl Reading {
    pub(super) fn file(&mut self, directory: &str, name: &str, path: &str, text: &str, look: &mut Look) {
        let name = name.strip_suffix(".gotmpl").unwrap_or(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_helmfile = stem == "helmfile" || stem.starts_with("helmfile.") || last_part(directory) == "helmfile.d";
        match stem {
            _ if is_helmfile => deployers::helmfile(directory, path, text, look),
            "Chart" => chart(directory, text, look),
            "kustomization" => {
                let root = parse(text);
                let namespace = root.as_ref().and_then(|root| text_at(root, "namespace"));
                let brought = |keys: &[&str]| {
                    let all = root.iter().flat_map(|root| resources(root, keys));
                    all.map(|path| joined(directory, &path)).collect::<Vec<_>>()
                };
                let (mut all, components) = (brought(&["resources", "bases"]), brought(&["components"]));
                all.extend(components.iter().cloned());
                self.patches.extend(root.iter().flat_map(patches).map(|path| joined(directory, &path)));
                let mut others = BTreeSet::new();
                root.iter().for_each(|root| texts(root, &mut others));
                let others = others.iter().map(|path| joined(directory, path)).collect();
                let (directory, path) = (directory.to_owned(), path.to_owned());
                let brought = Kustomization { directory, path, namespace, resources: all, components, others };
                look.kustomizations.push(brought);
            }
            _ if stem.contains("compose") => compose(path, text, look),
            _ => {
                if let Some(word) = stem.strip_prefix("values").filter(|rest| rest.starts_with(['-', '.', '_'])) {
                    let word = word.get(1..).unwrap_or_default();
                    look.values.entry(word.to_owned()).or_default().push(path.to_owned());
                }
                // Parts of templates (`_helpers.tpl`) make nothing by themselves, and a definition of a kind is no pod.
                let is_part = stem.starts_with('_') || name.ends_with(".tpl") && !stem.contains('.');
                if text.contains("containers:") && !is_part && !text.contains("kind: CustomResourceDefinition") {
                    let stem = stem.strip_suffix(".yaml").unwrap_or(stem);
                    if is_suffixed(text) {
                        self.suffixed.entry(directory.to_owned()).or_default().insert(stem.to_owned());
                    }
                    self.pods.entry(directory.to_owned()).or_default().insert(stem.to_owned());
                }
                self.literal_ports(directory, stem, text);
                for (label, value) in naming(text) {
                    let of_directory = self.labels.entry(directory.to_owned()).or_default();
                    of_directory.entry(label).or_default().insert(value);
                }
                Self::objects(path, text, look);
                if stem == "service" {
                    let all = if is_foreign(text) { &mut look.taken } else { &mut look.own };
                    all.insert(directory.to_owned());
                }
            }
        }
    }

    /// Reads the compose files that others take in and that are called otherwise, and gives charts the ports that were found in them.
    pub(super) fn finish(self, root: &Path, look: &mut Look) {
        let mut read: BTreeSet<String> = look.compose.iter().chain(look.taken_in.keys()).cloned().collect();
        while let Some(path) = look.included.iter().find(|path| !read.contains(*path)).cloned() {
            super::text(&root.join(&path)).iter().for_each(|text| compose(&path, text, look));
            read.insert(path);
        }
        for chart in &mut look.charts {
            let own = chart.directory.trim_start_matches('/');
            let within = format!("{own}/templates");
            let within = within.trim_start_matches('/');
            for (directory, by_file) in &self.ports {
                // A template in a directory below is called after that, too.
                let part = match directory.strip_prefix(within) {
                    Some("") => "",
                    Some(below) if below.starts_with('/') => below.trim_start_matches('/'),
                    _ if directory == own => "",
                    _ => continue,
                };
                for (stem, ports) in by_file {
                    let key = if part.is_empty() { stem.clone() } else { format!("{part}/{stem}") };
                    chart.ports.entry(key).or_default().extend(ports.iter().cloned());
                }
            }
            let templates = format!("{}/templates", chart.directory);
            let is_below = |path: &str| path == templates || path.starts_with(&format!("{templates}/"));
            // What `helm test` runs is deployed by nobody.
            let is_test = |path: &str| path.split('/').any(|part| part == "tests");
            let of_chart = |files: &BTreeMap<String, BTreeSet<String>>| {
                let below = files.iter().filter(|(path, _)| !is_test(path));
                let below = below.filter(|(path, _)| is_below(path) || is_below(&format!("/{path}")));
                below.flat_map(|(_, stems)| stems.iter().cloned()).collect()
            };
            for (directory, labels) in &self.labels {
                if !is_test(directory) && (is_below(directory) || is_below(&format!("/{directory}"))) {
                    for (label, values) in labels {
                        chart.labels.entry(label).or_default().extend(values.iter().cloned());
                    }
                }
            }
            chart.templates = of_chart(&self.pods);
            chart.suffixed = of_chart(&self.suffixed);
        }
        look.workloads.retain(|workload| !self.patches.contains(&workload.file));
        // What a kustomization does not name it does not deploy: mostly a patch that is not in use.
        let is_unlisted = |file: &str| {
            let beside = |kustomization: &&Kustomization| kustomization.directory == super::parent(file);
            let lists = |kustomization: &Kustomization| kustomization.resources.iter().any(|listed| listed == file);
            look.kustomizations.iter().find(beside).is_some_and(|beside| !beside.resources.is_empty())
                && !look.kustomizations.iter().any(lists)
        };
        let (unlisted, listed) =
            std::mem::take(&mut look.workloads).into_iter().partition(|workload| is_unlisted(&workload.file));
        look.workloads = listed;
        let unlisted: Vec<Workload> = unlisted;
        for workload in unlisted {
            look.unlisted.entry(workload.file).or_default().insert(workload.name);
        }
        look.workloads.sort();
        look.workloads.dedup();
    }

    /// The ports that a template or a values file writes out.
    fn literal_ports(&mut self, directory: &str, stem: &str, text: &str) {
        for (key, found) in ports::literal(text, stem, stem.starts_with("values")) {
            self.ports.entry(directory.to_owned()).or_default().entry(key).or_default().extend(found);
        }
    }

    fn objects(path: &str, text: &str, look: &mut Look) {
        if !text.contains("kind:") {
            return;
        }
        // A template is not YAML; what is literal in it is read document by document, and the rest is left out.
        let text = if text.contains("{{") { Cow::Owned(deployers::literal(text)) } else { Cow::Borrowed(text) };
        let text = text.as_ref();
        if text.contains("config.kubernetes.io/function") && text.contains("hedgerow") {
            look.functions.push(path.to_owned());
        }
        let mut sources = Sources::default();
        let source = sources.add(path, "");
        for object in hedgerow_eval::objects(source, text) {
            let kind = object.reference.kind.as_str();
            let name = &object.reference.name;
            if let Some(deployer) = deployers::Deployer::of(&object.group, kind) {
                deployer.read(name, object.reference.namespace.as_deref(), &object.value, path, look);
                continue;
            }
            if kind == "Service" && object.group.is_empty() && is_name(name) {
                let selector = object.value.pointer("/spec/selector").map(written).unwrap_or_default();
                if !selector.is_empty() {
                    let namespace = object.reference.namespace.clone().filter(|namespace| is_name(namespace));
                    look.fronts.push(Front { name: name.clone(), namespace, selector });
                }
                continue;
            }
            let templates = hedgerow_render::pod_templates(&object.group, kind);
            let templates: Vec<_> = templates.flat_map(|route| at_route(&object.value, route)).collect();
            let pods: Vec<_> = templates.iter().filter_map(|pods| pods.get("spec")).collect();
            let worn = templates.iter().filter_map(|pods| pods.pointer("/metadata/labels"));
            // What has no pods is a patch, which says nothing of its own.
            if pods.is_empty() || !is_name(name) {
                continue;
            }
            look.workloads.push(Workload {
                name: name.clone(),
                kind: kind.to_owned(),
                namespace: object.reference.namespace.clone().filter(|namespace| is_name(namespace)),
                labels: worn.flat_map(written).collect(),
                images: pods.iter().flat_map(|pods| images(pods)).collect(),
                ports: pods.into_iter().flat_map(container_ports).collect(),
                file: path.to_owned(),
                ..Workload::default()
            });
        }
    }
}

/// The files and directories that a kustomization brings under these keys.
fn resources(root: &Node<'_>, keys: &[&str]) -> Vec<String> {
    let lists = keys.iter().filter_map(|key| root.as_mapping()?.get(key)?.as_sequence());
    let written = lists.flat_map(|list| &list.elements).filter_map(|element| element.node.as_str());
    written.filter(|path| !path.contains("://") && !path.contains('?')).map(str::to_owned).collect()
}

/// The files that a kustomization lays over others.
fn patches(root: &Node<'_>) -> Vec<String> {
    let mut files = Vec::new();
    for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
        let list = root.as_mapping().and_then(|root| root.get(key)?.as_sequence());
        for element in list.into_iter().flat_map(|list| &list.elements) {
            let written = text_at(&element.node, "path").or_else(|| element.node.as_str().map(str::to_owned));
            files.extend(written.filter(|path| !path.contains('\n')));
        }
    }
    files
}

/// Every text of one line that may be a path: `patch.yaml`, and that of `config.toml=files/config.toml`.
fn texts(node: &Node<'_>, found: &mut BTreeSet<String>) {
    let list = node.as_sequence().into_iter().flat_map(|list| &list.elements).map(|element| &element.node);
    let map = node.as_mapping().into_iter().flat_map(|map| &map.pairs).map(|pair| &pair.value);
    list.chain(map).for_each(|inner| texts(inner, found));
    if let Some(text) = node.as_str().filter(|text| text.len() < 512 && !text.contains(['\n', ':'])) {
        found.insert(text.rsplit_once('=').map_or(text, |(_, path)| path).to_owned());
    }
}

/// A path that is written in a file of `directory`.
pub(super) fn joined(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a text can be an object's name: templates have names that are none.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// The values at a route of the table of workloads: `spec.template`, `spec.workers[].template`, `spec.replicas.*.template`.
fn at_route<'v>(value: &'v Value, route: &str) -> Vec<&'v Value> {
    let mut values = vec![value];
    for part in route.split('.') {
        let (key, is_list) = part.strip_suffix("[]").map_or((part, false), |key| (key, true));
        values = match key {
            "*" => values.into_iter().filter_map(Value::as_object).flat_map(|map| map.values()).collect(),
            key => values.into_iter().filter_map(|value| value.get(key)).collect(),
        };
        if is_list {
            values = values.into_iter().filter_map(Value::as_array).flatten().collect();
        }
    }
    values
}

/// Pairs of texts, as far as they are written out.
fn written(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// What the images of pods are called: `pay` of `registry.example/shop/pay:1.2`.
fn images(pod: &Value) -> BTreeSet<String> {
    let containers = pod.pointer("/containers").and_then(Value::as_array).into_iter().flatten();
    let images = containers.filter_map(|container| container.get("image")?.as_str());
    images.map(image_name).filter(|name| is_name(name)).collect()
}

/// `pay` of `registry.example/shop/pay:1.2`.
fn image_name(image: &str) -> String {
    last_part(image).split([':', '@']).next().unwrap_or_default().to_owned()
}

/// The directory that a compose file builds a service from, or that of its Dockerfile where that lies deeper.
fn built_from(directory: &str, build: &Node<'_>) -> Option<String> {
    let context = build.as_str().map(str::to_owned).or_else(|| text_at(build, "context"))?;
    let dockerfile = text_at(build, "dockerfile").unwrap_or_default();
    // What a variable or another repository gives is not known here.
    if context.contains('$') || context.contains("://") || dockerfile.contains('$') {
        return None;
    }
    let context = joined(directory, &context);
    let packed = super::parent(&dockerfile);
    let inner = joined(&context, packed);
    let is_inner = !packed.is_empty() && !packed.starts_with('/') && !dockerfile.contains("..");
    Some(if is_inner { inner } else { context })
}

/// The Dockerfile that a compose file names, as a path of the tree.
fn dockerfile(directory: &str, build: &Node<'_>) -> Option<String> {
    let context = text_at(build, "context").unwrap_or_default();
    let dockerfile = text_at(build, "dockerfile")?;
    let is_known = !context.contains('$') && !context.contains("://") && !dockerfile.contains('$');
    is_known.then(|| joined(&joined(directory, &context), &dockerfile))
}

/// What a compose file gives to a build: `args: {SERVICE: cart}`, or a list of `SERVICE=cart`.
fn build_args(build: &Node<'_>) -> BTreeMap<String, String> {
    let Some(args) = build.as_mapping().and_then(|build| build.get("args")) else { return BTreeMap::new() };
    let pairs = args.as_mapping().into_iter().flat_map(|map| &map.pairs);
    let pairs = pairs.filter_map(|pair| Some((pair.key.as_str()?.to_owned(), pair.value.as_str()?.to_owned())));
    let listed = args.as_sequence().into_iter().flat_map(|list| &list.elements);
    let listed = listed.filter_map(|element| element.node.as_str()?.split_once('='));
    let listed = listed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pairs.chain(listed).filter(|(_, value)| !value.is_empty() && !value.contains('$')).collect()
}

/// The image of a compose file with the values that its variables have where nobody sets them; nothing where its last part is not known.
fn filled(image: &str) -> Option<String> {
    let (mut text, mut rest) = (String::new(), image);
    while let Some((before, behind)) = rest.split_once("${") {
        let (variable, after) = behind.split_once('}')?;
        text.push_str(before);
        text.push_str(variable.split_once('-').map_or("$", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    let last = last_part(&text);
    let name = last.split([':', '@']).next().unwrap_or(last);
    (!name.contains('$')).then(|| text.clone())
}

/// Whether a template calls its object after the release, as charts do, and adds something: `{{ include "x.fullname" . }}-web`.
fn is_suffixed(text: &str) -> bool {
    let name = text.lines().find_map(|line| line.trim_start().strip_prefix("name:"));
    let Some(name) = name.filter(|name| name.contains(".fullname\"")) else { return false };
    let is_printed = name.contains("printf \"%s-%s\"");
    is_printed || name.rsplit_once("}}").is_some_and(|(_, rest)| rest.trim_matches(['"', '\'', ' ']).starts_with('-'))
}

/// The labels of a template that name what its pods are, with their values: nothing where that is the chart's own name.
fn naming(text: &str) -> impl Iterator<Item = (&'static str, String)> {
    text.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        let label = NAMING.into_iter().find(|label| *label == key.trim().trim_matches(['"', '\'']))?;
        let value = value.trim().trim_matches(['"', '\'']);
        let is_own = value.starts_with("{{") && (value.contains(".name\"") || value.contains(".Chart.Name"));
        if is_own { Some((label, String::new())) } else { is_name(value).then(|| (label, value.to_owned())) }
    })
}

fn container_ports(pod: &Value) -> BTreeSet<Port> {
    let containers = pod.pointer("/containers").and_then(Value::as_array).into_iter().flatten();
    let ports = containers.filter_map(|container| container.get("ports")?.as_array()).flatten();
    let ports = ports.filter_map(|port| {
        Some(Port {
            number: u16::try_from(port.get("containerPort")?.as_u64()?).ok().filter(|number| *number > 0)?,
            protocol: port.get("protocol").and_then(Value::as_str).unwrap_or("TCP").to_owned(),
            name: port.get("name").and_then(Value::as_str).map(str::to_owned),
        })
    });
    ports.collect()
}

fn parse(text: &str) -> Option<Node<'_>> {
    hedgerow_yaml::parse(text).ok().flatten()
}

pub(super) fn text_at(node: &Node<'_>, key: &str) -> Option<String> {
    node.as_mapping()?.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn chart(directory: &str, text: &str, look: &mut Look) {
    let Some(root) = parse(text) else { return };
    let Some(name) = text_at(&root, "name").filter(|name| is_name(name)) else { return };
    let dependencies = root.as_mapping().and_then(|root| root.get("dependencies")?.as_sequence());
    let dependencies = dependencies.map(|list| {
        let brought = list.elements.iter().filter_map(|element| {
            let chart = text_at(&element.node, "name")?;
            Some(Dependency { name: text_at(&element.node, "alias").unwrap_or_else(|| chart.clone()), chart })
        });
        brought.collect()
    });
    look.charts.push(Chart {
        name,
        directory: directory.to_owned(),
        is_library: text_at(&root, "type").as_deref() == Some("library"),
        dependencies: dependencies.unwrap_or_default(),
        ports: BTreeMap::new(),
        templates: BTreeSet::new(),
        suffixed: BTreeSet::new(),
        labels: BTreeMap::new(),
    });
}

/// The services of a compose file: `ports: ["8080:80/tcp"]`, `expose: [80]`, `{target: 80, protocol: udp}`.
fn compose(path: &str, text: &str, look: &mut Look) {
    let Some(root) = parse(text) else { return };
    let taken_in = hedgerow_scan::taken_in(path, text);
    look.included.extend(taken_in.iter().filter(|(_, is_included)| **is_included).map(|(path, _)| path.clone()));
    if !taken_in.is_empty() {
        look.taken_in.insert(path.to_owned(), taken_in.into_keys().collect());
    }
    let Some(services) = root.as_mapping().and_then(|root| root.get("services")?.as_mapping()) else { return };
    look.compose.push(path.to_owned());
    for pair in &services.pairs {
        let Some(name) = pair.key.as_str().filter(|name| !name.is_empty()) else { continue };
        // Compose has names with `_`, and a cluster none.
        let usual = name.replace('_', "-").to_lowercase();
        let name = if is_name(&usual) { &usual } else { name };
        let service = pair.value.as_mapping();
        let lists = ["ports", "expose"].iter().filter_map(|key| service?.get(key)?.as_sequence());
        let ports = lists.flat_map(|list| &list.elements).filter_map(|element| {
            let short = element.node.as_str().map(str::to_owned);
            let long = || {
                let protocol = text_at(&element.node, "protocol").unwrap_or_else(|| "tcp".to_owned());
                Some(format!("{}/{protocol}", text_at(&element.node, "target")?))
            };
            let written = short.or_else(long)?;
            let (address, protocol) = written.split_once('/').unwrap_or((&written, "tcp"));
            let number = address.rsplit(':').next()?.parse().ok().filter(|number| *number > 0)?;
            Some(Port { number, protocol: protocol.to_uppercase(), name: None })
        });
        let text_of = |key: &str| service?.get(key)?.as_str().filter(|text| !text.contains('$')).map(str::to_owned);
        let written = service.and_then(|service| service.get("image")?.as_str().map(str::to_owned));
        let image =
            written.and_then(|image| filled(&image)).map(|image| image_name(&image)).filter(|name| is_name(name));
        look.workloads.push(Workload {
            name: name.to_owned(),
            kind: "compose".to_owned(),
            ports: ports.collect(),
            images: image.into_iter().collect(),
            build: service.and_then(|service| built_from(super::parent(path), service.get("build")?)),
            dockerfile: service.and_then(|service| dockerfile(super::parent(path), service.get("build")?)),
            args: service.and_then(|service| service.get("build")).map(build_args).unwrap_or_default(),
            container: text_of("container_name").filter(|container| container != name && is_name(container)),
            file: path.to_owned(),
            ..Workload::default()
        });
    }
}
