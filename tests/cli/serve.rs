//! `dealdeck serve`: what the practice server delivers to it, its members hear.

use dealdeck::domain::{DealId, ItemRef};
use dealdeck::pipedrive::Payload;
use dealdeck::webhooks::relay::listen;
use dealdeck::webhooks::{Feed, MemberKey, Signal};
use serde_json::json;

use super::account::{Account, Running};
use super::terminal::PATIENCE;

pub const KEY: &str = "a-key-of-a-member-that-is-long-enough";

/// The practice server's owner is in the team.
pub fn configure(account: &Account, more: &str) {
    let me = &account.practice.get("/api/v1/users/me")["data"]["id"];
    account.configure(&format!("{more}\n[[team]]\nuser = {me}\nkey = \"{KEY}\"\n"));
}

/// Starts it; gives the address at which it is reached.
pub fn start(account: &Account) -> (Running, String) {
    let mut serving = account.start(&["serve", "--public-url", "auto"]);
    let line = serving.line();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{line}"));
    let url = url.trim_end_matches(',').to_owned();
    account.practice.wait_until("/api/v1/webhooks", "registrations", |hooks| count(hooks) == 5);
    (serving, url)
}

fn count(hooks: Option<&serde_json::Value>) -> usize {
    hooks.and_then(|hooks| hooks["data"].as_array()).map_or(0, Vec::len)
}

/// Waits until something is heard that is this.
async fn hear(feed: &mut Feed, is_this: impl Fn(&Signal) -> bool) {
    let heard = async { while !is_this(&feed.signals.recv().await.unwrap()) {} };
    tokio::time::timeout(PATIENCE, heard).await.unwrap();
}

#[test]
fn a_change_reaches_the_member_and_nothing_stays_registered() {
    let account = Account::new();
    configure(&account, "");
    let (serving, url) = start(&account);
    let id = account.deals()[0];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut feed = runtime.block_on(async { listen(&url.parse().unwrap(), MemberKey::new(KEY).unwrap()) });
    runtime.block_on(hear(&mut feed, |signal| matches!(signal, Signal::Up { .. })));
    account.practice.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"title": "Heard by all"}));
    let item = Some(ItemRef::Deal(DealId(id)));
    runtime.block_on(hear(&mut feed, |signal| match signal {
        Signal::Delivery(told) => matches!(told.payload, Payload::Item(_)) && told.payload.item() == item,
        _ => false,
    }));
    serving.interrupt();
    let ran = serving.ended();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("a member listens") && !ran.err.contains(KEY) && !ran.err.contains("Heard"), "{ran:?}");
    assert_eq!(count(Some(&account.practice.get("/api/v1/webhooks"))), 0);
    // The member is told that it is gone.
    runtime.block_on(hear(&mut feed, |signal| matches!(signal, Signal::Down(_))));
}

#[test]
fn what_it_needs_is_said_and_a_new_key_comes_with_its_places() {
    let account = Account::new();
    account.run(&["serve"]).failed(2, &["how does Pipedrive reach this machine?", "--public-url"]);
    account.run(&["serve", "--public-url", "auto"]).failed(2, &["the team has no members", "--new-key"]);
    account.run(&["serve", "--public-url", "http://example.com"]).failed(2, &["in the clear: use https://"]);
    let printed = account.run(&["serve", "--new-key", "--public-url", "https://a.example/deck"]).done();
    assert!(printed.contains("[[team]]") && printed.contains("team_url = \"https://a.example/deck\""), "{printed}");
    // What it prints can be put into a file as it is.
    let (server, member) = printed.split_once("# In the member's configuration").unwrap();
    for part in [server, &format!("#{member}")] {
        account.configure(part);
        account.run(&["keys"]).done();
        assert_eq!(account.run(&["deals", "list", "--json"]).code, Some(0), "{part}");
    }
}

#[test]
fn a_members_dashboard_shows_what_changes_as_it_happens() {
    let account = Account::new();
    configure(&account, "");
    let (serving, url) = start(&account);
    let config = account.configure(&format!("[webhooks]\nteam_url = \"{url}\"\nteam_key = \"{KEY}\"\n"));
    let mut terminal = account.terminal(&["--config", config.to_str().unwrap()], 160);
    terminal.wait_for("webhooks …");
    let id = account.deals()[0];
    account.practice.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"title": "Heard by all"}));
    terminal.wait_for("Heard by all");
    terminal.wait_for("◉ live");
    // It makes no webhooks of its own, and leaves those of the server alone.
    assert_eq!(count(Some(&account.practice.get("/api/v1/webhooks"))), 5);
    serving.interrupt();
    assert_eq!(serving.ended().code, Some(0));
    terminal.wait_for("webhooks down");
    terminal.keys("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn a_token_that_is_refused_ends_it() {
    let mut account = Account::new();
    configure(&account, "");
    account.practice.token = "wrong".to_owned();
    let ran = account.run(&["serve", "--public-url", "auto"]);
    assert!(ran.code == Some(1) && ran.err.contains("Pipedrive refused the API token"), "{ran:?}");
}

#[test]
fn a_token_that_became_another_users_registers_nothing() {
    let mut account = Account::new();
    configure(&account, "");
    let (serving, _) = start(&account);
    serving.interrupt();
    assert_eq!(serving.ended().code, Some(0));
    account.give_token_to(2);
    let ran = account.run(&["serve", "--public-url", "auto"]);
    assert!(ran.code == Some(1) && ran.err.contains("another user's account: nothing was sent"), "{ran:?}");
    assert_eq!(count(Some(&account.practice.get("/api/v1/webhooks"))), 0);
}
