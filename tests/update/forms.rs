//! Forms: making and editing each kind of item, the rules at the field, news while one is open.

use crate::harness::App;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::form::{Form, Name};
use dealdeck::app::{Effect, Msg, layout};
use dealdeck::domain::*;
use dealdeck::sync::{Command, Report};
use dealdeck::workspace::ServerUpdate;
use proptest::prelude::*;

use crate::account::*;

pub fn form(app: &App) -> &Form {
    match &app.session.dialog {
        Some(Dialog::Form(form)) => form,
        other => panic!("no form: {other:?}"),
    }
}

fn focused(app: &App) -> Name {
    form(app).focused().unwrap().name
}

pub fn error(app: &App) -> String {
    form(app).focused().unwrap().error.clone().unwrap_or_default()
}

/// Goes to a field.
pub fn go(app: &mut App, name: Name) {
    for _ in 0..30 {
        if focused(app) == name {
            return;
        }
        // Tab passes the row for one more phone number.
        press(app, if matches!(name, Name::Phone(1..) | Name::Email(1..)) { "down" } else { "tab" });
    }
    panic!("no field {name:?}");
}

/// Types into a field in place of what is there.
pub fn fill(app: &mut App, name: Name, text: &str) {
    go(app, name);
    press(app, "ctrl-u");
    type_text(app, text);
}

pub fn made(app: &mut App) -> Edit {
    only_edit(&press(app, "ctrl-s")).1
}

/// The account with types of activities, labels and a colleague.
pub fn richer() -> App {
    let mut app = app();
    let label = |id: u64, name: &str| Label { id: LabelId(id), name: name.into(), color: LabelColor::Red };
    let user = |id: u64, name: &str, active: bool| User {
        id: UserId(id),
        name: name.into(),
        active,
        email: None,
        phone: None,
    };
    let kind = |key: &str, name: &str| ActivityType { key: key.into(), name: name.into() };
    let news = vec![
        ServerUpdate::AllLabels(vec![label(1, "Hot"), label(2, "Cold")]),
        ServerUpdate::AllPersonLabels(vec![label(3, "Customer")]),
        ServerUpdate::AllUsers(vec![
            user(1, "Mari Tamm", true),
            user(2, "Jaan Kask", true),
            user(3, "Jaak Gone", false),
        ]),
        ServerUpdate::AllActivityTypes(vec![kind("call", "Call"), kind("meeting", "Meeting"), kind("lunch", "Lunch")]),
    ];
    app.update(Msg::Report(Report::Changed(news)), now());
    app
}

#[test]
fn of_a_deal_only_what_was_changed_is_sent_as_one_edit() {
    let mut app = richer();
    press(&mut app, "E");
    fill(&mut app, Name::Title, "Better");
    fill(&mut app, Name::Value, "9000 usd");
    go(&mut app, Name::Stage);
    press(&mut app, "right");
    fill(&mut app, Name::ExpectedClose, "next fri");
    fill(&mut app, Name::Owner, "jaan");
    go(&mut app, Name::Labels);
    press(&mut app, "down down space");
    let patch = DealPatch {
        title: Some("Better".into()),
        value: Some(money(9_000, "USD")),
        stage: Some(PipelineStage { pipeline: PipelineId(1), stage: StageId(2) }),
        expected_close: Some(Some(day("2026-12-04"))),
        owner: Some(UserId(2)),
        labels: Some(vec![LabelId(1)]),
        ..DealPatch::default()
    };
    assert_eq!(made(&mut app), Edit::UpdateDeal { id: DealId(2), patch });
    assert!(app.session.dialog.is_none());
    press(&mut app, "u E");
    assert!(press(&mut app, "ctrl-s").is_empty(), "nothing was changed, and nothing is sent");
    assert!(app.session.dialog.is_none());
    // What is typed anew but means the same is no change either.
    press(&mut app, "E");
    fill(&mut app, Name::Value, "2,000.00");
    assert!(press(&mut app, "ctrl-s").is_empty());
}

#[test]
fn probability_is_there_where_the_chosen_stage_has_it_and_a_reason_where_the_deal_is_lost() {
    let mut app = richer();
    press(&mut app, "E");
    let has = |app: &App, name| form(app).fields.iter().any(|field| field.name == name && !field.hidden);
    assert!(has(&app, Name::Probability) && !has(&app, Name::LostReason));
    go(&mut app, Name::Stage);
    press(&mut app, "left");
    assert_eq!(form(&app).focused().unwrap().text(), "Signed");
    assert!(!has(&app, Name::Probability), "the other pipeline has it turned off");
    go(&mut app, Name::Status);
    press(&mut app, "l");
    fill(&mut app, Name::LostReason, "price");
    let Edit::UpdateDeal { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch.status, Some(StatusChange::Lose { reason: Some("price".into()) }));
    assert_eq!(patch.stage, Some(PipelineStage { pipeline: PipelineId(2), stage: StageId(12) }));
}

