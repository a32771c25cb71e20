//! The payloads of webhooks compared with the published examples.

use serde_json::{Value, json};

use super::client::{TestServer, id, ok};
use super::webhook_receiver::WebhookReceiver;

/// Returns the names of an object's fields in alphabetical order.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Sorts a space-separated list of names.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

const META: &str = "action attempt change_source company_id correlation_id entity entity_id host id is_bulk_edit \
    timestamp type user_id version webhook_id webhook_owner_id";
const DEAL: &str = "add_time channel channel_id close_time creator_user_id currency custom_fields expected_close_date \
    first_won_time id label_ids lost_reason lost_time org_id origin origin_id owner_id person_id pipeline_id \
    probability stage_change_time stage_id status title update_time value visible_to won_time";
const PERSON: &str = "add_time custom_fields emails first_name id label_ids last_name name org_id owner_id phones update_time visible_to";
const ORGANIZATION: &str =
    "add_time address country_code custom_fields id label_ids name owner_id picture_id update_time visible_to";
const ACTIVITY: &str = "active_flag add_time busy_flag custom_fields deal_id done due_date due_time duration id lead_id \
    location org_id owner_id person_id public_description subject type update_time update_user_id";
const LEAD: &str = "add_time channel channel_id creator_id custom_fields expected_close_date id is_archived label_ids \
    next_activity_id organization_id origin origin_id owner_id person_id source_name title update_time value was_seen";
const NOTE: &str = "active_flag add_time content deal_id id lead_id org_id person_id pinned_to_deal_flag \
    pinned_to_organization_flag pinned_to_person_flag project_id update_time user_id";
const PIPELINE: &str = "active_flag add_time deal_probability id name order_nr update_time url_title";
const STAGE: &str =
    "active_flag add_time deal_probability id name order_nr pipeline_id rotten_days rotten_flag update_time";
const USER: &str = "access active_flag created default_currency email icon_url id lang last_login locale modified name \
    phone timezone_name";

#[tokio::test]
async fn payloads_have_the_fields_of_the_examples() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({})).await;
    let note = json!({"content": "x", "person_id": 1});
    for (path, body, entity, shape) in [
        ("/api/v2/deals", json!({"title": "x", "person_id": 1}), "deal", DEAL),
        ("/api/v2/persons", json!({"name": "x y"}), "person", PERSON),
        ("/api/v2/organizations", json!({"name": "x"}), "organization", ORGANIZATION),
        ("/api/v2/activities", json!({"subject": "x"}), "activity", ACTIVITY),
        ("/api/v1/leads", json!({"title": "x", "person_id": 1}), "lead", LEAD),
        ("/api/v1/notes", note, "note", NOTE),
        ("/api/v2/pipelines", json!({"name": "x"}), "pipeline", PIPELINE),
        ("/api/v2/stages", json!({"name": "x", "pipeline_id": 1}), "stage", STAGE),
    ] {
        let made = ok(server.post(path, body).await);
        let delivery = receiver.next().await;
        let key = made["id"].as_str().map_or_else(|| made["id"].to_string(), str::to_owned);
        assert_eq!(delivery.event(), format!("create {entity} {key}"));
        assert_eq!(keys(&delivery.body["data"]), words(shape), "{entity}");
        assert_eq!((&delivery.body["previous"], &delivery.body["data"]["id"]), (&Value::Null, &made["id"]));
        assert_eq!(keys(&delivery.body["meta"]), words(&format!("{META} permitted_user_ids")));
        // A deletion reports only the previous state.
        server.delete(&format!("{path}/{key}")).await;
        let delivery = receiver.next().await;
        assert_eq!(delivery.event(), format!("delete {entity} {key}"));
        assert_eq!((keys(&delivery.body["previous"]), &delivery.body["data"]), (words(shape), &Value::Null));
    }
}

