//! Where programs of the JVM begin: in `main`, and in what a container makes and calls.

use super::{Area, Home, beginning};
use crate::program::{File, FnId, Meaning, Program, Ty, TypeId};
use hedgerow_code::Begins;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, TypeDecl, TypeRef};
use std::collections::BTreeSet;

/// Annotations of classes that speak to the compiler and to what writes code for it, and to no container.
const PLAIN_NOTES: &[&str] = &[
    "AllArgsConstructor",
    "Builder",
    "CommonsLog",
    "Data",
    "Deprecated",
    "EqualsAndHashCode",
    "FunctionalInterface",
    "Getter",
    "JvmInline",
    "Log4j2",
    "NoArgsConstructor",
    "OptIn",
    "RequiredArgsConstructor",
    "SafeVarargs",
    "Setter",
    "Slf4j",
    "SuperBuilder",
    "Suppress",
    "SuppressWarnings",
    "ToString",
];

/// Bases from outside whose methods nobody calls from there, or that everything has.
const PLAIN_BASES: &[&str] = &[
    "AutoCloseable",
    "Cloneable",
    "Closeable",
    "Comparable",
    "Error",
    "Exception",
    "Iterable",
    "Object",
    "Record",
    "RuntimeException",
    "Serializable",
    "Throwable",
];

/// `main` methods at a place or below it, and every method of a class that a container makes and calls: it carries an annotation, a file of the
/// service names it, or it is made for a library and is handed to one or carries what only writes code for it.
pub(super) fn begin(program: &Program, place: Area<'_>, home: &Home) -> Vec<FnId> {
    let mut found = Vec::new();
    let mut handed: Option<BTreeSet<TypeId>> = None;
    for (at, file) in beginning(program, place, Begins::Classes) {
        let mut is_made = |ty: &TypeDecl| {
            if ty.notes.iter().any(|note| !PLAIN_NOTES.contains(&note.name.as_str())) || home.names(file, ty) {
                return true;
            }
            let is_handed = |handed: &BTreeSet<TypeId>| match program.meaning(at, &ty.name) {
                Meaning::Type(ty) => handed.contains(&ty),
                _ => false,
            };
            is_for_library(program, at, ty)
                && (!ty.notes.is_empty() || is_handed(handed.get_or_insert_with(|| handed_on(program, place))))
        };
        let types =
            file.facts.types.iter().filter(|ty| matches!(ty.ty, TypeRef::Struct(_) | TypeRef::Interface { .. }));
        let made: BTreeSet<&str> = types.filter(|ty| is_made(ty)).map(|ty| ty.name.as_str()).collect();
        for (n, function) in (0_u32..).zip(&file.facts.functions) {
            let receiver = function.receiver.as_deref().unwrap_or_default();
            let runs = n == 0 || function.registered || made.contains(receiver);
            if runs || (function.name == "main" && function.parameters.len() <= 1) {
                found.extend(program.function_at(at, n));
            }
        }
    }
    found
}

/// Whether a class extends or implements something from outside of the tree that calls it.
fn is_for_library(program: &Program, file: u32, ty: &TypeDecl) -> bool {
    let TypeRef::Struct(fields) = &ty.ty else { return false };
    fields.iter().filter(|field| field.embedded).any(|field| match &field.ty {
        r @ TypeRef::Name { name, .. } => {
            let last = name.rsplit('.').next().unwrap_or(name);
            !PLAIN_BASES.contains(&last) && program.type_id(Ty::Written { file, r }).is_none()
        }
        _ => false,
    })
}

/// The classes at a place that other classes there hand on: `newJob(LedgerJob.class)`.
fn handed_on(program: &Program, place: Area<'_>) -> BTreeSet<TypeId> {
    let mut found = BTreeSet::new();
    for (at, file) in beginning(program, place, Begins::Classes) {
        let functions = (0_u32..).zip(&file.facts.functions).filter_map(|(n, _)| program.function_at(at, n));
        for function in functions.collect::<Vec<_>>() {
            let own = program.function(function).receiver.as_deref();
            for id in program.exprs(function) {
                let Expr::Call { arguments, .. } = program.expr(function, id) else { continue };
                for argument in program.arguments(function, *arguments) {
                    let Some(Meaning::Type(ty)) = literal(program, function, argument.value) else { continue };
                    // Whoever logs names itself, most often where its fields are made.
                    let (of, decl) = program.ty(ty);
                    let is_own = match own {
                        Some(own) => own == decl.name.as_str(),
                        None => {
                            of == at && (file.language == Language::Java || program.function(function).name.is_empty())
                        }
                    };
                    if !is_own {
                        found.insert(ty);
                    }
                }
            }
        }
    }
    found
}

/// The class whose literal an expression is: `Ledger.class`, `Ledger::class.java`.
fn literal<'p>(program: &Program<'p>, function: FnId, id: ExprId) -> Option<Meaning<'p>> {
    match program.expr(function, id) {
        Expr::Type(ty) => program.type_id(program.written(function, *ty)).map(Meaning::Type),
        Expr::Name(name) => Some(program.meaning(program.file_of(function), program.word(function, *name))),
        Expr::Member { of, name } if matches!(program.word(function, *name), "java" | "javaObjectType") => {
            literal(program, function, *of)
        }
        _ => None,
    }
}

impl Home {
    /// Whether a file of the service names a class.
    fn names(&self, file: &File, ty: &TypeDecl) -> bool {
        !self.named.is_empty() && self.named.contains(&format!("{}.{}", file.facts.package, ty.name))
    }
}
