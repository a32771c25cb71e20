//! Restores the account from this machine: the first screenful at once, the rest piece by piece, and the edits
//! that had not come to their end.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{BoardColumnKey, EditId, ServerUpdate, Totals, UpdateSource, Workspace};
use crate::domain::{DealStatus, Edit, ItemRef, Label, LabelId, PipelineId};

/// The number of cards of each column in a snapshot: more than most screens show.
const FRONT_CARDS: usize = 30;

/// The content of the first frame: the upper part of a board with its totals. Its size does not depend on the account's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BoardSnapshot {
    /// The pipeline whose board it is.
    pub pipeline: Option<PipelineId>,
    /// The lists.
    pub changes: Vec<ServerUpdate>,
    /// The cards, their next activities, and the people and organizations on them. Ids only: their fields come from the
    /// cache, and may be newer.
    pub items: Vec<ItemRef>,
    /// The totals of the columns.
    pub totals: Vec<(BoardColumnKey, Totals)>,
}

/// Totals that are shown until the cache has been loaded.
#[derive(Debug, Default)]
pub(super) struct Loading {
    pub totals: HashMap<BoardColumnKey, Totals>,
}

impl Workspace {
    /// Shows a snapshot. Its items and the rest of the account follow from the cache, until [`Self::finish_loading`].
    pub fn show_snapshot(&mut self, front: BoardSnapshot) {
        self.absorb_from(UpdateSource::Store, front.changes);
        self.loading = Some(Loading { totals: front.totals.into_iter().collect() });
    }

    /// Absorbs items from the cache.
    pub fn absorb_cached(&mut self, changes: Vec<ServerUpdate>) {
        self.absorb_from(UpdateSource::Store, changes);
    }

    /// Ends the loading of the cache.
    pub fn finish_loading(&mut self) {
        self.loading = None;
        self.version += 1;
    }

    /// Returns `true` while the cache is being loaded.
    pub fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Applies an edit of an earlier run. Its rules were checked when it was made.
    pub fn restore(&mut self, id: EditId, edit: Edit) {
        self.reserve(&edit);
        self.resume_edit_ids(id.0 + 1);
        self.apply_optimistically(id, edit);
    }

    /// Reserves the local id of an edit's item, which may still be created.
    pub fn reserve(&mut self, edit: &Edit) {
        self.next_local = self.next_local.max(edit.item().local_number().unwrap_or(0));
    }

    /// Numbers new edits, and the items that they create, from this one on.
    pub fn resume_edit_ids(&mut self, next: u64) {
        self.next_edit = self.next_edit.max(next);
        self.next_local = self.next_local.max(u32::try_from(next).unwrap_or(0));
    }

    /// Returns the snapshot of a pipeline's board.
    pub fn snapshot(&self, pipeline: PipelineId) -> BoardSnapshot {
        let mut front = BoardSnapshot { pipeline: Some(pipeline), changes: self.lists(), ..BoardSnapshot::default() };
        let (mut people, mut orgs) = (BTreeSet::new(), BTreeSet::new());
        for stage in self.stages(pipeline) {
            let key = BoardColumnKey { stage: stage.id, status: DealStatus::Open };
            let Some(column) = self.column(key) else { continue };
            front.totals.push((key, column.totals.clone()));
            for card in column.cards.iter().take(FRONT_CARDS) {
                let Some(deal) = self.deal(card.id).filter(|deal| !deal.id.is_local()) else { continue };
                people.extend(deal.person);
                orgs.extend(deal.org);
                front.items.push(ItemRef::Deal(deal.id));
                front.items.extend(
                    self.to_do(deal.id).next().map(|next| ItemRef::Activity(next.id)).filter(|item| !item.is_local()),
                );
            }
        }
        let people = people.into_iter().map(ItemRef::Person);
        front.items.extend(people.chain(orgs.into_iter().map(ItemRef::Org)).filter(|item| !item.is_local()));
        front
    }

    fn lists(&self) -> Vec<ServerUpdate> {
        // Sorted, so that an unchanged snapshot compares equal.
        let mut users: Vec<_> = self.users.values().cloned().collect();
        users.sort_unstable_by_key(|user| user.id);
        let sorted = |labels: &HashMap<LabelId, Label>| {
            let mut labels: Vec<_> = labels.values().cloned().collect();
            labels.sort_unstable_by_key(|label| label.id);
            labels
        };
        let mut lead_labels: Vec<_> = self.lead_labels.values().cloned().collect();
        lead_labels.sort_unstable_by_key(|label| label.id);
        let mut lists: Vec<ServerUpdate> = self.me.clone().map(ServerUpdate::Me).into_iter().collect();
        lists.extend([
            ServerUpdate::AllUsers(users),
            ServerUpdate::AllPipelines(self.pipelines.clone()),
            ServerUpdate::AllStages(self.stages.clone()),
            ServerUpdate::AllLabels(sorted(&self.labels)),
            ServerUpdate::AllPersonLabels(sorted(&self.person_labels)),
            ServerUpdate::AllOrgLabels(sorted(&self.org_labels)),
            ServerUpdate::AllLeadLabels(lead_labels),
            ServerUpdate::AllFields(self.fields.clone()),
            ServerUpdate::AllActivityTypes(self.activity_types.clone()),
        ]);
        lists
    }
}
