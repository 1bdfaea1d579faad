//! What nginx's configuration passes requests on to. Read by statement, not by line: `set` and `map` give variables their
//! values, and a template's own marks (`{{ }}`, `{% %}`, `<% %>`) are part of a word or a line that is left out.

use super::idle::Idle;
use super::{Address, Plain, range, template};
use std::collections::{BTreeMap, BTreeSet};

/// The directives whose first argument is an address.
const PASS: &[&str] = &["proxy_pass", "grpc_pass", "uwsgi_pass", "fastcgi_pass", "scgi_pass", "websocket_pass"];

/// What of a request stands behind a host.
const REQUEST: &[&str] = &["$request_uri", "$uri", "$document_uri", "$is_args"];

/// How many values a variable may have, and how often one may stand for another.
const MAX_VALUES: usize = 64;

/// A word of a statement, without its quotes, and where it begins.
type Word = (String, usize);

/// In how many letters a group has its name, and then its first server.
const MAX_GROUP: usize = 300;

/// What a block is about, as far as it matters.
enum Block {
    /// A group of servers, by its name.
    Upstream(String),
    /// `map $x $name { pattern value; }`
    Map(String),
    Other,
}

/// Whether a file of another name is written in nginx's language.
pub(super) fn is_nginx(name: &str, text: &str) -> bool {
    let is_prose =
        [".md", ".mdx", ".rst", ".adoc", ".txt", ".html", ".json", ".xml"].iter().any(|end| name.ends_with(end));
    !is_prose && text.contains("proxy_pass ") && (text.contains("location ") || text.contains("server {"))
}

/// The groups of servers that a text defines, by their names: whoever else has such a name is not called by it.
pub(crate) fn groups<'t>(text: &'t str) -> BTreeSet<&'t str> {
    let start = |text: &'t str| text.char_indices().nth(MAX_GROUP).map_or(text, |(end, _)| &text[..end]);
    let group = |(at, word): (usize, &str)| {
        let rest = &text[at + word.len()..];
        let (head, _) = start(rest).split_once('{').filter(|_| rest.starts_with(char::is_whitespace))?;
        let name = head.trim();
        let body = start(&rest[head.len() + 1..]);
        let has_server = body.split('}').next().is_some_and(|body| body.contains("server "));
        (has_server && !name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
    };
    text.match_indices("upstream").filter_map(group).collect()
}

/// The host of an address, with its port, as a group is named.
pub(crate) fn group_of(address: &str) -> &str {
    let host = address.split_once("://").map_or(address, |(_, host)| host);
    host.split('/').next().unwrap_or(host)
}

/// The servers of groups that nothing in a text passes requests to. A text that passes nothing on is a part of another one; where a program
/// or a variable that the text does not set says whom to pass to, it may be each of them; a group whose health is asked for is connected to.
pub(super) fn idle(text: &str) -> Vec<Idle> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut passes: Vec<String> = Vec::new();
    let mut words_of_others: BTreeSet<String> = BTreeSet::new();
    let mut blocks: Vec<Option<String>> = Vec::new();
    let mut servers: Vec<(String, Word)> = Vec::new();
    let mut is_open = text.contains("_by_lua") || text.contains("js_");
    statements(text, &mut |words, end| {
        let word = |at: usize| words.get(at).map(|(word, _)| word.as_str());
        let group = blocks.iter().rev().flatten().next();
        match (group, word(0), word(1)) {
            (Some(group), Some("server"), Some(_)) if end == ';' => {
                servers.extend(words.get(1).map(|server| (group.clone(), server.clone())));
            }
            (Some(_), Some("check" | "health_check"), _) => is_open = true,
            (_, Some("set"), Some(name)) if end == ';' => {
                if let (Some(name), Some(value)) = (name.strip_prefix('$'), word(2)) {
                    give(&mut values, name, value);
                }
            }
            (_, Some(directive), Some(_)) if end != '{' && directive.ends_with("_pass") => {
                passes.extend(words.iter().skip(1).map(|(word, _)| word.clone()));
            }
            (_, Some(directive), _) if directive != "upstream" => {
                words_of_others.extend(words.iter().map(|(word, _)| word.clone()));
            }
            _ => {}
        }
        match end {
            '{' => blocks.push(word(1).filter(|_| word(0) == Some("upstream")).map(str::to_owned)),
            '}' => drop(blocks.pop()),
            _ => {}
        }
    });
    let mut used: BTreeSet<String> = BTreeSet::new();
    for target in passes.iter().flat_map(|pass| instances(pass, &values)) {
        let (name, rest) = named(&target);
        // `http://$which` may be each.
        is_open |= name.contains(['{', '<', '%']) || !rest.is_empty();
        used.insert(name.split(':').next().unwrap_or_default().to_owned());
    }
    used.extend(words_of_others.iter().map(|word| group_of(word).to_owned()));
    if is_open || passes.is_empty() {
        return Vec::new();
    }
    let idle = servers.into_iter().filter(|(group, _)| !used.contains(group));
    idle.map(|(group, (server, start))| Idle::named(start..start + server.len(), group)).collect()
}

