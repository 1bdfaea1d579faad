//! Calls in files that are no program code: container images' commands, shell scripts and cron jobs, nginx, envoy,
//! Spring's gateways. They are read as text; what stands there runs.

mod idle;
mod nginx;

pub(crate) use idle::{idle, may_use};
pub(crate) use nginx::{group_of, groups};

use crate::consoles;
use crate::value::{Piece, Template};
use hedgerow_code::ir::{Directive, Range};
use hedgerow_code::lines;
use hedgerow_code::testcode::is_test;
use hedgerow_deploy::properties;
use serde_json::Value;

/// An address in a plain file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address, with the variables it takes in.
    pub(crate) template: Template,
    /// Where it stands.
    pub(crate) range: Range,
    /// Whether a console or a client of a store is given it: whom one calls of whom nothing is known is no question.
    pub(crate) is_console: bool,
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
    let mut plain = Plain { comments: lines::comments(text), ..Plain::default() };
    let name = path.rsplit('/').next().unwrap_or(path);
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let image = name.starts_with("Dockerfile") || name.ends_with(".Dockerfile");
    let shell = is_shell(name, text);
    let caddy = name.starts_with("Caddyfile") || name.ends_with(".caddy");
    let haproxy = name.starts_with("haproxy");
    if name.ends_with(".properties") {
        plain.gateways(&properties(text), text);
        return plain;
    }
    let told = yaml || image || shell || caddy || haproxy;
    // By what it says too: a template of one may be called `nginx.hbs`.
    let nginx = !told && (name.contains(".conf") || nginx::is_nginx(name, text));
    if !(yaml || image || nginx || shell || caddy || haproxy) {
        return plain;
    }
    let mut command = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if body.starts_with('#') {
            continue;
        }
        if image {
            let first = body.split_whitespace().next().unwrap_or_default();
            command = command || matches!(first, "ENTRYPOINT" | "CMD");
            if command {
                plain.urls(line, start);
                plain.consoles(body.strip_prefix(first).unwrap_or(body), line, start);
            }
            command = command && body.ends_with('\\');
        } else if caddy {
            plain.caddy(body, line, start, text.contains("{args"));
        } else if haproxy {
            let mut words = body.split_whitespace();
            let nth = match words.next() {
                Some("server") => 1,
                Some("server-template") => 2,
                _ => continue,
            };
            if let Some(target) = words.nth(nth) {
                plain.add(target, line, start);
            }
        } else if nginx {
            let mut apache = body.split_whitespace();
            if let (Some("ProxyPass" | "ProxyPassMatch" | "BalancerMember"), Some(first)) =
                (apache.next(), apache.next())
            {
                let target = [Some(first), apache.next()].into_iter().flatten().find(|word| word.contains("://"));
                target.into_iter().for_each(|target| plain.add(target, line, start));
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
    if nginx {
        nginx::read(&mut plain, text);
    }
    if shell {
        plain.consoles(text, text, 0);
    }
    if yaml {
        // What a test expects is like what envoy is given.
        plain.structured(text, !is_test(path));
    }
    plain
}

/// Whether a text is a script of a shell, by its name or by the interpreter in its first line.
pub(crate) fn is_shell(name: &str, text: &str) -> bool {
    const SHELLS: [&str; 6] = ["sh", "bash", "ksh", "zsh", "fish", "dash"];
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let first = || text.strip_prefix("#!")?.lines().next()?.split(['/', ' ']).find(|word| SHELLS.contains(word));
    SHELLS.contains(&extension) || first().is_some()
}

impl Plain {
    /// Every URL in a line.
    fn urls(&mut self, line: &str, start: usize) {
        let mut from = 0;
        while let Some(found) = line[from..].find("://") {
            let middle = from + found;
            let scheme =
                line[..middle].bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'+').count();
            let scheme = middle - scheme;
            let rest = &line[middle..];
            let end = middle + end_of_url(rest);
            self.push(&line[scheme..end], start + scheme);
            from = end.max(middle + 3);
        }
    }

    /// Whom consoles and clients of stores connect to in a stretch of a text that begins at a place in the file.
    fn consoles(&mut self, stretch: &str, text: &str, start: usize) {
        let from = start + (stretch.as_ptr() as usize - text.as_ptr() as usize);
        for target in consoles::targets(stretch) {
            let range = range(from + target.start, from + target.start + target.length);
            if !self.addresses.iter().any(|known| known.range == range) {
                self.addresses.push(Address { template: template(&target.text), range, is_console: true });
            }
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
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`,;<>".contains(c)).unwrap_or(rest.len());
        self.push(&rest[..end], start + from);
    }

    /// A directive of Caddy's: what it passes requests on to. A snippet is given its targets where it is imported.
    fn caddy(&mut self, body: &str, line: &str, start: usize, has_arguments: bool) {
        let mut words = body.split_whitespace();
        match words.next() {
            Some("reverse_proxy" | "proxy" | "php_fastcgi" | "forward_auth" | "to") => {
                let is_target = |word: &&str| {
                    let is_variable = word.starts_with("{$") || word.starts_with("{env.");
                    is_variable || !word.starts_with(['/', '{', '*', '@', '<'])
                };
                for target in words.filter(is_target) {
                    self.add(target, line, start);
                }
            }
            Some("dynamic") => {
                let names = words.skip(1).take_while(|word| *word != "{");
                names.take(1).for_each(|name| self.add(name, line, start));
            }
            Some("import") if has_arguments => {
                for target in words.skip(1).filter(|word| !word.starts_with(['/', '{', '*', '@'])) {
                    self.add(target.trim_matches('"'), line, start);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, target: &str, line: &str, start: usize) {
        let from = line.find(target).unwrap_or(0);
        self.push(target, start + from);
    }

    fn push(&mut self, text: &str, start: usize) {
        let range = range(start, start + text.len());
        let address = Address { template: template(&shell(text)), range, is_console: false };
        if !text.is_empty() && !self.addresses.iter().any(|known| known.range == address.range) {
            self.addresses.push(address);
        }
    }

    /// What envoy and Spring's gateways say in their structure.
    fn structured(&mut self, text: &str, has_clusters: bool) {
        if !["clusters", "gateway", "zuul", "socket_address"].iter().any(|word| text.contains(word)) {
            return;
        }
        for document in hedgerow_deploy::documents(text) {
            let resources = document.get("resources").filter(|_| has_clusters && text.contains("config.cluster."));
            if let Some(clusters) = document.pointer("/static_resources/clusters").or(resources) {
                let mut found = Vec::new();
                addresses(clusters, &mut found);
                for address in found {
                    self.written(&address, template(&address), text);
                }
            }
            self.gateways(&document, text);
        }
    }

    /// The routes of Spring's gateways.
    fn gateways(&mut self, document: &Value, text: &str) {
        let mut found = Vec::new();
        for below in ["", ".server.webflux", ".mvc", ".server.webmvc"] {
            let key = format!("spring.cloud.gateway{below}.routes");
            below_key(document, &key, &mut |rest, value| match value {
                Value::Array(routes) => {
                    found.extend(routes.iter().filter_map(|r| r.get("uri")?.as_str()).map(str::to_owned));
                }
                // `routes[0].uri`
                Value::String(uri) if rest.ends_with("].uri") => found.push(uri.clone()),
                _ => {}
            });
        }
        below_key(document, "zuul.routes", &mut |rest, value| match value {
            Value::Object(routes) => found.extend(routes.iter().map(|(name, route)| {
                let said = ["url", "serviceId", "service-id"].iter().find_map(|key| route.get(key)?.as_str());
                // A route that says no more than its path leads to the service it is called like.
                said.unwrap_or(name).to_owned()
            })),
            Value::String(target) if [".url", ".serviceId", ".service-id"].iter().any(|end| rest.ends_with(end)) => {
                found.push(target.clone());
            }
            _ => {}
        });
        for address in found {
            self.written(&address, spring(&address), text);
        }
    }

    /// An address that stands somewhere in a text.
    fn written(&mut self, address: &str, template: Template, text: &str) {
        let start = text.find(address).unwrap_or(0);
        let range = range(start, start + address.len());
        let address = Address { template, range, is_console: false };
        if !self.addresses.contains(&address) {
            self.addresses.push(address);
        }
    }
}

/// Calls `take` with what lies under a dotted key, whether it is written as maps in maps or in one, and with what is left
/// of a longer key that begins like it.
fn below_key(value: &Value, key: &str, take: &mut impl FnMut(&str, &Value)) {
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(rest) = name.strip_prefix(key) {
            take(rest, value);
        } else if let Some(rest) = key.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('.')) {
            below_key(value, rest, take);
        }
    }
}

/// The file from which envoy takes its clusters as they come to be; empty where a server gives them, and none where there are no such.
pub(crate) fn clusters_elsewhere(text: &str) -> Option<String> {
    if !text.contains("cds_config") {
        return None;
    }
    let documents = hedgerow_deploy::documents(text);
    let source = documents.iter().find_map(|document| document.pointer("/dynamic_resources/cds_config"))?;
    let path = source.pointer("/path_config_source/path").or_else(|| source.get("path"));
    Some(path.and_then(Value::as_str).unwrap_or_default().to_owned())
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

/// A text with Caddy's variables as the shell writes them: `{$NAME:default}` and `{env.NAME}`.
fn shell(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((at, mark)) = ["{$", "{env."].iter().filter_map(|mark| Some((rest.find(mark)?, mark))).min() {
        let (head, tail) = (&rest[..at], &rest[at + mark.len()..]);
        // `${NAME}` is the shell's.
        let Some((inner, after)) = tail.split_once('}').filter(|_| !head.ends_with('$')) else { break };
        let (name, default) = inner.split_once(':').map_or((inner, ""), |(name, default)| (name, default));
        let mark = if default.is_empty() { "" } else { ":-" };
        plain.push_str(&format!("{head}${{{name}{mark}{default}}}"));
        rest = after;
    }
    plain + rest
}

/// A text with the shell's variables: `$NAME`, `${NAME}`, `${NAME:-default}`.
pub(crate) fn template(text: &str) -> Template {
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

/// A text with Spring's placeholders: `${name}`, `${name:default}`. What has no default is asked for as the environment
/// variable that the name stands for.
fn spring(text: &str) -> Template {
    let mut template = Template::default();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("${") {
        let Some((inner, tail)) = tail.split_once('}') else { break };
        template.append(&Template::text(head));
        match inner.split_once(':') {
            Some((_, default)) => template.append(&Template::text(default)),
            None => {
                let variable = inner.replace(['.', '-'], "_").to_uppercase();
                template.append(&Template::piece(Piece::Environment(variable)));
            }
        }
        rest = tail;
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
            ("nginx.hbs", "server {\n  {{#if x}}\n  proxy_pass http://a/;\n  {{/if}}\n}\n", &["http://a/"]),
            ("site.mustache", "upstream u {\n  server a:80;\n}\nlocation / {\n  proxy_pass http://u;\n}\n", &["a:80"]),
            ("nginx.tpl", "location / {\n  proxy_pass http://a;\n}\n", &["http://a"]),
            ("run.sh", "proxy_pass http://a\ncurl http://b\n", &["http://a", "http://b"]),
            ("page.html", "<p>proxy_pass http://a/</p>\n", &[]),
            ("run", "#!/usr/bin/env bash\ncurl http://a\n", &["http://a"]),
            ("run", "#!/usr/bin/env node\ncurl http://a\n", &[]),
            ("run.zsh", "curl http://a\n", &["http://a"]),
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
            (
                "site.conf",
                "<VirtualHost>\n  ProxyPass /x http://a:80/\n  ProxyPassReverse /x http://a:80/\n  BalancerMember http://b\n",
                &["http://a:80/", "http://b"],
            ),
            ("Caddyfile", "x.example.com {\n  reverse_proxy /api/* a:80 b:80\n  respond hi\n}\n", &["a:80", "b:80"]),
            (
                "Caddyfile.ce",
                "{$SITE} {\n\thandle /a/* {\n\t\treverse_proxy http://a:80 {\n\t\t}\n\t}\n}\n",
                &["http://a:80"],
            ),
            ("Caddyfile.prod", "x {\n  forward_auth a:80 {\n    uri /x\n  }\n}\n", &["a:80"]),
            ("site.caddy", "x {\n  reverse_proxy {\n    to a:80\n  }\n}\n", &["a:80"]),
            (
                "Caddyfile",
                ":80 {\n reverse_proxy {$A_HOST:a}:{$A_PORT}\n reverse_proxy {env.B} {$C}/x {http.x}\n}\n",
                &["a:$A_PORT", "$B", "$C/x"],
            ),
            ("Caddyfile", "(up) {\n reverse_proxy {args[0]}\n}\nx {\n import up a:80\n}\n", &["a:80"]),
            ("Caddyfile", "x {\n import common a:80\n reverse_proxy {\n  dynamic a b 80\n }\n}\n", &["b"]),
            ("Caddyfile", "x {\n respond <<HTML\n <b>go\n to </b>\n HTML\n}\n", &[]),
            ("run.sh", "echo \"-H <b>Host: a</b>\"\n", &["a"]),
            ("run.sh", "curl http://a</b>\n", &["http://a"]),
            ("haproxy.cfg", "backend x\n  server one a:80 check\n  balance roundrobin\n", &["a:80"]),
            ("haproxy.cfg", "backend x\n  server-template web 3 a:80 check\n  server ${X} $X:80\n", &["a:80", "$X:80"]),
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
