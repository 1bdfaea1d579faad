//! Ports as templates and values write them, which are no YAML.

use super::Port;
use std::collections::{BTreeMap, BTreeSet};

/// What may stand in the entry of a container's port. An entry with other keys has a name of its own, which is no port's.
const OF_PORT: [&str; 5] = ["containerPort", "hostIP", "hostPort", "name", "protocol"];

/// Pairs at one indentation: mostly one entry of a list.
#[derive(Default)]
struct Entry<'t> {
    indent: usize,
    is_element: bool,
    pairs: Vec<(&'t str, &'t str)>,
}

impl Entry<'_> {
    /// The port, if it is one. Its protocol is empty where nobody says it.
    fn port(&self, is_values: bool) -> Option<Port> {
        let get = |wanted: &str| self.pairs.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
        let own = get("containerPort");
        let number = own.or_else(|| get("targetPort"))?.parse().ok().filter(|number| *number > 0)?;
        let is_whole = own.is_some() && self.is_element && self.pairs.iter().all(|(key, _)| OF_PORT.contains(key));
        let protocol = match get("protocol") {
            Some(written) if matches!(written, "TCP" | "UDP" | "SCTP") => written,
            // Kubernetes takes TCP where a container says nothing; what values say may be completed by a template.
            None if is_whole && !is_values => "TCP",
            _ => "",
        };
        let name = get("name").filter(|name| is_whole && !name.is_empty()).map(str::to_owned);
        Some(Port { number, protocol: protocol.to_owned(), name })
    }
}

/// `containerPort: 8080` with its name and protocol, by the key that it stands below: `whole` in a template, the first key in values.
pub(super) fn literal(text: &str, whole: &str, is_values: bool) -> BTreeMap<String, BTreeSet<Port>> {
    let mut found: BTreeMap<String, BTreeSet<Port>> = BTreeMap::new();
    let mut key = whole;
    let mut entry = Entry::default();
    let mut keep = |key: &str, entry: &Entry<'_>| {
        if let Some(port) = entry.port(is_values) {
            found.entry(key.to_owned()).or_default().insert(port);
        }
    };
    for line in text.lines() {
        let inside = line.trim_start();
        // What decides about lines stands at any indentation.
        if inside.is_empty() || inside.starts_with('#') || inside.starts_with("{{") {
            continue;
        }
        let plain = inside.trim_start_matches("- ").trim_start();
        let is_first = plain.len() < inside.len();
        let indent = line.len() - plain.len();
        if is_first || indent != entry.indent {
            keep(key, &entry);
            entry = Entry { indent, is_element: is_first, pairs: Vec::new() };
        }
        // What values say of a data store stands below its name.
        if is_values && let Some((word, _)) = line.split_once(':').filter(|_| !line.starts_with([' ', '#', '-'])) {
            key = word;
        }
        match plain.strip_prefix('{').and_then(|flow| flow.split_once('}')) {
            Some((flow, _)) => entry.pairs.extend(flow.split(',').filter_map(pair)),
            None => entry.pairs.extend(pair(plain)),
        }
    }
    keep(key, &entry);
    found
}

fn pair(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let value = value.split(" #").next().unwrap_or(value).trim();
    Some((key.trim(), value.trim_matches(['"', '\''])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_values: bool) -> String {
        let found = literal(text, "part", is_values);
        let of = |port: &Port| format!("{}/{}/{}", port.name.as_deref().unwrap_or("-"), port.number, port.protocol);
        let all = found.iter().flat_map(|(key, ports)| ports.iter().map(move |port| format!("{key} {}", of(port))));
        all.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_port_of_a_template_keeps_its_name_and_protocol() {
        for (text, expected) in [
            ("ports:\n- name: n4\n  containerPort: 8805\n  protocol: UDP\nname: x\n", "part n4/8805/UDP"),
            ("ports:\n  - containerPort: 8805 # PFCP\n    protocol: \"UDP\"\n    name: 'n4'\n", "part n4/8805/UDP"),
            (
                "ports:\n- name: n2\n  containerPort: 38412\n  protocol: SCTP\n- containerPort: 80\n",
                "part -/80/TCP, part n2/38412/SCTP",
            ),
            (
                "- name: dns\n  containerPort: 53\n  protocol: UDP\n- name: dns-tcp\n  containerPort: 53\n",
                "part dns-tcp/53/TCP, part dns/53/UDP",
            ),
            ("- { name: n4, containerPort: 8805, protocol: UDP }\n", "part n4/8805/UDP"),
            (
                "- name: n4\n  {{- if .udp }}\n  containerPort: 8805\n  {{- end }}\n  # a note\n\n  protocol: UDP\n",
                "part n4/8805/UDP",
            ),
            ("- name: n4\n  containerPort: 8805\n  protocol: {{ .protocol }}\n", "part n4/8805/"),
            ("- containerPort: {{ .port }}\n  protocol: UDP\n", ""),
            // The port of a Service has a name of its own, and so has a container.
            ("- port: 80\n  targetPort: 8080\n  name: web\n  protocol: UDP\n", "part -/8080/UDP"),
            ("- name: main\n  image: x\n  containerPort: 8080\n", "part -/8080/"),
            ("- name: one\n- containerPort: 1\n  protocol: UDP\n- protocol: SCTP\n  name: two\n", "part -/1/UDP"),
            ("- containerPort: 1\nprotocol: UDP\n", "part -/1/TCP"),
            ("- containerPort: 0\n", ""),
        ] {
            assert_eq!(shown(text, false), expected, "{text}");
        }
        for (text, expected) in [
            (
                "db:\n  targetPort: 5432\nupf:\n  name: upf\n  containerPort: 8805\n  protocol: UDP\n",
                "db -/5432/, upf -/8805/UDP",
            ),
            ("upf:\n  ports:\n  - name: n4\n    containerPort: 8805\n", "upf n4/8805/"),
            ("upf:\n  containerPort: 1\ndb:\n  containerPort: 2\n", "db -/2/, upf -/1/"),
        ] {
            assert_eq!(shown(text, true), expected, "{text}");
        }
    }
}
