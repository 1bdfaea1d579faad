//! Calico's selector expressions.
//!
//! ```text
//! selector = [ or ]                                   (blank selects everything)
//! or       = and { "||" and }
//! and      = term { "&&" term }
//! term     = { "!" } ( "has(" key ")" | "all()" | "global()" | key test | "(" or ")" )
//! test     = ( "==" | "!=" | "contains" | "starts with" | "ends with" ) text | [ "not" ] "in" "{" [ text { "," text } [ "," ] ] "}"
//! text     = '"' … '"' | "'" … "'"                    (no escapes)
//! key      = 1 to 512 of A-Z a-z 0-9 _ . / -
//! ```
//! Blanks are spaces and tabs; a line break is none. See
//! <https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors>.

use std::collections::BTreeSet;

use crate::selector::{Fact, Key, Selector, Space};

/// The longest selector that the API takes, in bytes.
const LONGEST: usize = 1024;
/// How deep parentheses may nest: deeper than anybody writes, shallow enough for every thread's stack. Calico sets no limit.
const DEEPEST: usize = 64;
const LONGEST_KEY: usize = 512;

/// What the keys of an expression are keys of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Endpoints: their own labels and, under prefixes, what they inherit.
    Endpoints,
    /// Namespaces, in a field `namespaceSelector`.
    Namespaces,
    /// Service accounts, in a field `serviceAccountSelector` or `serviceAccounts.selector`.
    ServiceAccounts,
}

/// Reads an expression. The error says what is wrong and at which byte.
pub(crate) fn parse(text: &str, scope: Scope) -> Result<Selector, String> {
    if text.len() > LONGEST {
        return Err(format!("a selector holds at most {LONGEST} characters, this one has {}", text.len()));
    }
    let mut reader = Reader { text, at: 0, depth: 0, scope };
    reader.skip_blanks();
    if reader.rest().is_empty() {
        return Ok(scope.everything());
    }
    let selector = reader.or()?;
    if reader.rest().is_empty() { Ok(selector) } else { Err(reader.fault("expected `&&`, `||` or the end")) }
}

impl Scope {
    /// What `all()` selects: in a namespace selector only what has a namespace.
    fn everything(self) -> Selector {
        match self {
            Self::Endpoints => Selector::everything(),
            Self::Namespaces => Selector::Has(Fact::key(Fact::NAMESPACE)),
            Self::ServiceAccounts => Selector::Has(Fact::key(Fact::SERVICE_ACCOUNT)),
        }
    }

