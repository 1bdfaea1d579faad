//! Barnes–Hut: what far away bodies do together is taken as if they were one.
//!
//! The tree is built by inserting bodies in their given order and walked in a fixed order, with `+ - * / sqrt` alone
//! (IEEE 754 fixes these to the last bit; `sin` or `powf` differ between machines). So the push on a body is the same
//! number on every machine and with any number of threads.

/// Below this ratio of a cell's width to its distance the cell counts as one body.
const THETA: f64 = 0.9;
/// Bodies that share a place would split cells for ever: below this depth they share a cell.
const DEPTH: u32 = 24;
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Cell {
    /// Centre of mass, once [`Quadtree::weigh`] has run.
    x: f64,
    y: f64,
    mass: f64,
    width: f64,
    children: [u32; 4],
    /// First body in the cell if it is a leaf; more follow in [`Quadtree::next`].
    body: u32,
}

/// A body as the tree sees it.
#[derive(Clone, Copy)]
pub(super) struct Mass {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) mass: f64,
}

/// The tree over one set of positions.
pub(super) struct Quadtree<'a> {
    bodies: &'a [Mass],
    cells: Vec<Cell>,
    /// The next body in the same leaf.
    next: Vec<u32>,
}

impl<'a> Quadtree<'a> {
    /// Builds the tree. At most `u32::MAX - 1` bodies; more would not fit in memory as a drawing anyway.
    pub(super) fn new(bodies: &'a [Mass]) -> Self {
        let mut tree = Self { bodies, cells: Vec::with_capacity(bodies.len() * 2), next: vec![NONE; bodies.len()] };
        let Some(first) = bodies.first() else { return tree };
        let (mut low, mut high) = ((first.x, first.y), (first.x, first.y));
        for body in bodies {
            low = (low.0.min(body.x), low.1.min(body.y));
            high = (high.0.max(body.x), high.1.max(body.y));
        }
        let width = (high.0 - low.0).max(high.1 - low.1).max(1e-9);
        tree.add_cell(width);
        for index in 0..bodies.len() {
            tree.insert(index, low);
        }
        tree.weigh();
        tree
    }

    fn add_cell(&mut self, width: f64) -> u32 {
        self.cells.push(Cell { x: 0.0, y: 0.0, mass: 0.0, width, children: [NONE; 4], body: NONE });
        (self.cells.len() - 1) as u32
    }

    fn insert(&mut self, index: usize, corner: (f64, f64)) {
        let (mut cell, mut corner) = (0_u32, corner);
        for depth in 0.. {
            let here = self.cells[cell as usize];
            let is_leaf = here.children == [NONE; 4];
            if is_leaf && (here.body == NONE || depth >= DEPTH) {
                self.next[index] = here.body;
                self.cells[cell as usize].body = index as u32;
                return;
            }
            if is_leaf {
                // The leaf holds exactly one body here (only the deepest hold more): move it one level down.
                let (child, _) = self.descend(cell, corner, here.body as usize);
                self.cells[child as usize].body = here.body;
                self.cells[cell as usize].body = NONE;
            }
            (cell, corner) = self.descend(cell, corner, index);
        }
    }

    /// The child of `cell` that holds body `index`, made if it is missing, and the child's low corner.
    fn descend(&mut self, cell: u32, corner: (f64, f64), index: usize) -> (u32, (f64, f64)) {
        let half = self.cells[cell as usize].width / 2.0;
        let body = self.bodies[index];
        let (right, down) = (body.x >= corner.0 + half, body.y >= corner.1 + half);
        let quadrant = usize::from(right) + 2 * usize::from(down);
        let corner = (corner.0 + if right { half } else { 0.0 }, corner.1 + if down { half } else { 0.0 });
        let mut child = self.cells[cell as usize].children[quadrant];
        if child == NONE {
            child = self.add_cell(half);
            self.cells[cell as usize].children[quadrant] = child;
        }
        (child, corner)
    }

