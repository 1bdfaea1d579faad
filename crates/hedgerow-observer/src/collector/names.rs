//! Whose addresses were whose: what the watches tell, as a history, with what is not known said.
//!
//! The assumption on which a name stands is that the API server tells of a change within `lag` (`--settle`). Where it did not answer, or a
//! watch was broken, nothing is taken as told until everything was listed again; addresses of that time that nobody holds now may
//! have been anybody's, not only an outsider's.

use super::clock::SECOND;
use hedgerow_observe::naming::{History, Holder, Micros, Name, Pod, Within};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// How long the end of a pod is remembered.
pub(crate) const REMEMBERED: Micros = 20 * 60 * SECOND;
/// How far the API server's clock, by which pods are born, may be ahead of ours; and what is lost by its times being whole seconds.
const BIRTH_SLACK: Micros = 2 * SECOND;

/// What a watch said of a pod.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(crate) pod: Pod,
    /// What it holds now.
    pub(crate) addresses: Vec<IpAddr>,
    /// When the API server made it.
    pub(crate) born: Micros,
    /// Its node.
    pub(crate) node: Option<String>,
    /// When the first of its containers started, on its node's clock.
    pub(crate) started: Option<Micros>,
}

/// What is known of a pod that is there.
#[derive(Debug, Clone)]
struct Present {
    pod: Arc<Pod>,
    /// Its holding was proven by the start of its containers.
    is_proven: bool,
}

/// Whose addresses were whose.
#[derive(Debug)]
pub(crate) struct Names {
    history: History,
    lag: Micros,
    /// Until when everything was told.
    told: Option<Micros>,
    present: BTreeMap<String, Present>,
    /// Whose interface a name is: by Calico's hash.
    interfaces: BTreeMap<[u8; 11], Arc<Pod>>,
    nodes: BTreeMap<String, Vec<IpAddr>>,
    /// How far each node's clock is from ours, as [`super::skew`] knows it.
    offsets: BTreeMap<String, Micros>,
}

impl Names {
    /// Knows nothing, and of the time before `since` never will.
    pub(crate) fn new(since: Micros, lag: Micros) -> Self {
        Self {
            history: History::new(since),
            lag,
            told: None,
            present: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            nodes: BTreeMap::new(),
            offsets: BTreeMap::new(),
        }
    }

    /// When what is told at `received` can have happened.
    fn within(&self, received: Micros) -> Within {
        let lag = received.saturating_sub(self.lag);
        Within { from: self.told.map_or(lag, |told| told.min(lag)), to: received }
    }

    /// A pod was seen as it is.
    pub(crate) fn seen(&mut self, sighting: Sighting, received: Micros) -> Arc<Pod> {
        let Sighting { pod, addresses, born, node, started } = sighting;
        let known = self.present.get(&pod.uid);
        let mut is_proven = known.is_some_and(|known| known.is_proven);
        // Most changes of a pod change nothing that is kept: the same state is the same allocation.
        let pod =
            known.map(|known| &known.pod).filter(|known| ***known == pod).cloned().unwrap_or_else(|| Arc::new(pod));
        let holder = Holder::Pod(Arc::clone(&pod));
        let born = born.saturating_sub(BIRTH_SLACK);
        let offset = node.as_ref().and_then(|node| self.offsets.get(node));
        if let (false, Some(started), Some(offset), false) = (is_proven, started, offset, addresses.is_empty()) {
            // A container runs in the pod's network from its first moment on.
            let since = started.saturating_add(*offset);
            if (born..received).contains(&since) {
                self.history.holds(&holder, &addresses, born, Within::at(since));
                is_proven = true;
            }
        }
        self.history.holds(&holder, &addresses, born, self.within(received));
        self.interfaces.insert(interface_of(&pod.namespace, &pod.name), Arc::clone(&pod));
        self.present.insert(pod.uid.clone(), Present { pod: Arc::clone(&pod), is_proven });
        pod
    }

    /// A pod is gone, or gave its addresses back for good.
    pub(crate) fn gone(&mut self, uid: &str, received: Micros) {
        if let Some(known) = self.present.remove(uid) {
            self.history.gone(&Holder::Pod(known.pod), self.within(received));
        }
    }

