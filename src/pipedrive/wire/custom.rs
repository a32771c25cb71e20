//! Custom fields: what they are, what stands in them, and what is to. API v2 has the values in an object of their own,
//! API v1 (leads) flat beside the other fields, in part under keys such as `<code>_currency`.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::Object;
use super::exact::Exact;
use super::lenient::{LONGEST_TEXT, Loose, Scalar, Scalars, Structured};
use crate::domain::{
    Currency, CustomPatch, CustomValues, FieldCode, FieldDef, FieldKind, FieldOption, FieldValue, ItemKind, Label,
    LabelColor, LabelId, Money,
};

/// The most fields of an item that are read. Pipedrive's plans allow some hundreds.
const MOST_FIELDS: usize = 1_000;

/// A field of a kind of items (`GET /api/v2/dealFields` and its like).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct FieldObject {
    field_code: Loose<String>,
    field_name: Loose<String>,
    field_type: Loose<String>,
    is_custom_field: Loose<bool>,
    options: Structured<Vec<Structured<OptionObject>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OptionObject {
    /// A number for custom fields and labels, a text for other built-in ones.
    id: Loose<u64>,
    label: Loose<String>,
    color: Loose<String>,
}

/// A field that dealdeck uses. Other built-in ones are left out.
pub(in super::super) enum FieldRead {
    /// The label field, with the labels.
    Labels(Vec<Label>),
    /// A custom field, of whichever kind of items was asked about.
    Custom { code: FieldCode, name: String, kind: FieldKind, options: Vec<FieldOption> },
}

impl FieldRead {
    /// Collects the labels and the custom fields of a kind of items.
    pub(in super::super) fn gathered(read: Vec<Self>, of: ItemKind) -> (Vec<Label>, Vec<FieldDef>) {
        let (mut all_labels, mut fields) = (Vec::new(), Vec::new());
        for one in read {
            match one {
                Self::Labels(labels) => all_labels.extend(labels),
                Self::Custom { code, name, kind, options } => fields.push(FieldDef { code, name, kind, options, of }),
            }
        }
        (all_labels, fields)
    }
}

impl Object for FieldObject {
    type Domain = FieldRead;

    fn key(&self) -> Option<super::Key> {
        self.field_code.0.clone().map(super::Key::Code)
    }

    /// The code of the label field is not documented: `label` in API v1, and `label_ids` is what objects call it in v2.
    fn into_domain(self) -> Option<FieldRead> {
        let code = self.field_code.0?;
        let options = self.options.0.unwrap_or_default().into_iter().filter_map(|option| option.0);
        if matches!(code.as_str(), "label" | "label_ids" | "labels") {
            return Some(FieldRead::Labels(options.filter_map(OptionObject::into_label).collect()));
        }
        if self.is_custom_field.0 != Some(true) {
            return None;
        }
        Some(FieldRead::Custom {
            code: FieldCode::new(&code)?,
            name: self.field_name.0.unwrap_or(code),
            kind: FieldKind::from_name(self.field_type.0.as_deref().unwrap_or_default()),
            options: options.filter_map(OptionObject::into_option).collect(),
        })
    }
}

impl OptionObject {
    fn into_label(self) -> Option<Label> {
        let color = LabelColor::from_name(self.color.0.as_deref().unwrap_or_default());
        Some(Label { id: LabelId(self.id.0?), name: self.label.0.unwrap_or_default(), color })
    }

    fn into_option(self) -> Option<FieldOption> {
        let color = self.color.0.as_deref().map(LabelColor::from_name);
        Some(FieldOption { id: self.id.0?, label: self.label.0.unwrap_or_default(), color })
    }
}

/// The custom fields of an object of API v2: its `custom_fields`.
#[derive(Debug, Default)]
pub(super) struct CustomObject(pub(super) CustomValues);

/// The custom fields of a lead: those of its keys that begin with the code of a field.
#[derive(Debug, Default)]
pub(super) struct FlatObject(pub(super) CustomValues);

