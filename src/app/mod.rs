//! The dashboard as a pure state machine: [`Msg`]s in, [`Effect`]s out. No clock (the time comes with the message),
//! no network, no disk, no terminal.
//!
//! | file | what |
//! |---|---|
//! | `state`, `notice` | what one screen shows, and what is told on it |
//! | `actions` | the one table of actions and keys |
//! | `update` | an action carried out, by view in `board`, `activities`, `leads`, `tables` |
//! | `jump` | going to what an item is linked to, and back |
//! | `calendar` | the activities as a week or a day |
//! | `next` | what is next, once nothing more is planned |
//! | `archive` | the archive of leads, in place of the inbox |
//! | `marks`, `targets`, `deed` | items marked, what an action is about, and what is done to each |
//! | `bulk` | edits of many items as one step |
//! | `convert` | a deal that becomes a lead again |
//! | `copy` | what of an item can be copied |
//! | `preferences` | what the person wants, as the configuration says |
//! | `edits` | an edit from the person to the workspace, and what came of it |
//! | `undo` | steps taken back, and done again |
//! | `attention` | edits that need attention, and the history: again, changed, discarded, taken back |
//! | `reports` | news from the sync engine |
//! | `news` | what others have changed: what flashes, and what is told of it |
//! | `look` | what there is to know of the item in the details, asked for while one looks at it |
//! | `lists`, `filter`, `arrangement`, `columns`, `layout` | what is in the lists, what of it matches, where it is on the screen |
//! | `fuzzy` | what is typed compared with names |
//! | `dialog`, `form`, `dialogs` | what opens over the view, and its keys |
//! | `gone` | what becomes of a dialog when its item goes |
//! | `prompts` | one line asked for, and what the answer comes to |
//! | `notes`, `textarea` | the dialog of a note, and typing over several lines |
//! | `search` | Pipedrive's own search |
//! | `token` | a new token for one that was refused |
//! | `mouse` | clicks, wheel and drags |

pub mod actions;
mod activities;
pub mod archive;
pub mod arrangement;
mod attention;
mod board;
pub mod bulk;
pub mod calendar;
pub mod columns;
mod convert;
pub mod copy;
mod deed;
pub mod dialog;
mod dialogs;
mod edits;
pub mod filter;
pub mod filtering;
pub mod form;
mod fuzzy;
mod gone;
pub mod jump;
mod kept;
pub mod layout;
mod leads;
pub mod lists;
pub mod look;
mod marks;
mod mouse;
pub mod named;
pub mod news;
mod next;
pub mod notes;
mod notice;
pub mod preferences;
mod prompts;
mod reports;
pub mod search;
mod sorting;
pub mod state;
pub mod tables;
pub mod targets;
pub mod textarea;
pub mod token;
mod undo;
mod update;
mod view;
pub mod words;

use std::fmt;

use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseEvent};

pub use preferences::Preferences;
pub use state::{Now, State, View};

use crate::sync::{Command, Durability, Report};

/// How often the first screenful is kept for the next start, at the most.
const FRONT_EVERY: TimeDelta = TimeDelta::seconds(30);
use crate::workspace::Workspace;

/// What the dashboard is told. `Debug` shows nothing that was typed or pasted: it may be a token.
#[derive(Clone, PartialEq)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// The mouse.
    Mouse(MouseEvent),
    /// Pasted text. It goes into a field or nowhere: nothing runs from a paste.
    Paste(String),
    /// The terminal's new size in columns and rows.
    Resize(u16, u16),
    /// Time has passed.
    Tick,
    /// News from the sync engine.
    Report(Report),
    /// Several news at once: the screen is brought in line with all of them in one go.
    Reports(Vec<Report>),
    /// A command that the sync engine could not take, as its channel is full or closed.
    Undelivered(Command),
    /// The terminal cannot put anything onto a clipboard.
    NotCopied,
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) if matches!(key.code, KeyCode::Char(_)) => f.write_str("Key(a character)"),
            Self::Key(key) => f.debug_tuple("Key").field(key).finish(),
            Self::Mouse(mouse) => f.debug_tuple("Mouse").field(mouse).finish(),
            Self::Paste(text) => write!(f, "Paste({} bytes)", text.len()),
            Self::Resize(columns, rows) => f.debug_tuple("Resize").field(columns).field(rows).finish(),
            Self::Tick => f.write_str("Tick"),
            Self::Report(report) => f.debug_tuple("Report").field(report).finish(),
            Self::Reports(reports) => f.debug_tuple("Reports").field(reports).finish(),
            Self::Undelivered(command) => f.debug_tuple("Undelivered").field(command).finish(),
            Self::NotCopied => f.write_str("NotCopied"),
        }
    }
}

