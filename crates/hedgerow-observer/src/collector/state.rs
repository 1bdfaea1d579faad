//! What is told of the whole at one moment: for `/metrics`, for the page, and whether the collector is ready.

use super::auth::Readers;
use super::catalogue;
use super::clock::{SECOND, now, written};
use super::desk::{Desk, lock};
use super::events::Written;
use super::intake::{Clocks, Refusals};
use super::metrics::{self, Pods, Snapshot};
use super::page::{Mend, Row, View};
use super::watch::Watches;
use super::watched::Watched;
use super::world::{Running, World};
use hedgerow_observe::Protocol;
use hedgerow_observe::fleet::{Fleet, Service};
use hedgerow_observe::ledger::{Canaries, Edge, Ledger, OTHER, Question, Tally};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{End, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// How long the page lists a call after it was seen last.
const SHOWN: Micros = 7 * 86_400 * SECOND;
/// How long a callee may go without a canary's call that was seen.
const UNSEEN: Micros = 300 * SECOND;
/// How long the desk may be silent before the collector is not alive.
const SILENT: Micros = 120 * SECOND;

/// Everything that answers are made of.
pub(crate) struct State {
    pub(crate) world: Arc<World>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) catalogue: Arc<catalogue::State>,
    pub(crate) clocks: Arc<Clocks>,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) events: Arc<Written>,
    pub(crate) watched: Arc<Watched>,
    /// Files that are read again, and whether that went well the last time.
    pub(crate) files: Arc<Mutex<BTreeMap<&'static str, bool>>>,
    /// The digest of the fleet whose edges have their series already.
    pub(crate) expected: Mutex<Option<String>>,
    /// Whether canaries may send: then one is expected.
    pub(crate) has_canaries: bool,
}

impl State {
    fn fleet(&self) -> Option<Arc<Fleet>> {
        self.world.known().fleet.clone()
    }

