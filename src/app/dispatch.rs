//! Keys to actions, and actions carried out.

use crate::app::activities;
use crate::app::archive;
use crate::app::attention;
use crate::app::board;
use crate::app::bulk;
use crate::app::calendar;
use crate::app::convert;
use crate::app::copy;
use crate::app::dialogs::{keys as dialog_keys, prompt as prompts};
use crate::app::edits;
use crate::app::filtering;
use crate::app::form::keys as form_keys;
use crate::app::form::open;
use crate::app::jump;
use crate::app::leads;
use crate::app::marks;
use crate::app::named;
use crate::app::news;
use crate::app::notes;
use crate::app::search;
use crate::app::sorting;
use crate::app::tables;
use crate::app::targets;
use crate::app::token;
use crate::app::undo;
use crate::app::{Account, Session};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::actions::{Action, action_for};
use super::dialogs::{Dialog, PickDialog, Request};
use super::reports::{LOOKING, REREADING};
use super::{Effect, actions, layout};
use crate::app::notice::Tone;
use crate::app::view::View;
use crate::app::widgets::input::{LONGEST_INPUT, one_line, type_into, typed};
use crate::app::widgets::picker::PickerItem;
use crate::domain::{DealStatus, ItemRef};
use crate::sync::Command;

pub(super) fn key(session: &mut Session, account: &mut Account, key: KeyEvent) -> Vec<Effect> {
    session.board.drag = None;
    if action_for(key, session.view) == Some(Action::Suspend) {
        return vec![Effect::Suspend];
    }
    if session.dialog.is_some() {
        return dialog_keys::dialog_key(session, account, key);
    }
    session.dismiss_read_notice();
    if session.filter.typing && filter_key(session, key) {
        return Vec::new();
    }
    match action_for(key, session.view) {
        Some(action) => act(session, account, action),
        None => Vec::new(),
    }
}

/// A key while the window is too small to show anything: it must not change what you cannot see, so all that
/// works is to quit.
pub(super) fn key_unseen(session: &mut Session, account: &Account, key: KeyEvent) -> Vec<Effect> {
    let is_ctrl_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    let is_asked = matches!(session.dialog, Some(Dialog::Quit));
    let types = session.filter.typing || session.dialog.is_some();
    match action_for(key, session.view) {
        _ if is_ctrl_c && is_asked => vec![Effect::Quit],
        Some(Action::Quit) if is_ctrl_c || !types => quit(session, account),
        _ => Vec::new(),
    }
}

/// Text pasted by the terminal.
pub(super) fn paste(session: &mut Session, account: &Account, text: &str) -> Vec<Effect> {
    match &mut session.dialog {
        Some(Dialog::Note(editor)) => {
            editor.paste(text);
            return Vec::new();
        }
        Some(Dialog::Form(_)) => {
            form_keys::paste_into_form(session, account, text);
            return Vec::new();
        }
        _ => {}
    }
    let line = one_line(text, LONGEST_INPUT);
    let keys = typed(&line);
    if session.dialog.is_some() {
        dialog_keys::dialog_text(session, keys);
    } else if session.filter.typing {
        keys.for_each(|key| type_into(&mut session.filter.input, key));
    }
    Vec::new()
}

/// A key while the filter is typed; `false` if it is not for the filter.
fn filter_key(session: &mut Session, key: KeyEvent) -> bool {
    let filter = &mut session.filter;
    match key.code {
        KeyCode::Enter | KeyCode::Tab => filter.typing = false,
        KeyCode::Esc => filter.clear_words(),
        KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
            filter.typing = false;
            return false;
        }
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => filter.clear_words(),
        _ => type_into(&mut filter.input, key),
    }
    true
}

