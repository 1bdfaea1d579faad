//! What a scan is given, and which files it asks for.

use crate::config::ScanConfig;
use crate::inventory::Service;
use crate::texts::{is_packaging, is_prose, left_out};
use hedgerow_code::frontend::Language;
use hedgerow_code::frontend::foreign::{foreign, is_mixed};
use hedgerow_code::ir::Facts;
use hedgerow_code::testcode::{is_code, is_test};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A source file with what it says.
#[derive(Debug, Clone)]
pub struct CodeFile {
    /// Its path below the tree's root, with `/` between the parts.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// What it says: [`Language::frontend`] tells, or a cache.
    pub facts: Arc<Facts>,
}

/// A text that is no source code: `go.mod`, deploy files, settings, scripts.
#[derive(Debug, Clone)]
pub struct PlainFile {
    /// Its path below the tree's root, with `/` between the parts.
    pub path: String,
    /// What it says.
    pub text: Arc<str>,
}

/// Everything a scan looks at.
#[derive(Debug, Clone)]
pub struct Tree<'a> {
    /// The services of the fleet.
    pub services: &'a [Service],
    /// The namespaces they live in.
    pub namespaces: BTreeSet<String>,
    /// The `scan:` section.
    pub config: &'a ScanConfig,
    /// The source files, see [`wants`].
    pub code: &'a [CodeFile],
    /// The other files, see [`wants`].
    pub texts: &'a [PlainFile],
    /// The files that were wanted and could not be read.
    pub lost: &'a [Lost],
}

/// A file that was wanted and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// Its path below the tree's root, with `/` between the parts.
    pub path: String,
    /// Why, in a few words.
    pub reason: String,
}

/// The reason for which a file or a directory is lost that a `.gitignore` names.
pub const IGNORED: &str = "named by .gitignore";

/// What the scan wants to know of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Its facts.
    Code(Language),
    /// Its text.
    Text,
    /// Its text, if it is one ([`crate::text_of`]) and not too large ([`crate::MAX_SEARCHED`]): it may name services.
    IfText,
    /// Nothing: tests, vendored libraries, generated output, other things.
    Nothing,
}

/// What the scan wants to know of the file at `path`.
#[must_use]
pub fn wants(path: &str, config: &ScanConfig) -> Want {
    // What is named as deploy or settings is read wherever it lies.
    if config.names(path) && Language::of(path).is_none() && !is_prose(path) {
        return Want::Text;
    }
    if config.exclude.is_match(path) {
        return Want::Nothing;
    }
    let mut parts = path.split('/').rev();
    let name = parts.next().unwrap_or_default();
    let mut directories: Vec<&str> = parts.collect();
    directories.reverse();
    let skipped = |part: &&str| matches!(*part, "node_modules" | ".git" | "__tests__" | "site-packages");
    // Below the code that is deployed a package of that name is code.
    let is_deployed = |at: usize| directories[..at].windows(2).any(|pair| pair == ["src", "main"]);
    let is_data = |part: &&str| matches!(*part, "testdata" | "target");
    let has_data = directories.iter().position(is_data).is_some_and(|at| !is_deployed(at));
    if has_data || directories.iter().any(skipped) {
        return Want::Nothing;
    }
    if let Some(at) = directories.iter().position(|part| *part == "vendor") {
        let import = format!("{}/{name}", directories[at + 1..].join("/"));
        let read =
            name.ends_with(".go") && config.vendored.is_match(import.rsplit_once('/').map_or("", |(dir, _)| dir));
        return if read && !name.ends_with("_test.go") { Want::Code(Language::Go) } else { Want::Nothing };
    }
    match Language::of(path) {
        // Of code that is said to be a service's what its directory is called does not matter.
        _ if is_code(path) && is_test(config.services.iter().find_map(|code| code.below(path)).unwrap_or(path)) => {
            Want::Nothing
        }
        Some(language) => Want::Code(language),
        None if foreign(path).is_some() => Want::Text,
        None if is_prose(path) || is_packaging(path) => Want::Nothing,
        None if is_settings(name) => {
            let noise = matches!(name, "package-lock.json" | "composer.lock") || name.ends_with(".map");
            if noise { Want::Nothing } else { Want::Text }
        }
        None if left_out(path).is_none() => Want::IfText,
        None => Want::Nothing,
    }
}

/// Whether a file is of a kind that settings, deploys and scripts have, by its name.
fn is_settings(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(
        extension,
        "yaml"
            | "yml"
            | "json"
            | "mod"
            | "csproj"
            | "conf"
            | "sh"
            | "properties"
            | "toml"
            | "env"
            | "template"
            | "tmpl"
            | "tpl"
            | "j2"
            | "jinja"
            | "jinja2"
            | "ini"
            | "cfg"
            | "cnf"
            | "xml"
            | "config"
            | "gotmpl"
            | "tf"
            | "hcl"
            | "erb"
            | "vcl"
    ) || [".env.", ".env-"].iter().any(|start| name.starts_with(start))
        || matches!(name, "env.example" | "env.sample" | "env.template" | "Caddyfile" | "Procfile" | "Containerfile")
        || name == "Kustomization"
        || name.starts_with("Dockerfile")
        || name.ends_with(".Dockerfile")
}

/// Whether a text is looked at for nothing but its being a text: of such a one addresses count, and no names alone.
pub(crate) fn is_other(path: &str) -> bool {
    let is_known = foreign(path).is_some() && !is_mixed(path);
    !is_known && !is_settings(path.rsplit('/').next().unwrap_or(path))
}
