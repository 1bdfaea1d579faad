//! What is watched of services besides their calls: on which nodes their pods run, by what policies calls to them are judged, which runs of cron
//! jobs ended well. The store keeps it, so that a node of which nobody has told anything is blind for as long as pods ran there.

use super::clock::{SECOND, now};
use super::desk::lock;
use super::say::say;
use super::watch::Watches;
use super::world::World;
use crate::store::{Finished, Judged, Store};
use hedgerow_observe::fleet::{Fleet, Whose};
use hedgerow_observe::ledger::{Day, Effect, day_of};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Services and the nodes on which pods of theirs ran.
pub(crate) type Ran = BTreeSet<(Arc<str>, Arc<str>)>;

/// What was watched.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<Kept>);

/// What this life of the collector has seen. The store knows more: to tell it again what it has changes nothing.
#[derive(Debug, Default)]
struct Kept {
    /// Where pods ran today, as it was told to the store.
    ran: Ran,
    day: Day,
    /// The digest of each service's policies, as it was told.
    judged: BTreeMap<Arc<str>, String>,
    /// Nodes that the store was told are gone.
    gone: BTreeSet<String>,
    /// What the store could not keep yet.
    waiting: Effect,
    /// What the store has of policies and jobs; nothing before it was asked.
    told: Option<Arc<Told>>,
}

/// What the store has of the policies and jobs of services.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) judged: Judged,
    pub(crate) finished: Finished,
}

impl Watched {
    /// Takes in what is so now, and keeps it where that is new.
    pub(crate) fn take(&self, world: &World, watches: &Watches, store: &Mutex<Store>) {
        self.take_at(world, watches.are_policies_known(), store, now());
    }

    fn take_at(&self, world: &World, are_policies_known: bool, store: &Mutex<Store>, at: Micros) {
        let mut kept = lock(&self.0);
        kept.look(world, are_policies_known, at);
        if !kept.waiting.is_empty() {
            match lock(store).commit(&[], &kept.waiting) {
                Ok(()) => (kept.waiting, kept.told) = (Effect::default(), None),
                Err(error) => say("watched", &format!("what runs cannot be kept yet: {error}")),
            }
        }
        kept.read(store);
    }

    /// Reads what an earlier life of the collector has kept.
    pub(crate) fn read(&self, store: &Mutex<Store>) {
        lock(&self.0).read(store);
    }

    /// Where pods of services ran today, and what the store has of their policies and jobs.
    pub(crate) fn kept(&self) -> (Ran, Arc<Told>) {
        let kept = lock(&self.0);
        (kept.ran.clone(), kept.told.clone().unwrap_or_default())
    }

    /// The nodes among these whose end the store was not told yet.
    pub(crate) fn not_told_gone(&self, gone: BTreeSet<String>) -> Vec<String> {
        let kept = lock(&self.0);
        gone.into_iter().filter(|node| !kept.gone.contains(node)).collect()
    }

    /// The store knows that a node is gone.
    pub(crate) fn gone(&self, node: &str) {
        let mut kept = lock(&self.0);
        kept.ran.retain(|(_, on)| **on != *node);
        kept.gone.insert(node.to_owned());
    }

    /// What runs now of each service. Where its pods ran, by what it is judged and which jobs ended is in the store.
    pub(crate) fn services(world: &World, fleet: &Fleet) -> BTreeMap<String, observations::Watched> {
        let running = world.running();
        let of = |name: &Arc<str>| {
            let now = running.get(name);
            let text = |counts: &BTreeMap<Arc<str>, u64>| {
                counts.iter().map(|(name, count)| (name.to_string(), *count)).collect()
            };
            observations::Watched {
                nodes: now.into_iter().flat_map(|now| now.nodes.keys()).map(|node| node.to_string()).collect(),
                pods: Some(now.map_or(0, |now| now.pods)),
                unlabelled: now.map(|now| text(&now.unlabelled)).unwrap_or_default(),
                forged: now.map(|now| text(&now.forged)).unwrap_or_default(),
                strangers: now.map_or(0, |now| now.strangers),
                types: Some(now.map(|now| text(&now.types)).unwrap_or_default()),
                policy: None,
                // How old a connection is that was open before anybody looked, no source tells.
                longest_open: None,
                jobs: Vec::new(),
            }
        };
        fleet.services().iter().map(|service| (service.name.to_string(), of(&service.name))).collect()
    }
}

