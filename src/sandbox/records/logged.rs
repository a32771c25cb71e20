//! The log of changes to deals, people and organizations: what each update has made of each field.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::note::plain;
use super::{Kept, kept, me};
use crate::sandbox::store::Store;

/// A field of a record that was changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Logged {
    pub id: u64,
    /// What kind of record it is, by its name in the file.
    pub kind: String,
    pub item_id: u64,
    pub user_id: u64,
    pub field_key: String,
    pub old_value: Value,
    pub new_value: Value,
    #[serde(with = "plain", rename = "log_time")]
    pub update_time: DateTime<Utc>,
    pub change_source: String,
}

kept!(Logged, u64, "logged", log);

/// How many changes are kept: older ones are forgotten.
const MOST: usize = 100_000;
/// Fields that go along with others, or say nothing.
const SILENT: &[&str] = &["update_time", "stage_change_time", "won_time", "lost_time", "close_time", "archive_time"];

impl Logged {
    /// A change by the token's user.
    pub fn new(
        store: &Store,
        (kind, item_id): (&str, u64),
        field: &str,
        values: [Value; 2],
        at: DateTime<Utc>,
    ) -> Self {
        let [old_value, new_value] = values;
        Self {
            id: store.log.next_id(),
            kind: kind.to_owned(),
            item_id,
            user_id: me(),
            field_key: v1_key(kind, field).to_owned(),
            old_value,
            new_value,
            update_time: at,
            change_source: "api".to_owned(),
        }
    }

    /// Notes what has become of a record.
    pub fn note<T: Kept>(store: &mut Store, before: &T, after: &T, at: DateTime<Utc>) {
        let Ok(id) = after.key().to_string().parse() else { return };
        if !matches!(T::KIND, "deal" | "person" | "organization") {
            return;
        }
        let (Ok(Value::Object(before)), Ok(Value::Object(after))) =
            (serde_json::to_value(before), serde_json::to_value(after))
        else {
            return;
        };
        for (field, new) in after {
            let old = before.get(&field).cloned().unwrap_or_default();
            if old == new || SILENT.contains(&field.as_str()) {
                continue;
            }
            if let (Value::Object(old), Value::Object(new)) = (&old, &new)
                && field == "custom_fields"
            {
                for (code, new) in new {
                    let old = old.get(code).cloned().unwrap_or_default();
                    if old != *new {
                        Self::new(store, (T::KIND, id), code, [old, new.clone()], at).keep(store);
                    }
                }
                continue;
            }
            Self::new(store, (T::KIND, id), &field, [old, new], at).keep(store);
        }
    }

    fn keep(self, store: &mut Store) {
        store.log.put(self);
        let oldest = store.log.iter().next().map(|one| one.id).filter(|_| store.log.len() > MOST);
        if let Some(oldest) = oldest {
            store.log.remove(oldest);
        }
    }
}

/// What API v1, which tells of the log, calls a field of API v2.
fn v1_key<'a>(kind: &str, field: &'a str) -> &'a str {
    match (kind, field) {
        ("deal", "owner_id") => "user_id",
        (_, "label_ids") => "label",
        ("person", "emails") => "email",
        ("person", "phones") => "phone",
        (_, field) => field,
    }
}
