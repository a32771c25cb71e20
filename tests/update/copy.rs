//! What can be copied of an item.

use crate::harness::App;
use dealdeck::app::Effect;
use dealdeck::app::dialogs::Dialog;
use dealdeck::domain::*;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

/// The account with a person who has numbers, on the deal that is on top, and a page of its own on the web.
fn reachable() -> App {
    let mut app = app();
    let point = |value: &str, label: &str| ContactPoint { value: value.into(), label: label.into(), primary: true };
    let jane = Person {
        name: "Jane *Doe*".into(),
        phones: vec![point("+372 5123", "work")],
        emails: vec![point("jane@acme.test", "home")],
        ..Person::blank(PersonId(70))
    };
    let mut top = app.account.workspace.deal(DealId(2)).unwrap().clone();
    top.person = Some(jane.id);
    let me = Me { domain: "acme".into(), ..app.account.workspace.me().unwrap().clone() };
    app.account.workspace.absorb(vec![
        ServerUpdate::Me(me),
        ServerUpdate::People(vec![jane]),
        ServerUpdate::Deals(vec![top]),
    ]);
    app
}

/// Opens the list, types and takes what is left first.
fn copied(app: &mut App, typed: &str) -> String {
    press(app, "y");
    type_text(app, typed);
    match &press(app, "enter")[..] {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_part_of_a_deal_is_copied_as_it_is() {
    let mut app = reachable();
    let title = app.account.workspace.deal(DealId(2)).unwrap().title.clone();
    assert_eq!(copied(&mut app, ""), title);
    assert_eq!(copied(&mut app, "link"), "https://acme.pipedrive.com/deal/2");
    assert_eq!(copied(&mut app, "phone"), "+372 5123");
    assert_eq!(copied(&mut app, "mail"), "jane@acme.test");
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("jane@acme.test"), "it says what was copied");
    let card = copied(&mut app, "as text");
    assert!(card.starts_with(&title) && card.contains("\nPerson: Jane *Doe*\n"), "{card}");
    let card = copied(&mut app, "markdown");
    assert!(card.starts_with("## ") && card.contains(r"- **Person:** Jane \*Doe\*"), "{card}");
}

#[test]
fn nothing_of_a_hostile_title_is_a_command_and_what_is_too_long_is_refused() {
    let mut app = reachable();
    let mut top = app.account.workspace.deal(DealId(2)).unwrap().clone();
    top.title = "a\u{1b}]52;c;\u{7}b\u{202e}\u{9b}c".into();
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![top.clone()])]);
    assert_eq!(copied(&mut app, ""), "a ]52;c; b c");
    top.title = "x".repeat(60_000);
    app.account.workspace.absorb(vec![ServerUpdate::Deals(vec![top])]);
    assert!(press(&mut app, "y enter").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("more than a terminal takes"));
}

#[test]
fn what_went_while_it_was_picked_is_not_copied() {
    let mut app = reachable();
    press(&mut app, "y");
    type_text(&mut app, "phone");
    app.account.workspace.absorb(vec![ServerUpdate::Gone(ItemRef::Person(PersonId(70)))]);
    assert!(matches!(app.session.dialog, Some(Dialog::Pick(_))));
    assert!(press(&mut app, "enter").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("no longer there"));
}
