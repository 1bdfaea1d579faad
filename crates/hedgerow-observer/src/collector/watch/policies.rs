//! Policies, where and while their kinds are served, and the namespaces by whose labels they select.

use super::{PAGE, PAUSE, Shared, Told, describe, follow};
use crate::collector::say::say;
use crate::collector::world::World;
use hedgerow_observe::fleet::Labels;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ApiResource, DynamicObject};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Client};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked whether a kind that was not served is by now.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Kinds of policies, and what they need, in the order of who is asked first: (group, version, plural, kind).
pub(super) const POLICIES: [(&str, &str, &str, &str); 12] = [
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
pub(super) const CALICO: &str = "projectcalico.org";
/// Where Calico stores them in clusters without that API server. Read only where the other is not served: they are the same objects.
pub(super) const CALICO_STORED: (&str, &str) = ("crd.projectcalico.org", "v1");

impl Shared {
    /// A kind is served no more, or by the other group from now on: there are none of it until somebody lists it.
    fn taken_away(&self, awaited: &str, name: &str, prefix: &str) {
        self.broke(awaited);
        self.world.all_policies(prefix, BTreeMap::new());
        self.watches.remove(name);
    }
}

/// Follows namespaces.
pub(super) async fn namespaces(shared: Shared) {
    let world = shared.world.clone();
    let everything = watcher::Config::default().page_size(PAGE);
    let api = Api::<PartialObjectMeta<Namespace>>::all(shared.client.clone());
    follow("namespaces".into(), api, everything, shared, parts, move |told| tell_namespaces(&world, told)).await;
}

/// A namespace's name and labels.
fn parts(namespace: PartialObjectMeta<Namespace>) -> (String, Labels) {
    (namespace.metadata.name.unwrap_or_default(), namespace.metadata.labels.unwrap_or_default())
}

fn tell_namespaces(world: &World, told: Told<(String, Labels)>) {
    match told {
        Told::Is((name, labels)) => world.policies(|policies| policies.set_namespace(&name, labels)),
        Told::Gone((name, _)) => world.policies(|policies| policies.remove_namespace(&name)),
        Told::All { these, .. } => world.all_namespaces(these.into_iter().collect()),
    }
}

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
pub(super) async fn where_served(
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
        let begins = prefix.clone();
        let keep = move |object| key_and_text(object, &begins, &resource);
        let task = follow(name.clone(), api, config, shared.clone(), keep, move |told| {
            policies(&world, &told_prefix, told);
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

fn policies(world: &World, prefix: &str, told: Told<(String, String)>) {
    match told {
        Told::Is((key, text)) => world.policy(&key, &text),
        Told::Gone((key, _)) => world.policy_gone(&key),
        Told::All { these, .. } => world.all_policies(prefix, these.into_iter().collect()),
    }
}

/// What is kept of a policy: under which key, and what it says.
fn key_and_text(object: DynamicObject, prefix: &str, resource: &ApiResource) -> (String, String) {
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let key = format!("{prefix}{namespace}/{}", object.metadata.name.as_deref().unwrap_or_default());
    (key, text_of(object, resource))
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
pub(super) async fn data(shared: Shared, mut domain: watch::Receiver<Option<String>>) {
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
        let keep = move |object| key_and_text(object, "ConfigMap./", &own);
        let task = follow("configmaps".into(), api, config, shared.clone(), keep, move |told| {
            policies(&world, "ConfigMap./", told);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::watch::tests::answers;
    use std::sync::Arc;

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

    #[tokio::test]
    async fn with_another_domain_other_config_maps_are_policies_and_none_of_them_is_known() {
        // Nobody ever takes a connection: what is asked has no answer.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let _already = rustls::crypto::ring::default_provider().install_default();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::try_from(kube::Config::new(address.parse().unwrap())).unwrap();
        let (anew, _) = watch::channel(0);
        let shared = Shared { client, world: Arc::new(World::new(0, 0)), watches: Arc::default(), anew };
        shared.watches.await_policies("configmaps");
        let (domain, domains) = watch::channel(Some("bank.example".to_owned()));
        let task = tokio::spawn(data(shared.clone(), domains));
        tokio::time::sleep(Duration::from_millis(200)).await;
        shared.listed("configmaps");
        assert!(shared.watches.are_policies_known());
        domain.send_replace(Some("shop.example".to_owned()));
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if !shared.watches.are_policies_known() {
                break;
            }
        }
        task.abort();
        assert!(!shared.watches.are_policies_known());
        assert!(!shared.world.known().verdicts.policies().is_complete());
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
