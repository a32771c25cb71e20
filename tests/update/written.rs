//! What version 0.1.0 has written into the journal and the cache is still read.

use dealdeck::domain::*;
use dealdeck::workspace::ServerUpdate;
use serde_json::Value;

/// Edits of each kind as 0.1.0 wrote them.
const EDITS: [&str; 12] = [
    r#"{"UpdateDeal":{"id":7,"patch":{"title":"T","place":{"pipeline":1,"stage":2},"value":{"amount":"12.50","currency":"EUR"},"status":{"Lose":{"reason":"price"}},"probability":30,"expected_close":"2026-12-24"}}}"#,
    r#"{"UpdateDeal":{"id":7,"patch":{"title":null,"place":null,"value":null,"status":"Reopen","probability":null,"expected_close":null}}}"#,
    r#"{"UpdateDeal":{"id":7,"patch":{"title":null,"place":null,"value":null,"status":"Win"}}}"#,
    r#"{"UpdateActivity":{"id":8,"patch":{"done":true,"due":{"date":"2026-11-24","time":"09:30:00"}}}}"#,
    r#"{"UpdateActivity":{"id":8,"patch":{"done":null,"due":null}}}"#,
    r#"{"UpdateLead":{"id":"7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10","patch":{"title":"T","value":{"amount":"5","currency":"USD"},"expected_close":null,"seen":true,"archived":false}}}"#,
    r#"{"UpdateLead":{"id":"7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10","patch":{"title":null,"seen":null,"archived":true}}}"#,
    r#"{"ConvertLead":{"id":"7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10","to":{"pipeline":1,"stage":2}}}"#,
    r#"{"CreateDeal":{"id":4611686018427387905,"new":{"title":"N","contact":{"Both":[{"New":"Ann"},{"Existing":3}]},"place":{"pipeline":1,"stage":2},"value":{"amount":"0","currency":"EUR"},"probability":50,"expected_close":null}}}"#,
    r#"{"CreateDeal":{"id":4611686018427387905,"new":{"title":"N","contact":{"Person":{"Existing":3}},"place":{"pipeline":1,"stage":2},"value":{"amount":"0","currency":"EUR"},"probability":null,"expected_close":"2026-12-24"}}}"#,
    r#"{"CreateLead":{"id":"00000000-0000-0000-0000-000000000001","new":{"title":"N","contact":{"Org":{"New":"Org"}},"value":null,"expected_close":null}}}"#,
    r#"{"CreateLead":{"id":"00000000-0000-0000-0000-000000000001","new":{"title":"N","contact":{"Org":{"Existing":9}},"value":{"amount":"5","currency":"USD"},"expected_close":"2026-12-24"}}}"#,
];

/// News of each kind of item as 0.1.0 kept them.
const ITEMS: [&str; 7] = [
    r#"{"Deals":[{"id":7,"title":"D","owner":1,"person":2,"org":null,"pipeline":1,"stage":2,"value":{"amount":"12.50","currency":"EUR"},"status":"Lost","lost_reason":"price","probability":30,"expected_close":"2026-12-24","labels":[5],"added":"2026-11-01T08:00:00Z","updated":"2026-11-20T08:00:00Z","stage_changed":null,"closed":"2026-11-20T08:00:00Z","archived":false}]}"#,
    r#"{"Activities":[{"id":8,"subject":"S","kind":"call","owner":1,"deal":7,"lead":null,"person":2,"org":3,"due":{"date":"2026-11-24","time":null},"done":false,"done_at":null,"note":"N","updated":"2026-11-20T08:00:00Z"}]}"#,
    r#"{"Leads":[{"id":"7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b10","title":"L","owner":1,"person":null,"org":3,"labels":["7c0a5a1e-3a57-4a0b-9d1c-0f5f5d7a9b11"],"source":"API","seen":true,"value":{"amount":"5","currency":"USD"},"expected_close":null,"archived":false,"added":"2026-11-01T08:00:00Z","updated":"2026-11-20T08:00:00Z"}]}"#,
    r#"{"People":[{"id":2,"name":"Ann","owner":1,"org":3,"phones":[{"value":"+372 1","label":"work","primary":true}],"emails":[]}]}"#,
    r#"{"Organizations":[{"id":3,"name":"Org","owner":1,"address":"Pikk 1"}]}"#,
    r#"{"AllUsers":[{"id":1,"name":"Mari","active":true}]}"#,
    r#"{"Gone":{"Deal":7}}"#,
];

