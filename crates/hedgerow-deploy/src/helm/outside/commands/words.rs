//! Words and operators of commands, as shells tell them apart.

use super::super::marks::{DOLLAR, Marks};

/// A piece of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// What stands between commands: `;`, `&&`, `|`, `(`, `)`, the end of a line.
    Operator(char),
    /// What a command reads from or writes to; the next word is a file.
    Redirection,
    /// `<<END`: the lines up to that word are read.
    Here,
    /// `<<<`: the next word is what the command reads.
    Input,
}

/// Where `$` is a letter: what fills in variables before a shell sees a text does so in single quotes, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// None of a shell is a variable there.
    Shell,
    /// A pipeline fills in `${{ x }}` and `$(x)`.
    Pipeline,
    /// Make fills in all of them, and `$$` is the `$` that a shell sees.
    Make,
    /// Somebody else has filled in all of them.
    Filled,
    /// The same in a language that is no shell: there `,` and `[` end a word, and `+` joins texts in quotes.
    Code,
}

/// A word: as it is written, without quotes; a `$` that is a letter is [`DOLLAR`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether all of it stands in quotes.
    pub(super) is_quoted: bool,
}

/// How many lines a text in quotes may have; a quote that is not closed by then is a letter.
pub(super) const MAX_QUOTED: usize = 200;

/// The pieces of a text. What is in braces of a variable is a part of its word.
pub(super) fn tokens(text: &str, quoting: Quoting) -> Vec<Token> {
    let marks = Marks::new(text);
    let mut reader = Reader { text, quoting, marks, at: 0, found: Vec::new(), word: Word::default(), is_word: false };
    while reader.at < text.len() {
        reader.step();
    }
    reader.end_word();
    reader.found
}

struct Reader<'t> {
    text: &'t str,
    quoting: Quoting,
    marks: Marks<'t>,
    at: usize,
    found: Vec<Token>,
    word: Word,
    is_word: bool,
}

