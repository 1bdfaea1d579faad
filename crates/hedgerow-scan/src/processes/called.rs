//! What of a program of Python only a server calls, and what only a worker does.

use super::Unrun;
use crate::infer::Infer;
use crate::program::{FnId, Meaning, TypeId};
use hedgerow_code::ir::{Expr, ExprId, Facts};
use std::collections::BTreeSet;

/// What decorators are called, without what stands before it, that hand a function to a server.
const ROUTES: &[&str] = &[
    "after_request",
    "api_view",
    "api_route",
    "before_request",
    "before_app_request",
    "delete",
    "errorhandler",
    "exception_handler",
    "get",
    "head",
    "login_required",
    "middleware",
    "options",
    "patch",
    "permission_required",
    "post",
    "put",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
    "route",
    "websocket",
    "websocket_route",
];

/// Those that hand one to a worker.
const TASKS: &[&str] =
    &["actor", "cron", "db_periodic_task", "db_task", "job", "lock_task", "periodic_task", "shared_task", "task"];

/// Those that only wrap one: it is called by its name or not at all.
const WRAPPING: &[&str] = &["asynccontextmanager", "cache", "contextmanager", "lru_cache", "wraps"];

/// Functions and classes that say which function answers under an address.
const URLS: &[&str] = &[
    "APIRoute",
    "Route",
    "WebSocketRoute",
    "add_api_route",
    "add_api_websocket_route",
    "add_route",
    "add_url_rule",
    "path",
    "re_path",
    "url",
];

/// The beginnings of the paths of classes that only what answers requests makes. So are those that are called `…View` and `…ViewSet`.
const SERVED: &[&str] = &[
    "channels.consumer.",
    "channels.generic.",
    "django.contrib.admin.",
    "django.utils.deprecation.MiddlewareMixin",
    "django.views.",
    "flask.views.",
    "flask_restful.",
    "flask_restx.",
    "rest_framework.generics.",
    "rest_framework.views.",
    "rest_framework.viewsets.",
    "starlette.endpoints.",
    "starlette.middleware.",
    "tornado.web.",
];

/// Classes called `…View` that are tables of a database.
const TABLES: &[&str] = &["django_pgviews."];

/// What a worker calls of a task that is a class.
const HOOKS: &[&str] =
    &["__call__", "after_return", "before_start", "on_failure", "on_retry", "on_success", "on_timeout", "run"];

/// Where the classes of Django's commands come from.
const COMMANDS: &str = "django.core.management.";

/// How many classes above one are looked at, and how deep a view may be wrapped.
const MAX_BASES: usize = 20;
const MAX_WRAPPED: usize = 4;

/// Libraries whose workers run whatever function a queue names, with the calls that put one there.
const NAMED_QUEUES: &[&str] = &["django_q", "django_rq", "flask_rq2", "rq", "rq_scheduler"];
const ENQUEUES: &[&str] =
    &["async_task", "cron", "enqueue", "enqueue_at", "enqueue_call", "enqueue_in", "schedule", "schedule_job"];

/// Adds what a process does not run of a file: what answers requests, and where it runs no `tasks`, those. A command that `is_run` is kept.
pub(super) fn of_file(infer: &Infer, at: u32, (tasks, is_run): (bool, bool), unrun: &mut Unrun) {
    let program = infer.program;
    let facts = program.files[at as usize].facts;
    for (nth, function) in (0_u32..).zip(&facts.functions).skip(1) {
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let has = |names: &[&str]| function.decorators.iter().any(|name| names.contains(&last(name).as_str()));
        let is_task = has(TASKS);
        if (is_task && !tasks) || (has(ROUTES) && !is_task) {
            unrun.functions.extend(program.function_at(at, nth));
        }
        let is_wrapped = |name: &String| WRAPPING.contains(&last(name).as_str());
        let names: Vec<String> = function.decorators.iter().map(ToString::to_string).collect();
        if !tasks && !names.is_empty() && names.iter().all(is_wrapped) {
            unrun.wrapped.extend(program.function_at(at, nth));
        }
    }
    for decl in &facts.types {
        let Meaning::Type(id) = program.meaning(at, &decl.name) else { continue };
        let bases = outside_bases(infer, id);
        let is_task = bases.iter().any(|path| path.starts_with("celery.") && path.ends_with("Task"));
        let is_command = bases.iter().any(|path| path.starts_with(COMMANDS));
        if is_task {
            let hooks = program.own_methods(id).filter(|(name, _)| !tasks && HOOKS.contains(name));
            unrun.functions.extend(hooks.map(|(_, method)| method));
        } else if bases.iter().any(|path| is_served(path)) || (is_command && !is_run) {
            unrun.types.insert(id);
            let is_task = |function: &FnId| {
                let names = &program.function(*function).decorators;
                names.iter().any(|name| name.rsplit('.').next().is_some_and(|last| TASKS.contains(&last)))
            };
            let methods = program.own_methods(id).map(|(_, method)| method);
            unrun.functions.extend(methods.filter(|method| !(tasks && is_task(method))));
        }
    }
    for (nth, _) in (0_u32..).zip(&facts.functions) {
        let Some(function) = program.function_at(at, nth) else { continue };
        for id in program.exprs(function) {
            if let Expr::Call { callee, arguments } = facts.expr(id)
                && last_name(facts, *callee).is_some_and(|name| URLS.contains(&name))
            {
                for argument in facts.arguments(*arguments) {
                    routed(infer, function, argument.value, 0, unrun);
                }
            }
        }
    }
}

