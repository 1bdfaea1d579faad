//! What a proxy's settings define and nothing there sends requests on to: groups of servers of nginx that no `proxy_pass` names, back ends of
//! HAProxy, balancers of Apache, clusters of envoy, services of Traefik and snippets of Caddy. A proxy connects to nobody for them, unless
//! it asks for their health.

use super::nginx;
use std::ops::Range;

/// A stretch of settings that nothing in its file uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Idle {
    pub(crate) range: Range<usize>,
    /// The texts by which another file uses it.
    uses: Vec<String>,
    /// Whether it is used by its name alone, in files that pass requests on.
    is_by_name: bool,
}

impl Idle {
    /// Whether another file uses it, one that [`may_use`] such things.
    pub(crate) fn is_used_in(&self, text: &str) -> bool {
        // A group of nginx's may be named in many ways where requests are passed on.
        let is_by_name = self.is_by_name && !text.contains("_pass");
        !is_by_name && self.uses.iter().any(|used| has_word(text, used))
    }
}

/// Whether a file may use what the settings of a proxy in another one define.
pub(crate) fn may_use(text: &str) -> bool {
    ["_pass", "use_backend", "default_backend", "balancer://", "import ", "@file", "service:"]
        .iter()
        .any(|word| text.contains(word))
}

/// The stretches of a text that nothing in it uses.
pub(crate) fn idle(path: &str, text: &str) -> Vec<Idle> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if is_yaml && text.contains("static_resources") {
        return envoy(text);
    }
    if is_yaml && text.contains("loadBalancer") && text.contains("routers:") {
        return traefik(text);
    }
    if name.starts_with("haproxy") {
        return haproxy(text);
    }
    if name.starts_with("Caddyfile") || name.ends_with(".caddy") {
        return caddy(text);
    }
    let is_nginx = text.contains("upstream") && text.contains("_pass") && !is_yaml;
    let mut found = if is_nginx { nginx::idle(text) } else { Vec::new() };
    found.extend(apache(text));
    found
}

impl Idle {
    /// What is used wherever requests are passed on and its name stands.
    pub(super) fn named(range: Range<usize>, name: String) -> Self {
        Self { range, uses: vec![name], is_by_name: true }
    }

    pub(super) fn new(range: Range<usize>, uses: Vec<String>) -> Self {
        Self { range, uses, is_by_name: false }
    }
}

/// A line of a text: where it begins, how deep it is indented, what it says.
struct Line<'t> {
    start: usize,
    depth: usize,
    body: &'t str,
}

/// The lines that say something.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() && !body.starts_with('#') {
            found.push(Line { start, depth: line.len() - line.trim_start().len(), body });
        }
        start += line.len();
    }
    found
}

/// Where a stretch that begins with the line at `from` ends: at the next line for which `ends` holds.
fn stretch(text: &str, lines: &[Line<'_>], from: usize, ends: impl Fn(&Line<'_>) -> bool) -> (usize, Range<usize>) {
    let behind = lines[from + 1..].iter().position(ends).map_or(lines.len(), |at| from + 1 + at);
    let end = lines.get(behind).map_or(text.len(), |line| line.start);
    (behind, lines[from].start..end)
}

/// Back ends of HAProxy that no front end names. One whose servers are checked is connected to all the same.
fn haproxy(text: &str) -> Vec<Idle> {
    const SECTIONS: &[&str] = &[
        "backend",
        "cache",
        "defaults",
        "fcgi-app",
        "frontend",
        "global",
        "http-errors",
        "listen",
        "log-forward",
        "mailers",
        "peers",
        "program",
        "resolvers",
        "ring",
        "userlist",
    ];
    let lines = lines(text);
    let first = |line: &Line<'_>| line.body.split_whitespace().next().unwrap_or_default().to_owned();
    let chooses = |line: &&Line<'_>| matches!(first(line).as_str(), "use_backend" | "default_backend");
    // `use_backend %[req.hdr(host)]`
    if lines.iter().any(|line| line.body.contains("default-server") && has_word(line.body, "check"))
        || lines.iter().filter(chooses).any(|line| line.body.contains("%[") || line.body.contains('$'))
        || !lines.iter().any(|line| chooses(&line))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for at in 0..lines.len() {
        let mut words = lines[at].body.split_whitespace();
        let (Some("backend"), Some(name)) = (words.next(), words.next()) else { continue };
        let (behind, range) = stretch(text, &lines, at, |line| SECTIONS.contains(&first(line).as_str()));
        let inside = &lines[at + 1..behind];
        let is_checked = inside.iter().any(|line| first(line).starts_with("server") && has_word(line.body, "check"));
        let mut others = lines[..at].iter().chain(&lines[behind..]);
        if !is_checked && !others.any(|line| has_word(line.body, name)) {
            found.push(Idle::new(range, vec![format!("use_backend {name}"), format!("default_backend {name}")]));
        }
    }
    found
}

