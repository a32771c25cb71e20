//! The account in memory, one for all screens: the items by id, the indices that keep columns, agenda and inbox in
//! order with their totals right, and the pending edits, applied optimistically to the server's values.
//!
//! Pure data: no clock, no network, no screen. Everything that updates it goes through [`Workspace::absorb`] (what
//! the server says), [`Workspace::submit`] (what a person does) and [`Workspace::settle`] (what came of it).

mod archive;
mod board_column;
mod change_log;
mod column;
mod details;
mod directory;
mod edits;
mod fields;
mod index;
mod links;
mod name_index;
mod probability;
mod query;
mod read;
mod restore;
mod rules;
mod server_update;
mod shown_changes;
mod sorted;
mod title_index;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use board_column::{BoardColumn, CardKey, CardRank, CurrencySum, Totals};
pub use column::Column;
pub use details::CachedDetails;
pub use directory::NameKey;
pub use edits::{AcceptedEdit, EditId};
pub use index::{AgendaKey, DoneKey, InboxKey};
pub use links::{ActivityKey, LinkedItems, NoteKey};
pub use name_index::folded;
pub use query::{
    Conditions, DefaultSortKey, LabelRef, ListedId, LiveList, MatchedRows, OwnerFilter, Query, QueryTime, RowGroup,
    RowId, SavedFilterResult, Scope, SortKey, SortOrder, SortValue, TextFilter, ValueRange,
};
pub use restore::BoardSnapshot;
pub use server_update::ServerUpdate;
pub use shown_changes::{ChangeKind, ShownChange, ShownChanges};
pub use sorted::SortedList;

use self::change_log::ChangeLog;
use self::details::DetailsCache;
use self::directory::ContactDirectory;
use self::edits::Overlay;
use self::index::Index;
use self::restore::Loading;
use crate::domain::{
    Activity, ActivityId, ActivityType, Deal, DealId, FieldDef, Item, ItemRef, Label, LabelId, Lead, LeadId, LeadLabel,
    LeadLabelId, Me, Note, NoteId, OrgId, Organization, Person, PersonId, Pipeline, Stage, StageId, User, UserId,
};

/// The account as dealdeck knows it.
#[derive(Debug, Default)]
pub struct Workspace {
    me: Option<Me>,
    users: HashMap<UserId, User>,
    /// In their order; few.
    pipelines: Vec<Pipeline>,
    /// In their order within their pipeline; few.
    stages: Vec<Stage>,
    labels: HashMap<LabelId, Label>,
    person_labels: HashMap<LabelId, Label>,
    org_labels: HashMap<LabelId, Label>,
    lead_labels: HashMap<LeadLabelId, LeadLabel>,
    activity_types: Vec<ActivityType>,
    fields: Vec<FieldDef>,
    people: HashMap<PersonId, Person>,
    orgs: HashMap<OrgId, Organization>,
    deals: HashMap<DealId, Deal>,
    activities: HashMap<ActivityId, Activity>,
    leads: HashMap<LeadId, Lead>,
    notes: HashMap<NoteId, Note>,
    dossiers: DetailsCache,
    index: Index,
    directory: ContactDirectory,
    /// Items with pending edits. The maps above hold them as they are shown, with the edits applied.
    overlays: HashMap<ItemRef, Overlay>,
    next_edit: u64,
    next_local: u32,
    /// Leads that came into the inbox from here since the last full list: the next one may have been read before that.
    added_since_list: HashSet<LeadId>,
    /// Leads that were removed from the inbox here since then, likewise.
    removed_since_list: HashSet<LeadId>,
    /// Items that an edit has deleted or found gone, with their last update that is known: what is on its way may still
    /// hold them.
    tombstones: HashMap<ItemRef, Option<DateTime<Utc>>>,
    /// Stands in for the rest while the cache is being loaded.
    loading: Option<Loading>,
    /// The latest changes.
    change_log: ChangeLog,
    version: u64,
}

