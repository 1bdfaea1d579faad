//! Draft → [`Fleet`]: resolves names across files and fills in defaults. All faults are found in one pass.

mod catalogue;
pub(crate) mod collision;

use crate::catalogue::CatalogueDraft;
use crate::date::Date;
use crate::diag::{Applicability, Code, Diagnostic, Fix, FixEdit, Severity, enumerate_some, nearest, nearest_service};
use crate::draft::{AllowDraft, RuleDraft, ServiceDraft, Spanned};
use crate::fleet::places::{self, named_beside};
use crate::fleet::{Allow, Config, Elsewhere, Fleet, Scope, Service, ServiceIdentity};
use crate::label::Slug;
use crate::name::{Namespace, PortRef, ServiceName};
use crate::nonempty::NonEmpty;
use crate::policy::{Ports, Rule, RulePorts};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many days before its last day a rule is warned about.
const EXPIRY_NOTICE: i64 = 30;

/// What is to be checked together.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// How much was read.
    pub scope: Scope,
    /// The services that were read.
    pub services: Vec<ServiceDraft>,
    /// Services of which only the name was read, each with its directory as a span of no width.
    pub names: Vec<Spanned<ServiceName>>,
    /// What is known of the services in other repositories.
    pub catalogue: Option<CatalogueDraft>,
}

/// Checks a draft against the fleet's configuration. `today` decides which rules have expired; without it none has.
///
/// There is a fleet exactly where `diagnostics` holds no error afterwards, errors of earlier steps included. In the scope
/// of one service, faults in the metadata of the services it calls are warnings: they are others' to mend.
pub fn check(config: Config, draft: Draft, today: Option<Date>, diagnostics: &mut Vec<Diagnostic>) -> Option<Fleet> {
    let Draft { scope, services: drafts, names, catalogue } = draft;
    let mut services = BTreeMap::new();
    let mut rules = Vec::new();
    let mut known: BTreeMap<ServiceName, Span> = BTreeMap::new();
    for (name, read) in drafts.iter().map(|s| (&s.name, true)).chain(names.iter().map(|name| (name, false))) {
        if let Some(first) = known.get(&name.value) {
            if read || scope == Scope::Whole {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateService,
                        format!("two directories claim the service `{}`", name.value),
                    )
                    .mark(name.span, "claimed here")
                    .mark(*first, "and here first")
                    .help("give one of them another `name:` in its service.yaml"),
                );
            }
        } else {
            known.insert(name.value.clone(), name.span);
        }
    }
    for draft in drafts {
        let own = match &scope {
            Scope::Whole => true,
            Scope::One(name) => *name == draft.name.value,
        };
        let before = diagnostics.len();
        let (service, service_rules) = lower(&config, draft, diagnostics);
        // Without a short name for the callee there is no label that the caller could wear.
        if !own && service.is_some() {
            let found = diagnostics.get_mut(before..).unwrap_or_default();
            found.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Warning);
        }
        if let Some(service) = service {
            rules.extend(service_rules.into_iter().map(|rule| (service.name.clone(), rule)));
            services.entry(service.name.clone()).or_insert(service);
        }
    }
    let elsewhere = catalogue.map(|draft| {
        let services = catalogue::check(&config, &scope, &draft, &services, &mut known, diagnostics);
        Elsewhere { catalogue: draft.catalogue, services }
    });
    let listed = elsewhere.iter().flat_map(|elsewhere| &elsewhere.services);
    let all: BTreeMap<ServiceName, Service> =
        services.iter().chain(listed).map(|(name, service)| (name.clone(), service.clone())).collect();
    let slugs: BTreeMap<ServiceName, Slug> =
        known.keys().filter_map(|name| config.scheme.slug(name).ok().map(|slug| (name.clone(), slug))).collect();
    collision::check(&config.scheme, &config.types, &scope, &all, &slugs, &known, diagnostics);
    // Without the catalogue nobody knows who is missing; that it could not be read was reported.
    let is_half_known = config.layout.catalogue.is_some() && elsewhere.is_none();
    let rules = check_rules(rules, &all, &known, elsewhere.is_some(), is_half_known, today, diagnostics);
    if let Some(elsewhere) = &elsewhere {
        catalogue::check_reach(&config, &services, &rules, &elsewhere.catalogue, diagnostics);
    }
    let named = named_beside(config.guard.as_ref(), services.values());
    shared_names(&config, &named, diagnostics);
    if scope == Scope::Whole {
        idle_names(&config, &named, elsewhere.is_some(), diagnostics);
    }
    if let Scope::One(name) = &scope {
        services.retain(|service, _| service == name);
    }
    let sound = !diagnostics.iter().any(Diagnostic::is_error);
    sound.then(|| Fleet::new(config, scope, services, rules, slugs, elsewhere))
}

