//! What is said about the globs of directories: those without an effect, and those that a directory was meant for.

use super::{Known, WRONG, is_near, last};
use crate::diag::{Code, Diagnostic, enumerate};
use crate::fleet::Layout;
use crate::name::ServiceName;
use crate::tree::{GlobKind, Idle, IdleGlob};

/// How many names a message lists.
const NAMED: usize = 3;
/// Names for an example, in the place of a glob's `*`.
const SAMPLES: [&str; 3] = ["ledger", "emoji", "cart"];

fn fits(glob: &str, path: &str) -> bool {
    let glob = globset::GlobBuilder::new(glob).literal_separator(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

fn is_included(path: &str, layout: &Layout) -> bool {
    layout.include.iter().any(|glob| fits(&glob.value, path))
}

fn is_excluded(path: &str, layout: &Layout) -> bool {
    layout.exclude.iter().any(|glob| fits(&glob.value, path))
}

/// What a glob begins with, before its first wildcard.
fn begin_of(glob: &str) -> &str {
    &glob[..glob.find(['*', '?', '[', '{']).unwrap_or(glob.len())]
}

/// The begin of a name that is meant to be `known`, of which a letter or two are wrong.
fn begin<'n>(name: &'n str, known: &str) -> Option<&'n str> {
    let length = known.chars().count();
    let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    let begins = ends.enumerate().filter(|(count, _)| count.abs_diff(length) <= WRONG).map(|(_, end)| &name[..end]);
    let near = begins.filter(|begin| is_near(&begin.to_lowercase(), &known.to_lowercase()));
    // What ends in a separator, as the glob does, is the whole of what it stands for.
    let is_separated = |text: &str| text.ends_with(|last: char| !last.is_alphanumeric());
    near.min_by_key(|begin| {
        let distance = strsim::damerau_levenshtein(&begin.to_lowercase(), &known.to_lowercase());
        (distance, is_separated(begin) != is_separated(known), begin.len())
    })
}

/// The directory that was meant by one that no glob matches.
fn renamed(path: &str, layout: &Layout) -> Option<String> {
    let name = last(path);
    let above = &path[..path.len() - name.len()];
    layout.include.iter().find_map(|glob| {
        let known = begin_of(last(&glob.value));
        if known.chars().count() <= WRONG {
            return None;
        }
        let begin = begin(name, known)?;
        let meant = format!("{known}{}", &name[begin.len()..]);
        let whole = format!("{above}{meant}");
        let is_sound = meant != name && ServiceName::new(&meant).is_ok();
        (is_sound && is_included(&whole, layout) && !is_excluded(&whole, layout)).then_some(whole)
    })
}

/// The glob that was meant by one that matches no directory, if it was meant for this one.
fn corrected(glob: &str, path: &str) -> Option<String> {
    let name = last(path);
    ServiceName::new(name).ok()?;
    let above = &path[..path.len() - name.len()];
    let own = last(glob);
    let known = begin_of(own);
    let begun = begin(name, known).filter(|_| known.chars().count() > WRONG);
    let begun = begun.map(|begin| format!("{}{begin}{}", &glob[..glob.len() - own.len()], &own[known.len()..]));
    let elsewhere = format!("{above}{own}");
    let without = glob.strip_suffix(own).map(|rest| rest.trim_end_matches('/').to_owned());
    let meant = [Some(glob.to_lowercase()), without, begun, Some(elsewhere)];
    meant.into_iter().flatten().find(|meant| !meant.is_empty() && meant != glob && fits(meant, path))
}

/// What can be done about a directory that looks like a service and is none.
pub(super) fn meant(path: &str, known: &Known<'_>) -> String {
    let layout = known.layout;
    if path == "." {
        return crate::read::config::ROOT_HELP.to_owned();
    }
    // A glob that matches nothing is likelier to be wrong than the directory.
    let idle = known.idle.iter().filter(|idle| idle.kind == GlobKind::Include);
    let idle = idle.filter(|idle| matches!(idle.why, Idle::Nothing | Idle::File(_)));
    let mut wrong = idle.filter_map(|idle| {
        let glob = &layout.include.get(idle.index)?.value;
        Some((glob, corrected(glob, path)?))
    });
    if let Some((glob, meant)) = wrong.next() {
        return format!("did you mean `{meant}`? write it for `{glob}` under `services.include` in hedgerow.yaml");
    }
    match renamed(path, layout) {
        Some(meant) if known.services.contains(meant.as_str()) => {
            format!("did you mean `{meant}`? it is a service already: move the files there")
        }
        Some(meant) => format!("did you mean `{meant}`? rename the directory"),
        None => {
            let globs: Vec<_> = layout.include.iter().map(|glob| format!("`{}`", glob.value)).collect();
            format!(
                "add it to `services.include` in hedgerow.yaml, which has {}; where it is none, list it under `services.exclude`",
                globs.join(", ")
            )
        }
    }
}

