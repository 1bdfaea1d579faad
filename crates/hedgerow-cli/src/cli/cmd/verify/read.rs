//! Reads the manifests that a command line names.

use crate::cli::report::count;
use crate::cli::session::Session;
use crate::manifests::read_manifests;
use anyhow::{Context, bail};
use hedgerow_eval::{Holds, holds};
use std::path::{Path, PathBuf};

/// The name of standard input.
const STDIN: &str = "<stdin>";

/// The texts of files, of the manifests below directories, and of standard input, each with the name to show for it.
///
/// # Errors
/// Where something cannot be read, or where there is nothing to do what is wanted (`verify`) with.
pub(in crate::cli) fn manifests(
    session: &mut Session<'_>,
    files: &[PathBuf],
    wanted: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for file in files {
        if file == Path::new("-") {
            if session.os.stdin_is_terminal() {
                bail!("standard input is a terminal: pipe something into it, or name files");
            }
            let bytes = session.os.read_stdin().context("cannot read standard input")?;
            texts.push((STDIN.to_owned(), decode(&bytes, "standard input")?));
            continue;
        }
        let path = session.os.directory().join(file);
        let found = read_manifests(&path).with_context(|| format!("cannot read `{}`", file.display()))?;
        if let Some(chart) = unrendered(&found) {
            let chart = if chart.as_os_str().is_empty() { file.clone() } else { file.join(chart) };
            let shown = chart.display();
            bail!(
                "`{shown}` is a Helm chart, and its templates are no manifests: name `-` and pipe `helm template NAME {shown}` into it"
            );
        }
        for (below, bytes) in found {
            let name = if below.as_os_str().is_empty() { file.clone() } else { file.join(below) };
            let name = name.display().to_string();
            let text = decode(&bytes, &name)?;
            texts.push((name, text));
        }
    }
    if texts.iter().all(|(_, text)| is_blank(text)) {
        bail!("there is nothing to {wanted}: the files are empty");
    }
    Ok(texts)
}

/// The same without the files that are about something else than objects, such as Hedgerow's own, values of charts and workflows: they are
/// counted, and the first that cannot be read is named. A file that cannot be read and may hold an object stays, and so does an object that
/// lacks its kind.
///
/// # Errors
/// As [`manifests`], where a file that the command line names holds no object, and where directories hold nothing but such files.
pub(in crate::cli) fn objects(
    session: &mut Session<'_>,
    files: &[PathBuf],
    wanted: &str,
) -> anyhow::Result<Vec<(String, String)>> {
    let texts = manifests(session, files, wanted)?;
    let told: Vec<_> = texts.into_iter().map(|text| (holds(&text.1), text)).collect();
    let broken: Vec<String> =
        told.iter().filter(|(holds, _)| *holds == Holds::Unreadable).map(|(_, (name, _))| name.clone()).collect();
    let (objects, others): (Vec<_>, Vec<_>) = told.into_iter().partition(|(holds, _)| *holds == Holds::Objects);
    let [objects, others] = [objects, others].map(|texts| texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
    let Some((first, _)) = others.first() else { return Ok(objects) };
    // What a person names is meant.
    let is_named = |name: &str| name == STDIN || files.iter().any(|file| file.display().to_string() == name);
    if let Some((name, _)) = others.iter().find(|(name, _)| is_named(name)) {
        let what = match broken.contains(name) {
            true => "cannot be read as YAML, and no `kind` is in it",
            false => "holds no Kubernetes object",
        };
        bail!("`{name}` {what}: name only files with Kubernetes objects; in directories, other files are left out");
    }
    if objects.iter().all(|(_, text)| is_blank(text)) {
        let number = count(others.len(), "file");
        bail!("there is nothing to {wanted}: {number}, such as `{first}`, and no Kubernetes object in them");
    }
    let text = match others.len() {
        1 => format!("`{first}` holds no Kubernetes object and is left out\n"),
        number => format!("{number} files hold no Kubernetes object and are left out, such as `{first}`\n"),
    };
    session.note(&text);
    if let Some(first) = broken.first() {
        let more = if broken.len() > 1 { format!(" and {} more", broken.len() - 1) } else { String::new() };
        session.note(&format!(
            "among them, not readable as YAML: `{first}`{more}; no `kind` is in it, which every object has\n"
        ));
    }
    Ok(objects)
}

/// Whether a text is empty but for comments and the marks of documents.
fn is_blank(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with('#') || ["---", "..."].contains(&line))
}

/// The first Helm chart among the files below a directory that has templates with actions.
fn unrendered(found: &[(PathBuf, Vec<u8>)]) -> Option<&Path> {
    let charts = found.iter().filter(|(path, _)| path.file_name().is_some_and(|name| name == "Chart.yaml"));
    let has_actions = |bytes: &[u8]| bytes.windows(2).any(|two| two == b"{{");
    charts.filter_map(|(path, _)| path.parent()).find(|chart| {
        let templates = chart.join("templates");
        found.iter().any(|(path, bytes)| path.starts_with(&templates) && has_actions(bytes))
    })
}

fn decode(bytes: &[u8], name: &str) -> anyhow::Result<String> {
    Ok(hedgerow_yaml::decode(bytes).with_context(|| format!("cannot read `{name}`"))?.to_owned())
}
