//! Two screens on one account: they share the items and the state of edits, and nothing else.

use dealdeck::app::{Account, Effect, Msg, Session, SessionId, update};
use dealdeck::domain::DealId;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{EditFailure, Report};

use crate::account::{changes, code, now, only_edit};

/// Two sessions on one account.
fn pair() -> (Session, Session, Account) {
    let mut account = Account::new(now());
    let [mut first, mut second] = [1, 2].map(|id| Session::new(SessionId(id), (120, 40), now()));
    update(&mut first, &mut account, Msg::Report(Report::Changed(changes())), now());
    update(&mut second, &mut account, Msg::Tick, now());
    (first, second, account)
}

fn press(session: &mut Session, account: &mut Account, keys: &str) -> Vec<Effect> {
    let effects = keys.split_whitespace().flat_map(|key| update(session, account, Msg::Key(code(key)), now()));
    effects.filter(|effect| *effect != Effect::Send(dealdeck::sync::Command::UserActive)).collect()
}

#[test]
fn an_edit_of_one_session_is_seen_by_the_other() {
    let (mut first, mut second, mut account) = pair();
    let deal = first.selected_deal(&account.workspace).unwrap();
    assert_eq!(second.selected_deal(&account.workspace), Some(deal));
    let stage = |account: &Account| account.workspace.deal(deal).unwrap().stage;
    let before = stage(&account);
    press(&mut first, &mut account, "L");
    update(&mut second, &mut account, Msg::Tick, now());
    assert_ne!(stage(&account), before);
    let listed = |session: &Session, id: DealId| {
        session.cards(&account.workspace, stage(&account)).iter_from(0).any(|card| card == id)
    };
    assert!(listed(&first, deal) && listed(&second, deal));
}

#[test]
fn message_undo_and_dialog_belong_to_one_session() {
    let (mut first, second, mut account) = pair();
    press(&mut first, &mut account, "L");
    assert!(first.messages.notice.is_some() && second.messages.notice.is_none());
    assert!(first.steps.undo.len() == 1 && second.steps.undo.is_empty());
    press(&mut first, &mut account, "?");
    assert!(first.dialog.is_some() && second.dialog.is_none());
}

#[test]
fn a_session_does_not_undo_the_edit_of_another() {
    let (mut first, mut second, mut account) = pair();
    press(&mut first, &mut account, "L");
    assert!(press(&mut second, &mut account, "u").is_empty());
    assert!(!press(&mut first, &mut account, "u").is_empty());
}

#[test]
fn the_result_of_an_edit_goes_to_its_session() {
    let (mut first, mut second, mut account) = pair();
    press(&mut second, &mut account, "tab tab");
    let (id, _) = only_edit(&press(&mut first, &mut account, "L"));
    let report = Report::EditDone { id, outcome: Err(EditFailure::new(Vec::new(), ApiError::Closed)) };
    assert_eq!(account.recipient(&report), Some(SessionId(1)));
    update(&mut first, &mut account, Msg::Report(report), now());
    update(&mut second, &mut account, Msg::Tick, now());
    assert!(first.messages.notice.is_some() && second.messages.notice.is_none());
    assert!(first.steps.undo.is_empty());
    // The failed edit is for all to decide.
    assert_eq!(account.edits.attention.len(), 1);
}
