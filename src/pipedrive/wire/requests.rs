//! Request bodies. A body has only the fields that change; null clears a field.

#![expect(clippy::option_option, reason = "left out, null and a value are three things in JSON")]

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

use super::custom::{CustomBody, FlatBody};
use super::exact::Exact;
use crate::domain::{
    Activity, ActivityPatch, DealId, DealPatch, ItemRef, LabelId, LeadId, LeadLabelId, LeadPatch, Money, NewActivity,
    NewDeal, NewLead, NotePatch, OrgId, PersonId, PipelineStage, StatusChange, UserId,
};

#[derive(Default, Serialize)]
struct DealBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Option<PersonId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<Option<OrgId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_ids: Option<&'a [LabelId]>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_fields: Option<CustomBody<'a>>,
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
    owner_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<Option<PersonId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Option<OrgId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_ids: Option<&'a [LeadLabelId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Option<ValueBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_close_date: Option<Option<NaiveDate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_seen: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_archived: Option<bool>,
    #[serde(flatten)]
    custom: FlatBody<'a>,
}

#[derive(Default, Serialize)]
struct ActivityBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deal_id: Option<Option<DealId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_id: Option<Option<LeadId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<Option<OrgId>>,
    /// Whom it is with: the person alone cannot be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<ParticipantBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Option<NaiveDate>>,
    /// The published schema takes no null here, so one is sent only to take a time away.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_time: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Option<AddressBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    busy: Option<bool>,
}

#[derive(Serialize)]
struct ParticipantBody {
    person_id: PersonId,
    primary: bool,
}

/// The text of an address; Pipedrive finds its parts.
#[derive(Serialize)]
pub(super) struct AddressBody<'a> {
    value: &'a str,
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
        stage_id: patch.stage.map(|place| place.stage.0),
        value: patch.value.as_ref().map(|value| Exact(value.amount)),
        currency: patch.value.as_ref().map(|value| value.currency.code()),
        status,
        lost_reason,
        probability: patch.probability.map(|own| own.map(crate::domain::Probability::percent)),
        expected_close_date: patch.expected_close,
        owner_id: patch.owner,
        person_id: patch.person,
        org_id: patch.org,
        label_ids: patch.labels.as_deref(),
        custom_fields: CustomBody::of_patch(&patch.custom),
    })
}

/// For `POST /api/v2/deals`.
pub(in super::super) fn new_deal(new: &NewDeal, person: Option<PersonId>, org: Option<OrgId>) -> String {
    json(&DealBody {
        title: Some(&new.title),
        person_id: person.map(Some),
        org_id: org.map(Some),
        stage_id: Some(new.stage.stage.0),
        value: Some(Exact(new.value.amount)),
        currency: Some(new.value.currency.code()),
        probability: new.probability.map(|own| Some(own.percent())),
        expected_close_date: new.expected_close.map(Some),
        owner_id: new.owner,
        label_ids: some(&new.labels),
        custom_fields: CustomBody::of_new(&new.custom),
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
        owner_id: patch.owner,
        person_id: patch.person,
        organization_id: patch.org,
        label_ids: patch.labels.as_deref(),
        custom: FlatBody(CustomBody::of_patch(&patch.custom)),
    })
}

/// For `POST /api/v1/leads`.
pub(in super::super) fn new_lead(new: &NewLead, person: Option<PersonId>, org: Option<OrgId>) -> String {
    json(&LeadBody {
        title: Some(&new.title),
        person_id: person.map(Some),
        organization_id: org.map(Some),
        value: new.value.as_ref().map(|value| Some(value_body(value))),
        expected_close_date: new.expected_close.map(Some),
        was_seen: Some(true),
        owner_id: new.owner,
        label_ids: some(&new.labels),
        custom: FlatBody(CustomBody::of_new(&new.custom)),
        ..LeadBody::default()
    })
}

