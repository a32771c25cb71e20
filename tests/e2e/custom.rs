//! A custom field edited in the form of its item, checked on the server.

use serde_json::json;

use super::open;
use super::support::practice::Practice;

/// Saves a form.
const SAVE: &str = "\x13";
/// Clears a field.
const EMPTY: &str = "\x15";
/// Moves to the previous field; from the first one to the last.
const BACK: &str = "\x1b[Z";

#[test]
fn a_form_fills_validates_and_clears_a_custom_field() {
    let practice = Practice::start();
    let mut terminal = open(&practice, 120, 40);
    let fields = practice.get("/api/v2/personFields?limit=500")["data"].clone();
    let field = fields.as_array().unwrap().iter().find(|field| field["field_name"] == "Birthday").unwrap();
    let code = field["field_code"].as_str().unwrap().to_owned();
    let path = "/api/v2/persons/1";
    let name = practice.get(path)["data"]["name"].as_str().unwrap().to_owned();

    terminal.keys(&format!("5/{name}\r\r"));
    terminal.wait_for("#1");
    // The birthday is the last field of people.
    terminal.keys(&format!("E{BACK}{EMPTY}2001-02-30{SAVE}"));
    terminal.wait_for("2001-02-30 is not a valid date");
    terminal.keys(&format!("{EMPTY}3.2.2001{SAVE}"));
    practice.wait_until(path, "the birthday", |person| person.unwrap()["data"]["custom_fields"][&code] == "2001-02-03");
    terminal.wait_for("Birthday");
    terminal.keys(&format!("E{BACK}{EMPTY}{SAVE}"));
    practice.wait_until(path, "no birthday", |person| {
        person.unwrap()["data"]["custom_fields"].get(&code).unwrap_or(&json!(null)).is_null()
    });
}