/// What the host of an address is called, and what of a variable stands behind it: `http://books$request_uri` is `books`, what a request says
/// behind it is no part of a name.
fn named(address: &str) -> (&str, &str) {
    let host = group_of(address);
    let (name, rest) = host.split_at(host.find('$').unwrap_or(host.len()));
    (name, if REQUEST.iter().any(|part| rest.starts_with(part)) { "" } else { rest })
}

/// Reads nginx's configuration.
pub(super) fn read(plain: &mut Plain, text: &str) {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut targets: Vec<Word> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    let mut groups: BTreeSet<String> = BTreeSet::new();
    statements(text, &mut |words, end| {
        let word = |at: usize| words.get(at).map(|(word, _)| word.as_str());
        match (blocks.last(), word(0), word(1)) {
            (Some(Block::Map(name)), Some(_), Some(value)) if end == ';' => give(&mut values, name, value),
            (Some(Block::Upstream(group)), Some("server"), Some(_)) if end == ';' => {
                targets.extend(words.get(1).cloned());
                groups.insert(group.clone());
            }
            (_, Some("set"), Some(name)) if end == ';' => {
                if let (Some(name), Some(value)) = (name.strip_prefix('$'), word(2)) {
                    give(&mut values, name, value);
                }
            }
            // One address; where a template chooses, each of them.
            (_, Some(directive), _) if end != '{' && PASS.contains(&directive) => {
                targets.extend(words.iter().skip(1).cloned());
            }
            _ => {}
        }
        match end {
            '{' => blocks.push(match word(0) {
                Some("upstream") => Block::Upstream(word(1).unwrap_or_default().to_owned()),
                Some("map" | "split_clients") => {
                    let name = words.last().and_then(|(word, _)| word.strip_prefix('$'));
                    name.map_or(Block::Other, |name| Block::Map(name.to_owned()))
                }
                _ => Block::Other,
            }),
            '}' => {
                blocks.pop();
            }
            _ => {}
        }
    });
    for (target, start) in targets {
        let is_group =
            |written: &String| [group_of(written), named(written).0].iter().any(|group| groups.contains(*group));
        for written in instances(&target, &values).into_iter().filter(|written| !is_group(written)) {
            let range = range(start, start + target.len());
            let address = Address { template: template(&written), range, is_console: false };
            if !plain.addresses.contains(&address) {
                plain.addresses.push(address);
            }
        }
    }
}

fn give(values: &mut BTreeMap<String, Vec<String>>, name: &str, value: &str) {
    let known = values.entry(name.to_owned()).or_default();
    if known.len() < MAX_VALUES && !known.iter().any(|known| known == value) {
        known.push(value.to_owned());
    }
}

/// A text with each of the values of the variables that the file itself sets.
fn instances(target: &str, values: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut open = vec![target.to_owned()];
    let mut done = Vec::new();
    let mut rest = MAX_VALUES;
    while let Some(text) = open.pop() {
        let Some((from, to, given)) = (rest > 0).then(|| variable(&text, values)).flatten() else {
            done.push(text);
            continue;
        };
        rest -= 1;
        open.extend(given.iter().rev().map(|value| format!("{}{value}{}", &text[..from], &text[to..])));
    }
    done
}

/// The first variable of a text that has values: where it stands, and they.
fn variable<'v>(text: &str, values: &'v BTreeMap<String, Vec<String>>) -> Option<(usize, usize, &'v [String])> {
    text.match_indices('$').find_map(|(from, _)| {
        let tail = &text[from + 1..];
        let braced =
            tail.strip_prefix('{').and_then(|tail| tail.split_once('}')).map(|(name, _)| (name, name.len() + 2));
        let (name, length) = braced.unwrap_or_else(|| {
            let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
            (&tail[..end], end)
        });
        let given = values.get(name)?;
        Some((from, from + 1 + length, given.as_slice()))
    })
}

