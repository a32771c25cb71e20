//! Deals and leads created, edited and deleted in forms, checked on the server; users and their items.

use serde_json::{Value, json};

use super::support::practice::Practice;
use super::{deal_path, open};

/// Saves a form.
const SAVE: &str = "\x13";
/// Clears a field.
const EMPTY: &str = "\x15";

#[test]
fn a_deal_form_creates_edits_and_requires_a_contact() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let newest = "/api/v2/deals?sort_by=id&sort_direction=desc&limit=1";
    let before = practice.get(newest)["data"][0]["id"].clone();
    terminal.keys(&format!("nMade by form{SAVE}"));
    terminal.wait_for("a deal must be linked to a person");
    assert_eq!(practice.get(newest)["data"][0]["id"], before, "nothing was sent");
    // The cursor is at the missing contact.
    terminal.keys(&format!("Ada Formby\tFormby Ltd\t1234.50{SAVE}"));
    practice.wait_until(newest, "the new deal", |deals| deals.unwrap()["data"][0]["title"] == "Made by form");
    let deal = practice.get(newest)["data"][0].clone();
    assert_eq!(deal["value"], json!(1234.5));
    let person = practice.get(&format!("/api/v2/persons/{}", deal["person_id"]))["data"].clone();
    let org = practice.get(&format!("/api/v2/organizations/{}", deal["org_id"]))["data"].clone();
    assert_eq!((&person["name"], &org["name"]), (&json!("Ada Formby"), &json!("Formby Ltd")));
    terminal.wait_for("Confirmed: New deal 'Made by form'");

    let path = deal_path(deal["id"].as_u64().unwrap());
    terminal.keys("4/formby\r");
    terminal.wait_for("Made by form");
    terminal.keys(&format!("E{EMPTY}Changed by form\t\t\t{EMPTY}99 USD{SAVE}"));
    practice.wait_until(&path, "the changed deal", |deal| {
        let deal = &deal.unwrap()["data"];
        deal["title"] == "Changed by form" && deal["value"] == 99 && deal["currency"] == "USD"
    });
    terminal.keys(&format!("E\t{EMPTY}\t{EMPTY}{SAVE}"));
    terminal.wait_for("a deal must be linked to a person");
    terminal.keys("\x1b");
    terminal.wait_for("Throw away what was typed?");
    terminal.keys("y");
    terminal.wait_gone("a deal must be linked to a person");
    assert_eq!(practice.get(&path)["data"]["person_id"], deal["person_id"]);

    terminal.keys("Xy");
    practice
        .wait_until(&path, "the deal to be deleted", |deal| deal.is_none_or(|deal| deal["data"]["is_deleted"] == true));
}

#[test]
fn a_lead_form_creates_edits_and_requires_a_contact() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let lead = |title: &str| practice.all("/api/v1/leads?limit=500").into_iter().find(|lead| lead["title"] == title);
    terminal.keys(&format!("3nLead by form{SAVE}"));
    terminal.wait_for("a lead must be linked to a person");
    assert_eq!(lead("Lead by form"), None, "nothing was sent");
    terminal.keys(&format!("\tFormby Ltd\t500{SAVE}"));
    terminal.wait_for("Confirmed: New lead 'Lead by form'");
    let made = lead("Lead by form").unwrap();
    let org = practice.get(&format!("/api/v2/organizations/{}", made["organization_id"]))["data"].clone();
    assert_eq!((&org["name"], &made["value"]["amount"]), (&json!("Formby Ltd"), &json!(500)));

    let path = format!("/api/v1/leads/{}", made["id"].as_str().unwrap());
    terminal.keys("/formby\r");
    terminal.wait_for("Lead by form");
    terminal.keys(&format!("E{EMPTY}Lead changed\t\t\t{EMPTY}{SAVE}"));
    practice.wait_until(&path, "the changed lead", |lead| {
        let lead = &lead.unwrap()["data"];
        lead["title"] == "Lead changed" && lead["value"] == Value::Null
    });
    terminal.keys(&format!("E\t\t{EMPTY}{SAVE}"));
    terminal.wait_for("a lead must be linked to a person");
    terminal.keys("\x1b");
    terminal.wait_for("Throw away what was typed?");
    terminal.keys("y");
    terminal.wait_gone("a lead must be linked to a person");
    assert_eq!(practice.get(&path)["data"]["organization_id"], made["organization_id"]);

    terminal.keys("Xy");
    practice.wait_until(&path, "the lead to be deleted", |lead| lead.is_none());
}

#[test]
fn lists_can_be_filtered_by_user() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let users = practice.get("/api/v1/users")["data"].clone();
    let priya = users.as_array().unwrap().iter().find(|user| user["id"] == 4).unwrap();
    let name = priya["name"].as_str().unwrap();
    terminal.keys(&format!("7/{name}\r\r"));
    terminal.wait_for(priya["email"].as_str().unwrap());
    // The details close and the text filter is cleared; then the user's items are filtered.
    terminal.keys("\r4\x1b");
    terminal.wait_gone(&format!("/ {name}"));
    terminal.keys(&format!("F\r{name}\r"));
    let deals = practice.all("/api/v2/deals?status=open&limit=500");
    let theirs = deals.iter().filter(|deal| deal["owner_id"] == 4).count();
    terminal.wait_for(&format!("open · {theirs}"));
    assert!(theirs > 0 && theirs < deals.len());
}
