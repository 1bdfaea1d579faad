//! What is not read although it looks as if it were meant to be: said, with what to do, instead of ignored.
//!
//! Names are compared without regard to case, and a letter or two may be wrong. A file is only called ours where its text says
//! so as well: `service.yml` is a name that others use too.

pub(super) mod globs;

use crate::diag::{Code, Diagnostic, Severity};
use crate::fleet::Layout;
use crate::source::{Sources, Span};
use crate::tree::{File, IdleGlob, Looks, MetadataPlace, Unread};
use std::collections::BTreeSet;

/// How many letters of a name may be wrong.
const WRONG: usize = 2;
/// Directories that tools fill, and in which nobody writes a service.
pub const GENERATED: [&str; 3] = ["node_modules", "target", "vendor"];
/// Names under which others keep rules: those for incoming calls, which lie with nobody here, and rules of any kind.
const OTHER_RULES: [&str; 9] =
    ["ingress", "rules", "rule", "policies", "outbound", "outgoing", "calls", "callees", "dependencies"];
/// What the names of copies end in, and of what a file is made from.
const COPIES: [&str; 10] = ["bak", "orig", "old", "save", "new", "txt", "tmpl", "tpl", "template", "j2"];

/// What a file looks like by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// Like `service.yaml`, and not by that name.
    Metadata,
    /// Like a rule file.
    Rule,
}

/// Whether a file is named as if it were `hedgerow.yaml`.
#[must_use]
pub fn is_like_config(name: &str) -> bool {
    name != "hedgerow.yaml" && is_like(name, "hedgerow")
}

/// What a file in the directory of a service looks like, if nothing reads it there.
#[must_use]
pub fn file_looks(name: &str) -> Option<Alike> {
    if is_rule(name) {
        Some(Alike::Rule)
    } else if name != "service.yaml" && is_like(name, "service") {
        Some(Alike::Metadata)
    } else {
        None
    }
}

/// Whether a file is named like a rule file, in whatever letters.
fn is_rule(name: &str) -> bool {
    name.to_lowercase().ends_with(super::rule::EXTENSION)
}

/// Whether a text that lies under a name like `hedgerow.yaml` is meant to be one: it has a key of one, or nobody can tell.
#[must_use]
pub fn is_config(text: &str) -> bool {
    match hedgerow_yaml::parse(text) {
        Ok(Some(node)) => {
            let is_known =
                |key: Option<&str>| key.is_some_and(|key| super::form::HEDGEROW.names().any(|known| known == key));
            node.as_mapping().is_some_and(|mapping| mapping.pairs.iter().any(|pair| is_known(pair.key.as_str())))
        }
        Ok(None) | Err(_) => true,
    }
}

/// Whether a directory is named as if rules were in it, and is not one of those that are read. `last` are the last parts of
/// those.
#[must_use]
pub fn is_like_rules<'l>(name: &str, mut last: impl Iterator<Item = &'l str> + Clone) -> bool {
    let lower = name.to_lowercase();
    let plain = lower.trim_start_matches(['.', '_']);
    !last.clone().any(|known| known == name)
        && (OTHER_RULES.contains(&plain) || last.any(|known| is_near(plain, &known.to_lowercase())))
}

/// `STEM.yaml` in another case, with another ending of YAML or JSON, with a wrong letter, or a copy of it.
fn is_like(name: &str, stem: &str) -> bool {
    let lower = name.to_lowercase();
    let mut plain = lower.strip_prefix('.').unwrap_or(&lower);
    while let Some(rest) = copied(plain) {
        plain = rest;
    }
    match plain.split_once('.') {
        Some((begin, endings)) if endings.split('.').all(|one| matches!(one, "yaml" | "yml" | "json" | "toml")) => {
            is_near(begin, stem)
        }
        Some((begin, ending)) => begin == stem && is_near(ending, "yaml"),
        None => plain == stem,
    }
}

/// The name of what a file is a copy of, by its own: `service.yaml` for `service.yaml.orig` and `service.yaml~`.
fn copied(name: &str) -> Option<&str> {
    let rest = match name.strip_suffix('~') {
        Some(rest) => Some(rest),
        None => name.rsplit_once('.').filter(|(_, ending)| COPIES.contains(ending)).map(|(rest, _)| rest),
    };
    rest.filter(|rest| rest.contains('.'))
}

