//! `guard:` in `hedgerow.yaml`.

use super::decode::{Decoder, Fields};
use super::form;
use crate::diag::{Applicability, Code, Diagnostic, nearest};
use crate::draft::Spanned;
use crate::guard::{Controller, Grant, Guard, GuardMode, GuardSettings, GuardStrength, Subject, TemplateKind};
use crate::name::{EnvironmentName, LabelKey, Namespace};
use hedgerow_yaml::Node;
use std::collections::{BTreeMap, BTreeSet};

/// The first Kubernetes that serves `ValidatingAdmissionPolicy` in a form that stays.
const OLDEST: (u64, u64) = (1, 30);

pub(super) const MODES: [(&str, GuardMode); 3] =
    [("audit", GuardMode::Audit), ("warn", GuardMode::Warn), ("deny", GuardMode::Deny)];

/// Groups that hold whoever is somebody, or nobody.
const EVERYBODY: [&str; 3] = ["system:authenticated", "system:unauthenticated", "system:serviceaccounts"];

/// Where the template is in kinds whose template is not at `spec.template`.
const PLACES: &[(&str, &str, &str)] = &[
    ("keda.sh", "scaledjobs", "spec.jobTargetRef.template"),
    ("kubeflow.org", "notebooks", "."),
    ("serving.knative.dev", "revisions", "."),
];

/// Where such kinds hold labels of pods beside those of the template.
const LABELS: &[(&str, &str, &[&str])] = &[(
    "argoproj.io",
    "rollouts",
    &[
        "spec.strategy.blueGreen.activeMetadata.labels",
        "spec.strategy.blueGreen.previewMetadata.labels",
        "spec.strategy.canary.canaryMetadata.labels",
        "spec.strategy.canary.stableMetadata.labels",
    ],
)];

/// What the rest of the file says.
pub(super) struct Known<'k> {
    pub(super) environments: BTreeSet<EnvironmentName>,
    pub(super) namespaces: &'k BTreeSet<Namespace>,
}

pub(super) fn read(decoder: &mut Decoder<'_>, node: &Node<'_>, known: &Known<'_>) -> Option<Guard> {
    let fields = decoder.form(node, "`guard`", &form::GUARD)?;
    // The first line is enough to show where.
    let head = decoder.span(fields.span.start..fields.span.start);
    if let Some(node) = fields.get("kubernetes") {
        version(decoder, node);
    }
    let modes = by_environment(decoder, fields.get("mode"), "`mode`", known, |decoder, node| {
        decoder.word(node, "the guard's mode", &MODES)
    });
    let strict = by_environment(decoder, fields.get("strict"), "`strict`", known, |decoder, node| {
        decoder.boolean(node, "`strict`")
    });
    let accounts = by_environment(decoder, fields.get("accounts"), "`accounts`", known, |decoder, node| {
        decoder.boolean(node, "`accounts`")
    });
    let accounts = accounts.into_iter().filter(|(_, are_bound)| *are_bound).map(|(name, _)| name).collect();
    let settings = known.environments.iter().map(|environment| {
        let mode = modes.get(environment).copied().unwrap_or(GuardMode::Audit);
        let is_strict = strict.get(environment).copied().unwrap_or(false);
        let strength = if is_strict { GuardStrength::Strict } else { GuardStrength::Basic };
        (environment.clone(), GuardSettings { mode, strength })
    });
    let settings = settings.collect();
    if fields.get("wear").is_none() {
        let help = "say who deploys, for example `wear: [{groups: [deployers]}]`; without, only cluster admins could";
        decoder.missing(fields.span, "`guard`", "wear", help);
    }
    let wear = grants(decoder, &fields, "wear", known);
    let enter = grants(decoder, &fields, "enter", known);
    let controllers = fields.get("controllers").map(|node| {
        let what = ("`controllers`", "leave `controllers` out where only Kubernetes' own make pods");
        let help = "write its account and what it makes pods from: `[{service-account: argo-rollouts/argo-rollouts, kinds: [rollouts.argoproj.io]}]`";
        let elements = decoder.mappings(node, what, help, |_| None);
        elements.into_iter().filter_map(|element| controller(decoder, element, known)).collect()
    });
    Some(Guard { settings, wear, enter, controllers: controllers.unwrap_or_default(), accounts, place: head })
}

