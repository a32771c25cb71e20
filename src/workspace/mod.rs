//! The account in memory, one for all screens: the items by id, the indices that keep columns, agenda and inbox in
//! order with their totals right, and the edits that are under way, laid over what the server says.
//!
//! Pure data: no clock, no network, no screen. Everything that changes it goes through [`Workspace::absorb`] (what
//! the server says), [`Workspace::submit`] (what a person does) and [`Workspace::settle`] (what came of it).

mod change;
mod column;
mod edits;
mod index;
mod kept;
mod names;
mod read;
mod sorted;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

pub use change::Change;
pub use column::{CardKey, Column, Rank, Sum, Totals};
pub use edits::{EditId, Submitted};
pub use index::{AgendaKey, DoneKey, InboxKey};
pub use kept::Front;
pub use sorted::SortedList;

use self::edits::Shadow;
use self::index::Index;
use self::kept::Loading;
use self::names::Names;
use crate::domain::{
    Activity, ActivityId, ActivityType, Deal, DealId, Item, ItemRef, Label, LabelId, Lead, LeadId, LeadLabel,
    LeadLabelId, Me, OrgId, Organization, Person, PersonId, Pipeline, Stage, StageId, User, UserId,
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
    lead_labels: HashMap<LeadLabelId, LeadLabel>,
    activity_types: Vec<ActivityType>,
    people: HashMap<PersonId, Person>,
    person_names: Names<PersonId>,
    orgs: HashMap<OrgId, Organization>,
    org_names: Names<OrgId>,
    deals: HashMap<DealId, Deal>,
    activities: HashMap<ActivityId, Activity>,
    leads: HashMap<LeadId, Lead>,
    index: Index,
    /// Items with edits under way. The maps above hold them as they are shown, with the edits carried out.
    shadows: HashMap<ItemRef, Shadow>,
    next_edit: u64,
    next_local: u32,
    /// Leads that came into the inbox from here since the last full list: the next one may have been read before that.
    fresh_leads: HashSet<LeadId>,
    /// Leads that went from here since then, likewise.
    gone_leads: HashSet<LeadId>,
    /// What stands in for the rest while it is loaded from this machine.
    loading: Option<Loading>,
    version: u64,
}

/// Where news come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// What was kept on this machine: older than all else.
    Store,
    /// Reading: may have been on its way while something newer arrived.
    Reading,
    /// The answer to an edit: counts whatever the server's clock says.
    Answer,
}

/// What [`Workspace::absorb`] noticed beyond the plain change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noticed {
    /// Unseen leads that were not known before.
    pub new_leads: BTreeSet<LeadId>,
}

impl Workspace {
    /// An account of which nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what the server says. Items that are older than what is known are left out: an answer that was
    /// under way while an edit succeeded must not turn the board back.
    pub fn absorb(&mut self, changes: Vec<Change>) -> Noticed {
        self.absorb_from(Source::Reading, changes)
    }

    fn absorb_from(&mut self, source: Source, changes: Vec<Change>) -> Noticed {
        let mut noticed = Noticed::default();
        for change in changes {
            self.absorb_one(source, change, &mut noticed);
        }
        self.version += 1;
        noticed
    }

