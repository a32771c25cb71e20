//! What one screen shows of the account: the view, the cursors, the open dialog. The account itself is the
//! [`Workspace`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::archive::Archive;
use super::arrangement::Arrangements;
use super::bulk::Bulk;
use super::calendar::Calendar;
use super::dialog::Dialog;
use super::filter::Filter;
use super::jump::Spot;
use super::look::Look;
use super::marks::Marks;
use super::named::NamedFilters;
use super::news::News;
pub use super::notice::{Notice, Tone};
use super::preferences::Preferences;
use super::search::Search;
use super::tables::{RowId, Tables};
use super::token::Renewal;
pub use super::view::View;
use super::words;
use crate::domain::{ActivityId, DealId, DealStatus, Edit, ItemRef, LeadId, PipelineId, StageId};
use crate::sync::{Connection, Durability, ReadProgress, WebhookStatus};
use crate::workspace::{EditId, Workspace};

/// The time of a message. The core reads no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(pub DateTime<Utc>);

/// The cursor in a list: which item, and which part of the list is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<Id> {
    /// The selected item.
    pub selected: Option<Id>,
    /// Where it was when it was last seen: if it goes, the one that takes its place is selected.
    pub rank: usize,
    /// The first row that is on the screen.
    pub top: usize,
}

impl<Id> Default for Cursor<Id> {
    fn default() -> Self {
        Self { selected: None, rank: 0, top: 0 }
    }
}

/// The board.
#[derive(Debug)]
pub struct Board {
    /// The pipeline that is shown.
    pub pipeline: Option<PipelineId>,
    /// The status of the deals that are shown.
    pub status: DealStatus,
    /// The column with the cursor, counted from the pipeline's first stage.
    pub focus: usize,
    /// The first column that is on the screen.
    pub first: usize,
    /// The cursor of each column.
    pub cursors: HashMap<StageId, Cursor<DealId>>,
    /// The card that the mouse drags, with the column it is over.
    pub drag: Option<Drag>,
}

impl Default for Board {
    fn default() -> Self {
        Self { pipeline: None, status: DealStatus::Open, focus: 0, first: 0, cursors: HashMap::new(), drag: None }
    }
}

/// A card on its way to another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drag {
    /// The card.
    pub deal: DealId,
    /// The column under the mouse.
    pub over: StageId,
    /// Whether it was selected before it was pressed, and has not moved since.
    pub again: bool,
}

/// An edit that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The edit that it takes back.
    pub id: EditId,
    /// What that edit made: if it is no longer so, somebody else was there.
    pub made: Edit,
    /// The edit that takes it back.
    pub inverse: Edit,
    /// What it did, in words.
    pub what: String,
    /// The bulk that it is part of, if it is part of one: it is undone as a whole.
    pub part_of: Option<EditId>,
}

/// Something that was done for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lasting {
    /// The edit.
    pub id: EditId,
    /// What it did, in words.
    pub what: String,
    /// The bulk that it is part of, if it is part of one.
    pub part_of: Option<EditId>,
}

/// An edit that has not come to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// What it does, in words.
    pub what: String,
    /// What it was based on: the edit that takes it back.
    pub base: Option<Edit>,
    /// Whether it is kept on this machine.
    pub queued: bool,
}

impl UnderWay {
    /// What it does, in words as far as they may be shown.
    pub fn what(&self, account: &Workspace) -> Cow<'_, str> {
        match &self.base {
            // It names the same fields.
            Some(base) => words::as_shown(account, base, &self.what),
            None => Cow::Borrowed(&self.what),
        }
    }
}

/// An edit that needs attention: kept until the person does it again, changes it or discards it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// Its name.
    pub id: EditId,
    /// The edit.
    pub edit: Edit,
    /// What it was based on: the edit that would have taken it back.
    pub base: Option<Edit>,
    /// What somebody else has made of the same fields meanwhile, where that is the reason.
    pub theirs: Option<Edit>,
    /// What it was to do, in words.
    pub what: String,
    /// Why it was not done.
    pub why: String,
    /// Whether it is kept on this machine, so that the next start shows it.
    pub is_kept: bool,
}