/// What is to be said about a glob that has no effect.
pub(in crate::read) fn idle(glob: &IdleGlob, layout: &Layout) -> Option<Diagnostic> {
    let list = match glob.kind {
        GlobKind::Include => &layout.include,
        GlobKind::Exclude => &layout.exclude,
        GlobKind::Rules => {
            let (name, place) = (layout.rules.iter().nth(glob.index)?, layout.rule_places.get(glob.index)?);
            let message = format!("no service has a directory `{name}`, which `services.rules` lists");
            return Some(Diagnostic::new(Code::IdleGlob, message).mark(*place, "").help("correct it, or take it away"));
        }
    };
    let written = list.get(glob.index)?;
    let say = |message: String| Diagnostic::new(Code::IdleGlob, message).mark(written.span, "");
    Some(match (&glob.why, glob.kind) {
        (Idle::Nothing | Idle::Absent, GlobKind::Include) => say(format!("no directory matches `{}`", written.value))
            .help("a glob begins at the directory of hedgerow.yaml; `*` stays within one name, and `**/` goes down any number of directories"),
        (Idle::Nothing | Idle::Absent, GlobKind::Exclude | GlobKind::Rules) => {
            say(format!("`{}` excludes nothing: no directory that `services.include` matches fits it", written.value))
                .help("correct it, or take it away")
        }
        (Idle::File(file), _) => {
            let help = match written.value.rsplit_once('/') {
                Some((directory, _)) => format!("a service is a directory: write `{directory}`"),
                None => "a service is a directory below that of hedgerow.yaml: name one, or take the glob away".to_owned(),
            };
            say(format!("`{}` matches the file `{file}` and no directory", written.value)).help(help)
        }
        (Idle::Excluded(path, by), _) => {
            let by = layout.exclude.get(*by)?;
            let help = match layout.include.as_slice() {
                [_] => format!("take `{}` out of `services.exclude`, or exclude less by it", by.value),
                _ => "take one of the two away".to_owned(),
            };
            say(format!("`{}` has no effect: what it matches, such as `{path}`, is excluded", written.value))
                .mark(by.span, "by this glob")
                .help(help)
        }
        (Idle::Below(path, service), _) => {
            say(format!("`{}` has no effect: `{path}` lies below `{service}`, which is a service itself", written.value))
                .help(format!("services do not lie in one another: let `services.include` not match `{service}`, or list it under `services.exclude`"))
        }
        (Idle::Shadowed(others), kind) => {
            let others: Vec<_> = others.iter().filter_map(|other| list.get(*other)).collect();
            let names = enumerate(others.iter().map(|other| format!("`{}`", other.value)));
            let does = match kind {
                GlobKind::Include => "matched",
                GlobKind::Exclude | GlobKind::Rules => "excluded",
            };
            let mut said =
                say(format!("`{}` has no effect: all that it matches is {does} by {names} too", written.value));
            for other in others {
                said = said.mark(other.span, "by this glob");
            }
            said.help("take it away")
        }
    })
}

/// No directory is a service.
pub(in crate::read) fn empty(known: &Known<'_>) -> Diagnostic {
    let layout = known.layout;
    let message = "there are no services, so nothing is checked and nothing is rendered";
    let mut diagnostic = Diagnostic::new(Code::EmptyFleet, message);
    let excluded = known.idle.iter().find_map(|idle| match &idle.why {
        Idle::Excluded(path, by) => Some((path, layout.exclude.get(*by)?)),
        Idle::Nothing | Idle::Absent | Idle::File(_) | Idle::Below(..) | Idle::Shadowed(_) => None,
    });
    if let Some(glob) = layout.include.first() {
        let why = if excluded.is_some() { "what it matches is excluded" } else { "no directory matches" };
        diagnostic = diagnostic.mark(glob.span, why);
    }
    if let Some((path, by)) = excluded {
        return diagnostic.help(format!(
            "`{path}` would be one: take `{}` out of `services.exclude`, or exclude less by it",
            by.value
        ));
    }
    let sample = layout.include.iter().find_map(|glob| Some((glob, example(&glob.value, layout)?)));
    diagnostic.help(match sample {
        Some((_, sample)) => {
            let globs = layout.include.iter().take(NAMED).map(|glob| format!("`{}`", glob.value));
            let globs: Vec<_> = globs.collect();
            format!("make a directory that {} matches, such as `{sample}`", globs.join(" or "))
        }
        None => {
            "write globs under `services.include` that match directories which are called like services, such as `service.*` for `service.ledger`"
                .to_owned()
        }
    })
}

/// A directory that a glob matches, and that would be a service.
fn example(glob: &str, layout: &Layout) -> Option<String> {
    let is_file = |name: &str| [".yaml", ".yml", ".json", ".rule", ".toml"].iter().any(|end| name.ends_with(end));
    SAMPLES.iter().find_map(|sample| {
        let parts = glob.split('/').filter(|part| *part != "**").map(|part| part.replace(['*', '?'], sample));
        let mut parts: Vec<String> = parts.collect();
        if glob.ends_with("**") {
            parts.push((*sample).to_owned());
        }
        let path = parts.join("/");
        let name = last(&path);
        let is_sound = ServiceName::new(name).is_ok() && !is_file(name) && fits(glob, &path);
        (is_sound && !is_excluded(&path, layout)).then_some(path)
    })
}
