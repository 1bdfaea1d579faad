//! Which workloads have to be read for their container ports, where nothing else in the stream bears on them.
//!
//! To read a workload in full costs more than all the rest of patching it. Without a Kubernetes Service and without a caller
//! from outside, container ports can only contradict the ports that a service declares. So each declared port is looked for
//! in the lines of the workloads first. A port that a line proves need not be read; where one is left, every workload of that
//! service that may have ports is.

use super::Context;
use crate::patch::document::{Place, Workload};
use hedgerow_core::name::ServiceName;
use hedgerow_core::policy::Port;
use memchr::memmem::Finder;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

static CONTAINER_PORT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("containerPort"));

/// Ways from a list of containers up to the root of an object, in lines.
const WAYS: [&[&str]; 3] =
    [&["spec:"], &["spec:", "template:", "spec:"], &["spec:", "template:", "spec:", "jobTemplate:", "spec:"]];
const LONGEST_WAY: usize = 5;
/// No block style of people is deeper than this; a long line of JSON is not searched again and again.
const DEEPEST: usize = 200;
/// How many ways up are tried for one service before its workloads are read in full.
const TRIES: usize = 64;

/// The workloads whose container ports may contradict what their service declares.
pub(super) fn to_read<'t>(context: &Context<'t>, workloads: Vec<Workload<'t>>) -> Vec<Workload<'t>> {
    let mut missing: BTreeMap<&ServiceName, (Vec<&Port>, usize)> = BTreeMap::new();
    for Workload { plan, range, .. } in &workloads {
        let (left, tries) = missing.entry(&plan.name).or_insert_with(|| {
            let service = context.plan.fleet().service(plan.name.as_str());
            (service.map(|service| service.ports.listed().iter().collect()).unwrap_or_default(), 0)
        });
        if !left.is_empty() && *tries < TRIES {
            let (text, root) = with_first_line(context.stream, range);
            let tried = Cell::new(*tries);
            for at in CONTAINER_PORT.find_iter(text.as_bytes()) {
                // A port that is not missing is not worth the way up to the root.
                left.retain(|port| {
                    let is_it = |found: Found<'_>| {
                        let is_it = found == (port.number.get(), port.protocol.as_str());
                        tried.set(tried.get() + usize::from(is_it));
                        is_it
                    };
                    !proves(text, root, at, is_it)
                });
                *tries = tried.get();
                if left.is_empty() || *tries >= TRIES {
                    break;
                }
            }
        }
    }
    let mut workloads = workloads;
    workloads.retain(|workload| {
        missing.get(&workload.plan.name).is_some_and(|(left, _)| !left.is_empty()) && may_have_ports(context, workload)
    });
    workloads
}

/// Whether a workload's text holds a container port, or an alias of another object of its list, which may.
fn may_have_ports(context: &Context<'_>, workload: &Workload<'_>) -> bool {
    let text = context.stream.get(workload.range.clone()).unwrap_or_default();
    let has_alias = || [": *", "- *"].iter().any(|alias| text.contains(alias));
    CONTAINER_PORT.find(text.as_bytes()).is_some() || (matches!(workload.place, Place::Element(..)) && has_alias())
}

/// The lines of an object, and the column of its keys; nothing where it begins far into a line.
fn with_first_line<'t>(stream: &'t str, range: &Range<usize>) -> (&'t str, usize) {
    let Some(start) = line_start(stream, range.start) else { return ("", 0) };
    (stream.get(start..range.end).unwrap_or_default(), range.start - start)
}

/// Where the line begins that an offset is in, if that is near.
fn line_start(text: &str, at: usize) -> Option<usize> {
    let from = at.saturating_sub(DEEPEST);
    let newline = text.as_bytes().get(from..at)?.iter().rposition(|&byte| byte == b'\n');
    newline.map(|newline| from + newline + 1).or((from == 0).then_some(0))
}

/// The number and the protocol of a container port.
type Found<'t> = (u16, &'t str);

