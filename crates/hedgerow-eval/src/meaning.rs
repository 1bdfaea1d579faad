//! What policies say, as text that is the same however and wherever they are written.

use crate::Manifests;
use crate::policy::{Policy, PolicyId, PolicyKind, Rule};
use crate::staged::Would;
use std::fmt::Write as _;

impl Manifests {
    /// What each policy says, staged ones among them, sorted: two texts of one policy give one meaning, whether a default is written or left
    /// to the API server, in YAML or JSON. Fields that the evaluator does not know are not in it.
    ///
    /// Digests of it are kept for months, so its form is not to change: a test holds it.
    #[must_use]
    pub fn meanings(&self) -> Vec<String> {
        let in_force = self.policies.iter().map(|policy| format!("enforced {}", meaning(policy)));
        let staged = self.would.iter().map(|would| match would {
            Would::Set(policy) => format!("staged {}", meaning(policy)),
            Would::Delete(id) => format!("staged removal of {id}"),
        });
        let mut all: Vec<String> = in_force.chain(staged).collect();
        all.sort();
        all.dedup();
        all
    }
}

fn meaning(policy: &Policy) -> String {
    let Policy { id, tier, order, selects, ingress, egress, place: _ } = policy;
    // Where Calico stores its policies, their names begin with the tier.
    let stored = id.name.strip_prefix("default.").filter(|_| matches!(id.kind, PolicyKind::Calico));
    let id = PolicyId { name: stored.unwrap_or(&id.name).to_owned(), ..id.clone() };
    let mut text = format!("{id} tier={tier} order={order} pods={selects:?}");
    for (direction, rules) in [("ingress", ingress), ("egress", egress)] {
        let Some(rules) = rules else { continue };
        let _ = write!(text, " {direction}=[");
        rules.iter().for_each(|rule| text.push_str(&rule_meaning(rule)));
        text.push(']');
    }
    text
}

/// The index of a rule is its place in the text, not what it says.
fn rule_meaning(rule: &Rule) -> String {
    let Rule {
        index: _,
        action,
        protocol,
        not_protocol,
        source,
        destination,
        ports,
        not_ports,
        source_ports,
        not_source_ports,
        family,
        is_partial,
    } = rule;
    format!(
        "{action:?} {protocol:?} {not_protocol:?} {source:?} {destination:?} {ports:?} {not_ports:?} {source_ports:?} \
         {not_source_ports:?} {family:?} {is_partial};"
    )
}

#[cfg(test)]
mod tests {
    use crate::Manifests;
    use hedgerow_core::source::Sources;

    fn meanings(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        sources.add("a", text);
        let (manifests, faults) = Manifests::read(sources.iter(), "default");
        assert!(faults.iter().all(|fault| !fault.is_error()), "{faults:#?}");
        manifests.meanings()
    }

    const YAML: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: s-ledger, namespace: bank, labels: {a: b}}
spec:
  podSelector: {matchLabels: {zone: a, app: ledger}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {calls-ledger: 'true'}}}]
      ports: [{port: 8080}]
";

    #[test]
    fn what_the_api_server_fills_in_changes_no_meaning_and_what_a_person_writes_does() {
        let served = r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"namespace":"bank","name":"s-ledger"},
            "spec":{"ingress":[{"ports":[{"protocol":"TCP","port":8080}],"from":[{"podSelector":{"matchLabels":{"calls-ledger":"true"}}}]}],
            "policyTypes":["Ingress"],"podSelector":{"matchLabels":{"app":"ledger","zone":"a"}}}}"#;
        assert_eq!(meanings(YAML), meanings(served));
        for (from, to) in [("8080", "8081"), ("'true'", "'false'"), ("app: ledger", "app: cards"), ("bank", "other")] {
            assert_ne!(meanings(YAML), meanings(&YAML.replace(from, to)), "{to}");
        }
        let staged = YAML
            .replace("networking.k8s.io/v1", "projectcalico.org/v3")
            .replace("NetworkPolicy", "StagedKubernetesNetworkPolicy");
        assert_ne!(meanings(YAML), meanings(&staged), "what is staged is not in force");
        assert_eq!(meanings(YAML)[0].strip_prefix("enforced"), meanings(&staged)[0].strip_prefix("staged"));
    }

    #[test]
    fn where_calico_stores_a_policy_it_says_the_same() {
        let served = "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: s-a-backstop, namespace: bank}, spec: {order: 1500, selector: app == 'a', types: [Ingress], ingress: [{action: Allow}]}}";
        let stored = served.replace("projectcalico.org/v3", "crd.projectcalico.org/v1").replace("s-a-", "default.s-a-");
        assert_eq!(meanings(served), meanings(&stored));
    }

    #[test]
    fn the_form_is_kept() {
        let pod = |labels: &str| {
            format!(
                r#"Every([In(Key {{ space: Fact, name: "projectcalico.org/orchestrator" }}, {{"k8s"}}), In(Key {{ space: Fact, name: "projectcalico.org/namespace" }}, {{"bank"}}), Every([{labels}])])"#
            )
        };
        let own = |key: &str, value: &str| format!(r#"In(Key {{ space: Own, name: "{key}" }}, {{"{value}"}})"#);
        let nobody = "Party { selector: None, not_selector: None, nets: None, not_nets: [] }";
        let should = format!(
            "enforced NetworkPolicy bank/s-ledger tier=default order=1000 pods={} ingress=[Allow None None \
             Party {{ selector: Some({}), not_selector: None, nets: None, not_nets: [] }} {nobody} \
             OneOf([Range(PortRange {{ protocol: Protocol(6), first: 8080, last: 8080 }})]) None Any None None false;]",
            pod(&[own("app", "ledger"), own("zone", "a")].join(", ")),
            pod(&own("calls-ledger", "true")),
        );
        assert_eq!(meanings(YAML), [should]);
    }
}