    /// Why the collector does not answer as it should; nothing where it does.
    pub(crate) fn unready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.fleet().is_none() {
            let said = self.catalogue.said();
            reasons.push(format!(
                "no catalogue was read yet: {}",
                said.fault.unwrap_or_else(|| "it is on its way".to_owned())
            ));
        }
        for (name, health) in self.watches.all() {
            if health.is_needed && !health.is_whole {
                reasons.push(format!(
                    "the watch of {name} is not whole: {}",
                    health.fault.unwrap_or_else(|| "it is listed".to_owned())
                ));
            }
        }
        let (awaited, watches) = (self.watches.awaited(), self.watches.all());
        if !awaited.is_empty() {
            let of = |name: &String| match watches.get(name).and_then(|health| health.fault.as_deref()) {
                Some(fault) => format!("{name} ({fault})"),
                None => name.clone(),
            };
            let awaited: Vec<_> = awaited.iter().map(of).collect();
            reasons.push(format!("policies are not known, for these are not listed: {}", awaited.join(", ")));
        }
        reasons.extend(self.desk.fault().map(|fault| format!("what is seen cannot be kept: {fault}")));
        reasons
    }

    /// Whether the collector is at work at all.
    pub(crate) fn is_alive(&self) -> bool {
        now().saturating_sub(self.desk.alive.load(Ordering::Relaxed)) < SILENT
    }

    /// The page of metrics.
    pub(crate) fn metrics(&self) -> Result<String, std::fmt::Error> {
        let fleet = self.fleet();
        if let Some(fleet) = &fleet {
            self.expect(fleet);
        }
        let (told, pods, holders, policies, policy_faults) = {
            let mut known = self.world.known();
            let (pods, holders) = known.names.len();
            let (policies, faults) = known.policy_faults();
            (known.names.told(), pods, holders, policies, faults.len())
        };
        let (leftovers, refused_records) = self.desk.oddities();
        let catalogue = self.catalogue.said();
        let canaries = self.canaries(fleet.as_deref());
        let running = self.world.running();
        let (ran, told_of_services) = self.watched.kept();
        let mut service_pods: BTreeMap<(Arc<str>, Arc<str>), u64> = ran.into_iter().map(|key| (key, 0)).collect();
        let (mut unlabelled, mut forged_pods, mut stranger_pods) = (Vec::new(), Vec::new(), Vec::new());
        let typed_pods = typed_pods(&running, fleet.as_deref());
        for (service, now) in running.iter() {
            let on = now.nodes.iter().map(|(node, pods)| ((Arc::clone(service), Arc::clone(node)), *pods));
            service_pods.extend(on);
            let of = |counts: &BTreeMap<Arc<str>, u64>| {
                let pairs = counts.iter().map(|(callee, pods)| ((Arc::clone(service), Arc::clone(callee)), *pods));
                pairs.collect::<Vec<_>>()
            };
            unlabelled.extend(of(&now.unlabelled));
            forged_pods.extend(of(&now.forged));
            stranger_pods.extend((now.strangers > 0).then(|| (Arc::clone(service), now.strangers)));
        }
        let snapshot = Snapshot {
            sources: self.desk.sources(),
            packets: self.desk.packets(),
            canaries,
            service_pods,
            unlabelled,
            forged_pods,
            stranger_pods,
            typed_pods,
            told_of_services,
            store: self.desk.identity.clone(),
            forged: self.world.forged_counts(),
            watches: self
                .watches
                .all()
                .into_iter()
                .map(|(name, health)| (name, health.is_whole, health.lists, health.breaks))
                .collect(),
            told,
            catalogue: fleet.map(|fleet| {
                let own = [fleet.environment(), fleet.labelling()].map(|word| word.unwrap_or_default().to_owned());
                (fleet.naming().to_owned(), fleet.services().len(), own)
            }),
            is_catalogue_good: catalogue.fault.is_none() && catalogue.good_since.is_some(),
            policies,
            policy_faults,
            clocks: self.clocks.behind(),
            refusals: self.refusals.all(),
            refused_records,
            leftovers,
            is_store_good: self.desk.fault().is_none(),
            store_faults: self.desk.faults.load(Ordering::Relaxed),
            pods,
            holders,
            waiting: self.desk.waiting.load(Ordering::Relaxed),
            files: lock(&self.files).iter().map(|(name, is_good)| (*name, *is_good)).collect(),
            events: (self.events.good.load(Ordering::Relaxed), self.events.failed.load(Ordering::Relaxed)),
        };
        metrics::write(&self.desk.calls, snapshot)
    }

    fn canaries(&self, fleet: Option<&Fleet>) -> Vec<(Arc<str>, Canaries)> {
        canaries(&lock(&self.desk.ledger), self.has_canaries, fleet)
    }

    /// Lets every edge that the catalogue knows have its series, with 0.
    fn expect(&self, fleet: &Fleet) {
        let mut expected = lock(&self.expected);
        if expected.as_deref() == Some(fleet.digest()) {
            return;
        }
        *expected = Some(fleet.digest().to_owned());
        let mut calls = lock(&self.desk.calls);
        for (caller, callee, edge) in fleet.edges() {
            let (Some(caller), Some(callee)) = (fleet.service(caller), fleet.service(callee)) else { continue };
            let is_named = |port: &hedgerow_observe::fleet::ServicePort| {
                edge.ports.as_ref().is_none_or(|ports| {
                    let number = port.number.to_string();
                    ports.iter().any(|wanted| Some(wanted) == port.name.as_ref() || *wanted == number)
                })
            };
            for port in callee.ports.iter().filter(|port| is_named(port)) {
                calls.expect(&callee.name, &caller.name, (port.number, port.protocol));
            }
        }
    }

    /// What the page shows.
    pub(crate) fn view(&self) -> View {
        let (at, fleet) = (now(), self.fleet());
        let empty = Fleet::read("", "", None).fleet;
        let mut view = View {
            at,
            catalogue: fleet.as_ref().map(|fleet| fleet.digest().to_owned()),
            services: fleet.as_ref().map_or(0, |fleet| fleet.services().len()),
            has_rules: fleet.as_ref().is_some_and(|fleet| fleet.has_rules()),
            problems: self.problems(),
            sources: self.desk.sources(),
            forged: self.world.forged(),
            ..View::default()
        };
        let fleet = fleet.or_else(|| empty.map(Arc::new));
        let ledger = lock(&self.desk.ledger);
        let mut rows: Vec<Row> =
            ledger.troubles(at - SHOWN).map(|(edge, tally)| row(edge, tally, fleet.as_deref())).collect();
        drop(ledger);
        let canaries = self.canaries(fleet.as_deref()).into_iter();
        let unseen = canaries.filter(|(_, canaries)| canaries.last_seen.is_none_or(|seen| at - seen > UNSEEN));
        view.unseen = unseen.map(|(callee, canaries)| (callee, canaries.last_seen)).collect();
        // What is dropped hurts somebody now; then what was seen last.
        rows.sort_by_key(|row| {
            (row.verdict != Verdict::Dropped, row.verdict == Verdict::Unknown, std::cmp::Reverse(row.last))
        });
        let owners = rows.iter().flat_map(|row| [&row.caller_owner, &row.callee_owner]).flatten();
        view.owners = owners.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        view.rows = rows;
        view
    }

    /// What keeps the list of calls from being whole, in words.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let catalogue = self.catalogue.said();
        if let Some(fault) = catalogue.fault {
            let since = catalogue.good_since.map_or_else(
                || "there is none yet".to_owned(),
                |since| format!("the one of {} is in use", written(since)),
            );
            problems.push(format!("The catalogue is no good, {since}: {fault}"));
        }
        for (name, health) in self.watches.all() {
            if !health.is_whole {
                let why = health.fault.unwrap_or_else(|| "it was not listed yet".to_owned());
                let what = if health.is_needed { "new pods have no names" } else { "verdicts may be of yesterday" };
                problems.push(format!("The watch of {name} is not whole, {what}: {why}"));
            }
        }
        problems.extend(self.desk.fault().map(|fault| format!("What is seen cannot be kept: {fault}")));
        let (policies, faults) = self.world.known().policy_faults();
        for fault in faults.iter().take(10) {
            problems.push(format!("A policy is not understood, so calls that it is about are not judged: {fault}"));
        }
        if faults.len() > 10 {
            problems
                .push(format!("policies that are not understood, beside these: {} of {policies}", faults.len() - 10));
        }
        let (leftovers, refused) = self.desk.oddities();
        for node in leftovers {
            problems.push(format!("On node {node} tables that another mode of the data plane left behind police, too: calls may be dropped by them"));
        }
        for (node, count) in refused {
            problems.push(format!(
                "node {node} sent {} that made no sense: left out",
                hedgerow_core::diag::count(count, "record")
            ));
        }
        let capped = lock(&self.desk.ledger).capped().clone();
        for (callee, count) in capped {
            problems.push(format!(
                "{callee} has more callers or ports than are told apart: {} counted as `{OTHER}` or as port 0",
                hedgerow_core::diag::count(count, "call")
            ));
        }
        problems
    }

    /// Observations as text.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn observations(
        &self,
        since: Option<Micros>,
        callee: Option<String>,
    ) -> Result<String, crate::store::StoreError> {
        let fleet = self.fleet();
        let since = since.unwrap_or_else(|| lock(&self.desk.store).since());
        let question = Question { since, until: now(), callee };
        let wanted = |name: &String| question.callee.as_ref().is_none_or(|callee| callee == name);
        let services = fleet.as_ref().map(|fleet| Watched::services(&self.world, fleet));
        let services: BTreeMap<_, _> = services.into_iter().flatten().filter(|(name, _)| wanted(name)).collect();
        let digest = fleet.as_ref().map(|fleet| fleet.naming());
        let mut observations = lock(&self.desk.store).observations(&question, digest, &services)?;
        // The store knows services that the catalogue has no more, and others than the one that is asked for.
        observations.header.services.retain(|name, _| services.contains_key(name));
        observations.header.labelling = fleet.as_ref().and_then(|fleet| fleet.labelling()).map(str::to_owned);
        observations.header.environment = fleet.as_ref().and_then(|fleet| fleet.environment()).map(str::to_owned);
        Ok(observations.to_text())
    }
}

