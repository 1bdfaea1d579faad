//! One static picture, light or dark as its viewer prefers.

use std::fmt::Write;

use crate::bundle::bundles;
use crate::layout::{Layout, NAMED_UP_TO, map_name};
use crate::markup::escape;
use crate::network::Network;
use crate::node::{Allow, Basis, Stage};
use crate::palette::{ALARM, COLOURS, GROUND};
use crate::traffic::{Facing, Use};

/// Up to so many edges each is a line of its own; beyond, they are bundled by owner.
const LINES_UP_TO: usize = 600;
/// So many bundles at most: the strongest. The caption says what share of the edges they stand for.
const BUNDLES: usize = 160;
/// So many services at most bear their names where there is no room for all.
const NAMES: usize = 50;
/// Room for title above and caption below, at scale 1.
const HEAD: f64 = 62.0;
const FOOT: f64 = 26.0;
const MIN_WIDTH: f64 = 760.0;
/// The most characters of a line of the caption, which has room in that width.
const LINE: usize = 112;

/// The picture. Every service is on it. Where lines or names would hide each other, fewer are drawn, and the caption says
/// what is not shown.
pub fn svg(network: &Network, layout: &Layout) -> String {
    let (inner_width, inner_height) = layout.size();
    // A large map is looked at from farther away: text grows with it.
    let scale = (inner_width / 1_500.0).max(1.0);
    let width = inner_width.max(MIN_WIDTH * scale);
    let caption = Caption::new(network, layout);
    let foot = FOOT + 16.0 * caption.lines.len() as f64;
    let height = inner_height + (HEAD + foot) * scale;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{:.0}\" height=\"{:.0}\" role=\"img\" aria-labelledby=\"title desc\">\n",
        width / scale,
        height / scale,
    );
    let title = match network.environment() {
        Some(environment) => format!("Who may call whom in {environment}"),
        None => "Who may call whom".to_owned(),
    };
    let _ = write!(
        out,
        "<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n",
        escape(&title),
        escape(&caption.lines.join(" "))
    );
    style(&mut out, scale);
    let _ = write!(
        out,
        "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n<text class=\"title\" x=\"{0:.0}\" y=\"{1:.0}\">{2}</text>\n<text class=\"note\" x=\"{0:.0}\" y=\"{3:.0}\">{4}</text>\n",
        20.0 * scale,
        32.0 * scale,
        escape(&title),
        52.0 * scale,
        escape(&caption.counts),
    );
    let _ = writeln!(out, "<g transform=\"translate({:.0} {:.0})\">", (width - inner_width) / 2.0, HEAD * scale);
    islands(&mut out, layout);
    if caption.bundled {
        bundle_lines(&mut out, network, layout);
    } else {
        edge_lines(&mut out, network, layout);
    }
    services(&mut out, network, layout);
    alarms(&mut out, network, layout, scale);
    names(&mut out, network, layout, scale);
    out.push_str("</g>\n");
    for (row, line) in caption.lines.iter().enumerate() {
        let y = height - (foot - 20.0 - row as f64 * 16.0) * scale;
        let _ = writeln!(out, "<text class=\"note\" x=\"{:.0}\" y=\"{y:.0}\">{}</text>", 20.0 * scale, escape(line));
    }
    out.push_str("</svg>\n");
    out
}

/// What stands around the map.
struct Caption {
    counts: String,
    lines: Vec<String>,
    bundled: bool,
}

