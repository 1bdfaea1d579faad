//! What is not read although it looks as if it were meant to be: said, with what to do, instead of ignored.
//!
//! Names are compared without regard to case, and a letter or two may be wrong. A file is only called ours where its text says
//! so as well: `service.yml` is a name that others use too.

use crate::diag::{Code, Diagnostic, Severity};
use crate::fleet::Layout;
use crate::source::{Sources, Span};
use crate::tree::{GlobKind, Idle, IdleGlob, Looks, Unread};

/// How many letters of a name may be wrong.
const WRONG: usize = 2;
/// How many names a message lists.
const NAMED: usize = 3;
/// Directories that tools fill, and in which nobody writes a service.
pub const GENERATED: [&str; 3] = ["node_modules", "target", "vendor"];
/// Names under which others keep rules: those for incoming calls, which lie with nobody here, and rules of any kind.
const OTHER_RULES: [&str; 4] = ["ingress", "rules", "rule", "policies"];

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
    if name.ends_with(super::rule::EXTENSION) {
        Some(Alike::Rule)
    } else if name != "service.yaml" && is_like(name, "service") {
        Some(Alike::Metadata)
    } else {
        None
    }
}

/// Whether a directory is named as if rules were in it, and is not one of those that are read. `last` are the last parts of
/// those.
#[must_use]
pub fn is_like_rules<'l>(name: &str, mut last: impl Iterator<Item = &'l str> + Clone) -> bool {
    let lower = name.to_lowercase();
    !last.clone().any(|known| known == name)
        && (OTHER_RULES.contains(&lower.as_str()) || last.any(|known| is_near(&lower, &known.to_lowercase())))
}

/// `STEM.yaml` in another case, with another ending of YAML or JSON, or with a wrong letter.
fn is_like(name: &str, stem: &str) -> bool {
    let lower = name.to_lowercase();
    let lower = lower.strip_prefix('.').unwrap_or(&lower);
    match lower.split_once('.') {
        Some((begin, "yaml" | "yml" | "json" | "toml" | "yaml.txt" | "yml.txt")) => is_near(begin, stem),
        Some((begin, ending)) => begin == stem && is_near(ending, "yaml"),
        None => lower == stem,
    }
}

fn is_near(name: &str, known: &str) -> bool {
    strsim::damerau_levenshtein(name, known) <= WRONG.min(known.chars().count() / 3)
}

