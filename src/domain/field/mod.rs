//! Custom fields: what a company keeps of its deals, people and organizations beyond what Pipedrive itself knows.
//!
//! A value is stored in the shape in which Pipedrive sends it ([`FieldValue`]). Its meaning comes from the definition
//! of its field ([`FieldDef`]), which may come later, change, or be missing. So nothing is lost of a field that is not
//! understood.

mod key;
mod text;
mod value;

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ItemKind, LabelColor};

pub use key::FieldKey;
pub use text::{FieldSortValue, NameResolver, ParseFieldError};
pub use value::{CustomPatch, CustomValues, FieldValue};

/// The number of hexadecimal digits of a code.
const HASH_DIGITS: usize = 40;
/// The longest code of another form that is accepted.
const LONGEST_CODE: usize = 64;

/// The key of a custom field: 40 hexadecimal digits, stored as 20 bytes, because each value of each
/// deal has one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldCode(Code);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Code {
    Hash([u8; HASH_DIGITS / 2]),
    /// One of another form, which no account is known to have.
    Other(Box<str>),
}

impl FieldCode {
    /// The code that is written so. `None` for what is none: letters, digits and underscores only.
    pub fn new(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if text.is_empty() || text.len() > LONGEST_CODE || !text.bytes().all(is_plain) {
            return None;
        }
        Some(Self(hash(text).map_or_else(|| Code::Other(text.into()), Code::Hash)))
    }

    /// The code at the beginning of a key, with what follows it: API v1 has keys such as `<code>_currency`.
    pub fn at_start(key: &str) -> Option<(Self, &str)> {
        let (code, rest) = key.split_at_checked(HASH_DIGITS)?;
        Some((Self(Code::Hash(hash(code)?)), rest))
    }
}

/// Lowercase only: a code in capitals is a different code, because it must be written back unchanged.
fn hash(text: &str) -> Option<[u8; HASH_DIGITS / 2]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes = text.as_bytes();
    let mut hash = [0; HASH_DIGITS / 2];
    if bytes.len() != HASH_DIGITS {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(bytes.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(hash)
}

impl fmt::Display for FieldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Code::Hash(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Code::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for FieldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for FieldCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("not the code of a field"))
    }
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDef {
    /// Its code.
    pub code: FieldCode,
    /// Its name, as the server has it: not safe to print as it is.
    pub name: String,
    /// The type of its values.
    pub kind: FieldKind,
    /// Its options, in Pipedrive's order.
    pub options: Vec<FieldOption>,
    /// The kind of item that has it. Leads have the fields of deals.
    pub of: ItemKind,
}

/// An option of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOption {
    /// Its id within the field.
    pub id: u64,
    /// Its name.
    pub label: String,
    /// Its color, if it has one.
    pub color: Option<LabelColor>,
}

/// The type of a field's values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// Text of any number of lines.
    LongText,
    /// A phone number.
    Phone,
    /// A number.
    Number,
    /// An amount of money.
    Money,
    /// One of the options.
    Choice,
    /// Some of the options.
    Choices,
    /// A day.
    Date,
    /// A day and a later one.
    DateRange,
    /// A time of day.
    Time,
    /// A time of day and a later one.
    TimeRange,
    /// An address in one line.
    Address,
    /// A user.
    User,
    /// A person.
    Person,
    /// An organization.
    Org,
    /// Yes or no.
    Flag,
    /// Another type, in the API's word. Its values are shown and never changed.
    Other(CompactString),
}

impl FieldKind {
    /// The kind that the API calls so.
    pub fn from_name(name: &str) -> Self {
        match name {
            "varchar" | "varchar_auto" => Self::Text,
            "text" => Self::LongText,
            "phone" => Self::Phone,
            "double" | "int" => Self::Number,
            "monetary" => Self::Money,
            "enum" => Self::Choice,
            "set" => Self::Choices,
            "date" => Self::Date,
            "daterange" => Self::DateRange,
            "time" => Self::Time,
            "timerange" => Self::TimeRange,
            "address" => Self::Address,
            "user" => Self::User,
            "people" => Self::Person,
            "org" => Self::Org,
            "boolean" => Self::Flag,
            other => Self::Other(other.into()),
        }
    }

    /// Returns `true` if dealdeck can change its values.
    pub const fn is_editable(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl FieldDef {
    /// One of its options.
    pub fn option(&self, id: u64) -> Option<&FieldOption> {
        self.options.iter().find(|option| option.id == id)
    }
}
