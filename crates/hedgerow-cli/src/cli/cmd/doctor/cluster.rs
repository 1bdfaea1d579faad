//! What the fleet's stages ask of a cluster, and whether a dump of one has it.

use super::Finding;
use crate::cli::cmd::post_render;
use crate::cli::session::Session;
use crate::embedded::docs;
use crate::manifests::read_manifests;
use anyhow::Context;
use hedgerow_core::fleet::Fleet;
use hedgerow_core::policy::{AuditBackend, Stage};
use hedgerow_core::source::{SourceId, Sources};
use hedgerow_eval::PlainObject;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How to get a dump that answers every question here.
const DUMP: &str = "kubectl get crd,apiservice,daemonset,deployment,node -A -o yaml | hedgerow doctor -";

/// DaemonSets of network plugins, and whether they enforce policies.
const PLUGINS: [(&str, &str, bool); 10] = [
    ("calico-node", "Calico", true),
    ("cilium", "Cilium", true),
    ("kube-router", "kube-router", true),
    ("antrea-agent", "Antrea", true),
    ("weave-net", "Weave Net", true),
    ("ovnkube-node", "OVN-Kubernetes", true),
    ("canal", "Canal", true),
    ("kindnet", "kindnet", true),
    ("kube-flannel", "Flannel", false),
    ("kube-flannel-ds", "Flannel", false),
];

/// What is known of a cluster.
#[derive(Debug, Default)]
pub(super) struct Dump {
    objects: Vec<PlainObject>,
    /// What in it could not be understood: the name of the file, and why.
    faults: Vec<String>,
}

impl Dump {
    fn add(&mut self, source: SourceId, name: &str, text: &str) {
        let (objects, faults) = hedgerow_eval::objects_and_faults(source, text);
        self.objects.extend(objects);
        // The first of a file says enough; the others often follow from it.
        self.faults.extend(faults.first().map(|fault| format!("{name}: {}", fault.message)));
    }
}

pub(super) fn read(session: &mut Session<'_>, paths: &[PathBuf]) -> anyhow::Result<Dump> {
    let mut dump = Dump::default();
    let mut sources = Sources::default();
    for path in paths {
        if path.as_os_str() == "-" {
            let text = post_render::read(session.os)?;
            let source = sources.add_shared("<stdin>", std::sync::Arc::clone(&text));
            dump.add(source, "standard input", &text);
            continue;
        }
        let full = session.os.directory().join(path);
        let files = read_manifests(&full).with_context(|| format!("cannot read `{}`", path.display()))?;
        for (below, bytes) in files {
            let name = path.join(below).display().to_string();
            let text = hedgerow_yaml::decode(&bytes).with_context(|| format!("cannot read `{name}`"))?.to_owned();
            let source = sources.add(name.clone(), text.clone());
            dump.add(source, &name, &text);
        }
    }
    Ok(dump)
}

/// What the stages of a fleet ask for.
#[derive(Debug, Default)]
struct Asked {
    audits: bool,
    enforces: bool,
    logs: bool,
    guards: bool,
    calico: bool,
}

fn asked(fleet: &Fleet) -> Asked {
    let config = fleet.config();
    let mut asked = Asked { guards: config.guard.is_some(), ..Asked::default() };
    let own = fleet.services().flat_map(|service| service.stages.values());
    for stage in config.environments.values().map(|environment| &environment.stage).chain(own) {
        asked.audits |= *stage == Stage::Audit;
        asked.enforces |= *stage == Stage::Enforce;
    }
    asked.logs = config.environments.values().any(|environment| environment.log);
    asked.calico = config.catch_alls == hedgerow_core::policy::CatchAllBackend::Calico;
    asked
}

