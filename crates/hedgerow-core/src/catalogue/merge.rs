//! Many catalogues → one.

use super::{Catalogue, CatalogueDraft};
use crate::check::collision;
use crate::diag::{Code, Diagnostic};
use crate::fleet::Scope;
use crate::label::{Identity, Scheme};
use crate::source::Span;
use std::collections::BTreeMap;

/// Makes one catalogue of several. What they cannot agree on is reported, all of it; then there is none.
///
/// Each service is in one of them. They share a domain, an identity label, what is said of a type, the environment (or
/// all have all), and either all hold rules or none does: else the services of one would seem to call nobody.
pub fn merge(parts: &[CatalogueDraft], diagnostics: &mut Vec<Diagnostic>) -> Option<Catalogue> {
    let first = parts.first()?;
    let before = diagnostics.len();
    let mut merged = Catalogue {
        entries: BTreeMap::new(),
        types: BTreeMap::new(),
        names: BTreeMap::new(),
        namespaces: parts.iter().flat_map(|part| part.catalogue.namespaces.iter().cloned()).collect(),
        rules: first.catalogue.rules.as_ref().map(|_| BTreeMap::new()),
        ..first.catalogue.clone()
    };
    let mut places: BTreeMap<_, Span> = BTreeMap::new();
    let mut typed: BTreeMap<_, Span> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        same_fleet(first, part, diagnostics);
        same_names(&parts[..index], part, diagnostics);
        for (environment, names) in &part.catalogue.names {
            let of_environment: &mut BTreeMap<_, _> = merged.names.entry(environment.clone()).or_default();
            of_environment.extend(names.iter().map(|(written, here)| (written.clone(), here.clone())));
        }
        for (name, callers) in &part.catalogue.types {
            match merged.types.get(name) {
                None => {
                    merged.types.insert(name.clone(), callers.clone());
                    typed.insert(name.clone(), part.file);
                }
                Some(known) if known == callers => {}
                Some(_) => diagnostics.push(
                    mismatch(format!("the catalogues name different callers of the type `{name}`"))
                        .mark(part.file, "this catalogue")
                        .mark(typed.get(name).copied().unwrap_or(first.file), "and this one")
                        .help("let `types:` say the same in the hedgerow.yaml of both"),
                ),
            }
        }
        for (name, place) in &part.names {
            if let Some(other) = places.get(name) {
                diagnostics.push(
                    Diagnostic::new(Code::DuplicateService, format!("two catalogues list the service `{name}`"))
                        .mark(*place, "listed here")
                        .mark(*other, "and here first")
                        .help("each service comes from one repository; leave the other's catalogue out"),
                );
                continue;
            }
            places.insert(name.clone(), *place);
            if let Some(entry) = part.catalogue.entries.get(name) {
                merged.entries.insert(name.clone(), entry.clone());
            }
        }
        if let (Some(all), Some(rules)) = (&mut merged.rules, &part.catalogue.rules) {
            all.extend(rules.iter().map(|(caller, rules)| (caller.clone(), rules.clone())));
        }
    }
    let scheme = Scheme::new(merged.domain.clone(), Identity::Own(merged.identity.clone()), Vec::new());
    let place = |name| places.get(name).copied().unwrap_or(first.file);
    let services: BTreeMap<_, _> =
        merged.entries.iter().map(|(name, entry)| (name.clone(), entry.service(name, &scheme, place(name)))).collect();
    let slugs = merged.entries.iter().map(|(name, entry)| (name.clone(), entry.slug.clone())).collect();
    collision::check(&scheme, &merged.types, &Scope::Whole, &services, &slugs, &places, diagnostics);
    let found = diagnostics.get(before..).unwrap_or_default();
    (!found.iter().any(Diagnostic::is_error)).then_some(merged)
}

/// Reports what makes two catalogues those of different fleets.
fn same_fleet(first: &CatalogueDraft, part: &CatalogueDraft, diagnostics: &mut Vec<Diagnostic>) {
    let (a, b) = (&first.catalogue, &part.catalogue);
    if a.domain != b.domain {
        diagnostics.push(
            mismatch(format!("the catalogues are of two fleets: the domains are `{}` and `{}`", a.domain, b.domain))
                .mark(part.domain, "this domain")
                .mark(first.domain, "and this one"),
        );
    } else if a.identity != b.identity {
        diagnostics.push(
            mismatch(format!(
                "the catalogues name services by different labels: `{}` and `{}`",
                a.identity, b.identity
            ))
            .mark(part.file, "this catalogue")
            .mark(first.file, "and this one")
            .help("let `labels.identity` say the same in the hedgerow.yaml of both"),
        );
    }
    if a.environment != b.environment {
        let said = |catalogue: &Catalogue| match &catalogue.environment {
            Some(name) => format!("those of `{name}`"),
            None => "those of every environment".to_owned(),
        };
        diagnostics.push(
            mismatch(format!("the catalogues give different stages: {} and {}", said(a), said(b)))
                .mark(part.file, "this catalogue")
                .mark(first.file, "and this one")
                .help("make both with the same `--env`, or both without"),
        );
    }
    if a.rules.is_some() != b.rules.is_some() {
        let (with, without) = if a.rules.is_some() { (first, part) } else { (part, first) };
        diagnostics.push(
            mismatch("one catalogue holds rules and another does not, so its services would seem to call nobody")
                .mark(without.file, "no rules here")
                .mark(with.file, "rules here")
                .help("make both with `--rules`, or both without"),
        );
    }
}

/// Reports namespaces that two repositories call otherwise in one environment: callers would be looked for in one, and live in
/// the other.
fn same_names(others: &[CatalogueDraft], part: &CatalogueDraft, diagnostics: &mut Vec<Diagnostic>) {
    let b = &part.catalogue;
    for environment in b.environments() {
        for name in &b.namespaces {
            let here = b.name_in(environment, name);
            let is_other = |other: &&CatalogueDraft| {
                let a = &other.catalogue;
                a.namespaces.contains(name)
                    && a.environments().contains(environment)
                    && a.name_in(environment, name) != here
            };
            let Some(other) = others.iter().find(is_other) else { continue };
            let there = other.catalogue.name_in(environment, name);
            diagnostics.push(
                mismatch(format!("in `{environment}` the namespace `{name}` is called `{here}` and `{there}`"))
                    .mark(part.file, format!("`{here}` in this catalogue"))
                    .mark(other.file, format!("`{there}` in this one"))
                    .help("let `namespaces` of the environment say the same in the hedgerow.yaml of both"),
            );
        }
    }
}

fn mismatch(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::CatalogueMismatch, message)
}
