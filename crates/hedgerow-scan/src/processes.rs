//! Which part of an application a service runs that several services share: a worker runs its tasks and answers no requests, a scheduler runs
//! neither, and a command of its console is run by who is told its name.
//!
//! What code does when it is loaded all of them do, and what one function calls of another one's is run with it. Only what nobody but a
//! server or a worker calls is left out.

mod called;
mod php;

use crate::infer::Infer;
use crate::inventory::Home;
use crate::paths::{below, dir_of};
use crate::program::{FnId, Program, TypeId};
use crate::started::{self, own_path};
use crate::tree::Tree;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, Facts};
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Deploy, Runs, runs};
use std::collections::{BTreeMap, BTreeSet};

/// The only parts of an application that a service runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    /// Whether it runs tasks.
    tasks: bool,
    /// The commands of the application's console that it runs.
    commands: BTreeSet<String>,
    /// Whether it runs any command at its time.
    is_timetable: bool,
    /// The transports of messages that it reads.
    transports: BTreeSet<String>,
    /// Where messages are sent, by their classes.
    routes: BTreeMap<String, BTreeSet<String>>,
}

/// What a service does not run of the application.
#[derive(Debug, Default)]
pub(crate) struct Unrun {
    /// The files that begin no program there.
    pub(crate) files: BTreeSet<u32>,
    /// The functions that nobody but a framework calls, which does not run there.
    pub(crate) functions: BTreeSet<FnId>,
    /// Those that nobody calls but code, though a decorator stands at them.
    pub(crate) wrapped: BTreeSet<FnId>,
    /// The classes that nobody but such a framework makes.
    pub(crate) types: BTreeSet<TypeId>,
    /// The functions that run there since one of them puts them into a queue.
    pub(crate) queued: BTreeSet<FnId>,
}

/// Where commands of Django's lie.
const COMMANDS: &str = "management/commands";

/// Commands that Django has itself, and that serve nobody.
const BUILT_IN: &[&str] = &[
    "check",
    "clearsessions",
    "collectstatic",
    "compilemessages",
    "createcachetable",
    "createsuperuser",
    "flush",
    "loaddata",
    "makemigrations",
    "migrate",
    "showmigrations",
];

/// With what the names of settings begin that libraries ask for.
const OF_LIBRARIES: &[&str] = &[
    "AMQP",
    "AWS",
    "AZURE",
    "BROKER",
    "CACHE",
    "CELERY",
    "CHANNEL",
    "DATABASE",
    "DB_",
    "DRAMATIQ",
    "ELASTIC",
    "EMAIL",
    "GS_",
    "HAYSTACK",
    "HUEY",
    "KAFKA",
    "MEILI",
    "MEMCACHE",
    "MINIO",
    "MONGO",
    "NEO4J",
    "OPENSEARCH",
    "OTEL",
    "PG",
    "POSTGRES",
    "Q_",
    "RABBIT",
    "REDIS",
    "RQ",
    "S3",
    "SENTRY",
    "SESSION",
    "STORAGE",
    "VALKEY",
];

/// Whether a library may ask for a setting by its name, besides the code that is seen to.
pub(crate) fn may_be_of_library(name: &str) -> bool {
    OF_LIBRARIES.iter().any(|start| name.starts_with(start))
}

/// Notes which parts of an application the services run whose commands say it of all of their containers.
pub(crate) fn add(tree: &Tree, deploy: &Deploy, homes: &mut [Home]) {
    let texts: BTreeMap<&str, &str> = tree.texts.iter().map(|file| (file.path.as_str(), &*file.text)).collect();
    for home in homes {
        home.process = process(tree, &texts, deploy, home);
    }
}

fn process(tree: &Tree, texts: &BTreeMap<&str, &str>, deploy: &Deploy, home: &Home) -> Option<Process> {
    let given = deploy.of(&home.name);
    let text = |path: &str| {
        let mounted = given.into_iter().flat_map(|given| &given.mounted).find(|file| file.paths.contains(path));
        mounted.map(|file| file.text.clone()).or_else(|| own_path(texts, home, path).map(str::to_owned))
    };
    let known = |name: &str| match given?.environment.get(name)?.as_slice() {
        [value] => value.known().map(str::to_owned),
        _ => None,
    };
    let mut found = BTreeSet::new();
    for line in started::lines(texts, deploy, home)? {
        found.extend(runs(&line, &text, &known)?);
    }
    let mut process = Process::default();
    let has_command = |name: &str| {
        let file = join(COMMANDS, &format!("{name}.py"));
        tree.code.iter().any(|code| code.path == file || code.path.ends_with(&format!("/{file}")))
    };
    let is_own = |path: &str| home.directories.iter().any(|(own, _)| below(path, own).is_some());
    let has_php = tree.code.iter().any(|code| code.language == Language::Php && is_own(&code.path));
    for runs in &found {
        match runs {
            Runs::Worker => process.tasks = true,
            Runs::Scheduler => {}
            // What a library's command does is not seen.
            Runs::Command(name) if BUILT_IN.contains(&name.as_str()) => {}
            Runs::Command(name) if has_command(name) => {
                process.commands.insert(name.clone());
            }
            // The commands of a console of PHP are told by its code.
            Runs::Command(name) if has_php => {
                process.commands.insert(name.clone());
            }
            Runs::Command(_) => return None,
            Runs::Transport(name) => {
                process.transports.insert(name.clone());
            }
            Runs::Timetable => (process.tasks, process.is_timetable) = (true, true),
        }
    }
    if has_php {
        process.routes = php::routes(texts, home);
    }
    (!found.is_empty()).then_some(process)
}

