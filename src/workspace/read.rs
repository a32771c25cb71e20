//! Getters of the workspace.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::board_column::{BoardColumn, CardKey, Totals};
use super::index::{AgendaKey, DoneKey, InboxKey};
use super::links::ActivityKey;
use super::sorted::SortedList;
use super::{BoardColumnKey, Workspace};
use crate::domain::{
    Activity, ActivityId, ActivityType, Currency, Deal, DealId, DealStatus, Item, ItemRef, Label, LabelId, Lead,
    LeadId, LeadLabel, LeadLabelId, Me, Note, NoteId, OrgId, Organization, Person, PersonId, Pipeline, PipelineId,
    PipelineStage, Stage, StageId, User, UserId, WebLink,
};

impl Workspace {
    /// A number that grows with every change, so that what was worked out from the account can tell that it is
    /// out of date.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The user whose token is in use.
    pub fn me(&self) -> Option<&Me> {
        self.me.as_ref()
    }

    /// The user's time zone; UTC until it is known.
    pub fn zone(&self) -> Tz {
        self.me.as_ref().map_or(Tz::UTC, |me| me.timezone)
    }

    /// The user's currency; euros until it is known.
    pub fn currency(&self) -> Currency {
        self.me.as_ref().map_or_else(|| Currency::new("EUR"), |me| me.currency.clone())
    }

    /// All pipelines in order.
    pub fn pipelines(&self) -> &[Pipeline] {
        &self.pipelines
    }

    /// One pipeline.
    pub fn pipeline(&self, id: PipelineId) -> Option<&Pipeline> {
        self.pipelines.iter().find(|pipeline| pipeline.id == id)
    }

