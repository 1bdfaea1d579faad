//! The parts of a script of the shell.

/// How deep they may lie in each other.
const MAX_DEPTH: usize = 16;

/// A part of a script.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A command: its words as they are written.
    Simple(Vec<String>),
    Function(String, Vec<Self>),
    Case(String, Vec<(Vec<String>, Vec<Self>)>),
    /// The conditions, each with what runs then, and what runs otherwise.
    If(Vec<(Vec<Self>, Vec<Self>)>, Vec<Self>),
    /// What may run any number of times.
    Loop(Vec<Self>),
    Group(Vec<Self>),
}

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// What stands between commands; a new line is `;`.
    Between(&'static str),
}

/// The parts of a script; nothing where it has what is not read here: texts that go on below (`<<`), sums (`((`).
pub(super) fn parse(text: &str) -> Option<Vec<Node>> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let nodes = parser.list(0)?;
    (parser.at == tokens.len()).then_some(nodes)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    // How many words come that only say where something is read from or written to.
    let mut is_file = false;
    let end = |word: &mut String, is_file: &mut bool, found: &mut Vec<Token>| {
        if !word.is_empty() {
            let word = std::mem::take(word);
            if std::mem::take(is_file) {
                return;
            }
            found.push(Token::Word(word));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(c) => word.extend(['\\', c]),
            },
            '#' if word.is_empty() => while chars.next_if(|c| *c != '\n').is_some() {},
            '\'' => {
                word.push(c);
                loop {
                    let c = chars.next()?;
                    word.push(c);
                    if c == '\'' {
                        break;
                    }
                }
            }
            '"' => {
                word.push(c);
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => word.extend(['\\', chars.next()?]),
                        '$' if chars.peek() == Some(&'(') => within(&mut chars, &mut word)?,
                        c => word.push(c),
                    }
                }
                word.push('"');
            }
            '$' if chars.peek() == Some(&'(') => within(&mut chars, &mut word)?,
            '$' if chars.peek() == Some(&'{') => {
                word.push('$');
                loop {
                    let c = chars.next()?;
                    word.push(c);
                    if c == '}' {
                        break;
                    }
                }
            }
            '`' => {
                while chars.next()? != '`' {}
                word.push_str("${}");
            }
            '<' | '>' => {
                if c == '<' && matches!(chars.peek(), Some('<' | '(')) {
                    return None;
                }
                if word.chars().all(|c| c.is_ascii_digit()) {
                    word.clear();
                }
                end(&mut word, &mut is_file, &mut found);
                while chars.next_if(|c| matches!(c, '>' | '&' | '|')).is_some() {}
                is_file = true;
            }
            ' ' | '\t' | '\r' => end(&mut word, &mut is_file, &mut found),
            '\n' | ';' | '&' | '|' | '(' | ')' => {
                end(&mut word, &mut is_file, &mut found);
                is_file = false;
                let next = chars.next_if(|next| *next == c && c != '\n');
                found.push(Token::Between(match (c, next.is_some()) {
                    (';', true) => ";;",
                    ('&', true) => "&&",
                    ('|', true) => "||",
                    ('(', false) => "(",
                    (')', false) => ")",
                    ('(' | ')', true) => return None,
                    ('|', false) => "|",
                    ('&', false) => "&",
                    _ => ";",
                }));
            }
            c => word.push(c),
        }
    }
    end(&mut word, &mut is_file, &mut found);
    Some(found)
}