#[tokio::test]
async fn payload_values_match_the_examples() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    let hook = receiver.register(&server, json!({})).await;
    let deal = server.deal(json!({"value": 12.5, "label_ids": [21]})).await;
    let body = receiver.next().await.body;
    let (data, meta) = (&body["data"], &body["meta"]);
    assert_eq!((&data["visible_to"], &data["value"], &data["label_ids"]), (&json!("3"), &json!(12.5), &json!([21])));
    assert_eq!(
        (&data["status"], &data["update_time"], &data["add_time"]),
        (&json!("open"), &Value::Null, &deal["add_time"])
    );
    assert_eq!(meta["entity_id"], deal["id"].to_string());
    for (name, value) in [
        ("company_id", json!("4711")),
        ("user_id", json!("1")),
        ("type", json!("general")),
        ("version", json!("2.0")),
        ("webhook_id", json!(hook["id"].to_string())),
        ("webhook_owner_id", json!("1")),
        ("change_source", json!("api")),
        ("attempt", json!(1)),
        ("is_bulk_edit", json!(false)),
        ("host", json!("nordwind-trading-demo.pipedrive.com")),
    ] {
        assert_eq!(meta[name], value, "{name}");
    }
    assert!(uuid::Uuid::parse_str(meta["id"].as_str().unwrap()).is_ok());
    let time = meta["timestamp"].as_str().unwrap();
    assert!(time.len() == "2022-11-24T13:18:56.089Z".len() && time.ends_with('Z'), "{time}");
    let permitted = meta["permitted_user_ids"].as_array().unwrap();
    assert!(permitted.len() > 3 && permitted.iter().all(Value::is_string), "{permitted:?}");

    let activity = json!({"subject": "x", "due_date": "2026-12-01", "due_time": "09:30", "note": "x", "participants": [{"person_id": 1}]});
    ok(server.post("/api/v2/activities", activity).await);
    let data = receiver.next().await.body["data"].take();
    assert_eq!(data["due_time"], json!({"value": "09:30:00", "timezone_id": null}));
    assert_eq!((&data["duration"], &data["busy_flag"], &data["person_id"]), (&Value::Null, &json!(false), &json!(1)));
    assert!(data["public_description"] == "" && data["active_flag"] == true);

    let organization = json!({"name": "x", "address": {"value": "Sadama 1, Tallinn"}});
    ok(server.post("/api/v2/organizations", organization).await);
    assert_eq!(receiver.next().await.body["data"]["address"]["formatted_address"], "Sadama 1, Tallinn");
    ok(server.post("/api/v2/pipelines", json!({"name": "After sales"})).await);
    assert_eq!(receiver.next().await.body["data"]["url_title"], "After-sales");
}

