//! A new API token in place of one that Pipedrive refused.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent};
use secrecy::zeroize::Zeroize;
use tui_input::Input;

use super::actions::{Action, describe};
use super::dialog::Dialog;
use super::state::{State, Tone};
use super::update::type_into;
use super::{App, Effect};
use crate::pipedrive::Token;
use crate::sync::{Command, Connection, ConnectionState};

/// A field of which nobody sees what is typed: not on the screen, not by `Debug`. It is wiped when it goes.
#[derive(Default)]
pub struct Secret(Input);

impl Secret {
    /// A mark for each character, with the cursor in its place.
    fn masked(&self) -> Input {
        Input::new("•".repeat(self.0.value().chars().count())).with_cursor(self.0.cursor())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        String::from(std::mem::take(&mut self.0)).zeroize();
    }
}

/// The question for a new token.
#[derive(Debug)]
pub struct TokenPrompt {
    input: Secret,
    is_again: bool,
    /// What is wrong with it, once it was tried.
    pub error: Option<String>,
}

impl TokenPrompt {
    /// What is typed, as it may be shown.
    pub fn masked(&self) -> Input {
        self.input.masked()
    }

    /// Whether a new token was given already, and refused as well.
    pub fn is_again(&self) -> bool {
        self.is_again
    }

    fn token(&self) -> Result<Token, String> {
        match self.input.0.value() {
            "" => Err("nothing was typed or pasted yet".to_owned()),
            text => Token::new(text).map_err(|error| error.to_string()),
        }
    }

    pub(super) fn type_in(&mut self, key: KeyEvent) {
        self.error = None;
        type_into(&mut self.input.0, key);
    }

    /// Whether a key leaves the dashboard: a token is hexadecimal, so over an empty field this is none of it.
    pub(super) fn quits(&self, key: KeyEvent) -> bool {
        key.code == KeyCode::Char('q') && key.modifiers.is_empty() && self.input.0.value().is_empty()
    }
}

/// How far putting a new token in place has come.
#[derive(Debug, Default)]
pub struct Renewal {
    /// Whether one is to be asked for as soon as nothing else is typed.
    is_wanted: bool,
    /// How many requests had been sent when the last one was given, until Pipedrive takes it. None is sent while a
    /// token is refused, so a refusal after no more than these is of the one before.
    given_after: Option<u64>,
}

impl State {
    /// The question for a token opens when it can.
    pub(super) fn want_token(&mut self) {
        self.renewal.is_wanted = true;
        if self.is_typing() {
            let problem = self.token_problem();
            self.tell(Tone::Bad, format!("{problem}. A new one is asked for as soon as this is done."));
        }
    }

    /// What is wrong with the token, as the beginning of a sentence.
    fn token_problem(&self) -> String {
        match &self.line.state {
            ConnectionState::WrongAccount(wrong) => capitalized(&wrong.to_string()),
            _ => "Pipedrive refused the API token".to_owned(),
        }
    }

    /// Opens the question for a token if that is due, and nothing else is open.
    pub(super) fn ask_for_token(&mut self) {
        if self.renewal.is_wanted && self.line.state.needs_token() && !self.is_typing() {
            self.open_token(None);
        }
    }

    fn is_typing(&self) -> bool {
        self.dialog.is_some() || self.filter.typing
    }

    fn open_token(&mut self, error: Option<String>) {
        self.renewal.is_wanted = false;
        self.board.drag = None;
        self.notice = None;
        let is_again = self.renewal.given_after.is_some();
        let is_wrong = matches!(self.line.state, ConnectionState::WrongAccount(_));
        let error = error.or_else(|| is_wrong.then(|| self.token_problem()));
        self.dialog = Some(Dialog::Token(TokenPrompt { input: Secret::default(), is_again, error }));
    }

    /// The question was left open.
    pub(super) fn leave_token(&mut self) {
        let key = describe(Action::Token).and_then(|described| described.keys.first()).unwrap_or(&"");
        let what = "Nothing is read or saved until it has a new one";
        self.tell(Tone::Bad, format!("{}. {what} ({key}).", self.token_problem()));
    }

    /// A line as it is with the new token: what was told before that was in use says nothing of it.
    pub(super) fn line_since_renewal(&self, mut line: Connection) -> Connection {
        if line.state.needs_token() && self.renewal.given_after == Some(line.details.sent) {
            line.state = ConnectionState::Connecting;
        }
        line
    }

    /// Pipedrive answers: whether that is for a new token.
    pub(super) fn took_token(&mut self) -> bool {
        self.renewal.is_wanted = false;
        self.renewal.given_after.take().is_some()
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl App {
    /// Asks for a token by key.
    pub(super) fn ask_token(&mut self) {
        if self.state.line.state.needs_token() {
            self.state.open_token(None);
        } else {
            self.state.tell(Tone::Info, "Pipedrive has not refused the API token; no other is needed.");
        }
    }

    /// Hands the token on, if it can be one.
    pub(super) fn renew(&mut self) -> Vec<Effect> {
        let state = &mut self.state;
        let Some(Dialog::Token(asked)) = &mut state.dialog else { return Vec::new() };
        match asked.token() {
            Ok(token) => {
                state.dialog = None;
                state.renewal.given_after = Some(state.line.details.sent);
                state.line.state = ConnectionState::Connecting;
                state.line_since = state.now;
                state.tell(Tone::Info, "Trying the new token…");
                vec![Effect::Send(Command::UseToken(token))]
            }
            Err(error) => {
                asked.error = Some(error);
                Vec::new()
            }
        }
    }

    /// The token could not be handed on: the one that was refused is still in use.
    pub(super) fn token_undelivered(&mut self) {
        self.state.renewal.given_after = None;
        self.state.line.state = ConnectionState::Refused;
        if self.state.is_typing() {
            self.state.want_token();
        } else {
            self.state.open_token(Some("dealdeck was too busy to take it; enter it once more".to_owned()));
        }
    }
}
