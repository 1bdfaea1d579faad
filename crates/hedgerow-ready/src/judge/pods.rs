//! What runs: labels of the callers' pods, runs of their cron jobs, and what owners say happens rarely.

use super::window::same_tree;
use super::{Court, Job, Question, is_about_calls, line};
use crate::cron::next;
use crate::evidence::{Evidence, Kind, Outcome, listed};
use crate::traffic::is_future;
use hedgerow_core::catalogue::WithRules;
use hedgerow_core::diag::count;
use hedgerow_core::fleet::Service;
use hedgerow_core::name::{ServiceName, TypeName};
use hedgerow_observe::observations::{JobRuns, Moment};
use std::collections::BTreeSet;

/// How many runs of a cron job the window must hold.
const RUNS: u64 = 2;

impl<'q> Court<'q> {
    pub(super) fn labels(&self, service: &Service) -> Evidence {
        let callee = service.name.as_str();
        let strangers = self.watched(callee).map_or(0, |watched| watched.strangers);
        if strangers > 0 {
            let wear = if strangers == 1 { "wears" } else { "wear" };
            let text = format!("{} of no service {wear} a label that lets pods call it", count(strangers, "pod"));
            return line(Kind::Labels, Outcome::Blocks, text).help(concat!(
                "who gave it to them? ",
                env!("CARGO_PKG_REPOSITORY"),
                "/blob/main/docs/guard.md says how that is possible"
            ));
        }
        if let Some(doubt) = self.unjudged() {
            return doubt;
        }
        let (mut without, mut unwatched, mut pods) = (Vec::new(), Vec::new(), 0_u64);
        let callers = self.callers.get(callee);
        for caller in callers.into_iter().flatten() {
            match self.watched(caller).and_then(|watched| Some((watched, watched.pods?))) {
                None => unwatched.push(format!("`{caller}`")),
                Some((watched, running)) => {
                    pods = pods.saturating_add(running);
                    match watched.unlabelled.get(callee) {
                        Some(0) | None => {}
                        Some(bare) => without.push(format!("{bare} of {running} of `{caller}`")),
                    }
                }
            }
        }
        let services = &self.question.observations.header.services;
        let forged = services.iter().filter_map(|(name, watched)| {
            let count = watched.forged.get(callee).filter(|count| **count > 0)?;
            Some(format!("{count} of `{name}`"))
        });
        let forged: Vec<String> = forged.collect();
        if !forged.is_empty() {
            let text = format!("pods wear its label although no rule gives it to them: {}", listed(&forged));
            return line(Kind::Labels, Outcome::Blocks, text).help(concat!(
                "who gave it to them? ",
                env!("CARGO_PKG_REPOSITORY"),
                "/blob/main/docs/guard.md says how that is possible"
            ));
        }
        if !without.is_empty() {
            let text = format!("running pods of its callers do not wear its label: {}", listed(&without));
            return line(Kind::Labels, Outcome::Blocks, text).help("deploy these callers again");
        }
        if !unwatched.is_empty() {
            let text = format!("it is not known what the pods of {} wear", listed(&unwatched));
            return line(Kind::Labels, Outcome::Unknown, text)
                .help("is it deployed, and does the collector watch pods?");
        }
        let of = match callers.map_or(0, BTreeSet::len) {
            1 => "caller".to_owned(),
            many => count(many, "caller"),
        };
        let text = match (callers, pods) {
            (None, _) => "nobody calls it by a rule".to_owned(),
            (_, 0) => format!("no pod of its {of} runs"),
            (_, 1) => format!("the one pod of its {of} wears its label"),
            _ => format!("all {pods} pods of its {of} wear its label"),
        };
        line(Kind::Labels, Outcome::Holds, text)
    }

    /// Why nobody tells which labels the pods lack: they were judged by other rules than the tree's, or by none.
    fn unjudged(&self) -> Option<Evidence> {
        let (header, tree) = (&self.question.observations.header, self.question.tree);
        let digest = header.catalogue.as_deref();
        let is_whole = digest.and_then(|digest| tree.catalogues.get(digest)) == Some(&WithRules::Yes);
        let text = match &header.labelling {
            _ if is_whole => return None,
            same @ Some(_) if *same == tree.labelling => return None,
            Some(_) => "the labels that pods should wear come from other rules than those of this tree",
            None => {
                "the catalogue by which pods were named has no rules: it is not known which labels they should wear"
            }
        };
        Some(line(Kind::Labels, Outcome::Unknown, text.to_owned()).help(same_tree(self.question)))
    }

