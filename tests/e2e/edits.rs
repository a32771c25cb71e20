//! Each edit by key, checked on the server.

use serde_json::{Value, json};

use super::support::practice::{Practice, plain};
use super::{deal_path, find, open, samples};

#[test]
fn a_deal_is_moved_edited_won_and_lost_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let samples = samples(&practice);

    find(&mut terminal, &samples[0]);
    terminal.keys("L");
    practice.wait_until(&deal_path(samples[0].id), "the deal in its next stage", |deal| {
        deal.unwrap()["data"]["stage_id"] == samples[0].next
    });
    terminal.keys("u");
    practice.wait_until(&deal_path(samples[0].id), "the deal back in its stage", |deal| {
        deal.unwrap()["data"]["stage_id"] == samples[0].stage
    });

    terminal.keys("v\x157250.50\r");
    practice.wait_until(&deal_path(samples[0].id), "the new value", |deal| {
        deal.unwrap()["data"]["value"].as_f64() == Some(7250.5)
    });
    terminal.keys("d\x152027-02-28\r");
    practice.wait_until(&deal_path(samples[0].id), "the closing date", |deal| {
        deal.unwrap()["data"]["expected_close_date"] == "2027-02-28"
    });
    terminal.keys("%\x1533\r");
    practice.wait_until(&deal_path(samples[0].id), "the probability", |deal| {
        deal.unwrap()["data"]["probability"].as_f64() == Some(33.0)
    });
    terminal.keys("e\x15Renamed by key\r");
    practice.wait_until(&deal_path(samples[0].id), "the new title", |deal| {
        deal.unwrap()["data"]["title"] == "Renamed by key"
    });

    find(&mut terminal, &samples[1]);
    terminal.keys("w");
    practice.wait_until(&deal_path(samples[1].id), "the deal won", |deal| deal.unwrap()["data"]["status"] == "won");

    find(&mut terminal, &samples[2]);
    terminal.keys("xtoo dear\r");
    practice.wait_until(&deal_path(samples[2].id), "the deal lost", |deal| {
        let deal = &deal.unwrap()["data"];
        deal["status"] == "lost" && deal["lost_reason"] == "too dear"
    });
    terminal.keys("u");
    practice.wait_until(&deal_path(samples[2].id), "the deal open again", |deal| {
        let deal = &deal.unwrap()["data"];
        deal["status"] == "open" && deal["lost_reason"].is_null()
    });

    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    terminal.assert_restored();
}

#[test]
fn an_activity_is_done_undone_and_postponed_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 80, 24);
    let open = practice.get("/api/v2/activities?done=false&limit=500");
    let sample = plain(open["data"].as_array().unwrap(), "subject")
        .into_iter()
        .find(|activity| !activity["due_date"].is_null())
        .expect("an activity that can be found by its subject");
    let path = format!("/api/v2/activities/{}", sample["id"]);

    terminal.keys(&format!("2/{}\r", sample["subject"].as_str().unwrap()));
    terminal.wait_for(&sample["subject"].as_str().unwrap()[..6]);
    terminal.keys("x");
    practice.wait_until(&path, "the activity done", |activity| activity.unwrap()["data"]["done"] == true);
    terminal.keys("x");
    practice.wait_until(&path, "the activity to be done", |activity| activity.unwrap()["data"]["done"] == false);
    terminal.keys("s\x152031-05-06\r");
    practice.wait_until(&path, "the other day", |activity| {
        activity.unwrap()["data"]["due_date"].as_str().is_some_and(|date| date.starts_with("2031-05-0"))
    });
}

#[test]
fn a_lead_is_created_archived_and_converted_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 100, 30);
    let lead = |title: &str| {
        let leads = practice.get("/api/v1/leads?limit=500");
        leads["data"].as_array().unwrap().iter().find(|lead| lead["title"] == title).cloned()
    };

    // Without a person or organization it is refused at the field, and nothing is sent.
    terminal.keys("3nLead made by key\x13");
    terminal.wait_for("linked to a person");
    assert_eq!(lead("Lead made by key"), None);
    terminal.keys("Nora Newcomer\t\t\t31 June\x13");
    terminal.wait_for("not a date");
    terminal.keys("\x152027-06-30\x13");
    practice.wait_until("/api/v1/leads?limit=500&sort=add_time%20DESC", "the new lead", |_| {
        lead("Lead made by key").is_some()
    });
    let made = lead("Lead made by key").unwrap();
    assert_eq!(made["expected_close_date"], "2027-06-30");
    let person = practice.get(&format!("/api/v2/persons/{}", made["person_id"]));
    assert_eq!(person["data"]["name"], "Nora Newcomer");
    terminal.wait_for("Confirmed: New lead 'Lead made by key'");

    terminal.keys("/Lead made by key\ra");
    let path = format!("/api/v1/leads/{}", made["id"].as_str().unwrap());
    practice.wait_until(&path, "the lead archived", |lead| lead.unwrap()["data"]["is_archived"] == true);
    terminal.keys("u");
    practice.wait_until(&path, "the lead out of the archive", |lead| lead.unwrap()["data"]["is_archived"] == false);
    terminal.wait_for("Lead made by key");

    terminal.keys("c\r");
    practice.wait_until(&path, "the lead gone", |lead| {
        lead.is_none_or(|lead| lead["data"]["is_deleted"] == true || lead["data"].is_null())
    });
    terminal.wait_for("Confirmed: Convert");
    let found = practice.get("/api/v2/deals?sort_by=add_time&sort_direction=desc&limit=5");
    let is_it = |deal: &Value| deal["title"] == "Lead made by key" && deal["person_id"] == made["person_id"];
    assert_eq!(found["data"].as_array().unwrap().iter().filter(|deal| is_it(deal)).count(), 1);
}

