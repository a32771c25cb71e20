//! A deal converted to a lead, and a lead archived and unarchived by key, checked on the server.

use crate::open;
use crate::support::practice::Practice;

#[test]
fn a_deal_is_converted_to_a_lead_archived_and_unarchived() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let deals = practice.get("/api/v2/deals?status=open&limit=500");
    let plain =
        |deal: &&serde_json::Value| deal["pipeline_id"] == 1 && deal["title"].as_str().is_some_and(str::is_ascii);
    let deal = deals["data"].as_array().unwrap().iter().find(plain).unwrap();
    let (id, title) = (deal["id"].as_u64().unwrap(), deal["title"].as_str().unwrap());
    terminal.keys(&format!("/{title}\r"));
    terminal.wait_for("esc clears it");
    terminal.keys("c");
    terminal.wait_for("Back to a lead");
    terminal.keys("y");
    practice.wait_until(&format!("/api/v2/deals/{id}"), "the deal gone", |deal| {
        deal.is_none_or(|deal| deal["data"]["is_deleted"] == true)
    });
    terminal.wait_for("Source");
    let leads = practice.get("/api/v1/leads?limit=500&sort=add_time%20DESC");
    let lead = leads["data"].as_array().unwrap().iter().find(|lead| lead["source_deal_id"] == id).unwrap();
    assert_eq!(lead["title"], title);
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    terminal.keys("a");
    practice.wait_until(&path, "the lead in the archive", |lead| lead.unwrap()["data"]["is_archived"] == true);
    terminal.keys("t");
    terminal.wait_for("Archive");
    terminal.keys(&format!("/\x15{title}\r"));
    terminal.wait_for("esc clears it");
    terminal.keys("a");
    practice.wait_until(&path, "the lead in the inbox", |lead| lead.unwrap()["data"]["is_archived"] == false);
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}