#[test]
fn a_rule_is_told_at_its_field_and_what_was_typed_stays() {
    let mut app = richer();
    press(&mut app, "E");
    fill(&mut app, Name::Person, "");
    assert!(press(&mut app, "ctrl-s").is_empty());
    assert_eq!(focused(&app), Name::Person);
    assert!(error(&app).contains("linked to a person, an organization, or both"));
    // One that does not exist is not made by an edit.
    type_text(&mut app, "Nobody");
    press(&mut app, "ctrl-s");
    assert!(error(&app).contains("nothing here is called 'Nobody'"));
    fill(&mut app, Name::Person, "ada");
    fill(&mut app, Name::Title, "");
    press(&mut app, "ctrl-s");
    assert!(focused(&app) == Name::Title && error(&app).contains("title cannot be empty"));
    type_text(&mut app, "Fine");
    let Edit::UpdateDeal { patch, .. } = made(&mut app) else { panic!() };
    // Where the person works came along, as there was no organization.
    let org = Some(Some(OrgId(1)));
    assert_eq!(patch, DealPatch { title: Some("Fine".into()), org, ..DealPatch::default() });
}

#[test]
fn a_wrong_value_is_told_as_one_leaves_its_field() {
    let mut app = richer();
    press(&mut app, "n");
    fill(&mut app, Name::Value, "lots");
    press(&mut app, "tab");
    let value = form(&app).fields.iter().find(|field| field.name == Name::Value).unwrap();
    assert!(value.error.as_ref().unwrap().contains("not an amount"));
    fill(&mut app, Name::ExpectedClose, "12/24");
    press(&mut app, "tab");
    let close = form(&app).fields.iter().find(|field| field.name == Name::ExpectedClose).unwrap();
    assert!(close.error.as_ref().unwrap().contains("could be two days"));
}

#[test]
fn what_was_typed_is_thrown_away_only_after_a_question() {
    let mut app = richer();
    press(&mut app, "n esc");
    assert!(app.session.dialog.is_none(), "nothing was typed");
    press(&mut app, "n");
    type_text(&mut app, "Precious");
    press(&mut app, "esc");
    assert!(form(&app).leaving);
    press(&mut app, "esc");
    assert!(!form(&app).leaving);
    press(&mut app, "esc n");
    assert_eq!(form(&app).focused().unwrap().text(), "Precious");
    press(&mut app, "esc y");
    assert!(app.session.dialog.is_none());
}

#[test]
fn enter_goes_on_and_saves_in_the_last_field() {
    let mut app = richer();
    press(&mut app, "6 n");
    type_text(&mut app, "Acme");
    assert!(press(&mut app, "enter").is_empty());
    assert_eq!(focused(&app), Name::Address);
    type_text(&mut app, "Pikk 1, Tallinn");
    let (id, edit) = only_edit(&press(&mut app, "enter enter enter"));
    let new = NewOrg { name: "Acme".into(), address: Some("Pikk 1, Tallinn".into()), ..NewOrg::default() };
    let Edit::CreateOrg { id: local, new: is } = edit else { panic!() };
    assert_eq!(is, new);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Org(local)));
    let acme = Organization { name: "Acme".into(), ..Organization::blank(OrgId(9)) };
    succeed(&mut app, id, vec![ServerUpdate::Organizations(vec![acme])], Some(ItemRef::Org(OrgId(9))));
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Org(OrgId(9))), "the cursor goes along");
    press(&mut app, "e");
    fill(&mut app, Name::Address, "");
    fill(&mut app, Name::Title, "Acme Ltd");
    let patch = OrgPatch { name: Some("Acme Ltd".into()), ..OrgPatch::default() };
    assert_eq!(made(&mut app), Edit::UpdateOrg { id: OrgId(9), patch });
}

