//! Which account is meant where flags, the environment and the configuration file say different things.

use super::account::Account;

/// An address at which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

#[test]
fn an_explicit_address_beats_the_company_of_the_environment() {
    let account = Account::new();
    let args = ["users", "list", "--api-url", &account.practice.program_url];
    account.run_with(&args, &[("DEALDECK_API_URL", ""), ("DEALDECK_COMPANY", "acme")]).done();
    account.run_with(&args, &[("DEALDECK_API_URL", NOWHERE), ("DEALDECK_COMPANY", "acme")]).done();
}

#[test]
fn an_explicit_company_beats_the_address_of_the_environment() {
    let account = Account::new();
    // The name is refused as such, so that nothing is asked of anybody: it was the company that counted.
    account.run(&["--company", "no company", "users", "list"]).failed(2, &["'no company' is not a company's name"]);
}

#[test]
fn an_explicit_address_beats_the_configuration_file() {
    let account = Account::new();
    account.configure("company = \"acme\"\n");
    let args = ["users", "list", "--api-url", &account.practice.program_url];
    account.run_with(&args, &[("DEALDECK_API_URL", "")]).done();
    account.run(&["users", "list"]).done();
    let company = account.run_with(&["--company", "a b", "users", "list"], &[("DEALDECK_API_URL", "")]);
    company.failed(2, &["'a b' is not a company's name"]);
}

#[test]
fn two_explicit_accounts_conflict() {
    let account = Account::new();
    let ran = account.run(&["--company", "acme", "--api-url", NOWHERE, "users", "list"]);
    ran.failed(2, &["--company", "--api-url", "cannot be used"]);
}

#[test]
fn two_accounts_in_the_environment_conflict() {
    let account = Account::new();
    let ran = account.run_with(&["users", "list"], &[("DEALDECK_COMPANY", "acme")]);
    ran.failed(2, &["DEALDECK_COMPANY and DEALDECK_API_URL are both set", "--company", "--api-url"]);
}

#[test]
fn flags_before_the_command_beat_the_environment() {
    let account = Account::new();
    let wrong = [("DEALDECK_PUBLIC_URL", "http://example.com"), ("DEALDECK_LISTEN", "127.0.0.1:1")];
    let args = ["--public-url", "auto", "--listen", "127.0.0.1:0", "doctor"];
    let ran = account.run_with(&args, &wrong);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let listen = account.run_with(&["doctor", "--public-url", "auto"], &[("DEALDECK_LISTEN", "here")]);
    listen.failed(2, &["DEALDECK_LISTEN", "'here'"]);
}
