//! Aspects of Spring and AspectJ: what one does where an annotation stands, only programs with that annotation do.

use super::Home;
use crate::program::{File, FnId, PackageId, Program};
use hedgerow_code::ir::Expr;
use std::collections::BTreeSet;

/// What an expression selects by an annotation: of the method, or of the class around it.
const BY_ANNOTATION: &[&str] = &["@annotation(", "@within("];

/// What else it may select by.
const OTHERWISE: &[&str] = &["execution(", "within(", "bean(", "args(", "this(", "target(", "call(", "cflow("];

/// Whether an expression selects by anything else.
fn is_otherwise(text: &str) -> bool {
    OTHERWISE.iter().any(|other| text.contains(other))
}

/// The functions of aspects that do nothing in a service: no file that it loads has the annotations that they wait for.
pub(super) fn idle(program: &Program, home: &Home) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    let mut loaded = None;
    for (at, file) in (0_u32..).zip(&program.files) {
        let aspects = file.facts.types.iter().filter(|ty| ty.notes.iter().any(|note| note.name == "Aspect"));
        for aspect in aspects {
            let functions: Vec<FnId> = (0_u32..)
                .zip(&file.facts.functions)
                .filter(|(_, function)| function.receiver.as_deref() == Some(aspect.name.as_str()))
                .filter_map(|(nth, _)| program.function_at(at, nth))
                .collect();
            let Some(annotations) = awaited(program, &functions) else { continue };
            let loaded = loaded.get_or_insert_with(|| loads(program, home));
            let mut others = loaded.iter().filter(|other| **other != at).map(|other| &program.files[*other as usize]);
            if !others.any(|other| annotations.iter().any(|annotation| has(other, annotation))) {
                found.extend(functions);
            }
        }
    }
    found
}

/// The annotations that an aspect waits for, by their full names; none where it waits for something else, too, or what for is not known.
fn awaited(program: &Program, functions: &[FnId]) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for function in functions {
        for id in program.exprs(*function) {
            let Expr::Text(word) = program.expr(*function, id) else { continue };
            let mut text = program.word(*function, *word).replace(' ', "");
            while let Some((at, by)) = BY_ANNOTATION.iter().filter_map(|by| Some((text.find(by)?, by))).min() {
                if is_otherwise(&text[..at]) {
                    return None;
                }
                let rest = &text[at + by.len()..];
                let name = &rest[..rest.find(')')?];
                // `@annotation(limit)`: the parameter says which.
                name.contains('.').then(|| found.insert(name.to_owned()))?;
                text = text.split_off(at + by.len());
            }
            if is_otherwise(&text) {
                return None;
            }
        }
    }
    Some(found).filter(|found| !found.is_empty())
}

/// Whether a file may have an annotation: it imports it, all that lies beside it, or lies there itself and is called by a container.
fn has(file: &File, annotation: &str) -> bool {
    let (package, name) = annotation.rsplit_once('.').unwrap_or(("", annotation));
    let whole = |import: &hedgerow_code::ir::Import| match &import.name {
        Some(of) => import.path == package && (of == name || of == "*"),
        None => import.path == package || import.path == annotation,
    };
    let is_used = || {
        let facts = file.facts;
        facts.functions.iter().any(|function| function.registered) || facts.types.iter().any(|ty| !ty.notes.is_empty())
    };
    let declares = || file.facts.types.iter().any(|ty| ty.name == name);
    file.facts.imports.iter().any(whole) || (file.facts.package == package && !declares() && is_used())
}

/// The files that a service's own load.
fn loads(program: &Program, home: &Home) -> BTreeSet<u32> {
    let mut found: BTreeSet<PackageId> = BTreeSet::new();
    let mut open: Vec<PackageId> = home.files(program).map(|file| program.package_of(file)).collect();
    while let Some(package) = open.pop() {
        if found.insert(package) {
            open.extend(program.imported(package));
        }
    }
    found.iter().flat_map(|package| program.package(*package).files.iter().copied()).collect()
}
