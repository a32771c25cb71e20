//! The line to Pipedrive: what is told of it, and what it is told.

use crate::harness::App;
use chrono::TimeDelta;
use crossterm::event::{KeyModifiers, MouseEvent, MouseEventKind};
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::token::TokenPrompt;
use dealdeck::app::{Effect, Msg, Now};
use dealdeck::domain::UserId;
use dealdeck::pipedrive::{ApiError, Metrics, Token, WrongAccount};
use dealdeck::sync::{Command, Connection, ConnectionState, Progress, Report};

use crate::account::*;

fn after(seconds: i64) -> Now {
    Now(now().0 + TimeDelta::seconds(seconds))
}

#[test]
fn whoever_uses_keys_mouse_or_paste_is_present_and_that_is_said_once_a_minute() {
    let mut app = app();
    let key = || Msg::Key(code("j"));
    let wheel = || {
        let (kind, modifiers) = (MouseEventKind::ScrollDown, KeyModifiers::NONE);
        Msg::Mouse(MouseEvent { kind, column: 5, row: 5, modifiers })
    };
    let mut said = |msg: Msg, seconds| app.update(msg, after(seconds)).contains(&Effect::Send(Command::UserActive));
    assert!(!said(Msg::Tick, 0) && !said(Msg::Resize(100, 30), 1), "nobody did anything");
    assert!(said(key(), 2), "the first key");
    assert!(!said(key(), 3) && !said(wheel(), 60) && !said(Msg::Paste("x".into()), 61));
    assert!(!said(Msg::Tick, 90));
    assert!(said(wheel(), 62));
    assert!(said(Msg::Paste("x".into()), 122));
    assert!(!said(key(), 181));
    // A clock that was set back does not keep it quiet.
    assert!(said(key(), -3_600));
}

#[test]
fn a_key_that_quits_tells_of_presence_first() {
    let mut app = app();
    let effects = app.update(Msg::Key(code("q")), now());
    assert_eq!(effects, [Effect::Send(Command::UserActive), Effect::Quit]);
}

#[test]
fn the_line_in_detail_opens_in_every_view_and_closes_by_the_same_key() {
    let mut app = app();
    for view in ["1", "2", "3"] {
        for close in ["D", "q", "esc", "enter"] {
            press(&mut app, view);
            press(&mut app, "D j j");
            assert!(matches!(app.session.dialog, Some(Dialog::Diagnostics { top: 2 })), "{view}");
            press(&mut app, close);
            assert!(app.session.dialog.is_none(), "{view} {close}");
        }
    }
}

fn could_not_read(app: &mut App, seconds: i64) {
    let failed = Progress::Failed { error: ApiError::BudgetSpent.into(), next_poll: after(seconds + 60).0 };
    app.update(Msg::Report(Report::Progress(failed)), after(seconds));
}

/// What is told now; takes it off the screen.
fn told(app: &mut App) -> Option<String> {
    app.session.messages.notice.take().map(|notice| notice.text)
}

#[test]
fn a_reading_that_goes_on_failing_is_told_once() {
    let mut app = app();
    could_not_read(&mut app, 0);
    assert!(told(&mut app).is_some_and(|text| text.contains("Could not read the account")));
    could_not_read(&mut app, 60);
    could_not_read(&mut app, 120);
    assert_eq!(told(&mut app), None);
    assert_eq!(app.account.freshness.next_poll, Some(after(180).0), "when it is tried again is told all the same");
    // Whoever asks is answered.
    app.update(Msg::Key(code("r")), after(130));
    could_not_read(&mut app, 145);
    assert!(told(&mut app).is_some_and(|text| text.contains("Could not read the account")));
    // So is a failure after it went well.
    let fresh = Progress::Fresh { at: after(180).0, next_poll: after(480).0 };
    app.update(Msg::Report(Report::Progress(fresh)), after(180));
    could_not_read(&mut app, 480);
    assert!(told(&mut app).is_some());
}

