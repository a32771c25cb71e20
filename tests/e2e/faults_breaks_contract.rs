//! A failing server: it is reported, and nothing is lost or done twice.

use serde_json::{Value, json};

use super::support::practice::Practice;
use super::{deal_path, find, open, samples};

#[test]
fn a_move_is_retried_automatically() {
    for (fault, shown) in [
        (json!({"kind": "status", "status": 500, "method": "PATCH"}), "Retries automatically"),
        (json!({"kind": "status", "status": 429, "retry_after": 1, "method": "PATCH"}), "↻"),
        (json!({"kind": "drop_before", "method": "PATCH"}), "offline since"),
    ] {
        let practice = Practice::start();
        let mut terminal = open(&practice, 120, 40);
        let sample = samples(&practice).remove(0);
        find(&mut terminal, &sample);
        practice.inject(&fault);
        terminal.keys("L");
        terminal.wait_for(shown);
        let stage = practice.get(&deal_path(sample.id))["data"]["stage_id"].clone();
        assert_eq!(stage, sample.stage, "{fault}");
        practice.heal();
        practice.wait_until(&deal_path(sample.id), "the deal moved without a key", |deal| {
            deal.unwrap()["data"]["stage_id"] == sample.next
        });
        assert!(!terminal.text().contains("taken back"), "{fault}:\n{}", terminal.text());
    }
}

#[test]
fn one_failure_or_429_is_not_reported() {
    for fault in [
        json!({"kind": "status", "status": 500, "times": 1, "method": "PATCH"}),
        json!({"kind": "status", "status": 503, "times": 1, "method": "PATCH"}),
        json!({"kind": "status", "status": 429, "times": 1, "retry_after": 1, "method": "PATCH"}),
        json!({"kind": "drop_before", "times": 1, "method": "PATCH"}),
        json!({"kind": "drop_after", "times": 1, "method": "PATCH"}),
        json!({"kind": "malformed", "times": 1, "method": "PATCH"}),
    ] {
        let practice = Practice::start();
        let mut terminal = open(&practice, 120, 40);
        let sample = samples(&practice).remove(0);
        find(&mut terminal, &sample);
        practice.inject(&fault);
        terminal.keys("L");
        practice.wait_until(&deal_path(sample.id), &format!("the deal moved in spite of {fault}"), |deal| {
            deal.unwrap()["data"]["stage_id"] == sample.next
        });
        terminal.wait_gone("saving");
        assert!(!terminal.text().contains("taken back"), "{fault}:\n{}", terminal.text());
    }
}

#[test]
fn a_lost_response_creates_no_second_deal() {
    for method_path in ["/api/v2/deals", "/api/v2/organizations"] {
        let practice = Practice::start();
        let mut terminal = open(&practice, 120, 40);
        practice.inject(&json!({"kind": "drop_after", "times": 1, "method": "POST", "path": method_path}));
        terminal.keys("nOnly once\t\tOnly One Organization\x13");
        terminal.wait_for("Confirmed: New deal 'Only once'");
        let count = |path: &str, key: &str, text: &str| {
            let all = practice.get(path);
            all["data"].as_array().unwrap().iter().filter(|item| item[key] == text).count()
        };
        assert_eq!(count("/api/v2/deals?sort_by=id&sort_direction=desc&limit=20", "title", "Only once"), 1);
        let orgs = "/api/v2/organizations?sort_by=id&sort_direction=desc&limit=20";
        assert_eq!(count(orgs, "name", "Only One Organization"), 1);
    }
}

#[test]
fn edits_arrive_when_the_server_is_back() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let sample = samples(&practice).remove(0);
    find(&mut terminal, &sample);
    practice.inject(&json!({"kind": "drop_before"}));
    terminal.keys("L");
    terminal.wait_for("offline");
    practice.heal();
    let moved = |deal: Option<&Value>| deal.unwrap()["data"]["stage_id"] == sample.next;
    practice.wait_until(&deal_path(sample.id), "the deal moved", moved);
}

#[test]
fn unsent_edits_are_reported_as_queued_at_exit() {
    let mut practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let sample = samples(&practice).remove(0);
    find(&mut terminal, &sample);
    practice.stop();
    terminal.keys("L");
    terminal.wait_for("offline");
    terminal.wait_for(&sample.title[..6]);
    terminal.wait_for("1 queued");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    terminal.assert_restored();
    let words = terminal.text().replace('\n', " ");
    assert!(words.contains("1 edit is queued"), "{words}");
}
