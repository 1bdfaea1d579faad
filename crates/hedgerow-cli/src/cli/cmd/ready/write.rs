//! Sets a service's stage in its `service.yaml`; no other byte changes.

use crate::cli::cmd::scan::Scanned;
use crate::cli::session::Session;
use anyhow::Context;
use hedgerow::write_files;
use hedgerow_core::name::ServiceName;
use hedgerow_yaml::{Document, MapChange, RouteSet, Want, change_map, splice, split};
use std::collections::BTreeMap;

/// Writes `stage: {ENV: enforce}` for each of some services, or for none: each is edited before the first is written.
pub(super) fn enforce(
    session: &mut Session<'_>,
    scanned: &Scanned,
    services: &[&ServiceName],
    environment: &str,
) -> anyhow::Result<()> {
    let files = services.iter().map(|service| file(scanned, service, environment));
    let files: BTreeMap<String, String> = files.collect::<anyhow::Result<_>>()?;
    write_files(files.iter().map(|(path, text)| (scanned.root.join(path), text.as_str())))?;
    for path in files.keys() {
        session.note(&format!("wrote stage `enforce` of `{environment}` to {path}\n"));
    }
    Ok(())
}

/// The path and the edited text of a service's `service.yaml`.
fn file(scanned: &Scanned, service: &ServiceName, environment: &str) -> anyhow::Result<(String, String)> {
    let known = scanned.fleet.service(service.as_str()).context("a service that was judged is in the fleet")?;
    let path = format!("{}/service.yaml", known.directory);
    let text = scanned
        .texts
        .sources
        .iter()
        .find(|(_, source)| source.path == path)
        .map_or("", |(_, source)| source.text.as_str());
    let edited = edited(text, environment).with_context(|| {
        format!("cannot edit `{path}` and change nothing else, so nothing is written; write `stage: {{{environment}: enforce}}` there by hand")
    })?;
    Ok((path, edited))
}

fn edited(text: &str, environment: &str) -> anyhow::Result<String> {
    let mut routes = RouteSet::new();
    let stage = routes.ask("stage", Want::Map)?;
    let pieces: Vec<_> = split(text).collect();
    let documents: Vec<_> = pieces.iter().map(|piece| Document::of_piece(text, piece)).collect();
    let mut filled = None;
    for document in &documents {
        if filled.is_none() && document.tree()?.is_some() {
            filled = Some(document);
        }
    }
    let Some(document) = filled else {
        let break_ = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{text}{break_}stage: {{{environment}: enforce}}\n"));
    };
    let outline = document.outline(&routes)?;
    let change = MapChange { set: &[(environment, "enforce")], remove: &[] };
    let mut edits = Vec::new();
    for site in outline.sites(stage) {
        edits.extend(change_map(text, site, change)?);
    }
    Ok(splice(text, edits)?)
}

#[cfg(test)]
mod tests {
    use super::edited;

    #[test]
    fn one_value_changes_and_nothing_else() {
        let rows = [
            ("", "stage: {prod: enforce}\n"),
            ("# ours", "# ours\nstage: {prod: enforce}\n"),
            ("owner: a # x\r\n", "stage:\r\n  prod: \"enforce\"\r\nowner: a # x\r\n"),
            (
                "stage: {prod: audit, test: off} # y\nowner: a\n",
                "stage: {prod: \"enforce\", test: off} # y\nowner: a\n",
            ),
            (
                "stage:\n  test: enforce\n  # now\n  prod: audit # since May\n",
                "stage:\n  test: enforce\n  # now\n  prod: \"enforce\" # since May\n",
            ),
            ("stage:\n  test: enforce\nowner: a\n", "stage:\n  prod: \"enforce\"\n  test: enforce\nowner: a\n"),
            ("{owner: a}\n", "{\"stage\": {\"prod\": \"enforce\"}, owner: a}\n"),
        ];
        for (before, after) in rows {
            assert_eq!(edited(before, "prod").ok().as_deref(), Some(after), "{before:?}");
        }
    }
}
