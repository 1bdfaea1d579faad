//! Aspects of Spring and AspectJ: what one does where an annotation stands, only programs with that annotation do.

use super::Home;
use crate::program::{File, FnId, PackageId, Program};
use hedgerow_code::ir::Expr;
use std::collections::BTreeSet;

/// What an expression selects by an annotation: of the method, or of the class around it.
const BY_ANNOTATION: &[&str] = &["@annotation(", "@within("];

/// What else it may select by.
const OTHERWISE: &[&str] = &["execution(", "within(", "bean(", "args(", "this(", "target(", "call(", "cflow("];

/// Whether an expression selects by anything else, or by what a class names elsewhere: `com.bank.Points.web()`. `own` are the functions of the
/// aspect, whose own expressions are looked at besides.
fn is_otherwise(text: &str, own: &BTreeSet<&str>) -> bool {
    let is_elsewhere = |at: usize| {
        let name = text[..at].rsplit(|c: char| !c.is_alphanumeric() && !"._$".contains(c)).next().unwrap_or_default();
        !name.is_empty() && !own.contains(name)
    };
    OTHERWISE.iter().any(|other| text.contains(other))
        || (is_expression(text) && text.match_indices("()").any(|(at, _)| is_elsewhere(at)))
}

/// Whether a text may say where advice belongs: it is made of names and what joins them.
fn is_expression(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "._$()&|!,*+@".contains(c))
}

/// The functions of aspects that do nothing in a service: no file that it loads has the annotations that they wait for.
pub(super) fn idle(program: &Program, home: &Home) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    let mut loaded = None;
    for (at, file) in (0_u32..).zip(&program.files) {
        let aspects = file.facts.types.iter().filter(|ty| ty.notes.iter().any(|note| note.name == "Aspect"));
        for aspect in aspects {
            let of_class = (0_u32..)
                .zip(&file.facts.functions)
                .filter(|(_, function)| function.receiver.as_deref() == Some(aspect.name.as_str()));
            let functions: Vec<FnId> = of_class.filter_map(|(nth, _)| program.function_at(at, nth)).collect();
            let names: BTreeSet<&str> =
                functions.iter().map(|function| program.function(*function).name.as_str()).collect();
            let Some(annotations) = awaited(program, &functions, &names) else { continue };
            let loaded = loaded.get_or_insert_with(|| loads(program, home));
            let mut others = loaded.iter().filter(|other| **other != at).map(|other| &program.files[*other as usize]);
            if !others.any(|other| annotations.iter().any(|annotation| has(other, annotation))) {
                // What a container calls of it besides runs in any case: a schedule, what it does when it is made.
                let runs = |function: &FnId| {
                    let decl = program.function(*function);
                    decl.name == "<new>" || (decl.registered && !is_advice(program, *function, &names))
                };
                found.extend(functions.iter().copied().filter(|function| !runs(function)));
            }
        }
    }
    found
}

/// Whether a method has an expression that says where it belongs: one by an annotation, or by a method of the aspect.
fn is_advice(program: &Program, function: FnId, own: &BTreeSet<&str>) -> bool {
    let texts = program.exprs(function).filter_map(|id| match program.expr(function, id) {
        Expr::Text(word) => Some(program.word(function, *word).replace(' ', "")),
        _ => None,
    });
    let names_own = |text: &str| {
        let mut names = text.match_indices("()").map(|(at, _)| &text[..at]);
        is_expression(text) && names.any(|before| own.iter().any(|name| before.ends_with(name)))
    };
    texts.into_iter().any(|text| BY_ANNOTATION.iter().any(|by| text.contains(by)) || names_own(&text))
}

/// The annotations that an aspect waits for, by their full names; none where it waits for something else, too, or what for is not known.
fn awaited(program: &Program, functions: &[FnId], own: &BTreeSet<&str>) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for function in functions {
        for id in program.exprs(*function) {
            let Expr::Text(word) = program.expr(*function, id) else { continue };
            let mut text = program.word(*function, *word).replace(' ', "");
            while let Some((at, by)) = BY_ANNOTATION.iter().filter_map(|by| Some((text.find(by)?, by))).min() {
                if is_otherwise(&text[..at], own) {
                    return None;
                }
                let rest = &text[at + by.len()..];
                let name = &rest[..rest.find(')')?];
                // `@annotation(limit)`: the parameter says which.
                name.contains('.').then(|| found.insert(name.to_owned()))?;
                text = text.split_off(at + by.len());
            }
            if is_otherwise(&text, own) {
                return None;
            }
        }
    }
    Some(found).filter(|found| !found.is_empty())
}

/// Whether a file may have an annotation: it imports it, all that lies beside it, or lies there itself and is called by a container.
fn has(file: &File, annotation: &str) -> bool {
    let name = annotation.rsplit('.').next().unwrap_or(annotation);
    // `Limits.Limit` is imported with what it is a part of.
    let holds = |outer: &str| annotation == outer || annotation.strip_prefix(outer).is_some_and(|r| r.starts_with('.'));
    let whole = |import: &hedgerow_code::ir::Import| match &import.name {
        Some(of) if of == "*" => holds(&import.path),
        Some(of) => holds(&format!("{}.{of}", import.path)),
        None => holds(&import.path),
    };
    let is_used = || {
        let facts = file.facts;
        facts.functions.iter().any(|function| function.registered) || facts.types.iter().any(|ty| !ty.notes.is_empty())
    };
    let declares = || file.facts.types.iter().any(|ty| ty.name == name);
    file.facts.imports.iter().any(whole) || (holds(&file.facts.package) && !declares() && is_used())
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
