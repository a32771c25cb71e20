//! `dealdeck doctor`: what it finds, and what it ends with.

use serde_json::{Value, json};

use super::account::{Account, Ran};
use super::serve;

/// A line for each of these, with its mark, in this order.
#[track_caller]
fn says(ran: &Ran, code: i32, lines: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    let mut rest = ran.out.as_str();
    for line in lines {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line} in {ran:?}"));
        rest = &rest[at..];
    }
}

#[test]
fn without_webhooks_all_is_well_that_is_well() {
    let mut account = Account::new();
    let ran = account.run(&["doctor"]);
    says(&ran, 0, &["✓ Configuration", "✓ Data", "✓ Pipedrive", "✓ Limits", "· Live updates", "off"]);
    let told: Value = serde_json::from_str(&account.run(&["doctor", "--json"]).out).unwrap();
    assert_eq!((&told["ok"], &told["checks"][2]["name"]), (&true.into(), &"Pipedrive".into()));
    account.run(&["doctor", "--public-url", "http://example.com"]).failed(2, &["in the clear"]);
    account.run(&["doctor", "--deliver", "--public-url", "auto"]).failed(2, &["add --yes"]);
    let token = std::mem::replace(&mut account.practice.token, "wrong".to_owned());
    let ran = account.run(&["doctor"]);
    says(&ran, 1, &["✓ Data", "✗ Pipedrive", "refused the API token"]);
    assert!(ran.err.contains("1 check failed"), "{ran:?}");
    account.practice.token = token;
}

#[test]
fn an_activity_is_made_heard_of_and_gone_again() {
    let account = Account::new();
    let ran = account.run(&["doctor", "--public-url", "auto", "--deliver", "--yes"]);
    says(
        &ran,
        0,
        &[
            "✓ Listener",
            "dealdeck can listen",
            "✓ Public address",
            "✓ Registrations",
            "5 are there; 5 of 40",
            "✓ Delivery",
        ],
    );
    assert_eq!(account.practice.get("/api/v1/webhooks")["data"].as_array().map(Vec::len), Some(0));
    assert_eq!(left_behind(&account), 0);
}

/// How many activities of it are in Pipedrive.
fn left_behind(account: &Account) -> usize {
    let activities = account.list("/api/v2/activities?limit=500");
    let subjects = activities.iter().filter_map(|activity| activity["subject"].as_str());
    subjects.filter(|subject| subject.starts_with("dealdeck doctor")).count()
}

#[test]
fn a_delivery_without_live_updates_is_refused() {
    let account = Account::new();
    let ran = account.run(&["doctor", "--deliver", "--yes"]);
    ran.failed(2, &["--deliver needs live updates", "webhooks.public_url", "webhooks.team_url", "--public-url"]);
}

#[test]
fn an_activity_whose_answers_are_lost_is_not_left_behind() {
    for method in ["POST", "DELETE"] {
        let account = Account::new();
        account
            .practice
            .inject(&json!({"kind": "drop_after", "method": method, "path": "/api/v2/activities*", "times": 1}));
        let ran = account.run(&["doctor", "--public-url", "auto", "--deliver", "--yes"]);
        assert_eq!(left_behind(&account), 0, "{method}: {ran:?}");
        says(&ran, 0, &["✓ Delivery", "the creation arrived"]);
    }
}

#[test]
fn an_interrupt_leaves_no_activity_behind() {
    let account = Account::new();
    // Nothing is delivered to it, so it waits.
    serve::configure(&account, "");
    let (serving, url) = serve::start(&account);
    let hooks = account.list("/api/v1/webhooks");
    for hook in &hooks {
        account.practice.send("DELETE", &format!("/api/v1/webhooks/{}", hook["id"]), &Value::Null);
    }
    let key = "a-key-of-a-member-that-is-long-enough";
    account.configure(&format!("[webhooks]\nteam_url = \"{url}\"\nteam_key = \"{key}\"\n"));
    let doctor = account.start(&["doctor", "--deliver", "--yes"]);
    account.wait_until_asked("POST /api/v2/activities");
    doctor.interrupt();
    let ran = doctor.ended();
    says(&ran, 1, &["✗ Delivery", "interrupted"]);
    assert_eq!(left_behind(&account), 0);
    serving.interrupt();
    assert_eq!(serving.ended().code, Some(0));
}

