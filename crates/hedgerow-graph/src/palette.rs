//! Colours of owners. Colour is never the only sign: every island also bears its owner's name.

/// A colour on light and on dark ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) light: &'static str,
    pub(crate) dark: &'static str,
}

/// Twelve hues, neighbours far apart, each at least 3:1 against its ground (WCAG 1.4.11, non-text contrast; held by a
/// test).
pub(crate) const COLOURS: [Colour; 12] = [
    Colour { light: "#2f6fde", dark: "#6ea8fe" },
    Colour { light: "#c2620c", dark: "#ffa657" },
    Colour { light: "#2b8a3e", dark: "#63c174" },
    Colour { light: "#c2357f", dark: "#f178b6" },
    Colour { light: "#7b4bd1", dark: "#b392f0" },
    Colour { light: "#0b8793", dark: "#4cc9d6" },
    Colour { light: "#c9372c", dark: "#ff8379" },
    Colour { light: "#8a6d00", dark: "#e3c341" },
    Colour { light: "#8a5a3c", dark: "#d2a07c" },
    Colour { light: "#4a6a8a", dark: "#9fb6d0" },
    Colour { light: "#5c8500", dark: "#a5d64c" },
    Colour { light: "#a23bb8", dark: "#dd8bee" },
];
/// What must jump to the eye: calls that nothing permits. Never the only sign: their lines are thick and bear a mark.
pub(crate) const ALARM: Colour = Colour { light: "#b3001b", dark: "#ff5c6c" };
/// The ground of pages and pictures.
pub(crate) const GROUND: Colour = Colour { light: "#fbfbfa", dark: "#14171c" };

/// A colour for each disc `(x, y, radius)`. Up to as many as there are colours each gets its own, in order; beyond that
/// the largest choose first, and each takes the colour whose nearest user is farthest away.
pub(crate) fn assign(discs: &[(f64, f64, f64)]) -> Vec<usize> {
    if discs.len() <= COLOURS.len() {
        return (0..discs.len()).collect();
    }
    let mut order: Vec<usize> = (0..discs.len()).collect();
    order.sort_by(|&a, &b| discs[b].2.total_cmp(&discs[a].2).then(a.cmp(&b)));
    let mut colours = vec![0; discs.len()];
    for (position, &disc) in order.iter().enumerate() {
        let mut nearest = [f64::INFINITY; COLOURS.len()];
        for &other in &order[..position] {
            let (dx, dy) = (discs[disc].0 - discs[other].0, discs[disc].1 - discs[other].1);
            let gap = (dx * dx + dy * dy).sqrt() - discs[disc].2 - discs[other].2;
            let colour = colours[other];
            nearest[colour] = nearest[colour].min(gap);
        }
        let mut choice = 0;
        for colour in 1..COLOURS.len() {
            if nearest[colour] > nearest[choice] {
                choice = colour;
            }
        }
        colours[disc] = choice;
    }
    colours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_stands_out_from_its_ground() {
        for colour in COLOURS.into_iter().chain([ALARM]) {
            assert!(contrast(colour.light, GROUND.light) >= 3.0, "{colour:?}");
            assert!(contrast(colour.dark, GROUND.dark) >= 3.0, "{colour:?}");
        }
    }

    #[test]
    fn few_owners_have_colours_of_their_own() {
        let discs = vec![(0.0, 0.0, 1.0); COLOURS.len()];
        assert_eq!(assign(&discs), (0..COLOURS.len()).collect::<Vec<_>>());
    }

    #[test]
    fn neighbours_differ_when_colours_repeat() {
        let discs: Vec<(f64, f64, f64)> =
            (0..60_u32).map(|i| (f64::from(i % 10) * 10.0, f64::from(i / 10) * 10.0, 4.0)).collect();
        let colours = assign(&discs);
        for a in 0..discs.len() {
            for b in 0..a {
                let near = (discs[a].0 - discs[b].0).abs() + (discs[a].1 - discs[b].1).abs() <= 10.0;
                assert!(!near || colours[a] != colours[b], "discs {a} and {b} touch and share a colour");
            }
        }
    }
}