/// Calls `take` with the words of every statement and what ends it: `;`, `{` or `}`.
fn statements(text: &str, take: &mut impl FnMut(&[Word], char)) {
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    // Whether nothing stands before this on its line.
    let mut begins = true;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if c == '#' || (begins && MARKS.iter().any(|(open, _)| rest.starts_with(open))) {
            left_out(rest)
        } else {
            None
        };
        if let Some(length) = length.or_else(|| control(rest)) {
            at += length;
            continue;
        }
        begins = (begins && c.is_whitespace()) || c == '\n';
        // `proxy_pass {{ .Values.url }};`
        let is_mark = c == '{' && mark(rest).is_some();
        if !is_mark && matches!(c, ';' | '{' | '}') {
            take(&words, c);
            words.clear();
            at += 1;
        } else if c.is_whitespace() {
            at += c.len_utf8();
        } else if let Some(length) = quoted(rest) {
            words.push((rest[1..length - 1].to_owned(), at + 1));
            at += length;
        } else {
            let length = word(rest);
            words.push((rest[..length].to_owned(), at));
            at += length;
        }
    }
    take(&words, ';');
}

/// What templates stand between.
const MARKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("<%", "%>")];

/// The longest piece of a template that is looked at, in bytes.
const MAX_MARK: usize = 1_000;

/// As much of a text as a mark may take up.
fn head(text: &str) -> &str {
    let mut most = MAX_MARK.min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    &text[..most]
}

/// The piece of a template that a text begins with: what stands between its marks, and its length with them.
fn mark(text: &str) -> Option<(&str, usize)> {
    MARKS.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(open)?;
        let end = head(inner).find(close)?;
        Some((&inner[..end], open.len() + end + close.len()))
    })
}

/// How long a piece of a template is that chooses and writes nothing itself: `{{ if .x }}`, `{{#each x}}`, `{% else %}`, `<% end %>`.
fn control(text: &str) -> Option<usize> {
    const WORDS: [&str; 10] = ["if", "else", "end", "range", "with", "define", "block", "unless", "each", "/*"];
    let (inner, length) = mark(text)?;
    let body = inner.trim_matches(['-', '~', ' ', '\t']);
    let word = body.split(|c: char| c.is_whitespace()).next().unwrap_or(body);
    let is_control = match &text[..2] {
        "{{" => body.starts_with(['#', '/', '!', '^']) || WORDS.contains(&word),
        "<%" => !inner.starts_with('='),
        _ => true,
    };
    is_control.then_some(length)
}

