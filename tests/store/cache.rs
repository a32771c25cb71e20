//! The cache: what is put there comes back, in the order in which it is wanted.

use dealdeck::store::{Batch, Store};
use dealdeck::workspace::Change;

use crate::desk::{Contents, Desk, deal, loaded, person, won};

#[tokio::test]
async fn notes_and_front_survive_reopening() {
    let desk = Desk::new();
    let (store, restored) = desk.open();
    assert_eq!((restored.front, restored.notes, restored.generation), (None, None, 0));
    let changes = vec![Change::Deals(vec![deal(1), won(2)]), Change::People(vec![person(3)])];
    store
        .cache()
        .put(Batch { changes: changes.clone(), generation: 4, notes: Some("{\"a\":1}".into()) })
        .await
        .unwrap();
    store.cache().put_front("[1]".into()).await.unwrap();
    store.close().await;
    let (store, restored) = desk.open();
    assert_eq!(restored.front.as_deref(), Some("[1]"));
    assert_eq!(restored.notes.as_deref(), Some("{\"a\":1}"));
    assert_eq!((restored.generation, restored.warnings), (4, vec![]));
    assert_eq!(Contents::of(loaded(&store).await), Contents::of(changes));
}

#[tokio::test]
async fn a_store_in_memory_keeps_what_it_is_given() {
    let store = Store::in_memory().unwrap();
    let changes = vec![Change::Deals(vec![deal(1), won(2)]), Change::People(vec![person(3)])];
    store.cache().put(Batch { changes: changes.clone(), generation: 1, notes: None }).await.unwrap();
    assert_eq!(Contents::of(loaded(&store).await), Contents::of(changes));
}
