//! Custom fields in forms: each as its type wants it, and compared for itself.

use crate::harness::App;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::form::Name;
use dealdeck::app::{Effect, Msg, layout};
use dealdeck::domain::*;
use dealdeck::sync::{Command, Report};
use dealdeck::workspace::ServerUpdate;
use proptest::prelude::*;

use crate::account::*;
use crate::custom::{all, of};
use crate::forms::{any_key, error, fill, form, go, made, richer};

/// The place of the field of this type in the form.
fn named(kind: &FieldKind) -> Name {
    Name::Custom(all().iter().position(|field| field.kind == *kind).unwrap())
}

fn values(values: &[(FieldKind, FieldValue)]) -> CustomValues {
    values.iter().map(|(kind, value)| (of(kind).code, value.clone())).collect()
}

fn tell(app: &mut App, changes: Vec<ServerUpdate>) {
    app.update(Msg::Report(Report::Changed(changes)), now());
}

/// The account with fields of every type, and something in some of them on the deal with the cursor.
fn account() -> App {
    let mut app = richer();
    let custom = values(&[
        (FieldKind::Text, FieldValue::Text("before".into())),
        (FieldKind::Choice, FieldValue::id(77)),
        (FieldKind::Choices, FieldValue::options([1, 3]).unwrap()),
        (FieldKind::User, FieldValue::id(1)),
        (FieldKind::Flag, FieldValue::Flag(true)),
        (FieldKind::Other("picture".into()), FieldValue::Other("{}".into())),
    ]);
    let deal = Deal { custom, updated: Some(at("2026-11-24T08:00:00Z")), ..deal(2, 1, money(2_000, "EUR")) };
    tell(&mut app, vec![ServerUpdate::AllFields(all()), ServerUpdate::Deals(vec![deal])]);
    app
}

fn patch(edit: &Edit) -> Vec<(FieldKind, Option<FieldValue>)> {
    let Edit::UpdateDeal { patch, .. } = edit else { panic!("{edit:?}") };
    assert_eq!(*patch, DealPatch { custom: patch.custom.clone(), ..DealPatch::default() }, "nothing else is changed");
    let kind = |code: &FieldCode| all().into_iter().find(|field| field.code == *code).unwrap().kind;
    patch.custom.iter().map(|(code, value)| (kind(code), value.cloned())).collect()
}

#[test]
fn fields_of_each_type_are_filled_and_only_those_are_sent() {
    let mut app = account();
    press(&mut app, "E");
    let range = |from: &str, until: &str| Some(FieldValue::Range(Box::new((from.into(), until.into()))));
    let typed = [
        (FieldKind::Phone, "+372 1", Some(FieldValue::Text("+372 1".into()))),
        (FieldKind::Number, "12.5", Some(FieldValue::Number("12.5".parse().unwrap()))),
        (FieldKind::Money, "90 usd", Some(FieldValue::Money(Box::new(money(90, "USD"))))),
        (FieldKind::Date, "tomorrow", Some(FieldValue::Text("2026-11-25".into()))),
        (FieldKind::DateRange, "2026-12-24..+40d", range("2026-12-24", "2027-01-03")),
        (FieldKind::Time, "9:05", Some(FieldValue::Whole("09:05:00".into()))),
        (FieldKind::TimeRange, "9..17:30", range("09:00:00", "17:30:00")),
        (FieldKind::Address, "Pikk 1", Some(FieldValue::Whole("Pikk 1".into()))),
    ];
    for (kind, text, _) in &typed {
        fill(&mut app, named(kind), text);
    }
    // The deleted option is there still; the one before it is the last of the list.
    go(&mut app, named(&FieldKind::Choice));
    assert!(form(&app).focused().unwrap().text() == "#77");
    press(&mut app, "left");
    go(&mut app, named(&FieldKind::Choices));
    press(&mut app, "down space");
    fill(&mut app, named(&FieldKind::User), "jaan");
    fill(&mut app, named(&FieldKind::Person), "ada");
    go(&mut app, named(&FieldKind::Flag));
    press(&mut app, "left");
    fill(&mut app, named(&FieldKind::Text), "");
    let mut expected: Vec<_> = typed.into_iter().map(|(kind, _, value)| (kind, value)).collect();
    expected.extend([
        (FieldKind::Text, None),
        (FieldKind::Choice, Some(FieldValue::id(3))),
        (FieldKind::Choices, FieldValue::options([3])),
        (FieldKind::User, Some(FieldValue::id(2))),
        (FieldKind::Person, Some(FieldValue::id(1))),
        (FieldKind::Flag, Some(FieldValue::Flag(false))),
    ]);
    let sent = patch(&made(&mut app));
    for one in &expected {
        assert!(sent.contains(one), "{one:?}: {sent:?}");
    }
    assert_eq!(sent.len(), expected.len(), "{sent:?}");
    press(&mut app, "u E");
    assert!(press(&mut app, "ctrl-s").is_empty(), "what was taken back is no change");
}

