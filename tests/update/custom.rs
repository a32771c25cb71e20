//! Custom fields as people write and read them, and the rules for them.

use dealdeck::domain::*;
use dealdeck::workspace::{ServerUpdate, Workspace};
use proptest::prelude::*;

use crate::account::*;

fn field(last: u64, name: &str, kind: FieldKind) -> FieldDef {
    let option = |(id, label): (u64, &str)| FieldOption { id, label: label.into(), color: None };
    let options = match kind {
        FieldKind::Choice | FieldKind::Choices => {
            [(1, "Retail"), (2, "Food, drink"), (3, "Food")].into_iter().map(option).collect()
        }
        _ => Vec::new(),
    };
    FieldDef {
        code: FieldCode::new(&format!("{last:040x}")).unwrap(),
        name: name.into(),
        kind,
        options,
        of: ItemKind::Deal,
    }
}

pub fn all() -> Vec<FieldDef> {
    let kinds = [
        FieldKind::Text,
        FieldKind::LongText,
        FieldKind::Phone,
        FieldKind::Number,
        FieldKind::Money,
        FieldKind::Choice,
        FieldKind::Choices,
        FieldKind::Date,
        FieldKind::DateRange,
        FieldKind::Time,
        FieldKind::TimeRange,
        FieldKind::Address,
        FieldKind::User,
        FieldKind::Person,
        FieldKind::Org,
        FieldKind::Flag,
        FieldKind::Other("picture".into()),
    ];
    (1..).zip(kinds).map(|(last, kind)| field(last, &format!("{kind:?}"), kind)).collect()
}

fn account() -> Workspace {
    let mut workspace = Workspace::new();
    workspace.absorb(changes());
    workspace.absorb(vec![ServerUpdate::AllFields(all())]);
    workspace
}

pub fn of(kind: &FieldKind) -> FieldDef {
    all().into_iter().find(|field| field.kind == *kind).unwrap()
}

#[test]
fn each_type_is_read_and_shown_as_people_write_it() {
    let account = account();
    let person = account.person(PersonId(1)).unwrap().name.clone();
    let user = account.user(UserId(1)).unwrap().name.clone();
    for (kind, typed, shown) in [
        (FieldKind::Text, "  Any text ", "Any text"),
        (FieldKind::Number, "-12.50", "-12.5"),
        (FieldKind::Money, "1 250,50 USD", "$1,250.50"),
        (FieldKind::Choice, "retail", "Retail"),
        (FieldKind::Choice, "#3", "Food"),
        (FieldKind::Choices, "food, drink, RETAIL,food", "Retail, Food, drink, Food"),
        (FieldKind::Date, "tomorrow", "2026-11-25"),
        (FieldKind::DateRange, "2026-12-24..+40d", "2026-12-24 – 2027-01-03"),
        (FieldKind::DateRange, "24.12...31.12.", "2026-12-24 – 2026-12-31"),
        (FieldKind::Time, "9:05", "09:05"),
        (FieldKind::TimeRange, "9:00 - 10:30", "09:00 – 10:30"),
        (FieldKind::Address, "Pikk 1, Tallinn", "Pikk 1, Tallinn"),
        (FieldKind::User, user.as_str(), user.as_str()),
        (FieldKind::Person, &person.to_uppercase(), person.as_str()),
        (FieldKind::Org, "#987654", "#987654"),
        (FieldKind::Flag, "Yes", "yes"),
    ] {
        let field = of(&kind);
        let value = field.parse(typed, day("2026-11-24"), &account).unwrap_or_else(|error| panic!("{typed}: {error}"));
        let value = value.unwrap();
        assert_eq!(field.display(&value, &account), shown, "{field:?}");
        let written = field.written(&value, &account);
        assert_eq!(field.parse(&written, day("2026-11-24"), &account), Ok(Some(value)), "{written}");
        assert_eq!(field.parse("  ", day("2026-11-24"), &account), Ok(None));
    }
}

