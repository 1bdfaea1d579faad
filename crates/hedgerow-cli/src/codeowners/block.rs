//! The block of a CODEOWNERS file that Hedgerow writes, between two comments.

use super::Host;
use std::ops::Range;

/// The line before Hedgerow's block.
const BEGIN: &str = "# hedgerow:begin (written by `hedgerow codeowners --write`)";
/// What the line before the block begins with, whatever stands behind it.
const BEGIN_MARK: &str = "# hedgerow:begin";
/// The line behind it.
const END: &str = "# hedgerow:end";
/// The section that the block is for GitLab, where a section above would take its lines for its own.
const SECTION: &str = "[Hedgerow]";

/// Why a file's block cannot be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BlockError {
    /// A beginning without an end.
    #[error("the line `# hedgerow:begin` has no `# hedgerow:end` behind it")]
    Open,
    /// More than one block.
    #[error("there are several blocks between `# hedgerow:begin` and `# hedgerow:end`")]
    Several,
}

/// The lines that stand in a block for a host.
pub(super) fn lines_for(host: Host, lines: &[String]) -> impl Iterator<Item = &str> {
    let section = (host == Host::GitLab).then_some(SECTION);
    section.into_iter().chain(lines.iter().map(String::as_str))
}

/// The text with Hedgerow's block replaced by `lines`, or added at the end. A block that lines stand behind is moved to the
/// end: there nothing later can overrule it, and for GitLab those lines would be part of its section.
pub(crate) fn with_block(host: Host, text: &str, lines: &[String]) -> Result<String, BlockError> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let block: String = std::iter::once(BEGIN)
        .chain(lines_for(host, lines))
        .chain([END])
        .map(|line| format!("{line}{newline}"))
        .collect();
    let text = match block_range(text)? {
        Some(range) if super::lines(&text[range.end..]).next().is_none() => {
            return Ok(format!("{}{block}{}", &text[..range.start], &text[range.end..]));
        }
        Some(range) => {
            let before = text[..range.start].trim_end_matches(['\n', '\r']);
            let behind = text[range.end..].trim_start_matches(['\n', '\r']);
            let gap = if before.is_empty() { String::new() } else { newline.repeat(2) };
            format!("{before}{gap}{behind}")
        }
        None => text.to_owned(),
    };
    Ok(match text.as_str() {
        "" => block,
        text if text.ends_with('\n') => format!("{text}{newline}{block}"),
        text => format!("{text}{newline}{newline}{block}"),
    })
}

/// Where the block stands, its marks included.
fn block_range(text: &str) -> Result<Option<Range<usize>>, BlockError> {
    let mut found = None;
    let mut open = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        match (line.trim_end(), open) {
            (line, None) if line.starts_with(BEGIN_MARK) => open = Some(start),
            (line, Some(_)) if line.starts_with(BEGIN_MARK) => return Err(BlockError::Several),
            (END, Some(begin)) => {
                if found.replace(begin..offset).is_some() {
                    return Err(BlockError::Several);
                }
                open = None;
            }
            _ => {}
        }
    }
    if open.is_some() { Err(BlockError::Open) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_replaced_and_nothing_else() {
        let lines = ["x @y".to_owned()];
        let block = format!("{BEGIN}\nx @y\n{END}\n");
        for (before, after) in [
            ("", block.clone()),
            ("* @a\n", format!("* @a\n\n{block}")),
            ("* @a", format!("* @a\n\n{block}")),
            ("* @a\n# hedgerow:begin\nold @z\n# hedgerow:end\n", format!("* @a\n{block}")),
            ("* @a\n# hedgerow:begin\nold @z\n# hedgerow:end\n\n# end\n", format!("* @a\n{block}\n# end\n")),
            ("* @a\n# hedgerow:begin\nold @z\n# hedgerow:end\n* @b\n", format!("* @a\n\n* @b\n\n{block}")),
            ("# hedgerow:begin\nold @z\n# hedgerow:end\n\n[S]\n* @b", format!("[S]\n* @b\n\n{block}")),
            ("* @a\r\n", format!("* @a\r\n\r\n{}", block.replace('\n', "\r\n"))),
        ] {
            let written = with_block(Host::GitHub, before, &lines).unwrap();
            assert_eq!(written, after, "{before:?}");
            assert_eq!(with_block(Host::GitHub, &written, &lines).unwrap(), written, "twice is once");
            let gitlab = with_block(Host::GitLab, before, &lines).unwrap();
            assert_eq!(gitlab.replace("[Hedgerow]\n", "").replace("[Hedgerow]\r\n", ""), after, "{before:?}");
            assert_eq!(with_block(Host::GitLab, &gitlab, &lines).unwrap(), gitlab, "twice is once");
        }
        for (text, fault) in [
            ("# hedgerow:begin\n", BlockError::Open),
            ("# hedgerow:begin\n# hedgerow:begin\n# hedgerow:end\n", BlockError::Several),
            ("# hedgerow:begin\n# hedgerow:end\n# hedgerow:begin\n# hedgerow:end\n", BlockError::Several),
        ] {
            assert_eq!(with_block(Host::GitHub, text, &lines), Err(fault), "{text:?}");
        }
    }
}
