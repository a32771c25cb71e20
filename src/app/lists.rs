//! The lists on the screen, filtered or not, by rank: what the view draws and the cursors move through.

use chrono::{Datelike, Days, NaiveDate};

use crate::app::session::{Cursor, Session};
use crate::app::view::View;
use crate::domain::{ActivityId, DealId, LeadId, PipelineId, StageId};
use crate::workspace::{
    ActivityKey, AgendaKey, BoardColumnKey, CardKey, DefaultSortKey, InboxKey, ListedId, LiveList, MatchedRows,
    SortedList, Totals, Workspace,
};

/// A list of items that are known by rank.
#[derive(Debug, Clone, Copy)]
pub enum Listing<'a, Key, Id> {
    /// Empty: there is no such list.
    Empty,
    /// All items.
    All(&'a SortedList<Key>, fn(&Key) -> Id),
    /// Those that match, or in another order.
    Found(&'a MatchedRows),
}

impl<Key: Ord, Id: ListedId> Listing<'_, Key, Id> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::All(list, _) => list.len(),
            Self::Found(found) => found.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item with `rank` items before it.
    pub fn get(&self, rank: usize) -> Option<Id> {
        self.iter_from(rank).next()
    }

    /// All from the one with `rank` items before it, in order.
    pub fn iter_from(&self, rank: usize) -> Box<dyn Iterator<Item = Id> + '_> {
        match self {
            Self::Empty => Box::new(std::iter::empty()),
            Self::All(list, id) => Box::new(list.iter_from(rank).map(id)),
            Self::Found(found) => Box::new(found.iter_from(rank).filter_map(|(_, row)| Id::of(*row))),
        }
    }
}

impl<'a, Key, Id> Listing<'a, Key, Id> {
    fn found(found: Option<&'a MatchedRows>) -> Self {
        found.map_or(Self::Empty, Self::Found)
    }
}

/// The cards of a column.
pub type Cards<'a> = Listing<'a, CardKey, DealId>;
/// The leads of the inbox.
pub type Inbox<'a> = Listing<'a, InboxKey, LeadId>;

impl Session {
    /// The cards of a column as they are shown.
    pub fn cards<'a>(&'a self, workspace: &'a Workspace, stage: StageId) -> Cards<'a> {
        if let Some(live) = self.filter.live(View::Board) {
            return Listing::found(live.found(Some(stage)));
        }
        let key = BoardColumnKey { stage, status: self.board.status };
        workspace.column(key).map_or(Listing::Empty, |column| Listing::All(&column.cards, |card| card.id))
    }

    /// What the deals of a column add up to, as they are shown; `None` where there are none.
    pub fn column_totals<'a>(&'a self, workspace: &'a Workspace, stage: StageId) -> Option<&'a Totals> {
        if self.filter.is_on(View::Board) {
            return self.filter.live(View::Board)?.totals(Some(stage));
        }
        workspace.column_totals(BoardColumnKey { stage, status: self.board.status })
    }

    /// What all deals of the board or of their list add up to, as they are shown.
    pub fn totals(&self, workspace: &Workspace) -> Totals {
        let status = self.board.status;
        if let Some(live) = self.filter.live(self.view).filter(|_| self.filter.is_on(self.view)) {
            return live.all_totals();
        }
        let mut totals = Totals::default();
        let is_shown = |id: PipelineId| self.view != View::Board || Some(id) == self.board.pipeline;
        for pipeline in workspace.pipelines().iter().filter(|pipeline| is_shown(pipeline.id)) {
            totals.merge(&workspace.pipeline_totals(pipeline.id, status));
        }
        totals
    }

    /// The leads of the inbox, or of the archive, as they are shown.
    pub fn inbox<'a>(&'a self, workspace: &'a Workspace) -> Inbox<'a> {
        match self.filter.live(View::Leads) {
            Some(live) => Listing::found(live.found(None)),
            None if self.archive.is_shown => Listing::All(workspace.archive(), |(.., id)| *id),
            None => Listing::All(workspace.inbox(), |(.., id)| *id),
        }
    }