#[test]
fn a_person_has_phones_and_mails_with_labels_one_of_them_first() {
    let mut app = richer();
    press(&mut app, "5 n");
    type_text(&mut app, "Grace Hopper");
    fill(&mut app, Name::Org, "Navy");
    fill(&mut app, Name::Phone(0), "+1 555 1");
    fill(&mut app, Name::Phone(1), "+1 555 2");
    press(&mut app, "ctrl-l ctrl-l ctrl-t");
    fill(&mut app, Name::Email(0), "grace@navy.example");
    let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
    let point = |value: &str, label: &str, primary| ContactPoint { value: value.into(), label: label.into(), primary };
    let Edit::CreatePerson { new, .. } = edit else { panic!() };
    assert_eq!(new.org, Some(Link::New("Navy".into())));
    assert_eq!(new.phones, [point("+1 555 1", "work", false), point("+1 555 2", "mobile", true)]);
    assert_eq!(new.emails, [point("grace@navy.example", "work", true)]);
    let person = Person { name: "Grace Hopper".into(), phones: new.phones.clone(), ..Person::blank(PersonId(9)) };
    succeed(&mut app, id, vec![ServerUpdate::People(vec![person])], Some(ItemRef::Person(PersonId(9))));
    // The first one goes, another mail comes, a label is set.
    press(&mut app, "e");
    fill(&mut app, Name::Phone(0), "");
    fill(&mut app, Name::Email(0), "g@example.org");
    go(&mut app, Name::Labels);
    press(&mut app, "down space");
    let patch = PersonPatch {
        phones: Some(vec![point("+1 555 2", "mobile", true)]),
        emails: Some(vec![point("g@example.org", "work", true)]),
        labels: Some(vec![LabelId(3)]),
        ..PersonPatch::default()
    };
    assert_eq!(made(&mut app), Edit::UpdatePerson { id: PersonId(9), patch });
}

#[test]
fn a_call_tomorrow_for_a_deal_takes_five_keys() {
    let mut app = richer();
    press(&mut app, "N");
    let Edit::CreateActivity { new, .. } = ({
        press(&mut app, "m tab tab +");
        made(&mut app)
    }) else {
        panic!()
    };
    let meeting = NewActivity {
        subject: "Meeting".into(),
        kind: "meeting".into(),
        deal: Some(DealId(2)),
        person: Some(PersonId(1)),
        due: Some(Due { date: day("2026-11-25"), time: None }),
        ..NewActivity::default()
    };
    assert_eq!(new, meeting);
}

#[test]
fn all_fields_of_an_activity_are_edited() {
    let mut app = richer();
    let other = Person { name: "Grace Hopper".into(), ..Person::blank(PersonId(2)) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::People(vec![other])])), now());
    // The second one is due today at 12:30 UTC, half past two in Tallinn.
    press(&mut app, "2 j e");
    go(&mut app, Name::Due);
    assert_eq!(form(&app).focused().unwrap().text(), "2026-11-24 14:30");
    fill(&mut app, Name::Due, "fri 9");
    assert_eq!(form(&app).focused().unwrap().remark(day(TODAY)), Some("→ Fri 2026-11-27 09:00".into()));
    fill(&mut app, Name::Subject, "Show it");
    fill(&mut app, Name::Duration, "1h 30m");
    fill(&mut app, Name::Person, "ada");
    press(&mut app, "enter");
    fill(&mut app, Name::Participants, "hopper");
    press(&mut app, "enter");
    fill(&mut app, Name::Location, "Their office");
    fill(&mut app, Name::Note, "one");
    press(&mut app, "enter");
    type_text(&mut app, "two");
    go(&mut app, Name::Done);
    press(&mut app, "y");
    let patch = ActivityPatch {
        due: Some(Some(Due { date: day("2026-11-27"), time: chrono::NaiveTime::from_hms_opt(7, 0, 0) })),
        subject: Some("Show it".into()),
        minutes: Some(Some(90)),
        person: Some(Some(PersonId(1))),
        org: Some(Some(OrgId(1))),
        participants: Some(vec![PersonId(2)]),
        location: Some(Some("Their office".into())),
        note: Some(Some(text_to_html("one\ntwo"))),
        done: Some(true),
        ..ActivityPatch::default()
    };
    assert_eq!(made(&mut app), Edit::UpdateActivity { id: ActivityId(2), patch });
}

#[test]
fn a_lead_is_edited_and_its_source_only_shown() {
    let mut app = richer();
    press(&mut app, "3 E");
    fill(&mut app, Name::Value, "500");
    fill(&mut app, Name::Org, "engines");
    press(&mut app, "ctrl-s");
    let edit = app.account.workspace.lead(app.session.cursors.leads.selected.unwrap()).cloned().unwrap();
    assert_eq!((edit.value, edit.org), (Some(money(500, "EUR")), Some(OrgId(1))));
    press(&mut app, "E");
    assert!(form(&app).fields.iter().any(|field| field.name == Name::Source && field.text() == "API"));
}

