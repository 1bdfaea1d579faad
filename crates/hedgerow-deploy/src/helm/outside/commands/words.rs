//! Words and operators of commands, as shells tell them apart.

use super::super::marks::Marks;

/// A piece of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// What stands between commands: `;`, `&&`, `|`, `(`, `)`, the end of a line.
    Operator(char),
    /// What a command reads from or writes to; the next word is a file.
    Redirection,
    /// `<<END`, with the word that ends it.
    Here(String),
    /// `<<<`: the next word is what the command reads.
    Input,
}

/// A word: as it is written, without quotes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether all of it stands in quotes.
    pub(super) is_quoted: bool,
}

/// How many lines a text in quotes may have; a quote that is not closed by then is a letter.
pub(super) const MAX_QUOTED: usize = 200;

/// The pieces of a text. What is in braces of a variable is a part of its word.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let marks = Marks::new(text);
    let mut reader = Reader { text, marks, at: 0, found: Vec::new(), word: Word::default(), is_word: false };
    while reader.at < text.len() {
        reader.step();
    }
    reader.end_word();
    reader.found
}

struct Reader<'t> {
    text: &'t str,
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
            '\'' | '"' => self.quoted(letter),
            '\\' => {
                // It is for `--set` as well, where it stands before a dot or a comma.
                let next = next.map(String::from).unwrap_or_default();
                let kept = if matches!(next.as_str(), "." | ",") { "\\" } else { "" };
                self.push(&format!("{kept}{next}"), false);
                self.at += 1 + next.len();
            }
            '$' | '{' | '<' | '>' if self.marks.length(self.at).is_some() => {
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
                self.found.push(Token::Here(end[..length].trim_matches(['\'', '"', '\\']).to_owned()));
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
            letter => {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
                let plain = rest.find(|c: char| !is_plain(c)).unwrap_or(rest.len());
                let length = plain.max(letter.len_utf8());
                self.push(&rest[..length], false);
                self.at += length;
            }
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
                letter if escaped => {
                    escaped = false;
                    if !"\"\\$`\n".contains(letter) || matches!(letter, '.' | ',') {
                        made.push('\\');
                    }
                    made.push(letter);
                }
                '\\' if quote == '"' => escaped = true,
                '$' if quote == '"' && self.marks.length(self.at + 1 + at).is_some() => {
                    let length = self.marks.length(self.at + 1 + at).unwrap_or_default();
                    made.push_str(&rest[at..at + length]);
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
        let of = |token: &Token| match token {
            Token::Word(word) if word.is_quoted => format!("[{}]", word.text),
            Token::Word(word) => word.text.clone(),
            Token::Operator(operator) => operator.escape_default().to_string(),
            Token::Redirection => ">".to_owned(),
            Token::Here(end) => format!("<<{end}"),
            Token::Input => "<<<".to_owned(),
        };
        tokens(text).iter().map(of).collect::<Vec<_>>().join(" ")
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
            ("cat <<-'EOF' | b", "cat <<EOF | b"),
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
}
