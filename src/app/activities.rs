//! The activities: moving around, done and undone, another day.

use super::actions::Action;
use super::board::stepped;
use super::lists::AgendaRow;
use super::{Effect, layout};
use crate::app::dialogs::prompt as prompts;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::next;
use crate::app::{Account, Session};
use crate::domain::{Activity, ActivityPatch, Due, Edit, ItemRef};

pub(super) fn settle_activities(session: &mut Session, account: &Account) {
    let fit = usize::from(layout::layout(session).body.height);
    let mut cursor = session.cursors.activities;
    let agenda = session.agenda(&account.workspace);
    cursor.follow(agenda.len(), |id| agenda.rank(id), |rank| agenda.get(rank));
    if !agenda.is_empty() {
        // The heading above the first activity of a section is shown along with it, where both fit.
        let row = agenda.row_of(cursor.rank);
        let rows = agenda.rows();
        let is_first = matches!(agenda.rows_from(row - 1).next(), Some(AgendaRow::Heading(..)));
        cursor.scroll(if is_first { row - 1 } else { row }, rows, fit);
        cursor.scroll(row, rows, fit);
    }
    session.cursors.activities = cursor;
}

pub(super) fn go_in_activities(session: &mut Session, account: &Account, action: Action) {
    let page = usize::from(layout::layout(session).body.height.saturating_sub(1)).max(1);
    let agenda = session.agenda(&account.workspace);
    let rank = stepped(action, session.cursors.activities.rank, agenda.len(), page);
    let selected = agenda.get(rank);
    session.cursors.activities.rank = rank;
    session.cursors.activities.selected = selected;
}

pub(super) fn activity_action(session: &mut Session, account: &mut Account, action: Action) -> Vec<Effect> {
    let selected = match session.selected(&account.workspace) {
        Some(ItemRef::Activity(id)) => account.workspace.activity(id),
        _ => None,
    };
    let Some(activity) = selected.cloned() else {
        dispatch::nothing_selected(session);
        return Vec::new();
    };
    match action {
        Action::Done => toggle_done(session, account, &activity),
        Action::Tomorrow => put_off(session, account, &activity),
        _ => {
            prompts::open_prompt(session, account, action, ItemRef::Activity(activity.id));
            Vec::new()
        }
    }
}

/// Marks as done or undone. The cursor stays where it is, so that the next one is at hand.
fn toggle_done(session: &mut Session, account: &mut Account, activity: &Activity) -> Vec<Effect> {
    let patch = ActivityPatch { done: Some(!activity.done), ..ActivityPatch::default() };
    let effects = edits::apply(session, account, Edit::UpdateActivity { id: activity.id, patch });
    if !effects.is_empty() {
        session.cursors.activities.selected = None;
        if !activity.done {
            next::ask_next(session, account, activity);
        }
    }
    effects
}

/// To the day after, but not before tomorrow.
fn put_off(session: &mut Session, account: &mut Account, activity: &Activity) -> Vec<Effect> {
    let zone = account.workspace.zone();
    let today = session.today(&account.workspace);
    let day = activity.due.map_or(today, |due| due.local(zone).0.max(today));
    let Some(next) = day.succ_opt() else { return Vec::new() };
    let due = activity.due.map_or(Due { date: next, time: None }, |due| due.on_local_day(next, zone));
    let patch = ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() };
    edits::apply(session, account, Edit::UpdateActivity { id: activity.id, patch })
}
