//! What the client sends to make, change and delete each kind of item, and what that costs.

use dealdeck::domain::*;
use dealdeck::pipedrive::{Api, ApiError, HttpResponse, Lane, Request, Token, Transport, TransportError, connect_over};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulated::{Canned, answer, kept};

/// Answers with an object that has only an id, and notes what was asked.
pub struct Echo(Canned);

impl Transport for &'static Echo {
    async fn send(&self, request: &Request) -> Result<HttpResponse, TransportError> {
        self.0.send(request).await?;
        let id = if request.path.starts_with("/leads") { json!(Uuid::from_u128(7)) } else { json!(7) };
        let data = json!({"success": true, "data": {"id": id, "pipeline_id": 1, "stage_id": 1}});
        Ok(answer(200, &data.to_string()))
    }

    fn renew(&self, _: &Token) {}
}

impl Echo {
    /// The last request: method and path, body, cost.
    pub fn last(&self) -> (String, Value, u32) {
        let last = self.0.asked.lock().unwrap().pop().unwrap();
        let body = last.body.as_deref().map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
        (last.to_string(), body, last.cost)
    }
}

pub fn echo() -> (Api, &'static Echo) {
    let echo: &'static Echo = kept(Echo(Canned::default()));
    (connect_over(echo).0, echo)
}

fn point(value: &str, primary: bool) -> ContactPoint {
    ContactPoint { value: value.into(), label: "work".into(), primary }
}

#[tokio::test]
async fn people_and_organizations_are_written_as_version_2_has_them() {
    let (api, server) = echo();
    let new = NewPerson {
        name: "Ann".into(),
        owner: Some(UserId(2)),
        phones: vec![point("+372 1", true)],
        labels: vec![LabelId(4)],
        ..NewPerson::default()
    };
    api.create_person(&new, Some(OrgId(3))).await.unwrap();
    let phones = json!([{"value": "+372 1", "primary": true, "label": "work"}]);
    let body = json!({"name": "Ann", "owner_id": 2, "org_id": 3, "phones": phones, "label_ids": [4]});
    assert_eq!(server.last(), ("POST /api/v2/persons".into(), body, 5));
    let patch =
        PersonPatch { org: Some(None), emails: Some(Vec::new()), labels: Some(Vec::new()), ..PersonPatch::default() };
    api.update_person(PersonId(7), &patch).await.unwrap();
    assert_eq!(
        server.last(),
        ("PATCH /api/v2/persons/7".into(), json!({"org_id": null, "emails": [], "label_ids": []}), 5)
    );

    let new = NewOrg { name: "Org".into(), address: Some("Pikk 1".into()), ..NewOrg::default() };
    api.create_org(&new).await.unwrap();
    let body = json!({"name": "Org", "address": {"value": "Pikk 1"}});
    assert_eq!(server.last(), ("POST /api/v2/organizations".into(), body, 5));
    let patch =
        OrgPatch { owner: Some(UserId(2)), address: Some(None), labels: Some(vec![LabelId(4)]), ..OrgPatch::default() };
    api.update_org(OrgId(7), &patch).await.unwrap();
    let body = json!({"owner_id": 2, "address": null, "label_ids": [4]});
    assert_eq!(server.last(), ("PATCH /api/v2/organizations/7".into(), body, 5));
}

#[tokio::test]
async fn an_activitys_person_is_written_as_its_first_participant() {
    let (api, server) = echo();
    let due = Due { date: "2026-12-01".parse().unwrap(), time: chrono::NaiveTime::from_hms_opt(7, 5, 0) };
    let new = NewActivity {
        subject: "Call".into(),
        kind: "call".into(),
        deal: Some(DealId(1)),
        person: Some(PersonId(2)),
        due: Some(due),
        minutes: Some(1_505),
        location: Some("Pikk 1".into()),
        note: Some("N".into()),
        done: true,
        participants: vec![PersonId(5)],
        busy: true,
        ..NewActivity::default()
    };
    api.create_activity(&new).await.unwrap();
    let people = json!([{"person_id": 2, "primary": true}, {"person_id": 5, "primary": false}]);
    let body = json!({
        "subject": "Call", "type": "call", "deal_id": 1, "participants": people, "done": true,
        "due_date": "2026-12-01", "due_time": "07:05:00", "duration": "25:05:00", "location": {"value": "Pikk 1"},
        "note": "N", "busy": true,
    });
    assert_eq!(server.last(), ("POST /api/v2/activities".into(), body, 5));

    let now = Activity {
        person: Some(PersonId(2)),
        participants: vec![PersonId(2), PersonId(4)],
        due: Some(due),
        ..Activity::blank(ActivityId(7))
    };
    let day = Some(Some(Due { time: None, ..due }));
    for (patch, body) in [
        (
            ActivityPatch { person: Some(Some(PersonId(3))), ..ActivityPatch::default() },
            json!({"participants": [{"person_id": 3, "primary": true}, {"person_id": 4, "primary": false}]}),
        ),
        (
            ActivityPatch { person: Some(None), ..ActivityPatch::default() },
            json!({"participants": [{"person_id": 4, "primary": false}]}),
        ),
        (
            ActivityPatch { participants: Some(vec![PersonId(5)]), busy: Some(false), ..ActivityPatch::default() },
            json!({"participants": [{"person_id": 2, "primary": true}, {"person_id": 5, "primary": false}], "busy": false}),
        ),
        (ActivityPatch { due: day, ..ActivityPatch::default() }, json!({"due_date": "2026-12-01", "due_time": null})),
        (
            ActivityPatch { note: Some(None), lead: Some(None), ..ActivityPatch::default() },
            json!({"note": "", "lead_id": null}),
        ),
    ] {
        api.update_activity(ActivityId(7), &patch, Some(&now)).await.unwrap();
        assert_eq!(server.last(), ("PATCH /api/v2/activities/7".into(), body, 5));
    }
    // Where there is no time to take away, no null is sent.
    let whole_day = Activity { due: day.flatten(), ..now };
    let patch = ActivityPatch { due: day, ..ActivityPatch::default() };
    api.update_activity(ActivityId(7), &patch, Some(&whole_day)).await.unwrap();
    assert_eq!(server.last().1, json!({"due_date": "2026-12-01"}));
}

