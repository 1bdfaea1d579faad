//! `hedgerow labels`: what a service's pods wear.

use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, LabelFormat, Labels};
use crate::cli::session::Session;
use anyhow::Context;
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::ServicePlan;
use hedgerow_render::label_patch;
use serde::Serialize;
use std::collections::BTreeMap;

/// The JSON form, version 1.
#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    service: &'a str,
    environment: &'a str,
    namespace: &'a str,
    labels: BTreeMap<&'a str, &'a str>,
    expected: BTreeMap<&'a str, &'a str>,
}

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Labels) -> anyhow::Result<Exit> {
    let name = Session::service_name(&args.service)?;
    let loaded = session.load(Scope::One(name.clone()), DiagnosticFormat::Text)?;
    let plan = Session::plan(&loaded.fleet, &args.environment)?;
    let service = plan.service(&name).with_context(|| format!("there is no service `{name}`"))?;
    let text = match args.format {
        LabelFormat::Text => text(service),
        LabelFormat::Patch => label_patch(service),
        LabelFormat::Json => json(service, plan.environment().as_str())?,
    };
    session.out(&text)?;
    Ok(Exit::Done)
}

fn text(service: &ServicePlan) -> String {
    service.pods.write.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

fn json(service: &ServicePlan, environment: &str) -> anyhow::Result<String> {
    let answer = Answer {
        version: 1,
        service: service.name.as_str(),
        environment,
        namespace: service.namespace.as_str(),
        labels: service.pods.write.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        expected: service.pods.expect.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
    };
    Ok(serde_json::to_string_pretty(&answer).context("labels as JSON")? + "\n")
}
