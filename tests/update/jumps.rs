//! Going to what an item is linked to, and back.

use crate::harness::App;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::{Msg, View};
use dealdeck::domain::*;
use dealdeck::sync::Report;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

fn lines(app: &App) -> Vec<&str> {
    match &app.session.dialog {
        Some(Dialog::Pick(picker)) => picker.list.lines().map(|line| line.label.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_goes_to_what_an_item_is_linked_to_and_back_to_where_one_was() {
    let mut app = app();
    press(&mut app, "f");
    assert_eq!(lines(&app), ["Ada Lovelace", "Activity 1"]);
    press(&mut app, "down enter");
    assert_eq!(app.session.view, View::Activities);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Activity(ActivityId(1))));
    assert!(app.session.detail.is_open);
    // It is linked to its deal only, and that is gone to at once.
    press(&mut app, "f");
    assert_eq!(app.session.view, View::Board);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(DealId(2))));
    press(&mut app, "backspace");
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Activity(ActivityId(1))));
    press(&mut app, "backspace");
    assert_eq!((app.session.view, app.session.detail.is_open), (View::Board, false));
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(DealId(2))));
    press(&mut app, "backspace");
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("nowhere"));
}

#[test]
fn a_deal_is_shown_in_its_pipeline_and_status_and_no_filter_hides_it() {
    let mut app = app();
    let won = Deal { status: DealStatus::Won, pipeline: PipelineId(2), ..deal(9, 12, money(1, "EUR")) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![won])])), now());
    press(&mut app, "/");
    type_text(&mut app, "deal 2");
    press(&mut app, "enter");
    assert!(app.go_to(ItemRef::Deal(DealId(9))));
    press(&mut app, "J");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(9)));
    assert!(!app.session.filter.is_shown(app.session.view));
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("filter was cleared"));
    press(&mut app, "backspace");
    assert_eq!(app.session.filter.input.value(), "deal 2");
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(2)));
    assert!(!app.go_to(ItemRef::Deal(DealId(999))));
}

#[test]
fn back_is_back_in_the_archive_or_the_inbox() {
    let mut app = app();
    press(&mut app, "3");
    let before = app.session.selected(&app.account.workspace);
    let archived = Lead { archived: true, ..lead(20, true) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Leads(vec![archived])])), now());
    assert!(app.go_to(ItemRef::Lead(lead_id(20))));
    assert!(app.session.archive.is_shown);
    assert!(app.go_to(ItemRef::Lead(lead_id(1))));
    assert!(!app.session.archive.is_shown);
    press(&mut app, "backspace");
    assert!(app.session.archive.is_shown);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Lead(lead_id(20))));
    press(&mut app, "backspace");
    assert!(!app.session.archive.is_shown);
    assert_eq!(app.session.selected(&app.account.workspace), before);
}

#[test]
fn what_is_in_no_list_has_its_details_shown_and_the_keys_are_for_it() {
    let mut app = app();
    let archived = Deal { archived: true, ..deal(9, 1, money(1, "EUR")) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![archived])])), now());
    assert!(app.go_to(ItemRef::Deal(DealId(9))));
    assert!(press(&mut app, "w").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("archived"));
    press(&mut app, "j");
    assert_eq!(app.session.navigation.pinned, None, "the cursor takes over where it is moved");
}

#[test]
fn people_and_organizations_are_gone_to_in_their_lists() {
    let mut app = app();
    press(&mut app, "f enter");
    assert_eq!(app.session.view, View::People);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Person(PersonId(1))));
    // Ada works at an organization, has deals and leads.
    press(&mut app, "f");
    assert_eq!(lines(&app)[..2], ["Engines Ltd", "Deal 6"]);
    press(&mut app, "enter");
    assert_eq!((app.session.view, app.session.navigation.pinned), (View::Orgs, None));
    press(&mut app, "backspace backspace");
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(DealId(2))));
}
