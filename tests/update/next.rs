//! What is next is asked once nothing more is planned.

use crate::harness::App;
use dealdeck::app::View;
use dealdeck::app::dialogs::Dialog;
use dealdeck::domain::*;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

/// The account with one activity that is to be done, for a deal.
fn planned() -> App {
    let mut app = app();
    let known: Vec<ItemRef> = app.account.workspace.agenda().iter().map(|key| ItemRef::Activity(key.id)).collect();
    app.account.workspace.absorb(known.into_iter().map(ServerUpdate::Gone).collect());
    let due = Some(Due { date: "2026-11-24".parse().unwrap(), time: None });
    let last = Activity { subject: "Call Ann".into(), kind: "call".into(), due, ..Activity::blank(ActivityId(60)) };
    app.account.workspace.absorb(vec![ServerUpdate::Activities(vec![Activity { deal: Some(DealId(2)), ..last }])]);
    press(&mut app, "2");
    app.session.cursors.activities.selected = Some(ActivityId(60));
    app
}

#[test]
fn after_the_last_activity_of_a_deal_the_next_one_is_planned_for_the_same() {
    let mut app = planned();
    only_edit(&press(&mut app, "x"));
    assert!(matches!(app.session.dialog, Some(Dialog::Next { about: ItemRef::Deal(DealId(2)), .. })));
    press(&mut app, "n");
    let Some(Dialog::Form(form)) = &app.session.dialog else { panic!("a form") };
    let Item::Activity(draft) = form.item() else { panic!("{form:?}") };
    let tomorrow = Due { date: "2026-11-25".parse().unwrap(), time: None };
    assert_eq!((draft.deal, draft.kind.as_str(), draft.due), (Some(DealId(2)), "call", Some(tomorrow)));
}

#[test]
fn whoever_types_on_is_not_held_up_and_whoever_wants_none_is_not_asked() {
    let mut app = planned();
    only_edit(&press(&mut app, "x"));
    press(&mut app, "1");
    assert!(app.session.dialog.is_none());
    assert_eq!(app.session.view, View::Board, "the key does what it does");

    let mut app = planned();
    app.session.preferences.ask_next = false;
    only_edit(&press(&mut app, "x"));
    assert!(app.session.dialog.is_none());
}

#[test]
fn it_is_not_asked_while_something_is_planned_or_the_deal_is_closed() {
    let mut app = planned();
    let other = app.account.workspace.activity(ActivityId(60)).unwrap().clone();
    app.account.workspace.absorb(vec![ServerUpdate::Activities(vec![Activity { id: ActivityId(61), ..other }])]);
    only_edit(&press(&mut app, "x"));
    assert!(app.session.dialog.is_none());

    let mut app = planned();
    let deal = app.account.workspace.deal(DealId(2)).unwrap().clone();
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![Deal { status: DealStatus::Won, ..deal }])]);
    only_edit(&press(&mut app, "x"));
    assert!(app.session.dialog.is_none());
}