    /// The activities as they are shown.
    pub fn agenda<'a>(&'a self, workspace: &'a Workspace) -> Agenda<'a> {
        Agenda { only: self.filter.live(View::Activities), workspace, today: self.today(workspace) }
    }

    /// The rank of a card in its column as it is shown; `None` if it is not there.
    pub(super) fn card_rank(&self, workspace: &Workspace, stage: StageId, id: DealId) -> Option<usize> {
        if let Some(live) = self.filter.live(View::Board) {
            return live.rank(id.row()).filter(|(group, _)| *group == Some(stage)).map(|(_, rank)| rank);
        }
        let (key, rank) = workspace.card_rank(id)?;
        (key == BoardColumnKey { stage, status: self.board.status }).then_some(rank)
    }

    /// The rank of a lead in the inbox or archive as it is shown; `None` if it is not there.
    pub(super) fn lead_rank(&self, workspace: &Workspace, id: LeadId) -> Option<usize> {
        match self.filter.live(View::Leads) {
            Some(live) => live.rank(id.row()).map(|(_, rank)| rank),
            None if self.archive.is_shown => workspace.archive_rank(id),
            None => workspace.lead_rank(id),
        }
    }
}

/// A part of the activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Due before today.
    Overdue,
    /// Due today.
    Today,
    /// Due later this week.
    ThisWeek,
    /// Due after this week.
    Later,
    /// Without a day.
    Undated,
    /// Done lately.
    Done,
}

impl Section {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overdue => "Overdue",
            Self::Today => "Today",
            Self::ThisWeek => "This week",
            Self::Later => "Later",
            Self::Undated => "No date",
            Self::Done => "Done",
        }
    }
}

/// A row of the activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgendaRow {
    /// A heading with how many activities are below it.
    Heading(Section, usize),
    /// An activity.
    Activity(ActivityId),
}

/// The activities in their sections.
#[derive(Debug, Clone, Copy)]
pub struct Agenda<'a> {
    only: Option<&'a LiveList>,
    workspace: &'a Workspace,
    today: NaiveDate,
}

impl<'a> Agenda<'a> {
    /// How many activities there are.
    pub fn len(&self) -> usize {
        self.only.map_or_else(|| self.workspace.agenda().len() + self.workspace.done().len(), LiveList::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sections that are not empty, in order, each with its number of activities.
    pub fn sections(&self) -> Vec<(Section, usize)> {
        let sunday = self.today + Days::new(u64::from(6 - self.today.weekday().num_days_from_monday()));
        let after = |day: NaiveDate| day.succ_opt().unwrap_or(NaiveDate::MAX);
        let ends = [
            (Section::Overdue, self.before(AgendaKey::day(self.today))),
            (Section::Today, self.before(AgendaKey::day(after(self.today)))),
            (Section::ThisWeek, self.before(AgendaKey::day(after(sunday)))),
            (Section::Later, self.before(AgendaKey::undated())),
            (Section::Undated, self.open()),
            (Section::Done, self.len()),
        ];
        let mut start = 0;
        ends.into_iter()
            .map(|(section, end)| {
                let size = end.saturating_sub(start);
                start = end.max(start);
                (section, size)
            })
            .filter(|(_, size)| *size > 0)
            .collect()
    }

    /// How many rows there are, headings included.
    pub fn rows(&self) -> usize {
        self.len() + self.sections().len()
    }

    /// The rows from the `top`th on.
    pub fn rows_from(&self, top: usize) -> impl Iterator<Item = AgendaRow> + use<'a> {
        let mut row = 0;
        let mut before = 0;
        let mut parts = Vec::new();
        for (section, size) in self.sections() {
            let skip = top.saturating_sub(row).min(size + 1);
            parts.push((section, size, before, skip));
            row += size + 1;
            before += size;
        }
        let this = *self;
        parts.into_iter().flat_map(move |(section, size, before, skip)| {
            let heading = (skip == 0).then_some(AgendaRow::Heading(section, size));
            let hidden = skip.saturating_sub(1);
            let activities = this.iter_from(before + hidden).take(size - hidden).map(AgendaRow::Activity);
            heading.into_iter().chain(activities)
        })
    }

    /// The row on which the activity of this rank stands.
    pub fn row_of(&self, rank: usize) -> usize {
        let mut headings = 0;
        let mut before = 0;
        for (_, size) in self.sections() {
            headings += 1;
            before += size;
            if rank < before {
                break;
            }
        }
        rank + headings
    }

    /// The activity of this rank.
    pub fn get(&self, rank: usize) -> Option<ActivityId> {
        self.iter_from(rank).next()
    }

    /// The rank of an activity; `None` if it is not there.
    pub fn rank(&self, id: ActivityId) -> Option<usize> {
        match self.only {
            Some(live) => live.rank(id.row()).map(|(_, rank)| rank),
            None => self.workspace.activity_rank(id),
        }
    }

    /// All from the one with `rank` activities before it, in order.
    pub fn iter_from(&self, rank: usize) -> Box<dyn Iterator<Item = ActivityId> + 'a> {
        if let Some(live) = self.only {
            let found = live.found(None).into_iter().flat_map(move |found| found.iter_from(rank));
            return Box::new(found.filter_map(|(_, row)| ActivityId::of(*row)));
        }
        let open = self.workspace.agenda().len();
        let to_do = self.workspace.agenda().iter_from(rank).map(|key| key.id);
        let done = self.workspace.done().iter_from(rank.saturating_sub(open)).map(|(_, id)| *id);
        Box::new(to_do.chain(done))
    }

