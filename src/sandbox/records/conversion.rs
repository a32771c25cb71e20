//! Conversions of leads to deals and back: jobs that finish a moment after the request.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use uuid::Uuid;

use super::{Deal, Editable, Lead, Money, Record, Status, current_user_id};
use crate::sandbox::custom_fields;
use crate::sandbox::store::Store;
use crate::sandbox::table::TableRow;

/// The duration of a conversion.
const DURATION: TimeDelta = TimeDelta::milliseconds(400);

/// The record to convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConversionSource {
    /// A lead, to a deal in this stage.
    Lead(Uuid, u64),
    /// A deal, to a lead.
    Deal(u64),
}

/// A conversion.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conversion {
    /// The id of the job.
    pub id: Uuid,
    /// The record to convert.
    pub source: ConversionSource,
    /// The user who started it; the first user in files written before there were several.
    #[serde(default = "current_user_id")]
    pub user_id: u64,
    /// The time at which it finishes.
    pub due: DateTime<Utc>,
    /// The created deal.
    pub deal_id: Option<u64>,
    /// The created lead.
    pub lead_id: Option<Uuid>,
    /// `true` if the record was gone when the job finished.
    pub failed: bool,
}

impl TableRow for Conversion {
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
    /// Creates a conversion that starts now.
    pub fn new(source: ConversionSource, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::new_v4(),
            source,
            user_id: current_user_id(),
            due: now + DURATION,
            deal_id: None,
            lead_id: None,
            failed: false,
        }
    }

    /// Returns the status in the words of the API.
    pub fn status(&self) -> &'static str {
        match (self.failed, self.is_running()) {
            (true, _) => "failed",
            (false, true) => "running",
            (false, false) => "completed",
        }
    }

    /// Returns `true` if it is running.
    pub fn is_running(&self) -> bool {
        !self.failed && self.deal_id.is_none() && self.lead_id.is_none()
    }

    /// Converts the record.
    pub fn finish(mut self, store: &mut Store, now: DateTime<Utc>) {
        match self.source {
            ConversionSource::Lead(lead, stage) => self.deal_id = lead_to_deal(store, lead, stage, now),
            ConversionSource::Deal(deal) => self.lead_id = deal_to_lead(store, deal, now),
        }
        self.failed = self.deal_id.is_none() && self.lead_id.is_none();
        store.conversions.put(self);
    }
}

/// Creates the deal, moves the lead's notes and activities, and removes the lead.
fn lead_to_deal(store: &mut Store, id: Uuid, stage_id: u64, now: DateTime<Utc>) -> Option<u64> {
    let pipeline_id = store.stages.get(stage_id)?.pipeline_id;
    let mut lead = store.leads.remove(id)?;
    let seconds = now.trunc_subsecs(0);
    let mut deal = Deal::blank(store, seconds);
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
        custom_fields: custom_fields::take_flat(&store.setup.deal_fields, &mut lead.custom),
        ..deal
    };
    let deal_id = deal.id;
    store.deals.put(deal);
    relink(store, Link { deal: None, lead: Some(id) }, Link { deal: Some(deal_id), lead: None }, seconds);
    Some(deal_id)
}

/// Creates the lead, moves the deal's notes and activities, and deletes the deal.
fn deal_to_lead(store: &mut Store, id: u64, now: DateTime<Utc>) -> Option<Uuid> {
    let mut deal = store.deals.get(id).filter(|deal| !deal.is_deleted)?.clone();
    let is_worthless = deal.value == Number::from(0);
    let lead = Lead {
        title: deal.title.clone(),
        owner_id: deal.owner_id,
        person_id: deal.person_id,
        organization_id: deal.org_id,
        value: (!is_worthless).then(|| Money { amount: deal.value.clone(), currency: deal.currency.to_string() }),
        expected_close_date: deal.expected_close_date,
        source_name: "Deal".to_owned(),
        source_deal_id: Some(id),
        custom: custom_fields::to_flat(&store.setup.deal_fields, &deal.custom_fields),
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

/// The deal or lead of a note or an activity.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Link {
    deal: Option<u64>,
    lead: Option<Uuid>,
}

fn relink(store: &mut Store, from: Link, to: Link, now: DateTime<Utc>) {
    let is_linked = |deal, lead| from == Link { deal, lead };
    let notes: Vec<_> = store.notes.iter().filter(|note| is_linked(note.deal_id, note.lead_id)).cloned().collect();
    for mut note in notes {
        (note.deal_id, note.lead_id) = (to.deal, to.lead);
        note.touch(now);
        store.notes.put(note);
    }
    let linked = store.activities.iter().filter(|activity| is_linked(activity.deal_id, activity.lead_id));
    for mut activity in linked.cloned().collect::<Vec<_>>() {
        (activity.deal_id, activity.lead_id) = (to.deal, to.lead);
        activity.touch(now);
        store.activities.put(activity);
    }
}