/// A line of block style.
#[derive(Clone, Copy)]
struct Line<'t> {
    indent: usize,
    /// Whether it begins with a dash.
    dash: bool,
    /// Where its text begins, behind the dash if there is one.
    column: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    /// Reads a line; nothing where it is blank or a comment.
    fn read(line: &'t str) -> Option<Self> {
        let indented = line.trim_start_matches(' ');
        let indent = line.len() - indented.len();
        let behind = indented.strip_prefix("- ").map(|behind| behind.trim_start_matches(' '));
        let text = behind.unwrap_or(indented);
        let this = Self { indent, dash: behind.is_some(), column: line.len() - text.len(), text: text.trim_end() };
        (!this.text.is_empty() && !this.text.starts_with('#')).then_some(this)
    }
}

/// Whether the lines of an object prove that the key at an offset is of a container's port, and that it is the wanted one:
/// block style, plain values, and above them each key on the way to the root. In valid YAML no text of many lines holds such
/// a way, since it stands deeper than its own key.
fn proves(text: &str, root: usize, at: usize, is_wanted: impl Fn(Found<'_>) -> bool) -> bool {
    port(text, root, at, is_wanted).is_some()
}

fn port(text: &str, root: usize, at: usize, is_wanted: impl Fn(Found<'_>) -> bool) -> Option<()> {
    let start = line_start(text, at)?;
    let column = at - start;
    let mut above = text.get(..start)?.lines().rev().filter_map(Line::read);
    let mut below = text.get(start..)?.lines().filter_map(Line::read);
    let own = below.next().filter(|own| own.column == column)?;
    let mut element = Element::default();
    element.add(own.text)?;
    let mut first = own;
    while !first.dash {
        first = above.next().filter(|line| line.column == column)?;
        element.add(first.text)?;
    }
    for line in below.take_while(|line| line.indent >= column) {
        (line.column == column && !line.dash).then(|| element.add(line.text))??;
    }
    is_wanted((element.number?, element.protocol.unwrap_or("TCP"))).then_some(())?;
    let ports = list(&mut above, first.indent, "ports:")?;
    let container = if ports.dash {
        ports
    } else {
        above.find(|line| line.indent < ports.column).filter(|line| line.dash && line.column == ports.column)?
    };
    let mut column = list(&mut above, container.indent, "containers:").filter(|line| !line.dash)?.indent;
    let mut way = Vec::with_capacity(LONGEST_WAY);
    while column != root {
        let line = above.find(|line| line.indent < column).filter(|line| !line.dash && way.len() < LONGEST_WAY)?;
        way.push(line.text);
        column = line.indent;
    }
    WAYS.contains(&way.as_slice()).then_some(())
}

/// The line of a key whose value is the list with dashes in this column.
fn list<'t>(above: &mut impl Iterator<Item = Line<'t>>, dashes: usize, key: &str) -> Option<Line<'t>> {
    let line = above.find(|line| line.indent < dashes || (line.indent == dashes && !line.dash))?;
    (line.text == key && line.column <= dashes).then_some(line)
}

/// An element of a list of ports.
#[derive(Default)]
struct Element<'t> {
    number: Option<u16>,
    protocol: Option<&'t str>,
}

