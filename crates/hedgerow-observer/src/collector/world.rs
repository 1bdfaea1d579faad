//! What the collector knows of the cluster and of the fleet, behind one lock: names, policies, labels that nobody gave.

use super::names::{Names, Sighting};
use hedgerow_observe::fleet::{Fleet, Forged, Labels, Service, Whose};
use hedgerow_observe::naming::{Micros, Pod};
use hedgerow_observe::verdict::{Policies, Verdicts};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many finished jobs wait to be written down.
const JOBS: usize = 10_000;
/// How many pods with forged labels are listed; of more only the number is known.
pub(crate) const FORGED: usize = 1_000;

/// What the collector knows.
#[derive(Debug)]
pub(crate) struct World(Mutex<Known>);

/// What is known, to be looked at under the lock.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) names: Names,
    pub(crate) verdicts: Verdicts,
    pub(crate) fleet: Option<Arc<Fleet>>,
    /// A digest of what each policy says, by its key.
    texts: BTreeMap<String, [u8; 32]>,
    /// Pods that wear labels which the catalogue does not give them, by uid.
    forged: BTreeMap<String, (Arc<Pod>, Vec<Forged>)>,
    /// Where pods run or ran lately, by uid: the node, and when the pod was gone.
    placed: BTreeMap<String, (Arc<str>, Option<Micros>)>,
    /// Names of nodes.
    nodes: BTreeSet<Arc<str>>,
    /// Services and the nodes on which a pod of theirs was seen since that was asked last: one may be gone by then.
    ran: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Runs of cron jobs that ended well, by uid of the job.
    jobs: BTreeMap<String, JobRun>,
    /// What runs, until a pod or the fleet changes.
    running: Option<Arc<BTreeMap<Arc<str>, Running>>>,
}

/// A run of a cron job that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobRun {
    pub(crate) namespace: String,
    pub(crate) workload: String,
    pub(crate) labels: Labels,
    /// In seconds since 1970.
    pub(crate) ended: i64,
}

/// A service of the fleet, as its running pods show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) pods: u64,
    /// How many of them on which node.
    pub(crate) nodes: BTreeMap<Arc<str>, u64>,
    /// By callee, how many pods lack the label that a rule gives.
    pub(crate) unlabelled: BTreeMap<Arc<str>, u64>,
    /// By type, how many wear its label.
    pub(crate) types: BTreeMap<Arc<str>, u64>,
    /// By callee, how many wear one that no rule gives.
    pub(crate) forged: BTreeMap<Arc<str>, u64>,
    /// How many pods of no service wear a label with which they may call it.
    pub(crate) strangers: u64,
}

impl World {
    pub(crate) fn new(since: Micros, lag: Micros) -> Self {
        Self(Mutex::new(Known {
            names: Names::new(since, lag),
            verdicts: Verdicts::default(),
            fleet: None,
            texts: BTreeMap::new(),
            forged: BTreeMap::new(),
            placed: BTreeMap::new(),
            nodes: BTreeSet::new(),
            ran: BTreeSet::new(),
            jobs: BTreeMap::new(),
            running: None,
        }))
    }

