//! Writing documents of our own: an ordered value, printed in block style that no reader can misread.
//!
//! Byte-stable: the same value always gives the same text. Strings go through [`quote`], so that YAML 1.1 and
//! 1.2 readers agree on them.

use crate::quote::{quote, quote_always};

/// A value to print, with its keys in the order in which they are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yaml {
    /// A string, quoted where a reader could take it for something else.
    Str(String),
    /// An integer.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// A mapping.
    Map(Vec<(String, Self)>),
    /// A sequence.
    Seq(Vec<Self>),
    /// A string of one or more lines, written as they are (`|-`) where that is safe.
    Text(String),
    /// A value with a comment above it, where it is the value of a key or an element of a list.
    Noted(String, Box<Self>),
}

impl Yaml {
    /// A string.
    pub fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// A mapping of the pairs in this order.
    pub fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A sequence of the values in this order.
    pub fn seq(values: impl IntoIterator<Item = Self>) -> Self {
        Self::Seq(values.into_iter().collect())
    }

    /// The value with a comment above it.
    #[must_use]
    pub fn noted(self, comment: impl Into<String>) -> Self {
        Self::Noted(comment.into(), Box::new(self))
    }

    /// The value as a document in block style, with a final line break and no separator line.
    ///
    /// ```
    /// use hedgerow_yaml::Yaml;
    /// let value = Yaml::map([("name", Yaml::str("yes")), ("ports", Yaml::seq([Yaml::Int(80)]))]);
    /// assert_eq!(value.to_block(), "name: \"yes\"\nports:\n  - 80\n");
    /// ```
    #[must_use]
    pub fn to_block(&self) -> String {
        self.to_block_at(0)
    }

    /// The value in block style with every line indented by `column` spaces, each ending in LF.
    #[must_use]
    pub fn to_block_at(&self, column: usize) -> String {
        let mut text = String::new();
        if self.is_block() {
            self.write_block(&mut text, column, Lead::NewLine);
        } else {
            text.push_str(&" ".repeat(column));
            text.push_str(&self.to_flow());
            text.push('\n');
        }
        text
    }

    /// The value as JSON on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let list = |values: Vec<String>| values.join(", ");
        match self {
            Self::Str(text) | Self::Text(text) => quote_always(text),
            Self::Noted(_, value) => value.to_json(),
            Self::Map(pairs) => {
                let pair = |(key, value): &(String, Self)| format!("{}: {}", quote_always(key), value.to_json());
                format!("{{{}}}", list(pairs.iter().map(pair).collect()))
            }
            Self::Seq(values) => format!("[{}]", list(values.iter().map(Self::to_json).collect())),
            Self::Int(_) | Self::Bool(_) => self.to_flow(),
        }
    }

    /// The value on one line, as a plain scalar where that is beyond doubt.
    fn to_flow(&self) -> String {
        match self {
            Self::Str(text) | Self::Text(text) => quote(text).into_owned(),
            Self::Noted(_, value) => value.to_flow(),
            Self::Int(number) => number.to_string(),
            Self::Bool(truth) => truth.to_string(),
            Self::Map(_) | Self::Seq(_) => self.to_json(),
        }
    }

    /// Whether the value takes lines of its own.
    fn is_block(&self) -> bool {
        match self {
            Self::Map(pairs) => !pairs.is_empty(),
            Self::Seq(values) => !values.is_empty(),
            Self::Noted(_, value) => value.is_block(),
            Self::Str(_) | Self::Text(_) | Self::Int(_) | Self::Bool(_) => false,
        }
    }

    /// Writes a value with children; the first line is indented only if it begins a line.
    fn write_block(&self, text: &mut String, column: usize, lead: Lead) {
        let indent = |text: &mut String, index: usize| {
            if index > 0 || lead == Lead::NewLine {
                text.push_str(&" ".repeat(column));
            }
        };
        match self {
            Self::Map(pairs) => {
                for (index, (key, value)) in pairs.iter().enumerate() {
                    // Behind a dash there is no line for a comment.
                    if index > 0 || lead == Lead::NewLine {
                        value.write_comment(text, column);
                    }
                    indent(text, index);
                    text.push_str(&quote(key));
                    text.push(':');
                    value.write_behind(text, column, Lead::NewLine);
                }
            }
            Self::Seq(values) => {
                for (index, value) in values.iter().enumerate() {
                    if index > 0 || lead == Lead::NewLine {
                        value.write_comment(text, column);
                    }
                    indent(text, index);
                    text.push('-');
                    value.write_behind(text, column, Lead::Dash);
                }
            }
            Self::Noted(_, value) => value.write_block(text, column, lead),
            Self::Str(_) | Self::Text(_) | Self::Int(_) | Self::Bool(_) => {}
        }
    }

    fn write_comment(&self, text: &mut String, column: usize) {
        if let Self::Noted(comment, _) = self {
            for line in comment.lines() {
                text.push_str(&" ".repeat(column));
                text.push_str(format!("# {line}").trim_end());
                text.push('\n');
            }
        }
    }

    /// The lines of a text that says the same as a literal block: printable ASCII, nothing at its edges that a block would take for
    /// indentation or drop.
    fn literal(&self) -> Option<std::str::Lines<'_>> {
        match self {
            Self::Text(text)
                if !text.is_empty()
                    && !text.starts_with([' ', '\n'])
                    && !text.ends_with('\n')
                    && text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n'))
                    && text.split('\n').all(|line| !line.ends_with(' ')) =>
            {
                Some(text.lines())
            }
            Self::Noted(_, value) => value.literal(),
            Self::Str(_) | Self::Text(_) | Self::Int(_) | Self::Bool(_) | Self::Map(_) | Self::Seq(_) => None,
        }
    }

    /// Writes a value behind the colon or the dash at `column`.
    fn write_behind(&self, text: &mut String, column: usize, lead: Lead) {
        if self.is_block() {
            text.push(if lead == Lead::Dash { ' ' } else { '\n' });
            self.write_block(text, column + 2, lead);
        } else if let Some(lines) = self.literal() {
            text.push_str(" |-\n");
            for line in lines {
                if !line.is_empty() {
                    text.push_str(&" ".repeat(column + 2));
                }
                text.push_str(line);
                text.push('\n');
            }
        } else {
            text.push(' ');
            text.push_str(&self.to_flow());
            text.push('\n');
        }
    }
}

