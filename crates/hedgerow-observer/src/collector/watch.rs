//! What the API server tells: pods, nodes, namespaces, policies, jobs. Each kind has a task of its own.
//!
//! A watch that breaks is begun anew with a list, so that what was missed is known to be missed. A beat asks the API server for something small
//! once a second: only while it answers, and every watch of names is whole, is silence taken as "nothing changed".

use super::args::Addresses;
use super::clock::{SECOND, now};
use super::light::{BarePod, LightPod, annotated, micros};
use super::names::Sighting;
use super::say::say;
use super::world::World;
use futures::StreamExt;
use hedgerow_observe::naming::{Micros, Pod};
use hedgerow_observe::verdict::Policies;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{ApiResource, DynamicObject};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How many objects a list asks for at a time.
const PAGE: u32 = 250;
/// How often the API server is asked whether it is there.
const BEAT: Duration = Duration::from_secs(1);
/// How long it may take to answer that.
const BEAT_PATIENCE: Duration = Duration::from_secs(3);
/// After how many beats without an answer all is listed anew.
const MISSED_BEATS: u32 = 3;
/// How long to wait before a broken watch is begun anew: first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));
/// How often it is looked whether a kind that was not served is by now.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Kinds of policies, and what they need, in the order of who is asked first: (group, version, plural, kind).
const POLICIES: [(&str, &str, &str, &str); 12] = [
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
    ("policy.networking.k8s.io", "v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "v1alpha1", "baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy"),
    (CALICO, "v3", "networkpolicies", "NetworkPolicy"),
    (CALICO, "v3", "globalnetworkpolicies", "GlobalNetworkPolicy"),
    (CALICO, "v3", "stagednetworkpolicies", "StagedNetworkPolicy"),
    (CALICO, "v3", "stagedglobalnetworkpolicies", "StagedGlobalNetworkPolicy"),
    (CALICO, "v3", "stagedkubernetesnetworkpolicies", "StagedKubernetesNetworkPolicy"),
    (CALICO, "v3", "networksets", "NetworkSet"),
    (CALICO, "v3", "globalnetworksets", "GlobalNetworkSet"),
    (CALICO, "v3", "tiers", "Tier"),
];
/// Where people and the API server of Calico's have its objects.
const CALICO: &str = "projectcalico.org";
/// Where Calico stores them in clusters without that API server. Read only where the other is not served: they are the same objects.
const CALICO_STORED: (&str, &str) = ("crd.projectcalico.org", "v1");

/// How the watches do, by what they watch; and what has to be listed before policies can be asked.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<BTreeMap<String, Health>>, Mutex<Bearing>);

/// What bears on what policies permit: all of it, and what of it is not listed, or not any more.
#[derive(Debug, Default)]
struct Bearing {
    all: BTreeSet<String>,
    awaited: BTreeSet<String>,
}

/// How one watch does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Whether it is whole: everything was listed, and nothing broke since.
    pub(crate) is_whole: bool,
    /// Names hang on it.
    pub(crate) is_needed: bool,
    /// What broke last.
    pub(crate) fault: Option<String>,
    /// How often everything was listed.
    pub(crate) lists: u64,
    /// How often it broke.
    pub(crate) breaks: u64,
}

impl Watches {
    fn change(&self, name: &str, change: impl FnOnce(&mut Health)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default());
    }

    fn remove(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Policies can be asked only when this was listed, too.
    fn await_policies(&self, name: &str) {
        let mut bearing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        bearing.all.insert(name.to_owned());
        bearing.awaited.insert(name.to_owned());
    }

    /// This is known no more until it is listed again. Where policies hang on it, `tell` is called before anybody else can list anything.
    fn lost_policies(&self, name: &str, tell: impl FnOnce()) {
        let mut bearing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if bearing.all.contains(name) {
            bearing.awaited.insert(name.to_owned());
            tell();
        }
    }

    /// This was listed, or is not served. Where it was the last that was waited for, `tell` is called before anything else can break.
    fn has_policies(&self, name: &str, tell: impl FnOnce()) {
        let mut bearing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if bearing.awaited.remove(name) && bearing.awaited.is_empty() {
            tell();
        }
    }

    /// Whether everything was listed that bears on what policies permit.
    pub(crate) fn are_policies_known(&self) -> bool {
        self.awaited().is_empty()
    }

    /// What has to be listed before policies can be asked, and is not, or not any more.
    pub(crate) fn awaited(&self) -> BTreeSet<String> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).awaited.clone()
    }

    /// All of them.
    pub(crate) fn all(&self) -> BTreeMap<String, Health> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether everything on which names hang is whole.
    pub(crate) fn are_whole(&self) -> bool {
        let watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watches.values().filter(|health| health.is_needed).all(|health| health.is_whole)
    }
}

