//! Pipedrive's own search from the screen: asked by a key, chosen, read and gone to.

use crate::harness::App;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, Report};
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

fn hit(item: ItemRef, name: &str) -> SearchHit {
    SearchHit { item, name: name.into(), about: None, value: None, status: None, archived: false }
}

/// Searches for a text.
fn search(app: &mut App, text: &str) -> Vec<Effect> {
    press(app, "&");
    type_text(app, text);
    press(app, "enter")
}

fn found(app: &mut App, text: &str, hits: Result<Vec<SearchHit>, ApiError>) {
    app.update(Msg::Report(Report::SearchResults { text: text.into(), kinds: Vec::new(), hits }), now());
}

#[test]
fn what_is_found_here_is_gone_to_what_is_not_is_read_first() {
    let mut app = app();
    let effects = search(&mut app, "tower");
    assert!(matches!(&effects[..], [Effect::Send(Command::Search { text, .. })] if text == "tower"), "{effects:?}");
    let there = ItemRef::Deal(DealId(99));
    found(&mut app, "tower", Ok(vec![hit(ItemRef::Deal(DealId(4)), "Deal 4"), hit(there, "Archived tower")]));
    assert!(matches!(app.session.dialog, Some(Dialog::Pick(_))));
    assert_eq!(press(&mut app, "enter"), []);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(DealId(4))));
    assert!(app.session.detail.is_open);

    search(&mut app, "");
    found(&mut app, "tower", Ok(vec![hit(there, "Archived tower")]));
    assert_eq!(press(&mut app, "enter"), [Effect::Send(Command::LoadItem(there))]);
    let deal = Deal { archived: true, ..deal(99, 1, money(5, "EUR")) };
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![deal])])), now());
    app.update(Msg::Report(Report::ItemLoaded { item: there, outcome: Ok(()) }), now());
    assert_eq!(app.session.selected(&app.account.workspace), Some(there));
}

#[test]
fn too_short_a_text_nothing_found_and_failures_are_told() {
    let mut app = app();
    press(&mut app, "&");
    type_text(&mut app, "x");
    assert_eq!(press(&mut app, "enter"), []);
    assert!(matches!(&app.session.dialog, Some(Dialog::Prompt(prompt)) if prompt.error.is_some()));
    type_text(&mut app, "y");
    press(&mut app, "enter");
    found(&mut app, "something else", Ok(vec![hit(ItemRef::Deal(DealId(4)), "Deal 4")]));
    assert!(app.session.dialog.is_none(), "an answer to an older question");
    found(&mut app, "xy", Ok(Vec::new()));
    assert!(app.session.messages.notice.as_ref().is_some_and(|notice| notice.text.contains("finds nothing")));
    found(&mut app, "xy", Err(ApiError::BudgetKept));
    assert!(app.session.messages.notice.as_ref().is_some_and(|notice| notice.text.contains("Could not search")));
    // Who does something else by then is not interrupted.
    press(&mut app, "?");
    found(&mut app, "xy", Ok(vec![hit(ItemRef::Deal(DealId(4)), "Deal 4")]));
    assert!(matches!(app.session.dialog, Some(Dialog::Help { .. })));
}
