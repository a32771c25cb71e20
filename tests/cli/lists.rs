//! What is listed, and how: tables for people, JSON for programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::account::Account;

/// The names of the fields, as docs/scripting.md promises them.
const DEAL: &str = "id title status pipeline_id pipeline_name stage_id stage_name value probability \
                    expected_close_date person_id person_name org_id org_name owner_id owner_name labels custom_fields lost_reason \
                    next_activity_date add_time update_time stage_change_time close_time archived needs_link pending";
const LEAD: &str = "id title value expected_close_date person_id person_name org_id org_name owner_id owner_name \
                    labels custom_fields source seen archived needs_link add_time update_time pending";
const ACTIVITY: &str = "id subject type type_name done due_date due_time due_at deal_id deal_title lead_id lead_title \
                        person_id person_name org_id org_name owner_id owner_name duration_minutes location note \
                        done_time add_time update_time pending";
const PERSON: &str = "id name org_id org_name owner_id owner_name phones emails labels custom_fields job_title add_time update_time pending";
const ORG: &str = "id name owner_id owner_name address labels custom_fields website linkedin employee_count add_time update_time pending";
const USER: &str = "id name email phone active is_me";
const PIPELINE: &str = "id name order has_probability stages";
const STAGE: &str = "id name pipeline_id pipeline_name order probability rots_after_days";

#[test]
fn json_has_the_promised_fields_for_all_that_the_server_has() {
    let account = Account::new();
    for (object, fields, path) in [
        ("deals", DEAL, "/api/v2/deals?status=open&limit=500"),
        ("leads", LEAD, "/api/v1/leads?limit=500"),
        ("activities", ACTIVITY, "/api/v2/activities?done=false&limit=500"),
        ("people", PERSON, "/api/v2/persons?limit=500"),
        ("orgs", ORG, "/api/v2/organizations?limit=500"),
        ("pipelines", PIPELINE, "/api/v2/pipelines?limit=500"),
        ("stages", STAGE, "/api/v2/stages?limit=500"),
    ] {
        let listed = account.run(&[object, "list", "--json"]).json();
        let ids = |list: &[Value]| list.iter().map(|one| one["id"].to_string()).collect::<BTreeSet<_>>();
        assert_eq!(ids(listed.as_array().unwrap()), ids(&account.list(path)), "{object}");
        let first = &listed[0];
        let names: BTreeSet<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, fields.split_whitespace().collect(), "{object}");
        let docs = include_str!("../../docs/scripting.md");
        for name in names {
            assert!(docs.contains(&format!("`{name}`")), "docs/scripting.md promises {name} of {object}");
        }
        let id = first["id"].as_str().map_or_else(|| first["id"].to_string(), str::to_owned);
        assert_eq!(account.run(&[object, "show", &id, "--json"]).json(), *first);
        let shown = account.run(&[object, "show", &id]).done();
        assert!(shown.lines().next().unwrap().ends_with(&format!("  {id}")), "{shown}");
    }
    let users = account.run(&["users", "list", "--json"]).json();
    assert_eq!(users[0].as_object().unwrap().keys().count(), USER.split_whitespace().count());
    assert_eq!(users.as_array().unwrap().iter().filter(|user| user["is_me"] == true).count(), 1);
}

#[test]
fn deals_are_filtered_by_place_status_owner_and_words() {
    let account = Account::new();
    let all = account.list("/api/v2/deals?status=open&limit=500");
    let count = |fits: &dyn Fn(&Value) -> bool| all.iter().filter(|deal| fits(deal)).count();
    let listed = |args: &[&str]| {
        let args: Vec<&str> = ["deals", "list", "--json"].into_iter().chain(args.iter().copied()).collect();
        account.run(&args).json().as_array().unwrap().clone()
    };
    assert_eq!(listed(&["--pipeline", "service"]).len(), count(&|deal| deal["pipeline_id"] == 2));
    assert_eq!(listed(&["--stage", "Offer sent"]).len(), count(&|deal| deal["stage_id"] == 4));
    assert_eq!(listed(&["--stage", "4"]).len(), count(&|deal| deal["stage_id"] == 4));
    assert_eq!(listed(&["--owner", "me"]).len(), count(&|deal| deal["owner_id"] == 1));
    assert_eq!(listed(&["--owner", "priya"]).len(), count(&|deal| deal["owner_id"] == 4));
    let won = account.list("/api/v2/deals?status=won&limit=500").len();
    let lost = account.list("/api/v2/deals?status=lost&limit=500").len();
    assert_eq!((listed(&["--status", "won"]).len(), listed(&["--status", "lost"]).len()), (won, lost));
    assert_eq!(listed(&["--status", "all"]).len(), won + lost + all.len());
    let labels = account.practice.get("/api/v2/dealFields/label")["data"]["options"].clone();
    let label = labels[0]["label"].as_str().unwrap();
    let has = |deal: &Value| deal["label_ids"].as_array().unwrap().contains(&labels[0]["id"]);
    assert_eq!(listed(&["--label", label]).len(), count(&has));
    let plain = account.practice.plain_deals(1).remove(0);
    let title = plain["title"].as_str().unwrap().to_uppercase();
    assert_eq!(listed(&["--text", &title]).iter().map(|deal| &deal["id"]).collect::<Vec<_>>(), [&plain["id"]]);
    assert_eq!(listed(&["--limit", "2"]).len(), 2);
    assert_eq!(listed(&["--text", "nothing has these words"]), Vec::<Value>::new());
}

