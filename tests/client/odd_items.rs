//! Items of which something cannot be read: the rest of them is shown, and nothing else is lost.

use dealdeck::domain::*;
use dealdeck::pipedrive::{Api, DealsQuery, Lane, connect_over};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulated::Canned;

const LEAD: Uuid = Uuid::from_u128(0x7c0a_5a1e_3a57_4a0b_9d1c_0f5f_5d7a_9b10);

/// Values that do not belong where they are, as they are written. Some of them are not even values to `serde_json`.
const NASTY: [&str; 22] = [
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e999",
    "-1e999",
    "99999999999999999999999999",
    "[]",
    "{}",
    "[1,\"x\",null]",
    r#"{"value":1,"id":2}"#,
    r#""""#,
    r#""x""#,
    r#""\ud83d""#,
    r#""\ude00 cut""#,
    r#""a\u0000b""#,
    r#"[["\ud83d",1e999],{"a":"\udc00","a":1}]"#,
    "{\"a\":{\"a\":{\"a\":{}}}}",
    r#""2026-02-31""#,
    r#""2026-11-20T25:61:00Z""#,
    r#"{"value":"\ud83d","currency":7}"#,
];

fn api(path: &str, data: &str) -> Api {
    let body = format!(r#"{{"success":true,"data":{data},"additional_data":{{"next_cursor":null}}}}"#);
    connect_over(Canned::new(&[(path, &body)])).0
}

async fn deals(list: &str) -> Vec<Deal> {
    api("/api/v2/deals", list).deals(Lane::Screen, &DealsQuery::default()).all().await.unwrap()
}

#[tokio::test]
async fn half_of_an_emoji_costs_one_character() {
    let list = r#"[{"id":1,"title":"Roof \ud83d","pipeline_id":1,"stage_id":1,"status":"open","value":5},
        {"id":2,"title":"Whole \ud83d\ude00","pipeline_id":1,"stage_id":1,"status":"open"}]"#;
    let deals = deals(list).await;
    assert_eq!(deals.iter().map(|deal| deal.title.as_str()).collect::<Vec<_>>(), ["Roof \u{FFFD}", "Whole \u{1F600}"]);
    assert_eq!(deals[0].value.amount, 5.into());
}

#[tokio::test]
async fn a_number_beyond_all_and_a_key_that_comes_twice_hide_nothing() {
    let list = r#"[{"id":1,"title":"A","pipeline_id":1,"stage_id":1,"status":"open","value":1e999},
        {"id":2,"title":"B","title":"C","pipeline_id":1,"stage_id":1,"status":"won"},
        {"id":3,"title":"D","pipeline_id":1,"stage_id":1,"status":"open","custom_fields":{
            "0123456789012345678901234567890123456789":"\ud83d","1123456789012345678901234567890123456789":"kept"}}]"#;
    let deals = deals(list).await;
    assert_eq!(deals.iter().map(|deal| deal.title.as_str()).collect::<Vec<_>>(), ["A", "C", "D"]);
    assert_eq!(deals[0].value.amount, 0.into());
    let code = FieldCode::new("1123456789012345678901234567890123456789").unwrap();
    assert_eq!(deals[2].custom.get(&code), Some(&FieldValue::Text("kept".into())));
}

#[tokio::test]
async fn an_unknown_status_leaves_a_deal_where_it_was() {
    let list = r#"[{"id":1,"pipeline_id":1,"stage_id":1,"status":"parked"},
        {"id":2,"pipeline_id":1,"stage_id":1,"status":7,"won_time":"2026-11-20T08:00:00Z"},
        {"id":3,"pipeline_id":1,"stage_id":1,"lost_time":"2026-11-20T08:00:00Z"},
        {"id":4,"pipeline_id":1,"stage_id":1,"status":"deleted"},
        {"id":5,"pipeline_id":1,"stage_id":1,"status":"open","is_deleted":true}]"#;
    let statuses: Vec<DealStatus> = deals(list).await.iter().map(|deal| deal.status).collect();
    let expected = [DealStatus::Open, DealStatus::Won, DealStatus::Lost, DealStatus::Other, DealStatus::Other];
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn an_odd_company_name_leaves_the_account_readable() {
    let me = r#"{"id":7,"name":"Ann","company_name":"Roofs \ud83d","company_domain":"roofs","default_currency":1e999}"#;
    let me = api("/api/v1/users/me", me).me(Lane::Screen).await.unwrap();
    assert_eq!((me.id, me.name.as_str(), me.company.as_str()), (UserId(7), "Ann", "Roofs \u{FFFD}"));
}

