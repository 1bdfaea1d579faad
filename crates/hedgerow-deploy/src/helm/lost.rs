//! Lines of a rendering that are not known, and whether they may hold what a container is given.

use super::MARK;

/// Stands where lines are left out that are not known.
pub(super) const LOST: char = '\u{e005}';

/// The keys below which lines are variables or arguments. What else is lost, such as labels, resources and volumes, gives
/// no address.
const GIVES: &[&str] = &["env", "envFrom", "command", "args"];

/// How many lines are looked at in a rendering to find the keys of what is lost; where that is not enough it may be anything.
const MAX_LINES: usize = 200_000;

/// The text without the marks of lost lines, and whether any of these lines may be variables or arguments of a container,
/// or what a ConfigMap holds.
pub(super) fn without_lost(text: String) -> (String, bool) {
    if !text.contains(LOST) {
        return (text, false);
    }
    let is_config = |document: &str| document.contains("kind: ConfigMap");
    let (mut may_give, mut left) = (false, MAX_LINES);
    for document in text.split("\n---").filter(|document| document.contains(LOST)) {
        let lines: Vec<&str> = document.lines().collect();
        for at in (0..lines.len()).filter(|at| lines[*at].contains(LOST)) {
            let key = key_above(&lines, at, &mut left);
            may_give |=
                left == 0 || key.is_some_and(|key| GIVES.contains(&key) || (key == "data" && is_config(document)));
            if may_give {
                break;
            }
        }
    }
    (text.replace(LOST, ""), may_give)
}

/// How far from the margin a line begins.
pub(super) fn width_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The key whose value a lost line is a part of.
fn key_above<'t>(lines: &[&'t str], at: usize, left: &mut usize) -> Option<&'t str> {
    let line = lines[at];
    let plain = line.trim_matches(|c: char| c == LOST || c.is_whitespace());
    // Lines that stand behind something are below it.
    let (mut width, mut is_first, mut in_list) =
        if plain.is_empty() { (width_of(line), true, false) } else { (width_of(line) + 1, true, false) };
    let from = if plain.is_empty() { at } else { at + 1 };
    for line in lines[..from].iter().rev() {
        *left = left.checked_sub(1)?;
        let content = line.trim_matches(|c: char| c == LOST || c.is_whitespace());
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = width_of(line);
        if let Some(item) = content.strip_prefix("- ") {
            if is_first && indent < width && content.ends_with(':') {
                return item.strip_suffix(':');
            }
            if indent <= width {
                (width, in_list) = (indent, true);
            }
        } else if indent < width || (indent == width && (in_list || is_first && content.ends_with(':'))) {
            let (key, _) = content.split_once(':')?;
            return content.ends_with(':').then(|| key.trim_matches(['"', '\'', MARK]));
        }
        is_first = false;
    }
    None
}
