//! With which files of the script languages a service's programs begin, where the deploy names them: then no other file that nothing loads
//! begins one.
//!
//! All of it has to be understood: what every container of the service runs, and that nothing loads files by their places or by what they
//! are called, as frameworks do. Otherwise each file that nothing loads begins, as it does without a deploy.

use crate::inventory::Home;
use crate::paths::{above, below, dir_of, is_below};
use crate::program::{File, FnId, Modules, Program};
use crate::tree::Tree;
use hedgerow_code::Begins;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Expr;
use hedgerow_deploy::image::is_image;
use hedgerow_deploy::{Begun, Deploy, begun};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Functions that load files which their argument does not name as a whole.
const LOADERS: &[&str] = &[
    "__import__",
    "autodiscover_tasks",
    "entry_points",
    "glob",
    "globSync",
    "iglob",
    "import_module",
    "import_string",
    "iter_modules",
    "iterdir",
    "listdir",
    "loadServices",
    "load_entry_point",
    "load_module",
    "opendirSync",
    "readDir",
    "readdir",
    "readdirSync",
    "requireAll",
    "rglob",
    "run_module",
    "run_path",
    "scandir",
    "walk",
    "walk_packages",
];

/// Libraries that load an application's files by convention.
const FRAMEWORKS: &[&str] = &[
    "@adonisjs",
    "@fastify/autoload",
    "@feathersjs",
    "@loopback",
    "@midwayjs",
    "@redwoodjs",
    "@remix-run",
    "@strapi",
    "@sveltejs",
    "airflow",
    "astro",
    "blitz",
    "dagster",
    "django",
    "egg",
    "frappe",
    "gatsby",
    "kedro",
    "meteor",
    "moleculer",
    "next",
    "nuxt",
    "odoo",
    "payload",
    "prefect",
    "sails",
    "scrapy",
    "serverless",
    "streamlit",
    "strapi",
    "vike",
];

/// Where builds write to and where they read from.
const BUILT: &[&str] = &["dist", "build", "out", "lib"];

/// Endings of files of JavaScript and TypeScript.
const SCRIPTS: &[&str] = &["ts", "js", "mts", "mjs", "cts", "cjs", "tsx", "jsx"];

/// What the deploy and the files beside the code say of where programs begin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Started {
    /// The files that the deploy names.
    pub(crate) files: BTreeSet<String>,
    /// What texts beside the code may name: scripts, settings, lists of programs.
    named: BTreeSet<String>,
    /// The directories that they may name.
    places: BTreeSet<String>,
}

/// Notes with which files the services' programs begin.
pub(crate) fn add(tree: &Tree, deploy: &Deploy, homes: &mut [Home]) {
    let texts: BTreeMap<&str, &str> = tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)).collect();
    for home in homes {
        let Some(files) = files(tree, &texts, deploy, home) else { continue };
        let is_own = |path: &str| home.directories.iter().any(|(own, _)| below(path, own).is_some());
        let (mut named, mut places) = (BTreeSet::new(), BTreeSet::new());
        let mut take = |text: &str| {
            for word in words(text) {
                named.insert(stem(word).to_owned());
                places.extend(directory(word, false).map(str::to_owned));
            }
        };
        for (path, text) in texts.iter().filter(|(path, text)| is_own(path) && may_start(path, text)) {
            match path.rsplit('/').next() == Some("package.json") {
                true => scripts(text).iter().for_each(|script| take(script)),
                false => take(text),
            }
        }
        for value in deploy.of(&home.name).into_iter().flat_map(|given| given.environment.values().flatten()) {
            take(&value.shown('…'));
        }
        home.started = Some(Started { files, named, places });
    }
}

/// Whether a text beside the code may start programs of it: no image, of which the command is known, no deploy, and no list of libraries.
fn may_start(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_deploy = matches!(end, "yml" | "yaml")
        && text.lines().any(|line| line.starts_with("services:") || line.starts_with("apiVersion:"));
    let is_list = stem.starts_with("requirements") || stem.starts_with("tsconfig") || name == ".dockerignore";
    !is_image(path) && !is_deploy && !is_list && !matches!(end, "md" | "html" | "css" | "sql" | "proto" | "lock")
}

/// What a package of npm runs and gives.
fn scripts(text: &str) -> Vec<String> {
    let Ok(Value::Object(all)) = serde_json::from_str(text) else { return vec![text.to_owned()] };
    let keys = ["scripts", "bin", "main", "module", "exports", "nodemonConfig", "jest", "workers"];
    keys.iter().filter_map(|key| all.get(*key)).map(Value::to_string).collect()
}

