//! Projects of .NET whose handlers a library looks for by itself: `RegisterServicesFromAssembly(typeof(Read).Assembly)` makes every class of
//! the project of `Read` that handles what is sent, and calls it for that.
//!
//! See <https://learn.microsoft.com/dotnet/api/system.reflection.assembly>.

use super::Walk;
use crate::program::{FnId, Meaning, Ty, TypeId};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, Range, TypeRef};
use std::collections::BTreeSet;

impl Walk<'_, '_> {
    /// The handlers of the projects that a function hands to a library.
    pub(super) fn assemblies(&mut self, function: FnId) {
        let program = self.infer.program;
        let file = program.file_of(function);
        if program.files[file as usize].language != Language::CSharp {
            return;
        }
        let facts = program.facts_of(function);
        let is_its_own = |id| match facts.expr(id) {
            Expr::Member { name, .. } => OWN.contains(&facts.word(*name)),
            _ => false,
        };
        for id in program.exprs(function) {
            if is_its_own(id) {
                self.handlers(self.project(file));
            }
            // `typeof(Read).Assembly`, `FromAssemblyContaining<Read>()`, `AddMediatR(typeof(Read))`
            let named = match facts.expr(id) {
                Expr::Member { of, name } if facts.word(*name) == "Assembly" => facts.span(*of),
                Expr::Member { of, name } if NAMED.iter().any(|end| facts.word(*name).ends_with(end)) => {
                    Range { start: facts.span(*of).end, end: facts.span(id).end }
                }
                Expr::Call { callee, arguments } => match (facts.expr(*callee), facts.arguments(*arguments)) {
                    (Expr::Member { name, .. }, [marker]) if facts.word(*name) == "AddMediatR" => {
                        match facts.expr(marker.value) {
                            Expr::Name(_) => facts.span(marker.value),
                            _ => continue,
                        }
                    }
                    _ => continue,
                },
                _ => continue,
            };
            for name in program.exprs(function) {
                let (Expr::Name(word), at) = (facts.expr(name), facts.span(name)) else { continue };
                if named.start <= at.start
                    && at.end <= named.end
                    && let Meaning::Type(ty) = program.meaning(file, facts.word(*word))
                {
                    self.handlers(self.project(program.ty(ty).0));
                }
            }
        }
    }

    /// The directory of the project of a file.
    fn project(&self, file: u32) -> String {
        let program = self.infer.program;
        program.package(program.package_of(file)).path.split(':').next().unwrap_or_default().to_owned()
    }

    /// What a library finds in a project makes it and calls it.
    fn handlers(&mut self, project: String) {
        if !self.looked_through.insert(project.clone()) {
            return;
        }
        let program = self.infer.program;
        let files: Vec<u32> = program.at_or_below(&project).map(|(file, _)| file).collect();
        for file in files {
            if program.files[file as usize].language != Language::CSharp || self.project(file) != project {
                continue;
            }
            for decl in &program.files[file as usize].facts.types {
                if let TypeRef::Struct(_) = decl.ty
                    && let Meaning::Type(id) = program.meaning(file, &decl.name)
                    && self.is_handled(id)
                {
                    program.loader(file).into_iter().for_each(|loader| self.add(loader, None));
                    self.escape_type(id, None);
                }
            }
        }
    }
}

impl Walk<'_, '_> {
    /// Whether a class extends such a class or interface, also through interfaces of the tree.
    fn is_handled(&self, id: TypeId) -> bool {
        let program = self.infer.program;
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) || seen.len() > MAX_BASES {
                continue;
            }
            let (file, decl) = program.ty(id);
            let bases: Vec<&TypeRef> = match &decl.ty {
                TypeRef::Struct(fields) => {
                    fields.iter().filter(|field| field.embedded).map(|field| &field.ty).collect()
                }
                TypeRef::Interface { embeds, .. } => embeds.iter().collect(),
                _ => continue,
            };
            for ty in bases.into_iter().map(|r| Ty::Written { file, r }) {
                match program.type_id(ty) {
                    Some(above) => open.push(above),
                    None if program.external(ty).is_some_and(|path| is_handler(&path)) => return true,
                    None => {}
                }
            }
        }
        false
    }
}

/// How many classes and interfaces above one are looked at.
const MAX_BASES: usize = 24;

/// What answers with the project of the code that asks.
const OWN: &[&str] = &["GetExecutingAssembly", "GetCallingAssembly"];

/// How methods end that take a class of a project for all of it.
const NAMED: &[&str] = &["AssemblyContaining", "AssemblyOf"];

/// Whether those that extend a class or an interface of a library are looked for by what they extend, made and called.
fn is_handler(path: &str) -> bool {
    let name = path.rsplit(['.', ':']).next().unwrap_or(path);
    let is_interface = name.strip_prefix('I').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    (is_interface && (ends(&["Handler", "Consumer", "Behavior", "Processor"]) || name == "IHandleMessages"))
        || matches!(
            name,
            "AbstractValidator" | "Endpoint" | "Controller" | "ControllerBase" | "MassTransitStateMachine"
        )
}