    /// What is known, for as long as the guard is held. Nobody else learns anything meanwhile, so it is held shortly.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ── What the watches tell ─────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn pod(&self, sighting: Sighting, received: Micros) {
        self.known().pod(sighting, received);
    }

    pub(crate) fn pod_gone(&self, uid: &str, received: Micros) {
        let mut known = self.known();
        known.names.gone(uid, received);
        known.forget_pod(uid, received);
    }

    pub(crate) fn all_pods(&self, sightings: Vec<Sighting>, asked: Micros, received: Micros) {
        let uids = uids(&sightings);
        let mut known = self.known();
        known.names.caught_up(asked);
        // What a list tells was so when it was asked for.
        for sighting in sightings {
            known.pod(sighting, received);
        }
        for uid in known.names.only(&uids, received) {
            known.forget_pod(&uid, received);
        }
    }

    pub(crate) fn node(&self, name: &str, addresses: &[IpAddr], born: Micros, received: Micros) {
        self.known().names.node(name, addresses, born, received);
    }

    pub(crate) fn node_gone(&self, name: &str, received: Micros) {
        self.known().names.node_gone(name, received);
    }

    pub(crate) fn all_nodes(&self, nodes: Vec<(String, Vec<IpAddr>, Micros)>, asked: Micros, received: Micros) {
        let mut known = self.known();
        known.names.caught_up(asked);
        for (name, addresses, born) in &nodes {
            known.names.node(name, addresses, *born, received);
        }
        known.names.only_nodes(&nodes.into_iter().map(|(name, ..)| name).collect(), received);
    }

    pub(crate) fn all_namespaces(&self, namespaces: BTreeMap<String, Labels>) {
        self.policies(|policies| {
            let gone: Vec<String> =
                policies.namespaces().filter(|name| !namespaces.contains_key(*name)).map(str::to_owned).collect();
            for name in gone {
                policies.remove_namespace(&name);
            }
            for (name, labels) in namespaces {
                policies.set_namespace(&name, labels);
            }
        });
    }

    pub(crate) fn policies(&self, change: impl FnOnce(&mut Policies)) {
        self.known().verdicts.change(change);
    }

    pub(crate) fn policy(&self, key: &str, text: &str) {
        let mut known = self.known();
        if known.is_new_text(key, text) {
            known.verdicts.change(|policies| policies.set(key, text));
        }
    }

    pub(crate) fn policy_gone(&self, key: &str) {
        let mut known = self.known();
        known.texts.remove(key);
        known.verdicts.change(|policies| policies.remove(key));
    }

    /// All policies whose keys begin so.
    pub(crate) fn all_policies(&self, prefix: &str, these: BTreeMap<String, String>) {
        let mut known = self.known();
        let new: Vec<_> = these.iter().filter(|(key, text)| known.is_new_text(key, text)).collect();
        let gone = known.texts.keys().filter(|key| key.starts_with(prefix) && !these.contains_key(*key));
        let gone: BTreeSet<String> = gone.cloned().collect();
        known.texts.retain(|key, _| !gone.contains(key));
        if new.is_empty() && gone.is_empty() {
            return;
        }
        known.verdicts.change(|policies| {
            for key in &gone {
                policies.remove(key);
            }
            for (key, text) in new {
                policies.set(key.as_str(), text);
            }
        });
    }

    pub(crate) fn heard(&self, asked: Micros) {
        self.known().names.heard(asked);
    }

    pub(crate) fn job_finished(&self, uid: &str, namespace: &str, workload: &str, labels: &Labels, ended: i64) {
        let mut known = self.known();
        if known.jobs.len() < JOBS {
            let (namespace, workload) = (namespace.to_owned(), workload.to_owned());
            known.jobs.insert(uid.to_owned(), JobRun { namespace, workload, labels: labels.clone(), ended });
        }
    }

    // ── The catalogue ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// Another catalogue counts from now on.
    pub(crate) fn set_fleet(&self, fleet: Arc<Fleet>) {
        let mut known = self.known();
        known.fleet = Some(fleet);
        known.running = None;
        let pods: Vec<_> = known.names.pods().cloned().collect();
        known.forged.clear();
        for pod in pods {
            known.judge(&pod);
        }
    }

    // ── Answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Pods that wear labels which the catalogue does not give them; at most [`FORGED`].
    pub(crate) fn forged(&self) -> Vec<(Arc<Pod>, Vec<Forged>)> {
        self.known().forged.values().take(FORGED).cloned().collect()
    }

    /// How many pods of whom wear which label that the catalogue does not give them: by service, namespace and key.
    pub(crate) fn forged_counts(&self) -> BTreeMap<(String, String, String), u64> {
        let known = self.known();
        let mut counts = BTreeMap::new();
        for (pod, forged) in known.forged.values() {
            let service = known.service_of(pod).map_or_else(String::new, |service| service.name.to_string());
            for label in forged {
                let key = (service.clone(), pod.namespace.clone(), label.key.clone());
                *counts.entry(key).or_default() += 1;
            }
        }
        counts
    }

    /// What runs, by service.
    pub(crate) fn running(&self) -> Arc<BTreeMap<Arc<str>, Running>> {
        let mut known = self.known();
        if let Some(running) = &known.running {
            return Arc::clone(running);
        }
        let running = Arc::new(known.count_running());
        known.running = Some(Arc::clone(&running));
        running
    }

    /// On which nodes pods of services were seen since this was asked last.
    pub(crate) fn take_ran(&self) -> BTreeSet<(Arc<str>, Arc<str>)> {
        std::mem::take(&mut self.known().ran)
    }

    /// A digest of what the policies of each service mean: of those that are called as Hedgerow calls them.
    pub(crate) fn policies_of_services(&self) -> BTreeMap<Arc<str>, String> {
        let known = self.known();
        let Some(fleet) = known.fleet.clone() else { return BTreeMap::new() };
        let mut by_name: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for key in known.texts.keys() {
            // `Kind.group/namespace/name`.
            let mut parts = key.splitn(3, '/').skip(1);
            let (Some(namespace), Some(name)) = (parts.next(), parts.next()) else { continue };
            // Where Calico stores them, names begin with the tier.
            let name = name.strip_prefix("default.").unwrap_or(name);
            by_name.entry((namespace, name)).or_default().push(key);
        }
        let policies = known.verdicts.policies();
        let digest = |service: &Service| {
            let namespace = service.namespace.as_str();
            let named = service.policies.iter().filter_map(|name| by_name.get(&(namespace, name.as_str())));
            let meaning = policies.meaning_of(named.flatten().copied())?;
            Some((Arc::clone(&service.name), meaning))
        };
        fleet.services().iter().filter_map(digest).collect()
    }

    /// Forgets what is long over.
    pub(crate) fn forget(&self, now: Micros) {
        let mut known = self.known();
        known.names.forget(now);
        let before = now.saturating_sub(super::names::REMEMBERED);
        known.placed.retain(|_, (_, gone)| gone.is_none_or(|gone| gone >= before));
    }

    /// Runs of cron jobs that were told since the last time this was asked.
    pub(crate) fn take_jobs(&self) -> BTreeMap<String, JobRun> {
        std::mem::take(&mut self.known().jobs)
    }
}

