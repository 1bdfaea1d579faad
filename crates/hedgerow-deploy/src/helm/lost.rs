//! Lines of a rendering that are not known, and whether they may hold what a container is given.

use crate::partial::{Gap, Part, Partial};

/// The keys below which lines are variables or arguments. What else is lost, such as labels, resources and volumes, gives
/// no address.
const GIVES: &[&str] = &["env", "envFrom", "command", "args"];

/// How many lines are looked at in a rendering to find the keys of what is lost; where that is not enough it may be anything.
const MAX_LINES: usize = 200_000;

/// The text without the marks of lost lines, and whether any of these lines may be variables or arguments of a container,
/// or what a ConfigMap holds.
pub(super) fn without_lost(text: Partial) -> (Partial, bool) {
    if !text.has(&Gap::Lost) {
        return (text, false);
    }
    let is_config = |document: &[Line]| document.iter().any(|line| line.text.contains("kind: ConfigMap"));
    let (mut may_give, mut left) = (false, MAX_LINES);
    let lines = lines(&text);
    for document in lines.split(|line| line.text.starts_with("---")) {
        for at in (0..document.len()).filter(|at| document[*at].is_lost) {
            let key = key_above(document, at, &mut left);
            may_give |=
                left == 0 || key.is_some_and(|key| GIVES.contains(&key) || (key == "data" && is_config(document)));
            if may_give {
                break;
            }
        }
    }
    (text.with_gaps(|gap| (*gap == Gap::Lost).then(Partial::default)), may_give)
}

/// Stands in a line for something that is not known and is not lost.
const SOMETHING: &str = "?";

/// A line of a rendering.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// Whether lines are lost on it.
    is_lost: bool,
}

impl Line {
    /// How far from the margin it begins.
    fn width(&self) -> usize {
        width_of(&self.text)
    }
}

fn lines(text: &Partial) -> Vec<Line> {
    let mut found = vec![Line::default()];
    for part in text.parts() {
        let text = match part {
            Part::Known(text) => text,
            Part::Gap(Gap::Lost) => {
                found.iter_mut().last().into_iter().for_each(|line| line.is_lost = true);
                continue;
            }
            Part::Gap(_) => SOMETHING,
        };
        for (at, piece) in text.split('\n').enumerate() {
            if at > 0 {
                found.push(Line::default());
            }
            found.iter_mut().last().into_iter().for_each(|line| line.text.push_str(piece));
        }
    }
    found
}

/// How far from the margin the last line begins that is not blank.
pub(super) fn last_width(text: &Partial) -> usize {
    let mut lines = text.lines_from_behind();
    let last = lines.find(|(line, gap)| gap.is_some() || !line.trim().is_empty());
    last.map_or(0, |(line, gap)| gap.map_or(usize::MAX, |gap| gap).min(width_of(line)))
}

/// How far from the margin a line begins.
fn width_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The key whose value a lost line is a part of.
fn key_above<'t>(lines: &'t [Line], at: usize, left: &mut usize) -> Option<&'t str> {
    let line = &lines[at];
    let plain = line.text.trim();
    // Lines that stand behind something are below it.
    let (mut width, mut is_first, mut in_list) =
        if plain.is_empty() { (line.width(), true, false) } else { (line.width() + 1, true, false) };
    let from = if plain.is_empty() { at } else { at + 1 };
    for line in lines[..from].iter().rev() {
        *left = left.checked_sub(1)?;
        let content = line.text.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.width();
        if let Some(item) = content.strip_prefix("- ") {
            if is_first && indent < width && content.ends_with(':') {
                return item.strip_suffix(':');
            }
            if indent <= width {
                (width, in_list) = (indent, true);
            }
        } else if indent < width || (indent == width && (in_list || is_first && content.ends_with(':'))) {
            let (key, _) = content.split_once(':')?;
            return content.ends_with(':').then(|| key.trim_matches(['"', '\'', '?']));
        }
        is_first = false;
    }
    None
}
