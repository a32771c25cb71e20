//! Keys while a dialog is open.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::actions::{Action, action_for};
use super::deed::Deed;
use super::dialog::{Choice, Dialog, Picker, Picking};
use super::prompts::{prompt_key, type_into_prompt};
use super::update::type_into;
use super::{App, Effect, layout};
use crate::domain::Edit;
use crate::workspace::EditId;

/// What a key did to a dialog.
#[derive(Clone, Copy)]
pub(super) enum After {
    /// It stays open.
    Stay,
    /// It is closed.
    Close,
    /// It is closed, and this was chosen.
    Picked(Picking, Choice),
    /// It is answered; closed if the answer is taken.
    Answered,
    /// The note is to be saved.
    Noted,
    /// The form is to be finished.
    Finished,
    /// The token is to be tried.
    Renewed,
    /// The edit at this place that needs attention is done again.
    Retry(usize),
    /// What somebody else has made of it stays.
    TakeTheirs(usize),
    /// It is changed.
    Change(usize),
    /// It is given up.
    Discard(usize),
    /// What was asked about is deleted.
    Delete,
    /// What was asked about is done to many items.
    Confirmed,
    /// The labels are chosen.
    Labelled,
    /// What was not yet sent of a bulk is taken back.
    Stop,
    /// What was asked about becomes a lead.
    BackToLead,
    /// An edit of the history is taken back.
    TakeBack(EditId),
    /// The person wants to quit all the same.
    Quit,
}

