//! One message taken in: what it changes, and what is to be done about it.

use crate::app::activities;
use crate::app::board;
use crate::app::calendar;
use crate::app::dialogs::keys as dialog_keys;
use crate::app::dispatch;
use crate::app::form::open;
use crate::app::jump;
use crate::app::kept;
use crate::app::leads;
use crate::app::look;
use crate::app::mouse;
use crate::app::news;
use crate::app::news::follow;
use crate::app::reports;
use crate::app::tables;
use crate::app::token;
use crate::app::{Account, Session};

use chrono::TimeDelta;
use crossterm::event::KeyEventKind;

use crate::sync::{Command, Durability};

use super::{Effect, Msg, Now, View, layout};

/// The shortest time between two snapshots of the first screen for the next start.
const FRONT_EVERY: TimeDelta = TimeDelta::seconds(30);
/// The shortest time between two reports that the user is active.
const PRESENT_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Takes in one message.
pub fn update(session: &mut Session, account: &mut Account, msg: Msg, now: Now) -> Vec<Effect> {
    session.now = now;
    let mut effects = presence(session, account, &msg);
    effects.extend(match msg {
        Msg::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Msg::Key(key) if layout::is_too_small(session) => dispatch::key_unseen(session, account, key),
        Msg::Mouse(_) | Msg::Paste(_) if layout::is_too_small(session) => Vec::new(),
        Msg::Key(key) => {
            session.had_input = true;
            dispatch::key(session, account, key)
        }
        Msg::Mouse(mouse) => {
            session.had_input = true;
            mouse::mouse(session, account, mouse)
        }
        Msg::Paste(text) => dispatch::paste(session, account, &text),
        Msg::Resize(columns, rows) => {
            session.viewport.size = (columns, rows);
            if layout::is_too_small(session) {
                session.board.drag = None;
            }
            Vec::new()
        }
        Msg::Tick => {
            session.tick();
            news::tick_news(session, account);
            keep_front(session, account, FRONT_EVERY).into_iter().chain(kept::keep_screen(session, account)).collect()
        }
        Msg::Report(report) => reports::report(session, account, report),
        Msg::Reports(reports) => {
            reports.into_iter().flat_map(|report| reports::report(session, account, report)).collect()
        }
        Msg::Undelivered(command) => reports::undelivered(session, account, &command),
        Msg::NotCopied => {
            session
                .tell(super::notice::Tone::Bad, "Nothing was copied: this terminal doesn't support clipboard access.");
            Vec::new()
        }
    });
    news::tell_news(session);
    effects.extend(dispatch::quit_if_saved(session, account));
    settle_screen(session, account);
    follow::keep_looking(session, account);
    effects.extend(look::look_closer(session, account));
    effects
}

/// Has the first screenful kept for the next start, if it has changed since and that is a while ago.
pub fn keep_front(session: &Session, account: &mut Account, every: TimeDelta) -> Option<Effect> {
    let version = account.workspace.version();
    let is_news = account.snapshot_saved.is_none_or(|(kept, at)| kept != version && session.now.0 - at.0 >= every);
    let is_wanted = account.durability == Durability::Kept && !account.workspace.is_loading();
    let pipeline = session.board.pipeline.filter(|_| is_news && is_wanted)?;
    account.snapshot_saved = Some((version, session.now));
    Some(Effect::Send(Command::SaveSnapshot(Box::new(account.workspace.snapshot(pipeline)))))
}

/// Says that somebody is there, now and then: what is shown is then kept fresh.
fn presence(session: &Session, account: &mut Account, msg: &Msg) -> Vec<Effect> {
    let by_hand = match msg {
        Msg::Key(key) => key.kind != KeyEventKind::Release,
        Msg::Mouse(_) | Msg::Paste(_) => true,
        _ => false,
    };
    if !by_hand || !is_presence_news(session, account) {
        return Vec::new();
    }
    account.last_presence = Some(session.now);
    vec![Effect::Send(Command::UserActive)]
}

/// Whether it is time to tell that somebody is there. A clock that was set back makes it so, too.
fn is_presence_news(session: &Session, account: &Account) -> bool {
    account.last_presence.is_none_or(|told| (session.now.0 - told.0).abs() >= PRESENT_EVERY)
}

/// Brings dialog, filter, cursors and scrolling in line with what has changed.
fn settle_screen(session: &mut Session, account: &Account) {
    token::ask_for_token(session, account);
    if !session.had_input {
        session.rest_cursors();
    }
    open::settle_form(session, account);
    dialog_keys::settle_dialog(session, account);
    jump::settle_pinned(session, account);
    board::settle_board(session, account);
    session.marks.refresh(&account.workspace, session.archive.is_shown);
    let searched = settle_filter(session, account);
    match session.view {
        View::Board if searched => {
            board::focus_on_match(session, account);
            board::settle_board(session, account);
            board::settle_columns(session, account);
        }
        View::Board => board::settle_columns(session, account),
        View::Activities if calendar::is_in_calendar(session) => calendar::settle_calendar(session, account),
        View::Activities => activities::settle_activities(session, account),
        View::Leads => leads::settle_leads(session, account),
        View::Deals | View::People | View::Orgs | View::Users => tables::settle_table(session, account),
    }
}

/// Brings what matches the filter up to date. Whether it is for another text or place than before.
pub(super) fn settle_filter(session: &mut Session, account: &Account) -> bool {
    let place = (&session.board, session.archive.is_shown);
    session.filter.refresh(session.view, place, &session.arrangements, &account.workspace, session.now)
}
