//! `hedgerow.yaml`: what holds for the whole fleet.

use super::decode::{Decoder, Fields};
use super::form::{self, Form};
use super::guard;
use super::service::{GLOB_LIMIT, STAGES, meant_stage, owner, ports};
use crate::diag::{Applicability, Code, Diagnostic, nearest};
use crate::draft::Spanned;
use crate::fleet::{Collision, Config, Defaults, Environment, Layout};
use crate::label::{Identity, Prefix, Scheme, is_taken, own_key};
use crate::name::{Domain, EnvironmentName, LabelKey, NameError, Namespace, TypeName};
use crate::nonempty::NonEmpty;
use crate::policy::{AuditBackend, CatchAllBackend, Ports, Stage};
use crate::source::Span;
use crate::tree::Loaded;
use hedgerow_yaml::Node;
use std::collections::{BTreeMap, BTreeSet};

/// The words for how `audit` drops nothing.
pub(super) const AUDIT_BACKENDS: [(&str, AuditBackend); 3] = [
    ("calico-log", AuditBackend::CalicoLog),
    ("calico-staged", AuditBackend::CalicoStaged),
    ("observe", AuditBackend::Observe),
];

/// The words for what a catch-all is.
pub(super) const CATCH_ALL_BACKENDS: [(&str, CatchAllBackend); 2] =
    [("kubernetes", CatchAllBackend::Kubernetes), ("calico", CatchAllBackend::Calico)];

pub(super) const ROOT_HELP: &str = "a service is a directory below hedgerow.yaml, named after the service: make one for its service.yaml and its rules, and name it here; its code may stay where it is, see `scan.services`";

/// Reads `hedgerow.yaml`; what is missing or faulty is reported and replaced so that the rest can be read.
pub(super) fn read(file: &Loaded, diagnostics: &mut Vec<Diagnostic>) -> Config {
    let before = diagnostics.len();
    let mut decoder = Decoder::new(file.source, diagnostics);
    let node = decoder.parse(file);
    let (config, is_unread) = (lower(&mut decoder, file, node.as_ref()), file.is_missing || decoder.is_unparsed());
    if is_unread {
        // Nothing could be read, so everything would be reported as missing beside the one true reason.
        diagnostics.truncate(before + usize::from(!file.is_missing));
    }
    config
}

fn lower(decoder: &mut Decoder<'_>, file: &Loaded, node: Option<&Node<'_>>) -> Config {
    let fields = node.and_then(|node| decoder.form(node, "hedgerow.yaml", &form::HEDGEROW));
    let place =
        fields.as_ref().map_or(file.source.span(0, 0), |fields| decoder.span(fields.span.start..fields.span.start));
    let field = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
    match field("version") {
        None => decoder.missing(place, "hedgerow.yaml", "version", "write `version: 1`"),
        Some(node) if node.as_scalar().and_then(hedgerow_yaml::Scalar::as_int) == Some(1) => {}
        Some(node) => {
            let diagnostic = decoder.invalid(node, "`version` must be `1`");
            decoder.report(diagnostic);
        }
    }
    let types = types(decoder, field("types"));
    let (layout, defaults) = services(decoder, field("services"), place, &types);
    let namespaces = namespaces(decoder, field("namespaces"), &defaults);
    let environments = environments(decoder, field("environments"), place, &namespaces);
    let known = guard::Known { environments: environments.keys().cloned().collect(), namespaces: &namespaces };
    let guard = field("guard").and_then(|node| guard::read(decoder, node, &known));
    Config {
        scheme: scheme(decoder, field("labels"), place),
        layout,
        defaults: defaults.0,
        namespaces,
        types,
        environments,
        audit: backend(decoder, field("audit"), "`audit`", &form::AUDIT, &AUDIT_BACKENDS)
            .unwrap_or(AuditBackend::CalicoLog),
        catch_alls: backend(decoder, field("catch-alls"), "`catch-alls`", &form::CATCH_ALLS, &CATCH_ALL_BACKENDS)
            .unwrap_or(CatchAllBackend::Kubernetes),
        guard,
        scan: field("scan").map(|node| decoder.span(node.range())),
    }
}