/// What a command gives, up to its bracket: nobody knows it.
fn within(chars: &mut std::iter::Peekable<std::str::Chars>, word: &mut String) -> Option<()> {
    let mut depth = 0_usize;
    loop {
        match chars.next()? {
            '(' => depth += 1,
            ')' if depth == 1 => break,
            ')' => depth -= 1,
            '\'' if depth > 0 => while chars.next()? != '\'' {},
            _ => {}
        }
    }
    word.push_str("${}");
    Some(())
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

/// The words that end a list of commands.
const ENDS: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn take(&mut self, wanted: &str) -> Option<()> {
        let is_it = match self.peek()? {
            Token::Word(word) => word == wanted,
            Token::Between(between) => *between == wanted,
        };
        self.at += 1;
        is_it.then_some(())
    }

    /// Goes on behind what stands between commands.
    fn skip(&mut self, between: &[&str]) {
        while matches!(self.peek(), Some(Token::Between(own)) if between.contains(own)) {
            self.at += 1;
        }
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Node>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut found = Vec::new();
        loop {
            self.skip(&[";", "&&", "||", "|", "&"]);
            match self.peek() {
                None | Some(Token::Between(";;" | ")")) => return Some(found),
                Some(Token::Word(word)) if ENDS.contains(&word.as_str()) => return Some(found),
                _ => found.push(self.command(depth + 1)?),
            }
        }
    }

    fn command(&mut self, depth: usize) -> Option<Node> {
        if self.peek() == Some(&Token::Between("(")) {
            self.at += 1;
            let inner = self.list(depth)?;
            self.take(")")?;
            return Some(Node::Group(inner));
        }
        let word = self.word()?.to_owned();
        self.at += 1;
        match word.as_str() {
            "!" => self.command(depth),
            "{" => {
                let inner = self.list(depth)?;
                self.take("}")?;
                Some(Node::Group(inner))
            }
            "if" => {
                let mut all = Vec::new();
                loop {
                    let condition = self.list(depth)?;
                    self.take("then")?;
                    all.push((condition, self.list(depth)?));
                    match self.word()? {
                        "elif" => self.at += 1,
                        "else" => {
                            self.at += 1;
                            let otherwise = self.list(depth)?;
                            self.take("fi")?;
                            return Some(Node::If(all, otherwise));
                        }
                        _ => {
                            self.take("fi")?;
                            return Some(Node::If(all, Vec::new()));
                        }
                    }
                }
            }
            "while" | "until" => {
                let mut all = self.list(depth)?;
                self.take("do")?;
                all.extend(self.list(depth)?);
                self.take("done")?;
                Some(Node::Loop(all))
            }
            "for" => {
                while self.word() != Some("do") {
                    self.at += 1;
                    self.peek()?;
                }
                self.at += 1;
                let all = self.list(depth)?;
                self.take("done")?;
                Some(Node::Loop(all))
            }
            "case" => {
                let of = self.word()?.to_owned();
                self.at += 1;
                self.take("in")?;
                let mut branches = Vec::new();
                loop {
                    self.skip(&[";", ";;", "("]);
                    if self.word()? == "esac" {
                        self.at += 1;
                        return Some(Node::Case(of, branches));
                    }
                    let mut patterns = Vec::new();
                    loop {
                        patterns.push(self.word()?.to_owned());
                        self.at += 1;
                        if self.peek()? != &Token::Between("|") {
                            break;
                        }
                        self.at += 1;
                    }
                    self.take(")")?;
                    branches.push((patterns, self.list(depth)?));
                }
            }
            "function" => {
                let name = self.word()?.to_owned();
                self.at += 1;
                self.skip(&["(", ")", ";"]);
                self.body(name, depth)
            }
            _ if self.peek() == Some(&Token::Between("(")) => {
                self.at += 1;
                self.take(")")?;
                self.skip(&[";"]);
                self.body(word, depth)
            }
            _ => {
                let is_test = word == "[[";
                let mut words = vec![word];
                while let Some(token) = self.peek() {
                    match token {
                        Token::Word(word) => words.push(word.clone()),
                        Token::Between(between) if is_test && *between != ";" => words.push((*between).to_owned()),
                        Token::Between(_) => break,
                    }
                    self.at += 1;
                    if is_test && words.last().is_some_and(|word| word == "]]") {
                        break;
                    }
                }
                Some(Node::Simple(words))
            }
        }
    }

    fn body(&mut self, name: String, depth: usize) -> Option<Node> {
        self.take("{")?;
        let inner = self.list(depth)?;
        self.take("}")?;
        Some(Node::Function(name, inner))
    }
}