/// What all tasks share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) world: Arc<World>,
    pub(crate) watches: Arc<Watches>,
    /// Counts up when everything is to be listed anew.
    pub(crate) anew: watch::Sender<u64>,
}

impl Shared {
    /// Something was listed, or is not served.
    fn listed(&self, name: &str) {
        self.watches.has_policies(name, || self.world.policies(Policies::complete));
    }

    /// What was listed may have changed, and nobody tells.
    fn broke(&self, name: &str) {
        self.watches.lost_policies(name, || self.world.policies(Policies::incomplete));
    }
}

impl Shared {
    /// A kind is served no more, or by the other group from now on: there are none of it until somebody lists it.
    fn taken_away(&self, awaited: &str, name: &str, prefix: &str) {
        self.broke(awaited);
        self.world.all_policies(prefix, BTreeMap::new());
        self.watches.remove(name);
    }
}

/// Starts all tasks. The domain is that of the catalogue, which may change.
pub(crate) fn start(shared: &Shared, addresses: Addresses, domain: watch::Receiver<Option<String>>) {
    for needed in ["pods", "nodes"] {
        shared.watches.change(needed, |health| health.is_needed = true);
    }
    for name in ["namespaces", "configmaps"] {
        shared.watches.await_policies(name);
    }
    for (group, _, plural, _) in POLICIES {
        shared.watches.await_policies(&format!("{plural}.{group}"));
    }
    let world = shared.world.clone();
    let everything = watcher::Config::default().page_size(PAGE);
    match addresses {
        Addresses::Status => {
            let api = Api::<LightPod>::all(shared.client.clone());
            tokio::spawn(follow("pods".into(), api, everything.clone(), shared.clone(), move |told| {
                pods(&world, told);
            }));
        }
        Addresses::CalicoAnnotations => {
            let api = Api::<BarePod>::all(shared.client.clone());
            let task = follow("pods".into(), api, everything.clone(), shared.clone(), move |told| pods(&world, told));
            tokio::spawn(task);
        }
    }
    let world = shared.world.clone();
    // Nodes hold lists of all images.
    let few = watcher::Config::default().page_size(25);
    let resource = ApiResource::from_gvk_with_plural(&kube::api::GroupVersionKind::gvk("", "v1", "Node"), "nodes");
    let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
    tokio::spawn(follow("nodes".into(), api, few, shared.clone(), move |told| nodes(&world, told)));
    let world = shared.world.clone();
    let api = Api::<PartialObjectMeta<Namespace>>::all(shared.client.clone());
    let task = follow("namespaces".into(), api, everything, shared.clone(), move |told| namespaces(&world, told));
    tokio::spawn(task);
    for (group, version, plural, kind) in POLICIES {
        tokio::spawn(where_served(shared.clone(), group, version, plural, kind));
    }
    tokio::spawn(data(shared.clone(), domain));
    tokio::spawn(jobs(shared.clone()));
    tokio::spawn(beat(shared.clone()));
}

/// What a watch told.
enum Told<K> {
    /// An object is there, or changed.
    Is(K),
    /// An object is gone.
    Gone(K),
    /// These are all; the list was asked for at `asked`.
    All { these: Vec<K>, asked: Micros },
}

