//! Notes added, edited and deleted by key, and the details of a deal on the screen.

use serde_json::Value;

use super::support::practice::Practice;
use super::{find, open, samples};

/// Returns the notes on a deal that are not empty, as the server has them.
fn with_text<'a>(answer: Option<&'a Value>, text: &str) -> Vec<&'a Value> {
    let all = answer.and_then(|answer| answer["data"].as_array()).map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|note| note["content"].as_str().is_some_and(|content| content.contains(text))).collect()
}

#[test]
fn a_note_is_added_edited_and_deleted_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 50);
    let sample = samples(&practice).remove(0);
    let path = format!("/api/v1/notes?deal_id={}&limit=500", sample.id);
    find(&mut terminal, &sample);
    terminal.keys("\r");
    // The other details are loaded automatically.
    terminal.wait_for("Notes");
    terminal.keys("iSaid by phone:\r1 < 2");
    terminal.wait_for("ctrl-s");
    terminal.keys("\x13");
    practice.wait_until(&path, "the note", |notes| {
        with_text(notes, "Said by phone").iter().any(|note| note["content"] == "Said by phone:<br>1 &lt; 2")
    });
    terminal.wait_for("Confirmed: New note");

    terminal.keys("ISaid\r, and more\x13");
    practice.wait_until(&path, "the note changed", |notes| {
        with_text(notes, "Said by phone").iter().any(|note| note["content"] == "Said by phone:<br>1 &lt; 2, and more")
    });
    terminal.wait_for("and more");

    terminal.keys("ISaidX");
    terminal.wait_for("Delete 'Said by phone:'?");
    terminal.keys("y");
    practice
        .wait_until(&path, "the note gone", |notes| notes.is_some() && with_text(notes, "Said by phone").is_empty());

    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
    terminal.assert_restored();
}

#[test]
fn products_and_the_timeline_are_in_the_details() {
    let practice = Practice::start();
    let sample = samples(&practice).remove(0);
    let product = serde_json::json!({"product_id": 1, "item_price": 250, "quantity": 3, "tax": 0});
    practice.send("POST", &format!("/api/v2/deals/{}/products", sample.id), &product);
    let mut terminal = open(&practice, 120, 50);
    find(&mut terminal, &sample);
    terminal.keys("e\x15Renamed for the timeline\r");
    practice.wait_until(&super::deal_path(sample.id), "the new title", |deal| {
        deal.unwrap()["data"]["title"] == "Renamed for the timeline"
    });
    terminal.keys("/\x15Renamed for the time\r\r");
    terminal.wait_for("Notes");
    terminal.keys(&"J".repeat(60));
    terminal.wait_for("Title:");
    terminal.wait_for("3 × €250");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}
