//! People and organizations.

use serde_json::{Value, json};

use super::account::Account;

#[test]
fn people_are_added_changed_and_deleted() {
    let account = Account::new();
    let made = account.run(&[
        "people",
        "create",
        "--name",
        "Ada Neu",
        "--new-org",
        "Neu AG",
        "--phone",
        "+372 5555 0101",
        "--phone",
        "Mobile:+372 5555 0202",
        "--email",
        "ada@neu.example",
        "--owner",
        "priya",
    ]);
    let id = made.done().trim_end().to_owned();
    let path = format!("/api/v2/persons/{id}");
    let person = || account.practice.get(&path)["data"].clone();
    assert_eq!((&person()["name"], &person()["owner_id"]), (&json!("Ada Neu"), &json!(4)));
    assert_eq!(
        person()["phones"],
        json!([
            {"value": "+372 5555 0101", "label": "work", "primary": true},
            {"value": "+372 5555 0202", "label": "mobile", "primary": false}
        ])
    );
    assert_eq!(person()["emails"][0]["value"], "ada@neu.example");
    let org = person()["org_id"].clone();
    assert_eq!(account.practice.get(&format!("/api/v2/organizations/{org}"))["data"]["name"], "Neu AG");

    let edited = ["people", "edit", &id, "--name", "Ada Alt", "--org", "none", "--phone", "none", "--json"];
    let edited = account.run(&edited).json();
    assert_eq!(
        (&edited[0]["name"], &edited[0]["org_id"], &edited[0]["phones"]),
        (&json!("Ada Alt"), &Value::Null, &json!([]))
    );
    assert_eq!(
        (&person()["name"], &person()["org_id"], &person()["phones"]),
        (&json!("Ada Alt"), &Value::Null, &json!([]))
    );
    assert_eq!(person()["emails"][0]["value"], "ada@neu.example");
    let labels = account.practice.get("/api/v2/personFields/label")["data"]["options"].clone();
    account.run(&["people", "edit", &id, "--label", labels[0]["label"].as_str().unwrap()]).done();
    assert_eq!(person()["label_ids"], json!([labels[0]["id"]]));
    account.run(&["people", "edit", &id, "--org", "999999"]).failed(1, &["there is no organization 999999"]);

    let found = account.run(&["people", "list", "--text", "ada alt", "--json"]).json();
    assert_eq!((found.as_array().unwrap().len(), found[0]["id"].to_string()), (1, id.clone()));
    assert_eq!(account.run(&["people", "delete", &id]).done(), "Done: Delete 'Ada Alt'\n");
    account.run(&["people", "show", &id]).failed(1, &["there is no person"]);
    assert!(account.list("/api/v2/persons?limit=500").iter().all(|other| other["name"] != "Ada Alt"));
}

#[test]
fn organizations_are_added_changed_and_deleted() {
    let account = Account::new();
    let made = account.run(&["orgs", "create", "--name", "Neu AG", "--address", "Pikk 1, Tallinn", "--json"]).json();
    let id = made["id"].to_string();
    let path = format!("/api/v2/organizations/{id}");
    let org = || account.practice.get(&path)["data"].clone();
    assert_eq!((&org()["name"], &org()["address"]["value"]), (&json!("Neu AG"), &json!("Pikk 1, Tallinn")));
    account.run(&["orgs", "edit", &id, "--name", "Alt AG", "--address", "none", "--owner", "priya"]).done();
    assert_eq!((&org()["name"], &org()["owner_id"]), (&json!("Alt AG"), &json!(4)));
    assert!(org()["address"]["value"].is_null(), "{}", org());
    account.run(&["orgs", "delete", &id]).done();
    account.run(&["orgs", "show", &id]).failed(1, &["there is no organization"]);
}
