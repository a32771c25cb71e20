//! JSON that is well formed, but holds what `serde_json` does not read: half of a UTF-16 surrogate pair, a number beyond
//! all floats, the same key twice, very deep or very long structures. Rewritten here so that the rest can be read.

use serde::Deserialize;
use serde_json::Value;

/// The deepest nesting of an object. Pipedrive's own nest about five deep.
const MAX_DEPTH: usize = 24;
/// The most entries of one list or object that are read. Objects have some hundreds of fields at most.
const MAX_ENTRIES: usize = 2_000;
/// The most of one object that is read, in bytes; what is rewritten never takes more.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Reads an object although some of its values cannot be read: those become null, half of a surrogate pair becomes
/// U+FFFD, and of a key that comes twice the last value counts.
///
/// # Errors
/// If the text is no JSON, or the type does not take its shape.
pub(super) fn read<T: for<'de> Deserialize<'de>>(json: &str) -> Result<T, serde_json::Error> {
    let value: Value = serde_json::from_str(&rewrite(json))?;
    T::deserialize(value)
}

/// Rewrites JSON so that all of it can be read.
fn rewrite(json: &str) -> String {
    let mut writer = Writer { from: json.as_bytes(), at: 0, to: String::with_capacity(json.len().min(MAX_BYTES)) };
    writer.value(0);
    writer.to
}

struct Writer<'a> {
    from: &'a [u8],
    at: usize,
    to: String,
}

impl Writer<'_> {
    fn peek(&self) -> Option<u8> {
        self.from.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// The text of the input from here to there. Never splits a character: only ASCII is looked for.
    fn text(&self, from: usize, to: usize) -> &str {
        self.from.get(from..to).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn value(&mut self, depth: usize) {
        self.skip_space();
        match self.peek() {
            _ if self.to.len() > MAX_BYTES => self.skipped(),
            Some(b'{' | b'[') if depth >= MAX_DEPTH => self.skipped(),
            Some(b'{') => self.container(b'}', depth),
            Some(b'[') => self.container(b']', depth),
            Some(b'"') => self.string(),
            _ => self.word(),
        }
    }

    /// Leaves out a whole value.
    fn skipped(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if open == 0 => break,
                b'}' | b']' => {
                    open -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        self.to.push_str("null");
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    fn container(&mut self, end: u8, depth: usize) {
        self.to.push(if end == b'}' { '{' } else { '[' });
        self.at += 1;
        let mut count = 0_usize;
        loop {
            self.skip_space();
            match self.peek() {
                None => return,
                Some(byte) if byte == end => break,
                Some(b',') => self.at += 1,
                Some(_) => {
                    let before = self.to.len();
                    if count > 0 {
                        self.to.push(',');
                    }
                    let begin = self.at;
                    self.entry(end, depth);
                    count += 1;
                    if count > MAX_ENTRIES {
                        self.to.truncate(before);
                    }
                    // What is no JSON ends here; reading says so.
                    if self.at == begin {
                        return;
                    }
                }
            }
        }
        self.at += 1;
        self.to.push(char::from(end));
    }

    fn entry(&mut self, end: u8, depth: usize) {
        if end == b'}' {
            self.string();
            self.skip_space();
            if self.peek() == Some(b':') {
                self.at += 1;
                self.to.push(':');
            }
        }
        self.value(depth + 1);
    }

    /// A string with its quotes. Runs of plain text are taken over whole.
    fn string(&mut self) {
        if self.peek() != Some(b'"') {
            return;
        }
        self.to.push('"');
        self.at += 1;
        let mut run = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.take(run);
                    self.at += 1;
                    self.to.push('"');
                    return;
                }
                b'\\' if self.from.get(self.at + 1) == Some(&b'u') => {
                    self.take(run);
                    self.unit();
                    run = self.at;
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.take(run);
    }

    /// Takes over what comes from there to here.
    fn take(&mut self, run: usize) {
        let taken = self.text(run, self.at.min(self.from.len())).to_owned();
        self.to.push_str(&taken);
    }

    /// A `\u` escape: as it is, but for half of a pair.
    fn unit(&mut self) {
        let unit = self.unit_at(self.at);
        let next = self.unit_at(self.at + 6);
        let (length, is_good) = match (unit, next) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => (12, true),
            (Some(0xD800..0xE000), _) => (6, false),
            (Some(_), _) => (6, true),
            // No escape at all: reading says so.
            (None, _) => (2, true),
        };
        let begin = self.at;
        self.at += length;
        if is_good {
            self.take(begin);
        } else {
            self.to.push('\u{FFFD}');
        }
    }

    /// The code unit of a `\u` escape that is there.
    fn unit_at(&self, at: usize) -> Option<u32> {
        let digits = self.text(at, at + 6).strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }

    /// A number, `true`, `false` or `null`. A number beyond all floats is none.
    fn word(&mut self) {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.at += 1;
        }
        let word = self.text(begin, self.at).to_owned();
        let is_number = word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
        let is_endless = is_number && word.parse::<f64>().is_ok_and(f64::is_infinite);
        self.to.push_str(if is_endless { "null" } else { &word });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_be_read_is_left_as_it_is() {
        for json in [
            r#"{"a":[1,-2.5e3,true,false,null,"x\"\\\/\n\u00e9\ud83d\ude00 ü"],"b":{}}"#,
            r#" [ { "a" : [ ] } , "\\" ] "#,
            "17",
        ] {
            let expected: Value = serde_json::from_str(json).unwrap();
            assert_eq!(read::<Value>(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn only_what_cannot_be_read_is_lost() {
        let odd = r#"{"id":7,"a":"cut \ud83d","b":"\ude00 off","c":"\ud83d\ud83d\ude00","n":1e999,"m":[-1E+999,2],
            "t":"1e999","id2":1,"id2":2}"#;
        let read: Value = read(odd).unwrap();
        let expected = serde_json::json!({
            "id": 7, "a": "cut \u{FFFD}", "b": "\u{FFFD} off", "c": "\u{FFFD}\u{1F600}", "n": null, "m": [null, 2],
            "t": "1e999", "id2": 2,
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = format!(
            r#"{{"id":7,"deep":{}{},"title":"x"}}"#,
            "[{\"a\":".repeat(500),
            "1".to_owned() + &"}]".repeat(500)
        );
        let read_deep: Value = read(&deep).unwrap();
        assert_eq!((&read_deep["id"], &read_deep["title"]), (&7.into(), &"x".into()));
        let long = format!(r#"{{"long":[{}0],"id":7}}"#, "1,".repeat(100_000));
        let read_long: Value = read(&long).unwrap();
        assert_eq!(read_long["id"], 7);
        assert_eq!(read_long["long"].as_array().unwrap().len(), MAX_ENTRIES);
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for bad in ["", "{", "[1", r#"{"a"}"#, r#""\u12"#, r#""\u12zz""#, "nul", "{]", "[}", "{\"a\":}", "\\"] {
            assert!(read::<Value>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[\\[\\]{}\",:0-9eu\\\\dD+ .-]{0,60}") {
            let _ = read::<Value>(&text);
            let _ = read::<Value>(&format!("{{\"a\":{text}"));
        }
    }
}
