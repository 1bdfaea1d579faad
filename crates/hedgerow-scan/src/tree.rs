//! What a scan is given, and which files it asks for.

use crate::config::ScanConfig;
use crate::frontend::Language;
use crate::inventory::Service;
use crate::ir::Facts;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The stack of each thread, in bytes.
const STACK: usize = 64 << 20;

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
}

/// What the scan wants to know of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Its facts.
    Code(Language),
    /// Its text.
    Text,
    /// Nothing: tests, vendored libraries, generated output, other things.
    Nothing,
}

/// What the scan wants to know of the file at `path`.
#[must_use]
pub fn wants(path: &str, config: &ScanConfig) -> Want {
    // What is named as deploy or settings is read wherever it lies.
    let named = config.deploy.as_ref().is_some_and(|globs| globs.is_match(path))
        || config.settings.iter().any(|pattern| pattern.fits(path));
    if named && Language::of(path).is_none() {
        return Want::Text;
    }
    if config.exclude.is_match(path) {
        return Want::Nothing;
    }
    let mut parts = path.split('/').rev();
    let name = parts.next().unwrap_or_default();
    let mut directories: Vec<&str> = parts.collect();
    directories.reverse();
    let skipped =
        |part: &&str| matches!(*part, "testdata" | "node_modules" | ".git" | "__tests__" | "site-packages" | "target");
    if directories.iter().any(skipped) {
        return Want::Nothing;
    }
    if let Some(at) = directories.iter().position(|part| *part == "vendor") {
        let import = format!("{}/{name}", directories[at + 1..].join("/"));
        let read =
            name.ends_with(".go") && config.vendored.is_match(import.rsplit_once('/').map_or("", |(dir, _)| dir));
        return if read && !name.ends_with("_test.go") { Want::Code(Language::Go) } else { Want::Nothing };
    }
    let test = |language| match language {
        Language::Go => name.ends_with("_test.go"),
        Language::Python => {
            name.starts_with("test_")
                || name.ends_with("_test.py")
                || name == "conftest.py"
                || directories.contains(&"tests")
        }
        Language::Java => path.contains("src/test/"),
        Language::JavaScript | Language::TypeScript => {
            name.contains(".test.") || name.contains(".spec.") || name.ends_with(".min.js")
        }
    };
    match Language::of(path) {
        Some(language) if test(language) => Want::Nothing,
        Some(language) => Want::Code(language),
        None => {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let plain = matches!(
                extension,
                "yaml"
                    | "yml"
                    | "json"
                    | "mod"
                    | "conf"
                    | "sh"
                    | "properties"
                    | "toml"
                    | "env"
                    | "template"
                    | "tmpl"
                    | "tpl"
            ) || name.starts_with(".env.")
                || name == "Kustomization"
                || name.starts_with("Dockerfile")
                || name.ends_with(".Dockerfile");
            let noise = matches!(name, "package-lock.json" | "package.json" | "tsconfig.json" | "composer.lock")
                || name.ends_with(".map");
            if plain && !noise { Want::Text } else { Want::Nothing }
        }
    }
}

/// Runs work on threads whose stacks are deep enough for code that is nested deeper than people write it. All parsing
/// and scanning belongs in here.
pub fn in_parallel<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        // A machine that gives no threads still has the caller's.
        Err(_) => work(),
    }
}
