//! What a report says. Its JSON form is `docs/schemas/report.json`.

use crate::cli::args::Reconcile;
use crate::cli::cmd::evidence::Evidence;
use crate::cli::cmd::ready::output::{common, decides, verdict};
use crate::cli::cmd::reconcile::output::{NO_OWNER, by_owner, facts, help};
use crate::cli::report::count;
use crate::embedded::docs;
use hedgerow_core::date::Date;
use hedgerow_graph::{Facing, Network, Use};
use hedgerow_ready::evidence::{Readiness, Verdict};
use hedgerow_ready::reconcile::{Class, Reconciled};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the JSON form that is written and read.
pub(super) const VERSION: u32 = 1;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: u32,
    pub(super) environment: String,
    pub(super) date: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) days: u32,
    /// By day; this report's own is the last.
    pub(super) history: Vec<Point>,
    pub(super) traffic: Traffic,
    /// How well was listened, in sentences.
    pub(super) heard: Vec<String>,
    pub(super) owners: Vec<Owner>,
    pub(super) questions: Vec<Question>,
    pub(super) faces: Vec<Faces>,
    /// What is in the way of all services alike.
    pub(super) shared: Vec<String>,
    pub(super) services: Vec<Service>,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) date: String,
    pub(super) services: usize,
    /// By stage.
    pub(super) stages: BTreeMap<String, usize>,
    /// By what `ready` says.
    pub(super) verdicts: BTreeMap<String, usize>,
    /// Open questions.
    pub(super) open: usize,
}

/// What of an earlier report is read.
#[derive(Debug, Deserialize)]
pub(super) struct Earlier {
    pub(super) version: u32,
    pub(super) environment: String,
    pub(super) history: Vec<Point>,
}

/// Permitted edges by what traffic says of them, and callers that nothing permits.
#[derive(Debug, Serialize)]
pub(super) struct Traffic {
    pub(super) edges: usize,
    pub(super) used: usize,
    pub(super) unseen: usize,
    pub(super) perhaps: usize,
    pub(super) unlabelled: usize,
    pub(super) unpermitted: usize,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Owner {
    pub(super) owner: String,
    pub(super) services: usize,
    pub(super) enforced: usize,
    pub(super) ready: usize,
    pub(super) questions: usize,
}

/// One edge on which code, rules and traffic differ.
#[derive(Debug, Serialize)]
pub(super) struct Question {
    pub(super) owner: String,
    pub(super) class: &'static str,
    pub(super) means: &'static str,
    pub(super) caller: String,
    pub(super) callee: String,
    pub(super) facts: Vec<String>,
    pub(super) help: Vec<String>,
}

/// A service that can be reached from the internet.
#[derive(Debug, Serialize)]
pub(super) struct Faces {
    pub(super) service: String,
    pub(super) owner: Option<String>,
    pub(super) stage: &'static str,
    pub(super) by: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Service {
    pub(super) service: String,
    pub(super) owner: Option<String>,
    pub(super) stage: &'static str,
    pub(super) verdict: String,
    /// What is in the way.
    pub(super) why: Vec<String>,
}

/// What a report is made of.
#[derive(Clone, Copy)]
pub(super) struct Found<'f> {
    pub(super) read: &'f Evidence,
    pub(super) answers: &'f [Readiness],
    pub(super) reconciled: &'f Reconciled,
    pub(super) network: &'f Network,
    /// The run of `reconcile` that would say what is open.
    pub(super) asked: &'f Reconcile,
}

impl Report {
    pub(super) fn new(
        &Found { read, answers, reconciled, network, asked }: &Found<'_>,
        mut history: BTreeMap<String, Point>,
        days: u32,
        today: Date,
    ) -> Self {
        let stage_of: BTreeMap<&str, &'static str> =
            network.nodes().iter().map(|node| (node.name.as_str(), node.stage.as_str())).collect();
        let stage = |service: &str| stage_of.get(service).copied().unwrap_or("unknown");
        let mut questions = forged(read);
        let open = by_owner(read, reconciled, false)
            .into_iter()
            .flat_map(|(owner, rows)| rows.into_iter().map(move |row| (owner, row)))
            .map(|(owner, row)| Question {
                owner: owner.to_owned(),
                class: row.class.as_str(),
                means: row.class.means(),
                caller: row.caller.as_str().to_owned(),
                callee: row.callee.clone(),
                facts: facts(read, row),
                help: help(read, row, asked),
            });
        questions.extend(open);
        // Labels that nobody gave come first.
        questions.sort_by(|one, other| one.owner.cmp(&other.owner));
        let point = Point {
            date: today.to_string(),
            services: answers.len(),
            stages: tally(answers.iter().map(|answer| stage(answer.service.as_str()))),
            verdicts: tally(answers.iter().map(|answer| answer.verdict.as_str())),
            open: questions.len(),
        };
        history.insert(point.date.clone(), point);
        let shared = common(answers);
        let services = answers.iter().map(|answer| Service {
            service: answer.service.to_string(),
            owner: answer.owner.clone(),
            stage: stage(answer.service.as_str()),
            verdict: verdict(answer.verdict),
            why: answer
                .evidence
                .iter()
                .filter(|line| decides(line) && !shared.contains(line))
                .map(|line| line.text.clone())
                .collect(),
        });
        let of = |wanted: Use| (0..network.edges().len()).filter(|at| network.use_of(*at) == Some(wanted)).count();
        let header = &read.observations.header;
        Self {
            version: VERSION,
            environment: read.plan.environment().to_string(),
            date: today.to_string(),
            from: header.from.into(),
            to: header.to.into(),
            days,
            history: history.into_values().collect(),
            traffic: Traffic {
                edges: network.edges().len(),
                used: of(Use::Used),
                unseen: of(Use::Unseen),
                perhaps: of(Use::Perhaps),
                unlabelled: of(Use::Unlabelled),
                unpermitted: network.alarms(),
            },
            heard: network.heard().to_vec(),
            owners: owners(answers, &questions),
            faces: faces(network),
            questions,
            shared: shared.iter().filter(|line| decides(line)).map(|line| line.text.clone()).collect(),
            services: services.collect(),
        }
    }

