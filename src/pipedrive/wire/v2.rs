//! What API v2 sends: deals, people, organizations, activities, pipelines, stages, fields, conversions.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::Object;
use super::loose::{loose, loose_list, structured};
use crate::domain::{
    Activity, ActivityId, ContactPoint, Currency, Deal, DealId, DealStatus, Due, Label, LabelColor, LabelId, LeadId,
    Money, OrgId, Organization, Person, PersonId, Pipeline, PipelineId, Probability, Stage, StageId, UserId,
};

/// The `additional_data` of a list.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct PageV2 {
    #[serde(default, deserialize_with = "loose")]
    pub(in super::super) next_cursor: Option<String>,
}

/// A deal (`GET /api/v2/deals`).
#[derive(Deserialize)]
pub(in super::super) struct DealObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    title: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    owner_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    person_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    org_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    pipeline_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    stage_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    value: Option<Decimal>,
    #[serde(default, deserialize_with = "loose")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    lost_reason: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    probability: Option<Decimal>,
    #[serde(default, deserialize_with = "loose")]
    expected_close_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "loose_list")]
    label_ids: Vec<u64>,
    #[serde(default, deserialize_with = "loose")]
    add_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    update_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    stage_change_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    close_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    won_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    lost_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    is_deleted: Option<bool>,
    #[serde(default, deserialize_with = "loose")]
    is_archived: Option<bool>,
    /// The lead that it was converted from; only where it was asked for.
    #[serde(default, deserialize_with = "loose")]
    source_lead_id: Option<Uuid>,
}

impl DealObject {
    pub(in super::super) fn source_lead(&self) -> Option<LeadId> {
        self.source_lead_id.map(LeadId)
    }
}

impl Object for DealObject {
    type Domain = Deal;

    fn into_domain(self) -> Option<Deal> {
        let status = match self.status.as_deref() {
            _ if self.is_deleted == Some(true) => DealStatus::Other,
            Some("open") => DealStatus::Open,
            Some("won") => DealStatus::Won,
            Some("lost") => DealStatus::Lost,
            _ => DealStatus::Other,
        };
        Some(Deal {
            id: DealId(self.id?),
            title: self.title.unwrap_or_default(),
            owner: self.owner_id.map(UserId),
            person: self.person_id.map(PersonId),
            org: self.org_id.map(OrgId),
            pipeline: PipelineId(self.pipeline_id?),
            stage: StageId(self.stage_id?),
            value: money(self.value, self.currency.as_deref()),
            status,
            lost_reason: self.lost_reason,
            probability: self.probability.and_then(percent),
            expected_close: self.expected_close_date,
            labels: self.label_ids.into_iter().map(LabelId).collect(),
            added: self.add_time,
            updated: self.update_time,
            stage_changed: self.stage_change_time,
            closed: self.close_time.or(self.won_time).or(self.lost_time),
            archived: self.is_archived == Some(true),
        })
    }
}

/// A person (`GET /api/v2/persons`).
#[derive(Deserialize)]
pub(in super::super) struct PersonObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    owner_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    org_id: Option<u64>,
    #[serde(default, deserialize_with = "structured")]
    phones: Option<Vec<PointObject>>,
    #[serde(default, deserialize_with = "structured")]
    emails: Option<Vec<PointObject>>,
    #[serde(default, deserialize_with = "loose")]
    is_deleted: Option<bool>,
}

#[derive(Deserialize)]
struct PointObject {
    #[serde(default, deserialize_with = "loose")]
    value: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    label: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    primary: Option<bool>,
}

fn points(objects: Option<Vec<PointObject>>) -> Vec<ContactPoint> {
    let point = |object: PointObject| {
        Some(ContactPoint {
            value: object.value.filter(|value| !value.is_empty())?,
            label: object.label.unwrap_or_default(),
            primary: object.primary == Some(true),
        })
    };
    objects.unwrap_or_default().into_iter().filter_map(point).collect()
}

impl Object for PersonObject {
    type Domain = Person;

    fn is_deleted(&self) -> bool {
        self.is_deleted == Some(true)
    }

    fn into_domain(self) -> Option<Person> {
        Some(Person {
            id: PersonId(self.id?),
            name: self.name.unwrap_or_default(),
            owner: self.owner_id.map(UserId),
            org: self.org_id.map(OrgId),
            phones: points(self.phones),
            emails: points(self.emails),
        })
    }
}

/// An organization (`GET /api/v2/organizations`).
#[derive(Deserialize)]
pub(in super::super) struct OrgObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    owner_id: Option<u64>,
    #[serde(default, deserialize_with = "structured")]
    address: Option<AddressObject>,
    #[serde(default, deserialize_with = "loose")]
    is_deleted: Option<bool>,
}

/// An object as documented, or a text as in search results.
#[derive(Deserialize)]
#[serde(untagged)]
enum AddressObject {
    Object {
        #[serde(default, deserialize_with = "loose")]
        value: Option<String>,
    },
    Text(String),
}

impl Object for OrgObject {
    type Domain = Organization;

    fn is_deleted(&self) -> bool {
        self.is_deleted == Some(true)
    }

    fn into_domain(self) -> Option<Organization> {
        let address = match self.address {
            Some(AddressObject::Object { value }) => value,
            Some(AddressObject::Text(text)) => Some(text),
            None => None,
        };
        Some(Organization {
            id: OrgId(self.id?),
            name: self.name.unwrap_or_default(),
            owner: self.owner_id.map(UserId),
            address: address.filter(|text| !text.is_empty()),
        })
    }
}

