//! Pods and nodes as far as names need them. The rest of an object is thrown away while it is read: ten thousand whole pods are 660 MiB.

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::Resource;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What Calico's CNI plugin writes into a pod's annotations; empty when the address is given back.
pub(crate) const CALICO_ADDRESSES: [&str; 2] = ["cni.projectcalico.org/podIPs", "cni.projectcalico.org/podIP"];

/// A pod. Its `metadata` holds name, namespace, uid, version, labels and times, and no annotation but those with addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct LightPod {
    pub(crate) metadata: ObjectMeta,
    /// Its addresses as its status tells them.
    pub(crate) addresses: Vec<IpAddr>,
    /// Whether it is on its node's network.
    pub(crate) is_on_host: bool,
    /// Where it runs.
    pub(crate) node: Option<String>,
    /// Whether it ran to its end.
    pub(crate) is_over: bool,
    /// When the first of its containers started, in seconds since 1970 on its node's clock: then it had its addresses.
    pub(crate) started: Option<i64>,
}

/// Microseconds since 1970 of a time of the API.
pub(crate) fn micros(time: &Time) -> i64 {
    time.0.as_microsecond()
}

/// Addresses in a list as Calico writes it: `10.0.0.1/32,fd00::1/128`.
pub(crate) fn addresses_in(text: &str) -> Vec<IpAddr> {
    text.split(',').filter_map(|part| part.trim().split('/').next()?.parse().ok()).collect()
}

/// The annotations' addresses; nothing where there is no such annotation.
pub(crate) fn annotated(metadata: &ObjectMeta) -> Option<Vec<IpAddr>> {
    let annotations = metadata.annotations.as_ref()?;
    CALICO_ADDRESSES.iter().find_map(|key| annotations.get(*key)).map(|text| addresses_in(text))
}

impl<'de> Deserialize<'de> for LightPod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WirePod::deserialize(deserializer)?;
        let (spec, status) = (wire.spec.unwrap_or_default(), wire.status.unwrap_or_default());
        let first = status.pod_ip.into_iter();
        let all = status.pod_ips.unwrap_or_default().into_iter().filter_map(|address| address.ip);
        let mut addresses: Vec<IpAddr> = all.chain(first).filter_map(|text| text.parse().ok()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let containers = status.container_statuses.into_iter().chain(status.init_container_statuses).flatten();
        let started = containers.filter_map(|container| container.state?.started()).min();
        Ok(Self {
            metadata: wire.metadata.unwrap_or_default().into(),
            addresses,
            is_on_host: spec.host_network.unwrap_or(false),
            node: spec.node_name.filter(|name| !name.is_empty()),
            is_over: matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")),
            started,
        })
    }
}

/// A pod of which the API server sends nothing but metadata.
#[derive(Debug, Clone, Default)]
pub(crate) struct BarePod(pub(crate) ObjectMeta);

impl<'de> Deserialize<'de> for BarePod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            metadata: Option<WireMeta>,
        }
        Ok(Self(Wire::deserialize(deserializer)?.metadata.unwrap_or_default().into()))
    }
}

/// Says that a form is one of pods: where their metadata is, and whether nothing else is asked for.
macro_rules! form_of_pods {
    ($form:ty, $metadata:tt, $is_metadata:literal) => {
        impl Resource for $form {
            type DynamicType = ();
            type Scope = NamespaceResourceScope;

            fn kind((): &()) -> Cow<'_, str> {
                "Pod".into()
            }

            fn group((): &()) -> Cow<'_, str> {
                "".into()
            }

            fn version((): &()) -> Cow<'_, str> {
                "v1".into()
            }

            fn plural((): &()) -> Cow<'_, str> {
                "pods".into()
            }

            fn metadata_api() -> bool {
                $is_metadata
            }

            fn meta(&self) -> &ObjectMeta {
                &self.$metadata
            }

            fn meta_mut(&mut self) -> &mut ObjectMeta {
                &mut self.$metadata
            }
        }
    };
}

form_of_pods!(LightPod, metadata, false);
form_of_pods!(BarePod, 0, true);

// ── As they are on the wire ───────────────────────────────────────────────────────────────────────────────────────────

#[derive(Deserialize)]
struct WirePod {
    metadata: Option<WireMeta>,
    spec: Option<WireSpec>,
    status: Option<WireStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireMeta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<WireAnnotations>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
}

#[derive(Deserialize)]
struct WireAnnotations {
    #[serde(rename = "cni.projectcalico.org/podIPs")]
    all: Option<String>,
    #[serde(rename = "cni.projectcalico.org/podIP")]
    one: Option<String>,
}