/// Follows one kind for ever.
async fn follow<K>(
    name: String,
    api: Api<K>,
    config: watcher::Config,
    shared: Shared,
    mut tell: impl FnMut(Told<K>) + Send,
) where
    K: Resource + Clone + serde::de::DeserializeOwned + Debug + Send + 'static,
{
    shared.watches.change(&name, |_| {});
    // Both groups of Calico's hold the same objects.
    let awaited = name.replace(CALICO_STORED.0, CALICO);
    let mut anew = shared.anew.subscribe();
    let mut pause = PAUSE.0;
    loop {
        anew.mark_unchanged();
        let mut stream = std::pin::pin!(watcher(api.clone(), config.clone()));
        let mut listed: Option<(Vec<K>, Micros)> = None;
        let fault = loop {
            let event = tokio::select! {
                event = stream.next() => event,
                _ = anew.changed() => break "the API server did not answer".to_owned(),
            };
            match event {
                Some(Ok(Event::Init)) => listed = Some((Vec::new(), now())),
                Some(Ok(Event::InitApply(object))) => listed.get_or_insert_with(|| (Vec::new(), now())).0.push(object),
                Some(Ok(Event::InitDone)) => {
                    let (these, asked) = listed.take().unwrap_or_else(|| (Vec::new(), now()));
                    tell(Told::All { these, asked });
                    shared.listed(&awaited);
                    pause = PAUSE.0;
                    shared.watches.change(&name, |health| {
                        health.is_whole = true;
                        health.lists += 1;
                    });
                }
                Some(Ok(Event::Apply(object))) => tell(Told::Is(object)),
                Some(Ok(Event::Delete(object))) => tell(Told::Gone(object)),
                Some(Err(error)) => break describe(&error),
                None => break "the watch ended".to_owned(),
            }
        };
        shared.broke(&awaited);
        say(&format!("watch of {name}"), &format!("the watch of {name} broke and is begun anew: {fault}"));
        shared.watches.change(&name, |health| {
            health.is_whole = false;
            health.breaks += 1;
            health.fault = Some(fault);
        });
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// An error with its causes.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    for _ in 0..8 {
        let Some(inner) = cause else { break };
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// Asks the API server once a second whether it is there.
async fn beat(shared: Shared) {
    let mut missed = 0;
    loop {
        tokio::time::sleep(BEAT).await;
        let asked = now();
        let answer = tokio::time::timeout(BEAT_PATIENCE, shared.client.apiserver_version()).await;
        let is_there = matches!(answer, Ok(Ok(_)));
        shared.watches.change("api server", |health| {
            health.is_whole = is_there;
            if is_there {
                health.lists += 1;
            } else {
                health.breaks += 1;
                health.fault = Some("it does not answer".to_owned());
            }
        });
        if is_there {
            missed = 0;
            if shared.watches.are_whole() {
                shared.world.heard(asked);
            }
        } else {
            missed += 1;
            if missed % MISSED_BEATS == 0 {
                say("api server", "the API server does not answer; until it does, what is new has no name");
                shared.anew.send_modify(|generation| *generation += 1);
            }
        }
    }
}

// ── Pods, nodes, namespaces ───────────────────────────────────────────────────────────────────────────────────────────

/// What the two forms of pods have in common.
trait SeenPod: Resource<DynamicType = ()> {
    /// Takes it apart; nothing where it holds no address any more.
    fn sighting(self, addresses: Addresses) -> Option<Sighting>;
}

impl SeenPod for LightPod {
    fn sighting(mut self, _: Addresses) -> Option<Sighting> {
        let held = if self.is_on_host { Vec::new() } else { std::mem::take(&mut self.addresses) };
        let is_over = self.is_over;
        let (node, started) = (self.node.take(), self.started.map(|seconds| seconds.saturating_mul(SECOND)));
        let sighting = of(self.metadata, held, node, started)?;
        // Its containers ran to their end: the address is given back about now, though the pod is listed for long.
        (!is_over).then_some(sighting)
    }
}

impl SeenPod for BarePod {
    fn sighting(self, _: Addresses) -> Option<Sighting> {
        let held = annotated(&self.0);
        // An annotation without addresses: they were given back. No annotation: there are none yet, or the pod is on its node's network.
        if held.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        of(self.0, held.unwrap_or_default(), None, None)
    }
}

fn of(
    metadata: ObjectMeta,
    addresses: Vec<std::net::IpAddr>,
    node: Option<String>,
    started: Option<Micros>,
) -> Option<Sighting> {
    Some(Sighting {
        born: metadata.creation_timestamp.as_ref().map_or(Micros::MIN, micros),
        pod: Pod {
            uid: metadata.uid?,
            namespace: metadata.namespace.unwrap_or_default(),
            name: metadata.name?,
            labels: metadata.labels.unwrap_or_default(),
        },
        addresses,
        node,
        started,
    })
}

fn pods<K: SeenPod>(world: &World, told: Told<K>) {
    let uid = |pod: &K| pod.meta().uid.clone().unwrap_or_default();
    match told {
        Told::Is(pod) => {
            let gone = uid(&pod);
            match pod.sighting(Addresses::Status) {
                Some(sighting) => world.pod(sighting, now()),
                None => world.pod_gone(&gone, now()),
            }
        }
        Told::Gone(pod) => world.pod_gone(&uid(&pod), now()),
        Told::All { these, asked } => {
            let sightings = these.into_iter().filter_map(|pod| pod.sighting(Addresses::Status)).collect();
            world.all_pods(sightings, asked, now());
        }
    }
}

fn node_addresses(node: &DynamicObject) -> Vec<std::net::IpAddr> {
    let list = node.data.pointer("/status/addresses").and_then(Value::as_array);
    let own = list.into_iter().flatten().filter_map(|address| address.get("address")?.as_str()?.parse().ok());
    // Addresses that the node's own tunnel and bridge have: calls of its programs to pods come from there.
    let annotations = node.metadata.annotations.as_ref();
    let tunnels = [
        "projectcalico.org/IPv4IPIPTunnelAddr",
        "projectcalico.org/IPv4VXLANTunnelAddr",
        "projectcalico.org/IPv6VXLANTunnelAddr",
        "projectcalico.org/IPv4WireguardInterfaceAddr",
        "network.cilium.io/ipv4-cilium-host",
        "network.cilium.io/ipv6-cilium-host",
    ];
    let tunnels = tunnels.into_iter().filter_map(|key| annotations?.get(key)?.parse().ok());
    // Calico and Cilium hand addresses out by themselves: there a pod anywhere may have the first address of a node's range.
    let mut keys = annotations.into_iter().flatten().map(|(key, _)| key.as_str());
    let is_own_ipam = keys.any(|key| key.starts_with("projectcalico.org/") || key.starts_with("network.cilium.io/"));
    let ranges = node.data.pointer("/spec/podCIDRs").and_then(Value::as_array).filter(|_| !is_own_ipam);
    let bridges = ranges.into_iter().flatten().filter_map(Value::as_str).flat_map(first_of_range);
    let addresses: BTreeSet<std::net::IpAddr> = own.chain(tunnels).chain(bridges).collect();
    addresses.into_iter().collect()
}

/// The first two addresses of a node's range of pods: flannel's tunnel has the one, the bridge of the CNI plugin the other (`host-local` gives
/// neither to a pod).
fn first_of_range(range: &str) -> Vec<std::net::IpAddr> {
    let Some((Ok(first), Ok(bits))) =
        range.split_once('/').map(|(first, bits)| (first.parse::<std::net::IpAddr>(), bits.parse::<u8>()))
    else {
        return Vec::new();
    };
    match first {
        std::net::IpAddr::V4(first) if bits <= 30 => {
            let first = u32::from(first) & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            [first, first | 1].map(|address| std::net::Ipv4Addr::from(address).into()).to_vec()
        }
        std::net::IpAddr::V6(first) if bits <= 126 => {
            let first = u128::from(first) & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            [first, first | 1].map(|address| std::net::Ipv6Addr::from(address).into()).to_vec()
        }
        std::net::IpAddr::V4(_) | std::net::IpAddr::V6(_) => Vec::new(),
    }
}

fn nodes(world: &World, told: Told<DynamicObject>) {
    let parts = |node: &DynamicObject| {
        let born = node.metadata.creation_timestamp.as_ref().map_or(Micros::MIN, micros);
        (node.metadata.name.clone().unwrap_or_default(), node_addresses(node), born)
    };
    match told {
        Told::Is(node) => {
            let (name, addresses, born) = parts(&node);
            world.node(&name, &addresses, born, now());
        }
        Told::Gone(node) => world.node_gone(&parts(&node).0, now()),
        Told::All { these, asked } => world.all_nodes(these.iter().map(parts).collect(), asked, now()),
    }
}

fn namespaces(world: &World, told: Told<PartialObjectMeta<Namespace>>) {
    let parts = |namespace: PartialObjectMeta<Namespace>| {
        (namespace.metadata.name.unwrap_or_default(), namespace.metadata.labels.unwrap_or_default())
    };
    match told {
        Told::Is(namespace) => {
            let (name, labels) = parts(namespace);
            world.policies(|policies| policies.set_namespace(&name, labels));
        }
        Told::Gone(namespace) => world.policies(|policies| policies.remove_namespace(&parts(namespace).0)),
        Told::All { these, .. } => world.all_namespaces(these.into_iter().map(parts).collect()),
    }
}

// ── Policies ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Which group serves a kind at this moment; nothing where none does.
async fn served(
    client: &Client,
    group: &str,
    version: &str,
    plural: &str,
) -> Result<Option<(String, String)>, kube::Error> {
    let mut places = vec![(group.to_owned(), version.to_owned())];
    if group == CALICO {
        places.push((CALICO_STORED.0.to_owned(), CALICO_STORED.1.to_owned()));
    }
    for (group, version) in places {
        match client.list_api_group_resources(&format!("{group}/{version}")).await {
            Ok(list) if list.resources.iter().any(|resource| resource.name == plural) => {
                return Ok(Some((group, version)));
            }
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Follows a kind of policies where and while it is served.
async fn where_served(
    shared: Shared,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) {
    let awaited = format!("{plural}.{group}");
    loop {
        let place = match served(&shared.client, group, version, plural).await {
            Ok(place) => place,
            Err(error) => {
                // Whether there are any is not known, and for how long that will be so, neither: it shows wherever watches do.
                let fault = format!("cannot ask whether {awaited} are served: {}", describe(&error));
                say(&format!("discovery of {awaited}"), &fault);
                shared.broke(&awaited);
                shared.watches.change(&awaited, |health| {
                    health.is_whole = false;
                    health.breaks += 1;
                    health.fault = Some(fault);
                });
                tokio::time::sleep(PAUSE.1).await;
                continue;
            }
        };
        let Some((group, version)) = place else {
            shared.watches.remove(&awaited);
            shared.listed(&awaited);
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        };
        let gvk = kube::api::GroupVersionKind::gvk(&group, &version, kind);
        let resource = ApiResource::from_gvk_with_plural(&gvk, plural);
        let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
        let name = format!("{plural}.{group}");
        if name != awaited {
            // A fault of asking the other group is over.
            shared.watches.remove(&awaited);
        }
        let config = watcher::Config::default().page_size(PAGE);
        let world = shared.world.clone();
        let prefix = format!("{kind}.{}/", policy_group(&group));
        let told_prefix = prefix.clone();
        let task = follow(name.clone(), api, config, shared.clone(), move |told| {
            policies(&world, &told_prefix, &resource, told);
        });
        tokio::select! {
            () = task => {}
            () = until_elsewhere(&shared.client, (group.clone(), version.clone()), plural) => {
                shared.taken_away(&awaited, &name, &prefix);
            }
        }
    }
}

/// Both groups of Calico's hold the same objects.
fn policy_group(group: &str) -> &str {
    if group == CALICO_STORED.0 { CALICO } else { group }
}

/// Waits until a kind is not served any more, or by another group.
async fn until_elsewhere(client: &Client, here: (String, String), plural: &str) {
    let asked = if here.0 == CALICO_STORED.0 { (CALICO.to_owned(), "v3".to_owned()) } else { here.clone() };
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        if let Ok(place) = served(client, &asked.0, &asked.1, plural).await
            && place.as_ref() != Some(&here)
        {
            return;
        }
    }
}

fn policies(world: &World, prefix: &str, resource: &ApiResource, told: Told<DynamicObject>) {
    let key = |object: &DynamicObject| {
        let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
        format!("{prefix}{namespace}/{}", object.metadata.name.as_deref().unwrap_or_default())
    };
    match told {
        Told::Is(object) => world.policy(&key(&object), &text_of(object, resource)),
        Told::Gone(object) => world.policy_gone(&key(&object)),
        Told::All { these, .. } => {
            let these = these.into_iter().map(|object| (key(&object), text_of(object, resource))).collect();
            world.all_policies(prefix, these);
        }
    }
}

/// An object without what does not matter to anybody's calls, so that a change of that is none.
fn text_of(object: DynamicObject, resource: &ApiResource) -> String {
    let mut metadata =
        json!({"name": object.metadata.name, "namespace": object.metadata.namespace, "labels": object.metadata.labels});
    if let Some(fields) = metadata.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    let mut value = json!({"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata});
    for part in ["spec", "data"] {
        if let Some(part_value) = object.data.get(part) {
            value[part] = part_value.clone();
        }
    }
    value.to_string()
}

/// Follows the ConfigMaps that hold a policy as data. They wear a label of the fleet's domain.
async fn data(shared: Shared, mut domain: watch::Receiver<Option<String>>) {
    let gvk = kube::api::GroupVersionKind::gvk("", "v1", "ConfigMap");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "configmaps");
    loop {
        let Some(known) = domain.borrow_and_update().clone() else {
            if domain.changed().await.is_err() {
                return;
            }
            continue;
        };
        let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
        let config = watcher::Config::default().page_size(PAGE).labels(&format!("{known}/policy-of"));
        let (world, own) = (shared.world.clone(), resource.clone());
        let task = follow("configmaps".into(), api, config, shared.clone(), move |told| {
            policies(&world, "ConfigMap./", &own, told);
        });
        tokio::select! {
            () = task => {}
            changed = domain.changed() => {
                if changed.is_err() {
                    return;
                }
                // Other ConfigMaps are policies from now on.
                shared.broke("configmaps");
            }
        }
    }
}

// ── Jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Follows jobs, to count the runs of cron jobs.
async fn jobs(shared: Shared) {
    let gvk = kube::api::GroupVersionKind::gvk("batch", "v1", "Job");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "jobs");
    let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
    let world = shared.world.clone();
    let config = watcher::Config::default().page_size(PAGE);
    let tell = move |told: Told<DynamicObject>| match told {
        Told::Is(job) => finished(&world, &job),
        // A job that ended and was cleaned away at once.
        Told::Gone(job) => finished(&world, &job),
        Told::All { these, .. } => these.iter().for_each(|job| finished(&world, job)),
    };
    follow("jobs".into(), api, config, shared.clone(), tell).await;
}

/// Tells of a job that a cron job made and that ended well.
fn finished(world: &World, job: &DynamicObject) {
    let owners = job.metadata.owner_references.iter().flatten();
    let Some(owner) = owners.into_iter().find(|owner| owner.kind == "CronJob") else { return };
    let conditions = job.data.pointer("/status/conditions").and_then(Value::as_array);
    let is_done = conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Complete")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    });
    let ended = job.data.pointer("/status/completionTime").and_then(Value::as_str);
    let (Some(ended), Some(uid), true) = (ended, job.metadata.uid.as_deref(), is_done) else { return };
    let labels: BTreeMap<String, String> = job
        .data
        .pointer("/spec/template/metadata/labels")
        .and_then(|labels| serde_json::from_value(labels.clone()).ok())
        .unwrap_or_default();
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    if let Ok(moment) = hedgerow_observe::observations::Moment::try_from(ended.to_owned()) {
        world.job_finished(uid, namespace, &format!("CronJob/{}", owner.name), &labels, moment.0);
    }
}

/// Uids of a list.
pub(crate) fn uids(sightings: &[Sighting]) -> BTreeSet<String> {
    sightings.iter().map(|sighting| sighting.pod.uid.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_known_only_while_everything_that_bears_on_them_is_listed() {
        let watches = Watches::default();
        for name in ["namespaces", "tiers.projectcalico.org"] {
            watches.await_policies(name);
        }
        let listed = |name: &str| {
            let mut told = false;
            watches.has_policies(name, || told = true);
            told
        };
        let lost = |name: &str| {
            let mut told = false;
            watches.lost_policies(name, || told = true);
            told
        };
        assert!(!listed("namespaces") && !watches.are_policies_known());
        assert!(!listed("pods"), "no policy hangs on pods");
        // A group that does not answer is named.
        assert!(lost("tiers.projectcalico.org"));
        assert_eq!(watches.awaited(), ["tiers.projectcalico.org".to_owned()].into());
        assert!(listed("tiers.projectcalico.org") && watches.are_policies_known());
        assert!(!listed("namespaces"), "it was known already");
        assert!(!lost("pods") && watches.are_policies_known());
        assert!(lost("namespaces") && !watches.are_policies_known());
        assert!(!listed("tiers.projectcalico.org") && !watches.are_policies_known());
        assert!(listed("namespaces") && watches.are_policies_known());
    }

    #[test]
    fn a_node_has_the_addresses_from_which_its_kubelet_calls_pods() {
        let addresses = |annotations: Value, ranges: Value| {
            let node = json!({"metadata": {"name": "n", "annotations": annotations}, "spec": {"podCIDRs": ranges},
                "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}, {"type": "Hostname", "address": "n"}]}});
            let node: DynamicObject = serde_json::from_value(node).unwrap();
            node_addresses(&node).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let ranges = json!(["10.42.3.7/24", "fd00:42::/64", "10.42.4.0/31", "x/24", "10.0.0.0", "10.0.0.0/99"]);
        assert_eq!(
            addresses(json!({}), ranges.clone()),
            ["10.42.3.0", "10.42.3.1", "192.0.2.1", "fd00:42::", "fd00:42::1"]
        );
        let cilium = json!({"network.cilium.io/ipv4-cilium-host": "10.0.1.77"});
        assert_eq!(addresses(cilium, ranges.clone()), ["10.0.1.77", "192.0.2.1"]);
        let calico = json!({"projectcalico.org/IPv4VXLANTunnelAddr": "10.65.0.0"});
        assert_eq!(addresses(calico, ranges), ["10.65.0.0", "192.0.2.1"]);
        assert_eq!(addresses(json!({}), Value::Null), ["192.0.2.1"]);
    }

    #[tokio::test]
    async fn a_watch_that_breaks_takes_back_that_all_is_known() {
        let (anew, _) = watch::channel(0);
        let world = Arc::new(World::new(0, 0));
        let shared = Shared { client: answers("503 Service Unavailable"), world, watches: Arc::default(), anew };
        let (kind, stored) = ("tiers.projectcalico.org", "tiers.crd.projectcalico.org");
        shared.watches.await_policies(kind);
        shared.listed(kind);
        assert!(shared.world.known().verdicts.policies().is_complete());
        let gvk = kube::api::GroupVersionKind::gvk(CALICO_STORED.0, CALICO_STORED.1, "Tier");
        let resource = ApiResource::from_gvk_with_plural(&gvk, "tiers");
        let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
        let task = tokio::spawn(follow(stored.into(), api, watcher::Config::default(), shared.clone(), |_| {}));
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if shared.watches.all().get(stored).is_some_and(|health| health.breaks > 0) {
                break;
            }
        }
        task.abort();
        assert_eq!(shared.watches.awaited(), [kind.to_owned()].into());
        assert!(!shared.world.known().verdicts.policies().is_complete());
    }

    #[tokio::test]
    async fn a_kind_that_is_taken_away_and_comes_back_with_the_same_objects_is_there_again() {
        let (anew, _) = watch::channel(0);
        let world = Arc::new(World::new(0, 0));
        let shared = Shared { client: answers("404 Not Found"), world, watches: Arc::default(), anew };
        let (kind, prefix) = ("globalnetworkpolicies.projectcalico.org", "GlobalNetworkPolicy.projectcalico.org/");
        shared.watches.await_policies(kind);
        shared.listed(kind);
        let count = || shared.world.known().verdicts.policies().len();
        let key = format!("{prefix}/deny");
        shared.world.policy(&key, "{}");
        shared.world.policy("GlobalNetworkSet.projectcalico.org//other", "{}");
        assert_eq!(count(), 2);
        shared.taken_away(kind, kind, prefix);
        assert_eq!((count(), shared.watches.are_policies_known()), (1, false));
        shared.world.policy(&key, "{}");
        assert_eq!(count(), 2, "the same text is new where it was taken away");
    }

    /// An API server of one answer to everything.
    fn answers(code: &'static str) -> Client {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 {code}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
                let _ = stream.write_all(head.as_bytes());
            }
        });
        let _already = rustls::crypto::ring::default_provider().install_default();
        let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
        config.default_retry = false;
        Client::try_from(config).unwrap()
    }

    #[tokio::test]
    async fn a_group_that_never_answers_is_said_and_takes_back_that_all_is_known() {
        let world = Arc::new(World::new(0, 0));
        let (anew, _) = watch::channel(0);
        let shared = Shared { client: answers("503 Service Unavailable"), world, watches: Arc::default(), anew };
        let name = "tiers.projectcalico.org";
        shared.watches.await_policies(name);
        shared.listed(name);
        assert!(shared.world.known().verdicts.policies().is_complete());
        let task = tokio::spawn(where_served(shared.clone(), CALICO, "v3", "tiers", "Tier"));
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if !shared.watches.are_policies_known() && shared.watches.all().contains_key(name) {
                break;
            }
        }
        task.abort();
        assert_eq!(shared.watches.awaited(), [name.to_owned()].into());
        assert!(!shared.world.known().verdicts.policies().is_complete(), "complete is taken back");
        let health = shared.watches.all().remove(name).unwrap();
        assert!(!health.is_whole && health.fault.unwrap().contains("cannot ask whether tiers.projectcalico.org"));
    }
}
