//! The lists of deals, people, organizations and users.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::tables::RowId;
use dealdeck::app::{App, Msg, View, layout};
use dealdeck::domain::*;
use dealdeck::sync::Report;
use dealdeck::workspace::Change;

use crate::account::*;

fn rows(app: &App) -> Vec<RowId> {
    app.state.rows(&app.workspace).iter_from(0).collect()
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
    let mut seen = vec![app.state.view];
    for _ in 1..View::ALL.len() {
        press(&mut app, "tab");
        seen.push(app.state.view);
    }
    assert_eq!(seen, View::ALL);
    press(&mut app, "tab");
    assert_eq!(app.state.view, View::Board);
    press(&mut app, "5");
    assert!(matches!(app.state.selected(&app.workspace), Some(ItemRef::Person(_))));
    press(&mut app, "6");
    assert!(matches!(app.state.selected(&app.workspace), Some(ItemRef::Org(_))));
    // A user is nothing that can be edited.
    press(&mut app, "7");
    assert_eq!(app.state.selected(&app.workspace), None);
    assert!(matches!(app.state.selected_row(), Some(RowId::User(_))));
}

#[test]
fn the_list_of_deals_holds_those_of_all_pipelines_and_its_keys_change_them() {
    let mut app = app();
    press(&mut app, "4");
    let open = app.workspace.deals().filter(|deal| deal.status == DealStatus::Open && !deal.archived).count();
    assert_eq!(deals(&app).len(), open);
    let first = DealId(deals(&app)[0]);
    let stage = app.workspace.deal(first).unwrap().stage;
    press(&mut app, "L");
    assert_ne!(app.workspace.deal(first).unwrap().stage, stage);
    // The cursor stays with the deal, and goes to the next one when it leaves the list.
    assert_eq!(app.state.selected(&app.workspace), Some(ItemRef::Deal(first)));
    press(&mut app, "w");
    assert_eq!(app.workspace.deal(first).unwrap().status, DealStatus::Won);
    assert_eq!(app.state.selected(&app.workspace), Some(ItemRef::Deal(DealId(deals(&app)[0]))));
    press(&mut app, "t");
    assert!(deals(&app).contains(&first.0));
}

#[test]
fn a_person_is_found_by_name_or_address_and_counts_open_deals() {
    let mut app = app();
    press(&mut app, "5 /");
    type_text(&mut app, "ada");
    let ada = app.workspace.people_named("ada", 1)[0].id;
    assert_eq!(rows(&app), [RowId::Item(ItemRef::Person(ada))]);
    let open = |app: &App| app.workspace.linked(ItemRef::Person(ada)).map_or(0, |linked| linked.open_deals);
    let counted =
        |app: &App| app.workspace.deals_of(ItemRef::Person(ada)).filter(|deal| deal.status == DealStatus::Open).count();
    assert!(open(&app) > 0);
    assert_eq!(open(&app), counted(&app));
    let id = app.workspace.deals_of(ItemRef::Person(ada)).next().unwrap().id;
    app.update(Msg::Report(Report::Changed(vec![Change::Gone(ItemRef::Deal(id))])), now());
    assert_eq!(open(&app), counted(&app));
}

#[test]
fn a_click_selects_a_row_and_a_second_one_opens_its_details() {
    let mut app = app();
    press(&mut app, "4");
    let body = layout::layout(&app.state).body;
    let click = |app: &mut App| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column: 5, row: body.y + 2, modifiers: KeyModifiers::NONE };
        app.update(Msg::Mouse(mouse), now());
    };
    click(&mut app);
    assert_eq!(app.state.selected_row(), rows(&app).get(1).copied());
    assert!(!app.state.detail);
    click(&mut app);
    assert!(app.state.detail);
}
