//! Keys while a dialog is open.

use crate::app::attention;
use crate::app::board;
use crate::app::bulk;
use crate::app::convert;
use crate::app::copy;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::filtering;
use crate::app::form::keys as form_keys;
use crate::app::jump;
use crate::app::named;
use crate::app::next;
use crate::app::notes;
use crate::app::prompts;
use crate::app::search;
use crate::app::sorting;
use crate::app::targets;
use crate::app::token;
use crate::app::{Account, Session};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::actions::{Action, action_for};
use super::deed::Deed;
use super::dialog::{Choice, Dialog, Picker, Picking};
use super::dispatch::type_into;
use super::prompts::{prompt_key, type_into_prompt};
use super::{Effect, layout};
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

pub(super) fn dialog_key(session: &mut Session, account: &mut Account, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if let Some(Dialog::Form(_)) = &session.dialog {
        let after = form_keys::form_key(session, account, key);
        return after_dialog(session, account, after);
    }
    if key.code == KeyCode::Esc || (control && key.code == KeyCode::Char('c')) {
        if let Some(Dialog::Note(editor)) = &mut session.dialog
            && !editor.may_leave()
        {
            editor.leaving = true;
            return Vec::new();
        }
        let closed = session.dialog.take();
        session.retrying = None;
        if matches!(closed, Some(Dialog::Token(_))) {
            token::leave_token(session, account);
        }
        let quits = matches!(closed, Some(Dialog::Quit)) && control;
        return if quits { vec![Effect::Quit] } else { Vec::new() };
    }
    if let Some(Dialog::Next { done, .. }) = session.dialog {
        return next::next_key(session, account, key, done);
    }
    if let Some(after) = notes::note_list_key(session, account, key) {
        return after_dialog(session, account, after);
    }
    let after = match &mut session.dialog {
        // The keys of these are their own.
        None | Some(Dialog::Form(_) | Dialog::Next { .. }) => After::Stay,
        Some(Dialog::Note(editor)) => editor.key(key),
        Some(Dialog::Help { .. }) => scroll_key(session, key, Action::Help),
        Some(Dialog::Diagnostics { .. }) => scroll_key(session, key, Action::Diagnostics),
        Some(Dialog::Pick(picker)) => picker_key(picker, key),
        Some(Dialog::Columns(_)) => sorting::columns_key(session, account, key),
        Some(Dialog::Prompt(prompt)) => prompt_key(prompt, key),
        Some(Dialog::Attention { .. }) => attention::attention_key(session, account, key),
        Some(Dialog::History { .. }) => attention::history_key(session, key),
        Some(Dialog::Labels(list)) => targets::labels_key(list, key),
        Some(Dialog::Bulk { .. }) if key.code == KeyCode::Char('s') => After::Stop,
        Some(Dialog::Bulk { .. }) => scroll_key(session, key, Action::Bulk),
        Some(Dialog::Confirm(_)) => sure_key(key, After::Confirmed),
        Some(Dialog::Delete { .. }) => sure_key(key, After::Delete),
        Some(Dialog::BackToLead { .. }) => sure_key(key, After::BackToLead),
        Some(Dialog::Token(asked)) if asked.quits(key) => {
            session.dialog = None;
            // Whoever stays after all is asked again.
            token::want_token(session, account);
            return dispatch::quit(session, account);
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
    after_dialog(session, account, after)
}

/// A click while a dialog is open: picks a line, or closes what nothing is typed in.
pub(super) fn click_dialog(session: &mut Session, account: &mut Account, at: Position) -> Vec<Effect> {
    let screen = layout::screen(session);
    let after = match &mut session.dialog {
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
            form_keys::click_form(session, account, at);
            After::Stay
        }
        Some(Dialog::Help { .. } | Dialog::Diagnostics { .. } | Dialog::Bulk { .. }) => After::Close,
        _ => After::Stay,
    };
    after_dialog(session, account, after)
}

/// Text that was pasted goes into the field that has the cursor.
pub(super) fn dialog_text(session: &mut Session, keys: impl Iterator<Item = KeyEvent>) {
    match &mut session.dialog {
        Some(Dialog::Pick(picker)) => {
            keys.for_each(|key| type_into(&mut picker.input, key));
            picker.narrow();
        }
        Some(Dialog::Prompt(prompt)) => keys.for_each(|key| type_into_prompt(prompt, key)),
        Some(Dialog::Token(asked)) => keys.for_each(|key| asked.type_in(key)),
        _ => {}
    }
}

fn after_dialog(session: &mut Session, account: &mut Account, after: After) -> Vec<Effect> {
    match after {
        After::Stay => {}
        After::Close => {
            session.dialog = None;
            session.retrying = None;
        }
        After::Picked(picking, choice) => {
            session.dialog = None;
            return picked(session, account, picking, choice);
        }
        After::Answered => return prompts::answer(session, account),
        After::Noted => return notes::save_note(session, account),
        After::Finished => return form_keys::finish_form(session, account),
        After::Renewed => return token::renew(session, account),
        After::Retry(at) => return attention::retry(session, account, at),
        After::TakeTheirs(at) => return attention::take_theirs(session, account, at),
        After::Change(at) => attention::change(session, account, at),
        After::Discard(at) => return attention::discard(session, account, at),
        After::TakeBack(id) => return attention::take_back(session, account, id),
        After::Delete => return edits::delete(session, account),
        After::Confirmed => return targets::confirmed(session, account),
        After::Labelled => return targets::label(session, account),
        After::Stop => return bulk::stop_bulk(account),
        After::BackToLead => return convert::back_to_lead(session, account),
        After::Quit => {
            session.dialog = None;
            return vec![Effect::Quit];
        }
    }
    Vec::new()
}

fn picked(session: &mut Session, account: &mut Account, picking: Picking, choice: Choice) -> Vec<Effect> {
    match (picking, choice) {
        (Picking::MoveDeal(deal), Choice::Stage(stage)) => return board::move_deal(session, account, deal, stage),
        (Picking::ConvertLead(id), Choice::Stage(stage)) => {
            if let Some(to) = board::place_or_tell(session, account, stage) {
                return attention::edit_from_dialog(session, account, Edit::ConvertLead { id, to });
            }
        }
        (Picking::StageForAll, Choice::Stage(stage)) => {
            return targets::do_to_about(session, account, &Deed::Stage(stage));
        }
        (_, Choice::User(user)) => return targets::do_to_about(session, account, &Deed::Owner(user)),
        (_, Choice::Pipeline(pipeline)) => board::show_pipeline(session, pipeline),
        (_, Choice::Note(id)) => notes::open_note(session, account, id),
        (_, Choice::Sort(by)) => sorting::sort_by(session, account, by),
        (_, Choice::Answer(answer)) => filtering::answered(session, account, answer),
        (_, Choice::Name(name)) => return named::named(session, account, name),
        (_, Choice::Filters) => filtering::open_filters(session, account),
        (_, Choice::Action(action)) => return dispatch::act(session, account, action),
        (Picking::Copy(item), Choice::Copy(part)) => return copy::copy(session, account, item, part),
        (Picking::Found, Choice::Item(item)) => return search::go_to_found(session, account, item),
        (_, Choice::Item(item)) => {
            jump::go_to(session, account, item);
        }
        (_, Choice::Stage(_) | Choice::Copy(_)) => {}
    }
    Vec::new()
}

/// A key in what is only read; the key of the action that opened it closes it again.
fn scroll_key(session: &mut Session, key: KeyEvent, opened_by: Action) -> After {
    const PAGE: i16 = 10;
    let by = match key.code {
        KeyCode::Char('j') | KeyCode::Down => 1,
        KeyCode::Char('k') | KeyCode::Up => -1,
        KeyCode::PageDown | KeyCode::Char(' ') => PAGE,
        KeyCode::PageUp => -PAGE,
        KeyCode::Char('g') | KeyCode::Home => i16::MIN,
        KeyCode::Char('G') | KeyCode::End => i16::MAX,
        KeyCode::Char('q') | KeyCode::Enter => return After::Close,
        _ if action_for(key, session.view) == Some(opened_by) => return After::Close,
        _ => 0,
    };
    scroll_dialog(session, by);
    After::Stay
}

/// Scrolls what is only read, if such is open.
pub(super) fn scroll_dialog(session: &mut Session, by: i16) {
    let Some(Dialog::Help { top } | Dialog::Diagnostics { top } | Dialog::Bulk { top }) = session.dialog else {
        return;
    };
    let scrolled = session.scrolled(top, by);
    if let Some(Dialog::Help { top } | Dialog::Diagnostics { top } | Dialog::Bulk { top }) = &mut session.dialog {
        *top = scrolled;
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
