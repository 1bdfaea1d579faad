//! What deploys: applications of Argo CD, Flux's objects and releases of Helmfile. They say names and namespaces that manifests leave out.

use super::read::{is_name, joined, text_at};
use super::{Application, ApplicationSet, Look, Workload, last_part};
use serde_json::Value;

/// What stands for the name of a directory in an ApplicationSet, once its template is plain text.
const BASENAME: &str = "BASENAME";

/// A kind of object that deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deployer {
    /// Argo CD's `Application`.
    Application,
    /// Argo CD's `ApplicationSet`.
    Set,
    /// Flux's `HelmRelease`.
    Release,
    /// Flux's `Kustomization`.
    Kustomization,
}

impl Deployer {
    pub(super) fn of(group: &str, kind: &str) -> Option<Self> {
        match (group, kind) {
            ("argoproj.io", "Application") => Some(Self::Application),
            ("argoproj.io", "ApplicationSet") => Some(Self::Set),
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => Some(Self::Kustomization),
            (_, "HelmRelease") => Some(Self::Release),
            _ => None,
        }
    }

    pub(super) fn read(self, name: &str, own: Option<&str>, object: &Value, file: &str, look: &mut Look) {
        let at = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let word = |pointer: &str| at(pointer).filter(|text| is_name(text)).map(str::to_owned);
        let own = own.filter(|namespace| is_name(namespace)).map(str::to_owned);
        match self {
            Self::Application => {
                let several = object.pointer("/spec/sources").and_then(Value::as_array).into_iter().flatten();
                let sources: Vec<&Value> = object.pointer("/spec/source").into_iter().chain(several).collect();
                let namespace = word("/spec/destination/namespace");
                // A chart of somebody else's has no directory here: the application is all that the tree says of it.
                let is_chart = sources.iter().any(|source| source.get("chart").is_some());
                let path = sources.iter().find_map(|source| source.get("path")?.as_str());
                if is_chart && path.is_none() && is_name(name) {
                    look.workloads.push(release(name, namespace.clone(), file));
                }
                look.applications.push(Application {
                    name: name.to_owned(),
                    namespace,
                    path: path.map(|path| joined("", path)),
                    file: file.to_owned(),
                });
            }
            Self::Set => {
                let generators = object.pointer("/spec/generators").and_then(Value::as_array).into_iter().flatten();
                let listed = generators.filter_map(|generator| generator.pointer("/git/directories")?.as_array());
                let directories = listed.flatten().filter_map(|listed| {
                    let is_out = listed.get("exclude").and_then(Value::as_bool) == Some(true);
                    Some(format!("{}{}", if is_out { "!" } else { "" }, joined("", listed.get("path")?.as_str()?)))
                });
                look.application_sets.push(ApplicationSet {
                    name: name.to_owned(),
                    file: file.to_owned(),
                    namespace: at("/spec/template/spec/destination/namespace").map(str::to_owned),
                    directories: directories.collect(),
                });
            }
            Self::Release => {
                if is_name(name) {
                    let chart = at("/spec/chart/spec/chart").filter(|chart| chart.starts_with("./"));
                    if let Some(chart) = chart {
                        look.released.entry(joined("", chart)).or_default().insert(name.to_owned());
                    }
                    look.workloads.push(release(name, word("/spec/targetNamespace").or(own), file));
                }
            }
            Self::Kustomization => look.applications.push(Application {
                name: name.to_owned(),
                namespace: word("/spec/targetNamespace"),
                path: at("/spec/path").map(|path| joined("", path)),
                file: file.to_owned(),
            }),
        }
    }
}

fn release(name: &str, namespace: Option<String>, file: &str) -> Workload {
    let (name, kind, file) = (name.to_owned(), "Release".to_owned(), file.to_owned());
    Workload { name, kind, namespace, file, ..Workload::default() }
}

/// The releases of a Helmfile. It is a template as a rule: what is templated in it says nothing, the rest is read.
pub(super) fn helmfile(directory: &str, file: &str, text: &str, look: &mut Look) {
    for document in literal(text).split("\n---") {
        let Some(root) = hedgerow_yaml::parse(document).ok().flatten() else { continue };
        let Some(releases) = root.as_mapping().and_then(|root| root.get("releases")?.as_sequence()) else { continue };
        for element in &releases.elements {
            let Some(name) = text_at(&element.node, "name").filter(|name| is_name(name)) else {
                look.nameless.insert(file.to_owned());
                continue;
            };
            let namespace = text_at(&element.node, "namespace").filter(|namespace| is_name(namespace));
            let chart = text_at(&element.node, "chart").filter(|chart| chart.starts_with('.'));
            if let Some(chart) = chart {
                look.released.entry(joined(directory, &chart)).or_default().insert(name.clone());
            }
            look.workloads.push(release(&name, namespace, file));
        }
    }
}

/// A template without its directives: lines that are nothing else go, and what is put into a line becomes a word that is no name.
pub(super) fn literal(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("{{") && trimmed.ends_with("}}") {
            continue;
        }
        let mut rest = line;
        while let Some((before, (inside, after))) =
            rest.split_once("{{").and_then(|(before, inside)| Some((before, inside.split_once("}}")?)))
        {
            plain.push_str(before);
            let is_directory = matches!(inside.trim_matches(['-', ' ']), "path.basename" | ".path.basename");
            plain.push_str(if is_directory { BASENAME } else { "TEMPLATED" });
            rest = after;
        }
        plain.push_str(rest);
        plain.push('\n');
    }
    plain
}

/// Makes applications of the application sets whose namespace is the name of the directory, or is written out.
pub(super) fn finish(look: &mut Look) {
    let sets = std::mem::take(&mut look.application_sets);
    for set in sets {
        let is_by_name = set.namespace.as_deref() == Some(BASENAME);
        let written = set.namespace.clone().filter(|text| is_name(text));
        let (out, wanted): (Vec<&String>, Vec<&String>) =
            set.directories.iter().partition(|directory| directory.starts_with('!'));
        let is_out = |directory: &str| out.iter().any(|glob| fits(glob.trim_start_matches('!'), directory));
        let found = look.directories.iter().filter(|directory| {
            (is_by_name || written.is_some()) && wanted.iter().any(|glob| fits(glob, directory)) && !is_out(directory)
        });
        let made: Vec<Application> = found
            .map(|directory| Application {
                name: last_part(directory).to_owned(),
                namespace: if is_by_name { Some(last_part(directory).to_owned()) } else { written.clone() },
                path: Some(directory.clone()),
                file: set.file.clone(),
            })
            .collect();
        if made.is_empty() {
            look.application_sets.push(set);
        }
        look.applications.extend(made);
    }
}

/// Whether a directory fits a path in which a part may be `*`.
fn fits(glob: &str, directory: &str) -> bool {
    let (glob, directory): (Vec<&str>, Vec<&str>) = (glob.split('/').collect(), directory.split('/').collect());
    glob.len() == directory.len() && glob.iter().zip(&directory).all(|(wanted, part)| *wanted == "*" || wanted == part)
}