impl<'de> Deserialize<'de> for CustomObject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let fields = from.deserialize_any(Fields(FieldCode::new))?;
        Ok(Self(fields.into_iter().filter_map(|(code, value)| Some((code, nested(value)?))).collect()))
    }
}

impl<'de> Deserialize<'de> for FlatObject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let key = |key: &str| FieldCode::at_start(key).map(|(code, part)| (code, part.to_owned()));
        let mut parts: BTreeMap<(FieldCode, String), Value> = from.deserialize_any(Fields(key))?.into_iter().collect();
        let codes: Vec<FieldCode> =
            parts.keys().filter(|(_, part)| part.is_empty()).map(|(code, _)| code.clone()).collect();
        let value = |code: FieldCode| {
            let mut part = |part: &str| parts.remove(&(code.clone(), part.to_owned()));
            let (whole, currency, until) = (part("")?, part("_currency"), part("_until"));
            let value = flat(whole, currency.as_ref(), until)?;
            Some((code, value))
        };
        Ok(Self(codes.into_iter().filter_map(value).collect()))
    }
}

/// Reads those fields of an object that are not null and whose keys are of use. Anything but an object has none.
struct Fields<F>(F);

impl<'de, K, F: Fn(&str) -> Option<K>> Visitor<'de> for Fields<F> {
    type Value = Vec<(K, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key_seed(Key(&self.0))? {
            match key.filter(|_| fields.len() < MOST_FIELDS) {
                Some(key) => fields.extend(map.next_value::<Option<Value>>()?.map(|value| (key, value))),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// Reads a key without keeping its text.
struct Key<'a, F>(&'a F);

impl<'de, K, F: Fn(&str) -> Option<K>> DeserializeSeed<'de> for Key<'_, F> {
    type Value = Option<K>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<K, F: Fn(&str) -> Option<K>> Visitor<'_> for Key<'_, F> {
    type Value = Option<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok((self.0)(key))
    }
}

/// A value of API v2.
fn nested(value: Value) -> Option<FieldValue> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(FieldValue::Flag(yes)),
        Value::Number(_) => read(&value).map(FieldValue::Number),
        Value::String(text) => text_value(&text),
        Value::Array(list) => match list.iter().map(id).collect::<Option<Vec<u64>>>() {
            Some(ids) => FieldValue::options(ids),
            None => other(&Value::Array(list)),
        },
        Value::Object(mut parts) => {
            let whole = parts.get("value").cloned().unwrap_or_default();
            let until = parts.remove("until").filter(|until| !until.is_null());
            match (parts.get("currency"), until, whole) {
                (Some(currency), _, whole) if !whole.is_null() => money(&whole, currency),
                (_, Some(until), whole) => Some(range(&whole, &until)),
                (_, None, Value::String(text)) => Some(FieldValue::Whole(bounded(&text))).filter(|_| !text.is_empty()),
                (Some(_), None, _) => None,
                _ => match id(&Value::Object(parts.clone())) {
                    Some(id) => Some(FieldValue::id(id)),
                    None => other(&Value::Object(parts)),
                },
            }
        }
    }
}

/// A value of API v1, where some stand in several fields. People, organizations and users come as objects.
fn flat(whole: Value, currency: Option<&Value>, until: Option<Value>) -> Option<FieldValue> {
    match (currency, until) {
        (Some(currency), _) => money(&whole, currency),
        (None, Some(until)) => Some(range(&whole, &until)),
        (None, None) => match whole {
            Value::Object(ref parts) => {
                let id = parts.get("value").and_then(id).or_else(|| id(&whole));
                id.map(FieldValue::id).or_else(|| nested(whole.clone()))
            }
            whole => nested(whole),
        },
    }
}

/// A number, or the one by which an object is known.
fn id(value: &Value) -> Option<u64> {
    read(value.get("id").unwrap_or(value))
}

