//! Objects of Kubernetes that nothing here reads: those of other kinds, which say something to a controller of somebody else's, and
//! ConfigMaps that no workload names, which a program may ask the API server for.

use super::mounts::{is_manifest, parts};
use std::collections::BTreeSet;

/// An object that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign<'t> {
    /// Its kind: `DecoratorController`.
    pub kind: &'t str,
    /// Where its document begins in the file, in bytes.
    pub start: usize,
    /// Its document.
    pub text: &'t str,
}

/// The API groups of Kubernetes' own objects.
const OWN: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "gateway.networking.k8s.io",
    "internal.apiserver.k8s.io",
    "kustomize.config.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Kinds of other groups that are read, or that only say how calls are carried which somebody else makes.
const READ: &[(&str, &[&str])] = &[
    ("apisix.apache.org", &["ApisixRoute"]),
    ("argoproj.io", &["Application", "ApplicationSet", "AppProject", "Rollout"]),
    ("cert-manager.io", &["Certificate"]),
    ("getambassador.io", &["Mapping", "TCPMapping", "Host"]),
    ("networking.istio.io", &["VirtualService", "DestinationRule", "Gateway", "ServiceEntry", "Sidecar"]),
    ("projectcontour.io", &["HTTPProxy"]),
    ("security.istio.io", &["AuthorizationPolicy", "PeerAuthentication"]),
    ("traefik.containo.us", &["IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService"]),
    ("traefik.io", &["IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService"]),
];

fn is_read(group: &str, kind: &str) -> bool {
    // Flux's own objects are releases and their sources.
    !group.contains('.')
        || OWN.contains(&group)
        || group.ends_with("toolkit.fluxcd.io")
        || READ.iter().any(|(of, kinds)| *of == group && kinds.contains(&kind))
}

/// The value of a key of an object itself.
fn value<'t>(part: &'t str, key: &str) -> Option<&'t str> {
    part.lines().find_map(|line| bare(line.strip_prefix(key)?.strip_prefix(':')?))
}

/// A value without its comment and its quotes; none where there is none.
fn bare(value: &str) -> Option<&str> {
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// Finds the objects in a file that are of kinds which nothing here reads.
#[must_use]
pub fn foreign_objects<'t>(path: &str, text: &'t str) -> Vec<Foreign<'t>> {
    objects(path, text, |part| {
        let (group, _) = value(part, "apiVersion")?.split_once('/')?;
        value(part, "kind").filter(|kind| !is_read(group, kind))
    })
}

/// Finds the ConfigMaps in a file that no workload is seen to name.
#[must_use]
pub fn unused_maps<'t>(path: &str, text: &'t str, used: &MapUses) -> Vec<Foreign<'t>> {
    objects(path, text, |part| {
        let kind = value(part, "kind").filter(|kind| *kind == "ConfigMap")?;
        let name = part.lines().scan(false, |is_within, line| {
            if !line.starts_with([' ', '#']) && !line.trim().is_empty() {
                *is_within = line.starts_with("metadata:");
            }
            Some(line.strip_prefix("metadata:").filter(|_| *is_within).map_or_else(
                || {
                    line.trim_start()
                        .strip_prefix("name:")
                        .filter(|_| *is_within && line.starts_with(' '))
                        .and_then(bare)
                },
                |rest| in_braces(rest, "name"),
            ))
        });
        name.flatten().next().filter(|name| !used.has(name)).map(|_| kind)
    })
}

/// The documents of a file that have a kind for the reader.
fn objects<'t>(path: &str, text: &'t str, kind: impl Fn(&'t str) -> Option<&'t str>) -> Vec<Foreign<'t>> {
    if !is_manifest(path, text) {
        return Vec::new();
    }
    let mut start = 0;
    let mut found = Vec::new();
    for part in parts(text) {
        found.extend(kind(part).map(|kind| Foreign { kind, start, text: part }));
        start += part.len();
    }
    found
}