fn is_near(name: &str, known: &str) -> bool {
    strsim::damerau_levenshtein(name, known) <= WRONG.min(known.chars().count() / 3)
}

/// What is known beside something that is not read.
pub(super) struct Known<'k> {
    pub(super) layout: &'k Layout,
    /// The directories of services.
    pub(super) services: &'k BTreeSet<&'k str>,
    /// Globs without an effect.
    pub(super) idle: &'k [IdleGlob],
}

/// What is to be said about something that is not read; nothing where it is none of ours.
pub(super) fn judge(unread: &Unread, known: &Known<'_>, sources: &mut Sources) -> Option<Diagnostic> {
    let path = &unread.path;
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let first = known.layout.rules.first();
    let place = |sources: &mut Sources| sources.add(path.clone(), "").span(0, 0);
    match &unread.looks {
        Looks::Config => {
            let text = format!("`{path}` is not read: the fleet's file is `hedgerow.yaml`");
            Some(
                ignored(text, place(sources))
                    .severity(Severity::Warning)
                    .help("move what it says to hedgerow.yaml, and remove it"),
            )
        }
        Looks::Metadata { file, place } => misnamed(path, file, place, sources),
        Looks::Rule => {
            let message = format!("`{path}` is not read: rules lie in `{first}`");
            let end = name.len().saturating_sub(super::rule::EXTENSION.len());
            let name = format!("{}{}", name.get(..end).unwrap_or(name), super::rule::EXTENSION);
            Some(ignored(message, place(sources)).help(format!("move it to `{directory}/{first}/{name}`")))
        }
        Looks::Rules(files) => {
            let rules = files.iter().filter(|file| is_rule(file)).count();
            let is_other = OTHER_RULES.contains(&name.to_lowercase().trim_start_matches(['.', '_']));
            if rules == 0 && (is_other || files.is_empty()) {
                return None;
            }
            let held = if rules == 0 { "looks like a directory of rules".to_owned() } else { holds(rules) };
            let message = format!("`{path}` {held} and is not read: rules lie in `{first}`");
            let severity = if rules == 0 { Severity::Warning } else { Severity::Error };
            let diagnostic = ignored(message, place(sources)).severity(severity);
            Some(diagnostic.help(if name.trim_start_matches(['.', '_']).eq_ignore_ascii_case("ingress") {
                format!(
                    "a rule lies with the caller: move it to `{first}` of the service that calls, and name it after the service that is called"
                )
            } else if name.eq_ignore_ascii_case(last(first)) {
                format!("rename it to `{}`, or move its files there", last(first))
            } else {
                let service = below_rules(path, known.layout);
                move_or_list(path, service, known.layout)
            }))
        }
        Looks::Strays { files, service } => strays(path, files, service.as_deref(), known.layout, sources),
        Looks::Outside(files) => {
            let rules = files.iter().filter(|file| is_rule(file)).count();
            let message = format!("`{path}` is not read: it is reserved for rules about hosts outside of the cluster");
            let help = "Hedgerow has no such rules yet; a rule for a service lies one directory above";
            (rules > 0).then(|| ignored(message, place(sources)).severity(Severity::Warning).help(help))
        }
        Looks::Service { rules, file } => {
            // Without a glob that was understood nobody knows what is a service.
            if known.layout.include.is_empty() {
                return None;
            }
            let text = file.as_ref().and_then(|file| file.text.as_deref().ok());
            let says = text.map(|text| says(text)).filter(|says| *says != Says::Mixed);
            let file = says.and_then(Says::severity);
            let mut held = Vec::new();
            match rules.as_slice() {
                [] => {}
                [_] => held.push("a rule".to_owned()),
                many => held.push(format!("{} rules", many.len())),
            }
            held.extend(file.map(|_| "a service.yaml".to_owned()));
            if held.is_empty() {
                return None;
            }
            let what = if path == "." { "the directory of hedgerow.yaml".to_owned() } else { format!("`{path}`") };
            let message = format!("{what} holds {} and is no service, so nothing of it is read", held.join(" and "));
            // A file that is no YAML may be somebody else's; a rule is ours.
            let is_sure = !rules.is_empty() || file == Some(Severity::Error);
            let severity = if is_sure { Severity::Error } else { Severity::Warning };
            Some(ignored(message, place(sources)).severity(severity).help(globs::meant(path, known)))
        }
        Looks::Inside(service) => {
            let message = format!("`{path}` is no service: it lies inside `{service}`, which is one");
            let help = format!(
                "services do not lie in one another: move it out of `{service}`, or list it under `services.exclude` in hedgerow.yaml"
            );
            Some(ignored(message, place(sources)).severity(Severity::Warning).help(help))
        }
        Looks::Rest => {
            let what = if path == "." { "the tree".to_owned() } else { format!("`{path}`") };
            let message =
                format!("{what} has so many directories that not all were searched for files that nothing reads");
            Some(
                ignored(message, place(sources))
                    .severity(Severity::Warning)
                    .help("list large directories without services under `services.exclude` in hedgerow.yaml"),
            )
        }
    }
}

