//! The whole way: from the facts of all files to edges and findings.

use crate::calls::{Answered, Context, Contracts, find, offered};
use crate::config::ScanConfig;
use crate::constraint::Build;
use crate::deploy::{Deploy, Text};
use crate::edge::{Class, Evidence, Finding, Outcome, Place};
use crate::frontend::Language;
use crate::host::{Answer, Hosts};
use crate::infer::Infer;
use crate::inventory::{Home, Service, entries, homes, is_below};
use crate::ir::{Comment, Directive, Facts, Range};
use crate::join::Join;
use crate::pack::{Kind, Packs};
use crate::plain;
use crate::program::{File, FnId, Modules, Program};
use crate::reach::{Reach, reach};
use globset::Glob;
use hedgerow_core::diag::{Code, nearest};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a comment may say.
const COMMENT_HELP: &str = "write `// rpcmap: service.x, service.y` or `// hedgerow: ignore <reason>`";

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
                "yaml" | "yml" | "json" | "mod" | "conf" | "sh" | "properties" | "toml" | "template" | "tmpl"
            ) || name.starts_with("Dockerfile")
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

/// One comment with the services that reach it.
struct Spoken<'p> {
    file: u32,
    comment: &'p Comment,
    reached: BTreeSet<usize>,
}

/// Finds which service calls which.
///
/// # Errors
/// When a built-in pack cannot be read: a fault of this crate.
pub fn scan(tree: &Tree) -> Result<Outcome, String> {
    let packs = Packs::with(tree.config.pack.clone())?;
    let build = Build::new(&tree.config.tags);
    let mut files: Vec<File> = tree
        .code
        .iter()
        .filter(|file| file.language != Language::Go || build.takes(&file.path, file.facts.constraint.as_deref()))
        .map(|file| File { path: &file.path, language: file.language, facts: &file.facts })
        .collect();
    files.sort_by(|a, b| a.path.cmp(b.path));
    let manifests = tree.texts.iter().filter(|file| file.path == "go.mod" || file.path.ends_with("/go.mod"));
    let modules = Modules::new(manifests.map(|file| (file.path.as_str(), &*file.text)), &files);
    let program = Program::new(files, &modules);
    let paths = tree.code.iter().map(|file| file.path.as_str()).chain(tree.texts.iter().map(|file| file.path.as_str()));
    let homes = homes(tree.services, tree.config, paths);
    let (hosts, deploy) = deploy(tree, &homes);

    let reached: Vec<Reach> = homes
        .par_iter()
        .map_init(|| Infer::new(&program), |infer, home| reach(infer, &packs, &entries(&program, home)))
        .collect();
    let offers: Vec<BTreeSet<String>> =
        reached.par_iter().map_init(|| Infer::new(&program), |infer, reach| offered(infer, &packs, reach)).collect();
    let mut contracts = Contracts::default();
    for (home, offers) in homes.iter().zip(offers) {
        contracts.add(&home.name, offers);
    }
    let spoken = comments(&program, &reached);
    let answered: Vec<Answered> = (0..homes.len()).map(|at| answered(&program, tree.config, &spoken, at)).collect();
    let found: Vec<Outcome> = homes
        .par_iter()
        .zip(&reached)
        .zip(&answered)
        .map_init(
            || Infer::new(&program),
            |infer, ((home, reach), answered)| {
                let context = Context {
                    infer,
                    packs: &packs,
                    hosts: &hosts,
                    contracts: &contracts,
                    given: deploy.of(&home.name),
                    reach,
                    service: &home.name,
                    answered,
                };
                find(&context)
            },
        )
        .collect();
    let mut outcome = Outcome::default();
    for found in found {
        outcome.merge(found);
    }
    declare(&program, &hosts, &homes, &spoken, &mut outcome);
    plain_files(tree, &homes, &hosts, &deploy, &mut outcome);
    candidates(&homes, &hosts, &deploy, &mut outcome);
    unparsed(&program, &homes, &reached, &mut outcome);
    outcome.findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.marks.first().map(|(place, _)| place.clone()), f.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    Ok(outcome)
}

