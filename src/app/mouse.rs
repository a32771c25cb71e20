//! The mouse: clicks, the wheel, and cards dragged to another column.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::actions::Action;
use super::dialog::Dialog;
use super::lists::AgendaRow;
use super::state::{Drag, View};
use super::{App, Effect, layout};
use crate::domain::{DealId, StageId};

/// How many items the wheel moves a cursor.
const WHEEL: usize = 3;
/// How many rows the wheel scrolls.
const WHEEL_ROWS: i16 = 3;

impl App {
    pub(super) fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        if self.state.dialog.is_some() {
            return self.mouse_in_dialog(at, mouse.kind);
        }
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => self.press(at),
            MouseEventKind::Drag(MouseButton::Left) => self.drag(at),
            MouseEventKind::Up(MouseButton::Left) => return self.drop_card(),
            MouseEventKind::ScrollDown => self.wheel(at, Action::Down),
            MouseEventKind::ScrollUp => self.wheel(at, Action::Up),
            _ => {}
        }
        Vec::new()
    }

    fn mouse_in_dialog(&mut self, at: Position, kind: MouseEventKind) -> Vec<Effect> {
        let by = match kind {
            MouseEventKind::Down(MouseButton::Left) => return self.click_dialog(at),
            MouseEventKind::ScrollDown => 1,
            MouseEventKind::ScrollUp => -1,
            _ => return Vec::new(),
        };
        match &mut self.state.dialog {
            Some(Dialog::Pick(picker)) => picker.step(by.into()),
            _ => self.scroll_dialog(by * WHEEL_ROWS),
        }
        Vec::new()
    }

    fn press(&mut self, at: Position) {
        let places = layout::layout(&self.state);
        let tab = layout::tabs(&self.state, &self.workspace).into_iter().find(|(_, _, place)| place.contains(at));
        if let Some((view, ..)) = tab {
            self.show(view);
        } else if places.filter.is_some_and(|place| place.contains(at)) {
            self.state.filter.typing = true;
        } else if places.detail.is_none_or(|place| !place.contains(at)) && places.body.contains(at) {
            self.state.visiting = None;
            match self.state.view {
                View::Board => self.press_on_board(at, places.body),
                View::Activities if self.is_in_calendar() => self.press_in_calendar(at),
                View::Activities => self.press_on_activity(at, places.body),
                View::Leads => self.press_on_lead(at, places.body),
                View::Deals | View::People | View::Orgs | View::Users => self.press_on_row(at, places.body),
            }
        }
    }

    fn press_on_board(&mut self, at: Position, body: Rect) {
        let Some((stage, index, place)) = self.column_at(at, body) else { return };
        let focused = std::mem::replace(&mut self.state.board.focus, index) == index;
        let top = self.state.board.cursors.get(&stage).map_or(0, |cursor| cursor.top);
        let nth = (0..layout::cards_that_fit(body))
            .find(|nth| layout::card(place, body, *nth).is_some_and(|card| card.contains(at)));
        let Some(id) = nth.and_then(|nth| self.state.cards(&self.workspace, stage).get(top + nth)) else { return };
        let cursor = self.state.board.cursors.entry(stage).or_default();
        let again = focused && cursor.selected == Some(id);
        cursor.selected = Some(id);
        self.state.board.drag = Some(Drag { deal: id, over: stage, again });
    }

    fn press_on_activity(&mut self, at: Position, body: Rect) {
        let row = self.state.activities.top + usize::from(at.y - body.y);
        let Some(AgendaRow::Activity(id)) = self.state.agenda(&self.workspace).rows_from(row).next() else { return };
        if self.state.activities.selected == Some(id) {
            self.state.detail = !self.state.detail;
        }
        self.state.activities.selected = Some(id);
    }

    fn press_on_lead(&mut self, at: Position, body: Rect) {
        let Some(nth) = layout::row_at(body, at.y) else { return self.press_on_head(at, body) };
        let Some(id) = self.state.inbox(&self.workspace).get(self.state.leads.top + nth) else { return };
        if self.state.leads.selected == Some(id) {
            self.state.detail = !self.state.detail;
        }
        self.state.leads.selected = Some(id);
    }

    fn drag(&mut self, at: Position) {
        let Some(drag) = self.state.board.drag else { return };
        let body = layout::layout(&self.state).body;
        let over = self.column_at(at, body).map_or(drag.over, |(stage, ..)| stage);
        self.state.board.drag = Some(Drag { over, again: false, ..drag });
    }

    /// The button was let go: the card is moved if it was dragged to another column; a second click on a card
    /// opens or closes its details.
    fn drop_card(&mut self) -> Vec<Effect> {
        let Some(Drag { deal, over, again }) = self.state.board.drag.take() else { return Vec::new() };
        if self.is_elsewhere(deal, over) {
            return self.move_deal(deal, over);
        }
        if again {
            self.state.detail = !self.state.detail;
        }
        Vec::new()
    }

    fn is_elsewhere(&self, deal: DealId, stage: StageId) -> bool {
        self.workspace.deal(deal).is_some_and(|deal| deal.stage != stage)
    }

    fn column_at(&self, at: Position, body: Rect) -> Option<(StageId, usize, Rect)> {
        let stages = self.stages();
        let columns = layout::columns(body, self.state.board.first, stages.len());
        let (index, place) = columns.into_iter().find(|(_, place)| place.contains(at))?;
        Some((*stages.get(index)?, index, place))
    }

    fn wheel(&mut self, at: Position, action: Action) {
        let places = layout::layout(&self.state);
        if places.detail.is_some_and(|place| place.contains(at)) {
            self.state.scroll_detail(if action == Action::Down { WHEEL_ROWS } else { -WHEEL_ROWS });
            return;
        }
        if self.state.view == View::Board
            && let Some((_, index, _)) = self.column_at(at, places.body)
        {
            self.state.board.focus = index;
        }
        for _ in 0..WHEEL {
            self.act(action);
        }
    }
}
