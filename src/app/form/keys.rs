//! Keys and clicks in a form.

use crate::app::attention;
use crate::app::edits;
use crate::app::targets;
use crate::app::{Account, Session};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::{Finished, Form, Kind, Look, Name, Places, lines, look, places};
use crate::app::dialogs::{Dialog, Outcome, Request};
use crate::app::notice::Tone;
use crate::app::widgets::input::{LONGEST_INPUT, one_line, typed};
use crate::app::widgets::text_area::pasted;
use crate::app::{Effect, layout};
use crate::domain::Edit;

/// What phone numbers and e-mail addresses are for, as Pipedrive offers it.
const POINT_LABELS: [&str; 4] = ["work", "home", "mobile", "other"];

pub(in crate::app) fn form_key(session: &mut Session, account: &Account, key: KeyEvent) -> Outcome {
    let screen = layout::screen(session);
    let look = Look { workspace: &account.workspace, today: session.today(&account.workspace) };
    let Some(Dialog::Form(form)) = &mut session.dialog else { return Outcome::Stay };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if std::mem::take(&mut form.leaving) {
        return if matches!(key.code, KeyCode::Char('y') | KeyCode::Enter) { Outcome::Close } else { Outcome::Stay };
    }
    match key.code {
        KeyCode::Esc => return form.leave(),
        KeyCode::Char('c') if control => return form.leave(),
        KeyCode::Char('s') if control => {
            form.take_marked(look);
            return Outcome::Run(Request::SubmitForm);
        }
        KeyCode::Enter if form.is_lines() => form.insert("\n", look),
        KeyCode::Enter if form.take_offer(look) => {
            if !form.is_several() {
                form.go_on(look);
            }
        }
        KeyCode::Enter if form.is_at_end() => return Outcome::Run(Request::SubmitForm),
        KeyCode::Tab => {
            form.take_marked(look);
            form.go_on(look);
        }
        KeyCode::Down if form.step_line(screen, 1) || form.step_offer(1) => {}
        KeyCode::Up if form.step_line(screen, -1) || form.step_offer(-1) => {}
        KeyCode::Enter => form.go_on(look),
        KeyCode::Down => form.step(1, look),
        KeyCode::BackTab | KeyCode::Up => form.step(-1, look),
        KeyCode::Left if form.cycle(-1, look) => {}
        KeyCode::Right if form.cycle(1, look) => {}
        KeyCode::Char('l') if control && form.next_point_label() => {}
        KeyCode::Char('t') if control && form.make_primary() => {}
        KeyCode::Char(' ') if form.is_marking() => {
            form.take_offer(look);
        }
        KeyCode::Backspace if form.take_back_last() => form.typed(look),
        _ => form.type_keys(std::iter::once(key), look),
    }
    Outcome::Stay
}

/// Puts in what was pasted: with its lines where the field has several.
pub(in crate::app) fn paste_into_form(session: &mut Session, account: &Account, text: &str) {
    let look = Look { workspace: &account.workspace, today: session.today(&account.workspace) };
    let Some(Dialog::Form(form)) = &mut session.dialog else { return };
    form.leaving = false;
    if form.is_lines() {
        form.insert(&pasted(text), look);
    } else {
        // One more than fits, so that it is told.
        form.type_keys(typed(&one_line(text, LONGEST_INPUT + 1)), look);
    }
}

/// A click in a form goes to the field, or takes what is offered.
pub(in crate::app) fn click_form(session: &mut Session, account: &Account, at: Position) {
    let screen = layout::screen(session);
    let look = Look { workspace: &account.workspace, today: session.today(&account.workspace) };
    let Some(Dialog::Form(form)) = &mut session.dialog else { return };
    let placed = places(screen, form);
    let Some((index, _)) = placed.fields.iter().find(|(_, place)| place.contains(at)).copied() else { return };
    if index != form.focus {
        form.step_to(index, look);
        return;
    }
    if (placed.offers.top()..placed.offers.bottom()).contains(&at.y) {
        form.mark(placed.first_offer + usize::from(at.y - placed.offers.y));
        form.take_offer(look);
    }
}

/// Makes what the form says.
pub(in crate::app) fn finish_form(session: &mut Session, account: &mut Account) -> Vec<Effect> {
    let look = look(session, &account.workspace);
    let Some(Dialog::Form(form)) = &mut session.dialog else { return Vec::new() };
    let (edit, base) = match form.finish(look) {
        Finished::Wrong => return Vec::new(),
        Finished::Nothing => {
            session.dialog = None;
            session.retrying = None;
            session.tell(Tone::Info, "Nothing was changed.");
            return Vec::new();
        }
        Finished::Edit(edit, base) => (*edit, base),
    };
    if let (Edit::CreateActivity { new, .. }, false) = (&edit, form.for_each.is_empty()) {
        let items = form.for_each.clone();
        let form = session.dialog.take();
        let effects = targets::plan_for_each(session, account, &items, new);
        if effects.is_empty() {
            attention::refused(session, form, None);
        }
        return effects;
    }
    let form = session.dialog.take();
    let changing = session.retrying;
    let effects = edit_resting_on(session, account, edit.clone(), base.map(|base| *base));
    if effects.is_empty() {
        attention::refused(session, form, changing);
    } else if edit.is_creation() {
        edits::select(session, account, edit.item());
    }
    effects
}

