//! Marks: set one by one, by range and all at once, and taken away.

use crate::harness::App;
use dealdeck::domain::*;
use dealdeck::sync::Report;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

fn marked(app: &App) -> Vec<u64> {
    app.session.marked().map(|item| if let ItemRef::Deal(id) = item { id.0 } else { panic!("{item:?}") }).collect()
}

#[test]
fn marks_are_set_one_by_one_by_range_and_all_at_once() {
    let mut app = app();
    // From the top: 2, 3, 1.
    press(&mut app, "space");
    assert_eq!(marked(&app), [2]);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(3)), "the next one is at hand");
    press(&mut app, "j V");
    assert_eq!(marked(&app), [1, 2, 3], "all from the last mark to the cursor");
    press(&mut app, "k space");
    assert_eq!(marked(&app), [1, 2], "once more takes the mark away");
    press(&mut app, "A");
    assert_eq!(marked(&app), [1, 2, 3]);
    press(&mut app, "l A");
    assert_eq!(marked(&app), [1, 2, 3, 4], "those of another column are added");
    press(&mut app, "h A");
    assert_eq!(marked(&app), [4], "where all are marked, none is after that");
}

#[test]
fn what_is_filtered_out_is_not_marked() {
    let mut app = app();
    press(&mut app, "/");
    type_text(&mut app, "Deal 3");
    press(&mut app, "enter A esc");
    assert_eq!(app.session.marks(), 0, "esc takes marks away first");
    assert!(app.session.filter.is_on(app.session.view));
    press(&mut app, "A esc");
    press(&mut app, "A");
    assert_eq!(marked(&app), [3]);
}

#[test]
fn marks_are_of_items_that_are_there_and_of_their_view() {
    let mut app = app();
    press(&mut app, "A");
    assert_eq!(app.session.marked_totals().values(), [money(3_000, "EUR"), money(500, "USD")]);
    let gone = ServerUpdate::Gone(ItemRef::Deal(DealId(3)));
    send(&mut app, dealdeck::app::Msg::Report(Report::Changed(vec![gone])));
    assert_eq!(marked(&app), [1, 2]);
    assert_eq!(app.session.marked_totals().values(), [money(3_000, "EUR")]);
    press(&mut app, "2");
    assert_eq!(app.session.marks(), 0);
    press(&mut app, "1");
    assert_eq!(marked(&app), [1, 2], "who only looked elsewhere finds them again");
    press(&mut app, "2 space 1");
    assert_eq!(app.session.marks(), 0);
}