#[test]
fn what_is_no_value_of_a_field_is_refused_in_words() {
    let account = account();
    for (kind, typed, words) in [
        (FieldKind::Text, "x".repeat(256).as_str(), "255"),
        (FieldKind::Number, "many", "'many' is not a number"),
        (FieldKind::Money, "1.2.3 EUR", "1.2.3"),
        (FieldKind::Choice, "Mining", "choose one of Retail, Food, drink, Food"),
        (FieldKind::Choices, "Retail, Mining", "'Mining'"),
        (FieldKind::Date, "2026-02-30", "not a valid date"),
        (FieldKind::DateRange, "2026-12-24", ".."),
        (FieldKind::DateRange, "2026-12-24..2026-12-01", "ends before it begins"),
        (FieldKind::Time, "25:00", "time of day"),
        (FieldKind::Flag, "perhaps", "yes or no"),
        (FieldKind::User, "Nobody", "'Nobody'"),
        (FieldKind::Other("picture".into()), "x", "in Pipedrive"),
    ] {
        let error = of(&kind).parse(typed, day("2026-11-24"), &account).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn tables_are_sorted_by_what_values_mean() {
    let account = account();
    let sorted = |kind: FieldKind, typed: &[&str]| {
        let field = of(&kind);
        let value = |text: &&str| field.parse(text, day("2026-11-24"), &account).unwrap().unwrap();
        let mut values: Vec<FieldValue> = typed.iter().map(value).collect();
        values.sort_by_key(|value| field.order(value, &account));
        values.iter().map(|value| field.display(value, &account)).collect::<Vec<_>>()
    };
    assert_eq!(sorted(FieldKind::Number, &["10", "9", "-1"]), ["-1", "9", "10"]);
    assert_eq!(sorted(FieldKind::Money, &["9 USD", "10 USD", "90 EUR"]), ["€90", "$9", "$10"]);
    assert_eq!(sorted(FieldKind::Choice, &["Food", "Retail"]), ["Retail", "Food"], "in the order of the options");
    assert_eq!(sorted(FieldKind::Text, &["b", "A"]), ["A", "b"]);
    assert_eq!(sorted(FieldKind::Date, &["2027-01-01", "2026-12-31"]), ["2026-12-31", "2027-01-01"]);
}

#[test]
fn options_that_are_gone_and_odd_values_are_shown_for_what_they_are() {
    let account = account();
    assert_eq!(of(&FieldKind::Choice).display(&FieldValue::id(77), &account), "#77");
    assert_eq!(
        of(&FieldKind::Choice).display(&FieldValue::Text("2".into()), &account),
        "Food, drink",
        "as API v1 has it"
    );
    assert_eq!(of(&FieldKind::Choices).display(&FieldValue::Text("1,3".into()), &account), "Retail, Food");
    assert_eq!(of(&FieldKind::Choices).display(&FieldValue::Text("odd".into()), &account), "odd");
    assert_eq!(of(&FieldKind::Date).display(&FieldValue::Other("[1]".into()), &account), "[1]");
    assert_eq!(of(&FieldKind::Number).display(&FieldValue::Whole("x".into()), &account), "x");
}

fn update(code: &FieldCode, value: Option<FieldValue>) -> Edit {
    let custom = [(code.clone(), value)].into_iter().collect();
    Edit::UpdateDeal { id: DealId(1), patch: DealPatch { custom, ..DealPatch::default() } }
}

#[test]
fn a_field_changes_at_once_and_is_taken_back() {
    let mut account = account();
    let field = of(&FieldKind::Choice);
    let shown = |account: &Workspace| account.deal(DealId(1)).unwrap().custom.get(&field.code).cloned();
    let edit = update(&field.code, Some(FieldValue::id(2)));
    let first = account.submit(edit.clone()).unwrap();
    assert_eq!(shown(&account), Some(FieldValue::id(2)));
    assert_eq!(account.submit(edit).unwrap_err(), RuleError::NoChange);
    account.submit(update(&field.code, None)).unwrap();
    assert_eq!(shown(&account), None);
    account.submit(first.inverse.unwrap()).unwrap_err();
}

#[test]
fn a_change_that_breaks_a_rule_is_refused() {
    let mut account = account();
    let unknown = FieldCode::new("feedfeedfeedfeedfeedfeedfeedfeedfeedfeed").unwrap();
    let (choice, other) = (of(&FieldKind::Choice), of(&FieldKind::Other("picture".into())));
    for (edit, error) in [
        (update(&unknown, None), RuleError::NoSuchField),
        (update(&choice.code, Some(FieldValue::id(9))), RuleError::NoSuchOption(choice.name.clone())),
        (update(&other.code, None), RuleError::FieldReadOnly(other.name.clone())),
        (
            update(&of(&FieldKind::Person).code, Some(FieldValue::id(PersonId::local(1).0))),
            RuleError::LinkNotYetCreated,
        ),
    ] {
        assert_eq!(account.submit(edit).unwrap_err(), error);
    }
    let person = PersonPatch { custom: [(choice.code, None)].into_iter().collect(), ..PersonPatch::default() };
    let edit = Edit::UpdatePerson { id: PersonId(1), patch: person };
    assert_eq!(account.submit(edit).unwrap_err(), RuleError::NoSuchField, "people have fields of their own");
    assert_eq!(account.fields(ItemKind::Lead).count(), all().len(), "leads have those of deals");
}

#[test]
fn what_pipedrive_says_of_a_code_is_told_by_the_fields_name() {
    let field = of(&FieldKind::Money);
    let said = account().with_field_names(&format!("'{}' must be an object", field.code));
    assert_eq!(said, "'Money' must be an object");
}

proptest! {
    #[test]
    fn no_text_and_no_value_makes_it_panic(text in ".{0,40}", number in any::<i64>()) {
        let account = account();
        let value = [FieldValue::Text(text.as_str().into()), FieldValue::Number(number.into()), FieldValue::Whole(text.as_str().into())];
        for field in all() {
            if let Ok(Some(value)) = field.parse(&text, day("2026-11-24"), &account) {
                let written = field.written(&value, &account);
                prop_assert_eq!(field.parse(&written, day("2026-11-24"), &account), Ok(Some(value)), "{}", written);
            }
            for value in &value {
                field.display(value, &account);
                field.order(value, &account);
            }
        }
    }
}