/// `kubernetes: "1.34"`.
fn version(decoder: &mut Decoder<'_>, node: &Node<'_>) {
    // Without quotes `1.30` is a number, whose last digit YAML may drop; the text as it was written is what counts.
    let text = node.as_scalar().map(|scalar| scalar.value.as_ref().to_owned()).unwrap_or_default();
    let numbers = text.strip_prefix('v').unwrap_or(&text).split('.').map(|part| part.parse::<u64>().ok());
    let numbers: Option<Vec<_>> = numbers.collect();
    let diagnostic = match numbers.as_deref() {
        Some([major, minor] | [major, minor, _]) if (*major, *minor) >= OLDEST => return,
        Some([major, minor] | [major, minor, _]) => Diagnostic::new(
            Code::GuardUnsupported,
            format!("Kubernetes {major}.{minor} cannot guard labels: ValidatingAdmissionPolicy is there from {}.{}", OLDEST.0, OLDEST.1),
        )
        .mark(decoder.span(node.range()), "the oldest version among the clusters")
        .help("upgrade the clusters, or remove `guard`; without a guard, whoever may label a pod may call what the label opens"),
        _ => decoder.invalid(node, "`kubernetes` must be a version such as `\"1.34\"`"),
    };
    decoder.report(diagnostic);
}

/// One value for all environments, or a mapping from environments to values.
fn by_environment<T: Copy>(
    decoder: &mut Decoder<'_>,
    node: Option<&Node<'_>>,
    what: &str,
    known: &Known<'_>,
    value: impl Fn(&mut Decoder<'_>, &Node<'_>) -> Option<T>,
) -> BTreeMap<EnvironmentName, T> {
    let Some(node) = node else { return BTreeMap::new() };
    if node.as_mapping().is_none() {
        let one = value(decoder, node);
        return one.map(|one| known.environments.iter().map(|name| (name.clone(), one)).collect()).unwrap_or_default();
    }
    let mut values = BTreeMap::new();
    for (key, node) in decoder.pairs(node, what).unwrap_or_default() {
        let name = known.environments.iter().find(|name| name.as_str() == key.value);
        match (name.cloned(), value(decoder, node)) {
            (None, _) => unknown_environment(decoder, &key, known),
            (Some(name), Some(value)) => drop(values.insert(name, value)),
            (Some(_), None) => {}
        }
    }
    values
}

fn unknown_environment(decoder: &mut Decoder<'_>, written: &Spanned<&str>, known: &Known<'_>) {
    let message = format!("there is no environment `{}`", written.value.escape_debug());
    let diagnostic = Diagnostic::new(Code::UnknownEnvironment, message).mark(written.span, "");
    let near = nearest(written.value, known.environments.iter().map(EnvironmentName::as_str));
    decoder.report(match near {
        Some(near) => diagnostic.help(format!("an environment with a similar name is declared: `{near}`")).fix(
            written.span,
            near,
            Applicability::Unsafe,
        ),
        None => diagnostic.help("declare it under `environments`"),
    });
}

fn grants(decoder: &mut Decoder<'_>, fields: &Fields<'_, '_>, key: &str, known: &Known<'_>) -> Vec<Grant> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let what = format!("`{key}`");
    let leave_out = format!("leave `{key}` out, or name a group, a user or a service account");
    let help = "name a group, a user or a service account, such as `[{groups: [deployers]}]`";
    let in_words = |text: &str| {
        let list = match text {
            _ if text.contains('/') => "service-accounts",
            _ if text.contains('@') => "users",
            _ => "groups",
        };
        Some(format!("{{{list}: [{}]}}", hedgerow_yaml::quote_always(text)))
    };
    let elements = decoder.mappings(node, (&what, &leave_out), help, in_words);
    elements.into_iter().filter_map(|element| grant(decoder, element, key, known)).collect()
}

