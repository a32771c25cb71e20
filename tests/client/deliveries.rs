//! What webhooks deliver: read like what the API sends, whatever it is, and laid onto what is known.

use dealdeck::domain::*;
use dealdeck::pipedrive::{Delivery, Lane, Payload, connect_over};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::examples;
use crate::simulated::Canned;

const EVENT: &str = "71825ee0-0054-4267-b5fd-d28b7a414212";

/// A delivery as Pipedrive sends it.
fn delivery(action: &str, entity: &str, id: u64, data: &Value, previous: &Value) -> Value {
    json!({"data": data, "previous": previous, "meta": {
        "action": action, "company_id": "8087566", "correlation_id": EVENT, "entity_id": id.to_string(),
        "entity": entity, "id": EVENT, "is_bulk_edit": false, "timestamp": "2026-11-24T13:18:56.089Z",
        "type": "general", "user_id": "12", "version": "2.0", "webhook_id": "4710827", "webhook_owner_id": "12",
        "change_source": "app", "attempt": 1, "host": "pd-us.pipedrive.com", "permitted_user_ids": ["12", 13]
    }})
}

fn read(body: &Value) -> Delivery {
    Delivery::read(body.to_string().as_bytes()).unwrap()
}

fn news(action: &str, entity: &str, id: u64, data: &Value) -> Payload {
    read(&delivery(action, entity, id, data, &Value::Null)).payload
}

/// What is told, given what is known.
fn onto(entity: &str, id: u64, data: &Value, known: Option<&Item>) -> Option<Item> {
    match news("change", entity, id, data) {
        Payload::Item(told) => told.merge_onto(known),
        other => panic!("{other:?}"),
    }
}

fn deal() -> Value {
    json!({
        "add_time": "2026-11-24T13:18:55Z", "channel": null, "channel_id": null, "close_time": null,
        "creator_user_id": 12, "currency": "EUR", "custom_fields": {}, "expected_close_date": "2026-12-24", "id": 8,
        "label_ids": [24, 25], "lost_reason": null, "lost_time": null, "org_id": 1, "origin": "ManuallyCreated",
        "owner_id": 12, "person_id": 8, "pipeline_id": 1, "probability": 40, "stage_change_time": null, "stage_id": 2,
        "status": "open", "title": "Sample", "update_time": "2026-11-24T13:18:56Z", "value": 100.5,
        "visible_to": "3", "won_time": null, "is_archived": false,
    })
}

fn activity() -> Value {
    json!({
        "active_flag": true, "add_time": "2026-11-24T15:25:44Z", "busy_flag": true, "custom_fields": {}, "deal_id": 10,
        "done": false, "due_date": "2026-11-24", "due_time": {"timezone_id": null, "value": "14:30"},
        "duration": {"timezone_id": null, "value": "01:15:00"}, "id": 2, "lead_id": null, "location": "Pikk 1",
        "org_id": null, "owner_id": 12, "person_id": 10, "public_description": "", "subject": "Call with friends",
        "type": "meeting", "update_time": "2026-11-24T15:28:13Z", "update_user_id": null,
    })
}

fn with(mut object: Value, fields: &Value) -> Value {
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    object
}

fn without(mut object: Value, field: &str) -> Value {
    object.as_object_mut().unwrap().remove(field).unwrap();
    object
}

#[test]
fn who_did_what_when_is_read_from_texts_and_numbers() {
    let mut body = delivery("change", "deal", 8, &deal(), &json!({"title": "Old"}));
    let read_one = read(&body);
    assert_eq!(read_one.event.to_string(), EVENT);
    assert_eq!(read_one.at.to_rfc3339(), "2026-11-24T13:18:56.089+00:00");
    assert_eq!(read_one.by, Some(UserId(12)));
    assert_eq!(read_one.seen_by, Some(vec![UserId(12), UserId(13)]));
    for (written, at) in [
        (json!(1_795_526_336), "2026-11-24T13:18:56+00:00"),
        (json!("1795526336"), "2026-11-24T13:18:56+00:00"),
        (json!(1_795_526_336_089_u64), "2026-11-24T13:18:56.089+00:00"),
        (json!(1_795_526_336_089_000_u64), "2026-11-24T13:18:56.089+00:00"),
        (json!("2026-11-24T15:18:56+02:00"), "2026-11-24T13:18:56+00:00"),
    ] {
        body["meta"]["timestamp"] = written;
        assert_eq!(read(&body).at.to_rfc3339(), at);
    }
    body["meta"]["permitted_user_ids"] = json!([]);
    assert_eq!(read(&body).seen_by, Some(vec![]), "nobody may");
    for unsaid in [Value::Null, json!("12"), json!({"12": true}), json!([{"id": 12}])] {
        body["meta"]["permitted_user_ids"] = unsaid;
        assert_eq!(read(&body).seen_by, None, "{body}");
    }
    body["meta"].as_object_mut().unwrap().remove("permitted_user_ids");
    assert_eq!(read(&body).seen_by, None);
}

