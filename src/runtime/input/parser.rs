//! Bytes of a terminal to events, however they are cut.
//!
//! What is one sequence is decided here, so that each is bounded and can be given up: `ESC [ ?` of which the rest never
//! comes must not swallow the keys that follow. What a whole sequence means is left to `termina`'s parser, which is fed
//! with nothing else: of one that is cut short it, as crossterm's, would wait for the end without end.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::Event;

use super::convert;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CTRL_C: u8 = 0x03;
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// How long the rest of a sequence may take. An escape that nothing follows by then is the key.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long the rest of a paste may take. What comes after that would be taken for keys.
const PASTE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a sequence may be; those that are known have a few dozen bytes at most.
const MAX_SEQUENCE: usize = 64;
/// How many bytes of a paste are kept; the rest of it is left out.
const MAX_PASTE: usize = 4 << 20;

/// What the bytes that come next belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has begun.
    Ground,
    /// `ESC`.
    Escape,
    /// `ESC [`.
    Csi,
    /// `ESC [ [`, function keys of the Linux console.
    Console,
    /// `ESC [ M`, three bytes of a mouse follow.
    Mouse,
    /// `ESC O`.
    Ss3,
    /// A string with an answer to a question that nobody here has asked; its end may have begun.
    Text { may_end: bool },
    /// A sequence that is longer than any that is known.
    Overlong,
    /// A character of several bytes.
    Character,
    /// A paste, of whose end so many bytes have come.
    Paste { ended: usize },
}

/// Bytes in, events out. It has no clock: who feeds it gives up what is incomplete, by [`Self::expire`], once
/// [`Self::patience`] has gone by without more bytes.
#[derive(Debug)]
pub struct InputParser {
    state: State,
    /// What has come of the sequence or character.
    pending: Vec<u8>,
    /// Whether its escape came apart from the bytes after it.
    came_apart: bool,
    pasted: Vec<u8>,
    pub(super) events: VecDeque<Event>,
    grammar: termina::Parser,
}

impl Default for InputParser {
    fn default() -> Self {
        Self {
            state: State::Ground,
            pending: Vec::new(),
            came_apart: false,
            pasted: Vec::new(),
            events: VecDeque::new(),
            grammar: termina::Parser::default(),
        }
    }
}

