//! Marks: items that the next action is done to all at once. They belong to items, wherever these stand in a list, and
//! to the view in which they were set.

use crate::app::dispatch;
use crate::app::{Account, Session};
use std::collections::BTreeSet;

use super::Effect;
use super::actions::Action;
use super::tables::RowId;
use crate::app::notice::Tone;
use crate::app::view::View;
use crate::domain::{Deal, DealStatus, ItemRef};
use crate::workspace::{Totals, Workspace};

/// How many items can be marked at once.
pub const MOST_MARKS: usize = 2_000;

/// The items that are marked.
#[derive(Debug, Default)]
pub struct Marks {
    /// The view in which they were marked.
    view: View,
    items: BTreeSet<ItemRef>,
    /// The one that was marked last: where a range begins.
    last: Option<ItemRef>,
    /// What the deals among them add up to.
    totals: Totals,
    /// For what that was worked out: the state of the account, and whether the archive of leads is shown.
    version: Option<(u64, bool)>,
}

impl Marks {
    /// Brings the marks in line with the account: what is gone is marked no more, nor are the leads of the inbox while
    /// the archive is shown, or the other way round.
    pub(super) fn refresh(&mut self, workspace: &Workspace, in_archive: bool) {
        let version = (workspace.version(), in_archive);
        if self.items.is_empty() || self.version.replace(version) == Some(version) {
            return;
        }
        self.items.retain(|item| is_there(workspace, in_archive, *item));
        self.last.take_if(|last| !self.items.contains(last));
        self.totals = Totals::default();
        for deal in self.items.iter().filter_map(|item| deal(workspace, *item)) {
            self.totals.add(deal.currency(), deal.countable_value(), None);
        }
    }

    /// Starts anew where they are another view's.
    fn turn_to(&mut self, view: View) {
        if self.view != view {
            *self = Self { view, ..Self::default() };
        }
        self.version = None;
    }

    /// Marks an item, as far as there is room.
    fn add(&mut self, item: ItemRef) -> bool {
        self.items.len() < MOST_MARKS && self.items.insert(item)
    }
}

fn deal(workspace: &Workspace, item: ItemRef) -> Option<&Deal> {
    if let ItemRef::Deal(id) = item { workspace.deal(id) } else { None }
}

/// Whether an item is there to be worked on.
fn is_there(workspace: &Workspace, in_archive: bool, item: ItemRef) -> bool {
    match item {
        ItemRef::Deal(id) => workspace.deal(id).is_some_and(|deal| !deal.archived && deal.status != DealStatus::Other),
        ItemRef::Activity(id) => workspace.activity(id).is_some(),
        ItemRef::Lead(id) => workspace.lead(id).is_some_and(|lead| lead.archived == in_archive),
        ItemRef::Person(id) => workspace.person(id).is_some(),
        ItemRef::Org(id) => workspace.org(id).is_some(),
        ItemRef::Note(id) => workspace.note(id).is_some(),
    }
}

