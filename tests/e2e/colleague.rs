//! What a colleague changes is told, and can be gone to.

use serde_json::json;

use super::support::desk::{Desk, quit, wait_for_notice, wait_until_read};

#[test]
fn what_a_colleague_changes_is_told_when_it_is_read_and_listed() {
    let desk = Desk::new();
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    desk.change(&desk.targets[2], &json!({"value": 7777, "currency": "EUR"}));
    terminal.keys("r");
    wait_for_notice(&terminal, "Target-C was valued at €7,777");
    terminal.keys("2W");
    terminal.wait_for("Changed lately by others");
    terminal.keys("\r");
    terminal.wait_until("the deal's details", |screen| {
        let text = screen.contents();
        text.contains("Deal") && text.contains("Target-C") && !text.contains("Changed lately")
    });
    quit(terminal);
}
