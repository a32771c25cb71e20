//! What webhooks tell of each kind of record: neither what API v1 nor what API v2 says of it. Of products on deals
//! there is no example: they are as API v2 has them. Where a record has an address that is no custom field the
//! examples have none: it is shown as custom fields show it.

use serde_json::{Map, Value, json};

use super::fields::{address, wrapped};
use crate::sandbox::assets::User;
use crate::sandbox::custom;
use crate::sandbox::records::{
    Activity, Address, Deal, DealProduct, Lead, Note, Organization, Person, Pipeline, Stage,
};
use crate::sandbox::store::Store;
use crate::sandbox::table::Stored;

/// A record of which webhooks tell; its name in the file is its name there.
pub trait Pushed: Stored {
    /// Fields whose changes are not told of, going by the examples.
    const QUIET: &'static [&'static str] = &[];
    /// Whether it is a user, whose events are marked in another way.
    const IS_USER: bool = false;

    /// Whether it was deleted, though it is kept.
    fn is_gone(&self) -> bool {
        false
    }

    /// What is told of it.
    fn payload(&self, store: &Store) -> Value;

    /// What is told of one that was made just now.
    fn payload_when_new(&self, store: &Store) -> Value {
        self.payload(store)
    }
}

impl Pushed for Deal {
    const QUIET: &'static [&'static str] = &["update_time"];

    fn is_gone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, store: &Store) -> Value {
        json!({
            "add_time": self.add_time, "channel": self.channel, "channel_id": self.channel_id,
            "close_time": self.close_time, "creator_user_id": self.creator_user_id, "currency": self.currency,
            "custom_fields": wrapped(&store.assets.deal_fields, &self.custom_fields),
            "expected_close_date": self.expected_close_date, "first_won_time": self.won_time, "id": self.id,
            "label_ids": self.label_ids, "lost_reason": self.lost_reason, "lost_time": self.lost_time,
            "org_id": self.org_id, "origin": self.origin, "origin_id": self.origin_id, "owner_id": self.owner_id,
            "person_id": self.person_id, "pipeline_id": self.pipeline_id, "probability": self.probability,
            "stage_change_time": self.stage_change_time, "stage_id": self.stage_id, "status": self.status,
            "title": self.title, "update_time": self.update_time, "value": self.value,
            "visible_to": self.visible_to.to_string(), "won_time": self.won_time,
        })
    }

    fn payload_when_new(&self, store: &Store) -> Value {
        let mut payload = self.payload(store);
        payload["update_time"] = Value::Null;
        payload
    }
}

impl Pushed for Person {
    const QUIET: &'static [&'static str] = &["update_time"];

    fn is_gone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, store: &Store) -> Value {
        json!({
            "add_time": self.add_time, "custom_fields": wrapped(&store.assets.person_fields, &self.custom_fields),
            "emails": self.emails, "first_name": self.first_name, "id": self.id, "label_ids": self.label_ids,
            "last_name": self.last_name, "name": self.name, "org_id": self.org_id, "owner_id": self.owner_id,
            "phones": self.phones, "update_time": self.update_time, "visible_to": self.visible_to.to_string(),
        })
    }
}

impl Pushed for Organization {
    const QUIET: &'static [&'static str] = &["update_time"];

    fn is_gone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, store: &Store) -> Value {
        json!({
            "add_time": self.add_time, "address": place(self.address.as_deref()), "country_code": null,
            "custom_fields": wrapped(&store.assets.organization_fields, &self.custom_fields), "id": self.id,
            "label_ids": self.label_ids, "name": self.name, "owner_id": self.owner_id, "picture_id": null,
            "update_time": self.update_time, "visible_to": self.visible_to.to_string(),
        })
    }
}

/// An address, if there is one.
fn place(place: Option<&Address>) -> Value {
    place.map_or(Value::Null, |place| address(&serde_json::to_value(place).unwrap_or_default()))
}