impl Kept {
    fn read(&mut self, store: &Mutex<Store>) {
        if self.told.is_none() {
            match lock(store).judged_and_finished() {
                Ok((judged, finished)) => self.told = Some(Arc::new(Told { judged, finished })),
                Err(error) => say("watched", &format!("what is kept of services cannot be read: {error}")),
            }
        }
    }

    fn look(&mut self, world: &World, are_policies_known: bool, at: Micros) {
        let Some(fleet) = world.known().fleet.clone() else { return };
        if self.day != day_of(at) {
            self.day = day_of(at);
            self.ran.clear();
        }
        let mut placed = world.take_ran();
        let running = world.running();
        let nodes = running.iter().flat_map(|(service, now)| now.nodes.keys().map(move |node| (service, node)));
        placed.extend(nodes.map(|(service, node)| (Arc::clone(service), Arc::clone(node))));
        for (service, node) in placed {
            if self.ran.insert((Arc::clone(&service), Arc::clone(&node))) {
                self.gone.remove(&*node);
                self.waiting.runs_on(&service, &node, at);
            }
        }
        if are_policies_known {
            let policies = world.policies_of_services();
            for service in fleet.services() {
                // No policy is one, too: that it was taken away is a change.
                let digest = policies.get(&service.name).cloned().unwrap_or_default();
                if self.judged.get(&service.name) != Some(&digest) {
                    self.waiting.judged_by(&service.name, &digest, at);
                    self.judged.insert(Arc::clone(&service.name), digest);
                }
            }
        }
        for run in world.take_jobs().into_values() {
            let Whose::Service(id) = fleet.whose(&run.namespace, &run.labels) else { continue };
            let Some(service) = fleet.service(id) else { continue };
            self.waiting.finished(&service.name, &run.workload, run.ended.saturating_mul(SECOND));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::names::Sighting;
    use crate::store::BatchId;
    use hedgerow_observe::fleet::Labels;
    use hedgerow_observe::ledger::{DAY, Ledger, Question, Report, SourceReport};
    use hedgerow_observe::naming::{History, Pod};
    use hedgerow_observe::observations::{Header, Moment};
    use hedgerow_observe::verdict::Verdicts;

    const START: Micros = 20_000 * DAY;
    const CATALOGUE: &str = r#"{"version":1,"environment":"prod","domain":"bank.example","identity":"bank.example/routing-name",
        "namespaces":["bank"],"types":{},"rules":{},"services":{"service.ledger":{"slug":"s-ledger","namespace":"bank",
        "labels":{"bank.example/routing-name":"service.ledger"},"owner":"money",
        "ports":[{"name":"http","port":8080,"protocol":"TCP"}],"stages":{"prod":"audit"}}}}"#;

    fn fleet() -> Arc<Fleet> {
        Arc::new(Fleet::read("catalogue.json", CATALOGUE, None).fleet.unwrap())
    }

    fn world() -> World {
        let world = World::new(START, SECOND);
        world.set_fleet(fleet());
        world
    }

    fn labels() -> BTreeMap<String, String> {
        [("bank.example/routing-name".to_owned(), "service.ledger".to_owned())].into()
    }

    fn pod(world: &World, uid: &str, node: &str, at: Micros) {
        let pod = Pod { uid: uid.into(), namespace: "bank".into(), name: uid.into(), labels: labels().into() };
        let sighting = Sighting { pod, addresses: vec![], born: at, node: Some(node.into()), started: None };
        world.pod(sighting, at);
    }

    fn header(store: &Mutex<Store>, until: Micros) -> Header {
        let question = Question { since: START, until, callee: None };
        lock(store).observations(&question, None, &BTreeMap::new()).unwrap().header
    }

    fn open(directory: &tempfile::TempDir) -> Mutex<Store> {
        Mutex::new(Store::open(&directory.path().join("store"), START).unwrap().0)
    }

    #[test]
    fn a_node_whose_node_part_came_late_is_blind_for_the_time_that_pods_ran_there() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let (world, watched) = (world(), Watched::default());
        pod(&world, "a", "late", START);
        pod(&world, "b", "never", START);
        // One that is gone before anybody looks.
        pod(&world, "c", "short", START);
        world.pod_gone("c", START);
        watched.take_at(&world, false, &store, START);
        let from = START + 30 * DAY;
        let sources = vec![SourceReport { name: "conntrack", heard: true, lost: 0, lost_unknown: false }];
        let report =
            Report { node: "late", from, to: from + DAY, continues: None, calls: vec![], sources, sent: vec![] };
        let effect = Ledger::default().take(&report, &History::new(0), &fleet(), &mut Verdicts::default());
        let id = BatchId { node: "late".into(), life: 1, sequence: 1 };
        lock(&store).commit(&[id], &effect).unwrap();
        let header = header(&store, from + DAY);
        let coverage: Vec<_> =
            header.coverage.iter().map(|it| (&*it.node, &*it.source, it.heard, it.blind, it.gaps.len())).collect();
        assert_eq!(
            coverage,
            [
                ("late", "conntrack", 1440, 30 * 1440, 1),
                ("never", "none", 0, 31 * 1440, 1),
                ("short", "none", 0, 31 * 1440, 1)
            ]
        );
        assert_eq!(header.services["service.ledger"].nodes, ["late", "never", "short"]);
    }

