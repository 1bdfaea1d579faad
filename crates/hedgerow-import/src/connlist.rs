//! Lists of connections as np-guard's netpol-analyzer prints them: `list -o json`, with and without `--exposure`.

use crate::objects::{list, text};
use crate::ports::parse_list;
use crate::said::{End, Found, Leftover, Name, Place, Statement, Wanted, Why, shown};
use crate::settle::{allow_from, block, fit_of};
use crate::whose::Whose;
use crate::{Input, Reader};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_eval::{AddressRange, Cidr};
use hedgerow_yaml::quote;
use serde_json::Value;
use std::net::IpAddr;

pub(crate) struct Connlist;

/// Lists of the exposure analysis: who else comes in, or is reached.
const EXPOSURE: [&str; 2] = ["exposure_results", "exposure_conn_focus_results"];

impl Reader for Connlist {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for (id, source) in input.texts.iter() {
            let place = input.line(id, 0);
            let value: Value = match serde_json::from_str(source.text.trim_start_matches('\u{feff}')) {
                Ok(value) => value,
                Err(error) => {
                    let what = format!("cannot read the list of connections: {error}");
                    diagnostics.push(Diagnostic::new(Code::UnreadableManifest, what).mark(id.span(0, 0), ""));
                    continue;
                }
            };
            match &value {
                Value::Array(entries) => entries.iter().for_each(|entry| connection(entry, &place, input, found)),
                Value::Object(_)
                    if value.get("connlist_results").is_some() || value.get("exposure_results").is_some() =>
                {
                    list(&value, "connlist_results").iter().for_each(|entry| connection(entry, &place, input, found));
                    let exposure = EXPOSURE.into_iter().find_map(|key| value.get(key)).unwrap_or(&Value::Null);
                    list(exposure, "ingress_exposure").iter().for_each(|entry| connection(entry, &place, input, found));
                    list(exposure, "egress_exposure").iter().for_each(|entry| connection(entry, &place, input, found));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                    let what = "it is no list of connections: `netpol-analyzer list -o json` prints one";
                    diagnostics.push(Diagnostic::new(Code::UnreadableManifest, what).mark(id.span(0, 0), ""));
                }
            }
        }
        diagnostics
    }
}

/// An end as the list writes it.
enum Party {
    Workload(Name),
    Addresses,
    /// Every pod of the cluster.
    Cluster,
    /// Pods by selectors, in words.
    Selected,
}

fn connection(entry: &Value, place: &Place, input: &Input<'_>, found: &mut Found) {
    let Some(((from, to), conn)) = text(entry, "src").zip(text(entry, "dst")).zip(text(entry, "conn")) else {
        let text = format!("an entry without `src`, `dst` or `conn`: {}", shown(&entry.to_string()));
        found.leave(Why::NotUnderstood, place, text);
        return;
    };
    let Some(ports) = parse_list(conn) else {
        let text = format!("`{}` → `{}`: connections `{}`", shown(from), shown(to), shown(conn));
        found.leave(Why::NotUnderstood, place, text);
        return;
    };
    let says = format!("`{}` → `{}`: {}", shown(from), shown(to), shown(conn));
    match (party(from), party(to)) {
        (Party::Workload(caller), Party::Workload(callee)) => {
            let (caller, callee) = (End::Named(caller), End::Named(callee));
            found.statements.push(Statement { caller, callee, ports, reason: None, seen: None, place: place.clone() });
        }
        (_, Party::Addresses) => {
            found.leave(Why::OutsideCallee, place, says);
        }
        // What a workload may call, whoever it is: of those that come in the list has lines of their own.
        (Party::Workload(_), Party::Cluster | Party::Selected) => {
            found.leave(Why::Egress, place, says);
        }
        (Party::Addresses, Party::Workload(callee)) => {
            entered(found.leave(Why::Addresses, place, says), input, &callee, &ports, addresses(from));
        }
        (Party::Cluster, Party::Workload(callee)) => {
            let cluster = Some("{namespaces: any}".to_owned());
            entered(found.leave(Why::WholeCluster, place, says), input, &callee, &ports, cluster);
        }
        (Party::Selected, Party::Workload(callee)) => {
            entered(found.leave(Why::OutsideCaller, place, says), input, &callee, &ports, selected(from));
        }
        (Party::Addresses, _) => {
            found.leave(Why::Addresses, place, says);
        }
        (Party::Cluster, _) => {
            found.leave(Why::WholeCluster, place, says);
        }
        (Party::Selected, _) => {
            found.leave(Why::OutsideCaller, place, says);
        }
    }
}