/// The files that all containers of a service begin with; nothing where it is not understood of one.
fn files(tree: &Tree, texts: &BTreeMap<&str, &str>, deploy: &Deploy, home: &Home) -> Option<BTreeSet<String>> {
    let starts = deploy.starts(&home.name);
    let directories: Vec<&str> =
        home.directories.iter().filter(|(_, main)| main.is_none()).map(|(own, _)| own.as_str()).collect();
    if starts.is_empty() || directories.is_empty() || directories.len() != home.directories.len() {
        return None;
    }
    let beside: Vec<&str> = texts
        .keys()
        .copied()
        .filter(|path| is_image(path) && directories.iter().any(|own| dir_of(path) == *own))
        .collect();
    let script = |name: &str| {
        let manifests =
            directories.iter().filter_map(|own| texts.get(format!("{own}/package.json").trim_start_matches('/')));
        let mut scripts = manifests.filter_map(|text| {
            serde_json::from_str::<Value>(text).ok()?.get("scripts")?.get(name)?.as_str().map(str::to_owned)
        });
        scripts.next()
    };
    let mut found = BTreeSet::new();
    for container in starts {
        let images: Vec<Option<&str>> = match &container.dockerfile {
            Some((path, _)) => vec![Some(*texts.get(path.as_str())?)],
            None if beside.is_empty() => vec![None],
            None => beside.iter().map(|path| texts.get(path).copied()).collect(),
        };
        for image in images {
            for begun in begun(&container.line(image)?, &script)? {
                let all = match &begun {
                    Begun::File(path) => paths(tree, home, path),
                    Begun::Module(module) => modules(tree, home, module),
                };
                if all.is_empty() {
                    return None;
                }
                found.extend(all);
            }
        }
    }
    Some(found)
}

/// The paths of a service's code.
fn own<'t>(tree: &'t Tree, home: &'t Home) -> impl Iterator<Item = &'t str> {
    let is_own = |path: &str| home.directories.iter().any(|(own, _)| below(path, own).is_some());
    tree.code.iter().map(|file| file.path.as_str()).filter(move |path| is_own(path))
}

/// The files that may be the one which a container has at a place: those whose path ends like it, by as much of it as any has.
fn paths(tree: &Tree, home: &Home, path: &str) -> BTreeSet<String> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let ends = |wanted: &str| -> BTreeSet<String> {
        let forms: Vec<String> = match wanted.rsplit_once('.') {
            Some((_, "py")) => vec![wanted.to_owned()],
            Some((stem, end)) if SCRIPTS.contains(&end) => SCRIPTS.iter().map(|end| format!("{stem}.{end}")).collect(),
            _ => SCRIPTS.iter().flat_map(|end| [format!("{wanted}.{end}"), format!("{wanted}/index.{end}")]).collect(),
        };
        let fits = |own: &str| {
            forms
                .iter()
                .any(|form| own == form || own.strip_suffix(form.as_str()).is_some_and(|rest| rest.ends_with('/')))
        };
        own(tree, home).filter(|own| fits(own)).map(str::to_owned).collect()
    };
    let mut rest = path;
    loop {
        // What a build writes is its source.
        let (first, behind) = rest.split_once('/').unwrap_or(("", rest));
        let mut found = ends(rest);
        if BUILT.contains(&first) {
            found.extend(ends(&format!("src/{behind}")));
            if found.is_empty() {
                found = ends(behind);
            }
        }
        if !found.is_empty() || first.is_empty() && !rest.contains('/') {
            return found;
        }
        rest = behind;
    }
}

/// The files of a module of Python, and those that are loaded with it; its last part may be a name in it.
fn modules(tree: &Tree, home: &Home, module: &str) -> BTreeSet<String> {
    let find = |module: &str| -> BTreeSet<String> {
        let base = module.replace('.', "/");
        // Celery looks for `shop.celery` in `shop`.
        let forms = [
            format!("{base}.py"),
            format!("{base}/__init__.py"),
            format!("{base}/__main__.py"),
            format!("{base}/celery.py"),
        ];
        let fits = |own: &str| {
            forms
                .iter()
                .any(|form| own == form || own.strip_suffix(form.as_str()).is_some_and(|rest| rest.ends_with('/')))
        };
        own(tree, home).filter(|own| fits(own)).map(str::to_owned).collect()
    };
    let found = find(module);
    match module.rsplit_once('.') {
        Some((above, _)) if found.is_empty() => find(above),
        _ => found,
    }
}

/// The words of a text that may name files: `src/worker.js`, `jobs.worker`, `worker`, `jobs:app`, but for what stands behind such a colon.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_end = |c: char| c.is_whitespace() || "\"'`,;=()[]{}<>|&".contains(c);
    let parts = text.split(is_end).flat_map(|word| {
        let (first, rest) = word.split_once(':').unwrap_or((word, ""));
        [first, if rest.contains(['/', '.']) { rest } else { "" }]
    });
    parts.filter(|word| !word.is_empty())
}

/// The directory that a word names whose files may be loaded: `./services`, `routes/*.js`. `is_any` says that a word alone may be one, too.
fn directory(word: &str, is_any: bool) -> Option<&str> {
    let place = word.split('*').next().unwrap_or(word);
    let is_place = is_any || (!word.starts_with('/') && word.contains('/'));
    let name = place.trim_end_matches('/').rsplit('/').next()?;
    (is_place && !name.is_empty() && name != ".").then_some(name)
}

