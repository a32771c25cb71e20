//! Edits are sent only with the token of the user who made them.

use dealdeck::sandbox::Options;
use serde_json::json;

use super::support::account::{TestAccount, quit, value_body, wait_until_read, wait_until_sent};

#[test]
fn edits_are_not_sent_with_another_users_token() {
    let colleagues = vec![("ben".to_owned(), 2)];
    let account = TestAccount::with(Options { deals: 60, colleagues, ..Options::default() });
    let target = account.targets[0].clone();
    account.read_once();
    let mut terminal = account.open();
    wait_until_read(&terminal);
    account.practice.inject(&json!({"kind": "status", "status": 401}));
    terminal.keys(&target.value(4242));
    terminal.wait_for("Pipedrive refused the API token");
    account.practice.heal();
    let before = account.requests();
    terminal.keys("ben\r");
    terminal.wait_for("another user");
    assert_eq!(account.written(&target), Vec::<serde_json::Value>::new());
    assert_eq!(account.requests(), before + 1, "only whose token it is was asked");
    terminal.keys("practice\r");
    wait_until_sent(&terminal);
    assert_eq!(account.written(&target), [value_body(4242)]);
    quit(terminal);
}