    /// Centres of mass, from the leaves up: children always stand after their parent.
    fn weigh(&mut self) {
        for index in (0..self.cells.len()).rev() {
            let cell = self.cells[index];
            let (mut x, mut y, mut mass) = (0.0, 0.0, 0.0);
            let mut body = cell.body;
            while body != NONE {
                let Mass { x: bx, y: by, mass: bm } = self.bodies[body as usize];
                (x, y, mass) = (x + bx * bm, y + by * bm, mass + bm);
                body = self.next[body as usize];
            }
            for child in cell.children.iter().filter(|&&child| child != NONE) {
                let child = &self.cells[*child as usize];
                (x, y, mass) = (x + child.x * child.mass, y + child.y * child.mass, mass + child.mass);
            }
            if mass > 0.0 {
                self.cells[index].x = x / mass;
                self.cells[index].y = y / mass;
                self.cells[index].mass = mass;
            }
        }
    }

    /// The push of all others on the body at `index`: the sum of mass / distance, away from them.
    pub(super) fn push_on(&self, index: usize, stack: &mut Vec<u32>) -> (f64, f64) {
        let at = self.bodies[index];
        let (mut fx, mut fy) = (0.0, 0.0);
        let mut add = |x: f64, y: f64, mass: f64| {
            let (dx, dy) = (at.x - x, at.y - y);
            // Closer than one unit the push no longer grows: collisions see to that distance.
            let squared = (dx * dx + dy * dy).max(1.0);
            fx += dx / squared * mass;
            fy += dy / squared * mass;
        };
        stack.clear();
        if !self.cells.is_empty() {
            stack.push(0);
        }
        while let Some(index_of_cell) = stack.pop() {
            let cell = &self.cells[index_of_cell as usize];
            let (dx, dy) = (at.x - cell.x, at.y - cell.y);
            if cell.children == [NONE; 4] {
                let mut body = cell.body;
                while body != NONE {
                    if body as usize != index {
                        let Mass { x, y, mass } = self.bodies[body as usize];
                        add(x, y, mass);
                    }
                    body = self.next[body as usize];
                }
            } else if cell.width * cell.width < THETA * THETA * (dx * dx + dy * dy) {
                add(cell.x, cell.y, cell.mass);
            } else {
                stack.extend(cell.children.iter().filter(|&&child| child != NONE));
            }
        }
        (fx, fy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masses(points: &[(f64, f64)]) -> Vec<Mass> {
        points.iter().map(|&(x, y)| Mass { x, y, mass: 1.0 }).collect()
    }

    #[test]
    fn a_pair_pushes_itself_apart_evenly() {
        let bodies = masses(&[(0.0, 0.0), (4.0, 0.0)]);
        let tree = Quadtree::new(&bodies);
        assert_eq!(tree.push_on(0, &mut vec![]), (-0.25, 0.0));
        assert_eq!(tree.push_on(1, &mut vec![]), (0.25, 0.0));
    }

    #[test]
    fn bodies_in_one_place_end_in_one_cell() {
        let bodies = masses(&[(1.0, 1.0); 50]);
        let tree = Quadtree::new(&bodies);
        assert_eq!(tree.push_on(7, &mut vec![]), (0.0, 0.0));
        assert!(tree.cells.len() < 200, "{} cells", tree.cells.len());
    }

    #[test]
    fn the_tree_is_close_to_the_exact_sum() {
        let points: Vec<(f64, f64)> =
            (0..400_u32).map(|i| (f64::from(i * 7919 % 997), f64::from(i * 104_729 % 991))).collect();
        let bodies = masses(&points);
        let tree = Quadtree::new(&bodies);
        for index in [0, 57, 399] {
            let (x, y) = tree.push_on(index, &mut vec![]);
            let (mut ex, mut ey) = (0.0, 0.0);
            for (other, &(ox, oy)) in points.iter().enumerate().filter(|(other, _)| *other != index) {
                let (dx, dy) = (points[index].0 - ox, points[index].1 - oy);
                assert_ne!(other, index);
                let squared = (dx * dx + dy * dy).max(1.0);
                ex += dx / squared;
                ey += dy / squared;
            }
            let error = ((x - ex).powi(2) + (y - ey).powi(2)).sqrt();
            let size = (ex * ex + ey * ey).sqrt().max(0.05);
            assert!(error / size < 0.25, "body {index}: ({x}, {y}) instead of ({ex}, {ey})");
        }
    }
}
