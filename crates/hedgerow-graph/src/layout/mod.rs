//! Where everything is drawn: one round island per owner, its services on it.
//!
//! Two steps of one simulation (`force`). First every owner's services are laid out alone, so that services which
//! call each other come close; the smallest disc around them is the island. Then the islands are laid out: owners whose
//! services call each other become neighbours. Last, each island is turned so that its services face those they talk to.
//!
//! Existing crates were looked at: `forceatlas2` is under the AGPL; `fa2` (0.3, some weeks old) knows points alone, no
//! sizes and no groups, and promises nothing about threads. Both leave overlaps, and a drawing of 1,500 services
//! without groups is a ball of wool.
//!
//! The result depends on the network alone: not on the order of the input, the number of threads or the machine
//! (`quadtree` says why).

mod force;
mod island;
mod quadtree;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::network::Network;
use crate::palette;
use force::{Body, Gravity, Room, Spring, TICKS};
use hedgerow_core::unseen::is_unseen;

/// Up to so many services every one has room for its name below it.
pub(crate) const NAMED_UP_TO: usize = 150;
/// Longer names are cut on maps (never in lists).
const NAME_CHARS: usize = 26;
/// Width of a letter and height of a line of the names on the map.
const LETTER: (f64, f64) = (6.6, 14.0);
/// Free space around a service without a name.
const GAP: f64 = 3.0;
/// Free space between the services and the shore of their island.
const SHORE: f64 = 10.0;
/// Free space between two islands: the owner's name stands there.
const CHANNEL: f64 = 16.0;

/// Where a service is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
    /// Its disc: the area grows with the number of callers.
    pub radius: f64,
}

/// Where the services of one owner are.
#[derive(Clone, Debug, PartialEq)]
pub struct Island {
    /// The owner.
    pub owner: String,
    /// Middle, to the right.
    pub x: f64,
    /// Middle, downwards.
    pub y: f64,
    /// Its radius; no two islands overlap.
    pub radius: f64,
    /// How many services are on it.
    pub services: usize,
    /// Index of its colour in the palette.
    pub colour: usize,
}

/// How far a layout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps done.
    pub done: usize,
    /// Steps to do.
    pub total: usize,
}

/// A finished layout of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    places: Vec<Place>,
    /// Per service, its island.
    homes: Vec<usize>,
    islands: Vec<Island>,
    width: f64,
    height: f64,
}

impl Layout {
    /// Lays out a network. `progress` is called now and then from any thread; `&|_| ()` ignores it.
    pub fn new(network: &Network, progress: &(dyn Fn(Progress) + Sync)) -> Self {
        let rooms = Rooms::new(network);
        let (owners, homes, groups) = group(network);
        let done = AtomicUsize::new(0);
        let total = (network.nodes().len() + owners.len()) * TICKS as usize;
        let tick = |bodies: usize| {
            let done = done.fetch_add(bodies, Ordering::Relaxed) + bodies;
            progress(Progress { done, total });
        };

        let inner = inner_springs(network, &homes, &groups, &rooms);
        let mut drafts: Vec<island::Draft> = groups
            .par_iter()
            .zip(inner)
            .map(|(group, springs)| island::Draft::new(group, &rooms, &springs, &|| tick(group.len())))
            .collect();
        for (draft, owner) in drafts.iter_mut().zip(&owners) {
            draft.radius = draft.radius.max(rooms.owner_width(owner) / 2.0);
        }

        let mut bodies: Vec<Body> = drafts
            .iter()
            .zip(island::spiral(drafts.len(), 60.0))
            .map(|(draft, (x, y))| Body {
                x,
                y,
                room: Room::Disc(draft.radius + CHANNEL / 2.0),
                mass: draft.radius.max(1.0),
            })
            .collect();
        let springs = outer_springs(network, &homes, &drafts);
        force::settle(&mut bodies, &springs, Gravity { x: 0.04, y: 0.16 }, &|| tick(owners.len()));
        for (draft, body) in drafts.iter_mut().zip(&bodies) {
            (draft.x, draft.y) = (body.x, body.y);
        }
        island::turn_all(&mut drafts, network, &homes, rooms.named);
        finish(network, &rooms, homes, &owners, drafts)
    }

    /// Where each service is, in the order of [`Network::nodes`].
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The islands, by owner.
    pub fn islands(&self) -> &[Island] {
        &self.islands
    }

    /// Per service, the position of its island in [`Layout::islands`].
    pub fn homes(&self) -> &[usize] {
        &self.homes
    }

    /// The size of the picture: every island lies within `0..width` and `0..height`.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }
}

/// The name as it is written on maps: cut where it is too long, without characters that nobody sees.
pub(crate) fn map_name(name: &str) -> String {
    let seen = name.chars().map(|letter| if is_unseen(letter) { '\u{fffd}' } else { letter });
    if name.chars().count() <= NAME_CHARS { seen.collect() } else { seen.take(NAME_CHARS - 1).chain(['…']).collect() }
}

/// The radius of a service's disc: area grows with callers, up to where it would hide its neighbours.
fn radius(callers: usize) -> f64 {
    // A fleet has far fewer services than f64 has exact integers.
    (4.0 + 1.5 * (callers as f64).sqrt()).min(36.0)
}

/// The room each service takes.
struct Rooms {
    named: bool,
    radii: Vec<f64>,
    rooms: Vec<Room>,
}

impl Rooms {
    fn new(network: &Network) -> Self {
        let named = network.nodes().len() <= NAMED_UP_TO;
        let radii: Vec<f64> = network.degrees().iter().map(|degree| radius(degree.callers)).collect();
        let rooms = radii
            .iter()
            .zip(network.short_names())
            .map(|(&radius, name)| {
                if named {
                    let letters = map_name(name).chars().count() as f64;
                    Room::Box {
                        half_width: (letters * LETTER.0 / 2.0).max(radius) + 7.0,
                        above: radius + 9.0,
                        below: radius + LETTER.1 + 9.0,
                    }
                } else {
                    Room::Disc(radius + GAP)
                }
            })
            .collect();
        Self { named, radii, rooms }
    }