pub(super) fn look(fleet: Option<&Fleet>, dump: Option<&Dump>) -> Vec<Finding> {
    let Some(fleet) = fleet else {
        return vec![Finding::note(
            "without a fleet it is not known what the cluster must have",
            "fix the fleet first",
        )];
    };
    // Of what was not read nothing is judged: half a dump would look like half a cluster.
    if let Some(dump) = dump.filter(|dump| !dump.faults.is_empty()) {
        let faults = dump.faults.iter().map(|fault| {
            Finding::problem(format!("the dump is not understood: {fault}"), format!("make a new one: {DUMP}"))
        });
        return faults.collect();
    }
    if dump.is_some_and(|dump| dump.objects.is_empty()) {
        return vec![Finding::problem(
            "the dump holds no objects: nothing is known of the cluster",
            format!("see that kubectl is allowed to list them: {DUMP}"),
        )];
    }
    let asked = asked(fleet);
    let mut needs = Vec::new();
    if asked.enforces || asked.audits && fleet.config().audit != AuditBackend::Observe {
        needs.push("a network plugin that enforces NetworkPolicy");
    }
    if asked.audits {
        needs.push(match fleet.config().audit {
            AuditBackend::CalicoLog => {
                "Calico with its v3 API and the iptables or nftables data plane, for `audit: {backend: calico-log}`"
            }
            AuditBackend::CalicoStaged => {
                "Calico 3.30 or later with staged policies and flow logs, for `audit: {backend: calico-staged}`"
            }
            AuditBackend::Observe => "the observer, for `audit: {backend: observe}`; any network plugin will do",
        });
    }
    if asked.logs {
        needs.push("Calico, for `log: true`");
    }
    if asked.calico {
        needs.push("Calico with its v3 API, for `catch-alls: {backend: calico}`");
    }
    if asked.guards {
        needs.push("Kubernetes 1.30 or later, for `guard`");
    }
    if needs.is_empty() {
        return vec![Finding::good("no stage needs anything of the cluster yet")];
    }
    let Some(dump) = dump else {
        let needs = needs
            .into_iter()
            .map(|need| Finding::note(format!("needed: {need}"), "a dump of the cluster tells: ".to_owned() + DUMP));
        let mut needs: Vec<_> = needs.collect();
        // How to find out is said once.
        let last = needs.len() - 1;
        needs.iter_mut().take(last).for_each(|need| need.help = None);
        return needs;
    };
    judge(&asked, fleet.config().audit, &dump.objects)
}

fn judge(asked: &Asked, backend: AuditBackend, dump: &[PlainObject]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let of = |kind: &str| dump.iter().filter(|object| object.reference.kind == kind).collect::<Vec<_>>();
    let names = |kind: &str| of(kind).into_iter().map(|object| object.reference.name.clone()).collect::<BTreeSet<_>>();
    let (definitions, services, sets) = (names("CustomResourceDefinition"), names("APIService"), names("DaemonSet"));
    let is_audited = asked.audits && backend != AuditBackend::Observe;
    if asked.enforces || is_audited {
        findings.push(plugin(&sets));
    }
    let is_log = asked.audits && backend == AuditBackend::CalicoLog;
    if is_log || asked.logs || asked.calico || (asked.audits && backend == AuditBackend::CalicoStaged) {
        findings.push(calico(&definitions, &services));
    }
    if is_log || asked.logs {
        let is_bpf = dump.iter().any(|object| {
            object.value.pointer("/spec/bpfEnabled") == Some(&Value::Bool(true))
                || object.value.pointer("/spec/calicoNetwork/linuxDataplane").and_then(Value::as_str) == Some("BPF")
        });
        if is_bpf {
            findings.push(Finding::problem(
                "Calico runs with its eBPF data plane: what is logged goes to the trace pipe, not to the kernel log",
                "use `audit: {backend: calico-staged}` or `observe`",
            ));
        }
    }
    if asked.audits && backend == AuditBackend::CalicoStaged {
        let staged = |name: &String| name.starts_with("stagedkubernetesnetworkpolicies.");
        findings.push(if definitions.iter().any(staged) || (definitions.is_empty() && !services.is_empty()) {
            Finding::good("the cluster knows StagedKubernetesNetworkPolicy")
        } else {
            Finding::problem(
                "the cluster does not know StagedKubernetesNetworkPolicy",
                "use Calico 3.30 or later, or another backend for `audit`",
            )
        });
        let has_flows = names("Deployment").iter().any(|name| name == "goldmane");
        if !has_flows {
            findings.push(Finding::note(
                "no Goldmane is in the dump: without flow logs nobody sees what a staged policy would drop",
                "turn flow logs on, or use `observe`",
            ));
        }
    }
    if asked.audits && backend == AuditBackend::Observe {
        let is_there = sets.iter().any(|name| name.contains("hedgerow"));
        findings.push(if is_there {
            Finding::good("the observer is in the cluster")
        } else {
            Finding::note(
                "no DaemonSet of the observer is in the dump: without it `observe` shows nothing",
                concat!(docs!("observe.md"), " says how to run it"),
            )
        });
    }
    if asked.guards {
        findings.push(nodes(&of("Node")));
    }
    findings
}

