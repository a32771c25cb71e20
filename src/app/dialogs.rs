//! Keys while a dialog is open.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::actions::{Action, action_for};
use super::deed::Deed;
use super::dialog::{Ask, Choice, Dialog, Picker, Picking, Prompt};
use super::form::reading::{parse_probability, written_money};
use super::update::{type_into, type_over};
use super::{App, Effect, layout, search};
use crate::domain::{
    ActivityPatch, DealPatch, Due, Edit, ItemRef, LeadPatch, Money, StatusChange, parse_day, parse_when,
};
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
            if let Some(Dialog::Note(editor)) = self.state.dialog.as_mut().filter(|_| !control)
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

    /// Opens the prompt of an action for an item, holding what is there now.
    pub(super) fn open_prompt(&mut self, action: Action, item: ItemRef) {
        let (ask, now) = match (action, item) {
            (Action::Rename, _) => (Ask::Title(item), self.title(item)),
            (Action::Value, _) => (Ask::Value(item), self.value(item)),
            (Action::ExpectedClose, _) => (Ask::ExpectedClose(item), self.expected_close(item)),
            (Action::Lose, ItemRef::Deal(id)) => (Ask::LostReason(id), String::new()),
            (Action::Probability, ItemRef::Deal(id)) => {
                let own = self.workspace.deal(id).and_then(|deal| deal.probability);
                (Ask::Probability(id), own.map(|own| own.percent().to_string()).unwrap_or_default())
            }
            (Action::Reschedule, ItemRef::Activity(id)) => {
                let zone = self.workspace.zone();
                let due = self.workspace.activity(id).and_then(|activity| activity.due);
                (Ask::Day(id), due.map(|due| due.local(zone).0.to_string()).unwrap_or_default())
            }
            _ => return,
        };
        self.state.dialog = Some(Dialog::Prompt(Prompt::new(ask, now)));
    }

    fn title(&self, item: ItemRef) -> String {
        let title = match item {
            ItemRef::Deal(id) => self.workspace.deal(id).map(|deal| &deal.title),
            ItemRef::Lead(id) => self.workspace.lead(id).map(|lead| &lead.title),
            ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => None,
        };
        // Control characters cannot be typed or seen, so they are not offered for editing.
        title.map(|title| title.chars().filter(|c| !c.is_control()).collect()).unwrap_or_default()
    }

    fn money(&self, item: ItemRef) -> Option<Money> {
        match item {
            ItemRef::Deal(id) => self.workspace.deal(id).map(|deal| deal.value.clone()),
            ItemRef::Lead(id) => self.workspace.lead(id).and_then(|lead| lead.value.clone()),
            ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => None,
        }
    }

    fn value(&self, item: ItemRef) -> String {
        self.money(item).as_ref().map(written_money).unwrap_or_default()
    }

    fn expected_close(&self, item: ItemRef) -> String {
        let date = match item {
            ItemRef::Deal(id) => self.workspace.deal(id).and_then(|deal| deal.expected_close),
            ItemRef::Lead(id) => self.workspace.lead(id).and_then(|lead| lead.expected_close),
            ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => None,
        };
        date.map(|date| date.to_string()).unwrap_or_default()
    }

    /// The prompt was answered: an edit, or an error at the field.
    fn answer(&mut self) -> Vec<Effect> {
        let Some(Dialog::Prompt(prompt)) = &self.state.dialog else { return Vec::new() };
        let (ask, text) = (prompt.ask, prompt.input.value().trim().to_owned());
        let answered = match ask {
            Ask::ForAll(action) => self.deed_from(action, &text).map(Answered::ForAll),
            Ask::Search => search::checked(text).map(Answered::Search),
            Ask::Bound(bound) => self.answer_bound(bound, &text).map(|()| Answered::Filter),
            Ask::FilterName => self.save_filter(&text).map(|()| Answered::Filter),
            ask => self.edit_from(ask, &text).map(Answered::ForOne),
        };
        match answered {
            // It holds already, and what comes after it is open.
            Ok(Answered::Filter) => Vec::new(),
            Ok(Answered::ForAll(deed)) => {
                self.state.dialog = None;
                self.do_to_about(&deed)
            }
            Ok(Answered::Search(text)) => {
                self.state.dialog = None;
                self.search(text)
            }
            Ok(Answered::ForOne(edit)) => {
                self.state.dialog = None;
                self.edit_from_dialog(edit)
            }
            Err(error) => {
                if let Some(Dialog::Prompt(prompt)) = &mut self.state.dialog {
                    prompt.error = Some(error);
                }
                Vec::new()
            }
        }
    }

    /// The edit that an answer makes.
    fn edit_from(&self, ask: Ask, text: &str) -> Result<Edit, String> {
        let today = self.state.today(&self.workspace);
        let deal = |id, patch| Edit::UpdateDeal { id, patch };
        Ok(match ask {
            Ask::ForAll(_) | Ask::Bound(_) | Ask::FilterName | Ask::Search => {
                return Err("it is not for one item".to_owned());
            }
            Ask::Title(_) if text.is_empty() => return Err(crate::domain::RuleError::EmptyTitle.to_string()),
            Ask::Title(item) => {
                let title = Some(text.to_owned());
                common(
                    item,
                    DealPatch { title: title.clone(), ..DealPatch::default() },
                    LeadPatch { title, ..LeadPatch::default() },
                )?
            }
            Ask::Value(item) => {
                let currency = self.money(item).map_or_else(|| self.workspace.currency(), |value| value.currency);
                let value = match (item, text) {
                    (ItemRef::Lead(_), "") => None,
                    _ => Some(Money::parse(text, &currency).map_err(|error| error.to_string())?),
                };
                common(
                    item,
                    DealPatch { value: value.clone(), ..DealPatch::default() },
                    LeadPatch { value: Some(value), ..LeadPatch::default() },
                )?
            }
            Ask::ExpectedClose(item) => {
                let date = match text {
                    "" => None,
                    text => Some(parse_day(text, today).map_err(|error| error.to_string())?),
                };
                common(
                    item,
                    DealPatch { expected_close: Some(date), ..DealPatch::default() },
                    LeadPatch { expected_close: Some(date), ..LeadPatch::default() },
                )?
            }
            Ask::Probability(id) => {
                deal(id, DealPatch { probability: Some(parse_probability(text)?), ..DealPatch::default() })
            }
            Ask::LostReason(id) => {
                let reason = Some(text.to_owned()).filter(|reason| !reason.is_empty());
                deal(id, DealPatch { status: Some(StatusChange::Lose { reason }), ..DealPatch::default() })
            }
            Ask::Day(id) => {
                let (day, time) = parse_when(text, today).map_err(|error| error.to_string())?;
                let due = self.workspace.activity(id).and_then(|activity| activity.due);
                let zone = self.workspace.zone();
                let due = Due::at_local(day, time.or_else(|| due?.local(zone).1), zone);
                Edit::UpdateActivity { id, patch: ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() } }
            }
        })
    }
}

/// What a prompt's answer comes to.
enum Answered {
    /// An edit of one item.
    ForOne(Edit),
    /// Something that is done to all that is marked.
    ForAll(Deed),
    /// Words to search for in Pipedrive.
    Search(String),
    /// A bound or the name of the filter.
    Filter,
}

/// An edit of a field that deals and leads have in common.
fn common(item: ItemRef, deal: DealPatch, lead: LeadPatch) -> Result<Edit, String> {
    match item {
        ItemRef::Deal(id) => Ok(Edit::UpdateDeal { id, patch: deal }),
        ItemRef::Lead(id) => Ok(Edit::UpdateLead { id, patch: lead }),
        ItemRef::Activity(_) | ItemRef::Person(_) | ItemRef::Org(_) | ItemRef::Note(_) => {
            Err("it has no such field".to_owned())
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

fn prompt_key(prompt: &mut Prompt, key: KeyEvent) -> After {
    if key.code == KeyCode::Enter {
        return After::Answered;
    }
    type_into_prompt(prompt, key);
    After::Stay
}

fn type_into_prompt(prompt: &mut Prompt, key: KeyEvent) {
    prompt.error = None;
    type_over(&mut prompt.input, std::mem::take(&mut prompt.marked), key);
}
