//! Building blocks of dialogs: fields, lists and matching. They know no account and no screen.

pub(super) mod fuzzy;
pub(super) mod input;
pub mod picker;
pub mod text_area;
