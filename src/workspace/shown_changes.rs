//! What is noticed of news: which items are shown otherwise than before, and what of that tells the most. What only the
//! server counts, such as when an item last changed, is not shown and so is not noticed either.

use std::collections::BTreeSet;

use super::{UpdateSource, Workspace};
use crate::domain::{Activity, Deal, DealStatus, Edit, Item, ItemKind, ItemRef, Lead, LeadId, Organization, Person};

/// How many items are told of one by one, each time; the others are counted.
const MOST: usize = 100;

/// What [`Workspace::absorb`] noticed beyond the plain change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShownChanges {
    /// Unseen leads that were not known before.
    pub new_leads: BTreeSet<LeadId>,
    /// What is shown otherwise than before, in the order in which it came; the first of it.
    pub changes: Vec<ShownChange>,
    /// How much else is.
    pub others: usize,
}

impl ShownChanges {
    /// Takes note of what change, unless it comes from this machine: that is not news, nor is what came of an edit
    /// that was made here.
    pub(super) fn note(&mut self, source: UpdateSource, change: Option<ShownChange>) {
        if !matches!(source, UpdateSource::Reading | UpdateSource::Webhook) {
            return;
        }
        if self.changes.len() < MOST {
            self.changes.extend(change);
        } else {
            self.others += usize::from(change.is_some());
        }
    }
}

/// What has become of an item on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownChange {
    /// The item.
    pub item: ItemRef,
    /// What of it tells the most.
    pub kind: ChangeKind,
    /// The item as it was shown before, if it was.
    pub before: Option<Item>,
}

/// What has become of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there before.
    New,
    /// It is no longer there.
    Gone,
    /// It was put into the archive.
    Archived,
    /// It was taken out of the archive.
    Unarchived,
    /// A deal was won.
    Won,
    /// A deal was lost.
    Lost,
    /// A deal is open again, or an activity is to be done again.
    Reopened,
    /// An activity was done.
    Done,
    /// A deal is in another stage.
    Moved,
    /// An activity is due at another time.
    Due,
    /// A deal or lead is worth something else.
    Value,
    /// It is called otherwise.
    Renamed,
    /// It has another owner.
    Owner,
    /// Something else of it has changed.
    Changed,
}

impl ChangeKind {
    /// What has become of an item; `None` where nothing that is shown has. Notes are only to be seen by who opens the
    /// details of an item, and read just then: they are no news.
    pub(super) fn between(before: Option<&Item>, after: &Item) -> Option<Self> {
        match (before, after) {
            (None, Item::Deal(deal)) if deal.status == DealStatus::Other => None,
            (_, Item::Note(_)) => None,
            (None, _) => Some(Self::New),
            (Some(Item::Deal(before)), Item::Deal(after)) => of_deal(before, after),
            (Some(Item::Lead(before)), Item::Lead(after)) => of_lead(before, after),
            (Some(Item::Activity(before)), Item::Activity(after)) => of_activity(before, after),
            (Some(Item::Person(before)), Item::Person(after)) => of_person(before, after),
            (Some(Item::Org(before)), Item::Org(after)) => of_org(before, after),
            // No other kind of item has the same key.
            _ => None,
        }
    }
}

/// The first that has come to pass, from the most telling on.
fn first(turns: &[(bool, ChangeKind)]) -> Option<ChangeKind> {
    turns.iter().find(|(is_so, _)| *is_so).map(|(_, kind)| *kind)
}

fn of_deal(before: &Deal, after: &Deal) -> Option<ChangeKind> {
    use DealStatus::{Lost, Open, Other, Won};
    let became = |status| before.status != status && after.status == status;
    let others = before.lost_reason != after.lost_reason
        || before.person != after.person
        || before.org != after.org
        || before.probability != after.probability
        || before.expected_close != after.expected_close
        || before.labels != after.labels
        || before.custom != after.custom;
    first(&[
        (became(Other), ChangeKind::Gone),
        (before.status == Other && after.status != Other, ChangeKind::New),
        (!before.archived && after.archived, ChangeKind::Archived),
        (before.archived && !after.archived, ChangeKind::Unarchived),
        (became(Won), ChangeKind::Won),
        (became(Lost), ChangeKind::Lost),
        (became(Open), ChangeKind::Reopened),
        ((before.pipeline, before.stage) != (after.pipeline, after.stage), ChangeKind::Moved),
        (before.value != after.value, ChangeKind::Value),
        (before.title != after.title, ChangeKind::Renamed),
        (before.owner != after.owner, ChangeKind::Owner),
        (others, ChangeKind::Changed),
    ])
}

/// Whether a lead was seen is noticed by its mark, and not worth more.
fn of_lead(before: &Lead, after: &Lead) -> Option<ChangeKind> {
    let others = before.person != after.person
        || before.org != after.org
        || before.expected_close != after.expected_close
        || before.labels != after.labels
        || before.custom != after.custom;
    first(&[
        (!before.archived && after.archived, ChangeKind::Archived),
        (before.archived && !after.archived, ChangeKind::Unarchived),
        (before.value != after.value, ChangeKind::Value),
        (before.title != after.title, ChangeKind::Renamed),
        (before.owner != after.owner, ChangeKind::Owner),
        (others, ChangeKind::Changed),
    ])
}

fn of_activity(before: &Activity, after: &Activity) -> Option<ChangeKind> {
    let others = before.kind != after.kind
        || before.deal != after.deal
        || before.lead != after.lead
        || before.person != after.person
        || before.org != after.org
        || before.note != after.note
        || before.minutes != after.minutes
        || before.location != after.location
        || before.busy != after.busy
        || !before.others().eq(after.others());
    first(&[
        (!before.done && after.done, ChangeKind::Done),
        (before.done && !after.done, ChangeKind::Reopened),
        (before.due != after.due, ChangeKind::Due),
        (before.subject != after.subject, ChangeKind::Renamed),
        (before.owner != after.owner, ChangeKind::Owner),
        (others, ChangeKind::Changed),
    ])
}

fn of_person(before: &Person, after: &Person) -> Option<ChangeKind> {
    let others = before.org != after.org
        || before.phones != after.phones
        || before.emails != after.emails
        || before.labels != after.labels
        || before.job_title != after.job_title
        || before.custom != after.custom;
    first(&[
        (before.name != after.name, ChangeKind::Renamed),
        (before.owner != after.owner, ChangeKind::Owner),
        (others, ChangeKind::Changed),
    ])
}

fn of_org(before: &Organization, after: &Organization) -> Option<ChangeKind> {
    let others = before.address != after.address
        || before.labels != after.labels
        || before.website != after.website
        || before.linkedin != after.linkedin
        || before.employees != after.employees
        || before.custom != after.custom;
    first(&[
        (before.name != after.name, ChangeKind::Renamed),
        (before.owner != after.owner, ChangeKind::Owner),
        (others, ChangeKind::Changed),
    ])
}

impl Workspace {
    /// Whether an edit is under way that may make an item of this kind: one that is new may be what comes of it. People
    /// and organizations are made along with others.
    pub fn is_making(&self, kind: ItemKind) -> bool {
        self.overlays.values().flat_map(|overlay| &overlay.pending).any(|(_, edit)| match edit {
            Edit::ConvertLead { .. } => kind == ItemKind::Deal,
            Edit::ConvertDeal { .. } => kind == ItemKind::Lead,
            edit => {
                let is_contact = matches!(kind, ItemKind::Person | ItemKind::Org);
                edit.is_creation() && (is_contact || edit.item().kind() == Some(kind))
            }
        })
    }
}