#[test]
fn why_nothing_can_be_registered_is_said() {
    let account = Account::new();
    for n in 0..38 {
        let hook = json!({"subscription_url": "https://elsewhere.invalid/", "event_action": "*", "event_object": "deal",
            "name": format!("other {n}"), "version": "2.0"});
        account.practice.send("POST", "/api/v1/webhooks", &hook);
    }
    let ran = account.run(&["doctor", "--public-url", "auto", "--deliver", "--yes"]);
    says(&ran, 1, &["✓ Public address", "✗ Registrations", "40"]);
    assert!(!ran.out.contains("Delivery"), "{ran:?}");
    assert_eq!(account.practice.get("/api/v1/webhooks")["data"].as_array().map(Vec::len), Some(38));
}

#[test]
fn a_dashboard_that_is_open_keeps_its_registrations() {
    let account = Account::new();
    let mut terminal = account.terminal(&["--public-url", "auto"], 160);
    terminal.wait_for("webhooks …");
    let hooks = || account.practice.get("/api/v1/webhooks")["data"].clone();
    account.practice.wait_until("/api/v1/webhooks", "registrations", |all| {
        all.and_then(|all| all["data"].as_array()).map_or(0, Vec::len) == 5
    });
    let before = hooks();
    // It listens at another port.
    let ran = account.run(&["doctor", "--public-url", "auto", "--deliver", "--yes"]);
    says(&ran, 1, &["✗ Listener", "does not listen on"]);
    says(
        &account.run(&["doctor", "--public-url", "auto"]),
        0,
        &["✓ Public address", "· Registrations", "none leads here"],
    );
    assert_eq!(hooks(), before);
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn an_address_that_leads_elsewhere_is_found() {
    let account = Account::new();
    // Nobody is at the one, the practice server itself at the other.
    for (url, why) in
        [("http://127.0.0.1:9", "cannot be reached"), (account.practice.url.as_str(), "does not forward to")]
    {
        let ran = account.run(&["doctor", "--public-url", url, "--listen", "127.0.0.1:0"]);
        says(&ran, 1, &["✓ Listener", "✗ Public address"]);
        assert!(ran.out.contains(why) && ran.err.contains("1 check failed"), "{why} in {ran:?}");
    }
    // Another program has the port.
    let port = account.practice.url.trim_start_matches("http://");
    let ran = account.run(&["doctor", "--public-url", &account.practice.url, "--listen", port]);
    says(&ran, 1, &["✗ Listener", "another program uses the address"]);
}

#[test]
fn a_server_that_runs_is_asked_also_by_its_members() {
    let account = Account::new();
    serve::configure(&account, "");
    let (serving, url) = serve::start(&account);
    let listen = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let ran = account.run(&["doctor", "--public-url", &url, "--listen", &listen, "--deliver", "--yes"]);
    says(&ran, 0, &["a running dealdeck listens", "✓ Public address", "· Deliveries", "5 are there", "✓ Delivery"]);
    let member = |key: &str| account.configure(&format!("[webhooks]\nteam_url = \"{url}\"\nteam_key = \"{key}\"\n"));
    member("a-key-of-a-member-that-is-long-enough");
    let ran = account.run(&["doctor", "--deliver", "--yes"]);
    says(&ran, 0, &["✓ Team's server", "accepts the key and receives webhooks", "✓ Delivery"]);
    member("a-key-that-nobody-has-but-it-is-long");
    says(&account.run(&["doctor"]), 1, &["✗ Team's server", "refuses the key"]);
    serving.interrupt();
    assert_eq!(serving.ended().code, Some(0));
    says(&account.run(&["doctor"]), 1, &["✗ Team's server", "cannot be reached"]);
}
