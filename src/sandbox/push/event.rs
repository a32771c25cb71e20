//! What happened: of each record that an edit has made, changed or deleted, one event.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::payload::Pushed;
use crate::sandbox::caller::Caller;
use crate::sandbox::records::Webhook;
use crate::sandbox::store::Store;
use crate::sandbox::table::Table;

/// Something that happened to a record.
#[derive(Debug)]
pub struct Event {
    id: String,
    action: &'static str,
    entity: &'static str,
    entity_id: String,
    caller: Caller,
    at: DateTime<Utc>,
    company_id: u64,
    host: String,
    permitted: Vec<String>,
    data: Box<RawValue>,
    previous: Box<RawValue>,
}

/// The body of a delivery.
#[derive(Debug, Serialize)]
pub struct Body<'a> {
    data: &'a RawValue,
    previous: &'a RawValue,
    meta: Meta<'a>,
}

#[derive(Debug, Serialize)]
struct Meta<'a> {
    action: &'a str,
    entity: &'a str,
    entity_id: &'a str,
    company_id: String,
    user_id: String,
    id: &'a str,
    correlation_id: Uuid,
    timestamp: Value,
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    webhook_id: String,
    webhook_owner_id: String,
    change_source: &'static str,
    attempt: usize,
    is_bulk_edit: bool,
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    permitted_user_ids: Option<&'a [String]>,
}

/// What has happened in the workspace since it was saved, in the name of this task's caller.
pub fn events(store: &Store) -> Vec<Arc<Event>> {
    let mut told = Told { store, caller: Caller::current(), at: Utc::now(), events: Vec::new() };
    told.tell(&store.users);
    told.tell(&store.pipelines);
    told.tell(&store.stages);
    told.tell(&store.organizations);
    told.tell(&store.persons);
    told.tell(&store.deals);
    told.tell(&store.products);
    told.tell(&store.leads);
    told.tell(&store.activities);
    told.tell(&store.notes);
    told.events
}

/// What is told of an edit.
struct Told<'a> {
    store: &'a Store,
    caller: Caller,
    at: DateTime<Utc>,
    events: Vec<Arc<Event>>,
}

impl Told<'_> {
    fn tell<T: Pushed>(&mut self, table: &Table<T>) {
        for (key, before, after) in table.changes() {
            // One that is only marked as deleted counts as gone.
            let (before, after) = (before.filter(|item| !item.is_gone()), after.filter(|item| !item.is_gone()));
            let (action, data, previous) = match (before, after) {
                (None, None) => continue,
                (None, Some(after)) => ("create", after.payload_when_new(self.store), Value::Null),
                (Some(before), None) => ("delete", Value::Null, before.payload(self.store)),
                (Some(before), Some(after)) => {
                    let data = after.payload(self.store);
                    let previous = changes(before.payload(self.store), &data, T::QUIET);
                    ("change", data, previous)
                }
            };
            if let (Ok(data), Ok(previous)) = (to_raw_value(&data), to_raw_value(&previous)) {
                self.keep::<T>(key.to_string(), action, data, previous);
            }
        }
    }

    fn keep<T: Pushed>(
        &mut self,
        entity_id: String,
        action: &'static str,
        data: Box<RawValue>,
        previous: Box<RawValue>,
    ) {
        let company = &self.store.assets.company;
        let active = self.store.users.iter().filter(|user| user.is_active);
        self.events.push(Arc::new(Event {
            id: if T::IS_USER { entity_id.clone() } else { Uuid::new_v4().to_string() },
            action,
            entity: T::KIND,
            entity_id,
            caller: self.caller,
            at: self.at,
            company_id: company.id,
            host: format!("{}.pipedrive.com", company.domain),
            // Everybody sees everything here, as in the lists.
            permitted: active.map(|user| user.id.to_string()).collect(),
            data,
            previous,
        }));
    }
}

/// The fields that have other values now, with those that they had; of the custom fields likewise.
fn changes(before: Value, after: &Value, quiet: &[&str]) -> Value {
    let Value::Object(before) = before else { return Value::Null };
    let mut changed = Map::new();
    for (name, old) in before {
        let new = after.get(&name).unwrap_or(&Value::Null);
        if old == *new || quiet.contains(&name.as_str()) {
            continue;
        }
        let old = if name == "custom_fields" { changes(old, new, &[]) } else { old };
        changed.insert(name, old);
    }
    Value::Object(changed)
}

impl Event {
    /// What names it, the same in all its deliveries. That of a user is the user's, as the guide's examples have it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a registration is for what happened.
    pub fn concerns(&self, hook: &Webhook) -> bool {
        let fits = |wanted: &str, given: &str| wanted == "*" || wanted == given;
        hook.is_active == 1
            && hook.version == "2.0"
            && fits(&hook.event_action, self.action)
            && fits(&hook.event_object, self.entity)
    }

    /// What is sent to a webhook, with the number of the attempt, from 1 on.
    pub fn body(&self, webhook_id: u64, owner_id: u64, attempt: usize) -> Body<'_> {
        let is_user = self.entity == "user";
        let meta = Meta {
            action: self.action,
            entity: self.entity,
            entity_id: &self.entity_id,
            company_id: self.company_id.to_string(),
            user_id: self.caller.user.to_string(),
            id: &self.id,
            correlation_id: self.caller.correlation,
            // Of users the guide's examples have whole seconds, of all else ISO with milliseconds.
            timestamp: if is_user {
                self.at.timestamp().into()
            } else {
                self.at.to_rfc3339_opts(SecondsFormat::Millis, true).into()
            },
            kind: "general",
            version: "2.0",
            webhook_id: webhook_id.to_string(),
            webhook_owner_id: owner_id.to_string(),
            change_source: "api",
            attempt,
            is_bulk_edit: false,
            host: &self.host,
            permitted_user_ids: (!is_user).then_some(&self.permitted[..]),
        };
        Body { data: &self.data, previous: &self.previous, meta }
    }
}
