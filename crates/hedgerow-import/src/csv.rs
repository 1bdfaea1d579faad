//! Pairs, one a line: `caller,callee[,ports][,reason]` (RFC 4180, `"` around what holds a comma). A first line with one of these words is a
//! header, and says their order, unless it is a pair of services that are called so; lines that begin with `#` are passed over. Instead of commas a text may have `;` or tabs, as spreadsheets of
//! many countries write them: the first that stands between fields counts, or what a line `sep=;` says.
//!
//! A rule without ports permits all of them. So nothing is read past: a column that is not known, and a field for which there is no column,
//! make no statement.

use crate::said::{End, Found, Name, Place, Port, Statement, Wanted, Why, shown};
use crate::whose::{Names, Whose};
use crate::{Input, Reader};
use hedgerow_core::diag::{Diagnostic, nearest};
use hedgerow_eval::{PortRange, Protocol};
use std::collections::BTreeSet;

pub(crate) struct Csv;

/// The columns, where no header says otherwise.
const COLUMNS: [&str; 4] = ["caller", "callee", "ports", "reason"];
/// More fields than any header has.
const MOST_FIELDS: usize = 64;

/// Where each column stands, in the order of [`COLUMNS`].
type Order = [Option<usize>; COLUMNS.len()];

impl Reader for Csv {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        for (id, source) in input.texts.iter() {
            let mut order: Order = std::array::from_fn(Some);
            let mut is_first = true;
            let (separator, text) = separated(source.text.trim_start_matches('\u{feff}'));
            let skipped = source.text[..source.text.len() - text.len()].matches('\n').count();
            for (line, record) in records(text, separator) {
                let place = input.line(id, line + skipped);
                let Some(fields) = record else {
                    // Where it was the header, what follows could be in any order.
                    let rest = if is_first { "; it may be a header, so no line below it is read" } else { "" };
                    let text = format!(
                        "a quote that does not end, text behind one that does, or more than {MOST_FIELDS} fields{rest}"
                    );
                    found.leave(Why::NotUnderstood, &place, text);
                    if is_first {
                        break;
                    }
                    continue;
                };
                if fields.iter().all(|field| field.is_empty()) || fields[0].starts_with('#') {
                    continue;
                }
                if std::mem::take(&mut is_first) && is_header(&fields, input.names) {
                    match header(&fields) {
                        Ok(header) => order = header,
                        Err(faults) => {
                            for fault in faults {
                                let text = format!("{fault}; no line below this header is read");
                                found.leave(Why::NotUnderstood, &place, text);
                            }
                            break;
                        }
                    }
                    continue;
                }
                match pair((&fields, separator), &order, &place, input.names) {
                    Ok(statement) => found.statements.push(statement),
                    Err(text) => {
                        found.leave(Why::NotUnderstood, &place, text);
                    }
                }
            }
        }
        Vec::new()
    }
}

fn is_column(field: &str, column: &str) -> bool {
    field.trim().eq_ignore_ascii_case(column)
}

/// What others call the first two columns. They are not read by these names: in one list `source` calls, in another it is called.
const OTHERS: [(&str, &str); 10] = [
    ("source", "caller"),
    ("src", "caller"),
    ("from", "caller"),
    ("client", "caller"),
    ("consumer", "caller"),
    ("destination", "callee"),
    ("dst", "callee"),
    ("to", "callee"),
    ("server", "callee"),
    ("target", "callee"),
];

fn is_header(fields: &[String], names: &Names<'_>) -> bool {
    let is_own = |field: &String| COLUMNS.iter().any(|column| is_column(field, column));
    let is_other = |field: &String| OTHERS.iter().any(|(other, _)| is_column(field, other));
    let is_service = |field: &String| matches!(names.of(&Name::new(None, field.trim())), Whose::Service(_));
    let (ends, more) = fields.split_at(fields.len().min(2));
    let is_pair = ends.len() == 2 && ends.iter().all(is_service) && !more.iter().any(is_own);
    !is_pair && (fields.iter().any(is_own) || ends.len() == 2 && ends.iter().all(is_other))
}

