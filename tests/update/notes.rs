//! Looking closer at an item, and its notes: when Pipedrive is asked, and what the dialogs do.

use crate::harness::App;
use chrono::Duration;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dealdeck::app::Now;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::form::Name;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, Report};
use dealdeck::workspace::ServerUpdate;

use crate::account::*;
use crate::forms::fill;

fn after(seconds: i64) -> Now {
    Now(now().0 + Duration::seconds(seconds))
}

/// The item that is asked about, if one is.
fn looked_at(effects: &[Effect]) -> Option<ItemRef> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::LoadDetails { item, .. }) => Some(*item),
        _ => None,
    })
}

fn tick(app: &mut App, seconds: i64) -> Option<ItemRef> {
    looked_at(&app.update(Msg::Tick, after(seconds)))
}

fn deal_item(id: u64) -> ItemRef {
    ItemRef::Deal(DealId(id))
}

fn note(id: u64, content: &str) -> Note {
    Note { on: vec![deal_item(2)], content: content.into(), author: Some(UserId(1)), ..Note::blank(NoteId(id)) }
}

fn dossier(notes: Vec<Note>) -> Report {
    let timeline = Vec::new();
    let dossier = ItemDetails { item: deal_item(2), at: now().0, as_of: None, notes, products: Vec::new(), timeline };
    Report::Changed(vec![ServerUpdate::Details(Box::new(dossier))])
}

/// An account in which the details of deal 2 are open and were read.
fn opened(notes: Vec<Note>) -> App {
    let mut app = app();
    press(&mut app, "enter");
    app.update(Msg::Report(dossier(notes)), now());
    app
}

fn edit_of(effects: &[Effect]) -> Option<Edit> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::Edit { kept, .. }) => Some(kept.edit.clone()),
        _ => None,
    })
}

fn control(app: &mut App, c: char) -> Vec<Effect> {
    app.update(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)), now())
}

fn shown_notes(app: &App) -> Vec<String> {
    app.account.workspace.notes_of(deal_item(2)).map(|note| html_to_text(&note.content)).collect()
}

#[test]
fn who_stays_at_the_details_has_them_completed_who_passes_by_does_not() {
    let mut app = app();
    assert_eq!(tick(&mut app, 5), None, "nothing is open");
    assert_eq!(looked_at(&app.update(Msg::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)), after(5))), None);
    assert_eq!(tick(&mut app, 6), Some(deal_item(2)));
    assert_eq!(tick(&mut app, 7), None, "it is on its way");
    // The next card waits until the first answer is there: never two at once.
    app.update(Msg::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE)), after(7));
    assert_eq!(tick(&mut app, 9), None);
    app.update(Msg::Report(Report::DetailsLoaded { item: deal_item(2), outcome: Ok(()) }), after(9));
    assert_eq!(tick(&mut app, 10), None, "that answer was the reason to ask");
}

#[test]
fn an_item_is_asked_about_again_when_it_has_changed_or_time_has_passed() {
    let mut app = app();
    press(&mut app, "enter");
    assert_eq!(tick(&mut app, 1), Some(deal_item(2)));
    app.update(Msg::Report(Report::DetailsLoaded { item: deal_item(2), outcome: Ok(()) }), after(1));
    assert_eq!(tick(&mut app, 120), None);
    let changed = Deal { updated: Some(after(100).0), ..app.account.workspace.deal(DealId(2)).unwrap().clone() };
    let news = Report::Changed(vec![ServerUpdate::Deals(vec![changed])]);
    assert_eq!(looked_at(&app.update(Msg::Report(news), after(121))), Some(deal_item(2)));
    app.update(
        Msg::Report(Report::DetailsLoaded { item: deal_item(2), outcome: Err(ApiError::BudgetKept) }),
        after(122),
    );
    assert!(app.session.detail.loader.trouble(deal_item(2)).is_some());
    assert_eq!(tick(&mut app, 130), None);
    assert_eq!(tick(&mut app, 200), Some(deal_item(2)), "what failed is tried again");
    app.update(Msg::Report(Report::DetailsLoaded { item: deal_item(2), outcome: Ok(()) }), after(201));
    assert_eq!(tick(&mut app, 200 + 14 * 60), None);
    assert_eq!(tick(&mut app, 200 + 15 * 60), Some(deal_item(2)));
}