fn scheme(decoder: &mut Decoder<'_>, node: Option<&Node<'_>>, place: Span) -> Scheme {
    let fields = node.and_then(|node| decoder.form(node, "`labels`", &form::LABELS));
    let field = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
    let domain = match field("domain") {
        Some(node) => {
            let domain = decoder.name(node, "the domain", Domain::new).map(|domain| domain.value);
            domain.inspect(|domain| super::domain::check(decoder, node, domain))
        }
        None => {
            let place = fields.as_ref().map_or(place, |fields| fields.span);
            decoder.missing(
                place,
                "`labels`",
                "domain",
                "every label Hedgerow writes is `<domain>/…`; name one of your domains",
            );
            None
        }
    };
    let domain = domain.unwrap_or_else(|| Domain::new("missing.invalid").expect("a domain name"));
    let identity = field("identity").and_then(|node| identity(decoder, node, &domain));
    let identity = identity
        .unwrap_or_else(|| Identity::Own(own_key(&domain, "routing-name").expect("a label name below any domain")));
    let prefixes = match field("prefixes") {
        Some(node) => prefixes(decoder, node),
        None => vec![Prefix { long: "service.".into(), short: "s-".into() }],
    };
    Scheme::new(domain, identity, prefixes)
}

fn identity(decoder: &mut Decoder<'_>, node: &Node<'_>, domain: &Domain) -> Option<Identity> {
    let key = |text: &str| if text.contains('/') { LabelKey::new(text) } else { own_key(domain, text) };
    let key = decoder.name(node, "the identity label", key)?;
    let text = node.as_str().unwrap_or_default();
    let identity = if text.contains('/') { Identity::Foreign(key.value) } else { Identity::Own(key.value) };
    let name = identity.key().as_str().strip_prefix(domain.as_str()).and_then(|rest| rest.strip_prefix('/'));
    if let Some(name) = name
        && (is_taken(name) || matches!(identity, Identity::Foreign(_)))
    {
        let diagnostic = decoder
            .invalid(node, format!("the identity label may not be `{domain}/{name}`"))
            .help("labels below the domain are Hedgerow's; write a name without `/` such as `routing-name`");
        decoder.report(diagnostic);
        return None;
    }
    Some(identity)
}

