//! A seeded network with the shape of a large fleet: few hubs, many small services, owners that mostly call themselves.

use hedgerow_graph::{
    Allow, Basis, Call, Caller, Edge, EdgePorts, Network, Node, Permission, Port, Ports, Published, Seen, Stage,
    Traffic,
};
use std::collections::BTreeSet;

/// SplitMix64 (public domain, Sebastiano Vigna): small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// 0 to `end`, small values far more often: the square of a uniform number, twice.
    fn skewed(&mut self, end: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((unit * unit * unit) * end as f64) as usize
    }
}

const TEAMS: [&str; 40] = [
    "payments",
    "ledger",
    "cards",
    "fraud",
    "identity",
    "lending",
    "savings",
    "platform",
    "growth",
    "support",
    "notifications",
    "mobile",
    "web",
    "data",
    "analytics",
    "risk",
    "compliance",
    "treasury",
    "onboarding",
    "search",
    "reporting",
    "pricing",
    "rewards",
    "disputes",
    "limits",
    "statements",
    "merchants",
    "kyc",
    "messaging",
    "billing",
    "partners",
    "open-banking",
    "insights",
    "scheduling",
    "documents",
    "feature-flags",
    "observability",
    "edge",
    "acquiring",
    "collections",
];
const THINGS: [&str; 48] = [
    "accounts",
    "transactions",
    "profiles",
    "events",
    "tokens",
    "limits",
    "balances",
    "orders",
    "invoices",
    "tickets",
    "emails",
    "push",
    "sms",
    "sessions",
    "devices",
    "addresses",
    "contacts",
    "scores",
    "rules",
    "alerts",
    "exports",
    "imports",
    "schedules",
    "templates",
    "webhooks",
    "audits",
    "receipts",
    "refunds",
    "transfers",
    "quotes",
    "rates",
    "fees",
    "merchants",
    "categories",
    "goals",
    "pots",
    "loans",
    "payouts",
    "settlements",
    "batches",
    "snapshots",
    "indexes",
    "streams",
    "reports",
    "consents",
    "documents",
    "images",
    "labels",
];
const ROLES: [&str; 8] = ["api", "store", "worker", "sync", "proxy", "processor", "reader", "gateway"];

/// `services` services with about `edges` rules, the same for the same numbers.
pub(crate) fn network(services: usize, edges: usize, seed: u64) -> Network {
    let mut random = Random(seed);
    let teams = (services / 12).clamp(1, TEAMS.len());
    let mut names = BTreeSet::new();
    let mut nodes = Vec::new();
    while nodes.len() < services {
        let team = TEAMS[random.skewed(teams * 2).min(teams * 2 - 1) % teams];
        let name = match nodes.len() {
            0 => "service.ledger".to_owned(),
            1 => "service.monitoring".to_owned(),
            2 => "service.edge-proxy".to_owned(),
            index if index % 25 == 3 => format!("cron.{team}-{}", THINGS[random.below(THINGS.len())]),
            _ => format!("service.{team}-{}", THINGS[random.below(THINGS.len())]),
        };
        let name = if names.contains(&name) { format!("{name}-{}", ROLES[random.below(ROLES.len())]) } else { name };
        if names.insert(name.clone()) {
            nodes.push(node(&mut random, name, team));
        }
    }
    for (index, owner, service_type) in
        [(0, "ledger", "backend"), (1, "platform", "monitoring"), (2, "platform", "edge")]
    {
        if let Some(node) = nodes.get_mut(index) {
            node.owner = Some(owner.to_owned());
            node.service_type = Some(service_type.to_owned());
        }
    }
    let edges = edges_between(&mut random, &nodes, edges);
    Network::new(Some("prod".to_owned()), nodes, edges).expect("names are unique and every end exists")
}

fn node(random: &mut Random, name: String, team: &str) -> Node {
    let is_api = random.below(9) == 0;
    Node {
        owner: Some(team.to_owned()),
        service_type: Some(if is_api { "api" } else { "backend" }.to_owned()),
        namespace: if team == "platform" { "platform" } else { "default" }.to_owned(),
        stage: match random.below(10) {
            0 => Stage::Off,
            1 | 2 => Stage::Audit,
            _ => Stage::Enforce,
        },
        ports: Ports::These(vec![Port { name: Some("http".to_owned()), number: 80, protocol: "TCP".to_owned() }]),
        allow: if is_api && random.below(3) == 0 {
            vec![Allow {
                peer: "pods app.kubernetes.io/name=ingress-nginx in ingress-nginx".to_owned(),
                ports: EdgePorts::Only(vec!["http".to_owned()]),
                reason: Some("public API".to_owned()),
            }]
        } else {
            vec![]
        },
        file: format!("{name}/service.yaml"),
        name,
    }
}