impl App {
    pub(super) fn dialog_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let Some(Dialog::Form(_)) = &self.state.dialog {
            let after = self.form_key(key);
            return self.after_dialog(after);
        }
        if key.code == KeyCode::Esc || (control && key.code == KeyCode::Char('c')) {
            if let Some(Dialog::Note(editor)) = &mut self.state.dialog
                && !editor.may_leave()
            {
                editor.leaving = true;
                return Vec::new();
            }
            let closed = self.state.dialog.take();
            self.state.changing = None;
            if matches!(closed, Some(Dialog::Token(_))) {
                self.state.leave_token();
            }
            let quits = matches!(closed, Some(Dialog::Quit)) && control;
            return if quits { vec![Effect::Quit] } else { Vec::new() };
        }
        if let Some(Dialog::Next { done, .. }) = self.state.dialog {
            return self.next_key(key, done);
        }
        if let Some(after) = self.note_list_key(key) {
            return self.after_dialog(after);
        }
        let after = match &mut self.state.dialog {
            // The keys of these are their own.
            None | Some(Dialog::Form(_) | Dialog::Next { .. }) => After::Stay,
            Some(Dialog::Note(editor)) => editor.key(key),
            Some(Dialog::Help { .. }) => self.scroll_key(key, Action::Help),
            Some(Dialog::Diagnostics { .. }) => self.scroll_key(key, Action::Diagnostics),
            Some(Dialog::Pick(picker)) => picker_key(picker, key),
            Some(Dialog::Columns(_)) => self.columns_key(key),
            Some(Dialog::Prompt(prompt)) => prompt_key(prompt, key),
            Some(Dialog::Attention { .. }) => self.attention_key(key),
            Some(Dialog::History { .. }) => self.history_key(key),
            Some(Dialog::Labels(list)) => Self::labels_key(list, key),
            Some(Dialog::Bulk { .. }) if key.code == KeyCode::Char('s') => After::Stop,
            Some(Dialog::Bulk { .. }) => self.scroll_key(key, Action::Bulk),
            Some(Dialog::Confirm(_)) => sure_key(key, After::Confirmed),
            Some(Dialog::Delete { .. }) => sure_key(key, After::Delete),
            Some(Dialog::BackToLead { .. }) => sure_key(key, After::BackToLead),
            Some(Dialog::Token(asked)) if asked.quits(key) => {
                self.state.dialog = None;
                // Whoever stays after all is asked again.
                self.state.want_token();
                return self.quit();
            }
            Some(Dialog::Token(_)) if key.code == KeyCode::Enter => After::Renewed,
            Some(Dialog::Token(asked)) => {
                asked.type_in(key);
                After::Stay
            }
            Some(Dialog::Quit) => match key.code {
                KeyCode::Char('y' | 'q') | KeyCode::Enter => After::Quit,
                KeyCode::Char('n') => After::Close,
                _ => After::Stay,
            },
        };
        self.after_dialog(after)
    }

    /// A click while a dialog is open: picks a line, or closes what nothing is typed in.
    pub(super) fn click_dialog(&mut self, at: Position) -> Vec<Effect> {
        let screen = layout::screen(&self.state);
        let after = match &mut self.state.dialog {
            Some(Dialog::Pick(picker)) => {
                let frame = layout::picker(screen, picker);
                let list = layout::picker_list(frame);
                if list.contains(at) {
                    let rank = picker.top(usize::from(list.height)) + usize::from(at.y - list.y);
                    picker.choice(rank).map_or(After::Stay, |choice| After::Picked(picker.picking, choice))
                } else if frame.contains(at) {
                    After::Stay
                } else {
                    After::Close
                }
            }
            Some(Dialog::Form(_)) => {
                self.click_form(at);
                After::Stay
            }
            Some(Dialog::Help { .. } | Dialog::Diagnostics { .. } | Dialog::Bulk { .. }) => After::Close,
            _ => After::Stay,
        };
        self.after_dialog(after)
    }

    /// Text that was pasted goes into the field that has the cursor.
    pub(super) fn dialog_text(&mut self, keys: impl Iterator<Item = KeyEvent>) {
        match &mut self.state.dialog {
            Some(Dialog::Pick(picker)) => {
                keys.for_each(|key| type_into(&mut picker.input, key));
                picker.narrow();
            }
            Some(Dialog::Prompt(prompt)) => keys.for_each(|key| type_into_prompt(prompt, key)),
            Some(Dialog::Token(asked)) => keys.for_each(|key| asked.type_in(key)),
            _ => {}
        }
    }

    fn after_dialog(&mut self, after: After) -> Vec<Effect> {
        match after {
            After::Stay => {}
            After::Close => {
                self.state.dialog = None;
                self.state.changing = None;
            }
            After::Picked(picking, choice) => {
                self.state.dialog = None;
                return self.picked(picking, choice);
            }
            After::Answered => return self.answer(),
            After::Noted => return self.save_note(),
            After::Finished => return self.finish_form(),
            After::Renewed => return self.renew(),
            After::Retry(at) => return self.retry(at),
            After::TakeTheirs(at) => return self.take_theirs(at),
            After::Change(at) => self.change(at),
            After::Discard(at) => return self.discard(at),
            After::TakeBack(id) => return self.take_back(id),
            After::Delete => return self.delete(),
            After::Confirmed => return self.confirmed(),
            After::Labelled => return self.label(),
            After::Stop => return self.stop_bulk(),
            After::BackToLead => return self.back_to_lead(),
            After::Quit => {
                self.state.dialog = None;
                return vec![Effect::Quit];
            }
        }
        Vec::new()
    }

    fn picked(&mut self, picking: Picking, choice: Choice) -> Vec<Effect> {
        match (picking, choice) {
            (Picking::MoveDeal(deal), Choice::Stage(stage)) => return self.move_deal(deal, stage),
            (Picking::ConvertLead(id), Choice::Stage(stage)) => {
                if let Some(to) = self.place_or_tell(stage) {
                    return self.edit_from_dialog(Edit::ConvertLead { id, to });
                }
            }
            (Picking::StageForAll, Choice::Stage(stage)) => return self.do_to_about(&Deed::Stage(stage)),
            (_, Choice::User(user)) => return self.do_to_about(&Deed::Owner(user)),
            (_, Choice::Pipeline(pipeline)) => self.show_pipeline(pipeline),
            (_, Choice::Note(id)) => self.open_note(id),
            (_, Choice::Sort(by)) => self.sort_by(by),
            (_, Choice::Answer(answer)) => self.answered(answer),
            (_, Choice::Name(name)) => return self.named(name),
            (_, Choice::Filters) => self.open_filters(),
            (_, Choice::Action(action)) => return self.act(action),
            (Picking::Copy(item), Choice::Copy(part)) => return self.copy(item, part),
            (Picking::Found, Choice::Item(item)) => return self.go_to_found(item),
            (_, Choice::Item(item)) => {
                self.go_to(item);
            }
            (_, Choice::Stage(_) | Choice::Copy(_)) => {}
        }
        Vec::new()
    }

    /// A key in what is only read; the key of the action that opened it closes it again.
    fn scroll_key(&mut self, key: KeyEvent, opened_by: Action) -> After {
        const PAGE: i16 = 10;
        let by = match key.code {
            KeyCode::Char('j') | KeyCode::Down => 1,
            KeyCode::Char('k') | KeyCode::Up => -1,
            KeyCode::PageDown | KeyCode::Char(' ') => PAGE,
            KeyCode::PageUp => -PAGE,
            KeyCode::Char('g') | KeyCode::Home => i16::MIN,
            KeyCode::Char('G') | KeyCode::End => i16::MAX,
            KeyCode::Char('q') | KeyCode::Enter => return After::Close,
            _ if action_for(key, self.state.view) == Some(opened_by) => return After::Close,
            _ => 0,
        };
        self.scroll_dialog(by);
        After::Stay
    }

    /// Scrolls what is only read, if such is open.
    pub(super) fn scroll_dialog(&mut self, by: i16) {
        let Some(Dialog::Help { top } | Dialog::Diagnostics { top } | Dialog::Bulk { top }) = self.state.dialog else {
            return;
        };
        let scrolled = self.state.scrolled(top, by);
        if let Some(Dialog::Help { top } | Dialog::Diagnostics { top } | Dialog::Bulk { top }) = &mut self.state.dialog
        {
            *top = scrolled;
        }
    }
}

/// A key at a question that is answered by yes or no.
fn sure_key(key: KeyEvent, yes: After) -> After {
    match key.code {
        KeyCode::Char('y') | KeyCode::Enter => yes,
        KeyCode::Char('n' | 'q') => After::Close,
        _ => After::Stay,
    }
}

fn picker_key(picker: &mut Picker, key: KeyEvent) -> After {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => {
            let choice = picker.choice(picker.selected);
            return choice.map_or(After::Stay, |choice| After::Picked(picker.picking, choice));
        }
        KeyCode::Down | KeyCode::Tab => picker.step(1),
        KeyCode::Up | KeyCode::BackTab => picker.step(-1),
        KeyCode::Char('n') if control => picker.step(1),
        KeyCode::Char('p') if control => picker.step(-1),
        KeyCode::PageDown => picker.step(10),
        KeyCode::PageUp => picker.step(-10),
        _ => {
            let before = picker.input.value().to_owned();
            type_into(&mut picker.input, key);
            if picker.input.value() != before {
                picker.narrow();
            }
        }
    }
    After::Stay
}
