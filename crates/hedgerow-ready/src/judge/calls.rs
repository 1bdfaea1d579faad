//! Whether calls came that no rule permits: by the tree as it is now, since that is what is enforced. Of whom the tree does not tell, the policy
//! that was deployed when the call was seen has told; that counts where it is the one that the tree asks for.

use super::{Court, line, show};
use crate::evidence::{Evidence, Kind, Outcome, listed};
use crate::reconcile::is_bare;
use crate::traffic::{beyond_rules, declares, permission, permitted};
use hedgerow_core::diag::{count, enumerate};
use hedgerow_core::fleet::Service;
use hedgerow_core::verdict::Permission;
use hedgerow_observe::observations::{End, Moment, Observation, Verdict};
use std::collections::BTreeSet;

/// What the calls of one kind come to.
#[derive(Default)]
struct Group {
    who: Vec<String>,
    last: Option<Moment>,
    /// How many calls.
    calls: u64,
    /// What helps, for each of them.
    help: BTreeSet<String>,
    /// What no rule can help against.
    beyond: BTreeSet<String>,
}

impl Group {
    fn add(&mut self, who: String, observation: &Observation) {
        if !self.who.contains(&who) {
            self.who.push(who);
        }
        self.last = self.last.max(Some(observation.last));
        self.calls = self.calls.saturating_add(observation.count);
    }
}

/// The calls to one service, by what they mean for it.
#[derive(Default)]
struct Groups {
    /// The tree does not permit them.
    without: Group,
    /// The deployed policy does not permit them, and only that can tell.
    outsiders: Group,
    /// The deployed policy permits them, only that can tell, and it is not the tree's.
    elsewhere: Group,
    /// Dropped, although the tree permits them.
    dropped: Group,
    /// Their type permits them, and they came without its label to the last.
    untyped: Group,
    /// Not permitted when they came, and permitted by the tree.
    since: Group,
    unknown: Group,
    /// Of outsiders, and dropped already.
    aside: Group,
    fine: Group,
}