    /// Whether those that may call by type, and by no rule, wear their type's label, and nobody else wears one of these. Which catch-alls are deployed,
    /// no observations tell.
    pub(super) fn types(&self, service: &Service) -> Vec<Evidence> {
        let callers = self.types_of_callers(service);
        if callers.is_empty() {
            return Vec::new();
        }
        let key = self.question.plan.scheme().service_type();
        let rules = self.callers.get(service.name.as_str());
        let is_ruled = |caller: &ServiceName| rules.is_some_and(|rules| rules.contains(caller.as_str()));
        let (mut by_type, mut without, mut unwatched, mut pods) = (Vec::new(), Vec::new(), Vec::new(), 0_u64);
        for caller in self.question.plan.fleet().services() {
            let Some(own) = caller.service_type.as_ref().filter(|own| callers.contains(own.as_str())) else { continue };
            if is_ruled(&caller.name) || caller.name == service.name {
                continue;
            }
            by_type.push(format!("`{}`", caller.name));
            let watched = self.watched(caller.name.as_str());
            match watched.and_then(|watched| Some((watched.pods?, watched.types.as_ref()?))) {
                None => unwatched.push(format!("`{}`", caller.name)),
                Some((running, worn)) => {
                    pods = pods.saturating_add(running);
                    let bare = running.saturating_sub(worn.get(own.as_str()).copied().unwrap_or(0));
                    if bare > 0 {
                        without.push(format!("{bare} of {running} of `{}`", caller.name));
                    }
                }
            }
        }
        let mut evidence = Vec::new();
        let forged = self.worn_by_others(&callers);
        if !forged.is_empty() {
            let text = format!("pods wear `{key}` with a type that is not theirs and may call it: {}", listed(&forged));
            evidence.push(line(Kind::Labels, Outcome::Blocks, text).help(concat!(
                "who gave it to them? ",
                env!("CARGO_PKG_REPOSITORY"),
                "/blob/main/docs/guard.md says how that is possible"
            )));
        }
        if !without.is_empty() {
            let text = format!(
                "running pods of services that may call it by type do not wear `{key}` with their type: {}",
                listed(&without)
            );
            evidence.push(line(Kind::Labels, Outcome::Blocks, text).help("deploy these callers again"));
        }
        if !unwatched.is_empty() {
            let text = format!(
                "it is not known whether the pods of {} wear `{key}`, by which they may call it",
                listed(&unwatched)
            );
            let help = "are they deployed, does the collector watch pods, and is it of this version?";
            evidence.push(line(Kind::Labels, Outcome::Unknown, text).help(help));
        }
        if by_type.is_empty() {
            return evidence;
        }
        if evidence.is_empty() {
            let of = match by_type.len() {
                1 => "service that may".to_owned(),
                many => format!("{} that may", count(many, "service")),
            };
            let text = match pods {
                0 => format!("no pod of the {of} call it by type runs"),
                1 => format!("the one pod of the {of} call it by type wears `{key}`"),
                _ => format!("all {pods} pods of the {of} call it by type wear `{key}`"),
            };
            evidence.push(line(Kind::Labels, Outcome::Holds, text));
        }
        let text = format!(
            "{} may call it by type: {}; whether the catch-alls of the platform are deployed, the observations do not tell",
            count(by_type.len(), "service"),
            listed(&by_type)
        );
        let program = self.question.program;
        let help = format!(
            "`{program} render --platform` prints the catch-alls; `{program} verify` on a dump of the cluster tells whether they are there"
        );
        evidence.push(line(Kind::Labels, Outcome::Note, text).help(help));
        evidence
    }