#[tokio::test]
async fn an_odd_option_hides_no_other() {
    let fields =
        r#"[{"field_code":"label","options":[null,"x",{"id":4,"label":"Hot \ud83d"},{"id":5,"label":"Cold"}]}]"#;
    let labels = api("/api/v2/dealFields", fields).fields(Lane::Screen, ItemKind::Deal).await.unwrap().0;
    assert_eq!(labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), ["Hot \u{FFFD}", "Cold"]);
}

#[tokio::test]
async fn a_very_long_or_deep_item_is_read_in_part() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let long = format!("[{}0]", "1,".repeat(600_000));
    for odd in [deep, long] {
        let list = format!(
            r#"[{{"id":1,"title":"A","pipeline_id":1,"stage_id":1,"status":"open","label_ids":{odd},"custom_fields":{{"x":{odd}}}}}]"#
        );
        let deals = deals(&list).await;
        assert_eq!(deals.iter().map(|deal| deal.title.as_str()).collect::<Vec<_>>(), ["A"]);
    }
}

/// An item with one field replaced by something that is written as `value`.
fn with(item: &Value, field: &str, value: &str) -> String {
    let marked = {
        let mut item = item.clone();
        item[field] = json!("<here>");
        item.to_string()
    };
    marked.replacen("\"<here>\"", value, 1)
}

fn fields(item: &Value) -> Vec<String> {
    item.as_object().unwrap().keys().filter(|key| *key != "id" && *key != "key_string").cloned().collect()
}

/// A whole item of each kind that is listed, and where.
fn items() -> Vec<(&'static str, Value)> {
    let custom = json!({"0123456789012345678901234567890123456789": {"value": 5, "currency": "EUR"}});
    vec![
        (
            "/api/v2/deals",
            json!({"id": 7, "title": "Crane", "creator_user_id": 2, "owner_id": 3, "person_id": 11, "org_id": 12,
                "pipeline_id": 1, "stage_id": 4, "value": 12.5, "currency": "CHF", "status": "lost", "lost_reason": "price",
                "probability": 10, "expected_close_date": "2027-02-28", "label_ids": [5], "origin": "API",
                "add_time": "2026-11-01T08:00:00Z", "update_time": "2026-11-20T09:30:15Z", "is_archived": false,
                "stage_change_time": "2026-11-19T00:00:00Z", "close_time": "2026-11-20T09:30:15Z", "won_time": null,
                "lost_time": "2026-11-20T09:30:15Z", "is_deleted": false, "custom_fields": custom, "new": [{}]}),
        ),
        (
            "/api/v2/activities",
            json!({"id": 7, "subject": "Call", "type": "call", "owner_id": 1, "deal_id": 2, "lead_id": LEAD.to_string(),
                "person_id": 3, "org_id": 4, "due_date": "2026-11-24", "due_time": "07:30:00", "done": false,
                "marked_as_done_time": null, "note": "x", "duration": "01:00:00", "location": {"value": "here"},
                "participants": [{"person_id": 3, "primary": true}], "busy": true, "is_deleted": false,
                "add_time": "2026-11-01T08:00:00Z", "update_time": "2026-11-20T09:30:15Z"}),
        ),
        (
            "/api/v2/persons",
            json!({"id": 7, "name": "Ann", "owner_id": 1, "org_id": 4, "phones": [{"value": "+1", "primary": true}],
                "emails": [{"value": "a@example.com", "label": "work"}], "label_ids": [1], "job_title": "CTO",
                "add_time": "2026-11-01T08:00:00Z", "update_time": "2026-11-20T09:30:15Z", "is_deleted": false,
                "custom_fields": custom}),
        ),
        (
            "/api/v2/organizations",
            json!({"id": 7, "name": "Roofs", "owner_id": 1, "address": {"value": "Rua 1"}, "label_ids": [1],
                "website": "https://example.com", "linkedin": "x", "employee_count": 5, "custom_fields": custom,
                "add_time": "2026-11-01T08:00:00Z", "update_time": "2026-11-20T09:30:15Z", "is_deleted": false}),
        ),
        (
            "/api/v1/leads",
            json!({"id": LEAD.to_string(), "title": "Roof", "owner_id": 1, "person_id": 2, "organization_id": 5,
                "label_ids": [LEAD.to_string()], "source_name": "Web form", "source_deal_id": 2, "was_seen": false,
                "value": {"amount": 99.5, "currency": "USD"}, "expected_close_date": null, "is_archived": false,
                "add_time": "2026-11-01T08:00:00.123Z", "update_time": "2026-11-01T08:00:00.123Z", "creator_id": 1,
                "next_activity_id": 3, "0123456789012345678901234567890123456789": 5,
                "0123456789012345678901234567890123456789_currency": "EUR"}),
        ),
        ("/api/v2/pipelines", json!({"id": 7, "name": "P", "order_nr": 2, "is_deal_probability_enabled": true})),
        (
            "/api/v2/stages",
            json!({"id": 7, "name": "S", "pipeline_id": 1, "order_nr": 2, "deal_probability": 50,
                "is_deal_rot_enabled": true, "days_to_rotten": 9}),
        ),
        ("/api/v1/users", json!({"id": 7, "name": "U", "active_flag": true, "email": "u@example.com", "phone": "+1"})),
        ("/api/v1/leadLabels", json!({"id": LEAD.to_string(), "name": "Hot", "color": "red"})),
        ("/api/v1/activityTypes", json!({"key_string": "call", "name": "Call"})),
    ]
}