/// What a file is called, without its directory, its package and its ending.
fn stem(word: &str) -> &str {
    let word = word.trim_end_matches('/');
    let word = match word.rsplit_once('.') {
        Some((rest, end)) if end == "py" || SCRIPTS.contains(&end) => rest,
        _ => word,
    };
    word.rsplit(['/', '.']).next().unwrap_or(word)
}

/// By what a file may be named: what it is called, or its directory where that stands for it.
fn name_of(path: &str) -> &str {
    match stem(path) {
        "index" | "__main__" => stem(dir_of(path)),
        name => name,
    }
}

/// The files of a service that begin no program.
pub(crate) fn idle(program: &Program, modules: &Modules, home: &Home) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let Some(started) = &home.started else { return found };
    let is_script = |file: &File| file.language.semantics().begins() == Begins::Scripts;
    let all: BTreeSet<u32> = home.files(program).filter(|at| is_script(&program.files[*at as usize])).collect();
    // Ruby and PHP load by convention.
    let is_followed = |language| matches!(language, Language::Python | Language::JavaScript | Language::TypeScript);
    if !all.iter().all(|at| is_followed(program.files[*at as usize].language)) {
        return found;
    }
    let mut said: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut places: BTreeSet<&str> = BTreeSet::new();
    for at in &all {
        let file = &program.files[*at as usize];
        // `path.join(__dirname, "routes")`
        let is_here = |expr: &Expr| match expr {
            Expr::Name(name) | Expr::Member { name, .. } => {
                matches!(file.facts.word(*name), "__dirname" | "__file__" | "dirname")
            }
            _ => false,
        };
        let has_here = file.facts.exprs.iter().any(is_here);
        for import in &file.facts.imports {
            let is_framework = |of: &&str| {
                let rest = import.path.strip_prefix(*of);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
            };
            if FRAMEWORKS.iter().any(is_framework) {
                return found;
            }
            let is_of_tree = [modules.resolve(file, import), modules.resolve_item(file, import)]
                .iter()
                .flatten()
                .any(|path| program.package_at(path).is_some());
            if !is_of_tree {
                let names = [Some(import.path.as_str()), import.name.as_deref()];
                names.into_iter().flatten().for_each(|name| {
                    said.entry(stem(name)).or_default().insert(*at);
                });
            }
        }
        for expr in &file.facts.exprs {
            match expr {
                Expr::Name(name) | Expr::Member { name, .. } if LOADERS.contains(&file.facts.word(*name)) => {
                    return found;
                }
                // `require(path)`
                Expr::Call { callee, arguments }
                    if matches!(file.facts.expr(*callee), Expr::Name(name) if matches!(file.facts.word(*name), "require" | "import"))
                        && file
                            .facts
                            .arguments(*arguments)
                            .first()
                            .is_some_and(|argument| !matches!(file.facts.expr(argument.value), Expr::Text(_))) =>
                {
                    return found;
                }
                Expr::Text(text) => {
                    for word in words(file.facts.word(*text)) {
                        said.entry(stem(word)).or_default().insert(*at);
                        places.extend(directory(word, has_here));
                    }
                }
                _ => {}
            }
        }
    }
    for at in &all {
        let path = program.files[*at as usize].path;
        let is_said =
            |name: &str| started.named.contains(name) || said.get(name).is_some_and(|by| by.iter().any(|by| by != at));
        let name = path.rsplit('/').next().unwrap_or(path);
        // A package is loaded with what lies in it.
        let is_kept = name.starts_with("__init__.") || started.files.contains(path) || is_said(name_of(path));
        let mut inside =
            above(dir_of(path)).take_while(|dir| home.directories.iter().any(|(own, _)| is_below(dir, own)));
        let is_loaded = |dir: &str| {
            let name = dir.rsplit('/').next().unwrap_or(dir);
            !is_plain(name) && (places.contains(name) || started.places.contains(name))
        };
        if !is_kept && !inside.any(is_loaded) {
            found.insert(*at);
        }
    }
    found
}

/// Whether a directory's name stands in texts whatever it holds.
fn is_plain(name: &str) -> bool {
    matches!(name, "src" | "app" | "lib")
}

/// The functions with which the files begin that the deploy names.
pub(crate) fn entries(program: &Program, home: &Home) -> Vec<FnId> {
    let files = home.started.iter().flat_map(|started| &started.files);
    let mut found = Vec::new();
    for (at, file) in files.flat_map(|path| program.at_or_below(path)) {
        found.extend(program.loader(at));
        let functions = (0_u32..).zip(&file.facts.functions).skip(1);
        found.extend(functions.filter(|(_, f)| f.exported).filter_map(|(nth, _)| program.function_at(at, nth)));
        found.extend(crate::factories::factories(program, at, true));
    }
    found
}
