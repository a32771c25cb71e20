//! The activities as a week and as a day.

use crate::harness::App;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::calendar::Shape;
use dealdeck::app::{Msg, layout};
use dealdeck::domain::*;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

fn timed(id: u64, date: &str, time: Option<&str>, minutes: u32) -> Activity {
    let due = Due { date: date.parse().unwrap(), time: time.map(|time| time.parse().unwrap()) };
    let subject = format!("Call {id}");
    Activity { subject, kind: "call".into(), due: Some(due), minutes: Some(minutes), ..Activity::blank(ActivityId(id)) }
}

/// A week with two calls at once on Wednesday, one for the whole of it, and one on Friday. Today is Tuesday.
fn week() -> App {
    let mut app = app();
    let known: Vec<ItemRef> = (0..20).map(|id| ItemRef::Activity(ActivityId(id))).collect();
    app.account.workspace.absorb(known.into_iter().map(ServerUpdate::Gone).collect());
    app.account.workspace.absorb(vec![ServerUpdate::Activities(vec![
        timed(30, "2026-11-25", Some("09:00:00"), 60),
        timed(31, "2026-11-25", Some("09:30:00"), 30),
        timed(32, "2026-11-25", None, 0),
        timed(33, "2026-11-27", Some("13:00:00"), 45),
    ])]);
    press(&mut app, "2 v");
    app
}

fn grid(app: &App) -> dealdeck::app::calendar::Grid {
    app.session.grid(&app.account.workspace, layout::layout(&app.session).body)
}

#[test]
fn the_keys_go_by_days_and_by_what_is_on_a_day() {
    let mut app = week();
    assert_eq!(app.session.calendar.shape, Shape::Week);
    let day = |app: &App| app.session.calendar_day(&app.account.workspace).to_string();
    press(&mut app, "t");
    assert_eq!((day(&app).as_str(), app.session.cursors.activities.selected), ("2026-11-24", None));
    press(&mut app, "l");
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(32)), "what is for the whole day comes first");
    press(&mut app, "j j j");
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(31)));
    press(&mut app, "] [ [ t l l l");
    assert_eq!((day(&app).as_str(), app.session.cursors.activities.selected), ("2026-11-27", Some(ActivityId(33))));
    // What is put off goes to its day, and the cursor stays on this one.
    only_edit(&press(&mut app, "+"));
    assert_eq!((day(&app).as_str(), app.session.cursors.activities.selected), ("2026-11-27", None));
    press(&mut app, "l");
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(33)));
    only_edit(&press(&mut app, "u"));
    assert_eq!(day(&app), "2026-11-27", "undone, the cursor goes along");
    press(&mut app, "v v");
    assert_eq!(
        (app.session.calendar.shape, app.session.cursors.activities.selected),
        (Shape::List, Some(ActivityId(33)))
    );
}

#[test]
fn what_is_at_the_same_time_stands_side_by_side_and_a_click_takes_it() {
    let mut app = week();
    let wednesday = grid(&app).days.into_iter().find(|column| column.day.to_string() == "2026-11-25").unwrap();
    let [whole, first, second] = wednesday.blocks[..] else { panic!("{wednesday:?}") };
    assert_eq!(whole.id, ActivityId(32));
    assert_eq!((first.id, second.id), (ActivityId(30), ActivityId(31)));
    assert!(first.place.right() <= second.place.x && first.place.y <= second.place.y);
    assert!(whole.place.y < first.place.y);
    let click = |app: &mut App, (column, row): (u16, u16)| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        app.update(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }), now());
    };
    click(&mut app, (second.place.x, second.place.y));
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(31)));
    assert!(!app.session.detail.is_open);
    click(&mut app, (second.place.x, second.place.y));
    assert!(app.session.detail.is_open);
}

#[test]
fn it_opens_at_today_wherever_the_list_was() {
    let mut app = app();
    press(&mut app, "2");
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(1)), "it is overdue");
    press(&mut app, "v");
    assert_eq!(app.session.calendar_day(&app.account.workspace), day(TODAY));
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(2)), "the first of today");
    press(&mut app, "l v v");
    assert_eq!(app.session.cursors.activities.selected, Some(ActivityId(3)), "the list goes on from a day without any");
}

#[test]
fn all_that_is_marked_is_what_the_week_or_the_day_shows() {
    let mut app = week();
    app.account.workspace.absorb(vec![ServerUpdate::Activities(vec![
        timed(34, "2026-11-18", Some("09:00:00"), 60),
        timed(35, "2026-12-02", Some("09:00:00"), 60),
    ])]);
    let marked = |app: &App| {
        let id = |item| if let ItemRef::Activity(id) = item { id.0 } else { panic!("{item:?}") };
        app.session.marked().map(id).collect::<Vec<u64>>()
    };
    press(&mut app, "l A");
    assert_eq!(marked(&app), [30, 31, 32, 33], "the week");
    press(&mut app, "A");
    assert_eq!(marked(&app), [0; 0]);
    press(&mut app, "space j V");
    assert_eq!(marked(&app), [30, 31, 32], "a range within a day");
    press(&mut app, "l l V esc");
    press(&mut app, "v A");
    assert_eq!(marked(&app), [33], "the day");
    press(&mut app, "esc h A");
    assert_eq!(marked(&app), [0; 0], "nothing is on Thursday");
}

#[test]
fn a_narrow_screen_shows_fewer_days_and_the_one_with_the_cursor_is_among_them() {
    let mut app = week();
    for width in [20, 40, 60, 80, 120, 200] {
        app.update(Msg::Resize(width, 24), now());
        for _ in 0..8 {
            press(&mut app, "l");
            let day = app.session.calendar_day(&app.account.workspace);
            let days = grid(&app).days;
            assert!(days.iter().any(|column| column.day == day), "{width}: {day}");
            assert!(days.iter().all(|column| column.place.right() <= width), "{width}");
        }
        press(&mut app, "t");
    }
    assert_eq!(grid(&app).days.len(), 7);
}

#[test]
fn the_days_on_which_the_clock_changes_have_their_hours() {
    let mut app = week();
    // Tallinn: on 28 March 2027 three o'clock is four, on 31 October 2027 it is three twice.
    app.account.workspace.absorb(vec![ServerUpdate::Activities(vec![
        timed(40, "2027-03-28", Some("00:30:00"), 60),
        timed(41, "2027-10-31", Some("00:30:00"), 60),
        timed(42, "2027-10-31", Some("01:30:00"), 30),
    ])]);
    let zone = app.account.workspace.zone().to_string();
    assert_eq!(zone, "Europe/Tallinn");
    app.session.cursors.activities.selected = Some(ActivityId(40));
    for (day, ids) in [("2027-03-28", vec![40]), ("2027-10-31", vec![41, 42])] {
        app.session.calendar.day = Some(day.parse().unwrap());
        let column = grid(&app).days.into_iter().find(|column| column.day.to_string() == day).unwrap();
        let shown: Vec<u64> = column.blocks.iter().map(|block| block.id.0).collect();
        assert_eq!(shown, ids, "{day}");
        assert!(column.blocks.iter().all(|block| block.place.height >= 1));
    }
}