    /// The types that may call all of a service's.
    fn types_of_callers(&self, service: &Service) -> BTreeSet<&'q str> {
        let catch_alls = self.question.plan.catch_alls().iter();
        let own = catch_alls.filter(|catch_all| Some(&catch_all.service_type) == service.service_type.as_ref());
        own.flat_map(|catch_all| catch_all.callers.iter()).map(TypeName::as_str).collect()
    }

    /// Pods that wear one of these types and whose service has none of them.
    fn worn_by_others(&self, types: &BTreeSet<&str>) -> Vec<String> {
        let fleet = self.question.plan.fleet();
        let services = &self.question.observations.header.services;
        let forged = services.iter().filter_map(|(name, watched)| {
            let own = fleet.known(name).and_then(|known| known.service_type.as_ref()).map(TypeName::as_str);
            if own.is_some_and(|own| types.contains(own)) {
                return None;
            }
            let worn = watched.types.iter().flatten().filter(|(worn, _)| types.contains(worn.as_str()));
            let pods = worn.fold(0_u64, |sum, (_, pods)| sum.saturating_add(*pods));
            (pods > 0).then(|| format!("{pods} of `{name}`"))
        });
        forged.collect()
    }

    pub(super) fn cron_jobs(&self, service: &Service) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        let mut seen = 0;
        for caller in self.may_call(service) {
            for job in self.jobs.get(caller).into_iter().flatten() {
                match self.runs(job) {
                    ran if ran.runs >= RUNS => seen += 1,
                    ran => evidence.push(self.too_few(service, job, &ran)),
                }
            }
        }
        if seen > 0 {
            let text = format!("{} of its callers ran {RUNS} times at least", count(seen, "cron job"));
            evidence.insert(0, line(Kind::Jobs, Outcome::Holds, text));
        }
        evidence
    }

    fn too_few(&self, service: &Service, job: &Job, ran: &Ran) -> Evidence {
        let (runs, last) = (ran.runs, ran.last);
        let longer = if self.is_longer() {
            format!(
                ", as far as observations of more than {} tell: `hedgerow-observer export --since {}d` has the runs of the window alone",
                count(self.question.days, "day"),
                self.question.days
            )
        } else {
            String::new()
        };
        let doubt = if ran.doubtful.is_empty() {
            String::new()
        } else {
            format!("; of which of its cron jobs the runs of {} are, nobody can tell", listed(&ran.doubtful))
        };
        let text = format!("`{}` of `{}` ran {runs} of {RUNS} times{longer}{doubt}", job.workload, job.service);
        let waiver = self
            .waiver(&job.service, &job.workload)
            .or_else(|| self.waiver(service.name.as_str(), &job.workload))
            .and_then(|rare| rare.waiver.as_ref());
        if let Some(waiver) = waiver {
            let text = format!("{text}; waived until {}: {}", waiver.expires, waiver.reason);
            return line(Kind::Jobs, Outcome::Waived, text);
        }
        let help = format!(
            "run it by hand, or say why it need not be waited for: `rare: [{{what: {}, reason: …, expires: …}}]` in the service.yaml of `{}`",
            job.workload, job.service
        );
        if job.is_suspended {
            return line(Kind::Jobs, Outcome::Blocks, format!("{text}: it is suspended")).help(help);
        }
        let Some(schedule) = &job.schedule else {
            return line(Kind::Jobs, Outcome::Blocks, format!("{text}: its manifest does not tell when it runs"))
                .help(help);
        };
        // From the last run that is known, or from now: when there have been enough.
        let start = last.unwrap_or(self.question.now).0.max(self.question.now.0);
        let until = (runs..RUNS).try_fold(start, |after, _| next(schedule, after));
        match until {
            Some(until) => {
                let (later, zone) = zone(job.time_zone.as_deref());
                line(Kind::Jobs, Outcome::Wait(Moment(until + later)), format!("{text} (`{schedule}`{zone})"))
                    .help(help)
            }
            None => line(Kind::Jobs, Outcome::Blocks, format!("{text}, and `{schedule}` does not tell when it does"))
                .help(help),
        }
    }

    /// The runs of a cron job within the window: only of the last it is told when it was. Where the observations begin a part of a day earlier,
    /// as those of whole days do, the runs that were due then are taken away; where they reach further back, the last alone counts. What ran
    /// counts for the most specific of the service's jobs that it fits, and for none where two fit it equally well.
    fn runs(&self, job: &Job) -> Ran {
        let is_longer = self.is_longer();
        let end = self.question.observations.header.to;
        let in_window = |runs: &JobRuns| {
            let is_last_in = runs.last.is_some_and(|last| last >= self.begin() && !is_future(last, end));
            match u64::from(is_last_in && runs.finished > 0) {
                1 if !is_longer => runs.finished.saturating_sub(self.due_before(job, runs.finished)).max(1),
                counted => counted,
            }
        };
        let is_other =
            |other: &&&Job| other.workload != job.workload || is_pattern(&job.workload) && !std::ptr::eq(**other, job);
        let others: Vec<&Job> =
            self.jobs.get(job.service.as_str()).into_iter().flatten().filter(is_other).copied().collect();
        let runs = self.watched(&job.service).map(|watched| watched.jobs.as_slice()).unwrap_or_default();
        let mut ran = Ran { runs: 0, last: None, doubtful: Vec::new() };
        for runs in runs.iter().filter(|runs| fits(&job.workload, &runs.workload)) {
            let mut rivals =
                others.iter().map(|other| other.workload.as_str()).filter(|other| fits(other, &runs.workload));
            let is_mine = rivals.clone().all(|rival| is_narrower(&job.workload, rival));
            if is_mine {
                ran.runs = ran.runs.max(in_window(runs));
                ran.last = ran.last.max(runs.last);
            } else if !rivals.any(|rival| is_narrower(rival, &job.workload)) {
                ran.doubtful.push(format!("`{}`", runs.workload));
            }
        }
        ran
    }

    /// How many runs of a job were due in the observations and before the window, at most `limit`; all where its schedule does not tell. The
    /// schedule's time zone may be another by a day.
    fn due_before(&self, job: &Job, limit: u64) -> u64 {
        let from = self.question.observations.header.from;
        if from >= self.begin() {
            return 0;
        }
        let Some(schedule) = &job.schedule else { return limit };
        let end = self.begin().0 + super::DAY;
        let mut at = from.0 - super::DAY;
        for due in 0..limit {
            match next(schedule, at) {
                Some(next) if next <= end => at = next,
                Some(_) => return due,
                None => return limit,
            }
        }
        limit
    }

    /// Whether the observations reach further back than the window, by more than the day they may begin earlier.
    fn is_longer(&self) -> bool {
        self.question.observations.header.from.0 < self.begin().0 - super::DAY
    }

    /// Who may call a service by a rule or by its type, by name.
    pub(super) fn may_call(&self, service: &Service) -> BTreeSet<&'q str> {
        let mut callers = self.callers.get(service.name.as_str()).cloned().unwrap_or_default();
        let types = self.types_of_callers(service);
        let is_of_type = |other: &&Service| other.service_type.as_ref().is_some_and(|own| types.contains(own.as_str()));
        callers.extend(self.question.plan.fleet().services().filter(is_of_type).map(|other| other.name.as_str()));
        callers
    }

    /// Why the window may not show a call although it is made: a cron job of the caller has hardly run, or an owner says that it is rare.
    pub(crate) fn is_rarely_made(&self, caller: &str, callee: &str) -> Option<String> {
        let fleet = self.question.plan.fleet();
        let jobs = self.jobs.get(caller).into_iter().flatten();
        let hardly = jobs.map(|job| (job, self.runs(job).runs)).find(|(_, runs)| *runs < RUNS);
        if let Some((job, runs)) = hardly {
            return Some(format!("`{}` of `{caller}` ran {runs} of {RUNS} times", job.workload));
        }
        let owners = [caller, callee].into_iter().filter_map(|name| fleet.service(name));
        let mut rare = owners.flat_map(|service| service.rare.iter().map(move |rare| (service, rare)));
        let (service, rare) = rare.find(|(service, rare)| is_about_calls(service, rare))?;
        Some(format!("the owner of `{}` says that a month may not show {}", service.name, rare.what))
    }

    pub(super) fn rare(&self, service: &'q Service) -> Vec<Evidence> {
        // Of those jobs alone their runs are asked for: here, or where the service calls others.
        let mut owners = self.may_call(service);
        owners.insert(service.name.as_str());
        let jobs: BTreeSet<&str> =
            owners.iter().filter_map(|owner| self.jobs.get(owner)).flatten().map(|job| job.workload.as_str()).collect();
        let is_job = |what: &str| jobs.contains(what);
        let told = service.rare.iter().filter(|rare| is_about_calls(service, rare) && !is_job(&rare.what)).map(|rare| {
            let what = &rare.what;
            match &rare.waiver {
                Some(waiver) if waiver.expires >= self.today => {
                    let text = format!("{what}: waived until {}: {}", waiver.expires, waiver.reason);
                    line(Kind::Rare, Outcome::Waived, text)
                }
                Some(waiver) => {
                    let text = format!("{what}: its waiver ended on {}", waiver.expires);
                    line(Kind::Rare, Outcome::Blocks, text).help("give it a later day, or take the entry out once the window has shown it")
                }
                None => line(Kind::Rare, Outcome::Blocks, format!("{what}: its owner says that a month may not show it"))
                    .help("take the entry out of its service.yaml once the window has shown it, or add `reason` and `expires`"),
            }
        });
        told.collect()
    }
}