/// The hosts of the fleet and what the deploy gives to each service.
fn deploy(tree: &Tree, homes: &[Home]) -> (Hosts, Deploy) {
    let names = homes.iter().map(|home| (home.name.as_str(), home.slug.as_str()));
    let mut hosts = Hosts::new(names, tree.namespaces.clone(), tree.config);
    let owner = |path: &str| owner(tree, homes, path);
    let is_yaml = |path: &str| path.ends_with(".yaml") || path.ends_with(".yml");
    let texts = tree.texts.iter().filter(|file| match &tree.config.deploy {
        Some(globs) => globs.is_match(&file.path),
        None => is_yaml(&file.path),
    });
    let texts = texts.map(|file| Text { path: &file.path, text: &file.text });
    let mut deploy = Deploy::read(texts, &mut hosts, owner);
    for file in tree.texts {
        let owned = tree.config.settings.iter().find_map(|pattern| pattern.take(&file.path));
        match owned {
            Some("") => {
                for home in homes {
                    deploy.add_settings(&home.name, Text { path: &file.path, text: &file.text });
                }
            }
            Some(name) => {
                if let Some(service) = hosts.named(name).map(str::to_owned) {
                    deploy.add_settings(&service, Text { path: &file.path, text: &file.text });
                }
            }
            None => {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                let usual = ["config.", "application.", "application-", "bootstrap.", "settings.", "appsettings."]
                    .iter()
                    .any(|start| name.starts_with(start));
                if let Some(service) = owner(&file.path).filter(|_| usual) {
                    deploy.add_settings(&service, Text { path: &file.path, text: &file.text });
                }
            }
        }
    }
    (hosts, deploy)
}

/// The service whose directory or code holds a file: the innermost one.
fn owner(tree: &Tree, homes: &[Home], path: &str) -> Option<String> {
    let directories = homes.iter().flat_map(|home| home.directories.iter().map(move |(dir, _)| (home, dir)));
    let own = tree.services.iter().map(|service| (service.directory.as_str(), service.name.as_str()));
    let all = own.chain(directories.map(|(home, directory)| (directory.as_str(), home.name.as_str())));
    all.filter(|(directory, _)| is_below(path, directory))
        .max_by_key(|(directory, _)| directory.len())
        .map(|(_, name)| name.to_owned())
}

/// The calls in files that are no program code.
fn plain_files(tree: &Tree, homes: &[Home], hosts: &Hosts, deploy: &Deploy, outcome: &mut Outcome) {
    for file in tree.texts {
        let Some(service) = owner(tree, homes, &file.path) else { continue };
        let plain = plain::read(&file.path, &file.text);
        let place = |range| Place { path: file.path.clone(), range };
        let evidence =
            |class, range, target| Evidence { class, place: place(range), target, kind: Kind::Http, way: Vec::new() };
        let services = BTreeSet::from([service.clone()]);
        let mut answered = false;
        for (directive, range) in &plain.comments {
            let names = match directive {
                Directive::Calls(names) => names,
                Directive::Ignore(_) => &Vec::new(),
                Directive::Malformed(fault) => {
                    outcome.findings.push(Finding {
                        code: Code::MalformedComment,
                        message: fault.clone(),
                        marks: vec![(place(*range), String::new())],
                        help: vec![COMMENT_HELP.to_owned()],
                        services: services.clone(),
                    });
                    continue;
                }
            };
            answered = true;
            for (name, range) in names {
                let callees = callees(name, hosts, homes);
                if callees.is_empty() {
                    outcome.findings.push(unknown_callee(name, place(*range), homes, services.clone()));
                }
                for callee in callees {
                    outcome.add(&service, &callee, evidence(Class::Declared, *range, name.clone()));
                }
            }
        }
        let join = Join { hosts, given: deploy.of(&service) };
        for address in &plain.addresses {
            let judged = join.judge(&address.template);
            let class = if judged.joined { Class::Joined } else { Class::Proven };
            let mut certain = false;
            for answer in &judged.answers {
                match answer {
                    Answer::Service(callee) => {
                        certain = true;
                        outcome.add(&service, callee, evidence(class, address.range, address.template.to_string()));
                    }
                    Answer::Several { services: several, .. } => {
                        for callee in several {
                            outcome.add(
                                &service,
                                callee,
                                evidence(Class::Wildcard, address.range, address.template.to_string()),
                            );
                        }
                    }
                    Answer::Outside(host) => {
                        certain = true;
                        outcome.outside.entry((service.clone(), host.clone())).or_insert_with(|| place(address.range));
                    }
                    Answer::Local => certain = true,
                    Answer::Open => {}
                }
            }
            if !certain && !answered {
                outcome.findings.push(Finding {
                    code: Code::UnresolvedCall,
                    message: "the target of this call cannot be told".to_owned(),
                    marks: vec![(place(address.range), String::new())],
                    help: vec!["say who is called by a comment in this file: `# rpcmap: <service>`".to_owned()],
                    services: services.clone(),
                });
            }
        }
    }
}

