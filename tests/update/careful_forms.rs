//! What a form must not lose: what is typed while news come, what was deleted on purpose, what it does not show.

use crate::harness::App;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::form::{Kind, Name};
use dealdeck::app::{Msg, layout};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::Report;
use dealdeck::ui::{ColorSupport, Theme, view};
use dealdeck::workspace::ServerUpdate;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::account::*;
use crate::forms::{error, fill, form, go, made, richer};

fn tell(app: &mut App, changes: Vec<ServerUpdate>) {
    app.update(Msg::Report(Report::Changed(changes)), now());
}

fn point(value: &str, primary: bool) -> ContactPoint {
    ContactPoint { value: value.into(), label: "work".into(), primary }
}

/// Ada with these phones, as Pipedrive has her after the so many-eth change.
fn ada(phones: &[&str], change: i64) -> Vec<ServerUpdate> {
    let phones = phones.iter().enumerate().map(|(at, value)| point(value, at == 0)).collect();
    let updated = Some(at("2026-11-24T09:00:00Z") + chrono::TimeDelta::seconds(change));
    vec![ServerUpdate::People(vec![Person {
        name: "Ada Lovelace".into(),
        phones,
        updated,
        ..Person::blank(PersonId(1))
    }])]
}

/// A line of the screen.
fn line(app: &App, y: u16) -> String {
    let mut terminal =
        Terminal::new(TestBackend::new(app.session.viewport.size.0, app.session.viewport.size.1)).unwrap();
    let theme = Theme::for_terminal(ColorSupport::None);
    terminal.draw(|frame| drop(view(&app.session, &app.account, &theme, frame))).unwrap();
    let buffer = terminal.backend().buffer();
    (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
}

fn names(app: &App) -> Vec<Name> {
    form(app).fields.iter().map(|field| field.name).collect()
}

#[test]
fn a_number_that_is_being_typed_stays_while_the_person_changes() {
    let mut app = richer();
    tell(&mut app, ada(&[], 0));
    press(&mut app, "5 e");
    go(&mut app, Name::Phone(0));
    tell(&mut app, ada(&[], 1));
    type_text(&mut app, "+1");
    tell(&mut app, ada(&[], 2));
    type_text(&mut app, " 555");
    let Edit::UpdatePerson { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch, PersonPatch { phones: Some(vec![point("+1 555", true)]), ..PersonPatch::default() });
    // The same in the row for one more, which goes away along with the number before it.
    let mut app = richer();
    tell(&mut app, ada(&["1"], 0));
    press(&mut app, "5 e");
    go(&mut app, Name::Phone(1));
    tell(&mut app, ada(&["1"], 1));
    assert_eq!(form(&app).focused().unwrap().name, Name::Phone(1));
    tell(&mut app, ada(&[], 2));
    assert_eq!(form(&app).focused().unwrap().name, Name::Phone(0));
}

#[test]
fn numbers_taken_away_or_added_come_back_so_after_a_failure() {
    for (had, wanted) in [(&["1", "2", "3"][..], &["3"][..]), (&["1"], &["4", "5", "6"])] {
        let mut app = richer();
        tell(&mut app, ada(had, 0));
        press(&mut app, "5 e");
        for at in 0..had.len().max(wanted.len()) {
            // From the front: the first ones go.
            let text = if wanted.len() > had.len() { wanted[at] } else { had[at] };
            let stays = wanted.contains(&text);
            fill(&mut app, Name::Phone(at), if stays { text } else { "" });
        }
        let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
        let Edit::UpdatePerson { patch, .. } = &edit else { panic!() };
        let phones: Vec<&str> = patch.phones.iter().flatten().map(|point| point.value.as_str()).collect();
        assert_eq!(phones, wanted);
        fail(&mut app, id, ApiError::Refused("no".into()));
        press(&mut app, "! c");
        let is_phone = |name: &Name| matches!(name, Name::Phone(_));
        let order: Vec<bool> = names(&app).iter().map(is_phone).collect();
        let (first, last) = (order.iter().position(|is| *is), order.iter().rposition(|is| *is));
        assert!(order[first.unwrap()..=last.unwrap()].iter().all(|is| *is), "they stand together: {:?}", names(&app));
        fill(&mut app, Name::Title, "Ada King");
        let Edit::UpdatePerson { patch, .. } = made(&mut app) else { panic!() };
        let phones: Vec<&str> = patch.phones.iter().flatten().map(|point| point.value.as_str()).collect();
        assert_eq!((phones, patch.name.as_deref()), (wanted.to_vec(), Some("Ada King")));
    }
}

#[test]
fn labels_that_are_not_known_stay_while_others_are_picked() {
    let mut app = richer();
    let mut labelled = ada(&[], 0);
    if let ServerUpdate::People(people) = &mut labelled[0] {
        people[0].labels = vec![LabelId(77)];
    }
    tell(&mut app, labelled);
    let theirs = Deal { labels: vec![LabelId(2), LabelId(88)], updated: None, ..deal(2, 1, money(2_000, "EUR")) };
    let unknown = LeadLabelId(uuid::Uuid::from_u128(99));
    let cold = Lead { labels: vec![unknown], updated: None, ..lead(1, true) };
    tell(&mut app, vec![ServerUpdate::Deals(vec![theirs]), ServerUpdate::Leads(vec![cold])]);
    press(&mut app, "E");
    go(&mut app, Name::Labels);
    let offered = |app: &App| -> Vec<String> {
        form(app).focused().unwrap().offers.iter().map(|offer| offer.name.clone()).collect()
    };
    assert_eq!(offered(&app), ["Cold", "Hot", "#88"]);
    press(&mut app, "down down space");
    let Edit::UpdateDeal { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch.labels, Some(vec![LabelId(2), LabelId(88), LabelId(1)]));
    press(&mut app, "5 e");
    go(&mut app, Name::Labels);
    press(&mut app, "down space");
    let Edit::UpdatePerson { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch.labels, Some(vec![LabelId(77), LabelId(3)]));
    press(&mut app, "3 G E");
    go(&mut app, Name::Labels);
    assert_eq!(offered(&app), [format!("#{unknown}")]);
}

#[test]
fn a_click_takes_the_offer_under_the_mouse_on_a_low_screen() {
    for rows in [8, 10, 12, 14, 40] {
        let mut app = richer();
        let people = (10..20).map(|id| Person { name: format!("Zoe {id}"), ..Person::blank(PersonId(id)) }).collect();
        tell(&mut app, vec![ServerUpdate::People(people)]);
        app.update(Msg::Resize(80, rows), now());
        press(&mut app, "E");
        fill(&mut app, Name::Person, "zoe");
        // Down to the last one: it is in sight.
        press(&mut app, "down down down down down down");
        let placed = dealdeck::app::form::places(layout::screen(&app.session), form(&app));
        let field = form(&app).focused().unwrap();
        let (first, seen) = (placed.first_offer, usize::from(placed.offers.height));
        assert!(seen > 0 && (first..first + seen).contains(&field.marked.unwrap()), "{rows}");
        let expected = field.offers[first].name.clone();
        let kind = MouseEventKind::Down(MouseButton::Left);
        let (column, row) = (placed.offers.x, placed.offers.y);
        let line = line(&app, row);
        assert!(line.contains(&expected), "{rows}: {expected} in {line}");
        app.update(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }), now());
        assert_eq!(form(&app).focused().unwrap().text(), expected, "{rows}");
    }
}