impl Pushed for Activity {
    fn is_gone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, _store: &Store) -> Value {
        let time = |text: Option<&str>| json!({"value": text.unwrap_or_default(), "timezone_id": null});
        json!({
            "active_flag": !self.is_deleted, "add_time": self.add_time, "busy_flag": self.busy, "custom_fields": {},
            "deal_id": self.deal_id, "done": self.done, "due_date": self.due_date,
            "due_time": time(self.due_time.as_deref()), "duration": time(self.duration.as_deref()), "id": self.id,
            "lead_id": self.lead_id, "location": place(self.location.as_deref()), "org_id": self.org_id,
            "owner_id": self.owner_id, "person_id": self.person_id,
            "public_description": self.public_description.as_deref().unwrap_or_default(), "subject": self.subject,
            "type": self.kind, "update_time": self.update_time, "update_user_id": null,
        })
    }

    /// The examples have times that are not set as null in the first event, and as empty ones in all others.
    fn payload_when_new(&self, store: &Store) -> Value {
        let mut payload = self.payload(store);
        for time in ["due_time", "duration"] {
            if payload[time]["value"] == "" {
                payload[time] = Value::Null;
            }
        }
        payload
    }
}

impl Pushed for Lead {
    fn payload(&self, store: &Store) -> Value {
        let fields = &store.assets.deal_fields;
        let custom: Map<String, Value> = custom::take_flat(fields, &mut self.custom.clone());
        let own = store.activities.iter().filter(|activity| activity.lead_id == Some(self.id));
        let open = own.filter(|activity| !activity.is_deleted && !activity.done);
        let next = open.min_by_key(|activity| (activity.due_key(), activity.id)).map(|activity| activity.id);
        // As API v1 shows it, but for a few fields.
        let mut payload = serde_json::to_value(self).unwrap_or_default();
        if let Some(shown) = payload.as_object_mut() {
            shown.retain(|name, _| !self.custom.contains_key(name));
            for other in ["visible_to", "cc_email", "source_deal_id"] {
                shown.remove(other);
            }
        }
        payload["custom_fields"] = wrapped(fields, &custom);
        payload["next_activity_id"] = next.into();
        payload
    }
}

impl Pushed for Note {
    fn is_gone(&self) -> bool {
        !self.active_flag
    }

    fn payload(&self, _store: &Store) -> Value {
        json!({
            "id": self.id, "user_id": self.user_id, "deal_id": self.deal_id, "person_id": self.person_id,
            "org_id": self.org_id, "lead_id": self.lead_id, "project_id": self.project_id,
            "active_flag": self.active_flag, "content": self.content, "add_time": self.add_time,
            "update_time": self.update_time, "pinned_to_deal_flag": self.pinned_to_deal_flag,
            "pinned_to_person_flag": self.pinned_to_person_flag,
            "pinned_to_organization_flag": self.pinned_to_organization_flag,
        })
    }
}

impl Pushed for DealProduct {
    fn payload(&self, _store: &Store) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Pushed for Pipeline {
    fn is_gone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, _store: &Store) -> Value {
        json!({
            "id": self.id, "name": self.name, "url_title": self.name.replace(' ', "-"), "order_nr": self.order_nr,
            "active_flag": !self.is_deleted, "deal_probability": self.is_deal_probability_enabled,
            "add_time": self.add_time, "update_time": self.update_time,
        })
    }
}

impl Pushed for Stage {
    fn is_gone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, _store: &Store) -> Value {
        json!({
            "id": self.id, "name": self.name, "active_flag": !self.is_deleted, "rotten_days": self.days_to_rotten,
            "order_nr": self.order_nr, "deal_probability": self.deal_probability,
            "rotten_flag": self.is_deal_rot_enabled, "add_time": self.add_time, "pipeline_id": self.pipeline_id,
            "update_time": self.update_time,
        })
    }
}

/// A user who is taken out of service is changed, not deleted, in the guide's examples.
impl Pushed for User {
    const IS_USER: bool = true;

    fn payload(&self, _store: &Store) -> Value {
        json!({
            "id": self.id.to_string(), "default_currency": self.default_currency, "name": self.name,
            "email": self.email, "phone": self.phone, "locale": self.locale, "lang": "en-US",
            "active_flag": self.is_active, "last_login": null, "timezone_name": self.timezone_name,
            "icon_url": null, "created": "2024-03-04 08:00:00",
            "modified": self.modified.format("%Y-%m-%d %H:%M:%S").to_string(), "access": null,
        })
    }
}
