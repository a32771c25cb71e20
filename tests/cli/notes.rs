//! Notes.

use serde_json::json;

use super::account::Account;

#[test]
fn notes_are_written_listed_changed_and_deleted() {
    let account = Account::new();
    let deal = account.deals()[0];
    let on = deal.to_string();
    let made = account.run(&["notes", "create", "Rings <twice>\nand waits", "--deal", &on]).done();
    let id = made.trim_end();
    let number: u64 = id.parse().unwrap();
    let path = format!("/api/v1/notes/{id}");
    let note = || account.practice.get(&path)["data"].clone();
    assert_eq!((&note()["content"], &note()["deal_id"]), (&json!("Rings &lt;twice&gt;<br>and waits"), &json!(deal)));
    let listed = account.run(&["notes", "list", "--deal", &on, "--json"]).json();
    let found = listed.as_array().unwrap().iter().find(|note| note["id"] == number).unwrap();
    assert_eq!((&found["text"], &found["deal_id"]), (&json!("Rings <twice>\nand waits"), &json!(deal)));
    for name in found.as_object().unwrap().keys() {
        assert!(
            include_str!("../../docs/scripting.md").contains(&format!("`{name}`")),
            "docs/scripting.md promises {name} of notes"
        );
    }
    account.run(&["notes", "edit", id, "Rings thrice"]).done();
    assert_eq!(note()["content"], "Rings thrice");
    account.run(&["notes", "edit", id, " "]).failed(2, &["<TEXT>"]);
    account.run(&["notes", "create", "x"]).failed(2, &["--deal"]);
    account.run(&["notes", "list", "--deal", "999999"]).failed(1, &["there is no deal 999999"]);
    account.run(&["notes", "delete", id]).done();
    let listed = account.run(&["notes", "list", "--deal", &on, "--json"]).json();
    assert!(listed.as_array().unwrap().iter().all(|note| note["id"] != number), "{listed}");
}