    /// Those are all pods: what is not among them is gone.
    pub(crate) fn only(&mut self, uids: &BTreeSet<String>, received: Micros) -> Vec<String> {
        self.history.only(uids, self.within(received));
        let gone: Vec<String> = self.present.keys().filter(|uid| !uids.contains(*uid)).cloned().collect();
        for uid in &gone {
            self.present.remove(uid);
        }
        gone
    }

    /// A node has these addresses.
    pub(crate) fn node(&mut self, name: &str, addresses: &[IpAddr], born: Micros, received: Micros) {
        let when = self.within(received);
        let holder = Holder::Node(Arc::from(name));
        let before = self.nodes.insert(name.to_owned(), addresses.to_vec());
        if before.is_some_and(|before| before.iter().any(|address| !addresses.contains(address))) {
            self.history.gone(&holder, when);
        }
        self.history.holds(&holder, addresses, born.saturating_sub(BIRTH_SLACK), when);
    }

    /// A node is gone.
    pub(crate) fn node_gone(&mut self, name: &str, received: Micros) {
        if self.nodes.remove(name).is_some() {
            self.history.gone(&Holder::Node(Arc::from(name)), self.within(received));
        }
        self.offsets.remove(name);
    }

    /// Those are all nodes.
    pub(crate) fn only_nodes(&mut self, names: &BTreeSet<String>, received: Micros) {
        let gone: Vec<_> = self.nodes.keys().filter(|name| !names.contains(*name)).cloned().collect();
        for name in gone {
            self.node_gone(&name, received);
        }
    }

    /// The API server answered a question that was asked at `asked`, and every watch is whole.
    pub(crate) fn heard(&mut self, asked: Micros) {
        let until = asked.saturating_sub(self.lag);
        if self.told.is_some_and(|told| asked.saturating_add(self.lag) < told) {
            // Our clock was set back. Else all would count as told until it is there again.
            self.told = Some(until);
            self.history.set_back(until);
        } else if self.told.is_none_or(|told| until > told) {
            self.told = Some(until);
            self.history.heard(until);
        }
    }

    /// Everything was listed after a time in which a watch was broken: the list was asked for at `asked`.
    pub(crate) fn caught_up(&mut self, asked: Micros) {
        if let Some(told) = self.told {
            self.history.missed(told, asked);
        }
    }

    /// Until when everything was told.
    pub(crate) const fn told(&self) -> Option<Micros> {
        self.told
    }

    /// How far a node's clock is behind ours.
    pub(crate) fn set_offset(&mut self, node: &str, offset: Micros) {
        self.offsets.insert(node.to_owned(), offset);
    }

    /// Who had an address for all of the time from `from` to `to`.
    pub(crate) fn name(&self, address: IpAddr, from: Micros, to: Micros) -> Name {
        let address = address.to_canonical();
        if address.is_loopback() {
            return Name::Outside;
        }
        self.history.name(address, from, to)
    }

    /// The history itself, for those who name many.
    pub(crate) const fn history(&self) -> &History {
        &self.history
    }

    /// The pod behind an interface's name of Calico's: `cali` and a part of the hash of its name.
    pub(crate) fn pod_of_interface(&self, interface: &str) -> Option<&Arc<Pod>> {
        let hash: [u8; 11] = interface.strip_prefix("cali")?.as_bytes().try_into().ok()?;
        self.interfaces.get(&hash)
    }

    /// The pod of a uid, if it is there.
    pub(crate) fn pod(&self, uid: &str) -> Option<&Arc<Pod>> {
        self.present.get(uid).map(|present| &present.pod)
    }

    /// The pods that are there.
    pub(crate) fn pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.present.values().map(|present| &present.pod)
    }

    /// The names of the nodes that are there.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// How many pods are there, and how many holders are remembered.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.present.len(), self.history.len())
    }

    /// Forgets what is long over.
    pub(crate) fn forget(&mut self, now: Micros) {
        let before = now.saturating_sub(REMEMBERED);
        // The history forgets all times before: only what somebody could still ask for is kept.
        if self.told.is_some_and(|told| told > before) {
            self.history.forget(before);
        }
        let present = &self.present;
        // Counters of an interface come after its pod; a few that are gone do no harm.
        if self.interfaces.len() > 2 * present.len() + 1000 {
            self.interfaces.retain(|_, pod| present.contains_key(&pod.uid));
        }
    }
}