/// Where each column stands. A column without a name holds nothing. Errors say in words what is wrong with the header.
fn header(fields: &[String]) -> Result<Order, Vec<String>> {
    let mut faults = Vec::new();
    for field in fields.iter().map(|field| field.trim()).filter(|field| !field.is_empty()) {
        if COLUMNS.iter().any(|column| is_column(field, column)) {
            continue;
        }
        let other = OTHERS.iter().find(|(other, _)| is_column(field, other)).map(|(_, column)| *column);
        let help = match other.or_else(|| nearest(&field.to_ascii_lowercase(), COLUMNS)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("remove it, or name it as one of {}", COLUMNS.join(", ")),
        };
        faults.push(format!("the column `{}` is not known: {help}", shown(field)));
    }
    let mut order = Order::default();
    for (at, column) in order.iter_mut().zip(COLUMNS) {
        let mut places = (0..fields.len()).filter(|at| is_column(&fields[*at], column));
        *at = places.next();
        if places.next().is_some() {
            faults.push(format!("the column `{column}` is there twice"));
        }
    }
    for (at, column) in order.iter().zip(COLUMNS).take(2) {
        if at.is_none() {
            faults.push(format!("a header without a column `{column}`"));
        }
    }
    if faults.is_empty() { Ok(order) } else { Err(faults) }
}

/// What a line states. Errors say in words what is not understood.
fn pair(
    (fields, separator): (&[String], char),
    order: &Order,
    place: &Place,
    names: &Names<'_>,
) -> Result<Statement, String> {
    let field = |column: usize| order[column].and_then(|at| fields.get(at)).map_or("", |field| field.trim());
    let (caller, callee) = (field(0), field(1));
    if caller.is_empty() || callee.is_empty() {
        let line = shown(&fields.join(&separator.to_string()));
        let by = match separator {
            ',' => "",
            ';' => "; the first line separates fields by `;`",
            _ => "; the first line separates fields by tabs",
        };
        return Err(format!("a line without both ends: `{line}`{by}"));
    }
    let edge = format!("`{}` → `{}`", shown(caller), shown(callee));
    let more = (0..fields.len()).filter(|at| !order.contains(&Some(*at))).map(|at| fields[at].trim());
    if let Some(more) = more.into_iter().find(|field| !field.is_empty()) {
        return Err(format!("{edge}: `{}` stands in no column; {}", shown(more), quotes(separator)));
    }
    let Some(ports) = ports(field(2)) else {
        return Err(format!("{edge}: ports `{}`", shown(field(2))));
    };
    // A rule's reason stands on one line.
    let reason: String = field(3).split(char::is_control).collect::<Vec<_>>().join(" ");
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let end = |name: &str| {
        let (namespace, name) = name.split_once('/').map_or((None, name), |(namespace, name)| (Some(namespace), name));
        Name::new(namespace, name)
    };
    let (caller, callee) = (end(caller), end(callee));
    if let Some(reason) = reason.as_deref().filter(|reason| is_ports(reason, &callee, names)) {
        return Err(format!("{edge}: the reason `{}` reads like ports; {}", shown(reason), quotes(separator)));
    }
    let (caller, callee) = (End::Named(caller), End::Named(callee));
    Ok(Statement { caller, callee, ports, reason, seen: None, place: place.clone() })
}

/// What to do about a field too many.
const fn quotes(separator: char) -> &'static str {
    match separator {
        ',' => "put quotes around a field with commas, such as `\"80,443\"`",
        ';' => "put quotes around a field with `;`, such as `\"80;443\"`",
        _ => "put quotes around a field with tabs, or spaces between ports",
    }
}

