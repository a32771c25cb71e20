//! The output of commands: items as rows, rows as JSON, tables and details. The names in the JSON are promised in the
//! documentation.

mod contacts;
mod items;
mod notes;
mod row;
mod settings;
mod table;

pub(super) use self::row::Row;
pub(super) use self::table::{array, details, table, terminal_width};
use crate::domain::ItemRef;
use crate::workspace::Workspace;

impl Row {
    /// Returns the row of an item, if it exists.
    pub(super) fn of_item(account: &Workspace, item: ItemRef) -> Option<Self> {
        match item {
            ItemRef::Deal(id) => account.deal(id).map(|deal| Self::of_deal(account, deal)),
            ItemRef::Activity(id) => account.activity(id).map(|activity| Self::of_activity(account, activity)),
            ItemRef::Lead(id) => account.lead(id).map(|lead| Self::of_lead(account, lead)),
            ItemRef::Person(id) => account.person(id).map(|person| Self::of_person(account, person)),
            ItemRef::Org(id) => account.org(id).map(|org| Self::of_org(account, org)),
            ItemRef::Note(id) => account.note(id).map(|note| Self::of_note(account, note)),
        }
    }
}
