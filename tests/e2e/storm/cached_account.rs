//! An account as the program has it on this machine.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::support::account::TestAccount;

/// The commands that list it.
const LISTS: [&str; 4] = ["deals list --status all", "activities list --status all", "people list", "orgs list"];

/// The output of each command, by id.
pub struct CachedAccount([BTreeMap<u64, Value>; LISTS.len()]);

impl CachedAccount {
    /// Lists the cached account.
    pub fn list(account: &TestAccount) -> Self {
        Self(LISTS.map(|command| {
            let output = account.run(&format!("{command} --json --offline"));
            assert_eq!(output.code, Some(0), "{output:?}");
            let items: Vec<Value> = serde_json::from_str(&output.out).unwrap();
            items.into_iter().map(|item| (item["id"].as_u64().unwrap(), item)).collect()
        }))
    }

    /// Describes the differences to another account.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut different = Vec::new();
        for (list, (these, those)) in LISTS.iter().zip(self.0.iter().zip(&other.0)) {
            for id in these.keys().chain(those.keys()).collect::<BTreeSet<_>>() {
                let what = match (these.get(id), those.get(id)) {
                    (Some(this), Some(that)) => differing_fields(this, that),
                    // Of completed activities only the last is read, not their number.
                    (Some(done), None) | (None, Some(done)) if done["done"] == true => continue,
                    (Some(_), None) => "exists only in the first".to_owned(),
                    _ => "exists only in the second".to_owned(),
                };
                if !what.is_empty() {
                    different.push(format!("{id} in {list} {what}"));
                }
            }
        }
        different
    }
}

/// Returns the names of the fields that differ.
fn differing_fields(this: &Value, that: &Value) -> String {
    let fields = this.as_object().unwrap().iter();
    // Webhooks do not report the completion time of an activity.
    let unlike = fields.filter(|(name, value)| *name != "done_time" && that[name.as_str()] != **value);
    unlike.map(|(name, value)| format!("{name}: {value}, not {}", that[name.as_str()])).collect::<Vec<_>>().join("; ")
}
