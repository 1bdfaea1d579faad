//! What the imports of JavaScript and TypeScript lead to.
//!
//! `oxc_resolver` resolves them as Node.js and the compiler do: endings, directories, `exports` and `imports` of packages, `paths` and
//! `baseUrl` of `tsconfig.json`. What it does not know is here: nothing is installed in a tree and nothing is built. Packages of the tree
//! are linked as an installation links them, and a file that a build would write is the one that it is built from.

mod configs;
mod files;
mod packages;
#[cfg(test)]
mod tests;

use super::File;
use crate::paths::{below, dir_of};
use configs::{Configs, nearest};
use files::{ENDINGS, Files, View};
use hedgerow_code::frontend::Language;
use oxc_resolver::{ResolveContext, ResolveError, ResolveOptions, ResolverGeneric, TsConfig, TsconfigDiscovery};
use packages::{Packages, fits, split};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// How long an import is at most, in bytes.
const MAX_IMPORT: usize = 1_000;

/// How many configurations in the directories above a file are asked, beside the one that it belongs to.
const MAX_CONFIGS: usize = 4;

/// The imports of a tree: by the file that has them, what each leads to. Those that should lead to a file of the tree and lead to none
/// are there without one; those that lead out of it are not.
#[derive(Debug, Default)]
pub(crate) struct JavaScript {
    found: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// The configurations of the compiler that are not read in full.
    torn: BTreeSet<String>,
}

/// Whether a file says how modules are found.
pub(crate) fn is_manifest(path: &str) -> bool {
    path.ends_with(".json") || path.rsplit('/').next() == Some("pnpm-workspace.yaml")
}

impl JavaScript {
    /// Resolves the imports of all files. `manifests` are the texts that [`is_manifest`] names, `mounted` the files that lie elsewhere when
    /// the service runs.
    pub(crate) fn new<'a>(
        manifests: impl Iterator<Item = (&'a str, &'a str)>,
        files: &[File],
        mounted: &BTreeMap<String, String>,
    ) -> Self {
        let is_script = |file: &&File| matches!(file.language, Language::JavaScript | Language::TypeScript);
        let scripts: Vec<&File> = files.iter().filter(is_script).collect();
        if scripts.is_empty() {
            return Self::default();
        }
        let resolver = Resolver::new(manifests, scripts.iter().map(|file| file.path), mounted);
        let found = scripts.par_iter().map(|file| {
            let imports: BTreeSet<&str> = file.facts.imports.iter().map(|import| import.path.as_str()).collect();
            let found =
                imports.into_iter().filter_map(|import| Some((import.to_owned(), resolver.find(file.path, import)?)));
            (file.path.to_owned(), found.collect())
        });
        Self { found: found.collect(), torn: resolver.files.torn.clone() }
    }

    /// The configurations of the compiler that are not read in full and are for a file by where they lie.
    pub(crate) fn torn<'s, 'f: 's>(&'s self, from: &'f str) -> impl Iterator<Item = &'s str> {
        let is_script = self.found.contains_key(from);
        let all = self.torn.iter().filter(move |_| is_script).map(String::as_str);
        all.filter(move |path| below(from, dir_of(path)).is_some())
    }

    /// The file that an import leads to.
    pub(crate) fn resolve(&self, from: &str, import: &str) -> Option<String> {
        self.found.get(from)?.get(import)?.clone()
    }

    /// Whether an import should lead to a file of the tree.
    pub(crate) fn is_own(&self, from: &str, import: &str) -> bool {
        self.found.get(from).is_some_and(|imports| imports.contains_key(import))
    }

    /// What the imports of a file lead to.
    pub(crate) fn of(&self, from: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
        let all = self.found.get(from).into_iter().flatten();
        all.map(|(import, to)| (import.as_str(), to.as_deref()))
    }
}

struct Resolver {
    files: Arc<Files>,
    /// By the tree as it is.
    strict: ResolverGeneric<View>,
    /// By the tree as it is once it is built.
    built: ResolverGeneric<View>,
    /// The configurations that have names for modules, by their directory.
    configs: BTreeMap<String, Vec<Arc<TsConfig>>>,
}

impl Resolver {
    fn new<'a, 'b>(
        manifests: impl Iterator<Item = (&'a str, &'a str)>,
        scripts: impl Iterator<Item = &'b str>,
        mounted: &BTreeMap<String, String>,
    ) -> Self {
        let texts: BTreeMap<&str, &str> = manifests.collect();
        let packages = Packages::read(&texts);
        let configs = Configs::read(&texts, &packages);
        let conditions: Vec<String> = configs.conditions.iter().cloned().collect();
        let files = Arc::new(Files::new(scripts, mounted, &texts, packages, configs));
        let view = |is_built| View { files: Arc::clone(&files), is_built };
        let strict = ResolverGeneric::new_with_file_system(view(false), options(conditions.clone(), false));
        let built = ResolverGeneric::new_with_file_system(view(true), options(conditions, true));
        let mut by_dir: BTreeMap<String, Vec<Arc<TsConfig>>> = BTreeMap::new();
        for path in files.configs() {
            let Ok(config) = strict.resolve_tsconfig(Path::new("/").join(path)) else { continue };
            let said = &config.compiler_options;
            if said.paths.is_some() || said.base_url.is_some() {
                let of_dir = by_dir.entry(dir_of(path).to_owned()).or_default();
                // The one that editors take comes first.
                let at = if path.ends_with("tsconfig.json") { 0 } else { of_dir.len() };
                of_dir.insert(at, config);
            }
        }
        Self { files, strict, built, configs: by_dir }
    }