impl Session {
    /// The items that are marked in the view that is shown, in the order of their ids.
    pub fn marked(&self) -> impl Iterator<Item = ItemRef> + '_ {
        self.marks.items.iter().copied().filter(|_| self.marks.view == self.view)
    }

    /// How many items are marked in the view that is shown.
    pub fn marks(&self) -> usize {
        if self.marks.view == self.view { self.marks.items.len() } else { 0 }
    }

    /// Whether an item is marked in the view that is shown.
    pub fn is_marked(&self, item: ItemRef) -> bool {
        self.marks.view == self.view && self.marks.items.contains(&item)
    }

    /// What the marked deals add up to.
    pub fn marked_totals(&self) -> &Totals {
        &self.marks.totals
    }

    /// Takes all marks of the view that is shown away; whether there were any.
    pub(super) fn clear_marks(&mut self) -> bool {
        let had_any = self.marks() > 0;
        if had_any {
            self.marks = Marks::default();
        }
        had_any
    }

    /// The items of the list with the cursor from the one of this rank on, as they are shown.
    fn listed<'a>(&'a self, workspace: &'a Workspace, rank: usize) -> Vec<ItemRef> {
        // One more than can be marked tells that there are too many.
        let most = MOST_MARKS + 1;
        match self.view {
            View::Board => {
                let Some(stage) = self.focused_stage(workspace) else { return Vec::new() };
                self.cards(workspace, stage).iter_from(rank).take(most).map(ItemRef::Deal).collect()
            }
            View::Activities => match self.in_calendar(workspace) {
                Some(ids) => ids.into_iter().skip(rank).map(ItemRef::Activity).collect(),
                None => self.agenda(workspace).iter_from(rank).take(most).map(ItemRef::Activity).collect(),
            },
            View::Leads => self.inbox(workspace).iter_from(rank).take(most).map(ItemRef::Lead).collect(),
            View::Deals | View::People | View::Orgs | View::Users => {
                self.rows(workspace).iter_from(rank).take(most).filter_map(RowId::item).collect()
            }
        }
    }

    /// The rank of an item in the list with the cursor, as it is shown.
    fn listed_rank(&self, workspace: &Workspace, item: ItemRef) -> Option<usize> {
        match (self.view, item) {
            (View::Board, ItemRef::Deal(id)) => self.card_rank(workspace, self.focused_stage(workspace)?, id),
            (View::Activities, ItemRef::Activity(id)) => match self.in_calendar(workspace) {
                Some(ids) => ids.iter().position(|other| *other == id),
                None => self.agenda(workspace).rank(id),
            },
            (View::Leads, ItemRef::Lead(id)) => self.lead_rank(workspace, id),
            (View::Deals | View::People | View::Orgs, item) => self.rows(workspace).rank(RowId::Item(item)),
            _ => None,
        }
    }
}

pub(super) fn mark_action(session: &mut Session, account: &mut Account, action: Action) -> Vec<Effect> {
    let Some(item) = session.under_cursor(&account.workspace) else {
        dispatch::nothing_selected(session);
        return Vec::new();
    };
    session.marks.turn_to(session.view);
    match action {
        Action::Mark => {
            mark(session, item);
            return dispatch::act(session, account, Action::Down);
        }
        Action::MarkRange => mark_range(session, account, item),
        _ => mark_all(session, account),
    }
    Vec::new()
}

fn mark(session: &mut Session, item: ItemRef) {
    let marks = &mut session.marks;
    if marks.items.remove(&item) {
        marks.last = None;
    } else if marks.add(item) {
        marks.last = Some(item);
    } else {
        no_more_marks(session);
    }
}

/// Marks from the last mark to the cursor.
fn mark_range(session: &mut Session, account: &Account, item: ItemRef) {
    let rank = |item| session.listed_rank(&account.workspace, item);
    let from = session.marks.last.and_then(rank);
    let (Some(to), Some(from)) = (rank(item), from) else {
        mark(session, item);
        session.tell(Tone::Info, "A range begins here: go to its other end, and mark once more.");
        return;
    };
    let items = session.listed(&account.workspace, from.min(to));
    mark_these(session, items.into_iter().take(from.abs_diff(to) + 1));
    session.marks.last = Some(item);
}

/// Marks all of the list with the cursor; where all are, takes their marks away.
fn mark_all(session: &mut Session, account: &Account) {
    let items = session.listed(&account.workspace, 0);
    let marks = &mut session.marks;
    if items.iter().take(MOST_MARKS).all(|item| marks.items.contains(item)) {
        for item in &items {
            marks.items.remove(item);
        }
        marks.last = None;
    } else {
        mark_these(session, items.into_iter());
    }
}

fn mark_these(session: &mut Session, items: impl Iterator<Item = ItemRef>) {
    for item in items {
        if !session.marks.items.contains(&item) && !session.marks.add(item) {
            return no_more_marks(session);
        }
    }
}

fn no_more_marks(session: &mut Session) {
    session.tell(Tone::Info, format!("No more than {MOST_MARKS} can be marked at once."));
}