#[test]
fn news_come_into_fields_that_nobody_has_touched_and_touched_ones_rest_on_what_they_were() {
    let mut app = richer();
    press(&mut app, "E");
    fill(&mut app, Name::Title, "Mine");
    let theirs =
        Deal { title: "Theirs".into(), updated: Some(at("2026-11-24T09:00:00Z")), ..deal(2, 1, money(7_777, "EUR")) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![theirs])])), now());
    let text = |app: &App, name| form(app).fields.iter().find(|field| field.name == name).unwrap().text().to_owned();
    assert_eq!((text(&app, Name::Title), text(&app, Name::Value)), ("Mine".into(), "7777 EUR".into()));
    assert_eq!(focused(&app), Name::Title);
    let effects = press(&mut app, "ctrl-s");
    let [Effect::Send(Command::Edit { kept, .. })] = &effects[..] else { panic!("{effects:?}") };
    let titled = |title: &str| {
        let patch = DealPatch { title: Some(title.into()), ..DealPatch::default() };
        Edit::UpdateDeal { id: DealId(2), patch }
    };
    assert_eq!((&kept.edit, &kept.base), (&titled("Mine"), &Some(titled("Deal 2"))), "so that it clashes with theirs");
}

#[test]
fn a_refused_update_comes_back_as_its_form() {
    let mut app = richer();
    press(&mut app, "5 e");
    fill(&mut app, Name::Title, "Ada King");
    let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
    fail(&mut app, id, dealdeck::pipedrive::ApiError::Refused("no".into()));
    press(&mut app, "! c");
    assert_eq!(form(&app).focused().unwrap().text(), "Ada King");
    assert_eq!(made(&mut app), edit);
    assert!(app.account.edits.attention.is_empty());
}

#[test]
fn a_click_goes_to_a_field() {
    let mut app = richer();
    press(&mut app, "n");
    let places = dealdeck::app::form::places(layout::screen(&app.session), form(&app));
    let (at, place) = places.fields[3];
    let click = |column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    };
    app.update(click(place.x + 5, place.y), now());
    assert_eq!(form(&app).focus, at);
    app.update(click(0, 0), now());
    assert!(app.session.dialog.is_some());
}

pub fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        6 => proptest::char::range('\u{20}', '\u{7e}').prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        2 => Just(KeyCode::Tab),
        1 => Just(KeyCode::BackTab),
        2 => Just(KeyCode::Enter),
        2 => Just(KeyCode::Down),
        2 => Just(KeyCode::Up),
        1 => Just(KeyCode::Left),
        1 => Just(KeyCode::Right),
        2 => Just(KeyCode::Backspace),
        1 => Just(KeyCode::Home),
        1 => Just(KeyCode::Esc),
    ];
    let control = prop_oneof![5 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL)];
    (code, control).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_key_in_a_form_panics(
        opened in prop_oneof![Just("E"), Just("n"), Just("N"), Just("2 e"), Just("2 n"), Just("3 E"), Just("3 n"),
            Just("5 e"), Just("5 n"), Just("6 e"), Just("6 n")],
        keys in proptest::collection::vec(any_key(), 0..60),
        size in (1_u16..130, 1_u16..45),
    ) {
        let mut app = richer();
        app.update(Msg::Resize(size.0, size.1), now());
        press(&mut app, opened);
        for key in keys {
            app.update(Msg::Key(key), now());
            if let Some(Dialog::Form(form)) = &app.session.dialog {
                prop_assert!(form.focus < form.fields.len());
                let _ = dealdeck::app::form::places(layout::screen(&app.session), form);
            }
        }
    }
}

#[test]
fn deals_people_and_actions_are_found_by_a_few_letters_whatever_their_accents() {
    let mut app = richer();
    let person = Person { name: "Łukasz Żak".into(), ..Person::blank(PersonId(5)) };
    let renewal =
        Deal { title: "Renewal for Łódź".into(), person: Some(PersonId(5)), ..deal(8, 1, money(1, "EUR")) };
    let news = vec![ServerUpdate::People(vec![person]), ServerUpdate::Deals(vec![renewal])];
    app.update(Msg::Report(Report::Changed(news)), now());
    press(&mut app, "2 n");
    fill(&mut app, Name::Deal, "lodz renew");
    press(&mut app, "enter");
    fill(&mut app, Name::Participants, "zak luk");
    press(&mut app, "enter");
    let Edit::CreateActivity { new, .. } = made(&mut app) else { panic!() };
    // The deal brought along whom it is about, who does not take part twice.
    assert_eq!((new.deal, new.person), (Some(DealId(8)), Some(PersonId(5))));
    press(&mut app, "1 :");
    type_text(&mut app, "nxt view");
    press(&mut app, "enter");
    assert_eq!(app.session.view, dealdeck::app::View::Activities);
}

#[test]
fn in_the_calendar_a_new_activity_is_for_the_day_with_the_cursor() {
    let mut app = richer();
    // The calendar opens at today, which is Tuesday; two days on is Thursday.
    press(&mut app, "2 v l l n");
    let Edit::CreateActivity { new, .. } = made(&mut app) else { panic!() };
    assert_eq!(new.due, Some(Due { date: day("2026-11-26"), time: None }));
}
