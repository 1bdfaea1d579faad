//! May a service be enforced? Every line of evidence, and the verdict that follows.

mod calls;
pub(crate) mod canary;
mod code;
mod pods;
mod window;

use crate::bound::Counts;
use crate::code::Code;
use crate::evidence::{Evidence, Kind, Outcome, Readiness, Silence, Verdict, listed};
use crate::hearing::{Heard, Hearing};
use crate::traffic::Traffic;
use hedgerow_core::catalogue::WithRules;
use hedgerow_core::date::Date;
use hedgerow_core::diag::count;
use hedgerow_core::fleet::{Rare, Service};
use hedgerow_core::moves::{Move, Stop};
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Stage;
use hedgerow_observe::observations::{Moment, Observations, Watched};
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400;

/// What is asked, and all that is known.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The fleet in one environment.
    pub plan: &'q Plan,
    /// What the code says; nothing where it was not scanned.
    pub code: Option<&'q Code>,
    /// How observations name what the tree holds.
    pub tree: &'q Tree,
    /// The cron jobs that manifests hold.
    pub jobs: &'q [Job],
    /// The cron jobs of manifests that are of no service, with their places.
    pub strange_jobs: &'q [String],
    /// What traffic showed.
    pub observations: &'q Observations,
    /// The time now.
    pub now: Moment,
    /// For how many days nothing may have come that no rule permits; at least 1.
    pub days: u32,
    /// The program with the options by which it finds the tree, as what helps names it: `hedgerow`.
    pub program: &'q str,
}

/// How observations name what the tree holds, so that those of another fleet or of other policies are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// By service, the digest of what its policies in the environment mean ([`hedgerow_observe::verdict::meaning_of`]).
    pub policies: BTreeMap<String, String>,
    /// The digests by which observations may name its catalogue, of the environment and of all; each with whether its rules are part of it.
    pub catalogues: BTreeMap<String, WithRules>,
    /// The digest of its rules, by which observations say how labels of pods were judged.
    pub labelling: Option<String>,
}

/// A cron job of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The service.
    pub service: String,
    /// The object, as `Kind/name`.
    pub workload: String,
    /// Its schedule; nothing where the manifest leaves it to values that cannot be told.
    pub schedule: Option<String>,
    /// The time zone that it is meant in; nothing where the manifest names none, which means the cluster's: mostly UTC.
    pub time_zone: Option<String>,
    /// Whether the manifest says that it does not run for now.
    pub is_suspended: bool,
}

/// What is asked of all callees together.
pub(crate) struct Court<'q> {
    question: &'q Question<'q>,
    traffic: Traffic<'q>,
    hearing: Hearing<'q>,
    counts: Counts,
    /// By callee, who may call it by a rule.
    callers: BTreeMap<&'q str, BTreeSet<&'q str>>,
    /// By callee, calls in the code that traffic did not show.
    not_seen: BTreeMap<&'q str, usize>,
    jobs: BTreeMap<&'q str, Vec<&'q Job>>,
    code: Vec<Evidence>,
    /// What is said of the observations as a whole.
    frame: Vec<Evidence>,
    today: Date,
    window: i64,
}

/// Judges some callees, in the order in which they are given.
#[must_use]
pub fn judge(question: &Question<'_>, callees: &[ServiceName]) -> Vec<Readiness> {
    let court = Court::new(question);
    let fleet = question.plan.fleet();
    callees.iter().filter_map(|callee| Some(court.judge(fleet.service(callee.as_str())?))).collect()
}

impl<'q> Court<'q> {
    pub(crate) fn new(question: &'q Question<'q>) -> Self {
        let header = &question.observations.header;
        let traffic = Traffic::new(question.observations);
        let nothing = Code::default();
        let counts = traffic.counts(question.code.unwrap_or(&nothing), (header.from, header.to));
        let fleet = question.plan.fleet();
        let mut callers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for rule in fleet.rules() {
            callers.entry(rule.callee.as_str()).or_default().insert(rule.caller.as_str());
        }
        let mut not_seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (caller, callee) in question.code.iter().flat_map(|code| code.calls.keys()) {
            if traffic.edge(caller, callee).is_none() {
                *not_seen.entry(callee).or_default() += 1;
            }
        }
        let mut jobs: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
        for job in question.jobs {
            jobs.entry(&job.service).or_default().push(job);
        }
        let today = Date::from_unix_days(question.now.0.div_euclid(DAY));
        let mut frame = window::evidence(question);
        frame.extend(window::origin(question));
        frame.extend(pods::strange_jobs(question));
        Self {
            frame,
            hearing: Hearing::new(&header.coverage, header.from, header.to),
            code: code::evidence(question, today),
            window: i64::from(question.days.max(1)) * DAY,
            question,
            traffic,
            counts,
            callers,
            not_seen,
            jobs,
            today,
        }
    }

