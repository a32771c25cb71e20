//! The account as it was kept on this machine: the first screenful at once, the rest piece by piece, and the edits
//! that had not come to their end.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{Change, ColumnKey, EditId, Source, Totals, Workspace};
use crate::domain::{DealStatus, Edit, Item, ItemRef, PipelineId};

/// How many cards of each column are in a front page: more than a tall screen shows.
const FRONT_CARDS: usize = 60;
/// How many activities of each of their deals.
const FRONT_ACTIVITIES: usize = 3;

/// What the first frame shows: the upper part of a board with its totals. Its size does not depend on the account's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// The pipeline whose board it is.
    pub pipeline: Option<PipelineId>,
    /// The lists, and the items of the upper part.
    pub changes: Vec<Change>,
    /// What the columns add up to.
    pub totals: Vec<(ColumnKey, Totals)>,
}

/// What is shown until all that was kept has been loaded.
#[derive(Debug, Default)]
pub(super) struct Loading {
    pub totals: HashMap<ColumnKey, Totals>,
    /// Items of the front page that have not been loaded yet: what is left of them in the end is no longer there.
    unconfirmed: HashSet<ItemRef>,
}

impl Workspace {
    /// Shows a front page. What it does not hold is loaded from now on, until [`Self::loaded`].
    pub fn show_front(&mut self, front: Front) {
        let mut unconfirmed = HashSet::new();
        for change in &front.changes {
            note_items(change, |item| {
                unconfirmed.insert(item);
            });
        }
        self.absorb_from(Source::Store, front.changes);
        self.loading = Some(Loading { totals: front.totals.into_iter().collect(), unconfirmed });
    }

    /// Takes in what was kept.
    pub fn absorb_kept(&mut self, changes: Vec<Change>) {
        if let Some(loading) = &mut self.loading {
            for change in &changes {
                note_items(change, |item| {
                    loading.unconfirmed.remove(&item);
                });
            }
        }
        self.absorb_from(Source::Store, changes);
    }

    /// All that was kept has been taken in.
    pub fn loaded(&mut self) {
        let Some(loading) = self.loading.take() else { return };
        for item in loading.unconfirmed {
            if !self.shadows.contains_key(&item) {
                self.remove_shown(item);
            }
        }
        self.version += 1;
    }

    /// Whether what was kept is still being taken in.
    pub fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Lays an edit of an earlier run over what is shown. Its rules were checked when it was made.
    pub fn restore(&mut self, id: EditId, edit: Edit) {
        self.next_local = self.next_local.max(edit.item().local_number().unwrap_or(0));
        self.names_from(id.0 + 1);
        self.lay_over(id, edit);
    }

    /// Edits made from now on are named by numbers from this one on.
    pub fn names_from(&mut self, next: u64) {
        self.next_edit = self.next_edit.max(next);
    }

    /// The front page of a pipeline as it is now.
    pub fn front(&self, pipeline: PipelineId) -> Front {
        let mut front = Front { pipeline: Some(pipeline), changes: self.lists(), totals: Vec::new() };
        let (mut people, mut orgs) = (BTreeSet::new(), BTreeSet::new());
        let (mut deals, mut activities) = (Vec::new(), Vec::new());
        for stage in self.stages(pipeline) {
            let key = ColumnKey { stage: stage.id, status: DealStatus::Open };
            let Some(column) = self.column(key) else { continue };
            front.totals.push((key, column.totals.clone()));
            for card in column.cards.iter().take(FRONT_CARDS) {
                let Some(Item::Deal(deal)) = self.server_value(ItemRef::Deal(card.id)) else { continue };
                people.extend(deal.person);
                orgs.extend(deal.org);
                let to_do = self.to_do(deal.id).take(FRONT_ACTIVITIES);
                activities.extend(to_do.filter_map(|next| match self.server_value(ItemRef::Activity(next.id)) {
                    Some(Item::Activity(activity)) => Some(activity),
                    _ => None,
                }));
                deals.push(deal);
            }
        }
        let people = people.into_iter().filter_map(|id| match self.server_value(ItemRef::Person(id)) {
            Some(Item::Person(person)) => Some(person),
            _ => None,
        });
        let orgs = orgs.into_iter().filter_map(|id| match self.server_value(ItemRef::Org(id)) {
            Some(Item::Org(org)) => Some(org),
            _ => None,
        });
        front.changes.push(Change::People(people.collect()));
        front.changes.push(Change::Organizations(orgs.collect()));
        front.changes.push(Change::Activities(activities));
        front.changes.push(Change::Deals(deals));
        front
    }

    fn lists(&self) -> Vec<Change> {
        // In an order of their own, so that a front page in which nothing has changed is the same.
        let mut users: Vec<_> = self.users.values().cloned().collect();
        users.sort_unstable_by_key(|user| user.id);
        let mut labels: Vec<_> = self.labels.values().cloned().collect();
        labels.sort_unstable_by_key(|label| label.id);
        let mut lead_labels: Vec<_> = self.lead_labels.values().cloned().collect();
        lead_labels.sort_unstable_by_key(|label| label.id);
        let mut lists: Vec<Change> = self.me.clone().map(Change::Me).into_iter().collect();
        lists.extend([
            Change::AllUsers(users),
            Change::AllPipelines(self.pipelines.clone()),
            Change::AllStages(self.stages.clone()),
            Change::AllLabels(labels),
            Change::AllLeadLabels(lead_labels),
            Change::AllActivityTypes(self.activity_types.clone()),
        ]);
        lists
    }

    /// An item without the edits that are laid over it.
    fn server_value(&self, key: ItemRef) -> Option<Item> {
        self.shadows.get(&key).map_or_else(|| self.shown(key), |shadow| shadow.server.clone())
    }
}

fn note_items(change: &Change, note: impl FnMut(ItemRef)) {
    match change {
        Change::Deals(deals) => deals.iter().map(|deal| ItemRef::Deal(deal.id)).for_each(note),
        Change::Activities(list) => list.iter().map(|activity| ItemRef::Activity(activity.id)).for_each(note),
        Change::Leads(leads) | Change::AllLeads(leads) => {
            leads.iter().map(|lead| ItemRef::Lead(lead.id)).for_each(note);
        }
        Change::People(people) => people.iter().map(|person| ItemRef::Person(person.id)).for_each(note),
        Change::Organizations(orgs) => orgs.iter().map(|org| ItemRef::Org(org.id)).for_each(note),
        _ => {}
    }
}
