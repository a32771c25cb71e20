//! A standard output or a standard error that takes nothing: the exit code is the truth about the edit.

use serde_json::json;

use super::account::Account;

#[test]
fn an_edit_that_cannot_be_printed_is_not_called_failed() {
    let account = Account::new();
    let id = account.deals()[0];
    for options in ["", "--json"] {
        let value = 4_711 + options.len();
        let ran = account.shell(&format!("$DEALDECK deals value {id} {value} {options} > /dev/full"));
        ran.failed(5, &["the edit was made, but its result could not be printed", "No space left", "4,71"]);
        assert_eq!(account.deal(id)["value"], value);
    }
}

#[test]
fn a_created_deal_that_cannot_be_printed_is_named() {
    let account = Account::new();
    let org = account.list("/api/v2/organizations?limit=500")[0]["id"].clone();
    let ran = account.shell(&format!("$DEALDECK deals create --title Roof --value 10 --org {org} > /dev/full"));
    let made = account.list("/api/v2/deals?status=open&limit=500");
    let made: Vec<_> = made.iter().filter(|deal| deal["title"] == "Roof").collect();
    assert_eq!(made.len(), 1);
    ran.failed(5, &["the edit was made, but its result could not be printed", &made[0]["id"].to_string()]);
    assert!(!ran.err.to_lowercase().contains("fail"), "{ran:?}");
}

#[test]
fn a_graver_end_keeps_its_exit_code_with_a_full_output() {
    let account = Account::new();
    let ids = account.deals();
    let refused = format!("/api/v2/deals/{}", ids[0]);
    account.practice.inject(&json!({"kind": "status", "status": 400, "method": "PATCH", "path": refused}));
    let ran = account.shell(&format!("$DEALDECK deals won {} {} > /dev/full", ids[0], ids[1]));
    ran.failed(3, &["1 edit needs attention", "the edit was made, but its result could not be printed"]);
    assert_eq!(account.deal(ids[1])["status"], "won");
}

#[test]
fn a_list_that_cannot_be_printed_fails() {
    let account = Account::new();
    account.shell("$DEALDECK deals list > /dev/full").failed(1, &["cannot print", "No space left"]);
}

#[test]
fn a_sync_that_cannot_print_its_summary_says_that_it_is_done() {
    let account = Account::new();
    let id = account.deals()[0];
    account.run(&["sync"]).done();
    assert_eq!(account.run(&["deals", "value", &id.to_string(), "4711", "--queue"]).code, Some(4));
    let ran = account.shell("$DEALDECK sync > /dev/full");
    ran.failed(5, &["the sync is done, but its result could not be printed", "1 edit sent"]);
    assert_eq!(account.deal(id)["value"], 4711);
}

#[test]
fn a_full_standard_error_does_not_change_the_exit_code() {
    let account = Account::new();
    let id = account.deals()[0];
    account.run(&["sync"]).done();
    for (line, code) in [
        (format!("$DEALDECK deals value {id} 4711 --queue"), 4),
        ("$DEALDECK deals show 99999999".to_owned(), 1),
        ("$DEALDECK deals list --no-such-option".to_owned(), 2),
        ("$DEALDECK --config /no/such/file".to_owned(), 2),
    ] {
        let ran = account.shell(&format!("{line} 2> /dev/full"));
        assert_eq!(ran.code, Some(code), "{line}: {ran:?}");
    }
}

#[test]
fn help_that_cannot_be_printed_fails() {
    let account = Account::new();
    assert_eq!(account.shell("$DEALDECK --help > /dev/full").code, Some(1));
    assert_eq!(account.shell("$DEALDECK --version > /dev/full").code, Some(1));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let account = Account::new();
    account.run(&["sync"]).done();
    for line in ["deals list", "deals list --json", "deals list --help", "keys"] {
        let ran = account.shell(&format!("$DEALDECK {line} | true; echo ${{PIPESTATUS[0]}}"));
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("0\n", ""), "{line}");
    }
}
