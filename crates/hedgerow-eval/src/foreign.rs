//! Objects that bear on who may reach whom and that this crate does not evaluate: named, never passed over.

use hedgerow_core::diag::{Code, Diagnostic, Severity};

use crate::manifest::Object;

/// An API group of a network plug-in, a mesh or a cloud.
struct Group {
    name: &'static str,
    /// Whose it is, in words.
    whose: &'static str,
    /// Kinds that say nothing about who may reach pods: state, addresses, routes.
    bystanders: &'static [&'static str],
}

const fn group(name: &'static str, whose: &'static str, bystanders: &'static [&'static str]) -> Group {
    Group { name, whose, bystanders }
}

const CALICO_BYSTANDERS: &[&str] = &[
    "BGPConfiguration",
    "BGPFilter",
    "BGPPeer",
    "BlockAffinity",
    "CalicoNodeStatus",
    "ClusterInformation",
    "FelixConfiguration",
    "IPAMBlock",
    "IPAMConfig",
    "IPAMConfiguration",
    "IPAMHandle",
    "IPPool",
    "IPReservation",
    "KubeControllersConfiguration",
    "Node",
];

/// Every kind of these groups that is neither evaluated nor a bystander makes an answer a guess.
const GROUPS: &[Group] = &[
    group("networking.k8s.io", "Kubernetes", &["ClusterCIDR", "Ingress", "IngressClass", "IPAddress", "ServiceCIDR"]),
    group("policy.networking.k8s.io", "the network policy API", &[]),
    group("projectcalico.org", "Calico", CALICO_BYSTANDERS),
    group("crd.projectcalico.org", "Calico", CALICO_BYSTANDERS),
    group(
        "cilium.io",
        "Cilium",
        &[
            "CiliumBGPAdvertisement",
            "CiliumBGPClusterConfig",
            "CiliumBGPNodeConfig",
            "CiliumBGPNodeConfigOverride",
            "CiliumBGPPeerConfig",
            "CiliumBGPPeeringPolicy",
            "CiliumEndpoint",
            "CiliumEndpointSlice",
            "CiliumIdentity",
            "CiliumL2AnnouncementPolicy",
            "CiliumLoadBalancerIPPool",
            "CiliumNode",
            "CiliumNodeConfig",
            "CiliumPodIPPool",
        ],
    ),
    group(
        "crd.antrea.io",
        "Antrea",
        &["AntreaAgentInfo", "AntreaControllerInfo", "BGPPolicy", "ExternalIPPool", "IPPool", "Traceflow"],
    ),
    group("controlplane.antrea.io", "Antrea", &[]),
    group("security.antrea.tanzu.vmware.com", "Antrea", &[]),
    group("security.istio.io", "Istio", &[]),
    group("policy.linkerd.io", "Linkerd", &[]),
    group("kuma.io", "Kuma", &["Dataplane", "DataplaneInsight", "Zone", "ZoneInsight"]),
    group("k8s.ovn.org", "OVN-Kubernetes", &["EgressIP", "EgressQoS", "EgressService"]),
    group("network.openshift.io", "OpenShift", &["ClusterNetwork", "HostSubnet"]),
    group("vpcresources.k8s.aws", "AWS", &["CNINode"]),
    group("networking.k8s.aws", "AWS", &[]),
    group(
        "networking.gke.io",
        "GKE",
        &["FrontendConfig", "GKENetworkParamSet", "ManagedCertificate", "Network", "ServiceNetworkEndpointGroup"],
    ),
    group("k8s.cni.cncf.io", "Multus", &["IPAMClaim", "NetworkAttachmentDefinition"]),
    group("consul.hashicorp.com", "Consul", &["Mesh", "ProxyDefaults", "ServiceDefaults", "ServiceResolver"]),
    group("access.smi-spec.io", "the service mesh interface", &[]),
    group("policy.openservicemesh.io", "Open Service Mesh", &[]),
    group("kubeovn.io", "Kube-OVN", &["IP", "IPPool", "ProviderNetwork", "Vlan"]),
    group("nsx.vmware.com", "NSX", &["NSXLock"]),
    group("crd.nsx.vmware.com", "NSX", &[]),
    group("nuage.io", "Nuage", &[]),
    group("aci.snat", "Cisco ACI", &[]),
    group("aci.fw", "Cisco ACI", &[]),
    group("network.alibabacloud.com", "Alibaba Cloud", &["PodENI", "PodNetworking"]),
];

/// Groups with policies that are not about the network between pods.
const ELSEWHERE: &[&str] = &[
    "admissionregistration.k8s.io",
    "audit.k8s.io",
    "autoscaling.k8s.io",
    "constraints.gatekeeper.sh",
    "gateway.envoyproxy.io",
    "gateway.networking.k8s.io",
    "image.toolkit.fluxcd.io",
    "kyverno.io",
    "policies.kyverno.io",
    "policy",
    "policy.cert-manager.io",
    "policy.karmada.io",
    "policy.open-cluster-management.io",
    "policy.sigstore.dev",
    "templates.gatekeeper.sh",
    "wgpolicyk8s.io",
];

