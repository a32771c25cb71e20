//! Keys, clicks and pasted text while a dialog is open, and the requests they lead to.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::prompt::{answer, prompt_key, type_into_prompt};
use super::request::{Outcome, Request};
use super::{Confirm, Dialog};
use crate::app::actions::{Action, action_for};
use crate::app::deed::Deed;
use crate::app::form::keys as form_keys;
use crate::app::notice::Tone;
use crate::app::{Account, Effect, Session};
use crate::app::{
    attention, board, bulk, convert, copy, dispatch, edits, filtering, jump, layout, named, next, notes, search,
    sorting, targets, token,
};
use crate::domain::{Edit, ItemRef, RuleError};

/// Handles a key.
pub(in crate::app) fn dialog_key(session: &mut Session, account: &mut Account, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_form = matches!(session.dialog, Some(Dialog::Form(_)));
    if !is_form && (key.code == KeyCode::Esc || (control && key.code == KeyCode::Char('c'))) {
        return leave(session, account, key);
    }
    let outcome = match &mut session.dialog {
        None => Outcome::Stay,
        Some(Dialog::Form(_)) => form_keys::form_key(session, account, key),
        Some(Dialog::Note(editor)) => editor.key(key),
        Some(Dialog::Help { .. }) => scroll_key(session, key, Action::Help),
        Some(Dialog::Diagnostics { .. }) => scroll_key(session, key, Action::Diagnostics),
        Some(Dialog::Pick(picker)) => picker.key(key),
        Some(Dialog::Columns(_)) => sorting::columns_key(session, account, key),
        Some(Dialog::Prompt(prompt)) => prompt_key(prompt, key),
        Some(Dialog::Attention { .. }) => attention::attention_key(session, account, key),
        Some(Dialog::History { .. }) => attention::history_key(session, key),
        Some(Dialog::Labels(list)) => targets::labels_key(list, key),
        Some(Dialog::Bulk { .. }) if key.code == KeyCode::Char('s') => Outcome::Run(Request::StopBulk),
        Some(Dialog::Bulk { .. }) => scroll_key(session, key, Action::Bulk),
        Some(Dialog::Confirm(Confirm::DeleteAll { .. })) => yes_or_no(key, || Request::Apply(Deed::Delete)),
        Some(Dialog::Confirm(Confirm::UndoAll { bulk, .. })) => yes_or_no(key, || Request::UndoBulk(*bulk)),
        Some(Dialog::Delete { item, undo, .. }) => yes_or_no(key, || Request::Delete(*item, undo.take())),
        Some(Dialog::BackToLead { deal, undo, .. }) => yes_or_no(key, || Request::ConvertDeal(*deal, undo.take())),
        Some(Dialog::Next { done, .. }) => next::next_key(key, *done),
        Some(Dialog::Token(prompt)) => prompt.key(key),
        Some(Dialog::Quit) => quit_key(key),
    };
    finish(session, account, outcome)
}

/// Handles escape and ctrl-c.
fn leave(session: &mut Session, account: &Account, key: KeyEvent) -> Vec<Effect> {
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
    let quits = matches!(closed, Some(Dialog::Quit)) && key.code == KeyCode::Char('c');
    if quits { vec![Effect::Quit] } else { Vec::new() }
}

/// Handles a click: picks a line, or closes a dialog that takes no input.
pub(in crate::app) fn click_dialog(session: &mut Session, account: &mut Account, at: Position) -> Vec<Effect> {
    let screen = layout::screen(session);
    let outcome = match &mut session.dialog {
        Some(Dialog::Pick(picker)) => picker.click(at, screen),
        Some(Dialog::Form(_)) => {
            form_keys::click_form(session, account, at);
            Outcome::Stay
        }
        Some(Dialog::Help { .. } | Dialog::Diagnostics { .. } | Dialog::Bulk { .. }) => Outcome::Close,
        _ => Outcome::Stay,
    };
    finish(session, account, outcome)
}

/// Types pasted text into the field with the cursor.
pub(in crate::app) fn dialog_text(session: &mut Session, keys: impl Iterator<Item = KeyEvent>) {
    match &mut session.dialog {
        Some(Dialog::Pick(picker)) => picker.list.type_keys(keys),
        Some(Dialog::Prompt(prompt)) => keys.for_each(|key| type_into_prompt(prompt, key)),
        Some(Dialog::Token(prompt)) => keys.for_each(|key| prompt.type_in(key)),
        _ => {}
    }
}

fn finish(session: &mut Session, account: &mut Account, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Stay => Vec::new(),
        Outcome::Close => {
            session.dialog = None;
            session.retrying = None;
            Vec::new()
        }
        Outcome::Answer(request) => {
            session.dialog = None;
            run(session, account, request)
        }
        Outcome::Run(request) => run(session, account, request),
    }
}

