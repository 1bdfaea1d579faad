//! Reads the section from the text of `hedgerow.yaml`.

use super::{Candidates, CodeDirectory, Pair, ScanConfig};
use crate::form;
use crate::pack::Pack;
use globset::{Glob, GlobSet, GlobSetBuilder};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::read::decode::Decoder;
use hedgerow_core::read::form::Value;
use hedgerow_core::source::Span;
use hedgerow_deploy::Pattern;
use hedgerow_yaml::{Content, Node};

/// The keys that are decoded as a pack.
const PACK_KEYS: &[&str] =
    &["sinks", "functions", "reads", "servers", "registries", "inert", "texts", "clients", "bindings", "stores"];

/// The section being read.
pub(super) struct Read<'d> {
    pub(super) decoder: Decoder<'d>,
}

impl Read<'_> {
    pub(super) fn section(&mut self, node: &Node<'_>) -> ScanConfig {
        let mut config = ScanConfig::default();
        let Some(fields) = self.decoder.form(node, "`scan`", &form::SCAN) else { return config };
        if let Some(node) = fields.get("services") {
            let what = ("`services`", "leave `services` out to use the services' directories");
            let help = "say where the code is: `[{path: \"app/{name}\"}]`";
            let in_words = |text: &str| Some(format!("{{path: {}}}", hedgerow_yaml::quote_always(text)));
            for element in self.decoder.mappings(node, what, help, in_words) {
                config.services.extend(self.directory(element));
            }
        }
        if let Some(node) = fields.get("aliases") {
            for (service, node) in self.decoder.pairs(node, "`aliases`").unwrap_or_default() {
                let names = self.texts(node, "an alias").into_iter().map(|(text, _)| text).collect();
                config.aliases.insert(service.value.to_owned(), names);
            }
        }
        if let Some(node) = fields.get("ignore") {
            for (key, span) in self.reasons(node, "`ignore`") {
                match key.split_once("->") {
                    Some((caller, callee)) => {
                        let (caller, callee) = (caller.trim(), callee.trim());
                        let patterns = self.pattern(caller, span).zip(self.pattern(callee, span));
                        let written = (caller.to_owned(), callee.to_owned());
                        config.pairs.extend(patterns.map(|(caller, callee)| Pair { caller, callee, written, span }));
                    }
                    None => config.ignored.push((key, span)),
                }
            }
            config.ignore = self.globs(config.ignored.clone());
        }
        if let Some(node) = fields.get("manual") {
            for (name, span) in self.reasons(node, "`manual`") {
                config.manual.extend(self.pattern(&name, span));
            }
        }
        if let Some(word) = fields.get("gitignore").and_then(|node| self.decoder.text(node, "`gitignore`")) {
            match word.value {
                "heed" => {}
                "pass" => config.passes_gitignore = true,
                other => {
                    let message = format!("`gitignore` is `heed` or `pass`, not `{other}`");
                    self.decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(word.span, ""));
                }
            }
        }
        if let Some(word) = fields.get("candidate").and_then(|node| self.decoder.text(node, "`candidate`")) {
            match word.value {
                "ask" => config.candidate = Candidates::Ask,
                "addresses" => config.candidate = Candidates::Addresses,
                "accept" => config.candidate = Candidates::Accept,
                other => {
                    let message = format!("`candidate` is `ask`, `addresses` or `accept`, not `{other}`");
                    self.decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(word.span, ""));
                }
            }
        }
        let mut texts =
            |key: &str| fields.get(key).map(|node| self.texts(node, &format!("`{key}`"))).unwrap_or_default();
        let (hosts, settings) = (texts("hosts"), texts("settings"));
        let (exclude, vendored, deploy) = (texts("exclude"), texts("vendored"), texts("deploy"));
        config.tags = texts("tags").into_iter().map(|(tag, _)| tag).collect();
        config.hosts = hosts.into_iter().filter_map(|(text, span)| self.pattern(&text, span)).collect();
        for (text, span) in settings {
            if let Some(pattern) = self.pattern(plain(&text), span) {
                config.settings.push(pattern);
                config.set.push((text, span));
            }
        }
        config.excluded.clone_from(&exclude);
        config.exclude = self.globs(exclude);
        config.vendored = self.globs(vendored);
        config.deployed.clone_from(&deploy);
        config.deploy = fields.get("deploy").map(|_| self.globs(deploy));
        let is_hidden =
            |glob: &str| glob.split('/').any(|part| part.len() > 1 && part.starts_with('.') && part != "..");
        // One that is no glob was told just now.
        let hidden = |globs: Vec<(String, Span)>| -> Vec<(String, Span)> {
            globs.into_iter().filter(|(glob, _)| is_hidden(glob) && Glob::new(glob).is_ok()).collect()
        };
        // What such a file of the deploy mounts lies beside it.
        let beside =
            config.deployed.iter().filter_map(|(glob, span)| Some((format!("{}/**", glob.rsplit_once('/')?.0), *span)));
        config.beside_hidden = self.globs(hidden(beside.collect()));
        let any = |text: &str| plain(text).replace("{name}", "*");
        let set = config.set.iter().map(|(text, span)| (any(text), *span));
        let code = config.services.iter().map(|code| (format!("{}/**", any(&code.written.0)), code.written.1));
        config.hidden = self.globs(hidden(config.deployed.iter().cloned().chain(set).chain(code).collect()));
        let mut pack = serde_json::Map::new();
        for key in PACK_KEYS {
            if let Some(node) = fields.get(key)
                && self.is_of_its_form(key, node)
            {
                // Each key alone, so that a fault is reported where it is.
                let mut alone = serde_json::Map::new();
                alone.insert((*key).to_owned(), to_value(node));
                match serde_json::from_value::<Pack>(serde_json::Value::Object(alone.clone())) {
                    Ok(_) => pack.append(&mut alone),
                    Err(error) => {
                        let diagnostic = self.decoder.invalid(node, format!("`{key}` is not understood: {error}"));
                        self.decoder
                            .report(diagnostic.help("the form is the one of the built-in packs, see docs/scan.md"));
                    }
                }
            }
        }
        config.pack = serde_json::from_value(serde_json::Value::Object(pack)).unwrap_or_default();
        config
    }

    /// Whether the elements under a pack's key are mappings with keys that they may have. Serde alone would take a list for the
    /// values of a mapping in their order.
    fn is_of_its_form(&mut self, key: &str, node: &Node<'_>) -> bool {
        let known = form::SCAN.keys.iter().find(|known| known.name == key).map(|known| &known.value);
        let Some(Value::Many(Value::Form(form))) = known else { return true };
        let elements = node.as_sequence().map(|list| list.elements.as_slice()).unwrap_or_default();
        let mut is_sound = true;
        for element in elements {
            let pairs = element.node.as_mapping().map(|mapping| mapping.pairs.as_slice());
            let knows = |pair: &hedgerow_yaml::Pair<'_>| {
                pair.key.as_str().is_some_and(|key| form.names().any(|name| name == key))
            };
            if !pairs.is_some_and(|pairs| pairs.iter().all(knows)) {
                is_sound = false;
                self.decoder.form(&element.node, &format!("an element of `{key}`"), form);
            }
            // Nor is nothing the same as a key that is left out.
            for pair in pairs.unwrap_or_default().iter().filter(|pair| pair.value.is_null()) {
                is_sound = false;
                let message = format!("`{}` holds nothing", pair.key.as_str().unwrap_or_default());
                let diagnostic = self.decoder.invalid(&pair.value, message);
                self.decoder.report(diagnostic.help("leave the key out, or write a value"));
            }
        }
        is_sound
    }

    fn directory(&mut self, node: &Node<'_>) -> Option<CodeDirectory> {
        let fields = self.decoder.form(node, "an element of `services`", &form::DIRECTORY)?;
        let Some(path) = fields.get("path") else {
            self.decoder.missing(fields.span, "an element of `services`", "path", "say where the code is");
            return None;
        };
        let mut path = self.decoder.text(path, "`path`")?;
        path.value = plain(path.value);
        let last = path.value.rsplit('/').next().unwrap_or_default();
        let fallback = if path.value.contains('{') { "{name}" } else { last };
        if path.value.is_empty() && fields.get("name").is_none() {
            self.decoder.missing(path.span, "the root of the tree", "name", "say which service's code it is");
            return None;
        }
        let name = match fields.get("name") {
            Some(node) => self.decoder.text(node, "`name`").map(|text| (text.value.to_owned(), text.span))?,
            None => (fallback.to_owned(), path.span),
        };
        let main = fields
            .get("main")
            .and_then(|node| self.decoder.text(node, "`main`"))
            .map(|text| plain(text.value).to_owned());
        let written = (path.value.to_owned(), path.span);
        Some(CodeDirectory {
            path: self.pattern(path.value, path.span)?,
            written,
            name: self.pattern(&name.0, name.1)?,
            main,
        })
    }

    fn texts(&mut self, node: &Node<'_>, what: &str) -> Vec<(String, Span)> {
        let elements = self.decoder.list(node, what, "leave the key out");
        let texts = elements.into_iter().filter_map(|node| self.decoder.text(node, what));
        texts.map(|text| (text.value.to_owned(), text.span)).collect()
    }

    /// Globs or names, each with the reason for which it is there.
    fn reasons(&mut self, node: &Node<'_>, what: &str) -> Vec<(String, Span)> {
        let mut globs = Vec::new();
        for (glob, node) in self.decoder.pairs(node, what).unwrap_or_default() {
            // A reason that says nothing is refused there.
            if self.decoder.text(node, "a reason").is_none() {
                continue;
            }
            globs.push((glob.value.to_owned(), glob.span));
        }
        globs
    }

    fn pattern(&mut self, text: &str, span: Span) -> Option<Pattern> {
        let pattern = Pattern::new(text);
        if let Err(error) = &pattern {
            self.decoder.report(Diagnostic::new(Code::InvalidValue, error.clone()).mark(span, ""));
        }
        pattern.ok()
    }

    fn globs(&mut self, texts: Vec<(String, Span)>) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        for (text, span) in texts {
            match Glob::new(plain(&text)) {
                Ok(glob) => {
                    set.add(glob);
                }
                Err(error) => {
                    let message = format!("`{text}` is not a glob: {}", error.kind());
                    self.decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(span, ""));
                }
            }
        }
        set.build().unwrap_or_default()
    }
}

/// A node as a plain value, for what serde decodes.
fn to_value(node: &Node<'_>) -> serde_json::Value {
    use serde_json::Value;
    match node.content() {
        Content::Scalar(scalar) => {
            if scalar.is_null() {
                Value::Null
            } else if let Some(value) = scalar.as_bool() {
                Value::Bool(value)
            } else if let Some(value) = scalar.as_int() {
                Value::from(value)
            } else {
                Value::from(node.as_str().unwrap_or_default())
            }
        }
        Content::Sequence(sequence) => sequence.elements.iter().map(|element| to_value(&element.node)).collect(),
        Content::Mapping(mapping) => {
            let pairs = mapping.pairs.iter();
            Value::Object(
                pairs.filter_map(|pair| Some((pair.key.as_str()?.to_owned(), to_value(&pair.value)))).collect(),
            )
        }
        Content::Alias(_) => Value::Null,
    }
}

/// A path or glob as the paths of the tree are written: those who write `./app`, `app/` or `.` mean these.
fn plain(written: &str) -> &str {
    let mut path = written;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    // What begins at the root of the machine is nowhere in the tree.
    let end = path.trim_end_matches('/');
    if end.is_empty() && !path.is_empty() {
        return path;
    }
    if end == "." { "" } else { end }
}
