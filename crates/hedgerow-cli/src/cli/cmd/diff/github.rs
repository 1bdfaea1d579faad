//! A difference as GitHub's workflow commands: annotations at the rule files and `service.yaml`s of the change.

use super::evidence::Evidence;
use crate::cli::report::Paths;
use crate::cli::report::github::annotation;
use crate::diff::{Change, Diff};

pub(super) fn render(diff: &Diff, evidence: &Evidence, paths: &Paths) -> String {
    let mut text = String::new();
    let config = paths.of_fleet("hedgerow.yaml");
    for edge in &diff.edges {
        let ports = |ports: &Option<Vec<String>>| ports.as_ref().map(|ports| ports.join(", ")).unwrap_or_default();
        let what = match edge.change {
            Change::Added => format!("`{}` may call `{}` (ports: {})", edge.caller, edge.callee, ports(&edge.after)),
            Change::Changed => format!(
                "`{}` may call `{}` on other ports: {} → {}",
                edge.caller,
                edge.callee,
                ports(&edge.before),
                ports(&edge.after)
            ),
            Change::Removed => format!("`{}` may no longer call `{}`", edge.caller, edge.callee),
        };
        let said = evidence.edge(edge);
        let level = if said.is_some_and(|said| said.is_used) { "warning" } else { "notice" };
        let message = said.map_or_else(|| what.clone(), |said| format!("{what}\n{}", said.text));
        text.push_str(&annotation(level, &paths.of_fleet(&edge.file), None, "hedgerow: edge", &message));
    }
    for exposure in &diff.exposure {
        let (verb, plain) = match exposure.change {
            Change::Added => ("lets in", "warning"),
            Change::Changed => ("lets in on other ports", "warning"),
            Change::Removed => ("no longer lets in", "notice"),
        };
        let what = format!("`{}` {verb} {} (ports: {})", exposure.callee, exposure.peers, exposure.ports.join(", "));
        let said = evidence.exposure(exposure);
        let level = if said.is_some_and(|said| said.is_used) { "warning" } else { plain };
        let message = said.map_or_else(|| what.clone(), |said| format!("{what}\n{}", said.text));
        let line = (exposure.change != Change::Removed).then_some(exposure.line);
        text.push_str(&annotation(
            level,
            &paths.of_fleet(&exposure.file),
            line,
            "hedgerow: from outside the fleet",
            &message,
        ));
    }
    for stage in diff.stages.iter().filter(|stage| stage.is_looser) {
        let message = format!(
            "`{}` goes from `{}` to `{}`, which keeps less out: {}",
            stage.environment,
            stage.before,
            stage.after,
            stage.services.join(", ")
        );
        text.push_str(&annotation("warning", &config, None, "hedgerow: stage", &message));
    }
    for jump in &diff.jumps {
        let message = format!("{}: {}: {}; {}", jump.what(), jump.services.join(", "), jump.risk(), jump.help());
        text.push_str(&annotation("warning", &config, None, "hedgerow: not safe in one step", &message));
    }
    text
}