/// For `PATCH /api/v2/activities/{id}`, which is `now` so.
pub(in super::super) fn activity_patch(patch: &ActivityPatch, now: Option<&Activity>) -> String {
    let had_time = now.and_then(|now| now.due).is_some_and(|due| due.time.is_some());
    let due_time = match patch.due {
        Some(Some(due)) => due.time.map(|time| Some(clock(time))).or(had_time.then_some(None)),
        Some(None) => had_time.then_some(None),
        None => None,
    };
    let participants = (patch.person.is_some() || patch.participants.is_some()).then(|| {
        let mut after = now.cloned().unwrap_or_else(|| Activity::blank(crate::domain::ActivityId(0)));
        if let Some(person) = patch.person {
            after.set_person(person);
        }
        if let Some(others) = &patch.participants {
            after.set_others(others);
        }
        participants(&after)
    });
    json(&ActivityBody {
        subject: patch.subject.as_deref(),
        kind: patch.kind.as_deref(),
        owner_id: patch.owner,
        deal_id: patch.deal,
        lead_id: patch.lead,
        org_id: patch.org,
        participants,
        done: patch.done,
        due_date: patch.due.map(|due| due.map(|due| due.date)),
        due_time,
        duration: patch.minutes.map(|minutes| minutes.map(duration)),
        location: patch.location.as_ref().map(|place| place.as_deref().map(address)),
        // The published schema takes no null here; a note without text is none.
        note: patch.note.as_ref().map(|note| note.as_deref().unwrap_or_default()),
        busy: patch.busy,
    })
}

/// For `POST /api/v2/activities`.
pub(in super::super) fn new_activity(new: &NewActivity) -> String {
    let mut with = Activity { person: new.person, ..Activity::blank(crate::domain::ActivityId(0)) };
    with.set_others(&new.participants);
    json(&ActivityBody {
        subject: Some(&new.subject),
        kind: Some(&new.kind),
        owner_id: new.owner,
        deal_id: new.deal.map(Some),
        lead_id: new.lead.map(Some),
        org_id: new.org.map(Some),
        participants: Some(participants(&with)).filter(|all| !all.is_empty()),
        done: new.done.then_some(true),
        due_date: new.due.map(|due| Some(due.date)),
        due_time: new.due.and_then(|due| due.time).map(|time| Some(clock(time))),
        duration: new.minutes.map(|minutes| Some(duration(minutes))),
        location: new.location.as_deref().map(|place| Some(address(place))),
        note: new.note.as_deref(),
        busy: new.busy.then_some(true),
    })
}

fn participants(of: &Activity) -> Vec<ParticipantBody> {
    of.participants.iter().map(|id| ParticipantBody { person_id: *id, primary: of.person == Some(*id) }).collect()
}

/// A list that is left out where it is empty.
pub(super) fn some<T>(list: &[T]) -> Option<&[T]> {
    Some(list).filter(|list| !list.is_empty())
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M:%S").to_string()
}

/// Hours and minutes as Pipedrive writes how long something takes.
fn duration(minutes: u32) -> String {
    format!("{:02}:{:02}:00", minutes / 60, minutes % 60)
}

pub(super) fn address(text: &str) -> AddressBody<'_> {
    AddressBody { value: text }
}

/// For `POST /api/v2/leads/{id}/convert/deal`. The stage alone: with a pipeline too, that would be ignored.
pub(in super::super) fn conversion_target(to: PipelineStage) -> String {
    json(&ConversionBody { stage_id: to.stage.0 })
}

#[derive(Default, Serialize)]
struct NoteBody<'a> {
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deal_id: Option<DealId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_id: Option<LeadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<OrgId>,
}

/// For `POST /api/v1/notes`.
pub(in super::super) fn new_note(on: ItemRef, content: &str) -> String {
    let mut body = NoteBody { content: Some(content), ..NoteBody::default() };
    match on {
        ItemRef::Deal(id) => body.deal_id = Some(id),
        ItemRef::Lead(id) => body.lead_id = Some(id),
        ItemRef::Person(id) => body.person_id = Some(id),
        ItemRef::Org(id) => body.org_id = Some(id),
        // Pipedrive has no notes on these, and says so.
        ItemRef::Activity(_) | ItemRef::Note(_) => {}
    }
    json(&body)
}

/// For `PUT /api/v1/notes/{id}`.
pub(in super::super) fn note_patch(patch: &NotePatch) -> String {
    json(&NoteBody { content: patch.content.as_deref(), ..NoteBody::default() })
}

fn value_body(value: &Money) -> ValueBody<'_> {
    ValueBody { amount: Exact(value.amount), currency: value.currency.code() }
}

/// Writes a body. Structs of texts, numbers and dates always can be written.
pub(super) fn json(body: &impl Serialize) -> String {
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
