//! What a file of code names, for the question whether a variable may be asked for there.

use super::squeezed;
use crate::names::holds;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, Facts, Range, TypeRef};
use std::collections::{BTreeMap, BTreeSet};

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

/// Whether a text is for people: "LEDGER_URL is required". What has a sign by which variables are put into texts may be none.
fn is_prose(text: &str) -> bool {
    text.contains(char::is_whitespace) && !text.contains(['$', '%', '{', '<'])
}

/// What holds values under names of its own: fields of what is written out and of classes, and constants.
#[derive(Default)]
struct Holders {
    /// The values, by the names.
    values: BTreeMap<String, Vec<Range>>,
    /// The names themselves, where they are expressions.
    names: BTreeSet<ExprId>,
}

impl Holders {
    fn new(facts: &Facts) -> Self {
        let mut found = Self::default();
        // What a library is given under a name of its own it takes by that.
        let mut handed: Vec<Range> = facts.arguments.iter().map(|argument| facts.span(argument.value)).collect();
        handed.sort_unstable_by_key(|argument| argument.start);
        // How far those reach that begin no later.
        let mut reached = 0;
        handed.iter_mut().for_each(|argument| {
            reached = reached.max(argument.end);
            argument.end = reached;
        });
        let is_handed = |span: Range| {
            let before = handed.partition_point(|argument| argument.start <= span.start);
            before.checked_sub(1).and_then(|last| handed.get(last)).is_some_and(|argument| argument.end >= span.end)
        };
        let typed: BTreeSet<usize> = facts
            .exprs
            .iter()
            .filter_map(|expr| match expr {
                Expr::Composite { ty, parts } if matches!(facts.written(*ty), TypeRef::Name { .. }) => {
                    Some(parts.indices())
                }
                _ => None,
            })
            .flatten()
            .collect();
        for (nth, part) in facts.parts.iter().enumerate() {
            found.names.extend(part.key.filter(|key| matches!(facts.expr(*key), Expr::Text(_))));
            let value = facts.span(part.value);
            if let Some(field) = part.field.filter(|_| typed.contains(&nth) || !is_handed(value)) {
                found.add(facts.word(field), value);
            }
        }
        for store in &facts.stores {
            if let Expr::Member { name, .. } = facts.expr(store.target) {
                found.names.insert(store.target);
                found.add(facts.word(*name), facts.span(store.value));
            }
        }
        for global in &facts.globals {
            global.values.iter().for_each(|(value, _)| found.add(&global.name, facts.span(*value)));
        }
        found
    }

    fn add(&mut self, name: &str, value: Range) {
        self.values.entry(squeezed(name)).or_default().push(value);
    }

    /// Whether a word is no more than the name of what holds a value, or stands in a value that is held under that name.
    fn is_idle(&self, facts: &Facts, at: ExprId, word: &str) -> bool {
        let span = facts.span(at);
        self.names.contains(&at)
            || self.values.get(&squeezed(word)).is_some_and(|values| values.iter().any(|value| holds(*value, span)))
    }
}

/// What a file names.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// What it uses, with small letters and digits alone.
    all: String,
    /// What it only keeps or declares, alike: the fields of `{LEDGER_URL: process.env.LEDGER_URL}`.
    held: String,
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
        let holders = Holders::new(facts);
        for (nth, expr) in (0_u32..).zip(&facts.exprs) {
            let (Expr::Text(word) | Expr::Name(word) | Expr::Member { name: word, .. } | Expr::Number(word)) = expr
            else {
                continue;
            };
            let text = facts.word(*word);
            match holders.is_idle(facts, ExprId(nth), text) {
                true => words.held.push_str(&(squeezed(text) + "\n")),
                false if matches!(expr, Expr::Text(_)) && is_prose(text) => {}
                false => words.add(text),
            }
            if !matches!(expr, Expr::Text(_)) {
                continue;
            }
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
        for part in &facts.parts {
            part.field.iter().for_each(|field| words.held.push_str(&(squeezed(facts.word(*field)) + "\n")));
        }
        let imports = |library: &&str| facts.imports.iter().any(|import| import.path.contains(*library));
        words.takes_others = FILLING.iter().any(imports) || TOLD.iter().any(|word| facts.text.contains(word));
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
                    self.held.push_str(&(squeezed(&field.name) + "\n"));
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

    /// Whether the file keeps or declares a variable, in any spelling.
    pub(super) fn holds(&self, letters: &str) -> bool {
        self.held.lines().any(|held| held == letters)
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
