//! Whether calls came that no rule permits: by the tree as it is now, since that is what is enforced.

use super::{Court, are_many, line, listed, show};
use crate::evidence::{Evidence, Kind, Outcome};
use crate::traffic::permitted;
use hedgerow_core::fleet::Service;
use hedgerow_observe::observations::{End, Moment, Observation, Verdict};

/// What the calls of one kind come to.
#[derive(Default)]
struct Group {
    who: Vec<String>,
    last: Option<Moment>,
}

impl Group {
    fn add(&mut self, who: String, observation: &Observation) {
        if !self.who.contains(&who) {
            self.who.push(who);
        }
        self.last = self.last.max(Some(observation.last));
    }
}

impl Court<'_> {
    pub(super) fn calls(&self, service: &Service) -> Vec<Evidence> {
        let callee = service.name.as_str();
        let (mut without, mut outsiders, mut dropped, mut since, mut unknown) =
            (Group::default(), Group::default(), Group::default(), Group::default(), Group::default());
        let (mut count, mut callers) = (0_u64, std::collections::BTreeSet::new());
        for observation in
            self.traffic.to(callee).iter().copied().filter(|observation| observation.last >= self.begin())
        {
            count = count.saturating_add(observation.count);
            callers.insert(&observation.caller);
            match &observation.caller {
                End::Service(caller) => {
                    let who = format!("`{caller}` ({} times, on port {})", observation.count, observation.port);
                    match (permitted(self.question.plan, caller, observation), observation.verdict) {
                        (Some(false), _) | (None, Verdict::Unpermitted) => without.add(who, observation),
                        (_, Verdict::Dropped) => dropped.add(who, observation),
                        (Some(true), Verdict::Unpermitted) => since.add(format!("`{caller}`"), observation),
                        (None, Verdict::Unknown) => unknown.add(format!("`{caller}`"), observation),
                        (Some(true), Verdict::Permitted | Verdict::Unknown) | (None, Verdict::Permitted) => {}
                    }
                }
                End::Outsider(name) => match observation.verdict {
                    Verdict::Unpermitted => {
                        outsiders.add(
                            format!("{name} ({} times, on port {})", observation.count, observation.port),
                            observation,
                        );
                    }
                    Verdict::Unknown => unknown.add(name.clone(), observation),
                    // What is dropped already stays so.
                    Verdict::Permitted | Verdict::Dropped => {}
                },
                End::Unknown(candidates) => {
                    let all_may = !candidates.is_empty()
                        && candidates.iter().all(|one| permitted(self.question.plan, one, observation) == Some(true));
                    if observation.verdict != Verdict::Permitted && !all_may {
                        let who = if candidates.is_empty() {
                            "nobody knows whom".to_owned()
                        } else {
                            candidates.join(" or ")
                        };
                        unknown.add(who, observation);
                    }
                }
            }
        }
        let mut evidence = Vec::new();
        let mut tell = |group: &Group, text: &str, outcome: fn(&Self, Moment) -> Outcome, help: Option<String>| {
            let Some(last) = group.last else { return };
            let text = format!("{text}: {}; last at {}", listed(&group.who), show(last));
            let mut told = line(Kind::Calls, outcome(self, last), text);
            told.help = help;
            evidence.push(told);
        };
        let blocks = |_: &Self, _| Outcome::Blocks;
        let help = "if it is meant, add the rule: `hedgerow scan --write` where the code shows it, `hedgerow allow CALLER CALLEE --reason …` else";
        tell(&without, "calls that no rule permits", blocks, Some(help.to_owned()));
        let help = format!("if they are meant, let them in by `allow:` in the service.yaml of `{callee}`");
        tell(&outsiders, "calls from outside of the fleet that nothing permits", blocks, Some(help));
        let help =
            "run `hedgerow verify` on a dump of the cluster: something else drops them, or a pod lacks its label";
        tell(&dropped, "calls that a rule permits and that were dropped all the same", blocks, Some(help.to_owned()));
        // Of these it will never be told; all that helps is that none comes for as long.
        let text = "calls of which it cannot be told whether a rule permits them";
        tell(&unknown, text, |court, last| Outcome::Wait(court.after_window(last)), None);
        let text = "calls that no rule permitted then; today one does";
        tell(&since, text, |court, last| Outcome::Wait(court.after_window(last)), None);
        if evidence.is_empty() {
            let days = self.question.days;
            let text = match callers.len() {
                0 => format!("no call at all in {days} days"),
                many => format!("{count} calls by {}, each is permitted", are_many(many, "caller")),
            };
            evidence.push(line(Kind::Calls, Outcome::Holds, text));
        }
        evidence
    }
}
