//! Conversions of leads to deals and back: jobs that are done a moment after they were asked for.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use uuid::Uuid;

use super::{Deal, Editable, Kept, Lead, Money, Status, me};
use crate::sandbox::custom;
use crate::sandbox::store::Store;
use crate::sandbox::table::Stored;

/// How long a conversion runs.
const RUNS: TimeDelta = TimeDelta::milliseconds(400);

/// What is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A lead, to a deal in this stage.
    Lead(Uuid, u64),
    /// A deal, to a lead.
    Deal(u64),
}

/// A conversion.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conversion {
    /// Its name.
    pub id: Uuid,
    /// What is converted.
    pub source: Source,
    /// Who asked for it; those who asked before there was more than one user are the first.
    #[serde(default = "me")]
    pub user_id: u64,
    /// When it is done.
    pub due: DateTime<Utc>,
    /// The deal that it made.
    pub deal_id: Option<u64>,
    /// The lead that it made.
    pub lead_id: Option<Uuid>,
    /// Whether there was nothing left to convert when its time came.
    pub failed: bool,
}

impl Stored for Conversion {
    type Key = Uuid;
    const KIND: &'static str = "conversion";

    fn key(&self) -> Uuid {
        self.id
    }

    fn update_time(&self) -> DateTime<Utc> {
        self.due
    }
}

impl Conversion {
    /// A conversion that begins now.
    pub fn new(source: Source, now: DateTime<Utc>) -> Self {
        Self { id: Uuid::new_v4(), source, user_id: me(), due: now + RUNS, deal_id: None, lead_id: None, failed: false }
    }

    /// How far it is, in the words of the API.
    pub fn status(&self) -> &'static str {
        match (self.failed, self.is_running()) {
            (true, _) => "failed",
            (false, true) => "running",
            (false, false) => "completed",
        }
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        !self.failed && self.deal_id.is_none() && self.lead_id.is_none()
    }

    /// Carries it out.
    pub fn finish(mut self, store: &mut Store, now: DateTime<Utc>) {
        match self.source {
            Source::Lead(lead, stage) => self.deal_id = lead_to_deal(store, lead, stage, now),
            Source::Deal(deal) => self.lead_id = deal_to_lead(store, deal, now),
        }
        self.failed = self.deal_id.is_none() && self.lead_id.is_none();
        store.conversions.put(self);
    }
}

/// Makes the deal, moves what hangs on the lead, and takes the lead away.
fn lead_to_deal(store: &mut Store, id: Uuid, stage_id: u64, now: DateTime<Utc>) -> Option<u64> {
    let pipeline_id = store.stages.get(stage_id)?.pipeline_id;
    let mut lead = store.leads.remove(id)?;
    let seconds = now.trunc_subsecs(0);
    let mut deal = Deal::fresh(store, seconds);
    if let Some(Money { amount, currency }) = lead.value {
        (deal.value, deal.currency) = (amount, currency.into());
    }
    let deal = Deal {
        title: lead.title,
        owner_id: lead.owner_id,
        person_id: lead.person_id,
        org_id: lead.organization_id,
        stage_id,
        pipeline_id,
        expected_close_date: lead.expected_close_date,
        source_lead_id: Some(id),
        custom_fields: custom::take_flat(&store.assets.deal_fields, &mut lead.custom),
        ..deal
    };
    let deal_id = deal.id;
    store.deals.put(deal);
    relink(store, Link { deal: None, lead: Some(id) }, Link { deal: Some(deal_id), lead: None }, seconds);
    Some(deal_id)
}

/// Makes the lead, moves what hangs on the deal, and takes the deal away.
fn deal_to_lead(store: &mut Store, id: u64, now: DateTime<Utc>) -> Option<Uuid> {
    let mut deal = store.deals.get(id).filter(|deal| !deal.is_deleted)?.clone();
    let no_value = deal.value == Number::from(0);
    let lead = Lead {
        title: deal.title.clone(),
        owner_id: deal.owner_id,
        person_id: deal.person_id,
        organization_id: deal.org_id,
        value: (!no_value).then(|| Money { amount: deal.value.clone(), currency: deal.currency.to_string() }),
        expected_close_date: deal.expected_close_date,
        source_name: "Deal".to_owned(),
        source_deal_id: Some(id),
        custom: custom::to_flat(&store.assets.deal_fields, &deal.custom_fields),
        ..Lead::new(Uuid::new_v4(), now)
    };
    let lead_id = lead.id;
    store.leads.put(lead);
    (deal.is_deleted, deal.status) = (true, Status::Deleted);
    let seconds = now.trunc_subsecs(0);
    deal.touch(seconds);
    store.deals.put(deal);
    relink(store, Link { deal: Some(id), lead: None }, Link { deal: None, lead: Some(lead_id) }, seconds);
    Some(lead_id)
}

/// What a note or an activity hangs on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Link {
    deal: Option<u64>,
    lead: Option<Uuid>,
}

fn relink(store: &mut Store, from: Link, to: Link, now: DateTime<Utc>) {
    let hangs = |deal, lead| from == Link { deal, lead };
    let notes: Vec<_> = store.notes.iter().filter(|note| hangs(note.deal_id, note.lead_id)).cloned().collect();
    for mut note in notes {
        (note.deal_id, note.lead_id) = (to.deal, to.lead);
        note.touch(now);
        store.notes.put(note);
    }
    let on_it = store.activities.iter().filter(|activity| hangs(activity.deal_id, activity.lead_id));
    for mut activity in on_it.cloned().collect::<Vec<_>>() {
        (activity.deal_id, activity.lead_id) = (to.deal, to.lead);
        activity.touch(now);
        store.activities.put(activity);
    }
}
