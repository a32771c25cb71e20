//! Every request, however malformed, gets a response in the envelope and no internal error.

use fastrand::Rng;
use serde_json::{Value, json};

use super::client::TestServer;

const PATHS: &[&str] = &[
    "/api/v2/deals",
    "/api/v2/deals/2",
    "/api/v2/deals/archived",
    "/api/v2/deals/2/convert/lead",
    "/api/v2/persons",
    "/api/v2/persons/2",
    "/api/v2/organizations/2",
    "/api/v2/activities",
    "/api/v2/activities/2",
    "/api/v2/stages/2",
    "/api/v2/pipelines",
    "/api/v2/leads/x/convert/deal",
    "/api/v2/leads/x/convert/status/y",
    "/api/v2/dealFields/%F0%9F%94%A5",
    "/api/v1/leads",
    "/api/v1/leads/x",
    "/api/v1/leadLabels",
    "/api/v1/notes",
    "/api/v1/notes/2",
    "/api/v1/webhooks",
    "/api/v1/users/2",
    "/api/v1/deals/summary",
];

const NAMES: &[&str] = &[
    "title",
    "name",
    "value",
    "currency",
    "status",
    "stage_id",
    "pipeline_id",
    "person_id",
    "org_id",
    "organization_id",
    "label_ids",
    "expected_close_date",
    "is_archived",
    "is_deleted",
    "archive_time",
    "won_time",
    "probability",
    "emails",
    "address",
    "due_date",
    "due_time",
    "duration",
    "done",
    "participants",
    "lead_id",
    "content",
    "deal_id",
    "add_time",
    "subscription_url",
    "event_action",
    "days_to_rotten",
    "deal_probability",
    "custom_fields",
    "visible_to",
];

const QUERIES: &[&str] = &[
    "limit=18446744073709551616",
    "limit=-1",
    "cursor=AAAA",
    "cursor=%00",
    "start=18446744073709551615",
    "ids=,",
    "ids=1,,2",
    "updated_since=9999-99-99T99:99:99Z",
    "sort=,%20,",
    "sort=%20DESC",
    "term=%00%00",
    "include_fields=,",
    "done=yes",
    "sort_by=",
    "lead_id=0",
    "status=,",
    "a=%ff",
    "&&==",
    "limit=500&start=1",
    // A cursor with the greatest offset: {"by":"offset","down":false,"key":9223372036854775807,"id":0}
    "cursor=eyJieSI6Im9mZnNldCIsImRvd24iOmZhbHNlLCJrZXkiOjkyMjMzNzIwMzY4NTQ3NzU4MDcsImlkIjowfQ",
    // And one before all ids: {"by":"id","down":true,"key":-1,"id":0}
    "sort_direction=desc&cursor=eyJieSI6ImlkIiwiZG93biI6dHJ1ZSwia2V5IjotMSwiaWQiOjB9",
];

fn value(rng: &mut Rng, depth: usize) -> Value {
    match rng.usize(0..if depth > 2 { 9 } else { 11 }) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.u64(0..9)),
        3 => json!(rng.i64(..)),
        4 => json!(1e308),
        5 => json!("\u{0}\u{202e}\u{1f525}"),
        6 => json!("2027-06-30"),
        7 => json!("9999-12-31T23:59:60Z"),
        8 => json!("x".repeat(rng.usize(0..2_000))),
        9 => (0..rng.usize(0..4)).map(|_| value(rng, depth + 1)).collect(),
        _ => object(rng, depth + 1),
    }
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let field = |rng: &mut Rng| (NAMES[rng.usize(0..NAMES.len())].to_owned(), value(rng, depth));
    Value::Object((0..rng.usize(0..5)).map(|_| field(rng)).collect())
}

#[tokio::test]
async fn every_request_gets_a_valid_response() {
    for seed in 0..6 {
        let mut rng = Rng::with_seed(seed);
        // A server for each, because of the limits.
        let server = TestServer::open().await;
        for _ in 0..110 {
            let path = PATHS[rng.usize(0..PATHS.len())];
            let query = if rng.bool() { QUERIES[rng.usize(0..QUERIES.len())] } else { "" };
            let method = ["GET", "POST", "PATCH", "PUT", "DELETE"][rng.usize(0..5)];
            let body = if rng.u8(0..10) == 0 { value(&mut rng, 0) } else { object(&mut rng, 0) };
            let answer = server.try_send(method, &format!("{path}?{query}"), Some(&body)).await.expect("an answer");
            let status = answer.status().as_u16();
            assert!(status < 500, "{method} {path}?{query} {body}: {status}");
            let reply: Value = answer.json().await.expect("JSON");
            assert_eq!(reply["success"], status < 300, "{method} {path}?{query} {body}: {reply}");
        }
    }
}
