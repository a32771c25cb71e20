//! Results of Pipedrive's own search.

use compact_str::CompactString;

use super::{ItemRef, Money};

/// Something that was found: not the item itself, but enough to tell which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The item.
    pub item: ItemRef,
    /// Its title or name.
    pub name: String,
    /// The linked person or organization.
    pub about: Option<String>,
    /// Its value.
    pub value: Option<Money>,
    /// A deal's status, in Pipedrive's word.
    pub status: Option<CompactString>,
    /// `true` if it is archived: then it is in no list.
    pub archived: bool,
}
