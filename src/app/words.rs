//! What a change of custom fields is called, and what of the words for an edit may be shown.

use std::borrow::Cow;

use super::edits::shortened;
use crate::domain::{CustomPatch, DealPatch, Edit, LeadPatch, OrgPatch, PersonPatch};
use crate::workspace::Workspace;

/// The words that were saved with an edit. If they may name a probability that the deal's present pipeline does not
/// have, others come in their place.
pub fn as_shown<'a>(account: &Workspace, edit: &Edit, saved: &'a str) -> Cow<'a, str> {
    if !hides(account, edit) {
        return Cow::Borrowed(saved);
    }
    let name = account.shown(edit.item()).map(|item| item.name().into_owned());
    Cow::Owned(format!("Change '{}'", shortened(name.as_deref().unwrap_or("deal"))))
}

/// Returns `true` if the words for an edit would name a probability that may not be shown.
pub(super) fn hides(account: &Workspace, edit: &Edit) -> bool {
    let names_another = match edit {
        Edit::UpdateDeal { patch, .. } => patch.stage.is_some() || patch.status.is_some() || patch.value.is_some(),
        _ => true,
    };
    !names_another && account.hides_probability_of(edit)
}

/// What an update does that changes custom fields and nothing else, up to the name of the item; `None` for others.
pub(super) fn custom_in_words(workspace: &Workspace, edit: &Edit) -> Option<String> {
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
    if is_all { fields_in_words(workspace, edit, custom) } else { None }
}

fn fields_in_words(workspace: &Workspace, edit: &Edit, patch: &CustomPatch) -> Option<String> {
    let mut changes = patch.iter();
    let (code, value) = changes.next()?;
    let field = workspace.field(edit.item().kind()?, code).filter(|_| changes.next().is_none());
    Some(match (field, value) {
        (None, _) => "New fields of".to_owned(),
        (Some(field), None) => format!("No {} for", shortened(&field.name)),
        (Some(field), Some(value)) => {
            let value = field.display(value, workspace);
            format!("{} {} for", shortened(&field.name), shortened(&value))
        }
    })
}
