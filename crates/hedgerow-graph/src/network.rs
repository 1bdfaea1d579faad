//! What is drawn: services as nodes, permitted calls as edges.
//!
//! The model is small on purpose. It is filled from a plan by the command line and knows nothing of rule syntax, labels
//! or Kubernetes, so that whoever draws another kind of network can use this crate as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::{Allow, Edge, Node};
use crate::traffic::{Facing, Observed, Published, Seen, Stranger, Traffic, Use};
/// Why nodes and edges make no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Two nodes have one name: an edge could mean either.
    #[error("two services are named `{0}`")]
    DuplicateNode(String),
    /// An edge names a service that is not among the nodes.
    #[error("`{caller}` calls `{callee}`, but `{missing}` is not among the services")]
    UnknownEnd {
        /// The edge's caller.
        caller: String,
        /// The edge's callee.
        callee: String,
        /// The end that is missing.
        missing: String,
    },
}

/// Callers and callees of one node, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Degree {
    /// How many services may call it.
    pub callers: usize,
    /// How many services it may call.
    pub callees: usize,
}

/// A checked network: names are unique, every edge has both ends, everything is sorted. The order in which nodes and
/// edges were handed over is forgotten, so it cannot reach any output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    environment: Option<String>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    ends: Vec<(usize, usize)>,
    degrees: Vec<Degree>,
    observed: Option<Observed>,
    published: Vec<Vec<Published>>,
}

