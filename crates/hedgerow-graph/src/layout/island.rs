//! One owner's services, laid out alone, and how the finished island is turned.

use super::force::{Body, Gravity, Room, Spring, settle};
use super::{Rooms, SHORE};
use crate::network::Network;

/// How often all islands are turned: each turn moves the aim of the others a little.
const TURNS: usize = 4;

/// An island before it is finished.
pub(super) struct Draft {
    pub(super) nodes: Vec<usize>,
    /// Per node, its place from the island's middle.
    pub(super) offsets: Vec<(f64, f64)>,
    pub(super) radius: f64,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Draft {
    /// Lays out `nodes` around the origin and draws the smallest disc around them.
    pub(super) fn new(nodes: &[usize], rooms: &Rooms, springs: &[Spring], tick: &(dyn Fn() + Sync)) -> Self {
        // The largest start in the middle, where gravity would have to bring them otherwise.
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by(|&a, &b| rooms.radii[nodes[b]].total_cmp(&rooms.radii[nodes[a]]).then(a.cmp(&b)));
        let mut bodies = vec![Body { x: 0.0, y: 0.0, room: Room::Disc(0.0), mass: 1.0 }; nodes.len()];
        let step = if rooms.named { 40.0 } else { 12.0 };
        for (&inside, (x, y)) in order.iter().zip(spiral(nodes.len(), step)) {
            let node = nodes[inside];
            bodies[inside] = Body { x, y, room: rooms.rooms[node], mass: rooms.mass(node) };
        }
        // Boxes are wide: pulled evenly they would settle in a band.
        let gravity = if rooms.named { Gravity { x: 0.13, y: 0.035 } } else { Gravity { x: 0.09, y: 0.09 } };
        settle(&mut bodies, springs, gravity, tick);
        let (x, y, radius) = enclose(&bodies);
        Self {
            nodes: nodes.to_vec(),
            offsets: bodies.iter().map(|body| (body.x - x, body.y - y)).collect(),
            radius: radius + SHORE,
            x: 0.0,
            y: 0.0,
        }
    }
}

/// Places on a sunflower's spiral, about `step` apart, from the middle outwards. No two are the same.
pub(super) fn spiral(count: usize, step: f64) -> impl Iterator<Item = (f64, f64)> {
    // Cosine and sine of the golden angle. Turning by multiplication needs no `sin`, which differs between machines.
    const TURN: (f64, f64) = (-0.737_368_878_078_319_7, 0.675_490_294_261_523_8);
    let (mut x, mut y) = (1.0_f64, 0.0_f64);
    (0..count).map(move |index| {
        (x, y) = (x * TURN.0 - y * TURN.1, x * TURN.1 + y * TURN.0);
        let far = step * (index as f64 + 0.5).sqrt();
        (x * far, y * far)
    })
}

/// A small disc around all bodies' rooms: the middle walks towards whatever is farthest, in ever shorter steps
/// (Bădoiu and Clarkson's method for the smallest enclosing ball).
fn enclose(bodies: &[Body]) -> (f64, f64, f64) {
    let farthest = |x: f64, y: f64| {
        bodies
            .iter()
            .map(|body| reach(body, x, y))
            .fold((x, y, 0.0), |best, next| if next.2 > best.2 { next } else { best })
    };
    let (mut x, mut y) = (0.0, 0.0);
    for step in 1..=100_u32 {
        let (fx, fy, _) = farthest(x, y);
        let share = 1.0 / f64::from(step + 1);
        (x, y) = (x + (fx - x) * share, y + (fy - y) * share);
    }
    (x, y, farthest(x, y).2)
}

/// The point of a body's room that is farthest from (x, y), and how far it is.
fn reach(body: &Body, x: f64, y: f64) -> (f64, f64, f64) {
    let (dx, dy) = (body.x - x, body.y - y);
    match body.room {
        Room::Disc(radius) => {
            let distance = (dx * dx + dy * dy).sqrt();
            let (ux, uy) = if distance > 0.0 { (dx / distance, dy / distance) } else { (1.0, 0.0) };
            (body.x + ux * radius, body.y + uy * radius, distance + radius)
        }
        Room::Box { half_width, above, below } => {
            let corner_x = body.x + half_width.copysign(dx);
            // Below the middle the lower corners are not always farther: the name makes a box uneven.
            let corner = |corner_y: f64| {
                let (cx, cy) = (corner_x - x, corner_y - y);
                (corner_x, corner_y, (cx * cx + cy * cy).sqrt())
            };
            let (up, down) = (corner(body.y - above), corner(body.y + below));
            if up.2 > down.2 { up } else { down }
        }
    }
}

/// Turns (or mirrors) every island so that its services face the services elsewhere they share lines with.
///
/// Islands with names are mirrored only: a turn would lay a name's box over its neighbours.
pub(super) fn turn_all(drafts: &mut [Draft], network: &Network, homes: &[usize], named: bool) {
    let mut position = vec![0; homes.len()];
    for draft in drafts.iter() {
        for (inside, &node) in draft.nodes.iter().enumerate() {
            position[node] = inside;
        }
    }
    let mut lines = vec![Vec::new(); drafts.len()];
    for &(a, b) in network.ends().iter().filter(|&&(a, b)| homes[a] != homes[b]) {
        let degrees = network.degrees();
        let weight = 1.0 / ((degrees[a].callees.max(1) * degrees[b].callers.max(1)) as f64).sqrt();
        lines[homes[a]].push((a, b, weight));
        lines[homes[b]].push((b, a, weight));
    }
    for _ in 0..TURNS {
        for island in 0..drafts.len() {
            let aims: Vec<Aim> = lines[island]
                .iter()
                .map(|&(here, there, weight)| {
                    let (from, target) = (&drafts[island], &drafts[homes[there]]);
                    let (px, py) = from.offsets[position[here]];
                    let (tx, ty) = target.offsets[position[there]];
                    let (dx, dy) = (target.x + tx - from.x, target.y + ty - from.y);
                    // Towards the target, not to it: far islands must not outvote near ones.
                    let distance = (dx * dx + dy * dy).sqrt().max(1e-6);
                    Aim { px, py, tx: dx / distance * weight, ty: dy / distance * weight }
                })
                .collect();
            let turn = if named { best_mirror(&aims) } else { best_turn(&aims) };
            for offset in &mut drafts[island].offsets {
                *offset = turn.apply(*offset);
            }
        }
    }
}

/// A service's place on its island and the direction it would like to face.
struct Aim {
    px: f64,
    py: f64,
    tx: f64,
    ty: f64,
}

/// A turn with or without a mirror: a 2×2 matrix.
#[derive(Clone, Copy)]
struct Turn {
    xx: f64,
    xy: f64,
    yx: f64,
    yy: f64,
}

impl Turn {
    fn apply(self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.xx * x + self.xy * y, self.yx * x + self.yy * y)
    }

