//! The program on a data directory of version 0.1.

use super::account::Account;
use super::terminal::Terminal;

/// An account without its server whose data directory is one that version 0.1 left.
fn previous() -> Account {
    let mut account = Account::new();
    account.run(&["sync"]).done();
    account.practice.stop();
    let files = account.store();
    for (name, sql) in [
        ("edits.db", include_str!("../fixtures/v0.1/edits.sql")),
        ("cache.db", include_str!("../fixtures/v0.1/cache.sql")),
    ] {
        let file = files.join(name);
        std::fs::remove_file(&file).unwrap();
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.close().unwrap();
    }
    std::fs::write(files.join("screen.json"), include_str!("../fixtures/v0.1/screen.json")).unwrap();
    account
}

#[test]
fn commands_show_the_cached_account_and_queue_of_0_1() {
    let account = previous();
    let listed = account.run(&["deals", "list", "--offline", "--json"]);
    assert!(listed.code == Some(0) && listed.err.contains("24 edits are queued"), "{listed:?}");
    let deals: Vec<serde_json::Value> = serde_json::from_str(&listed.out).unwrap();
    let titles: Vec<&str> = deals.iter().filter_map(|deal| deal["title"].as_str()).collect();
    assert_eq!(titles, ["Made", "Org only"], "{listed:?}");
    let shown = account.run(&["deals", "show", "1", "--offline", "--json"]);
    let deal: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&deal["title"], &deal["pending"], &deal["status"]), (&"New".into(), &true.into(), &"lost".into()));
}

#[test]
fn the_dashboard_shows_edits_filters_and_screen_of_0_1() {
    let account = previous();
    let mut dashboard: Terminal = account.terminal(&[], 180);
    dashboard.wait_for("↻ 24 queued");
    // The view that was open, with its columns.
    dashboard.wait_for("Source");
    for (keys, expected) in
        [("Y", ["Edit 30", "Edit 29"]), ("!", ["Edit 24", "Edit 25"]), ("Q", ["Hot leads", "Hot leads"])]
    {
        dashboard.keys(keys);
        for text in expected {
            dashboard.wait_for(text);
        }
        dashboard.keys("\x1b");
        dashboard.wait_gone(expected[1]);
    }
    dashboard.keys("q");
    assert_eq!(dashboard.exit_code(), 0);
}
