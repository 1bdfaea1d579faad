//! Settings of .NET that no code asks for, by their paths: `Redis__Host` in the environment and `{"Redis": {"Host": …}}` in a file are both
//! `Redis:Host`. Code asks for such a path, for a section that it lies in (`GetSection("Redis")`), or fills a class that has a property
//! of the section's name.
//!
//! See <https://learn.microsoft.com/aspnet/core/fundamentals/configuration>.

use super::squeezed;
use crate::program::{FnId, Program};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, Facts, TypeRef};
use serde_json::Value;
use std::collections::BTreeSet;

/// Sections that frameworks take by themselves.
const TAKEN: &[&str] = &[
    "applicationinsights",
    "aspire",
    "dapr",
    "elasticapm",
    "globalconfiguration",
    "healthchecksui",
    "kestrel",
    "logging",
    "nlog",
    "opentelemetry",
    "otel",
    "reverseproxy",
    "routes",
    "sentry",
    "serilog",
    "services",
    "urls",
];

/// Those of them that a library takes under whose name code imports it.
const OF_LIBRARIES: &[&str] = &["nlog", "sentry", "serilog"];

/// Libraries that take sections of their own names or of those of stores and registries.
const TAKERS: &[&str] = &[
    "Steeltoe",
    "Volo.Abp",
    "Aspire",
    "Orleans",
    "Elsa",
    "Umbraco",
    "OrchardCore",
    "NServiceBus",
    "Microsoft.Azure.WebJobs",
    "Microsoft.Azure.Functions",
];

/// Makers of libraries that ask for no settings but those that they are told.
const MAKERS: &[&str] = &[
    "AspNetCore",
    "AutoMapper",
    "Confluent",
    "Consul",
    "Dapper",
    "Elastic",
    "FluentAssertions",
    "FluentValidation",
    "Google",
    "Grpc",
    "Hangfire",
    "HealthChecks",
    "Jaeger",
    "MassTransit",
    "MediatR",
    "Microsoft",
    "MongoDB",
    "Nest",
    "Newtonsoft",
    "Npgsql",
    "Ocelot",
    "OpenTelemetry",
    "Polly",
    "Prometheus",
    "Quartz",
    "RabbitMQ",
    "Refit",
    "Serilog",
    "StackExchange",
    "Swashbuckle",
    "System",
];

/// Methods by which code looks through all settings, and what it calls these.
const ALL: &[&str] = &["AsEnumerable", "GetChildren"];
const CONFIGURATIONS: &[&str] = &["config", "configuration", "configurationroot", "root", "settings"];

/// How deep settings are looked into.
const MAX_DEPTH: usize = 12;

/// What a program's code says about settings.
#[derive(Default)]
pub(super) struct Sections {
    /// The texts that may be paths of settings, in small letters, `:` between their parts.
    texts: BTreeSet<String>,
    /// What classes have, by which the whole configuration may fill them; in small letters.
    fields: BTreeSet<String>,
    /// What the code imports, in small letters.
    imports: String,
    /// Where sections are taken whose names the code does not have.
    takes_others: bool,
}

impl Sections {
    /// Adds a file of the program's code.
    pub(super) fn file(&mut self, facts: &Facts, language: Language) {
        self.takes_others |= language != Language::CSharp;
        self.takes_others |= facts.imports.iter().any(|import| TAKERS.iter().any(|taker| begins(&import.path, taker)));
        facts.imports.iter().for_each(|import| self.imports.push_str(&(squeezed(&import.path) + "\n")));
        for decl in &facts.types {
            if let TypeRef::Struct(fields) = &decl.ty {
                self.fields.extend(
                    fields.iter().filter(|field| !field.embedded).map(|field| field.name.to_lowercase().to_string()),
                );
            }
        }
    }