/// Which types' labels pods wear, by service and type. Of each service that has a type it is told, also where no pod wears it.
fn typed_pods(running: &BTreeMap<Arc<str>, Running>, fleet: Option<&Fleet>) -> Pods {
    let mut typed: BTreeMap<(Arc<str>, Arc<str>), u64> = BTreeMap::new();
    for service in fleet.into_iter().flat_map(Fleet::services) {
        if let Some(own) = &service.service_type {
            typed.insert((Arc::clone(&service.name), Arc::from(own.as_str())), 0);
        }
    }
    for (service, now) in running {
        typed.extend(now.types.iter().map(|(worn, pods)| ((Arc::clone(service), Arc::clone(worn)), *pods)));
    }
    typed.into_iter().collect()
}

/// The canaries of callees. Where one is expected and none has ever said whom it calls, every service that could be called is there, never seen.
fn canaries(ledger: &Ledger, is_expected: bool, fleet: Option<&Fleet>) -> Vec<(Arc<str>, Canaries)> {
    let told: Vec<_> = ledger.canaries().map(|(callee, canaries)| (Arc::from(callee), *canaries)).collect();
    if !told.is_empty() || !is_expected {
        return told;
    }
    let is_callable = |service: &&Service| service.ports.iter().any(|port| port.protocol == Protocol::TCP);
    let services = fleet.into_iter().flat_map(Fleet::services).filter(is_callable);
    services.map(|service| (Arc::clone(&service.name), Canaries::default())).collect()
}

