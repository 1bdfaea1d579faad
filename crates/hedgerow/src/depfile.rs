//! What a run read, in the form of a Makefile rule, for builds that track their inputs.

use std::path::{Path, PathBuf};

/// `target: input input …`, escaped as GNU make and ninja read it, ending in a line feed.
#[must_use]
pub fn make_rule(target: &str, inputs: &[PathBuf]) -> String {
    let mut rule = format!("{}:", escaped(Path::new(target)));
    for input in inputs {
        rule.push_str(" \\\n  ");
        rule.push_str(&escaped(input));
    }
    rule.push('\n');
    rule
}

/// Blanks, `#` and `$` as make reads them in a prerequisite.
fn escaped(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.replace('\\', "\\\\").replace(' ', "\\ ").replace('#', "\\#").replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_escaped() {
        let inputs = [PathBuf::from("a b/hedgerow.yaml"), PathBuf::from("x#$.rule")];
        assert_eq!(make_rule("out", &inputs), "out: \\\n  a\\ b/hedgerow.yaml \\\n  x\\#$$.rule\n");
    }
}