#[test]
fn a_note_is_pasted_with_its_lines_and_told_where_it_is_cut() {
    let mut app = richer();
    press(&mut app, "2 e");
    fill(&mut app, Name::Note, "first");
    app.update(Msg::Paste("\r\nsecond\ttab\r\rlast".into()), now());
    type_text(&mut app, "!");
    let Edit::UpdateActivity { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch.note, Some(Some(text_to_html("first\nsecond tab\n\nlast!"))));
    press(&mut app, "e");
    fill(&mut app, Name::Note, "");
    let length = |app: &App| form(app).focused().unwrap().input.value().chars().count();
    press(&mut app, "backspace backspace backspace backspace backspace backspace");
    app.update(Msg::Paste("x".repeat(5_000)), now());
    type_text(&mut app, "y");
    assert!(length(&app) > 5_000 && error(&app).is_empty(), "{}", length(&app));
    app.update(Msg::Paste("x".repeat(50_000)), now());
    assert_eq!(length(&app), 20_000);
    assert!(error(&app).contains("no more than 20000 characters"), "{}", error(&app));
    press(&mut app, "backspace");
    assert!(error(&app).is_empty() && length(&app) == 19_999);
    type_text(&mut app, "yz");
    assert!(error(&app).contains("no more than 20000 characters") && length(&app) == 20_000);
    go(&mut app, Name::Location);
    app.update(Msg::Paste("two\nlines".into()), now());
    assert_eq!(form(&app).focused().unwrap().text(), "two lines");
    app.update(Msg::Paste("x".repeat(2_000)), now());
    assert!(error(&app).contains("no more than 1000 characters") && length(&app) == 1_000);
}

