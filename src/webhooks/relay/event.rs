//! Server-sent events as text, written and read.

use std::fmt::Write;

/// The longest line that is read, in bytes, and the most that the lines of one event may come to. A delivery has up to
/// 1 MiB.
const LONGEST: usize = 2 * 1024 * 1024;
/// The longest id that is taken, in bytes.
const LONGEST_ID: usize = 64;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its kind; empty for the plain one.
    pub kind: String,
    /// The content.
    pub data: String,
}

/// A line or an event that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is too long")]
pub struct TooLong;

/// Writes an event. Its data are JSON, in which a line break is nothing but white space.
pub(super) fn write(out: &mut String, id: &str, kind: &str, data: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "id: {id}");
    if !kind.is_empty() {
        let _ = writeln!(out, "event: {kind}");
    }
    let _ = writeln!(out, "data: {}\n", data.replace(['\n', '\r'], " "));
}

/// A sign of life, by which the reader knows how far it has come.
pub(super) fn heartbeat(id: &str) -> String {
    format!(": \nid: {id}\n\n")
}

/// Reads events from bytes as they come, however they are cut.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line that has begun.
    line: Vec<u8>,
    /// `true` if the last byte was a carriage return, so that a line feed after it ends no line of its own.
    after_return: bool,
    /// `true` while reading the first line, which may begin with a byte order mark.
    has_begun: bool,
    kind: String,
    data: Option<String>,
    last_id: String,
}

impl Parser {
    /// The id of the last event or heartbeat; empty before there was one.
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// One for the next connection, which knows what came last.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { last_id: self.last_id.clone(), ..Self::default() }
    }

    /// Reads on, and gives what events have come to their end.
    ///
    /// # Errors
    /// [`TooLong`] where there is no telling how long it goes on. Nothing is to be read after that.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let ends = match byte {
                b'\n' => !self.after_return,
                b'\r' => true,
                _ => {
                    self.line.push(byte);
                    false
                }
            };
            self.after_return = byte == b'\r';
            if ends {
                events.extend(self.end_line());
            }
            if self.line.len() > LONGEST || self.data.as_ref().is_some_and(|data| data.len() > LONGEST) {
                return Err(TooLong);
            }
        }
        Ok(events)
    }

    /// A line has come to its end; an empty one ends an event.
    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = if is_first { line.strip_prefix('\u{feff}').unwrap_or(&line) } else { &*line };
        if line.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            return self.data.take().map(|data| Event { kind, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if value.len() <= LONGEST_ID && !value.contains('\0') => value.clone_into(&mut self.last_id),
            // Comments, and fields of the future.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> (Vec<Event>, String) {
        let mut parser = Parser::default();
        let events = parser.read(text).unwrap();
        (events, parser.last_id().to_owned())
    }

    fn event(kind: &str, data: &str) -> Event {
        Event { kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn the_examples_of_the_standard_are_read_as_it_says() {
        let (events, _) = read(b"data: YHOO\ndata: +2\ndata: 10\n\n");
        assert_eq!(events, [event("", "YHOO\n+2\n10")]);
        let (events, id) =
            read(b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n");
        assert_eq!(events, [event("", "first event"), event("", "second event"), event("", " third event")]);
        assert_eq!(id, "");
        assert_eq!(read(b"data\n\ndata\ndata\n\ndata:").0, [event("", ""), event("", "\n")]);
        assert_eq!(read(b"event: add\r\ndata: 7\r\rdata: 2\n\n").0, [event("add", "7"), event("", "2")]);
        assert_eq!(read("\u{feff}data: x\n\n".as_bytes()).0, [event("", "x")]);
        // One that says nothing is none, and its kind does not stay.
        assert_eq!(read(b"event: add\nid: 4\n\ndata: x\n\n"), (vec![event("", "x")], "4".to_owned()));
    }

    #[test]
    fn what_goes_on_and_on_is_given_up() {
        let mut parser = Parser::default();
        let line = vec![b'a'; LONGEST];
        assert!(parser.read(b"data: ").is_ok());
        assert_eq!(parser.read(&line), Err(TooLong));
        let mut parser = Parser::default();
        let line = format!("data: {}\n", "a".repeat(64 * 1024));
        assert!((0..40).any(|_| parser.read(line.as_bytes()).is_err()), "many lines of one event");
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_events_are_the_same(
            text in "((data|event|id|other)?:? ?[a-z\\x00\u{feff}é]{0,5}(\\r|\\n|\\r\\n|\\n\\n)){0,30}",
            cuts in prop::collection::vec(1_usize..7, 1..20),
        ) {
            let mut parser = Parser::default();
            let mut events = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts.iter().cycle() {
                let (some, others) = rest.split_at((*cut).min(rest.len()));
                events.extend(parser.read(some).unwrap());
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!((events, parser.last_id().to_owned()), read(text.as_bytes()));
        }

        #[test]
        fn what_is_written_is_read_so(kind in "[a-z]{0,8}", data in "[^\\r\\n]{0,50}") {
            let mut text = String::new();
            write(&mut text, "1-7", &kind, &data);
            text.push_str(&heartbeat("1-8"));
            prop_assert_eq!(read(text.as_bytes()), (vec![event(&kind, &data)], "1-8".to_owned()));
        }
    }
}
