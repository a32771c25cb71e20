//! What the client makes of answers, good and odd.

use chrono_tz::Tz;
use dealdeck::domain::*;
use dealdeck::pipedrive::{Api, ApiError, ConversionStatus, DealsQuery, Lane, connect_over};
use uuid::Uuid;

use crate::simulated::{Canned, kept};

const LEAD: &str = "7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10";

fn api(answers: &[(&str, &str)]) -> Api {
    connect_over(Canned::new(answers)).0
}

async fn deals(list: &str) -> Result<Vec<Deal>, ApiError> {
    let body = format!(r#"{{"success":true,"data":{list},"additional_data":{{"next_cursor":null}}}}"#);
    api(&[("/api/v2/deals", &body)]).deals(Lane::Screen, &DealsQuery::default()).all().await
}

#[tokio::test]
async fn a_deal_is_read_with_all_it_has() {
    let list = r#"[{"id":7,"title":"Crane hire","creator_user_id":2,"owner_id":3,"person_id":11,"org_id":12,
        "pipeline_id":1,"stage_id":4,"value":1234567.89,"currency":"CHF","status":"lost","lost_reason":"price",
        "probability":0,"expected_close_date":"2027-02-28","label_ids":[5,6],"add_time":"2026-11-01T08:00:00Z",
        "update_time":"2026-11-20T09:30:15.250Z","stage_change_time":"2026-11-19T00:00:00+02:00",
        "close_time":"2026-11-20T09:30:15Z","lost_time":"2026-11-20T09:30:15Z","won_time":null,"is_archived":false,
        "is_deleted":false,"visible_to":3,"custom_fields":{"0123":{"value":5,"currency":"EUR"}},"new":[{}]}]"#;
    let deal = deals(list).await.unwrap().remove(0);
    assert_eq!((deal.id, deal.title.as_str(), deal.owner), (DealId(7), "Crane hire", Some(UserId(3))));
    assert_eq!((deal.person, deal.org), (Some(PersonId(11)), Some(OrgId(12))));
    assert_eq!((deal.pipeline, deal.stage), (PipelineId(1), StageId(4)));
    assert_eq!(deal.value, Money { amount: "1234567.89".parse().unwrap(), currency: Currency::new("CHF") });
    assert_eq!((deal.status, deal.lost_reason.as_deref()), (DealStatus::Lost, Some("price")));
    assert_eq!(deal.probability, Probability::new(0), "zero is a probability like any other");
    assert_eq!(deal.expected_close.unwrap().to_string(), "2027-02-28");
    assert_eq!(deal.labels, [LabelId(5), LabelId(6)]);
    assert_eq!(deal.stage_changed.unwrap().to_rfc3339(), "2026-11-18T22:00:00+00:00");
    assert!(deal.closed.is_some() && deal.updated.is_some() && !deal.archived);
}