fn line(state: ConnectionState, sent: u64) -> Msg {
    let line = Connection { state, metrics: Metrics { sent, ..Metrics::default() }, ..Connection::default() };
    Msg::Report(Report::Connection(Box::new(line)))
}

const SECRET: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

/// The dialog that asks for a token.
fn asked(app: &App) -> Option<&TokenPrompt> {
    match &app.session.dialog {
        Some(Dialog::Token(asked)) => Some(asked),
        _ => None,
    }
}

fn renewed(token: &str) -> Vec<Effect> {
    vec![Effect::Send(Command::UseToken(Token::new(token).unwrap()))]
}

#[test]
fn a_refused_token_asks_for_another_and_what_waits_goes_on() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "L"));
    send(&mut app, line(ConnectionState::Refused, 7));
    assert!(asked(&app).is_some());
    type_text(&mut app, SECRET);
    let everything = format!("{:?} {:?} {:?}", app.session, Msg::Paste(SECRET.into()), Msg::Key(code("0")));
    assert!(!everything.contains(SECRET) && !everything.contains("'0'"), "{everything}");
    let effects = press(&mut app, "enter");
    assert_eq!(effects, renewed(SECRET));
    assert!(!format!("{effects:?} {:?}", app.session).contains(SECRET));
    assert!(app.session.dialog.is_none());
    assert_eq!(app.account.connection.line.state, ConnectionState::Connecting);
    assert_eq!(app.account.workspace.pending(), 1, "the edit is still under way");
    // What was told before the new token was in use is no answer to it.
    send(&mut app, line(ConnectionState::Refused, 7));
    assert!(asked(&app).is_none() && app.account.connection.line.state == ConnectionState::Connecting);
    send(&mut app, line(ConnectionState::Online, 8));
    assert!(told(&mut app).is_some_and(|text| text.contains("new token")));
    succeed(&mut app, id, Vec::new(), None);
    assert_eq!(app.account.workspace.pending(), 0);
    assert!(press(&mut app, "T").is_empty());
    assert!(asked(&app).is_none(), "no other is needed");
}

#[test]
fn a_new_token_that_is_refused_too_is_asked_for_again() {
    let mut app = app();
    send(&mut app, line(ConnectionState::Refused, 7));
    assert!(!asked(&app).unwrap().is_again());
    send(&mut app, Msg::Paste(format!("  {SECRET}\n")));
    assert_eq!(press(&mut app, "enter"), renewed(SECRET));
    // Between two reports nothing else may be seen of it.
    send(&mut app, line(ConnectionState::Refused, 8));
    assert!(asked(&app).unwrap().is_again());
    assert!(asked(&app).unwrap().masked().value().is_empty());
    send(&mut app, Msg::Paste("another".into()));
    assert_eq!(press(&mut app, "enter"), renewed("another"));
    send(&mut app, line(ConnectionState::Refused, 8));
    assert!(asked(&app).is_none());
    send(&mut app, line(ConnectionState::Refused, 9));
    assert!(asked(&app).is_some());
}

#[test]
fn what_cannot_be_a_token_is_said_at_the_field() {
    let mut app = app();
    send(&mut app, line(ConnectionState::Refused, 7));
    assert!(press(&mut app, "enter").is_empty());
    assert!(asked(&app).unwrap().error.is_some(), "nothing was typed");
    send(&mut app, Msg::Paste("two\nwords".into()));
    assert_eq!(asked(&app).unwrap().error, None);
    assert_eq!(asked(&app).unwrap().masked().value(), "•••••••••");
    assert!(press(&mut app, "enter").is_empty());
    assert_eq!(asked(&app).unwrap().error.clone().unwrap(), Token::new("two words").unwrap_err().to_string());
    press(&mut app, "ctrl-u");
    assert!(asked(&app).unwrap().error.is_none() && asked(&app).unwrap().masked().value().is_empty());
    // Over an empty field, `q` is no letter of a token.
    assert_eq!(press(&mut app, "a q backspace backspace q"), [Effect::Quit]);
}