/// What separates the fields of a text: what stands behind the first field of its first line that says something. A line such as `sep=;`, by
/// which spreadsheets tell it, is taken off.
fn separated(text: &str) -> (char, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let told = first.trim_end_matches('\r').trim_matches('"');
    if let Some(told) = told.get(..4).filter(|head| head.eq_ignore_ascii_case("sep=")).and_then(|_| told.get(4..)) {
        let mut told = told.chars();
        if let (Some(separator @ (',' | ';' | '\t')), None) = (told.next(), told.next()) {
            return (separator, rest);
        }
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let line = lines.next().unwrap_or_default();
    // What stands in quotes separates nothing, and spaces around a separator may be tabs.
    let mut is_quoted = false;
    let plain = line.char_indices().filter(|(_, c)| {
        is_quoted ^= *c == '"';
        !is_quoted
    });
    let separator = plain.into_iter().find_map(|(at, c)| match c {
        ',' | ';' => Some(c),
        '\t' => line[at..].trim_start().chars().next().filter(|next| matches!(next, ',' | ';')).or(Some('\t')),
        _ => None,
    });
    (separator.unwrap_or(','), text)
}

/// Whether a reason is what is left of a list of ports that a comma cut: numbers, and names of ports of the callee's.
fn is_ports(reason: &str, callee: &Name, names: &Names<'_>) -> bool {
    let Some(Wanted::These(ports)) = ports(reason) else { return false };
    let called: BTreeSet<&str> =
        ports.iter().filter_map(|port| if let Port::Name(name) = port { Some(name.as_str()) } else { None }).collect();
    if called.is_empty() {
        return true;
    }
    let Whose::Service(service) = names.of(callee) else { return false };
    let declared = names.known(&service).map_or(&[][..], |service| service.ports.listed());
    let is_declared =
        |called: &&str| declared.iter().any(|port| port.name.as_ref().is_some_and(|it| it.as_str() == *called));
    called.iter().all(is_declared)
}

/// Ports by name or number, between spaces, `;`, `|` or commas: `http 8443 53/udp 8000-8010`. Nothing at all means all.
fn ports(text: &str) -> Option<Wanted> {
    if text.is_empty() || text == "*" || text.eq_ignore_ascii_case("all") || text.eq_ignore_ascii_case("any") {
        return Some(Wanted::All);
    }
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|')).filter(|part| !part.is_empty());
    let ports: Option<BTreeSet<Port>> = parts.map(port).collect();
    ports.filter(|ports| !ports.is_empty()).map(Wanted::These)
}

fn port(text: &str) -> Option<Port> {
    let (text, protocol) = match text.split_once('/') {
        Some((first, second)) => {
            let is_protocol = |text: &str| Protocol::named(&text.to_ascii_uppercase()).filter(|it| it.has_ports());
            // Both `53/udp` and `udp/53` are written.
            match (is_protocol(first), is_protocol(second)) {
                (None, Some(protocol)) => (first, Some(protocol)),
                (Some(protocol), None) => (second, Some(protocol)),
                (None, None) | (Some(_), Some(_)) => return None,
            }
        }
        None => (text, None),
    };
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
    if let Some((first, last)) = text.split_once('-')
        && let (Some(first), Some(last)) = (number(first), number(last))
    {
        let protocol = protocol.unwrap_or(Protocol::TCP);
        return (first <= last).then_some(Port::Range(PortRange { protocol, first, last }));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = number(text)?;
        return Some(match protocol {
            Some(protocol) => Port::Range(PortRange::one(protocol, number)),
            None => Port::Number(number),
        });
    }
    let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (is_name && protocol.is_none()).then(|| Port::Name(text.to_owned()))
}

/// The records of a text with the line on which each begins; nothing for one that is broken.
fn records(text: &str, separator: char) -> Vec<(usize, Option<Vec<String>>)> {
    let mut records = Vec::new();
    let (mut line, mut rest) = (1, text);
    while !rest.is_empty() {
        let begins = line;
        let (mut fields, mut is_broken) = (Vec::new(), false);
        loop {
            let (field, after, is_whole) = field(rest, separator);
            line += rest[..rest.len() - after.len()].matches('\n').count();
            is_broken |= !is_whole || fields.len() >= MOST_FIELDS;
            if fields.len() < MOST_FIELDS {
                fields.push(field);
            }
            match after.strip_prefix(separator) {
                Some(next) => rest = next,
                None => {
                    let next = after.strip_prefix('\r').unwrap_or(after);
                    rest = next.strip_prefix('\n').unwrap_or(next);
                    line += usize::from(rest.len() < next.len());
                    break;
                }
            }
        }
        records.push((begins, (!is_broken).then_some(fields)));
    }
    records
}

/// One field, what follows it, and whether it is well written.
fn field(text: &str, separator: char) -> (String, &str, bool) {
    let plain = |text: &'_ str| text.find([separator, '\n']).unwrap_or(text.len());
    let Some(quoted) = text.strip_prefix('"') else {
        let end = plain(text);
        let value = text[..end].strip_suffix('\r').filter(|_| text[end..].starts_with('\n')).unwrap_or(&text[..end]);
        return (value.to_owned(), &text[end..], true);
    };
    let mut value = String::new();
    let mut rest = quoted;
    loop {
        let Some(at) = rest.find('"') else { return (value, "", false) };
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => break,
        }
    }
    let end = plain(rest);
    let is_whole = rest[..end].trim_end_matches('\r').is_empty();
    (value, &rest[end..], is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_as_rfc_4180_has_them() {
        let some = |fields: &[&str]| Some(fields.iter().map(ToString::to_string).collect::<Vec<_>>());
        for (text, expected) in [
            ("a,b\n", vec![(1, some(&["a", "b"]))]),
            ("a,b", vec![(1, some(&["a", "b"]))]),
            ("a,b\r\nc,d\r\n", vec![(1, some(&["a", "b"])), (2, some(&["c", "d"]))]),
            ("a,\"x, \"\"y\"\"\nz\"\nc,d", vec![(1, some(&["a", "x, \"y\"\nz"])), (3, some(&["c", "d"]))]),
            ("a,\"open\nc,d", vec![(1, None)]),
            ("\"a\"b,c\nd,e", vec![(1, None), (2, some(&["d", "e"]))]),
            (",\n", vec![(1, some(&["", ""]))]),
            ("\n\na", vec![(1, some(&[""])), (2, some(&[""])), (3, some(&["a"]))]),
            ("", vec![]),
        ] {
            assert_eq!(records(text, ','), expected, "{text:?}");
            let [text, own] = [text.replace(',', ";"), text.replace(',', "\t")];
            for (text, separator) in [(text, ';'), (own, '\t')] {
                let fields = |record: Option<Vec<String>>| {
                    record.map(|fields| fields.iter().map(|it| it.replace(separator, ",")).collect())
                };
                let found: Vec<_> =
                    records(&text, separator).into_iter().map(|(line, record)| (line, fields(record))).collect();
                assert_eq!(found, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn what_stands_between_fields() {
        for (text, separator) in [
            ("", ','),
            ("one", ','),
            ("a,b", ','),
            ("a;b", ';'),
            ("a\tb", '\t'),
            ("a,b,80;443", ','),
            ("a;b;80,443", ';'),
            ("a\tb\t80,443;90", '\t'),
            ("\"a;b\",c", ','),
            ("\"a,\"\"b\";c", ';'),
            ("a\t, b", ','),
            ("a \t;b", ';'),
            ("# a;b\n\n  # c\td\na,b\n", ','),
            ("sep=;\na,b;c", ';'),
            ("\"sep=\t\"\r\na,b\tc", '\t'),
            ("SEP=,\na;b,c", ','),
            ("sep=|\na;b", ','),
        ] {
            let (found, rest) = separated(text);
            assert_eq!(found, separator, "{text:?}");
            let is_cut = text.to_ascii_lowercase().contains("sep=") && !text.contains('|');
            assert_eq!(rest.len() < text.len(), is_cut, "{text:?}");
        }
    }

    #[test]
    fn ports_as_people_write_them() {
        let range = |protocol, first, last| Port::Range(PortRange { protocol, first, last });
        for (text, expected) in [
            ("http", Some(vec![Port::Name("http".to_owned())])),
            ("80", Some(vec![Port::Number(80)])),
            ("80 http", Some(vec![Port::Number(80), Port::Name("http".to_owned())])),
            ("80;81,82|83", Some([80, 81, 82, 83].map(Port::Number).to_vec())),
            ("53/udp", Some(vec![range(Protocol::UDP, 53, 53)])),
            ("UDP/53", Some(vec![range(Protocol::UDP, 53, 53)])),
            ("8000-8010", Some(vec![range(Protocol::TCP, 8000, 8010)])),
            ("grpc-web", Some(vec![Port::Name("grpc-web".to_owned())])),
            ("0", None),
            ("65536", None),
            ("9-3", None),
            ("http/tcp", None),
            ("80/icmp", None),
            ("HTTP", None),
            ("a b!", None),
        ] {
            let expected = expected.map(|ports| Wanted::These(ports.into_iter().collect()));
            assert_eq!(ports(text), expected, "{text}");
        }
        for text in ["", "*", "all", "ANY"] {
            assert_eq!(ports(text), Some(Wanted::All), "{text}");
        }
    }
}