/// Services that the deploy names to a service whose code was not seen to use the name.
fn candidates(homes: &[Home], hosts: &Hosts, deploy: &Deploy, outcome: &mut Outcome) {
    for home in homes {
        let Some(given) = deploy.of(&home.name) else { continue };
        for (name, values) in &given.environment {
            for value in values {
                for answer in hosts.answers(value) {
                    let Answer::Service(callee) = answer else { continue };
                    if outcome.edges.contains_key(&(home.name.clone(), callee.clone())) {
                        continue;
                    }
                    let place = Place { path: given.path.clone(), range: Range::default() };
                    let target = format!("${name}");
                    let evidence =
                        Evidence { class: Class::Candidate, place, target, kind: Kind::Http, way: Vec::new() };
                    outcome.add(&home.name, &callee, evidence);
                }
            }
        }
    }
}

/// The finding that a comment names nobody.
fn unknown_callee(name: &str, place: Place, homes: &[Home], services: BTreeSet<String>) -> Finding {
    let near = nearest(name, homes.iter().map(|home| home.name.as_str()));
    Finding {
        code: Code::UnknownCallee,
        message: format!("there is no service `{name}`"),
        marks: vec![(place, String::new())],
        help: near.map(|near| format!("a service with a similar name exists: `{near}`")).into_iter().collect(),
        services,
    }
}

/// All comments with the services that reach them.
fn comments<'p>(program: &Program<'p>, reached: &[Reach]) -> Vec<Spoken<'p>> {
    let mut spoken = Vec::new();
    for (file, of) in (0_u32..).zip(&program.files) {
        for comment in &of.facts.comments {
            let functions: Vec<FnId> = match comment.function {
                Some(at) => program.function_at(file, at).into_iter().collect(),
                // For the whole file's package: whoever loads it.
                None => program.package(program.package_of(file)).initializers.clone(),
            };
            let by = |reach: &Reach| functions.iter().any(|function| reach.functions.contains_key(function));
            let reached = reached.iter().enumerate().filter(|(_, reach)| by(reach)).map(|(at, _)| at).collect();
            spoken.push(Spoken { file, comment, reached });
        }
    }
    spoken
}

/// Where comments and the configuration answer for what a service's code leaves open.
fn answered(program: &Program, config: &ScanConfig, spoken: &[Spoken], service: usize) -> Answered {
    let mut answered = Answered::default();
    let files = (0..).zip(&program.files).filter(|(_, file)| config.ignore.is_match(file.path));
    answered.files.extend(files.map(|(at, _)| at));
    for spoken in spoken.iter().filter(|spoken| spoken.reached.contains(&service)) {
        if let Directive::Malformed(_) = spoken.comment.directive {
            continue;
        }
        match spoken.comment.function {
            Some(at) => answered.functions.extend(program.function_at(spoken.file, at)),
            None => {
                answered.packages.insert(program.package_of(spoken.file));
            }
        }
    }
    answered
}