#[test]
fn what_is_wrong_is_told_at_the_field_as_one_leaves_it_and_on_saving() {
    let mut app = account();
    press(&mut app, "E");
    for (kind, text, words) in [
        (FieldKind::Number, "many", "not a number"),
        (FieldKind::DateRange, "2026-12-24..2026-12-01", "ends before it begins"),
        (FieldKind::Time, "noon", "time of day"),
        (FieldKind::Money, "much", "much"),
        (FieldKind::Person, "Nobody at all", "Nobody at all"),
    ] {
        let name = named(&kind);
        fill(&mut app, name, text);
        press(&mut app, "tab");
        let told = form(&app).fields.iter().find(|field| field.name == name).unwrap().error.clone();
        assert!(told.is_some_and(|told| told.contains(words)), "{kind:?}");
        assert!(press(&mut app, "ctrl-s").is_empty());
        assert!(error(&app).contains(words), "{kind:?}: {}", error(&app));
        fill(&mut app, name, "");
    }
}

#[test]
fn untouched_fields_follow_the_news_and_touched_ones_rest_on_what_they_were() {
    let mut app = account();
    press(&mut app, "E");
    fill(&mut app, named(&FieldKind::Text), "mine");
    let custom = values(&[
        (FieldKind::Text, FieldValue::Text("theirs".into())),
        (FieldKind::Address, FieldValue::Whole("Theirs 1".into())),
    ]);
    let theirs = Deal { custom, updated: Some(at("2026-11-24T09:00:00Z")), ..deal(2, 1, money(2_000, "EUR")) };
    tell(&mut app, vec![ServerUpdate::Deals(vec![theirs])]);
    let text = |app: &App, kind: FieldKind| {
        form(app).fields.iter().find(|field| field.name == named(&kind)).unwrap().text().to_owned()
    };
    assert_eq!((text(&app, FieldKind::Text), text(&app, FieldKind::Address)), ("mine".into(), "Theirs 1".into()));
    let effects = press(&mut app, "ctrl-s");
    let [Effect::Send(Command::Edit { kept, .. })] = &effects[..] else { panic!("{effects:?}") };
    let is = |text: &str| vec![(FieldKind::Text, Some(FieldValue::Text(text.into())))];
    assert_eq!(patch(&kept.edit), is("mine"));
    assert_eq!(patch(kept.base.as_ref().unwrap()), is("before"), "so that it clashes with theirs");
}

#[test]
fn a_field_of_an_unknown_type_is_shown_and_those_of_new_items_are_left_for_later() {
    let mut app = account();
    press(&mut app, "E");
    let shown = named(&FieldKind::Other("picture".into()));
    assert!(form(&app).fields.iter().any(|field| field.name == shown && field.text() == "{}"));
    press(&mut app, "esc n");
    assert!(!form(&app).fields.iter().any(|field| matches!(field.name, Name::Custom(_))));
}

#[test]
fn an_edit_of_a_field_is_told_by_its_name() {
    let mut app = account();
    press(&mut app, "E");
    fill(&mut app, named(&FieldKind::Number), "12");
    let edit = made(&mut app);
    assert_eq!(dealdeck::app::in_words(&app.account.workspace, &edit), "Number 12 for 'Deal 2'");
}

#[test]
fn a_refusal_says_which_field_by_its_name_and_the_form_comes_back_with_it() {
    let mut app = account();
    press(&mut app, "E");
    fill(&mut app, named(&FieldKind::Number), "12");
    let (id, _) = only_edit(&press(&mut app, "ctrl-s"));
    let words = format!("ERR_SCHEMA_VALIDATION_FAILED: '{}' must be a number", of(&FieldKind::Number).code);
    fail(&mut app, id, dealdeck::pipedrive::ApiError::Refused(words));
    assert!(
        app.account.edits.attention[0].why.contains("'Number' must be a number"),
        "{}",
        app.account.edits.attention[0].why
    );
    press(&mut app, "! c");
    go(&mut app, named(&FieldKind::Number));
    assert_eq!(form(&app).focused().unwrap().text(), "12");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_key_in_a_form_with_custom_fields_panics(
        back in 0_usize..20,
        keys in proptest::collection::vec(any_key(), 0..60),
    ) {
        let mut app = account();
        press(&mut app, "E");
        for _ in 0..back {
            press(&mut app, "up");
        }
        for key in keys {
            app.update(Msg::Key(key), now());
            if let Some(Dialog::Form(form)) = &app.session.dialog {
                let _ = dealdeck::app::form::places(layout::screen(&app.session), form);
            }
        }
    }
}