/// How often it is told that somebody is there, at the most.
const PRESENT_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How fresh what is shown is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Freshness {
    /// What is being read now, and how far that has come.
    pub reading: Option<ReadProgress>,
    /// When the account was last read.
    pub read_at: Option<DateTime<Utc>>,
    /// When the leads are polled next.
    pub next_poll: Option<DateTime<Utc>>,
    /// Whether the person has asked for news and got no answer yet.
    pub asked: bool,
    /// Whether it was told that reading fails, and has not gone well since.
    pub failure_told: bool,
}

/// What one screen shows.
#[derive(Debug)]
pub struct State {
    /// The time of the last message.
    pub now: Now,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether anybody has used a key or the mouse yet.
    pub touched: bool,
    /// When the sync engine was last told that somebody is there.
    pub present_told: Option<Now>,
    /// The view.
    pub view: View,
    /// The board.
    pub board: Board,
    /// The cursor of the activities; its `top` counts rows, headings included.
    pub activities: Cursor<ActivityId>,
    /// The activities as a calendar.
    pub calendar: Calendar,
    /// The cursor of the leads.
    pub leads: Cursor<LeadId>,
    /// Filters by name.
    pub named: NamedFilters,
    /// How the screen was arranged when that was kept last.
    pub screen_kept: Option<String>,
    /// The archive of leads.
    pub archive: Archive,
    /// The orders of the lists and the columns of the tables.
    pub arrangements: Arrangements,
    /// The cursors of the other lists.
    pub tables: Tables,
    /// An item that was gone to and is in no list: its details are shown, and the keys are for it.
    pub visiting: Option<ItemRef>,
    /// Where one was before going to something, the latest last.
    pub trail: Vec<Spot>,
    /// Whether the detail panel is open.
    pub detail: bool,
    /// How far the detail panel is scrolled, in rows.
    pub detail_top: u16,
    /// What was searched for in Pipedrive.
    pub search: Search,
    /// What was asked of the item in the details.
    pub look: Look,
    /// How far what scrolls by rows (help or diagnostics, else the details) can be scrolled, as the view measured it when it
    /// was last drawn; `None` where nothing does, or before that.
    pub scroll_end: Option<u16>,
    /// The filter.
    pub filter: Filter,
    /// The items that are marked.
    pub(super) marks: Marks,
    /// What the open dialog is about, where that may be several items.
    pub(super) about: Vec<ItemRef>,
    /// Bulks that are under way, and the last that has ended.
    pub bulks: Vec<Bulk>,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// What happened last, while it is shown.
    pub notice: Option<Notice>,
    /// Something that must be known, such as what is wrong with what is kept on this machine. Whatever happens, it is
    /// shown until a key is pressed.
    pub warning: Option<Notice>,
    /// The line to Pipedrive.
    pub line: Connection,
    /// Since when the line is in its state.
    pub line_since: Now,
    /// How far a new token has come, where one was refused.
    pub renewal: Renewal,
    /// How fresh what is shown is.
    pub freshness: Freshness,
    /// Whether webhooks tell what changes.
    pub live: WebhookStatus,
    /// What others have changed.
    pub news: News,
    /// Leads that came with the last poll that brought any.
    pub new_leads: HashSet<LeadId>,
    /// Edits that can be taken back, the latest last.
    pub undo: Vec<Undo>,
    /// What was done for good, the latest last.
    pub lasting: Vec<Lasting>,
    /// Edits that were taken back, the latest last.
    pub redo: Vec<Undo>,
    /// Edits under way, in words.
    pub under_way: HashMap<EditId, UnderWay>,
    /// Edits that need attention.
    pub attention: Vec<Attention>,
    /// The edit that needs attention and is being changed in a dialog.
    pub changing: Option<EditId>,
    /// How what is read and edited is kept on this machine.
    pub keeping: Durability,
    /// The state of the account of which a front page was kept last, and when.
    pub front_kept: Option<(u64, Now)>,
    /// What the person wants, as the configuration says.
    pub preferences: Preferences,
}