fn prefixes(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<Prefix> {
    let mut prefixes = Vec::new();
    for (long, short) in decoder.pairs(node, "`prefixes`").unwrap_or_default() {
        let text = short.as_str().filter(|_| !short.is_null());
        let sound =
            |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
        match text {
            Some(text) if sound(text) && sound(long.value) && !long.value.is_empty() => {
                prefixes.push(Prefix { long: long.value.to_owned(), short: text.to_owned() });
            }
            _ => {
                let diagnostic = decoder
                    .invalid(short, "a prefix and its short form have lower-case letters, digits, `-` and `.`")
                    .mark(long.span, "");
                decoder.report(diagnostic);
            }
        }
    }
    prefixes
}

type SpannedDefaults = (Defaults, Option<Span>);

fn services(
    decoder: &mut Decoder<'_>,
    node: Option<&Node<'_>>,
    place: Span,
    types: &BTreeMap<TypeName, Option<NonEmpty<TypeName>>>,
) -> (Layout, SpannedDefaults) {
    let fields = node.and_then(|node| decoder.form(node, "`services`", &form::SERVICES));
    let field = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
    let include = match field("include") {
        Some(node) => globs(decoder, node, "`include`"),
        None => {
            let place = fields.as_ref().map_or(place, |fields| fields.span);
            let help = "say which directories are services, for example `include: [\"service.*\"]`";
            decoder.missing(place, "`services`", "include", help);
            Vec::new()
        }
    };
    let exclude = field("exclude").map(|node| globs(decoder, node, "`exclude`")).unwrap_or_default();
    let rules = field("rules").map(|node| rule_directories(decoder, node)).unwrap_or_default();
    let rule_places = rules.iter().map(|rules| rules.span).collect();
    let rules = NonEmpty::new(rules.into_iter().map(|rules| rules.value).collect());
    let rules = rules.unwrap_or_else(|| NonEmpty::one("egress".to_owned()));
    let catalogue = field("catalogue").and_then(|node| catalogue(decoder, node));
    let defaults = field("defaults").and_then(|node| {
        let fields = decoder.form(node, "`defaults`", &form::DEFAULTS)?;
        Some(read_defaults(decoder, &fields, types))
    });
    let defaults = defaults.unwrap_or_else(|| (no_defaults(), None));
    (Layout { include, exclude, rules, rule_places, catalogue }, defaults)
}

/// A file, which may lie anywhere: another tool puts it there.
fn catalogue(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<Spanned<String>> {
    let text = decoder.text(node, "the catalogue")?;
    if text.value.chars().any(char::is_control) || text.value.contains("://") {
        let diagnostic = decoder
            .invalid(node, "the catalogue must be a file")
            .help("fetch it before Hedgerow runs, and name the file, relative to hedgerow.yaml");
        decoder.report(diagnostic);
        return None;
    }
    Some(Spanned { value: text.value.to_owned(), span: text.span })
}

fn no_defaults() -> Defaults {
    let namespace = Namespace::new("default").expect("a namespace that every cluster has");
    Defaults { namespace, service_type: None, owner: None, ports: Ports::Any, always: Vec::new() }
}

fn read_defaults(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_, '_>,
    types: &BTreeMap<TypeName, Option<NonEmpty<TypeName>>>,
) -> SpannedDefaults {
    let mut defaults = no_defaults();
    let namespace = fields.get("namespace").and_then(|node| decoder.name(node, "the namespace", Namespace::new));
    let span = namespace.as_ref().map(|namespace| namespace.span);
    if let Some(namespace) = namespace {
        defaults.namespace = namespace.value;
    }
    defaults.service_type = fields.get("type").and_then(|node| {
        let service_type = decoder.name(node, "the type", TypeName::new)?;
        known_type(decoder, &service_type, types.keys()).then_some(service_type.value)
    });
    defaults.owner = fields.get("owner").and_then(|node| owner(decoder, node));
    let ports = fields.get("ports").map(|node| ports(decoder, node)).unwrap_or_default();
    defaults.ports = ports.listen.unwrap_or(Ports::Any);
    defaults.always = ports.always.unwrap_or_default();
    (defaults, span)
}

fn known_type<'a>(
    decoder: &mut Decoder<'_>,
    written: &Spanned<TypeName>,
    mut types: impl Iterator<Item = &'a TypeName> + Clone,
) -> bool {
    if types.clone().any(|known| *known == written.value) {
        return true;
    }
    let message = format!("the type `{}` is not declared under `types`", written.value);
    let diagnostic = Diagnostic::new(Code::UnknownType, message).mark(written.span, "");
    let near = nearest(written.value.as_str(), types.by_ref().map(TypeName::as_str));
    decoder.report(match near {
        Some(near) => diagnostic.help(format!("a type with a similar name is declared: `{near}`")).fix(
            written.span,
            near,
            Applicability::Unsafe,
        ),
        None => diagnostic.help("declare it under `types`"),
    });
    false
}

fn globs(decoder: &mut Decoder<'_>, node: &Node<'_>, what: &str) -> Vec<Spanned<String>> {
    let mut globs = Vec::new();
    for element in decoder.list(node, what, &format!("leave {what} out, or name a directory")) {
        let Some(text) = decoder.text(element, "a glob") else { continue };
        let problem = match globset::GlobBuilder::new(text.value).literal_separator(true).build() {
            Ok(_) if text.value.len() > GLOB_LIMIT => Some(format!("it is longer than {GLOB_LIMIT} bytes")),
            Ok(_) => path_problem(text.value).map(str::to_owned),
            Err(error) => Some(error.kind().to_string()),
        };
        match problem {
            None => {
                let value = text.value.trim_end_matches('/').to_owned();
                globs.push(Spanned { value, span: text.span });
            }
            Some(problem) => {
                let mut diagnostic = decoder
                    .invalid(element, format!("the glob `{}` is not valid: {problem}", text.value.escape_debug()));
                if matches!(text.value.trim_end_matches('/'), "." | "" | "./*" | "./") {
                    diagnostic = diagnostic.help(ROOT_HELP);
                } else if text.value.starts_with("..") {
                    diagnostic = diagnostic.help("put hedgerow.yaml above all services");
                } else if let Some(plain) = plain_path(text.value) {
                    diagnostic =
                        diagnostic.help(format!("write `{plain}`: globs begin at the directory of hedgerow.yaml"));
                } else if text.value.split('/').any(|part| part == "..") {
                    diagnostic =
                        diagnostic.help("write the way down from the directory of hedgerow.yaml, without `..`");
                }
                decoder.report(diagnostic);
            }
        }
    }
    globs
}

fn rule_directories(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<Spanned<String>> {
    let mut directories: Vec<Spanned<String>> = Vec::new();
    for element in decoder.list(node, "`rules`", "leave `rules` out to mean `egress`") {
        let Some(text) = decoder.text(element, "a rule directory") else { continue };
        let trimmed = text.value.trim_end_matches('/');
        let is_known = directories.iter().any(|known| known.value == trimmed);
        let below = "a rule directory lies below the service's own, and `rules` says how it is called there, such as `egress` or `deploy/egress`";
        let (problem, help) = match path_problem(text.value) {
            Some(problem) => {
                let plain = plain_path(text.value).map(|plain| format!("write `{plain}`: {below}"));
                (problem, plain.unwrap_or_else(|| below.to_owned()))
            }
            None if is_known => ("it is listed twice", "take one of them away".to_owned()),
            None if text.value.contains(['*', '?', '[', '{']) => (
                "it is no glob",
                "write each directory by its name, such as `rules: [egress, deploy/egress]`".to_owned(),
            ),
            None => {
                directories.push(Spanned { value: trimmed.to_owned(), span: text.span });
                continue;
            }
        };
        let message = format!("the rule directory `{}` is not valid: {problem}", text.value.escape_debug());
        let diagnostic = decoder.invalid(element, message);
        decoder.report(diagnostic.help(help));
    }
    directories
}

/// The path that is meant by one with parts that say nothing; nothing where it leads elsewhere.
fn plain_path(written: &str) -> Option<String> {
    let path = written.replace('\\', "/");
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let plain = parts.join("/");
    (!parts.is_empty() && !parts.contains(&"..") && plain != written.trim_end_matches('/')).then_some(plain)
}

/// Why a relative path would lead elsewhere than down.
fn path_problem(path: &str) -> Option<&'static str> {
    let parts = || path.trim_end_matches('/').split('/');
    if path.starts_with('/') {
        Some("it must be relative")
    } else if path.contains('\\') {
        Some("its parts are separated by `/`")
    } else if parts().any(|part| matches!(part, "" | "." | "..")) {
        Some("it may not hold `.`, `..` or empty parts")
    } else {
        None
    }
}

fn namespaces(decoder: &mut Decoder<'_>, node: Option<&Node<'_>>, defaults: &SpannedDefaults) -> BTreeSet<Namespace> {
    let (defaults, place) = defaults;
    let Some(node) = node else { return BTreeSet::from([defaults.namespace.clone()]) };
    let elements = decoder.list(node, "`namespaces`", "leave `namespaces` out to mean the default one");
    let names = elements.into_iter().filter_map(|element| decoder.name(element, "the namespace", Namespace::new));
    let namespaces: BTreeSet<_> = names.map(|name| name.value).collect();
    if !namespaces.is_empty() && !namespaces.contains(&defaults.namespace) {
        let message = format!("the default namespace `{}` is not listed under `namespaces`", defaults.namespace);
        let span = place.unwrap_or_else(|| decoder.span(node.range()));
        decoder.report(
            Diagnostic::new(Code::NamespaceNotListed, message)
                .mark(span, "")
                .help("list it, or set `services.defaults.namespace` to one that is listed"),
        );
    }
    namespaces
}

fn types(decoder: &mut Decoder<'_>, node: Option<&Node<'_>>) -> BTreeMap<TypeName, Option<NonEmpty<TypeName>>> {
    let mut written = Vec::new();
    for (key, value) in node.and_then(|node| decoder.pairs(node, "`types`")).unwrap_or_default() {
        let name = match TypeName::new(key.value) {
            Ok(name) => name,
            Err(error) => {
                report_key(decoder, "the type", &key, &error);
                continue;
            }
        };
        let callers = (!value.is_null()).then(|| {
            let what = format!("the type `{name}`");
            let fields = decoder.form(value, &what, &form::TYPE)?;
            let help = "leave `callers` out where no type may call all services of this one";
            let list = fields.get("callers").map(|node| decoder.list(node, "`callers`", help))?;
            let names = list.into_iter().filter_map(|element| decoder.name(element, "the type", TypeName::new));
            Some(names.collect::<Vec<_>>())
        });
        written.push((name, callers.flatten().unwrap_or_default()));
    }
    let declared: Vec<_> = written.iter().map(|(name, _)| name.clone()).collect();
    let checked = written.into_iter().map(|(name, callers)| {
        let mut callers: Vec<_> = callers
            .into_iter()
            .filter(|caller| known_type(decoder, caller, declared.iter()))
            .map(|c| c.value)
            .collect();
        callers.sort();
        callers.dedup();
        (name, NonEmpty::new(callers))
    });
    checked.collect()
}

fn environments(
    decoder: &mut Decoder<'_>,
    node: Option<&Node<'_>>,
    place: Span,
    listed: &BTreeSet<Namespace>,
) -> BTreeMap<EnvironmentName, Environment> {
    let mut environments = BTreeMap::new();
    let Some(node) = node else {
        decoder.missing(
            place,
            "hedgerow.yaml",
            "environments",
            "declare at least one, for example `prod: {stage: audit}`",
        );
        return environments;
    };
    let pairs = decoder.pairs(node, "`environments`").unwrap_or_default();
    if pairs.is_empty() && node.as_mapping().is_some() {
        let span = decoder.span(node.range());
        decoder.report(Diagnostic::new(Code::MissingKey, "no environment is declared").mark(span, ""));
    }
    for (key, value) in pairs {
        let name = match EnvironmentName::new(key.value) {
            Ok(name) => name,
            Err(error) => {
                report_key(decoder, "the environment", &key, &error);
                continue;
            }
        };
        let what = format!("the environment `{name}`");
        if let Some((text, stage)) = value.as_str().and_then(|text| Some((text, meant_stage(text)?))) {
            let (span, whole) = (decoder.span(value.range()), format!("{{stage: {stage}}}"));
            let diagnostic = decoder.invalid(value, format!("{what} must be a mapping"));
            let how = if text == stage { Applicability::Safe } else { Applicability::Unsafe };
            decoder.report(diagnostic.help(format!("write `{whole}`")).fix(span, whole, how));
            environments.insert(name, no_environment());
            continue;
        }
        let Some(fields) = decoder.form(value, &what, &form::ENVIRONMENT) else { continue };
        let log = fields.get("log").and_then(|node| decoder.boolean(node, "`log`")).unwrap_or(false);
        let stage = match fields.get("stage") {
            Some(node) => decoder.word(node, "the stage", &STAGES),
            None => {
                decoder.missing(fields.span, &what, "stage", "write `off`, `open`, `audit` or `enforce`");
                None
            }
        };
        // A faulty stage was reported; the environment is still declared, so that its name is known elsewhere.
        let mut settings = Environment { stage: stage.unwrap_or(Stage::Off), log, ..no_environment() };
        if let Some(node) = fields.get("namespaces") {
            called(decoder, node, &name, listed, &mut settings);
        }
        environments.insert(name, settings);
    }
    environments
}

const fn no_environment() -> Environment {
    Environment {
        stage: Stage::Off,
        log: false,
        namespaces: BTreeMap::new(),
        unlisted: Vec::new(),
        places: BTreeMap::new(),
    }
}

/// What namespaces are called in an environment: `namespaces: {bank: bank-staging}`.
fn called(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    environment: &EnvironmentName,
    listed: &BTreeSet<Namespace>,
    settings: &mut Environment,
) {
    let what = format!("`namespaces` of the environment `{environment}`");
    if node.as_mapping().is_none() {
        let diagnostic = decoder.invalid(node, format!("{what} must be a mapping, not {}", node.noun()));
        decoder.report(diagnostic.help(
            "write what each namespace is called there, such as `namespaces: {bank: bank-staging}`; where callers may live is said by `namespaces` at the top",
        ));
        return;
    }
    for (key, value) in decoder.pairs(node, &what).unwrap_or_default() {
        let written = match Namespace::new(key.value) {
            Ok(written) => written,
            Err(error) => {
                report_key(decoder, "the namespace", &key, &error);
                continue;
            }
        };
        let Some(here) = decoder.name(value, "the namespace", Namespace::new) else { continue };
        if !listed.contains(&written) {
            settings.unlisted.push(Spanned { value: written.clone(), span: key.span });
        }
        settings.places.insert(written.clone(), here.span);
        settings.namespaces.insert(written, here.value);
    }
    if let Some(found) = crate::fleet::places::collision(listed, settings) {
        decoder.report(collision(environment, settings, &found).help(format!(
            "give each a name of its own, or let the services of both live in one namespace: a policy could not tell `{}` from `{}`",
            found.first, found.second
        )));
    }
}

/// Two namespaces that would be one in an environment, where that is said.
pub(crate) fn collision(environment: &EnvironmentName, settings: &Environment, found: &Collision) -> Diagnostic {
    let message = format!("in `{environment}` {found}");
    let places = [&found.second, &found.first].into_iter().filter_map(|name| settings.places.get(name));
    places.fold(Diagnostic::new(Code::NamespaceCollision, message), |diagnostic, place| diagnostic.mark(*place, ""))
}

fn report_key(decoder: &mut Decoder<'_>, what: &str, key: &Spanned<&str>, error: &NameError) {
    let message = format!("{what} `{}` is not valid: it {error}", key.value.escape_debug());
    decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
}

fn backend<T: Copy>(
    decoder: &mut Decoder<'_>,
    node: Option<&Node<'_>>,
    what: &str,
    form: &'static Form,
    words: &[(&str, T)],
) -> Option<T> {
    let fields = decoder.form(node?, what, form)?;
    fields.get("backend").and_then(|node| decoder.word(node, "`backend`", words))
}