    fn gain(self, aims: &[Aim]) -> f64 {
        aims.iter()
            .map(|aim| {
                let (x, y) = self.apply((aim.px, aim.py));
                x * aim.tx + y * aim.ty
            })
            .sum()
    }
}

/// The better of several turns; the first if none is better (so that a picture does not jump for nothing).
fn best(turns: &[Turn], aims: &[Aim]) -> Turn {
    let same = Turn { xx: 1.0, xy: 0.0, yx: 0.0, yy: 1.0 };
    let mut best = (same, same.gain(aims));
    for &turn in turns {
        let gain = turn.gain(aims);
        if gain > best.1 + 1e-9 {
            best = (turn, gain);
        }
    }
    best.0
}

fn best_mirror(aims: &[Aim]) -> Turn {
    // Upside down is left out: the room below a service is larger than the one above.
    best(&[Turn { xx: -1.0, xy: 0.0, yx: 0.0, yy: 1.0 }], aims)
}

fn best_turn(aims: &[Aim]) -> Turn {
    let mut turns = Vec::with_capacity(2);
    for mirror in [1.0, -1.0] {
        let (mut along, mut across) = (0.0, 0.0);
        for aim in aims {
            let (px, py) = (aim.px * mirror, aim.py);
            along += px * aim.tx + py * aim.ty;
            across += px * aim.ty - py * aim.tx;
        }
        let size = (along * along + across * across).sqrt();
        if size > 1e-9 {
            let (cos, sin) = (along / size, across / size);
            turns.push(Turn { xx: cos * mirror, xy: -sin, yx: sin * mirror, yy: cos });
        }
    }
    best(&turns, aims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disc_holds_every_room() {
        let bodies: Vec<Body> = spiral(40, 50.0)
            .map(|(x, y)| Body { x, y, room: Room::Box { half_width: 30.0, above: 8.0, below: 22.0 }, mass: 1.0 })
            .collect();
        let (x, y, radius) = enclose(&bodies);
        for body in &bodies {
            for (dx, dy) in [(-30.0, -8.0), (30.0, -8.0), (-30.0, 22.0), (30.0, 22.0)] {
                let (cx, cy) = (body.x + dx - x, body.y + dy - y);
                assert!((cx * cx + cy * cy).sqrt() <= radius + 1e-9);
            }
        }
    }

    #[test]
    fn a_turn_faces_the_target() {
        // The service sits to the right, its callee is above.
        let turn = best_turn(&[Aim { px: 10.0, py: 0.0, tx: 0.0, ty: -1.0 }]);
        let (x, y) = turn.apply((10.0, 0.0));
        assert!(x.abs() < 1e-9 && (y + 10.0).abs() < 1e-9, "({x}, {y})");
    }
}