impl From<WireMeta> for ObjectMeta {
    fn from(wire: WireMeta) -> Self {
        let annotations = wire.annotations.map(|annotations| {
            let [all, one] = CALICO_ADDRESSES;
            let pairs = [(all, annotations.all), (one, annotations.one)];
            pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
        });
        Self {
            name: wire.name,
            namespace: wire.namespace,
            uid: wire.uid,
            resource_version: wire.resource_version,
            labels: wire.labels,
            annotations: annotations.filter(|annotations: &BTreeMap<_, _>| !annotations.is_empty()),
            creation_timestamp: wire.creation_timestamp,
            deletion_timestamp: wire.deletion_timestamp,
            ..Self::default()
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireSpec {
    node_name: Option<String>,
    host_network: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireStatus {
    phase: Option<String>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    #[serde(rename = "podIPs")]
    pod_ips: Option<Vec<WireAddress>>,
    container_statuses: Option<Vec<WireContainer>>,
    init_container_statuses: Option<Vec<WireContainer>>,
}

#[derive(Deserialize)]
struct WireAddress {
    ip: Option<String>,
}

#[derive(Deserialize)]
struct WireContainer {
    state: Option<WireState>,
}

#[derive(Deserialize)]
struct WireState {
    running: Option<WireStart>,
    terminated: Option<WireStart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStart {
    started_at: Option<Time>,
}

impl WireState {
    fn started(self) -> Option<i64> {
        // A container that never ran has a start of 1970 in some runtimes.
        let start = self.running.or(self.terminated)?.started_at?;
        Some(start.0.as_second()).filter(|second| *second > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_stays() {
        let text = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"emoji-1","namespace":"bank","uid":"u","resourceVersion":"7","labels":{"a":"b"},
            "annotations":{"cni.projectcalico.org/podIP":"10.0.0.9/32","other":"x"},"managedFields":[{"manager":"kubelet","fieldsV1":{"f:a":{}}}],
            "creationTimestamp":"2026-11-28T05:00:44Z","ownerReferences":[]},
            "spec":{"nodeName":"n","hostNetwork":true,"containers":[{"name":"c","image":"i","env":[{"name":"SECRET","value":"x"}]}]},
            "status":{"phase":"Running","podIP":"10.0.0.9","podIPs":[{"ip":"10.0.0.9"},{"ip":"fd00::9"}],
              "containerStatuses":[{"name":"c","state":{"running":{"startedAt":"2026-11-28T05:00:50Z"}}},{"name":"d","state":{"waiting":{"reason":"x"}}}],
              "initContainerStatuses":[{"name":"i","state":{"terminated":{"startedAt":"2026-11-28T05:00:46Z","exitCode":0}}}]}}"#;
        let pod: LightPod = serde_json::from_str(text).unwrap();
        assert_eq!(pod.addresses, ["10.0.0.9".parse::<IpAddr>().unwrap(), "fd00::9".parse().unwrap()]);
        assert_eq!((pod.node.as_deref(), pod.is_on_host, pod.is_over), (Some("n"), true, false));
        assert_eq!(pod.started, Some(1_795_842_046), "the first container of all");
        assert_eq!(annotated(&pod.metadata), Some(vec!["10.0.0.9".parse().unwrap()]));
        assert_eq!(pod.metadata.annotations.as_ref().unwrap().len(), 1);
        assert!(pod.metadata.managed_fields.is_none());
        assert_eq!(micros(pod.metadata.creation_timestamp.as_ref().unwrap()), 1_795_842_044_000_000);

        let bare: BarePod = serde_json::from_str(text).unwrap();
        assert_eq!(bare.0.labels.unwrap()["a"], "b");
        for text in
            ["{}", r#"{"metadata":null,"spec":null,"status":null}"#, r#"{"metadata":{"labels":null,"annotations":{}}}"#]
        {
            let pod: LightPod = serde_json::from_str(text).unwrap();
            assert!(pod.addresses.is_empty() && annotated(&pod.metadata).is_none(), "{text}");
        }
    }

    #[test]
    fn lists_of_addresses() {
        for (text, expected) in [
            ("10.0.0.1/32", vec!["10.0.0.1"]),
            ("10.0.0.1/32,fd00::1/128", vec!["10.0.0.1", "fd00::1"]),
            ("", vec![]),
            ("nonsense, 10.0.0.1", vec!["10.0.0.1"]),
        ] {
            let expected: Vec<IpAddr> = expected.into_iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(addresses_in(text), expected, "{text}");
        }
    }
}
