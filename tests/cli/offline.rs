//! Without Pipedrive: what is kept is shown, and edits are queued until they can be sent.

use serde_json::json;

use super::account::Account;
#[cfg(target_os = "linux")]
use super::disk::Disk;
use super::is_down;

#[test]
fn what_is_queued_without_a_server_is_sent_by_a_later_sync_once() {
    let mut account = Account::new();
    let ids = account.deals();
    let [a, b] = [ids[0].to_string(), ids[1].to_string()];
    account.run(&["sync"]).done();
    account.practice.stop();

    let moved = account.run(&["deals", "move", &a, &b, "--stage", "Contract out"]);
    moved.failed(4, &["queued: Move to Contract out: '", "2 edits are queued"]);
    // A new deal cannot have an id yet.
    let made = account.run(&["deals", "create", "--title", "Made offline", "--new-person", "Ada Neu", "--json"]);
    assert_eq!(made.code, Some(4), "{made:?}");
    let made: serde_json::Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!((&made["id"], &made["pending"], &made["title"]), (&json!(null), &json!(true), &json!("Made offline")));

    // Reads show what is queued, and say how old the rest is.
    let listed = account.run(&["deals", "list", "--stage", "Contract out", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.err.contains("dealdeck: as of 20") && is_down(&listed.err), "{listed:?}");
    let deals: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let pending = deals.as_array().unwrap().iter().filter(|deal| deal["pending"] == true).count();
    assert_eq!(pending, 2, "{deals}");

    account.start_again();
    assert_ne!(account.deal(ids[0])["stage_id"], 6, "not before it is sent");
    let synced = account.run(&["sync"]);
    assert!(synced.code == Some(0) && synced.out.contains("; 3 edits sent."), "{synced:?}");
    assert_eq!((&account.deal(ids[0])["stage_id"], &account.deal(ids[1])["stage_id"]), (&json!(6), &json!(6)));
    let deals = account.list("/api/v2/deals?limit=500");
    assert_eq!(deals.iter().filter(|deal| deal["title"] == "Made offline").count(), 1);
}

#[test]
fn queueing_and_looking_offline_ask_nothing_of_pipedrive() {
    let account = Account::new();
    let id = account.deals()[0];
    let text = id.to_string();
    account.run(&["deals", "list", "--offline"]).failed(1, &["nothing is stored of this account yet"]);
    account.run(&["deals", "won", &text, "--queue"]).failed(1, &["nothing is stored of this account yet"]);
    account.run(&["sync"]).done();
    let requests = || account.practice.get("/sandbox/stats")["requests"].as_u64();
    let before = requests();
    account.run(&["deals", "won", &text, "--queue"]).failed(4, &["queued: Mark as won: '", "1 edit is queued"]);
    let shown = account.run(&["deals", "show", &text, "--offline", "--json"]);
    assert!(shown.code == Some(0) && shown.err.contains("Pipedrive was not asked"), "{shown:?}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown.out).unwrap()["status"], "won");
    assert_eq!(requests(), before);
    assert_eq!(account.deal(id)["status"], "open");
    let synced = account.run(&["sync"]);
    assert_eq!((synced.code, synced.err.as_str()), (Some(0), "dealdeck: sending 1 queued edit\n"), "{synced:?}");
    assert!(synced.out.contains("; 1 edit sent."), "{synced:?}");
    assert_eq!(account.deal(id)["status"], "won");
}

#[test]
fn reading_commands_leave_queued_edits_alone() {
    let account = Account::new();
    let ids = account.deals();
    let [deleted, won] = [ids[0].to_string(), ids[1].to_string()];
    account.run(&["sync"]).done();
    account.run(&["deals", "delete", &deleted, "--queue"]).failed(4, &["1 edit is queued"]);
    let reads: [&[&str]; 4] =
        [&["users", "list"], &["deals", "list"], &["deals", "show", &won], &["deals", "list", "--offline"]];
    for args in reads {
        let ran = account.run(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.err.contains("1 edit is queued: 'dealdeck sync' sends it"), "{args:?}: {ran:?}");
        assert_eq!(account.practice.get("/sandbox/writes")["data"], json!([]), "{args:?}");
    }
    // Who edits sends, and says so.
    let ran = account.run(&["deals", "won", &won]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "dealdeck: sending 1 queued edit\n"), "{ran:?}");
    account.practice.wait_until(&format!("/api/v2/deals/{deleted}"), "the deletion", |deal| {
        deal.is_none_or(|deal| deal["data"]["is_deleted"] == true)
    });
    account.run(&["users", "list"]).done();
}

#[test]
fn while_a_dashboard_is_open_the_account_can_be_looked_at() {
    let account = Account::new();
    let id = account.deals()[0];
    account.run(&["sync"]).done();
    let mut dashboard = account.terminal(&[], 160);
    dashboard.wait_for("online");
    let listed = account.run(&["deals", "list", "--json"]);
    let who = format!("Another dealdeck (process {}) is open on this account", dashboard.pid());
    assert!(listed.code == Some(0) && listed.err.contains(&who), "{listed:?}");
    assert_eq!(
        serde_json::from_str::<Vec<serde_json::Value>>(&listed.out).unwrap().len(),
        account.list("/api/v2/deals?status=open&limit=500").len()
    );
    for args in [&["deals", "won", &id.to_string()][..], &["deals", "won", &id.to_string(), "--queue"]] {
        account.run(args).failed(1, &[&who]);
    }
    dashboard.keys("q");
    assert_eq!(dashboard.exit_code(), 0);
    account.run(&["deals", "won", &id.to_string()]).done();
    assert_eq!(account.deal(id)["status"], "won");
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_disk_is_not_called_another_dealdeck() {
    let account = Account::new();
    let Some(disk) = Disk::mount(&account.data_dir().with_file_name("disk"), 16) else { return };
    let data = disk.path().join("data");
    let data = data.to_str().unwrap();
    account.run(&["sync", "--data-dir", data]).done();
    disk.make_read_only();
    let listed = account.run(&["deals", "list", "--data-dir", data]);
    assert!(listed.code == Some(0) && listed.err.contains("cannot be written: it is read-only"), "{listed:?}");
    assert!(!listed.err.to_lowercase().contains("another dealdeck"), "{listed:?}");
    let id = account.deals()[0].to_string();
    account.run(&["deals", "won", &id, "--data-dir", data]).failed(1, &["cannot be written: it is read-only"]);
}

#[test]
fn an_interrupt_leaves_what_is_queued() {
    let account = Account::new();
    let id = account.deals()[0];
    account.run(&["sync"]).done();
    account.practice.inject(&json!({"kind": "latency", "millis": 60_000, "method": "PATCH"}));
    let running = account.start(&["deals", "title", &id.to_string(), "Interrupted"]);
    account.wait_until_asked("PATCH /api/v2/deals/{id}");
    running.interrupt();
    running.ended().failed(4, &["queued: New title for '", "interrupted", "1 edit is queued"]);
    account.practice.heal();
    assert!(account.run(&["sync"]).out.contains("; 1 edit sent."));
    assert_eq!(account.deal(id)["title"], "Interrupted");
}

#[test]
fn what_pipedrive_asks_to_wait_for_long_is_queued() {
    let account = Account::new();
    let id = account.deals()[0];
    account.run(&["sync"]).done();
    account.practice.inject(&json!({"kind": "status", "status": 429, "retry_after": 120, "method": "PATCH"}));
    account
        .run(&["deals", "won", &id.to_string()])
        .failed(4, &["queued: Mark as won: '", "rate limit", "1 edit is queued"]);
    account.practice.heal();
    assert_eq!(account.run(&["sync"]).code, Some(0));
    assert_eq!(account.deal(id)["status"], "won");
}

#[test]
fn an_account_that_was_read_in_part_is_shown_with_a_warning() {
    let account = Account::new();
    let fault = json!({"kind": "status", "status": 403, "method": "GET", "path": "/api/v2/organizations"});
    account.practice.inject(&fault);
    for args in [&["deals", "list", "--json"][..], &["deals", "list", "--json", "--offline"]] {
        let listed = account.run(args);
        assert!(listed.code == Some(0) && listed.err.contains("something may be missing"), "{listed:?}");
        assert!(!serde_json::from_str::<Vec<serde_json::Value>>(&listed.out).unwrap().is_empty());
    }
    account.practice.heal();
    account.run(&["deals", "list", "--status", "all"]).done();
    let whole = account.run(&["deals", "list", "--offline"]);
    assert!(!whole.err.contains("something may be missing"), "{whole:?}");
}

#[test]
fn an_earlier_edit_that_somebody_else_was_faster_than_is_told_of_and_left_alone() {
    let account = Account::new();
    let id = account.deals()[0];
    account.run(&["sync"]).done();
    account.run(&["deals", "value", &id.to_string(), "4711", "--queue"]).failed(4, &["queued: Value "]);
    account.practice.send("PATCH", &format!("/api/v2/deals/{id}"), &json!({"value": 1234}));
    // Another edit of the same deal goes after it, and has nothing to do with it.
    let titled = account.run(&["deals", "title", &id.to_string(), "Another title"]);
    assert_eq!((titled.code, titled.out.lines().count()), (Some(0), 1), "{titled:?}");
    for words in ["an earlier edit needs attention: Value ", "somebody has changed the same in Pipedrive meanwhile"] {
        assert!(titled.err.contains(words), "{words} in {titled:?}");
    }
    assert_eq!((&account.deal(id)["value"], &account.deal(id)["title"]), (&json!(1234), &json!("Another title")));
    assert_eq!(account.run(&["sync"]).code, Some(3));
}

#[test]
fn many_at_once_are_all_through_when_the_command_ends() {
    let account = Account::new();
    let open = account.list("/api/v2/deals?status=open&limit=500");
    let ids: Vec<String> = open.iter().map(|deal| deal["id"].to_string()).collect();
    let args: Vec<&str> = ["deals", "won", "--json"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    let won = account.run(&args).json();
    assert_eq!(won.as_array().unwrap().len(), ids.len());
    assert!(account.list("/api/v2/deals?status=open&limit=500").is_empty());
}

#[test]
fn commands_send_nothing_with_a_token_that_became_another_users() {
    let mut account = Account::new();
    let [queued, won] = [0, 1].map(|nth| account.deals()[nth].to_string());
    account.run(&["sync"]).done();
    account.run(&["deals", "delete", &queued, "--queue"]).failed(4, &["1 edit is queued"]);
    account.give_token_to(2);
    for args in [&["sync"][..], &["deals", "won", &won], &["deals", "list"], &["doctor"]] {
        // Each run finds out anew: what the one before has noted is taken back.
        account.remember_token_as_own();
        let ran = account.run(args);
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("another user's account: nothing was sent"), "{args:?}: {ran:?}");
    }
    assert_eq!(account.practice.get("/sandbox/writes")["data"], json!([]));
    let asked = account.practice.get("/sandbox/stats")["by_path"].clone();
    assert_eq!(asked, json!({"GET /api/v1/users/me": 4}), "nothing else was asked");
}