    #[test]
    fn a_policy_that_is_taken_away_and_put_back_is_new() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let (world, watched) = (world(), Watched::default());
        let policy = |at: Micros| {
            let header = header(&store, at);
            header.services["service.ledger"].policy.clone().map(|it| (it.digest, it.since))
        };
        let key = "NetworkPolicy.networking.k8s.io/bank/s-ledger";
        world.policy(key, "{}");
        watched.take_at(&world, true, &store, START + SECOND);
        let (digest, since) = policy(START + SECOND).unwrap();
        assert!(digest.starts_with("sha256:") && since == Moment((START + SECOND) / SECOND));
        // While policies are listed anew nothing is said of them.
        world.policy_gone(key);
        watched.take_at(&world, false, &store, START + 2 * SECOND);
        assert_eq!(policy(START + DAY).unwrap().0, digest);
        // Another life of the collector finds it gone.
        let watched = Watched::default();
        watched.take_at(&world, true, &store, START + 3 * SECOND);
        assert_eq!(policy(START + DAY), Some((String::new(), Moment((START + 3 * SECOND) / SECOND))));
        world.policy(key, "{}");
        watched.take_at(&world, true, &store, START + 4 * SECOND);
        assert_eq!(policy(START + DAY), Some((digest.clone(), Moment((START + 4 * SECOND) / SECOND))));
        // Nothing new is nothing new.
        Watched::default().take_at(&world, true, &store, START + 5 * SECOND);
        assert_eq!(policy(START + DAY), Some((digest, Moment((START + 4 * SECOND) / SECOND))));
    }

    /// A world in which the ledger may be called by type.
    fn typed_world() -> World {
        let catalogue = CATALOGUE
            .replace(r#""types":{}"#, r#""types":{"core":{"callers":["app"]},"app":{}}"#)
            .replace(r#""owner":"money""#, r#""type":"core""#);
        let world = World::new(START, SECOND);
        world.set_fleet(Arc::new(Fleet::read("catalogue.json", &catalogue, None).fleet.unwrap()));
        world
    }

    #[test]
    fn which_types_pods_wear_is_told_of_each_service() {
        let world = typed_world();
        let told = || {
            let fleet = world.known().fleet.clone().unwrap();
            let services = Watched::services(&world, &fleet);
            (services["service.ledger"].pods, services["service.ledger"].types.clone().unwrap())
        };
        assert_eq!(told(), (Some(0), BTreeMap::new()));
        for (uid, worn) in
            [("a", Some("core")), ("b", Some("core")), ("c", Some("app")), ("d", Some("none")), ("e", None)]
        {
            let mut labels = labels();
            labels.extend(worn.map(|worn| ("bank.example/service-type".to_owned(), worn.to_owned())));
            let pod = Pod { uid: uid.into(), namespace: "bank".into(), name: uid.into(), labels: labels.into() };
            let sighting = Sighting { pod, addresses: vec![], born: START, node: Some("n".into()), started: None };
            world.pod(sighting, START);
        }
        // A type that the catalogue does not list opens nothing.
        let types = [("app".to_owned(), 1), ("core".to_owned(), 2)];
        assert_eq!(told(), (Some(5), types.into()));
    }

    #[test]
    fn pods_of_no_service_that_wear_what_lets_them_in_are_told_of_the_callee() {
        let world = typed_world();
        let strangers = || {
            let fleet = world.known().fleet.clone().unwrap();
            let services = Watched::services(&world, &fleet);
            (services["service.ledger"].strangers, services["service.ledger"].pods)
        };
        let mut expected = 0;
        for (uid, key, value, opens) in [
            ("a", "egress-s-ledger", "true", true),
            ("b", "egress-s-other", "true", false),
            ("c", "service-type", "app", true),
            // Of that type nobody may call it.
            ("d", "service-type", "core", false),
            ("e", "service-type", "none", false),
            ("f", "team", "app", false),
        ] {
            let labels = std::iter::once((format!("bank.example/{key}"), value.to_owned()));
            let pod = Pod {
                uid: uid.into(),
                namespace: "web".into(),
                name: uid.into(),
                labels: labels.collect::<Labels>().into(),
            };
            world.pod(Sighting { pod, addresses: vec![], born: START, node: None, started: None }, START);
            expected += u64::from(opens);
            assert_eq!(strangers(), (expected, Some(0)), "{key}={value}");
        }
        // A pod of a service is none of them.
        let mut own = labels();
        own.insert("bank.example/egress-s-ledger".to_owned(), "true".to_owned());
        let pod = Pod { uid: "g".into(), namespace: "bank".into(), name: "g".into(), labels: own.into() };
        world.pod(Sighting { pod, addresses: vec![], born: START, node: None, started: None }, START);
        assert_eq!(strangers(), (expected, Some(1)));
    }

    #[test]
    fn a_node_that_came_within_the_window_says_since_when_it_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let (world, watched) = (world(), Watched::default());
        pod(&world, "a", "new", START + 2 * DAY);
        watched.take_at(&world, false, &store, START + 2 * DAY);
        let new = header(&store, START + 3 * DAY).coverage.remove(0);
        assert_eq!((new.blind, new.since, new.until), (1440, Some(Moment((START + 2 * DAY) / SECOND)), None));
    }

    #[test]
    fn policies_of_the_tree_and_of_the_cluster_have_one_digest() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let told = |objects: &[(&str, &str)]| {
            let (world, watched) = (world(), Watched::default());
            objects.iter().for_each(|(key, text)| world.policy(key, text));
            watched.take_at(&world, true, &store, START + SECOND);
            header(&store, START + SECOND).services["service.ledger"].policy.clone().unwrap().digest
        };
        let spec = "podSelector: {matchLabels: {a: b}}\n  policyTypes: [Ingress]\n  ingress: [{ports: [{port: 8080}]}]";
        let rendered = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: s-ledger, namespace: bank}}\nspec:\n  {spec}\n"
        );
        let backstop = "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: s-ledger-backstop, namespace: bank}, spec: {order: 1500, selector: a == 'b', types: [Ingress], ingress: [{action: Allow}]}}";
        let served = r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"namespace":"bank","name":"s-ledger","labels":{"x":"y"}},"spec":{"podSelector":{"matchLabels":{"a":"b"}},"policyTypes":["Ingress"],"ingress":[{"ports":[{"protocol":"TCP","port":8080}]}]}}"#;
        let stored = backstop
            .replace("projectcalico.org/v3", "crd.projectcalico.org/v1")
            .replace("s-ledger", "default.s-ledger");
        let (policy, calico) = (
            "NetworkPolicy.networking.k8s.io/bank/s-ledger",
            "NetworkPolicy.projectcalico.org/bank/default.s-ledger-backstop",
        );
        let meaning = |texts: &[&str]| hedgerow_observe::verdict::meaning_of(texts.iter().copied()).unwrap();
        assert_eq!(told(&[(policy, served)]), meaning(&[&rendered]));
        assert_eq!(told(&[(policy, served), (calico, &stored)]), meaning(&[backstop, &rendered]));
        assert_ne!(told(&[(policy, &served.replace("8080", "8081"))]), meaning(&[&rendered]));
        // Under `backend: observe` it is data.
        let indented = rendered
            .replace("metadata: {name: s-ledger, namespace: bank}", "metadata: {name: s-ledger}")
            .replace('\n', "\n    ");
        let data = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: s-ledger-network-policy, namespace: bank, labels: {{bank.example/policy-of: service.ledger}}}}\ndata:\n  networkpolicy.yaml: |\n    {indented}\n"
        );
        let digest = told(&[("ConfigMap./bank/s-ledger-network-policy", &data)]);
        assert_eq!(digest, meaning(&[&data]));
        assert_ne!(digest, meaning(&[&rendered]), "what is data is not in force");
        assert_eq!(told(&[("NetworkPolicy.networking.k8s.io/bank/other", served)]), "", "somebody else's");
    }

    #[test]
    fn a_run_of_a_job_is_counted_once_however_often_it_is_listed() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let (world, watched) = (world(), Watched::default());
        for day in [1, 30, 90] {
            let ended = (START + SECOND) / SECOND;
            world.job_finished("uid", "bank", "CronJob/close", &labels(), ended);
            world.job_finished("other", "bank", "CronJob/close", &labels(), ended + 60);
            world.job_finished("nobody", "bank", "CronJob/x", &BTreeMap::new(), ended);
            watched.take_at(&world, true, &store, START + day * DAY);
        }
        let header = header(&store, START + 91 * DAY);
        let jobs = &header.services["service.ledger"].jobs;
        assert_eq!(jobs.iter().map(|job| (&*job.workload, job.finished)).collect::<Vec<_>>(), [("CronJob/close", 2)]);
    }

    #[test]
    fn a_node_that_is_gone_is_expected_no_more_until_a_pod_runs_there() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let (world, watched) = (world(), Watched::default());
        pod(&world, "a", "n", START);
        watched.take_at(&world, true, &store, START);
        lock(&store).remove_node("n", START + DAY).unwrap();
        watched.gone("n");
        assert!(watched.not_told_gone(["n".to_owned()].into()).is_empty());
        let gone = header(&store, START + 3 * DAY).coverage.remove(0);
        let second = |at: Micros| Some(Moment(at / SECOND));
        assert_eq!((gone.blind, gone.since, gone.until), (1440, None, second(START + DAY)));
        pod(&world, "a", "n", START + 2 * DAY);
        watched.take_at(&world, true, &store, START + 2 * DAY);
        assert_eq!(header(&store, START + 3 * DAY).coverage[0].blind, 3 * 1440);
        assert_eq!(watched.not_told_gone(["n".to_owned()].into()), ["n"]);
    }
}