impl<'t> Reader<'t> {
    fn end_word(&mut self) {
        if std::mem::take(&mut self.is_word) {
            self.found.push(Token::Word(std::mem::take(&mut self.word)));
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn operator(&mut self, operator: char, length: usize) {
        self.end_word();
        self.found.push(Token::Operator(operator));
        self.at += length;
    }

    fn push(&mut self, text: &str, is_quoted: bool) {
        self.word.is_quoted = is_quoted && (!self.is_word || self.word.is_quoted);
        self.word.text.push_str(text);
        self.is_word = true;
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(letter) = rest.chars().next() else { return };
        let next = rest[letter.len_utf8()..].chars().next();
        match letter {
            '\n' => self.operator('\n', 1),
            letter if letter.is_whitespace() => {
                self.end_word();
                self.at += letter.len_utf8();
            }
            '#' if !self.is_word => self.at += rest.find('\n').unwrap_or(rest.len()),
            '\'' | '"' => {
                self.quoted(letter);
                if self.quoting == Quoting::Code {
                    self.join();
                }
            }
            '\\' => {
                // It is for `--set` as well, where it stands before a dot or a comma.
                let next = next.map(String::from).unwrap_or_default();
                let kept = if matches!(next.as_str(), "." | ",") { "\\" } else { "" };
                match next.as_str() {
                    "$" => {
                        let (made, length) = self.escaped_dollar(self.at + 1);
                        self.push(&made, false);
                        self.at += 1 + length;
                    }
                    _ => {
                        self.push(&format!("{kept}{next}"), false);
                        self.at += 1 + next.len();
                    }
                }
            }
            '$' => {
                let (made, length) = self.dollar(self.at, false);
                self.push(&made, false);
                self.at += length;
            }
            '{' | '<' | '>' if self.marks.length(self.at).is_some() => {
                let length = self.marks.length(self.at).unwrap_or_default();
                self.push(&rest[..length], false);
                self.at += length;
            }
            '`' => match rest[1..].split_once('`').filter(|(inside, _)| !inside.contains('\n')) {
                Some((inside, _)) => {
                    self.push(&format!("$({inside})"), false);
                    self.at += inside.len() + 2;
                }
                None => self.at += 1,
            },
            '<' if rest.starts_with("<<") && !rest.starts_with("<<<") => {
                self.end_word();
                let end = rest[2..].trim_start_matches(['-', '~']).trim_start_matches(' ');
                let length = end.find(|c: char| c.is_whitespace() || ";|&)<>".contains(c)).unwrap_or(end.len());
                self.at += rest.len() - end.len() + length;
                self.found.push(Token::Here);
            }
            '<' if rest.starts_with("<<<") => {
                self.end_word();
                self.at += 3;
                self.found.push(Token::Input);
            }
            '<' | '>' => {
                // The number before it is one of a stream.
                if self.is_word && self.word.text.bytes().all(|byte| byte.is_ascii_digit()) {
                    (self.word, self.is_word) = (Word::default(), false);
                }
                self.end_word();
                let length = rest.len() - rest.trim_start_matches(['<', '>', '&', '|']).len();
                let is_stream = rest[..length].ends_with('&');
                self.at += length;
                if is_stream {
                    let rest = self.rest();
                    self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').len();
                } else {
                    self.found.push(Token::Redirection);
                }
            }
            ';' | '&' | '|' | '(' | ')' => self.operator(letter, 1),
            '[' | ']' if self.quoting == Quoting::Code => self.operator(letter, 1),
            ',' if self.quoting == Quoting::Code => {
                self.end_word();
                self.at += 1;
            }
            letter => {
                let is_code = self.quoting == Quoting::Code;
                let is_plain =
                    |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c) && !(is_code && c == ',');
                let plain = rest.find(|c: char| !is_plain(c)).unwrap_or(rest.len());
                let length = plain.max(letter.len_utf8());
                self.push(&rest[..length], false);
                self.at += length;
            }
        }
    }

    /// What a language joins to a text in quotes: `"a" + b`. A text that stands right behind one is a part of it.
    fn join(&mut self) {
        loop {
            let rest = self.rest();
            let next = rest.trim_start_matches([' ', '\t']);
            let (next, is_joined) = match next.strip_prefix('+').filter(|next| !next.starts_with(['+', '='])) {
                Some(next) => (next.trim_start_matches([' ', '\t']), true),
                None => (next, false),
            };
            let skipped = rest.len() - next.len();
            if next.starts_with(['\'', '"']) && self.is_word && self.word.is_quoted && (is_joined || skipped > 0) {
                self.at += skipped;
                // It is read next, and is one word with this one.
                return;
            }
            if !is_joined {
                return;
            }
            let length = next.find(|c: char| c.is_whitespace() || ",;+)]".contains(c)).unwrap_or(next.len());
            self.push(&format!("${{{}}}", &next[..length].replace(['{', '}', '(', ')'], " ")), true);
            self.at += skipped + length;
        }
    }

    /// What a `$` at a place is, with the variable that it begins where that has marks, and how much of the text that takes.
    fn dollar(&self, at: usize, is_single: bool) -> (String, usize) {
        let rest = &self.text[at..];
        let marked = |at: usize| {
            let length = self.marks.length(at).unwrap_or(1);
            (self.text[at..at + length].to_owned(), length)
        };
        let filled_in: &[&str] = match self.quoting {
            Quoting::Make if rest.starts_with("$$") && is_single => return (DOLLAR.to_string(), 2),
            Quoting::Make if rest.starts_with("$$") => {
                let (made, length) = marked(at + 1);
                return (made, length + 1);
            }
            // Of `$HOST` only the `H` is a name there.
            Quoting::Make => match rest[1..].chars().next().filter(char::is_ascii_alphanumeric) {
                Some(name) => return (format!("${{{name}}}"), 2),
                None => return marked(at),
            },
            Quoting::Shell => &["${{"],
            Quoting::Pipeline => &["${{", "$("],
            Quoting::Filled | Quoting::Code => &["$"],
        };
        match () {
            () if !is_single => marked(at),
            () if filled_in.iter().any(|mark| rest.starts_with(mark)) => ("$".to_owned(), 1),
            () => (DOLLAR.to_string(), 1),
        }
    }

    /// The same behind a backslash.
    fn escaped_dollar(&self, at: usize) -> (String, usize) {
        match self.quoting {
            Quoting::Make if self.text[at..].starts_with("$$") => (DOLLAR.to_string(), 2),
            Quoting::Make | Quoting::Filled | Quoting::Code => self.dollar(at, false),
            Quoting::Shell | Quoting::Pipeline => (DOLLAR.to_string(), 1),
        }
    }

    /// A text in quotes. Double ones take variables and a few escapes in.
    fn quoted(&mut self, quote: char) {
        let rest = &self.rest()[1..];
        let (mut made, mut escaped, mut lines, mut skip) = (String::new(), false, 0, 0);
        for (at, letter) in rest.char_indices() {
            if at < skip {
                continue;
            }
            match letter {
                '$' if escaped => {
                    escaped = false;
                    let (text, length) = self.escaped_dollar(self.at + 1 + at);
                    made.push_str(&text);
                    skip = at + length;
                }
                letter if escaped => {
                    escaped = false;
                    if !"\"\\$`\n".contains(letter) || matches!(letter, '.' | ',') {
                        made.push('\\');
                    }
                    made.push(letter);
                }
                '\\' if quote == '"' => escaped = true,
                '$' => {
                    let (text, length) = self.dollar(self.at + 1 + at, quote == '\'');
                    made.push_str(&text);
                    skip = at + length;
                }
                letter if letter == quote => {
                    self.push(&made, true);
                    self.at += at + 2;
                    return;
                }
                '\n' if lines == MAX_QUOTED => break,
                letter => {
                    lines += usize::from(letter == '\n');
                    made.push(letter);
                }
            }
        }
        self.push(&String::from(quote), false);
        self.at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        shown_as(text, Quoting::Shell)
    }

    /// With `§` for a `$` that is a letter.
    fn shown_as(text: &str, quoting: Quoting) -> String {
        let of = |token: &Token| match token {
            Token::Word(word) if word.is_quoted => format!("[{}]", word.text),
            Token::Word(word) => word.text.clone(),
            Token::Operator(operator) => operator.escape_default().to_string(),
            Token::Redirection => ">".to_owned(),
            Token::Here => "<<".to_owned(),
            Token::Input => "<<<".to_owned(),
        };
        tokens(text, quoting).iter().map(of).collect::<Vec<_>>().join(" ").replace(DOLLAR, "§")
    }

    #[test]
    fn words_are_told_apart_as_shells_do() {
        for (text, expected) in [
            ("a 'b c' \"d $e\"", "a [b c] [d $e]"),
            ("a --set=\"b c\" x'y'z", "a --set=b c xyz"),
            ("a&&b;c|d", "a & & b ; c | d"),
            ("(cd a && b)", "( cd a & & b )"),
            ("a=$(b \"c d\") e", "a=$(b \"c d\") e"),
            ("a=\"$(b \"c d\")/x\" e", "a=$(b \"c d\")/x e"),
            ("\"${a:-b c}\" ${{ x.y }} {{ z }}", "[${a:-b c}] ${{ x.y }} {{ z }}"),
            ("a # b 'c\nd", "a \\n d"),
            ("a#b", "a#b"),
            ("a 2>&1 >/dev/null <b c", "a > /dev/null > b c"),
            ("cat <<-'EOF' | b", "cat << | b"),
            ("a <<<x", "a <<< x"),
            ("a -f <(b c) d", "a -f <(b c) d"),
            ("don't", "don't"),
            ("\"a\nb\" c", "[a\nb] c"),
            ("x \\. a\\,b \\d", "x \\. a\\,b d"),
            ("a `b c` d", "a $(b c) d"),
            ("--set \"a\\.b=c\\\"d\"", "--set [a\\.b=c\"d]"),
            ("--set a={b,c}", "--set a={b,c}"),
            ("äö ü", "äö ü"),
            ("$(HELM) x", "$(HELM) x"),
            ("${a", "${a"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_dollar_is_a_letter_where_nobody_fills_it_in() {
        use Quoting::{Code, Filled, Make, Pipeline, Shell};
        for (text, quoting, expected) in [
            ("'a=$B' \"a=$B\" a=$B", Shell, "[a=§B] [a=$B] a=$B"),
            ("'${B}' '$(B)' '${{ B }}'", Shell, "[§{B}] [§(B)] [${{ B }}]"),
            ("'${B}' '$(B)' '${{ B }}'", Pipeline, "[§{B}] [$(B)] [${{ B }}]"),
            ("x'$B'$B", Shell, "x§B$B"),
            ("\"\\$B\" \\$B \"\\${B}\"", Shell, "[§B] §B [§{B}]"),
            ("\"\\$B\" '$B'", Filled, "[$B] [$B]"),
            ("a('b', c=1,d)", Filled, "a ( b, c=1,d )"),
            ("a('b', c=1,d)", Code, "a ( [b] c=1 d )"),
            ("a: \"b\", ['c', 'd']", Code, "a: [b] [ [c] [d] ]"),
            ("\"a \" + 'b' +\"c\" d", Code, "[a bc] d"),
            ("('a' + b.c + 'd' + e(f))", Code, "( [a${b.c}d${e f}] ) )"),
            ("'a' 'b'", Code, "[ab]"),
            ("'a' += 'b' ++ c", Code, "[a] += [b] ++ c"),
            ("'a' +", Code, "[a${}]"),
            ("a=$$B \"$${B}\" '$$B' $$(b c)", Make, "a=$B [${B}] [§B] $(b c)"),
            ("'$(B)' \"${B}\" $(B) $BC $@ \\$$B", Make, "[$(B)] [${B}] $(B) ${B}C $@ §B"),
            ("$$$$ '$B' a$", Make, "$$ [${B}] a$"),
        ] {
            assert_eq!(shown_as(text, quoting), expected, "{text}");
        }
    }
}
