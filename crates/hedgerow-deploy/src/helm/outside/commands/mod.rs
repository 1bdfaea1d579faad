//! Calls of `helm` in scripts, makefiles and pipelines: `helm upgrade NAME CHART -f values.yaml --set a.b=c`. See
//! <https://helm.sh/docs/helm/helm_upgrade/>.

mod assigned;
mod call;
mod documents;
mod flags;
mod keyed;
mod parameters;
mod place;
mod scripts;
mod shell;
mod windows;
mod words;

use super::Written;
use super::directories_above;
use super::names::Names;

/// How many calls of one file are read.
const MAX_CALLS: usize = 256;

/// Whether a file may call `helm`, as far as its name and its words say.
pub(super) fn is_read(path: &str, text: &str, names: &Names) -> bool {
    call::VERBS.iter().any(|verb| text.contains(verb))
        && ["helm", "HELM"].iter().any(|name| names_program(text, name))
        && scripts::is_script(path, text, names)
}

/// Whether a text has the name of the program, and not only labels and pictures that begin with it: `helm.sh/chart`.
fn names_program(text: &str, name: &str) -> bool {
    let ends = |at: usize| match text.as_bytes().get(at + name.len()) {
        Some(b'.') => text[at..].starts_with("helm.exe"),
        Some(next) => !(next.is_ascii_alphabetic() || matches!(next, b'/' | b'-')),
        None => false,
    };
    text.match_indices(name).any(|(at, _)| ends(at))
}

/// The releases that a text installs, and what of it is not read.
pub(super) fn releases(path: &str, text: &str, names: &Names) -> (Vec<Written>, Option<String>) {
    if !is_read(path, text, names) {
        return (Vec::new(), None);
    }
    let above = directories_above(path);
    let (scripts, mut is_cut) = scripts::of(path, text);
    let mut found = Vec::new();
    for script in scripts {
        let (calls, is_more) = shell::calls(&script, names, &above);
        is_cut |= is_more;
        for mut release in calls {
            if found.len() == MAX_CALLS {
                return (found, Some(format!("more than {MAX_CALLS} calls of helm in a file")));
            }
            release.bases.clone_from(&above);
            found.push(release);
        }
    }
    (found, is_cut.then(|| "commands of more text than is read of one file".to_owned()))
}