impl Court<'_> {
    pub(super) fn calls(&self, service: &Service) -> Vec<Evidence> {
        let groups = self.grouped(service);
        let Groups { without, outsiders, elsewhere, dropped, untyped, since, unknown, aside, fine } = &groups;
        let mut evidence = Vec::new();
        let mut tell = |group: &Group, text: &str, outcome: fn(&Self, Moment) -> Outcome, help: Option<String>| {
            let Some(last) = group.last else { return };
            let text = format!("{text}: {}; last at {}", listed(&group.who), show(last));
            let mut told = line(Kind::Calls, outcome(self, last), text);
            told.help = help;
            evidence.push(told);
        };
        let blocks = |_: &Self, _| Outcome::Blocks;
        let mends =
            (!without.help.is_empty()).then(|| format!("if it is meant: {}", enumerate(without.help.iter().take(3))));
        let help: Vec<String> = mends.into_iter().chain(without.beyond.iter().cloned()).collect();
        tell(without, "calls that no rule permits", blocks, Some(help.join("; ")));
        let key = self.question.plan.scheme().service_type();
        let help = format!(
            "let their pods wear `{key}`, the label of their type, and apply what `{} render --platform` prints",
            self.question.program
        );
        let text = "calls that a type permits and that came without its label, or where no catch-all lets them in";
        tell(untyped, text, blocks, Some(help));
        let help = format!("if they are meant, let them in by `allow:` in the service.yaml of `{}`", service.name);
        tell(outsiders, "calls from outside of the fleet that nothing permits", blocks, Some(help));
        let text = "calls that the deployed policy permits, which is not the one that this tree asks for";
        let help = "deploy this tree, or ask in the tree that is deployed: of callers that are no services of the fleet only the deployed policy tells";
        tell(elsewhere, text, |_, _| Outcome::Unknown, Some(help.to_owned()));
        let help =
            "run `hedgerow verify` on a dump of the cluster: something else drops them, or a pod lacks its label";
        tell(dropped, "calls that a rule permits and that were dropped all the same", blocks, Some(help.to_owned()));
        // Of these it will never be told; all that helps is that none comes for as long.
        let text = "calls of which it cannot be told whether a rule permits them";
        tell(unknown, text, |court, last| Outcome::Wait(court.after_window(last)), None);
        let text = "calls that no rule permitted when they came; today one does";
        tell(since, text, |court, last| Outcome::Wait(court.after_window(last)), None);
        if evidence.is_empty() {
            let dropped = match aside.calls {
                0 => String::new(),
                calls => {
                    let are = if calls == 1 { "was" } else { "were" };
                    format!(
                        "; {} from outside of the fleet {are} dropped already: {}",
                        count(calls, "call"),
                        listed(&aside.who)
                    )
                }
            };
            let text = match (fine.who.len(), fine.calls) {
                (0, _) => format!("no call was let through in {}{dropped}", count(self.question.days, "day")),
                (_, 1) => format!("1 call, which is permitted{dropped}"),
                (callers, calls) => {
                    format!("{calls} calls by {}, each is permitted{dropped}", count(callers, "caller"))
                }
            };
            evidence.push(line(Kind::Calls, Outcome::Holds, text));
        }
        evidence
    }

    fn grouped(&self, service: &Service) -> Groups {
        let callee = service.name.as_str();
        let plan = self.question.plan;
        let is_planned = self.is_planned(callee);
        let mut groups = Groups::default();
        let lines = self.traffic.to(callee).iter().copied();
        for observation in lines.filter(|observation| observation.last >= self.begin()) {
            let often = format!("({}, on port {})", count(observation.count, "time"), observation.port);
            let (who, tree) = match &observation.caller {
                End::Service(caller) => (format!("`{caller}`"), permitted(plan, caller, observation)),
                End::Outsider(name) => (name.clone(), None),
                End::Unknown(candidates) => {
                    let may = |one: &String| permitted(plan, one, observation) == Some(true);
                    let all_may = !candidates.is_empty() && candidates.iter().all(may);
                    let who =
                        if candidates.is_empty() { "nobody knows whom".to_owned() } else { candidates.join(" or ") };
                    (who, all_may.then_some(true))
                }
            };
            let is_outsider = matches!(observation.caller, End::Outsider(_));
            let is_service = matches!(observation.caller, End::Service(_));
            let group = match (tree, observation.verdict) {
                (Some(false), _) => &mut groups.without,
                (Some(true), Verdict::Dropped) => &mut groups.dropped,
                (Some(true), Verdict::Unpermitted) => match &observation.caller {
                    End::Service(caller) if self.is_bare_by_type(caller, observation) => &mut groups.untyped,
                    End::Service(_) | End::Outsider(_) | End::Unknown(_) => &mut groups.since,
                },
                (Some(true), Verdict::Permitted | Verdict::Unknown) => &mut groups.fine,
                (None, Verdict::Permitted) if is_planned => &mut groups.fine,
                (None, Verdict::Permitted) => &mut groups.elsewhere,
                (None, Verdict::Unpermitted) if is_outsider => &mut groups.outsiders,
                (None, Verdict::Unpermitted) if is_service => &mut groups.without,
                // What is dropped already stays so.
                (None, Verdict::Dropped) if is_outsider => &mut groups.aside,
                (None, Verdict::Dropped) if is_service => &mut groups.dropped,
                (None, Verdict::Unpermitted | Verdict::Dropped | Verdict::Unknown) => &mut groups.unknown,
            };
            // Of what is fine or over it is enough to know who it was.
            let is_told_often = tree == Some(false)
                || matches!(observation.verdict, Verdict::Unpermitted | Verdict::Dropped) && tree.is_none();
            if let (End::Service(caller), Some(false) | None) = (&observation.caller, tree) {
                match beyond_rules(observation.port, &observation.protocol) {
                    Some(why) => drop(group.beyond.insert(why)),
                    None => drop(group.help.insert(self.mend(caller, observation))),
                }
            }
            group.add(if is_told_often { format!("{who} {often}") } else { who }, observation);
        }
        groups
    }

    /// Whether the policy by which calls to a service were judged is the one that the tree asks for.
    fn is_planned(&self, callee: &str) -> bool {
        let deployed = self.watched(callee).and_then(|watched| watched.policy.as_ref());
        let planned = self.question.tree.policies.get(callee);
        deployed.zip(planned).is_some_and(|(deployed, planned)| deployed.digest == *planned)
    }

    /// Whether the last call of a caller whose type permits it came without the label of the type, or where no catch-all lets it in.
    fn is_bare_by_type(&self, caller: &str, observation: &Observation) -> bool {
        if !matches!(permission(self.question.plan, caller, observation), Some(Permission::Types)) {
            return false;
        }
        let lines = self.traffic.to(&observation.callee).iter().copied();
        let own: Vec<&Observation> =
            lines.filter(|line| matches!(&line.caller, End::Service(name) if name == caller)).collect();
        is_bare(&own)
    }

    /// What makes a service's call permitted.
    fn mend(&self, caller: &str, observation: &Observation) -> String {
        let fleet = self.question.plan.fleet();
        let Observation { callee, port, protocol, .. } = observation;
        let program = self.question.program;
        let ends = fleet.service(caller).zip(fleet.known(callee));
        let Some((caller, known)) = ends else {
            return format!("the rule is added where the files of `{caller}` are");
        };
        if caller.name == known.name {
            return format!("see docs/codes/self-call.md: `{caller}` calls itself", caller = caller.name);
        }
        match fleet.rule(&caller.name, &known.name) {
            _ if !declares(self.question.plan, callee, *port, protocol) => {
                format!("declare port {port}/{protocol} in the service.yaml of `{callee}`")
            }
            Some(_) => format!("add port {port} to `ports` in the rule of `{}`", caller.name),
            None => format!("`{program} allow {} {callee}`", caller.name),
        }
    }
}
