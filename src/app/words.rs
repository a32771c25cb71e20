//! What a change of custom fields is called.

use super::App;
use super::edits::shortened;
use crate::domain::{CustomPatch, DealPatch, Edit, LeadPatch, OrgPatch, PersonPatch};

impl App {
    /// What an update does that changes custom fields and nothing else, up to the name of the item; `None` for others.
    pub(super) fn custom_in_words(&self, edit: &Edit) -> Option<String> {
        let (custom, is_all) = match edit {
            Edit::UpdateDeal { patch, .. } => {
                (&patch.custom, *patch == DealPatch { custom: patch.custom.clone(), ..DealPatch::default() })
            }
            Edit::UpdateLead { patch, .. } => {
                (&patch.custom, *patch == LeadPatch { custom: patch.custom.clone(), ..LeadPatch::default() })
            }
            Edit::UpdatePerson { patch, .. } => {
                (&patch.custom, *patch == PersonPatch { custom: patch.custom.clone(), ..PersonPatch::default() })
            }
            Edit::UpdateOrg { patch, .. } => {
                (&patch.custom, *patch == OrgPatch { custom: patch.custom.clone(), ..OrgPatch::default() })
            }
            _ => return None,
        };
        if is_all { self.fields_in_words(edit, custom) } else { None }
    }

    fn fields_in_words(&self, edit: &Edit, patch: &CustomPatch) -> Option<String> {
        let mut changes = patch.iter();
        let (code, value) = changes.next()?;
        let field = self.workspace.field(edit.item().kind()?, code).filter(|_| changes.next().is_none());
        Some(match (field, value) {
            (None, _) => "New fields of".to_owned(),
            (Some(field), None) => format!("No {} for", shortened(&field.name)),
            (Some(field), Some(value)) => {
                let value = field.display(value, &self.workspace);
                format!("{} {} for", shortened(&field.name), shortened(&value))
            }
        })
    }
}
