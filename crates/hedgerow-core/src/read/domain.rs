//! Domains that labels must not stand below, since they are somebody else's.

use super::decode::Decoder;
use crate::diag::{Code, Diagnostic, Severity};
use crate::name::Domain;
use hedgerow_yaml::Node;

/// Reserved for Kubernetes' own components and its special interest groups:
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/>. We refuse what the API server lets pass.
const RESERVED: [&str; 3] = ["kubernetes.io", "k8s.io", "x-k8s.io"];

/// Domains of projects and providers that read or write labels below them, and whose they are.
const TAKEN: [(&str, &str); 23] = [
    ("amazonaws.com", "Amazon's"),
    ("antrea.io", "Antrea's"),
    ("argoproj.io", "Argo's"),
    ("azure.com", "Azure's"),
    ("cattle.io", "Rancher's"),
    ("cert-manager.io", "cert-manager's"),
    ("cilium.io", "Cilium's"),
    ("consul.hashicorp.com", "Consul's"),
    ("coreos.com", "the Prometheus Operator's"),
    ("fluxcd.io", "Flux's"),
    ("gke.io", "Google's"),
    ("google.com", "Google's"),
    ("helm.sh", "Helm's"),
    ("istio.io", "Istio's"),
    ("karmada.io", "Karmada's"),
    ("knative.dev", "Knative's"),
    ("kuma.io", "Kuma's"),
    ("kyverno.io", "Kyverno's"),
    ("linkerd.io", "Linkerd's"),
    ("openshift.io", "OpenShift's"),
    ("projectcalico.org", "Calico's"),
    ("strimzi.io", "Strimzi's"),
    ("tigera.io", "Tigera's"),
];

/// Whether `domain` is `of` or lies below it.
fn is_below(domain: &str, of: &str) -> bool {
    domain.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a domain is one that Kubernetes keeps for itself, so that a fleet with it is refused.
#[must_use]
pub fn is_reserved(domain: &Domain) -> bool {
    RESERVED.iter().any(|reserved| is_below(domain.as_str(), reserved))
}

/// What is said of such a domain.
#[must_use]
pub fn reserved(domain: &Domain) -> String {
    format!("`{domain}` belongs to Kubernetes: choose a domain of your own")
}

/// Reports a domain that is somebody else's.
pub(super) fn check(decoder: &mut Decoder<'_>, node: &Node<'_>, domain: &Domain) {
    let text = domain.as_str();
    let place = decoder.span(node.range());
    if is_reserved(domain) {
        decoder.report(
            Diagnostic::new(Code::ForeignDomain, reserved(domain))
                .severity(Severity::Error)
                .mark(place, "Cilium leaves such labels out of identities")
                .help("set `labels.domain` to a domain of your own"),
        );
    } else if let Some((_, owner)) = TAKEN.iter().find(|(taken, _)| is_below(text, taken)) {
        let message = format!("labels below `{text}` are {owner}, which may read, change or remove them");
        decoder.report(
            Diagnostic::new(Code::ForeignDomain, message)
                .mark(place, "")
                .help("set `labels.domain` to a domain of your own"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_below_itself_and_its_parents_alone() {
        for (domain, of, expected) in [
            ("k8s.io", "k8s.io", true),
            ("x.k8s.io", "k8s.io", true),
            ("app.kubernetes.io", "kubernetes.io", true),
            ("x-k8s.io", "k8s.io", false),
            ("myk8s.io", "k8s.io", false),
            ("k8s.io.bank.example", "k8s.io", false),
            ("io", "k8s.io", false),
        ] {
            assert_eq!(is_below(domain, of), expected, "{domain} below {of}");
        }
    }
}
