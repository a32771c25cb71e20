//! What dealdeck sends. Only what changes is in a body; null clears.

#![expect(clippy::option_option, reason = "left out, null and a value are three things in JSON")]

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::domain::{
    ActivityPatch, DealPatch, Due, LeadPatch, Money, NewDeal, NewLead, OrgId, PersonId, Place, StatusChange,
};

/// A decimal as a JSON number with all its digits: a float would lose some of a large amount.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Exact(Decimal);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let digits = RawValue::from_string(self.0.normalize().to_string()).map_err(serde::ser::Error::custom)?;
        digits.serialize(to)
    }
}

#[derive(Default, Serialize)]
struct DealBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<OrgId>,
    /// The stage alone: it says which pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Exact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<Option<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_close_date: Option<Option<NaiveDate>>,
}

#[derive(Serialize)]
struct ValueBody<'a> {
    amount: Exact,
    currency: &'a str,
}

#[derive(Default, Serialize)]
struct LeadBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrgId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Option<ValueBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_close_date: Option<Option<NaiveDate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_seen: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_archived: Option<bool>,
}

#[derive(Default, Serialize)]
struct ActivityBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Option<NaiveDate>>,
    // The published schema takes no null here, and no edit takes an activity's time away.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_time: Option<String>,
}

#[derive(Serialize)]
struct PersonBody<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<OrgId>,
}

#[derive(Serialize)]
struct OrgBody<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct ConversionBody {
    stage_id: u64,
}

/// For `PATCH /api/v2/deals/{id}`.
pub(in super::super) fn deal_patch(patch: &DealPatch) -> String {
    let (status, lost_reason) = match &patch.status {
        None => (None, None),
        Some(StatusChange::Reopen) => (Some("open"), None),
        Some(StatusChange::Win) => (Some("won"), None),
        Some(StatusChange::Lose { reason }) => (Some("lost"), reason.as_deref()),
    };
    json(&DealBody {
        title: patch.title.as_deref(),
        stage_id: patch.place.map(|place| place.stage.0),
        value: patch.value.as_ref().map(|value| Exact(value.amount)),
        currency: patch.value.as_ref().map(|value| value.currency.code()),
        status,
        lost_reason,
        probability: patch.probability.map(|own| own.map(crate::domain::Probability::percent)),
        expected_close_date: patch.expected_close,
        ..DealBody::default()
    })
}

/// For `POST /api/v2/deals`.
pub(in super::super) fn new_deal(new: &NewDeal, person: Option<PersonId>, org: Option<OrgId>) -> String {
    json(&DealBody {
        title: Some(&new.title),
        person_id: person,
        org_id: org,
        stage_id: Some(new.place.stage.0),
        value: Some(Exact(new.value.amount)),
        currency: Some(new.value.currency.code()),
        probability: new.probability.map(|own| Some(own.percent())),
        expected_close_date: new.expected_close.map(Some),
        ..DealBody::default()
    })
}

/// For `PATCH /api/v1/leads/{id}`.
pub(in super::super) fn lead_patch(patch: &LeadPatch) -> String {
    json(&LeadBody {
        title: patch.title.as_deref(),
        value: patch.value.as_ref().map(|value| value.as_ref().map(value_body)),
        expected_close_date: patch.expected_close,
        was_seen: patch.seen,
        is_archived: patch.archived,
        ..LeadBody::default()
    })
}

/// For `POST /api/v1/leads`.
pub(in super::super) fn new_lead(new: &NewLead, person: Option<PersonId>, org: Option<OrgId>) -> String {
    json(&LeadBody {
        title: Some(&new.title),
        person_id: person,
        organization_id: org,
        value: new.value.as_ref().map(|value| Some(value_body(value))),
        expected_close_date: new.expected_close.map(Some),
        was_seen: Some(true),
        ..LeadBody::default()
    })
}

/// For `PATCH /api/v2/activities/{id}`.
pub(in super::super) fn activity_patch(patch: &ActivityPatch) -> String {
    let time = |due: Due| due.time.map(|time| time.format("%H:%M:%S").to_string());
    json(&ActivityBody {
        done: patch.done,
        due_date: patch.due.map(|due| due.map(|due| due.date)),
        due_time: patch.due.flatten().and_then(time),
    })
}

/// For `POST /api/v2/persons`.
pub(in super::super) fn new_person(name: &str, org: Option<OrgId>) -> String {
    json(&PersonBody { name, org_id: org })
}

/// For `POST /api/v2/organizations`.
pub(in super::super) fn new_org(name: &str) -> String {
    json(&OrgBody { name })
}

/// For `POST /api/v2/leads/{id}/convert/deal`. The stage alone: with a pipeline too, that would be ignored.
pub(in super::super) fn conversion_target(to: Place) -> String {
    json(&ConversionBody { stage_id: to.stage.0 })
}

fn value_body(value: &Money) -> ValueBody<'_> {
    ValueBody { amount: Exact(value.amount), currency: value.currency.code() }
}

/// Writes a body. Structs of texts, numbers and dates always can be written.
fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn a_patch_says_only_what_changes_and_null_clears() {
        let patch = DealPatch { expected_close: Some(None), probability: Some(None), ..DealPatch::default() };
        assert_eq!(deal_patch(&patch), r#"{"probability":null,"expected_close_date":null}"#);
        let lost = DealPatch { status: Some(StatusChange::Lose { reason: None }), ..DealPatch::default() };
        assert_eq!(deal_patch(&lost), r#"{"status":"lost"}"#);
        assert_eq!(lead_patch(&LeadPatch { value: Some(None), ..LeadPatch::default() }), r#"{"value":null}"#);
    }

    #[test]
    fn money_is_sent_with_all_its_digits() {
        let amount = "999999999999999.99".parse().unwrap();
        let value = Some(Money { amount, currency: Currency::new("eur") });
        let body = deal_patch(&DealPatch { value, ..DealPatch::default() });
        assert_eq!(body, r#"{"value":999999999999999.99,"currency":"EUR"}"#);
    }
}
