//! Classes of pydantic whose fields come from the environment.

use super::{Eval, Frame};
use crate::infer::Callee;
use crate::program::{FnId, MAX_EMBED, Meaning, Ty, TypeId};
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::{Argument, Expr, ExprId, TypeRef};

/// The arguments of a field that name its variables.
const ALIASES: [&str; 3] = ["validation_alias", "alias", "env"];

/// What says what the variables of a class begin with.
const PREFIX: &str = "env_prefix";

/// The part of a class by which pydantic is configured.
const MODEL_CONFIG: &str = "model_config";

/// What lies in a variable, in the way in which settings are called there.
fn variable(name: &str) -> Values {
    Values::one(Value::Text(Template::piece(Piece::Environment(name.to_uppercase()))))
}

/// The variables whose names are made of values that lie at a place; where these are not constant, anything.
fn named(site: Site, values: &Values, name: impl Fn(&str) -> String) -> Values {
    let mut found = Values::default();
    for text in values.templates().into_keys() {
        match text.constant() {
            Some(text) => found.add(&variable(&name(text))),
            None => found.add(&Values::lost(site)),
        }
    }
    found
}

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
    pub(super) fn variables(&self, id: TypeId, name: &str, made: &Values) -> Values {
        let mut values = Values::default();
        for (function, value, _) in self.infer.stored_in(id, name) {
            let Some(arguments) = self.field_of_pydantic(function, value) else { continue };
            let frame = Frame::of(function);
            for alias in ALIASES.iter().filter_map(|alias| self.named(function, arguments, alias)) {
                values.add(&self.names(&frame, alias.value));
            }
        }
        if values.is_empty() {
            let prefixes = self.made_with(made);
            let prefixes = if prefixes.is_empty() { self.prefix(id, 0).into_iter().collect() } else { prefixes };
            if prefixes.is_empty() {
                return variable(name);
            }
            for (site, prefix) in prefixes {
                values.add(&named(site, &prefix, |prefix| format!("{prefix}{name}")));
            }
        }
        values
    }

    /// `"NAME"`, `["NAME", "OTHER"]` and `AliasChoices("NAME", "OTHER")`. What takes a part of a variable, `AliasPath`, is not known.
    fn names(&self, frame: &Frame, expr: ExprId) -> Values {
        let program = self.infer.program;
        let site = Site { function: frame.function, expr };
        let mut values = Values::default();
        match program.expr(frame.function, expr) {
            Expr::Call { callee, arguments } if self.is_of_pydantic(frame.function, *callee, "AliasChoices") => {
                for argument in program.arguments(frame.function, *arguments) {
                    values.add(&self.names(frame, argument.value));
                }
            }
            Expr::Call { callee, .. } if self.is_of_pydantic(frame.function, *callee, "AliasPath") => {
                values.add(&Values::lost(site));
            }
            Expr::Composite { parts, .. } => {
                for part in program.parts(frame.function, *parts) {
                    values.add(&self.names(frame, part.value));
                }
            }
            _ => values.add(&named(site, &self.eval(frame, expr, 0), str::to_owned)),
        }
        values
    }

    /// What the calls that make a value of such a class say of the names of its variables: `Settings(_env_prefix="LEDGER_")`.
    fn made_with(&self, made: &Values) -> Vec<(Site, Values)> {
        let program = self.infer.program;
        let prefixes = made.known.keys().filter_map(|value| {
            let Value::Made(made, chain) = value else { return None };
            let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(made.function, made.expr)
            else {
                return None;
            };
            let arguments = program.arguments(made.function, *arguments);
            let prefix = self.named(made.function, arguments, "_env_prefix")?.value;
            let frame = Frame { function: made.function, chain: chain.clone() };
            Some((Site { function: made.function, expr: prefix }, (*self.eval(&frame, prefix, 0)).clone()))
        });
        prefixes.collect()
    }

    /// What the variables of a class begin with: what the nearest of it and those that it extends says.
    fn prefix(&self, id: TypeId, depth: usize) -> Option<(Site, Values)> {
        if depth > MAX_EMBED {
            return None;
        }
        self.infer.program.order(id).into_iter().find_map(|class| self.own_prefix(class, depth))
    }

    /// What a class itself says: `class S(BaseSettings, env_prefix="LEDGER_")`, `model_config = SettingsConfigDict(env_prefix="LEDGER_")`
    /// and `class Config: env_prefix = "LEDGER_"`.
    fn own_prefix(&self, id: TypeId, depth: usize) -> Option<(Site, Values)> {
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        let loader = program.loader(file)?;
        let known = |function: FnId, expr: ExprId| {
            (Site { function, expr }, (*self.eval(&Frame::of(function), expr, 0)).clone())
        };
        let notes = |of: &'static str| decl.notes.iter().filter(move |note| note.name == of);
        let said = |of: &'static str| notes(of).flat_map(|note| &note.arguments).rfind(|(name, _)| name == PREFIX);
        if let Some((_, value)) = said("") {
            return Some(known(loader, *value));
        }
        if let Some((function, value)) = self.infer.said_in(id, MODEL_CONFIG) {
            return self.configured(function, value, depth);
        }
        if let Some((_, value)) = said("Config") {
            return Some(known(loader, *value));
        }
        let bases = notes("Config").flat_map(|note| &note.arguments).filter_map(|(_, base)| {
            match program.expr(loader, *base) {
                Expr::Type(ty) => program.type_id(program.written(loader, *ty)),
                _ => None,
            }
        });
        let mut above = bases.flat_map(|base| program.order(base));
        above.find_map(|class| self.infer.said_in(class, PREFIX)).map(|(function, value)| known(function, value))
    }

    /// What the configuration of a model says.
    fn configured(&self, function: FnId, value: ExprId, depth: usize) -> Option<(Site, Values)> {
        let program = self.infer.program;
        if depth > MAX_EMBED {
            return None;
        }
        let known = |expr: ExprId| (Site { function, expr }, (*self.eval(&Frame::of(function), expr, 0)).clone());
        let lost = || {
            let site = Site { function, expr: value };
            Some((site, Values::lost(site)))
        };
        match program.expr(function, value) {
            Expr::Call { arguments, .. } => {
                let arguments = program.arguments(function, *arguments);
                if let Some(prefix) = self.named(function, arguments, PREFIX) {
                    return Some(known(prefix.value));
                }
                // `SettingsConfigDict(**COMMON)`
                let mut others = arguments.iter().filter(|argument| argument.spread || argument.name.is_none());
                others.find_map(|other| self.configured(function, other.value, depth + 1))
            }
            Expr::Composite { parts, .. } => {
                let mut parts = program.parts(function, *parts).iter();
                let is_prefix = |key: ExprId| matches!(program.expr(function, key), Expr::Text(text) if program.word(function, *text) == PREFIX);
                parts.find(|part| part.key.is_some_and(is_prefix)).map(|part| known(part.value))
            }
            Expr::Name(name) => {
                let Meaning::Global(id) = program.meaning(program.file_of(function), program.word(function, *name))
                else {
                    return lost();
                };
                let loader = program.loader(id.file)?;
                let mut values = program.global(id).values.iter();
                values.find_map(|(value, _)| self.configured(loader, *value, depth + 1))
            }
            Expr::Member { of, name } if program.word(function, *name) == MODEL_CONFIG => {
                let id = self.infer.type_of(function, *of, 0).and_then(|ty| program.type_id(ty));
                id.map_or_else(lost, |id| self.prefix(id, depth + 1))
            }
            _ => lost(),
        }
    }

    /// Whether a call is one of a name of pydantic.
    fn is_of_pydantic(&self, function: FnId, callee: ExprId, name: &str) -> bool {
        let Some(Callee::External(path)) = self.infer.callee(function, callee) else { return false };
        path.starts_with("pydantic") && path.rsplit('.').next() == Some(name)
    }

    /// The arguments of `Field(…)`.
    fn field_of_pydantic(&self, function: FnId, value: ExprId) -> Option<&'p [Argument]> {
        let program = self.infer.program;
        let Expr::Call { callee, arguments } = program.expr(function, value) else { return None };
        self.is_of_pydantic(function, *callee, "Field").then(|| program.arguments(function, *arguments))
    }

    /// What `Field(…)` gives where nothing is set: its default; none where a call is none of it.
    pub(super) fn field_default(&self, frame: &Frame, site: Site) -> Option<Values> {
        if !self.semantics(site.function).describes_fields() {
            return None;
        }
        let arguments = self.field_of_pydantic(site.function, site.expr)?;
        let given =
            self.named(site.function, arguments, "default").or_else(|| arguments.first().filter(|a| a.name.is_none()));
        Some(given.map(|given| (*self.eval(frame, given.value, 0)).clone()).unwrap_or_default())
    }
}