#[tokio::test]
async fn custom_fields_in_payloads_have_types() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    let fields = server.walk("/api/v2/dealFields?limit=500").await;
    let code = |kind: &str| {
        let is_it = |field: &&Value| field["is_custom_field"] == true && field["field_type"] == kind;
        fields.iter().find(is_it).expect("the field")["field_code"].as_str().expect("a code").to_owned()
    };
    receiver.register(&server, json!({"event_object": "deal"})).await;
    let typed = json!({
        "enum": [101, {"type": "enum", "id": 101}],
        "set": [[111, 112], {"type": "set", "values": [{"id": 111}, {"id": 112}]}],
        "varchar": ["x", {"type": "varchar", "value": "x"}],
        "text": ["x", {"type": "text", "value": "x"}],
        "phone": ["1", {"type": "phone", "value": "1"}],
        "monetary": [{"value": 5, "currency": "EUR"}, {"type": "monetary", "value": 5, "currency": "EUR"}],
        "double": [978, {"type": "double", "value": 978}],
        "date": ["2026-12-01", {"type": "date", "value": "2026-12-01"}],
        "daterange": [
            {"value": "2026-12-01", "until": "2026-12-02"},
            {"type": "daterange", "from": "2026-12-01", "until": "2026-12-02"},
        ],
        "time": [{"value": "09:30"}, {"type": "time", "value": "09:30:00", "timezone_id": null}],
        "timerange": [
            {"value": "09:30", "until": "10:00"},
            {"type": "timerange", "from": "09:30:00", "until": "10:00:00", "timezone_id": null},
        ],
        "user": [2, {"type": "user", "id": 2}],
        "people": [1, {"type": "people", "id": 1}],
        "org": [1, {"type": "org", "id": 1}],
        "address": [{"value": "Tallinn, Estonia", "country": "Estonia"}, {
            "type": "address", "value": "Tallinn, Estonia", "formatted_address": "Tallinn, Estonia",
            "country": "Estonia", "admin_area_level_1": "", "admin_area_level_2": "", "locality": "",
            "sublocality": "", "route": "", "street_number": "", "subpremise": "", "postal_code": "",
        }],
    });
    let typed = typed.as_object().unwrap();
    let given: Value = typed.iter().map(|(kind, both)| (code(kind), both[0].clone())).collect();
    let deal = server.deal(json!({"custom_fields": given})).await;
    let shown = receiver.next().await.body["data"]["custom_fields"].take();
    for (kind, both) in typed {
        assert_eq!(shown[code(kind)], both[1], "{kind}");
    }
    assert_eq!(shown.as_object().unwrap().len(), 16);
    assert_eq!(shown[code("picture")], Value::Null);

    let number = code("double");
    let path = format!("/api/v2/deals/{}", id(&deal));
    ok(server.patch(&path, json!({"custom_fields": {&number: null}})).await);
    let body = receiver.next().await.body;
    assert_eq!(body["previous"], json!({"custom_fields": {&number: {"type": "double", "value": 978}}}));
    assert_eq!(body["data"]["custom_fields"][&number], Value::Null);
    // A lead has the custom fields of deals, in the same format.
    receiver.register(&server, json!({"event_object": "lead"})).await;
    ok(server.post("/api/v1/leads", json!({"title": "x", "person_id": 1, &number: 5})).await);
    let lead = receiver.next().await.body["data"].take();
    assert_eq!((&lead["custom_fields"][&number], lead.get(&number)), (&json!({"type": "double", "value": 5}), None));
}

#[tokio::test]
async fn previous_lists_only_changed_fields() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    let deal = server.deal(json!({"value": 5})).await;
    let path = format!("/api/v2/deals/{}", id(&deal));
    receiver.register(&server, json!({})).await;
    ok(server.patch(&path, json!({"value": 6, "title": deal["title"]})).await);
    let body = receiver.next().await.body;
    assert_eq!((&body["previous"], &body["data"]["value"]), (&json!({"value": 5}), &json!(6)));
    assert!(body["data"]["update_time"].is_string());
    ok(server.patch(&path, json!({"status": "won"})).await);
    let previous = receiver.next().await.body["previous"].take();
    assert_eq!(previous, json!({"status": "open", "won_time": null, "close_time": null, "first_won_time": null}));

    let lead = ok(server.post("/api/v1/leads", json!({"title": "x", "person_id": 1})).await);
    receiver.next().await;
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    ok(server.patch(&path, json!({"value": {"amount": 300, "currency": "EUR"}})).await);
    let previous = receiver.next().await.body["previous"].take();
    assert_eq!(previous, json!({"value": null, "update_time": lead["update_time"]}));
}

#[tokio::test]
async fn deactivating_a_user_is_reported_as_in_the_guide() {
    let server = TestServer::open().await;
    let mut receiver = WebhookReceiver::open().await;
    receiver.register(&server, json!({"event_object": "user"})).await;
    ok(server.put("/api/v1/users/3", json!({"active_flag": false})).await);
    let delivery = receiver.next().await;
    assert_eq!(delivery.event(), "change user 3");
    let (data, meta) = (&delivery.body["data"], &delivery.body["meta"]);
    assert_eq!((keys(data), keys(meta)), (words(USER), words(META)));
    assert_eq!((&data["id"], &data["active_flag"]), (&json!("3"), &json!(false)));
    assert_eq!(delivery.body["previous"], json!({"active_flag": true, "modified": "2026-01-15 12:30:00"}));
    assert!(meta["id"] == "3" && meta["timestamp"].is_u64(), "{meta}");
}