fn ignored(message: String, span: Span) -> Diagnostic {
    Diagnostic::new(Code::IgnoredFile, message).mark(span, "")
}

fn holds(rules: usize) -> String {
    if rules == 1 { "holds a rule".to_owned() } else { format!("holds {rules} rules") }
}

/// What is to be said about a file that looks like a `service.yaml`.
fn misnamed(path: &str, file: &File, place: &MetadataPlace, sources: &mut Sources) -> Option<Diagnostic> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let text = file.text.as_deref().ok()?;
    let says = says(text);
    let mut severity = says.severity()?;
    // Further below the name is many tools', and what has not one key of ours is theirs.
    if matches!(place, MetadataPlace::Below(_)) && says != Says::Ours {
        return None;
    }
    if *place == MetadataPlace::Beside && copied(name).is_some() {
        severity = Severity::Warning;
    }
    let span = sources.add(path.to_owned(), text.clone()).span(0, 0);
    let (why, help) = match place {
        MetadataPlace::Alone => (
            "the file that describes a service is called `service.yaml`".to_owned(),
            "rename it to `service.yaml`; where it is none of Hedgerow's, give it another name".to_owned(),
        ),
        MetadataPlace::Beside => (
            "`service.yaml` beside it is".to_owned(),
            "move what it says to `service.yaml`, and remove it; where it is none of Hedgerow's, give it another name"
                .to_owned(),
        ),
        MetadataPlace::Below(service) => (
            "a `service.yaml` lies in the service's own directory".to_owned(),
            format!(
                "move what it says to `{service}/service.yaml`, and remove it; where it is none of Hedgerow's, give it another name, or list `{directory}` under `services.exclude` in hedgerow.yaml"
            ),
        ),
    };
    Some(ignored(format!("`{path}` is not read: {why}"), span).severity(severity).help(help))
}

/// What is to be said about files that look like rules and lie where nobody looks.
fn strays(
    path: &str,
    files: &[File],
    service: Option<&str>,
    layout: &Layout,
    sources: &mut Sources,
) -> Option<Diagnostic> {
    let first = layout.rules.first();
    let is_ours = |file: &File| file.text.as_deref().is_ok_and(|text| is_rule_text(text));
    let is_sure = files.iter().any(is_ours);
    let holds = holds(files.len());
    let none_of_ours = "where it is none of Hedgerow's, list";
    let (message, help) = match service {
        Some(service) => {
            let mut help = move_or_list(path, Some(service), layout);
            if !is_sure {
                help = format!("{help}; {none_of_ours} `{path}` under `services.exclude`");
            }
            (format!("`{path}` {holds} and is not read: rules lie in `{first}`"), help)
        }
        None if path == "." => (
            format!("the directory of hedgerow.yaml {holds}, which is not read: rules lie in `{first}` of a service"),
            format!("move it to `{first}` of the service that calls, or give it another name"),
        ),
        None => (
            format!("`{path}` {holds} and lies in no service, so nothing of it is read"),
            format!(
                "move it to `{first}` of the service that calls; {none_of_ours} `{path}` under `services.exclude` in hedgerow.yaml"
            ),
        ),
    };
    let severity = if is_sure { Severity::Error } else { Severity::Warning };
    Some(ignored(message, sources.add(path.to_owned(), "").span(0, 0)).severity(severity).help(help))
}