/// Says which `allow` entry of a service lets somebody in who is no service; `from` is its peer, where one can be written.
fn entered(leftover: &mut Leftover, input: &Input<'_>, callee: &Name, ports: &Wanted, from: Option<String>) {
    let Whose::Service(callee) = input.names.of(callee) else { return };
    if let Some(fitted) = fit_of(input.names, &callee, ports) {
        leftover.suggest(&callee, fitted, |ports| from.map(|from| allow_from(&from, Some(ports))));
    }
    leftover.callee = Some(callee);
}

/// The peer for a run of addresses that is one block.
fn addresses(text: &str) -> Option<String> {
    let bare = text.strip_suffix("[External]").unwrap_or(text).trim();
    let block = match bare.split_once('-') {
        Some((first, last)) => {
            let range = AddressRange { first: first.trim().parse().ok()?, last: last.trim().parse().ok()? };
            // The other way round, or of two families, it is none.
            let is_run = range.first.is_ipv4() == range.last.is_ipv4() && range.first <= range.last;
            block(Some(range).filter(|_| is_run)?)?
        }
        None => Cidr::parse_or_address(bare)?.to_string(),
    };
    Some(format!("{{cidr: {block}}}"))
}

/// The peer for pods by selectors: `ns/[all pods]`, `ns/[pod with {app=x}]`, `[namespace with {team=a}]/[all pods]`. Nothing where an expression
/// selects them, and for the ingress controller, which the list does not name.
fn selected(text: &str) -> Option<String> {
    let (namespace, pods) = text.split_once("/[")?;
    let inside = |text: &str, what: &str| Some(text.strip_prefix(what)?.strip_suffix('}')?.to_owned());
    let pods = match pods.strip_suffix(']')? {
        "all pods" => None,
        pods => Some(labels(&inside(pods, "pod with {")?)?),
    };
    let namespace = match namespace.strip_prefix('[').map(|namespace| namespace.strip_suffix(']')) {
        None if namespace.is_empty() || namespace.contains(['{', '}', ' ', '/']) => return None,
        None => format!("namespace: {}", quote(namespace)),
        Some(Some("all namespaces")) => "namespaces: any".to_owned(),
        Some(namespace) => format!("namespaces: {{labels: {}}}", labels(&inside(namespace?, "namespace with {")?)?),
    };
    let pods = pods.map(|pods| format!(", pods: {pods}")).unwrap_or_default();
    Some(format!("{{{namespace}{pods}}}"))
}

/// Labels as `k=v,k=v`, as YAML.
fn labels(text: &str) -> Option<String> {
    let label = |label: &str| {
        let (key, value) = label.split_once('=')?;
        let is_plain = |part: &str| !part.contains(['{', '}', '[', ']', ' ', '=', ':']);
        (!key.is_empty() && is_plain(key) && is_plain(value)).then(|| format!("{}: {}", quote(key), quote(value)))
    };
    let labels: Option<Vec<String>> = text.split(',').map(label).collect();
    Some(format!("{{{}}}", labels?.join(", ")))
}

fn party(text: &str) -> Party {
    let bare = text.strip_suffix("[External]").unwrap_or(text);
    let first = bare.split(['-', '/']).next().unwrap_or_default();
    if first.trim().parse::<IpAddr>().is_ok() {
        return Party::Addresses;
    }
    if text == "entire-cluster" {
        return Party::Cluster;
    }
    // `ns/name[Kind]`; selectors are `ns/[pod with {…}]`, and the ingress controller is `{ingress-controller}`.
    let named = || {
        let (namespace, rest) = text.split_once('/')?;
        let (name, kind) = rest.strip_suffix(']')?.split_once('[')?;
        let plain = |text: &str| !text.is_empty() && !text.contains(['[', ']', '{', '}', ' ', '/']);
        (plain(namespace) && plain(name) && plain(kind))
            .then(|| Name { kind: Some(kind.to_owned()), ..Name::new(Some(namespace), name) })
    };
    named().map_or(Party::Selected, Party::Workload)
}
