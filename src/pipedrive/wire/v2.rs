//! Responses of API v2: deals, activities, pipelines, stages, conversions.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::contacts::{AddressObject, one_line};
use super::custom::CustomObject;
use super::lenient::{Loose, LooseList, Structured};
use super::{Key, Object};
use crate::domain::{
    Activity, ActivityId, Currency, Deal, DealId, DealStatus, Due, LabelId, LeadId, Money, OrgId, PersonId, Pipeline,
    PipelineId, Probability, Stage, StageId, UserId,
};

/// A deal (`GET /api/v2/deals`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct DealObject {
    id: Loose<u64>,
    title: Loose<String>,
    owner_id: Loose<u64>,
    person_id: Loose<u64>,
    org_id: Loose<u64>,
    pipeline_id: Loose<u64>,
    stage_id: Loose<u64>,
    value: Loose<Decimal>,
    currency: Loose<String>,
    status: Loose<String>,
    lost_reason: Loose<String>,
    probability: Loose<Decimal>,
    expected_close_date: Loose<NaiveDate>,
    label_ids: LooseList<u64>,
    add_time: Loose<DateTime<Utc>>,
    update_time: Loose<DateTime<Utc>>,
    stage_change_time: Loose<DateTime<Utc>>,
    close_time: Loose<DateTime<Utc>>,
    won_time: Loose<DateTime<Utc>>,
    lost_time: Loose<DateTime<Utc>>,
    is_deleted: Loose<bool>,
    is_archived: Loose<bool>,
    /// The lead that it was converted from; only where it was asked for.
    source_lead_id: Loose<Uuid>,
    creator_user_id: Loose<u64>,
    origin: Loose<CompactString>,
    custom_fields: CustomObject,
}

impl DealObject {
    pub(in super::super) fn source_lead(&self) -> Option<LeadId> {
        self.source_lead_id.0.map(LeadId)
    }

    /// The status. One that is missing, cannot be read or is new here must not take the deal off the board: then it is
    /// what the times say, which Pipedrive sets when a deal is won or lost.
    fn status(&self) -> DealStatus {
        match self.status.0.as_deref() {
            _ if self.is_deleted.0 == Some(true) => DealStatus::Other,
            Some("deleted") => DealStatus::Other,
            Some("open") => DealStatus::Open,
            Some("won") => DealStatus::Won,
            Some("lost") => DealStatus::Lost,
            unknown => {
                tracing::warn!(status = unknown.unwrap_or("none"), "a deal's status is not known here");
                match (self.lost_time.0, self.won_time.0) {
                    (Some(_), _) => DealStatus::Lost,
                    (None, Some(_)) => DealStatus::Won,
                    (None, None) => DealStatus::Open,
                }
            }
        }
    }
}

impl Object for DealObject {
    type Domain = Deal;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn into_domain(self) -> Option<Deal> {
        let status = self.status();
        Some(Deal {
            id: DealId(self.id.0?),
            title: self.title.0.unwrap_or_default(),
            owner: self.owner_id.0.map(UserId),
            person: self.person_id.0.map(PersonId),
            org: self.org_id.0.map(OrgId),
            // Without a place it is on no board, but not lost.
            pipeline: PipelineId(self.pipeline_id.0.unwrap_or_default()),
            stage: StageId(self.stage_id.0.unwrap_or_default()),
            value: money(self.value.0, self.currency.0.as_deref()),
            status,
            lost_reason: self.lost_reason.0,
            probability: self.probability.0.and_then(percent),
            expected_close: self.expected_close_date.0,
            labels: self.label_ids.0.into_iter().map(LabelId).collect(),
            added: self.add_time.0,
            updated: self.update_time.0,
            stage_changed: self.stage_change_time.0,
            closed: self.close_time.0.or(self.won_time.0).or(self.lost_time.0),
            archived: self.is_archived.0 == Some(true),
            creator: self.creator_user_id.0.map(UserId),
            origin: self.origin.0.unwrap_or_default(),
            custom: self.custom_fields.0,
        })
    }
}

/// An activity (`GET /api/v2/activities`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ActivityObject {
    id: Loose<u64>,
    subject: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<CompactString>,
    owner_id: Loose<u64>,
    deal_id: Loose<u64>,
    lead_id: Loose<Uuid>,
    person_id: Loose<u64>,
    org_id: Loose<u64>,
    due_date: Loose<NaiveDate>,
    due_time: Loose<NaiveTime>,
    done: Loose<bool>,
    marked_as_done_time: Loose<DateTime<Utc>>,
    note: Loose<String>,
    add_time: Loose<DateTime<Utc>>,
    update_time: Loose<DateTime<Utc>>,
    /// `HH:MM:SS`, or `HH:MM` as API v1 has it. No time of day: it may be a day or more.
    duration: Loose<String>,
    location: Structured<AddressObject>,
    participants: Structured<Vec<Structured<ParticipantObject>>>,
    busy: Loose<bool>,
    is_deleted: Loose<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ParticipantObject {
    person_id: Loose<u64>,
}

