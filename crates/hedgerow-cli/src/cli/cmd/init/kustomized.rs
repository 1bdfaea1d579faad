//! What a kustomization deploys, as globs of files: what it takes in and lays over that, and no file beside these.

use crate::look::{Look, is_within};
use std::collections::BTreeSet;
use std::path::Path;

/// The directory of the kustomization that a path names: its file, or the directory where it lies. None for the whole tree.
pub(super) fn named<'l>(look: &'l Look, path: &str) -> Option<&'l str> {
    let mut all = look.kustomizations.iter().filter(|one| !one.directory.is_empty());
    all.find(|one| one.path == path || one.directory == path).map(|one| one.directory.as_str())
}

/// The globs of what the kustomization of a directory deploys. `files` are those of the tree by which something is deployed: a directory that has
/// none besides is one glob.
pub(super) fn globs(root: &Path, look: &Look, files: &BTreeSet<String>, directory: &str) -> BTreeSet<String> {
    let (mut open, mut seen) = (vec![directory.to_owned()], BTreeSet::new());
    let (mut whole, mut taken) = (BTreeSet::new(), BTreeSet::new());
    while let Some(at) = open.pop() {
        if !seen.insert(at.clone()) {
            continue;
        }
        let mut is_known = false;
        for one in look.kustomizations.iter().filter(|one| one.directory == at) {
            is_known = true;
            taken.insert(one.path.clone());
            taken.extend(one.others.iter().filter(|path| root.join(path).is_file()).cloned());
            open.extend(one.resources.iter().filter(|path| root.join(path).is_dir()).cloned());
        }
        // What is no kustomization is read by whatever it is: a chart.
        if !is_known {
            whole.insert(at);
        }
    }
    // The outermost directories of which all is taken.
    let is_taken = |file: &String| taken.contains(file) || whole.iter().any(|at| is_within(file, at));
    // What a kustomization leaves out beside it is not in the deployment either.
    let all = || files.iter().chain(look.unlisted.keys());
    let is_whole = |at: &&String| !at.is_empty() && all().filter(|file| is_within(file, at)).all(is_taken);
    let full: BTreeSet<&String> = seen.iter().filter(is_whole).chain(&whole).collect();
    let files = taken.iter().filter(|file| !full.iter().any(|at| is_within(file, at)));
    let full_globs = full.iter().map(|at| format!("{}/**", globset::escape(at)));
    files.map(|file| globset::escape(file)).chain(full_globs).collect()
}
