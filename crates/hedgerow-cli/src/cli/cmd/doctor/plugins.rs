//! Plugins of Helm 4 and kustomize: there, once, and of this version.

use super::Finding;
use super::programs::{all, ask, version};
use crate::cli::Os;
use crate::look::{Look, text};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where kustomize and kubectl look for a legacy plugin below their directories.
const LEGACY: &str = "hedgerow.dev/v1/hedgerow/Hedgerow";

pub(super) fn look(os: &Os) -> Vec<Finding> {
    let mut findings = helm(os);
    findings.extend(legacy(os));
    if findings.is_empty() {
        findings.push(Finding::good("none is installed, and none is needed by the programs on PATH"));
    }
    findings
}

/// Helm takes a post-renderer by the name of a plugin from version 4 on.
fn helm(os: &Os) -> Vec<Finding> {
    let Some(helm) = all("helm", os).into_iter().next() else { return Vec::new() };
    let major =
        ask(&helm, &["version", "--short"], os).ok().and_then(|answer| version(&answer)).map(|(major, _)| major);
    let directories = ask(&helm, &["env", "HELM_PLUGINS"], os).unwrap_or_default();
    let directories = std::env::split_paths(directories.trim()).filter(|path| !path.as_os_str().is_empty());
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Some(manifest) = text(&path.join("plugin.yaml")) else { continue };
            let Ok(Some(node)) = hedgerow_yaml::parse(&manifest) else { continue };
            let at =
                |key: &str| node.as_mapping().and_then(|root| root.get(key)?.as_str()).unwrap_or_default().to_owned();
            if at("name") == "hedgerow" {
                found.push((path, at("version")));
            }
        }
    }
    let help = "helm plugin install integrations/helm4, from Hedgerow's repository";
    match (found.as_slice(), major) {
        ([], Some(4..)) => {
            vec![Finding::problem("Helm 4 has no plugin `hedgerow`, so it cannot take it for a post-renderer", help)]
        }
        ([], _) => Vec::new(),
        ([(path, version)], _) => {
            let said = format!("the Helm plugin hedgerow {version} at {}", path.display());
            if version == env!("CARGO_PKG_VERSION") {
                vec![Finding::good(said)]
            } else {
                vec![Finding::note(
                    format!("{said} is of another version than this program"),
                    "helm plugin uninstall hedgerow, and install it again",
                )]
            }
        }
        (several, _) => {
            let paths: Vec<_> = several.iter().map(|(path, _)| path.display().to_string()).collect();
            vec![Finding::problem(
                format!("the Helm plugin hedgerow is installed {} times: {}", several.len(), paths.join(", ")),
                "Helm refuses or picks one of them: remove all but one of these directories",
            )]
        }
    }
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
            format!("{said} runs another version: {}", answer.trim()),
            "integrations/kustomize/install-legacy-plugin links the one on PATH",
        ),
        Err(error) => Finding::problem(
            format!("{said} does not run: {error}"),
            "integrations/kustomize/install-legacy-plugin writes it again",
        ),
    }
}

/// Functions in the tree that kubectl would skip.
pub(super) fn functions(look: &Look, os: &Os) -> Vec<Finding> {
    let Some(first) = look.functions.first() else { return Vec::new() };
    if all("kubectl", os).is_empty() {
        return vec![Finding::good(format!("kustomize runs Hedgerow as a function, such as by {first}"))];
    }
    let only_kubectl = all("kustomize", os).is_empty();
    let text = format!(
        "{first} runs Hedgerow as a function, which `kubectl kustomize` and `kubectl apply -k` skip without a word"
    );
    let help =
        "build with `kustomize build --enable-alpha-plugins --enable-exec`, or use the legacy plugin with kubectl";
    vec![if only_kubectl {
        Finding::problem(format!("{text}; kustomize itself is not on PATH"), help)
    } else {
        Finding::note(text, help)
    }]
}
