//! `hedgerow render`: the policies of services, or of the platform.

use super::guard;
use crate::cli::Exit;
use crate::cli::args::Render;
use crate::cli::report::count;
use crate::cli::session::Session;
use hedgerow::write_file;
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::Plan;
use hedgerow_render::object::{Kind, Object};
use hedgerow_render::{platform_objects, service_objects};
use std::collections::BTreeSet;
use std::path::Path;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Render) -> anyhow::Result<Exit> {
    // One service is rendered from what its own deploy would read.
    let scope = match args.services.as_slice() {
        [only] => Scope::One(Session::service_name(only)?),
        _ => Scope::Whole,
    };
    let loaded = session.load(scope, args.format)?;
    let plan = Session::plan(&loaded.fleet, &args.environment)?;
    let guard = match (args.guard, args.services.as_slice()) {
        (false, _) => Vec::new(),
        (true, []) => guard::files(&plan)?,
        (true, services) => {
            let wanted: anyhow::Result<Vec<_>> =
                services.iter().map(|name| Session::service(&loaded.fleet, name)).collect();
            guard::of_services(&plan, wanted?.iter().filter_map(|name| plan.service(name)))?
        }
    };
    let objects: Vec<Object> = if args.platform {
        platform_objects(&plan)
    } else if args.guard {
        Vec::new()
    } else {
        let wanted = args.services.iter().map(|name| Session::service(&loaded.fleet, name));
        let wanted: BTreeSet<_> = wanted.collect::<anyhow::Result<_>>()?;
        let services = plan.services().values().filter(|service| wanted.is_empty() || wanted.contains(&service.name));
        services.flat_map(|service| service_objects(service, Some(&service.namespace))).collect()
    };
    match &args.out {
        None => {
            let documents: String = objects.iter().map(|object| format!("---\n{}", object.emit())).collect();
            let guard: String = guard.iter().map(|(_, text)| format!("---\n{text}")).collect();
            session.out(&format!("{documents}{guard}"))?;
        }
        Some(directory) => {
            let directory = session.os.directory().join(directory);
            let names: BTreeSet<_> = objects.iter().map(file_name).collect();
            for object in &objects {
                write_file(&directory.join(file_name(object)), &object.emit())?;
            }
            for (file, text) in &guard {
                write_file(&directory.join(file), text)?;
            }
            let written = count(objects.len() + guard.len(), "object");
            session.note(&format!("wrote {written} to {}\n", directory.display()));
            // Only a run over everything knows which files are of an earlier one.
            if args.services.is_empty() {
                let mut left_over = if args.guard && !args.platform {
                    BTreeSet::new()
                } else {
                    left_over(&directory, &names, &plan, args.platform)
                };
                if args.guard {
                    left_over.extend(guard::left_over(&directory, &guard, &plan));
                }
                for left in left_over {
                    session.note(&format!("{left} is of an earlier run and is not rendered any more; remove it\n"));
                }
            }
        }
    }
    if objects.is_empty() && guard.is_empty() {
        let what = match (args.platform, args.services.as_slice()) {
            (true, _) => "no type has callers".to_owned(),
            (false, []) if plan.services().is_empty() => "there are no services".to_owned(),
            (false, []) => "every service's stage is `off`".to_owned(),
            (false, services) => format!("the stage of {} is `off`", services.join(", ")),
        };
        session.note(&format!("nothing to render in `{}`: {what}\n", plan.environment()));
    }
    Ok(Exit::Done)
}

/// `<namespace>.<name>.<kind>.yaml`: one file per object, no two the same.
fn file_name(object: &Object) -> String {
    let kind = kind_part(object.kind);
    match &object.namespace {
        Some(namespace) => format!("{namespace}.{}.{kind}.yaml", object.name),
        None => format!("{}.{kind}.yaml", object.name),
    }
}

fn kind_part(kind: Kind) -> String {
    let group = if kind.api_version().starts_with("projectcalico.org/") { "calico-" } else { "" };
    format!("{group}{}", kind.as_str().to_ascii_lowercase())
}

/// Files in the directory that an earlier run wrote and this one did not: their objects would still be applied.
fn left_over(directory: &Path, written: &BTreeSet<String>, plan: &Plan, platform: bool) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return BTreeSet::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let kinds = Kind::ALL.map(|kind| format!(".{}.yaml", kind_part(kind)));
    let types = plan.fleet().config().types.keys();
    let catch_alls: Vec<_> = types.map(|service_type| plan.scheme().catch_all(service_type).to_string()).collect();
    let is_platform = |name: &str| name.split('.').any(|part| catch_alls.iter().any(|object| object == part));
    // The label of today's versions, or what earlier ones wrote, unless another fleet did.
    let is_ours = |name: &String| {
        let Ok(text) = std::fs::read_to_string(directory.join(name)) else { return false };
        let pairs = || text.lines().filter_map(|line| line.trim().split_once(": "));
        let keys: Vec<String> = pairs().map(|(key, _)| key.trim_matches('"').to_owned()).collect();
        let manager = pairs().find(|(key, _)| *key == hedgerow_render::object::MANAGED_BY).map(|(_, value)| value);
        plan.scheme().has_written(&keys, manager)
    };
    names
        .filter(|name| kinds.iter().any(|kind| name.ends_with(kind.as_str())))
        .filter(|name| is_platform(name) == platform && !written.contains(name) && is_ours(name))
        .collect()
}
