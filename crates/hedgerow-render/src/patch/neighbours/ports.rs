//! Policy sees the port of the container: what a Kubernetes Service leads to, what containers name and what the service's
//! file declares must be the same.

use super::{Judged, fate};
use crate::patch::Context;
use hedgerow_core::diag::{Code, Diagnostic, Severity};
use hedgerow_core::name::ServiceName;

pub(super) fn check(context: &Context<'_>, judged: &Judged<'_, '_>, diagnostics: &mut Vec<Diagnostic>) {
    if !judged.lists_ports() {
        return;
    }
    let before = diagnostics.len();
    fronts(context, judged, diagnostics);
    if diagnostics.len() == before {
        containers(context, judged, diagnostics);
    }
}

/// Ports of Kubernetes Services that lead to container ports that are not declared.
fn fronts(context: &Context<'_>, judged: &Judged<'_, '_>, diagnostics: &mut Vec<Diagnostic>) {
    let name = &judged.service.name;
    let leads = judged.fronts.iter().flat_map(|led| led.front.ports.iter().map(move |port| (led, port)));
    let leads: Vec<_> = leads.map(|(led, port)| (led.front, port, led.reached(port))).collect();
    let arrives =
        |reached: &[(u16, String)]| reached.iter().any(|(number, protocol)| judged.declares(*number, protocol));
    let some_arrive = leads.iter().any(|(_, _, reached)| arrives(reached));
    for (front, port, reached) in &leads {
        let Some((number, protocol)) = reached.iter().find(|(number, protocol)| !judged.declares(*number, protocol))
        else {
            continue;
        };
        let message = format!(
            "Service `{}` leads port {} to container port {number}, which `{name}` does not declare: a call by rule {}",
            front.name.escape_debug(),
            port.port.number,
            fate(judged.plan)
        );
        let declared = judged.service.ports.listed().iter().map(|port| match &port.name {
            Some(name) => format!("{name} {}", port.number),
            None => port.number.to_string(),
        });
        let declared = declared.collect::<Vec<_>>().join(", ");
        let mut diagnostic = context
            .doubt(Code::PortMismatch, message)
            .mark(context.span(&port.place), format!("leads to {number}/{protocol}"))
            .help(match judged.service.ports.listed().iter().find(|port| port.number.get() == *number) {
                Some(port) => other_protocol(name, *number, port.protocol.as_str(), protocol),
                None => format!(
                    "declare the container's port under `ports` in the service.yaml of `{name}` (declared: {declared}), or lead the Service there"
                ),
            });
        // Where another port arrives, this one may be for callers by type alone, such as metrics.
        if some_arrive {
            diagnostic = diagnostic.severity(Severity::Warning);
        }
        diagnostics.push(diagnostic);
    }
}

/// What to write where a number is declared for another protocol than that of the container.
fn other_protocol(name: &ServiceName, number: u16, declared: &str, has: &str) -> String {
    let add = if declared == "TCP" { "add" } else { "write" };
    format!("{add} `protocol: {has}` at port {number}, under `ports` in the service.yaml of `{name}`")
}

/// Declared ports that containers have under another number, or not at all.
fn containers(context: &Context<'_>, judged: &Judged<'_, '_>, diagnostics: &mut Vec<Diagnostic>) {
    let name = &judged.service.name;
    let written: Vec<_> = judged.pods.iter().flat_map(|pods| pods.ports.iter().map(move |port| (pods, port))).collect();
    let Some((pods, first)) = written.first() else { return };
    let is_there = |number: u16, protocol: &str| {
        written.iter().any(|(_, port)| port.number == number && port.protocol == protocol)
    };
    let declared = judged.service.ports.listed();
    let some_are_there = declared.iter().any(|port| is_there(port.number.get(), port.protocol.as_str()));
    for port in declared.iter().filter(|port| !is_there(port.number.get(), port.protocol.as_str())) {
        let same_name = |it: &str| port.name.as_ref().is_some_and(|name| name.as_str() == it);
        let renamed = written.iter().find(|(_, other)| other.name.as_deref().is_some_and(same_name));
        // The number is there for another protocol: mostly `protocol` was forgotten.
        let same_number = written.iter().find(|(_, other)| {
            other.number == port.number.get()
                && !declared.iter().any(|it| it.number == port.number && it.protocol.as_str() == other.protocol)
        });
        if let Some((pods, other)) = same_number {
            let (number, has) = (port.number, &other.protocol);
            let message = format!(
                "`{name}` declares {number}/{}, the container of {} has {number}/{has}: a call by rule {}",
                port.protocol.as_str(),
                pods.title,
                fate(judged.plan)
            );
            let help = other_protocol(name, number.get(), port.protocol.as_str(), has);
            diagnostics
                .push(context.doubt(Code::PortMismatch, message).mark(context.span(&other.place), "").help(help));
            continue;
        }
        let (message, place) = match renamed {
            Some((pods, other)) => (
                format!(
                    "`{name}` declares port `{}` as {}, but it is {} in {}: a call by rule {}",
                    port.reference(),
                    port.number,
                    other.number,
                    pods.title,
                    fate(judged.plan)
                ),
                &other.place,
            ),
            None => (
                format!(
                    "`{name}` declares port {}, but no container of {} has it: a call by rule to another port {}",
                    port.number,
                    pods.title,
                    fate(judged.plan)
                ),
                &first.place,
            ),
        };
        let mut diagnostic = context.doubt(Code::PortMismatch, message).mark(context.span(place), "").help(format!(
            "write the container's port under `ports` in the service.yaml of `{name}`, never a Service's"
        ));
        // Containers need not name every port that they listen on.
        if renamed.is_none() && some_are_there {
            diagnostic = diagnostic.severity(Severity::Warning);
        }
        diagnostics.push(diagnostic);
    }
}