impl State {
    /// A screen of this size.
    pub fn new(size: (u16, u16), now: Now) -> Self {
        Self {
            now,
            size,
            touched: false,
            present_told: None,
            view: View::default(),
            board: Board::default(),
            activities: Cursor::default(),
            calendar: Calendar::default(),
            leads: Cursor::default(),
            named: NamedFilters::default(),
            screen_kept: None,
            archive: Archive::default(),
            arrangements: Arrangements::default(),
            tables: Tables::default(),
            visiting: None,
            trail: Vec::new(),
            detail: false,
            detail_top: 0,
            look: Look::default(),
            search: Search::default(),
            scroll_end: None,
            filter: Filter::default(),
            marks: Marks::default(),
            about: Vec::new(),
            bulks: Vec::new(),
            dialog: None,
            notice: None,
            warning: None,
            line: Connection::default(),
            line_since: now,
            renewal: Renewal::default(),
            freshness: Freshness::default(),
            live: WebhookStatus::default(),
            news: News::default(),
            new_leads: HashSet::new(),
            undo: Vec::new(),
            lasting: Vec::new(),
            redo: Vec::new(),
            under_way: HashMap::new(),
            attention: Vec::new(),
            changing: None,
            keeping: Durability::Memory,
            front_kept: None,
            preferences: Preferences::default(),
        }
    }

    /// Whether it is time to tell that somebody is there. A clock that was set back makes it so, too.
    pub(super) fn is_presence_news(&self) -> bool {
        self.present_told.is_none_or(|told| (self.now.0 - told.0).abs() >= PRESENT_EVERY)
    }

    /// Today in the user's zone.
    pub fn today(&self, workspace: &Workspace) -> NaiveDate {
        self.now.0.with_timezone(&workspace.zone()).date_naive()
    }

    /// The item that the keys are for: the one under the cursor, unless one is visited that is in no list.
    pub fn selected(&self, workspace: &Workspace) -> Option<ItemRef> {
        self.visiting.or_else(|| self.under_cursor(workspace))
    }

    /// The item under the cursor.
    pub fn under_cursor(&self, workspace: &Workspace) -> Option<ItemRef> {
        match self.view {
            View::Board => self.selected_deal(workspace).map(ItemRef::Deal),
            View::Activities => self.activities.selected.map(ItemRef::Activity),
            View::Leads => self.leads.selected.map(ItemRef::Lead),
            View::Deals | View::People | View::Orgs | View::Users => self.selected_row().and_then(RowId::item),
        }
    }

    /// The deal under the cursor of the board.
    pub fn selected_deal(&self, workspace: &Workspace) -> Option<DealId> {
        self.board.cursors.get(&self.focused_stage(workspace)?)?.selected
    }

    /// The stage of the column with the cursor.
    pub fn focused_stage(&self, workspace: &Workspace) -> Option<StageId> {
        workspace.stages(self.board.pipeline?).nth(self.board.focus).map(|stage| stage.id)
    }

    /// How far an edit has come, in a word.
    pub fn progress_of(&self, edit: EditId) -> &'static str {
        match self.under_way.get(&edit) {
            None => "confirmed",
            Some(under_way) if under_way.queued && self.keeping.is_durable() => "queued",
            Some(_) => "saving",
        }
    }

    /// Whether all that was edited outlives this process, or has come to its end.
    pub fn is_safe_to_quit(&self) -> bool {
        match self.keeping {
            Durability::Kept | Durability::EditsOnly(_) => {
                self.under_way.values().all(|under_way| under_way.queued)
                    && self.attention.iter().all(|attention| attention.is_kept)
            }
            Durability::ReadOnly(_) => true,
            Durability::Memory | Durability::Failing(_) => self.under_way.is_empty(),
        }
    }

    /// Where rows scrolled to `top` are after scrolling on by `by`.
    pub(super) fn scrolled(&self, top: u16, by: i16) -> u16 {
        let end = self.scroll_end.unwrap_or(u16::MAX);
        top.min(end).saturating_add_signed(by).min(end)
    }

    /// Scrolls the details.
    pub(super) fn scroll_detail(&mut self, by: i16) {
        self.detail_top = self.scrolled(self.detail_top, by);
    }

    /// Puts all cursors to the top: what came first while the account was read is not what somebody has chosen.
    pub(super) fn rest_cursors(&mut self) {
        self.board.cursors.clear();
        self.activities = Cursor::default();
        self.leads = Cursor::default();
        self.tables = Tables::default();
    }
}