/// The rest of a line that says nothing: a comment, or a piece of a template that is all of it.
fn left_out(rest: &str) -> Option<usize> {
    if rest.starts_with('#') {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let (inner, length) = mark(rest)?;
    let after = rest[length..].trim_start_matches([' ', '\t', '\r']);
    let is_own = !inner.contains('\n') && (after.is_empty() || after.starts_with('\n'));
    is_own.then_some(rest.len() - after.len())
}

/// How long a text in quotes is that stands at the beginning, with them.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut letters = text.char_indices().skip(1);
    while let Some((at, c)) = letters.next() {
        match c {
            '\\' => drop(letters.next()),
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// How long a word is: variables in braces and what a template writes are part of it.
fn word(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if at > 0 && control(rest).is_some() {
            break;
        }
        let braced =
            || rest.strip_prefix("${").and_then(|inner| Some(3 + head(inner).split(['\n', ';']).next()?.find('}')?));
        if let Some(length) = mark(rest).map(|(_, length)| length).or_else(braced) {
            at += length;
        } else if c.is_whitespace() || matches!(c, ';' | '{' | '}') {
            break;
        } else {
            at += c.len_utf8();
        }
    }
    at.max(text.chars().next().map_or(0, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::{group_of, groups};

    #[test]
    fn what_nginx_passes_requests_on_to() {
        for (name, text, expected) in [
            ("nginx.conf", "location / { proxy_pass http://a:80; }", &["http://a:80"][..]),
            (
                "nginx.conf",
                "location /h { return 200 \"{\\\"ok\\\":true}\"; }\nlocation / { proxy_pass http://a:80; }\nadd_header X \"y\";",
                &["http://a:80"],
            ),
            (
                "nginx.conf",
                "location /h { return 200 'it\\'s'; }\nlocation / { proxy_pass http://a:80; }\nadd_header X 'y';",
                &["http://a:80"],
            ),
            ("nginx.conf", "location / {\n proxy_pass\n   http://a:80;\n}", &["http://a:80"]),
            ("nginx.conf", "set $b \"http://a:80\";\nlocation / {\n proxy_pass $b;\n}", &["http://a:80"]),
            (
                "nginx.conf",
                "set $host_b a; proxy_pass http://$host_b:90/x$request_uri;",
                &["http://a:90/x$request_uri"],
            ),
            ("nginx.conf", "set $h a; set $b http://${h}:1; proxy_pass $b;", &["http://a:1"]),
            (
                "nginx.conf",
                "map $http_x $b { default a:80; ~^v2 \"b:80\"; }\nproxy_pass http://$b;",
                &["http://a:80", "http://b:80"],
            ),
            ("nginx.conf", "set $a $a; proxy_pass http://$a;", &["http://$a"]),
            ("nginx.conf", "upstream u { server a:80 weight=5; server b; }\nserver { listen 80; }", &["a:80", "b"]),
            (
                "nginx.conf",
                "upstream u { server a:80; }\nproxy_pass http://u/x; grpc_pass grpc://u; proxy_pass http://u:90;",
                &["a:80", "http://u:90"],
            ),
            ("nginx.conf", "upstream u { }\nproxy_pass http://u;", &["http://u"]),
            ("nginx.conf", "# proxy_pass http://no;\nproxy_pass http://a; # ; proxy_pass http://no;\n", &["http://a"]),
            ("default.conf.template", "proxy_pass http://${API_HOST}:${API_PORT};", &["http://$API_HOST:$API_PORT"]),
            (
                "nginx.hbs",
                "server {\n{{#if Ssl}}\nlisten 443;\n{{/if}}\nproxy_pass http://a:5000/;\n}",
                &["http://a:5000/"],
            ),
            ("nginx.mustache", "server {\n proxy_pass http://a; }", &["http://a"]),
            ("site.in", "location /x { if ($y) { proxy_pass http://a; } }", &["http://a"]),
            ("site.tpl", "server {\n{%- if x %}\n  proxy_pass http://a;\n{% endif %}\n}", &["http://a"]),
            ("nginx.tpl", "location / {\n  {{ if .x }}proxy_pass http://a:80;{{ end }}\n}", &["http://a:80"]),
            (
                "nginx.j2",
                "location / { {% if x %}proxy_pass http://a;{% else %}proxy_pass http://b;{% endif %} }",
                &["http://a", "http://b"],
            ),
            (
                "nginx.tpl",
                "location / { proxy_pass {{ if .x }}http://a{{- else }}http://b{{ end }}; }",
                &["http://a", "http://b"],
            ),
            ("nginx.erb", "location / { <% if x %> proxy_pass http://a; <% end %> }", &["http://a"]),
            ("nginx.hbs", "location / { {{#each x}} proxy_pass http://a; {{/each}} }", &["http://a"]),
            ("nginx.tpl", "location / { proxy_pass http://{{ .Host }}:80/x; }", &["http://{{ .Host }}:80/x"]),
            ("nginx.tpl", "location / { proxy_pass {{ .Values.url }}; }", &["{{ .Values.url }}"]),
            ("nginx.j2", "location / { proxy_pass {{ url }}/x; }", &["{{ url }}/x"]),
            ("nginx.erb", "location / {\n  proxy_pass <%= url %>;\n}", &["<%= url %>"]),
            ("notes.md", "server {\n proxy_pass http://a;\n}", &[]),
        ] {
            let found: Vec<String> = read(name, text).addresses.iter().map(|a| a.template.to_string()).collect();
            assert_eq!(found, expected, "{name}: {text}");
        }
    }

    #[test]
    fn groups_of_servers_are_known_by_their_names() {
        for (text, expected) in [
            ("upstream u { server a:80; }", vec!["u"]),
            ("upstream u\n{\n  least_conn;\n  server a;\n}\nupstream v { server b; }", vec!["u", "v"]),
            ("upstream u { }\nserver { }", vec![]),
            ("upstream u v { server a; }", vec![]),
            ("upstreams { server a; }", vec![]),
            ("the upstream of a { server b }", vec![]),
        ] {
            assert_eq!(groups(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
        for (address, expected) in [("http://u/x", "u"), ("u", "u"), ("grpc://u:80", "u:80"), ("u:80/x", "u:80")] {
            assert_eq!(group_of(address), expected, "{address}");
        }
        assert!(groups(&"upstream ".repeat(20_000)).is_empty());
    }

    #[test]
    fn a_very_long_line_is_read_in_one_go() {
        // Where each piece asks for the whole line, this does not end.
        for piece in ["set $a b; ", "{ } ", "{{ x ", "${x ", "a'b ", "{% ", "{% x %}", "{{ if x }} ", "# "] {
            let text = format!("proxy_pass http://a; {}", piece.repeat(20_000));
            assert_eq!(read("nginx.conf", &text).addresses.len(), 1, "{piece}");
            let text = format!("{}\nproxy_pass http://a;", piece.repeat(20_000));
            assert!(read("nginx.conf", &text).addresses.len() <= 1, "{piece}");
        }
    }
}
