//! `service.yaml`: what a service is, where it listens and who else may call it.

use super::decode::{Decoder, Fields};
use super::form;
use super::guard::own_account;
use crate::cidr::Cidr;
use crate::diag::{Applicability, Code, Diagnostic, Severity, nearest};
use crate::draft::{AllowDraft, RuleDraft, ServiceDraft, Spanned};
use crate::fleet::ServiceIdentity;
use crate::name::{
    EnvironmentName, LabelKey, LabelValue, NameError, Namespace, PortName, PortRef, Protocol, ServiceName, TypeName,
};
use crate::nonempty::NonEmpty;
use crate::policy::{Labels, Peer, Peers, Place, Port, Ports, Stage};
use crate::source::{SourceId, Span};
use crate::tree::Loaded;
use hedgerow_yaml::Node;
use std::num::NonZeroU16;

/// The most characters of a Calico selector, which a service's own identity labels become.
const SELECTOR_LIMIT: usize = 1024;

/// The most bytes of a glob: what a matcher can be made of without bound is no name.
pub(super) const GLOB_LIMIT: usize = 1000;

const FROM_HELP: &str = "say who is let in: `{namespace, pods}`, `{namespaces, pods}`, `{namespace}`, `{pods}`, `{cidr}`, or `from: anybody`";
const ALLOW_HELP: &str = "write who is let in: `[{from: {namespace: ingress-nginx}}]` for all pods of a namespace, `[{from: {pods: {app: x}}}]` for some; a service that calls has a rule in its own directory instead";
const NAMESPACES_HELP: &str =
    "write `namespaces: {labels: {team: x}}`, `namespaces: [a, b]`, or `namespaces: any` for all of the cluster";

pub(super) const fn rule_list_help() -> &'static str {
    "leave `ports` out to mean all ports of the callee"
}

/// The words for the stages.
pub(super) const STAGES: [(&str, Stage); 4] =
    [("off", Stage::Off), ("open", Stage::Open), ("audit", Stage::Audit), ("enforce", Stage::Enforce)];

/// The last part of a path.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The report of a directory whose name is no service's.
pub(super) fn bad_directory(path: &str, span: Span, error: &NameError) -> Diagnostic {
    Diagnostic::new(Code::BadName, format!("the service name `{}` is not valid: it {error}", last_part(path).escape_debug()))
        .mark(span, "this directory")
        .help("rename the directory, give the service a `name:` in its service.yaml, or exclude the directory in hedgerow.yaml")
}

