//! Edits that wait while a colleague changes the same item: nothing is overwritten unnoticed, and nothing is lost.

use serde_json::{Value, json};

use super::support::account::{
    Target, TestAccount, quit, value_body, wait_for_notice, wait_until_read, wait_until_sent,
};
use super::support::terminal::Terminal;

/// Returns an account whose first deal got a value and a title offline, and another value from a colleague.
fn with_a_clash() -> (TestAccount, Target) {
    let mut account = TestAccount::new();
    let target = account.targets[0].clone();
    account.read_once();
    account.queue(&[target.value(4242), target.rename("Mine")]);
    account.practice.start_again();
    account.change(&target, &json!({"value": 5555}));
    (account, target)
}

/// Starts the program on a conflict and waits until everything else is sent.
fn open_on_a_clash(account: &TestAccount) -> Terminal {
    let terminal = account.open();
    wait_until_read(&terminal);
    wait_until_sent(&terminal);
    terminal.wait_for("!1 to look at");
    terminal
}

/// Returns a deal as the server has it.
fn now(account: &TestAccount, target: &Target) -> Value {
    let deal = &account.practice.get(&target.path())["data"];
    json!([deal["title"], deal["value"].as_f64()])
}

/// Waits until the attention list shows all three values.
fn wait_for_sides(terminal: &Terminal) {
    for side in [
        "1 edit needs attention",
        "▌ Value €4,242 for 'Target-A'",
        "✗ somebody has changed the same in Pipedrive meanwhile: choose yours",
        "mine    €4,242",
        "theirs  €5,555",
        "before  €1,000",
        "m mine   t theirs   c change   d discard",
    ] {
        terminal.wait_for(side);
    }
}

#[test]
fn other_fields_merge_and_mine_can_win_and_breaks_contract() {
    let (account, target) = with_a_clash();
    let mut terminal = open_on_a_clash(&account);
    wait_for_notice(&terminal, "Not done, as somebody else was there: Value €4,242 for 'Target-A'");
    wait_for_notice(&terminal, "! shows yours and theirs");
    assert_eq!(now(&account, &target), json!(["Mine", 5555.0]), "the title merged");
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("m");
    account.wait_for_value(&target, 4242);
    wait_until_sent(&terminal);
    terminal.wait_gone("to look at");
    quit(terminal);
    assert_eq!(account.written(&target), [json!({"value": 5555}), json!({"title": "Mine"}), value_body(4242)]);
    // The decision is final.
    let terminal = account.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(now(&account, &target), json!(["Mine", 4242.0]));
}

#[test]
fn a_conflict_waits_and_theirs_can_win_and_breaks_contract() {
    let (mut account, target) = with_a_clash();
    let words = quit(open_on_a_clash(&account));
    assert!(words.contains("1 edit needs attention: the next start shows them with !"), "{words}");
    account.practice.stop();
    let terminal = account.open_offline();
    terminal.wait_for("!1 to look at");
    quit(terminal);

    account.practice.start_again();
    let mut terminal = open_on_a_clash(&account);
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("t");
    terminal.wait_gone("to look at");
    terminal.keys(&format!("1/\x15{}\r", "Mine"));
    terminal.wait_for("€5,555");
    let words = quit(terminal);
    assert!(!words.contains("attention"), "{words}");
    let terminal = account.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(account.written(&target), [json!({"value": 5555}), json!({"title": "Mine"})]);
    assert_eq!(now(&account, &target), json!(["Mine", 5555.0]));
}

#[test]
fn a_third_value_resolves_a_conflict_and_breaks_contract() {
    let (account, target) = with_a_clash();
    let mut terminal = open_on_a_clash(&account);
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("c");
    terminal.wait_for("› 4242 EUR");
    // Canceling leaves the conflict unresolved.
    terminal.keys("\x1b");
    terminal.wait_gone("› 4242 EUR");
    terminal.wait_for("!1 to look at");
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("c\x154800\r");
    account.wait_for_value(&target, 4800);
    wait_until_sent(&terminal);
    terminal.wait_gone("to look at");
    quit(terminal);
    let terminal = account.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(account.written(&target), [json!({"value": 5555}), json!({"title": "Mine"}), value_body(4800)]);
}

#[test]
fn an_edit_of_a_deleted_deal_is_discarded_and_breaks_contract() {
    let mut account = TestAccount::new();
    let [gone, there] = [account.targets[0].clone(), account.targets[1].clone()];
    account.read_once();
    account.queue(&[gone.value(4242), there.value(4343)]);
    account.practice.start_again();
    account.practice.send("DELETE", &gone.path(), &Value::Null);
    let mut terminal = account.open();
    wait_until_read(&terminal);
    wait_until_sent(&terminal);
    terminal.wait_for("!1 to look at");
    wait_for_notice(&terminal, "Failed and taken back: Value €4,242 for 'Target-A' it is no longer in Pipedrive");
    terminal.wait_gone("Target-A  ");
    terminal.keys("!");
    terminal.wait_for("▌ Value €4,242 for 'Target-A'");
    terminal.wait_for("✗ it is no longer in Pipedrive");
    terminal.keys("d");
    terminal.wait_gone("to look at");
    let words = quit(terminal);
    assert!(!words.contains("attention"), "{words}");
    let terminal = account.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(account.written(&there), [value_body(4343)], "another edit is not held up by it");
}

#[test]
fn the_history_undoes_an_edit_of_an_earlier_run() {
    let account = TestAccount::new();
    let target = account.targets[0].clone();
    let mut terminal = account.open();
    wait_until_read(&terminal);
    terminal.keys(&target.value(4242));
    account.wait_for_value(&target, 4242);
    wait_until_sent(&terminal);
    quit(terminal);

    let mut terminal = account.open();
    wait_until_read(&terminal);
    terminal.keys("u");
    terminal.wait_for("Nothing to undo.");
    terminal.keys("Y");
    terminal.wait_for("Edited from here");
    terminal.wait_for("Value €4,242 for 'Target-A'");
    terminal.wait_for("✓ confirmed by Pipedrive");
    terminal.keys("u");
    account.wait_for_value(&target, 1000);
    terminal.wait_for("Undone: Value €4,242 for 'Target-A' · confirmed");
    terminal.keys("Y");
    terminal.wait_for("Value €1,000 for 'Target-A'");
    terminal.keys("q");
    terminal.wait_gone("Edited from here");
    quit(terminal);
    assert_eq!(account.written(&target), [value_body(4242), value_body(1000)]);
}

#[test]
fn lost_responses_are_no_failure_and_breaks_contract() {
    let account = TestAccount::new();
    let target = account.targets[0].clone();
    let mut terminal = account.open();
    wait_until_read(&terminal);
    account.practice.inject(&json!({"kind": "drop_after", "method": "PATCH"}));
    terminal.keys(&target.value(4242));
    account.wait_for_value(&target, 4242);
    wait_until_sent(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    let terminal = account.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
}
