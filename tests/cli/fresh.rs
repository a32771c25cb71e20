//! How fresh what is listed is, and what that costs.

use serde_json::{Value, json};

use super::account::Account;
use super::is_down;

impl Account {
    /// The tokens that a run takes of the day's budget.
    fn tokens(&self, args: &[&str]) -> u64 {
        let used = || self.practice.get("/sandbox/stats")["tokens_used"].as_u64().unwrap();
        let before = used();
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        used() - before
    }

    fn rename(&self, path: &str, name: &str) {
        self.practice.send("PATCH", path, &json!({"name": name}));
    }

    fn names(&self, args: &[&str]) -> Vec<String> {
        let listed = self.run(args).json();
        let name = |one: &Value| one["name"].as_str().or(one["subject"].as_str()).unwrap().to_owned();
        listed.as_array().unwrap().iter().map(name).collect()
    }
}

fn id(item: &Value) -> String {
    item["id"].to_string()
}

#[test]
fn people_and_organizations_are_listed_as_they_are_now() {
    let account = Account::new();
    account.run(&["sync"]).done();
    for (object, list) in [("people", "/api/v2/persons"), ("orgs", "/api/v2/organizations")] {
        let all = account.list(&format!("{list}?limit=500"));
        account.rename(&format!("{list}/{}", id(&all[0])), "Renamed by a colleague");
        account.practice.send("DELETE", &format!("{list}/{}", id(&all[1])), &Value::Null);
        let names = account.names(&[object, "list", "--json"]);
        assert!(names.contains(&"Renamed by a colleague".to_owned()), "{object}");
        assert_eq!(names.len(), all.len() - 1, "{object}");
        let shown = account.run(&[object, "show", &id(&all[0]), "--json"]).json();
        assert_eq!(shown["name"], "Renamed by a colleague");
        account.rename(&format!("{list}/{}", id(&all[0])), "Renamed again");
        let found = account.names(&[object, "list", "--text", "renamed again", "--json"]);
        assert_eq!(found, ["Renamed again"]);
    }
}

#[test]
fn pipelines_and_stages_are_listed_as_they_are_now() {
    let account = Account::new();
    account.run(&["sync"]).done();
    account.rename("/api/v2/stages/1", "First of all");
    account.rename("/api/v2/pipelines/1", "All of it");
    assert!(account.names(&["stages", "list", "--json"]).contains(&"First of all".to_owned()));
    assert!(account.names(&["pipelines", "list", "--json"]).contains(&"All of it".to_owned()));
}

#[test]
fn sync_brings_all_up_to_date() {
    let account = Account::new();
    account.run(&["sync"]).done();
    let people = account.list("/api/v2/persons?limit=500");
    let orgs = account.list("/api/v2/organizations?limit=500");
    let activities = account.list("/api/v2/activities?done=false&limit=500");
    account.rename(&format!("/api/v2/persons/{}", id(&people[0])), "Renamed person");
    account.rename("/api/v2/stages/1", "Renamed stage");
    for (path, gone) in [("persons", &people[1]), ("organizations", &orgs[1]), ("activities", &activities[1])] {
        account.practice.send("DELETE", &format!("/api/v2/{path}/{}", id(gone)), &Value::Null);
    }
    account.run(&["sync"]).done();
    let listed = |object: &str| account.run(&[object, "list", "--json", "--offline"]);
    let list = |object: &str| serde_json::from_str::<Value>(&listed(object).out).unwrap();
    let has = |object: &str, item: &Value| list(object).as_array().unwrap().iter().any(|one| one["id"] == item["id"]);
    assert!(list("people").to_string().contains("Renamed person"));
    assert!(list("stages").to_string().contains("Renamed stage"));
    assert!(!has("people", &people[1]) && has("people", &people[0]));
    assert!(!has("orgs", &orgs[1]) && has("orgs", &orgs[0]));
    assert!(!has("activities", &activities[1]) && has("activities", &activities[0]));
}

#[test]
fn json_says_as_of_when_it_is() {
    let mut account = Account::new();
    account.run(&["sync"]).done();
    let fresh = account.run(&["people", "list", "--json", "--as-of"]).json();
    assert_eq!(fresh["stale"], Value::Null);
    let as_of = fresh["as_of"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(as_of).is_ok(), "{as_of}");
    assert!(!fresh["items"].as_array().unwrap().is_empty());
    let first = fresh["items"][0]["id"].to_string();
    let one = account.run(&["people", "show", &first, "--json", "--as-of"]).json();
    assert_eq!(one["item"], fresh["items"][0]);
    account.practice.stop();
    let ran = account.run(&["people", "list", "--json", "--as-of"]);
    let old: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(old["items"], fresh["items"]);
    assert!(is_down(old["stale"].as_str().unwrap()), "{old}");
    assert!(old["as_of"].as_str().unwrap() >= as_of, "{old}");
    assert!(ran.err.contains("as of "), "{ran:?}");
    account.start_again();
}

#[test]
fn commands_cost_as_many_tokens_as_the_docs_say() {
    let account = Account::new();
    account.run(&["sync"]).done();
    let deal = account.deals()[0].to_string();
    let docs = include_str!("../../docs/scripting.md");
    let mut missing = Vec::new();
    for (args, documented) in [
        (&["sync"][..], "`sync`"),
        (&["deals", "list"], "`deals list`, `leads list`, `activities list`"),
        (&["people", "list"], "`people list`, `orgs list`"),
        (&["stages", "list"], "`stages list`, `pipelines list`"),
        (&["users", "list"], "`users list`, `fields list`"),
        (&["filters", "list", "deals"], "`filters list`"),
        (&["deals", "title", &deal, "Renamed"], "an edit of a deal"),
    ] {
        let tokens = account.tokens(args);
        let row = format!("| {documented} | {tokens} |");
        if !docs.contains(&row) {
            missing.push(row);
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "of docs/scripting.md");
}
