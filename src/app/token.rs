//! A new API token in place of one that Pipedrive refused.

use crate::app::{Account, Session};
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent};
use secrecy::zeroize::Zeroize;
use tui_input::Input;

use super::Effect;
use super::actions::{Action, describe};
use super::dialogs::{Dialog, Outcome, Request};
use super::widgets::input::type_into;
use crate::app::notice::Tone;
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

    /// Handles a key. `q` in an empty field quits: tokens are hexadecimal, so it can't be the start of one.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        let is_empty = self.input.0.value().is_empty();
        match key.code {
            KeyCode::Char('q') if is_empty && key.modifiers.is_empty() => Outcome::Answer(Request::QuitWithoutToken),
            KeyCode::Enter => Outcome::Run(Request::UseToken),
            _ => {
                self.type_in(key);
                Outcome::Stay
            }
        }
    }
}

impl Session {
    /// Returns `true` if keys go into a dialog or the filter.
    fn is_typing(&self) -> bool {
        self.dialog.is_some() || self.filter.typing
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The question for a token opens when it can.
pub(super) fn want_token(session: &mut Session, account: &Account) {
    session.wants_token = true;
    if session.is_typing() {
        let problem = token_problem(account);
        session.tell(Tone::Bad, format!("{problem}. You'll be asked for a new token when you finish."));
    }
}

/// What is wrong with the token, as the beginning of a sentence.
fn token_problem(account: &Account) -> String {
    match &account.connection.line.state {
        ConnectionState::WrongAccount(wrong) => capitalized(&wrong.to_string()),
        _ => "Pipedrive refused the API token".to_owned(),
    }
}

/// Opens the question for a token if that is due, and nothing else is open.
pub(super) fn ask_for_token(session: &mut Session, account: &Account) {
    if session.wants_token && account.connection.line.state.needs_token() && !session.is_typing() {
        open_token(session, account, None);
    }
}

fn open_token(session: &mut Session, account: &Account, error: Option<String>) {
    session.wants_token = false;
    session.board.drag = None;
    session.messages.notice = None;
    let is_again = account.connection.token_given_after.is_some();
    let is_wrong = matches!(account.connection.line.state, ConnectionState::WrongAccount(_));
    let error = error.or_else(|| is_wrong.then(|| token_problem(account)));
    session.dialog = Some(Dialog::Token(TokenPrompt { input: Secret::default(), is_again, error }));
}

/// The question was left open.
pub(super) fn leave_token(session: &mut Session, account: &Account) {
    let key = describe(Action::Token).and_then(|described| described.keys.first()).unwrap_or(&"");
    let what = "Nothing is read or saved until it has a new one";
    session.tell(Tone::Bad, format!("{}. {what} ({key}).", token_problem(account)));
}

/// A line as it is with the new token: what was told before that was in use says nothing of it.
pub(super) fn line_since_renewal(account: &Account, mut line: Connection) -> Connection {
    if line.state.needs_token() && account.connection.token_given_after == Some(line.metrics.sent) {
        line.state = ConnectionState::Connecting;
    }
    line
}

/// Pipedrive answers: whether that is for a new token.
pub(super) fn took_token(session: &mut Session, account: &mut Account) -> bool {
    session.wants_token = false;
    account.connection.token_given_after.take().is_some()
}
/// Asks for a token by key.
pub(super) fn ask_token(session: &mut Session, account: &Account) {
    if account.connection.line.state.needs_token() {
        open_token(session, account, None);
    } else {
        session.tell(Tone::Info, "Pipedrive has not refused the API token; no other is needed.");
    }
}

/// Hands the token on, if it can be one.
pub(super) fn renew(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let Some(Dialog::Token(asked)) = &mut session.dialog else { return Vec::new() };
    match asked.token() {
        Ok(token) => {
            session.dialog = None;
            account.connection.token_given_after = Some(account.connection.line.metrics.sent);
            account.connection.line.state = ConnectionState::Connecting;
            account.connection.since = session.now;
            session.tell(Tone::Info, "Trying the new token…");
            vec![Effect::Send(Command::UseToken(token))]
        }
        Err(error) => {
            asked.error = Some(error);
            Vec::new()
        }
    }
}

/// The token could not be handed on: the one that was refused is still in use.
pub(super) fn token_undelivered(session: &mut Session, account: &mut Account) {
    account.connection.token_given_after = None;
    account.connection.line.state = ConnectionState::Refused;
    if session.is_typing() {
        want_token(session, account);
    } else {
        open_token(session, account, Some("dealdeck was too busy to take it; enter it once more".to_owned()));
    }
}