fn grant(decoder: &mut Decoder<'_>, node: &Node<'_>, key: &str, known: &Known<'_>) -> Option<Grant> {
    let what = format!("an entry of `{key}`");
    let fields = decoder.form(node, &what, &form::GRANT)?;
    let mut who = BTreeSet::new();
    for (key, is_user) in [("groups", false), ("users", true)] {
        for name in names(decoder, &fields, key) {
            if !is_user && (EVERYBODY.contains(&name.value) || name.value.starts_with("system:serviceaccounts:")) {
                let message = format!("the group `{}` holds far more than those who deploy", name.value);
                let help = "name a group of your own; whoever is in this one could put any label on";
                decoder.report(Diagnostic::new(Code::WeakGuard, message).mark(name.span, "").help(help));
            }
            let name = name.value.to_owned();
            who.insert(if is_user { Subject::User(name) } else { Subject::Group(name) });
        }
    }
    for name in names(decoder, &fields, "service-accounts") {
        who.extend(account(decoder, &name, known));
    }
    if who.is_empty() && ["groups", "users", "service-accounts"].iter().all(|key| fields.get(key).is_none()) {
        decoder.missing(fields.span, &what, "groups", "or `users`, or `service-accounts`: who is meant?");
    }
    let environments = fields.get("environments").map(|_| {
        let mut found = BTreeSet::new();
        for name in names(decoder, &fields, "environments") {
            match known.environments.iter().find(|known| known.as_str() == name.value) {
                Some(known) => drop(found.insert(known.clone())),
                None => unknown_environment(decoder, &name, known),
            }
        }
        found
    });
    let namespaces = fields.get("namespaces").map(|_| {
        let mut found = BTreeSet::new();
        for name in names(decoder, &fields, "namespaces") {
            match known.namespaces.iter().find(|known| known.as_str() == name.value) {
                Some(known) => drop(found.insert(known.clone())),
                None => {
                    let message =
                        format!("the namespace `{}` is not listed under `namespaces`", name.value.escape_debug());
                    let diagnostic = Diagnostic::new(Code::NamespaceNotListed, message).mark(name.span, "");
                    decoder.report(diagnostic.help("the guard watches over the namespaces of the fleet alone"));
                }
            }
        }
        found
    });
    Some(Grant { who, environments, namespaces })
}

fn names<'n>(decoder: &mut Decoder<'_>, fields: &Fields<'n, '_>, key: &str) -> Vec<Spanned<&'n str>> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let elements = decoder.list(node, &format!("`{key}`"), &format!("leave `{key}` out"));
    elements.into_iter().filter_map(|element| decoder.text(element, &format!("a name under `{key}`"))).collect()
}