impl Network {
    /// Checks and sorts. Edges that are equal in every field are kept once.
    ///
    /// # Errors
    /// [`NetworkError`] if two nodes share a name or an edge names a service that is not there.
    pub fn new(environment: Option<String>, mut nodes: Vec<Node>, mut edges: Vec<Edge>) -> Result<Self, NetworkError> {
        nodes.sort();
        edges.sort();
        edges.dedup();
        if let Some(pair) = nodes.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(NetworkError::DuplicateNode(pair[0].name.clone()));
        }
        let ends = {
            let index: BTreeMap<&str, usize> =
                nodes.iter().enumerate().map(|(i, node)| (node.name.as_str(), i)).collect();
            let find = |edge: &Edge, name: &str| {
                index.get(name).copied().ok_or_else(|| NetworkError::UnknownEnd {
                    caller: edge.caller.clone(),
                    callee: edge.callee.clone(),
                    missing: name.to_owned(),
                })
            };
            edges
                .iter()
                .map(|edge| Ok((find(edge, &edge.caller)?, find(edge, &edge.callee)?)))
                .collect::<Result<Vec<_>, NetworkError>>()?
        };
        let degrees = count(nodes.len(), &ends);
        let published = vec![Vec::new(); nodes.len()];
        Ok(Self { environment, nodes, edges, ends, degrees, observed: None, published })
    }

    /// The network with what traffic showed of it. Edges and their counts stay what is permitted: calls that nothing permits are no edges.
    #[must_use]
    pub fn with_traffic(mut self, traffic: Traffic) -> Self {
        self.observed = Some(Observed::new(traffic, &self.nodes, &self.edges));
        self
    }

    /// The network with what publishes its services to the outside of the cluster, by service. Services that are not among the nodes are
    /// left out.
    #[must_use]
    pub fn with_published(mut self, mut published: BTreeMap<String, Vec<Published>>) -> Self {
        for (node, slot) in self.nodes.iter().zip(&mut self.published) {
            slot.extend(published.remove(&node.name).unwrap_or_default());
            slot.sort();
            slot.dedup();
        }
        self
    }

    /// What publishes the node at `index`.
    pub fn published(&self, index: usize) -> &[Published] {
        self.published.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    /// How far from outside the node at `index` can be reached, by its `allow` entries and what publishes it.
    pub fn facing(&self, index: usize) -> Facing {
        if !self.published(index).is_empty() {
            return Facing::Internet;
        }
        let allow = self.nodes.get(index).map(|node| node.allow.as_slice()).unwrap_or_default();
        allow.iter().map(Allow::facing).max().unwrap_or(Facing::Cluster)
    }

    pub(crate) fn observed(&self) -> Option<&Observed> {
        self.observed.as_ref()
    }

    /// What traffic says of the edge at `index`; nothing where nobody listened.
    pub fn use_of(&self, index: usize) -> Option<Use> {
        self.observed.as_ref().map(|observed| observed.use_of(index))
    }

    /// The evidence for the edge at `index`.
    pub fn seen(&self, index: usize) -> Option<&Seen> {
        self.observed.as_ref()?.seen.get(index)?.as_ref()
    }

    /// How well was listened, in sentences without their full stop.
    pub fn heard(&self) -> &[String] {
        self.observed.as_ref().map(|observed| observed.heard.as_slice()).unwrap_or_default()
    }

    /// How many callers were seen calling what nothing lets them.
    pub fn alarms(&self) -> usize {
        self.observed.iter().flat_map(|observed| &observed.strangers).filter(|stranger| stranger.is_alarm()).count()
    }

    /// The part around the services that `chosen` picks: they, the edges that touch them, and the services at the other
    /// ends. [`Network::degree`] still counts in the whole network: a part must not make a service look harmless.
    #[must_use]
    pub fn around(&self, chosen: impl Fn(&Node) -> bool) -> Self {
        let picked: Vec<bool> = self.nodes.iter().map(chosen).collect();
        let touched = |&(a, b): &(usize, usize)| picked[a] || picked[b];
        let mut kept = picked.clone();
        for &(a, b) in self.ends.iter().filter(|ends| touched(ends)) {
            kept[a] = true;
            kept[b] = true;
        }
        let is_near = |stranger: &&Stranger| picked[stranger.to] || stranger.from.is_some_and(|from| picked[from]);
        let strangers = self.observed.iter().flat_map(|observed| &observed.strangers);
        for stranger in strangers.filter(is_near) {
            kept[stranger.to] = true;
            if let Some(from) = stranger.from {
                kept[from] = true;
            }
        }
        let mut place = vec![0; self.nodes.len()];
        let mut nodes = Vec::new();
        let mut degrees = Vec::new();
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| kept[*i]) {
            place[i] = nodes.len();
            nodes.push(node.clone());
            degrees.push(self.degrees[i]);
        }
        let (edges, ends) = self
            .edges
            .iter()
            .zip(&self.ends)
            .filter(|(_, ends)| touched(ends))
            .map(|(edge, &(a, b))| (edge.clone(), (place[a], place[b])))
            .unzip();
        let of_edges = |at: usize| touched(&self.ends[at]);
        let observed = self.observed.as_ref().map(|observed| Observed {
            seen: observed
                .seen
                .iter()
                .enumerate()
                .filter(|(at, _)| of_edges(*at))
                .map(|(_, seen)| seen.clone())
                .collect(),
            perhaps: observed
                .perhaps
                .iter()
                .enumerate()
                .filter(|(at, _)| of_edges(*at))
                .map(|(_, calls)| *calls)
                .collect(),
            strangers: observed
                .strangers
                .iter()
                .filter(is_near)
                .map(|stranger| Stranger {
                    to: place[stranger.to],
                    from: stranger.from.map(|from| place[from]),
                    ..stranger.clone()
                })
                .collect(),
            silence: kept
                .iter()
                .zip(&observed.silence)
                .filter(|(kept, _)| **kept)
                .map(|(_, text)| text.clone())
                .collect(),
            ..observed.clone()
        });
        let published =
            kept.iter().zip(&self.published).filter(|(kept, _)| **kept).map(|(_, list)| list.clone()).collect();
        Self { environment: self.environment.clone(), nodes, edges, ends, degrees, observed, published }
    }

    /// The environment whose stages are drawn, if one was chosen.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The services, by name.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The edges, by caller, callee, basis.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Per edge, the positions of caller and callee in [`Network::nodes`].
    pub fn ends(&self) -> &[(usize, usize)] {
        &self.ends
    }

    /// Callers and callees of the node at `index`, each service counted once. `None` past the end.
    pub fn degree(&self, index: usize) -> Option<Degree> {
        self.degrees.get(index).copied()
    }

    /// Callers and callees of all nodes, in their order.
    pub(crate) fn degrees(&self) -> &[Degree] {
        &self.degrees
    }

    /// The owners, sorted; `no owner` among them where a service has none.
    pub fn owners(&self) -> Vec<&str> {
        distinct(self.nodes.iter().map(Node::owner_text))
    }

    /// The first name up to its first dot (with the dot) that at least half of the services begin with, if there is one:
    /// on a map `service.` before every name is noise.
    pub(crate) fn common_prefix(&self) -> Option<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for node in &self.nodes {
            if let Some(dot) = node.name.find('.').filter(|dot| dot + 1 < node.name.len()) {
                *counts.entry(&node.name[..=dot]).or_default() += 1;
            }
        }
        let most = counts.into_iter().max_by_key(|&(_, count)| count)?;
        (most.1 * 2 >= self.nodes.len()).then_some(most.0)
    }

    /// The name as maps show it: without the common prefix, unless that would make two services look the same.
    pub(crate) fn short_names(&self) -> Vec<&str> {
        let prefix = self.common_prefix().unwrap_or("");
        let names: BTreeSet<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        self.nodes
            .iter()
            .map(|node| match node.name.strip_prefix(prefix) {
                Some(short) if !names.contains(short) => short,
                _ => node.name.as_str(),
            })
            .collect()
    }
}

