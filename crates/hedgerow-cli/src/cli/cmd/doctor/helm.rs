//! Plugins of Helm: those of version 4 end those of version 3, and only they are post-renderers.

use super::Finding;
use super::programs::{all, ask, version};
use crate::cli::Os;
use crate::look::text;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What people call Helm where more than one version is installed; the first is the one that hosts run.
const NAMES: [&str; 3] = ["helm", "helm3", "helm4"];
const INSTALL: &str = "helm plugin install integrations/helm4, from Hedgerow's repository";
const WRAPPER: &str = "call Helm 4 by integrations/helm4/helm4, which gives the plugin to it alone";

/// A program on `PATH` and what it finds in its plugin directories.
struct Helm {
    path: PathBuf,
    major: Option<u64>,
    plugins: Vec<Plugin>,
}

struct Plugin {
    path: PathBuf,
    name: String,
    version: String,
    kind: Option<String>,
    /// Whether its manifest has an `apiVersion`: Helm 4 added it, and Helm 3 refuses keys that it does not know.
    is_new: bool,
}

impl Plugin {
    fn read(path: PathBuf) -> Option<Self> {
        let manifest = text(&path.join("plugin.yaml"))?;
        let node = hedgerow_yaml::parse(&manifest).ok()??;
        let root = node.as_mapping()?;
        let at = |key: &str| root.get(key).and_then(|value| Some(value.as_str()?.to_owned()));
        let (name, version) = (at("name").unwrap_or_default(), at("version").unwrap_or_default());
        Some(Self { name, version, kind: at("type"), is_new: root.get("apiVersion").is_some(), path })
    }

    fn is_post_renderer(&self) -> bool {
        self.is_new && self.kind.as_deref() == Some("postrenderer/v1")
    }

    fn said(&self) -> String {
        format!("the Helm plugin {} {} at {}", self.name, self.version, self.path.display())
    }
}

impl Helm {
    fn ask(path: PathBuf, os: &Os) -> Self {
        let major = ask(&path, &["version", "--short"], os).ok().and_then(|answer| Some(version(&answer)?.0));
        let directories = ask(&path, &["env", "HELM_PLUGINS"], os).unwrap_or_default();
        let mut plugins = Vec::new();
        for directory in std::env::split_paths(directories.trim()).filter(|path| !path.as_os_str().is_empty()) {
            let Ok(entries) = std::fs::read_dir(&directory) else { continue };
            let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            plugins.extend(paths.into_iter().filter_map(Plugin::read));
        }
        Self { path, major, plugins }
    }

    /// Helm 3 reads all plugins or none.
    fn refused(&self, findings: &mut Vec<Finding>) {
        for plugin in self.plugins.iter().filter(|plugin| plugin.is_new) {
            let remove = format!("remove {}", plugin.path.display());
            let help = if plugin.name == "hedgerow" {
                format!("{remove}: Helm 3 takes the program itself, and needs no plugin; {WRAPPER}")
            } else {
                format!("{remove}, or give Helm 4 a directory of its own by HELM_PLUGINS")
            };
            findings.push(Finding::problem(
                format!(
                    "{} is for Helm 4: Helm 3 at {} cannot read it, and loads no plugin at all",
                    plugin.said(),
                    self.path.display()
                ),
                help,
            ));
        }
    }

    fn judge(&self, is_first: bool, beside_three: bool, findings: &mut Vec<Finding>) {
        if self.major == Some(3) {
            self.refused(findings);
        }
        let install = if beside_three { WRAPPER } else { INSTALL };
        let own: Vec<&Plugin> = self.plugins.iter().filter(|plugin| plugin.name == "hedgerow").collect();
        match (own.as_slice(), self.major) {
            ([], Some(4..)) => {
                let text = "Helm 4 has no plugin `hedgerow`, so it cannot take it for a post-renderer";
                // Whoever has both calls the second by a wrapper, which is not asked here.
                let finding = if is_first { Finding::problem } else { Finding::note };
                findings.push(finding(text.to_owned(), install.to_owned()));
            }
            ([], _) => {}
            ([plugin], Some(3)) if plugin.is_new => {}
            ([plugin], Some(4..)) if !plugin.is_post_renderer() => findings.push(Finding::problem(
                format!("{} is not for Helm 4, which takes it for no post-renderer", plugin.said()),
                format!("remove {}, then {install}", plugin.path.display()),
            )),
            ([plugin], _) if plugin.version == env!("CARGO_PKG_VERSION") => {
                findings.push(Finding::good(plugin.said()));
            }
            ([plugin], _) => findings.push(Finding::note(
                format!("{} is of another version than this program", plugin.said()),
                "helm plugin uninstall hedgerow, and install it again",
            )),
            (several, _) => {
                let paths: Vec<_> = several.iter().map(|plugin| plugin.path.display().to_string()).collect();
                findings.push(Finding::problem(
                    format!("the Helm plugin hedgerow is installed {} times: {}", several.len(), paths.join(", ")),
                    "Helm refuses or picks one of them: remove all but one of these directories",
                ));
            }
        }
    }
}

/// Helm takes a post-renderer by the name of a plugin from version 4 on.
pub(super) fn look(os: &Os) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let first = |name: &&str| all(name, os).into_iter().next();
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let programs: Vec<PathBuf> = NAMES.iter().filter_map(first).filter(|path| seen.insert(real(path))).collect();
    let helms: Vec<Helm> = programs.into_iter().map(|path| Helm::ask(path, os)).collect();
    let has_three = helms.iter().any(|helm| helm.major == Some(3));
    let mut findings = Vec::new();
    for (index, helm) in helms.iter().enumerate() {
        helm.judge(index == 0, has_three, &mut findings);
    }
    // Two that share a directory say one thing of it.
    let mut said = BTreeSet::new();
    findings.retain(|finding| said.insert(finding.text.clone()));
    findings
}
