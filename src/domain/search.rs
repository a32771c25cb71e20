//! What Pipedrive's own search finds.

use compact_str::CompactString;

use super::{ItemRef, Money};

/// Something that was found: not the item itself, but enough to tell which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The item.
    pub item: ItemRef,
    /// Its title or name.
    pub name: String,
    /// Who it is about, or where the person works.
    pub about: Option<String>,
    /// What it is worth.
    pub value: Option<Money>,
    /// A deal's status, in Pipedrive's word.
    pub status: Option<CompactString>,
    /// Whether it is archived: then it is in no list.
    pub archived: bool,
}