impl InputParser {
    /// Takes in bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.came_apart |= self.state == State::Escape && !bytes.is_empty();
        for byte in bytes {
            self.take(*byte);
        }
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How long to wait for the rest of what has begun; `None` if nothing has.
    pub fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Paste { .. } => Some(PASTE_PATIENCE),
            _ => Some(PATIENCE),
        }
    }

    /// Gives up what is incomplete: an escape is the key, a paste what has come of it, and all else nothing.
    pub fn expire(&mut self) {
        match self.state {
            State::Escape => self.emit(),
            State::Csi | State::Ss3 if self.came_apart && self.pending.len() == 2 => {
                let key = self.pending.pop();
                self.emit();
                self.pending.extend(key);
                self.emit();
            }
            State::Text { may_end: true } => {
                self.begin_anew(ESC);
                self.emit();
            }
            State::Paste { .. } => self.end_paste(),
            _ => {}
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.state = State::Ground;
        self.pending.clear();
        self.came_apart = false;
    }

    fn take(&mut self, byte: u8) {
        match self.state {
            State::Ground => self.begin(byte),
            State::Escape => self.after_escape(byte),
            State::Csi => self.in_csi(byte),
            State::Console | State::Ss3 => match byte {
                0x20..=0x7e => self.complete(byte),
                _ => self.begin_anew(byte),
            },
            State::Mouse => match byte {
                0x20.. if self.pending.len() == 5 => self.complete(byte),
                0x20.. => self.pending.push(byte),
                _ => self.begin_anew(byte),
            },
            State::Text { may_end } => self.in_text(byte, may_end),
            State::Overlong => match byte {
                0x20..=0x3f => {}
                0x40..=0x7e => self.reset(),
                _ => self.begin_anew(byte),
            },
            State::Character => self.in_character(byte),
            State::Paste { ended } => self.in_paste(byte, ended),
        }
    }

    /// A byte that does not belong to what came before it: that is left, and the byte counts for itself. So the keys that
    /// are control characters always work.
    fn begin_anew(&mut self, byte: u8) {
        self.reset();
        self.begin(byte);
    }

    fn begin(&mut self, byte: u8) {
        self.pending.push(byte);
        match byte {
            ESC => self.state = State::Escape,
            0x80.. => self.check_character(),
            _ => self.emit(),
        }
    }

    fn after_escape(&mut self, byte: u8) {
        match byte {
            // The first one was the key; ctrl-c is none together with an escape, so that it always ends what is open.
            ESC | CTRL_C => {
                self.emit();
                self.begin(byte);
            }
            b'[' => self.go_on(byte, State::Csi),
            b'O' => self.go_on(byte, State::Ss3),
            // A terminal sends a key with alt at once: these are two that were pressed one after the other.
            _ if self.came_apart => {
                self.emit();
                self.begin(byte);
            }
            b']' | b'P' | b'X' | b'^' | b'_' => self.go_on(byte, State::Text { may_end: false }),
            0x80.. => {
                self.pending.push(byte);
                self.check_character();
            }
            _ => self.complete(byte),
        }
    }

    fn go_on(&mut self, byte: u8, state: State) {
        self.pending.push(byte);
        self.state = state;
    }

    fn in_csi(&mut self, byte: u8) {
        let is_first = self.pending.len() == 2;
        match byte {
            b'[' if is_first => self.go_on(byte, State::Console),
            b'M' if is_first => self.go_on(byte, State::Mouse),
            0x20..=0x3f if self.pending.len() >= MAX_SEQUENCE => self.state = State::Overlong,
            0x20..=0x3f => self.pending.push(byte),
            b'~' if self.pending == PASTE_BEGINS[..PASTE_BEGINS.len() - 1] => {
                self.reset();
                self.state = State::Paste { ended: 0 };
            }
            // Nothing that is known has a final byte right after its mark: the sequence was cut, and this is a key.
            0x40..=0x7e if matches!(self.pending.as_slice(), [ESC, b'[', b'<' | b'=' | b'>' | b'?']) => {
                self.begin_anew(byte);
            }
            0x40..=0x7e => self.complete(byte),
            _ => self.begin_anew(byte),
        }
    }

    fn in_text(&mut self, byte: u8, may_end: bool) {
        match (byte, may_end) {
            (BEL, _) | (b'\\', true) => self.reset(),
            (ESC, _) => self.state = State::Text { may_end: true },
            // The escape began something else.
            (_, true) => {
                self.begin_anew(ESC);
                self.take(byte);
            }
            (0x20.., false) => {}
            _ => self.begin_anew(byte),
        }
    }

    fn in_character(&mut self, byte: u8) {
        if (0x80..0xc0).contains(&byte) {
            self.pending.push(byte);
            self.check_character();
        } else {
            self.begin_anew(byte);
        }
    }

    /// Whether a character of several bytes is whole, or can become so. Bytes that are no text are left out.
    fn check_character(&mut self) {
        let text = self.pending.strip_prefix(&[ESC]).unwrap_or(&self.pending);
        match std::str::from_utf8(text) {
            Ok(_) => self.emit(),
            Err(error) if error.error_len().is_none() => self.state = State::Character,
            Err(_) => self.reset(),
        }
    }

    fn in_paste(&mut self, byte: u8, ended: usize) {
        if byte == PASTE_ENDS[ended] {
            let ended = ended + 1;
            self.state = State::Paste { ended };
            if ended == PASTE_ENDS.len() {
                self.end_paste();
                self.reset();
            }
            return;
        }
        self.keep_pasted(&PASTE_ENDS[..ended]);
        // Only its first byte can begin the end again.
        let begins = byte == ESC;
        if !begins {
            self.keep_pasted(&[byte]);
        }
        self.state = State::Paste { ended: usize::from(begins) };
    }

    fn keep_pasted(&mut self, bytes: &[u8]) {
        let room = MAX_PASTE.saturating_sub(self.pasted.len());
        self.pasted.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_paste(&mut self) {
        let pasted = std::mem::take(&mut self.pasted);
        self.events.push_back(Event::Paste(String::from_utf8_lossy(&pasted).into_owned()));
    }

    fn complete(&mut self, byte: u8) {
        self.pending.push(byte);
        self.emit();
    }

    /// Hands over what is whole now. What the grammar does not know is left out.
    fn emit(&mut self) {
        self.grammar.parse(&self.pending, false);
        let mut is_known = false;
        while let Some(event) = self.grammar.pop() {
            is_known = true;
            self.events.extend(convert::event(event));
        }
        if !is_known {
            // It may have kept the bytes, to wait for more.
            self.grammar = termina::Parser::default();
        }
        self.reset();
    }
}
