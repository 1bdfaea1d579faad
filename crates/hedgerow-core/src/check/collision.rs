//! Never two meanings for one label or one object name.

use crate::diag::{Code, Diagnostic};
use crate::fleet::{Config, Scope, Service, ServiceIdentity};
use crate::label::Slug;
use crate::name::ServiceName;
use crate::policy::Labels;
use crate::source::Span;
use std::collections::BTreeMap;

/// Who a name belongs to.
enum Owner<'a> {
    Service(&'a ServiceName),
    CatchAll(&'a str),
}

pub(super) fn check(
    config: &Config,
    scope: &Scope,
    services: &BTreeMap<ServiceName, Service>,
    slugs: &BTreeMap<ServiceName, Slug>,
    known: &BTreeMap<ServiceName, Span>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let scheme = &config.scheme;
    let mut owners: BTreeMap<String, Owner<'_>> = BTreeMap::new();
    for (service_type, callers) in &config.types {
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

/// Two services that select their pods by the same labels would share their pods.
fn selectors(services: &BTreeMap<ServiceName, Service>, diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<&Labels, &Service> = BTreeMap::new();
    for service in services.values() {
        let ServiceIdentity::Labels(labels) = &service.identity else { continue };
        if let Some(other) = owners.insert(labels, service) {
            diagnostics.push(
                Diagnostic::new(
                    Code::LabelCollision,
                    format!(
                        "the services `{}` and `{}` select their pods by the same labels",
                        other.name, service.name
                    ),
                )
                .mark(service.file, "`identity` here")
                .mark(other.file, "and here")
                .help("add a label that tells them apart"),
            );
        }
    }
}