impl Caption {
    fn new(network: &Network, layout: &Layout) -> Self {
        let (services, edges) = (network.nodes().len(), network.edges().len());
        let stages =
            Stage::ALL.map(|stage| (stage.as_str(), network.nodes().iter().filter(|node| node.stage == stage).count()));
        let stages: Vec<String> = stages
            .iter()
            .rev()
            .filter(|(_, count)| *count > 0)
            .map(|(stage, count)| format!("{} {stage}", grouped(*count)))
            .collect();
        let counts = format!(
            "{} · {} · {} · {}",
            plural(services, "service"),
            plural(edges, "permitted call"),
            plural(layout.islands().len(), "owner"),
            if stages.is_empty() { "nothing to protect".to_owned() } else { stages.join(", ") }
        );
        let bundled = edges > LINES_UP_TO;
        let mut legend = "Disc: a service, larger with more callers. Filled: enforce; ring with a dot: audit; empty ring: open, off or unknown. \
                      Dashed around it: `allow` lets in others than services. Round field: an owner."
            .to_owned();
        if (0..services).any(|index| network.facing(index) == Facing::Internet) {
            legend.push_str(" Triangle: faces the internet.");
        }
        let mut lines = evidence_lines(network);
        if bundled {
            let all = bundles(network, layout);
            let between: usize = all.iter().map(|bundle| bundle.edges).sum();
            let shown: usize = all.iter().take(BUNDLES).map(|bundle| bundle.edges).sum();
            lines.push(format!(
                "Lines are bundled by owner, in the caller's colour: the {} strongest of {}, {} of {} between owners. \
                 {} within an owner {} no line.",
                grouped(all.len().min(BUNDLES)),
                plural(all.len(), "bundle"),
                grouped(shown),
                plural(between, "call"),
                plural(edges - between, "call"),
                if edges - between == 1 { "has" } else { "have" },
            ));
        } else {
            lines.push(
                "Arrow: caller → callee, in the caller's colour; dashed: permitted by types, not by a rule file."
                    .to_owned(),
            );
        }
        if services > NAMED_UP_TO {
            lines.push(format!("{legend} Only up to {NAMES} of the most called services bear their names."));
        } else {
            lines.push(legend);
        }
        let lines = lines.iter().flat_map(|line| wrapped(line)).collect();
        Self { counts, lines, bundled }
    }
}

/// What traffic showed, in words.
fn evidence_lines(network: &Network) -> Vec<String> {
    let Some(observed) = network.observed() else { return Vec::new() };
    let of = |wanted: Use| (0..network.edges().len()).filter(|at| network.use_of(*at) == Some(wanted)).count();
    let mut lines = vec![format!(
        "Traffic from {} to {}: {} used, {} not seen{}{}; {} that nothing permits.",
        observed.from,
        observed.to,
        plural(of(Use::Used), "permitted call"),
        grouped(of(Use::Unseen)),
        if of(Use::Perhaps) > 0 { format!(", {} perhaps", grouped(of(Use::Perhaps))) } else { String::new() },
        if of(Use::Unlabelled) > 0 {
            format!(", {} without the label", grouped(of(Use::Unlabelled)))
        } else {
            String::new()
        },
        plural(network.alarms(), "call"),
    )];
    lines.push(
        "Dotted: permitted, and not seen. Thick with a mark (!): seen, and nothing permits it, or its label is missing.".to_owned(),
    );
    lines.extend(observed.heard.iter().map(|heard| format!("{heard}.")));
    lines
}