    /// Why nothing can be said of the whole window: the observations are of another fleet, another time, or a part of it.
    pub(crate) fn doubt(&self) -> Option<&str> {
        let is_doubt = |line: &&Evidence| matches!(line.outcome, Outcome::Unknown | Outcome::Wait(_));
        self.frame.iter().find(is_doubt).map(|line| line.text.as_str())
    }

    fn judge(&self, service: &'q Service) -> Readiness {
        let not_seen = self.not_seen.get(service.name.as_str()).copied().unwrap_or(0);
        let expected = self.counts.expected(not_seen);
        let silence = Silence { fleet: self.counts, not_seen, expected, days: self.question.days };
        let stage = self.stage(service);
        let mut evidence = Vec::new();
        let verdict = if stage == Stage::Enforce {
            Verdict::Enforced
        } else {
            evidence.push(self.stage_evidence(stage));
            evidence.extend(self.step(service, stage));
            evidence.extend(self.code.iter().cloned());
            evidence.extend(self.without_rule(service));
            evidence.extend(self.frame.iter().cloned());
            evidence.extend(self.calls(service));
            evidence.push(self.hearing_evidence(service));
            evidence.push(self.canary(service));
            evidence.push(self.labels(service));
            evidence.extend(self.types(service));
            evidence.push(self.policy(service));
            evidence.extend(self.cron_jobs(service));
            evidence.extend(self.rare(service));
            evidence.push(self.connections(service));
            evidence.extend(self.unused(service));
            evidence.extend(self.question.code.and_then(|_| bounded(&silence)));
            verdict(&evidence)
        };
        Readiness { service: service.name.clone(), owner: service.owner.clone(), verdict, evidence, silence }
    }

    fn stage(&self, service: &Service) -> Stage {
        let plan = self.question.plan;
        plan.fleet().config().stage_of(service, plan.environment()).unwrap_or(Stage::Off)
    }