    fn key(self, name: &str) -> Key {
        let (space, name) = match self {
            Self::Namespaces => (Space::Namespace, name),
            Self::ServiceAccounts => (Space::ServiceAccount, name),
            Self::Endpoints => match (name.strip_prefix("pcns."), name.strip_prefix("pcsa.")) {
                (Some(name), _) => (Space::Namespace, name),
                (_, Some(name)) => (Space::ServiceAccount, name),
                _ if [Fact::NAMESPACE, Fact::ORCHESTRATOR, Fact::SERVICE_ACCOUNT].contains(&name) => {
                    (Space::Fact, name)
                }
                _ => (Space::Own, name),
            },
        };
        Key { space, name: name.to_owned() }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    scope: Scope,
}

impl<'a> Reader<'a> {
    fn or(&mut self) -> Result<Selector, String> {
        let mut parts = vec![self.and()?];
        while self.take("||") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Selector::Any(parts) })
    }

    fn and(&mut self) -> Result<Selector, String> {
        let mut parts = vec![self.term()?];
        while self.take("&&") {
            parts.push(self.term()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Selector::Every(parts) })
    }

    fn term(&mut self) -> Result<Selector, String> {
        let mut negated = false;
        while self.take("!") {
            negated = !negated;
        }
        let selector = self.operand()?;
        Ok(if negated { selector.negated() } else { selector })
    }

    fn operand(&mut self) -> Result<Selector, String> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.fault("too many parentheses within each other"));
            }
            let inner = self.or()?;
            self.expect(")")?;
            self.depth -= 1;
            Ok(inner)
        } else if self.take("has(") {
            let key = self.key()?;
            self.expect(")")?;
            Ok(Selector::Has(key))
        } else if self.take("all(") {
            self.expect(")")?;
            Ok(self.scope.everything())
        } else if self.take("global(") {
            self.expect(")")?;
            match self.scope {
                Scope::Namespaces => Ok(self.scope.everything().negated()),
                Scope::Endpoints | Scope::ServiceAccounts => {
                    Err(self.fault("`global()` has a meaning only as a namespaceSelector"))
                }
            }
        } else {
            let key = self.key()?;
            self.test(key)
        }
    }

    fn test(&mut self, key: Key) -> Result<Selector, String> {
        if self.take("==") {
            Ok(Selector::In(key, BTreeSet::from([self.string()?])))
        } else if self.take("!=") {
            Ok(Selector::In(key, BTreeSet::from([self.string()?])).negated())
        } else if self.take("contains") {
            Ok(Selector::Contains(key, self.string()?))
        } else if self.take("starts") {
            self.expect("with")?;
            Ok(Selector::StartsWith(key, self.string()?))
        } else if self.take("ends") {
            self.expect("with")?;
            Ok(Selector::EndsWith(key, self.string()?))
        } else if self.take("not") {
            self.expect("in")?;
            Ok(Selector::In(key, self.set()?).negated())
        } else if self.take("in") {
            Ok(Selector::In(key, self.set()?))
        } else {
            Err(self.fault("expected an operator after the label"))
        }
    }

    fn set(&mut self) -> Result<BTreeSet<String>, String> {
        self.expect("{")?;
        let mut values = BTreeSet::new();
        while !self.take("}") {
            values.insert(self.string()?);
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(values)
    }

    fn string(&mut self) -> Result<String, String> {
        let quote = self.rest().chars().next().filter(|quote| ['"', '\''].contains(quote));
        let Some(quote) = quote else { return Err(self.fault("expected a text in quotes")) };
        let inner = &self.rest()[1..];
        let Some(end) = inner.find(quote) else { return Err(self.fault("the text does not end")) };
        let value = inner[..end].to_owned();
        self.advance(end + 2);
        Ok(value)
    }

    fn key(&mut self) -> Result<Key, String> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
        let length = self.rest().bytes().take_while(|byte| is_inner(*byte)).count();
        if length == 0 || length > LONGEST_KEY {
            return Err(self.fault("expected a label"));
        }
        let key = self.scope.key(&self.rest()[..length]);
        self.advance(length);
        Ok(key)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.advance(token.len());
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(self.fault(&format!("expected `{token}`"))) }
    }

    fn advance(&mut self, length: usize) {
        self.at += length;
        self.skip_blanks();
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn fault(&self, what: &str) -> String {
        format!("{what} at character {} of `{}`", self.at + 1, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Index;

    /// Selects among: 0 `{a: "1", env: "prod-eu"}` in namespace x, 1 `{a: "2"}` in y, 2 `{}` in y.
    fn select(text: &str, scope: Scope) -> Result<Vec<usize>, String> {
        let mut index = Index::new(3);
        index.wear(0, Space::Own, "a", "1");
        index.wear(0, Space::Own, "env", "prod-eu");
        index.wear(1, Space::Own, "a", "2");
        for (wearer, namespace) in [(0, "x"), (1, "y"), (2, "y")] {
            index.wear(wearer, Space::Fact, Fact::NAMESPACE, namespace);
            index.wear(wearer, Space::Namespace, "team", namespace);
            index.wear(wearer, Space::ServiceAccount, "role", namespace);
        }
        Ok(index.select(&parse(text, scope)?).iter().collect())
    }

    #[test]
    fn expressions_select() {
        for (text, expected) in [
            ("", &[0, 1, 2][..]),
            (" \t ", &[0, 1, 2]),
            ("all()", &[0, 1, 2]),
            ("all( )", &[0, 1, 2]),
            ("!all()", &[]),
            ("a == '1'", &[0]),
            ("a==\"1\"", &[0]),
            ("a == ''", &[]),
            ("a != '1'", &[1, 2]),
            ("! a == '1'", &[1, 2]),
            ("!! a == '1'", &[0]),
            ("has(a)", &[0, 1]),
            ("has( a )", &[0, 1]),
            ("!has(a)", &[2]),
            ("a in {'1', \"2\"}", &[0, 1]),
            ("a in{'1',}", &[0]),
            ("a in {}", &[]),
            ("a not in {'1'}", &[1, 2]),
            ("a notin {'1'}", &[1, 2]),
            ("a not in {}", &[0, 1, 2]),
            ("env contains 'od-'", &[0]),
            ("env starts with 'prod'", &[0]),
            ("env startswith'prod'", &[0]),
            ("env ends with 'eu'", &[0]),
            ("env ends with 'prod'", &[]),
            ("a == '1' && has(env)", &[0]),
            ("a == '1' && !has(env)", &[]),
            ("a == '2' || has(env)", &[0, 1]),
            // `&&` binds tighter than `||`, `!` tighter than both.
            ("a == '2' || a == '1' && a == '3'", &[1]),
            ("(a == '2' || a == '1') && a == '3'", &[]),
            ("!a == '1' && a == '2'", &[1]),
            ("!(a == '1' || a == '2')", &[2]),
            ("projectcalico.org/namespace == 'x'", &[0]),
            ("pcns.team == 'y'", &[1, 2]),
            ("pcsa.role == 'y'", &[1, 2]),
            ("a == \"it's\"", &[]),
        ] {
            assert_eq!(select(text, Scope::Endpoints).unwrap(), expected, "{text}");
        }
        for (text, expected) in [("team == 'x'", &[0][..]), ("all()", &[0, 1, 2]), ("global()", &[]), ("a == '1'", &[])]
        {
            assert_eq!(select(text, Scope::Namespaces).unwrap(), expected, "{text}");
        }
        for (text, expected) in [("role == 'x'", &[0][..]), ("all()", &[]), ("pcns.team == 'x'", &[])] {
            assert_eq!(select(text, Scope::ServiceAccounts).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn expressions_that_the_grammar_lacks_are_refused() {
        let (deep, long) = ("(".repeat(1024), format!("a == '{}'", "x".repeat(1024)));
        for text in [
            "a",
            "a ==",
            "a = '1'",
            "a == 1",
            "a == b",
            "a == '1",
            "'a' == '1'",
            "a == '1' &&",
            "&& a == '1'",
            "a == '1' b == '2'",
            "a == '1' & has(b)",
            "a == '1' | has(b)",
            "a == '1' and has(b)",
            "(a == '1'",
            "a == '1')",
            "()",
            "!",
            "has()",
            "has(a",
            "has (a)",
            "has('a')",
            "all",
            "all(a)",
            "global()",
            "a in '1'",
            "a in {1}",
            "a in {'1' '2'}",
            "a in {,}",
            "a in {'1',,}",
            "a in {'1'",
            "a not {'1'}",
            "a not contains '1'",
            "a starts 'x'",
            "a like 'x'",
            "a == '1'\n&& has(b)",
            "\n",
            "a > '1'",
            "é == '1'",
            "a == '1';",
            "{",
            "a == 'it''",
            &deep,
            &long,
        ] {
            assert!(parse(text, Scope::Endpoints).is_err(), "{text}");
        }
        assert!(parse(&format!("has({})", "k".repeat(513)), Scope::Endpoints).is_err());
        assert!(parse(&format!("{}all(){}", "(".repeat(DEEPEST), ")".repeat(DEEPEST)), Scope::Endpoints).is_ok());
    }
}
