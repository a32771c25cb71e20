//! A colleague's change is announced, and the changed item can be opened.

use serde_json::json;

use super::support::account::{TestAccount, quit, wait_for_notice, wait_until_read};

#[test]
fn a_colleagues_change_is_announced_and_listed() {
    let account = TestAccount::new();
    let mut terminal = account.open();
    wait_until_read(&terminal);
    account.change(&account.targets[2], &json!({"value": 7777, "currency": "EUR"}));
    terminal.keys("r");
    wait_for_notice(&terminal, "Target-C was valued at €7,777");
    terminal.keys("2W");
    terminal.wait_for("Team activity");
    terminal.keys("\r");
    terminal.wait_until("the deal's details", |screen| {
        let text = screen.contents();
        text.contains("Deal") && text.contains("Target-C") && !text.contains("Changed lately")
    });
    quit(terminal);
}