#[tokio::test]
async fn whatever_is_odd_counts_as_not_set_and_hides_nothing_else() {
    let odd = r#"[null,17,"x",{},{"id":null},{"id":-1},
        {"id":1,"pipeline_id":1,"stage_id":1},
        {"id":"2","pipeline_id":"1","stage_id":1.0,"title":42,"value":"12.50","probability":"30","status":"parked",
         "person_id":0.5,"org_id":{"value":3},"label_ids":null,"expected_close_date":"soon","update_time":"never"},
        {"id":3,"pipeline_id":1,"stage_id":1,"value":1e300,"probability":101,"label_ids":[1,"2",null,{}],"status":null},
        {"id":4,"pipeline_id":1,"stage_id":1,"value":-0.1,"currency":null,"title":["a"],"is_archived":1}]"#;
    let deals = deals(odd).await.unwrap();
    assert_eq!(deals.iter().map(|deal| deal.id.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let [bare, texts, huge, rest] = &deals[..] else { panic!() };
    assert_eq!((bare.title.as_str(), bare.value.amount, bare.status), ("", 0.into(), DealStatus::Open));
    assert_eq!((texts.title.as_str(), texts.value.amount.to_string()), ("42", "12.50".to_owned()));
    assert_eq!((texts.probability, texts.org, texts.expected_close), (Probability::new(30), None, None));
    assert_eq!((huge.probability, &huge.labels[..]), (None, &[LabelId(1), LabelId(2)][..]));
    assert!(huge.countable_value() <= Money::MAX);
    assert_eq!(rest.value.amount.to_string(), "-0.1");
    assert!(rest.archived);
}

#[tokio::test]
async fn leads_people_and_the_rest_are_read() {
    let lead = format!(
        r#"{{"success":true,"data":{{"id":"{LEAD}","title":"Roof","owner_id":1,"person_id":null,"organization_id":5,
        "label_ids":["{LEAD}","?"],"source_name":"Web form","was_seen":false,"value":{{"amount":99.5,"currency":"USD"}},
        "expected_close_date":null,"is_archived":false,"add_time":"2026-11-01T08:00:00.123Z","visible_to":"3"}}}}"#
    );
    let odd_lead = format!(r#"{{"success":true,"data":{{"id":"{LEAD}","value":"a lot","label_ids":"none"}}}}"#);
    let lead_path = format!("/api/v1/leads/{LEAD}");
    let id = LeadId(Uuid::parse_str(LEAD).unwrap());
    let read = api(&[(&lead_path, &lead)]).lead(Lane::Screen, id).await.unwrap();
    assert_eq!((read.person, read.org, read.source.as_str()), (None, Some(OrgId(5)), "Web form"));
    assert_eq!(read.value.unwrap().display(), "$99.50");
    assert_eq!((read.labels.len(), read.seen), (1, false));
    let odd = api(&[(&lead_path, &odd_lead)]).lead(Lane::Screen, id).await.unwrap();
    assert_eq!((odd.value, odd.labels.len(), odd.title.as_str()), (None, 0, ""));

    let api = api(&[
        (
            "/api/v2/persons",
            r#"{"success":true,"data":[{"id":1,"name":"A","phones":[{"value":"+1","label":"work","primary":true},{"value":""},7,null],
            "emails":"none"},{"id":2,"name":"B","is_deleted":true}]}"#,
        ),
        (
            "/api/v2/organizations",
            r#"{"success":true,"data":[{"id":1,"name":"X","address":{"value":"Rua 1"}},{"id":2,"address":"Rua 2"},{"id":3,"address":7}]}"#,
        ),
        (
            "/api/v1/users",
            r#"{"success":true,"data":[{"id":1,"name":"U","active_flag":false,"access":[{"app":"nova"}]}]}"#,
        ),
        (
            "/api/v1/users/me",
            r#"{"success":true,"data":{"id":1,"name":"U","default_currency":"sek","timezone_name":"Mars/Olympus","company_name":"C"}}"#,
        ),
        (
            "/api/v2/pipelines",
            r#"{"success":true,"data":[{"id":1,"name":"P","order_nr":2,"is_deal_probability_enabled":1},{"id":2,"is_deleted":true}]}"#,
        ),
        (
            "/api/v2/stages",
            r#"{"success":true,"data":[{"id":1,"pipeline_id":1,"deal_probability":0,"is_deal_rot_enabled":false,"days_to_rotten":9},
            {"id":2,"pipeline_id":1,"is_deal_rot_enabled":true,"days_to_rotten":9}]}"#,
        ),
        (
            "/api/v2/dealFields",
            r#"{"success":true,"data":[{"field_code":"title","options":null},{"field_code":"label","options":[{"id":"4","label":"Hot","color":"red"},{"label":"?"}]}]}"#,
        ),
        (
            "/api/v2/activities/9",
            r#"{"success":true,"data":{"id":9,"type":"call","due_date":"2026-11-24","due_time":"07:30","done":false,"lead_id":"x"}}"#,
        ),
    ]);
    let people = api.people(Lane::Sync, None).all().await.unwrap();
    assert_eq!((people.len(), people[0].phones.len(), people[0].emails.len()), (1, 1, 0));
    let orgs = api.orgs(Lane::Sync, None).all().await.unwrap();
    let addresses: Vec<_> = orgs.iter().map(|org| org.address.as_deref()).collect();
    assert_eq!(addresses, [Some("Rua 1"), Some("Rua 2"), None]);
    assert!(!api.users(Lane::Sync).await.unwrap()[0].active);
    let me = api.me(Lane::Screen).await.unwrap();
    assert_eq!((me.currency, me.timezone), (Currency::new("SEK"), Tz::UTC));
    assert!(api.pipelines(Lane::Screen).await.unwrap()[0].has_probability);
    let stages = api.stages(Lane::Screen).await.unwrap();
    assert_eq!((stages[0].probability.percent(), stages[0].rots_after_days), (0, None));
    assert_eq!((stages[1].probability, stages[1].rots_after_days), (Probability::CERTAIN, Some(9)));
    let labels = api.fields(Lane::Screen, ItemKind::Deal).await.unwrap().0;
    assert_eq!(labels, [Label { id: LabelId(4), name: "Hot".into(), color: LabelColor::Red }]);
    let activity = api.activity(Lane::Screen, ActivityId(9)).await.unwrap();
    assert_eq!(activity.due.unwrap().time.unwrap().to_string(), "07:30:00");
}