#[tokio::test]
async fn links_are_called_by_the_name_that_each_version_has_for_them() {
    let (api, server) = echo();
    let patch = DealPatch {
        person: Some(Some(PersonId(1))),
        org: Some(None),
        owner: Some(UserId(2)),
        labels: Some(vec![LabelId(4), LabelId(5)]),
        ..DealPatch::default()
    };
    api.update_deal(DealId(7), &patch).await.unwrap();
    let body = json!({"person_id": 1, "org_id": null, "owner_id": 2, "label_ids": [4, 5]});
    assert_eq!(server.last(), ("PATCH /api/v2/deals/7".into(), body, 5));
    let label = LeadLabelId(Uuid::from_u128(9));
    let patch = LeadPatch {
        person: Some(None),
        org: Some(Some(OrgId(1))),
        owner: Some(UserId(2)),
        labels: Some(vec![label]),
        ..LeadPatch::default()
    };
    let id = LeadId(Uuid::from_u128(7));
    api.update_lead(id, &patch).await.unwrap();
    let body = json!({"person_id": null, "organization_id": 1, "owner_id": 2, "label_ids": [label.to_string()]});
    assert_eq!(server.last(), (format!("PATCH /api/v1/leads/{id}"), body, 10));
}

#[tokio::test]
async fn each_kind_is_deleted_by_its_version_and_what_is_gone_is_as_good() {
    let (api, server) = echo();
    let lead = LeadId(Uuid::from_u128(7));
    for (item, path, cost) in [
        (ItemRef::Deal(DealId(7)), "/api/v2/deals/7".to_owned(), 3),
        (ItemRef::Person(PersonId(7)), "/api/v2/persons/7".to_owned(), 3),
        (ItemRef::Org(OrgId(7)), "/api/v2/organizations/7".to_owned(), 3),
        (ItemRef::Activity(ActivityId(7)), "/api/v2/activities/7".to_owned(), 3),
        (ItemRef::Lead(lead), format!("/api/v1/leads/{lead}"), 6),
    ] {
        api.delete(item).await.unwrap();
        assert_eq!(server.last(), (format!("DELETE {path}"), Value::Null, cost));
        // Answered with status 404.
        assert_eq!(connect_over(Canned::default()).0.delete(item).await, Ok(()));
    }
    let refusal = r#"{"success":false,"error":"You do not have permissions to do this"}"#;
    let api = connect_over(Canned::new(&[("/api/v2/deals/7", refusal)])).0;
    let refused = api.delete(ItemRef::Deal(DealId(7))).await;
    assert!(matches!(refused, Err(ApiError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn fields_for_details_are_read_and_odd_ones_count_as_not_set() {
    let person = r#"{"success":true,"data":{"id":1,"name":"A","label_ids":[3,"4",null],"job_title":"CTO",
        "add_time":"2026-11-01T08:00:00Z","update_time":"never"}}"#;
    let org = r#"{"success":true,"data":{"id":1,"website":"https://example.com","linkedin":"","employee_count":"12","label_ids":{},
        "update_time":"2026-11-20T08:00:00Z"}}"#;
    let activity = |duration: &str, location: &str| {
        format!(
            r#"{{"success":true,"data":{{"id":1,"duration":{duration},"location":{location},"busy":1,
            "participants":[{{"person_id":5}},{{"person_id":null}},7],"add_time":"2026-11-01T08:00:00Z"}}}}"#
        )
    };
    let api = |path: &str, body: &str| connect_over(Canned::new(&[(path, body)])).0;
    let person = api("/api/v2/persons/1", person).person(Lane::Screen, PersonId(1)).await.unwrap();
    assert_eq!((person.labels, person.job_title.as_deref()), (vec![LabelId(3), LabelId(4)], Some("CTO")));
    assert!(person.added.is_some() && person.updated.is_none());
    let org = api("/api/v2/organizations/1", org).org(Lane::Screen, OrgId(1)).await.unwrap();
    assert_eq!((org.website.as_deref(), org.linkedin, org.employees), (Some("https://example.com"), None, Some(12)));
    for (duration, location, minutes, place) in [
        (r#""01:30:00""#, r#"{"value":"Pikk 1","country":null}"#, Some(90), Some("Pikk 1")),
        (r#""26:00""#, r#""Pikk 2""#, Some(1_560), Some("Pikk 2")),
        (r#""00:00:00""#, "null", None, None),
        (r#""99999999999:00""#, "[]", None, None),
        ("{}", r#"{"value":""}"#, None, None),
    ] {
        let read = api("/api/v2/activities/1", &activity(duration, location));
        let read = read.activity(Lane::Screen, ActivityId(1)).await.unwrap();
        assert_eq!((read.minutes, read.location.as_deref()), (minutes, place), "{duration} {location}");
        assert!(read.busy && read.participants == [PersonId(5)]);
    }
}
