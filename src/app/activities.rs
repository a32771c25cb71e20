//! The activities: moving around, done and undone, another day.

use super::actions::Action;
use super::board::stepped;
use super::lists::AgendaRow;
use super::{App, Effect, layout};
use crate::domain::{Activity, ActivityPatch, Due, Edit, ItemRef};

impl App {
    pub(super) fn settle_activities(&mut self) {
        let fit = usize::from(layout::layout(&self.state).body.height);
        let mut cursor = self.state.activities;
        let agenda = self.state.agenda(&self.workspace);
        cursor.follow(agenda.len(), |id| agenda.rank(id), |rank| agenda.get(rank));
        if !agenda.is_empty() {
            // The heading above the first activity of a section is shown along with it, where both fit.
            let row = agenda.row_of(cursor.rank);
            let rows = agenda.rows();
            let is_first = matches!(agenda.rows_from(row - 1).next(), Some(AgendaRow::Heading(..)));
            cursor.scroll(if is_first { row - 1 } else { row }, rows, fit);
            cursor.scroll(row, rows, fit);
        }
        self.state.activities = cursor;
    }

    pub(super) fn go_in_activities(&mut self, action: Action) {
        let page = usize::from(layout::layout(&self.state).body.height.saturating_sub(1)).max(1);
        let agenda = self.state.agenda(&self.workspace);
        let rank = stepped(action, self.state.activities.rank, agenda.len(), page);
        let selected = agenda.get(rank);
        self.state.activities.rank = rank;
        self.state.activities.selected = selected;
    }

    pub(super) fn activity_action(&mut self, action: Action) -> Vec<Effect> {
        let selected = match self.state.selected(&self.workspace) {
            Some(ItemRef::Activity(id)) => self.workspace.activity(id),
            _ => None,
        };
        let Some(activity) = selected.cloned() else {
            self.nothing_selected();
            return Vec::new();
        };
        match action {
            Action::Done => self.toggle_done(&activity),
            Action::Tomorrow => self.put_off(&activity),
            _ => {
                self.open_prompt(action, ItemRef::Activity(activity.id));
                Vec::new()
            }
        }
    }

    /// Marks as done or undone. The cursor stays where it is, so that the next one is at hand.
    fn toggle_done(&mut self, activity: &Activity) -> Vec<Effect> {
        let patch = ActivityPatch { done: Some(!activity.done), ..ActivityPatch::default() };
        let effects = self.edit(Edit::UpdateActivity { id: activity.id, patch });
        if !effects.is_empty() {
            self.state.activities.selected = None;
            if !activity.done {
                self.ask_next(activity);
            }
        }
        effects
    }

    /// To the day after, but not before tomorrow.
    fn put_off(&mut self, activity: &Activity) -> Vec<Effect> {
        let zone = self.workspace.zone();
        let today = self.state.today(&self.workspace);
        let day = activity.due.map_or(today, |due| due.local(zone).0.max(today));
        let Some(next) = day.succ_opt() else { return Vec::new() };
        let due = activity.due.map_or(Due { date: next, time: None }, |due| due.on_local_day(next, zone));
        let patch = ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() };
        self.edit(Edit::UpdateActivity { id: activity.id, patch })
    }
}
