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

/// The longest text that is kept, in characters. Pipedrive's own limits are far below.
const LONGEST_TEXT: usize = 20_000;

/// A JSON value, as far as a single field can make use of it.
pub(in super::super) enum Scalar {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// Null, a list, or an object.
    Other,
}

/// What can be read from a scalar.
pub(in super::super) trait Loose: Sized {
    fn read(scalar: Scalar) -> Option<Self>;
}

/// For `#[serde(deserialize_with)]`: reads a value if it is of any use.
pub(in super::super) fn loose<'de, D: Deserializer<'de>, T: Loose>(from: D) -> Result<Option<T>, D::Error> {
    from.deserialize_any(ScalarVisitor).map(T::read)
}

/// For `#[serde(deserialize_with)]`: reads a list and leaves out what is of no use.
pub(in super::super) fn loose_list<'de, D: Deserializer<'de>, T: Loose>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_any(ListVisitor(std::marker::PhantomData))
}

/// For `#[serde(deserialize_with)]`: reads an object or a list of objects if it is one.
pub(in super::super) fn structured<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Structured(T),
        Other(IgnoredAny),
    }
    Ok(match Either::deserialize(from)? {
        Either::Structured(value) => Some(value),
        Either::Other(_) => None,
    })
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

struct AnyScalar(Scalar);

impl<'de> Deserialize<'de> for AnyScalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor).map(Self)
    }
}

struct ListVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Loose> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(AnyScalar(scalar)) = seq.next_element()? {
            list.extend(T::read(scalar));
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
        ScalarVisitor.visit_map(map).map(|_| Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

impl Loose for bool {
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

impl Loose for i64 {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Int(value) => value.try_into().ok(),
            Scalar::Float(value) => Decimal::read(Scalar::Float(value))?.trunc().try_into().ok(),
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl Loose for u64 {
    fn read(scalar: Scalar) -> Option<Self> {
        i64::read(scalar)?.try_into().ok()
    }
}

impl Loose for Decimal {
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

impl Loose for String {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(text),
            Scalar::Int(value) => Some(value.to_string()),
            Scalar::Float(value) => Some(value.to_string()),
            _ => None,
        }
    }
}

impl Loose for CompactString {
    fn read(scalar: Scalar) -> Option<Self> {
        String::read(scalar).map(Self::from)
    }
}

impl Loose for Uuid {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Uuid::parse_str(&text).ok(),
            _ => None,
        }
    }
}

impl Loose for NaiveDate {
    fn read(scalar: Scalar) -> Option<Self> {
        match scalar {
            // A time may follow; the day comes first in any case.
            Scalar::Text(text) => NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok(),
            _ => None,
        }
    }
}

impl Loose for NaiveTime {
    fn read(scalar: Scalar) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        NaiveTime::parse_from_str(&text, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M")).ok()
    }
}

impl Loose for DateTime<Utc> {
    /// RFC 3339 as of API v2 and leads, or UTC without a zone as of the rest of API v1.
    fn read(scalar: Scalar) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
            return Some(time.to_utc());
        }
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok().map(|time| time.and_utc())
    }
}
