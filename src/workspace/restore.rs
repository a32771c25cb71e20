//! The account as it was kept on this machine: the first screenful at once, the rest piece by piece, and the edits
//! that had not come to their end.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{BoardColumnKey, EditId, ServerUpdate, Totals, UpdateSource, Workspace};
use crate::domain::{DealStatus, Edit, ItemRef, Label, LabelId, PipelineId};

/// How many cards of each column are on a front page: more than most screens show.
const FRONT_CARDS: usize = 30;

/// What the first frame shows: the upper part of a board with its totals. Its size does not depend on the account's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BoardSnapshot {
    /// The pipeline whose board it is.
    pub pipeline: Option<PipelineId>,
    /// The lists.
    pub changes: Vec<ServerUpdate>,
    /// The cards, their next activities, and the people and organizations on them. By name only: what they are is kept with the account, and may be newer.
    pub items: Vec<ItemRef>,
    /// What the columns add up to.
    pub totals: Vec<(BoardColumnKey, Totals)>,
}

/// What is shown until all that was kept has been loaded.
#[derive(Debug, Default)]
pub(super) struct Loading {
    pub totals: HashMap<BoardColumnKey, Totals>,
}

impl Workspace {
    /// Shows a front page. Its items, and what it does not hold, are taken in from now on, until [`Self::finish_loading`].
    pub fn show_snapshot(&mut self, front: BoardSnapshot) {
        self.absorb_from(UpdateSource::Store, front.changes);
        self.loading = Some(Loading { totals: front.totals.into_iter().collect() });
    }

    /// Takes in what was kept.
    pub fn absorb_cached(&mut self, changes: Vec<ServerUpdate>) {
        self.absorb_from(UpdateSource::Store, changes);
    }

    /// All that was kept has been taken in.
    pub fn finish_loading(&mut self) {
        self.loading = None;
        self.version += 1;
    }

    /// Whether what was kept is still being taken in.
    pub fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Lays an edit of an earlier run over what is shown. Its rules were checked when it was made.
    pub fn restore(&mut self, id: EditId, edit: Edit) {
        self.reserve(&edit);
        self.resume_edit_ids(id.0 + 1);
        self.apply_optimistically(id, edit);
    }

    /// Gives what an edit makes, which may still be made, to nothing else as its name here.
    pub fn reserve(&mut self, edit: &Edit) {
        self.next_local = self.next_local.max(edit.item().local_number().unwrap_or(0));
    }

    /// Edits made from now on are named by numbers from this one on, and so is what they make.
    pub fn resume_edit_ids(&mut self, next: u64) {
        self.next_edit = self.next_edit.max(next);
        self.next_local = self.next_local.max(u32::try_from(next).unwrap_or(0));
    }

    /// The front page of a pipeline as it is now.
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
        // In an order of their own, so that a front page in which nothing has changed is the same.
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