#[test]
fn a_list_of_notes_takes_away_what_is_not_in_it_but_for_what_is_being_written() {
    let mut app = opened(vec![note(1, "First"), note(2, "Second")]);
    assert_eq!(shown_notes(&app), ["Second", "First"]);
    press(&mut app, "i");
    type_text(&mut app, "Third");
    assert!(edit_of(&control(&mut app, 's')).is_some());
    app.update(Msg::Report(dossier(vec![note(2, "Second, changed")])), now());
    let mut shown = shown_notes(&app);
    shown.sort();
    assert_eq!(shown, ["Second, changed", "Third"]);
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Gone(ItemRef::Note(NoteId(2)))])), now());
    assert_eq!(shown_notes(&app), ["Third"]);
}

#[test]
fn a_note_is_written_over_several_lines_and_taken_back() {
    let mut app = opened(Vec::new());
    press(&mut app, "i");
    type_text(&mut app, "One & all");
    press(&mut app, "enter");
    type_text(&mut app, "two");
    let (id, edit) = only_edit(&control(&mut app, 's'));
    let Edit::CreateNote { on, content, .. } = &edit else { panic!("{edit:?}") };
    assert_eq!((*on, content.as_str()), (deal_item(2), "One &amp; all<br>two"));
    assert!(app.session.dialog.is_none());
    assert_eq!(shown_notes(&app), ["One & all\ntwo"]);
    let made = note(7, content.as_str());
    succeed(&mut app, id, vec![ServerUpdate::Notes(vec![made])], Some(ItemRef::Note(NoteId(7))));
    press(&mut app, "u");
    assert!(matches!(app.session.dialog, Some(Dialog::Delete { item: ItemRef::Note(NoteId(7)), .. })));
    assert_eq!(edit_of(&press(&mut app, "y")), Some(Edit::Delete { item: ItemRef::Note(NoteId(7)) }));
    assert!(shown_notes(&app).is_empty());
}

#[test]
fn a_note_is_changed_from_the_list_and_undone() {
    let mut app = opened(vec![note(1, "<p>Old <b>words</b></p>")]);
    press(&mut app, "I enter");
    let Some(Dialog::Note(editor)) = &app.session.dialog else { panic!("{:?}", app.session.dialog) };
    assert!(editor.is_formatted && editor.area.text() == "Old words");
    // Saved as it is, it keeps its formatting.
    assert_eq!(edit_of(&control(&mut app, 's')), None);
    press(&mut app, "I enter");
    type_text(&mut app, "!");
    let patch = NotePatch { content: Some("Old words!".into()) };
    assert_eq!(edit_of(&control(&mut app, 's')), Some(Edit::UpdateNote { id: NoteId(1), patch }));
    assert_eq!(shown_notes(&app), ["Old words!"]);
    let back = NotePatch { content: Some("<p>Old <b>words</b></p>".into()) };
    assert_eq!(edit_of(&press(&mut app, "u")), Some(Edit::UpdateNote { id: NoteId(1), patch: back }));
}

#[test]
fn a_note_is_deleted_from_the_list_after_a_question() {
    let mut app = opened(vec![note(1, "First"), note(2, "Second")]);
    press(&mut app, "I X");
    assert!(matches!(app.session.dialog, Some(Dialog::Delete { item: ItemRef::Note(NoteId(2)), .. })));
    press(&mut app, "n");
    assert_eq!(shown_notes(&app).len(), 2);
    press(&mut app, "I X");
    assert_eq!(edit_of(&press(&mut app, "y")), Some(Edit::Delete { item: ItemRef::Note(NoteId(2)) }));
    assert_eq!(shown_notes(&app), ["First"]);
}

