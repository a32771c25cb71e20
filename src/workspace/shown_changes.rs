//! Changes of items as they are shown, each with the most important kind of change. Fields that only the
//! server counts, such as when an item last changed, is not shown and so is not noticed either.

use std::collections::BTreeSet;

use super::{UpdateSource, Workspace};
use crate::domain::{Activity, Deal, DealStatus, Edit, Item, ItemKind, ItemRef, Lead, LeadId, Organization, Person};

/// The largest number of changes that are listed at a time; the others are counted.
const MOST: usize = 100;

/// The changes of shown items that an update causes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShownChanges {
    /// Unseen leads that were not known before.
    pub new_leads: BTreeSet<LeadId>,
    /// The first changes, in the order of the update.
    pub changes: Vec<ShownChange>,
    /// The number of further changes.
    pub others: usize,
}

impl ShownChanges {
    /// Adds a change, unless it comes from this machine: the cache brings nothing new, nor does the result of an edit
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

/// A change of an item as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownChange {
    /// The item.
    pub item: ItemRef,
    /// The most important change.
    pub kind: ChangeKind,
    /// The item as it was shown before, if it was.
    pub before: Option<Item>,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there before.
    New,
    /// It no longer exists.
    Gone,
    /// It was put into the archive.
    Archived,
    /// It was restored from the archive.
    Unarchived,
    /// A deal was won.
    Won,
    /// A deal was lost.
    Lost,
    /// A deal is open again, or an activity is no longer done.
    Reopened,
    /// An activity was done.
    Done,
    /// A deal is in another stage.
    Moved,
    /// An activity is due at another time.
    Due,
    /// A deal or lead is worth something else.
    Value,
    /// It has another name.
    Renamed,
    /// It has another owner.
    Owner,
    /// Something else of it has changed.
    Changed,
}

impl ChangeKind {
    /// Returns the most important change; `None` if nothing that is shown has changed. Notes are only shown in the
    /// details of an item, and read just then: they are not reported.
    pub(super) fn between(before: Option<&Item>, after: &Item) -> Option<Self> {
        let Some(before) = before else {
            return match after {
                Item::Deal(deal) => (deal.status != DealStatus::Other).then_some(Self::New),
                Item::Lead(_) | Item::Activity(_) | Item::Person(_) | Item::Org(_) => Some(Self::New),
                Item::Note(_) => None,
            };
        };
        match (before, after) {
            (Item::Deal(before), Item::Deal(after)) => of_deal(before, after),
            (Item::Lead(before), Item::Lead(after)) => of_lead(before, after),
            (Item::Activity(before), Item::Activity(after)) => of_activity(before, after),
            (Item::Person(before), Item::Person(after)) => of_person(before, after),
            (Item::Org(before), Item::Org(after)) => of_org(before, after),
            // Notes are not reported, and no two kinds of item have the same key.
            (Item::Deal(_) | Item::Lead(_) | Item::Activity(_) | Item::Person(_) | Item::Org(_) | Item::Note(_), _) => {
                None
            }
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

/// A change between seen and unseen is not reported: the mark shows it.
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
    /// Returns `true` if a pending edit may create an item of this kind: a new one may be its result. People
    /// and organizations are made along with others.
    pub fn is_making(&self, kind: ItemKind) -> bool {
        self.overlays.values().flat_map(|overlay| &overlay.pending).any(|(_, edit)| match edit {
            Edit::ConvertLead { .. } => kind == ItemKind::Deal,
            Edit::ConvertDeal { .. } => kind == ItemKind::Lead,
            Edit::CreateDeal { .. }
            | Edit::CreateLead { .. }
            | Edit::CreatePerson { .. }
            | Edit::CreateOrg { .. }
            | Edit::CreateActivity { .. }
            | Edit::CreateNote { .. } => {
                matches!(kind, ItemKind::Person | ItemKind::Org) || edit.item().kind() == Some(kind)
            }
            Edit::UpdateDeal { .. }
            | Edit::UpdateActivity { .. }
            | Edit::UpdateLead { .. }
            | Edit::UpdatePerson { .. }
            | Edit::UpdateOrg { .. }
            | Edit::UpdateNote { .. }
            | Edit::Delete { .. } => false,
        })
    }
}
