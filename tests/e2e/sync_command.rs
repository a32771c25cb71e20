//! `dealdeck sync`: reads and sends without a terminal, reports the result, and exits with a matching code.

use dealdeck::sandbox::Options;
use rustix::process::Signal;
use serde_json::json;

use super::support::account::{
    TestAccount, quit, signal, value_body, wait_until_queued, wait_until_read, wait_until_sent,
};

#[test]
fn a_first_sync_reports_and_saves_and_breaks_contract() {
    let mut account = TestAccount::new();
    let ran = account.run("sync");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let open = account.practice.all("/api/v2/deals?status=open&limit=500").len();
    let to_do = account.practice.all("/api/v2/activities?done=false&limit=500").len();
    let leads = account.practice.all("/api/v1/leads?limit=500").len();
    let summary = format!(": {open} open deals, {to_do} planned activities, {leads} leads; 0 edits sent. Took ");
    assert!(ran.out.contains(&summary), "{summary} in {ran:?}");
    assert_eq!(ran.out.lines().count(), 1);

    account.practice.stop();
    quit(account.open_offline());
}

#[test]
fn queued_edits_are_sent_in_order_and_breaks_contract() {
    let mut account = TestAccount::new();
    let [a, b] = [account.targets[0].clone(), account.targets[1].clone()];
    account.read_once();
    account.queue(&[a.value(4242), b.value(4343), a.rename("Renamed")]);
    // Without a server they stay queued.
    let ran = account.run("sync");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("Pipedrive cannot be reached (the connection was refused)"), "{ran:?}");
    assert!(ran.err.contains("3 edits still queued."), "{ran:?}");
    account.practice.start_again();
    let ran = account.run("sync");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "dealdeck: sending 3 queued edits\n"));
    assert!(ran.out.contains("; 3 edits sent."), "{ran:?}");
    assert_eq!(account.written(&a), [value_body(4242), json!({"title": "Renamed"})]);
    assert_eq!(account.written(&b), [value_body(4343)]);
    let ran = account.run("sync");
    assert!(ran.out.contains("; 0 edits sent."), "{ran:?}");
    assert_eq!(account.written(&b).len(), 1);
}

#[test]
fn a_refused_token_leaves_edits_queued_and_breaks_contract() {
    let mut account = TestAccount::new();
    let a = account.targets[0].clone();
    account.read_once();
    account.queue(&[a.value(4242)]);
    let old = account.practice.token.clone();
    account.practice.start_again_with("another-one");
    account.practice.token.clone_from(&old);
    let ran = account.run("sync");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("Pipedrive refused the API token. Check it in Pipedrive under"), "{ran:?}");
    assert!(ran.err.contains("1 edit still queued."), "{ran:?}");
    account.practice.start_again_with(&old);
    let ran = account.run("sync");
    assert!(ran.code == Some(0) && ran.out.contains("; 1 edit sent."), "{ran:?}");
    assert_eq!(account.written(&a), [value_body(4242)]);
}

#[test]
fn a_refused_edit_is_reported_and_breaks_contract() {
    let mut account = TestAccount::new();
    let [a, b] = [account.targets[0].clone(), account.targets[1].clone()];
    account.read_once();
    account.queue(&[a.value(4242), b.value(4343)]);
    account.practice.start_again();
    account.change(&a, &json!({"is_archived": true}));
    let ran = account.run("sync");
    assert_eq!(ran.code, Some(3));
    assert!(ran.out.contains("; 1 edit sent."), "{ran:?}");
    assert!(ran.err.contains("needs attention: Value €4,242 for 'Target-A' (Pipedrive says: "), "{ran:?}");
    assert!(ran.err.contains("1 edit needs attention: start dealdeck and press !"), "{ran:?}");
    assert_eq!(account.written(&b), [value_body(4343)]);
    // It keeps reporting until the user decides.
    let ran = account.run("sync");
    assert_eq!(ran.code, Some(3));
    assert!(ran.err.contains("needs attention: Value €4,242 for 'Target-A'"), "{ran:?}");
    let mut terminal = account.open();
    wait_until_read(&terminal);
    terminal.keys("!");
    terminal.wait_for("▌ Value €4,242 for 'Target-A'");
    terminal.keys("d");
    terminal.wait_gone("to look at");
    quit(terminal);
    assert_eq!(account.run("sync").code, Some(0));
}