fn row(edge: &Edge, tally: &Tally, fleet: Option<&Fleet>) -> Row {
    let owner = |name: &str| {
        let fleet = fleet?;
        fleet.service(fleet.named(name)?)?.owner.clone()
    };
    let caller_owner = match &edge.caller {
        End::Service(name) => owner(name),
        End::Outsider(_) | End::Unknown(_) => None,
    };
    let mend = match &edge.caller {
        End::Service(caller) => fleet
            .and_then(|fleet| {
                let (caller, callee) = (fleet.named(caller)?, fleet.named(&edge.callee)?);
                match fleet.edge(caller, callee) {
                    Some(rule) => Some(Mend::Deploy(rule.file.clone())),
                    None => fleet.file_to_add(caller, callee).map(Mend::Add),
                }
            })
            .unwrap_or_else(|| Mend::Add(format!("{caller}/egress/{}.rule", edge.callee))),
        End::Outsider(_) => Mend::Allow(format!("{}/service.yaml", edge.callee)),
        End::Unknown(_) => Mend::Wait,
    };
    Row {
        caller: edge.caller.clone(),
        caller_owner,
        callee: edge.callee.clone(),
        callee_owner: owner(&edge.callee),
        port: edge.port,
        protocol: edge.protocol.to_string(),
        verdict: edge.verdict,
        first: tally.first,
        last: tally.last,
        count: tally.count.max(1),
        mend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_that_is_expected_and_never_came_is_not_silence() {
        let catalogue = r#"{"version":1,"environment":"prod","domain":"bank.example","identity":"bank.example/routing-name","namespaces":["bank"],
            "types":{},"rules":{},"services":{
              "service.dns":{"slug":"s-dns","namespace":"bank","labels":{"a":"dns"},"ports":[{"port":53,"protocol":"UDP"}],"stages":{"prod":"audit"}},
              "service.ledger":{"slug":"s-ledger","namespace":"bank","labels":{"a":"ledger"},"ports":[{"port":8080,"protocol":"TCP"}],"stages":{"prod":"audit"}},
              "service.pot":{"slug":"s-pot","namespace":"bank","labels":{"a":"pot"},"ports":[{"port":8080,"protocol":"TCP"}],"stages":{"prod":"audit"}}}}"#;
        let fleet = Fleet::read("c", catalogue, None).fleet.unwrap();
        let names = |ledger: &Ledger, is_expected: bool, fleet: Option<&Fleet>| {
            let all = canaries(ledger, is_expected, fleet);
            all.iter().map(|(callee, canaries)| (callee.to_string(), canaries.sent)).collect::<Vec<_>>()
        };
        let mut ledger = Ledger::default();
        assert_eq!(
            names(&ledger, true, Some(&fleet)),
            [("service.ledger".to_owned(), 0), ("service.pot".to_owned(), 0)]
        );
        assert!(names(&ledger, false, Some(&fleet)).is_empty() && names(&ledger, true, None).is_empty());
        // Once one has said whom it calls, that is whom it calls.
        ledger.restore_canaries("service.pot", Canaries { sent: 3, ..Canaries::default() });
        for is_expected in [true, false] {
            assert_eq!(names(&ledger, is_expected, Some(&fleet)), [("service.pot".to_owned(), 3)]);
        }
    }

    #[test]
    fn pods_without_the_label_of_their_type_are_told_as_0() {
        let catalogue = r#"{"version":1,"environment":"prod","domain":"bank.example","identity":"bank.example/routing-name","namespaces":["bank"],
            "types":{"core":{},"app":{}},"rules":{},"services":{
              "service.ledger":{"slug":"s-ledger","namespace":"bank","type":"core","labels":{"a":"ledger"},"ports":"any","stages":{}},
              "service.none":{"slug":"s-none","namespace":"bank","labels":{"a":"none"},"ports":"any","stages":{}}}}"#;
        let fleet = Fleet::read("c", catalogue, None).fleet.unwrap();
        let told = |running: &[(&str, &str, u64)]| {
            let mut all: BTreeMap<Arc<str>, Running> = BTreeMap::new();
            for (service, worn, pods) in running {
                all.entry(Arc::from(*service)).or_default().types.insert(Arc::from(*worn), *pods);
            }
            let pods = typed_pods(&all, Some(&fleet));
            pods.into_iter().map(|((service, worn), pods)| format!("{service} {worn} {pods}")).collect::<Vec<_>>()
        };
        assert_eq!(told(&[]), ["service.ledger core 0"]);
        assert_eq!(told(&[("service.ledger", "core", 2)]), ["service.ledger core 2"]);
        assert_eq!(
            told(&[("service.none", "app", 1), ("service.ledger", "app", 3)]),
            ["service.ledger app 3", "service.ledger core 0", "service.none app 1"]
        );
    }
}