fn count(nodes: usize, ends: &[(usize, usize)]) -> Vec<Degree> {
    let mut degrees = vec![Degree::default(); nodes];
    let pairs: BTreeSet<(usize, usize)> = ends.iter().copied().collect();
    for (caller, callee) in pairs {
        degrees[caller].callees += 1;
        degrees[callee].callers += 1;
    }
    degrees
}

/// The different values, sorted.
pub(crate) fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    values.collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Basis, EdgePorts};
    use crate::sample;

    #[test]
    fn two_services_of_one_name_are_refused() {
        let node = sample::node("service.a", "x");
        assert_eq!(
            Network::new(None, vec![node.clone(), node], vec![]),
            Err(NetworkError::DuplicateNode("service.a".to_owned()))
        );
    }

    #[test]
    fn an_edge_to_nowhere_is_refused() {
        let error = Network::new(None, vec![sample::node("a", "x")], vec![sample::edge("a", "b")]).unwrap_err();
        assert_eq!(error.to_string(), "`a` calls `b`, but `b` is not among the services");
    }

    #[test]
    fn a_caller_by_rule_and_by_type_counts_once() {
        let mut by_type = sample::edge("a", "b");
        by_type.basis = Basis::Types;
        let nodes = vec![sample::node("a", "x"), sample::node("b", "x")];
        let network = Network::new(None, nodes, vec![sample::edge("a", "b"), by_type]).unwrap();
        assert_eq!(network.edges().len(), 2);
        assert_eq!(network.degree(1), Some(Degree { callers: 1, callees: 0 }));
    }

    #[test]
    fn a_part_keeps_neighbours_and_the_counts_of_the_whole() {
        let nodes = ["a", "b", "c", "d"].map(|name| sample::node(name, "x")).to_vec();
        let edges = vec![sample::edge("a", "b"), sample::edge("c", "b"), sample::edge("c", "d")];
        let part = Network::new(None, nodes, edges).unwrap().around(|node| node.name == "a");
        assert_eq!(part.nodes().iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(part.ends(), [(0, 1)]);
        assert_eq!(
            part.degree(1),
            Some(Degree { callers: 2, callees: 0 }),
            "b has two callers, one is not in the part"
        );
    }

    #[test]
    fn whom_allow_lets_in_is_drawn_and_said() {
        let rows = [
            ("anybody", true),
            ("10.20.0.0/16", true),
            ("10.20.0.0/16 except 10.20.9.0/24", true),
            ("2001:db8::/32", true),
            ("pods app=nginx in ingress-nginx", false),
            ("pods app.kubernetes.io/name=x in any namespace", false),
            ("namespace backup", false),
        ];
        for (peer, is_outside) in rows {
            let mut node = sample::node("a", "x");
            node.allow = vec![Allow { peer: peer.to_owned(), ports: EdgePorts::All, reason: None }];
            let network = Network::new(None, vec![node], vec![]).unwrap();
            let drawn = crate::svg(&network, &crate::Layout::new(&network, &|_| ()));
            assert!(drawn.contains("class=\"outside") && drawn.contains(&format!("lets in {peer} (")), "{peer}");
            assert_eq!(network.facing(0) != Facing::Cluster, is_outside, "{peer}");
            for line in drawn.lines().filter(|line| line.contains("class=\"note\"")) {
                assert!(line.chars().count() < 200, "a line of the caption is wider than the picture: {line}");
            }
        }
    }

    #[test]
    fn short_names_never_make_two_services_look_the_same() {
        let nodes = ["service.a", "service.b", "b"].map(|name| sample::node(name, "x")).to_vec();
        let network = Network::new(None, nodes, vec![]).unwrap();
        assert_eq!(network.short_names(), ["b", "a", "service.b"]);
    }
}
