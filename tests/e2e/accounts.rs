//! Whose token edits go out under.

use dealdeck::sandbox::Options;
use serde_json::json;

use super::support::desk::{Desk, quit, valued, wait_until_read, wait_until_sent};

#[test]
fn edits_do_not_go_out_under_another_users_token() {
    let colleagues = vec![("ben".to_owned(), 2)];
    let desk = Desk::with(Options { deals: 60, colleagues, ..Options::default() });
    let target = desk.targets[0].clone();
    desk.read_once();
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    desk.practice.inject(&json!({"kind": "status", "status": 401}));
    terminal.keys(&target.value(4242));
    terminal.wait_for("Pipedrive refused the API token");
    desk.practice.heal();
    let before = desk.requests();
    terminal.keys("ben\r");
    terminal.wait_for("another user");
    assert_eq!(desk.written(&target), Vec::<serde_json::Value>::new());
    assert_eq!(desk.requests(), before + 1, "only whose token it is was asked");
    terminal.keys("practice\r");
    wait_until_sent(&terminal);
    assert_eq!(desk.written(&target), [valued(4242)]);
    quit(terminal);
}