/// An activity (`GET /api/v2/activities`).
#[derive(Deserialize)]
pub(in super::super) struct ActivityObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    subject: Option<String>,
    #[serde(default, deserialize_with = "loose", rename = "type")]
    kind: Option<CompactString>,
    #[serde(default, deserialize_with = "loose")]
    owner_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    deal_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    lead_id: Option<Uuid>,
    #[serde(default, deserialize_with = "loose")]
    person_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    org_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    due_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "loose")]
    due_time: Option<NaiveTime>,
    #[serde(default, deserialize_with = "loose")]
    done: Option<bool>,
    #[serde(default, deserialize_with = "loose")]
    marked_as_done_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    note: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    update_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose")]
    is_deleted: Option<bool>,
}

impl Object for ActivityObject {
    type Domain = Activity;

    fn is_deleted(&self) -> bool {
        self.is_deleted == Some(true)
    }

    fn into_domain(self) -> Option<Activity> {
        Some(Activity {
            id: ActivityId(self.id?),
            subject: self.subject.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            owner: self.owner_id.map(UserId),
            deal: self.deal_id.map(DealId),
            lead: self.lead_id.map(LeadId),
            person: self.person_id.map(PersonId),
            org: self.org_id.map(OrgId),
            due: self.due_date.map(|date| Due { date, time: self.due_time }),
            done: self.done == Some(true),
            done_at: self.marked_as_done_time,
            note: self.note.filter(|note| !note.is_empty()),
            updated: self.update_time,
        })
    }
}

/// A pipeline (`GET /api/v2/pipelines`).
#[derive(Deserialize)]
pub(in super::super) struct PipelineObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    order_nr: Option<i64>,
    #[serde(default, deserialize_with = "loose")]
    is_deal_probability_enabled: Option<bool>,
    #[serde(default, deserialize_with = "loose")]
    is_deleted: Option<bool>,
}

impl Object for PipelineObject {
    type Domain = Pipeline;

    fn is_deleted(&self) -> bool {
        self.is_deleted == Some(true)
    }

    fn into_domain(self) -> Option<Pipeline> {
        Some(Pipeline {
            id: PipelineId(self.id?),
            name: self.name.unwrap_or_default(),
            order: self.order_nr.unwrap_or(i64::MAX),
            has_probability: self.is_deal_probability_enabled == Some(true),
        })
    }
}

/// A stage (`GET /api/v2/stages`).
#[derive(Deserialize)]
pub(in super::super) struct StageObject {
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pipeline_id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    order_nr: Option<i64>,
    #[serde(default, deserialize_with = "loose")]
    deal_probability: Option<Decimal>,
    #[serde(default, deserialize_with = "loose")]
    is_deal_rot_enabled: Option<bool>,
    #[serde(default, deserialize_with = "loose")]
    days_to_rotten: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    is_deleted: Option<bool>,
}

impl Object for StageObject {
    type Domain = Stage;

    fn is_deleted(&self) -> bool {
        self.is_deleted == Some(true)
    }

    fn into_domain(self) -> Option<Stage> {
        let rots = self.is_deal_rot_enabled == Some(true);
        Some(Stage {
            id: StageId(self.id?),
            name: self.name.unwrap_or_default(),
            pipeline: PipelineId(self.pipeline_id?),
            order: self.order_nr.unwrap_or(i64::MAX),
            // What Pipedrive itself takes where nothing is set.
            probability: self.deal_probability.and_then(percent).unwrap_or(Probability::CERTAIN),
            rots_after_days: self.days_to_rotten.filter(|_| rots).and_then(|days| days.try_into().ok()),
        })
    }
}

/// A field of an object (`GET /api/v2/dealFields`), as far as labels are concerned.
#[derive(Deserialize)]
pub(in super::super) struct FieldObject {
    #[serde(default, deserialize_with = "loose")]
    field_code: Option<String>,
    #[serde(default, deserialize_with = "structured")]
    options: Option<Vec<OptionObject>>,
}

#[derive(Deserialize)]
struct OptionObject {
    /// A number for custom fields, a text for built-in ones.
    #[serde(default, deserialize_with = "loose")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "loose")]
    label: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    color: Option<String>,
}

impl Object for FieldObject {
    /// The labels, where the field is the label field. Its code is not documented: `label` in API v1, and
    /// `label_ids` is what objects call it in v2.
    type Domain = Vec<Label>;

    fn into_domain(self) -> Option<Vec<Label>> {
        if !matches!(self.field_code.as_deref(), Some("label" | "label_ids" | "labels")) {
            return None;
        }
        let label = |option: OptionObject| {
            Some(Label {
                id: LabelId(option.id?),
                name: option.label.unwrap_or_default(),
                color: LabelColor::from_name(option.color.as_deref().unwrap_or_default()),
            })
        };
        Some(self.options.unwrap_or_default().into_iter().filter_map(label).collect())
    }
}

/// How the conversion of a lead fares (`POST …/convert/deal`, `GET …/convert/status/{id}`).
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct ConversionObject {
    #[serde(default, deserialize_with = "loose")]
    pub(in super::super) conversion_id: Option<Uuid>,
    #[serde(default, deserialize_with = "loose")]
    pub(in super::super) status: Option<String>,
    #[serde(default, deserialize_with = "loose")]
    pub(in super::super) deal_id: Option<u64>,
}

/// Money of an amount that may be missing.
pub(super) fn money(amount: Option<Decimal>, currency: Option<&str>) -> Money {
    Money { amount: amount.unwrap_or_default(), currency: Currency::new(currency.unwrap_or_default()) }
}

fn percent(value: Decimal) -> Option<Probability> {
    i64::try_from(value.round()).ok().and_then(Probability::new)
}
