//! Calls of `helm` in scripts, makefiles and pipelines: `helm upgrade NAME CHART -f values.yaml --set a.b=c`. See <https://helm.sh/docs/helm/helm_upgrade/>.

mod assigned;
mod flags;
mod place;
mod scripts;
mod shell;
mod words;

use super::Written;
use super::directories_above;
use super::names::Names;

/// How many calls of one file are read.
const MAX_CALLS: usize = 256;

/// What a file has to say that calls `helm`.
pub(super) fn is_read(path: &str, text: &str) -> bool {
    let is_call = |verb: &str| text.contains(verb);
    ["upgrade", "install", "template"].iter().any(|verb| is_call(verb))
        && (text.contains("helm") || text.contains("HELM"))
        && scripts::is_script(path, text)
}

/// The releases that a text installs, and what of it is not read.
pub(super) fn releases(path: &str, text: &str, names: &Names) -> (Vec<Written>, Option<String>) {
    if !is_read(path, text) {
        return (Vec::new(), None);
    }
    let above = directories_above(path);
    let mut found = Vec::new();
    for script in scripts::of(path, text) {
        for mut release in shell::calls(&script, names, &above) {
            if found.len() == MAX_CALLS {
                return (found, Some(format!("more than {MAX_CALLS} calls of helm in a file")));
            }
            release.bases.clone_from(&above);
            found.push(release);
        }
    }
    (found, None)
}
