//! The files that `init` proposes, as text.

use super::found::{Proposal, Service};
use crate::look::{Look, Port};
use hedgerow_yaml::quote;
use std::collections::{BTreeMap, BTreeSet};

/// The most lines of what was seen.
const MOST_LINES: usize = 200;

/// `hedgerow.yaml`, with who owns what, and whether every service gets its directory now.
pub(super) fn config(
    domain: &str,
    look: &Look,
    proposal: &Proposal,
    (owners, makes_homes): (&BTreeMap<String, String>, bool),
) -> String {
    let mut text = String::from(
        "# What holds for the whole fleet. The files beside each service's code say the rest:\n\
         #   service.emoji/service.yaml                  what the service is (may be left out)\n\
         #   service.emoji/egress/service.ledger.rule    emoji may call ledger (may be empty)\n",
    );
    text.push_str(&seen(look, proposal, (owners, makes_homes)));
    text.push_str("version: 1\n\nlabels:\n");
    let at = format!("  domain: {domain}");
    text.push_str(&format!("{at:<34}# every label that Hedgerow writes is {domain}/…\n"));
    text.push_str("  identity: routing-name          # the label that says what service a pod is; one with \"/\" is yours and only checked\n");
    text.push_str("  prefixes: {service.: s-}        # how service names are shortened in labels and object names\n\n");
    text.push_str(&services(proposal, owners));
    text.push_str(&format!("\nnamespaces: {:<21} # where services may live\n", list(proposal.namespaces.iter())));
    text.push_str(
        "\n# Who may call every service of a type, without a rule for each.\n# types:\n#   backend: {callers: [monitoring]}\n#   monitoring: {}\n\n\
         # off: no policy. open: a policy that admits anybody, for the way in and the way back.\n\
         # audit: a policy that drops nothing and shows what it would drop. enforce: it drops.\nenvironments:\n",
    );
    for (name, called) in &proposal.environments {
        let names: Vec<_> = called.iter().map(|(from, to)| format!("{}: {}", quote(from), quote(to))).collect();
        let names = if names.is_empty() { String::new() } else { format!(", namespaces: {{{}}}", names.join(", ")) };
        text.push_str(&format!("  {}: {{stage: off{names}}}\n", quote(name)));
    }
    text.push_str("\naudit: {backend: calico-log}      # or calico-staged, or observe, which needs no Calico\ncatch-alls: {backend: kubernetes} # or calico\n");
    let has_scan = !proposal.code.is_empty() || !proposal.aliases.is_empty() || !proposal.deploy.is_empty();
    if has_scan {
        text.push_str("\n# What `hedgerow scan` is told: the deployment, where code lies elsewhere than in its service's directory, other names.\nscan:\n");
    }
    if !proposal.deploy.is_empty() {
        text.push_str("  deploy:                         # the deployment that is read; others are not\n");
        proposal
            .deploy
            .iter()
            .for_each(|glob| text.push_str(&format!("    - {}\n", hedgerow_yaml::quote_always(glob))));
    }
    if !proposal.code.is_empty() {
        text.push_str("  services:\n");
        for (path, name) in &proposal.code {
            let name = name.as_ref().map(|name| format!(", name: {}", quote(name))).unwrap_or_default();
            text.push_str(&format!("    - {{path: {}{name}}}\n", hedgerow_yaml::quote_always(path)));
        }
    }
    if !proposal.aliases.is_empty() {
        text.push_str("  aliases:                        # other names that deployments have for services\n");
        for (name, others) in &proposal.aliases {
            text.push_str(&format!("    {}: {}\n", quote(name), list(others.iter())));
        }
    }
    text
}

fn services(proposal: &Proposal, owners: &BTreeMap<String, String>) -> String {
    let mut text = String::from("services:\n");
    if proposal.services.is_empty() {
        text.push_str("  include: [\"service.*\"]          # directories that are services\n  # exclude: [\"service.acceptance-tests\"]\n");
    } else {
        text.push_str("  include:                        # directories that are services\n");
        proposal
            .include
            .iter()
            .for_each(|glob| text.push_str(&format!("    - {}\n", hedgerow_yaml::quote_always(glob))));
        if !proposal.exclude.is_empty() {
            text.push_str("  exclude:                        # directories beside them that seem to be none\n");
            proposal
                .exclude
                .iter()
                .for_each(|glob| text.push_str(&format!("    - {}\n", hedgerow_yaml::quote_always(glob))));
        }
    }
    text.push_str("  rules: [egress]                 # where rule files lie below a service\n  defaults:\n");
    text.push_str(&format!("    namespace: {}\n    # type: backend\n", quote(&proposal.default_namespace)));
    // One owner of everything need not be said by each service.
    let all: BTreeSet<&String> = owners.values().collect();
    match all.into_iter().collect::<Vec<_>>().as_slice() {
        [only] if owners.len() == proposal.services.len() => text.push_str(&format!("    owner: {}\n", quote(only))),
        _ => text.push_str("    # owner: platform\n"),
    }
    text.push_str(
        "    # ports: [{name: http, port: 8080}]     # container ports; left out, a service may be called on any\n",
    );
    text
}