/// Jobs of manifests that nobody waits for.
pub(super) fn strange_jobs(question: &Question<'_>) -> Option<Evidence> {
    let strange = question.strange_jobs;
    if strange.is_empty() {
        return None;
    }
    let (are, their) = if strange.len() == 1 { ("is", "its") } else { ("are", "their") };
    let jobs = count(strange.len(), "cron job");
    let text =
        format!("{jobs} of the manifests {are} of no service, so {their} runs are not waited for: {}", listed(strange));
    let help = "of a service: put the manifest into the service's directory, or let its pods wear the service's name as a label";
    Some(line(Kind::Jobs, Outcome::Note, text).help(help))
}

/// By how many seconds at most a time of day comes later in UTC than it is written, and the time zone in words. What no zone is named for is
/// in the cluster's, which is UTC nearly everywhere; where it is not, the answer is given again at that time.
fn zone(name: Option<&str>) -> (i64, String) {
    const UTC: [&str; 6] = ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu"];
    match name {
        None => (0, String::new()),
        Some(name) if UTC.iter().any(|utc| name.eq_ignore_ascii_case(utc)) => (0, format!(", {name}")),
        // Nowhere are clocks more than twelve hours behind.
        Some(name) => (super::DAY / 2, format!(", {name}")),
    }
}

