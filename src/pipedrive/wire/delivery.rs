//! Deliveries of webhooks v2. Their items are nearly those of API v2: each is brought into that shape, and then read as
//! what the API itself sends, so that one value is never two.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::delivery::{Delivery, DeliveryError, Payload};
use super::super::partial::PartialItem;
use super::contacts::{OrgObject, PersonObject};
use super::lenient::{Loose, Scalar, Scalars, Structured};
use super::v2::{ActivityObject, DealObject};
use super::{Object, repair};
use crate::domain::{ActivityId, DealId, Item, ItemKind, ItemRef, OrgId, PersonId, UserId};

/// A delivery.
#[derive(Deserialize)]
struct DeliveryObject {
    #[serde(default)]
    data: Structured<Map<String, Value>>,
    #[serde(default)]
    previous: Structured<Map<String, Value>>,
    meta: MetaObject,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaObject {
    action: Loose<String>,
    entity: Loose<String>,
    entity_id: Loose<u64>,
    id: Loose<Uuid>,
    timestamp: Loose<Moment>,
    user_id: Loose<u64>,
    permitted_user_ids: Structured<Vec<Loose<u64>>>,
}

/// A moment as text, or in seconds, milliseconds or microseconds since 1970: the guide's examples have the first, its
/// table speaks of ten characters, and version 1 of webhooks has the last.
struct Moment(DateTime<Utc>);

impl Scalars for Moment {
    fn read(scalar: Scalar) -> Option<Self> {
        /// Numbers below that are seconds, until the year 5138.
        const SECONDS: i64 = 100_000_000_000;
        /// Numbers below that are milliseconds.
        const MILLISECONDS: i64 = 1_000 * SECONDS;
        let number = match scalar {
            Scalar::Text(text) => match text.trim().parse() {
                Ok(number) => number,
                Err(_) => return DateTime::read(Scalar::Text(text)).map(Self),
            },
            number => i64::read(number)?,
        };
        let moment = match number {
            number if number < SECONDS => DateTime::from_timestamp(number, 0),
            number if number < MILLISECONDS => DateTime::from_timestamp_millis(number),
            number => DateTime::from_timestamp_micros(number),
        };
        moment.map(Self)
    }
}

impl Delivery {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    /// [`DeliveryError`] where it is none. An item that makes no sense is no error: it can be asked for.
    pub fn read(body: &[u8]) -> Result<Self, DeliveryError> {
        let DeliveryObject { data, previous, meta } = serde_json::from_slice(body).or_else(|error| {
            // Half of a surrogate pair, or a number beyond all, hides nothing else.
            let text = std::str::from_utf8(body).map_err(|_| error)?;
            repair::read(text)
        })?;
        let at = meta.timestamp.0.as_ref().ok_or(DeliveryError::Lacks("a time"))?.0;
        Ok(Self {
            event: meta.id.0.or_else(|| event_of_user(&meta, at)).ok_or(DeliveryError::Lacks("the event's id"))?,
            at,
            by: meta.user_id.0.map(UserId),
            seen_by: meta.permitted_user_ids.0.as_deref().and_then(users),
            payload: payload(&meta, data.0, previous.0.as_ref()),
        })
    }
}

/// The users of a list; `None` where it says nothing that can be read, which is not the same as nobody.
fn users(ids: &[Loose<u64>]) -> Option<Vec<UserId>> {
    let users: Vec<UserId> = ids.iter().filter_map(|id| id.0.map(UserId)).collect();
    (ids.is_empty() || !users.is_empty()).then_some(users)
}

/// Events of users have the user's id in the place of one of their own (the migration guide's examples): the time makes
/// one of it that is the same in all deliveries.
fn event_of_user(meta: &MetaObject, at: DateTime<Utc>) -> Option<Uuid> {
    let user = meta.entity_id.0.filter(|_| meta.entity.0.as_deref() == Some("user"))?;
    Some(Uuid::from_u64_pair(user, at.timestamp_millis().cast_unsigned()))
}

fn payload(meta: &MetaObject, data: Option<Map<String, Value>>, previous: Option<&Map<String, Value>>) -> Payload {
    let kind = match meta.entity.0.as_deref() {
        Some("deal") => ItemKind::Deal,
        Some("person") => ItemKind::Person,
        Some("organization") => ItemKind::Org,
        Some("activity") => ItemKind::Activity,
        Some("user") => return Payload::Users,
        _ => return Payload::Other,
    };
    let id_in = |item: Option<&Map<String, Value>>| item.and_then(|item| number(item.get("id")?));
    let id = meta.entity_id.0.or_else(|| id_in(data.as_ref())).or_else(|| id_in(previous));
    let Some(key) = id.and_then(|id| key(kind, id)).filter(|key| !key.is_local()) else { return Payload::Other };
    let is_delete = meta.action.0.as_deref() == Some("delete");
    match data {
        Some(data) if !is_delete && !is_gone(&data) => match told(meta, kind, data, previous) {
            Some(told) if told.key() == key => Payload::Item(Box::new(told)),
            _ => Payload::Unreadable(key),
        },
        // That something was made or changed, and nothing of it, is no news of its end.
        None if matches!(meta.action.0.as_deref(), Some("create" | "change")) => Payload::Unreadable(key),
        _ => Payload::Deleted(key),
    }
}

fn key(kind: ItemKind, id: u64) -> Option<ItemRef> {
    match kind {
        ItemKind::Deal => Some(ItemRef::Deal(DealId(id))),
        ItemKind::Person => Some(ItemRef::Person(PersonId(id))),
        ItemKind::Org => Some(ItemRef::Org(OrgId(id))),
        ItemKind::Activity => Some(ItemRef::Activity(ActivityId(id))),
        ItemKind::Lead => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    Loose::<u64>::deserialize(value).ok()?.0
}

/// Returns `true` if the item was deleted.
fn is_gone(data: &Map<String, Value>) -> bool {
    let flag = |key: &str| data.get(key).and_then(|value| Loose::<bool>::deserialize(value).ok()?.0);
    let is_deleted = data.get("status").and_then(Value::as_str) == Some("deleted");
    is_deleted || flag("active_flag") == Some(false) || flag("is_deleted") == Some(true)
}

/// The item; `None` where it cannot be read, or where what has changed is not in it.
fn told(
    meta: &MetaObject,
    kind: ItemKind,
    mut data: Map<String, Value>,
    previous: Option<&Map<String, Value>>,
) -> Option<PartialItem> {
    let first_label = as_of_v2(&mut data);
    let mut keys: Vec<String> = data.keys().cloned().collect();
    if let Some(label) = first_label {
        data.insert("label_ids".to_owned(), Value::Array(vec![label]));
    }
    // What is new is not archived, and last changed when it was made: of deals that is told as null.
    if meta.action.0.as_deref() == Some("create") {
        keys.push("is_archived".to_owned());
        if data.get("update_time").is_some_and(Value::is_null) {
            let added = data.get("add_time").cloned().unwrap_or_default();
            data.insert("update_time".to_owned(), added);
        }
    }
    // A deal that is told of without its place would leave the board.
    let is_placed = ["pipeline_id", "stage_id"].iter().all(|key| data.get(*key).and_then(number).is_some());
    if kind == ItemKind::Deal && !is_placed {
        return None;
    }
    let data = Value::Object(data);
    let item = match kind {
        ItemKind::Deal => Item::Deal(object::<DealObject>(data)?),
        ItemKind::Person => Item::Person(object::<PersonObject>(data)?),
        ItemKind::Org => Item::Org(object::<OrgObject>(data)?),
        ItemKind::Activity => Item::Activity(object::<ActivityObject>(data)?),
        ItemKind::Lead => return None,
    };
    let told = PartialItem::new(item, |name| keys.iter().any(|key| key == name));
    let is_hidden = previous.is_some_and(|previous| told.missing.iter().any(|name| previous.contains_key(*name)));
    (!is_hidden).then_some(told)
}

fn object<T: Object>(data: Value) -> Option<T::Domain> {
    serde_json::from_value::<T>(data).ok()?.into_domain()
}

/// Brings an item into the shape of API v2. Gives the one label that older payloads tell, of those that there may be.
fn as_of_v2(data: &mut Map<String, Value>) -> Option<Value> {
    for key in ["due_time", "duration"] {
        if let Some(Value::Object(parts)) = data.get_mut(key) {
            let whole = parts.remove("value").unwrap_or_default();
            data.insert(key.to_owned(), whole);
        }
    }
    if let Some(busy) = data.remove("busy_flag") {
        data.entry("busy").or_insert(busy);
    }
    if let Some(Value::Object(fields)) = data.get_mut("custom_fields") {
        for value in fields.values_mut() {
            unwrap(value);
        }
    }
    let label = data.remove("label").filter(|_| !data.contains_key("label_ids"))?;
    if label.is_null() {
        data.insert("label_ids".to_owned(), Value::Array(Vec::new()));
        return None;
    }
    Some(label)
}

/// Takes the value of a custom field out of its wrapper, such as `{"type":"double","value":978}` (the migration guide
/// has all of them). What is in none stays as it is.
fn unwrap(value: &mut Value) {
    let Value::Object(parts) = value else { return };
    let Some(Value::String(kind)) = parts.remove("type") else { return };
    // Of these API v2 has more than one part, too.
    let has_parts = matches!(kind.as_str(), "monetary" | "address" | "time" | "daterange" | "timerange");
    if !has_parts {
        let whole = ["values", "id", "value"].into_iter().find_map(|key| parts.remove(key));
        *value = whole.unwrap_or_default();
        return;
    }
    if let Some(from) = parts.remove("from") {
        parts.insert("value".to_owned(), from);
    }
    if ["value", "until"].iter().all(|key| parts.get(*key).is_none_or(Value::is_null)) {
        *value = Value::Null;
    }
}