/// A text in lines that fit below the smallest picture.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + word.chars().count() < LINE => {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn plural(count: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `9,300`.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn style(out: &mut String, scale: f64) {
    let _ = write!(
        out,
        "<style>\n\
         text {{ font-family: system-ui, -apple-system, \"Segoe UI\", \"Liberation Sans\", Helvetica, Arial, sans-serif; }}\n\
         .title {{ font-size: {:.1}px; font-weight: 600; }} .note {{ font-size: {:.1}px; }}\n\
         .name {{ font-size: 11px; text-anchor: middle; }} .owner {{ font-weight: 600; text-anchor: middle; }}\n\
         .name, .owner {{ paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }}\n\
         .island {{ fill-opacity: .07; stroke-opacity: .45; stroke-width: 1.2; }}\n\
         .line {{ fill: none; stroke-opacity: .42; stroke-width: 1.1; }} .by-type {{ stroke-dasharray: 4 3; }}\n\
         .bundle {{ fill: none; stroke-linecap: round; }} .ring {{ fill: var(--ground); stroke-width: 1.8; }}\n\
         .outside {{ fill: none; stroke-width: 1.4; stroke-dasharray: 2.5 2; }}\n\
         .unseen {{ stroke-dasharray: 1 4; stroke-opacity: .3; stroke-linecap: round; }}\n\
         .alarm {{ fill: none; stroke-width: 2.6; }} .mark {{ font-size: {2:.1}px; font-weight: 700; text-anchor: middle; }}\n",
        20.0 * scale,
        12.0 * scale,
        MARK * 1.6,
    );
    for (dark, ink, soft) in [(false, "#1d2126", "#565e69"), (true, "#e8eaed", "#a3abb6")] {
        let ground = if dark { GROUND.dark } else { GROUND.light };
        let (open, close) = if dark { ("@media (prefers-color-scheme: dark) {\n", "}\n") } else { ("", "") };
        let _ = writeln!(
            out,
            "{open}svg {{ --ground: {ground}; }} .ground {{ fill: {ground}; }} text {{ fill: {ink}; }} .note {{ fill: {soft}; }} .name, .owner {{ stroke: {ground}; }}\n\
             .alarm {{ stroke: {0}; }} .alarmed {{ fill: {0}; }} .mark {{ fill: {ground}; }} .inward {{ fill: {ink}; stroke: {ground}; }}",
            if dark { ALARM.dark } else { ALARM.light },
        );
        for (index, colour) in COLOURS.iter().enumerate() {
            let colour = if dark { colour.dark } else { colour.light };
            let _ = writeln!(out, ".f{index} {{ fill: {colour}; }} .s{index} {{ stroke: {colour}; }}");
        }
        out.push_str(close);
    }
    out.push_str("</style>\n");
}

fn islands(out: &mut String, layout: &Layout) {
    for island in layout.islands() {
        let _ = writeln!(
            out,
            "<circle class=\"island f{0} s{0}\" cx=\"{1}\" cy=\"{2}\" r=\"{3}\"><title>{4}: {5}</title></circle>",
            island.colour,
            island.x,
            island.y,
            island.radius,
            escape(&island.owner),
            plural(island.services, "service"),
        );
    }
}

fn bundle_lines(out: &mut String, network: &Network, layout: &Layout) {
    let bundles = bundles(network, layout);
    let most = bundles.first().map_or(1, |bundle| bundle.edges) as f64;
    // The weakest first, so that the strongest lie on top.
    for bundle in bundles.iter().take(BUNDLES).rev() {
        let (from, to) = (&layout.islands()[bundle.from], &layout.islands()[bundle.to]);
        let share = bundle.edges as f64 / most;
        let curve = curve((from.x, from.y, from.radius), (to.x, to.y, to.radius), 0.12);
        let _ = writeln!(
            out,
            "<path class=\"bundle s{}\" d=\"{curve}\" stroke-width=\"{:.1}\" stroke-opacity=\"{:.2}\"><title>{} → {}: {}</title></path>",
            from.colour,
            1.0 + 9.0 * share,
            0.12 + 0.4 * share,
            escape(&from.owner),
            escape(&to.owner),
            plural(bundle.edges, "permitted call"),
        );
    }
}

fn edge_lines(out: &mut String, network: &Network, layout: &Layout) {
    out.push_str("<defs>\n");
    for index in 0..COLOURS.len() {
        let _ = writeln!(
            out,
            "<marker id=\"a{index}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"f{index}\" d=\"M0 0.8L8 4L0 7.2z\"/></marker>"
        );
    }
    out.push_str("</defs>\n");
    for (at, (edge, &(caller, callee))) in network.edges().iter().zip(network.ends()).enumerate() {
        let (from, to) = (layout.places()[caller], layout.places()[callee]);
        let colour = layout.islands()[layout.homes()[caller]].colour;
        let by_type = match (network.use_of(at), edge.basis) {
            (Some(Use::Unseen | Use::Perhaps), _) => " unseen",
            (_, Basis::Types) => " by-type",
            (_, Basis::Rule) => "",
        };
        let curve = curve((from.x, from.y, from.radius), (to.x, to.y, to.radius + 1.5), 0.1);
        let _ = writeln!(
            out,
            "<path class=\"line s{colour}{by_type}\" d=\"{curve}\" marker-end=\"url(#a{colour})\"><title>{} → {}</title></path>",
            escape(&edge.caller),
            escape(&edge.callee),
        );
    }
}

