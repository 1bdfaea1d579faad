//! Programs that have Consul look after them: it calls them back at the address that they register.

use super::Search;
use crate::edge::Place;
use crate::reach::Site;
use hedgerow_code::ir::{Argument, Expr, Part};

/// The structures that say how a program is looked after.
const CHECKS: &[&str] = &["consul/api.AgentServiceCheck", "Consul.AgentServiceCheck", "Consul.AgentCheckRegistration"];

/// The functions that make one.
const CALLS: &[&str] = &["consul.Check.http", "consul.Check.tcp", "consul.Check.grpc", "NewService.Check.setHttp"];

/// The functions of JavaScript that are handed one with what is registered.
const REGISTER: &str = "agent.service.register";

/// What of these calls the program: who says itself that it is alive is not called.
const CALLED: &[&str] = &["HTTP", "GRPC", "TCP", "http", "grpc", "tcp", "Http", "Grpc", "Tcp"];

impl Search<'_, '_> {
    /// Where reached code says that Consul is to call the program.
    pub(super) fn checked(&self) -> Option<Place> {
        let context = self.context;
        let program = context.infer.program;
        let is_check = |path: &str| CALLS.iter().any(|call| path.ends_with(call));
        let is_register = |path: &str| path.contains("consul") && path.ends_with(REGISTER);
        let paths = &context.reach.paths;
        let kinds = paths.ask(|outside| (is_check(&outside.path), is_register(&outside.path)));
        for (site, path) in &context.reach.external {
            let (is_check, is_register) = *kinds.get(*path);
            if is_check || (is_register && self.registers_check(*site)) {
                return Some(self.place(site.function, site.expr));
            }
        }
        for function in context.reach.functions.keys() {
            let file = &program.files[program.file_of(*function) as usize];
            if !file.facts.imports.iter().any(|import| import.path.to_lowercase().contains("consul")) {
                continue;
            }
            for id in program.exprs(*function) {
                let Expr::Composite { ty, parts } = program.expr(*function, id) else { continue };
                let path = program.external(program.written(*function, *ty));
                let is_it = path.is_some_and(|path| CHECKS.iter().any(|check| path.ends_with(check)));
                if is_it && self.names_one(*function, program.parts(*function, *parts)) {
                    return Some(self.place(*function, id));
                }
            }
        }
        None
    }

    fn names_one(&self, function: crate::program::FnId, parts: &[Part]) -> bool {
        let program = self.context.infer.program;
        let mut fields = parts.iter().filter_map(|part| part.field);
        fields.any(|field| CALLED.contains(&program.word(function, field)))
    }

    /// Whether what is registered is handed over with a check that calls.
    fn registers_check(&self, site: Site) -> bool {
        let program = self.context.infer.program;
        let Expr::Call { arguments, .. } = program.expr(site.function, site.expr) else { return false };
        let fields = |argument: &Argument| match program.expr(site.function, argument.value) {
            Expr::Composite { parts, .. } => program.parts(site.function, *parts),
            _ => &[],
        };
        let arguments = program.arguments(site.function, *arguments);
        let is_check = |part: &&Part| part.field.is_some_and(|field| program.word(site.function, field) == "check");
        let mut checks = arguments.iter().flat_map(fields).filter(is_check);
        checks.any(|part| match program.expr(site.function, part.value) {
            Expr::Composite { parts, .. } => self.names_one(site.function, program.parts(site.function, *parts)),
            _ => false,
        })
    }
}