#[test]
fn what_was_made_last_changed_then() {
    let made = with(deal(), &json!({"update_time": null}));
    let Payload::Item(told) = news("create", "deal", 8, &made) else { panic!() };
    assert_eq!(told.updated().unwrap().to_rfc3339(), "2026-11-24T13:18:55+00:00");
}

#[test]
fn what_is_no_delivery_is_an_error() {
    let whole = delivery("change", "deal", 8, &deal(), &Value::Null);
    for missing in ["id", "timestamp"] {
        let mut body = whole.clone();
        body["meta"][missing] = Value::Null;
        assert!(Delivery::read(body.to_string().as_bytes()).is_err(), "{missing}");
    }
    for body in ["", "{", "[]", "null", "{}", r#"{"meta":{}}"#, r#"{"data":{"id":1}}"#, "\u{0}\u{ff}"] {
        assert!(Delivery::read(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn each_kind_of_news_is_told_from_the_others() {
    let gone = |entity, id| news("delete", entity, id, &Value::Null);
    assert_eq!(gone("deal", 8), Payload::Deleted(ItemRef::Deal(DealId(8))));
    assert_eq!(gone("person", 8), Payload::Deleted(ItemRef::Person(PersonId(8))));
    assert_eq!(gone("organization", 8), Payload::Deleted(ItemRef::Org(OrgId(8))));
    assert_eq!(gone("activity", 8), Payload::Deleted(ItemRef::Activity(ActivityId(8))));
    let deleted = with(deal(), &json!({"status": "deleted"}));
    assert_eq!(news("change", "deal", 8, &deleted), Payload::Deleted(ItemRef::Deal(DealId(8))));
    let inactive = with(activity(), &json!({"active_flag": false}));
    assert_eq!(news("change", "activity", 2, &inactive), Payload::Deleted(ItemRef::Activity(ActivityId(2))));
    assert_eq!(news("merge", "deal", 8, &Value::Null), Payload::Deleted(ItemRef::Deal(DealId(8))));
    assert!(matches!(news("polish", "deal", 8, &deal()), Payload::Item(_)));

    assert_eq!(news("change", "user", 12, &json!({"id": 12})), Payload::Users);
    for other in ["lead", "note", "deal_product", "stage", "pipeline", "\u{1b}[2J", ""] {
        assert_eq!(news("change", other, 8, &json!({"id": 8})), Payload::Other, "{other}");
    }
    // These have to be asked for.
    let unread = Payload::Unreadable(ItemRef::Deal(DealId(8)));
    assert_eq!(news("change", "deal", 8, &Value::Null), unread);
    assert_eq!(news("change", "deal", 8, &json!("8")), unread);
    assert_eq!(news("change", "deal", 8, &json!({"id": 8})), unread, "on no board");
    assert_eq!(news("change", "deal", 8, &with(deal(), &json!({"id": 9}))), unread, "two ids");
    // Of no use, and of ids that are given out here.
    assert_eq!(read(&json!({"meta": {"entity": "deal", "id": EVENT, "timestamp": 1}})).payload, Payload::Other);
    assert_eq!(news("delete", "deal", 1 << 62, &Value::Null), Payload::Other);
}

#[tokio::test]
async fn a_deal_is_what_the_api_would_send() {
    let sent = with(deal(), &json!({"visible_to": 3}));
    let answer = json!({"success": true, "data": sent}).to_string();
    let (api, _task) = connect_over(Canned::new(&[("/api/v2/deals/8", &answer)]));
    let asked = api.deal(Lane::Screen, DealId(8)).await.unwrap();
    assert_eq!(onto("deal", 8, &deal(), None), Some(Item::Deal(asked)));
}

#[tokio::test]
async fn a_wrapped_value_is_the_one_that_the_api_would_send() {
    // The values of the API (section 'custom fields' of its migration guide) and those of webhooks (of theirs).
    let pairs = [
        (json!("A text"), json!({"type": "varchar", "value": "A text"})),
        (json!("Long"), json!({"type": "text", "value": "Long"})),
        (json!("Hello"), json!({"type": "varchar_auto", "value": "Hello"})),
        (json!("1234-5678"), json!({"type": "phone", "value": "1234-5678"})),
        (json!(978), json!({"type": "double", "value": 978})),
        (json!(12.50), json!({"type": "double", "value": 12.5})),
        (json!({"value": 200, "currency": "EUR"}), json!({"type": "monetary", "value": 200, "currency": "EUR"})),
        (json!(17818), json!({"type": "people", "id": 17818})),
        (json!(1), json!({"type": "org", "id": 1})),
        (json!(13), json!({"type": "user", "id": 13})),
        (json!(17), json!({"type": "enum", "id": 17})),
        (json!([14, 13]), json!({"type": "set", "values": [{"id": 13}, {"id": 14}]})),
        (json!("2026-06-27"), json!({"type": "date", "value": "2026-06-27"})),
        (
            json!({"value": "2026-06-06", "until": "2026-06-14"}),
            json!({"type": "daterange", "from": "2026-06-06", "until": "2026-06-14"}),
        ),
        (
            json!({"value": "00:45:00", "timezone_id": 310, "timezone_name": "Europe/Tallinn"}),
            json!({"type": "time", "value": "00:45:00", "timezone_id": 310}),
        ),
        (
            json!({"value": "00:00:00", "until": "01:15:00", "timezone_id": 310}),
            json!({"type": "timerange", "from": "00:00:00", "until": "01:15:00", "timezone_id": 310}),
        ),
        (
            json!({"value": "Pikk 1, Tallinn", "country": "Estonia", "formatted_address": "Pikk 1, 10123 Tallinn"}),
            json!({"type": "address", "value": "Pikk 1, Tallinn", "country": "Estonia", "subpremise": ""}),
        ),
        (json!(true), json!({"type": "boolean", "value": true})),
        (json!(null), json!({"type": "double", "value": null})),
        (json!(null), json!({"type": "enum", "id": null})),
        (json!([]), json!({"type": "set", "values": []})),
        (json!(null), json!({"type": "daterange", "from": null, "until": null})),
        (json!(null), json!({"type": "monetary", "value": null, "currency": null})),
        (json!("unwrapped"), json!("unwrapped")),
        (json!({"deep": {"er": 1}}), json!({"deep": {"er": 1}})),
    ];
    let fields = |values: Vec<Value>| -> Value {
        let named = (1_u64..).zip(values).map(|(n, value)| (format!("{n:040x}"), value));
        json!({"custom_fields": Value::Object(named.collect())})
    };
    let (of_api, of_webhooks): (Vec<Value>, Vec<Value>) = pairs.into_iter().unzip();
    let answer = json!({"success": true, "data": with(deal(), &fields(of_api))}).to_string();
    let (api, _task) = connect_over(Canned::new(&[("/api/v2/deals/8", &answer)]));
    let asked = api.deal(Lane::Screen, DealId(8)).await.unwrap();
    assert_eq!(asked.custom.len(), 20);
    let Some(Item::Deal(told)) = onto("deal", 8, &with(deal(), &fields(of_webhooks)), None) else { panic!() };
    for ((code, asked), (other, told)) in asked.custom.iter().zip(told.custom.iter()) {
        assert_eq!((code, format!("{asked:?}")), (other, format!("{told:?}")));
    }
    assert_eq!(told.custom.len(), asked.custom.len());
}

#[test]
fn what_a_webhook_never_tells_of_an_activity_is_as_it_is_known() {
    let mut known = Activity::blank(ActivityId(2));
    known.note = Some("Bring the offer".into());
    known.participants = vec![PersonId(10), PersonId(11)];
    let known = Item::Activity(known);
    assert_eq!(onto("activity", 2, &activity(), None), None, "it has to be asked for");
    let Some(Item::Activity(whole)) = onto("activity", 2, &activity(), Some(&known)) else { panic!() };
    assert_eq!((whole.subject.as_str(), whole.note.as_deref()), ("Call with friends", Some("Bring the offer")));
    assert_eq!(whole.participants, [PersonId(10), PersonId(11)]);
    assert_eq!((whole.busy, whole.minutes, whole.location.as_deref()), (true, Some(75), Some("Pikk 1")));
    assert_eq!(whole.due.unwrap().time.unwrap().to_string(), "14:30:00");

    // Done now, and when that was is the time of the change.
    let whole = Item::Activity(whole);
    let done = with(activity(), &json!({"done": true, "update_time": "2026-11-24T16:00:00Z"}));
    let Some(Item::Activity(done)) = onto("activity", 2, &done, Some(&whole)) else { panic!() };
    assert_eq!((done.done, done.done_at), (true, done.updated));

    // A change of something that is not told.
    let hidden = with(activity(), &json!({"update_time": "2026-11-24T16:00:00Z"}));
    assert_eq!(onto("activity", 2, &hidden, Some(&whole)), None);
    assert_eq!(onto("activity", 2, &activity(), Some(&whole)), Some(whole.clone()), "told twice");
    let named = delivery("change", "activity", 2, &activity(), &json!({"note": "Old"}));
    assert_eq!(read(&named).payload, Payload::Unreadable(ItemRef::Activity(ActivityId(2))));
    // Whole days and other shapes.
    let odd = json!({"due_time": null, "duration": "00:30", "location": {"value": "Viru 2"}, "busy_flag": null});
    let Some(Item::Activity(odd)) = onto("activity", 2, &with(activity(), &odd), Some(&whole)) else { panic!() };
    assert_eq!((odd.due.unwrap().time, odd.minutes, odd.location.as_deref()), (None, Some(30), Some("Viru 2")));
    assert!(!odd.busy);
}

#[test]
fn every_field_that_is_left_out_is_as_it_is_known() {
    let Some(known) = onto("deal", 8, &deal(), None) else { panic!() };
    let fields = deal();
    for field in fields.as_object().unwrap().keys() {
        let Payload::Item(told) = news("change", "deal", 8, &without(deal(), field)) else {
            assert!(["id", "pipeline_id", "stage_id"].contains(&field.as_str()), "{field}");
            continue;
        };
        assert_eq!(told.merge_onto(Some(&known)), Some(known.clone()), "{field}");
    }
    // What hardly matters need not be known, and what is new is not archived.
    let told = without(without(deal(), "origin"), "creator_user_id");
    assert!(onto("deal", 8, &told, None).is_some());
    assert_eq!(onto("deal", 8, &without(deal(), "is_archived"), None), None);
    let Payload::Item(new) = news("create", "deal", 8, &without(deal(), "is_archived")) else { panic!() };
    assert!(new.merge_onto(None).is_some());
}

#[test]
fn people_and_organizations_are_laid_onto_what_is_known() {
    let told = |fields: &Value| {
        let person = json!({
            "add_time": "2026-11-24T13:18:55Z", "custom_fields": {}, "first_name": "Ann", "id": 8, "last_name": null,
            "emails": [{"value": "ann@example.com", "label": "work", "primary": true}], "name": "Ann", "org_id": 1,
            "owner_id": 12, "phones": [], "update_time": "2026-11-24T15:18:35Z", "visible_to": "3",
        });
        with(person, fields)
    };
    let mut known = Person::blank(PersonId(8));
    known.job_title = Some("Buyer".into());
    known.labels = vec![LabelId(5), LabelId(6)];
    let known = Item::Person(known);
    let labels = |fields: &Value, known| match onto("person", 8, &told(fields), known) {
        Some(Item::Person(person)) => {
            assert_eq!((person.name.as_str(), person.emails.len()), ("Ann", 1));
            assert_eq!(person.job_title.is_some(), known.is_some());
            Some(person.labels.iter().map(|label| label.0).collect::<Vec<_>>())
        }
        _ => None,
    };
    assert_eq!(labels(&json!({"label_ids": [7, 8]}), Some(&known)), Some(vec![7, 8]));
    assert_eq!(labels(&json!({"label": null}), Some(&known)), Some(vec![]));
    assert_eq!(labels(&json!({"label": null}), None), Some(vec![]));
    assert_eq!(labels(&json!({"label": 5}), Some(&known)), Some(vec![5, 6]), "it is one of those that there are");
    assert_eq!(labels(&json!({"label": 7}), Some(&known)), None, "there may be more");
    assert_eq!(labels(&json!({}), Some(&known)), Some(vec![5, 6]));
    assert_eq!(labels(&json!({}), None), None);

    let mut known = Organization::blank(OrgId(1));
    known.website = Some("https://example.com".into());
    let org = json!({
        "add_time": "2026-11-24T13:18:55Z", "address": "Pikk 1", "country_code": null, "custom_fields": {}, "id": 1,
        "label_ids": [], "name": "Org", "owner_id": 12, "update_time": "2026-11-24T13:18:55Z",
    });
    let Some(Item::Org(org)) = onto("organization", 1, &org, Some(&Item::Org(known))) else { panic!() };
    assert_eq!((org.name.as_str(), org.address.as_deref()), ("Org", Some("Pikk 1")));
    assert_eq!(org.website.as_deref(), Some("https://example.com"));
}

#[test]
fn each_published_delivery_is_read() {
    let Some(folder) = examples::folder() else { return };
    let examples = std::fs::read_to_string(folder.join("webhooks_v2_payloads.json")).unwrap();
    let examples: serde_json::Map<String, Value> = serde_json::from_str(&examples).unwrap();
    let mut read_of_them = 0;
    for (name, body) in examples.iter().filter(|(name, _)| !name.starts_with('_')) {
        let delivery = read(body);
        assert_eq!(delivery.by, Some(UserId(body["meta"]["user_id"].as_str().unwrap().parse().unwrap())));
        match (name.as_str(), delivery.payload) {
            ("deal_create" | "person_change", Payload::Item(told)) => assert!(told.merge_onto(None).is_some()),
            ("deal_change", Payload::Item(told)) => {
                assert_eq!(told.key(), ItemRef::Deal(DealId(8)));
                let known = Item::Deal(Deal::blank(
                    DealId(8),
                    PipelineStage { pipeline: PipelineId(1), stage: StageId(2) },
                    Money { amount: 1.into(), currency: Currency::new("EUR") },
                ));
                let Some(Item::Deal(deal)) = told.merge_onto(Some(&known)) else { panic!() };
                assert_eq!(deal.custom.iter().next().unwrap().1, &FieldValue::Whole("Tallinn, Estonia".into()));
                assert_eq!(deal.labels, [LabelId(24), LabelId(25)]);
            }
            ("activity_delete", news) => assert_eq!(news, Payload::Deleted(ItemRef::Activity(ActivityId(2)))),
            ("lead_create" | "pipeline_change" | "stage_change", news) => assert_eq!(news, Payload::Other),
            (name, news) => panic!("{name}: {news:?}"),
        }
        read_of_them += 1;
    }
    assert_eq!(read_of_them, 7);
}

/// Any JSON, such as a hostile server would send.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![Just("delete"), Just("deal"), Just("activity"), Just("set"), Just("daterange")]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![Just("value".to_owned()), Just("type".to_owned()), Just("id".to_owned()), "\\PC{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// One to three places of a delivery hold something else: it is read or refused, and never more than that.
    #[test]
    fn nothing_in_a_delivery_breaks_anything(
        is_deal: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, any_json()), 1..4),
    ) {
        let (entity, id, data) = if is_deal { ("deal", 8, deal()) } else { ("activity", 2, activity()) };
        let field = format!("{:040x}", 1);
        let data = with(data, &json!({"custom_fields": {field: {"type": "double", "value": 1}}}));
        let mut body = delivery("change", entity, id, &data, &json!({"title": "Old"}));
        for (at, part, value) in changes {
            let part = [&["data"][..], &["meta"], &["data", "custom_fields"]][part];
            let parent = part.iter().try_fold(&mut body, |value, key| value.get_mut(key));
            let Some(Value::Object(fields)) = parent else { continue };
            if fields.is_empty() { continue }
            let key = at.get(&fields.keys().cloned().collect::<Vec<_>>()).clone();
            fields.insert(key, value);
        }
        if let Ok(Delivery { payload: Payload::Item(told), .. }) = Delivery::read(body.to_string().as_bytes()) {
            let _ = told.clone().merge_onto(None);
            if let Some(whole) = told.clone().merge_onto(Some(&Item::Activity(Activity::blank(ActivityId(2))))) {
                prop_assert_eq!(whole.key(), told.key());
            }
        }
    }
}
