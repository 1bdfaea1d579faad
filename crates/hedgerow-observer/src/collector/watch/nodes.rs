//! Nodes, with every address from which their programs call pods.

use super::{Shared, Told, follow};
use crate::collector::clock::now;
use crate::collector::light::micros;
use crate::collector::world::World;
use hedgerow_observe::naming::Micros;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::watcher;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Follows nodes.
pub(super) async fn watch(shared: Shared) {
    let world = shared.world.clone();
    // Nodes hold lists of all images.
    let few = watcher::Config::default().page_size(25);
    let resource = ApiResource::from_gvk_with_plural(&kube::api::GroupVersionKind::gvk("", "v1", "Node"), "nodes");
    let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
    follow("nodes".into(), api, few, shared, |node| parts(&node), move |told| tell(&world, told)).await;
}

fn node_addresses(node: &DynamicObject) -> Vec<IpAddr> {
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
    let addresses: BTreeSet<IpAddr> = own.chain(tunnels).chain(bridges).collect();
    addresses.into_iter().collect()
}

/// The first two addresses of a node's range of pods: flannel's tunnel has the one, the bridge of the CNI plugin the other (`host-local` gives
/// neither to a pod).
fn first_of_range(range: &str) -> Vec<IpAddr> {
    let Some((Ok(first), Ok(bits))) =
        range.split_once('/').map(|(first, bits)| (first.parse::<IpAddr>(), bits.parse::<u8>()))
    else {
        return Vec::new();
    };
    match first {
        IpAddr::V4(first) if bits <= 30 => {
            let first = u32::from(first) & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            [first, first | 1].map(|address| Ipv4Addr::from(address).into()).to_vec()
        }
        IpAddr::V6(first) if bits <= 126 => {
            let first = u128::from(first) & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            [first, first | 1].map(|address| Ipv6Addr::from(address).into()).to_vec()
        }
        IpAddr::V4(_) | IpAddr::V6(_) => Vec::new(),
    }
}

/// What is kept of a node: its name, its addresses, when it was made. Whole nodes hold lists of all their images.
type Kept = (String, Vec<IpAddr>, Micros);

fn parts(node: &DynamicObject) -> Kept {
    let born = node.metadata.creation_timestamp.as_ref().map_or(Micros::MIN, micros);
    (node.metadata.name.clone().unwrap_or_default(), node_addresses(node), born)
}

fn tell(world: &World, told: Told<Kept>) {
    match told {
        Told::Is((name, addresses, born)) => world.node(&name, &addresses, born, now()),
        Told::Gone((name, ..)) => world.node_gone(&name, now()),
        Told::All { these, asked } => world.all_nodes(these, asked, now()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
}
