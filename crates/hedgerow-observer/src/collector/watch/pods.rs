//! Pods, in the two forms in which they are asked for.

use super::{PAGE, Shared, Told, follow};
use crate::collector::args::Addresses;
use crate::collector::clock::{SECOND, now};
use crate::collector::light::{BarePod, LightPod, annotated, micros};
use crate::collector::names::Sighting;
use crate::collector::world::World;
use hedgerow_observe::naming::{Micros, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

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
    follow("pods".into(), api, everything, shared, move |told| tell(&world, told)).await;
}

/// What the two forms of pods have in common.
trait SeenPod: Resource<DynamicType = ()> {
    /// Takes it apart; nothing where it holds no address any more.
    fn sighting(self) -> Option<Sighting>;
}

impl SeenPod for LightPod {
    fn sighting(mut self) -> Option<Sighting> {
        let held = if self.is_on_host { Vec::new() } else { std::mem::take(&mut self.addresses) };
        let is_over = self.is_over;
        let (node, started) = (self.node.take(), self.started.map(|seconds| seconds.saturating_mul(SECOND)));
        let sighting = of(self.metadata, held, node, started)?;
        // Its containers ran to their end: the address is given back about now, though the pod is listed for long.
        (!is_over).then_some(sighting)
    }
}

impl SeenPod for BarePod {
    fn sighting(self) -> Option<Sighting> {
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

fn tell<K: SeenPod>(world: &World, told: Told<K>) {
    let uid = |pod: &K| pod.meta().uid.clone().unwrap_or_default();
    match told {
        Told::Is(pod) => {
            let gone = uid(&pod);
            match pod.sighting() {
                Some(sighting) => world.pod(sighting, now()),
                None => world.pod_gone(&gone, now()),
            }
        }
        Told::Gone(pod) => world.pod_gone(&uid(&pod), now()),
        Told::All { these, asked } => {
            let sightings = these.into_iter().filter_map(SeenPod::sighting).collect();
            world.all_pods(sightings, asked, now());
        }
    }
}
