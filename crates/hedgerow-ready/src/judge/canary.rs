//! Whether calls that must be seen were seen, and what is said of services that no such call can reach.

use super::{CANARY, Court, DAY, line, show};
use crate::evidence::{Evidence, Kind, Outcome};
use hedgerow_core::diag::count;
use hedgerow_core::fleet::Service;
use hedgerow_core::name::Protocol;
use hedgerow_core::policy::Ports;
use hedgerow_observe::observations::Canary;

/// How a canary can call a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callable {
    /// On a port of TCP.
    ByTcp,
    /// Nobody tells it on which port.
    Undeclared,
    /// Not at all: its calls are TCP, and none of the ports is.
    Never,
}

/// How a canary can call a service that listens.
pub(crate) fn callable(service: &Service) -> Callable {
    let mut ports = service.ports.listed().iter().chain(&service.always);
    match service.ports {
        Ports::Any => Callable::Undeclared,
        Ports::These(_) | Ports::Nothing if ports.any(|port| port.protocol == Protocol::Tcp) => Callable::ByTcp,
        Ports::These(_) | Ports::Nothing => Callable::Never,
    }
}

impl Court<'_> {
    pub(super) fn canary(&self, service: &Service) -> Evidence {
        let canaries = &self.question.observations.header.canaries;
        let canaries = || canaries.iter().filter(|canary| canary.callee == service.name.as_str());
        let (sent, seen) = canaries().fold((0_u64, 0_u64), |(sent, seen), canary| {
            (sent.saturating_add(canary.sent), seen.saturating_add(canary.seen))
        });
        if sent == 0 && service.ports == Ports::Nothing && service.always.is_empty() {
            let text = "it listens on no port: nobody can call it, and no canary has to".to_owned();
            return line(Kind::Canary, Outcome::Holds, text);
        }
        if sent == 0 {
            let text = "no canary called it: silence may be deafness".to_owned();
            let line = line(Kind::Canary, Outcome::Unknown, text);
            return match callable(service) {
                Callable::ByTcp => line.help("let `hedgerow-observer canary` call it"),
                Callable::Undeclared => line.help(format!(
                    "declare its `ports`: the canary calls the first of TCP; or let it call with `--call {}=HOST:PORT`",
                    service.name
                )),
                Callable::Never => self.uncallable(service),
            };
        }
        // Several canaries of one callee: each has to be seen.
        // One that was missed since then is no proof, whatever else is said.
        let since = |canary: &Canary| canary.since.filter(|since| canary.missed.is_none_or(|missed| missed < *since));
        let since = canaries().map(since).reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))).flatten();
        let of = format!("{} of the canary", count(sent, "call"));
        match since {
            // Its days are whole days: the window may begin in the middle of one.
            Some(since) if since.0 < self.begin().0 + DAY => {
                let text = format!("{of}; since {} every day had some, and all were seen", show(since));
                line(Kind::Canary, Outcome::Holds, text)
            }
            Some(since) => {
                let text = format!("{of}; only since {} some were made on every day, and all were seen", show(since));
                line(Kind::Canary, Outcome::Wait(self.after_window(since)), text)
            }
            None => {
                let missed = sent.saturating_sub(seen);
                let text = format!("{of}, {missed} not seen; on the last day none was made, or one was not seen");
                line(Kind::Canary, Outcome::Unknown, text)
                    .help("see the alert HedgerowCanaryUnseen: does the canary run, and is its call let through?")
            }
        }
    }

    /// A service that no canary can call: whether its silence counts is for its owner to say.
    fn uncallable(&self, service: &Service) -> Evidence {
        const WHY: &str =
            "no canary can call it: a call of the canary is a TCP connection, and it declares no TCP port";
        match self.waiver(service.name.as_str(), CANARY).and_then(|rare| rare.waiver.as_ref()) {
            Some(waiver) => {
                let text = format!("{WHY}; waived until {}: {}", waiver.expires, waiver.reason);
                line(Kind::Canary, Outcome::Waived, text)
            }
            None => line(Kind::Canary, Outcome::Unknown, WHY.to_owned()).help(
                "see for yourself that one of its calls is in the observations, and answer for it in its service.yaml: `rare: [{what: canary, reason: …, expires: …}]`",
            ),
        }
    }
}
