//! Splits Rust source into the few kinds of tokens that imports and lengths can be read from.

/// A token and the line that it starts on, counted from 1.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Ident(String),
    /// `::`
    PathSep,
    Punct(char),
    /// A string, character, number or lifetime.
    Other,
}

impl Token {
    pub fn is(&self, punct: char) -> bool {
        self.kind == Kind::Punct(punct)
    }

    pub fn ident(&self) -> Option<&str> {
        if let Kind::Ident(name) = &self.kind { Some(name) } else { None }
    }

    pub fn is_ident(&self, name: &str) -> bool {
        self.ident() == Some(name)
    }
}

/// Reads `source`; comments and white space are dropped.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { chars: source.chars().collect(), at: 0, line: 1 };
    let mut tokens = Vec::new();
    while let Some(c) = reader.peek(0) {
        let line = reader.line;
        if let Some(kind) = reader.token(c) {
            tokens.push(Token { kind, line });
        }
    }
    tokens
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) {
        self.line += usize::from(self.peek(0) == Some('\n'));
        self.at += 1;
    }

    fn token(&mut self, c: char) -> Option<Kind> {
        match c {
            '/' if self.peek(1) == Some('/') => {
                while self.peek(0).is_some_and(|c| c != '\n') {
                    self.bump();
                }
                None
            }
            '/' if self.peek(1) == Some('*') => {
                self.block_comment();
                None
            }
            '"' => Some(self.string()),
            '\'' => Some(self.quote()),
            ':' if self.peek(1) == Some(':') => {
                self.at += 2;
                Some(Kind::PathSep)
            }
            c if c.is_alphabetic() || c == '_' => Some(self.word()),
            c if c.is_ascii_digit() => {
                while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    self.bump();
                }
                Some(Kind::Other)
            }
            c => {
                self.bump();
                (!c.is_whitespace()).then_some(Kind::Punct(c))
            }
        }
    }

    /// Reads an identifier, a raw identifier, or a string with a prefix: `r"…"`, `br#"…"#`, `b'…'`.
    fn word(&mut self) -> Kind {
        let mut word = String::new();
        while let Some(c) = self.peek(0).filter(|c| c.is_alphanumeric() || *c == '_') {
            word.push(c);
            self.bump();
        }
        let hashes = self.chars[self.at..].iter().take_while(|c| **c == '#').count();
        match word.as_str() {
            "r" | "br" | "cr" if self.peek(hashes) == Some('"') => self.raw_string(hashes),
            "b" | "c" if self.peek(0) == Some('"') => self.string(),
            "b" if self.peek(0) == Some('\'') => self.quote(),
            "r" if hashes == 1 => {
                self.bump();
                self.word()
            }
            _ => Kind::Ident(word),
        }
    }

    fn string(&mut self) -> Kind {
        self.bump();
        while let Some(c) = self.peek(0) {
            if c == '\\' {
                self.bump();
            }
            self.bump();
            if c == '"' {
                break;
            }
        }
        Kind::Other
    }

    fn raw_string(&mut self, hashes: usize) -> Kind {
        self.at += hashes + 1;
        while self.at < self.chars.len() {
            let closes = self.peek(0) == Some('"') && (1..=hashes).all(|n| self.peek(n) == Some('#'));
            self.bump();
            if closes {
                self.at += hashes;
                break;
            }
        }
        Kind::Other
    }

    /// Reads a character or a lifetime.
    fn quote(&mut self) -> Kind {
        if self.peek(1) == Some('\\') {
            self.at += 3;
            while self.peek(0).is_some_and(|c| c != '\'') {
                self.bump();
            }
            self.bump();
        } else if self.peek(2) == Some('\'') {
            self.bump();
            self.bump();
            self.bump();
        } else {
            self.bump();
            while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                self.bump();
            }
        }
        Kind::Other
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.peek(0).is_some() {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                _ => {
                    self.bump();
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }
}

/// Removes the items under `#[cfg(test)]`, and returns the names of the modules that were declared there.
pub fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut rest, mut modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            rest.push(tokens[at].clone());
            at += 1;
            continue;
        }
        while tokens.get(at).is_some_and(|token| token.is('#')) {
            at = after_group(tokens, at + 1);
        }
        if let [first, name, end, ..] = &tokens[at..]
            && first.is_ident("mod")
            && end.is(';')
        {
            modules.extend(name.ident().map(ToOwned::to_owned));
        }
        at = after_item(tokens, at);
    }
    (rest, modules)
}

fn is_test_attribute(tokens: &[Token]) -> bool {
    let [hash, bracket, cfg, ..] = tokens else { return false };
    let end = after_group(tokens, 1);
    hash.is('#')
        && bracket.is('[')
        && cfg.is_ident("cfg")
        && tokens[..end].iter().any(|token| token.is_ident("test"))
        && !tokens[..end].iter().any(|token| token.is_ident("not"))
}

/// Returns the position after the bracket that closes the one at `open`.
pub fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Punct('(' | '[' | '{') => depth += 1,
            Kind::Punct(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

fn after_item(tokens: &[Token], start: usize) -> usize {
    let ends_with_semicolon = tokens[start..]
        .iter()
        .filter_map(Token::ident)
        .find(|word| !matches!(*word, "pub" | "crate" | "super"))
        .is_some_and(|word| matches!(word, "use" | "const" | "static" | "type" | "let"));
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        let is_block = token.is('{');
        at = if is_block || token.is('(') || token.is('[') { after_group(tokens, at) } else { at + 1 };
        if token.is(';') || is_block && !ends_with_semicolon {
            return at;
        }
    }
    at
}