/// What was seen, as comments.
fn seen(look: &Look, proposal: &Proposal, (owners, makes_homes): (&BTreeMap<String, String>, bool)) -> String {
    let plural = |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let parts = [
        (look.workloads.iter().filter(|w| w.kind != "compose").count(), "workload"),
        (look.charts.len(), "chart"),
        (look.kustomizations.len(), "kustomization"),
        (look.compose.len(), "compose file"),
        (look.applications.len(), "application"),
        (look.hosts.len(), "Aspire AppHost"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(n, noun)| plural(n, noun)).collect();
    let parts = if parts.is_empty() { "nothing that deploys".to_owned() } else { parts.join(", ") };
    let mut text = format!("#\n# `hedgerow init` saw {parts}");
    text.push_str(".\n");
    if let Some(cut) = &look.cut {
        text.push_str(&format!("# Not everything was seen: {cut}. Run it in a directory below.\n"));
    }
    let end = if proposal.services.is_empty() { "." } else { ":" };
    text.push_str(&format!("# {}{end}\n", plural(proposal.services.len(), "service")));
    for (name, service) in proposal.services.iter().take(MOST_LINES) {
        let mut says = Vec::new();
        if let Some(file) = service.seen.first() {
            let more = service.seen.len() - 1;
            says.push(if more == 0 { file.clone() } else { format!("{file} and {more} more") });
        }
        if !service.ports.is_empty() {
            says.push(format!("ports {}", service.ports.iter().map(shown).collect::<Vec<_>>().join(" ")));
        }
        says.extend(service.namespace.iter().map(|namespace| format!("namespace {namespace}")));
        says.extend(owners.get(name).map(|owner| format!("owner {owner}")));
        let place = match (service.has_home, makes_homes) {
            (true, _) => service.home.clone(),
            (false, true) => format!("{} (new)", service.home),
            (false, false) => format!("{} (not there yet)", service.home),
        };
        says.insert(0, place);
        text.push_str(&format!("#   {}\n", plain(&format!("{name}: {}", says.join("; ")))));
    }
    if proposal.services.len() > MOST_LINES {
        text.push_str(&format!("#   and {} more\n", proposal.services.len() - MOST_LINES));
    }
    if !look.rules.is_empty() {
        text.push_str(&format!(
            "# {} there already, such as {}.\n",
            plural(look.rules.len(), "rule file"),
            plain(&look.rules[0])
        ));
    }
    if !proposal.doubts.is_empty() {
        text.push_str("# Look at these:\n");
        proposal.doubts.iter().for_each(|doubt| text.push_str(&format!("#   {}\n", wrapped(doubt))));
    }
    if !proposal.services.is_empty() {
        text.push_str("# To take a service away, list its directory under `services.exclude`, or remove the directory with its service.yaml.\n");
    }
    text.push_str("# Change what is wrong: this file is yours now.\n");
    text
}

/// Text of a tree for a comment: it stays one line, and what nobody sees is written as its escape. A name of a file may hold anything.
fn plain(text: &str) -> String {
    hedgerow_core::unseen::escaped(text)
}

/// A sentence as a comment of as many lines as it needs.
fn wrapped(sentence: &str) -> String {
    let sentence = &plain(sentence);
    let (mut text, mut width) = (String::new(), 0);
    // A command to copy stays on one line.
    let mut words: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match words.last_mut().filter(|last| last.matches('`').count() % 2 == 1) {
            Some(open) => open.extend([" ", word]),
            None => words.push(word.to_owned()),
        }
    }
    for word in &words {
        if width > 0 && width + word.len() > 130 {
            text.push_str("\n#    ");
            width = 0;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
        width += word.len() + 1;
    }
    text
}

fn shown(port: &Port) -> String {
    let protocol = if port.protocol == "TCP" { String::new() } else { format!("/{}", port.protocol) };
    match &port.name {
        Some(name) => format!("{name}={}{protocol}", port.number),
        None => format!("{}{protocol}", port.number),
    }
}

/// `service.yaml`, where there is anything to say; nothing where the defaults say it all.
pub(super) fn service(name: &str, service: &Service, owner: Option<&String>) -> String {
    let saw = if service.seen.is_empty() { "" } else { " It saw:" };
    let mut text = format!("# Written by `hedgerow init`; this file is yours now.{saw}\n");
    for file in service.seen.iter().take(5) {
        text.push_str(&format!("#   {}\n", plain(file)));
    }
    if crate::look::last_part(&service.home) != name {
        text.push_str(&format!("name: {}\n", quote(name)));
    }
    if let Some(namespace) = &service.namespace {
        text.push_str(&format!("namespace: {}\n", quote(namespace)));
    }
    if let Some(workload) = &service.workload {
        text.push_str(&format!("workloads: [{}]\n", hedgerow_yaml::quote_always(&format!("*/{workload}"))));
    }
    if let Some(owner) = owner {
        text.push_str(&format!("owner: {}\n", quote(owner)));
    }
    if !service.ports.is_empty() {
        text.push_str("ports:\n");
        for port in &service.ports {
            let name = port.name.as_ref().map(|name| format!("name: {}, ", quote(name))).unwrap_or_default();
            let protocol =
                if port.protocol == "TCP" { String::new() } else { format!(", protocol: {}", port.protocol) };
            text.push_str(&format!("  - {{{name}port: {}{protocol}}}\n", port.number));
        }
    }
    text
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    format!("[{}]", names.map(|name| quote(name)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_command_to_copy_stays_on_one_line() {
        let before = "word ".repeat(25);
        let text = wrapped(&format!("{before}run `hedgerow init --deploy infra/k8s/base` or not"));
        assert!(text.contains("`hedgerow init --deploy infra/k8s/base`") && text.contains("\n#    "), "{text}");
    }
}