fn plugin(sets: &BTreeSet<String>) -> Finding {
    if sets.is_empty() {
        return Finding::note(
            "no DaemonSet is in the dump: what enforces policies cannot be told",
            format!("dump DaemonSets as well: {DUMP}"),
        );
    }
    let known: Vec<_> = PLUGINS.iter().filter(|(name, ..)| sets.contains(*name)).collect();
    match known.as_slice() {
        [] if sets.contains("aws-node") => Finding::note(
            "the network plugin is Amazon's: it enforces policies only where that is turned on",
            "set `enableNetworkPolicy` of the VPC CNI, and see that `aws-network-policy-agent` runs",
        ),
        [] => Finding::note(
            "no network plugin that is known is among the DaemonSets of the dump",
            "see that yours enforces NetworkPolicy; some accept policies and do nothing",
        ),
        known => match known.iter().find(|(.., enforces)| *enforces) {
            Some((_, name, _)) => Finding::good(format!("{name} enforces policies")),
            None => Finding::problem(
                format!(
                    "{} enforces no policies: they are accepted, and nothing happens",
                    known
                        .iter()
                        .map(|(_, name, _)| *name)
                        .collect::<BTreeSet<_>>()
                        .into_iter()
                        .collect::<Vec<_>>()
                        .join(" and ")
                ),
                "use a network plugin that does, such as Calico, Cilium or kube-router",
            ),
        },
    }
}

fn calico(definitions: &BTreeSet<String>, services: &BTreeSet<String>) -> Finding {
    if services.contains("v3.projectcalico.org") || definitions.contains("networkpolicies.projectcalico.org") {
        return Finding::good("Calico is there, with its v3 API");
    }
    if definitions.iter().any(|name| name.ends_with(".crd.projectcalico.org")) {
        return Finding::problem(
            "Calico is there, and its v3 API is not: kubectl cannot apply what is rendered",
            "install the Calico API server, or apply with calicoctl",
        );
    }
    Finding::problem(
        "there is no Calico in the dump",
        "use `audit: {backend: observe}`, which needs none, and `log: false`; or dump CustomResourceDefinitions and APIServices as well",
    )
}

fn nodes(nodes: &[&PlainObject]) -> Finding {
    let versions = nodes.iter().filter_map(|node| {
        let text = node.value.pointer("/status/nodeInfo/kubeletVersion")?.as_str()?;
        super::programs::version(text)
    });
    let Some(oldest) = versions.min() else {
        return Finding::note(
            "no node is in the dump: whether the cluster is new enough for the guard cannot be told",
            format!("dump nodes as well: {DUMP}"),
        );
    };
    if oldest >= (1, 30) {
        Finding::good(format!("the oldest node runs Kubernetes {}.{}", oldest.0, oldest.1))
    } else {
        Finding::problem(
            format!("a node runs Kubernetes {}.{}: the guard needs 1.30", oldest.0, oldest.1),
            "upgrade the cluster, or remove `guard`",
        )
    }
}
