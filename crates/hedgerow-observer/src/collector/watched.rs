//! What was watched of services besides their calls, beyond one life of the collector: on which nodes their pods ran, since when their
//! policies say what they say, which runs of cron jobs ended well. One small file beside the store, written anew as a whole.
#![allow(clippy::disallowed_methods, reason = "the door to its own file")]

use super::clock::now;
use super::desk::lock;
use super::say::say;
use super::world::World;
use hedgerow_observe::fleet::{Fleet, Whose};
use hedgerow_observe::ledger::{DAY, Day, day_of};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{self, JobRuns, JudgedBy, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

/// How many days of one job are kept, and how many uids of runs that were counted.
const DAYS: Day = 400;
const RUNS: usize = 20_000;

/// What was watched.
#[derive(Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// By service and node: the first and the last day on which a pod ran there.
    nodes: BTreeMap<String, BTreeMap<String, (Day, Day)>>,
    /// By service: the digest of its policies, and since when, in seconds.
    policies: BTreeMap<String, (String, i64)>,
    /// By service and job: per day how many runs ended well, and when the last did, in seconds.
    jobs: BTreeMap<String, BTreeMap<String, BTreeMap<Day, (u64, i64)>>>,
    /// Runs that were counted: by uid the day.
    runs: BTreeMap<String, Day>,
}

impl Watched {
    /// Reads the file. One that is damaged or lost is begun anew, and that is said.
    pub(crate) fn open(path: PathBuf) -> Self {
        let kept = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                say("watched", &format!("{} is no good and is begun anew: {error}", path.display()));
                Kept::default()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kept::default(),
            Err(error) => {
                say("watched", &format!("{} cannot be read and is begun anew: {error}", path.display()));
                Kept::default()
            }
        };
        Self { path, kept: Mutex::new(kept) }
    }

    /// Takes in what is so now, and writes the file where that is new.
    pub(crate) fn take(&self, world: &World) {
        let before = lock(&self.kept).clone();
        self.look(world, now());
        let after = lock(&self.kept).clone();
        if before != after
            && let Err(error) = self.write(&after)
        {
            say("watched", &format!("{} cannot be written: {error}", self.path.display()));
        }
    }

    fn look(&self, world: &World, at: Micros) {
        let Some(fleet) = world.known().fleet.clone() else { return };
        let (today, placed) = (day_of(at), world.placed());
        let policies = world.policies_of_services();
        let jobs = world.take_jobs();
        let mut kept = lock(&self.kept);
        for (service, node) in placed {
            let days =
                kept.nodes.entry(service.to_string()).or_default().entry(node.to_string()).or_insert((today, today));
            days.1 = days.1.max(today);
        }
        for (service, digest) in policies {
            let known = kept.policies.entry(service.to_string()).or_insert_with(|| (String::new(), 0));
            if known.0 != digest {
                *known = (digest, at.div_euclid(super::clock::SECOND));
            }
        }
        for (uid, run) in jobs {
            let day = Day::try_from(run.ended.div_euclid(86_400)).unwrap_or(today);
            if kept.runs.contains_key(&uid) || kept.runs.len() >= RUNS {
                continue;
            }
            let Whose::Service(id) = fleet.whose(&run.namespace, &run.labels) else { continue };
            let Some(service) = fleet.service(id) else { continue };
            kept.runs.insert(uid, day);
            let days = kept.jobs.entry(service.name.to_string()).or_default().entry(run.workload).or_default();
            let runs = days.entry(day).or_insert((0, 0));
            *runs = (runs.0 + 1, runs.1.max(run.ended));
        }
        let oldest = today - DAYS;
        kept.nodes.values_mut().for_each(|nodes| nodes.retain(|_, (_, last)| *last >= oldest));
        kept.jobs.values_mut().for_each(|jobs| jobs.values_mut().for_each(|days| days.retain(|day, _| *day >= oldest)));
        // A job that ended a week ago is listed no more, or was counted.
        kept.runs.retain(|_, day| *day >= today - 60);
    }

    fn write(&self, kept: &Kept) -> std::io::Result<()> {
        let directory = self.path.parent().unwrap_or_else(|| std::path::Path::new("."));
        let fresh = self.path.with_extension("new");
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).open(&fresh)?;
        file.write_all(&serde_json::to_vec(kept)?)?;
        file.sync_all()?;
        std::fs::rename(&fresh, &self.path)?;
        std::fs::OpenOptions::new().read(true).open(directory)?.sync_all()
    }

    /// What was watched of each service since a moment.
    pub(crate) fn services(
        &self,
        world: &World,
        fleet: &Fleet,
        since: Micros,
    ) -> BTreeMap<String, observations::Watched> {
        let running = world.running();
        let kept = lock(&self.kept);
        let first = day_of(since);
        let mut services = BTreeMap::new();
        for service in fleet.services() {
            let now = running.get(&service.name);
            let nodes = kept.nodes.get(&*service.name).into_iter().flatten().filter(|(_, (_, last))| *last >= first);
            let jobs = kept.jobs.get(&*service.name).into_iter().flatten().map(|(workload, days)| {
                let days = days.iter().filter(|(day, _)| {
                    **day >= first && Micros::from(**day) * DAY >= since.min(Micros::from(first) * DAY)
                });
                let (finished, last) =
                    days.fold((0, 0), |(count, last), (_, (runs, ended))| (count + runs, last.max(*ended)));
                JobRuns { workload: workload.clone(), finished, last: (last > 0).then_some(Moment(last)) }
            });
            let text = |counts: &BTreeMap<std::sync::Arc<str>, u64>| {
                counts.iter().map(|(name, count)| (name.to_string(), *count)).collect()
            };
            let watched = observations::Watched {
                nodes: nodes.map(|(node, _)| node.clone()).collect(),
                pods: Some(now.map_or(0, |now| now.pods)),
                unlabelled: now.map(|now| text(&now.unlabelled)).unwrap_or_default(),
                forged: now.map(|now| text(&now.forged)).unwrap_or_default(),
                policy: kept
                    .policies
                    .get(&*service.name)
                    .map(|(digest, since)| JudgedBy { digest: digest.clone(), since: Moment(*since) }),
                // How old a connection is that was open before anybody looked, no source tells.
                longest_open: None,
                jobs: jobs.collect(),
            };
            services.insert(service.name.to_string(), watched);
        }
        services
    }
}
