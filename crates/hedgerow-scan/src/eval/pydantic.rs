//! Classes of pydantic whose fields come from the environment.

use super::{Eval, Frame};
use crate::infer::Callee;
use crate::program::{FnId, MAX_EMBED, Ty, TypeId};
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::{Argument, Expr, ExprId, TypeRef};

/// The arguments of a field that name its variables.
const ALIASES: [&str; 3] = ["validation_alias", "alias", "env"];

impl<'p> Eval<'_, 'p> {
    /// Whether a class takes its fields from the environment, by what it or a class above it extends.
    pub(super) fn reads_environment(&self, id: TypeId) -> bool {
        self.extends_settings(id, 0)
    }

    fn extends_settings(&self, id: TypeId, depth: usize) -> bool {
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        let TypeRef::Struct(fields) = &decl.ty else { return false };
        let mut bases = fields.iter().filter(|field| field.embedded).map(|field| Ty::Written { file, r: &field.ty });
        bases.any(|base| match program.type_id(base) {
            Some(above) => depth < MAX_EMBED && self.extends_settings(above, depth + 1),
            None => program.external(base).is_some_and(|path| path.rsplit('.').next() == Some("BaseSettings")),
        })
    }

    /// The variables that a field of such a class is taken from: those that it names, or the one that is called like it behind the
    /// prefix of its class.
    pub(super) fn variables(&self, id: TypeId, name: &str) -> Values {
        let mut values = Values::default();
        for (function, value, _) in self.infer.stored_in(id, name) {
            let Some(arguments) = self.field_of_pydantic(function, value) else { continue };
            let frame = Frame::of(function);
            for alias in ALIASES.iter().filter_map(|alias| self.named(function, arguments, alias)) {
                values.add(&self.names(&frame, alias.value));
            }
        }
        if values.is_empty() {
            let prefix = self.prefix(id);
            let variable = |prefix: &str| {
                let name = format!("{prefix}{name}").to_uppercase();
                Values::one(Value::Text(Template::piece(Piece::Environment(name))))
            };
            if prefix.is_empty() {
                return variable("");
            }
            prefix.iter().for_each(|prefix| values.add(&variable(prefix)));
        }
        values
    }

    /// `"NAME"`, `["NAME", "OTHER"]` and `AliasChoices("NAME", "OTHER")`
    fn names(&self, frame: &Frame, expr: ExprId) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        match program.expr(frame.function, expr) {
            Expr::Call { arguments, .. } => {
                for argument in program.arguments(frame.function, *arguments) {
                    values.add(&self.names(frame, argument.value));
                }
            }
            Expr::Composite { parts, .. } => {
                for part in program.parts(frame.function, *parts) {
                    values.add(&self.names(frame, part.value));
                }
            }
            _ => {
                for template in self.eval(frame, expr, 0).templates().into_keys() {
                    if let Some(name) = template.constant() {
                        let variable = Piece::Environment(name.to_uppercase());
                        values.add(&Values::one(Value::Text(Template::piece(variable))));
                    }
                }
            }
        }
        values
    }

    /// What the variables of a class begin with: `model_config = SettingsConfigDict(env_prefix="LEDGER_")`.
    fn prefix(&self, id: TypeId) -> Vec<String> {
        let program = self.infer.program;
        let mut found = Vec::new();
        for (function, value, _) in self.infer.stored_in(id, "model_config") {
            let prefix = match program.expr(function, value) {
                Expr::Call { arguments, .. } => {
                    let arguments = program.arguments(function, *arguments);
                    self.named(function, arguments, "env_prefix").map(|argument| argument.value)
                }
                Expr::Composite { parts, .. } => {
                    let mut parts = program.parts(function, *parts).iter();
                    let is_prefix = |key: ExprId| matches!(program.expr(function, key), Expr::Text(text) if program.word(function, *text) == "env_prefix");
                    parts.find(|part| part.key.is_some_and(is_prefix)).map(|part| part.value)
                }
                _ => None,
            };
            let Some(prefix) = prefix else { continue };
            let known = self.eval(&Frame::of(function), prefix, 0);
            found.extend(known.templates().keys().filter_map(|text| text.constant().map(str::to_owned)));
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    /// The arguments of `Field(…)`.
    fn field_of_pydantic(&self, function: FnId, value: ExprId) -> Option<&'p [Argument]> {
        let program = self.infer.program;
        let Expr::Call { callee, arguments } = program.expr(function, value) else { return None };
        let path = match self.infer.callee(function, *callee)? {
            Callee::External(path) => path,
            _ => return None,
        };
        let is_field = path.starts_with("pydantic") && path.ends_with(".Field");
        is_field.then(|| program.arguments(function, *arguments))
    }

    /// What `Field(…)` gives where nothing is set: its default; none where a call is none of it.
    pub(super) fn field_default(&self, frame: &Frame, site: Site) -> Option<Values> {
        if !self.semantics(site.function).has_properties() {
            return None;
        }
        let arguments = self.field_of_pydantic(site.function, site.expr)?;
        let given =
            self.named(site.function, arguments, "default").or_else(|| arguments.first().filter(|a| a.name.is_none()));
        Some(given.map(|given| (*self.eval(frame, given.value, 0)).clone()).unwrap_or_default())
    }
}