/// Makes an edit of a form: it rests on what the form showed, not on what somebody has made of it since.
fn edit_resting_on(session: &mut Session, account: &mut Account, edit: Edit, base: Option<Edit>) -> Vec<Effect> {
    match base {
        Some(base) if session.retrying.is_none() => {
            edits::submit(session, account, edit, crate::app::edits::Origin::Form(base))
        }
        _ => attention::edit_from_dialog(session, account, edit),
    }
}

impl Form {
    fn leave(&mut self) -> Outcome {
        let is_marked = self.focused().is_some_and(|field| field.marked.is_some() && !field.is_several());
        if is_marked && self.is_touched() {
            self.mark_none();
            return Outcome::Stay;
        }
        self.leaving = self.is_touched();
        if self.leaving { Outcome::Stay } else { Outcome::Close }
    }

    fn mark_none(&mut self) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.marked = None;
            field.offers.clear();
        }
    }

    fn is_lines(&self) -> bool {
        self.focused().is_some_and(|field| field.kind == Kind::Lines)
    }

    fn is_several(&self) -> bool {
        self.focused().is_some_and(super::Field::is_several)
    }

    /// Whether space marks one of several, rather than being typed.
    fn is_marking(&self) -> bool {
        self.focused().is_some_and(|field| {
            matches!(field.kind, Kind::Several(_)) && field.marked.is_some() && field.text().is_empty()
        })
    }

    /// Takes what is meant on the way out of a field: not one of several, unless something was typed for it.
    fn take_marked(&mut self, look: Look) {
        let is_meant = self.focused().is_some_and(|field| !field.is_several() || !field.text().is_empty());
        if is_meant {
            self.take_offer(look);
        }
    }

    /// Puts a text in at the cursor of a text of several lines.
    fn insert(&mut self, text: &str, look: Look) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        let fits = field.insert(text);
        self.typed(look);
        self.tell_full(!fits);
    }

    /// Says so where not all that was typed or pasted has room.
    fn tell_full(&mut self, is_full: bool) {
        if let Some(field) = self.fields.get_mut(self.focus).filter(|_| is_full) {
            field.error =
                Some(format!("no more than {} characters have room here: the rest is left out", field.longest()));
        }
    }

    /// Moves the cursor within a text of several lines; `false` at its ends.
    fn step_line(&mut self, screen: ratatui::layout::Rect, by: isize) -> bool {
        if !self.is_lines() {
            return false;
        }
        let place = places(screen, self).fields.into_iter().find(|(at, _)| *at == self.focus);
        let Some((_, place)) = place else { return false };
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        lines::step(&mut field.input, Places::typed(place).width, by)
    }

    /// Types into the field with the cursor; at one of a few a letter picks.
    fn type_keys(&mut self, keys: impl Iterator<Item = KeyEvent>, look: Look) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        if matches!(field.kind, Kind::Choice(_)) {
            for key in keys {
                if let (KeyCode::Char(letter), false) = (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
                    self.leap(letter, look);
                }
            }
            return;
        }
        let before = field.input.value().to_owned();
        // All are typed: after a full field there may be one that makes room.
        let left_out = keys.filter(|key| !field.type_in(*key)).count();
        if field.input.value() != before {
            self.typed(look);
        }
        self.tell_full(left_out > 0);
    }

    /// Backspace in an empty field of several takes back what was picked last.
    fn take_back_last(&mut self) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        field.is_several() && field.input.value().is_empty() && field.chosen.pop().is_some()
    }

    fn step_to(&mut self, index: usize, look: Look) {
        self.check_focused(look);
        self.go_to_field(index, look);
    }

    fn mark(&mut self, rank: usize) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.marked = Some(rank).filter(|rank| *rank < field.offers.len());
        }
    }

    fn next_point_label(&mut self) -> bool {
        let Some(Kind::Point { label, .. }) = self.fields.get_mut(self.focus).map(|field| &mut field.kind) else {
            return false;
        };
        let at = POINT_LABELS.iter().position(|known| known == label);
        POINT_LABELS[at.map_or(0, |at| (at + 1) % POINT_LABELS.len())].clone_into(label);
        true
    }

    /// Makes a phone number or e-mail address the one to use first, and no other of its list.
    fn make_primary(&mut self) -> bool {
        let Some(name) = self.focused().map(|field| field.name) else { return false };
        let is_phone = matches!(name, Name::Phone(_));
        if !is_phone && !matches!(name, Name::Email(_)) {
            return false;
        }
        for field in &mut self.fields {
            let is_alike =
                if is_phone { matches!(field.name, Name::Phone(_)) } else { matches!(field.name, Name::Email(_)) };
            if let (true, Kind::Point { primary, .. }) = (is_alike, &mut field.kind) {
                *primary = field.name == name;
            }
        }
        true
    }
}
