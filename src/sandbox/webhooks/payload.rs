//! The data of each kind of record in webhook bodies, which match neither API v1 nor API v2. For products on deals there
//! is no example: they are as in API v2. Nor is there one for addresses outside of custom fields: they are formatted
//! like those in custom fields.

use serde_json::{Map, Value, json};

use super::field_values::{address, typed_values};
use crate::sandbox::custom_fields;
use crate::sandbox::records::{
    Activity, Address, Deal, DealProduct, Lead, Note, Organization, Person, Pipeline, Stage,
};
use crate::sandbox::setup::User;
use crate::sandbox::store::Store;
use crate::sandbox::table::TableRow;

/// A record that webhooks report. Its kind in the file is its name in events.
pub trait WebhookObject: TableRow {
    /// Fields that `previous` never lists, judging from the examples.
    const UNREPORTED: &'static [&'static str] = &[];
    /// `true` for users, whose events have other ids and times.
    const IS_USER: bool = false;

    /// Returns `true` if it is marked as deleted.
    fn is_tombstone(&self) -> bool {
        false
    }

    /// Returns its data.
    fn payload(&self, store: &Store) -> Value;

    /// Returns the data of a new record.
    fn creation_payload(&self, store: &Store) -> Value {
        self.payload(store)
    }
}

impl WebhookObject for Deal {
    const UNREPORTED: &'static [&'static str] = &["update_time"];

    fn is_tombstone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, store: &Store) -> Value {
        json!({
            "add_time": self.add_time, "channel": self.channel, "channel_id": self.channel_id,
            "close_time": self.close_time, "creator_user_id": self.creator_user_id, "currency": self.currency,
            "custom_fields": typed_values(&store.setup.deal_fields, &self.custom_fields),
            "expected_close_date": self.expected_close_date, "first_won_time": self.won_time, "id": self.id,
            "label_ids": self.label_ids, "lost_reason": self.lost_reason, "lost_time": self.lost_time,
            "org_id": self.org_id, "origin": self.origin, "origin_id": self.origin_id, "owner_id": self.owner_id,
            "person_id": self.person_id, "pipeline_id": self.pipeline_id, "probability": self.probability,
            "stage_change_time": self.stage_change_time, "stage_id": self.stage_id, "status": self.status,
            "title": self.title, "update_time": self.update_time, "value": self.value,
            "visible_to": self.visible_to.to_string(), "won_time": self.won_time,
        })
    }

    fn creation_payload(&self, store: &Store) -> Value {
        let mut payload = self.payload(store);
        payload["update_time"] = Value::Null;
        payload
    }
}

impl WebhookObject for Person {
    const UNREPORTED: &'static [&'static str] = &["update_time"];

    fn is_tombstone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, store: &Store) -> Value {
        json!({
            "add_time": self.add_time, "custom_fields": typed_values(&store.setup.person_fields, &self.custom_fields),
            "emails": self.emails, "first_name": self.first_name, "id": self.id, "label_ids": self.label_ids,
            "last_name": self.last_name, "name": self.name, "org_id": self.org_id, "owner_id": self.owner_id,
            "phones": self.phones, "update_time": self.update_time, "visible_to": self.visible_to.to_string(),
        })
    }
}

impl WebhookObject for Organization {
    const UNREPORTED: &'static [&'static str] = &["update_time"];

    fn is_tombstone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, store: &Store) -> Value {
        json!({
            "add_time": self.add_time, "address": optional_address(self.address.as_deref()), "country_code": null,
            "custom_fields": typed_values(&store.setup.organization_fields, &self.custom_fields), "id": self.id,
            "label_ids": self.label_ids, "name": self.name, "owner_id": self.owner_id, "picture_id": null,
            "update_time": self.update_time, "visible_to": self.visible_to.to_string(),
        })
    }
}

/// Returns an optional address.
fn optional_address(place: Option<&Address>) -> Value {
    place.map_or(Value::Null, |place| address(&serde_json::to_value(place).unwrap_or_default()))
}

impl WebhookObject for Activity {
    fn is_tombstone(&self) -> bool {
        self.is_deleted
    }

    fn payload(&self, _store: &Store) -> Value {
        let time = |text: Option<&str>| json!({"value": text.unwrap_or_default(), "timezone_id": null});
        json!({
            "active_flag": !self.is_deleted, "add_time": self.add_time, "busy_flag": self.busy, "custom_fields": {},
            "deal_id": self.deal_id, "done": self.done, "due_date": self.due_date,
            "due_time": time(self.due_time.as_deref()), "duration": time(self.duration.as_deref()), "id": self.id,
            "lead_id": self.lead_id, "location": optional_address(self.location.as_deref()), "org_id": self.org_id,
            "owner_id": self.owner_id, "person_id": self.person_id,
            "public_description": self.public_description.as_deref().unwrap_or_default(), "subject": self.subject,
            "type": self.kind, "update_time": self.update_time, "update_user_id": null,
        })
    }

    /// In the examples, unset times are null in the first event and empty in all others.
    fn creation_payload(&self, store: &Store) -> Value {
        let mut payload = self.payload(store);
        for time in ["due_time", "duration"] {
            if payload[time]["value"] == "" {
                payload[time] = Value::Null;
            }
        }
        payload
    }
}

impl WebhookObject for Lead {
    fn payload(&self, store: &Store) -> Value {
        let fields = &store.setup.deal_fields;
        let custom: Map<String, Value> = custom_fields::take_flat(fields, &mut self.custom.clone());
        let of_lead = store.activities.iter().filter(|activity| activity.lead_id == Some(self.id));
        let open = of_lead.filter(|activity| !activity.is_deleted && !activity.done);
        let next = open.min_by_key(|activity| (activity.due_key(), activity.id)).map(|activity| activity.id);
        // As in API v1, except for a few fields.
        let mut payload = serde_json::to_value(self).unwrap_or_default();
        if let Some(shown) = payload.as_object_mut() {
            shown.retain(|name, _| !self.custom.contains_key(name));
            for other in ["visible_to", "cc_email", "source_deal_id"] {
                shown.remove(other);
            }
        }
        payload["custom_fields"] = typed_values(fields, &custom);
        payload["next_activity_id"] = next.into();
        payload
    }
}

impl WebhookObject for Note {
    fn is_tombstone(&self) -> bool {
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

impl WebhookObject for DealProduct {
    fn payload(&self, _store: &Store) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl WebhookObject for Pipeline {
    fn is_tombstone(&self) -> bool {
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

impl WebhookObject for Stage {
    fn is_tombstone(&self) -> bool {
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

/// A deactivated user is changed, not deleted, in the guide's examples.
impl WebhookObject for User {
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