    /// What is to be done on a day, what is for the whole day first; at the most so many.
    pub fn on(&self, day: NaiveDate, most: usize) -> Vec<ActivityId> {
        let from = self.before(AgendaKey::day(day));
        let until = day.succ_opt().map_or_else(|| self.open(), |next| self.before(AgendaKey::day(next)));
        self.iter_from(from).take(until.saturating_sub(from).min(most)).collect()
    }

    /// The first that is to be done on a day, or after it.
    pub fn from(&self, day: NaiveDate) -> Option<ActivityId> {
        let rank = self.before(AgendaKey::day(day));
        self.get(rank).filter(|_| rank < self.open())
    }

    /// How many activities that are to be done stand before this place.
    fn before(&self, place: AgendaKey) -> usize {
        match self.only {
            Some(live) => live.before(None, DefaultSortKey::Activity(ActivityKey::ToDo(place))),
            None => self.workspace.agenda().rank(&place),
        }
    }

    /// How many activities are to be done.
    fn open(&self) -> usize {
        match self.only {
            Some(live) => live.before(None, DefaultSortKey::Activity(ActivityKey::FIRST_DONE)),
            None => self.workspace.agenda().len(),
        }
    }
}

impl<Id: Copy + PartialEq> Cursor<Id> {
    /// Brings the cursor up to date with its list: follows the selected item to where it is now, or takes the one
    /// that took its place.
    pub(super) fn follow(
        &mut self,
        len: usize,
        rank: impl FnOnce(Id) -> Option<usize>,
        get: impl Fn(usize) -> Option<Id>,
    ) {
        // Mostly it is where it was. In a filtered list looking for it takes longer.
        if self.selected.is_some() && get(self.rank) == self.selected {
            return;
        }
        if let Some(rank) = self.selected.and_then(rank) {
            self.rank = rank;
        } else {
            self.rank = self.rank.min(len.saturating_sub(1));
            self.selected = get(self.rank);
        }
    }

    /// Scrolls so that row `row` of `rows` is among the `fit` that are on the screen.
    pub(super) fn scroll(&mut self, row: usize, rows: usize, fit: usize) {
        let fit = fit.max(1);
        self.top = self.top.min(rows.saturating_sub(fit)).clamp((row + 1).saturating_sub(fit), row);
    }
}
