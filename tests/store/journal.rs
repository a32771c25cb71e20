//! The journal: edits are there until they have ended, and then for a while in the history.

use dealdeck::domain::{
    Activity, ActivityPatch, Contact, Currency, DealId, DealPatch, Due, Edit, ItemRef, LabelId, LeadId, LeadPatch,
    Link, Money, NewDeal, NewLead, OrgId, PersonId, PipelineId, PipelineStage, Probability, StageId, StatusChange,
    UserId,
};
use dealdeck::store::{EditState, JournalEntry, Store, StoreError, Warning};
use dealdeck::workspace::EditId;

use crate::desk::{Desk, ME, activity, days_ago, edit, ids, lead_id, now};

#[tokio::test]
async fn edits_come_back_in_their_order_until_they_have_ended() {
    let desk = Desk::new();
    let (store, restored) = desk.open();
    assert_eq!((restored.edits, restored.next_edit), (vec![], 0));
    let made: Vec<JournalEntry> = (0..6).map(|id| edit(id, 100 - id)).collect();
    store.journal().add(vec![made[2].clone(), made[0].clone()], vec![]).await.unwrap();
    store.journal().add(vec![made[1].clone()], vec![]).await.unwrap();
    store.journal().add(made[3..].to_vec(), vec![EditId(0), EditId(77)]).await.unwrap();
    let attention =
        EditState::Attention { why: "Changed by Mari".into(), theirs: Some(Box::new(made[5].edit.clone())) };
    let confirmed = EditState::Confirmed { made: Some(ItemRef::Deal(DealId(9))) };
    store.journal().set_state(EditId(1), attention.clone(), now()).await.unwrap();
    let at = now();
    store.journal().set_state(EditId(2), confirmed.clone(), at).await.unwrap();
    store.journal().set_state(EditId(3), EditState::Discarded, at).await.unwrap();
    store.close().await;

    let (store, restored) = desk.open();
    let expected = [JournalEntry { state: attention, ..made[1].clone() }, made[4].clone(), made[5].clone()];
    assert_eq!(restored.edits, expected);
    assert_eq!((restored.next_edit, restored.warnings), (6, vec![]));

    let history = store.journal().history(100).await.unwrap();
    assert_eq!(ids(&history), [5, 4, 3, 2, 1, 0]);
    assert_eq!(history[3], JournalEntry { state: confirmed, ended_at: Some(at), ..made[2].clone() });
    assert_eq!((&history[2].state, history[2].ended_at), (&EditState::Discarded, Some(at)));
    let replaced = JournalEntry { state: EditState::Replaced, ended_at: Some(made[3].made_at), ..made[0].clone() };
    assert_eq!(history[5], replaced);
    assert_eq!(ids(&store.journal().history(2).await.unwrap()), [5, 4]);
    assert_eq!(store.journal().history(0).await, Ok(vec![]));
}

#[tokio::test]
async fn an_edit_can_come_further_wait_again_and_be_based_on_something_else() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let (first, other) = (edit(1, 1), edit(2, 2));
    store.journal().add(vec![first.clone()], vec![]).await.unwrap();
    store.journal().step(EditId(1), other.edit.clone(), Some("{\"person\":5}".into())).await.unwrap();
    store.journal().rebase(vec![(EditId(1), None)]).await.unwrap();
    store.journal().set_state(EditId(1), EditState::Discarded, now()).await.unwrap();
    store.journal().set_state(EditId(1), EditState::Waiting, now()).await.unwrap();
    store.close().await;
    let (store, restored) = desk.open();
    let changed =
        JournalEntry { edit: other.edit.clone(), step: Some("{\"person\":5}".into()), base: None, ..first.clone() };
    assert_eq!(restored.edits, [changed]);
    store.journal().step(EditId(1), first.edit.clone(), None).await.unwrap();
    store.journal().rebase(vec![(EditId(1), other.base.clone())]).await.unwrap();
    assert_eq!(store.journal().history(1).await, Ok(vec![JournalEntry { base: other.base, ..first }]));
}

#[tokio::test]
async fn an_end_and_the_bases_behind_it_are_stored_as_one() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let (first, second) = (edit(1, 1), edit(2, 2));
    store.journal().add(vec![first.clone(), second.clone()], vec![]).await.unwrap();
    let base = Some(first.edit.clone());
    let rebased = vec![(EditId(2), base.clone())];
    let confirmed = EditState::Confirmed { made: None };
    store.journal().finish(EditId(1), confirmed.clone(), None, now(), rebased.clone()).await.unwrap();
    store.close().await;
    let (store, restored) = desk.open();
    assert_eq!(restored.edits, [JournalEntry { base: base.clone(), ..second }]);
    let unknown = store.journal().finish(EditId(8), confirmed, None, now(), vec![(EditId(2), None)]).await;
    assert_eq!(unknown, Err(StoreError::NoSuchEdit { id: EditId(8) }));
    assert_eq!(store.journal().history(1).await.unwrap()[0].base, base, "nothing of it was stored");
}