#[tokio::test]
async fn a_conversion_is_followed_to_its_end() {
    let id = LeadId(Uuid::parse_str(LEAD).unwrap());
    let job = Uuid::from_u128(5);
    let path = format!("/api/v2/leads/{LEAD}/convert/status/{job}");
    for (status, expected) in [
        (r#""running""#, Ok(ConversionStatus::UnderWay)),
        (r#""some new word""#, Ok(ConversionStatus::UnderWay)),
        (r#""completed","deal_id":3"#, Ok(ConversionStatus::Done(DealId(3)))),
        (r#""rejected""#, Err(ApiError::NotConverted("rejected".into()))),
    ] {
        let body = format!(r#"{{"success":true,"data":{{"conversion_id":"{job}","status":{status}}}}}"#);
        assert_eq!(api(&[(&path, &body)]).conversion(id, job).await, expected);
    }
}

#[tokio::test]
async fn pages_that_go_round_in_circles_end_with_an_error() {
    let round =
        r#"{"success":true,"data":[{"id":1,"pipeline_id":1,"stage_id":1}],"additional_data":{"next_cursor":"same"}}"#;
    let read = api(&[("/api/v2/deals", round)]).deals(Lane::Sync, &DealsQuery::default()).all().await;
    assert!(matches!(read, Err(ApiError::Unreadable(_))), "{read:?}");
}

#[tokio::test]
async fn pages_of_version_1_that_never_end_end_with_an_error_too() {
    let lead = format!(r#"{{"id":"{LEAD}","title":"x"}}"#);
    let round = format!(
        r#"{{"success":true,"data":[{lead}],"additional_data":{{"more_items_in_collection":true,"next_start":0}}}}"#
    );
    let read = api(&[("/api/v1/leads", &round)]).leads(Lane::Sync).await;
    assert!(matches!(read, Err(ApiError::Unreadable(_))), "{read:?}");
}

#[tokio::test]
async fn times_are_asked_for_in_whole_seconds() {
    let server = kept(Canned::new(&[("/api/v2/deals", crate::simulated::EMPTY)]));
    let (api, _task) = connect_over(Shared(server));
    let since = Some("2026-11-24T10:00:00.987Z".parse().unwrap());
    api.deals(Lane::Poll, &DealsQuery { status: None, since }).all().await.unwrap();
    let asked = server.asked.lock().unwrap().remove(0);
    assert!(asked.query.contains(&("updated_since", "2026-11-24T10:00:00Z".to_owned())), "{asked:?}");
}

struct Shared(&'static Canned);

impl dealdeck::pipedrive::Transport for Shared {
    async fn send(
        &self,
        request: &dealdeck::pipedrive::Request,
    ) -> Result<dealdeck::pipedrive::HttpResponse, dealdeck::pipedrive::TransportError> {
        self.0.send(request).await
    }

    fn renew(&self, _: &dealdeck::pipedrive::Token) {}
}
