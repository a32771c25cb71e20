//! Events: one for each record that an edit created, changed or deleted.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::payload::WebhookObject;
use crate::sandbox::current_user::CurrentUser;
use crate::sandbox::records::Webhook;
use crate::sandbox::store::Store;
use crate::sandbox::table::Table;

/// A change of a record.
#[derive(Debug)]
pub struct Event {
    id: String,
    action: &'static str,
    entity: &'static str,
    entity_id: String,
    user: CurrentUser,
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

/// Returns the events of all unsaved changes, caused by the current user.
pub fn events(store: &Store) -> Vec<Arc<Event>> {
    let mut collector = EventCollector { store, user: CurrentUser::get(), at: Utc::now(), events: Vec::new() };
    collector.collect(&store.users);
    collector.collect(&store.pipelines);
    collector.collect(&store.stages);
    collector.collect(&store.organizations);
    collector.collect(&store.persons);
    collector.collect(&store.deals);
    collector.collect(&store.products);
    collector.collect(&store.leads);
    collector.collect(&store.activities);
    collector.collect(&store.notes);
    collector.events
}

/// Collects the events of an edit.
struct EventCollector<'a> {
    store: &'a Store,
    user: CurrentUser,
    at: DateTime<Utc>,
    events: Vec<Arc<Event>>,
}

impl EventCollector<'_> {
    fn collect<T: WebhookObject>(&mut self, table: &Table<T>) {
        for (key, before, after) in table.changes() {
            // A record marked as deleted counts as removed.
            let (before, after) =
                (before.filter(|item| !item.is_tombstone()), after.filter(|item| !item.is_tombstone()));
            let (action, data, previous) = match (before, after) {
                (None, None) => continue,
                (None, Some(after)) => ("create", after.creation_payload(self.store), Value::Null),
                (Some(before), None) => ("delete", Value::Null, before.payload(self.store)),
                (Some(before), Some(after)) => {
                    let data = after.payload(self.store);
                    let previous = changes(before.payload(self.store), &data, T::UNREPORTED);
                    ("change", data, previous)
                }
            };
            if let (Ok(data), Ok(previous)) = (to_raw_value(&data), to_raw_value(&previous)) {
                self.push::<T>(key.to_string(), action, data, previous);
            }
        }
    }

    fn push<T: WebhookObject>(
        &mut self,
        entity_id: String,
        action: &'static str,
        data: Box<RawValue>,
        previous: Box<RawValue>,
    ) {
        let company = &self.store.setup.company;
        let active = self.store.users.iter().filter(|user| user.is_active);
        self.events.push(Arc::new(Event {
            id: if T::IS_USER { entity_id.clone() } else { Uuid::new_v4().to_string() },
            action,
            entity: T::KIND,
            entity_id,
            user: self.user,
            at: self.at,
            company_id: company.id,
            host: format!("{}.pipedrive.com", company.domain),
            // All users see all records, as in the lists.
            permitted: active.map(|user| user.id.to_string()).collect(),
            data,
            previous,
        }));
    }
}

/// Returns the previous values of all changed fields, also within the custom fields.
fn changes(before: Value, after: &Value, unreported: &[&str]) -> Value {
    let Value::Object(before) = before else { return Value::Null };
    let mut changed = Map::new();
    for (name, old) in before {
        let new = after.get(&name).unwrap_or(&Value::Null);
        if old == *new || unreported.contains(&name.as_str()) {
            continue;
        }
        let old = if name == "custom_fields" { changes(old, new, &[]) } else { old };
        changed.insert(name, old);
    }
    Value::Object(changed)
}

impl Event {
    /// Returns the id of the event, the same in all deliveries. A user's events have the user's id, as in the guide.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns `true` if a webhook is registered for this event.
    pub fn matches(&self, hook: &Webhook) -> bool {
        let fits = |wanted: &str, given: &str| wanted == "*" || wanted == given;
        hook.is_active == 1
            && hook.version == "2.0"
            && fits(&hook.event_action, self.action)
            && fits(&hook.event_object, self.entity)
    }

    /// Returns the body for a webhook and an attempt, counted from 1.
    pub fn body(&self, webhook_id: u64, owner_id: u64, attempt: usize) -> Body<'_> {
        let is_user = self.entity == "user";
        let meta = Meta {
            action: self.action,
            entity: self.entity,
            entity_id: &self.entity_id,
            company_id: self.company_id.to_string(),
            user_id: self.user.id.to_string(),
            id: &self.id,
            correlation_id: self.user.correlation_id,
            // In the guide's examples, events of users have whole seconds, all others ISO with milliseconds.
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
