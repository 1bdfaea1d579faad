//! What runs: labels of the callers' pods, runs of their cron jobs, and what owners say happens rarely.

use super::{Court, Job, line};
use crate::cron::next;
use crate::evidence::{Evidence, Kind, Outcome, listed};
use hedgerow_core::diag::count;
use hedgerow_core::fleet::Service;
use hedgerow_observe::observations::{JobRuns, Moment};
use std::collections::BTreeSet;

/// How many runs of a cron job the window must hold.
const RUNS: u64 = 2;

impl<'q> Court<'q> {
    pub(super) fn labels(&self, service: &Service) -> Evidence {
        let callee = service.name.as_str();
        let (mut without, mut unwatched, mut pods) = (Vec::new(), Vec::new(), 0_u64);
        let callers = self.callers.get(callee);
        for caller in callers.into_iter().flatten() {
            match self.watched(caller).and_then(|watched| Some((watched, watched.pods?))) {
                None => unwatched.push(format!("`{caller}`")),
                Some((watched, running)) => {
                    pods += running;
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
            return line(Kind::Labels, Outcome::Blocks, text).help("see docs/guard.md: who gave it to them?");
        }
        if !without.is_empty() {
            let text = format!("running pods of its callers do not wear its label: {}", listed(&without));
            return line(Kind::Labels, Outcome::Blocks, text).help("deploy these callers again");
        }
        if !unwatched.is_empty() {
            let text = format!("nobody tells what the pods of {} wear", listed(&unwatched));
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

    pub(super) fn cron_jobs(&self, service: &Service) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        let mut seen = 0;
        for caller in self.may_call(service) {
            for job in self.jobs.get(caller).into_iter().flatten() {
                match self.runs(job) {
                    (runs, _) if runs >= RUNS => seen += 1,
                    (runs, last) => evidence.push(self.too_few(service, job, runs, last)),
                }
            }
        }
        if seen > 0 {
            let text = format!("{} of its callers ran {RUNS} times at least", count(seen, "cron job"));
            evidence.insert(0, line(Kind::Jobs, Outcome::Holds, text));
        }
        evidence
    }

    fn too_few(&self, service: &Service, job: &Job, runs: u64, last: Option<Moment>) -> Evidence {
        let longer = if self.is_longer() {
            format!(
                " that are known of; these observations reach back more than {}: `hedgerow-observer export --since {}d` gives the window alone",
                count(self.question.days, "day"),
                self.question.days
            )
        } else {
            String::new()
        };
        let text = format!("`{}` of `{}` ran {runs} of {RUNS} times{longer}", job.workload, job.service);
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
        // From the last run that is known, or from now: when there have been enough. The cluster's time zone may be another by a day.
        let start = last.unwrap_or(self.question.now).0.max(self.question.now.0);
        let until = (runs..RUNS).try_fold(start, |after, _| next(schedule, after));
        match until {
            Some(until) => {
                let until = Moment(until + super::DAY);
                line(Kind::Jobs, Outcome::Wait(until), format!("{text} (`{schedule}`)")).help(help)
            }
            None => line(Kind::Jobs, Outcome::Blocks, format!("{text}, and `{schedule}` does not tell when it does"))
                .help(help),
        }
    }

    /// How many runs the window held, and when the last one ended. Where the observations reach further back than the window, only the last
    /// is known to be in it.
    fn runs(&self, job: &Job) -> (u64, Option<Moment>) {
        let runs = self.watched(&job.service).map(|watched| watched.jobs.as_slice()).unwrap_or_default();
        let mine = || runs.iter().filter(|runs| fits(&job.workload, &runs.workload));
        let is_longer = self.is_longer();
        let in_window = |runs: &JobRuns| {
            if is_longer { u64::from(runs.last.is_some_and(|last| last >= self.begin())) } else { runs.finished }
        };
        (mine().map(in_window).max().unwrap_or(0), mine().filter_map(|runs| runs.last).max())
    }

    /// Whether the observations reach further back than the window, by more than the day they may begin earlier.
    fn is_longer(&self) -> bool {
        self.question.observations.header.from.0 < self.begin().0 - super::DAY
    }

    /// Who may call a service by a rule or by its type, by name.
    fn may_call(&self, service: &Service) -> BTreeSet<&'q str> {
        let mut callers = self.callers.get(service.name.as_str()).cloned().unwrap_or_default();
        let plan = self.question.plan;
        for catch_all in plan.catch_alls().iter().filter(|c| Some(&c.service_type) == service.service_type.as_ref()) {
            let of_type = |other: &&Service| {
                other.service_type.as_ref().is_some_and(|t| catch_all.callers.iter().any(|caller| caller == t))
            };
            callers.extend(plan.fleet().services().filter(of_type).map(|other| other.name.as_str()));
        }
        callers
    }

    pub(super) fn rare(&self, service: &Service) -> Vec<Evidence> {
        let is_job = |what: &str| self.question.jobs.iter().any(|job| job.workload == what);
        let told = service.rare.iter().filter(|rare| rare.what != "code" && !is_job(&rare.what)).map(|rare| {
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

/// Whether a workload of the cluster is the one of a manifest, in which `*` stands for what only the deploy knows.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut is_open = false;
    for part in parts {
        is_open = true;
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        if part.is_empty() {
            rest = "";
        }
    }
    rest.is_empty() || is_open && pattern.ends_with('*')
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
        ] {
            assert_eq!(fits(pattern, name), should, "{pattern} {name}");
        }
    }
}