pub(super) fn read(
    directory: &str,
    source: SourceId,
    file: Option<&Loaded>,
    rules: Vec<RuleDraft>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ServiceDraft> {
    let place = source.span(0, 0);
    let mut decoder = Decoder::new(source, diagnostics);
    let node = file.and_then(|file| decoder.parse(file));
    let manifest = node.as_ref().filter(|node| is_manifest(node));
    if let Some(node) = manifest {
        let span = decoder.span(node.range().start..node.range().start);
        decoder.report(
            Diagnostic::new(
                Code::InvalidValue,
                "this is a manifest of Kubernetes, and `service.yaml` is Hedgerow's file",
            )
            .mark(span, "")
            .help("give the manifest another name, such as `k8s-service.yaml`, or another directory"),
        );
    }
    let fields = node.as_ref().filter(|_| manifest.is_none());
    let fields = fields.and_then(|node| decoder.form(node, "service.yaml", &form::SERVICE));
    let field = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
    let named = field("name").map(|node| decoder.name(node, "the service name", ServiceName::new));
    let name = match named {
        Some(name) => name?,
        None => match ServiceName::new(last_part(directory)) {
            Ok(value) => Spanned { value, span: place },
            Err(error) => {
                decoder.report(bad_directory(directory, place, &error));
                return None;
            }
        },
    };
    let identity = field("identity").and_then(|node| {
        let labels = identity(&mut decoder, node)?;
        Some(Spanned { value: ServiceIdentity::Labels(labels), span: decoder.span(node.range()) })
    });
    let ports = field("ports").map(|node| ports(&mut decoder, node)).unwrap_or_default();
    Some(ServiceDraft {
        name,
        directory: directory.to_owned(),
        namespace: field("namespace").and_then(|node| decoder.name(node, "the namespace", Namespace::new)),
        service_type: field("type").and_then(|node| decoder.name(node, "the type", TypeName::new)),
        owner: field("owner").and_then(|node| owner(&mut decoder, node)),
        ports: ports.listen,
        always: ports.always,
        stages: field("stage").map(|node| stages(&mut decoder, node)).unwrap_or_default(),
        account: field("service-account").and_then(|node| own_account(&mut decoder, node)),
        workloads: field("workloads").map(|node| workloads(&mut decoder, node)).unwrap_or_default(),
        identity: identity.unwrap_or(Spanned { value: ServiceIdentity::Fleet, span: place }),
        allow: field("allow").map(|node| allow(&mut decoder, node)).unwrap_or_default(),
        rare: field("rare").map(|node| super::rare::read(&mut decoder, node)).unwrap_or_default(),
        file: place,
        rules,
    })
}

/// Whether a text is an object of Kubernetes, which many keep under the same name.
pub(super) fn is_manifest(node: &Node<'_>) -> bool {
    let has = |key: &str| node.as_mapping().is_some_and(|mapping| mapping.get(key).is_some());
    has("apiVersion") && has("kind")
}

/// An owner: free text on one line.
pub(super) fn owner(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<String> {
    let text = decoder.text(node, "the owner")?;
    if text.value.chars().any(char::is_control) {
        let diagnostic = decoder.invalid(node, "the owner must stand on one line, without control characters");
        decoder.report(diagnostic);
        return None;
    }
    Some(text.value.to_owned())
}

/// What `ports` says; nothing where it leaves something to the fleet's defaults.
#[derive(Debug, Default)]
pub(super) struct WrittenPorts {
    /// Where the service listens.
    pub(super) listen: Option<Ports>,
    /// The ports that every admission carries.
    pub(super) always: Option<Vec<Port>>,
}

/// `any`, `none`, a list of ports, or a mapping of those and of ports that every admission carries.
pub(super) fn ports(decoder: &mut Decoder<'_>, node: &Node<'_>) -> WrittenPorts {
    if node.as_mapping().is_none() {
        return WrittenPorts { listen: listen(decoder, node, "`ports`"), always: None };
    }
    let pairs = node.as_mapping().map(|mapping| mapping.pairs.as_slice()).unwrap_or_default();
    let by_name = pairs.iter().map(|pair| port_in_words(&format!("{}:{}", pair.key.as_str()?, pair.value.as_str()?)));
    if let Some(ports) = by_name.collect::<Option<Vec<_>>>().filter(|ports| !ports.is_empty()) {
        let diagnostic = decoder.invalid(node, "`ports` must be a list of ports");
        let (span, whole) = (decoder.span(node.range()), format!("[{}]", ports.join(", ")));
        decoder.report(diagnostic.help(format!("write `{whole}`")).fix(span, whole, Applicability::Safe));
        return WrittenPorts::default();
    }
    let Some(fields) = decoder.form(node, "`ports`", &form::PORTS) else { return WrittenPorts::default() };
    if fields.get("listen").is_none() && fields.get("always").is_none() {
        let help = "list the container ports under `listen`, and under `always` what every caller may use besides";
        decoder.missing(fields.span, "`ports`", "listen", help);
    }
    let always = fields.get("always").and_then(|node| {
        if node.as_str().is_some() {
            return decoder.word(node, "`always`", &[("none", ())]).map(|()| Vec::new());
        }
        let help = "write `always: none` for a service of which no port is open to every caller";
        Some(port_list(decoder, node, "`always`", help))
    });
    WrittenPorts { listen: fields.get("listen").and_then(|node| listen(decoder, node, "`listen`")), always }
}

fn listen(decoder: &mut Decoder<'_>, node: &Node<'_>, what: &str) -> Option<Ports> {
    if let Some(whole) = node.as_str().filter(|_| !node.is_null()).and_then(port_in_words) {
        let whole = format!("[{whole}]");
        let diagnostic = decoder.invalid(node, format!("{what} must be a list of ports"));
        let span = decoder.span(node.range());
        decoder.report(diagnostic.help(format!("write `{whole}`")).fix(span, whole, Applicability::Safe));
        return None;
    }
    if node.as_str().is_some() {
        return decoder
            .word(node, what, &[("any", true), ("none", false)])
            .map(|any| if any { Ports::Any } else { Ports::Nothing });
    }
    let help = "write `ports: any` for a service that listens on any port, `ports: none` for one that listens on none";
    NonEmpty::new(port_list(decoder, node, what, help)).map(Ports::These)
}

fn port_list(decoder: &mut Decoder<'_>, node: &Node<'_>, what: &str, help: &str) -> Vec<Port> {
    let mut ports: Vec<(Span, Port)> = Vec::new();
    for element in decoder.list(node, what, help) {
        let Some(port) = port(decoder, element) else { continue };
        let span = decoder.span(element.range());
        if let Some((first, message)) = ports.iter().find_map(|(first, other)| Some((*first, twice(other, &port)?))) {
            let diagnostic = Diagnostic::new(Code::DuplicateKey, message).mark(span, "again here");
            decoder.report(diagnostic.mark(first, "first here").help("keep one of them, or correct the other"));
            continue;
        }
        ports.push((span, port));
    }
    ports.into_iter().map(|(_, port)| port).collect()
}

/// Why two ports cannot stand side by side.
fn twice(first: &Port, second: &Port) -> Option<String> {
    let number = format!("{}/{}", second.number, second.protocol);
    if first.name.is_some() && first.name == second.name {
        return Some(format!("the port name `{}` is declared twice", second.reference()));
    }
    if first.number != second.number {
        return None;
    }
    match (&first.name, &second.name) {
        (Some(one), Some(other)) if first.protocol == second.protocol => {
            Some(format!("the port {number} is declared twice, as `{one}` and as `{other}`"))
        }
        (None, None) if first.protocol == second.protocol => Some(format!("the port {number} is declared twice")),
        (Some(name), None) | (None, Some(name)) => {
            Some(format!("the port {} is declared twice, as `{name}` and without a name", second.number))
        }
        _ => None,
    }
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Port> {
    if let Some(text) = node.as_str().filter(|text| !node.is_null() && !text.is_empty()) {
        let whole = port_in_words(text);
        let diagnostic = decoder.invalid(node, "a port must be a mapping with its number");
        let span = decoder.span(node.range());
        decoder.report(match whole {
            Some(whole) => diagnostic
                .help(format!("write `{whole}`, with a `name` where rules are to tell it from other ports"))
                .fix(span, whole, Applicability::Safe),
            None => diagnostic.help("write `{name: http, port: 8080}`, with the number of the container port"),
        });
        return None;
    }
    let fields = decoder.form(node, "a port", &form::PORT)?;
    let name = fields.get("name").map(|node| decoder.name(node, "the port name", PortName::new));
    let protocols = Protocol::ALL.map(|protocol| (protocol.as_str(), protocol));
    let protocol = fields.get("protocol").map(|node| decoder.word(node, "`protocol`", &protocols));
    let Some(number) = fields.get("port") else {
        decoder.missing(fields.span, "a port", "port", "give the number of the container port");
        return None;
    };
    let number = port_number(decoder, number)?;
    // A name or protocol that is faulty was reported; half a port would be a different one.
    Some(Port {
        name: name.map_or(Some(None), |n| n.map(|n| Some(n.value)))?,
        number,
        protocol: protocol.unwrap_or(Some(Protocol::Tcp))?,
    })
}

/// The port that a short form such as `8080`, `8080/UDP` or `http:8080` means.
fn port_in_words(text: &str) -> Option<String> {
    let (text, protocol) = match text.split_once('/') {
        Some((rest, protocol)) => (rest, Some(protocol.to_uppercase())),
        None => (text, None),
    };
    let (name, number) = match text.split_once(':') {
        Some((name, number)) => (Some(PortName::new(name).ok()?), number),
        None => (None, text),
    };
    let number: NonZeroU16 = number.trim().parse().ok()?;
    let name = name.map(|name| format!("name: {name}, ")).unwrap_or_default();
    let protocol = match protocol {
        Some(protocol) => {
            let known = Protocol::ALL.into_iter().find(|known| known.as_str() == protocol)?;
            format!(", protocol: {}", known.as_str())
        }
        None => String::new(),
    };
    Some(format!("{{{name}port: {number}{protocol}}}"))
}

fn port_number(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<NonZeroU16> {
    let number = node.as_scalar().and_then(hedgerow_yaml::Scalar::as_int);
    let number = number.and_then(|number| u16::try_from(number).ok()).and_then(NonZeroU16::new);
    if number.is_none() {
        let diagnostic = decoder.invalid(node, "`port` must be a number from 1 to 65535");
        decoder.report(diagnostic);
    }
    number
}

/// A list of ports as rules write them.
pub(super) fn port_refs(decoder: &mut Decoder<'_>, node: &Node<'_>, help: &str) -> Option<NonEmpty<Spanned<PortRef>>> {
    if let Some(text) = node.as_str().filter(|text| !node.is_null() && !text.is_empty()) {
        return alone(decoder, node, text, help);
    }
    let elements = decoder.list(node, "`ports`", help);
    let mut refs: Vec<Spanned<PortRef>> = Vec::new();
    for element in elements {
        let Some(port) = decoder.name(element, "the port", PortRef::new) else { continue };
        if let Some(first) = refs.iter().find(|first| first.value == port.value) {
            let diagnostic = Diagnostic::new(Code::DuplicateKey, format!("the port `{}` is listed twice", port.value));
            let diagnostic = diagnostic.mark(port.span, "again here").mark(first.span, "first here");
            decoder.report(diagnostic.severity(Severity::Warning).help("take one of them away"));
            continue;
        }
        refs.push(port);
    }
    NonEmpty::new(refs)
}

/// Ports that a text alone says, where a list is asked for. Of one port the number or name goes on to be compared with what the callee
/// declares, which may know the word to write.
fn alone(decoder: &mut Decoder<'_>, node: &Node<'_>, text: &str, help: &str) -> Option<NonEmpty<Spanned<PortRef>>> {
    let diagnostic = decoder.invalid(node, format!("`ports` must be a list, not {}", node.noun()));
    let span = decoder.span(node.range());
    if matches!(text.to_lowercase().as_str(), "any" | "all" | "*") {
        decoder.report(diagnostic.help(help));
        return None;
    }
    let one = |text: &str| {
        let text = text
            .rsplit_once('/')
            .filter(|(_, protocol)| protocol_in_words(protocol).is_some())
            .map_or(text, |(of, _)| of);
        let text = text.split_once(':').map_or(text, |(name, _)| name);
        PortRef::new(text).ok()
    };
    let words = || text.split([',', ' ', ';']).filter(|word| !word.is_empty());
    let meant: Option<Vec<PortRef>> = words().map(one).collect();
    match meant.filter(|meant| !meant.is_empty()) {
        Some(meant) => {
            let all: Vec<_> = meant.iter().map(ToString::to_string).collect();
            let whole = format!("[{}]", all.join(", "));
            decoder.report(diagnostic.help(format!("write `{whole}`")).fix(span, whole, Applicability::Safe));
            let [only] = <[PortRef; 1]>::try_from(meant).ok()?;
            Some(NonEmpty::one(Spanned { value: only, span }))
        }
        None => {
            decoder
                .report(diagnostic.help("write names or numbers of ports in brackets, such as `[http]` or `[8080]`"));
            None
        }
    }
}

fn protocol_in_words(text: &str) -> Option<Protocol> {
    Protocol::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
}

/// The stage that a word is, or is nearly. Where nobody can tell there is none: a guess might drop packets.
pub(super) fn meant_stage(word: &str) -> Option<&'static str> {
    let known = STAGES.map(|(known, _)| known);
    known.into_iter().find(|known| *known == word).or_else(|| nearest(word, known))
}

fn stages(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<(Spanned<EnvironmentName>, Stage)> {
    let mut stages = Vec::new();
    if let Some(word) = node.as_str().filter(|_| node.as_mapping().is_none()) {
        let write = match meant_stage(word) {
            Some(word) => format!("write `stage: {{prod: {word}}}` with the environment that is meant"),
            None => {
                let known = STAGES.map(|(known, _)| known).join(", ");
                format!("name an environment and its stage ({known}), such as `stage: {{prod: audit}}`")
            }
        };
        let diagnostic = decoder.invalid(node, "`stage` of a service says in which environment");
        decoder.report(
            diagnostic.help(format!("{write}; the stage of all services stands under `environments` in hedgerow.yaml")),
        );
        return stages;
    }
    for (key, value) in decoder.pairs(node, "`stage`").unwrap_or_default() {
        match EnvironmentName::new(key.value) {
            Ok(name) => {
                if let Some(stage) = decoder.word(value, "the stage", &STAGES) {
                    stages.push((Spanned { value: name, span: key.span }, stage));
                }
            }
            Err(error) => {
                let message = format!("the environment `{}` is not valid: it {error}", key.value.escape_debug());
                decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
            }
        }
    }
    stages
}

fn workloads(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<String> {
    let help = "leave `workloads` out to claim the workload that is named after the service";
    let mut globs = Vec::new();
    for element in decoder.list(node, "`workloads`", help) {
        let Some(text) = decoder.text(element, "a workload") else { continue };
        let problem = match globset::GlobBuilder::new(text.value).literal_separator(true).build() {
            Ok(_) if text.value.len() > GLOB_LIMIT => Some(format!("it is longer than {GLOB_LIMIT} bytes")),
            Ok(_) if text.value.split('/').count() != 2 => Some("it must be `Kind/name`".to_owned()),
            Ok(_) if text.value.starts_with(|c: char| c.is_ascii_lowercase()) => {
                Some("a kind begins with a capital letter, so it would match nothing".to_owned())
            }
            Ok(_) => None,
            Err(error) => Some(error.kind().to_string()),
        };
        match problem {
            None => globs.push(text.value.to_owned()),
            Some(problem) => {
                let message = format!("the workload `{}` is not valid: {problem}", text.value.escape_debug());
                decoder.report(
                    Diagnostic::new(Code::InvalidValue, message)
                        .mark(text.span, "")
                        .help("write a glob of kind and name such as `Deployment/emoji*`"),
                );
            }
        }
    }
    globs
}

fn identity(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Labels> {
    let labels = labels(decoder, node, "`identity`")?;
    let length: usize =
        labels.iter().map(|(key, value)| key.as_str().len() + value.as_str().len() + " == '' && ".len()).sum();
    if length > SELECTOR_LIMIT {
        let diagnostic = decoder
            .invalid(
                node,
                format!("these labels make a selector of {length} characters; Calico takes {SELECTOR_LIMIT}"),
            )
            .help("select the pods by fewer labels");
        decoder.report(diagnostic);
        return None;
    }
    Some(labels)
}

/// Labels that select pods; never none, since that would select all.
pub(super) fn labels(decoder: &mut Decoder<'_>, node: &Node<'_>, what: &str) -> Option<Labels> {
    let pairs = decoder.pairs(node, what)?;
    if pairs.is_empty() {
        let message = format!("{what} holds no label, which would select every pod");
        let span = decoder.span(node.range());
        decoder.report(Diagnostic::new(Code::EmptyList, message).mark(span, "").help("give at least one label"));
        return None;
    }
    let mut labels = Some(Labels::new());
    for (key, value) in pairs {
        let parsed = LabelKey::new(key.value);
        if let Err(error) = &parsed {
            let message = format!("the label `{}` is not valid: it {error}", key.value.escape_debug());
            decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
        }
        let value = if value.as_str() == Some("") && !value.is_null() {
            LabelValue::new("").ok()
        } else {
            decoder.name(value, "the label value", LabelValue::new).map(|value| value.value)
        };
        // One faulty label spoils the selector: without it, it would select more than was meant.
        labels = match (labels, parsed, value) {
            (Some(mut labels), Ok(key), Some(value)) => {
                labels.insert(key, value);
                Some(labels)
            }
            _ => None,
        };
    }
    labels
}

/// The entries of a text that is a list of them.
pub(super) fn allow_entries(loaded: &Loaded, diagnostics: &mut Vec<Diagnostic>) -> Vec<AllowDraft> {
    let mut decoder = Decoder::new(loaded.source, diagnostics);
    let node = decoder.parse(loaded);
    node.map(|node| allow(&mut decoder, &node)).unwrap_or_default()
}

/// What `from` says that is meant by a word or a block of addresses alone.
fn from_in_words(text: &str) -> Option<String> {
    let word = text.to_lowercase();
    if matches!(word.as_str(), "anybody" | "anyone" | "any" | "all" | "everybody" | "everyone" | "*") {
        return Some("anybody".to_owned());
    }
    Cidr::new(text).ok().map(|_| format!("{{cidr: {}}}", hedgerow_yaml::quote_always(text)))
}

fn allow(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<AllowDraft> {
    let mut entries = Vec::new();
    let what = ("`allow`", "leave `allow` out where only services call");
    let in_words = |text: &str| from_in_words(text).map(|from| format!("{{from: {from}}}"));
    for element in decoder.mappings(node, what, ALLOW_HELP, in_words) {
        let Some(fields) = decoder.form(element, "an `allow` entry", &form::ALLOW) else { continue };
        let reason =
            fields.get("reason").and_then(|node| decoder.text(node, "`reason`")).map(|text| text.value.to_owned());
        let ports = fields
            .get("ports")
            .map(|node| port_refs(decoder, node, "leave `ports` out to mean all ports of the service"));
        let Some(from) = fields.get("from") else {
            decoder.missing(
                fields.span,
                "an `allow` entry",
                "from",
                "say who is let in: `{namespace, pods}` or `{cidr}`",
            );
            continue;
        };
        let (Some(peers), Some(ports)) = (peers(decoder, from), ports.map_or(Some(None), |ports| ports.map(Some)))
        else {
            continue;
        };
        entries.push(AllowDraft { peers, ports, reason, span: fields.span });
    }
    entries
}

fn peers(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Peers> {
    if node.as_str().is_some() {
        if node.as_str() == Some("anybody") {
            return Some(Peers::Anybody);
        }
        let diagnostic = decoder.invalid(node, "`from` must be a mapping, or the word `anybody`");
        decoder.report(match node.as_str().and_then(from_in_words) {
            Some(meant) => diagnostic.help(format!("write `from: {meant}`")),
            None => diagnostic.help(FROM_HELP),
        });
        return None;
    }
    let fields = decoder.form(node, "`from`", &form::FROM)?;
    let place = match (fields.get("namespace"), fields.get("namespaces")) {
        (None, None) => None,
        (Some(node), None) if node.as_str() == Some("any") => {
            let diagnostic =
                decoder.invalid(node, "`namespace: any` could mean every namespace, or the one called `any`");
            decoder.report(
                diagnostic.help("write `namespaces: any` for all of the cluster, or `namespaces: [any]` for that one"),
            );
            return None;
        }
        (Some(node), None) => {
            Some(Place::Namespaces(NonEmpty::one(decoder.name(node, "the namespace", Namespace::new)?.value)))
        }
        (None, Some(node)) => Some(namespaces(decoder, node)?),
        (Some(_), Some(second)) => {
            let diagnostic = decoder.invalid(second, "`namespace` and `namespaces` do not stand side by side");
            decoder.report(diagnostic.help("keep the one that is meant"));
            return None;
        }
    };
    let peer = match (fields.get("cidr"), place, fields.get("pods")) {
        (Some(cidr), None, None) => block(decoder, cidr, &fields)?,
        (Some(_), _, _) => {
            let diagnostic = decoder.invalid(node, "`cidr` stands alone: addresses have no namespace and no labels");
            decoder.report(diagnostic);
            return None;
        }
        (None, None, None) => {
            decoder.missing(fields.span, "`from`", "namespace", FROM_HELP);
            return None;
        }
        (None, Some(place), None) => Peer::AllPods(place),
        (None, place, Some(pods)) => {
            let place = place.unwrap_or(Place::SameNamespace);
            Peer::Pods { place, labels: labels(decoder, pods, "`pods`")? }
        }
    };
    if fields.get("cidr").is_none()
        && let Some(except) = fields.get("except")
    {
        let diagnostic = decoder.invalid(except, "`except` goes with `cidr`");
        decoder.report(diagnostic);
        return None;
    }
    Some(Peers::These(NonEmpty::one(peer)))
}

/// `any`, names, or labels: no namespace at all never comes to mean all of them.
fn namespaces(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Place> {
    if node.as_sequence().is_some() {
        let elements = decoder.list(node, "`namespaces`", NAMESPACES_HELP);
        let all = elements.len();
        let names = elements.into_iter().filter_map(|element| decoder.name(element, "the namespace", Namespace::new));
        let names: Vec<_> = names.map(|name| name.value).collect();
        // One that is faulty was reported; the others alone would be somebody else.
        return NonEmpty::new(names).filter(|names| names.iter().len() == all).map(Place::Namespaces);
    }
    if node.as_mapping().is_none() {
        if node.as_str() == Some("any") {
            return Some(Place::Anywhere);
        }
        let diagnostic = decoder.invalid(node, "`namespaces` must be labels, a list of names, or the word `any`");
        decoder.report(diagnostic.help(NAMESPACES_HELP));
        return None;
    }
    let fields = decoder.form(node, "`namespaces`", &form::NAMESPACE_LABELS)?;
    match fields.get("labels") {
        Some(node) => labels(decoder, node, "`namespaces.labels`").map(Place::Labelled),
        None => {
            decoder.missing(fields.span, "`namespaces`", "labels", NAMESPACES_HELP);
            None
        }
    }
}

fn block(decoder: &mut Decoder<'_>, node: &Node<'_>, fields: &Fields<'_, '_>) -> Option<Peer> {
    let outer = cidr(decoder, node)?;
    let mut except = Vec::new();
    if let Some(list) = fields.get("except") {
        for element in decoder.list(list, "`except`", "leave `except` out where the whole block is meant") {
            let inner = cidr(decoder, element)?;
            if !outer.strictly_contains(inner) {
                let diagnostic = decoder.invalid(element, format!("`{inner}` is not a part of `{outer}`"));
                decoder.report(diagnostic);
                return None;
            }
            except.push(inner);
        }
        except.sort();
        except.dedup();
    }
    Some(Peer::Block { cidr: outer, except })
}

fn cidr(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Cidr> {
    let text = decoder.text(node, "a block of addresses")?;
    match Cidr::new(text.value) {
        Ok(cidr) => Some(cidr),
        Err(error) => {
            let message = format!("the block `{}` is not valid: it {error}", text.value.escape_debug());
            let diagnostic = decoder.invalid(node, message);
            decoder.report(diagnostic);
            None
        }
    }
}
