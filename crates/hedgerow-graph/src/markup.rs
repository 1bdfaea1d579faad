//! Text inside XML and HTML.

use hedgerow_core::unseen::is_unseen;

/// Text for the content of XML and HTML elements and for double-quoted attributes: nothing in it is markup, and what cannot be seen is U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            letter if is_unseen(letter) => out.push(char::REPLACEMENT_CHARACTER),
            letter => out.push(letter),
        }
    }
    out
}

/// JSON for the inside of a `<script>` element: no character that could end the element, open a comment or, in old
/// JavaScript, a line. The escapes are JSON's own, so the value stays the same.
pub(crate) fn json_in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_names_is_text() {
        assert_eq!(escape("<script>\"&'\u{0}\u{202e}"), "&lt;script&gt;&quot;&amp;&#39;\u{fffd}\u{fffd}");
    }

    #[test]
    fn json_cannot_end_its_element() {
        let escaped = json_in_script(r#"["</script><!--&"]"#);
        assert!(!escaped.contains(['<', '>', '&']));
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).unwrap(), ["</script><!--&"]);
    }
}
