//! Converts the bytes of a terminal to events, however they are split.
//!
//! This parser finds the ends of sequences, so that each is bounded and can expire: `ESC [ ?` without its rest must not
//! swallow the keys that follow. The meaning of a complete sequence comes from `termina`'s parser, which gets nothing
//! else: like crossterm's, it would wait forever for the end of an incomplete one.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::Event;

use super::convert;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CTRL_C: u8 = 0x03;
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// Maximum time for the rest of a sequence. An escape alone after this time is the key.
const PATIENCE: Duration = Duration::from_millis(50);
/// Maximum time for the rest of a paste. Later bytes count as keys.
const PASTE_PATIENCE: Duration = Duration::from_secs(5);
/// Maximum length of a sequence; known ones have a few dozen bytes at most.
const MAX_SEQUENCE: usize = 64;
/// Maximum number of bytes of a paste; the rest is dropped.
const MAX_PASTE: usize = 4 << 20;

/// The sequence to which the next bytes belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No sequence has begun.
    Ground,
    /// `ESC`.
    Escape,
    /// `ESC [`.
    Csi,
    /// `ESC [ [`, function keys of the Linux console.
    Console,
    /// `ESC [ M`, followed by three bytes of a mouse event.
    Mouse,
    /// `ESC O`.
    Ss3,
    /// A string with an answer to a query that dealdeck did not send; its end may have begun.
    Text { may_end: bool },
    /// A sequence that is longer than any known one.
    Overlong,
    /// A character of several bytes.
    Character,
    /// A paste, with the number of bytes of its end that have arrived.
    Paste { ended: usize },
}

/// Converts bytes to events. It has no clock: its caller ends an incomplete sequence with [`Self::expire`] once
/// [`Self::patience`] has passed without more bytes.
#[derive(Debug)]
pub struct InputParser {
    state: State,
    /// The bytes of the present sequence or character.
    pending: Vec<u8>,
    /// `true` if its escape arrived separately from the bytes after it.
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
    /// Parses more bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.came_apart |= self.state == State::Escape && !bytes.is_empty();
        for byte in bytes {
            self.take(*byte);
        }
    }

    /// Returns the next event.
    pub fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns the time to wait for the rest of the sequence; `None` if none has begun.
    pub fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Paste { .. } => Some(PASTE_PATIENCE),
            _ => Some(PATIENCE),
        }
    }

    /// Ends an incomplete sequence: an escape becomes the key, a paste is cut off, and anything else is dropped.
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
                self.restart(ESC);
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
                _ => self.restart(byte),
            },
            State::Mouse => match byte {
                0x20.. if self.pending.len() == 5 => self.complete(byte),
                0x20.. => self.pending.push(byte),
                _ => self.restart(byte),
            },
            State::Text { may_end } => self.in_text(byte, may_end),
            State::Overlong => match byte {
                0x20..=0x3f => {}
                0x40..=0x7e => self.reset(),
                _ => self.restart(byte),
            },
            State::Character => self.in_character(byte),
            State::Paste { ended } => self.in_paste(byte, ended),
        }
    }

    /// Drops the present sequence and begins a new one with a byte that does not belong to it, so that control
    /// characters always work as keys.
    fn restart(&mut self, byte: u8) {
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
            // The first escape was the key. Ctrl-C is no part of a sequence, so that it always works.
            ESC | CTRL_C => {
                self.emit();
                self.begin(byte);
            }
            b'[' => self.go_on(byte, State::Csi),
            b'O' => self.go_on(byte, State::Ss3),
            // A terminal sends a key with alt at once: these are two separate keys.
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
            // No known sequence has its final byte right after its mark: it was cut off, and this is a key.
            0x40..=0x7e if matches!(self.pending.as_slice(), [ESC, b'[', b'<' | b'=' | b'>' | b'?']) => {
                self.restart(byte);
            }
            0x40..=0x7e => self.complete(byte),
            _ => self.restart(byte),
        }
    }

    fn in_text(&mut self, byte: u8, may_end: bool) {
        match (byte, may_end) {
            (BEL, _) | (b'\\', true) => self.reset(),
            (ESC, _) => self.state = State::Text { may_end: true },
            // The escape began another sequence.
            (_, true) => {
                self.restart(ESC);
                self.take(byte);
            }
            (0x20.., false) => {}
            _ => self.restart(byte),
        }
    }

    fn in_character(&mut self, byte: u8) {
        if (0x80..0xc0).contains(&byte) {
            self.pending.push(byte);
            self.check_character();
        } else {
            self.restart(byte);
        }
    }

    /// Emits a character of several bytes once it is complete; drops bytes that are not text.
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
        self.push_pasted(&PASTE_ENDS[..ended]);
        // Only the first byte of the end can begin it again.
        let begins = byte == ESC;
        if !begins {
            self.push_pasted(&[byte]);
        }
        self.state = State::Paste { ended: usize::from(begins) };
    }

    fn push_pasted(&mut self, bytes: &[u8]) {
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

    /// Emits the events of a complete sequence. Unknown sequences are dropped.
    fn emit(&mut self) {
        self.grammar.parse(&self.pending, false);
        let mut is_known = false;
        while let Some(event) = self.grammar.pop() {
            is_known = true;
            self.events.extend(convert::event(event));
        }
        if !is_known {
            // It may still hold the bytes and wait for more.
            self.grammar = termina::Parser::default();
        }
        self.reset();
    }
}
