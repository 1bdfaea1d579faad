//! `hedgerow render`: the policies of services, or of the platform.

use crate::cli::Exit;
use crate::cli::args::Render;
use crate::cli::session::Session;
use crate::write::write_file;
use hedgerow_core::fleet::Scope;
use hedgerow_render::object::Object;
use hedgerow_render::{platform_objects, service_objects};
use std::collections::BTreeSet;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Render) -> anyhow::Result<Exit> {
    // One service is rendered from what its own deploy would read.
    let scope = match args.services.as_slice() {
        [only] => Scope::One(Session::service_name(only)?),
        _ => Scope::Whole,
    };
    let loaded = session.load(scope, args.format)?;
    let plan = Session::plan(&loaded.fleet, args.environment.environment.as_deref())?;
    let objects: Vec<Object> = if args.platform {
        platform_objects(&plan)
    } else {
        let wanted = args.services.iter().map(|name| Session::service(&loaded.fleet, name));
        let wanted: BTreeSet<_> = wanted.collect::<anyhow::Result<_>>()?;
        let services = plan.services().values().filter(|service| wanted.is_empty() || wanted.contains(&service.name));
        services.flat_map(|service| service_objects(service, Some(&service.namespace))).collect()
    };
    match &args.out {
        None => {
            let documents: String = objects.iter().map(|object| format!("---\n{}", object.emit())).collect();
            session.out(&documents)?;
        }
        Some(directory) => {
            let directory = session.os.directory().join(directory);
            for object in &objects {
                write_file(&directory.join(file_name(object)), &object.emit())?;
            }
            session.note(&format!("wrote {} objects to {}\n", objects.len(), directory.display()));
        }
    }
    if objects.is_empty() {
        let what = if args.platform { "no type has callers" } else { "every service's stage is `off`" };
        session.note(&format!("nothing to render in `{}`: {what}\n", plan.environment()));
    }
    Ok(Exit::Done)
}

/// `<namespace>.<name>.<kind>.yaml`: one file per object, no two the same.
fn file_name(object: &Object) -> String {
    let group = if object.kind.api_version().starts_with("projectcalico.org/") { "calico-" } else { "" };
    let kind = format!("{group}{}", object.kind.as_str().to_ascii_lowercase());
    match &object.namespace {
        Some(namespace) => format!("{namespace}.{}.{kind}.yaml", object.name),
        None => format!("{}.{kind}.yaml", object.name),
    }
}