/// Namespaces that an environment gives the name of one that only a peer or the guard names: who lives in either would be let in
/// where one is meant. Two that are listed were compared when the file was read.
fn shared_names(config: &Config, named: &BTreeSet<Namespace>, diagnostics: &mut Vec<Diagnostic>) {
    for (environment, settings) in &config.environments {
        if places::collision(&config.namespaces, settings).is_some() {
            continue;
        }
        if let Some(found) = places::collision(config.namespaces.iter().chain(named), settings) {
            let diagnostic = crate::read::collision(environment, settings, &found);
            let beside = if config.namespaces.contains(&found.second) { &found.first } else { &found.second };
            diagnostics.push(diagnostic.help(format!(
                "give the other one another name there, or write under `namespaces` of `{environment}` what `{beside}` is called: `allow` or `guard` names it, and callers from both namespaces would be let in"
            )));
        }
    }
}

/// Names of namespaces in an environment that nothing is called by: they are not listed, and no peer lives there.
fn idle_names(config: &Config, named: &BTreeSet<Namespace>, has_catalogue: bool, diagnostics: &mut Vec<Diagnostic>) {
    let unlisted = config.environments.values().flat_map(|settings| &settings.unlisted);
    for name in unlisted.filter(|name| !named.contains(&name.value)) {
        let message = format!("no service and no peer lives in the namespace `{}`", name.value);
        let diagnostic = Diagnostic::new(Code::NamespaceNotListed, message).mark(name.span, "");
        let near = nearest(name.value.as_str(), config.namespaces.iter().map(Namespace::as_str));
        // Where one `hedgerow.yaml` serves many repositories, the peers may be another's.
        let diagnostic = if has_catalogue { diagnostic.severity(Severity::Warning) } else { diagnostic };
        diagnostics.push(match near {
            Some(near) => diagnostic.help(format!("a namespace with a similar name is listed: `{near}`")).fix(
                name.span,
                near,
                Applicability::Unsafe,
            ),
            None => diagnostic.help("list it under `namespaces:` where services live there, or take it out"),
        });
    }
}