/// A curve from shore to shore that bends to the right of its direction: the way back is another line. `None` of it
/// is drawn inside the discs; touching discs get a straight line.
fn curve(from: (f64, f64, f64), to: (f64, f64, f64), bend: f64) -> String {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let distance = (dx * dx + dy * dy).sqrt().max(1e-6);
    let middle = (f64::midpoint(from.0, to.0) - dy * bend, f64::midpoint(from.1, to.1) + dx * bend);
    let towards = |point: (f64, f64, f64)| {
        let (mx, my) = (middle.0 - point.0, middle.1 - point.1);
        let length = (mx * mx + my * my).sqrt().max(1e-6);
        let step = point.2.min(distance / 2.0);
        (point.0 + mx / length * step, point.1 + my / length * step)
    };
    let (start, end) = (towards(from), towards(to));
    format!("M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}", start.0, start.1, middle.0, middle.1, end.0, end.1)
}

fn services(out: &mut String, network: &Network, layout: &Layout) {
    for (index, (node, place)) in network.nodes().iter().zip(layout.places()).enumerate() {
        let colour = layout.islands()[layout.homes()[index]].colour;
        let degree = network.degrees()[index];
        let _ = write!(
            out,
            "<g><title>{} · {} · {} · {}, {}{}</title>",
            escape(&node.name),
            escape(node.owner_text()),
            node.stage.as_str(),
            plural(degree.callers, "caller"),
            plural(degree.callees, "callee"),
            escape(&node.allow.iter().map(let_in).collect::<String>()),
        );
        let (x, y, radius) = (place.x, place.y, place.radius);
        let _ = match node.stage {
            Stage::Enforce => write!(out, "<circle class=\"f{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"),
            Stage::Audit | Stage::Open | Stage::Off | Stage::Unknown => {
                write!(out, "<circle class=\"ring s{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"{:.1}\"/>", radius - 0.9)
            }
        };
        if node.stage == Stage::Audit {
            let _ = write!(out, "<circle class=\"f{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"{:.1}\"/>", radius * 0.45);
        }
        if !node.allow.is_empty() {
            let _ =
                write!(out, "<circle class=\"outside s{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"{:.1}\"/>", radius + 3.0);
        }
        if network.facing(index) == Facing::Internet {
            // It points at the disc from the upper left.
            let (x, y) = (x - (radius + 2.0) * 0.707, y - (radius + 2.0) * 0.707);
            let _ = write!(out, "<path class=\"inward\" d=\"M{x:.1} {y:.1}l-9 -3.5l5.5 -5.5z\"/>");
        }
        out.push_str("</g>\n");
    }
}

/// An entry of `allow`, in words.
fn let_in(allow: &Allow) -> String {
    format!(" · lets in {} (ports: {})", allow.peer, allow.ports.to_text())
}

/// The size of a mark's disc.
const MARK: f64 = 7.0;

