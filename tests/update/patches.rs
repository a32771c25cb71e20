//! Each field of each kind of update for itself: it is carried out and taken back, and clashes with a change of the same
//! field and of no other.

use dealdeck::domain::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::account::*;

/// An item, and what two people make of it, each of all fields.
struct Case {
    before: Item,
    mine: Edit,
    theirs: Edit,
}

fn point(value: &str) -> Vec<ContactPoint> {
    vec![ContactPoint { value: value.into(), label: "work".into(), primary: true }]
}

/// Two custom fields.
fn custom(n: u64) -> CustomPatch {
    let code = |last| FieldCode::new(&format!("{last:040x}")).unwrap();
    [(code(1), Some(FieldValue::id(n))), (code(2), Some(FieldValue::Text(format!("C{n}").into())))]
        .into_iter()
        .collect()
}

fn deal_case() -> Case {
    let patch = |n: u64, status| DealPatch {
        title: Some(format!("T{n}")),
        stage: Some(PipelineStage { pipeline: PipelineId(2), stage: StageId(n) }),
        value: Some(money(i64::try_from(n).unwrap(), "USD")),
        status: Some(status),
        probability: Some(Probability::new(i64::try_from(n).unwrap())),
        expected_close: Some(Some(day(&format!("2027-01-{n}")))),
        owner: Some(UserId(n)),
        person: Some(None),
        org: Some(Some(OrgId(n))),
        labels: Some(vec![LabelId(n)]),
        custom: custom(n),
    };
    let theirs = DealPatch { person: Some(Some(PersonId(12))), ..patch(12, StatusChange::Lose { reason: None }) };
    let id = DealId(1);
    Case {
        before: Item::Deal(deal(1, 1, money(1_000, "EUR"))),
        mine: Edit::UpdateDeal { id, patch: patch(11, StatusChange::Win) },
        theirs: Edit::UpdateDeal { id, patch: theirs },
    }
}

fn lead_case() -> Case {
    let patch = |n: u64| LeadPatch {
        title: Some(format!("T{n}")),
        value: Some(Some(money(i64::try_from(n).unwrap(), "USD"))),
        expected_close: Some(Some(day(&format!("2027-01-{n}")))),
        owner: Some(UserId(n)),
        person: Some(Some(PersonId(n))),
        org: Some(Some(OrgId(n))),
        labels: Some(vec![LeadLabelId(Uuid::from_u128(n.into()))]),
        custom: custom(n),
        // Of two values, so that both make the same of it, which is no clash.
        seen: None,
        archived: None,
    };
    let id = lead_id(1);
    Case {
        before: Item::Lead(lead(1, true)),
        mine: Edit::UpdateLead { id, patch: patch(11) },
        theirs: Edit::UpdateLead { id, patch: patch(12) },
    }
}

fn activity_case() -> Case {
    let patch = |n: u64| ActivityPatch {
        due: Some(Some(Due { date: day(&format!("2027-01-{n}")), time: None })),
        subject: Some(format!("S{n}")),
        kind: Some(format!("k{n}").into()),
        owner: Some(UserId(n)),
        deal: Some(Some(DealId(n))),
        lead: Some(Some(lead_id(n.into()))),
        person: Some(Some(PersonId(n))),
        org: Some(Some(OrgId(n))),
        note: Some(Some(format!("N{n}"))),
        minutes: Some(u32::try_from(n).ok()),
        location: Some(Some(format!("L{n}"))),
        participants: Some(vec![PersonId(n + 10)]),
        // Of two values, as above.
        done: None,
        busy: None,
    };
    let id = ActivityId(1);
    Case {
        before: Item::Activity(activity(1, Some(("2026-11-20", None)), Some(2))),
        mine: Edit::UpdateActivity { id, patch: patch(11) },
        theirs: Edit::UpdateActivity { id, patch: patch(12) },
    }
}

fn person_case() -> Case {
    let patch = |n: u64| PersonPatch {
        name: Some(format!("N{n}")),
        org: Some(Some(OrgId(n))),
        owner: Some(UserId(n)),
        phones: Some(point(&format!("+{n}"))),
        emails: Some(point(&format!("{n}@example.com"))),
        labels: Some(vec![LabelId(n)]),
        custom: custom(n),
    };
    let id = PersonId(1);
    Case {
        before: Item::Person(Person { name: "Ann".into(), owner: Some(UserId(1)), ..Person::blank(id) }),
        mine: Edit::UpdatePerson { id, patch: patch(11) },
        theirs: Edit::UpdatePerson { id, patch: patch(12) },
    }
}

