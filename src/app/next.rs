//! What is next, once nothing more is planned for a deal, a lead or a person: asked, and in nobody's way.

use chrono::Days;
use crossterm::event::{KeyCode, KeyEvent};

use super::dialog::Dialog;
use super::{App, Effect};
use crate::domain::{Activity, ActivityId, DealStatus, Due, Item, ItemRef};

impl App {
    /// Asks what is next where the activity that was done just now was the last one of what it is about.
    pub(super) fn ask_next(&mut self, done: &Activity) {
        if !self.state.preferences.ask_next {
            return;
        }
        let about = done.deal.map(ItemRef::Deal).or(done.lead.map(ItemRef::Lead)).or(done.person.map(ItemRef::Person));
        let Some(about) = about.filter(|item| self.is_worked_on(*item)) else { return };
        let has_more = self.workspace.activities_of(about).take_while(|activity| !activity.done).next().is_some();
        if !has_more {
            let name = self.name_of(about);
            self.state.dialog = Some(Dialog::Next { done: done.id, about, name });
        }
    }

    /// Whether something is left to be done about an item at all.
    fn is_worked_on(&self, item: ItemRef) -> bool {
        match self.workspace.shown(item) {
            Some(Item::Deal(deal)) => deal.status == DealStatus::Open && !deal.archived,
            Some(Item::Lead(lead)) => !lead.archived,
            Some(_) => true,
            None => false,
        }
    }

    /// A key while it is asked what is next. Whoever types on has answered.
    pub(super) fn next_key(&mut self, key: KeyEvent, done: ActivityId) -> Vec<Effect> {
        self.state.dialog = None;
        match key.code {
            KeyCode::Char('n') | KeyCode::Enter => {
                self.plan_next(done);
                Vec::new()
            }
            KeyCode::Char('q') => Vec::new(),
            _ => self.key(key),
        }
    }

    /// Opens the form of an activity that follows one that is done: about the same, of the same type, due tomorrow.
    fn plan_next(&mut self, done: ActivityId) {
        let mut draft = self.activity_for(ItemRef::Activity(done));
        if let Some(before) = self.workspace.activity(done) {
            draft.kind.clone_from(&before.kind);
        }
        let tomorrow = self.state.today(&self.workspace).checked_add_days(Days::new(1));
        draft.due = tomorrow.map(|date| Due { date, time: None });
        self.open_form(Item::Activity(draft));
    }
}
