//! Sentences in Markdown.

use hedgerow_core::unseen::is_unseen;

/// A sentence of ours with names in it that may be anybody's, on one line of Markdown: outside of code spans nothing is markup, a mention or
/// an element, and inside of them nothing ends the span or the cell of a table. Backticks are taken for ours.
pub(in crate::cli) fn markdown_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A backtick without its other half is text.
    let spans = text.matches('`').count() / 2 * 2;
    let (mut ticks, mut is_code) = (0, false);
    for letter in text.chars() {
        match letter {
            '`' if ticks < spans => {
                (ticks, is_code) = (ticks + 1, !is_code);
                out.push('`');
            }
            '`' => out.push_str("\\`"),
            // In a code span an entity is no entity.
            '&' if !is_code => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("\\|"),
            '\n' | '\r' => out.push(' '),
            letter if is_unseen(letter) => out.push(char::REPLACEMENT_CHARACTER),
            '@' if !is_code => out.push_str("@\u{200b}"),
            '*' | '_' | '~' | '[' | ']' | '\\' | '!' | '#' if !is_code => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::markdown_of;

    #[test]
    fn names_are_text_and_spans_stay_code() {
        for (text, should) in [
            ("3 calls of `service.a_b` at 10:00", "3 calls of `service.a_b` at 10:00"),
            ("![x](http://e)", "\\!\\[x\\](http://e)"),
            ("*a* _b_ ~c~ # d", "\\*a\\* \\_b\\_ \\~c\\~ \\# d"),
            ("<img src=x>|", "&lt;img src=x&gt;\\|"),
            ("`<b>|*`", "`&lt;b&gt;\\|*`"),
            ("@ops and `@ops`", "@\u{200b}ops and `@ops`"),
            ("&lt;b&gt; &amp; &#64;ops", "&amp;lt;b&amp;gt; &amp;amp; &amp;\\#64;ops"),
            ("`a&b`", "`a&b`"),
            ("a\u{200b}\u{202e}`b\u{feff}`", "a\u{fffd}\u{fffd}`b\u{fffd}`"),
            ("a\nb", "a b"),
            ("one ` alone", "one \\` alone"),
            ("`a` and ` alone *", "`a` and \\` alone \\*"),
        ] {
            assert_eq!(markdown_of(text), should, "{text}");
        }
    }
}