    /// This report's own day.
    pub(super) fn now(&self) -> Option<&Point> {
        self.history.last()
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// `24 services: 5 enforced, 3 ready; 7 open questions; 1 faces the internet`.
    pub(super) fn summary(&self) -> String {
        let of = |word: &str| self.now().and_then(|point| point.verdicts.get(word)).copied().unwrap_or(0);
        format!(
            "{}: {} enforced, {} ready; {}; {} facing the internet\n",
            count(self.services.len(), "service"),
            of(Verdict::Enforced.as_str()),
            of(Verdict::Ready.as_str()),
            count(self.questions.len(), "open question"),
            self.faces.len()
        )
    }
}

impl Question {
    /// Whether traffic or labels show what nobody permits: an answer cannot wait.
    pub(super) fn is_urgent(&self) -> bool {
        [FORGED, Class::NobodyKnows.as_str(), Class::Unpermitted.as_str(), Class::DeployMissing.as_str()]
            .contains(&self.class)
    }
}

/// The class of a label that nobody gave.
const FORGED: &str = "forged-label";

/// Who wears a label by which they may call a service, and has none by the rules that the collector has: also where it is enforced already.
fn forged(read: &Evidence) -> Vec<Question> {
    let ask = |caller: &str, callee: &str, pods: u64| Question {
        owner: read
            .plan
            .fleet()
            .known(callee)
            .and_then(|known| known.owner.clone())
            .unwrap_or_else(|| NO_OWNER.to_owned()),
        class: FORGED,
        means: "a label lets pods call it, and no rule gives it to them",
        caller: caller.to_owned(),
        callee: callee.to_owned(),
        facts: vec![format!("{} {} it", count(pods, "pod"), if pods == 1 { "wears" } else { "wear" })],
        help: vec![concat!("who gave it to them? ", docs!("guard.md"), " says how that is possible").to_owned()],
    };
    let mut questions = Vec::new();
    for (service, watched) in &read.observations.header.services {
        questions.extend((watched.strangers > 0).then(|| ask("pods of no service", service, watched.strangers)));
        let worn = watched.forged.iter().filter(|(_, pods)| **pods > 0);
        questions.extend(worn.map(|(callee, pods)| ask(service, callee, *pods)));
    }
    questions
}

fn tally(words: impl Iterator<Item = &'static str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.to_owned()).or_insert(0) += 1;
    }
    counts
}

fn owners(answers: &[Readiness], questions: &[Question]) -> Vec<Owner> {
    let mut owners: BTreeMap<&str, Owner> = BTreeMap::new();
    for answer in answers {
        let owner = owners.entry(answer.owner.as_deref().unwrap_or(NO_OWNER)).or_default();
        owner.services += 1;
        owner.enforced += usize::from(answer.verdict == Verdict::Enforced);
        owner.ready += usize::from(answer.verdict == Verdict::Ready);
    }
    for question in questions {
        owners.entry(&question.owner).or_default().questions += 1;
    }
    let named = owners.into_iter().map(|(name, owner)| Owner { owner: name.to_owned(), ..owner });
    let mut owners: Vec<Owner> = named.collect();
    // Who has most to answer comes first.
    owners.sort_by(|a, b| (b.questions, &a.owner).cmp(&(a.questions, &b.owner)));
    owners
}

fn faces(network: &Network) -> Vec<Faces> {
    let nodes = network.nodes().iter().enumerate().filter(|(at, _)| network.facing(*at) == Facing::Internet);
    nodes
        .map(|(at, node)| {
            let published = network.published(at).iter().map(|by| format!("{} ({})", by.object, by.how));
            let allowed = node.allow.iter().filter(|allow| allow.facing() == Facing::Internet);
            let allowed = allowed.map(|allow| match &allow.reason {
                Some(reason) => format!("allow: {} ({reason})", allow.peer),
                None => format!("allow: {}", allow.peer),
            });
            Faces {
                service: node.name.clone(),
                owner: node.owner.clone(),
                stage: node.stage.as_str(),
                by: published.chain(allowed).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_permits_cannot_wait() {
        let urgent = |class: &'static str| {
            let none = String::new;
            let (facts, help) = (Vec::new(), Vec::new());
            Question { owner: none(), class, means: "", caller: none(), callee: none(), facts, help }.is_urgent()
        };
        let found: Vec<_> = Class::ALL.iter().map(|class| class.as_str()).filter(|class| urgent(class)).collect();
        assert_eq!(found, ["nobody-knows", "unpermitted", "deploy-missing"]);
        assert!(urgent(FORGED));
    }
}