/// What ran of a cron job.
struct Ran {
    /// How many runs the window held.
    runs: u64,
    /// When the last one ended.
    last: Option<Moment>,
    /// Workloads that fit it, and fit another job of the service as well.
    doubtful: Vec<String>,
}

fn is_pattern(workload: &str) -> bool {
    workload.contains('*')
}

/// Whether all that fits the one pattern fits the other, and not the other way round.
fn is_narrower(one: &str, other: &str) -> bool {
    fits(other, one) && !fits(one, other)
}

/// Whether a workload of the cluster is the one of a manifest, in which `*` stands for what only the deploy knows. Of a pattern in the
/// workload's place: whether all that fits it fits this one.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = name.strip_prefix(first).and_then(|name| name.strip_suffix(last));
    inner.is_some_and(|inner| {
        middle.split('*').try_fold(inner, |rest, part| rest.find(part).map(|at| &rest[at + part.len()..])).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_what_the_deploy_knows() {
        for (pattern, name, should) in [
            ("CronJob/close", "CronJob/close", true),
            ("CronJob/close", "CronJob/closed", false),
            ("CronJob/*", "CronJob/close", true),
            ("CronJob/*-close", "CronJob/prod-close", true),
            ("CronJob/*-close", "CronJob/prod-open", false),
            ("CronJob/a-*-close", "CronJob/a-b-close", true),
            ("CronJob/*", "Job/close", false),
            ("CronJob/*-report", "CronJob/a-report-report", true),
            ("CronJob/a*a", "CronJob/a", false),
            ("CronJob/*-b-*-c", "CronJob/a-b-b-c", true),
            ("CronJob/*-b-*-c", "CronJob/a-c-b-c", false),
            ("CronJob/*", "CronJob/*-report", true),
            ("CronJob/*-report", "CronJob/*", false),
        ] {
            assert_eq!(fits(pattern, name), should, "{pattern} {name}");
        }
    }
}
