//! `--deploy`: the deployment that a person wants, as files.

use super::found::Wanted;
use super::kustomized;
use crate::look::{Look, last_part};
use anyhow::bail;
use globset::{GlobBuilder, GlobSetBuilder};
use std::collections::BTreeSet;
use std::path::Path;

/// The files that these paths name, or everything that is wrong with the paths.
pub(super) fn wanted(directory: &Path, paths: &[String], look: &Look) -> anyhow::Result<Option<Wanted>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let files = deploying(look);
    let (mut globs, mut set, mut wrong) = (BTreeSet::new(), GlobSetBuilder::new(), Vec::new());
    for written in paths {
        match glob(directory, written, &files) {
            Ok((glob, of)) => {
                let all: BTreeSet<String> = match kustomized::named(look, glob.strip_suffix("/**").unwrap_or(&glob)) {
                    Some(at) => kustomized::globs(directory, look, &files, at),
                    // Whatever an overlay or a compose file brings is deployed with it.
                    None => std::iter::once(glob).chain(brought(look, &of)).chain(included(look, &of)).collect(),
                };
                for glob in all {
                    if let Ok(glob) = GlobBuilder::new(&glob).literal_separator(true).build() {
                        set.add(glob);
                    }
                    globs.insert(glob);
                }
            }
            Err(what) => wrong.push(format!("`--deploy {}`: {what}", hedgerow_core::unseen::escaped(written))),
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    // What another one matches need not be said again.
    let is_said = |glob: &String| {
        let within = within(glob);
        let others = globs.iter().filter(|other| *other != glob);
        let mut wider = others.filter_map(|other| GlobBuilder::new(other).literal_separator(true).build().ok());
        !within.is_empty()
            && wider.any(|wider| {
                let wider = wider.compile_matcher();
                within.iter().all(|path| wider.is_match(path))
            })
    };
    let kept = globs.iter().filter(|glob| !is_said(glob)).cloned().collect();
    Ok(Some(Wanted { globs: kept, files: set.build()? }))
}

/// Paths that a glob matches and that stand for all of them: the file that it is, or of a directory what lies in it at any depth. None of
/// another glob.
fn within(glob: &str) -> Vec<String> {
    let directory = glob.strip_suffix("/**");
    let path = ["[*]", "[?]", "[[]", "[]]", "[{]", "[}]", "[!]"]
        .iter()
        .fold(directory.unwrap_or(glob).to_owned(), |path, one| path.replace(one, one.get(1..2).unwrap_or_default()));
    if path.contains(['*', '?', '[', '{']) {
        return Vec::new();
    }
    match directory {
        Some(_) => vec![format!("{path}/x"), format!("{path}/x/x")],
        None => vec![path],
    }
}

/// The files by which something is deployed.
fn deploying(look: &Look) -> BTreeSet<String> {
    let at = |directory: &str, file: &str| {
        if directory.is_empty() { file.to_owned() } else { format!("{directory}/{file}") }
    };
    let workloads = look.workloads.iter().map(|workload| workload.file.clone());
    let charts = look.charts.iter().map(|chart| at(&chart.directory, "Chart.yaml"));
    let bases = look.kustomizations.iter().map(|one| at(&one.directory, "kustomization.yaml"));
    let hosted = look.hosted.values().map(|hosted| hosted.file.clone());
    let others = look.applications.iter().map(|application| application.file.clone());
    workloads
        .chain(charts)
        .chain(bases)
        .chain(hosted)
        .chain(others)
        .chain(look.compose.iter().cloned())
        .chain(look.taken_in.keys().cloned())
        .collect()
}

/// A path as a glob of files, with the files that it names.
fn glob(directory: &Path, written: &str, files: &BTreeSet<String>) -> Result<(String, BTreeSet<String>), String> {
    let inner = Path::new(written).strip_prefix(directory).ok().map(|path| path.display().to_string());
    let path = inner.as_deref().unwrap_or(written);
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err("it lies outside of this tree".to_owned());
    }
    let full = directory.join(path);
    let glob = if path.is_empty() || path == "." {
        "**".to_owned()
    } else if full.is_dir() {
        format!("{}/**", globset::escape(path))
    } else if full.is_file() {
        globset::escape(path)
    } else if path.contains(['*', '?', '[', '{']) {
        path.to_owned()
    } else {
        return Err("no such file or directory".to_owned());
    };
    let matcher = match GlobBuilder::new(&glob).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => return Err(format!("not a glob: {}", error.kind())),
    };
    let of: BTreeSet<String> = files.iter().filter(|file| matcher.is_match(file.as_str())).cloned().collect();
    // A glob may name directories: `services/*/deploy`.
    if of.is_empty()
        && !glob.ends_with("**")
        && !full.exists()
        && let Ok(found) = self::glob(directory, &format!("{}/**", glob.trim_end_matches('/')), files)
    {
        return Ok(found);
    }
    match of.is_empty() {
        true if last_part(path).starts_with("skaffold") => {
            Err("a file of skaffold is no deployment; name the manifests, kustomizations or charts that it deploys, each by a `--deploy`".to_owned())
        }
        true => {
            Err("nothing there deploys a program: no manifest with pods, chart, compose file or AppHost is read there"
                .to_owned())
        }
        false => Ok((glob, of)),
    }
}

/// What the compose files among these take in, and what those take in.
fn included(look: &Look, files: &BTreeSet<String>) -> Vec<String> {
    let (mut open, mut seen): (Vec<&String>, BTreeSet<&String>) = (files.iter().collect(), BTreeSet::new());
    while let Some(file) = open.pop() {
        let taken = look.taken_in.get(file).into_iter().flatten().filter(|path| !files.contains(*path));
        open.extend(taken.filter(|path| seen.insert(path)));
    }
    seen.into_iter().map(|path| globset::escape(path)).collect()
}

/// What the kustomizations among these files bring, and what those bring.
fn brought(look: &Look, files: &BTreeSet<String>) -> Vec<String> {
    let mut open: Vec<String> =
        files.iter().filter_map(|file| file.strip_suffix("kustomization.yaml")).map(own).collect();
    let (mut seen, mut globs) = (BTreeSet::new(), Vec::new());
    while let Some(directory) = open.pop() {
        for of in look.kustomizations.iter().filter(|one| one.directory == directory) {
            for path in &of.resources {
                if seen.insert(path.clone()) && !files.contains(path) {
                    open.push(path.clone());
                }
            }
        }
    }
    // What lies in a directory that is brought is brought with it.
    let is_within = |path: &String| seen.iter().any(|other| crate::look::is_within(path, other));
    for path in seen.iter().filter(|path| !files.contains(*path) && !is_within(path)) {
        let glob = globset::escape(path);
        globs.push(if look.directories.contains(path) { format!("{glob}/**") } else { glob });
    }
    globs
}

fn own(directory: &str) -> String {
    directory.trim_end_matches('/').to_owned()
}
