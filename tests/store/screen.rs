//! How the screen is arranged: kept beside the cache, and not thrown away with it.

use dealdeck::store::Store;

use crate::desk::Desk;

#[tokio::test]
async fn the_arrangement_of_the_screen_survives_reopening_and_a_new_cache() {
    let desk = Desk::new();
    let (store, restored) = desk.open();
    assert_eq!(restored.screen, None);
    store.put_screen("first".into()).await.unwrap();
    store.put_screen("{\"view\":\"Deals\"}".into()).await.unwrap();
    store.cache().rebuild().await.unwrap();
    store.close().await;
    let (store, restored) = desk.open();
    assert_eq!(restored.screen.as_deref(), Some("{\"view\":\"Deals\"}"));
    // Another process that may only look sees it, and does not write it.
    let (other, seen) = desk.open();
    assert_eq!(seen.screen, restored.screen);
    other.put_screen("theirs".into()).await.unwrap();
    store.close().await;
    other.close().await;
    assert_eq!(desk.open().1.screen, restored.screen);
}

#[tokio::test]
async fn junk_in_its_file_does_not_keep_the_store_from_opening() {
    let desk = Desk::new();
    let (store, _) = desk.open();
    store.put_screen("kept".into()).await.unwrap();
    store.close().await;
    let file = desk.file("screen.json");
    std::fs::write(&file, [0xff, 0xfe, b'{']).unwrap();
    assert!(desk.open().1.screen.unwrap().ends_with('{'));
    std::fs::write(&file, vec![b'x'; 1 << 20]).unwrap();
    assert!(desk.open().1.screen.unwrap().len() < 1 << 20, "no more is read than a screen can have written");
    // In memory there is nowhere to keep it.
    Store::in_memory().unwrap().put_screen("x".into()).await.unwrap();
}