/// How many items are read of a list.
async fn count(path: &str, list: &str) -> usize {
    let api = api(path, list);
    let lane = Lane::Sync;
    match path {
        // Deleted ones come along, marked as such.
        "/api/v2/deals" => api.deals(lane, &DealsQuery::default()).all().await.unwrap().len(),
        "/api/v2/activities" => api.activities(lane, None, None).all().await.unwrap().len(),
        "/api/v2/persons" => api.people(lane, None).all().await.unwrap().len(),
        "/api/v2/organizations" => api.orgs(lane, None).all().await.unwrap().len(),
        "/api/v1/leads" => api.leads(lane).await.unwrap().leads.len(),
        "/api/v2/pipelines" => api.pipelines(lane).await.unwrap().len(),
        "/api/v2/stages" => api.stages(lane).await.unwrap().len(),
        "/api/v1/users" => api.users(lane).await.unwrap().len(),
        "/api/v1/leadLabels" => api.lead_labels(lane).await.unwrap().len(),
        "/api/v1/activityTypes" => api.activity_types(lane).await.unwrap().len(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn no_item_vanishes_by_one_field() {
    for (path, item) in items() {
        for field in fields(&item) {
            for value in NASTY {
                let is_deleted = field == "is_deleted" && value == "true";
                let twice = format!("{value},\"{field}\":{value}");
                for odd in [with(&item, &field, value), with(&item, &field, &twice)] {
                    let expected = if is_deleted && path != "/api/v2/deals" { 1 } else { 2 };
                    let list = format!("[{odd},{item}]");
                    assert_eq!(count(path, &list).await, expected, "{path} {odd}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_item_vanishes_by_several_fields(
        kind in 0_usize..10,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), 0..NASTY.len(), any::<bool>()), 1..6),
    ) {
        let (path, item) = items().swap_remove(kind);
        let names: Vec<String> = fields(&item).into_iter().filter(|name| name != "is_deleted").collect();
        let mut odd = item.to_string();
        for (name, value, twice) in changes {
            let (name, value) = (&names[name.index(names.len())], NASTY[value]);
            // A key more at the end: the last one counts.
            let more = if twice { format!(",\"{name}\":{value}") } else { String::new() };
            odd = format!("{},\"{name}\":{value}{more}}}", odd.strip_suffix('}').unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let read = runtime.block_on(count(path, &format!("[{odd},{item}]")));
        prop_assert_eq!(read, 2, "{} {}", path, odd);
    }
}