    /// The stages of a pipeline in order.
    pub fn stages(&self, pipeline: PipelineId) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(move |stage| stage.pipeline == pipeline)
    }

    /// One stage.
    pub fn stage(&self, id: StageId) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// A stage with its pipeline.
    pub fn pipeline_stage(&self, stage: StageId) -> Option<PipelineStage> {
        self.stage(stage).map(|found| PipelineStage { pipeline: found.pipeline, stage })
    }

    /// A column of the board; `None` while no deal is in it.
    pub fn column(&self, key: BoardColumnKey) -> Option<&BoardColumn> {
        self.index.columns.get(&key)
    }

    /// All deals of a status in the order of the board, whatever their pipeline; `None` while there is none.
    pub fn deals_by_status(&self, status: DealStatus) -> Option<&SortedList<CardKey>> {
        self.index.deals.get(&status)
    }

    /// Returns the number of open deals of a user.
    pub fn open_deals_of(&self, owner: UserId) -> usize {
        self.index.owned.get(&owner).copied().unwrap_or_default()
    }

    /// Returns the totals of a column, including deals that are still being loaded; `None` for an empty column.
    pub fn column_totals(&self, key: BoardColumnKey) -> Option<&Totals> {
        let loading = self.loading.as_ref().and_then(|loading| loading.totals.get(&key));
        loading.or_else(|| self.column(key).map(|column| &column.totals))
    }

    /// Returns the totals of a pipeline and status.
    pub fn pipeline_totals(&self, pipeline: PipelineId, status: DealStatus) -> Totals {
        let mut totals = Totals::default();
        for stage in self.stages(pipeline) {
            if let Some(column) = self.column_totals(BoardColumnKey { stage: stage.id, status }) {
                totals.merge(column);
            }
        }
        totals
    }

    /// One deal, as it is shown.
    pub fn deal(&self, id: DealId) -> Option<&Deal> {
        self.deals.get(&id)
    }

    /// All deals, in no order.
    pub fn deals(&self) -> impl Iterator<Item = &Deal> {
        self.deals.values()
    }

    /// When a deal's next activity is due, in the user's zone; `None` if it has none with a day.
    pub fn next_activity_due(&self, deal: DealId) -> Option<(NaiveDate, Option<NaiveTime>)> {
        match self.linked(ItemRef::Deal(deal))?.activities.first()? {
            ActivityKey::ToDo(key) => key.due,
            ActivityKey::Done(_) => None,
        }
    }

    /// Returns the planned activities of a deal, the next one first.
    pub fn to_do(&self, deal: DealId) -> impl Iterator<Item = &Activity> {
        self.activities_of(ItemRef::Deal(deal)).take_while(|activity| !activity.done)
    }

    /// One activity, as it is shown.
    pub fn activity(&self, id: ActivityId) -> Option<&Activity> {
        self.activities.get(&id)
    }

    /// Returns the planned activities, in order.
    pub fn agenda(&self) -> &SortedList<AgendaKey> {
        &self.index.agenda
    }

    /// The activities that are done, the latest first.
    pub fn done(&self) -> &SortedList<DoneKey> {
        &self.index.done
    }

    /// One lead, as it is shown.
    pub fn lead(&self, id: LeadId) -> Option<&Lead> {
        self.leads.get(&id)
    }

    /// All leads that are known, archived ones too, in no order.
    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.leads.values()
    }

    /// The leads of the archive that are known, the one that was changed last first.
    pub fn archive(&self) -> &SortedList<InboxKey> {
        &self.index.archive
    }

    /// The leads of the inbox, in order.
    pub fn inbox(&self) -> &SortedList<InboxKey> {
        &self.index.inbox
    }

    /// One person.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id)
    }

    /// People with a word in their name that begins with `text`, at most `most`.
    pub fn people_named(&self, text: &str, most: usize) -> Vec<&Person> {
        self.directory.person_names.matching(text, most).into_iter().filter_map(|id| self.people.get(&id)).collect()
    }

    /// One organization.
    pub fn org(&self, id: OrgId) -> Option<&Organization> {
        self.orgs.get(&id)
    }

    /// Organizations with a word in their name that begins with `text`, at most `most`.
    pub fn orgs_named(&self, text: &str, most: usize) -> Vec<&Organization> {
        self.directory.org_names.matching(text, most).into_iter().filter_map(|id| self.orgs.get(&id)).collect()
    }

    /// One note, as it is shown.
    pub fn note(&self, id: NoteId) -> Option<&Note> {
        self.notes.get(&id)
    }

    /// Deals that may have a word in their title which begins like the longest one of `text`, at most `most`: to be looked
    /// at closely.
    pub fn deals_like(&self, text: &str, most: usize) -> impl Iterator<Item = &Deal> {
        self.directory.deal_titles.candidates(text, most).into_iter().filter_map(|id| self.deals.get(&id))
    }

    /// Returns leads that may have such a word, likewise.
    pub fn leads_like(&self, text: &str, most: usize) -> impl Iterator<Item = &Lead> {
        self.directory.lead_titles.candidates(text, most).into_iter().filter_map(|id| self.leads.get(&id))
    }

    /// One user.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// A label of deals.
    pub fn label(&self, id: LabelId) -> Option<&Label> {
        self.labels.get(&id)
    }

    /// A label of people.
    pub fn person_label(&self, id: LabelId) -> Option<&Label> {
        self.person_labels.get(&id)
    }

    /// A label of organizations.
    pub fn org_label(&self, id: LabelId) -> Option<&Label> {
        self.org_labels.get(&id)
    }

    /// A label of leads.
    pub fn lead_label(&self, id: LeadLabelId) -> Option<&LeadLabel> {
        self.lead_labels.get(&id)
    }

    /// All labels of deals, in no order.
    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        self.labels.values()
    }

    /// All labels of people, in no order.
    pub fn person_labels(&self) -> impl Iterator<Item = &Label> {
        self.person_labels.values()
    }

    /// All labels of organizations, in no order.
    pub fn org_labels(&self) -> impl Iterator<Item = &Label> {
        self.org_labels.values()
    }

    /// All labels of leads, in no order.
    pub fn lead_labels(&self) -> impl Iterator<Item = &LeadLabel> {
        self.lead_labels.values()
    }

    /// All types of activities, in Pipedrive's order.
    pub fn activity_types(&self) -> &[ActivityType] {
        &self.activity_types
    }

    /// The type of an activity by its key.
    pub fn activity_type(&self, key: &str) -> Option<&ActivityType> {
        self.activity_types.iter().find(|kind| kind.key == key)
    }

    /// The page of an item in the company's Pipedrive; of an activity that of what it is about.
    pub fn page(&self, item: ItemRef) -> Option<WebLink> {
        let shown = match item {
            ItemRef::Activity(id) => {
                let activity = self.activity(id)?;
                let about = [activity.deal.map(ItemRef::Deal), activity.lead.map(ItemRef::Lead)];
                let with = [activity.person.map(ItemRef::Person), activity.org.map(ItemRef::Org)];
                about.into_iter().chain(with).flatten().next()?
            }
            item => item,
        };
        WebLink::page(self.me.as_ref()?, shown)
    }

    /// Returns `true` if an edit of the item is pending.
    pub fn is_pending(&self, item: ItemRef) -> bool {
        self.overlays.contains_key(&item)
    }

    /// Returns the number of pending edits.
    pub fn pending(&self) -> usize {
        self.overlays.values().map(|overlay| overlay.pending.len()).sum()
    }

    /// Any item, as it is shown.
    pub fn shown(&self, item: ItemRef) -> Option<Item> {
        match item {
            ItemRef::Deal(id) => self.deals.get(&id).cloned().map(Item::Deal),
            ItemRef::Activity(id) => self.activities.get(&id).cloned().map(Item::Activity),
            ItemRef::Lead(id) => self.leads.get(&id).cloned().map(Item::Lead),
            ItemRef::Person(id) => self.people.get(&id).cloned().map(Item::Person),
            ItemRef::Org(id) => self.orgs.get(&id).cloned().map(Item::Org),
            ItemRef::Note(id) => self.notes.get(&id).cloned().map(Item::Note),
        }
    }

    /// Returns `true` if an item exists. A deleted deal does not, although Pipedrive still lists it for a while.
    pub fn has(&self, item: ItemRef) -> bool {
        match item {
            ItemRef::Deal(id) => self.deals.get(&id).is_some_and(|deal| deal.status != DealStatus::Other),
            ItemRef::Activity(id) => self.activities.contains_key(&id),
            ItemRef::Lead(id) => self.leads.contains_key(&id),
            ItemRef::Person(id) => self.people.contains_key(&id),
            ItemRef::Org(id) => self.orgs.contains_key(&id),
            ItemRef::Note(id) => self.notes.contains_key(&id),
        }
    }

    /// When an item as it is shown last changed, without a copy of it.
    pub fn shown_update(&self, item: ItemRef) -> Option<DateTime<Utc>> {
        match item {
            ItemRef::Deal(id) => self.deals.get(&id)?.updated,
            ItemRef::Activity(id) => self.activities.get(&id)?.updated,
            ItemRef::Lead(id) => self.leads.get(&id)?.updated,
            ItemRef::Person(id) => self.people.get(&id)?.updated,
            ItemRef::Org(id) => self.orgs.get(&id)?.updated,
            ItemRef::Note(id) => self.notes.get(&id)?.updated,
        }
    }
}
