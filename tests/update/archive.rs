//! The archive of leads on the screen.

use crate::harness::App;
use dealdeck::app::archive::ArchiveState;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{ArchivedLeads, Command, Report};

use crate::account::*;

fn archived(app: &mut App, leads: Vec<Lead>, is_whole: bool) {
    app.update(Msg::Report(Report::Archive(Ok(ArchivedLeads { leads, is_whole }))), now());
}

fn old(n: u128) -> Lead {
    Lead { archived: true, updated: Some(at("2026-10-01T10:00:00Z")), ..lead(n, true) }
}

#[test]
fn the_archive_is_read_once_and_what_is_taken_out_of_it_is_in_the_inbox() {
    let mut app = app();
    press(&mut app, "3");
    let before = app.session.cursors.leads.selected;
    assert_eq!(press(&mut app, "t"), [Effect::Send(Command::Archive)]);
    archived(&mut app, vec![old(20), old(21)], false);
    assert_eq!(app.account.archive, ArchiveState::Latest);
    assert_eq!(app.session.inbox(&app.account.workspace).len(), 2);
    assert!(press(&mut app, "s").is_empty() && press(&mut app, "c").is_empty(), "archived leads take no other edit");
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("archived"));
    let taken = app.session.cursors.leads.selected.unwrap();
    let (_, edit) = only_edit(&press(&mut app, "a"));
    let patch = LeadPatch { archived: Some(false), ..LeadPatch::default() };
    assert_eq!(edit, Edit::UpdateLead { id: taken, patch });
    assert_eq!(app.session.inbox(&app.account.workspace).len(), 1, "it has left the archive");
    assert!(press(&mut app, "t").is_empty());
    assert_eq!(app.session.cursors.leads.selected, before, "the cursor of the inbox is where it was");
    assert!(app.session.inbox(&app.account.workspace).iter_from(0).any(|id| id == taken));
    assert!(press(&mut app, "t").is_empty(), "it is known by now");
}

#[test]
fn an_archive_that_could_not_be_read_is_asked_for_again() {
    let mut app = app();
    press(&mut app, "3 t");
    app.update(Msg::Report(Report::Archive(Err(ApiError::Busy))), now());
    assert!(matches!(app.account.archive, ArchiveState::Failed(_)));
    assert!(press(&mut app, "r").contains(&Effect::Send(Command::Archive)));
    archived(&mut app, Vec::new(), true);
    press(&mut app, "t t");
    assert_eq!(app.account.archive, ArchiveState::Whole);
}

#[test]
fn all_that_is_marked_in_the_archive_is_taken_out_of_it() {
    let mut app = app();
    press(&mut app, "3 A t");
    assert_eq!(app.session.marks(), 0, "those of the inbox are not on the screen");
    archived(&mut app, vec![old(20), old(21)], true);
    press(&mut app, "A");
    assert_eq!(app.session.marks(), 2);
    let effects = press(&mut app, "a");
    let [Effect::Send(Command::Bulk(kept))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(kept.len(), 2);
    assert_eq!((app.session.marks(), app.session.inbox(&app.account.workspace).len()), (0, 0));
}

#[test]
fn the_filter_works_in_the_archive() {
    let mut app = app();
    press(&mut app, "3 t");
    let one = Lead { title: "Weather station".into(), ..old(20) };
    archived(&mut app, vec![one, old(21)], true);
    press(&mut app, "/");
    type_text(&mut app, "weather");
    assert_eq!(app.session.inbox(&app.account.workspace).len(), 1);
    press(&mut app, "esc t");
    assert!(app.session.inbox(&app.account.workspace).len() > 2);
}
