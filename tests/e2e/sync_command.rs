//! `dealdeck sync`: reads and sends without a terminal, says what came of it, and ends with a code that tells.

use dealdeck::sandbox::Options;
use rustix::process::Signal;
use serde_json::json;

use super::support::desk::{Desk, quit, signal, valued, wait_until_queued, wait_until_read, wait_until_sent};

#[test]
fn a_first_sync_says_what_is_there_and_keeps_it_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let ran = desk.run("sync");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let open = desk.practice.all("/api/v2/deals?status=open&limit=500").len();
    let to_do = desk.practice.all("/api/v2/activities?done=false&limit=500").len();
    let leads = desk.practice.all("/api/v1/leads?limit=500").len();
    let summary = format!(": {open} open deals, {to_do} activities to do, {leads} leads; 0 edits sent. Took ");
    assert!(ran.out.contains(&summary), "{summary} in {ran:?}");
    assert_eq!(ran.out.lines().count(), 1);

    desk.practice.stop();
    quit(desk.open_offline());
}

#[test]
fn what_is_queued_is_sent_in_order_and_counted_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let [a, b] = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.read_once();
    desk.queue(&[a.value(4242), b.value(4343), a.rename("Renamed")]);
    // Without a server they stay where they are.
    let ran = desk.run("sync");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("Pipedrive cannot be reached (the connection was refused)"), "{ran:?}");
    assert!(ran.err.contains("3 edits still queued."), "{ran:?}");
    desk.practice.start_again();
    let ran = desk.run("sync");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "dealdeck: sending 3 queued edits\n"));
    assert!(ran.out.contains("; 3 edits sent."), "{ran:?}");
    assert_eq!(desk.written(&a), [valued(4242), json!({"title": "Renamed"})]);
    assert_eq!(desk.written(&b), [valued(4343)]);
    let ran = desk.run("sync");
    assert!(ran.out.contains("; 0 edits sent."), "{ran:?}");
    assert_eq!(desk.written(&b).len(), 1);
}

#[test]
fn a_refused_token_ends_it_with_what_to_do_and_edits_stay_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let a = desk.targets[0].clone();
    desk.read_once();
    desk.queue(&[a.value(4242)]);
    let old = desk.practice.token.clone();
    desk.practice.start_again_with("another-one");
    desk.practice.token.clone_from(&old);
    let ran = desk.run("sync");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("Pipedrive refused the API token. Check it in Pipedrive under"), "{ran:?}");
    assert!(ran.err.contains("1 edit still queued."), "{ran:?}");
    desk.practice.start_again_with(&old);
    let ran = desk.run("sync");
    assert!(ran.code == Some(0) && ran.out.contains("; 1 edit sent."), "{ran:?}");
    assert_eq!(desk.written(&a), [valued(4242)]);
}

#[test]
fn an_edit_that_pipedrive_refuses_is_named_and_shown_later_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let [a, b] = [desk.targets[0].clone(), desk.targets[1].clone()];
    desk.read_once();
    desk.queue(&[a.value(4242), b.value(4343)]);
    desk.practice.start_again();
    desk.change(&a, &json!({"is_archived": true}));
    let ran = desk.run("sync");
    assert_eq!(ran.code, Some(3));
    assert!(ran.out.contains("; 1 edit sent."), "{ran:?}");
    assert!(ran.err.contains("needs attention: Value €4,242 for 'Target-A' (Pipedrive says: "), "{ran:?}");
    assert!(ran.err.contains("1 edit in need of attention: start dealdeck and press !"), "{ran:?}");
    assert_eq!(desk.written(&b), [valued(4343)]);
    // It goes on saying so until somebody decides.
    let ran = desk.run("sync");
    assert_eq!(ran.code, Some(3));
    assert!(ran.err.contains("needs attention: Value €4,242 for 'Target-A'"), "{ran:?}");
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    terminal.keys("!");
    terminal.wait_for("▌ Value €4,242 for 'Target-A'");
    terminal.keys("d");
    terminal.wait_gone("to look at");
    quit(terminal);
    assert_eq!(desk.run("sync").code, Some(0));
}

#[test]
fn while_a_dashboard_is_open_it_leaves_the_account_alone_and_this_breaks_contract() {
    let mut desk = Desk::new();
    let a = desk.targets[0].clone();
    desk.read_once();
    desk.practice.stop();
    let mut terminal = desk.open_offline();
    terminal.keys(&a.value(4242));
    wait_until_queued(&terminal, 1);
    let ran = desk.run("sync");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    let by = format!("Another dealdeck (process {}) is open on this account", terminal.pid());
    assert!(ran.err.contains(&by), "{ran:?}");
    desk.practice.start_again();
    wait_until_sent(&terminal);
    quit(terminal);
    assert_eq!(desk.written(&a), [valued(4242)]);
    assert_eq!(desk.run("sync").code, Some(0));
}

#[test]
fn a_first_sync_that_was_broken_off_goes_on_where_it_stopped_and_this_breaks_contract() {
    // So many that the lists take several pages: what changed since is asked for in any case.
    let mut desk = Desk::with(Options { deals: 4_000, ..Options::default() });
    let before = desk.requests();
    assert_eq!(desk.run("sync").code, Some(0));
    let whole = desk.requests() - before;

    desk.data = desk.folder().join("other-data");
    desk.practice.inject(&json!({"kind": "latency", "millis": 60_000, "path": "/api/v2/persons"}));
    let known = people_asked_for(&desk);
    let running = desk.start("sync");
    // What comes before people has been read and kept by then.
    desk.practice.wait_until("/sandbox/stats", "people to be asked for", |_| people_asked_for(&desk) > known);
    signal(running.pid, Signal::INT);
    let ran = running.end();
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("it was told to end"), "{ran:?}");

    desk.practice.heal();
    let before = desk.requests();
    let ran = desk.run("sync");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let rest = desk.requests() - before;
    assert!(rest < whole, "{rest} requests after {whole} for the whole account");
    let open = desk.practice.all("/api/v2/deals?status=open&limit=500").len();
    assert!(ran.out.contains(&format!(": {open} open deals, ")), "what was read before counts, too: {ran:?}");
    desk.practice.stop();
    let terminal = desk.open();
    terminal.wait_for("offline");
    terminal.wait_for("open · ");
    quit(terminal);
}

fn people_asked_for(desk: &Desk) -> u64 {
    desk.practice.get("/sandbox/stats")["by_path"]["GET /api/v2/persons"].as_u64().unwrap_or(0)
}

#[test]
fn the_token_is_in_no_output_and_no_file_and_this_breaks_contract() {
    const SECRET: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
    const OTHER: &str = "0123456789abcdef0123456789abcdef01234567";
    let mut desk = Desk::with(Options { deals: 60, token: SECRET.to_owned(), ..Options::default() });
    let mut said = vec![desk.run("sync")];
    desk.queue(&[desk.targets[0].value(4242)]);
    said.push(desk.run("sync"));
    desk.practice.start_again_with(OTHER);
    SECRET.clone_into(&mut desk.practice.token);
    said.push(desk.run("sync"));
    OTHER.clone_into(&mut desk.practice.token);
    said.push(desk.run("sync"));
    let mut terminal = desk.open();
    wait_until_read(&terminal);
    terminal.keys("D");
    terminal.wait_for("Diagnostics");
    terminal.keys("q");
    let raw = terminal.raw();
    quit(terminal);

    assert_eq!(said.iter().map(|ran| ran.code.unwrap()).collect::<Vec<_>>(), [0, 1, 1, 0], "{said:?}");
    let files = desk.all_files();
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
