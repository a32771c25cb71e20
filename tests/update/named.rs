//! Filters by name, and what of a screen is kept for the next start.

use std::collections::HashSet;

use crate::harness::App;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::{Effect, Msg, View};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, Durability, FilterResult, Report, Restored};
use dealdeck::workspace::Column;

use crate::account::*;

fn deals(app: &App) -> Vec<u64> {
    let rows = app.session.rows(&app.account.workspace);
    rows.iter_from(0)
        .filter_map(|row| match row.item() {
            Some(ItemRef::Deal(id)) => Some(id.0),
            _ => None,
        })
        .collect()
}

fn names(app: &App) -> Vec<&str> {
    match &app.session.dialog {
        Some(Dialog::Pick(picker)) => picker.list.lines().map(|line| line.label.as_str()).collect(),
        other => panic!("no list: {other:?}"),
    }
}

/// Asks for deals of 4,000 or more, and saves that.
fn save_large(app: &mut App) {
    press(app, "4 F");
    type_text(app, "at least");
    press(app, "enter");
    type_text(app, "4000");
    press(app, "enter esc Q");
    type_text(app, "save");
    press(app, "enter");
    type_text(app, "Large ones");
    press(app, "enter");
}

#[test]
fn a_filter_is_saved_by_name_used_again_and_forgotten() {
    let mut app = app();
    save_large(&mut app);
    press(&mut app, "esc");
    assert_eq!(deals(&app).len(), 6);
    press(&mut app, "Q");
    type_text(&mut app, "large");
    press(&mut app, "enter");
    assert_eq!(deals(&app), [4, 5, 6]);
    // It is for the view in which it was saved.
    press(&mut app, "5 Q");
    assert!(!names(&app).contains(&"Large ones"));
    press(&mut app, "esc 4 Q");
    type_text(&mut app, "forget");
    press(&mut app, "enter enter Q");
    assert!(!names(&app).contains(&"Large ones"));
}

#[test]
fn a_filter_without_a_name_is_not_saved() {
    let mut app = app();
    press(&mut app, "M Q");
    type_text(&mut app, "save");
    press(&mut app, "enter enter");
    let Some(Dialog::Prompt(prompt)) = &app.session.dialog else { panic!("it is asked on") };
    assert!(prompt.error.is_some());
}

fn saved(id: u64, name: &str) -> SavedFilter {
    SavedFilter { id: FilterId(id), name: name.into(), kind: ItemKind::Deal, owner: None }
}

fn tell(app: &mut App, report: Report) {
    app.update(Msg::Report(report), now());
}

#[test]
fn pipedrives_filters_are_asked_for_carried_out_and_asked_again() {
    let mut app = app();
    press(&mut app, "4");
    let effects = press(&mut app, "Q");
    assert_eq!(effects, [Effect::Send(Command::SavedFilters(ItemKind::Deal))]);
    let filters = Ok(vec![saved(7, "Hot in the north"), saved(8, "Stuck")]);
    tell(&mut app, Report::SavedFilters { kind: ItemKind::Deal, filters });
    assert!(names(&app).contains(&"Hot in the north"));
    type_text(&mut app, "hot");
    let effects = press(&mut app, "enter");
    let run = Effect::Send(Command::RunFilter { kind: ItemKind::Deal, filter: FilterId(7) });
    assert_eq!(effects, std::slice::from_ref(&run));
    assert_eq!(deals(&app).len(), 6, "nothing is hidden before Pipedrive has answered");
    let items = vec![ItemRef::Deal(DealId(2)), ItemRef::Deal(DealId(5)), ItemRef::Deal(DealId(99))];
    let passing = Ok(FilterResult { items, is_whole: true, at: now().0 });
    tell(&mut app, Report::FilterResult { kind: ItemKind::Deal, filter: FilterId(7), passing });
    assert_eq!(deals(&app).into_iter().collect::<HashSet<_>>(), HashSet::from([2, 5]));
    assert!(press(&mut app, "r").contains(&run), "r asks again");
    // What somebody asked for in another view, or gave up, does not come over this one.
    press(&mut app, "esc");
    assert_eq!(deals(&app).len(), 6);
}

#[test]
fn that_pipedrive_cannot_be_asked_for_filters_is_told() {
    let mut app = app();
    press(&mut app, "Q");
    tell(&mut app, Report::SavedFilters { kind: ItemKind::Deal, filters: Err(ApiError::Busy) });
    assert!(!names(&app).iter().any(|name| name.starts_with("asking")));
    assert!(app.session.messages.notice.is_some());
}

fn restored(screen: Option<String>) -> Restored {
    Restored {
        front: dealdeck::workspace::BoardSnapshot::default(),
        screen,
        items: Vec::new(),
        edits: Vec::new(),
        next_edit: 0,
        fresh_at: None,
        looked: std::collections::BTreeMap::new(),
        keeping: Durability::Kept,
        warnings: Vec::new(),
    }
}

/// A screen after this was kept by an earlier one.
fn started(screen: Option<String>) -> App {
    let mut app = App::new((120, 40), now());
    tell(&mut app, Report::Restored(Box::new(restored(screen))));
    tell(&mut app, Report::Changed(changes()));
    tell(&mut app, Report::CacheLoaded);
    app
}

fn kept(app: &mut App) -> Option<String> {
    app.update(Msg::Tick, now()).into_iter().find_map(|effect| match effect {
        Effect::Send(Command::SaveScreen(text)) => Some(text),
        _ => None,
    })
}

#[test]
fn the_arrangement_of_the_screen_outlives_it() {
    let mut app = started(None);
    kept(&mut app);
    assert_eq!(kept(&mut app), None, "what has not changed is not kept again");
    save_large(&mut app);
    press(&mut app, "esc S");
    type_text(&mut app, "value");
    press(&mut app, "enter C j x enter");
    let text = kept(&mut app);
    assert!(text.is_some());

    let mut next = started(text);
    assert_eq!(next.session.view, View::Deals);
    assert_eq!(deals(&next), [6, 5, 4, 2, 1, 3]);
    assert_eq!(next.session.arrangements.columns(View::Deals)[..3], [Column::Title, Column::Value, Column::Org]);
    press(&mut next, "Q");
    assert_eq!(names(&next)[0], "Large ones");
    press(&mut next, "enter");
    assert_eq!(deals(&next), [6, 5, 4]);
}

#[test]
fn what_was_kept_and_makes_no_sense_is_left_out() {
    for junk in ["", "{", "[]", "\u{1b}[31m", r#"{"version": 9}"#] {
        let app = started(Some(junk.into()));
        assert_eq!(app.session.view, View::Board);
        assert!(app.session.messages.notice.is_some(), "{junk:?}");
    }
    let partly = r#"{"version": 1, "view": "Deals", "pipeline": "x", "orders": [3, ["Deals", {"by": "Moon", "descending": true}],
        ["Deals", {"by": "Value", "descending": true}], ["Board", {"by": "Phone", "descending": true}]],
        "columns": [["Deals", ["Title", "Phone", "Stage", "Stage"]]], "filters": [{"name": 5}], "more": {}}"#;
    let app = started(Some(partly.into()));
    assert_eq!((app.session.view, deals(&app)), (View::Deals, vec![6, 5, 4, 2, 1, 3]));
    assert_eq!(app.session.arrangements.columns(View::Deals), [Column::Title, Column::Stage]);
    assert_eq!(app.session.arrangements.order(View::Board), None);
}
