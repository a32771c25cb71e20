//! Keys to actions, and actions carried out.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler;

use super::actions::{Action, action_for};
use super::dialog::{Choice, Dialog, Pickable, Picker, Picking};
use super::reports::{LOOKING, REREADING};
use super::state::{Tone, View};
use super::{App, Effect, actions, layout};
use crate::domain::{DealStatus, ItemRef};
use crate::sync::Command;

/// How many characters a field takes.
pub(super) const LONGEST_INPUT: usize = 1_000;

impl App {
    pub(super) fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.state.board.drag = None;
        if action_for(key, self.state.view) == Some(Action::Suspend) {
            return vec![Effect::Suspend];
        }
        if self.state.dialog.is_some() {
            return self.dialog_key(key);
        }
        self.state.dismiss_read_notice();
        if self.state.filter.typing && self.filter_key(key) {
            return Vec::new();
        }
        match action_for(key, self.state.view) {
            Some(action) => self.act(action),
            None => Vec::new(),
        }
    }

    /// A key while the window is too small to show anything: it must not change what you cannot see, so all that
    /// works is to quit.
    pub(super) fn key_unseen(&mut self, key: KeyEvent) -> Vec<Effect> {
        let is_ctrl_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        let is_asked = matches!(self.state.dialog, Some(Dialog::Quit));
        let types = self.state.filter.typing || self.state.dialog.is_some();
        match action_for(key, self.state.view) {
            _ if is_ctrl_c && is_asked => vec![Effect::Quit],
            Some(Action::Quit) if is_ctrl_c || !types => self.quit(),
            _ => Vec::new(),
        }
    }

    /// Text pasted by the terminal.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        match &mut self.state.dialog {
            Some(Dialog::Note(editor)) => {
                editor.paste(text);
                return Vec::new();
            }
            Some(Dialog::Form(_)) => {
                self.paste_into_form(text);
                return Vec::new();
            }
            _ => {}
        }
        let line = one_line(text, LONGEST_INPUT);
        let keys = typed(&line);
        if self.state.dialog.is_some() {
            self.dialog_text(keys);
        } else if self.state.filter.typing {
            keys.for_each(|key| type_into(&mut self.state.filter.input, key));
        }
        Vec::new()
    }

    /// A key while the filter is typed; `false` if it is not for the filter.
    fn filter_key(&mut self, key: KeyEvent) -> bool {
        let filter = &mut self.state.filter;
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
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Some(effects) = self.act_on_marked(action) {
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
            | Action::LastColumn => self.go(action),
            Action::ShowBoard => self.show(View::Board),
            Action::ShowActivities => self.show(View::Activities),
            Action::ShowLeads => self.show(View::Leads),
            Action::ShowDeals => self.show(View::Deals),
            Action::ShowPeople => self.show(View::People),
            Action::ShowOrgs => self.show(View::Orgs),
            Action::ShowUsers => self.show(View::Users),
            Action::NextView => self.show(self.state.view.next()),
            Action::Detail => {
                self.state.detail = !self.state.detail;
                self.state.visiting = None;
                self.state.detail_top = 0;
            }
            Action::DetailUp => self.state.scroll_detail(-1),
            Action::DetailDown => self.state.scroll_detail(1),
            Action::GoLinked | Action::GoBack => self.jump(action),
            Action::Back => self.back(),
            Action::Filter => self.state.filter.typing = true,
            Action::FilterFields => self.open_filters(),
            Action::FilterNames => return self.open_names(),
            Action::Mine => self.mine_or_everyone(),
            Action::Sort => self.open_sort(),
            Action::Columns => self.open_columns(),
            Action::Help => self.state.dialog = Some(Dialog::Help { top: 0 }),
            Action::Diagnostics => self.state.dialog = Some(Dialog::Diagnostics { top: 0 }),
            Action::Palette => self.open_palette(),
            Action::Search => self.ask_search(),
            Action::NewNote => self.open_new_note(),
            Action::Notes => self.open_notes(),
            Action::Delete => self.ask_delete(),
            Action::Copy => self.open_copy(),
            Action::Shelf => return self.toggle_archive(),
            Action::Calendar => self.turn_calendar(),
            Action::Today => self.go_to_day(None),
            Action::NextWeek => self.step_days(7),
            Action::PreviousWeek => self.step_days(-7),
            Action::BackToLead => self.ask_back_to_lead(),
            Action::Attention => self.open_attention(),
            Action::History => return self.open_history(),
            Action::Lately => self.open_lately(),
            Action::Token => self.ask_token(),
            Action::Mark | Action::MarkRange | Action::MarkAll => return self.mark_action(action),
            Action::Owner | Action::Labels => self.target_action(action),
            Action::Bulk => self.open_bulk(),
            Action::Undo => return self.undo(),
            Action::Redo => return self.redo(),
            Action::Refresh => {
                let mut effects = self.look(LOOKING, Command::Refresh);
                effects.extend(self.run_again());
                if self.is_in_archive() {
                    effects.extend(self.read_archive());
                }
                return effects;
            }
            Action::Reload => return self.look(REREADING, Command::Reload),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Quit => return self.quit(),
            Action::Rename | Action::Value | Action::ExpectedClose => self.ask_field(action),
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
            | Action::Probability => return self.board_action(action),
            Action::Done | Action::Reschedule | Action::Tomorrow => return self.activity_action(action),
            Action::New => self.open_new(),
            Action::NewActivity => self.open_activity_for_selected(),
            Action::EditAll => self.open_edit(),
            Action::Convert | Action::Archive | Action::Seen => return self.lead_action(action),
        }
        Vec::new()
    }

    fn look(&mut self, told: &'static str, command: Command) -> Vec<Effect> {
        self.state.freshness.asked = true;
        self.state.tell(Tone::Info, told);
        vec![Effect::Send(command)]
    }

    fn go(&mut self, action: Action) {
        if self.state.detail && layout::layout(&self.state).detail == Some(layout::layout(&self.state).body) {
            return self.scroll_detail(action);
        }
        self.state.detail_top = 0;
        self.state.visiting = None;
        match self.state.view {
            View::Board => self.go_on_board(action),
            View::Activities if self.is_in_calendar() => self.go_in_calendar(action),
            View::Activities => self.go_in_activities(action),
            View::Leads => self.go_in_leads(action),
            View::Deals | View::People | View::Orgs | View::Users => self.go_in_table(action),
        }
    }

    /// While the detail panel covers the view, the cursor keys scroll it.
    fn scroll_detail(&mut self, action: Action) {
        let page = i16::try_from(layout::layout(&self.state).body.height).unwrap_or(i16::MAX).max(1);
        self.state.scroll_detail(match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::PageUp => -page,
            Action::PageDown => page,
            Action::Top => i16::MIN,
            Action::Bottom => i16::MAX,
            _ => 0,
        });
    }

    pub(super) fn show(&mut self, view: View) {
        self.state.view = view;
        self.state.visiting = None;
        self.state.detail_top = 0;
    }

    fn back(&mut self) {
        let state = &mut self.state;
        if state.clear_marks() {
            return;
        }
        if state.detail {
            state.detail = false;
            state.visiting = None;
        } else if state.filter.has_words() {
            state.filter.clear_words();
        } else if state.filter.is_on(state.view) {
            state.filter.clear(state.view);
        } else {
            state.notice = None;
            state.warning = None;
        }
    }

    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if self.state.is_safe_to_quit() {
            return vec![Effect::Quit];
        }
        self.state.dialog = Some(Dialog::Quit);
        Vec::new()
    }

    /// Who was asked whether to quit with edits under way need not answer once there are none.
    pub(super) fn quit_if_saved(&mut self) -> Option<Effect> {
        let is_saved = matches!(self.state.dialog, Some(Dialog::Quit)) && self.state.is_safe_to_quit();
        is_saved.then(|| {
            self.state.dialog = None;
            Effect::Quit
        })
    }

    fn open_palette(&mut self) {
        let view = self.state.view;
        let lines = actions::ACTIONS
            .iter()
            .filter(|described| described.works_in(view) && described.action != Action::Palette)
            .map(|described| Pickable {
                label: described.name.to_owned(),
                hint: described.keys.join(" "),
                choice: Choice::Action(described.action),
            })
            .collect();
        self.state.dialog = Some(Dialog::Pick(Picker::new(Picking::Action, lines, 0)));
    }

    /// Opens the prompt for a field that deals and leads have in common.
    fn ask_field(&mut self, action: Action) {
        let Some(item @ (ItemRef::Deal(_) | ItemRef::Lead(_))) = self.state.selected(&self.workspace) else {
            return self.nothing_selected();
        };
        self.open_prompt(action, item);
    }

    pub(super) fn nothing_selected(&mut self) {
        self.state.tell(Tone::Info, "Nothing is selected.");
    }

    /// The status whose deals the board shows after this one.
    pub(super) const fn next_status(status: DealStatus) -> DealStatus {
        match status {
            DealStatus::Open => DealStatus::Won,
            DealStatus::Won => DealStatus::Lost,
            DealStatus::Lost | DealStatus::Other => DealStatus::Open,
        }
    }
}

/// Pasted text as it goes into a field of one line, at most the first `most` characters of it.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let line: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// The keys that type a text.
pub(super) fn typed(line: &str) -> impl Iterator<Item = KeyEvent> {
    line.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

/// Types a key into a field. Where all of it is marked, what is typed replaces it.
pub(super) fn type_over(input: &mut tui_input::Input, is_marked: bool, key: KeyEvent) {
    match key.code {
        KeyCode::Char(_) if is_marked && !key.modifiers.contains(KeyModifiers::CONTROL) => input.reset(),
        KeyCode::Backspace | KeyCode::Delete if is_marked => return input.reset(),
        _ => {}
    }
    type_into(input, key);
}

/// Types a key into a field, within bounds.
pub(super) fn type_into(input: &mut tui_input::Input, key: KeyEvent) {
    if !is_printed(key) || !is_full(input, LONGEST_INPUT) {
        input.handle_event(&Event::Key(key));
    }
}

/// Whether a key types a character.
pub(super) fn is_printed(key: KeyEvent) -> bool {
    matches!(key.code, KeyCode::Char(_)) && !key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Whether a field of at most this many characters takes no more.
pub(super) fn is_full(input: &tui_input::Input, longest: usize) -> bool {
    input.value().chars().count() >= longest
}
