//! Activities.

use serde_json::json;

use super::account::Account;

#[test]
fn activities_are_done_undone_and_put_on_another_day() {
    let account = Account::new();
    let todo = account.run(&["activities", "list", "--limit", "3", "--json"]).json();
    let ids: Vec<String> = todo.as_array().unwrap().iter().map(|activity| activity["id"].to_string()).collect();
    let [a, b, c] = [0, 1, 2].map(|at: usize| ids[at].as_str());
    let get = |id: &str| account.practice.get(&format!("/api/v2/activities/{id}"))["data"].clone();

    let done = account.run(&["activities", "done", a, b, c]).done();
    assert_eq!(done.lines().count(), 3, "{done}");
    assert_eq!([a, b, c].map(|id| get(id)["done"].clone()), [json!(true), json!(true), json!(true)]);
    let listed = account.run(&["activities", "list", "--json"]).json();
    assert!(listed.as_array().unwrap().iter().all(|activity| activity["id"] != get(a)["id"]), "{listed}");
    account.run(&["activities", "undone", b]).done();
    assert_eq!(get(b)["done"], false);

    // The user's zone is Tallinn's: two hours ahead in winter.
    let moved = account.run(&["activities", "reschedule", b, "2027-01-15", "--time", "14:30", "--json"]).json();
    assert_eq!((&moved["due_date"], &moved["due_time"]), (&json!("2027-01-15"), &json!("14:30")));
    assert_eq!(moved["due_at"], "2027-01-15T12:30:00Z");
    assert_eq!((&get(b)["due_date"], &get(b)["due_time"]), (&json!("2027-01-15"), &json!("12:30:00")));
    // Another day at the same time, which is summer there.
    account.run(&["activities", "reschedule", b, "2027-07-15"]).done();
    assert_eq!((&get(b)["due_date"], &get(b)["due_time"]), (&json!("2027-07-15"), &json!("11:30:00")));
    let skipped = ["activities", "reschedule", b, "2027-03-28", "--time", "03:30"];
    account.run(&skipped).failed(2, &["time: the clock skips 03:30:00 on 2027-03-28 in Europe/Tallinn"]);
    account
        .run(&["activities", "reschedule", b, "2027-07-15", "--time", "25:00"])
        .failed(2, &["'25:00' is not a time of day"]);
}

#[test]
fn activities_are_made_for_what_they_are_about_changed_and_deleted() {
    let account = Account::new();
    let deal = account.deal(account.deals()[0]);
    let id = deal["id"].to_string();
    let create = ["activities", "create", "--type", "Call", "--deal", &id, "--due", "2027-01-15 14:30"];
    let more = [
        "--duration",
        "1h30",
        "--note",
        "Ask twice",
        "--location",
        "By phone",
        "--owner",
        "priya",
        "--participant",
        "3",
    ];
    let args: Vec<&str> = create.into_iter().chain(more).collect();
    let made = account.run(&args).done().trim_end().to_owned();
    let get = || account.practice.get(&format!("/api/v2/activities/{made}"))["data"].clone();
    let fields = ["subject", "type", "deal_id", "org_id", "due_date", "due_time", "duration", "note", "owner_id"];
    assert_eq!(
        fields.map(|key| get()[key].clone()),
        [
            json!("Call"),
            json!("call"),
            deal["id"].clone(),
            deal["org_id"].clone(),
            json!("2027-01-15"),
            json!("12:30:00"),
            json!("01:30:00"),
            json!("Ask twice"),
            json!(4)
        ]
    );
    assert_eq!(get()["location"]["value"], "By phone");
    let takes_part = |id: u64| get()["participants"].as_array().unwrap().iter().any(|other| other["person_id"] == id);
    assert!(takes_part(3), "{}", get());
    account.run(&["activities", "edit", &made, "--participant", "none", "--busy", "true"]).done();
    assert!(!takes_part(3) && get()["busy"] == true, "{}", get());

    account
        .run(&["activities", "edit", &made, "--time", "none", "--subject", "Call back", "--duration", "none"])
        .done();
    assert_eq!((&get()["subject"], &get()["due_date"]), (&json!("Call back"), &json!("2027-01-15")));
    assert!(get()["due_time"].as_str().is_none_or(str::is_empty), "{}", get());
    account.run(&["activities", "edit", &made, "--due", "15.7.2027 9:05"]).done();
    assert_eq!((&get()["due_date"], &get()["due_time"]), (&json!("2027-07-15"), &json!("06:05:00")));
    let written = "1 < 2 & so\non";
    let noted = account.run(&["activities", "edit", &made, "--note", written, "--json"]).json();
    assert_eq!((&get()["note"], &noted[0]["note"]), (&json!("1 &lt; 2 &amp; so<br>on"), &json!(written)));
    let cleared = account.run(&["activities", "edit", &made, "--due", "none", "--deal", "none", "--json"]).json();
    assert_eq!((&cleared[0]["due_date"], &cleared[0]["deal_id"]), (&json!(null), &json!(null)));
    account.run(&["activities", "edit", &made, "--time", "10:00"]).failed(2, &["--time: it has no day"]);
    account
        .run(&["activities", "create", "--type", "Sauna"])
        .failed(2, &["--type: there is no type 'Sauna'", "Call (call)"]);
    account.run(&["activities", "delete", &made]).done();
    account.run(&["activities", "show", &made]).failed(1, &["there is no activity"]);
}
