//! The lists of deals, people, organizations and users.

use crate::harness::App;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::tables::RowId;
use dealdeck::app::{Msg, View, layout};
use dealdeck::domain::*;
use dealdeck::sync::Report;
use dealdeck::workspace::{Column, ServerUpdate};

use crate::account::*;

fn rows(app: &App) -> Vec<RowId> {
    app.session.rows(&app.account.workspace).iter_from(0).collect()
}

fn deals(app: &App) -> Vec<u64> {
    let id = |row: RowId| match row {
        RowId::Item(ItemRef::Deal(id)) => Some(id.0),
        _ => None,
    };
    rows(app).into_iter().filter_map(id).collect()
}

#[test]
fn all_six_objects_have_a_list_and_the_tab_key_goes_round() {
    let mut app = app();
    let mut seen = vec![app.session.view];
    for _ in 1..View::ALL.len() {
        press(&mut app, "tab");
        seen.push(app.session.view);
    }
    assert_eq!(seen, View::ALL);
    press(&mut app, "tab");
    assert_eq!(app.session.view, View::Board);
    press(&mut app, "5");
    assert!(matches!(app.session.selected(&app.account.workspace), Some(ItemRef::Person(_))));
    press(&mut app, "6");
    assert!(matches!(app.session.selected(&app.account.workspace), Some(ItemRef::Org(_))));
    // A user is nothing that can be edited.
    press(&mut app, "7");
    assert_eq!(app.session.selected(&app.account.workspace), None);
    assert!(matches!(app.session.selected_row(), Some(RowId::User(_))));
}

#[test]
fn the_list_of_deals_holds_those_of_all_pipelines_and_its_keys_change_them() {
    let mut app = app();
    press(&mut app, "4");
    let open = app.account.workspace.deals().filter(|deal| deal.status == DealStatus::Open && !deal.archived).count();
    assert_eq!(deals(&app).len(), open);
    let first = DealId(deals(&app)[0]);
    let stage = app.account.workspace.deal(first).unwrap().stage;
    press(&mut app, "L");
    assert_ne!(app.account.workspace.deal(first).unwrap().stage, stage);
    // The cursor stays with the deal, and goes to the next one when it leaves the list.
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(first)));
    press(&mut app, "w");
    assert_eq!(app.account.workspace.deal(first).unwrap().status, DealStatus::Won);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(DealId(deals(&app)[0]))));
    press(&mut app, "t");
    assert!(deals(&app).contains(&first.0));
}

#[test]
fn a_person_is_found_by_name_or_address_and_counts_open_deals() {
    let mut app = app();
    press(&mut app, "5 /");
    type_text(&mut app, "ada");
    let ada = app.account.workspace.people_named("ada", 1)[0].id;
    assert_eq!(rows(&app), [RowId::Item(ItemRef::Person(ada))]);
    let open = |app: &App| app.account.workspace.linked(ItemRef::Person(ada)).map_or(0, |linked| linked.open_deals);
    let counted = |app: &App| {
        app.account.workspace.deals_of(ItemRef::Person(ada)).filter(|deal| deal.status == DealStatus::Open).count()
    };
    assert!(open(&app) > 0);
    assert_eq!(open(&app), counted(&app));
    let id = app.account.workspace.deals_of(ItemRef::Person(ada)).next().unwrap().id;
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Gone(ItemRef::Deal(id))])), now());
    assert_eq!(open(&app), counted(&app));
}

#[test]
fn a_click_selects_a_row_and_a_second_one_opens_its_details() {
    let mut app = app();
    press(&mut app, "4");
    let body = layout::layout(&app.session).body;
    let click = |app: &mut App| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column: 5, row: body.y + 2, modifiers: KeyModifiers::NONE };
        app.update(Msg::Mouse(mouse), now());
    };
    click(&mut app);
    assert_eq!(app.session.selected_row(), rows(&app).get(1).copied());
    assert!(!app.session.detail.is_open);
    click(&mut app);
    assert!(app.session.detail.is_open);
}

