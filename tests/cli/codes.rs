//! What a command ends with, and why.

use serde_json::json;

use super::account::Account;
use super::is_down;

#[test]
fn wrong_usage_is_said_at_the_option_and_nothing_is_asked() {
    let account = Account::new();
    let lead = "00000000-0000-4000-8000-000000000000";
    for (args, why) in [
        (&["deals", "create", "--title", "Alone"][..], &["--person", "a deal must be linked to a person"][..]),
        (&["leads", "create", "--title", "Alone"], &["--person", "a lead must be linked to a person"]),
        (&["deals", "create", "--title", " ", "--person", "1"], &["'--title <TEXT>'", "a title cannot be empty"]),
        (
            &["deals", "create", "--title", "x", "--new-person", " "],
            &["'--new-person <NAME>'", "a name cannot be empty"],
        ),
        (
            &["deals", "create", "--title", "x", "--person", "1", "--value", "12..5"],
            &["'--value <AMOUNT>'", "'12..5' is not an amount"],
        ),
        (&["deals", "create", "--person", "1"], &["--title"]),
        (&["deals", "edit", "1"], &["edit: there is nothing to change"]),
        (&["deals", "edit", "1", "--title", ""], &["'--title <TEXT>'"]),
        (&["deals", "edit", "1", "--label", "Hot", "--add-label", "Cold"], &["cannot be used with"]),
        (&["people", "create", "--name", " "], &["'--name <TEXT>'", "a name cannot be empty"]),
        (&["people", "edit", "1", "--org", "x"], &["not a number, nor 'none'"]),
        (&["orgs", "create"], &["--name"]),
        (&["activities", "create", "--due", "fri 25:00"], &["'25:00' is not a time of day"]),
        (&["activities", "create", "--duration", "soon"], &["'soon' is not a duration"]),
        (&["deals", "close-date", "1", "someday"], &["<DAY>", "is not a date"]),
        (&["deals", "close-date", "1", "12/24"], &["could be two days"]),
        (&["deals", "close-date", "1", "2026-02-30"], &["is not a valid date"]),
        (&["deals", "probability", "1", "101"], &["is not a whole number from 0 to 100"]),
        (&["deals", "title", "1", ""], &["a title cannot be empty"]),
        (&["deals", "move", "1"], &["--stage"]),
        (&["deals", "move", "--stage", "x"], &["<ID>"]),
        (&["deals", "list", "--status", "gone"], &["--status", "open", "won", "lost", "all"]),
        (&["leads", "archive", "7"], &["<ID>"]),
        (&["leads", "convert", lead], &["--stage"]),
    ] {
        account.run(args).failed(2, why);
    }
    assert_eq!(account.practice.get("/sandbox/stats")["requests"], 0);
}

#[test]
fn a_name_that_fits_several_or_none_is_an_error_that_lists_them() {
    let account = Account::new();
    let id = account.deals()[0].to_string();
    account
        .run(&["deals", "move", &id, "--stage", "Nowhere"])
        .failed(2, &["--stage: there is no stage 'Nowhere'", "Enquiry (1), Site survey (2), Design (3)"]);
    account
        .run(&["deals", "list", "--stage", "e"])
        .failed(2, &["--stage: 'e' matches several", "Enquiry in Projects (1)"]);
    account
        .run(&["deals", "list", "--pipeline", "x"])
        .failed(2, &["--pipeline: there is no pipeline 'x'", "Projects (1)"]);
    account.run(&["deals", "list", "--owner", "o"]).failed(2, &["--owner: 'o' matches several", "Zoë Lindqvist (3)"]);
    // A whole name is not taken for a part of another.
    account.run(&["deals", "move", &id, "--stage", "design"]).done();
}

#[test]
fn rules_are_kept_and_of_several_edits_none_is_made_where_one_breaks_them() {
    let account = Account::new();
    let ids = account.deals();
    account.practice.send("PATCH", &format!("/api/v2/deals/{}", ids[1]), &json!({"is_archived": true}));
    let off = ["--pipeline", "Spare parts", "--probability", "20"];
    let create = ["deals", "create", "--title", "x", "--person", "3"];
    let args: Vec<&str> = create.into_iter().chain(off).collect();
    account.run(&args).failed(2, &["--probability: this pipeline has deal probability turned off"]);
    let [a, b] = [ids[0].to_string(), ids[1].to_string()];
    account.run(&["deals", "won", &a, &b]).failed(2, &["it is archived", "Nothing was done"]);
    account.run(&["deals", "won", &a, "999999"]).failed(1, &["there is no deal 999999"]);
    account.run(&["deals", "create", "--title", "x", "--person", "999999"]).failed(1, &["there is no person 999999"]);
    account.run(&["activities", "done", "999999"]).failed(1, &["there is no activity 999999"]);
    assert_eq!(account.deal(ids[0])["status"], "open");
}

#[test]
fn what_pipedrive_refuses_needs_attention_and_says_its_words() {
    let account = Account::new();
    let ids = account.deals();
    let refused = format!("/api/v2/deals/{}", ids[0]);
    account.practice.inject(&json!({"kind": "status", "status": 400, "method": "PATCH", "path": refused}));
    let ran = account.run(&["deals", "won", &ids[0].to_string(), &ids[1].to_string(), "--json"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    for words in
        ["needs attention: Mark as won: '", "Pipedrive says:", "1 edit needs attention: start dealdeck and press !"]
    {
        assert!(ran.err.contains(words), "{words} in {ran:?}");
    }
    // The other one is through.
    let through: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((through.as_array().unwrap().len(), &through[0]["id"]), (1, &json!(ids[1])));
    assert_eq!((&account.deal(ids[0])["status"], &account.deal(ids[1])["status"]), (&json!("open"), &json!("won")));
}

#[test]
fn what_somebody_else_has_changed_meanwhile_is_not_overwritten() {
    let account = Account::new();
    let id = account.deals()[0];
    let path = format!("/api/v2/deals/{id}");
    account.run(&["sync"]).done();
    // Between the reading and the edit the deal is looked at once more: until then somebody else has time.
    account.practice.inject(&json!({"kind": "latency", "millis": 1_500, "method": "GET", "path": path, "times": 1}));
    let running = account.start(&["deals", "value", &id.to_string(), "4711"]);
    account.wait_until_asked("GET /api/v2/deals/{id}");
    account.practice.send("PATCH", &path, &json!({"value": 1234}));
    running.ended().failed(3, &["4,711 for '", "another user changed the same field", "theirs: Value ", "1,234 for '"]);
    assert_eq!(account.deal(id)["value"], 1234);
}

#[test]
fn a_server_that_was_never_reached_and_a_refused_token_fail() {
    let mut account = Account::new();
    let token = std::mem::replace(&mut account.practice.token, "wrong".to_owned());
    account.run(&["deals", "list"]).failed(1, &["Pipedrive refused the API token"]);
    account.practice.token = token;
    account.practice.stop();
    let ran = account.run(&["deals", "list"]);
    ran.failed(1, &["Pipedrive "]);
    assert!(is_down(&ran.err), "{ran:?}");
    // Nothing that was printed or kept has the token.
    assert!(!ran.err.contains(&account.practice.token), "{ran:?}");
}

#[test]
fn the_help_of_each_command_has_the_exit_codes() {
    let account = Account::new();
    for args in [&["deals", "--help"][..], &["deals", "move", "--help"], &["stages", "list", "--help"]] {
        let help = account.run(args).done();
        for words in ["Exit codes:", "0  done", "2  wrong usage", "3  needs attention", "4  queued"] {
            assert!(help.contains(words), "{words} in {help}");
        }
    }
}