/// What Calico puts behind `cali` in the name of a pod's interface: the first 11 hexadecimal digits of the SHA-1 of `namespace.name`
/// (`VethNameForWorkload` in libcalico-go's conversion).
fn interface_of(namespace: &str, name: &str) -> [u8; 11] {
    let hash = Sha1::new().chain_update(namespace).chain_update(".").chain_update(name).finalize();
    let mut digits = [0; 12];
    data_encoding::HEXLOWER.encode_mut(&hash[..6], &mut digits);
    let mut first = [0; 11];
    first.copy_from_slice(&digits[..11]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Micros = 2 * SECOND;

    fn sighting(uid: &str, address: &str, born: Micros) -> Sighting {
        Sighting {
            pod: Pod { uid: uid.into(), namespace: "bank".into(), name: uid.into(), labels: Arc::default() },
            addresses: if address.is_empty() { vec![] } else { vec![address.parse().unwrap()] },
            born: born * SECOND,
            node: Some("n".into()),
            started: None,
        }
    }

    fn at(names: &Names, address: &str, second: Micros) -> String {
        let who = |holder: &Holder| match holder {
            Holder::Pod(pod) => pod.name.clone(),
            Holder::Node(name) => format!("node:{name}"),
        };
        match names.name(address.parse().unwrap(), second * SECOND, second * SECOND + 1) {
            Name::Known(holders) => who(&holders[0]),
            Name::Outside => "outside".into(),
            Name::Unknown(doubt, holders) => {
                format!("{doubt:?} {}", holders.iter().map(who).collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn an_address_that_is_used_again_within_a_second_is_nobodys_near_the_change() {
        let mut names = Names::new(0, LAG);
        names.seen(sighting("a", "10.0.0.1", 10), 12 * SECOND);
        names.gone("a", 100 * SECOND);
        names.seen(sighting("b", "10.0.0.1", 99), 101 * SECOND);
        names.heard(200 * SECOND);
        assert_eq!(at(&names, "10.0.0.1", 50), "a");
        assert_eq!(at(&names, "10.0.0.1", 97), "Change a,b", "b may have been born early by its clock");
        assert_eq!(at(&names, "10.0.0.1", 99), "Change a,b");
        assert_eq!(at(&names, "10.0.0.1", 102), "b");
        assert_eq!(at(&names, "10.0.0.2", 102), "outside");
        assert_eq!(at(&names, "10.0.0.1", 199), "NotYet b");
    }

    #[test]
    fn a_container_that_started_proves_whose_the_address_is_from_then_on() {
        let mut names = Names::new(0, LAG);
        names.set_offset("n", 3 * SECOND);
        let seen = |started| Sighting { started: Some(started * SECOND), ..sighting("a", "10.0.0.1", 100) };
        names.seen(seen(101), 110 * SECOND);
        names.heard(200 * SECOND);
        assert_eq!(at(&names, "10.0.0.1", 103), "Change a");
        assert_eq!(at(&names, "10.0.0.1", 104), "a", "101 on a clock that is 3 seconds behind");
        // A time that cannot be is no proof.
        let mut names = Names::new(0, LAG);
        names.set_offset("n", 3 * SECOND);
        names.seen(seen(300), 110 * SECOND);
        names.heard(200 * SECOND);
        assert_eq!(at(&names, "10.0.0.1", 107), "Change a");
        assert_eq!(at(&names, "10.0.0.1", 111), "a");
    }

    #[test]
    fn what_happened_while_nobody_told_is_not_known() {
        let mut names = Names::new(0, LAG);
        names.seen(sighting("stays", "10.0.0.1", 10), 12 * SECOND);
        names.seen(sighting("goes", "10.0.0.2", 10), 12 * SECOND);
        names.heard(102 * SECOND);
        // From 100 on nothing was told; at 300 everything is listed.
        assert_eq!(at(&names, "10.0.0.1", 150), "NotYet stays");
        names.caught_up(300 * SECOND);
        names.seen(sighting("stays", "10.0.0.1", 10), 301 * SECOND);
        names.seen(sighting("new", "10.0.0.3", 150), 301 * SECOND);
        assert_eq!(names.only(&["stays", "new"].map(str::to_owned).into(), 301 * SECOND), ["goes"]);
        names.heard(400 * SECOND);
        assert_eq!(at(&names, "10.0.0.1", 200), "stays");
        assert_eq!(at(&names, "10.0.0.2", 90), "goes");
        assert_eq!(at(&names, "10.0.0.2", 200), "Change goes");
        assert_eq!(at(&names, "10.0.0.3", 200), "Change new");
        assert_eq!(at(&names, "10.0.0.9", 200), "Change ", "somebody may have come and gone");
        assert_eq!(at(&names, "10.0.0.9", 350), "outside");
        assert_eq!(at(&names, "10.0.0.2", 350), "outside");
        // An event that was held up by the gap tells of some time in it, not of the last two seconds.
        let mut names = Names::new(0, LAG);
        names.seen(sighting("a", "10.0.0.1", 10), 12 * SECOND);
        names.heard(102 * SECOND);
        names.gone("a", 300 * SECOND);
        names.heard(400 * SECOND);
        assert_eq!(at(&names, "10.0.0.1", 99), "a");
        assert_eq!(at(&names, "10.0.0.1", 200), "Change a");
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_known_that_is_still_to_come() {
        let mut names = Names::new(0, LAG);
        names.seen(sighting("a", "10.0.0.1", 10), 12 * SECOND);
        names.heard(1000 * SECOND);
        // Two answers that overtook each other are no clock that was set.
        names.heard(997 * SECOND);
        assert_eq!(names.told(), Some(998 * SECOND));
        names.heard(400 * SECOND);
        assert_eq!(names.told(), Some(398 * SECOND));
        assert_eq!(at(&names, "10.0.0.1", 397), "a");
        assert_eq!(at(&names, "10.0.0.1", 450), "NotYet a");
        names.heard(500 * SECOND);
        assert_eq!(at(&names, "10.0.0.1", 450), "a");
        assert_eq!(at(&names, "10.0.0.9", 450), "Change ", "of the first or of the second 450");
        names.heard(1100 * SECOND);
        assert_eq!(at(&names, "10.0.0.9", 1050), "outside");
    }

    #[test]
    fn interfaces_nodes_and_what_is_forgotten() {
        let mut names = Names::new(0, LAG);
        names.seen(sighting("a", "10.0.0.1", 10), 12 * SECOND);
        // By Calico's own hash of `bank.a`.
        let interface = format!("cali{}", &hex(&Sha1::digest(b"bank.a"))[..11]);
        assert_eq!(names.pod_of_interface(&interface).unwrap().name, "a");
        assert!(names.pod_of_interface("eth0").is_none() && names.pod_of_interface("cali1").is_none());
        names.node("n", &["192.0.2.1".parse().unwrap()], 0, 12 * SECOND);
        names.heard(60 * SECOND);
        assert_eq!(at(&names, "192.0.2.1", 50), "node:n");
        assert_eq!(at(&names, "::ffff:10.0.0.1", 50), "a", "an address of IPv4 in the form of IPv6");
        names.node("n", &["192.0.2.2".parse().unwrap()], 0, 60 * SECOND);
        names.heard(90 * SECOND);
        assert_eq!(at(&names, "192.0.2.1", 80), "outside");
        names.only_nodes(&BTreeSet::new(), 100 * SECOND);
        names.heard(120 * SECOND);
        assert_eq!(at(&names, "192.0.2.2", 110), "outside");
        names.gone("a", 130 * SECOND);
        let later = 130 * SECOND + 2 * REMEMBERED;
        names.heard(later);
        names.forget(later);
        assert_eq!(names.len(), (0, 0));
        assert_eq!(at(&names, "10.0.0.1", 50), "TooLong ");
    }

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }
}