/// Fills in a service's defaults. Nothing where its name cannot stand in a label.
fn lower(config: &Config, draft: ServiceDraft, diagnostics: &mut Vec<Diagnostic>) -> (Option<Service>, Vec<RuleDraft>) {
    if let Some(namespace) = draft.namespace.as_ref().filter(|n| !config.namespaces.contains(&n.value)) {
        let listed = config.namespaces.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        let message = format!("the namespace `{}` is not listed in hedgerow.yaml", namespace.value);
        let is_it = |settings: &crate::fleet::Environment| settings.namespaces.values().any(|n| *n == namespace.value);
        let called = config.environments.iter().find(|(_, settings)| is_it(settings)).and_then(|(name, settings)| {
            let written = settings.namespaces.iter().find(|(_, here)| **here == namespace.value)?.0;
            Some(format!("it is what `{written}` is called in `{name}`; write `namespace: {written}`"))
        });
        let help = called.unwrap_or_else(|| format!("add it to `namespaces:` in hedgerow.yaml; listed are {listed}"));
        diagnostics.push(
            Diagnostic::new(Code::NamespaceNotListed, message)
                .mark(namespace.span, "callers from here would not be let in")
                .help(help),
        );
    }
    if let Some(service_type) = draft.service_type.as_ref().filter(|t| !config.types.contains_key(&t.value)) {
        let near = nearest(service_type.value.as_str(), config.types.keys().map(crate::name::TypeName::as_str));
        let message = format!("the type `{}` is not declared in hedgerow.yaml", service_type.value);
        let mut diagnostic = Diagnostic::new(Code::UnknownType, message).mark(service_type.span, "");
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("a type with a similar name is declared: `{near}`")).fix(
                service_type.span,
                near,
                Applicability::Unsafe,
            ),
            None => diagnostic.help("declare it under `types:` in hedgerow.yaml"),
        };
        diagnostics.push(diagnostic);
    }
    for (environment, _) in draft.stages.iter().filter(|(e, _)| !config.environments.contains_key(&e.value)) {
        let names: Vec<_> = config.environments.keys().map(crate::name::EnvironmentName::as_str).collect();
        let message = format!("the environment `{}` is not declared in hedgerow.yaml", environment.value);
        let diagnostic = Diagnostic::new(Code::UnknownEnvironment, message).mark(environment.span, "");
        diagnostics.push(match nearest(environment.value.as_str(), names.iter().copied()) {
            Some(near) => diagnostic.help(format!("an environment with a similar name is declared: `{near}`")).fix(
                environment.span,
                near,
                Applicability::Unsafe,
            ),
            None => diagnostic.help(format!("declared are: {}", names.join(", "))),
        });
    }
    if let ServiceIdentity::Labels(labels) = &draft.identity.value {
        for key in labels.keys().filter(|key| config.scheme.is_own(key.as_str())) {
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, format!("`identity` may not use `{key}`, which Hedgerow writes"))
                    .mark(draft.identity.span, "")
                    .help("select the pods by labels of the chart's own; other services' pods may wear this one"),
            );
        }
    }
    let ports = draft.ports.unwrap_or_else(|| config.defaults.ports.clone());
    let always = draft.always.unwrap_or_else(|| config.defaults.always.clone());
    let allow = draft.allow.into_iter().map(|allow| lower_allow(allow, &ports, diagnostics)).collect();
    let slug = match config.scheme.slug(&draft.name.value) {
        Ok(slug) => slug,
        Err(error) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadName,
                    format!("the service `{}` has no valid short name: it {error}", draft.name.value),
                )
                .mark(draft.name.span, "")
                .help("change `labels.prefixes` in hedgerow.yaml or the service's name"),
            );
            return (None, draft.rules);
        }
    };
    let service = Service {
        name: draft.name.value,
        slug,
        directory: draft.directory,
        namespace: draft.namespace.map_or_else(|| config.defaults.namespace.clone(), |n| n.value),
        service_type: draft.service_type.map(|t| t.value).or_else(|| config.defaults.service_type.clone()),
        owner: draft.owner.or_else(|| config.defaults.owner.clone()),
        ports,
        always,
        stages: draft.stages.into_iter().map(|(environment, stage)| (environment.value, stage)).collect(),
        account: draft.account,
        workloads: draft.workloads,
        identity: draft.identity.value,
        allow,
        rare: draft.rare,
        file: draft.file,
    };
    (Some(service), draft.rules)
}

fn lower_allow(draft: AllowDraft, listens: &Ports, diagnostics: &mut Vec<Diagnostic>) -> Allow {
    if *listens == Ports::Nothing {
        diagnostics.push(
            Diagnostic::new(Code::UnknownPort, "peers are allowed in, but the service listens on no port")
                .mark(draft.span, "allowed here")
                .help("declare the service's `ports:`, or take the entry away"),
        );
    }
    let ports = match draft.ports {
        None => RulePorts::All,
        Some(ports) => {
            for port in &ports {
                // A number needs no declaration where the service declares no ports at all.
                if *listens == Ports::Any && matches!(port.value, PortRef::Number(_)) {
                    continue;
                }
                check_port(port, listens, "this service", diagnostics);
            }
            these(ports)
        }
    };
    Allow { peers: draft.peers, ports, reason: draft.reason, span: draft.span }
}