/// What must jump to the eye, above everything: calls that nothing permits, and those whose label is missing.
fn alarms(out: &mut String, network: &Network, layout: &Layout, scale: f64) {
    let bare = network.edges().iter().zip(network.ends()).enumerate();
    let bare = bare.filter(|(at, _)| network.use_of(*at) == Some(Use::Unlabelled));
    let bare = bare.map(|(_, (edge, &(from, to)))| (edge.caller.as_str(), Some(from), to, "without the label"));
    let strangers = network.observed().into_iter().flat_map(|observed| &observed.strangers).filter(|it| it.is_alarm());
    let strangers = strangers.map(|it| (it.caller.as_str(), it.from, it.to, "nothing permits it"));
    for (caller, from, to, why) in bare.chain(strangers) {
        let place = layout.places()[to];
        let title = format!("{caller} → {}: {why}", network.nodes()[to].name);
        let (x, y) = match from.filter(|from| *from != to).map(|from| layout.places()[from]) {
            Some(from) => {
                let curve = curve((from.x, from.y, from.radius), (place.x, place.y, place.radius + 1.5), 0.1);
                let width = 2.6 * scale.sqrt();
                let _ = writeln!(
                    out,
                    "<path class=\"alarm\" style=\"stroke-width:{width:.1}\" d=\"{curve}\"><title>{}</title></path>",
                    escape(&title)
                );
                let (dx, dy) = (place.x - from.x, place.y - from.y);
                // The middle of the curve, which bends half as far as its handle.
                (f64::midpoint(from.x, place.x) - dy * 0.05, f64::midpoint(from.y, place.y) + dx * 0.05)
            }
            None => {
                let radius = place.radius + 4.0;
                let _ =
                    writeln!(out, "<circle class=\"alarm\" cx=\"{}\" cy=\"{}\" r=\"{radius:.1}\"/>", place.x, place.y);
                (place.x + radius * 0.707, place.y - radius * 0.707)
            }
        };
        let _ = writeln!(
            out,
            "<g><title>{}</title><circle class=\"alarmed\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{MARK}\"/><text class=\"mark\" x=\"{x:.1}\" y=\"{:.1}\">!</text></g>",
            escape(&title),
            y + MARK * 0.58,
        );
    }
}

fn names(out: &mut String, network: &Network, layout: &Layout, scale: f64) {
    let short = network.short_names();
    let all = network.nodes().len() <= NAMED_UP_TO;
    let mut order: Vec<usize> = (0..short.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(network.degrees()[index].callers), index));
    let size = if all { 11.0 } else { 9.0 * scale };
    let mut taken = Vec::new();
    let mut drawn = 0;
    for &index in &order {
        let place = layout.places()[index];
        let half_width = map_name(short[index]).chars().count() as f64 * size * 0.3;
        let y = place.y + place.radius + size;
        let apart =
            |&(x, top, half): &(f64, f64, f64)| (place.x - x).abs() > half_width + half || (y - top).abs() > size * 1.3;
        if !all && (drawn == NAMES || !taken.iter().all(apart)) {
            continue;
        }
        drawn += 1;
        taken.push((place.x, y, half_width));
        let _ = writeln!(
            out,
            "<text class=\"name\" font-size=\"{size:.1}\" style=\"font-size:{size:.1}px\" x=\"{}\" y=\"{:.1}\">{}</text>",
            place.x,
            place.y + place.radius + size + 1.0,
            escape(&map_name(short[index])),
        );
    }
    for island in layout.islands() {
        let size = if all { 13.0 } else { (island.radius * 0.3).clamp(11.0, 15.0 * scale) };
        let _ = writeln!(
            out,
            "<text class=\"owner\" style=\"font-size:{size:.1}px\" x=\"{}\" y=\"{:.1}\">{}</text>",
            island.x,
            island.y - island.radius - 4.0,
            escape(&map_name(&island.owner)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 9_300, 1_234_567].map(grouped), ["0", "999", "1,000", "9,300", "1,234,567"]);
    }

    #[test]
    fn the_way_back_is_another_line() {
        let (a, b) = ((0.0, 0.0, 2.0), (10.0, 0.0, 2.0));
        assert_eq!(curve(a, b, 0.1), "M2.0 0.4Q5.0 1.0 8.0 0.4");
        assert_eq!(curve(b, a, 0.1), "M8.0 -0.4Q5.0 -1.0 2.0 -0.4");
    }
}
