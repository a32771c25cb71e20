//! The mouse: clicks, the wheel, and cards dragged to another column.

use crate::app::board;
use crate::app::calendar;
use crate::app::dialogs::keys as dialog_keys;
use crate::app::dispatch;
use crate::app::tables;
use crate::app::{Account, Session};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::actions::Action;
use super::dialogs::Dialog;
use super::lists::AgendaRow;
use super::{Effect, layout};
use crate::app::session::Drag;
use crate::app::view::View;
use crate::domain::{DealId, StageId};

/// How many items the wheel moves a cursor.
const WHEEL: usize = 3;
/// How many rows the wheel scrolls.
const WHEEL_ROWS: i16 = 3;

pub(super) fn mouse(session: &mut Session, account: &mut Account, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position::new(mouse.column, mouse.row);
    if session.dialog.is_some() {
        return mouse_in_dialog(session, account, at, mouse.kind);
    }
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => press(session, account, at),
        MouseEventKind::Drag(MouseButton::Left) => drag(session, account, at),
        MouseEventKind::Up(MouseButton::Left) => return drop_card(session, account),
        MouseEventKind::ScrollDown => wheel(session, account, at, Action::Down),
        MouseEventKind::ScrollUp => wheel(session, account, at, Action::Up),
        _ => {}
    }
    Vec::new()
}

fn mouse_in_dialog(session: &mut Session, account: &mut Account, at: Position, kind: MouseEventKind) -> Vec<Effect> {
    let by = match kind {
        MouseEventKind::Down(MouseButton::Left) => return dialog_keys::click_dialog(session, account, at),
        MouseEventKind::ScrollDown => 1,
        MouseEventKind::ScrollUp => -1,
        _ => return Vec::new(),
    };
    match &mut session.dialog {
        Some(Dialog::Pick(picker)) => picker.list.step(by.into()),
        _ => dialog_keys::scroll_dialog(session, by * WHEEL_ROWS),
    }
    Vec::new()
}

fn press(session: &mut Session, account: &Account, at: Position) {
    let places = layout::layout(session);
    let tab = layout::tabs(session, &account.workspace).into_iter().find(|(_, _, place)| place.contains(at));
    if let Some((view, ..)) = tab {
        dispatch::show(session, view);
    } else if places.filter.is_some_and(|place| place.contains(at)) {
        session.filter.typing = true;
    } else if places.detail.is_none_or(|place| !place.contains(at)) && places.body.contains(at) {
        session.navigation.pinned = None;
        match session.view {
            View::Board => press_on_board(session, account, at, places.body),
            View::Activities if calendar::is_in_calendar(session) => calendar::press_in_calendar(session, account, at),
            View::Activities => press_on_activity(session, account, at, places.body),
            View::Leads => press_on_lead(session, account, at, places.body),
            View::Deals | View::People | View::Orgs | View::Users => {
                tables::press_on_row(session, account, at, places.body);
            }
        }
    }
}

fn press_on_board(session: &mut Session, account: &Account, at: Position, body: Rect) {
    let Some((stage, index, place)) = column_at(session, account, at, body) else { return };
    let focused = std::mem::replace(&mut session.board.focus, index) == index;
    let top = session.board.cursors.get(&stage).map_or(0, |cursor| cursor.top);
    let nth = (0..layout::cards_that_fit(body))
        .find(|nth| layout::card(place, body, *nth).is_some_and(|card| card.contains(at)));
    let Some(id) = nth.and_then(|nth| session.cards(&account.workspace, stage).get(top + nth)) else { return };
    let cursor = session.board.cursors.entry(stage).or_default();
    let again = focused && cursor.selected == Some(id);
    cursor.selected = Some(id);
    session.board.drag = Some(Drag { deal: id, over: stage, again });
}

fn press_on_activity(session: &mut Session, account: &Account, at: Position, body: Rect) {
    let row = session.cursors.activities.top + usize::from(at.y - body.y);
    let Some(AgendaRow::Activity(id)) = session.agenda(&account.workspace).rows_from(row).next() else { return };
    if session.cursors.activities.selected == Some(id) {
        session.detail.is_open = !session.detail.is_open;
    }
    session.cursors.activities.selected = Some(id);
}

fn press_on_lead(session: &mut Session, account: &Account, at: Position, body: Rect) {
    let Some(nth) = layout::row_at(body, at.y) else { return tables::press_on_head(session, account, at, body) };
    let Some(id) = session.inbox(&account.workspace).get(session.cursors.leads.top + nth) else { return };
    if session.cursors.leads.selected == Some(id) {
        session.detail.is_open = !session.detail.is_open;
    }
    session.cursors.leads.selected = Some(id);
}

fn drag(session: &mut Session, account: &Account, at: Position) {
    let Some(drag) = session.board.drag else { return };
    let body = layout::layout(session).body;
    let over = column_at(session, account, at, body).map_or(drag.over, |(stage, ..)| stage);
    session.board.drag = Some(Drag { over, again: false, ..drag });
}

/// The button was let go: the card is moved if it was dragged to another column; a second click on a card
/// opens or closes its details.
fn drop_card(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let Some(Drag { deal, over, again }) = session.board.drag.take() else { return Vec::new() };
    if is_elsewhere(account, deal, over) {
        return board::move_deal(session, account, deal, over);
    }
    if again {
        session.detail.is_open = !session.detail.is_open;
    }
    Vec::new()
}

fn is_elsewhere(account: &Account, deal: DealId, stage: StageId) -> bool {
    account.workspace.deal(deal).is_some_and(|deal| deal.stage != stage)
}

fn column_at(session: &Session, account: &Account, at: Position, body: Rect) -> Option<(StageId, usize, Rect)> {
    let stages = board::stages(session, account);
    let columns = layout::columns(body, session.board.first, stages.len());
    let (index, place) = columns.into_iter().find(|(_, place)| place.contains(at))?;
    Some((*stages.get(index)?, index, place))
}

fn wheel(session: &mut Session, account: &mut Account, at: Position, action: Action) {
    let places = layout::layout(session);
    if places.detail.is_some_and(|place| place.contains(at)) {
        session.scroll_detail(if action == Action::Down { WHEEL_ROWS } else { -WHEEL_ROWS });
        return;
    }
    if session.view == View::Board
        && let Some((_, index, _)) = column_at(session, account, at, places.body)
    {
        session.board.focus = index;
    }
    for _ in 0..WHEEL {
        dispatch::act(session, account, action);
    }
}
