//! What was read of items beyond the items themselves: kept for reading offline, and gone with the items.

use dealdeck::domain::{DealId, ItemDetails, ItemRef, Note, NoteId, TimelineEntry, TimelineEvent, UserId};
use dealdeck::store::Store;
use dealdeck::workspace::ServerUpdate;

use crate::desk::{Desk, batch, days_ago, deal, now};

fn item(id: u64) -> ItemRef {
    ItemRef::Deal(DealId(id))
}

fn note(id: u64, on: &[u64], content: &str) -> Note {
    Note { on: on.iter().map(|id| item(*id)).collect(), content: content.into(), ..Note::blank(NoteId(id)) }
}

fn dossier(id: u64, notes: Vec<Note>) -> ItemDetails {
    let what = TimelineEvent::Mail("Offer".into());
    let timeline = vec![TimelineEntry { at: days_ago(3), by: Some(UserId(1)), what }];
    ItemDetails { item: item(id), at: now(), as_of: Some(days_ago(1)), notes, products: Vec::new(), timeline }
}

async fn put(store: &Store, changes: Vec<ServerUpdate>) {
    store.cache().put(batch(1, changes)).await.unwrap();
}

async fn said(store: &Store, id: u64) -> Option<Vec<String>> {
    let found = store.cache().dossier(item(id)).await.unwrap()?;
    let mut said: Vec<String> = found.notes.into_iter().map(|note| note.content).collect();
    said.sort();
    Some(said)
}

#[tokio::test]
async fn what_was_read_of_an_item_comes_back_and_is_replaced_whole() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    assert_eq!(said(&store, 1).await, None);
    let first = dossier(1, vec![note(1, &[1], "One"), note(2, &[1], "Two")]);
    put(&store, vec![ServerUpdate::Deals(vec![deal(1)]), ServerUpdate::Details(Box::new(first.clone()))]).await;
    store.close().await;
    let (store, _) = desk.open();
    let kept = store.cache().dossier(item(1)).await.unwrap().unwrap();
    assert_eq!(ItemDetails { notes: Vec::new(), ..kept }, ItemDetails { notes: Vec::new(), ..first });
    assert_eq!(said(&store, 1).await.unwrap(), ["One", "Two"]);
    put(&store, vec![ServerUpdate::Details(Box::new(dossier(1, vec![note(2, &[1], "Two, changed")])))]).await;
    assert_eq!(said(&store, 1).await.unwrap(), ["Two, changed"]);
}

#[tokio::test]
async fn notes_that_are_edited_change_what_is_kept_and_go_with_their_item() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    put(&store, vec![ServerUpdate::Details(Box::new(dossier(1, vec![note(1, &[1], "One")])))]).await;
    put(&store, vec![ServerUpdate::Details(Box::new(dossier(2, Vec::new())))]).await;
    put(&store, vec![ServerUpdate::Notes(vec![note(1, &[1, 2], "Other words"), note(3, &[2], "New")])]).await;
    assert_eq!(said(&store, 1).await.unwrap(), ["Other words"]);
    assert_eq!(said(&store, 2).await.unwrap(), ["New", "Other words"]);
    put(&store, vec![ServerUpdate::Gone(ItemRef::Note(NoteId(3)))]).await;
    assert_eq!(said(&store, 2).await.unwrap(), ["Other words"]);
    put(&store, vec![ServerUpdate::Gone(item(2))]).await;
    assert_eq!(said(&store, 2).await, None);
    store.close().await;
    assert_eq!(desk.count("cache.db", "dossier"), 1);
}

#[tokio::test]
async fn what_makes_no_sense_counts_as_not_read() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    put(&store, vec![ServerUpdate::Details(Box::new(dossier(1, Vec::new())))]).await;
    store.close().await;
    desk.sql("cache.db", "UPDATE dossier SET body = '{\"no\": 1}'");
    let (store, restored) = desk.open();
    assert_eq!((said(&store, 1).await, restored.warnings), (None, vec![]));
}