impl<'t> Element<'t> {
    /// Adds a pair; nothing where it is not plainly written, or twice.
    fn add(&mut self, pair: &'t str) -> Option<()> {
        let (key, value) = pair.split_once(": ")?;
        let value = value.trim_start_matches(' ');
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        match key {
            "containerPort" if self.number.is_none() && !value.starts_with('0') => {
                self.number = Some(value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())??);
            }
            "protocol" if self.protocol.is_none() && matches!(value, "TCP" | "UDP" | "SCTP") => {
                self.protocol = Some(value);
            }
            "name" if is_plain(value.trim_matches('"')) => {}
            "hostPort" | "hostIP" if is_plain(value) => {}
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: &str = "kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: web
          ports:
            - containerPort: 8080
              name: http
            # the second
            - name: \"dns\"

              protocol: UDP
              containerPort: 53
            - {containerPort: 1}
          args:
          - x
        - ports:
          - hostPort: 1
            containerPort: 9090
      initContainers:
        - ports: [{containerPort: 2}]
";

    /// All ports that are proven in an object with its keys in this column.
    fn proven(text: &str, root: usize) -> Vec<(u16, String)> {
        let mut all = Vec::new();
        for at in CONTAINER_PORT.find_iter(text.as_bytes()) {
            let port = std::cell::RefCell::new(None);
            let is_wanted = |(number, protocol): Found<'_>| port.replace(Some((number, protocol.to_owned()))).is_none();
            if proves(text, root, at, is_wanted) {
                all.extend(port.into_inner());
            }
        }
        all
    }

    fn all(text: &str) -> Vec<(u16, String)> {
        proven(text, 0)
    }

    fn ports(all: &[(u16, &str)]) -> Vec<(u16, String)> {
        all.iter().map(|&(number, protocol)| (number, protocol.to_owned())).collect()
    }

    #[test]
    fn ports_of_block_style_are_proven_with_their_protocols() {
        assert_eq!(all(DEPLOYMENT), ports(&[(8080, "TCP"), (53, "UDP"), (9090, "TCP")]));
        assert_eq!(all(&DEPLOYMENT.replace('\n', "\r\n")), ports(&[(8080, "TCP"), (53, "UDP"), (9090, "TCP")]));
        let pod = "spec:\n  containers:\n  - ports:\n    - containerPort: 1\n";
        assert_eq!(all(pod), ports(&[(1, "TCP")]));
        let job = "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - ports:\n            - containerPort: 1\n";
        assert_eq!(all(job), ports(&[(1, "TCP")]));
        let element = "- kind: Pod\n  spec:\n    containers:\n    - ports:\n      - containerPort: 1\n";
        assert_eq!(proven(element, 2), ports(&[(1, "TCP")]));
        assert_eq!(all(element), []);
    }

    #[test]
    fn what_may_mean_something_else_is_not_proven() {
        let way = "spec:\n  containers:\n  - ports:\n    - containerPort: 1\n";
        for (from, to) in [
            ("spec:", "specs:"),
            ("spec:", "spec: |"),
            ("spec:", "spec: &a"),
            ("spec:", "x:\n  spec:"),
            ("containers:", "initContainers:"),
            ("containers:", "containers: |"),
            ("containers:", "- containers:"),
            ("  - ports:", "  - x: \"\n      ports:"),
            ("  - ports:", "  - x: |\n      ports:"),
            ("- ports:", "- env:"),
            ("- ports:", "- ports: >-"),
            ("    - containerPort", "    # - containerPort"),
            ("containerPort: 1", "containerPort: 01"),
            ("containerPort: 1", "containerPort: \"1\""),
            ("containerPort: 1", "containerPort: 1 2"),
            ("containerPort: 1", "containerPort: 99999"),
            ("containerPort: 1", "containerPort: 1\n        2"),
            ("containerPort: 1", "containerPort: 1\n      protocol: tcp"),
            ("containerPort: 1", "containerPort: 1\n      protocol: *a"),
            ("containerPort: 1", "containerPort: 1\n      protocol: TCP\n      protocol: UDP"),
            ("containerPort: 1", "containerPort: 1\n      containerPort: 2"),
            ("containerPort: 1", "containerPort: 1\n      <<: *a"),
            ("containerPort: 1", "containerPort: 1\n      name: |"),
            ("containerPort: 1", "containerPort:\n        1"),
            ("containerPort", "xcontainerPort"),
            ("containerPort", "containerPorts"),
            ("containerPort", "\"containerPort\""),
        ] {
            let text = way.replacen(from, to, 1);
            assert_ne!(text, way, "{from}");
            assert_eq!(all(&text), [], "{text}");
        }
    }
}
