//! Pods, in the two forms in which they are asked for.

use super::{PAGE, Shared, Told, follow};
use crate::collector::args::Addresses;
use crate::collector::clock::{SECOND, now};
use crate::collector::light::{BarePod, LightPod, annotated, micros};
use crate::collector::names::Sighting;
use crate::collector::world::World;
use hedgerow_observe::fleet::Labels;
use hedgerow_observe::naming::{Micros, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

/// Follows pods.
pub(super) async fn watch(shared: Shared, addresses: Addresses) {
    match addresses {
        Addresses::Status => of_form::<LightPod>(shared).await,
        Addresses::CalicoAnnotations => of_form::<BarePod>(shared).await,
    }
}

async fn of_form<K: SeenPod + Clone + DeserializeOwned + Debug + Send + 'static>(shared: Shared) {
    let world = shared.world.clone();
    let everything = watcher::Config::default().page_size(PAGE);
    let api = Api::<K>::all(shared.client.clone());
    let mut labels = LabelSets::default();
    let keep =
        move |pod: K| Seen { uid: pod.meta().uid.clone().unwrap_or_default(), sighting: pod.sighting(&mut labels) };
    follow("pods".into(), api, everything, shared, keep, move |told| tell(&world, told)).await;
}

/// What is kept of a pod; no sighting where it holds no address any more.
struct Seen {
    uid: String,
    sighting: Option<Sighting>,
}

/// Labels that many pods wear are kept once.
#[derive(Default)]
struct LabelSets {
    sets: BTreeSet<Arc<Labels>>,
    /// How many there were after those were let go that nobody wears any more.
    worn: usize,
}

impl LabelSets {
    fn one(&mut self, labels: Labels) -> Arc<Labels> {
        if let Some(known) = self.sets.get(&labels) {
            return Arc::clone(known);
        }
        if self.sets.len() > 2 * self.worn + 1_000 {
            self.sets.retain(|set| Arc::strong_count(set) > 1);
            self.worn = self.sets.len();
        }
        let new = Arc::new(labels);
        self.sets.insert(Arc::clone(&new));
        new
    }
}

/// What the two forms of pods have in common.
trait SeenPod: Resource<DynamicType = ()> {
    /// Takes it apart; nothing where it holds no address any more.
    fn sighting(self, labels: &mut LabelSets) -> Option<Sighting>;
}

impl SeenPod for LightPod {
    fn sighting(mut self, labels: &mut LabelSets) -> Option<Sighting> {
        let held = if self.is_on_host { Vec::new() } else { std::mem::take(&mut self.addresses) };
        let is_over = self.is_over;
        let (node, started) = (self.node.take(), self.started.map(|seconds| seconds.saturating_mul(SECOND)));
        let sighting = of(self.metadata, held, node, started, labels)?;
        // Its containers ran to their end: the address is given back about now, though the pod is listed for long.
        (!is_over).then_some(sighting)
    }
}

impl SeenPod for BarePod {
    fn sighting(self, labels: &mut LabelSets) -> Option<Sighting> {
        let held = annotated(&self.0);
        // An annotation without addresses: they were given back. No annotation: there are none yet, or the pod is on its node's network.
        if held.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        of(self.0, held.unwrap_or_default(), None, None, labels)
    }
}

fn of(
    metadata: ObjectMeta,
    addresses: Vec<std::net::IpAddr>,
    node: Option<String>,
    started: Option<Micros>,
    labels: &mut LabelSets,
) -> Option<Sighting> {
    Some(Sighting {
        born: metadata.creation_timestamp.as_ref().map_or(Micros::MIN, micros),
        pod: Pod {
            uid: metadata.uid?,
            namespace: metadata.namespace.unwrap_or_default(),
            name: metadata.name?,
            labels: labels.one(metadata.labels.unwrap_or_default()),
        },
        addresses,
        node,
        started,
    })
}

fn tell(world: &World, told: Told<Seen>) {
    match told {
        Told::Is(Seen { sighting: Some(sighting), .. }) => world.pod(sighting, now()),
        Told::Is(Seen { uid, sighting: None }) | Told::Gone(Seen { uid, .. }) => world.pod_gone(&uid, now()),
        Told::All { these, asked } => {
            let sightings = these.into_iter().filter_map(|seen| seen.sighting).collect();
            world.all_pods(sightings, asked, now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_many_pods_are_kept_once_and_let_go_when_nobody_wears_them() {
        let mut sets = LabelSets::default();
        let labels = |value: usize| Labels::from([("app".to_owned(), value.to_string())]);
        let (one, again, other) = (sets.one(labels(1)), sets.one(labels(1)), sets.one(labels(2)));
        assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
        for value in 10..5_000 {
            drop(sets.one(labels(value)));
        }
        assert!(sets.sets.len() <= 1_010, "{}", sets.sets.len());
        assert!(Arc::ptr_eq(&one, &sets.one(labels(1))) && Arc::ptr_eq(&other, &sets.one(labels(2))));
    }
}