/// The directory of the service in whose rule directory's place another one lies: that of `a/deploy/Egress` with `rules: [deploy/egress]` is `a`.
fn below_rules<'p>(path: &'p str, layout: &Layout) -> Option<&'p str> {
    let above = path.rsplit_once('/')?.0;
    let inside = layout.rules.iter().filter_map(|rules| rules.rsplit_once('/').map(|(above, _)| above));
    let mut inside = inside.filter_map(|inside| above.strip_suffix(inside)?.strip_suffix('/'));
    Some(inside.next().unwrap_or(above))
}

/// What can be done about a directory of rules that nobody looks into.
fn move_or_list(path: &str, service: Option<&str>, layout: &Layout) -> String {
    let first = layout.rules.first();
    let Some(service) = service else { return format!("move its files to `{first}` of a service") };
    let own = path.strip_prefix(service).map_or(path, |rest| rest.trim_start_matches('/'));
    let all: Vec<&str> = layout.rules.iter().map(String::as_str).chain([own]).collect();
    format!(
        "move its files to `{service}/{first}`, or list it under `services.rules` in hedgerow.yaml: `rules: [{}]`",
        all.join(", ")
    )
}

/// Whether a text is one of a rule file: nothing, or only keys of one.
fn is_rule_text(text: &str) -> bool {
    match hedgerow_yaml::parse(text) {
        Ok(Some(node)) => node.as_mapping().is_some_and(|mapping| {
            let is_known = |key: &str| super::form::RULE.names().any(|known| known == key);
            mapping.pairs.iter().all(|pair| pair.key.as_str().is_some_and(is_known))
        }),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// Whether a file called `service.yaml` is somebody else's: a manifest, or a template of one.
#[must_use]
pub fn is_foreign(text: &str) -> bool {
    match says(text) {
        Says::Mixed | Says::Others | Says::Template => true,
        Says::Nothing => !text.trim().is_empty() && hedgerow_yaml::parse(text).is_ok_and(|node| node.is_none()),
        Says::Ours | Says::Unparsed | Says::Unlike => false,
    }
}

/// Whether a text that is not one document of YAML says by its lines that it is a manifest, or is a template.
fn is_template(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    text.contains("{{") || has("apiVersion:") && has("kind:")
}

/// What a text says that may be a `service.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// All of its keys are keys of one.
    Ours,
    /// Half of its keys are, or are nearly; or more.
    Mixed,
    /// Other keys.
    Others,
    /// Nothing.
    Nothing,
    /// It is no YAML.
    Unparsed,
    /// It is no YAML, and somebody else's.
    Template,
    /// It is no mapping.
    Unlike,
}

impl Says {
    /// How sure it is that the text is meant for Hedgerow; nothing where it is somebody else's.
    const fn severity(self) -> Option<Severity> {
        match self {
            Self::Ours => Some(Severity::Error),
            Self::Mixed | Self::Nothing | Self::Unparsed => Some(Severity::Warning),
            Self::Others | Self::Template | Self::Unlike => None,
        }
    }
}

fn says(text: &str) -> Says {
    let node = match hedgerow_yaml::parse(text) {
        Err(_) if is_template(text) => return Says::Template,
        Err(_) => return Says::Unparsed,
        Ok(None) => return Says::Nothing,
        Ok(Some(node)) => node,
    };
    let Some(mapping) = node.as_mapping() else { return Says::Unlike };
    let keys = || mapping.pairs.iter().filter_map(|pair| pair.key.as_str());
    let names = || super::form::SERVICE.names();
    let ours = keys().filter(|key| names().any(|known| known == *key)).count();
    let near = keys().filter(|key| names().any(|known| is_near(key, known))).count();
    match mapping.pairs.len() {
        0 => Says::Nothing,
        all if ours == all => Says::Ours,
        all if near * 2 >= all && !super::service::is_manifest(&node) => Says::Mixed,
        _ => Says::Others,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