#[test]
fn what_a_form_cannot_show_of_a_text_is_not_destroyed_unawares() {
    let noted = |app: &mut App, note: &str| {
        let noted = Activity { note: Some(note.into()), ..activity(1, Some(("2026-11-20", None)), Some(2)) };
        tell(app, vec![ServerUpdate::Activities(vec![noted])]);
    };
    let mut app = richer();
    noted(&mut app, "A <b>bold</b> word");
    press(&mut app, "2 e");
    go(&mut app, Name::Note);
    assert!(form(&app).focused().unwrap().warning.contains("plain text"));
    let told = (0..40).any(|y| line(&app, y).contains("bold words and the like are lost"));
    assert!(told);
    // Of a note of that length the end may be missing.
    let mut app = richer();
    noted(&mut app, &"long ".repeat(4_000));
    press(&mut app, "2 e");
    let note = form(&app).fields.iter().find(|field| field.name == Name::Note).unwrap();
    assert_eq!((&note.kind, note.warning), (&Kind::Shown, "too long to be edited here"));
    fill(&mut app, Name::Subject, "Other");
    let Edit::UpdateActivity { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch, ActivityPatch { subject: Some("Other".into()), ..ActivityPatch::default() });
    let patch = ActivityPatch { note: Some(None), ..ActivityPatch::default() };
    let refused = app.account.workspace.submit(Edit::UpdateActivity { id: ActivityId(1), patch });
    assert_eq!(refused.err(), Some(RuleError::TooLongText("Note".into())));
    // The same goes for a custom field.
    let field = crate::custom::of(&FieldKind::LongText);
    let custom: CustomValues =
        [(field.code.clone(), FieldValue::Text("long ".repeat(4_000).into()))].into_iter().collect();
    let theirs = Deal { custom, updated: None, ..deal(2, 1, money(2_000, "EUR")) };
    tell(&mut app, vec![ServerUpdate::AllFields(crate::custom::all()), ServerUpdate::Deals(vec![theirs])]);
    press(&mut app, "1 E");
    assert!(form(&app).fields.iter().any(|other| other.label == field.name && other.kind == Kind::Shown));
    let custom = [(field.code.clone(), None)].into_iter().collect();
    let patch = DealPatch { custom, ..DealPatch::default() };
    let refused = app.account.workspace.submit(Edit::UpdateDeal { id: DealId(2), patch });
    assert_eq!(refused.err(), Some(RuleError::TooLongText(field.name)));
}