/// The origin of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UpdateSource {
    /// The cache on this machine: older than everything else.
    Store,
    /// Reading: may have been on its way while something newer arrived.
    Reading,
    /// A webhook, in the order of the events.
    Webhook,
    /// The answer to an edit: counts whatever the server's clock says.
    Answer,
}

impl Workspace {
    /// Returns an empty workspace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what the server says. Items that are older than what is known are left out: an answer that was
    /// under way while an edit succeeded must not turn the board back.
    pub fn absorb(&mut self, updates: Vec<ServerUpdate>) -> ShownChanges {
        self.absorb_from(UpdateSource::Reading, updates)
    }

    /// Absorbs an update from a webhook. As [`Self::absorb`], but a deleted item does not come back with an answer that
    /// was on its way.
    pub fn absorb_webhook(&mut self, update: ServerUpdate) -> ShownChanges {
        self.absorb_from(UpdateSource::Webhook, vec![update])
    }

    fn absorb_from(&mut self, source: UpdateSource, updates: Vec<ServerUpdate>) -> ShownChanges {
        let mut noticed = ShownChanges::default();
        for update in updates {
            self.absorb_one(source, update, &mut noticed);
        }
        self.version += 1;
        noticed
    }

    fn absorb_one(&mut self, source: UpdateSource, update: ServerUpdate, noticed: &mut ShownChanges) {
        if update.is_basic() {
            self.change_log.note_all();
        }
        match update {
            ServerUpdate::Me(me) => {
                let zone = self.zone();
                self.me = Some(me);
                if self.zone() != zone {
                    self.reindex();
                }
            }
            ServerUpdate::AllUsers(users) => {
                self.users = users.into_iter().map(|user| (user.id, user)).collect();
                self.directory.all_users(self.users.values());
            }
            ServerUpdate::AllPipelines(mut pipelines) => {
                pipelines.sort_by_key(|pipeline| (pipeline.order, pipeline.id));
                if self.pipelines != pipelines {
                    self.pipelines = pipelines;
                    self.reindex();
                }
            }
            ServerUpdate::AllStages(mut stages) => {
                stages.sort_by_key(|stage| (stage.order, stage.id));
                if self.stages != stages {
                    self.stages = stages;
                    self.reindex();
                }
            }
            ServerUpdate::AllLabels(labels) => self.labels = by_id(labels),
            ServerUpdate::AllPersonLabels(labels) => self.person_labels = by_id(labels),
            ServerUpdate::AllOrgLabels(labels) => self.org_labels = by_id(labels),
            ServerUpdate::AllLeadLabels(labels) => {
                self.lead_labels = labels.into_iter().map(|label| (label.id, label)).collect();
            }
            ServerUpdate::AllFields(fields) => self.fields = fields,
            ServerUpdate::AllActivityTypes(types) => self.activity_types = types,
            ServerUpdate::People(people) => self.absorb_items(source, people.into_iter().map(Item::Person), noticed),
            ServerUpdate::Organizations(orgs) => self.absorb_items(source, orgs.into_iter().map(Item::Org), noticed),
            ServerUpdate::Deals(deals) => self.absorb_items(source, deals.into_iter().map(Item::Deal), noticed),
            ServerUpdate::Activities(list) => self.absorb_items(source, list.into_iter().map(Item::Activity), noticed),
            ServerUpdate::Leads(leads) => leads.into_iter().for_each(|lead| self.absorb_lead(source, lead, noticed)),
            ServerUpdate::Notes(notes) => self.absorb_items(source, notes.into_iter().map(Item::Note), noticed),
            ServerUpdate::Details(dossier) => self.absorb_dossier(source, *dossier),
            ServerUpdate::AllLeads(leads) => self.absorb_all_leads(source, leads, noticed),
            // Pending edits of it end on their own.
            ServerUpdate::Gone(item) => {
                self.dossiers.remove(item);
                if matches!(source, UpdateSource::Answer | UpdateSource::Webhook) {
                    // An item that is in no list, such as an archived deal, is reported as gone before it is listed again.
                    let none = (source == UpdateSource::Webhook).then_some(DateTime::<Utc>::MIN_UTC);
                    self.tombstones.insert(item, self.known_update(item).or(none));
                    if let ItemRef::Lead(lead) = item {
                        self.removed_since_list.insert(lead);
                    }
                }
                let change = match self.overlays.get_mut(&item) {
                    Some(overlay) => {
                        overlay.server = None;
                        self.recompute(item)
                    }
                    None => self.remove_shown(item),
                };
                noticed.note(source, change);
            }
        }
    }