/// What the dashboard wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Hand a command to the sync engine.
    Send(Command),
    /// Put a text onto the clipboard.
    Copy(String),
    /// Stop the process until the shell continues it.
    Suspend,
    /// End.
    Quit,
}

/// One screen on one account.
#[derive(Debug)]
pub struct App {
    /// The account.
    pub workspace: Workspace,
    /// The screen.
    pub state: State,
}

impl App {
    /// An empty screen of this size.
    pub fn new(size: (u16, u16), now: Now) -> Self {
        Self { workspace: Workspace::new(), state: State::new(size, now) }
    }

    /// Takes in one message.
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        self.state.now = now;
        let mut effects = self.presence(&msg);
        effects.extend(match msg {
            Msg::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
            Msg::Key(key) if layout::is_too_small(&self.state) => self.key_unseen(key),
            Msg::Mouse(_) | Msg::Paste(_) if layout::is_too_small(&self.state) => Vec::new(),
            Msg::Key(key) => {
                self.state.touched = true;
                self.key(key)
            }
            Msg::Mouse(mouse) => {
                self.state.touched = true;
                self.mouse(mouse)
            }
            Msg::Paste(text) => self.paste(&text),
            Msg::Resize(columns, rows) => {
                self.state.size = (columns, rows);
                if layout::is_too_small(&self.state) {
                    self.state.board.drag = None;
                }
                Vec::new()
            }
            Msg::Tick => {
                self.state.tick();
                self.keep_front(FRONT_EVERY).into_iter().chain(self.keep_screen()).collect()
            }
            Msg::Report(report) => self.report(report),
            Msg::Reports(reports) => reports.into_iter().flat_map(|report| self.report(report)).collect(),
            Msg::Undelivered(command) => self.undelivered(&command),
            Msg::NotCopied => {
                self.state.tell(state::Tone::Bad, "Nothing was copied: this terminal has no clipboard that it lends.");
                Vec::new()
            }
        });
        self.tell_news();
        effects.extend(self.quit_if_saved());
        self.settle_screen();
        self.keep_looking();
        effects.extend(self.look_closer());
        effects
    }

    /// Has the first screenful kept for the next start, if it has changed since and that is a while ago.
    pub fn keep_front(&mut self, every: TimeDelta) -> Option<Effect> {
        let version = self.workspace.version();
        let is_news =
            self.state.front_kept.is_none_or(|(kept, at)| kept != version && self.state.now.0 - at.0 >= every);
        let is_wanted = self.state.keeping == Durability::Kept && !self.workspace.is_loading();
        let pipeline = self.state.board.pipeline.filter(|_| is_news && is_wanted)?;
        self.state.front_kept = Some((version, self.state.now));
        Some(Effect::Send(Command::SaveSnapshot(Box::new(self.workspace.snapshot(pipeline)))))
    }

    /// Says that somebody is there, now and then: what is shown is then kept fresh.
    fn presence(&mut self, msg: &Msg) -> Vec<Effect> {
        let by_hand = match msg {
            Msg::Key(key) => key.kind != KeyEventKind::Release,
            Msg::Mouse(_) | Msg::Paste(_) => true,
            _ => false,
        };
        if !by_hand || !self.state.is_presence_news() {
            return Vec::new();
        }
        self.state.present_told = Some(self.state.now);
        vec![Effect::Send(Command::UserActive)]
    }

    /// Brings dialog, filter, cursors and scrolling in line with what has changed.
    fn settle_screen(&mut self) {
        self.state.ask_for_token();
        if !self.state.touched {
            self.state.rest_cursors();
        }
        self.settle_form();
        self.settle_gone();
        self.leave_gone();
        self.settle_board();
        self.state.marks.refresh(&self.workspace, self.state.archive.is_shown);
        let searched = self.settle_filter();
        match self.state.view {
            View::Board if searched => {
                self.focus_on_match();
                self.settle_board();
                self.settle_columns();
            }
            View::Board => self.settle_columns(),
            View::Activities if self.is_in_calendar() => self.settle_calendar(),
            View::Activities => self.settle_activities(),
            View::Leads => self.settle_leads(),
            View::Deals | View::People | View::Orgs | View::Users => self.settle_table(),
        }
    }

    /// Brings what matches the filter up to date. Whether it is for another text or place than before.
    fn settle_filter(&mut self) -> bool {
        let Self { workspace, state } = self;
        let place = (&state.board, state.archive.is_shown);
        state.filter.refresh(state.view, place, &state.arrangements, workspace, state.now)
    }
}