fn money(amount: &Value, currency: &Value) -> Option<FieldValue> {
    let (amount, currency) = (read::<Decimal>(amount)?, read::<String>(currency).unwrap_or_default());
    Some(FieldValue::Money(Box::new(Money { amount, currency: Currency::new(&currency) })))
}

fn range(from: &Value, until: &Value) -> FieldValue {
    let end = |end| bounded(&read::<String>(end).unwrap_or_default());
    FieldValue::Range(Box::new((end(from), end(until))))
}

fn text_value(text: &str) -> Option<FieldValue> {
    (!text.is_empty()).then(|| FieldValue::Text(bounded(text)))
}

fn other(value: &Value) -> Option<FieldValue> {
    let is_empty = matches!(value, Value::Object(parts) if parts.is_empty());
    (!is_empty).then(|| FieldValue::Other(bounded(&value.to_string())))
}

fn bounded(text: &str) -> Box<str> {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => text[..end].into(),
        None => text.into(),
    }
}

fn read<T: Scalars>(value: &Value) -> Option<T> {
    T::read(match value {
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(value), _) => Scalar::Int(value),
            (None, Some(value)) => Scalar::Float(value),
            (None, None) => Scalar::Other,
        },
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => Scalar::Other,
    })
}

/// Custom fields in a request: the changed ones, or those of a new item.
pub(super) struct CustomBody<'a>(Vec<(&'a FieldCode, Option<&'a FieldValue>)>);

impl<'a> CustomBody<'a> {
    /// Returns the fields that a patch changes; `None` if there are none.
    pub(super) fn of_patch(patch: &'a CustomPatch) -> Option<Self> {
        (!patch.is_empty()).then(|| Self(patch.iter().collect()))
    }

    /// Returns the fields of a new item; `None` if there are none.
    pub(super) fn of_new(values: &'a CustomValues) -> Option<Self> {
        (!values.is_empty()).then(|| Self(values.iter().map(|(code, value)| (code, Some(value))).collect()))
    }
}

/// As API v2 has it.
impl Serialize for CustomBody<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(code, value)| (code, value.map(Nested))))
    }
}

/// A value as API v2 has it.
struct Nested<'a>(&'a FieldValue);

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            FieldValue::Flag(yes) => to.serialize_bool(*yes),
            FieldValue::Number(number) => Exact(*number).serialize(to),
            FieldValue::Text(text) => to.serialize_str(text),
            // Put back as it came, where somebody takes a change back.
            FieldValue::Other(json) => match serde_json::from_str::<Value>(json) {
                Ok(value) => value.serialize(to),
                Err(_) => to.serialize_str(json),
            },
            FieldValue::Options(ids) => to.collect_seq(ids),
            FieldValue::Money(money) => {
                let mut map = to.serialize_map(Some(2))?;
                map.serialize_entry("value", &Exact(money.amount))?;
                map.serialize_entry("currency", &money.currency)?;
                map.end()
            }
            FieldValue::Range(range) => to.collect_map([("value", &range.0), ("until", &range.1)]),
            FieldValue::Whole(text) => to.collect_map([("value", text)]),
        }
    }
}

/// The same as API v1 has it: beside the other fields of a body.
#[derive(Default)]
pub(super) struct FlatBody<'a>(pub(super) Option<CustomBody<'a>>);

impl Serialize for FlatBody<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (code, value) in self.0.iter().flat_map(|body| &body.0) {
            match value {
                Some(FieldValue::Money(money)) => {
                    map.serialize_entry(code, &Exact(money.amount))?;
                    map.serialize_entry(&format!("{code}_currency"), &money.currency)?;
                }
                Some(FieldValue::Range(range)) => {
                    map.serialize_entry(code, &range.0)?;
                    map.serialize_entry(&format!("{code}_until"), &range.1)?;
                }
                Some(FieldValue::Number(number)) => map.serialize_entry(code, &Exact(*number))?,
                Some(value) => map.serialize_entry(code, &value.flat())?,
                None => map.serialize_entry(code, &())?,
            }
        }
        map.end()
    }
}
