//! What is next, once nothing more is planned for a deal, a lead or a person: asked, and in nobody's way.

use crate::app::edits;
use crate::app::form::open;
use crate::app::{Account, Session};
use chrono::Days;
use crossterm::event::{KeyCode, KeyEvent};

use super::dialogs::{Dialog, Outcome, Request};
use crate::domain::{Activity, ActivityId, DealStatus, Due, Item, ItemRef};

/// Asks what is next where the activity that was done just now was the last one of what it is about.
pub(super) fn ask_next(session: &mut Session, account: &Account, done: &Activity) {
    if !session.preferences.ask_next {
        return;
    }
    let about = done.deal.map(ItemRef::Deal).or(done.lead.map(ItemRef::Lead)).or(done.person.map(ItemRef::Person));
    let Some(about) = about.filter(|item| is_worked_on(account, *item)) else { return };
    let has_more = account.workspace.activities_of(about).take_while(|activity| !activity.done).next().is_some();
    if !has_more {
        let name = edits::name_of(&account.workspace, about);
        session.dialog = Some(Dialog::Next { done: done.id, about, name });
    }
}

/// Whether something is left to be done about an item at all.
fn is_worked_on(account: &Account, item: ItemRef) -> bool {
    match account.workspace.shown(item) {
        Some(Item::Deal(deal)) => deal.status == DealStatus::Open && !deal.archived,
        Some(Item::Lead(lead)) => !lead.archived,
        Some(_) => true,
        None => false,
    }
}

/// Handles a key at the offer. Any key that does not answer it closes it and is handled as usual.
pub(super) fn next_key(key: KeyEvent, done: ActivityId) -> Outcome {
    match key.code {
        KeyCode::Char('n') | KeyCode::Enter => Outcome::Answer(Request::PlanNext(done)),
        KeyCode::Char('q') => Outcome::Close,
        _ => Outcome::Answer(Request::Key(key)),
    }
}

/// Opens the form of an activity that follows one that is done: about the same, of the same type, due tomorrow.
pub(super) fn plan_next(session: &mut Session, account: &mut Account, done: ActivityId) {
    let mut draft = open::activity_for(session, account, ItemRef::Activity(done));
    if let Some(before) = account.workspace.activity(done) {
        draft.kind.clone_from(&before.kind);
    }
    let tomorrow = session.today(&account.workspace).checked_add_days(Days::new(1));
    draft.due = tomorrow.map(|date| Due { date, time: None });
    open::open_form(session, account, Item::Activity(draft));
}