/// Turns comments into edges, and says what is wrong with them.
fn declare(program: &Program, hosts: &Hosts, homes: &[Home], spoken: &[Spoken], outcome: &mut Outcome) {
    for Spoken { file, comment, reached } in spoken {
        let path = program.files[*file as usize].path;
        let place = |range| Place { path: path.to_owned(), range };
        let services: BTreeSet<String> = reached.iter().map(|at| homes[*at].name.clone()).collect();
        let mut tell = |code, range, message: String, help: Vec<String>| {
            outcome.findings.push(Finding {
                code,
                message,
                marks: vec![(place(range), String::new())],
                help,
                services: services.clone(),
            });
        };
        let names = match &comment.directive {
            Directive::Calls(names) => names,
            Directive::Ignore(_) => &Vec::new(),
            Directive::Malformed(fault) => {
                tell(Code::MalformedComment, comment.span, fault.clone(), vec![COMMENT_HELP.to_owned()]);
                continue;
            }
        };
        if reached.is_empty() && !names.is_empty() {
            let message = "no service reaches the code that this comment belongs to".to_owned();
            tell(
                Code::UnreachedComment,
                comment.span,
                message,
                vec!["move it to code that runs, or take it away".to_owned()],
            );
        }
        let mut declared = Vec::new();
        let mut unknown = Vec::new();
        for (name, range) in names {
            let callees = callees(name, hosts, homes);
            if callees.is_empty() {
                unknown.push(unknown_callee(name, place(*range), homes, services.clone()));
            }
            declared.extend(callees.into_iter().map(|callee| (callee, *range)));
        }
        outcome.findings.extend(unknown);
        for (callee, range) in declared {
            let found = |caller: &&String| {
                let edge = outcome.edges.get(&((*caller).clone(), callee.clone()));
                edge.is_some_and(|edge| edge.evidence.iter().any(|e| e.class < Class::Declared))
            };
            let known = services.iter().filter(found).count();
            if known > 0 && known == services.iter().filter(|caller| **caller != callee).count() {
                outcome.findings.push(Finding {
                    code: Code::RedundantComment,
                    message: format!("the scan finds the call of `{callee}` by itself"),
                    marks: vec![(place(range), String::new())],
                    help: vec!["take the comment away".to_owned()],
                    services: services.clone(),
                });
            }
            for caller in &services {
                let evidence = Evidence {
                    class: Class::Declared,
                    place: place(range),
                    target: callee.clone(),
                    kind: Kind::default(),
                    way: Vec::new(),
                };
                outcome.add(caller, &callee, evidence);
            }
        }
    }
}

/// The services that a name or a glob in a comment means.
fn callees(name: &str, hosts: &Hosts, homes: &[Home]) -> Vec<String> {
    if !name.contains(['*', '?', '[', '{']) {
        return hosts.named(name).map(str::to_owned).into_iter().collect();
    }
    let Ok(glob) = Glob::new(name) else { return Vec::new() };
    let matcher = glob.compile_matcher();
    homes.iter().filter(|home| matcher.is_match(&home.name)).map(|home| home.name.clone()).collect()
}

/// Files that a service loads and that the parser could not read as a whole.
fn unparsed(program: &Program, homes: &[Home], reached: &[Reach], outcome: &mut Outcome) {
    for (at, file) in (0_u32..).zip(&program.files) {
        let Some(first) = file.facts.faults.first() else { continue };
        let loads = |reach: &Reach| program.loader(at).is_some_and(|loader| reach.functions.contains_key(&loader));
        let services: BTreeSet<String> =
            homes.iter().zip(reached).filter(|(_, reach)| loads(reach)).map(|(home, _)| home.name.clone()).collect();
        if services.is_empty() {
            continue;
        }
        outcome.findings.push(Finding {
            code: Code::UnparsedCode,
            message: "a part of this file could not be parsed; calls in it may be missing".to_owned(),
            marks: vec![(Place { path: file.path.to_owned(), range: *first }, String::new())],
            help: vec!["if it calls services, say so by a comment: `rpcmap: <service>`".to_owned()],
            services,
        });
    }
}

/// Groups the edges that become rules by their caller.
#[must_use]
pub fn rules(outcome: &Outcome) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut rules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in outcome.edges.values().filter(|edge| edge.class().is_rule()) {
        rules.entry(&edge.caller).or_default().insert(&edge.callee);
    }
    rules
}
