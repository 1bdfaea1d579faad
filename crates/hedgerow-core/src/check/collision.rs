//! Never two meanings for one label or one object name.

use crate::diag::{Code, Diagnostic};
use crate::fleet::{Scope, Service, ServiceIdentity};
use crate::label::{Scheme, Slug};
use crate::name::{ServiceName, TypeName};
use crate::nonempty::NonEmpty;
use crate::source::Span;
use std::collections::BTreeMap;

/// Who a name belongs to.
enum Owner<'a> {
    Service(&'a ServiceName),
    CatchAll(&'a str),
}

pub(crate) fn check(
    scheme: &Scheme,
    types: &BTreeMap<TypeName, Option<NonEmpty<TypeName>>>,
    scope: &Scope,
    services: &BTreeMap<ServiceName, Service>,
    slugs: &BTreeMap<ServiceName, Slug>,
    known: &BTreeMap<ServiceName, Span>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut owners: BTreeMap<String, Owner<'_>> = BTreeMap::new();
    for (service_type, callers) in types {
        if callers.is_some() {
            let object = scheme.catch_all(service_type).to_string();
            owners.insert(format!("object `{object}`"), Owner::CatchAll(service_type.as_str()));
        }
    }
    // In the scope of one service a collision between two others is theirs to mend.
    let concerns = |a: &ServiceName, b: Option<&ServiceName>| match scope {
        Scope::Whole => true,
        Scope::One(_) => services.contains_key(a) || b.is_some_and(|b| services.contains_key(b)),
    };
    for (name, slug) in slugs {
        let mut claims = vec![
            format!("object `{}`", scheme.object(slug)),
            // Kinds are left out on purpose: no object of one shares a name with an object of the other.
            format!("object `{}`", scheme.backstop(slug)),
            format!("label `{}`", scheme.egress(slug)),
            format!("label value `{}`", scheme.identity_value(name)),
        ];
        if let Some(service) = services.get(name) {
            let mut references: Vec<_> = service.ports.listed().iter().map(crate::policy::Port::reference).collect();
            references.sort();
            references.dedup();
            claims.extend(references.iter().map(|port| format!("label `{}`", scheme.egress_port(slug, port))));
        }
        for claim in claims {
            let (other, place) = match owners.get(&claim) {
                None => {
                    owners.insert(claim, Owner::Service(name));
                    continue;
                }
                Some(Owner::Service(other)) if *other == name || !concerns(name, Some(other)) => continue,
                Some(Owner::CatchAll(_)) if !concerns(name, None) => continue,
                Some(Owner::Service(other)) => (format!("the service `{other}`"), known.get(*other)),
                Some(Owner::CatchAll(service_type)) => (format!("the catch-all of the type `{service_type}`"), None),
            };
            let mut diagnostic = Diagnostic::new(
                Code::LabelCollision,
                format!("the service `{name}` and {other} would share the {claim}"),
            );
            diagnostic =
                known.get(name).map_or(diagnostic.clone(), |span| diagnostic.clone().mark(*span, "this service"));
            diagnostic = place.map_or(diagnostic.clone(), |span| diagnostic.clone().mark(*span, "and this one"));
            diagnostics.push(diagnostic.help("rename one of them, or change `labels.prefixes` in hedgerow.yaml"));
            // The other names of this pair would collide too; one report is enough.
            break;
        }
    }
    selectors(services, diagnostics);
}

/// Services whose labels are all among another's would select that one's pods too.
fn selectors(services: &BTreeMap<ServiceName, Service>, diagnostics: &mut Vec<Diagnostic>) {
    let selecting = || {
        services.values().filter_map(|service| match &service.identity {
            ServiceIdentity::Labels(labels) => Some((service, labels)),
            ServiceIdentity::Fleet => None,
        })
    };
    let mut frequency: BTreeMap<_, usize> = BTreeMap::new();
    for pair in selecting().flat_map(|(_, labels)| labels) {
        *frequency.entry(pair).or_default() += 1;
    }
    // Each service is looked up by its rarest label, so that a label that all of them share does not pair all with all.
    let mut by_rarest: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (service, labels) in selecting() {
        let rarest = labels.iter().min_by_key(|pair| frequency.get(pair).copied());
        by_rarest.entry(rarest).or_default().push((service, labels));
    }
    for (service, labels) in selecting() {
        let candidates = labels.iter().filter_map(|pair| by_rarest.get(&Some(pair))).flatten();
        for (other, fewer) in candidates {
            let is_subset = fewer.iter().all(|(key, value)| labels.get(key) == Some(value));
            // Two that are the same are met twice and reported once.
            if !is_subset || other.name == service.name || (fewer.len() == labels.len() && other.name > service.name) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::LabelCollision,
                    format!("the labels of `{}` select the pods of `{}` too", other.name, service.name),
                )
                .mark(service.file, "`identity` here")
                .mark(other.file, "and here")
                .help("give them different values of one label"),
            );
        }
    }
}