    fn watched(&self, service: &str) -> Option<&'q Watched> {
        self.question.observations.header.services.get(service)
    }

    /// The first moment of the window that counts.
    fn begin(&self) -> Moment {
        Moment(self.question.observations.header.to.0 - self.window)
    }

    fn after_window(&self, moment: Moment) -> Moment {
        Moment(moment.0 + self.window)
    }

    /// A service, wherever its directory is.
    pub(crate) fn known(&self, name: &str) -> Option<&'q Service> {
        self.question.plan.fleet().known(name)
    }

    /// A waiver that holds today, among those of a service.
    fn waiver(&self, service: &str, what: &str) -> Option<&'q Rare> {
        waiver(self.question.plan, self.today, service, what)
    }

    fn stage_evidence(&self, stage: Stage) -> Evidence {
        let environment = self.question.plan.environment();
        if stage == Stage::Audit {
            return line(
                Kind::Stage,
                Outcome::Holds,
                format!("its policy is tried in `{environment}` (stage `audit`)"),
            );
        }
        line(
            Kind::Stage,
            Outcome::Blocks,
            format!("its stage in `{environment}` is `{}`: its policy is not tried", stage.as_str()),
        )
        .help(format!("write `stage: {{{environment}: audit}}` in its service.yaml"))
    }

    /// What the step to `enforce` itself may cost: with some backends and callers by type it takes more than one.
    fn step(&self, service: &Service, stage: Stage) -> Option<Evidence> {
        let plan = self.question.plan;
        let config = plan.fleet().config();
        let audit = config.audit;
        let log = config.environments.get(plan.environment()).is_some_and(|settings| settings.log);
        let by_type = plan.catch_alls().iter().any(|all| Some(&all.service_type) == service.service_type.as_ref());
        let (from, to) = (Stop { stage, audit }, Stop { stage: Stage::Enforce, audit });
        let step = Move { from, to, log: (log, log), by_type };
        // Any other stage blocks by itself.
        let loss = step.jump().filter(|_| stage == Stage::Audit)?;
        let way = step.told();
        let [from, .., to] = way.as_slice() else { return None };
        let text = format!("{from} → {to}: {}", loss.risk());
        let help = format!("go {}, and wait after each step until all pods are replaced", way.join(" → "));
        Some(line(Kind::Stage, Outcome::Note, text).help(help))
    }

    fn hearing_evidence(&self, service: &Service) -> Evidence {
        let nodes = self.watched(service.name.as_str()).map(|watched| watched.nodes.as_slice()).unwrap_or_default();
        if nodes.is_empty() {
            let text = "it is not known on which nodes its pods ran".to_owned();
            return line(Kind::Hearing, Outcome::Unknown, text)
                .help("is it deployed, and does the collector watch pods?");
        }
        let (mut silent, mut until, mut longest) = (Vec::new(), None, 0);
        for node in nodes {
            match self.hearing.of(node, self.window) {
                Heard::Enough(deaf) => longest = longest.max(deaf),
                Heard::From(moment, deaf) => {
                    longest = longest.max(deaf);
                    until = until.max(Some((moment, node)));
                }
                Heard::Deaf => silent.push(format!("`{node}` (deaf)")),
                Heard::Nothing => silent.push(format!("`{node}` (no source)")),
            }
        }
        if !silent.is_empty() {
            let text = format!("no source can prove that it listened on {}", listed(&silent));
            return line(Kind::Hearing, Outcome::Unknown, text)
                .help("see `hedgerow_source_up` of the node, and the log of its observer");
        }
        if let Some((moment, node)) = until {
            let text = format!("on `{node}` nobody listened for {} of the window", span(longest));
            return line(Kind::Hearing, Outcome::Wait(moment), text);
        }
        let deaf = if longest == 0 { "all the time".to_owned() } else { format!("but for {} at most", span(longest)) };
        let place = match nodes.len() {
            1 => "the one node of its pods".to_owned(),
            many => format!("all {many} nodes of its pods"),
        };
        line(Kind::Hearing, Outcome::Holds, format!("{place} listened, {deaf}"))
    }

    fn policy(&self, service: &Service) -> Evidence {
        let Some(policy) = self.watched(service.name.as_str()).and_then(|watched| watched.policy.as_ref()) else {
            let text = "it is not known by which policy its calls were judged".to_owned();
            return line(Kind::Policy, Outcome::Unknown, text)
                .help("is its policy deployed, and does the collector watch policies?");
        };
        if policy.digest.is_empty() {
            let text = "none of its policies was deployed: nothing was tried".to_owned();
            return line(Kind::Policy, Outcome::Unknown, text)
                .help("deploy it with stage `audit`, and let a window pass");
        }
        // What was tried is what was deployed: of another policy it tells nothing.
        let help =
            "deploy this tree, or ask in the tree that is deployed; `hedgerow diff` between both says what differs";
        match self.question.tree.policies.get(service.name.as_str()) {
            Some(planned) if *planned == policy.digest => {}
            Some(_) => {
                let text = "the policy that is deployed is not the one that this tree asks for".to_owned();
                return line(Kind::Policy, Outcome::Unknown, text).help(help);
            }
            None => {
                let text =
                    "it is not known whether the policy that is deployed is the one that this tree asks for".to_owned();
                return line(Kind::Policy, Outcome::Unknown, text).help(help);
            }
        }
        if policy.since <= self.begin() {
            let text = format!("its policy has not changed since {}", show(policy.since));
            return line(Kind::Policy, Outcome::Holds, text);
        }
        let text = format!("its policy changed at {}", show(policy.since));
        line(Kind::Policy, Outcome::Wait(self.after_window(policy.since)), text)
    }

    fn connections(&self, service: &Service) -> Evidence {
        let watched = self.watched(service.name.as_str());
        let nodes = watched.map(|watched| watched.nodes.as_slice()).unwrap_or_default();
        // A source that lists what is open has judged also what was opened before anybody looked.
        let are_listed = !nodes.is_empty() && nodes.iter().all(|node| self.hearing.lists_open(node));
        let age = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        match watched.and_then(|watched| watched.longest_open).map(age) {
            Some(0) => line(Kind::Connections, Outcome::Holds, "no connection is open".to_owned()),
            Some(seconds) if seconds < self.window => {
                line(Kind::Connections, Outcome::Holds, format!("the oldest open connection is {} old", span(seconds)))
            }
            _ if are_listed => {
                let text = "connections that were open before anybody looked were listed, and judged".to_owned();
                line(Kind::Connections, Outcome::Holds, text)
            }
            Some(seconds) => {
                let text = format!(
                    "a connection has been open for {}: it was opened before the observer looked",
                    span(seconds)
                );
                line(Kind::Connections, Outcome::Blocks, text).help("restart the caller, so that it opens a new one")
            }
            None => {
                line(Kind::Connections, Outcome::Unknown, "it is not known how old open connections are".to_owned())
                    .help("conntrack or the flow socket tells: is one of them read?")
            }
        }
    }

    fn unused(&self, service: &Service) -> Option<Evidence> {
        let callee = service.name.as_str();
        let callers = self.callers.get(callee)?;
        let unused: Vec<String> = callers
            .iter()
            .filter(|caller| self.traffic.edge(caller, callee).is_none())
            .map(|c| format!("`{c}`"))
            .collect();
        let text = format!(
            "{} may call it and {} not seen: {}",
            count(unused.len(), "caller"),
            was(unused.len()),
            listed(&unused)
        );
        (!unused.is_empty()).then(|| line(Kind::Unused, Outcome::Note, text))
    }
}

