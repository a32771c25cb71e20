//! What is done to all marked items at once: one step, told together, undone together.

use crate::harness::App;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::form::Name;
use dealdeck::app::notice::Tone;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, EditError, EditFailure, EditOutcome, JournalEntry, Report};
use dealdeck::workspace::{EditId, ServerUpdate};

use crate::account::*;
use crate::forms::fill;

/// The edits of the only bulk among effects.
fn only_bulk(effects: &[Effect]) -> Vec<JournalEntry> {
    match effects {
        [Effect::Send(Command::Bulk(kept))] => kept.clone(),
        other => panic!("not one bulk: {other:?}"),
    }
}

fn end(app: &mut App, id: EditId, outcome: Result<EditOutcome, EditFailure>) {
    send(app, Msg::Report(Report::EditDone { id, outcome }));
}

/// The server has carried out an edit of a deal.
fn done(app: &mut App, kept: &JournalEntry) {
    let ItemRef::Deal(id) = kept.edit.item() else { panic!() };
    let changes = app.account.workspace.deal(id).cloned().map(|deal| ServerUpdate::Deals(vec![deal]));
    end(app, kept.id, Ok(EditOutcome { changes: changes.into_iter().collect(), created: None }));
}

fn notice(app: &App) -> &str {
    app.session.messages.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

fn stages(app: &App) -> Vec<u64> {
    (1..=3).map(|id| stage_of(app, id)).collect()
}

#[test]
fn all_marked_deals_are_moved_as_one_step_and_undone_as_one() {
    let mut app = app();
    let kept = only_bulk(&press(&mut app, "A L"));
    assert_eq!(stages(&app), [2, 2, 2], "shown at once");
    assert_eq!(app.session.marks(), 0, "what is marked was done");
    assert!(kept.iter().all(|edit| edit.part_of == Some(kept[0].id)));
    let running = app.account.running_bulk().unwrap();
    assert_eq!((running.done(), running.total, running.what.as_str()), (0, 3, "Move one stage on: 3 deals"));
    for edit in &kept {
        done(&mut app, edit);
    }
    assert!(app.account.running_bulk().is_none());
    assert_eq!(notice(&app), "Move one stage on: 3 deals: 3 done");

    let back = only_bulk(&press(&mut app, "u"));
    assert_eq!((stages(&app), back.len()), (vec![1, 1, 1], 3));
    only_bulk(&press(&mut app, "U"));
    assert_eq!(stages(&app), [2, 2, 2]);
    assert_eq!(press(&mut app, "u").len(), 1);
    assert_eq!(press(&mut app, "u"), [], "nothing is left of it");
}

#[test]
fn what_fails_is_told_together_and_can_be_done_again() {
    let mut app = app();
    let kept = only_bulk(&press(&mut app, "A w"));
    end(&mut app, kept[1].id, Err(EditFailure::new(Vec::new(), ApiError::Busy)));
    assert_eq!(app.session.messages.notice, None, "not one notice for each");
    done(&mut app, &kept[0]);
    done(&mut app, &kept[2]);
    let told = app.session.messages.notice.clone().unwrap();
    assert_eq!(told.tone, Tone::Bad);
    assert!(told.text.starts_with("Mark as won: 3 deals: 2 done, 1 not"), "{}", told.text);
    let bulk = app.account.told_bulk().unwrap();
    assert_eq!((bulk.failed.len(), bulk.failed[0].why.as_str()), (1, ApiError::Busy.to_string().as_str()));
    assert_eq!(app.account.edits.attention.len(), 1);
    press(&mut app, "B");
    assert!(matches!(app.session.dialog, Some(Dialog::Bulk { .. })));
    press(&mut app, "esc ! r");
    assert!(app.account.edits.attention.is_empty());
}

#[test]
fn what_is_so_already_or_against_a_rule_is_left_out() {
    let mut app = app();
    press(&mut app, "A");
    let updated = Some(at("2026-11-24T09:00:00Z"));
    let won = Deal { status: DealStatus::Won, updated, ..deal(3, 1, money(500, "USD")) };
    send(&mut app, Msg::Report(Report::Changed(vec![ServerUpdate::Deals(vec![won])])));
    let kept = only_bulk(&press(&mut app, "w"));
    assert_eq!(kept.len(), 2);
    let bulk = app.account.running_bulk().unwrap();
    assert_eq!((bulk.total, bulk.left_out.len()), (2, 1));
    assert_eq!(bulk.left_out[0].why, RuleError::NoChange.to_string());
    for edit in &kept {
        done(&mut app, edit);
    }
    assert!(notice(&app).ends_with("2 done, 1 left out"), "{}", notice(&app));
}

#[test]
fn a_bulk_can_be_stopped_and_what_was_taken_back_needs_no_attention() {
    let mut app = app();
    let kept = only_bulk(&press(&mut app, "A L"));
    done(&mut app, &kept[0]);
    assert_eq!(press(&mut app, "B s"), [Effect::Send(Command::CancelBulk(kept[0].id))]);
    for edit in &kept[1..] {
        end(&mut app, edit.id, Err(EditFailure::new(Vec::new(), EditError::Stopped)));
    }
    assert_eq!(stages(&app), [2, 1, 1]);
    assert!(app.account.edits.attention.is_empty());
    assert!(notice(&app).ends_with("1 done, 2 taken back"), "{}", notice(&app));
    assert_eq!(only_bulk(&press(&mut app, "esc u")).len(), 1, "only what was done is left to undo");
}

#[test]
fn a_reason_a_day_a_stage_and_an_owner_are_asked_for_once() {
    let mut app = app();
    press(&mut app, "A x");
    type_text(&mut app, "too dear");
    let kept = only_bulk(&press(&mut app, "enter"));
    let reason = Some("too dear".to_owned());
    let is_lost = |deal: &Deal| deal.status == DealStatus::Lost && deal.lost_reason == reason;
    assert!(kept.len() == 3 && (1..=3).all(|id| is_lost(app.account.workspace.deal(DealId(id)).unwrap())));
    press(&mut app, "u");

    press(&mut app, "A d");
    type_text(&mut app, "next fru");
    assert_eq!(press(&mut app, "enter"), []);
    press(&mut app, "ctrl-u");
    type_text(&mut app, "2027-01-15");
    assert_eq!(only_bulk(&press(&mut app, "enter")).len(), 3);
    assert_eq!(app.account.workspace.deal(DealId(1)).unwrap().expected_close, Some(day("2027-01-15")));

    press(&mut app, "A m");
    type_text(&mut app, "negot");
    only_bulk(&press(&mut app, "enter"));
    assert_eq!(stages(&app), [3, 3, 3]);
}

#[test]
fn a_large_bulk_and_a_deletion_are_asked_about() {
    let mut app = app();
    let many = (100..130).map(|id| deal(id, 2, money(10, "EUR"))).collect();
    send(&mut app, Msg::Report(Report::Changed(vec![ServerUpdate::Deals(many)])));
    assert_eq!(only_bulk(&press(&mut app, "l A H")).len(), 31);
    assert_eq!(press(&mut app, "u"), []);
    assert!(matches!(app.session.dialog, Some(Dialog::Confirm(_))));
    assert_eq!(only_bulk(&press(&mut app, "y")).len(), 31);
    assert_eq!(stage_of(&app, 110), 2);

    press(&mut app, "h A X");
    assert!(matches!(app.session.dialog, Some(Dialog::Confirm(_))));
    press(&mut app, "n");
    assert!(app.account.workspace.deal(DealId(1)).is_some());
    assert_eq!(only_bulk(&press(&mut app, "X y")).len(), 3);
    assert!(app.account.workspace.deal(DealId(1)).is_none());
}

#[test]
fn labels_are_put_on_and_taken_away_and_others_stay_as_they_are() {
    let mut app = app();
    let label = |id, name: &str| Label { id: LabelId(id), name: name.into(), color: LabelColor::Red };
    let labelled = |id, labels: &[u64]| Deal {
        labels: labels.iter().copied().map(LabelId).collect(),
        updated: Some(at("2026-11-24T09:00:00Z")),
        ..deal(id, 1, money(10, "EUR"))
    };
    let news = vec![
        ServerUpdate::AllLabels(vec![label(1, "a"), label(2, "b"), label(3, "c")]),
        ServerUpdate::Deals(vec![labelled(1, &[1, 2]), labelled(2, &[1]), labelled(3, &[1])]),
    ];
    send(&mut app, Msg::Report(Report::Changed(news)));
    // Off with the first, which all have; the second, which some have, stays; on with the third.
    press(&mut app, "A b space j j space");
    let kept = only_bulk(&press(&mut app, "enter"));
    assert_eq!(kept.len(), 3);
    let labels = |id| app.account.workspace.deal(DealId(id)).unwrap().labels.clone();
    assert_eq!((labels(1), labels(2)), (vec![LabelId(2), LabelId(3)], vec![LabelId(3)]));
    assert_eq!(press(&mut app, "b enter"), [], "nothing turned, nothing done");
}

#[test]
fn without_marks_owner_and_labels_are_of_what_is_selected() {
    let mut app = app();
    let user = |id, name: &str, active| User { id: UserId(id), name: name.into(), active, email: None, phone: None };
    let users = vec![user(1, "Mari Tamm", true), user(2, "Jonas Berg", true), user(3, "Gone", false)];
    send(&mut app, Msg::Report(Report::Changed(vec![ServerUpdate::AllUsers(users)])));
    press(&mut app, "O");
    let Some(Dialog::Pick(picker)) = &app.session.dialog else { panic!() };
    assert_eq!(picker.list.lines().map(|line| line.label.as_str()).collect::<Vec<_>>(), ["Mari Tamm", "Jonas Berg"]);
    let (_, edit) = only_edit(&press(&mut app, "down enter"));
    let patch = DealPatch { owner: Some(UserId(2)), ..DealPatch::default() };
    assert_eq!(edit, Edit::UpdateDeal { id: DealId(2), patch });
}

#[test]
fn activities_leads_people_are_worked_on_together_too() {
    let mut app = app();
    assert_eq!(only_bulk(&press(&mut app, "2 A x")).len(), 4);
    assert!((1..=4).all(|id| app.account.workspace.activity(ActivityId(id)).unwrap().done));
    press(&mut app, "u");
    assert_eq!(only_bulk(&press(&mut app, "A +")).len(), 4);

    let kept = only_bulk(&press(&mut app, "3 A s"));
    assert_eq!(kept.len(), 2, "one was seen already");
    assert_eq!(only_bulk(&press(&mut app, "A a")).len(), 3);
    assert_eq!(app.account.workspace.inbox().len(), 0);
}

#[test]
fn what_is_done_is_not_put_off() {
    let mut app = app();
    only_edit(&press(&mut app, "2 x"));
    press(&mut app, "esc");
    let put_off = |kept: Vec<JournalEntry>| kept.iter().map(|kept| kept.edit.item()).collect::<Vec<_>>();
    let still_to_do: Vec<ItemRef> = (2..=4).map(|id| ItemRef::Activity(ActivityId(id))).collect();
    assert_eq!(put_off(only_bulk(&press(&mut app, "A +"))), still_to_do);
    press(&mut app, "A s");
    type_text(&mut app, "2026-12-24");
    assert_eq!(put_off(only_bulk(&press(&mut app, "enter"))), still_to_do);
    assert_eq!(app.account.running_bulk().unwrap().left_out[0].why, RuleError::Done.to_string());
}

#[test]
fn a_plan_that_can_be_made_for_none_is_not_lost() {
    let mut app = app();
    press(&mut app, "A N");
    fill(&mut app, Name::Subject, "Ask for the plans");
    let gone = (1..=3).map(|id| ServerUpdate::Gone(ItemRef::Deal(DealId(id)))).collect();
    app.update(Msg::Report(Report::Changed(gone)), now());
    assert_eq!(press(&mut app, "ctrl-s"), []);
    assert!(matches!(app.session.dialog, Some(Dialog::Form(_))));
    // They are there again, and so is all that was typed.
    app.update(Msg::Report(Report::Changed(changes())), now());
    let kept = only_bulk(&press(&mut app, "ctrl-s"));
    let Edit::CreateActivity { new, .. } = &kept[0].edit else { panic!() };
    assert_eq!((kept.len(), new.subject.as_str()), (3, "Ask for the plans"));
}

#[test]
fn an_activity_is_planned_for_each_marked_deal() {
    let mut app = app();
    press(&mut app, "A N");
    let kept = only_bulk(&press(&mut app, "ctrl-s"));
    let planned = |kept: &JournalEntry| match &kept.edit {
        Edit::CreateActivity { new, .. } => (new.deal, new.person, new.due.map(|due| due.date)),
        other => panic!("{other:?}"),
    };
    let today = Some(day(TODAY));
    let for_deal = |id| (Some(DealId(id)), Some(PersonId(1)), today);
    assert_eq!(kept.iter().map(planned).collect::<Vec<_>>(), [for_deal(1), for_deal(2), for_deal(3)]);
    assert_eq!(app.session.marks(), 0);
    // What was made can be taken back, all of it together.
    for (made, nth) in kept.iter().zip(50..) {
        let created = Some(ItemRef::Activity(ActivityId(nth)));
        let changes = vec![ServerUpdate::Activities(vec![activity(nth, Some((TODAY, None)), Some(1))])];
        end(&mut app, made.id, Ok(EditOutcome { changes, created }));
    }
    assert_eq!(press(&mut app, "u"), []);
    assert_eq!(only_bulk(&press(&mut app, "y")).len(), 3);
    assert!((50..53).all(|id| app.account.workspace.activity(ActivityId(id)).is_none()));
}

#[test]
fn what_an_earlier_run_has_left_of_a_bulk_is_told_as_one() {
    let mut app = app();
    let kept = only_bulk(&press(&mut app, "A L"));
    let mut again = crate::account::app();
    let restored = dealdeck::sync::Restored {
        front: again.account.workspace.snapshot(PipelineId(1)),
        screen: None,
        items: Vec::new(),
        edits: kept[1..].to_vec(),
        next_edit: 10,
        fresh_at: None,
        looked: std::collections::BTreeMap::new(),
        keeping: dealdeck::sync::Durability::Kept,
        warnings: Vec::new(),
    };
    send(&mut again, Msg::Report(Report::Restored(Box::new(restored))));
    let rest = again.account.running_bulk().unwrap();
    assert_eq!((rest.id, rest.total), (kept[0].id, 2));
    assert!(rest.what.ends_with("and 1 more"), "{}", rest.what);
}