    /// Adds what a function says.
    pub(super) fn function(&mut self, program: &Program<'_>, function: FnId) {
        let facts = program.facts_of(function);
        for id in program.exprs(function) {
            match facts.expr(id) {
                Expr::Text(word) => {
                    let text = facts.word(*word).replace("__", ":").to_lowercase();
                    self.texts.insert(text.trim_matches(':').to_owned());
                }
                Expr::Member { name, .. } if facts.word(*name) == "GetEnvironmentVariables" => self.takes_others = true,
                // Whoever looks through all settings finds each.
                Expr::Member { of, name } if ALL.contains(&facts.word(*name)) => {
                    let name = match facts.expr(*of) {
                        Expr::Name(of) | Expr::Member { name: of, .. } => facts.word(*of),
                        Expr::Local(local) => program.local_name(function, *local),
                        _ => "",
                    };
                    self.takes_others |= CONFIGURATIONS.contains(&squeezed(name).as_str());
                }
                _ => {}
            }
        }
    }

    /// Whether a framework or a library takes a section by itself.
    fn is_taken(&self, section: &str) -> bool {
        TAKEN.contains(&section) && (!OF_LIBRARIES.contains(&section) || self.imports.contains(section))
    }

    /// Whether code may ask for the setting at a path.
    pub(super) fn asks_for(&self, path: &[&str]) -> bool {
        let path: Vec<String> = path.iter().map(|part| part.to_lowercase()).collect();
        let [first, .., last] = path.as_slice() else { return true };
        let is_begun = (1..=path.len()).any(|length| self.texts.contains(&path[..length].join(":")));
        // `GetConnectionString("Books")`
        let is_connection = first == "connectionstrings" && self.texts.contains(last);
        self.takes_others || is_begun || is_connection || self.is_taken(&squeezed(first)) || self.fields.contains(first)
    }

    /// The settings of a file at whose paths `wanted` finds something and for which no code asks, as paths in small letters.
    pub(super) fn unasked(&self, root: &Value, wanted: &impl Fn(&str, &str) -> bool, found: &mut BTreeSet<String>) {
        self.below(root, &mut Vec::new(), wanted, found);
    }

    fn below<'v>(
        &self,
        value: &'v Value,
        path: &mut Vec<&'v str>,
        wanted: &impl Fn(&str, &str) -> bool,
        found: &mut BTreeSet<String>,
    ) {
        match value {
            Value::Object(pairs) if path.len() < MAX_DEPTH => {
                for (key, value) in pairs {
                    path.push(key);
                    self.below(value, path, wanted, found);
                    path.pop();
                }
            }
            Value::String(text) => {
                let last = path.last().copied().unwrap_or_default();
                if wanted(last, text) && !self.asks_for(path) {
                    found.insert(path.join(":").to_lowercase());
                }
            }
            // Who takes an element of a list is not told by its number.
            _ => {}
        }
    }
}

/// Whether a library that is no part of the tree, by what a file imports, may take settings of its own.
pub(super) fn may_take(import: &str) -> bool {
    !MAKERS.iter().any(|maker| begins(import, maker))
}

fn begins(path: &str, with: &str) -> bool {
    path.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_asked_for_by_their_beginnings() {
        let texts = ["redis", "bank:ledger:url", "books"].map(str::to_owned);
        let fields = ["shop".to_owned()];
        let sections =
            Sections { texts: texts.into(), fields: fields.into(), imports: String::new(), takes_others: false };
        for (path, is_asked) in [
            ("Redis:Host", true),
            ("RedisCache:Host", false),
            ("Bank:Ledger:Url", true),
            ("Bank:Shop:Url", false),
            ("Shop:Url", true),
            ("Other:Shop:Url", false),
            ("ConnectionStrings:Books", true),
            ("ConnectionStrings:Ledger", false),
            ("Other:Books", false),
            ("Kestrel:Endpoints:Http:Url", true),
        ] {
            assert_eq!(sections.asks_for(&path.split(':').collect::<Vec<_>>()), is_asked, "{path}");
        }
    }
}