/// Carries out a request.
fn run(session: &mut Session, account: &mut Account, request: Request) -> Vec<Effect> {
    match request {
        Request::Act(action) => return dispatch::act(session, account, action),
        Request::Key(key) => return dispatch::key(session, account, key),
        Request::Apply(deed) => return targets::do_to_about(session, account, &deed),
        Request::MoveDeal(deal, stage) => return board::move_deal(session, account, deal, stage),
        Request::ConvertLead(id, stage) => {
            if let Some(to) = board::place_or_tell(session, account, stage) {
                return attention::edit_from_dialog(session, account, Edit::ConvertLead { id, to });
            }
        }
        Request::ConvertDeal(deal, undo) => return convert::back_to_lead(session, account, deal, undo),
        Request::Delete(item, undo) => return edits::delete(session, account, item, undo),
        Request::AskDelete(item) => edits::ask_delete_of(session, account, item, None),
        Request::UndoBulk(bulk) => return bulk::undo_all(session, account, bulk),
        Request::StopBulk => return bulk::stop_bulk(account),
        Request::PlanNext(done) => next::plan_next(session, account, done),
        Request::ShowPipeline(pipeline) => board::show_pipeline(session, pipeline),
        Request::GoTo(item) => {
            jump::go_to(session, account, item);
        }
        Request::GoToFound(item) => return search::go_to_found(session, account, item),
        Request::OpenNote(id) => notes::open_note(session, account, id),
        Request::SortBy(by) => sorting::sort_by(session, account, by),
        Request::OpenFilters => filtering::open_filters(session, account),
        Request::Filter(answer) => filtering::answered(session, account, answer),
        Request::SavedFilter(name) => return named::named(session, account, name),
        Request::Copy(item, part) => return copy::copy(session, account, item, part),
        Request::SubmitPrompt => return answer(session, account),
        Request::SaveNote => return notes::save_note(session, account),
        Request::SubmitForm => return form_keys::finish_form(session, account),
        Request::UseToken => return token::renew(session, account),
        Request::QuitWithoutToken => {
            // If you stay after all, the token is requested again.
            token::want_token(session, account);
            return dispatch::quit(session, account);
        }
        Request::Retry(at) => return attention::retry(session, account, at),
        Request::TakeTheirs(at) => return attention::take_theirs(session, account, at),
        Request::Change(at) => attention::change(session, account, at),
        Request::Discard(at) => return attention::discard(session, account, at),
        Request::UndoEdit(id) => return attention::take_back(session, account, id),
        Request::QuitNow => return vec![Effect::Quit],
    }
    Vec::new()
}

/// Handles a key in a dialog that only scrolls. The key of the action that opened it closes it.
fn scroll_key(session: &mut Session, key: KeyEvent, opened_by: Action) -> Outcome {
    const PAGE: i16 = 10;
    let by = match key.code {
        KeyCode::Char('j') | KeyCode::Down => 1,
        KeyCode::Char('k') | KeyCode::Up => -1,
        KeyCode::PageDown | KeyCode::Char(' ') => PAGE,
        KeyCode::PageUp => -PAGE,
        KeyCode::Char('g') | KeyCode::Home => i16::MIN,
        KeyCode::Char('G') | KeyCode::End => i16::MAX,
        KeyCode::Char('q') | KeyCode::Enter => return Outcome::Close,
        _ if action_for(key, session.view) == Some(opened_by) => return Outcome::Close,
        _ => 0,
    };
    scroll_dialog(session, by);
    Outcome::Stay
}

/// Scrolls the open dialog if it only scrolls.
pub(in crate::app) fn scroll_dialog(session: &mut Session, by: i16) {
    let Some(Dialog::Help { top } | Dialog::Diagnostics { top } | Dialog::Bulk { top }) = session.dialog else {
        return;
    };
    let scrolled = session.scrolled(top, by);
    if let Some(Dialog::Help { top } | Dialog::Diagnostics { top } | Dialog::Bulk { top }) = &mut session.dialog {
        *top = scrolled;
    }
}

/// Handles a key at a question that yes or no answers.
fn yes_or_no(key: KeyEvent, yes: impl FnOnce() -> Request) -> Outcome {
    match key.code {
        KeyCode::Char('y') | KeyCode::Enter => Outcome::Answer(yes()),
        KeyCode::Char('n' | 'q') => Outcome::Close,
        _ => Outcome::Stay,
    }
}

fn quit_key(key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Char('y' | 'q') | KeyCode::Enter => Outcome::Answer(Request::QuitNow),
        KeyCode::Char('n') => Outcome::Close,
        _ => Outcome::Stay,
    }
}

/// Closes a dialog whose item is no longer there. One with typed text stays and shows an error instead, so that the
/// text can still be copied.
pub(in crate::app) fn settle_dialog(session: &mut Session, account: &Account) {
    if let Some(deal) = session.dialog.as_ref().and_then(Dialog::needs_probability_of)
        && account.workspace.has(ItemRef::Deal(deal))
        && !account.workspace.shows_probability(deal)
    {
        session.dialog = None;
        session.retrying = None;
        return session.tell(Tone::Info, "Deal probability is turned off in the deal's pipeline.");
    }
    let subject = session.dialog.as_ref().and_then(|dialog| dialog.subject(&session.targets));
    if subject.filter(|item| !item.is_local()).is_none_or(|item| account.workspace.has(item)) {
        return;
    }
    match &mut session.dialog {
        Some(Dialog::Form(form)) if form.is_touched() => form.refuse(RuleError::Gone.to_string()),
        Some(Dialog::Note(editor)) if editor.is_changed() => editor.error = Some(RuleError::Gone.to_string()),
        _ => {
            session.dialog = None;
            session.retrying = None;
            session.tell(Tone::Info, "The dialog was closed: its item is no longer there.");
        }
    }
}
