//! The values of custom fields, and changes to them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::super::patch::Patch;
use super::super::{Money, is_truncated};
use super::FieldCode;

/// The value of a field, in the shape of API v2. API v1 writes most values as text: a value in either
/// form is the same value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FieldValue {
    /// Yes or no.
    Flag(bool),
    /// A number, or the id of an option, a user, a person or an organization.
    Number(Decimal),
    /// A text, a phone number, or a day as `YYYY-MM-DD`.
    Text(Box<str>),
    /// The ids of options in ascending order; never empty.
    Options(Box<[u64]>),
    /// An amount of money.
    Money(Box<Money>),
    /// From and until: days, or times of day as `HH:MM:SS`. Either may be empty.
    Range(Box<(Box<str>, Box<str>)>),
    /// Something of which only the whole counts: an address, or a time of day as `HH:MM:SS`.
    Whole(Box<str>),
    /// Something that is not understood, as JSON.
    Other(Box<str>),
}

impl FieldValue {
    /// Returns `true` for a text that may be truncated here.
    pub fn is_truncated(&self) -> bool {
        matches!(self, Self::Text(text) if is_truncated(text))
    }

    /// Some options; `None` for none of them, as an empty list is no value.
    pub fn options(ids: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut ids: Vec<u64> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        (!ids.is_empty()).then(|| Self::Options(ids.into()))
    }

    /// An id, as of an option or of a person.
    pub fn id(id: u64) -> Self {
        Self::Number(id.into())
    }

    /// The id for which it stands, as in fields of one option or of a person.
    pub fn as_id(&self) -> Option<u64> {
        self.as_number()?.try_into().ok()
    }

    /// The number for which it stands; API v1 has them as text.
    pub fn as_number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The ids of options for which it stands; API v1 has them as text with commas.
    pub fn as_ids(&self) -> Option<Vec<u64>> {
        match self {
            Self::Options(ids) => Some(ids.to_vec()),
            Self::Text(text) => text.split(',').map(|id| id.trim().parse().ok()).collect(),
            value => value.as_id().map(|id| vec![id]),
        }
    }

    /// The yes or no for which it stands.
    pub fn as_flag(&self) -> Option<bool> {
        match &*self.flat() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }

    /// As API v1 writes it.
    pub fn flat(&self) -> Cow<'_, str> {
        match self {
            Self::Flag(yes) => Cow::Borrowed(if *yes { "1" } else { "0" }),
            Self::Number(number) => Cow::Owned(number.normalize().to_string()),
            Self::Text(text) | Self::Whole(text) | Self::Other(text) => Cow::Borrowed(text),
            Self::Options(ids) => {
                let mut flat = String::new();
                for id in ids {
                    let comma = if flat.is_empty() { "" } else { "," };
                    // Writing to a string does not fail.
                    let _ = write!(flat, "{comma}{id}");
                }
                Cow::Owned(flat)
            }
            Self::Money(money) => Cow::Owned(format!("{} {}", money.amount.normalize(), money.currency)),
            Self::Range(range) => Cow::Owned(format!("{} {}", range.0, range.1)),
        }
    }
}

impl PartialEq for FieldValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Flag(one), Self::Flag(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Options(one), Self::Options(other)) => one == other,
            (one, other) => one.flat() == other.flat(),
        }
    }
}

impl Eq for FieldValue {}

/// The custom fields of an item that have a value: a company may have a hundred, and use a few
/// on each deal. Two words where there is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<FieldCode, FieldValue>", into = "BTreeMap<FieldCode, FieldValue>")]
pub struct CustomValues(Box<[(FieldCode, FieldValue)]>);

impl CustomValues {
    /// Returns the value of a field.
    pub fn get(&self, code: &FieldCode) -> Option<&FieldValue> {
        let at = self.0.binary_search_by(|(other, _)| other.cmp(code)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// All fields that are not empty, by their codes.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldCode, &FieldValue)> {
        self.0.iter().map(|(code, value)| (code, value))
    }

    /// Returns the number of fields with a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if no field has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(FieldCode, FieldValue)> for CustomValues {
    fn from_iter<I: IntoIterator<Item = (FieldCode, FieldValue)>>(values: I) -> Self {
        values.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl From<BTreeMap<FieldCode, FieldValue>> for CustomValues {
    fn from(values: BTreeMap<FieldCode, FieldValue>) -> Self {
        Self(values.into_iter().collect())
    }
}

impl From<CustomValues> for BTreeMap<FieldCode, FieldValue> {
    fn from(values: CustomValues) -> Self {
        values.0.into_iter().collect()
    }
}

/// Changes to the custom fields of an item: each field in it is set to a value, or cleared. Fields that are
/// not in it stay as they are. Each field is compared on its own when another user has changed the item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomPatch(BTreeMap<FieldCode, Option<FieldValue>>);

impl CustomPatch {
    /// Nothing changes.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Gives a field a value, or clears it.
    pub fn set(&mut self, code: FieldCode, value: Option<FieldValue>) {
        self.0.insert(code, value);
    }

    /// Returns `true` if nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that change, with what is to stand in them.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldCode, Option<&FieldValue>)> {
        self.0.iter().map(|(code, value)| (code, value.as_ref()))
    }

    /// Applies the change.
    pub fn apply(&self, values: &mut CustomValues) {
        if self.is_empty() {
            return;
        }
        let mut all = BTreeMap::from(std::mem::take(values));
        for (code, value) in &self.0 {
            match value {
                Some(value) => all.insert(code.clone(), value.clone()),
                None => all.remove(code),
            };
        }
        *values = all.into();
    }

    /// The change that takes this one back, given what stood there before.
    #[must_use]
    pub fn inverse(&self, before: &CustomValues) -> Self {
        Self(self.0.keys().map(|code| (code.clone(), before.get(code).cloned())).collect())
    }

    fn retain(&self, keeps: impl Fn(&FieldCode, &Option<FieldValue>) -> bool) -> Self {
        let kept = self.0.iter().filter(|(code, value)| keeps(code, value));
        Self(kept.map(|(code, value)| (code.clone(), value.clone())).collect())
    }
}

impl FromIterator<(FieldCode, Option<FieldValue>)> for CustomPatch {
    fn from_iter<I: IntoIterator<Item = (FieldCode, Option<FieldValue>)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl Patch for CustomPatch {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn intersect(&self, named: &Self) -> Self {
        self.retain(|code, _| named.0.contains_key(code))
    }

    fn subtract(&self, named: &Self) -> Self {
        self.retain(|code, _| !named.0.contains_key(code))
    }

    fn diff(&self, other: &Self) -> Self {
        self.retain(|code, value| other.0.get(code) != Some(value))
    }

    fn rebase_onto(&self, newer: &Self) -> Self {
        let up_to_date = |(code, old): (&FieldCode, _)| (code.clone(), newer.0.get(code).unwrap_or(old).clone());
        Self(self.0.iter().map(up_to_date).collect())
    }
}