#[tokio::test]
async fn what_the_journal_does_not_know_is_told() {
    let store = Store::in_memory().unwrap();
    let unknown = Err(StoreError::NoSuchEdit { id: EditId(8) });
    assert_eq!(store.journal().set_state(EditId(8), EditState::Discarded, now()).await, unknown);
    assert_eq!(store.journal().step(EditId(8), edit(8, 8).edit, None).await, unknown);
}

#[tokio::test]
async fn edits_are_added_all_or_none() {
    let store = Store::in_memory().unwrap();
    store.journal().add(vec![edit(1, 1)], vec![]).await.unwrap();
    let again = store.journal().add(vec![edit(2, 2), edit(1, 3)], vec![EditId(1)]).await;
    assert!(matches!(again, Err(StoreError::Io { .. })), "{again:?}");
    let history = store.journal().history(9).await.unwrap();
    assert_eq!((ids(&history), &history[0].state), (vec![1], &EditState::Waiting));
}

#[tokio::test]
async fn what_is_part_of_a_bulk_stays_so_also_in_a_journal_of_an_older_format() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let alone = edit(0, 0);
    store.journal().add(vec![alone.clone()], vec![]).await.unwrap();
    store.close().await;
    desk.sql("edits.db", "DROP TABLE part; PRAGMA user_version = 1");
    // Where it may only be read it stays as it is.
    let (frozen, restored) = Store::open_frozen(&desk.home, ME).unwrap();
    assert_eq!((restored.edits.as_slice(), restored.warnings), (std::slice::from_ref(&alone), vec![]));
    assert_eq!(frozen.journal().history(9).await, Ok(vec![alone.clone()]));
    frozen.close().await;
    let (store, restored) = desk.open();
    assert_eq!(restored.edits, std::slice::from_ref(&alone));
    let bulk: Vec<JournalEntry> = (1..4).map(|id| JournalEntry { part_of: Some(EditId(1)), ..edit(id, id) }).collect();
    store.journal().add(bulk.clone(), vec![]).await.unwrap();
    store.journal().end_all(vec![EditId(2), EditId(3)], EditState::Discarded, now()).await.unwrap();
    store.close().await;
    assert_eq!(desk.open().1.edits, [alone, bulk[0].clone()]);
}

#[tokio::test]
async fn what_has_ended_is_not_replaced_any_more() {
    let store = Store::in_memory().unwrap();
    let confirmed = EditState::Confirmed { made: None };
    store.journal().add(vec![edit(1, 1)], vec![]).await.unwrap();
    store.journal().set_state(EditId(1), confirmed.clone(), now()).await.unwrap();
    store.journal().add(vec![edit(2, 1)], vec![EditId(1)]).await.unwrap();
    assert_eq!(store.journal().history(9).await.unwrap()[1].state, confirmed);
}

#[tokio::test]
async fn history_is_kept_for_ninety_days_and_ids_are_not_used_again() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let journal = store.journal();
    let old = |id| JournalEntry { made_at: days_ago(400), ..edit(id, id) };
    journal.add((0..8).map(old).collect(), vec![]).await.unwrap();
    let states = [
        (2, EditState::Confirmed { made: None }, 91),
        (3, EditState::Discarded, 91),
        (4, EditState::Confirmed { made: None }, 89),
        (5, EditState::Attention { why: "?".into(), theirs: None }, 200),
        (6, EditState::Discarded, 91),
        (7, EditState::Replaced, 91),
    ];
    for (id, state, days) in states {
        journal.set_state(EditId(id), state, days_ago(days)).await.unwrap();
    }
    store.close().await;
    desk.sql("edits.db", "UPDATE edit SET edit = '?' WHERE id = 6");
    let (store, restored) = desk.open();
    assert_eq!((ids(&restored.edits), restored.next_edit), (vec![0, 1, 5], 8));
    assert_eq!(ids(&store.journal().history(99).await.unwrap()), [5, 4, 1, 0]);
    store.close().await;
    assert_eq!(desk.count("edits.db", "edit"), 5, "the one that makes no sense stays");
}

#[tokio::test]
async fn edits_that_make_no_sense_stay_and_are_told() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    store.journal().add((0..9).map(|id| edit(id, id)).collect(), vec![]).await.unwrap();
    store.close().await;
    desk.sql(
        "edits.db",
        "UPDATE edit SET edit = '{\"Unknown\":1}' WHERE id = 0; UPDATE edit SET made_at = 'yesterday' WHERE id = 1;
         UPDATE edit SET base = 7 WHERE id = 2; UPDATE edit SET state = 'new state' WHERE id = 3;
         UPDATE edit SET outcome = '\"Discarded\"' WHERE id = 4; UPDATE edit SET what = x'00ff' WHERE id = 5;
         UPDATE edit SET step = CAST(x'ff' AS TEXT) WHERE id = 6; UPDATE edit SET ended_at = 'x' WHERE id = 7;",
    );
    for _ in 0..2 {
        let (store, restored) = desk.open();
        assert_eq!((ids(&restored.edits), restored.next_edit), (vec![8], 9));
        assert_eq!(restored.warnings, [Warning::EditsUnread { path: desk.file("edits.db"), count: 8 }]);
        // Two of them are only odd in their state.
        assert_eq!(ids(&store.journal().history(99).await.unwrap()), [8, 4, 3]);
        store.close().await;
    }
    assert_eq!(desk.count("edits.db", "edit"), 9);
}