/// Whether all that is in `old` is in `new`, with the same values; what is new may be beside it.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| holds(new, old)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        (new, old) => new == old,
    }
}

#[test]
fn edits_of_the_journal_are_read_and_written_with_nothing_lost() {
    for text in EDITS {
        let edit: Edit = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let written = serde_json::to_string(&edit).unwrap();
        let (new, old) = (serde_json::from_str(&written).unwrap(), serde_json::from_str(text).unwrap());
        assert!(holds(&new, &old), "{written}\n{text}");
        assert_eq!(serde_json::from_str::<Edit>(&written).unwrap(), edit);
    }
    let cleared: Edit = serde_json::from_str(EDITS[1]).unwrap();
    let patch = DealPatch {
        status: Some(StatusChange::Reopen),
        probability: Some(None),
        expected_close: Some(None),
        ..DealPatch::default()
    };
    assert_eq!(cleared, Edit::UpdateDeal { id: DealId(7), patch });
}

#[test]
fn items_of_the_cache_are_read_with_nothing_lost() {
    for text in ITEMS {
        let change: ServerUpdate = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let new = serde_json::to_value(&change).unwrap();
        assert!(holds(&new, &serde_json::from_str(text).unwrap()), "{new}\n{text}");
        assert_eq!(serde_json::from_value::<ServerUpdate>(new).unwrap(), change);
    }
}

#[test]
fn new_edits_tell_what_is_cleared_from_what_stays() {
    let person = PersonPatch { org: Some(None), emails: Some(Vec::new()), ..PersonPatch::default() };
    let activity = ActivityPatch { person: Some(None), deal: Some(None), note: Some(None), ..ActivityPatch::default() };
    let new = NewOrg { name: "Org".into(), ..NewOrg::default() };
    let code = |last: u64| FieldCode::new(&format!("{last:040x}")).unwrap();
    let budget = Money { amount: "12.50".parse().unwrap(), currency: Currency::new("EUR") };
    let custom: CustomPatch = [
        (code(1), None),
        (code(2), FieldValue::options([3, 4])),
        (code(3), Some(FieldValue::Money(Box::new(budget)))),
        (code(4), Some(FieldValue::Range(Box::new(("2026-12-24".into(), "2026-12-31".into()))))),
    ]
    .into_iter()
    .collect();
    for edit in [
        Edit::UpdatePerson { id: PersonId(1), patch: person },
        Edit::UpdatePerson { id: PersonId(1), patch: PersonPatch::default() },
        Edit::UpdateOrg { id: OrgId(1), patch: OrgPatch { address: Some(None), ..OrgPatch::default() } },
        Edit::UpdateActivity { id: ActivityId(1), patch: activity },
        Edit::UpdateDeal { id: DealId(1), patch: DealPatch { org: Some(None), ..DealPatch::default() } },
        Edit::CreateOrg { id: OrgId::local(1), new },
        Edit::UpdateDeal { id: DealId(1), patch: DealPatch { custom, ..DealPatch::default() } },
        Edit::Delete { item: ItemRef::Org(OrgId(1)) },
        Edit::ConvertDeal { id: DealId(1) },
    ] {
        let written = serde_json::to_string(&edit).unwrap();
        assert_eq!(serde_json::from_str::<Edit>(&written).unwrap(), edit, "{written}");
    }
}
