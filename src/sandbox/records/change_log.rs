//! The change log of deals, people and organizations: one entry per changed field.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::note::plain;
use super::{Record, current_user_id, record};
use crate::sandbox::store::Store;

/// A change of one field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldChange {
    pub id: u64,
    /// The kind of the record, as in the file.
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

record!(FieldChange, u64, "logged", change_log);

/// The most changes in the log; older ones are dropped.
const MAX_ENTRIES: usize = 100_000;
/// Fields that only follow others.
const UNLOGGED: &[&str] = &["update_time", "stage_change_time", "won_time", "lost_time", "close_time", "archive_time"];

impl FieldChange {
    /// Creates a change by the current user.
    pub fn new(
        store: &Store,
        (kind, item_id): (&str, u64),
        field: &str,
        values: [Value; 2],
        at: DateTime<Utc>,
    ) -> Self {
        let [old_value, new_value] = values;
        Self {
            id: store.change_log.next_id(),
            kind: kind.to_owned(),
            item_id,
            user_id: current_user_id(),
            field_key: v1_key(kind, field).to_owned(),
            old_value,
            new_value,
            update_time: at,
            change_source: "api".to_owned(),
        }
    }

    /// Logs all changed fields of a record.
    pub fn log<T: Record>(store: &mut Store, before: &T, after: &T, at: DateTime<Utc>) {
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
            if old == new || UNLOGGED.contains(&field.as_str()) {
                continue;
            }
            if let (Value::Object(old), Value::Object(new)) = (&old, &new)
                && field == "custom_fields"
            {
                for (code, new) in new {
                    let old = old.get(code).cloned().unwrap_or_default();
                    if old != *new {
                        Self::new(store, (T::KIND, id), code, [old, new.clone()], at).push(store);
                    }
                }
                continue;
            }
            Self::new(store, (T::KIND, id), &field, [old, new], at).push(store);
        }
    }

    fn push(self, store: &mut Store) {
        store.change_log.put(self);
        let oldest = store.change_log.iter().next().map(|one| one.id).filter(|_| store.change_log.len() > MAX_ENTRIES);
        if let Some(oldest) = oldest {
            store.change_log.remove(oldest);
        }
    }
}

/// Returns the name of a field in API v1, which serves the log.
fn v1_key<'a>(kind: &str, field: &'a str) -> &'a str {
    match (kind, field) {
        ("deal", "owner_id") => "user_id",
        (_, "label_ids") => "label",
        ("person", "emails") => "email",
        ("person", "phones") => "phone",
        (_, field) => field,
    }
}