/// Balancers of Apache that nothing is passed to.
fn apache(text: &str) -> Vec<Idle> {
    const SCHEME: &str = "balancer://";
    if !text.contains("BalancerMember") || text.contains("balancer://$") || text.contains("balancer://%") {
        return Vec::new();
    }
    let lines = lines(text);
    let mut found = Vec::new();
    for at in 0..lines.len() {
        let Some(rest) = lines[at].body.strip_prefix("<Proxy").map(|rest| rest.trim_matches([' ', '"', '>'])) else {
            continue;
        };
        let Some(name) = rest.strip_prefix(SCHEME) else { continue };
        let (behind, range) = stretch(text, &lines, at, |line| line.body.starts_with("</Proxy"));
        let used = format!("{SCHEME}{name}");
        let mut others = lines[..at].iter().chain(&lines[behind..]);
        if !others.any(|line| has_word(line.body, &used)) {
            found.push(Idle::new(range, vec![used]));
        }
    }
    found
}

/// Snippets of Caddy's that nothing imports.
fn caddy(text: &str) -> Vec<Idle> {
    let lines = lines(text);
    let imports = |name: &str| format!("import {name}");
    // `import {args[0]}`, `import {$SITE}`
    if lines.iter().any(|line| line.body.starts_with("import {")) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for at in 0..lines.len() {
        let name = lines[at].body.strip_prefix('(').and_then(|rest| rest.strip_suffix('{'));
        let Some(name) = name.and_then(|rest| rest.trim_end().strip_suffix(')')) else { continue };
        let (_, range) = stretch(text, &lines, at, |line| line.depth <= lines[at].depth);
        let used = imports(name);
        if !lines.iter().any(|line| has_word(line.body, &used)) {
            found.push(Idle::new(range, vec![used]));
        }
    }
    found
}

/// Clusters of envoy that nothing in its settings names. Those whose health it checks are connected to.
fn envoy(text: &str) -> Vec<Idle> {
    // Routes that come from elsewhere, or that a request chooses, may lead to each.
    const OPEN: &[&str] = &["dynamic_resources", "cluster_header", "rds:", "scoped_routes", "cluster_specifier", "{{"];
    // Without a listener, it is a part of settings.
    if OPEN.iter().any(|word| text.contains(word)) || !text.contains("listeners") {
        return Vec::new();
    }
    let lines = lines(text);
    let mut found = Vec::new();
    let tops = (0..lines.len()).filter(|at| lines[*at].body == "clusters:");
    for (at, behind) in tops.flat_map(|top| below(&lines, top)) {
        let inside = &lines[at..behind];
        let is_checked = inside.iter().any(|line| line.body.contains("health_checks"));
        let mut names = inside.iter().filter_map(|line| line.body.trim_start_matches("- ").strip_prefix("name:"));
        let Some(name) = names.next().map(unquoted).filter(|_| !is_checked) else { continue };
        if !lines[..at].iter().chain(&lines[behind..]).any(|line| has_word(line.body, name)) {
            let end = lines.get(behind).map_or(text.len(), |line| line.start);
            found.push(Idle::new(lines[at].start..end, Vec::new()));
        }
    }
    found
}

/// Services of Traefik's that no router names, in this file or, as `ledger@file`, elsewhere. Those whose health it checks are connected to.
fn traefik(text: &str) -> Vec<Idle> {
    let lines = lines(text);
    let mut found = Vec::new();
    let tops = (0..lines.len()).filter(|at| lines[*at].body == "services:" && !text.contains("{{"));
    for (at, behind) in tops.flat_map(|top| below(&lines, top)) {
        let inside = &lines[at..behind];
        let has = |word: &str| inside.iter().any(|line| line.body.contains(word));
        let Some(name) = lines[at].body.strip_suffix(':').map(unquoted) else { continue };
        if !has("loadBalancer:") || has("healthCheck:") {
            continue;
        }
        let names = |line: &Line<'_>| {
            let value = line.body.split_once(": ").map_or(line.body, |(_, value)| value).trim_start_matches("- ");
            unquoted(value).split('@').next() == Some(name)
        };
        if !lines[..at].iter().chain(&lines[behind..]).any(names) {
            let end = lines.get(behind).map_or(text.len(), |line| line.start);
            let uses = [format!("{name}@file"), format!("service: {name}"), format!("service: \"{name}\"")];
            found.push(Idle::new(lines[at].start..end, uses.to_vec()));
        }
    }
    found
}

/// What lies right below the line at `top` of a file of YAML: where each piece begins, and where it ends.
fn below(lines: &[Line<'_>], top: usize) -> Vec<(usize, usize)> {
    let Some(first) = lines.get(top + 1) else { return Vec::new() };
    let is_list = first.body.starts_with("- ");
    if first.depth < lines[top].depth || (first.depth == lines[top].depth && !is_list) {
        return Vec::new();
    }
    let is_inside = |line: &Line<'_>| {
        line.depth > first.depth || (line.depth == first.depth && line.body.starts_with("- ") == is_list)
    };
    let rest = lines[top + 1..].iter().position(|line| !is_inside(line));
    let end = rest.map_or(lines.len(), |at| top + 1 + at);
    let starts: Vec<usize> = (top + 1..end).filter(|at| lines[*at].depth == first.depth).collect();
    let behind = starts.iter().skip(1).copied().chain([end]);
    starts.iter().copied().zip(behind).collect()
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}

/// Whether a text has a word, and not as a part of a longer one.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut places = text.match_indices(word).map(|(at, _)| at);
    !word.is_empty()
        && places.any(|at| !text[..at].ends_with(is_of_word) && !text[at + word.len()..].starts_with(is_of_word))
}