#[test]
fn sync_refuses_an_open_account_and_breaks_contract() {
    let mut account = TestAccount::new();
    let a = account.targets[0].clone();
    account.read_once();
    account.practice.stop();
    let mut terminal = account.open_offline();
    terminal.keys(&a.value(4242));
    wait_until_queued(&terminal, 1);
    let ran = account.run("sync");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    let by = format!("Another dealdeck (process {}) is open on this account", terminal.pid());
    assert!(ran.err.contains(&by), "{ran:?}");
    account.practice.start_again();
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(account.written(&a), [value_body(4242)]);
    assert_eq!(account.run("sync").code, Some(0));
}

#[test]
fn an_interrupted_first_sync_resumes_and_breaks_contract() {
    // Enough deals for several pages: later changes are queried in any case.
    let mut account = TestAccount::with(Options { deals: 4_000, ..Options::default() });
    let before = account.requests();
    assert_eq!(account.run("sync").code, Some(0));
    let whole = account.requests() - before;

    account.data = account.folder().join("other-data");
    account.practice.inject(&json!({"kind": "latency", "millis": 60_000, "path": "/api/v2/persons"}));
    let known = people_asked_for(&account);
    let running = account.start("sync");
    // All lists before people have been read and saved by then.
    account.practice.wait_until("/sandbox/stats", "people to be asked for", |_| people_asked_for(&account) > known);
    signal(running.pid, Signal::INT);
    let ran = running.end();
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("interrupted"), "{ran:?}");

    account.practice.heal();
    let before = account.requests();
    let ran = account.run("sync");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let rest = account.requests() - before;
    assert!(rest < whole, "{rest} requests after {whole} for the whole account");
    let open = account.practice.all("/api/v2/deals?status=open&limit=500").len();
    assert!(ran.out.contains(&format!(": {open} open deals, ")), "what was read before counts, too: {ran:?}");
    account.practice.stop();
    let terminal = account.open();
    terminal.wait_for("offline");
    terminal.wait_for("open · ");
    quit(terminal);
}

fn people_asked_for(account: &TestAccount) -> u64 {
    account.practice.get("/sandbox/stats")["by_path"]["GET /api/v2/persons"].as_u64().unwrap_or(0)
}

#[test]
fn the_token_is_never_written_and_breaks_contract() {
    const SECRET: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
    const OTHER: &str = "0123456789abcdef0123456789abcdef01234567";
    let mut account = TestAccount::with(Options { deals: 60, token: SECRET.to_owned(), ..Options::default() });
    let mut said = vec![account.run("sync")];
    account.queue(&[account.targets[0].value(4242)]);
    said.push(account.run("sync"));
    account.practice.start_again_with(OTHER);
    SECRET.clone_into(&mut account.practice.token);
    said.push(account.run("sync"));
    OTHER.clone_into(&mut account.practice.token);
    said.push(account.run("sync"));
    let mut terminal = account.open();
    wait_until_read(&terminal);
    terminal.keys("D");
    terminal.wait_for("Diagnostics");
    terminal.keys("q");
    let raw = terminal.raw();
    quit(terminal);

    assert_eq!(said.iter().map(|ran| ran.code.unwrap()).collect::<Vec<_>>(), [0, 1, 1, 0], "{said:?}");
    let files = account.all_files();
    for name in ["cache.db", "edits.db", "accounts.json", ".log"] {
        assert!(files.iter().any(|file| file.to_string_lossy().ends_with(name)), "{name} in {files:?}");
    }
    let written = files.iter().map(|file| (file.display().to_string(), std::fs::read(file).unwrap()));
    let shown = said.into_iter().map(|ran| ("a command".to_owned(), format!("{}{}", ran.out, ran.err).into_bytes()));
    for (place, bytes) in written.chain(shown).chain([("the screen".to_owned(), raw)]) {
        for piece in [SECRET, OTHER].iter().flat_map(|secret| secret.as_bytes().windows(8)) {
            assert!(!bytes.windows(8).any(|window| window == piece), "a piece of a token is in {place}");
        }
    }
}
