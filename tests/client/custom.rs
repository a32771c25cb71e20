//! Custom fields on the wire: what they are, what stands in them in either version of the API, and what is sent.

use dealdeck::domain::*;
use dealdeck::pipedrive::{Lane, connect_over};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulated::Canned;
use crate::writing::echo;

fn code(last: u64) -> FieldCode {
    FieldCode::new(&format!("{last:040x}")).unwrap()
}

fn answers(path: &str, data: &Value) -> Canned {
    Canned::new(&[(path, &json!({"success": true, "data": data}).to_string())])
}

async fn deal_with(custom: Value) -> Deal {
    let deal = json!({"id": 7, "title": "T", "pipeline_id": 1, "stage_id": 1, "custom_fields": custom});
    let (api, _task) = connect_over(answers("/api/v2/deals/7", &deal));
    api.deal(Lane::Screen, DealId(7)).await.unwrap()
}

async fn lead_with(custom: &Value) -> Lead {
    let id = Uuid::from_u128(7);
    let mut lead = json!({"id": id, "title": "T", "value": null, "cc_email": "x@y", "person_id": 3});
    lead.as_object_mut().unwrap().extend(custom.as_object().unwrap().clone());
    let (api, _task) = connect_over(answers(&format!("/api/v1/leads/{id}"), &lead));
    api.lead(Lane::Screen, LeadId(id)).await.unwrap()
}

fn money(amount: &str, code: &str) -> FieldValue {
    FieldValue::Money(Box::new(Money { amount: amount.parse().unwrap(), currency: Currency::new(code) }))
}

fn range(from: &str, until: &str) -> FieldValue {
    FieldValue::Range(Box::new((from.into(), until.into())))
}

/// One value of each shape.
fn values() -> Vec<FieldValue> {
    vec![
        FieldValue::Text("Plain \u{1b}[31m".into()),
        FieldValue::Number("-12.50".parse().unwrap()),
        FieldValue::id(27),
        FieldValue::options([5, 4, 5]).unwrap(),
        money("12345678901.25", "EUR"),
        range("2026-12-24", "2026-12-31"),
        FieldValue::Whole("14:30:00".into()),
        FieldValue::Flag(true),
    ]
}

#[tokio::test]
async fn what_stands_in_fields_is_read_as_version_2_has_it_and_nulls_are_left_out() {
    let mut custom = json!({
        code(1).to_string(): "Text", code(2).to_string(): 12.5, code(3).to_string(): [5, 4],
        code(4).to_string(): {"value": 10.25, "currency": "eur"},
        code(5).to_string(): {"value": "2026-12-24", "until": "2026-12-31"},
        code(6).to_string(): {"value": "14:30:00", "timezone_id": 1, "timezone_name": "Europe/Tallinn"},
        code(7).to_string(): {"value": "Pikk 1, Tallinn", "country": "Estonia", "until": null},
        code(8).to_string(): {"id": 27, "label": "Hot"}, code(9).to_string(): true,
        code(10).to_string(): "", code(11).to_string(): [], code(12).to_string(): {},
    });
    for n in 100..180 {
        custom[code(n).to_string()] = Value::Null;
    }
    let deal = deal_with(custom).await;
    let expected: CustomValues = [
        (code(1), FieldValue::Text("Text".into())),
        (code(2), FieldValue::Number("12.5".parse().unwrap())),
        (code(3), FieldValue::options([4, 5]).unwrap()),
        (code(4), money("10.25", "EUR")),
        (code(5), range("2026-12-24", "2026-12-31")),
        (code(6), FieldValue::Whole("14:30:00".into())),
        (code(7), FieldValue::Whole("Pikk 1, Tallinn".into())),
        (code(8), FieldValue::id(27)),
        (code(9), FieldValue::Flag(true)),
    ]
    .into_iter()
    .collect();
    assert_eq!(deal.custom, expected);
    assert_eq!(size_of::<CustomValues>(), 16, "an item without any pays two words");
}

