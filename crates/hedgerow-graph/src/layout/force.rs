//! Springs, pushes, a pull to the middle and no overlap: one small simulation for services and for islands.

use rayon::prelude::*;

use super::quadtree::{Mass, Quadtree};

/// How many steps the simulation takes; it cools a little with each.
pub(super) const TICKS: u32 = 240;
/// What is left of a step's speed for the next one.
const DRAG: f64 = 0.6;
/// Sets of bodies below this size are not worth other threads.
const PARALLEL_FROM: usize = 1_000;
/// Rounds in which overlaps that are left at the end are pushed apart.
const FINAL_ROUNDS: usize = 400;

/// The room a body needs around its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    /// A disc of this radius.
    Disc(f64),
    /// A box: a disc with its name written below it.
    Box {
        /// To the left and to the right.
        half_width: f64,
        /// Above the place.
        above: f64,
        /// Below the place.
        below: f64,
    },
}

impl Room {
    fn half_width(self) -> f64 {
        match self {
            Self::Disc(radius) => radius,
            Self::Box { half_width, .. } => half_width,
        }
    }

    fn above(self) -> f64 {
        match self {
            Self::Disc(radius) => radius,
            Self::Box { above, .. } => above,
        }
    }

    fn below(self) -> f64 {
        match self {
            Self::Disc(radius) => radius,
            Self::Box { below, .. } => below,
        }
    }
}

/// A thing with a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) room: Room,
    /// How strongly it pushes others.
    pub(super) mass: f64,
}

/// A pull between two bodies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spring {
    pub(super) from: usize,
    pub(super) to: usize,
    /// 0 to 1: the share of the distance that one step closes.
    pub(super) strength: f64,
    /// The length at rest.
    pub(super) length: f64,
}

/// The pull to the middle, per direction: a stronger one downwards makes the picture wider than high.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gravity {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Moves the bodies to where the forces balance and nothing overlaps. `tick` hears of each of the [`TICKS`] steps.
pub(super) fn settle(bodies: &mut [Body], springs: &[Spring], gravity: Gravity, tick: &(dyn Fn() + Sync)) {
    let mut speeds = vec![(0.0, 0.0); bodies.len()];
    let mut sweep = Sweep::default();
    for step in 0..TICKS {
        // From 1 to 0, fast first: the square keeps the last steps gentle.
        let left = 1.0 - f64::from(step) / f64::from(TICKS);
        let heat = left * left;
        pull_springs(bodies, &mut speeds, springs, heat);
        for (speed, push) in speeds.iter_mut().zip(pushes(bodies)) {
            speed.0 += push.0 * heat;
            speed.1 += push.1 * heat;
        }
        for (body, speed) in bodies.iter_mut().zip(&mut speeds) {
            speed.0 = (speed.0 - body.x * gravity.x * heat) * DRAG;
            speed.1 = (speed.1 - body.y * gravity.y * heat) * DRAG;
            body.x += speed.0;
            body.y += speed.1;
        }
        sweep.separate(bodies);
        tick();
    }
    for _ in 0..FINAL_ROUNDS {
        if !sweep.separate(bodies) {
            break;
        }
    }
}

fn pull_springs(bodies: &[Body], speeds: &mut [(f64, f64)], springs: &[Spring], heat: f64) {
    for &Spring { from, to, strength, length } in springs {
        let dx = bodies[to].x + speeds[to].0 - bodies[from].x - speeds[from].0;
        let dy = bodies[to].y + speeds[to].1 - bodies[from].y - speeds[from].1;
        let distance = (dx * dx + dy * dy).sqrt().max(1e-6);
        let pull = (distance - length) / distance * strength * heat;
        // The lighter end gives way.
        let share = bodies[to].mass / (bodies[from].mass + bodies[to].mass);
        speeds[from].0 += dx * pull * share;
        speeds[from].1 += dy * pull * share;
        speeds[to].0 -= dx * pull * (1.0 - share);
        speeds[to].1 -= dy * pull * (1.0 - share);
    }
}

/// The push on every body. Each is summed by one thread in the tree's order, so threads cannot change the sum.
fn pushes(bodies: &[Body]) -> Vec<(f64, f64)> {
    let masses: Vec<Mass> = bodies.iter().map(|body| Mass { x: body.x, y: body.y, mass: body.mass }).collect();
    let tree = Quadtree::new(&masses);
    if bodies.len() < PARALLEL_FROM {
        let mut stack = Vec::new();
        (0..bodies.len()).map(|index| tree.push_on(index, &mut stack)).collect()
    } else {
        (0..bodies.len()).into_par_iter().map_init(Vec::new, |stack, index| tree.push_on(index, stack)).collect()
    }
}

/// Finds overlaps by sweeping over left edges; keeps its order between steps because it hardly changes.
#[derive(Default)]
struct Sweep {
    order: Vec<usize>,
}

impl Sweep {
    /// Pushes overlapping bodies apart, pair by pair in a fixed order. Says whether there was any overlap.
    fn separate(&mut self, bodies: &mut [Body]) -> bool {
        if self.order.len() != bodies.len() {
            self.order = (0..bodies.len()).collect();
        }
        let left = |body: &Body| body.x - body.room.half_width();
        self.order.sort_by(|&a, &b| left(&bodies[a]).total_cmp(&left(&bodies[b])).then(a.cmp(&b)));
        let mut any = false;
        for (position, &a) in self.order.iter().enumerate() {
            for &b in &self.order[position + 1..] {
                // Not the left edge at sorting time: `a` may have moved since.
                if left(&bodies[b]) > bodies[a].x + bodies[a].room.half_width() {
                    break;
                }
                any |= part(bodies, a, b);
            }
        }
        any
    }
}

/// Moves two bodies apart if they overlap, the lighter one more.
fn part(bodies: &mut [Body], a: usize, b: usize) -> bool {
    let (one, other) = (bodies[a], bodies[b]);
    let (mut dx, mut dy) = (other.x - one.x, other.y - one.y);
    if dx == 0.0 && dy == 0.0 {
        // Two bodies in one place: any direction will do, but always the same one.
        (dx, dy) = if a < b { (1e-3, 0.0) } else { (-1e-3, 0.0) };
    }
    let (move_x, move_y) = if let (Room::Disc(r), Room::Disc(s)) = (one.room, other.room) {
        let distance = (dx * dx + dy * dy).sqrt();
        let overlap = r + s - distance;
        if overlap <= 1e-3 {
            return false;
        }
        (dx / distance * overlap, dy / distance * overlap)
    } else {
        let overlap_x = one.room.half_width() + other.room.half_width() - dx.abs();
        let overlap_y =
            if dy >= 0.0 { one.room.below() + other.room.above() } else { one.room.above() + other.room.below() }
                - dy.abs();
        if overlap_x <= 1e-3 || overlap_y <= 1e-3 {
            return false;
        }
        // The smaller share of the boxes' size, not the smaller length: boxes are wide and low, and by length all would be
        // pushed up and down until they stood in a column.
        let share_x = overlap_x / (one.room.half_width() + other.room.half_width());
        let share_y = overlap_y / (overlap_y + dy.abs());
        if share_x < share_y { (overlap_x.copysign(dx), 0.0) } else { (0.0, overlap_y.copysign(dy)) }
    };
    let share = other.mass / (one.mass + other.mass);
    bodies[a].x -= move_x * share;
    bodies[a].y -= move_y * share;
    bodies[b].x += move_x * (1.0 - share);
    bodies[b].y += move_y * (1.0 - share);
    true
}