/// The value of a key in `{name: x, y: z}`, where it may be a template.
fn in_braces<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut rest = text.trim().strip_prefix('{')?;
    loop {
        let (name, after) = rest.split_once(':')?;
        let after = after.trim_start();
        let mut end = 0;
        let quote = after.chars().next().filter(|first| ['"', '\''].contains(first));
        while let Some(next) = after.get(end..).and_then(|rest| rest.chars().next()) {
            let is_end = if quote.is_some() { end > 0 && Some(next) == quote } else { [',', '}'].contains(&next) };
            if is_end {
                break;
            }
            let template = after[end..].strip_prefix("{{").and_then(|inner| inner.find("}}"));
            end += template.map_or(next.len_utf8(), |inside| inside + "{{}}".len());
        }
        if name.trim_start_matches([' ', ',']) == key {
            return bare(after[..end].trim_matches(['"', '\'']));
        }
        rest = after.get(end..)?.trim_start_matches(['"', '\'', ' ', '}']).strip_prefix(',')?;
    }
}

/// The names by which workloads take in ConfigMaps, as they are written: in charts, with their templates.
#[derive(Debug, Clone, Default)]
pub struct MapUses(BTreeSet<String>);

impl MapUses {
    /// Takes in those that a file names, under a key such as `configMap`, `configMapRef` or `configMapName`.
    pub fn read(&mut self, text: &str) {
        // Most texts of a tree have nothing of it, and most lines of the others.
        if !text.contains("onfig") {
            return;
        }
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if !line.contains("onfig") || line.trim_start().starts_with('#') {
                continue;
            }
            let Some(at) = line.to_ascii_lowercase().find("configmap") else { continue };
            let Some((key, value)) = line.get(at..).and_then(|rest| rest.split_once(':')) else { continue };
            if key.contains(' ') {
                continue;
            }
            if let Some(name) = in_braces(value, "name").or_else(|| bare(value).filter(|value| !value.starts_with('{')))
            {
                self.0.insert(ending(name).to_owned());
                continue;
            }
            let indent = |line: &str| line.len() - line.trim_start().len();
            let own = indent(line);
            // Of an element of a list, the keys lie behind its dash.
            while let Some(next) =
                lines.next_if(|next| indent(next) > own && !next.trim_start().starts_with("configMap"))
            {
                let next = next.trim_start().trim_start_matches("- ");
                if let Some(name) = next.strip_prefix("name:").and_then(bare) {
                    self.0.insert(ending(name).to_owned());
                }
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(ending(name))
    }
}

/// What of a name no template writes at its end: two templates may write one name.
fn ending(name: &str) -> &str {
    name.rfind("}}").map_or(name, |at| &name[at + 2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kinds_that_nothing_reads_are_foreign() {
        let kinds = |text: &str| {
            foreign_objects("a.yaml", text).iter().map(|object| object.kind.to_owned()).collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("apiVersion: metacontroller.k8s.io/v1alpha1\nkind: DecoratorController\n", &["DecoratorController"][..]),
            ("apiVersion: 'x.example/v1' # theirs\nkind: \"Probe\"\n", &["Probe"]),
            ("kind: Probe\napiVersion: x.example/v1\n", &["Probe"]),
            (
                "apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: x.example/v1\nkind: Probe\n---\nkind: Y\napiVersion: y.example/v1\n",
                &["Probe", "Y"],
            ),
            ("apiVersion: apps/v1\nkind: Deployment\n", &[]),
            ("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", &[]),
            ("apiVersion: networking.k8s.io/v1\nkind: Ingress\n", &[]),
            ("apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n", &[]),
            ("apiVersion: argoproj.io/v1alpha1\nkind: Application\n", &[]),
            ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", &["Workflow"]),
            ("apiVersion: traefik.io/v1alpha1\nkind: Middleware\n", &["Middleware"]),
            ("apiVersion: networking.istio.io/v1\nkind: VirtualService\n", &[]),
            ("apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\n", &["EnvoyFilter"]),
            ("a: {apiVersion: x.example/v1, kind: Probe}\n", &[]),
            ("kind: Probe\n", &[]),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
        assert_eq!(foreign_objects("a.json", "apiVersion: x.example/v1\nkind: Probe\n"), []);
        let text = "a: b\n---\nkind: Probe\napiVersion: x.example/v1\n";
        assert_eq!(foreign_objects("a.yml", text)[0].start, 5);
    }
}
