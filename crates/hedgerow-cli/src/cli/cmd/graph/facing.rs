//! At which ports those outside of the cluster call what an object publishes.

use super::published::may_share;
use hedgerow_eval::PlainObject;
use hedgerow_graph::Port;
use serde_json::Value;

/// The ports, in order; none where the object does not say them: a node port that the cluster chooses, entry points that a
/// proxy's own settings number, and a gateway that is not among the manifests.
pub(super) fn ports(object: &PlainObject, all: &[(String, PlainObject)]) -> Vec<Port> {
    let mut ports = match object.reference.kind.as_str() {
        "Service" => of_service(&object.value),
        "Ingress" => of_web(true, !list(&object.value, "/spec/tls").is_empty()),
        "Route" => {
            let tls = object.value.pointer("/spec/tls").filter(|tls| !tls.is_null());
            let beside = tls.and_then(|tls| tls.get("insecureEdgeTerminationPolicy")?.as_str());
            of_web(tls.is_none() || matches!(beside, Some("Allow" | "Redirect")), tls.is_some())
        }
        _ => of_gateways(object, all),
    };
    ports.sort();
    ports.dedup();
    ports
}

fn of_service(service: &Value) -> Vec<Port> {
    let is_node_port = service.pointer("/spec/type").and_then(Value::as_str) == Some("NodePort");
    let key = if is_node_port { "nodePort" } else { "port" };
    let addresses = list(service, "/spec/externalIPs");
    let ports = list(service, "/spec/ports").iter();
    ports
        .flat_map(|port| {
            // An external address is called at the port itself, also where nodes have one of their own.
            let own = (is_node_port && !addresses.is_empty()).then_some("port");
            [Some(key), own].into_iter().flatten().filter_map(|key| {
                let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
                named(port.get("name").and_then(Value::as_str), port.get(key)?, protocol)
            })
        })
        .collect()
}

/// Where controllers of Ingresses and OpenShift's routers listen.
fn of_web(plain: bool, tls: bool) -> Vec<Port> {
    let port = |name: &str, number| Port { name: Some(name.to_owned()), number, protocol: "TCP".to_owned() };
    let both = [plain.then(|| port("http", 80)), tls.then(|| port("https", 443))];
    both.into_iter().flatten().collect()
}

/// The listeners of the gateways that a route of the Gateway API is attached to.
fn of_gateways(route: &PlainObject, all: &[(String, PlainObject)]) -> Vec<Port> {
    let mut ports = Vec::new();
    for parent in list(&route.value, "/spec/parentRefs") {
        let text = |key: &str| parent.get(key).and_then(Value::as_str);
        if text("kind").is_some_and(|kind| kind != "Gateway") {
            continue;
        }
        let namespace = text("namespace").or(route.reference.namespace.as_deref());
        let gateways = all.iter().map(|(_, object)| object).filter(|object| {
            object.reference.kind == "Gateway"
                && Some(object.reference.name.as_str()) == text("name")
                && may_share(object.reference.namespace.as_deref(), namespace)
        });
        for listener in gateways.flat_map(|gateway| list(&gateway.value, "/spec/listeners")) {
            let name = listener.get("name").and_then(Value::as_str);
            let is_meant = text("sectionName").is_none_or(|section| name == Some(section))
                && parent.get("port").is_none_or(|port| listener.get("port") == Some(port));
            let protocol = if listener.get("protocol").and_then(Value::as_str) == Some("UDP") { "UDP" } else { "TCP" };
            if is_meant {
                ports.extend(listener.get("port").and_then(|number| named(name, number, protocol)));
            }
        }
    }
    ports
}

fn named(name: Option<&str>, number: &Value, protocol: &str) -> Option<Port> {
    let number = u16::try_from(number.as_u64()?).ok()?;
    Some(Port { name: name.map(str::to_owned), number, protocol: protocol.to_owned() })
}

fn list<'v>(value: &'v Value, at: &str) -> &'v [Value] {
    value.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::ports;
    use hedgerow_core::source::Sources;

    /// The ports of the first object.
    fn of(text: &str) -> String {
        let mut sources = Sources::default();
        let id = sources.add("x.yaml", text);
        let objects: Vec<_> =
            hedgerow_eval::objects(id, text).into_iter().map(|object| (String::new(), object)).collect();
        ports(&objects[0].1, &objects).iter().map(|port| port.to_text()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_faces_the_outside_is_told_by_each_kind() {
        let gateway = "---\nkind: Gateway\nmetadata: {name: g, namespace: edge}\nspec: {listeners: [{name: web, port: 80, protocol: HTTP}, {name: tls, port: 443, protocol: HTTPS}, {name: dns, port: 53, protocol: UDP}]}\n";
        let route = |parents: &str| {
            format!(
                "kind: HTTPRoute\nmetadata: {{name: r, namespace: bank}}\nspec: {{parentRefs: [{parents}]}}\n{gateway}"
            )
        };
        let service = |spec: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{{spec}}}\n");
        let rows = [
            (
                service("type: LoadBalancer, ports: [{name: https, port: 443, targetPort: 8443, nodePort: 30443}]"),
                "https 443/TCP",
            ),
            (service("type: LoadBalancer, ports: [{port: 53, protocol: UDP}, {port: 53}]"), "53/TCP, 53/UDP"),
            (
                service("type: NodePort, ports: [{name: http, port: 80, nodePort: 30080}, {name: new, port: 81}]"),
                "http 30080/TCP",
            ),
            (service("externalIPs: [203.0.113.9], ports: [{port: 25}]"), "25/TCP"),
            (
                service("type: NodePort, externalIPs: [203.0.113.9], ports: [{port: 25, nodePort: 30025}]"),
                "25/TCP, 30025/TCP",
            ),
            (service("type: LoadBalancer"), ""),
            (service("type: LoadBalancer, ports: [{port: many}, {port: 70000}, 7]"), ""),
            ("kind: Ingress\nmetadata: {name: i}\nspec: {}\n".to_owned(), "http 80/TCP"),
            (
                "kind: Ingress\nmetadata: {name: i}\nspec: {tls: [{hosts: [a]}]}\n".to_owned(),
                "http 80/TCP, https 443/TCP",
            ),
            ("kind: Route\nmetadata: {name: r}\nspec: {to: {name: s}}\n".to_owned(), "http 80/TCP"),
            ("kind: Route\nmetadata: {name: r}\nspec: {tls: {termination: edge}}\n".to_owned(), "https 443/TCP"),
            (
                "kind: Route\nmetadata: {name: r}\nspec: {tls: {insecureEdgeTerminationPolicy: Redirect}}\n".to_owned(),
                "http 80/TCP, https 443/TCP",
            ),
            (route("{name: g, namespace: edge}"), "dns 53/UDP, tls 443/TCP, web 80/TCP"),
            (route("{name: g, namespace: edge, sectionName: tls}"), "tls 443/TCP"),
            (route("{name: g, namespace: edge, port: 80}, {name: g, namespace: edge, sectionName: web}"), "web 80/TCP"),
            (route("{name: g}"), ""),
            (route("{name: other, namespace: edge}"), ""),
            (route("{kind: Service, name: g, namespace: edge}"), ""),
            ("kind: IngressRoute\nmetadata: {name: r}\nspec: {entryPoints: [websecure]}\n".to_owned(), ""),
        ];
        for (text, expected) in rows {
            assert_eq!(of(&text), expected, "{text}");
        }
    }
}
