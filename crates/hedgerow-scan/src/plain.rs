//! Calls in files that are no program code: container images' commands, shell scripts and cron jobs, nginx, envoy,
//! Spring's gateways. They are read as text; what stands there runs.

use crate::frontend::comment;
use crate::ir::{Directive, Range};
use crate::value::{Piece, Template};
use serde::Deserialize;
use serde_json::Value;

/// An address in a plain file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address, with the variables it takes in.
    pub(crate) template: Template,
    /// Where it stands.
    pub(crate) range: Range,
}

/// What a plain file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The addresses that are called.
    pub(crate) addresses: Vec<Address>,
    /// The comments that speak to the scan.
    pub(crate) comments: Vec<(Directive, Range)>,
}

/// Reads a plain file.
pub(crate) fn read(path: &str, text: &str) -> Plain {
    let mut plain = Plain::default();
    let name = path.rsplit('/').next().unwrap_or(path);
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let image = name.starts_with("Dockerfile") || name.ends_with(".Dockerfile");
    let nginx = name.contains(".conf") && !yaml;
    let shell = name.ends_with(".sh");
    if !(yaml || image || nginx || shell) {
        return plain;
    }
    let mut upstream = false;
    let mut command = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if let Some(mark) = body.find("rpcmap:").or_else(|| body.find("hedgerow:"))
            && let Some(comment) = body[..mark].rfind('#')
        {
            let from = start + line.find(body).unwrap_or(0) + comment;
            let found = comment::directive(&body[comment..], place(from));
            plain.comments.extend(found.map(|directive| (directive, range(from, start + line.trim_end().len()))));
        }
        if body.starts_with('#') {
            continue;
        }
        if image {
            let first = body.split_whitespace().next().unwrap_or_default();
            command = command || matches!(first, "ENTRYPOINT" | "CMD");
            if command {
                plain.urls(line, start);
            }
            command = command && body.ends_with('\\');
        } else if nginx {
            let mut words = body.trim_end_matches(';').split_whitespace();
            match (words.next(), words.next()) {
                (Some("proxy_pass" | "grpc_pass" | "uwsgi_pass" | "fastcgi_pass" | "websocket_pass"), Some(target)) => {
                    plain.add(target, line, start);
                }
                (Some("upstream"), _) => upstream = true,
                (Some("server"), Some(target)) if upstream && target != "{" => plain.add(target, line, start),
                (Some("}"), _) => upstream = false,
                _ => {}
            }
        } else if ["curl", "wget", "http://", "grpcurl"].iter().any(|word| shell && body.contains(word))
            || ["curl ", "wget ", "grpcurl "].iter().any(|word| body.contains(word))
        {
            plain.urls(line, start);
            plain.host_header(line, start);
        } else if yaml || shell {
            plain.host_header(line, start);
        }
    }
    if yaml {
        plain.structured(text);
    }
    plain
}

impl Plain {
    /// Every URL in a line.
    fn urls(&mut self, line: &str, start: usize) {
        let mut from = 0;
        while let Some(found) = line[from..].find("://") {
            let middle = from + found;
            let scheme = line[..middle].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+').map_or(0, |at| at + 1);
            let rest = &line[middle..];
            let end = middle + end_of_url(rest);
            self.push(&line[scheme..end], start + scheme);
            from = end.max(middle + 3);
        }
    }

