//! An account as the program has it on this machine.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::support::desk::Desk;

/// The commands that list it.
const LISTS: [&str; 4] = ["deals list --status all", "activities list --status all", "people list", "orgs list"];

/// What each command lists, by id.
pub struct Account([BTreeMap<u64, Value>; LISTS.len()]);

impl Account {
    /// As it is kept.
    pub fn kept(desk: &Desk) -> Self {
        Self(LISTS.map(|list| {
            let ran = desk.run(&format!("{list} --json --offline"));
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let items: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
            items.into_iter().map(|item| (item["id"].as_u64().unwrap(), item)).collect()
        }))
    }

    /// What is not the same in the other, in words.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut different = Vec::new();
        for (list, (these, those)) in LISTS.iter().zip(self.0.iter().zip(&other.0)) {
            for id in these.keys().chain(those.keys()).collect::<BTreeSet<_>>() {
                let what = match (these.get(id), those.get(id)) {
                    (Some(this), Some(that)) => fields_unlike(this, that),
                    // Of those that were done it is not read how many there are, only the last.
                    (Some(done), None) | (None, Some(done)) if done["done"] == true => continue,
                    (Some(_), None) => "is there".to_owned(),
                    _ => "is not there".to_owned(),
                };
                if !what.is_empty() {
                    different.push(format!("{id} in {list} {what}"));
                }
            }
        }
        different
    }
}

/// The fields of an item that are not the same in both.
fn fields_unlike(this: &Value, that: &Value) -> String {
    let fields = this.as_object().unwrap().iter();
    // When an activity was done webhooks do not tell.
    let unlike = fields.filter(|(name, value)| *name != "done_time" && that[name.as_str()] != **value);
    unlike.map(|(name, value)| format!("{name}: {value}, not {}", that[name.as_str()])).collect::<Vec<_>>().join("; ")
}