#[test]
fn whoever_stays_with_an_edit_under_way_is_asked_for_the_token_again() {
    let mut app = app();
    press(&mut app, "L");
    send(&mut app, line(ConnectionState::Refused, 7));
    assert!(press(&mut app, "q").is_empty());
    assert!(matches!(app.session.dialog, Some(Dialog::Quit)));
    assert!(press(&mut app, "n").is_empty());
    assert!(asked(&app).is_some());
}

#[test]
fn the_question_for_a_token_can_be_left_and_asked_again_by_key() {
    let mut app = app();
    send(&mut app, line(ConnectionState::Refused, 7));
    type_text(&mut app, "half");
    press(&mut app, "esc");
    assert!(app.session.dialog.is_none());
    assert!(told(&mut app).is_some_and(|text| text.contains("(T)")));
    send(&mut app, line(ConnectionState::Refused, 7));
    send(&mut app, Msg::Tick);
    assert!(app.session.dialog.is_none(), "it does not come back by itself");
    press(&mut app, "T");
    assert!(asked(&app).unwrap().masked().value().is_empty(), "what was typed is gone");
    press(&mut app, "esc :");
    type_text(&mut app, "api token");
    press(&mut app, "enter");
    assert!(asked(&app).is_some());
}

#[test]
fn a_token_is_not_asked_for_over_what_is_typed_just_then() {
    for (typing, done) in [("n", "esc"), (":", "esc"), ("v", "esc"), ("/", "enter")] {
        let mut app = app();
        press(&mut app, typing);
        send(&mut app, line(ConnectionState::Refused, 7));
        assert!(asked(&app).is_none(), "{typing}");
        assert!(
            app.session.messages.notice.as_ref().is_some_and(|notice| notice.text.contains("API token")),
            "{typing}"
        );
        press(&mut app, done);
        assert!(asked(&app).is_some(), "{typing}");
    }
}

#[test]
fn a_new_token_that_could_not_be_handed_on_is_asked_for_once_more() {
    let mut app = app();
    send(&mut app, line(ConnectionState::Refused, 7));
    send(&mut app, Msg::Paste(SECRET.into()));
    let [Effect::Send(command)] = &press(&mut app, "enter")[..] else { panic!("no command") };
    send(&mut app, Msg::Undelivered(command.clone()));
    assert!(asked(&app).unwrap().error.is_some());
    assert_eq!(app.account.connection.line.state, ConnectionState::Refused);
}

#[test]
fn another_accounts_token_is_named_and_another_one_asked_for() {
    let mut app = app();
    let wrong = WrongAccount { name: "Ben".into(), user: UserId(2), company: "Acme".into(), is_same_user: false };
    press(&mut app, "L");
    send(&mut app, line(ConnectionState::Refused, 7));
    send(&mut app, Msg::Paste(SECRET.into()));
    press(&mut app, "enter");
    send(&mut app, line(ConnectionState::WrongAccount(Box::new(wrong)), 8));
    let said = asked(&app).unwrap().error.clone().unwrap();
    assert!(said.contains("Ben") && said.contains("user 2") && said.contains("nothing was sent"), "{said}");
    assert_eq!(app.account.workspace.pending(), 1, "the edit is still queued");
    press(&mut app, "esc");
    assert!(told(&mut app).is_some_and(|text| text.contains("Ben") && text.contains("(T)")));
    press(&mut app, "T");
    send(&mut app, Msg::Paste(SECRET.into()));
    assert_eq!(press(&mut app, "enter"), renewed(SECRET));
    send(&mut app, line(ConnectionState::Online, 9));
    assert!(told(&mut app).is_some_and(|text| text.contains("new token")));
}
