//! People, organizations and activities created, edited, found and deleted by key, checked on the server.

use serde_json::Value;

use super::open;
use super::support::practice::Practice;

/// Returns the newest item of a list.
fn newest(practice: &Practice, list: &str) -> Value {
    practice.get(&format!("/api/v2/{list}?sort_by=id&sort_direction=desc&limit=1"))["data"][0].clone()
}

fn is_gone(item: Option<&Value>) -> bool {
    item.is_none_or(|item| item["data"]["is_deleted"] == true)
}

#[test]
fn a_person_is_created_edited_found_and_deleted_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    // Name, a new organization, a mobile phone, an email address.
    terminal.keys("5nGráce Höpper\tThe Navy\t+1 555 0100\x0c\x0c\tgrace@navy.example\x13");
    terminal.wait_for("Confirmed: New person 'Gráce Höpper'");
    let made = newest(&practice, "persons");
    let path = format!("/api/v2/persons/{}", made["id"]);
    assert_eq!(made["name"], "Gráce Höpper");
    assert_eq!((&made["phones"][0]["value"], &made["phones"][0]["label"]), (&"+1 555 0100".into(), &"mobile".into()));
    assert_eq!(made["emails"][0]["value"], "grace@navy.example");
    let org = practice.get(&format!("/api/v2/organizations/{}", made["org_id"]));
    assert_eq!(org["data"]["name"], "The Navy");

    // Only the name is sent.
    terminal.keys("e\x15Grace Hopper\x13");
    practice.wait_until(&path, "the new name", |person| person.unwrap()["data"]["name"] == "Grace Hopper");
    let writes = practice.get("/sandbox/writes");
    let last = writes["data"].as_array().unwrap().iter().rfind(|write| write["path"] == path.as_str()).unwrap();
    assert_eq!(last["body"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name"]);

    terminal.keys("/hopper\r");
    terminal.wait_for("Grace Hopper");
    // To the organization, and back.
    terminal.keys("f");
    terminal.wait_for("The Navy");
    terminal.keys("\x7f");
    terminal.wait_for("Grace Hopper");
    terminal.keys("Xy");
    practice.wait_until(&path, "the person to be deleted", is_gone);
}

#[test]
fn an_org_is_created_edited_found_and_deleted_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 80, 24);
    terminal.keys("6nQuayside Works\tPikk 1, Tallinn\x13");
    terminal.wait_for("Confirmed: New organization");
    let made = newest(&practice, "organizations");
    let path = format!("/api/v2/organizations/{}", made["id"]);
    assert_eq!((&made["name"], &made["address"]["value"]), (&"Quayside Works".into(), &"Pikk 1, Tallinn".into()));

    // An empty name is refused at the field, and nothing is sent.
    terminal.keys("e\x15\x13");
    terminal.wait_for("a name cannot be empty");
    terminal.keys("Quayside Ltd\t\x15Lai 2, Tartu\x13");
    practice.wait_until(&path, "name and address", |org| {
        let org = &org.unwrap()["data"];
        org["name"] == "Quayside Ltd" && org["address"]["value"] == "Lai 2, Tartu"
    });
    terminal.keys("/quayside l\r");
    terminal.wait_for("Quayside Ltd");
    terminal.keys("Xy");
    practice.wait_until(&path, "the organization to be deleted", is_gone);
}

#[test]
fn an_activity_is_created_edited_and_deleted_by_key() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    // For the deal under the cursor: type, subject and date.
    terminal.keys("N\t\x15Call them back\t\x15+3d 14:30\t45m\x13");
    terminal.wait_for("Confirmed: New activity 'Call them back'");
    let made = newest(&practice, "activities");
    let path = format!("/api/v2/activities/{}", made["id"]);
    assert_eq!((&made["subject"], &made["duration"]), (&"Call them back".into(), &"00:45:00".into()));
    assert!(made["deal_id"].is_u64() && made["due_time"].is_string(), "{made}");

    terminal.keys("2/call them back\r");
    terminal.wait_for("Call them back");
    terminal.keys("e\t\x15Meet them\t\x15tomorrow\x13");
    practice.wait_until(&path, "the new subject, on a whole day", |activity| {
        let activity = &activity.unwrap()["data"];
        let has_time = activity["due_time"].as_str().is_some_and(|time| !time.is_empty());
        activity["subject"] == "Meet them" && !has_time && activity["due_date"] != made["due_date"]
    });
    terminal.keys("/\x15meet them\r");
    terminal.wait_for("Meet them");
    terminal.keys("Xy");
    practice.wait_until(&path, "the activity to be deleted", is_gone);
}