    fn absorb_items(&mut self, source: UpdateSource, items: impl Iterator<Item = Item>, noticed: &mut ShownChanges) {
        for item in items {
            let change = self.absorb_item(source, item);
            noticed.note(source, change);
        }
    }

    fn absorb_lead(&mut self, source: UpdateSource, lead: Lead, noticed: &mut ShownChanges) {
        if !lead.seen && !lead.archived && !self.leads.contains_key(&lead.id) {
            noticed.new_leads.insert(lead.id);
        }
        let change = self.absorb_item(source, Item::Lead(lead));
        noticed.note(source, change);
    }

    /// The whole inbox. Archived leads are not in it, and stay for the person who takes the archiving back.
    fn absorb_all_leads(&mut self, source: UpdateSource, leads: Vec<Lead>, noticed: &mut ShownChanges) {
        let mut gone: HashSet<LeadId> = self.leads.values().filter(|lead| !lead.archived).map(|lead| lead.id).collect();
        let converted = std::mem::take(&mut self.removed_since_list);
        for lead in leads.into_iter().filter(|lead| !converted.contains(&lead.id)) {
            gone.remove(&lead.id);
            self.absorb_lead(source, lead, noticed);
        }
        let fresh = std::mem::take(&mut self.added_since_list);
        for id in gone {
            let item = ItemRef::Lead(id);
            if !fresh.contains(&id) && !self.overlays.contains_key(&item) {
                let change = self.remove_shown(item);
                noticed.note(source, change);
            }
        }
    }

    /// Returns the time of the last change of an item that the server has reported.
    fn known_update(&self, key: ItemRef) -> Option<DateTime<Utc>> {
        match self.overlays.get(&key) {
            Some(overlay) => overlay.server.as_ref().and_then(Item::updated),
            None => self.shown_update(key),
        }
    }

    fn absorb_item(&mut self, source: UpdateSource, item: Item) -> Option<ShownChange> {
        let (key, new) = (item.key(), item.updated());
        if source != UpdateSource::Answer {
            let is_older = match (self.known_update(key), new) {
                (Some(known), Some(new)) => new < known,
                // Items that an older version has cached have no time.
                (Some(_), None) => source == UpdateSource::Store,
                (None, _) => false,
            };
            // An answer that was on its way when it was deleted; one that comes back later has changed.
            let was_deleted = self.tombstones.get(&key).is_some_and(|last| match source {
                UpdateSource::Store => true,
                // By the order of events it comes after, if within the same second.
                UpdateSource::Webhook => new < *last,
                UpdateSource::Reading | UpdateSource::Answer => last.is_none() || new <= *last,
            });
            if is_older || was_deleted {
                return None;
            }
        }
        self.tombstones.remove(&key);
        match self.overlays.get_mut(&key) {
            Some(overlay) => {
                overlay.server = Some(item);
                self.recompute(key)
            }
            None => self.put_shown(item),
        }
    }
}

fn by_id(labels: Vec<Label>) -> HashMap<LabelId, Label> {
    labels.into_iter().map(|label| (label.id, label)).collect()
}

/// A column by what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BoardColumnKey {
    /// The stage.
    pub stage: StageId,
    /// The status of its deals.
    pub status: crate::domain::DealStatus,
}