#[test]
fn filters_that_are_saved_in_pipedrive_narrow_lists() {
    let account = Account::new();
    let filters = account.run(&["filters", "list", "deals", "--json"]).json();
    let names = |list: &[Value]| list.iter().map(|filter| filter["name"].to_string()).collect::<Vec<_>>();
    let saved = account.practice.get("/api/v1/filters?type=deals")["data"].clone();
    assert_eq!(names(filters.as_array().unwrap()), names(saved.as_array().unwrap()));
    let mine = account.run(&["deals", "list", "--filter", "my open", "--json"]).json();
    let all = account.list("/api/v2/deals?status=open&limit=500");
    let expected = all.iter().filter(|deal| deal["owner_id"] == 1).count();
    assert_eq!(mine.as_array().unwrap().len(), expected);
    let people = account.run(&["people", "list", "--filter", "People without an organization", "--json"]).json();
    assert!(people.as_array().unwrap().iter().all(|person| person["org_id"].is_null()), "{people}");
    account.run(&["deals", "list", "--filter", "open"]).failed(2, &["--filter: 'open' matches several"]);
    account.run(&["deals", "list", "--filter", "Won", "--offline"]).failed(1, &["only Pipedrive knows that"]);
}

#[test]
fn tables_are_aligned_and_fit_the_terminal() {
    let account = Account::new();
    let table = account.run(&["deals", "list", "--pipeline", "Projects", "--limit", "8"]).done();
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("cli_deals", without_days(&table));
        insta::assert_snapshot!("cli_stages", account.run(&["stages", "list"]).done());
    });
    let mut terminal = account.terminal(&["deals", "list", "--limit", "8"], 80);
    assert_eq!(terminal.exit_code(), 0);
    let text = terminal.text();
    assert_eq!(text.lines().count(), 9, "no line is wider than the terminal:\n{text}");
    assert!(text.contains('…'), "{text}");
}

/// Days are relative to today.
fn without_days(text: &str) -> String {
    let mut out: Vec<char> = text.chars().collect();
    for at in 0..out.len().saturating_sub(9) {
        let is_day = out[at..at + 10].iter().enumerate().all(|(nth, c)| match nth {
            4 | 7 => *c == '-',
            _ => c.is_ascii_digit(),
        });
        if is_day {
            out.splice(at..at + 10, "YYYY-MM-DD".chars());
        }
    }
    out.into_iter().collect()
}

#[test]
fn text_from_elsewhere_commands_no_terminal() {
    let account = Account::new();
    let id = account.deals()[0];
    let title = "a\u{1b}[2Jb\u{9b}31mc\nd";
    account.practice.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"title": title}));
    let id = id.to_string();
    for args in [&["deals", "list"][..], &["deals", "show", &id], &["deals", "won", &id, "--queue"]] {
        let ran = account.run(args);
        let bad = |c: char| c.is_control() && c != '\n';
        assert!(!ran.out.contains(bad) && !ran.err.contains(bad), "{ran:?}");
    }
    let printed = account.run(&["deals", "show", &id, "--json", "--offline"]).out;
    assert!(printed.is_ascii() || !printed.contains('\u{9b}'), "{printed:?}");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["title"], title);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let account = Account::new();
    account.run(&["sync"]).done();
    let piped = account.shell("set -o pipefail; $DEALDECK deals list --json --status all | head -1");
    assert_eq!((piped.code, piped.out.as_str(), piped.err.as_str()), (Some(0), "[\n", ""));
}