/// Kinds that are evaluated, as people misspell them.
const KINDS: &[&str] = &[
    "NetworkPolicy",
    "GlobalNetworkPolicy",
    "ClusterNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "StagedNetworkPolicy",
    "StagedGlobalNetworkPolicy",
    "StagedKubernetesNetworkPolicy",
    "NetworkSet",
    "GlobalNetworkSet",
    "HostEndpoint",
];

/// More letters wrong than this is another word.
const MOST_WRONG: usize = 2;

/// What a kind looks like by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Harmless,
    /// Like a policy, of what is not said.
    Policy,
    /// Like a policy for traffic.
    NetworkPolicy,
    /// Like a kind that is evaluated, written otherwise.
    Misspelt(&'static str),
}

fn looks(kind: &str) -> Looks {
    let lower = kind.to_ascii_lowercase();
    let misspelt =
        KINDS.iter().find(|known| strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase()) <= MOST_WRONG);
    if let Some(known) = misspelt {
        return Looks::Misspelt(known);
    }
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["firewall", "netpol", "trafficpermission", "serviceintentions", "traffictarget", "securitygroup"]) {
        return Looks::NetworkPolicy;
    }
    match has(&["polic", "polc", "plicy"]) {
        true if has(&["net", "traffic", "ingress", "egress", "authoriz", "access", "mesh", "peer", "security"]) => {
            if lower == "podsecuritypolicy" {
                Looks::Harmless
            } else {
                Looks::NetworkPolicy
            }
        }
        true => Looks::Policy,
        false => Looks::Harmless,
    }
}

/// What is said of an object that no reader of this crate understands; nothing where it has no say in the matter.
pub(crate) fn name(object: &Object) -> Option<Diagnostic> {
    let unsupported = |severity, what: String| {
        let what = format!("{}: {what}", object.written());
        Some(Diagnostic::new(Code::UnsupportedPolicy, what).severity(severity).mark(object.place, ""))
    };
    let kind = object.kind.as_str();
    if let Some(group) = GROUPS.iter().find(|group| group.name == object.group) {
        if group.bystanders.contains(&kind) {
            // What is everywhere and about names alone needs no word.
            let is_plain = group.name == "networking.k8s.io";
            let what = format!("an object of {} that is not evaluated; it is taken to decide nothing", group.whose);
            return if is_plain { None } else { unsupported(Severity::Warning, what) };
        }
        if let Looks::Misspelt(known) = looks(kind)
            && known != kind
        {
            let what = format!("`{}` has no kind `{kind}`; is `{known}` meant?", object.group);
            return unsupported(Severity::Error, what);
        }
        let what = format!(
            "{kind} of {} (`{}`) is not modelled, so what it lets through is not known",
            group.whose, object.group
        );
        return unsupported(Severity::Error, what);
    }
    if ELSEWHERE.contains(&object.group.as_str()) {
        return None;
    }
    match looks(kind) {
        Looks::Harmless => None,
        Looks::Misspelt(known) => {
            let api = if object.api.is_empty() { "no `apiVersion`".to_owned() } else { format!("`{}`", object.api) };
            unsupported(Severity::Error, format!("not a kind that is known under {api}; is a `{known}` meant?"))
        }
        Looks::NetworkPolicy => {
            let what = format!("{kind} of `{}` looks like a policy for traffic and is not modelled", object.api);
            unsupported(Severity::Error, what)
        }
        Looks::Policy => {
            let what = format!("{kind} of `{}` is not known; it is taken to say nothing about traffic", object.api);
            unsupported(Severity::Warning, what)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_names() {
        for (kind, expected) in [
            ("NetworkPolcy", Looks::Misspelt("NetworkPolicy")),
            ("networkpolicy", Looks::Misspelt("NetworkPolicy")),
            ("NetworkPolicies", Looks::NetworkPolicy),
            ("NetworkPolicy", Looks::Misspelt("NetworkPolicy")),
            ("GlobalNetworkPolcies", Looks::NetworkPolicy),
            ("GlobalNetworkPoliciy", Looks::Misspelt("GlobalNetworkPolicy")),
            ("NetwrokSet", Looks::Misspelt("NetworkSet")),
            ("AuthorizationPolicy", Looks::NetworkPolicy),
            ("EgressFirewall", Looks::NetworkPolicy),
            ("SecurityGroupPolicy", Looks::NetworkPolicy),
            ("MeshTrafficPermission", Looks::NetworkPolicy),
            ("Policy", Looks::Policy),
            ("RetryPolicy", Looks::Policy),
            ("PodSecurityPolicy", Looks::Harmless),
            ("Deployment", Looks::Harmless),
            ("NetworkAttachmentDefinition", Looks::Harmless),
            ("Notebook", Looks::Harmless),
        ] {
            assert_eq!(looks(kind), expected, "{kind}");
        }
    }
}
