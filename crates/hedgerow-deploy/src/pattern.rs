//! Patterns of names: `*` stands for anything, `{service}` for one name that is taken out. It may stand there several times and is then the
//! same each time, as in `{name}-0.{name}`.

use serde::Deserialize;

/// What `{…}` in a pattern takes out.
const HOLE: &str = "{";

/// A pattern, cut into its pieces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Piece {
    Text(String),
    Any,
    Name,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it: a brace that is not closed, or braces around two different words.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut hole = None;
        while !rest.is_empty() {
            if let Some(tail) = rest.strip_prefix('*') {
                pieces.push(Piece::Any);
                rest = tail;
            } else if let Some(tail) = rest.strip_prefix(HOLE) {
                let Some((word, tail)) = tail.split_once('}') else {
                    return Err(format!("`{text}` has a `{{` without its `}}`"));
                };
                if *hole.get_or_insert(word) != word {
                    return Err(format!("`{text}` takes out more than one name"));
                }
                pieces.push(Piece::Name);
                rest = tail;
            } else {
                let end = rest.find(['*', '{']).unwrap_or(rest.len());
                pieces.push(Piece::Text(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        Ok(Self { pieces })
    }

    /// The name taken out of `text` where it fits; empty for a pattern without a hole.
    pub fn take<'t>(&self, text: &'t str) -> Option<&'t str> {
        // What stands at the ends rules most texts out before anything is searched.
        let ends = match self.pieces.as_slice() {
            [] => text.is_empty(),
            [first, .., last] => {
                !matches!(first, Piece::Text(head) if !text.starts_with(head.as_str()))
                    && !matches!(last, Piece::Text(tail) if !text.ends_with(tail.as_str()))
            }
            [Piece::Text(only)] => return (text == only).then_some(""),
            [Piece::Any | Piece::Name] => true,
        };
        if ends { Self::fit(&self.pieces, text, "") } else { None }
    }

    /// Whether `text` fits.
    pub fn fits(&self, text: &str) -> bool {
        self.take(text).is_some()
    }

    /// The text with `name` put in; none if something else is left open.
    pub fn put(&self, name: &str) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Name => Some(name),
                Piece::Any => None,
            })
            .collect()
    }

    /// What every text that fits begins with.
    pub fn head(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(head)) => head,
            Some(Piece::Any | Piece::Name) | None => "",
        }
    }

    /// The part behind the last dot that every text that fits ends in; none if that part is left open.
    pub fn tail(&self) -> Option<&str> {
        let Some(Piece::Text(last)) = self.pieces.last() else { return None };
        match last.rsplit_once('.') {
            Some((_, tail)) => Some(tail),
            None => (self.pieces.len() == 1).then_some(last.as_str()),
        }
    }

    /// Whether a text whose part behind the last dot is `name` may fit.
    pub fn may_end_in(&self, name: &str) -> bool {
        match self.pieces.last() {
            Some(Piece::Text(last)) => match last.rsplit_once('.') {
                Some((_, tail)) => name == tail,
                None => name.ends_with(last.as_str()),
            },
            Some(Piece::Any | Piece::Name) | None => true,
        }
    }

    fn fit<'t>(pieces: &[Piece], text: &'t str, taken: &'t str) -> Option<&'t str> {
        let Some((piece, rest)) = pieces.split_first() else { return text.is_empty().then_some(taken) };
        match piece {
            Piece::Text(head) => Self::fit(rest, text.strip_prefix(head.as_str())?, taken),
            Piece::Any => Self::cuts(text).find_map(|at| Self::fit(rest, &text[at..], taken)),
            // What was taken out once is the same again. A name has at least one letter.
            Piece::Name if !taken.is_empty() => Self::fit(rest, text.strip_prefix(taken)?, taken),
            Piece::Name => {
                let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
                let end = text.find(|c| !legal(c)).unwrap_or(text.len());
                // The longest name first.
                (1..=end).rev().find_map(|at| Self::fit(rest, &text[at..], &text[..at]))
            }
        }
    }

    fn cuts(text: &str) -> impl Iterator<Item = usize> {
        text.char_indices().map(|(at, _)| at).chain([text.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_names_out() {
        for (pattern, text, expected) in [
            ("net/http.Get", "net/http.Get", Some("")),
            ("net/http.Get", "net/http.GetX", None),
            ("*.New{service}Client", "a/b.NewLedgerClient", Some("Ledger")),
            ("*.New{service}Client", "a/b.NewClient", None),
            ("beer.{}.service", "beer.shop.user.service", Some("shop.user")),
            ("*URL.Host", "req.URL.Host", Some("")),
            ("{x}.boulder", "ra.boulder", Some("ra")),
            ("{x}-0.{x}", "pay-0.pay", Some("pay")),
            ("{x}-0.{x}", "pay-0-0.pay-0", Some("pay-0")),
            ("{x}-0.{x}", "pay-0.ledger", None),
            ("{x}{x}", "aaaa", Some("aa")),
            ("{x}{x}", "aaa", None),
            ("*{x}/{x}", "github.com/pay/pay", Some("pay")),
            ("", "", Some("")),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().take(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn patterns_are_filled() {
        assert_eq!(Pattern::new("beer.{name}.service").unwrap().put("user").as_deref(), Some("beer.user.service"));
        assert_eq!(Pattern::new("{name}-0.{name}").unwrap().put("user").as_deref(), Some("user-0.user"));
        assert_eq!(Pattern::new("*{name}").unwrap().put("user"), None);
    }

    #[test]
    fn broken_patterns_are_refused() {
        assert!(Pattern::new("a{b").is_err());
        assert!(Pattern::new("{a}{b}").is_err());
    }
}
