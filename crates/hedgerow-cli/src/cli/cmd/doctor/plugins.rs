//! Plugins of Helm 4 and kustomize: there, once, and of this version.

use super::Finding;
use super::programs::{KUBECTL_WITH_PLUGINS, Program, ask, first_line};
use crate::cli::Os;
use crate::look::Look;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where kustomize and kubectl look for a legacy plugin below their directories.
const LEGACY: &str = "hedgerow.dev/v1/hedgerow/Hedgerow";

pub(super) fn look(programs: &[Program], os: &Os) -> Vec<Finding> {
    let mut findings = super::helm::look(programs, os);
    findings.extend(legacy(os));
    if findings.is_empty() {
        findings.push(Finding::good("none is installed, and none is needed by the programs on PATH"));
    }
    findings
}

/// kustomize takes the first of its plugin directories that is there.
fn legacy(os: &Os) -> Vec<Finding> {
    let directory = |name: &str| os.variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = directory("HOME");
    let places = [
        directory("KUSTOMIZE_PLUGIN_HOME"),
        directory("XDG_CONFIG_HOME").map(|config| config.join("kustomize/plugin")),
        home.as_ref().map(|home| home.join(".config/kustomize/plugin")),
        home.map(|home| home.join("kustomize/plugin")),
    ];
    let mut seen = BTreeSet::new();
    let places: Vec<PathBuf> = places.into_iter().flatten().filter(|place| seen.insert(place.clone())).collect();
    let here: Vec<PathBuf> =
        places.iter().map(|place| place.join(LEGACY)).filter(|path| path.symlink_metadata().is_ok()).collect();
    let mut findings = Vec::new();
    for path in &here {
        findings.push(match path.canonicalize() {
            Ok(program) => own(path, &program, os),
            Err(_) => Finding::problem(
                format!("the plugin of kustomize at {} is a link to nothing", path.display()),
                "integrations/kustomize/install-legacy-plugin writes it again",
            ),
        });
    }
    if here.len() > 1 {
        findings.push(Finding::problem(
            "the plugin of kustomize is installed more than once; which one runs depends on the environment",
            "remove all but one",
        ));
    }
    findings
}

fn own(path: &Path, program: &Path, os: &Os) -> Finding {
    let said = format!("the plugin of kustomize at {}", path.display());
    let wanted = format!("hedgerow {}", env!("CARGO_PKG_VERSION"));
    match ask(program, &["--version"], os) {
        Ok(answer) if answer.trim() == wanted => Finding::good(said),
        Ok(answer) => Finding::note(
            format!("{said} runs another version: {}", first_line(&answer)),
            "integrations/kustomize/install-legacy-plugin links the one on PATH",
        ),
        Err(error) => Finding::problem(
            format!("{said} does not run: {error}"),
            "integrations/kustomize/install-legacy-plugin writes it again",
        ),
    }
}

/// Functions in the tree that kubectl would skip.
pub(super) fn functions(look: &Look, programs: &[Program]) -> Vec<Finding> {
    let Some(first) = look.functions.first() else { return Vec::new() };
    let is_there = |name: &str| programs.iter().find(|program| program.name == name);
    let Some(kubectl) = is_there("kubectl") else {
        return vec![Finding::good(format!("kustomize runs Hedgerow as a function, such as by {first}"))];
    };
    let text = format!(
        "{first} runs Hedgerow as a function, which `kubectl kustomize` and `kubectl apply -k` skip without a word"
    );
    let has_no_plugins = kubectl.version().is_some_and(|version| version < KUBECTL_WITH_PLUGINS);
    let help = if has_no_plugins {
        "build with `kustomize build --enable-alpha-plugins --enable-exec`, and pipe into `kubectl apply -f -`: this kubectl has no plugins of kustomize"
    } else {
        "build with `kustomize build --enable-alpha-plugins --enable-exec`, or use the legacy plugin with kubectl"
    };
    vec![match is_there("kustomize") {
        None => Finding::problem(format!("{text}; kustomize itself is not on PATH"), help),
        Some(_) => Finding::note(text, help),
    }]
}
