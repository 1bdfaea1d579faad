//! What the deploy says: environment variables, arguments and settings per service, and the hosts of Services.

use crate::host::Hosts;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A text of the deploy with its path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Its path below the tree's root.
    pub(crate) path: &'a str,
    /// What it says.
    pub(crate) text: &'a str,
}

/// What one service is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// The file that gives most of it: the last one read.
    pub(crate) path: String,
    /// Environment variables.
    pub(crate) environment: BTreeMap<String, Vec<String>>,
    /// Flags, without the dashes.
    pub(crate) flags: BTreeMap<String, Vec<String>>,
    /// Its configuration files.
    pub(crate) settings: Vec<Value>,
}

/// What all services are given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deploy {
    given: BTreeMap<String, Given>,
}

/// The documents of a YAML or JSON text. Text that is neither, such as a template, gives none.
fn documents(text: &str) -> Vec<Value> {
    if text.trim_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return vec![value];
    }
    serde_yaml::Deserializer::from_str(text).map_while(|document| Value::deserialize(document).ok()).collect()
}

/// Java's properties as a map of whole names: one to a line, `=` or `:` behind the name.
pub(crate) fn properties(text: &str) -> Value {
    let mut map = serde_json::Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
        if let Some((name, value)) = line.split_once(['=', ':']) {
            map.insert(name.trim().to_owned(), Value::from(value.trim()));
        }
    }
    Value::Object(map)
}

impl Deploy {
    /// Reads Kubernetes and compose files, and says which hosts their Services are.
    pub(crate) fn read<'a>(
        texts: impl Iterator<Item = Text<'a>>,
        hosts: &mut Hosts,
        owner: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut deploy = Self::default();
        let mut documents_by_path = Vec::new();
        for text in texts {
            documents_by_path.extend(documents(text.text).into_iter().map(|document| (text.path, document)));
        }
        let mut items = Vec::new();
        for (path, document) in &documents_by_path {
            match document.get("items").and_then(Value::as_array) {
                Some(list) if document.get("kind").is_some() => items.extend(list.iter().map(|item| (*path, item))),
                _ => items.push((*path, document)),
            }
        }
        let maps: BTreeMap<&str, &Value> = items
            .iter()
            .filter(|(_, item)| text_at(item, &["kind"]) == Some("ConfigMap"))
            .filter_map(|(_, item)| Some((text_at(item, &["metadata", "name"])?, item.get("data")?)))
            .collect();
        let mut pods = Vec::new();
        for (path, item) in &items {
            let Some(template) = pod_template(item) else {
                deploy.compose(path, item, hosts);
                continue;
            };
            let name = text_at(item, &["metadata", "name"]).unwrap_or_default();
            let identity = template.pointer("/metadata/labels").and_then(Value::as_object);
            let by_label = || {
                identity.into_iter().flatten().find_map(|(_, value)| hosts.named(value.as_str()?).map(str::to_owned))
            };
            let Some(service) = hosts.named(name).map(str::to_owned).or_else(|| owner(path)).or_else(by_label) else {
                continue;
            };
            pods.push((service.clone(), template));
            let given = deploy.given.entry(service).or_default();
            (*path).clone_into(&mut given.path);
            for key in ["initContainers", "containers"] {
                let containers = template.pointer("/spec").and_then(|spec| spec.get(key)).and_then(Value::as_array);
                for container in containers.into_iter().flatten() {
                    given.container(container, &maps);
                }
            }
        }
        for (_, item) in &items {
            if text_at(item, &["kind"]) != Some("Service") {
                continue;
            }
            let Some(name) = text_at(item, &["metadata", "name"]) else { continue };
            let Some(selector) = item.pointer("/spec/selector").and_then(Value::as_object).filter(|s| !s.is_empty())
            else {
                continue;
            };
            let fits = |template: &Value| {
                let labels = template.pointer("/metadata/labels");
                selector.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
            };
            let mut fitting: Vec<&str> =
                pods.iter().filter(|(_, template)| fits(template)).map(|(service, _)| service.as_str()).collect();
            fitting.dedup();
            if let [service] = fitting.as_slice() {
                hosts.add(name, service);
            }
        }
        deploy
    }

    /// Adds a configuration file of a service.
    pub(crate) fn add_settings(&mut self, service: &str, text: Text) {
        let settings = &mut self.given.entry(service.to_owned()).or_default().settings;
        if text.path.ends_with(".properties") {
            settings.push(properties(text.text));
        } else {
            settings.extend(documents(text.text));
        }
    }

    /// What a service is given.
    pub(crate) fn of(&self, service: &str) -> Option<&Given> {
        self.given.get(service)
    }

    fn compose(&mut self, path: &str, item: &Value, hosts: &Hosts) {
        if item.get("kind").is_some() {
            return;
        }
        for (name, container) in item.get("services").and_then(Value::as_object).into_iter().flatten() {
            let Some(service) = hosts.named(name).map(str::to_owned) else { continue };
            let given = self.given.entry(service).or_default();
            path.clone_into(&mut given.path);
            match container.get("environment") {
                Some(Value::Object(pairs)) => {
                    for (key, value) in pairs {
                        if let Some(value) = scalar(value) {
                            given.environment.entry(key.clone()).or_default().push(value);
                        }
                    }
                }
                Some(Value::Array(list)) => {
                    for pair in list.iter().filter_map(Value::as_str) {
                        if let Some((key, value)) = pair.split_once('=') {
                            given.environment.entry(key.to_owned()).or_default().push(value.to_owned());
                        }
                    }
                }
                _ => {}
            }
            for key in ["entrypoint", "command"] {
                match container.get(key) {
                    Some(Value::Array(list)) => given.arguments(list.iter().filter_map(Value::as_str)),
                    Some(Value::String(line)) => given.arguments(line.split_whitespace()),
                    _ => {}
                }
            }
        }
    }
}