/// The worst that any line says.
fn verdict(evidence: &[Evidence]) -> Verdict {
    let has = |wanted: Outcome| evidence.iter().any(|line| line.outcome == wanted);
    if has(Outcome::Blocks) {
        return Verdict::Blocked;
    }
    if has(Outcome::Unknown) {
        return Verdict::Unknown;
    }
    let wait = evidence.iter().filter_map(|line| match line.outcome {
        Outcome::Wait(moment) => Some(moment),
        Outcome::Holds | Outcome::Waived | Outcome::Blocks | Outcome::Unknown | Outcome::Note => None,
    });
    wait.max().map_or(Verdict::Ready, Verdict::Wait)
}

/// What `rare` lists of how a service is watched, and not of calls that a month may not show.
const CODE: &str = "code";
const CANARY: &str = "canary";

/// Whether an entry of a service's `rare` is about calls, and not about how the service is watched. An entry about the canary answers for its
/// absence only where none can call; elsewhere it is an event like others.
fn is_about_calls(service: &Service, rare: &Rare) -> bool {
    match rare.what.as_str() {
        CODE => false,
        CANARY => canary::callable(service) != canary::Callable::Never,
        _ => true,
    }
}

/// A waiver that holds on a day.
fn waiver<'p>(plan: &'p Plan, today: Date, service: &str, what: &str) -> Option<&'p Rare> {
    let rare = &plan.fleet().service(service)?.rare;
    rare.iter().find(|rare| rare.what == what && rare.waiver.as_ref().is_some_and(|waiver| waiver.expires >= today))
}

const fn was(many: usize) -> &'static str {
    if many == 1 { "was" } else { "were" }
}

fn line(kind: Kind, outcome: Outcome, text: String) -> Evidence {
    Evidence { kind, outcome, text, help: None }
}

impl Evidence {
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

fn show(moment: Moment) -> String {
    String::from(moment)
}

/// Where no bound can be given, nobody knows what may come.
fn bounded(silence: &Silence) -> Option<Evidence> {
    let text = "traffic showed too little to say how much the scan of the code misses, so nothing bounds what may come";
    let line = line(Kind::Silence, Outcome::Unknown, text.to_owned());
    (!silence.expected.is_finite()).then(|| {
        line.help("is this the fleet that was watched? an estimate needs edges that both code and traffic show")
    })
}

/// A length of time in the largest unit that fits.
pub(crate) fn span(seconds: i64) -> String {
    let (number, unit) = match seconds.unsigned_abs() {
        few @ ..=119 => (few, "second"),
        some @ 120..=7_199 => (some / 60, "minute"),
        many @ 7_200..=172_799 => (many / 3_600, "hour"),
        long => (long / DAY.unsigned_abs(), "day"),
    };
    count(number, unit)
}
