//! The line to Pipedrive: what is told of it, and what it is told.

use chrono::TimeDelta;
use crossterm::event::{KeyModifiers, MouseEvent, MouseEventKind};
use dealdeck::app::{App, Effect, Msg, Now};
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, Progress, Report};

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
    let mut said = |msg: Msg, seconds| app.update(msg, after(seconds)).contains(&Effect::Send(Command::Present));
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
    assert_eq!(effects, [Effect::Send(Command::Present), Effect::Quit]);
}

fn could_not_read(app: &mut App, seconds: i64) {
    let failed = Progress::Failed { error: ApiError::BudgetSpent, next_poll: after(seconds + 60).0 };
    app.update(Msg::Report(Report::Progress(failed)), after(seconds));
}

/// What is told now; takes it off the screen.
fn told(app: &mut App) -> Option<String> {
    app.state.notice.take().map(|notice| notice.text)
}

#[test]
fn a_reading_that_goes_on_failing_is_told_once() {
    let mut app = app();
    could_not_read(&mut app, 0);
    assert!(told(&mut app).is_some_and(|text| text.contains("Could not read the account")));
    could_not_read(&mut app, 60);
    could_not_read(&mut app, 120);
    assert_eq!(told(&mut app), None);
    assert_eq!(app.state.freshness.next_poll, Some(after(180).0), "when it is tried again is told all the same");
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