fn heads(app: &App) -> Vec<Column> {
    app.session.arrangements.columns(app.session.view).to_vec()
}

#[test]
fn a_list_is_sorted_by_a_pick_the_other_way_round_by_a_second_one_and_by_a_click_on_its_head() {
    let mut app = app();
    press(&mut app, "4 S");
    type_text(&mut app, "value");
    press(&mut app, "enter");
    assert_eq!(deals(&app), [6, 5, 4, 2, 1, 3]);
    press(&mut app, "S enter");
    assert_eq!(deals(&app), [3, 1, 2, 4, 5, 6]);
    // A change puts one deal elsewhere, and the cursor goes along.
    press(&mut app, "g v");
    type_text(&mut app, "4500");
    press(&mut app, "enter");
    assert_eq!(deals(&app), [1, 2, 4, 3, 5, 6]);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(DealId(3))));
    let body = layout::layout(&app.session).body;
    let kind = MouseEventKind::Down(MouseButton::Left);
    let mouse = MouseEvent { kind, column: 6, row: body.y, modifiers: KeyModifiers::NONE };
    app.update(Msg::Mouse(mouse), now());
    assert_eq!(app.session.arrangements.order(View::Deals).map(|order| order.by), Some(Column::Title));
    assert_eq!(deals(&app), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_column_of_the_board_is_sorted_too() {
    let mut app = app();
    let cards = |app: &App| -> Vec<u64> {
        app.session.cards(&app.account.workspace, StageId(1)).iter_from(0).map(|id| id.0).collect()
    };
    assert_eq!(cards(&app), [2, 3, 1]);
    press(&mut app, "S");
    type_text(&mut app, "value");
    press(&mut app, "enter");
    assert_eq!(cards(&app), [2, 1, 3]);
    press(&mut app, "S g");
    press(&mut app, "backspace up up up up up up up enter");
    assert_eq!(cards(&app), [2, 3, 1], "the usual order again");
}

#[test]
fn columns_are_shown_hidden_moved_and_as_usual_again() {
    let mut app = app();
    press(&mut app, "5");
    let usual = heads(&app);
    assert_eq!(usual[..3], [Column::Title, Column::Org, Column::Email]);
    press(&mut app, "C x j J");
    assert_eq!(heads(&app), usual, "nothing changes before it is done");
    press(&mut app, "enter");
    assert_eq!(heads(&app)[..3], [Column::Title, Column::Phone, Column::Email]);
    press(&mut app, "C G x enter");
    assert_eq!(heads(&app).last(), Some(&Column::Updated));
    press(&mut app, "C esc C u enter");
    assert_eq!(heads(&app), usual);
}

#[test]
fn mine_and_everyones_are_one_key_apart_in_every_view() {
    let mut app = app();
    let other = Deal { owner: Some(UserId(2)), ..deal(7, 1, money(7, "EUR")) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![other])])), now());
    press(&mut app, "4");
    assert_eq!(deals(&app).len(), 7);
    press(&mut app, "M");
    assert_eq!(deals(&app).len(), 6);
    press(&mut app, "1");
    assert!(app.session.cards(&app.account.workspace, StageId(1)).iter_from(0).all(|id| id != DealId(7)));
    press(&mut app, "M 4");
    assert_eq!(deals(&app).len(), 7);
}

#[test]
fn what_is_asked_by_the_filter_holds_in_its_view_until_esc() {
    let mut app = app();
    press(&mut app, "4 F");
    type_text(&mut app, "at least");
    press(&mut app, "enter");
    type_text(&mut app, "2000 eur");
    press(&mut app, "enter");
    assert_eq!(deals(&app), [2, 4, 5, 6]);
    // The list of what can be asked is open again.
    type_text(&mut app, "nothing");
    press(&mut app, "enter esc");
    assert_eq!(deals(&app), [4, 5, 6]);
    press(&mut app, "/");
    type_text(&mut app, "5");
    press(&mut app, "enter");
    assert_eq!(deals(&app), [5]);
    // Another view is asked for its own.
    press(&mut app, "esc 5");
    assert_eq!(rows(&app).len(), 1);
    press(&mut app, "4");
    assert_eq!(deals(&app), [4, 5, 6]);
    press(&mut app, "esc");
    assert_eq!(deals(&app).len(), 6);
}