fn org_case() -> Case {
    let patch = |n: u64| OrgPatch {
        name: Some(format!("N{n}")),
        owner: Some(UserId(n)),
        address: Some(Some(format!("A{n}"))),
        labels: Some(vec![LabelId(n)]),
        custom: custom(n),
    };
    let id = OrgId(1);
    Case {
        before: Item::Org(Organization { name: "Org".into(), owner: Some(UserId(1)), ..Organization::blank(id) }),
        mine: Edit::UpdateOrg { id, patch: patch(11) },
        theirs: Edit::UpdateOrg { id, patch: patch(12) },
    }
}

fn cases() -> [Case; 5] {
    [deal_case(), lead_case(), activity_case(), person_case(), org_case()]
}

fn applied(edit: &Edit, item: &Item) -> Item {
    let mut item = item.clone();
    match (edit, &mut item) {
        (Edit::UpdateDeal { patch, .. }, Item::Deal(deal)) => patch.apply(deal),
        (Edit::UpdateLead { patch, .. }, Item::Lead(lead)) => patch.apply(lead),
        (Edit::UpdateActivity { patch, .. }, Item::Activity(activity)) => patch.apply(activity),
        (Edit::UpdatePerson { patch, .. }, Item::Person(person)) => patch.apply(person),
        (Edit::UpdateOrg { patch, .. }, Item::Org(org)) => patch.apply(org),
        _ => unreachable!(),
    }
    item
}

/// The edit of each field for itself.
fn fields(edit: &Edit) -> Vec<Edit> {
    let written = serde_json::to_value(edit).unwrap();
    let (kind, all) = written.as_object().unwrap().iter().next().unwrap();
    let mut patch = all["patch"].as_object().unwrap().clone();
    let custom = patch.remove("custom").unwrap_or_default();
    let edit = |patch: Value| serde_json::from_value(json!({kind: {"id": all["id"], "patch": patch}})).unwrap();
    let one = |(key, value): (&String, &Value)| edit(json!({key: value}));
    let one_custom = |(code, value): (&String, &Value)| edit(json!({"custom": {code: value}}));
    let ordinary = patch.iter().filter(|(_, value)| !value.is_null() || patch.len() == 1).map(one);
    ordinary.chain(custom.as_object().into_iter().flatten().map(one_custom)).collect()
}

#[test]
fn all_fields_are_carried_out_and_taken_back() {
    for Case { before, mine, .. } in cases() {
        let after = applied(&mine, &before);
        let inverse = mine.inverse(&before).unwrap();
        assert!(mine.is_satisfied_by(&after) && !mine.is_satisfied_by(&before), "{mine:?}");
        assert_eq!(applied(&inverse, &after), before);
        for one in fields(&mine) {
            let after = applied(&one, &before);
            assert_ne!(after, before, "{one:?}");
            assert!(one.is_satisfied_by(&after));
            assert_eq!(applied(&one.inverse(&before).unwrap(), &after), before, "{one:?}");
        }
    }
}

#[test]
fn a_field_clashes_with_itself_and_with_no_other() {
    for Case { before, mine, theirs } in cases() {
        let (mine_by_field, theirs_by_field) = (fields(&mine), fields(&theirs));
        assert!(mine_by_field.len() >= 3, "{mine_by_field:?}");
        for (nth, one) in mine_by_field.iter().enumerate() {
            let base = one.inverse(&before).unwrap();
            assert_eq!(one.conflict(&base, &before), None);
            for other in &theirs_by_field {
                let now = applied(other, &before);
                let is_same = other.intersect(one) == *other;
                let clash = one.conflict(&base, &now);
                assert_eq!(clash.is_some(), is_same, "{one:?} {other:?}");
                if let Some(clash) = clash {
                    assert_eq!((&clash.mine, &clash.base, &clash.theirs), (one, &base, other));
                }
            }
            // Both have made the same of it.
            assert_eq!(one.conflict(&base, &applied(one, &before)), None);
            assert!(mine.supersedes(one) && !one.supersedes(&mine));
            assert_eq!(mine.intersect(one), *one);
            let rest = mine.subtract(one).unwrap();
            assert_eq!(fields(&rest).len(), mine_by_field.len() - 1, "{nth}");
        }
    }
}