/// `service-account: emoji` of a service.
pub(super) fn own_account(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<String> {
    let text = decoder.text(node, "the service account")?;
    if !is_account(text.value) {
        let message = format!("`{}` is no name of a service account", text.value.escape_debug());
        let diagnostic = Diagnostic::new(Code::BadName, message).mark(text.span, "");
        decoder.report(diagnostic.help("write its name alone; it is in the service's namespace"));
        return None;
    }
    Some(text.value.to_owned())
}

/// An RFC 1123 subdomain.
fn is_account(name: &str) -> bool {
    name.len() <= 253
        && LabelKey::new(&name.replace('.', "-")).is_ok()
        && name == name.to_ascii_lowercase()
        && !name.contains(['/', '_'])
}

/// `namespace/name`.
fn account(decoder: &mut Decoder<'_>, written: &Spanned<&str>, known: &Known<'_>) -> Option<Subject> {
    let parts = written
        .value
        .split_once('/')
        .and_then(|(namespace, name)| Some((Namespace::new(namespace).ok()?, name)).filter(|_| is_account(name)));
    let Some((namespace, name)) = parts else {
        let message = format!("`{}` is no service account", written.value.escape_debug());
        let diagnostic = Diagnostic::new(Code::BadName, message).mark(written.span, "");
        decoder.report(diagnostic.help("write `namespace/name`, such as `argocd/argocd-application-controller`"));
        return None;
    };
    if known.namespaces.contains(&namespace) {
        let message = format!("the service account `{}` lives in a namespace that is guarded", written.value);
        let help = "whoever may make pods or tokens there can act as it (Kubernetes' role `edit` may): let it live in a namespace of its own";
        decoder.report(Diagnostic::new(Code::WeakGuard, message).mark(written.span, "").help(help));
    }
    Some(Subject::ServiceAccount { namespace, name: name.to_owned() })
}

fn controller(decoder: &mut Decoder<'_>, node: &Node<'_>, known: &Known<'_>) -> Option<Controller> {
    let what = "an entry of `controllers`";
    let fields = decoder.form(node, what, &form::CONTROLLER)?;
    for (key, help) in [
        ("service-account", "who it is to the API server, such as `argo-rollouts/argo-rollouts`"),
        ("kinds", "what it makes pods from, such as `rollouts.argoproj.io`"),
    ] {
        if fields.get(key).is_none() {
            decoder.missing(fields.span, what, key, help);
        }
    }
    let name = fields.get("service-account").and_then(|node| decoder.text(node, "a service account"));
    let account = name.and_then(|name| account(decoder, &name, known));
    let account = account.and_then(|account| match account {
        Subject::ServiceAccount { namespace, name } => Some((namespace, name)),
        Subject::Group(_) | Subject::User(_) => None,
    });
    let kinds = fields.get("kinds").map(|node| {
        let elements = decoder.list(node, "`kinds`", "name what it makes pods from");
        elements.into_iter().filter_map(|element| kind(decoder, element)).collect::<Vec<_>>()
    });
    let (namespace, account) = account?;
    Some(Controller { namespace, account, kinds: kinds? })
}

/// `rollouts.argoproj.io`, or that with the way to the template.
fn kind(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<TemplateKind> {
    let (name, place) = if node.as_mapping().is_some() {
        let fields = decoder.form(node, "a kind", &form::TEMPLATE_KIND)?;
        if fields.get("resource").is_none() {
            decoder.missing(fields.span, "a kind", "resource", "such as `rollouts.argoproj.io`");
        }
        let place = fields.get("template").and_then(|node| decoder.text(node, "the way to the template"));
        (decoder.text(fields.get("resource")?, "the resource")?, place)
    } else {
        (decoder.text(node, "a kind")?, None)
    };
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let Some((resource, group)) =
        name.value.split_once('.').filter(|(resource, group)| word(resource) && group.split('.').all(word))
    else {
        let message = format!("`{}` is no kind of a controller's", name.value.escape_debug());
        let help = "write the resource in the plural and its group, such as `rollouts.argoproj.io`; Kubernetes' own kinds are guarded anyway";
        decoder.report(Diagnostic::new(Code::BadName, message).mark(name.span, "").help(help));
        return None;
    };
    let default =
        PLACES.iter().find(|(g, r, _)| (*g, *r) == (group, resource)).map_or("spec.template", |(_, _, place)| place);
    let written = place.as_ref().map_or(default, |place| place.value);
    let template: Vec<_> = if written == "." { Vec::new() } else { written.split('.').map(str::to_owned).collect() };
    let is_field = |part: &String| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if let (Some(place), false) = (&place, template.iter().all(is_field)) {
        let message = format!("`{}` is no way to a pod template", place.value.escape_debug());
        let help = "write the fields on the way, such as `spec.template`, or `.` where the object itself is one";
        decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(place.span, "").help(help));
        return None;
    }
    let labels = LABELS.iter().find(|(g, r, _)| (*g, *r) == (group, resource)).map_or(&[][..], |(_, _, places)| places);
    let labels = labels.iter().map(|place| place.split('.').map(str::to_owned).collect()).collect();
    Some(TemplateKind { group: group.to_owned(), resource: resource.to_owned(), template, labels })
}