#[test]
fn a_bound_that_makes_no_sense_is_refused_at_the_field() {
    let mut app = app();
    press(&mut app, "F");
    type_text(&mut app, "close from");
    press(&mut app, "enter");
    type_text(&mut app, "31.6.2026");
    press(&mut app, "enter");
    let Some(Dialog::Prompt(prompt)) = &app.session.dialog else { panic!("it is asked on") };
    assert!(prompt.error.is_some());
    press(&mut app, "esc");
    assert!(!app.session.filter.is_on(View::Board));
}

#[test]
fn a_list_is_filtered_by_owner_and_stage() {
    let mut app = app();
    press(&mut app, "4 F");
    type_text(&mut app, "stage");
    press(&mut app, "enter");
    type_text(&mut app, "proposal");
    press(&mut app, "enter esc");
    assert_eq!(deals(&app), [4]);
    press(&mut app, "F");
    type_text(&mut app, "owner");
    press(&mut app, "enter");
    type_text(&mut app, "mari");
    press(&mut app, "enter esc");
    assert_eq!(deals(&app), [4]);
    press(&mut app, "esc");
    assert_eq!(deals(&app).len(), 6);
}

#[test]
fn custom_fields_are_columns_and_sort_a_list() {
    let mut app = app();
    let code = FieldCode::new(&"ab".repeat(20)).unwrap();
    let field = FieldDef {
        code: code.clone(),
        name: "Seats".into(),
        kind: FieldKind::Number,
        options: Vec::new(),
        of: ItemKind::Deal,
    };
    let with = |id: u64, seats: i64| {
        let mut patch = CustomPatch::default();
        patch.set(code.clone(), Some(FieldValue::Number(seats.into())));
        let mut deal = deal(id, 1, money(1, "EUR"));
        patch.apply(&mut deal.custom);
        deal
    };
    let news =
        vec![ServerUpdate::AllFields(vec![field]), ServerUpdate::Deals(vec![with(1, 9), with(2, 100), with(4, 50)])];
    app.update(Msg::Report(Report::Changed(news)), now());
    press(&mut app, "4 C G x enter");
    let seats = *heads(&app).last().unwrap();
    assert_eq!(app.account.workspace.column_name(seats), "Seats");
    press(&mut app, "S");
    type_text(&mut app, "seats");
    press(&mut app, "enter");
    assert_eq!(deals(&app)[..3], [1, 4, 2]);
    // A field that is deleted is no column any more.
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::AllFields(Vec::new())])), now());
    assert!(app.session.placed_columns(&app.account.workspace, 300).iter().all(|column| column.facet != seats));
}

#[test]
fn the_leads_are_a_table_too() {
    let mut app = app();
    press(&mut app, "3 C j x enter");
    assert_eq!(heads(&app)[..3], [Column::Title, Column::Value, Column::Org]);
    press(&mut app, "S");
    type_text(&mut app, "title");
    press(&mut app, "enter");
    let titles = |app: &App| -> Vec<String> {
        let inbox = app.session.inbox(&app.account.workspace);
        inbox.iter_from(0).map(|id| app.account.workspace.lead(id).unwrap().title.clone()).collect()
    };
    assert_eq!(titles(&app), ["Lead 1", "Lead 2", "Lead 3"]);
    press(&mut app, "S enter");
    assert_eq!(titles(&app), ["Lead 3", "Lead 2", "Lead 1"]);
}