    /// `Host: service.x`, as a header of a request.
    fn host_header(&mut self, line: &str, start: usize) {
        let Some(at) = line.find("Host:") else { return };
        // A key of YAML, and not a header in quotes, is about something else.
        if !line[..at].ends_with(['"', '\'']) && !line[..at].contains("-H") && !line[..at].contains("--header") {
            return;
        }
        let rest = line[at + 5..].trim_start();
        let from = line.len() - rest.len();
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`,;".contains(c)).unwrap_or(rest.len());
        self.push(&rest[..end], start + from);
    }

    fn add(&mut self, target: &str, line: &str, start: usize) {
        let from = line.find(target).unwrap_or(0);
        self.push(target, start + from);
    }

    fn push(&mut self, text: &str, start: usize) {
        let address = Address { template: template(text), range: range(start, start + text.len()) };
        if !text.is_empty() && !self.addresses.iter().any(|known| known.range == address.range) {
            self.addresses.push(address);
        }
    }

    /// What envoy and Spring's gateways say in their structure.
    fn structured(&mut self, text: &str) {
        if !["clusters", "gateway", "zuul", "socket_address"].iter().any(|word| text.contains(word)) {
            return;
        }
        let documents =
            serde_yaml::Deserializer::from_str(text).map_while(|document| Value::deserialize(document).ok());
        let mut found = Vec::new();
        for document in documents {
            if let Some(clusters) = document.pointer("/static_resources/clusters") {
                addresses(clusters, &mut found);
            }
            let routes = document.pointer("/spring/cloud/gateway/routes").and_then(Value::as_array);
            for route in routes.into_iter().flatten() {
                found.extend(route.get("uri").and_then(Value::as_str).map(str::to_owned));
            }
            let routes = document.pointer("/zuul/routes").and_then(Value::as_object);
            for (_, route) in routes.into_iter().flatten() {
                let keys = ["url", "serviceId", "service-id"].iter();
                found.extend(keys.filter_map(|key| route.get(key)).filter_map(Value::as_str).map(str::to_owned).next());
            }
        }
        for address in found {
            if let Some(at) = text.find(&address) {
                self.push(&address, at);
            }
        }
    }
}

/// The addresses below envoy's clusters.
fn addresses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                match (key.as_str(), value.get("address").and_then(Value::as_str)) {
                    ("socket_address", Some(address)) => found.push(address.to_owned()),
                    _ => addresses(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| addresses(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where a URL ends that begins with `://`: at a space, a quote, or a bracket that is not a variable's.
fn end_of_url(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ')' | ']' | '"' | '\'' | '`' | ',' | ';' | '<' | '>' | '|' | '\\' => return at,
            c if c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// A text with the shell's variables: `$NAME`, `${NAME}`, `${NAME:-default}`.
fn template(text: &str) -> Template {
    let mut template = Template::default();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('$') {
        template.append(&Template::text(head));
        let (name, after) = match tail.strip_prefix('{').and_then(|tail| tail.split_once('}')) {
            Some((inner, after)) => (inner, after),
            None => {
                let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
                tail.split_at(end)
            }
        };
        let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        match default {
            Some(default) if !default.is_empty() => template.append(&Template::text(default)),
            _ if name.is_empty() => template.append(&Template::piece(Piece::Hole)),
            _ => template.append(&Template::piece(Piece::Environment(name.to_owned()))),
        }
        rest = after;
    }
    template.append(&Template::text(rest));
    template
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn range(start: usize, end: usize) -> Range {
    Range { start: place(start), end: place(end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        read(path, text).addresses.iter().map(|address| address.template.to_string()).collect()
    }

    #[test]
    fn addresses_are_found_in_plain_files() {
        for (path, text, expected) in [
            (
                "Dockerfile",
                "FROM https://x/y\nENTRYPOINT tool --host=\"http://${A_ADDR}\" -u 1\n",
                &["http://$A_ADDR"][..],
            ),
            ("Dockerfile", "CMD tool \\\n  http://a \\\n  http://b\nRUN curl http://c\n", &["http://a", "http://b"]),
            (
                "cron.yaml",
                "args: [\"curl -H 'Host: service.a' http://gateway/run\"]\n",
                &["http://gateway/run", "service.a"],
            ),
            ("cron.yaml", "args: ['-H', 'Host: service.a']\nhost: Host: no\n", &["service.a"]),
            ("run.sh", "# curl http://no\nwget -q http://$X:${PORT:-80}/y; true\n", &["http://$X:80/y"]),
            (
                "nginx.conf",
                "upstream u {\n  server a:80;\n}\nserver {\n  proxy_pass http://b/;\n}\n",
                &["a:80", "http://b/"],
            ),
            (
                "envoy.yaml",
                "static_resources:\n  clusters:\n  - endpoints: [{address: {socket_address: {address: svc-a, port_value: 1}}}]\n",
                &["svc-a"],
            ),
            (
                "application.yml",
                "spring: {cloud: {gateway: {routes: [{id: a, uri: 'lb://svc-a'}]}}}\n",
                &["lb://svc-a"],
            ),
            ("notes.md", "curl http://a\n", &[]),
        ] {
            assert_eq!(found(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn comments_are_read_in_plain_files() {
        let plain = read("run.sh", "true # rpcmap: service.a\n");
        assert!(matches!(&plain.comments[..], [(Directive::Calls(names), _)] if names[0].0 == "service.a"));
    }
}
