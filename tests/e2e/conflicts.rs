//! Edits that wait while somebody else is at work on the same: nothing is overwritten unseen, and nothing is lost.

use serde_json::{Value, json};

use super::support::desk::{Desk, Target, quit, valued, wait_for_notice, wait_until_read, wait_until_sent};
use super::support::terminal::Terminal;

/// A desk whose first target was given a value and a title offline, and another value by a colleague meanwhile.
fn with_a_clash() -> (Desk, Target) {
    let mut desk = Desk::new();
    let target = desk.targets[0].clone();
    desk.read_once();
    desk.queue(&[target.value(4242), target.rename("Mine")]);
    desk.practice.start_again();
    desk.change(&target, &json!({"value": 5555}));
    (desk, target)
}

/// Starts it on a clash, and waits until all that needs no decision is through.
fn open_on_a_clash(desk: &Desk) -> Terminal {
    let terminal = desk.open();
    wait_until_read(&terminal);
    wait_until_sent(&terminal);
    terminal.wait_for("!1 to look at");
    terminal
}

/// What the server says of a deal.
fn now(desk: &Desk, target: &Target) -> Value {
    let deal = &desk.practice.get(&target.path())["data"];
    json!([deal["title"], deal["value"].as_f64()])
}

/// Waits until the list of what needs attention shows the three sides.
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
fn what_does_not_clash_merges_and_mine_wins_where_i_say_so_and_this_breaks_contract() {
    let (desk, target) = with_a_clash();
    let mut terminal = open_on_a_clash(&desk);
    wait_for_notice(&terminal, "Not done, as somebody else was there: Value €4,242 for 'Target-A'");
    wait_for_notice(&terminal, "! shows yours and theirs");
    assert_eq!(now(&desk, &target), json!(["Mine", 5555.0]), "the title merged");
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("m");
    desk.wait_for_value(&target, 4242);
    wait_until_sent(&terminal);
    terminal.wait_gone("to look at");
    quit(terminal);
    assert_eq!(desk.written(&target), [json!({"value": 5555}), json!({"title": "Mine"}), valued(4242)]);
    // It is decided for good.
    let terminal = desk.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(now(&desk, &target), json!(["Mine", 4242.0]));
}

#[test]
fn a_clash_waits_for_a_later_run_and_theirs_can_be_left_and_this_breaks_contract() {
    let (mut desk, target) = with_a_clash();
    let words = quit(open_on_a_clash(&desk));
    assert!(words.contains("1 edit needs attention: the next start shows them with !"), "{words}");
    desk.practice.stop();
    let terminal = desk.open_offline();
    terminal.wait_for("!1 to look at");
    quit(terminal);

    desk.practice.start_again();
    let mut terminal = open_on_a_clash(&desk);
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("t");
    terminal.wait_gone("to look at");
    terminal.keys(&format!("1/\x15{}\r", "Mine"));
    terminal.wait_for("€5,555");
    let words = quit(terminal);
    assert!(!words.contains("attention"), "{words}");
    let terminal = desk.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(desk.written(&target), [json!({"value": 5555}), json!({"title": "Mine"})]);
    assert_eq!(now(&desk, &target), json!(["Mine", 5555.0]));
}

#[test]
fn a_clash_can_be_ended_by_a_third_value_and_this_breaks_contract() {
    let (desk, target) = with_a_clash();
    let mut terminal = open_on_a_clash(&desk);
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("c");
    terminal.wait_for("› 4242 EUR");
    // A change of mind leaves it where it was.
    terminal.keys("\x1b");
    terminal.wait_gone("› 4242 EUR");
    terminal.wait_for("!1 to look at");
    terminal.keys("!");
    wait_for_sides(&terminal);
    terminal.keys("c\x154800\r");
    desk.wait_for_value(&target, 4800);
    wait_until_sent(&terminal);
    terminal.wait_gone("to look at");
    quit(terminal);
    let terminal = desk.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(desk.written(&target), [json!({"value": 5555}), json!({"title": "Mine"}), valued(4800)]);
}

#[test]
fn an_edit_of_a_deleted_deal_is_discarded_for_good_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let [gone, there] = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.read_once();
    desk.queue(&[gone.value(4242), there.value(4343)]);
    desk.practice.start_again();
    desk.practice.send("DELETE", &gone.path(), &Value::Null);
    let mut terminal = desk.open();
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
    let terminal = desk.open();
    wait_until_read(&terminal);
    assert!(!terminal.text().contains("to look at"), "{}", terminal.text());
    quit(terminal);
    assert_eq!(desk.written(&there), [valued(4343)], "another edit is not held up by it");
}

#[test]
fn an_edit_of_an_earlier_run_is_taken_back_through_the_history() {
    let desk = Desk::new();
    let target = desk.targets[0].clone();
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    terminal.keys(&target.value(4242));
    desk.wait_for_value(&target, 4242);
    wait_until_sent(&terminal);
    quit(terminal);

    let mut terminal = desk.open();
    wait_until_read(&terminal);
    terminal.keys("u");
    terminal.wait_for("Nothing to undo.");
    terminal.keys("Y");
    terminal.wait_for("Edited from here");
    terminal.wait_for("Value €4,242 for 'Target-A'");
    terminal.wait_for("✓ confirmed by Pipedrive");
    terminal.keys("u");
    desk.wait_for_value(&target, 1000);
    terminal.wait_for("Undone: Value €4,242 for 'Target-A' · confirmed");
    terminal.keys("Y");
    terminal.wait_for("Value €1,000 for 'Target-A'");
    terminal.keys("q");
    terminal.wait_gone("Edited from here");
    quit(terminal);
    assert_eq!(desk.written(&target), [valued(4242), valued(1000)]);
}
