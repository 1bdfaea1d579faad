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
const TOLD: &[&str] =
    &["AutomaticEnv", "SetEnvPrefix", "auto_envvar_prefix", "with_prefix", "env_nested_delimiter", "envvar_prefix"];

/// Methods that look one variable up among all.
const LOOKUPS: &[&str] = &[
    "get",
    "setdefault",
    "pop",
    "fetch",
    "dig",
    "key?",
    "has_key?",
    "include?",
    "member?",
    "delete",
    "has",
    "set",
    "store",
    "[]",
    "[]=",
];

/// Functions that take those variables out of all that they are told of by name.
const CHECKS: &[&str] = &["parse", "safeParse", "parseAsync", "safeParseAsync", "cleanEnv", "parseEnv", "envsafe"];

/// Calls that answer with all variables.
const ALL: &[&str] = &["Environ", "GetEnvironmentVariables", "vars_os", "environb"];

/// What a file names.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// All of it, with small letters and digits alone.
    all: String,
    /// The beginnings and ends that names may be put together of: `LEDGER_`, `_url`; with capital letters.
    pieces: BTreeSet<String>,
    /// What it imports, but what lies beside it.
    pub(super) imports: BTreeSet<String>,
    /// Whether variables are taken whose names the code does not have.
    pub(super) takes_others: bool,
}

impl Words {
    pub(super) fn new(facts: &Facts, language: Language) -> Self {
        let mut words = Self { all: squeezed(&facts.text), ..Self::default() };
        for ty in &facts.types {
            words.add(&ty.name);
            words.ty(&ty.ty);
        }
        facts.written.iter().for_each(|ty| words.ty(ty));
        facts.globals.iter().for_each(|global| words.add(&global.name));
        facts.functions.iter().for_each(|function| words.add(&function.name));
        for expr in &facts.exprs {
            if let Expr::Text(word) = expr {
                let text = facts.word(*word);
                let is_piece = text.len() > 2 && text.len() < 60 && (text.starts_with('_') || text.ends_with('_'));
                // Of the JVM's settings a variable may be one: `env.getProperty("ledger." + name)`.
                if matches!(language, Language::Java | Language::Kotlin) && text.len() > 2 && text.ends_with('.') {
                    words.pieces.insert(text.replace(['.', '-'], "_").to_ascii_uppercase());
                }
                if is_piece && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    words.pieces.insert(text.to_ascii_uppercase());
                }
            }
        }
        for import in &facts.imports {
            words.add(&import.path);
            let is_beside = import.path.starts_with(['.', '/', '~', '#']) || import.path.starts_with("@/");
            if !is_beside {
                words.imports.insert(import.path.to_string());
            }
        }
        let imports = |library: &&str| facts.imports.iter().any(|import| import.path.contains(*library));
        words.takes_others = FILLING.iter().any(imports)
            || facts
                .imports
                .iter()
                .any(|import| import.path.ends_with("process") && import.name.as_deref() == Some("env"))
            || TOLD.iter().any(|word| facts.text.contains(word))
            || takes_all(facts, language);
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
                    self.add(&field.name);
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

/// Whether a file takes all variables at once, or one by a name that it makes where it asks.
fn takes_all(facts: &Facts, language: Language) -> bool {
    let mut roots: BTreeSet<ExprId> = BTreeSet::new();
    let at = |nth: usize| u32::try_from(nth).map(ExprId).ok();
    for (nth, expr) in facts.exprs.iter().enumerate() {
        let is_root = match expr {
            Expr::Name(name) => is_whole(facts.word(*name), language),
            Expr::Member { of, name } => {
                if ALL.contains(&facts.word(*name)) {
                    return true;
                }
                let of = match facts.expr(*of) {
                    Expr::Name(word) | Expr::Member { name: word, .. } => facts.word(*word),
                    _ => "",
                };
                match language {
                    Language::JavaScript | Language::TypeScript if facts.word(*name) == "toObject" && of == "env" => {
                        return true;
                    }
                    Language::JavaScript | Language::TypeScript => {
                        facts.word(*name) == "env" && matches!(of, "process" | "meta" | "default" | "Bun" | "Deno")
                    }
                    Language::Python => facts.word(*name) == "environ" && of == "os",
                    Language::Rust if facts.word(*name) == "vars" && of.ends_with("env") => return true,
                    _ => false,
                }
            }
            _ => false,
        };
        if is_root {
            roots.extend(at(nth));
        }
    }
    let is_made = |id: ExprId| matches!(facts.expr(id), Expr::Concat(..) | Expr::Format(_) | Expr::Call { .. });
    // Each of them is there for one variable that is looked up in it.
    let mut looked_up: BTreeSet<ExprId> = BTreeSet::new();
    for expr in &facts.exprs {
        match expr {
            Expr::Member { of, name } if roots.contains(of) => {
                let word = facts.word(*name);
                let is_method = word.starts_with(|c: char| c.is_ascii_lowercase());
                if is_method && matches!(language, Language::Python | Language::Ruby) && !LOOKUPS.contains(&word) {
                    return true;
                }
                looked_up.insert(*of);
            }
            Expr::Index { of, key } if roots.contains(of) => {
                if is_made(*key) {
                    return true;
                }
                looked_up.insert(*of);
            }
            Expr::Call { callee, arguments } => {
                let name = match facts.expr(*callee) {
                    Expr::Member { name, .. } | Expr::Name(name) => facts.word(*name),
                    _ => "",
                };
                let arguments = facts.arguments(*arguments);
                let asks = name.to_ascii_lowercase().ends_with("getenv")
                    || matches!(name, "LookupEnv" | "GetEnvironmentVariable");
                if asks && (arguments.is_empty() || arguments.first().is_some_and(|first| is_made(first.value))) {
                    return true;
                }
                if CHECKS.contains(&name) {
                    looked_up
                        .extend(arguments.iter().map(|argument| argument.value).filter(|value| roots.contains(value)));
                }
            }
            _ => {}
        }
    }
    looked_up.len() < roots.len()
}

/// Whether a name is that of all variables.
fn is_whole(name: &str, language: Language) -> bool {
    match language {
        Language::Ruby => name == "ENV",
        Language::Php => name == "$_ENV" || name == "_ENV",
        Language::Python => name == "environ",
        Language::Rust => name.ends_with("env::vars") || name.ends_with("env.vars"),
        _ => false,
    }
}