#[test]
fn a_deal_is_created_by_key_with_a_new_organization() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    terminal.keys("nDeal made by key\t\tBrand New Organization\t1234.5\x13");
    let recent = "/api/v2/deals?sort_by=id&sort_direction=desc&limit=1";
    practice.wait_until(recent, "the new deal", |deals| deals.unwrap()["data"][0]["title"] == "Deal made by key");
    let deal = practice.get(recent)["data"][0].clone();
    assert_eq!(deal["value"], json!(1234.5));
    assert!(deal["person_id"].is_null());
    let org = practice.get(&format!("/api/v2/organizations/{}", deal["org_id"]));
    assert_eq!(org["data"]["name"], "Brand New Organization");
    terminal.wait_for("Confirmed: New deal 'Deal made by key'");
}

#[test]
fn a_card_dragged_to_another_column_is_moved_on_the_server() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let sample = samples(&practice).into_iter().find(|sample| sample.column == 0).expect("a deal in the first column");
    find(&mut terminal, &sample);
    // The card is at the top of its column: the only one that matches the filter, in the first of four columns.
    terminal.wait_until("the card", |screen| screen.cell(9, 0).is_some_and(|cell| cell.contents() == "▌"));
    terminal.keys("\x1b[<0;10;10M\x1b[<32;20;12M\x1b[<32;45;20M");
    terminal.wait_for(&sample.title[..6]);
    assert_eq!(practice.get(&deal_path(sample.id))["data"]["stage_id"], sample.stage, "not before it is let go");
    terminal.keys("\x1b[<0;45;20m");
    practice.wait_until(&deal_path(sample.id), "the deal in the column where it was dropped", |deal| {
        deal.unwrap()["data"]["stage_id"] == sample.next
    });
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn a_bracketed_paste_runs_no_command() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let before = practice.get("/api/v2/deals?limit=500");
    // Each of these characters is also a key: move, win, quit.
    terminal.keys("\x1b[200~LLwwxx\r3a\r1q\rq\x1b[201~/");
    terminal.keys("\x1b[200~Lw\rq\x1b[201~");
    terminal.wait_for("/ Lw q");
    assert_eq!(practice.get("/api/v2/deals?limit=500"), before);
    // A hundred thousand characters are truncated to the limit of the field, and nothing hangs.
    terminal.keys(&format!("\x15\x1b[200~{}\x1b[201~", "paste ".repeat(17_000)));
    terminal.wait_for("paste paste");
    terminal.keys("\x1b");
    terminal.wait_gone("paste paste");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn pipedrives_error_message_is_shown() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let sample = samples(&practice).remove(0);
    find(&mut terminal, &sample);
    // A colleague archives the deal: from then on Pipedrive refuses edits of it.
    let archived = practice.send("PATCH", &deal_path(sample.id), &json!({"is_archived": true}));
    assert_eq!(archived["success"], Value::Bool(true));
    let refused = practice.send("PATCH", &deal_path(sample.id), &json!({"title": "x"}));
    let words: String = refused["error"].as_str().unwrap().chars().take(20).collect();
    terminal.keys("w");
    terminal.wait_for("taken back");
    terminal.wait_for(&words);
}

#[test]
fn a_creation_is_undone_and_deals_and_leads_are_deleted() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    terminal.keys("nMade and unmade\t\tBrand New Org\x13");
    terminal.wait_for("Confirmed: New deal 'Made and unmade'");
    let newest = practice.get("/api/v2/deals?sort_by=id&sort_direction=desc&limit=1");
    let made = newest["data"][0]["id"].as_u64().unwrap();
    assert_eq!(newest["data"][0]["title"], "Made and unmade");
    terminal.keys("u");
    terminal.wait_for("which was made from here?");
    terminal.keys("y");
    let is_deleted = |deal: Option<&Value>| deal.is_none_or(|deal| deal["data"]["is_deleted"] == true);
    practice.wait_until(&deal_path(made), "the deal to be deleted", is_deleted);

    let sample = samples(&practice).remove(0);
    find(&mut terminal, &sample);
    terminal.keys("X");
    terminal.wait_for("Delete '");
    terminal.keys("n");
    terminal.keys("Xy");
    practice.wait_until(&deal_path(sample.id), "the deal to be deleted", is_deleted);
    terminal.wait_for("nothing matches");
}