fn edges_between(random: &mut Random, nodes: &[Node], wanted: usize) -> Vec<Edge> {
    let mut pairs = BTreeSet::new();
    let count = nodes.len();
    // The hub that calls everything.
    if count > 100 {
        pairs.extend((0..count).filter(|index| index % 4 == 0 && *index != 1).map(|index| (1, index)));
    }
    let mut tries = 0;
    while pairs.len() < wanted && tries < wanted * 50 {
        tries += 1;
        let caller = random.below(count);
        let callee = random.skewed(count);
        let near = nodes[caller].owner == nodes[callee].owner;
        // Half of what would cross a border stays at home instead, as in most fleets.
        let callee = if near || random.below(2) == 0 { callee } else { neighbour(random, nodes, caller) };
        if caller != callee {
            pairs.insert((caller, callee));
        }
    }
    pairs
        .into_iter()
        .map(|(caller, callee)| {
            let (caller, callee) = (&nodes[caller].name, &nodes[callee].name);
            Edge {
                caller: caller.clone(),
                callee: callee.clone(),
                basis: Basis::Rule,
                ports: if random.below(12) == 0 { EdgePorts::Only(vec!["http".to_owned()]) } else { EdgePorts::All },
                reason: None,
                file: format!("{caller}/egress/{callee}.rule"),
            }
        })
        .collect()
}

/// A service of the same owner.
fn neighbour(random: &mut Random, nodes: &[Node], caller: usize) -> usize {
    let start = random.below(nodes.len());
    (0..nodes.len())
        .map(|step| (start + step) % nodes.len())
        .find(|&index| nodes[index].owner == nodes[caller].owner)
        .unwrap_or(caller)
}

/// The network with traffic: nine in ten edges were used, one in a hundred without its label; a few calls that nothing permits, of services and
/// of outsiders; a load balancer in front of every edge service.
pub(crate) fn observed(network: Network, seed: u64) -> Network {
    let mut random = Random(seed);
    let nodes = network.nodes();
    let seen = |random: &mut Random, is_bare| Seen {
        count: 1 + random.skewed(40_000) as u64,
        first: "2026-10-21T00:04:10Z".to_owned(),
        last: "2026-11-20T23:10:00Z".to_owned(),
        days: 30,
        ports: vec!["80/TCP".to_owned()],
        unpermitted: u64::from(is_bare),
        dropped: 0,
        is_bare,
    };
    let mut calls = Vec::new();
    for edge in network.edges() {
        let draw = random.below(1_000);
        if draw >= 100 {
            let caller = Caller::Service(edge.caller.clone());
            let seen = seen(&mut random, draw < 103);
            calls.push(Call { caller, callee: edge.callee.clone(), by: Permission::Edge(Basis::Rule), seen });
        }
    }
    for index in 0..(nodes.len() / 100).max(3) {
        let (caller, callee) = (random.below(nodes.len()), random.below(nodes.len()));
        let is_edge =
            network.edges().iter().any(|edge| edge.caller == nodes[caller].name && edge.callee == nodes[callee].name);
        if is_edge || caller == callee {
            continue;
        }
        let caller = match index % 4 {
            3 => Caller::Outsider(format!("10.4.0.{index}")),
            _ => Caller::Service(nodes[caller].name.clone()),
        };
        let seen = Seen { count: 3 + index as u64, ..seen(&mut random, false) };
        calls.push(Call { caller, callee: nodes[callee].name.clone(), by: Permission::Nothing, seen });
    }
    let silence = "never seen in 31 days up to 2026-11-21T08:00:00Z, while somebody listened on every node of its pods all the time; what is called more rarely is not seen either";
    let traffic = Traffic {
        from: "2026-10-21T00:00:00Z".to_owned(),
        to: "2026-11-21T08:00:00Z".to_owned(),
        heard: vec!["Somebody listened in 31 days up to 2026-11-21T08:00:00Z on all of 12 nodes".to_owned()],
        calls,
        perhaps: std::collections::BTreeMap::new(),
        silence: nodes.iter().map(|node| (node.name.clone(), silence.to_owned())).collect(),
    };
    let published = nodes.iter().filter(|node| node.service_type.as_deref() == Some("edge")).map(|node| {
        let object = format!("Service {}/{}", node.namespace, node.name.replace('.', "-"));
        let ports = vec![Port { name: Some("https".to_owned()), number: 443, protocol: "TCP".to_owned() }];
        let by = Published { how: "LoadBalancer".to_owned(), ports, object, file: "rendered/edge.yaml".to_owned() };
        (node.name.clone(), vec![by])
    });
    let published = published.collect();
    network.with_traffic(traffic).with_published(published)
}
