//! Deals.

use serde_json::{Value, json};

use super::account::Account;

#[test]
fn each_change_of_a_deal_is_on_the_server_when_the_command_ends() {
    let account = Account::new();
    let ids = account.deals();
    let [a, b, c, d] = [ids[0], ids[1], ids[2], ids[3]];
    let text = [a, b, c, d].map(|id| id.to_string());
    let [a_text, b_text, c_text, d_text] = [0, 1, 2, 3].map(|at: usize| text[at].as_str());

    let moved = account.run(&["deals", "move", a_text, b_text, "--stage", "contract"]).done();
    assert_eq!(moved.matches("Done: Move to Contract out: '").count(), 2, "{moved}");
    assert_eq!((&account.deal(a)["stage_id"], &account.deal(b)["stage_id"]), (&json!(6), &json!(6)));
    // Into another pipeline by its name, or by the number of the stage.
    account.run(&["deals", "move", a_text, "--pipeline", "Spare", "--stage", "Quoted"]).done();
    assert_eq!((&account.deal(a)["pipeline_id"], &account.deal(a)["stage_id"]), (&json!(3), &json!(14)));
    account.run(&["deals", "move", a_text, "--stage", "2"]).done();
    assert_eq!((&account.deal(a)["pipeline_id"], &account.deal(a)["stage_id"]), (&json!(1), &json!(2)));

    let won = account.run(&["deals", "won", c_text, "--json"]).json();
    assert_eq!((&won[0]["id"], &won[0]["status"], &won[0]["pending"]), (&json!(c), &json!("won"), &json!(false)));
    assert_eq!(account.deal(c)["status"], "won");
    account.run(&["deals", "reopen", c_text]).done();
    assert_eq!(account.deal(c)["status"], "open");
    account.run(&["deals", "lost", d_text, "--reason", "too dear"]).done();
    assert_eq!((&account.deal(d)["status"], &account.deal(d)["lost_reason"]), (&json!("lost"), &json!("too dear")));

    let valued = account.run(&["deals", "value", a_text, "12500.5", "--currency", "usd", "--json"]).json();
    assert_eq!(valued["value"], json!({"amount": "12500.50", "currency": "USD"}));
    assert_eq!((&account.deal(a)["value"], &account.deal(a)["currency"]), (&json!(12500.5), &json!("USD")));
    account.run(&["deals", "value", a_text, "-3"]).done();
    assert_eq!((account.deal(a)["value"].as_f64(), &account.deal(a)["currency"]), (Some(-3.0), &json!("USD")));
    account.run(&["deals", "title", a_text, "Ä title\u{202e}"]).done();
    assert_eq!(account.deal(a)["title"], "Ä title\u{202e}");
    account.run(&["deals", "probability", a_text, "35"]).done();
    assert_eq!(account.deal(a)["probability"], 35);
    account.run(&["deals", "probability", a_text, "none"]).done();
    assert_eq!(account.deal(a)["probability"], Value::Null);
    account.run(&["deals", "close-date", a_text, "2027-02-28"]).done();
    assert_eq!(account.deal(a)["expected_close_date"], "2027-02-28");
    account.run(&["deals", "close-date", a_text, "-1d"]).done();
    let tallinn = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Tallinn).date_naive();
    let closes: chrono::NaiveDate = account.deal(a)["expected_close_date"].as_str().unwrap().parse().unwrap();
    // Midnight may pass while this runs.
    assert!((1..=2).contains(&(tallinn - closes).num_days()), "{closes}");
    account.run(&["deals", "close-date", a_text, "none"]).done();
    assert_eq!(account.deal(a)["expected_close_date"], Value::Null);

    // What is so already is no failure, and nothing is sent.
    let again = account.run(&["deals", "reopen", c_text]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""));
    assert!(again.err.contains("no change: Reopen '"), "{again:?}");
}

#[test]
fn a_new_deal_is_made_once_with_what_it_needs_and_its_id_is_printed() {
    let account = Account::new();
    let before = account.list("/api/v2/deals?limit=500").len();
    let made = account.run(&[
        "deals",
        "create",
        "--title",
        "Scripted",
        "--value",
        "12.50",
        "--currency",
        "SEK",
        "--new-person",
        "Ada Neu",
        "--new-org",
        "Neu AG",
        "--stage",
        "Design",
        "--expected-close",
        "2027-01-31",
        "--probability",
        "15",
        "--owner",
        "priya",
    ]);
    let id: u64 = made.done().trim_end().parse().unwrap();
    let deal = account.deal(id);
    let person = account.practice.get(&format!("/api/v2/persons/{}", deal["person_id"]))["data"].clone();
    let org = account.practice.get(&format!("/api/v2/organizations/{}", deal["org_id"]))["data"].clone();
    assert_eq!((&person["name"], &org["name"]), (&json!("Ada Neu"), &json!("Neu AG")));
    assert_eq!(person["org_id"], org["id"]);
    let fields = ["title", "value", "currency", "stage_id", "expected_close_date", "probability", "owner_id"];
    assert_eq!(
        fields.map(|key| deal[key].clone()),
        [json!("Scripted"), json!(12.5), json!("SEK"), json!(3), json!("2027-01-31"), json!(15), json!(4)]
    );

    // Without more than it must have: the first stage of the first pipeline, nothing in one's own currency.
    let org = org["id"].to_string();
    let made = account.run(&["deals", "create", "--title", "Bare", "--org", &org, "--json"]).json();
    assert_eq!((&made["stage_id"], &made["value"]), (&json!(1), &json!({"amount": "0.00", "currency": "EUR"})));
    assert_eq!(account.deal(made["id"].as_u64().unwrap())["title"], "Bare");
    assert_eq!(account.list("/api/v2/deals?limit=500").len(), before + 2);
}

