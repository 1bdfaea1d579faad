//! What a file of code names, for the question whether a variable may be asked for there.

use super::squeezed;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, Facts, TypeRef};
use std::collections::BTreeSet;

/// Libraries that make the names of variables themselves, out of those of fields, flags and keys.
const FILLING: &[&str] = &[
    "kelseyhightower/envconfig",
    "vrischmann/envconfig",
    "koanf/providers/env",
    "ardanlabs/conf",
    "peterbourgon/ff",
    "namsral/flag",
    "alecthomas/kong",
    "jinzhu/configor",
    "gookit/config",
    "cristalhq/aconfig",
    "dynaconf",
    "nconf",
    "c12",
    "rc9",
    "figment",
    "envy",
    "anyway_config",
    "goodconf",
    "org.aeonbits.owner",
    "com.sksamuel.hoplite",
    "com.uchuhimo.konf",
    "io.github.config4k",
    "com.netflix.archaius",
    "io.smallrye.config",
    "org.apache.commons.configuration",
];

/// Words by which a library that is used in other ways as well is told to do so.
const TOLD: &[&str] = &[
    "AutomaticEnv",
    "SetEnvPrefix",
    "auto_envvar_prefix",
    "with_prefix",
    "env_nested_delimiter",
    "envvar_prefix",
    "UseFieldNameByDefault",
];

/// Whether a text is for people: "LEDGER_URL is required". What has a sign by which variables are put into texts may be none.
fn is_prose(text: &str) -> bool {
    text.contains(char::is_whitespace) && !text.contains(['$', '%', '{', '<'])
}

/// What a file names.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// What it uses, with small letters and digits alone.
    all: String,
    /// The beginnings and ends that names may be put together of: `LEDGER_`, `_url`; with capital letters.
    pieces: BTreeSet<String>,
    /// What it imports, but what lies beside it.
    pub(super) imports: BTreeSet<String>,
    /// Whether a library takes variables whose names the code does not have.
    pub(super) takes_others: bool,
}

impl Words {
    pub(super) fn new(facts: &Facts, language: Language) -> Self {
        let mut words = Self::default();
        for ty in &facts.types {
            words.add(&ty.name);
            words.ty(&ty.ty);
        }
        facts.written.iter().for_each(|ty| words.ty(ty));
        facts.functions.iter().for_each(|function| words.add(&function.name));
        facts.locals.iter().for_each(|local| words.add(facts.word(local.name)));
        // What is only put under a name is not used by it.
        let put: BTreeSet<ExprId> = facts.stores.iter().map(|store| store.target).collect();
        for (_, expr) in (0_u32..).zip(&facts.exprs).filter(|(nth, _)| !put.contains(&ExprId(*nth))) {
            let text = match expr {
                Expr::Name(word) | Expr::Member { name: word, .. } => {
                    words.add(facts.word(*word));
                    continue;
                }
                Expr::Text(word) if !is_prose(facts.word(*word)) => facts.word(*word),
                _ => continue,
            };
            words.add(text);
            let is_piece = text.len() > 2 && text.len() < 60 && (text.starts_with('_') || text.ends_with('_'));
            // Of the JVM's settings a variable may be one: `env.getProperty("ledger." + name)`.
            if matches!(language, Language::Java | Language::Kotlin) && text.len() > 2 && text.ends_with('.') {
                words.pieces.insert(text.replace(['.', '-'], "_").to_ascii_uppercase());
            }
            if is_piece && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                words.pieces.insert(text.to_ascii_uppercase());
            }
        }
        for import in &facts.imports {
            words.add(&import.path);
            import.name.iter().chain(&import.alias).for_each(|name| words.add(name));
            let is_beside = import.path.starts_with(['.', '/', '~', '#']) || import.path.starts_with("@/");
            if !is_beside {
                words.imports.insert(import.path.to_string());
            }
        }
        let imports = |library: &&str| facts.imports.iter().any(|import| import.path.contains(*library));
        words.takes_others =
            FILLING.iter().any(imports) || TOLD.iter().any(|word| facts.text.contains(word)) || makes_names(facts);
        words
    }

    fn add(&mut self, text: &str) {
        self.all.push_str(&squeezed(text));
        self.all.push('\n');
    }

    fn ty(&mut self, ty: &TypeRef) {
        match ty {
            TypeRef::Struct(fields) => {
                for field in fields {
                    field.tag.iter().for_each(|tag| self.tag(tag));
                    self.ty(&field.ty);
                }
            }
            TypeRef::List(of) | TypeRef::Map(of) => self.ty(of),
            _ => {}
        }
    }

    /// A tag has the beginnings of names as well: `envPrefix:"LEDGER_"`.
    fn tag(&mut self, tag: &str) {
        self.add(tag);
        let words = tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.pieces.extend(words.filter(|word| word.len() > 2 && word.ends_with('_')).map(str::to_ascii_uppercase));
    }

    /// Whether the file may name a variable: in any spelling, or a beginning or an end of it that stands by itself.
    pub(super) fn may_name(&self, variable: &str, letters: &str) -> bool {
        let variable = variable.to_ascii_uppercase();
        self.all.contains(letters)
            || self
                .pieces
                .iter()
                .any(|piece| variable.starts_with(piece.as_str()) || variable.ends_with(piece.as_str()))
    }
}

/// Whether a file asks for a variable by a name that it makes where it asks: ``process.env[`${name}Url`]``, `getenv("_".join(words))`.
fn makes_names(facts: &Facts) -> bool {
    let is_made = |id: ExprId| matches!(facts.expr(id), Expr::Concat(..) | Expr::Format(_) | Expr::Call { .. });
    let is_environment = |id: ExprId| match facts.expr(id) {
        Expr::Name(name) => matches!(facts.word(*name), "ENV" | "$_ENV" | "_ENV" | "environ"),
        Expr::Member { name, .. } => matches!(facts.word(*name), "env" | "environ"),
        _ => false,
    };
    facts.exprs.iter().any(|expr| match expr {
        Expr::Index { of, key } => is_environment(*of) && is_made(*key),
        Expr::Call { callee, arguments } => {
            let (name, of) = match facts.expr(*callee) {
                Expr::Member { name, of } => (facts.word(*name), Some(*of)),
                Expr::Name(name) => (facts.word(*name), None),
                _ => ("", None),
            };
            let asks = name.to_ascii_lowercase().ends_with("getenv")
                || matches!(name, "LookupEnv" | "GetEnvironmentVariable")
                || (matches!(name, "get" | "fetch") && of.is_some_and(is_environment));
            asks && facts.arguments(*arguments).first().is_some_and(|first| is_made(first.value))
        }
        _ => false,
    })
}