impl Known {
    fn count_running(&self) -> BTreeMap<Arc<str>, Running> {
        let Some(fleet) = self.fleet.clone() else { return BTreeMap::new() };
        let mut running: BTreeMap<Arc<str>, Running> = BTreeMap::new();
        for pod in self.names.pods() {
            let id = match fleet.whose(&pod.namespace, &pod.labels) {
                Whose::Service(id) => id,
                Whose::Nobody => {
                    for callee in fleet.opened_to(&pod.labels) {
                        running.entry(callee).or_default().strangers += 1;
                    }
                    continue;
                }
                Whose::Several(_) => continue,
            };
            let Some(service) = fleet.service(id) else { continue };
            let of_service = running.entry(service.name.clone()).or_default();
            of_service.pods += 1;
            if let Some(node) = self.node_of(&pod.uid) {
                *of_service.nodes.entry(Arc::clone(node)).or_default() += 1;
            }
            for callee in fleet.unlabelled(id, &pod.labels) {
                *of_service.unlabelled.entry(callee).or_default() += 1;
            }
            if let Some(worn) = fleet.type_worn(&pod.labels) {
                *of_service.types.entry(Arc::from(worn)).or_default() += 1;
            }
            let forged = self.forged.get(&pod.uid);
            let callees: BTreeSet<Arc<str>> = forged
                .iter()
                .flat_map(|(_, forged)| forged)
                .filter_map(|label| fleet.opened_by(&label.key))
                .map(|callee| Arc::clone(&callee.name))
                .collect();
            for callee in callees {
                *of_service.forged.entry(callee).or_default() += 1;
            }
        }
        running
    }

    fn pod(&mut self, sighting: Sighting, received: Micros) {
        if let Some(node) = &sighting.node
            && self.node_of(&sighting.pod.uid).is_none_or(|known| **known != **node)
        {
            // Nodes are few: each name is kept once.
            let node = self.nodes.get(node.as_str()).cloned().unwrap_or_else(|| Arc::from(node.as_str()));
            self.nodes.insert(Arc::clone(&node));
            self.placed.insert(sighting.pod.uid.clone(), (node, None));
            self.running = None;
        }
        let before = self.names.pod(&sighting.pod.uid).cloned();
        let pod = self.names.seen(sighting, received);
        if !before.is_some_and(|before| Arc::ptr_eq(&before, &pod)) {
            self.running = None;
        }
        if let (Some(service), Some(node)) = (self.service_of(&pod), self.node_of(&pod.uid)) {
            let ran = (Arc::clone(&service.name), Arc::clone(node));
            self.ran.insert(ran);
        }
        self.judge(&pod);
    }

    fn forget_pod(&mut self, uid: &str, at: Micros) {
        self.running = None;
        self.forged.remove(uid);
        if let Some((_, gone)) = self.placed.get_mut(uid) {
            gone.get_or_insert(at);
        }
    }

    /// The node on which a pod runs, or ran lately.
    pub(crate) fn node_of(&self, uid: &str) -> Option<&Arc<str>> {
        self.placed.get(uid).map(|(node, _)| node)
    }

    /// Looks at a pod's labels.
    fn judge(&mut self, pod: &Arc<Pod>) {
        let forged = self.fleet.as_ref().map(|fleet| fleet.forged(&pod.namespace, &pod.labels)).unwrap_or_default();
        if forged.is_empty() {
            self.forged.remove(&pod.uid);
        } else {
            self.forged.insert(pod.uid.clone(), (Arc::clone(pod), forged));
        }
    }

    fn is_new_text(&mut self, key: &str, text: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        self.texts.insert(key.to_owned(), digest) != Some(digest)
    }

    /// The service that a pod is.
    pub(crate) fn service_of(&self, pod: &Pod) -> Option<&Service> {
        let fleet = self.fleet.as_ref()?;
        match fleet.whose(&pod.namespace, &pod.labels) {
            Whose::Service(id) => fleet.service(id),
            Whose::Nobody | Whose::Several(_) => None,
        }
    }

    /// How many policies there are, and what is wrong with those that are not understood.
    pub(crate) fn policy_faults(&mut self) -> (usize, Vec<String>) {
        let faults = self.verdicts.faults().iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect();
        (self.verdicts.policies().len(), faults)
    }
}

/// Uids of a list.
fn uids(sightings: &[Sighting]) -> BTreeSet<String> {
    sightings.iter().map(|sighting| sighting.pod.uid.clone()).collect()
}