/// Carries out an action.
pub(super) fn act(session: &mut Session, account: &mut Account, action: Action) -> Vec<Effect> {
    if let Some(effects) = targets::act_on_marked(session, account, action) {
        return effects;
    }
    match action {
        Action::Up
        | Action::Down
        | Action::Top
        | Action::Bottom
        | Action::PageUp
        | Action::PageDown
        | Action::Left
        | Action::Right
        | Action::FirstColumn
        | Action::LastColumn => go(session, account, action),
        Action::ShowBoard => show(session, View::Board),
        Action::ShowActivities => show(session, View::Activities),
        Action::ShowLeads => show(session, View::Leads),
        Action::ShowDeals => show(session, View::Deals),
        Action::ShowPeople => show(session, View::People),
        Action::ShowOrgs => show(session, View::Orgs),
        Action::ShowUsers => show(session, View::Users),
        Action::NextView => show(session, session.view.next()),
        Action::Detail => {
            session.detail.is_open = !session.detail.is_open;
            session.navigation.pinned = None;
            session.detail.top = 0;
        }
        Action::DetailUp => session.scroll_detail(-1),
        Action::DetailDown => session.scroll_detail(1),
        Action::GoLinked | Action::GoBack => jump::jump(session, account, action),
        Action::Back => back(session),
        Action::Filter => session.filter.typing = true,
        Action::FilterFields => filtering::open_filters(session, account),
        Action::FilterNames => return named::open_names(session, account),
        Action::Mine => sorting::mine_or_everyone(session),
        Action::Sort => sorting::open_sort(session, account),
        Action::Columns => sorting::open_columns(session, account),
        Action::Help => session.dialog = Some(Dialog::Help { top: 0 }),
        Action::Diagnostics => session.dialog = Some(Dialog::Diagnostics { top: 0 }),
        Action::Palette => open_palette(session),
        Action::Search => search::ask_search(session),
        Action::NewNote => notes::open_new_note(session, account),
        Action::Notes => notes::open_notes(session, account),
        Action::Delete => edits::ask_delete(session, account),
        Action::Copy => copy::open_copy(session, account),
        Action::Shelf => return archive::toggle_archive(session, account),
        Action::Calendar => calendar::turn_calendar(session, account),
        Action::Today => calendar::go_to_day(session, account, None),
        Action::NextWeek => calendar::step_days(session, account, 7),
        Action::PreviousWeek => calendar::step_days(session, account, -7),
        Action::BackToLead => convert::ask_back_to_lead(session, account),
        Action::Attention => attention::open_attention(session, account),
        Action::History => return attention::open_history(session),
        Action::Lately => news::open_lately(session, account),
        Action::Token => token::ask_token(session, account),
        Action::Mark | Action::MarkRange | Action::MarkAll => return marks::mark_action(session, account, action),
        Action::Owner | Action::Labels => targets::target_action(session, account, action),
        Action::Bulk => bulk::open_bulk(session, account),
        Action::Undo => return undo::undo(session, account),
        Action::Redo => return undo::redo(session, account),
        Action::Refresh => {
            let mut effects = look(session, account, LOOKING, Command::Refresh);
            effects.extend(named::run_again(session));
            if archive::is_in_archive(session) {
                effects.extend(archive::read_archive(account));
            }
            return effects;
        }
        Action::Reload => return look(session, account, REREADING, Command::Reload),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Quit => return quit(session, account),
        Action::Rename | Action::Value | Action::ExpectedClose => ask_field(session, account, action),
        Action::NextPipeline
        | Action::PreviousPipeline
        | Action::PickPipeline
        | Action::Status
        | Action::MoveLeft
        | Action::MoveRight
        | Action::PickStage
        | Action::Win
        | Action::Lose
        | Action::Reopen
        | Action::Probability => return board::board_action(session, account, action),
        Action::Done | Action::Reschedule | Action::Tomorrow => {
            return activities::activity_action(session, account, action);
        }
        Action::New => open::open_new(session, account),
        Action::NewActivity => open::open_activity_for_selected(session, account),
        Action::EditAll => open::open_edit(session, account),
        Action::Convert | Action::Archive | Action::Seen => return leads::lead_action(session, account, action),
    }
    Vec::new()
}

fn look(session: &mut Session, account: &mut Account, told: &'static str, command: Command) -> Vec<Effect> {
    account.freshness.asked = true;
    session.tell(Tone::Info, told);
    vec![Effect::Send(command)]
}

fn go(session: &mut Session, account: &Account, action: Action) {
    if session.detail.is_open && layout::layout(session).detail == Some(layout::layout(session).body) {
        return scroll_detail(session, action);
    }
    session.detail.top = 0;
    session.navigation.pinned = None;
    match session.view {
        View::Board => board::go_on_board(session, account, action),
        View::Activities if calendar::is_in_calendar(session) => calendar::go_in_calendar(session, account, action),
        View::Activities => activities::go_in_activities(session, account, action),
        View::Leads => leads::go_in_leads(session, account, action),
        View::Deals | View::People | View::Orgs | View::Users => tables::go_in_table(session, account, action),
    }
}

/// While the detail panel covers the view, the cursor keys scroll it.
fn scroll_detail(session: &mut Session, action: Action) {
    let page = i16::try_from(layout::layout(session).body.height).unwrap_or(i16::MAX).max(1);
    session.scroll_detail(match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => i16::MIN,
        Action::Bottom => i16::MAX,
        _ => 0,
    });
}

pub(super) fn show(session: &mut Session, view: View) {
    session.view = view;
    session.navigation.pinned = None;
    session.detail.top = 0;
}

fn back(session: &mut Session) {
    if session.clear_marks() {
        return;
    }
    if session.detail.is_open {
        session.detail.is_open = false;
        session.navigation.pinned = None;
    } else if session.filter.has_words() {
        session.filter.clear_words();
    } else if session.filter.is_on(session.view) {
        session.filter.clear(session.view);
    } else {
        session.messages.notice = None;
        session.messages.warning = None;
    }
}

pub(super) fn quit(session: &mut Session, account: &Account) -> Vec<Effect> {
    if account.is_safe_to_quit() {
        return vec![Effect::Quit];
    }
    session.dialog = Some(Dialog::Quit);
    Vec::new()
}

/// Who was asked whether to quit with edits under way need not answer once there are none.
pub(super) fn quit_if_saved(session: &mut Session, account: &Account) -> Option<Effect> {
    let is_saved = matches!(session.dialog, Some(Dialog::Quit)) && account.is_safe_to_quit();
    is_saved.then(|| {
        session.dialog = None;
        Effect::Quit
    })
}

fn open_palette(session: &mut Session) {
    let view = session.view;
    let lines = actions::ACTIONS
        .iter()
        .filter(|described| described.works_in(view) && described.action != Action::Palette)
        .map(|described| PickerItem::new(described.name, described.keys.join(" "), Request::Act(described.action)))
        .collect();
    session.dialog = Some(Dialog::Pick(PickDialog::new("Command", lines)));
}

/// Opens the prompt for a field that deals and leads have in common.
fn ask_field(session: &mut Session, account: &Account, action: Action) {
    let Some(item @ (ItemRef::Deal(_) | ItemRef::Lead(_))) = session.selected(&account.workspace) else {
        return nothing_selected(session);
    };
    prompts::open_prompt(session, account, action, item);
}

pub(super) fn nothing_selected(session: &mut Session) {
    session.tell(Tone::Info, "Nothing is selected.");
}

/// The status whose deals the board shows after this one.
pub(super) const fn next_status(status: DealStatus) -> DealStatus {
    match status {
        DealStatus::Open => DealStatus::Won,
        DealStatus::Won => DealStatus::Lost,
        DealStatus::Lost | DealStatus::Other => DealStatus::Open,
    }
}