/// What a service does not run of its code and of what that loads.
pub(crate) fn unrun(infer: &Infer, home: &Home) -> Unrun {
    let program = infer.program;
    let Some(process) = &home.process else { return Unrun::default() };
    let own: BTreeSet<u32> = home.files(program).collect();
    let Some(commands) = commands(program, &own, process) else { return Unrun::default() };
    let mut unrun = Unrun::default();
    unrun.files.extend(own.iter().copied().filter(|at| {
        let path = program.files[*at as usize].path;
        is_command(path) && !path.ends_with("/__init__.py") && !commands.contains(name_of(path))
    }));
    for (at, file) in (0_u32..).zip(&program.files).filter(|(_, file)| file.language == Language::Python) {
        let is_run = is_command(file.path) && commands.contains(name_of(file.path));
        called::of_file(infer, at, (process.tasks, is_run), &mut unrun);
        if is_run && process.commands.contains(name_of(file.path)) && own.contains(&at) {
            unrun.queued.extend(called::of_commands(infer, at));
        }
    }
    let functions = |at: u32| (0_u32..).zip(&program.files[at as usize].facts.functions).map(move |(nth, _)| (at, nth));
    let idle = unrun.files.iter().flat_map(|at| functions(*at));
    unrun.functions.extend(idle.filter_map(|(at, nth)| program.function_at(at, nth)));
    if php::of_files(infer, &own, process, &mut unrun).is_none() {
        return Unrun::default();
    }
    if called::queued(infer, &own, &mut unrun).is_none() {
        return Unrun { files: unrun.files, ..Unrun::default() };
    }
    unrun
}

/// The commands that run in a process: those that it is told, and those that code calls by their names, theirs too. Nothing where any may be
/// called, or where one starts a server.
fn commands<'p>(program: &Program<'p>, own: &BTreeSet<u32>, process: &'p Process) -> Option<BTreeSet<&'p str>> {
    let mut found: BTreeSet<&str> = process.commands.iter().map(String::as_str).collect();
    let mut read = BTreeSet::new();
    loop {
        let is_loaded = |at: u32| program.importers(program.package_of(at)).next().is_some();
        let runs = |at: &u32| {
            let path = program.files[*at as usize].path;
            !is_command(path) || found.contains(name_of(path)) || is_loaded(*at)
        };
        let open: Vec<u32> = own.iter().copied().filter(|at| !read.contains(at) && runs(at)).collect();
        if open.is_empty() {
            break;
        }
        for at in &open {
            found.extend(called_by_name(program.files[*at as usize].facts)?);
        }
        read.extend(open);
    }
    let serves = |facts: &Facts| {
        let servers = ["daphne", "granian", "gunicorn", "hypercorn", "uvicorn", "waitress", "wsgiref"];
        facts.imports.iter().any(|import| servers.iter().any(|server| import.path.split('.').next() == Some(server)))
    };
    let mut files = own.iter().map(|at| &program.files[*at as usize]);
    let is_run = |path: &str| is_command(path) && found.contains(name_of(path));
    let is_serving = found.contains("runserver") || files.any(|file| is_run(file.path) && serves(file.facts));
    (!is_serving).then_some(found)
}

/// The commands that a file calls by their names; nothing where it cannot be told which.
fn called_by_name(facts: &Facts) -> Option<BTreeSet<&str>> {
    let mut found = BTreeSet::new();
    for expr in &facts.exprs {
        let Expr::Call { callee, arguments } = expr else { continue };
        if called::last_name(facts, *callee) != Some("call_command") {
            continue;
        }
        match facts.arguments(*arguments).first().map(|first| facts.expr(first.value)) {
            Some(Expr::Text(word)) => {
                found.insert(facts.word(*word));
            }
            // A command that is made where it is called.
            Some(Expr::Call { .. } | Expr::New { .. }) => {}
            _ => return None,
        }
    }
    Some(found)
}

/// Whether a file lies where Django looks for commands.
fn is_command(path: &str) -> bool {
    dir_of(path) == COMMANDS || dir_of(path).ends_with(&format!("/{COMMANDS}"))
}

/// What a command is called: its file without the ending.
fn name_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".py").unwrap_or(name)
}