pub(crate) fn these(ports: NonEmpty<Spanned<PortRef>>) -> RulePorts {
    let mut ports: Vec<_> = ports.into_iter().map(|port| port.value).collect();
    ports.sort();
    ports.dedup();
    NonEmpty::new(ports).map_or(RulePorts::All, RulePorts::These)
}

fn check_port(port: &Spanned<PortRef>, listens: &Ports, whose: &str, diagnostics: &mut Vec<Diagnostic>) {
    let listed = listens.listed();
    if listed.iter().any(|p| p.reference() == port.value) {
        return;
    }
    let diagnostic =
        Diagnostic::new(Code::UnknownPort, format!("{whose} declares no port `{}`", port.value)).mark(port.span, "");
    let by_number = listed.iter().find(|p| PortRef::Number(p.number) == port.value).map(|p| p.reference().to_string());
    let written = port.value.to_string();
    let names: Vec<_> = listed.iter().map(|p| p.reference().to_string()).collect();
    let near = nearest(&written, names.iter().map(String::as_str));
    if let Some(name) = by_number.as_deref().or(near)
        && let Some(alone) = diagnostics.iter_mut().find(|found| is_alone(found, port))
    {
        // That it is no list was reported; what is to stand in the list is known by now.
        let whole = format!("[{name}]");
        let (help, how) = match &by_number {
            Some(_) => (format!("the port has a name; write `{whole}`"), Applicability::Safe),
            None => (format!("a port with a similar name is declared; write `{whole}`"), Applicability::Unsafe),
        };
        alone.help = vec![help];
        alone.fix = Some(Fix { edits: vec![FixEdit { span: port.span, text: whole }], applicability: how });
        return;
    }
    diagnostics.push(match (by_number, near, listens) {
        (Some(name), _, _) => {
            diagnostic.help(format!("the port has a name; write `{name}`")).fix(port.span, name, Applicability::Safe)
        }
        (None, Some(near), _) => diagnostic.help(format!("a port with a similar name is declared: `{near}`")).fix(
            port.span,
            near,
            Applicability::Unsafe,
        ),
        (None, None, Ports::These(_)) => diagnostic.help(format!("declared are: {}", names.join(", "))),
        (None, None, Ports::Any) => {
            diagnostic.help("it declares no ports, so only all of them can be meant; leave `ports` out")
        }
        (None, None, Ports::Nothing) => diagnostic.help("it listens on no port (`ports: none`)"),
    });
}

/// Whether a finding says of a port that it stands alone where a list is asked for.
fn is_alone(found: &Diagnostic, port: &Spanned<PortRef>) -> bool {
    found.code == Code::InvalidValue && found.span() == Some(port.span)
}

/// The most services that are offered for one that is not there.
const MOST_ALIKE: usize = 5;

/// Services whose names contain the last part of a name that nobody has: `ledger-db` and `ledgerwriter` for `service.ledger`.
fn containing<'a>(written: &ServiceName, known: impl Iterator<Item = &'a ServiceName>) -> Vec<String> {
    let word = written.as_str().rsplit('.').next().unwrap_or_default();
    // Two letters are in too many names.
    let found = known.filter(|name| word.len() > 2 && name.as_str().contains(word));
    found.map(|name| format!("`{name}`")).collect()
}

