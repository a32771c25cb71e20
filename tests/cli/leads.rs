//! Leads.

use serde_json::{Value, json};

use super::account::Account;

#[test]
fn leads_are_made_changed_archived_restored_and_converted() {
    let account = Account::new();
    let made = account.run(&["leads", "create", "--title", "From a script", "--person", "3", "--value", "99"]);
    let id = made.done().trim_end().to_owned();
    let path = format!("/api/v1/leads/{id}");
    let lead = || account.practice.get(&path)["data"].clone();
    assert_eq!((&lead()["title"], &lead()["person_id"]), (&json!("From a script"), &json!(3)));
    assert_eq!(lead()["value"], json!({"amount": 99, "currency": "EUR"}));

    account.run(&["leads", "title", &id, "Better"]).done();
    account.run(&["leads", "value", &id, "150.25", "--currency", "USD"]).done();
    account.run(&["leads", "close-date", &id, "2027-03-01"]).done();
    assert_eq!((&lead()["title"], &lead()["expected_close_date"]), (&json!("Better"), &json!("2027-03-01")));
    assert_eq!(lead()["value"], json!({"amount": 150.25, "currency": "USD"}));
    account.run(&["leads", "value", &id, "none"]).done();
    assert_eq!(lead()["value"], Value::Null);

    account.run(&["leads", "seen", &id, "--not"]).done();
    assert_eq!(lead()["was_seen"], false);
    let unseen = account.run(&["leads", "list", "--unseen", "--json"]).json();
    assert!(unseen.as_array().unwrap().iter().any(|lead| lead["id"] == json!(id)), "{unseen}");
    account.run(&["leads", "seen", &id]).done();
    assert_eq!(lead()["was_seen"], true);

    let archived = account.run(&["leads", "archive", &id, "--json"]).json();
    assert_eq!((&archived[0]["id"], &archived[0]["archived"]), (&json!(id), &json!(true)));
    assert_eq!(lead()["is_archived"], true);
    let archive = account.run(&["leads", "list", "--archived", "--json"]).json();
    assert_eq!(archive[0]["id"], json!(id), "the latest changed is first");
    assert!(archive.as_array().unwrap().iter().all(|lead| lead["archived"] == true), "{archive}");
    account.run(&["leads", "title", &id, "No"]).failed(2, &["it is archived"]);
    account.run(&["leads", "restore", &id]).done();
    assert_eq!(lead()["is_archived"], false);

    let deal = account.run(&["leads", "convert", &id, "--stage", "Inspection"]).done();
    let deal = account.deal(deal.trim_end().parse().unwrap());
    assert_eq!((&deal["title"], &deal["stage_id"], &deal["pipeline_id"]), (&json!("Better"), &json!(8), &json!(2)));
    account.run(&["leads", "show", &id]).failed(1, &["there is no lead"]);
    // And back.
    let number = deal["id"].to_string();
    let again = account.run(&["deals", "to-lead", &number]).done();
    let again = account.practice.get(&format!("/api/v1/leads/{}", again.trim_end()))["data"].clone();
    assert_eq!((&again["title"], &again["person_id"]), (&json!("Better"), &json!(3)));
    account.run(&["deals", "to-lead", &number]).failed(1, &["there is no deal"]);
}

#[test]
fn a_lead_that_was_archived_elsewhere_is_restored() {
    let account = Account::new();
    let id = account.list("/api/v1/leads?limit=500")[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/leads/{id}");
    account.practice.send("PATCH", &path, &json!({"is_archived": true}));
    account.run(&["leads", "restore", &id]).done();
    assert_eq!(account.practice.get(&path)["data"]["is_archived"], false);
}

#[test]
fn any_fields_of_a_lead_are_changed_and_it_keeps_a_link() {
    let account = Account::new();
    let made = account.run(&["leads", "create", "--title", "From a script", "--person", "3"]).done();
    let id = made.trim_end();
    let lead = || account.practice.get(&format!("/api/v1/leads/{id}"))["data"].clone();
    let labels = account.practice.get("/api/v1/leadLabels")["data"].clone();
    let hot = labels[0]["name"].as_str().unwrap();
    let edit = ["leads", "edit", id, "--title", "Better", "--value", "12", "--org", "2", "--add-label", hot];
    account.run(&edit).done();
    assert_eq!(
        (&lead()["title"], &lead()["value"]["amount"], &lead()["organization_id"]),
        (&json!("Better"), &json!(12), &json!(2))
    );
    assert_eq!(lead()["label_ids"], json!([labels[0]["id"]]));
    account.run(&["leads", "edit", id, "--person", "none", "--owner", "priya", "--value", "none"]).done();
    assert_eq!((&lead()["person_id"], &lead()["owner_id"], &lead()["value"]), (&Value::Null, &json!(4), &Value::Null));
    account.run(&["leads", "edit", id, "--org", "none"]).failed(2, &["a lead must be linked to a person"]);
    account.run(&["leads", "delete", id]).done();
    account.run(&["leads", "show", id]).failed(1, &["there is no lead"]);
}
