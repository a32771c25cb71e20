//! Reading single values without trust: a number may come as text, a flag as 0 or 1, and anything as null or as
//! something else altogether, which then counts as not set.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use uuid::Uuid;

use crate::domain::Note;

/// The longest text that is kept, in characters. But for those of notes, Pipedrive's own limits are far below.
pub(super) const LONGEST_TEXT: usize = Note::LONGEST;

/// A JSON value, as far as a single field can make use of it.
pub(in super::super) enum Scalar {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// Null, a list, or an object.
    Other,
}

/// A type that can be read from a scalar.
pub(in super::super) trait Scalars: Sized {
    fn read(scalar: Scalar) -> Option<Self>;
}

/// A value, if it is of any use.
#[derive(Debug)]
pub(in super::super) struct Loose<T>(pub(in super::super) Option<T>);

/// A list of values, without what is of no use.
#[derive(Debug)]
pub(in super::super) struct LooseList<T>(pub(in super::super) Vec<T>);

/// An object or a list of objects, if it is one.
#[derive(Debug)]
pub(in super::super) struct Structured<T>(pub(in super::super) Option<T>);

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for LooseList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for Structured<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Scalars> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor).map(T::read).map(Self)
    }
}

impl<'de, T: Scalars> Deserialize<'de> for LooseList<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Structured(list) = Structured::<Vec<Loose<T>>>::deserialize(from)?;
        Ok(Self(list.unwrap_or_default().into_iter().filter_map(|value| value.0).collect()))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Structured<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Structured(T),
            Other(IgnoredAny),
        }
        Ok(Self(match Either::deserialize(from)? {
            Either::Structured(value) => Some(value),
            Either::Other(_) => None,
        }))
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Int(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.chars().take(LONGEST_TEXT).collect()))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

impl Scalars for bool {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(value),
            Scalar::Int(0) => Some(false),
            Scalar::Int(1) => Some(true),
            Scalar::Text(text) => match text.as_str() {
                "0" | "false" => Some(false),
                "1" | "true" => Some(true),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Scalars for i64 {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Int(value) => value.try_into().ok(),
            Scalar::Float(value) => Decimal::read(Scalar::Float(value))?.trunc().try_into().ok(),
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl Scalars for u64 {
    fn read(scalar: Scalar) -> Option<Self> {
        i64::read(scalar)?.try_into().ok()
    }
}

impl Scalars for Decimal {
    /// A number too large to be kept is the largest that can: it is plainly absurd either way.
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Int(value) => Some(Decimal::try_from_i128_with_scale(value, 0).unwrap_or(Decimal::MAX)),
            // The shortest text that names a float is what the server wrote.
            Scalar::Float(value) => Some(
                Decimal::from_str(&value.to_string())
                    .unwrap_or_else(|_| if value.is_sign_negative() { Decimal::MIN } else { Decimal::MAX }),
            ),
            Scalar::Text(text) => Decimal::from_str(text.trim()).ok(),
            _ => None,
        }
    }
}

impl Scalars for String {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(text),
            Scalar::Int(value) => Some(value.to_string()),
            Scalar::Float(value) => Some(value.to_string()),
            _ => None,
        }
    }
}

impl Scalars for CompactString {
    fn read(scalar: Scalar) -> Option<Self> {
        String::read(scalar).map(Self::from)
    }
}

impl Scalars for Uuid {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Uuid::parse_str(&text).ok(),
            _ => None,
        }
    }
}

impl Scalars for NaiveDate {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            // A time may follow; the day comes first in any case.
            Scalar::Text(text) => NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok(),
            _ => None,
        }
    }
}

impl Scalars for NaiveTime {
    fn read(scalar: Scalar) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        NaiveTime::parse_from_str(&text, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M")).ok()
    }
}

impl Scalars for DateTime<Utc> {
    /// RFC 3339 as of API v2 and leads, or UTC without a zone as of the rest of API v1.
    fn read(scalar: Scalar) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
            return Some(time.to_utc());
        }
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok().map(|time| time.and_utc())
    }
}
