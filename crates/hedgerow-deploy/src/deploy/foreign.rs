//! Objects of Kubernetes of kinds that nothing here reads: what they say is for a controller of somebody else's.

use super::mounts::{is_manifest, parts};

/// An object of a kind that is not read.
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

/// Finds the objects in a file that are of kinds which nothing here reads.
#[must_use]
pub fn foreign_objects<'t>(path: &str, text: &'t str) -> Vec<Foreign<'t>> {
    if !is_manifest(path, text) {
        return Vec::new();
    }
    let mut start = 0;
    let mut found = Vec::new();
    for part in parts(text) {
        let value = |key: &str| {
            let rest = part.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
            Some(rest.split(" #").next().unwrap_or(rest).trim().trim_matches(['"', '\'']))
        };
        let group = value("apiVersion").and_then(|version| version.split_once('/')).map(|(group, _)| group);
        if let (Some(group), Some(kind)) = (group, value("kind").filter(|kind| !kind.is_empty()))
            && !is_read(group, kind)
        {
            found.push(Foreign { kind, start, text: part });
        }
        start += part.len();
    }
    found
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