#[tokio::test]
async fn whatever_is_odd_is_kept_as_it_is_and_hides_nothing_else() {
    for odd in [json!(null), json!([]), json!("x"), json!(3), json!(true), json!({"": 1, "a b": 2, "\u{1b}[": 3})] {
        assert!(deal_with(odd).await.custom.is_empty());
    }
    let long = "x".repeat(50_000);
    let deal = deal_with(json!({
        code(1).to_string(): [1, "two"], code(2).to_string(): {"deep": {"er": [1]}}, code(3).to_string(): 1e300,
        code(4).to_string(): long, code(5).to_string(): {"value": "x", "currency": "EUR"}, "0123": "short code",
    }))
    .await;
    assert_eq!(deal.custom.get(&code(1)), Some(&FieldValue::Other(r#"[1,"two"]"#.into())));
    assert_eq!(deal.custom.get(&code(2)), Some(&FieldValue::Other(r#"{"deep":{"er":[1]}}"#.into())));
    assert_eq!(deal.custom.get(&code(3)), Some(&FieldValue::Number(rust_decimal::Decimal::MAX)));
    assert!(deal.custom.get(&code(4)).is_some_and(|text| text.flat().len() == 20_000));
    assert_eq!(deal.custom.get(&FieldCode::new("0123").unwrap()), Some(&FieldValue::Text("short code".into())));
}

#[tokio::test]
async fn a_lead_has_them_flat_and_they_are_the_same_values() {
    let key = |n, part: &str| format!("{}{part}", code(n));
    let lead = lead_with(&json!({
        key(1, ""): "Text", key(2, ""): "12.50", key(3, ""): "4,5", key(4, ""): "10.25", key(4, "_currency"): "EUR",
        key(5, ""): "2026-12-24", key(5, "_until"): "2026-12-31", key(6, ""): "14:30:00", key(6, "_timezone_id"): 1,
        key(7, ""): {"id": 27, "name": "Ann", "value": 27}, key(8, ""): null, key(9, "_currency"): "EUR",
    }))
    .await;
    let expected: CustomValues = [
        (code(1), FieldValue::Text("Text".into())),
        (code(2), FieldValue::Text("12.50".into())),
        (code(3), FieldValue::options([4, 5]).unwrap()),
        (code(4), money("10.25", "EUR")),
        (code(5), range("2026-12-24", "2026-12-31")),
        (code(6), FieldValue::Whole("14:30:00".into())),
        (code(7), FieldValue::id(27)),
    ]
    .into_iter()
    .collect();
    assert_eq!(lead.custom, expected);
}

#[tokio::test]
async fn what_is_sent_is_read_as_what_it_was() {
    let (api, server) = echo();
    let patch: CustomPatch = (1..).map(code).zip(values().into_iter().map(Some)).chain([(code(99), None)]).collect();
    let expected: CustomValues = (1..).map(code).zip(values()).collect();

    api.update_deal(DealId(7), &DealPatch { custom: patch.clone(), ..DealPatch::default() }).await.unwrap();
    let sent = server.last().1;
    assert_eq!(sent.as_object().unwrap().len(), 1);
    assert!(sent["custom_fields"][code(99).to_string()].is_null());
    assert_eq!(sent["custom_fields"].as_object().unwrap().len(), values().len() + 1);
    assert_eq!(deal_with(sent["custom_fields"].clone()).await.custom, expected);

    api.update_lead(LeadId(Uuid::from_u128(7)), &LeadPatch { custom: patch, ..LeadPatch::default() }).await.unwrap();
    let sent = server.last().1;
    assert!(sent.get("custom_fields").is_none() && sent[code(99).to_string()].is_null());
    assert_eq!(lead_with(&sent).await.custom, expected);

    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
    let contact = Contact::Org(Link::Existing(OrgId(1)));
    let new = NewDeal::new("T".into(), contact, place, Money::zero(Currency::new("EUR")));
    api.create_deal(&NewDeal { custom: expected.clone(), ..new.clone() }, None, Some(OrgId(1))).await.unwrap();
    assert_eq!(deal_with(server.last().1["custom_fields"].clone()).await.custom, expected);
    api.create_deal(&new, None, Some(OrgId(1))).await.unwrap();
    assert!(server.last().1.get("custom_fields").is_none(), "nothing is said of fields that stay empty");
}

#[tokio::test]
async fn what_fields_there_are_is_read_with_types_that_are_not_known() {
    let field = |n: u64, name: &str, kind: &str, options: Value| {
        json!({"field_code": code(n).to_string(), "field_name": name, "field_type": kind, "options": options,
            "is_custom_field": true})
    };
    let list = json!([
        {"field_code": "title", "field_name": "Title", "field_type": "varchar", "is_custom_field": false},
        {"field_code": "label", "options": [{"id": 4, "label": "Hot", "color": "red"}], "is_custom_field": false},
        field(1, "Industry", "enum", json!([{"id": 1, "label": "Retail"}, {"id": null}, {"id": "2", "label": null}])),
        field(2, "Picture", "picture", Value::Null), null, {"is_custom_field": true}, field(3, "Budget", "monetary", json!("odd")),
    ]);
    let (api, _task) = connect_over(answers("/api/v2/personFields", &list));
    let (labels, fields) = api.fields(Lane::Screen, ItemKind::Person).await.unwrap();
    assert_eq!(labels.len(), 1);
    let said: Vec<_> = fields.iter().map(|field| (field.name.as_str(), &field.kind, field.options.len())).collect();
    assert_eq!(
        said,
        [
            ("Industry", &FieldKind::Choice, 2),
            ("Picture", &FieldKind::Other("picture".into()), 0),
            ("Budget", &FieldKind::Money, 0)
        ]
    );
    assert!(fields.iter().all(|field| field.of == ItemKind::Person));
}