    fn absorb_one(&mut self, source: Source, change: Change, noticed: &mut Noticed) {
        match change {
            Change::Me(me) => {
                let zone = self.zone();
                self.me = Some(me);
                if self.zone() != zone {
                    self.reindex();
                }
            }
            Change::AllUsers(users) => self.users = users.into_iter().map(|user| (user.id, user)).collect(),
            Change::AllPipelines(mut pipelines) => {
                pipelines.sort_by_key(|pipeline| (pipeline.order, pipeline.id));
                if self.pipelines != pipelines {
                    self.pipelines = pipelines;
                    self.reindex();
                }
            }
            Change::AllStages(mut stages) => {
                stages.sort_by_key(|stage| (stage.order, stage.id));
                if self.stages != stages {
                    self.stages = stages;
                    self.reindex();
                }
            }
            Change::AllLabels(labels) => self.labels = labels.into_iter().map(|label| (label.id, label)).collect(),
            Change::AllLeadLabels(labels) => {
                self.lead_labels = labels.into_iter().map(|label| (label.id, label)).collect();
            }
            Change::AllActivityTypes(types) => self.activity_types = types,
            Change::People(people) => people.into_iter().for_each(|person| self.put_person(person)),
            Change::Organizations(orgs) => orgs.into_iter().for_each(|org| self.put_org(org)),
            Change::Deals(deals) => deals.into_iter().for_each(|deal| self.absorb_item(source, Item::Deal(deal))),
            Change::Activities(list) => list.into_iter().for_each(|a| self.absorb_item(source, Item::Activity(a))),
            Change::Leads(leads) => leads.into_iter().for_each(|lead| self.absorb_lead(source, lead, noticed)),
            Change::AllLeads(leads) => self.absorb_all_leads(source, leads, noticed),
            // Edits of it that are under way come to their own end.
            Change::Gone(item) => {
                if let (Source::Answer, ItemRef::Lead(lead)) = (source, item) {
                    self.gone_leads.insert(lead);
                }
                match self.shadows.get_mut(&item) {
                    Some(shadow) => {
                        shadow.server = None;
                        self.show(item);
                    }
                    None => self.remove_shown(item),
                }
            }
        }
    }

    fn absorb_lead(&mut self, source: Source, lead: Lead, noticed: &mut Noticed) {
        if !lead.seen && !lead.archived && !self.leads.contains_key(&lead.id) {
            noticed.new_leads.insert(lead.id);
        }
        self.absorb_item(source, Item::Lead(lead));
    }

    /// The whole inbox. Archived leads are not in it, and stay for the person who takes the archiving back.
    fn absorb_all_leads(&mut self, source: Source, leads: Vec<Lead>, noticed: &mut Noticed) {
        let mut gone: HashSet<LeadId> = self.leads.values().filter(|lead| !lead.archived).map(|lead| lead.id).collect();
        let converted = std::mem::take(&mut self.gone_leads);
        for lead in leads.into_iter().filter(|lead| !converted.contains(&lead.id)) {
            gone.remove(&lead.id);
            self.absorb_lead(source, lead, noticed);
        }
        let fresh = std::mem::take(&mut self.fresh_leads);
        for id in gone {
            let item = ItemRef::Lead(id);
            if !fresh.contains(&id) && !self.shadows.contains_key(&item) {
                self.remove_shown(item);
            }
        }
    }

    fn absorb_item(&mut self, source: Source, item: Item) {
        let key = item.key();
        let known = match self.shadows.get(&key) {
            Some(shadow) => shadow.server.as_ref().and_then(Item::updated),
            None => self.shown(key).and_then(|shown| shown.updated()),
        };
        if let (Source::Reading | Source::Store, Some(known), Some(new)) = (source, known, item.updated())
            && new < known
        {
            return;
        }
        match self.shadows.get_mut(&key) {
            Some(shadow) => {
                shadow.server = Some(item);
                self.show(key);
            }
            None => self.put_shown(item),
        }
    }

    fn put_person(&mut self, person: Person) {
        if let Some(old) = self.people.get(&person.id) {
            self.person_names.remove(&old.name, old.id);
        }
        self.person_names.insert(&person.name, person.id);
        self.people.insert(person.id, person);
    }

    fn put_org(&mut self, org: Organization) {
        if let Some(old) = self.orgs.get(&org.id) {
            self.org_names.remove(&old.name, old.id);
        }
        self.org_names.insert(&org.name, org.id);
        self.orgs.insert(org.id, org);
    }
}

/// A column by what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColumnKey {
    /// The stage.
    pub stage: StageId,
    /// The status of its deals.
    pub status: crate::domain::DealStatus,
}
