//! Custom fields.

use serde_json::{Value, json};

use super::account::Account;

#[test]
fn custom_fields_are_listed_shown_and_written_by_their_names() {
    let account = Account::new();
    let defined = account.practice.get("/api/v2/dealFields?limit=500")["data"].clone();
    let custom = defined.as_array().unwrap().iter().filter(|field| field["is_custom_field"] == true);
    let custom: Vec<&Value> = custom.collect();
    let listed = account.run(&["fields", "list", "deals", "--json"]).json();
    let names = |list: &[Value], key: &str| list.iter().map(|field| field[key].to_string()).collect::<Vec<_>>();
    let expected: Vec<String> = custom.iter().map(|field| field["field_name"].to_string()).collect();
    assert_eq!(names(listed.as_array().unwrap(), "name"), expected);

    let of_type = |kind: &str| {
        let field = custom.iter().find(|field| field["field_type"] == kind).unwrap();
        (field["field_name"].as_str().unwrap(), field["field_code"].as_str().unwrap(), (*field).clone())
    };
    let (choice, choice_code, choice_field) = of_type("enum");
    let (money, money_code, _) = of_type("monetary");
    let (day, day_code, _) = of_type("date");
    let option = &choice_field["options"][1];
    let id = account.deals()[0].to_string();
    let fields = [
        format!("{choice}={}", option["label"].as_str().unwrap()),
        format!("{money}=1500.50 USD"),
        format!("{day}=24.12.2027"),
    ];
    let edit = ["deals", "edit", &id, "--json", "--field", &fields[0], "--field", &fields[1], "--field", &fields[2]];
    let edited = account.run(&edit).json();
    assert_eq!(edited[0]["custom_fields"][choice], option["label"]);
    assert_eq!(edited[0]["custom_fields"][day], "2027-12-24");
    let path = format!("/api/v2/deals/{id}");
    let custom_of = || account.practice.get(&path)["data"]["custom_fields"].clone();
    assert_eq!(custom_of()[choice_code], option["id"]);
    assert_eq!(
        (&custom_of()[money_code]["value"], &custom_of()[money_code]["currency"]),
        (&json!(1500.5), &json!("USD"))
    );
    assert_eq!(custom_of()[day_code], "2027-12-24");
    let shown = account.run(&["deals", "show", &id]).done();
    assert!(shown.lines().any(|line| line.starts_with(day) && line.ends_with("2027-12-24")), "{shown}");

    account.run(&["deals", "edit", &id, "--field", &format!("{day_code}=none")]).done();
    assert_eq!(custom_of()[day_code], Value::Null);
    account
        .run(&["deals", "edit", &id, "--field", &format!("{choice}=Nonsense")])
        .failed(2, &["--field: ", choice, "there is no 'Nonsense': choose one of"]);
    account.run(&["deals", "edit", &id, "--field", "Nowhere=1"]).failed(2, &["there is no custom field 'Nowhere'"]);
    account.run(&["deals", "edit", &id, "--field", "Nowhere"]).failed(2, &["expected NAME=VALUE"]);

    // A lead has those of deals, by the names that version 1 has for them.
    let create = ["leads", "create", "--title", "x", "--person", "3", "--field", &fields[0], "--field", &fields[1]];
    let made = account.run(&create).done();
    let lead = account.practice.get(&format!("/api/v1/leads/{}", made.trim_end()))["data"].clone();
    assert_eq!(lead[choice_code].to_string().trim_matches('"'), option["id"].to_string());
    assert_eq!(lead[format!("{money_code}_currency")], "USD");
}