    /// How strongly a service pushes others away. Lines between names need space to be seen.
    fn mass(&self, node: usize) -> f64 {
        if self.named { 60.0 } else { self.radii[node] }
    }

    /// The width an owner's name asks of its island.
    fn owner_width(&self, owner: &str) -> f64 {
        if self.named { map_name(owner).chars().count() as f64 * LETTER.0 } else { 0.0 }
    }
}

/// Owners in order, each service's owner, and the services of each owner.
fn group(network: &Network) -> (Vec<String>, Vec<usize>, Vec<Vec<usize>>) {
    let owners: Vec<String> = network.owners().into_iter().map(str::to_owned).collect();
    let mut homes = Vec::with_capacity(network.nodes().len());
    let mut groups = vec![Vec::new(); owners.len()];
    for (index, node) in network.nodes().iter().enumerate() {
        // `owners` was made from these nodes; a miss cannot happen and would only mean the first island.
        let home = owners.binary_search_by(|owner| owner.as_str().cmp(node.owner_text())).unwrap_or(0);
        homes.push(home);
        if let Some(group) = groups.get_mut(home) {
            group.push(index);
        }
    }
    (owners, homes, groups)
}

/// Springs between services of one owner. A service with many lines pulls weakly with each: hubs do not bend the map.
fn inner_springs(network: &Network, homes: &[usize], groups: &[Vec<usize>], rooms: &Rooms) -> Vec<Vec<Spring>> {
    let mut position = vec![0; homes.len()];
    for group in groups {
        for (inside, &node) in group.iter().enumerate() {
            position[node] = inside;
        }
    }
    let inside = || network.ends().iter().filter(|&&(a, b)| a != b && homes[a] == homes[b]);
    let mut lines = vec![0_usize; homes.len()];
    for &(a, b) in inside() {
        lines[a] += 1;
        lines[b] += 1;
    }
    let mut springs = vec![Vec::new(); groups.len()];
    for &(a, b) in inside() {
        let length = rooms.radii[a] + rooms.radii[b] + if rooms.named { 50.0 } else { 8.0 };
        let strength = 0.7 / lines[a].min(lines[b]).max(1) as f64;
        springs[homes[a]].push(Spring { from: position[a], to: position[b], strength, length });
    }
    springs
}

/// Springs between islands: the more calls between two owners, the closer, each call weighted down by how common its ends
/// are (a call to what everybody calls says nothing about who belongs together).
fn outer_springs(network: &Network, homes: &[usize], drafts: &[island::Draft]) -> Vec<Spring> {
    let mut weights: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let mut totals = vec![0.0; drafts.len()];
    for &(a, b) in network.ends() {
        let (one, other) = (homes[a].min(homes[b]), homes[a].max(homes[b]));
        if one != other {
            let degrees = network.degrees();
            let weight = 1.0 / ((degrees[a].callees.max(1) * degrees[b].callers.max(1)) as f64).sqrt();
            *weights.entry((one, other)).or_default() += weight;
            totals[one] += weight;
            totals[other] += weight;
        }
    }
    weights
        .into_iter()
        .map(|((from, to), weight)| Spring {
            from,
            to,
            strength: 0.8 * weight / totals[from].min(totals[to]),
            length: drafts[from].radius + drafts[to].radius + CHANNEL,
        })
        .collect()
}

/// Moves the picture to the origin, gives colours.
fn finish(
    network: &Network,
    rooms: &Rooms,
    homes: Vec<usize>,
    owners: &[String],
    drafts: Vec<island::Draft>,
) -> Layout {
    let edge = |f: &dyn Fn(&island::Draft) -> f64| drafts.iter().map(f).fold(f64::INFINITY, f64::min);
    let margin = CHANNEL;
    let left = edge(&|draft| draft.x - draft.radius) - margin;
    // The owner's name stands above its island.
    let top = edge(&|draft| draft.y - draft.radius) - margin * 2.0;
    let right = -edge(&|draft| -draft.x - draft.radius) + margin;
    let bottom = -edge(&|draft| -draft.y - draft.radius) + margin;
    if drafts.is_empty() {
        return Layout { places: vec![], homes, islands: vec![], width: 0.0, height: 0.0 };
    }
    let mut places = vec![Place { x: 0.0, y: 0.0, radius: 0.0 }; network.nodes().len()];
    for draft in &drafts {
        for (&node, &(x, y)) in draft.nodes.iter().zip(&draft.offsets) {
            places[node] =
                Place { x: tenth(draft.x + x - left), y: tenth(draft.y + y - top), radius: tenth(rooms.radii[node]) };
        }
    }
    let discs: Vec<(f64, f64, f64)> = drafts.iter().map(|draft| (draft.x, draft.y, draft.radius)).collect();
    let islands = drafts
        .iter()
        .zip(owners)
        .zip(palette::assign(&discs))
        .map(|((draft, owner), colour)| Island {
            owner: owner.clone(),
            x: tenth(draft.x - left),
            y: tenth(draft.y - top),
            radius: tenth(draft.radius),
            services: draft.nodes.len(),
            colour,
        })
        .collect();
    Layout { places, homes, islands, width: tenth(right - left), height: tenth(bottom - top) }
}

/// To a tenth of a unit: finer is not seen, and short numbers make small files.
fn tenth(value: f64) -> f64 {
    // Adding zero turns -0.0 into 0.0.
    (value * 10.0).round() / 10.0 + 0.0
}