/// What is to be said about something that is not read; nothing where it is none of ours.
pub(super) fn judge(unread: &Unread, layout: &Layout, sources: &mut Sources) -> Option<Diagnostic> {
    let path = &unread.path;
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let first = layout.rules.first();
    let place = |sources: &mut Sources| sources.add(path.clone(), "").span(0, 0);
    let ignored = |message: String, span: Span| Diagnostic::new(Code::IgnoredFile, message).mark(span, "");
    match &unread.looks {
        Looks::Config => {
            let text = format!("`{path}` is not read: the fleet's file is `hedgerow.yaml`");
            Some(
                ignored(text, place(sources))
                    .severity(Severity::Warning)
                    .help("move what it says to hedgerow.yaml, and remove it"),
            )
        }
        Looks::Metadata(file) => {
            let text = file.text.as_deref().ok()?;
            let severity = metadata(text)?;
            let span = sources.add(path.clone(), text.clone()).span(0, 0);
            let message = format!("`{path}` is not read: the file that describes a service is called `service.yaml`");
            let help = "rename it to `service.yaml`; where it is none of Hedgerow's, give it another name";
            Some(ignored(message, span).severity(severity).help(help))
        }
        Looks::Rule => {
            let message = format!("`{path}` is not read: rules lie in `{first}`");
            Some(ignored(message, place(sources)).help(format!("move it to `{directory}/{first}/{name}`")))
        }
        Looks::Rules(files) => {
            let rules: Vec<_> = files.iter().filter(|file| file.ends_with(super::rule::EXTENSION)).collect();
            let is_other = OTHER_RULES.contains(&name.to_lowercase().as_str());
            if rules.is_empty() && (is_other || files.is_empty()) {
                return None;
            }
            let held = match rules.len() {
                0 => "looks like a directory of rules".to_owned(),
                1 => "holds a rule".to_owned(),
                many => format!("holds {many} rules"),
            };
            let message = format!("`{path}` {held} and is not read: rules lie in `{first}`");
            let severity = if rules.is_empty() { Severity::Warning } else { Severity::Error };
            let diagnostic = ignored(message, place(sources)).severity(severity);
            Some(if name.eq_ignore_ascii_case("ingress") {
                diagnostic.help(format!(
                    "a rule lies with the caller: move it to `{first}` of the service that calls, and name it after the service that is called"
                ))
            } else {
                diagnostic
                    .help(format!("rename it to `{}`, or list it under `services.rules` in hedgerow.yaml", last(first)))
            })
        }
        Looks::Outside(files) => {
            let rules = files.iter().filter(|file| file.ends_with(super::rule::EXTENSION)).count();
            let message = format!("`{path}` is not read: it is reserved for rules about hosts outside of the cluster");
            let help = "Hedgerow has no such rules yet; a rule for a service lies one directory above";
            (rules > 0).then(|| ignored(message, place(sources)).severity(Severity::Warning).help(help))
        }
        Looks::Service { rules, file } => {
            let file = file.as_ref().filter(|file| file.text.as_deref().is_ok_and(|text| metadata(text).is_some()));
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
            let is_sure = file
                .is_none_or(|file| file.text.as_ref().ok().and_then(|text| metadata(text)) == Some(Severity::Error));
            let severity = if is_sure || !rules.is_empty() { Severity::Error } else { Severity::Warning };
            let diagnostic = ignored(message, place(sources)).severity(severity);
            let globs: Vec<_> = layout.include.iter().map(|glob| format!("`{}`", glob.value)).collect();
            Some(match meant(name, layout) {
                _ if path == "." => diagnostic.help(super::config::ROOT_HELP),
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`? rename the directory")),
                None => diagnostic.help(format!(
                    "add it to `services.include` in hedgerow.yaml, which has {}; where it is none, list it under `services.exclude`",
                    globs.join(", ")
                )),
            })
        }
        Looks::Rest => {
            let message =
                "the tree has so many directories that not all were searched for files that nothing reads".to_owned();
            Some(
                ignored(message, place(sources))
                    .severity(Severity::Warning)
                    .help("list large directories without services under `services.exclude` in hedgerow.yaml"),
            )
        }
    }
}

/// Whether a file called `service.yaml` is somebody else's: a manifest, or a template of one.
#[must_use]
pub fn is_foreign(text: &str) -> bool {
    metadata(text).is_none()
        && hedgerow_yaml::parse(text)
            .ok()
            .flatten()
            .is_none_or(|node| node.as_mapping().is_some_and(|mapping| !mapping.pairs.is_empty()))
        && !text.trim().is_empty()
}

/// Whether a text that is not one document of YAML says by its lines that it is a manifest, or is a template.
fn is_template(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    text.contains("{{") || has("apiVersion:") && has("kind:")
}

/// How sure it is that a text is a `service.yaml`: all of its keys are keys of one, or it is no YAML at all. Nothing where it is
/// somebody else's file.
fn metadata(text: &str) -> Option<Severity> {
    match hedgerow_yaml::parse(text) {
        Err(_) => (!is_template(text)).then_some(Severity::Warning),
        Ok(None) => None,
        Ok(Some(node)) => {
            let mapping = node.as_mapping()?;
            let is_ours =
                |key: Option<&str>| key.is_some_and(|key| super::form::SERVICE.names().any(|known| known == key));
            let is_service = !mapping.pairs.is_empty() && mapping.pairs.iter().all(|pair| is_ours(pair.key.as_str()));
            is_service.then_some(Severity::Error)
        }
    }
}

/// The name that a glob would match, of which a letter or two are wrong.
fn meant(name: &str, layout: &Layout) -> Option<String> {
    layout.include.iter().find_map(|glob| {
        let glob = last(&glob.value);
        let known = &glob[..glob.find(['*', '?', '[', '{']).unwrap_or(glob.len())];
        let begin: String = name.chars().take(known.chars().count()).collect();
        let rest = &name[begin.len()..];
        let is_meant = begin != known && known.chars().count() > WRONG && is_near(&begin.to_lowercase(), known);
        is_meant.then(|| format!("{known}{rest}"))
    })
}

/// What is to be said about a glob that has no effect.
pub(super) fn idle(glob: &IdleGlob, layout: &Layout) -> Option<Diagnostic> {
    let written = match glob.kind {
        GlobKind::Include => layout.include.get(glob.index),
        GlobKind::Exclude => layout.exclude.get(glob.index),
    }?;
    let say = |message: String| Diagnostic::new(Code::IdleGlob, message).mark(written.span, "");
    Some(match (&glob.why, glob.kind) {
        (Idle::Nothing, GlobKind::Include) => say(format!("no directory matches `{}`", written.value))
            .help("a glob begins at the directory of hedgerow.yaml; `*` stays within one name, and `**/` goes down any number of directories"),
        (Idle::Nothing, GlobKind::Exclude) => {
            say(format!("`{}` excludes nothing: no directory that `services.include` matches fits it", written.value))
                .help("correct it, or take it away")
        }
        (Idle::File(file), _) => say(format!("`{}` matches the file `{file}` and no directory", written.value))
            .help("a service is a directory; name the one that the file lies in"),
        (Idle::Excluded(path, by), _) => {
            let by = layout.exclude.get(*by)?;
            say(format!("`{}` has no effect: what it matches, such as `{path}`, is excluded", written.value))
                .mark(by.span, "by this glob")
                .help("take one of the two away")
        }
        (Idle::Below(path, service), _) => {
            say(format!("`{}` has no effect: `{path}` lies below `{service}`, which is a service itself", written.value))
                .help(format!("services do not lie in one another: let `services.include` not match `{service}`, or list it under `services.exclude`"))
        }
    })
}

/// No directory is a service.
pub(super) fn empty(layout: &Layout) -> Diagnostic {
    let globs: Vec<_> = layout.include.iter().take(NAMED).map(|glob| format!("`{}`", glob.value)).collect();
    let message = "there are no services, so nothing is checked and nothing is rendered";
    let mut diagnostic = Diagnostic::new(Code::EmptyFleet, message);
    if let Some(glob) = layout.include.first() {
        diagnostic = diagnostic.mark(glob.span, "no directory matches");
    }
    let name = layout.include.first().map_or("service.*", |glob| glob.value.as_str()).replace(['*', '?'], "ledger");
    diagnostic.help(format!(
        "make a directory that {} matches, such as `{}`",
        globs.join(" or "),
        name.replace("ledgerledger/", "")
    ))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