#[tokio::test]
async fn every_kind_of_edit_comes_back_as_it_was() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let Activity { id: call, .. } = activity(3, false);
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(2) };
    let value = Money { amount: "0.10".parse().unwrap(), currency: Currency::new("JPY") };
    let due = Due { date: "2026-12-24".parse().unwrap(), time: "23:59:59".parse().ok() };
    let deal = |patch| Edit::UpdateDeal { id: DealId(1), patch };
    let contact = Contact::Both(Link::New("Ünï \u{0} \"\n".into()), Link::Existing(OrgId(2)));
    let all = [
        deal(DealPatch { title: Some(String::new()), stage: Some(place), ..DealPatch::default() }),
        deal(DealPatch { probability: Some(None), expected_close: Some(None), ..DealPatch::default() }),
        deal(DealPatch { probability: Some(Probability::new(0)), value: Some(value.clone()), ..DealPatch::default() }),
        deal(DealPatch { status: Some(StatusChange::Lose { reason: None }), ..DealPatch::default() }),
        Edit::UpdateActivity {
            id: call,
            patch: ActivityPatch { done: Some(true), due: Some(None), ..ActivityPatch::default() },
        },
        Edit::UpdateActivity { id: call, patch: ActivityPatch { due: Some(Some(due)), ..ActivityPatch::default() } },
        Edit::UpdateLead {
            id: lead_id(1),
            patch: LeadPatch { value: Some(None), expected_close: Some(None), ..LeadPatch::default() },
        },
        Edit::ConvertLead { id: lead_id(1), to: place },
        Edit::CreateDeal {
            id: DealId::local(3),
            new: NewDeal {
                owner: Some(UserId(2)),
                labels: vec![LabelId(3)],
                ..NewDeal::new("New".into(), contact, place, value.clone())
            },
        },
        Edit::CreateLead {
            id: LeadId::local(4),
            new: NewLead {
                value: Some(value),
                expected_close: "2026-12-24".parse().ok(),
                ..NewLead::new("New".into(), Contact::Person(Link::Existing(PersonId(1))))
            },
        },
    ];
    let kept =
        (0..).zip(&all).map(|(id, one)| JournalEntry { edit: one.clone(), base: Some(one.clone()), ..edit(id, 1) });
    let kept: Vec<JournalEntry> = kept.collect();
    store.journal().add(kept.clone(), vec![]).await.unwrap();
    store.close().await;
    assert_eq!(desk.open().1.edits, kept);
}

#[tokio::test]
async fn an_edit_in_place_of_one_goes_on_at_its_step() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let journal = store.journal();
    journal.add(vec![edit(1, 1), edit(2, 2)], vec![]).await.unwrap();
    let attention = EditState::Attention { why: "not known".into(), theirs: None };
    let step = Some("{\"sent\":1}".to_owned());
    journal.finish(EditId(1), attention, step.clone(), now(), vec![]).await.unwrap();
    let (third, fourth) = (edit(3, 1), edit(4, 4));
    assert_eq!(journal.replace(third.clone(), EditId(1), vec![EditId(2)]).await, Ok(step.clone()));
    // Without a step there is none to go on at.
    assert_eq!(journal.replace(fourth.clone(), EditId(77), vec![]).await, Ok(None));
    store.close().await;
    let (_, restored) = desk.open();
    assert_eq!(restored.edits, [JournalEntry { step, ..third }, fourth]);
}

#[tokio::test]
async fn edits_that_ended_lately_come_along_if_they_were_sent() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    let journal = store.journal();
    let made: Vec<JournalEntry> = (1..=4).map(|id| edit(id, 10 + id)).collect();
    journal.add(made.clone(), vec![]).await.unwrap();
    let confirmed = || EditState::Confirmed { made: None };
    let step = Some("{}".to_owned());
    journal.finish(EditId(1), confirmed(), step.clone(), now(), vec![]).await.unwrap();
    journal.finish(EditId(2), confirmed(), None, now(), vec![]).await.unwrap();
    journal.finish(EditId(3), confirmed(), step.clone(), days_ago(1), vec![]).await.unwrap();
    journal.finish(EditId(4), confirmed(), step, now(), vec![]).await.unwrap();
    let attention = EditState::Attention { why: "overwritten".into(), theirs: None };
    let back = JournalEntry { state: attention, ..edit(4, 40) };
    journal.put_back(back.clone()).await.unwrap();
    store.close().await;
    let (_, restored) = desk.open();
    assert_eq!(ids(&restored.ended), [1]);
    assert_eq!(restored.edits, [JournalEntry { made_at: made[3].made_at, what: made[3].what.clone(), ..back }]);
}
