//! Plugins of Helm: those of version 4 end those of version 3, and only they are post-renderers.

use super::Finding;
use super::programs::{self, Program, ask};
use crate::cli::Os;
use crate::look::text;
use std::collections::BTreeSet;
use std::path::PathBuf;

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
    fn ask(program: &Program, os: &Os) -> Self {
        let (path, major) = (program.path.clone(), program.version().map(|version| version.0));
        // One that does not say its version, or never answers, is not asked for more.
        let directories = major.and_then(|_| ask(&path, &["env", "HELM_PLUGINS"], os).ok()).unwrap_or_default();
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
    fn refused(&self, all: &[Self], findings: &mut Vec<Finding>) {
        for plugin in self.plugins.iter().filter(|plugin| plugin.is_new) {
            let remove = format!("remove {}", plugin.path.display());
            let help = if plugin.name == "hedgerow" {
                format!("{remove}: Helm 3 takes the program itself, and needs no plugin; {WRAPPER}")
            } else {
                format!("{remove}, or give Helm 4 a directory of its own by HELM_PLUGINS")
            };
            let finds = |helm: &&Self| helm.major >= Some(4) && helm.plugins.iter().any(|own| own.path == plugin.path);
            let four = all.iter().find(finds).map(|helm| format!("Helm 4 at {} takes it, and ", helm.path.display()));
            findings.push(Finding::problem(
                format!(
                    "{} is for Helm 4: {}Helm 3 at {} cannot read it, and loads no plugin at all",
                    plugin.said(),
                    four.unwrap_or_default(),
                    self.path.display()
                ),
                help,
            ));
        }
    }

    fn judge(&self, all: &[Self], findings: &mut Vec<Finding>) {
        if self.major == Some(3) {
            self.refused(all, findings);
        }
        let is_first = all.first().is_some_and(|first| first.path == self.path);
        let beside_three = all.iter().any(|helm| helm.major == Some(3));
        // What is said of a plugin that keeps Helm 3 from its work is said there.
        let is_refused = |plugin: &Plugin| {
            let by = |helm: &Self| helm.major == Some(3) && helm.plugins.iter().any(|own| own.path == plugin.path);
            plugin.is_new && all.iter().any(by)
        };
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
            ([plugin], Some(4..)) if !plugin.is_post_renderer() => findings.push(Finding::problem(
                format!("{} is not for Helm 4, which takes it for no post-renderer", plugin.said()),
                format!("remove {}, then {install}", plugin.path.display()),
            )),
            ([plugin], _) if is_refused(plugin) => {}
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

/// Each Helm on `PATH`, the one that hosts run first.
pub(super) fn all(os: &Os) -> Vec<PathBuf> {
    let of = |name: &str| {
        let found = programs::all(name, os);
        let most = if name == NAMES[0] { found.len() } else { 1 };
        found.into_iter().take(most)
    };
    NAMES.iter().flat_map(|name| of(name)).collect()
}

/// Helm takes a post-renderer by the name of a plugin from version 4 on.
pub(super) fn look(programs: &[Program], os: &Os) -> Vec<Finding> {
    let helms = programs.iter().filter(|program| program.name == NAMES[0]);
    let helms: Vec<Helm> = helms.map(|program| Helm::ask(program, os)).collect();
    let mut findings = Vec::new();
    for helm in &helms {
        helm.judge(&helms, &mut findings);
    }
    // Two that share a directory say one thing of it.
    let mut said = BTreeSet::new();
    findings.retain(|finding| said.insert(finding.text.clone()));
    findings
}