#[test]
fn what_was_typed_is_not_lost_by_one_key() {
    let mut app = opened(Vec::new());
    press(&mut app, "i esc");
    assert!(app.session.dialog.is_none(), "nothing was typed");
    press(&mut app, "i");
    type_text(&mut app, "Long thoughts");
    press(&mut app, "esc");
    let is_leaving = |app: &App| matches!(&app.session.dialog, Some(Dialog::Note(editor)) if editor.leaving);
    assert!(is_leaving(&app));
    press(&mut app, "n");
    assert!(!is_leaving(&app) && app.session.dialog.is_some());
    press(&mut app, "ctrl-c");
    assert!(is_leaving(&app), "this key asks as well");
    press(&mut app, "y");
    assert!(app.session.dialog.is_none());
    // An empty note is none, and says so.
    press(&mut app, "i enter enter");
    assert!(control(&mut app, 's').is_empty());
    assert!(matches!(&app.session.dialog, Some(Dialog::Note(editor)) if editor.error.is_some()));
    // Pasted text keeps its lines, and runs nothing.
    app.update(Msg::Paste("a\r\nb\x13\x1b\tc".into()), now());
    let Some(Dialog::Note(editor)) = &app.session.dialog else { panic!() };
    assert!(editor.area.text().ends_with("a\nb c"));
}

#[test]
fn a_note_that_a_rule_forbids_is_not_lost() {
    let text = |app: &App| match &app.session.dialog {
        Some(Dialog::Note(editor)) => (editor.area.text(), editor.error.is_some()),
        other => panic!("{other:?}"),
    };
    // Somebody deletes the deal meanwhile.
    let mut app = opened(Vec::new());
    press(&mut app, "i");
    type_text(&mut app, "Long thoughts");
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Gone(deal_item(2))])), now());
    assert_eq!(control(&mut app, 's'), []);
    assert_eq!(text(&app), ("Long thoughts".to_owned(), true));
    // Or the note.
    let mut app = opened(vec![note(1, "Old")]);
    press(&mut app, "I enter");
    type_text(&mut app, "er");
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Gone(ItemRef::Note(NoteId(1)))])), now());
    assert_eq!(control(&mut app, 's'), []);
    assert_eq!(text(&app), ("Older".to_owned(), true));
}

#[test]
fn no_note_is_begun_that_could_not_be_saved() {
    let mut app = opened(Vec::new());
    let is_told = |app: &App| app.session.messages.notice.as_ref().unwrap().text.contains("not in Pipedrive yet");
    press(&mut app, "i");
    type_text(&mut app, "First");
    control(&mut app, 's');
    press(&mut app, "I enter");
    assert!(app.session.dialog.is_none() && is_told(&app), "the note is still being made");
    press(&mut app, "n");
    fill(&mut app, Name::Title, "Deal");
    fill(&mut app, Name::Person, "ada");
    only_edit(&control(&mut app, 's'));
    press(&mut app, "i");
    assert!(app.session.dialog.is_none() && is_told(&app), "the deal is");
}

#[test]
fn rules_of_notes() {
    let mut app = opened(vec![note(1, "First"), note(2, &"x".repeat(Note::LONGEST))]);
    let all = &mut app.account.workspace;
    let written = |on, content: &str| Edit::CreateNote { id: NoteId::local(9), on, content: content.into() };
    for (edit, rule) in [
        (written(deal_item(2), "<p> </p>"), RuleError::EmptyNote),
        (written(deal_item(999), "Words"), RuleError::Gone),
        (written(ItemRef::Deal(DealId::local(1)), "Words"), RuleError::LinkNotYetCreated),
        (Edit::UpdateNote { id: NoteId(1), patch: NotePatch { content: Some(" ".into()) } }, RuleError::EmptyNote),
        (Edit::UpdateNote { id: NoteId(1), patch: NotePatch { content: Some("First".into()) } }, RuleError::NoChange),
        (Edit::UpdateNote { id: NoteId(2), patch: NotePatch { content: Some("x".into()) } }, RuleError::TooLongNote),
    ] {
        assert_eq!(all.submit(edit), Err(rule));
    }
}
