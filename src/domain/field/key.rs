//! The code of a custom field in a form that can be copied.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Code, FieldCode, HASH_DIGITS};

/// The code of a custom field, of the form that all of Pipedrive's have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "FieldCode", try_from = "FieldCode")]
pub struct FieldKey([u8; HASH_DIGITS / 2]);

impl From<FieldKey> for FieldCode {
    fn from(key: FieldKey) -> Self {
        Self(Code::Hash(key.0))
    }
}

impl TryFrom<FieldCode> for FieldKey {
    type Error = &'static str;

    fn try_from(code: FieldCode) -> Result<Self, Self::Error> {
        code.key().ok_or("not a code of 40 hexadecimal digits")
    }
}

impl FieldCode {
    /// The code as a key; `None` for one of another form.
    pub fn key(&self) -> Option<FieldKey> {
        match &self.0 {
            Code::Hash(bytes) => Some(FieldKey(*bytes)),
            Code::Other(_) => None,
        }
    }
}

impl fmt::Debug for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&FieldCode::from(*self), f)
    }
}
