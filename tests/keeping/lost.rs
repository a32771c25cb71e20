//! What was lost on this machine is read again, though nothing of it has changed in Pipedrive.

use std::path::{Path, PathBuf};

use super::*;

fn cache_file(folder: &Path) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let here = files.into_iter().find(|file| file.file_name().is_some_and(|name| name == "cache.db"));
    here.unwrap_or_else(|| folders.iter().map(|folder| cache_file(folder)).next().expect("a cache"))
}

fn empty(place: &Place) {
    let cache = rusqlite::Connection::open(cache_file(place.folder.path())).unwrap();
    assert!(cache.execute("DELETE FROM deal", []).unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_board_is_read_again_at_the_next_start() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let before = run.account.deals().count();
    run.end().await;
    empty(&place);
    let mut run = place.start().await;
    run.fresh().await;
    assert_eq!(run.account.deals().count(), before);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_board_is_read_again_when_asked() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let before = run.account.deals().count();
    let lists = place.answered("GET /api/v2/persons").await;
    run.commands.send(Command::Refresh).await.unwrap();
    run.fresh().await;
    empty(&place);
    run.commands.send(Command::Refresh).await.unwrap();
    run.fresh().await;
    run.end().await;
    assert!(place.answered("GET /api/v2/persons").await > lists + 1, "the whole account was read");
    let mut run = place.start().await;
    run.loaded().await;
    assert_eq!(run.account.deals().count(), before);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_odd_list_left_out_stays_over_a_start() {
    let place = Place::new(60).await;
    let mut run = place.start().await;
    run.fresh().await;
    let before = run.account.deals().count();
    let odd = r#"{"success":true,"data":[],"additional_data":{"next_cursor":null}}"#;
    place.fault(&json!({"kind": "body", "method": "GET", "path": "/api/v2/deals", "body": odd})).await;
    run.commands.send(Command::Reload).await.unwrap();
    run.until(|report| matches!(report, Report::Progress(Progress::Failed { .. }))).await;
    run.end().await;
    place.heal().await;
    let mut run = place.start().await;
    run.loaded().await;
    assert_eq!(run.account.deals().count(), before);
    run.commands.send(Command::Reload).await.unwrap();
    run.fresh().await;
    assert_eq!(run.account.deals().count(), before);
    run.end().await;
}