fn minutes(duration: &str) -> Option<u32> {
    let mut parts = duration.split(':');
    let hours: u32 = parts.next()?.trim().parse().ok()?;
    let minutes: u32 = parts.next()?.trim().parse().ok()?;
    hours.checked_mul(60)?.checked_add(minutes).filter(|minutes| *minutes > 0)
}

impl Object for ActivityObject {
    type Domain = Activity;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.is_deleted.0 == Some(true)
    }

    fn into_domain(self) -> Option<Activity> {
        Some(Activity {
            id: ActivityId(self.id.0?),
            subject: self.subject.0.unwrap_or_default(),
            kind: self.kind.0.unwrap_or_default(),
            owner: self.owner_id.0.map(UserId),
            deal: self.deal_id.0.map(DealId),
            lead: self.lead_id.0.map(LeadId),
            person: self.person_id.0.map(PersonId),
            org: self.org_id.0.map(OrgId),
            due: self.due_date.0.map(|date| Due { date, time: self.due_time.0 }),
            done: self.done.0 == Some(true),
            done_at: self.marked_as_done_time.0,
            note: self.note.0.filter(|note| !note.is_empty()),
            updated: self.update_time.0,
            added: self.add_time.0,
            minutes: self.duration.0.as_deref().and_then(minutes),
            location: one_line(self.location.0),
            participants: (self.participants.0.unwrap_or_default().into_iter())
                .filter_map(|participant| participant.0?.person_id.0.map(PersonId))
                .collect(),
            busy: self.busy.0 == Some(true),
        })
    }
}

/// A pipeline (`GET /api/v2/pipelines`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct PipelineObject {
    id: Loose<u64>,
    name: Loose<String>,
    order_nr: Loose<i64>,
    is_deal_probability_enabled: Loose<bool>,
    is_deleted: Loose<bool>,
}

impl Object for PipelineObject {
    type Domain = Pipeline;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.is_deleted.0 == Some(true)
    }

    fn into_domain(self) -> Option<Pipeline> {
        Some(Pipeline {
            id: PipelineId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            order: self.order_nr.0.unwrap_or(i64::MAX),
            has_probability: self.is_deal_probability_enabled.0 == Some(true),
        })
    }
}

/// A stage (`GET /api/v2/stages`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct StageObject {
    id: Loose<u64>,
    name: Loose<String>,
    pipeline_id: Loose<u64>,
    order_nr: Loose<i64>,
    deal_probability: Loose<Decimal>,
    is_deal_rot_enabled: Loose<bool>,
    days_to_rotten: Loose<u64>,
    is_deleted: Loose<bool>,
}

impl Object for StageObject {
    type Domain = Stage;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn is_deleted(&self) -> bool {
        self.is_deleted.0 == Some(true)
    }

    fn into_domain(self) -> Option<Stage> {
        let rots = self.is_deal_rot_enabled.0 == Some(true);
        Some(Stage {
            id: StageId(self.id.0?),
            name: self.name.0.unwrap_or_default(),
            pipeline: PipelineId(self.pipeline_id.0.unwrap_or_default()),
            order: self.order_nr.0.unwrap_or(i64::MAX),
            // What Pipedrive itself takes where nothing is set.
            probability: self.deal_probability.0.and_then(percent).unwrap_or(Probability::CERTAIN),
            rots_after_days: self.days_to_rotten.0.filter(|_| rots).and_then(|days| days.try_into().ok()),
        })
    }
}

/// The status of a conversion (`POST …/convert/deal` or `…/lead`, `GET …/convert/status/{id}`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ConversionObject {
    pub(in super::super) conversion_id: Loose<Uuid>,
    pub(in super::super) status: Loose<String>,
    pub(in super::super) deal_id: Loose<u64>,
    pub(in super::super) lead_id: Loose<Uuid>,
}

/// Money of an amount that may be missing.
pub(super) fn money(amount: Option<Decimal>, currency: Option<&str>) -> Money {
    Money { amount: amount.unwrap_or_default(), currency: Currency::new(currency.unwrap_or_default()) }
}

fn percent(value: Decimal) -> Option<Probability> {
    i64::try_from(value.round()).ok().and_then(Probability::new)
}
