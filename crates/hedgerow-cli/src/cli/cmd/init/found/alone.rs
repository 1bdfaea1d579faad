//! A repository that is one program: its code lies at the top, in no directory that is called like a service.

use super::{Service, is_below};
use crate::look::Look;
use hedgerow_core::name::ServiceName;
use std::collections::BTreeMap;

/// Directories at the top whose programs are there for the one of the repository.
const ASIDE: [&str; 12] =
    ["acceptance", "bench", "benches", "ci", "doc", "docs", "e2e", "example", "examples", "scripts", "test", "tests"];

/// Whether what lies at the top is a program, and nothing below it is another one. A Dockerfile alone is none: it packs what lies elsewhere.
fn is_one_program(look: &Look) -> bool {
    let is_other = |directory: &String| {
        let first = directory.split('/').next().unwrap_or_default();
        let has_source = look.sourced.iter().any(|source| source == directory || is_below(source, directory));
        !directory.is_empty() && !ASIDE.contains(&first) && has_source
    };
    look.code.contains("") && !look.sourced.is_empty() && !look.built.iter().any(is_other)
}

/// Where nothing deploys a service, the program of the repository is one, called after its directory.
pub(super) fn guess(look: &Look, services: &mut BTreeMap<String, Service>, doubts: &mut Vec<String>) {
    if services.is_empty() && is_one_program(look) && ServiceName::new(&look.name).is_ok() {
        services.insert(look.name.clone(), Service::default());
        doubts.push(format!(
            "nothing here deploys a service: `{}` is a guess, after this directory; its workloads should be called so",
            look.name
        ));
    }
}

/// The place of the code, where it is one program's: the only service's, or the one's that is called like the directory.
pub(super) fn code(
    look: &Look,
    services: &BTreeMap<String, Service>,
    doubts: &mut Vec<String>,
) -> Option<(String, Option<String>)> {
    let has_code = |service: &Service| {
        look.sourced.iter().any(|source| *source == service.home || is_below(source, &service.home))
    };
    if services.is_empty() || !is_one_program(look) || services.values().any(has_code) {
        return None;
    }
    let only = services.keys().next().filter(|_| services.len() == 1);
    let name = services.contains_key(&look.name).then_some(&look.name).or(only);
    if name.is_none() {
        doubts.push(
            "the code at the top belongs to none of these services: say whose it is, by `scan: {services: [{path: ., name: NAME}]}`"
                .to_owned(),
        );
    }
    Some((".".to_owned(), Some(name?.clone())))
}