fn check_rules(
    drafts: Vec<(ServiceName, RuleDraft)>,
    services: &BTreeMap<ServiceName, Service>,
    known: &BTreeMap<ServiceName, Span>,
    has_catalogue: bool,
    is_half_known: bool,
    today: Option<Date>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<ServiceName, BTreeMap<ServiceName, Rule>> {
    let mut rules: BTreeMap<ServiceName, BTreeMap<ServiceName, Rule>> = BTreeMap::new();
    for (caller, draft) in drafts {
        check_expiry(&draft, today, diagnostics);
        if draft.callee == caller {
            diagnostics.push(
                Diagnostic::new(Code::SelfCall, format!("the rule lets `{caller}` call itself"))
                    .mark(draft.file, "this rule file")
                    .help("remove the file; pods of one service that talk to each other need an `allow` entry in its service.yaml"),
            );
        } else if !known.contains_key(&draft.callee) && !is_half_known {
            let message = format!("there is no service `{}` for `{caller}` to call", draft.callee);
            let diagnostic = Diagnostic::new(Code::UnknownCallee, message).mark(draft.file, "this rule file");
            let alike = containing(&draft.callee, known.keys().filter(|name| **name != caller));
            diagnostics.push(
                match nearest_service(
                    draft.callee.as_str(),
                    known.keys().filter(|name| **name != caller).map(ServiceName::as_str),
                ) {
                    Some(near) => diagnostic
                        .help(format!("a service with a similar name exists; rename the file to `{near}.rule`")),
                    None if !alike.is_empty() && !has_catalogue => diagnostic.help(format!(
                        "services with that word in their names are {}; rename the file to the one that is meant, or remove it",
                        enumerate_some(MOST_ALIKE, alike.iter())
                    )),
                    None if has_catalogue => diagnostic.help(
                        "neither this repository nor the catalogue has it; fetch a newer catalogue, or remove the file",
                    ),
                    None => diagnostic.help("create the service's directory, or remove the file"),
                },
            );
        }
        if let Some(callee) = services.get(&draft.callee) {
            let whose = format!("`{}`", draft.callee);
            draft.ports.iter().flatten().for_each(|port| check_port(port, &callee.ports, &whose, diagnostics));
            if callee.ports == Ports::Nothing && draft.ports.is_none() {
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnknownPort,
                        format!("`{}` listens on no port, so it cannot be called", callee.name),
                    )
                    .mark(draft.file, "this rule file")
                    .mark(callee.file, "`ports: none` here")
                    .help("declare the callee's `ports:`, or remove the file"),
                );
            }
        }
        let rule = Rule {
            caller: caller.clone(),
            callee: draft.callee,
            ports: draft.ports.map_or(RulePorts::All, these),
            reason: draft.reason,
            origin: draft.origin,
            expires: draft.expires.map(|date| date.value),
            seen: draft.seen,
            file: draft.file,
        };
        let of_caller = rules.entry(caller).or_default();
        if let Some(first) = of_caller.get(&rule.callee) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateRule,
                    format!("two files permit `{}` to call `{}`", rule.caller, rule.callee),
                )
                .mark(rule.file, "this one")
                .mark(first.file, "and this one")
                .help("keep one of them"),
            );
        } else {
            of_caller.insert(rule.callee.clone(), rule);
        }
    }
    rules
}

fn check_expiry(rule: &RuleDraft, today: Option<Date>, diagnostics: &mut Vec<Diagnostic>) {
    let (Some(expires), Some(today)) = (&rule.expires, today) else { return };
    let left = today.days_until(expires.value);
    if left > EXPIRY_NOTICE {
        return;
    }
    let (message, severity) = match left {
        ..0 => (format!("the rule expired on {}", expires.value), Severity::Error),
        0 => ("the rule expires today".to_owned(), Severity::Warning),
        1 => (format!("the rule expires tomorrow, on {}", expires.value), Severity::Warning),
        _ => (format!("the rule expires in {left} days, on {}", expires.value), Severity::Warning),
    };
    diagnostics.push(
        Diagnostic::new(Code::RuleExpired, message)
            .severity(severity)
            .mark(expires.span, "")
            .help(format!("give it a later date once `{}` is reviewed again, or remove the file", rule.callee)),
    );
}