impl Given {
    fn container(&mut self, container: &Value, maps: &BTreeMap<&str, &Value>) {
        for variable in container.get("env").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = text_at(variable, &["name"]) else { continue };
            let direct = variable.get("value").and_then(scalar);
            let from_map = || {
                let reference = variable.pointer("/valueFrom/configMapKeyRef")?;
                scalar(maps.get(text_at(reference, &["name"])?)?.get(text_at(reference, &["key"])?)?)
            };
            if let Some(value) = direct.or_else(from_map) {
                // `$(OTHER)` takes in what is set before.
                let value = self.expand(&value);
                self.environment.entry(name.to_owned()).or_default().push(value);
            }
        }
        for source in container.get("envFrom").and_then(Value::as_array).into_iter().flatten() {
            let Some(map) = text_at(source, &["configMapRef", "name"]).and_then(|name| maps.get(name)) else {
                continue;
            };
            for (key, value) in map.as_object().into_iter().flatten() {
                if let Some(value) = scalar(value) {
                    self.environment.entry(key.clone()).or_default().push(value);
                }
            }
        }
        for key in ["command", "args"] {
            let list = container.get(key).and_then(Value::as_array).into_iter().flatten();
            self.arguments(list.filter_map(Value::as_str));
        }
    }

    fn expand(&self, value: &str) -> String {
        let mut text = value.to_owned();
        for (name, values) in &self.environment {
            if let [only] = values.as_slice() {
                text = text.replace(&format!("$({name})"), only);
            }
        }
        text
    }

    /// `--name=value`, `-name value`. A word without dashes behind a flag is taken for its value.
    fn arguments<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        let mut last: Option<String> = None;
        for word in words {
            let word = self.expand(word);
            match word.strip_prefix("--").or_else(|| word.strip_prefix('-')) {
                Some(flag) => {
                    if let Some((name, value)) = flag.split_once('=') {
                        self.flags.entry(name.to_owned()).or_default().push(value.to_owned());
                        last = None;
                    } else {
                        last = Some(flag.to_owned());
                    }
                }
                None => {
                    if let Some(name) = last.take() {
                        self.flags.entry(name).or_default().push(word);
                    }
                }
            }
        }
    }

    /// The values at a path of the configuration. Names are compared without regard to case, `-` and `_`, as the
    /// libraries that read them do; `*` is any element.
    pub(crate) fn setting(&self, path: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        for root in &self.settings {
            walk(root, path, &mut found);
        }
        found.sort();
        found.dedup();
        found
    }
}

fn walk(value: &Value, path: &[String], found: &mut Vec<String>) {
    let Some((first, rest)) = path.split_first() else {
        match value {
            Value::Array(list) => found.extend(list.iter().filter_map(scalar)),
            other => found.extend(scalar(other)),
        }
        return;
    };
    match value {
        Value::Array(list) => {
            // A name below a list means that name in each element.
            let rest = if first == "*" { rest } else { path };
            for element in list {
                if first == "*" || element.is_object() {
                    walk(element, rest, found);
                }
            }
        }
        Value::Object(pairs) => {
            let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
            for (key, value) in pairs {
                if first == "*" || plain(key) == plain(first) {
                    walk(value, rest, found);
                } else if key.contains('.') {
                    // `spring.cloud.name: x` is short for a map in a map.
                    let mut parts = key.split('.').zip(path);
                    let length = key.split('.').count();
                    if length <= path.len() && parts.all(|(a, b)| b == "*" || plain(a) == plain(b)) {
                        walk(value, &path[length..], found);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text_at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_str()
}

/// The template of a workload's pods.
fn pod_template(item: &Value) -> Option<&Value> {
    let kind = text_at(item, &["kind"])?;
    let template = match kind {
        "Pod" => item,
        "CronJob" => item.pointer("/spec/jobTemplate/spec/template")?,
        _ => item.pointer("/spec/template")?,
    };
    template.get("spec").map(|_| template)
}