/// The methods of the commands in a file.
pub(super) fn of_commands(infer: &Infer, at: u32) -> Vec<FnId> {
    let program = infer.program;
    let types = program.files[at as usize].facts.types.iter();
    let types = types.filter_map(|decl| match program.meaning(at, &decl.name) {
        Meaning::Type(id) => Some(id),
        _ => None,
    });
    let commands = types.filter(|id| outside_bases(infer, *id).iter().any(|path| path.starts_with(COMMANDS)));
    commands.flat_map(|id| program.own_methods(id).map(|(_, method)| method)).collect()
}

/// The function that answers under an address, alone or wrapped: `csrf_exempt(views.books)`.
fn routed(infer: &Infer, function: FnId, value: ExprId, depth: usize, unrun: &mut Unrun) {
    if depth > MAX_WRAPPED {
        return;
    }
    match infer.program.expr(function, value) {
        Expr::Call { arguments, .. } => {
            for argument in infer.program.arguments(function, *arguments) {
                routed(infer, function, argument.value, depth + 1, unrun);
            }
        }
        _ => unrun.functions.extend(meant(infer, function, value)),
    }
}

/// The function that an expression names.
fn meant(infer: &Infer, function: FnId, value: ExprId) -> Option<FnId> {
    let program = infer.program;
    let meaning = match program.expr(function, value) {
        Expr::Name(name) => program.meaning(program.file_of(function), program.word(function, *name)),
        Expr::Member { of, name } => infer.qualified(function, *of, program.word(function, *name))?,
        _ => return None,
    };
    match meaning {
        Meaning::Function(found) => Some(found),
        _ => None,
    }
}

/// The paths of the classes from outside that one extends, itself or by those above it.
pub(super) fn outside_bases(infer: &Infer, id: TypeId) -> Vec<String> {
    let (mut found, mut seen, mut open) = (Vec::new(), BTreeSet::new(), vec![id]);
    while let Some(id) = open.pop() {
        if seen.insert(id) && seen.len() <= MAX_BASES {
            found.extend(infer.program.outside_bases(id));
            open.extend(infer.program.declared_bases(id));
        }
    }
    found
}

fn is_served(path: &str) -> bool {
    let is_below = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    let name = path.rsplit('.').next().unwrap_or(path);
    is_below(SERVED) || ((name.ends_with("View") || name.ends_with("ViewSet")) && !is_below(TABLES))
}

/// Adds the functions that what is not run puts into a queue whose worker runs whatever it is told. Nothing where it cannot be told which.
pub(super) fn queued(infer: &Infer, own: &BTreeSet<u32>, unrun: &mut Unrun) -> Option<()> {
    let program = infer.program;
    let files = || own.iter().map(|at| (*at, &program.files[*at as usize]));
    let is_named = |path: &str| path.split('.').next().is_some_and(|first| NAMED_QUEUES.contains(&first));
    if !files().any(|(_, file)| file.facts.imports.iter().any(|import| is_named(&import.path))) {
        return Some(());
    }
    let named = |path: &str| {
        let (module, name) = path.rsplit_once('.')?;
        let module = module.rsplit('.').next()?;
        let all = files().filter(|(_, file)| {
            let stem = file.path.trim_end_matches(".py").trim_end_matches("/__init__");
            stem.rsplit('/').next() == Some(module)
        });
        let functions = all.flat_map(|(at, file)| (0_u32..).zip(&file.facts.functions).map(move |(n, f)| (at, n, f)));
        let found: Vec<FnId> = functions
            .filter(|(.., function)| function.name == name && function.receiver.is_none())
            .filter_map(|(at, n, _)| program.function_at(at, n))
            .collect();
        (!found.is_empty()).then_some(found)
    };
    for function in &unrun.functions {
        let facts = program.facts_of(*function);
        for id in program.exprs(*function) {
            let Expr::Call { callee, arguments } = facts.expr(id) else { continue };
            if !last_name(facts, *callee).is_some_and(|name| ENQUEUES.contains(&name)) {
                continue;
            }
            let arguments = facts.arguments(*arguments);
            let found: BTreeSet<FnId> = arguments
                .iter()
                .flat_map(|argument| match facts.expr(argument.value) {
                    Expr::Text(word) => named(facts.word(*word)).unwrap_or_default(),
                    _ => meant(infer, *function, argument.value).into_iter().collect(),
                })
                .collect();
            if found.is_empty() {
                return None;
            }
            unrun.queued.extend(found);
        }
    }
    Some(())
}

/// What is called, without what it belongs to: `call_command`, `management.call_command`.
pub(super) fn last_name(facts: &Facts, callee: ExprId) -> Option<&str> {
    match facts.expr(callee) {
        Expr::Name(name) | Expr::Member { name, .. } => Some(facts.word(*name)),
        _ => None,
    }
}