    /// What an import leads to: a file of the tree, none where it should lead to one and does not, or out of the tree.
    fn find(&self, from: &str, import: &str) -> Option<Option<String>> {
        let first = import.split('/').next().unwrap_or_default();
        if first.is_empty() || first.contains(':') || import.len() > MAX_IMPORT {
            return None;
        }
        let dir = dir_of(from);
        let place = Path::new("/").join(from);
        let is_relative = import.starts_with('.');
        let is_package = !is_relative && self.files.packages.find(dir, split(import).0).is_some();
        let owner = self.strict.find_tsconfig(&place).ok().flatten();
        let nearest = nearest(&self.configs, from).take(MAX_CONFIGS);
        let mut configs: Vec<&Arc<TsConfig>> = owner.iter().chain(nearest).collect();
        configs.retain(|config| !is_relative && !config.resolve_path_alias_or_base_url(import).is_empty());
        // By `baseUrl` a directory may be called like a package that is installed; what is written for its own name means it.
        let is_installed = !is_relative && self.files.packages.is_elsewheres(dir, split(import).0);
        if is_installed && !configs.iter().any(|config| has_name(config, import)) {
            return None;
        }
        let is_short = import.starts_with('#') || matches!(first, "@" | "~");
        if !is_relative && !is_package && !is_short && configs.is_empty() {
            return None;
        }
        let found = |path: &Path| {
            let path = path.to_str()?;
            // What is linked by its name alone may be another one's.
            let is_foreign = !is_package && path.contains("/node_modules/");
            self.files.file(path, true).filter(|_| !is_foreign)
        };
        let file = match self.strict.resolve_file(&place, import) {
            Ok(exact) => found(exact.path()),
            // What Node.js has itself nobody replaces.
            Err(ResolveError::Builtin { .. }) => return None,
            Err(_) => None,
        };
        if file.is_some() {
            return Some(file);
        }
        let dir = Path::new("/").join(dir);
        let by_config = configs.iter().map(|config| {
            let config: &TsConfig = config;
            self.built.resolve_with_context(&dir, import, Some(config), &mut ResolveContext::default())
        });
        let built = by_config.chain(std::iter::once_with(|| self.built.resolve(&dir, import)));
        let may_be = |path: &Path| !is_relative || path.to_str().is_some_and(|to| self.files.may_be_built(from, to));
        if let Some(file) = built.flatten().filter(|built| may_be(built.path())).find_map(|built| found(built.path())) {
            return Some(Some(file));
        }
        let is_inner = || self.files.packages.of(from).is_none_or(|(_, package)| package.is_own(import));
        let is_own = is_relative
            || is_package
            || (is_short && (!import.starts_with('#') || is_inner()))
            || configs.iter().any(|config| self.is_named(config, import));
        (is_own && is_code(import)).then_some(None)
    }

    /// Whether a configuration has a name for modules of the tree that an import begins with.
    fn is_named(&self, config: &TsConfig, import: &str) -> bool {
        if has_name(config, import) {
            return true;
        }
        // A directory of the tree, by `baseUrl`.
        let dir = import.rsplit_once('/').map(|(dir, _)| config.resolve_path_alias_or_base_url(dir));
        dir.into_iter().flatten().any(|place| self.files.has_dir(place.to_string_lossy().trim_matches('/')))
    }
}

/// Whether `paths` of a configuration have a name for modules of the tree that an import is.
fn has_name(config: &TsConfig, import: &str) -> bool {
    let is_for = |key: &str| !key.starts_with('*') && fits(key, import);
    let is_here = |path: &Path| !path.to_string_lossy().contains("node_modules");
    let mut named = config.compiler_options.paths.iter().flatten().filter(|(key, _)| is_for(key));
    named.any(|(_, places)| places.iter().any(|place| is_here(place)))
}

/// Whether what an import names is code, by its ending. A name may have points in it.
fn is_code(import: &str) -> bool {
    let last = import.rsplit('/').next().unwrap_or_default();
    let last = last.split('?').next().unwrap_or_default();
    let extension = last.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "" | "js" | "ts" | "mjs" | "cjs" | "mts" | "cts" | "tsx" | "jsx") || extension.len() > 5
}

fn options(mut conditions: Vec<String>, is_built: bool) -> ResolveOptions {
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    // Where nothing is built the types say best where the source lies.
    let types: &[&str] = if is_built { &["types", "typings"] } else { &[] };
    conditions.extend(words(&["source", "development"]));
    conditions.extend(words(types));
    conditions.extend(words(&["node", "import", "require", "module"]));
    let alias = |ending: &str, endings: &[&str]| (ending.to_owned(), words(endings));
    ResolveOptions {
        tsconfig: Some(TsconfigDiscovery::Auto),
        extensions: words(&ENDINGS),
        // TypeScript writes `./x.js` for what is `x.ts`.
        extension_alias: vec![
            alias(".js", &[".ts", ".tsx", ".js", ".jsx", ".d.ts"]),
            alias(".jsx", &[".tsx", ".jsx"]),
            alias(".mjs", &[".mts", ".mjs"]),
            alias(".cjs", &[".cts", ".cjs"]),
        ],
        condition_names: conditions,
        main_fields: [words(&["source", "module", "main"]), words(types)].concat(),
        builtin_modules: true,
        allow_package_exports_in_directory_resolve: true,
        // Links are followed by the view. What surrounds the program says nothing of a tree.
        symlinks: false,
        node_path: false,
        ..ResolveOptions::default()
    }
}