/// Whether the first line of a block begins a line, or stands behind a dash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    NewLine,
    Dash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_nest_and_empty_collections_stay_on_their_line() {
        let value = Yaml::map([
            ("on", Yaml::Bool(true)),
            ("empty", Yaml::map::<String>([])),
            ("list", Yaml::seq([])),
            (
                "from",
                Yaml::seq([
                    Yaml::map([("a", Yaml::Int(-1)), ("b", Yaml::map([("c", Yaml::str("0755"))]))]),
                    Yaml::seq([Yaml::str("x"), Yaml::seq([Yaml::str("z")])]),
                ]),
            ),
        ]);
        let expected =
            "\"on\": true\nempty: {}\nlist: []\nfrom:\n  - a: -1\n    b:\n      c: \"0755\"\n  - - x\n    - - z\n";
        assert_eq!(value.to_block(), expected);
        assert_eq!(value.to_block_at(2), expected.lines().map(|line| format!("  {line}\n")).collect::<String>());
        let json: serde_json::Value = serde_json::from_str(&value.to_json()).unwrap();
        let yaml: serde_json::Value = serde_yaml::from_str(&value.to_block()).unwrap();
        assert_eq!(json, yaml);
        assert_eq!(Yaml::str("").to_block(), "\"\"\n");
    }

    #[test]
    fn texts_and_comments() {
        let value = Yaml::map([
            ("a", Yaml::Text("x &&\n  y".into())),
            ("b", Yaml::Text(" edge".into())),
            ("c", Yaml::Text("bell\u{7}".into())),
            (
                "d",
                Yaml::seq([Yaml::map([("e", Yaml::Text("z".into()))]).noted("why\n\nso"), Yaml::Int(1).noted("one")]),
            ),
            ("f", Yaml::map([("g", Yaml::Bool(true))]).noted("and")),
        ]);
        let expected = "a: |-\n  x &&\n    y\nb: \" edge\"\nc: \"bell\\u0007\"\nd:\n  # why\n  #\n  # so\n  - e: |-\n      z\n  \
                        # one\n  - 1\n# and\nf:\n  g: true\n";
        assert_eq!(value.to_block(), expected);
        let json: serde_json::Value = serde_json::from_str(&value.to_json()).unwrap();
        let yaml: serde_json::Value = serde_yaml::from_str(&value.to_block()).unwrap();
        assert_eq!(json, yaml);
    }
}