#[test]
fn an_archived_deal_is_shown_and_not_edited() {
    let account = Account::new();
    let id = account.deals()[0];
    account.practice.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"is_archived": true}));
    let id = id.to_string();
    assert_eq!(account.run(&["deals", "show", &id, "--json"]).json()["archived"], true);
    account.run(&["deals", "won", &id]).failed(2, &["it is archived"]);
}

#[test]
fn any_fields_of_many_deals_are_changed_at_once_and_a_deal_keeps_a_link() {
    let account = Account::new();
    let all = account.practice.plain_deals(1);
    let linked: Vec<&Value> = all.iter().filter(|deal| deal["person_id"].is_u64() && deal["org_id"].is_u64()).collect();
    let [a, b] = [linked[0]["id"].as_u64().unwrap(), linked[1]["id"].as_u64().unwrap()];
    let [a_text, b_text] = [a.to_string(), b.to_string()];
    let labels = account.practice.get("/api/v2/dealFields/label")["data"]["options"].clone();
    let label = |at: usize| (labels[at]["label"].as_str().unwrap().to_owned(), labels[at]["id"].clone());
    let ((hot, hot_id), (cold, cold_id)) = (label(0), label(1));

    let edit = ["deals", "edit", &a_text, &b_text, "--owner", "priya", "--label", &hot, "--label", &cold];
    account.run(&edit).done();
    for id in [a, b] {
        assert_eq!(
            (&account.deal(id)["owner_id"], &account.deal(id)["label_ids"]),
            (&json!(4), &json!([hot_id, cold_id]))
        );
    }
    account.run(&["deals", "edit", &a_text, "--remove-label", &hot, "--currency", "usd", "--stage", "Design"]).done();
    assert_eq!((&account.deal(a)["label_ids"], &account.deal(a)["currency"]), (&json!([cold_id]), &json!("USD")));
    assert_eq!((&account.deal(a)["stage_id"], &account.deal(a)["value"]), (&json!(3), &linked[0]["value"]));
    account.run(&["deals", "edit", &b_text, "--label", "none"]).done();
    account.run(&["deals", "edit", &b_text, "--add-label", &cold]).done();
    assert_eq!(account.deal(b)["label_ids"], json!([cold_id]));

    account.run(&["deals", "edit", &a_text, "--person", "none"]).done();
    assert_eq!(account.deal(a)["person_id"], Value::Null);
    for args in [&["--org", "none"][..], &["--person", "none", "--org", "none"]] {
        let args: Vec<&str> = ["deals", "edit", &a_text].into_iter().chain(args.iter().copied()).collect();
        account
            .run(&args)
            .failed(2, &["a deal must be linked to a person, an organization, or both", "Nothing was done"]);
    }
    assert_eq!(account.deal(a)["org_id"], linked[0]["org_id"]);

    account.run(&["deals", "delete", &a_text, &b_text]).done();
    account.run(&["deals", "show", &a_text]).failed(1, &["there is no deal"]);
}

#[test]
fn a_deal_whose_organization_was_deleted_can_be_worked_on() {
    let account = Account::new();
    let org =
        account.practice.send("POST", "/api/v2/organizations", &json!({"name": "Gone Ltd"}))["data"]["id"].clone();
    let new = json!({"title": "Unlinked roof", "org_id": org, "value": 10, "currency": "EUR"});
    let id = account.practice.send("POST", "/api/v2/deals", &new)["data"]["id"].as_u64().unwrap();
    account.practice.send("DELETE", &format!("/api/v2/organizations/{org}"), &json!(null));
    let shown = account.run(&["deals", "show", &id.to_string(), "--json"]).json();
    assert_eq!((&shown["org_id"], &shown["needs_link"]), (&json!(null), &json!(true)));
    account.run(&["deals", "edit", &id.to_string(), "--title", "Roof"]).done();
    account.run(&["deals", "won", &id.to_string()]).done();
    assert_eq!((&account.deal(id)["title"], &account.deal(id)["status"]), (&json!("Roof"), &json!("won")));
}
