//! Workloads of other services in the deploy of one: they never get its labels and its policy.

use super::Context;
use super::document::Found;
use super::whole::{NAMED, some};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::name::ServiceName;
use std::collections::BTreeSet;
use std::ops::Range;

/// A workload of another service than the deployed one.
#[derive(Debug)]
pub(super) struct Other {
    /// How messages call it.
    pub(super) title: String,
    /// What says whose it is.
    pub(super) place: Range<usize>,
    pub(super) service: ServiceName,
    pub(super) way: Way,
}

/// What says whose a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Its pods wear the service's identity, by a label that Hedgerow writes or by one of somebody else.
    Worn { is_ours: bool },
    /// It has the service's name, in whole or the short one.
    Named { is_whole: bool },
    /// It is among the service's `workloads`.
    Listed,
}

/// Says which workloads are of other services: each, where they are few, and else all in one report, since then the stream is hardly
/// a deploy of one service.
pub(super) fn report(context: &Context<'_>, found: &mut Found<'_>) {
    let others = std::mem::take(&mut found.others);
    let Some(deployed) = context.options.service.as_ref() else { return };
    let mut services: BTreeSet<&ServiceName> = others.iter().map(|other| &other.service).collect();
    if services.len() < 2 && others.len() <= NAMED {
        found.diagnostics.extend(others.iter().map(|other| one(context, other, deployed)));
        return;
    }
    let what = match services.first() {
        Some(only) if services.len() == 1 => format!("{} workloads of `{only}`", others.len()),
        _ => {
            services.extend(found.deployed.keys());
            let count = services.len();
            let names: Vec<_> = services.iter().map(|service| format!("`{service}`")).collect();
            format!("workloads of {count} services ({})", some(names.iter().map(String::as_str)))
        }
    };
    let message = format!("the stream holds {what}, but this is a deploy of `{deployed}`");
    let diagnostic = others.iter().take(NAMED).fold(Diagnostic::new(Code::AmbiguousWorkload, message), |all, other| {
        all.mark(context.span(&other.place), format!("of `{}`", other.service))
    });
    found.diagnostics.push(diagnostic.help("leave out `--service`: then each service's workloads get its own labels"));
}

fn one(context: &Context<'_>, other: &Other, deployed: &ServiceName) -> Diagnostic {
    let Other { title, place, service, way } = other;
    let claim = match way {
        Way::Worn { .. } => format!("wears the identity of `{service}`"),
        Way::Named { is_whole: true } => format!("has the name of the service `{service}`"),
        Way::Named { is_whole: false } => format!("has the short name of the service `{service}`"),
        Way::Listed => format!("is among the `workloads` of `{service}`"),
    };
    let message = format!("{title} {claim}, but this is a deploy of `{deployed}`");
    let help = match way {
        Way::Worn { is_ours: true } => {
            "remove the label, or deploy the workload with its own service; `--prune` corrects it".to_owned()
        }
        // It is somebody else's label, and no option changes it.
        Way::Worn { is_ours: false } => format!("deploy it with `--service {service}`, or leave out `--service`"),
        Way::Named { .. } | Way::Listed => {
            let (key, value) = (context.plan.scheme().identity().key(), context.plan.scheme().identity_value(deployed));
            format!(
                "deploy it with `--service {service}`, or leave out `--service`; if it is of `{deployed}`, let its pods wear `{key}: {value}`"
            )
        }
    };
    Diagnostic::new(Code::AmbiguousWorkload, message).mark(context.span(place), "").help(help)
}
