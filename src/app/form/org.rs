//! The form of an organization.

use super::{Field, Form, Kind, Look, Name, Pick, Wrong, custom, offers};
use crate::domain::{Edit, NewOrg, OrgPatch, Organization, RuleError};

pub(super) fn fields(org: &Organization, look: Look) -> Vec<Field> {
    let labels: Vec<Pick> = org.labels.iter().copied().map(Pick::Label).collect();
    vec![
        Field::text_of(Name::Title, Kind::Text, &org.name).labelled("Name"),
        Field::text_of(Name::Address, Kind::Text, org.address.as_deref().unwrap_or_default()),
        offers::owner(org.owner, look),
        Field::several(Name::Labels, offers::labels(look.workspace.org_labels()), &labels),
    ]
}

pub(super) fn edit(form: &Form, org: &Organization, look: Look) -> Result<Edit, Wrong> {
    let name = form.read(Name::Title, |field| field.filled(&RuleError::EmptyName))?;
    let address = form.read(Name::Address, |field| Ok(field.some_text()))?;
    let owner = form.read(Name::Owner, |field| field.picked(Pick::user))?.flatten();
    let labels = form.read(Name::Labels, |field| field.picks(Pick::label))?;
    if form.is_new {
        let new = NewOrg {
            name: name.unwrap_or_default(),
            address: address.flatten(),
            owner: owner.filter(|owner| !look.is_me(*owner)),
            labels: labels.unwrap_or_default(),
            custom: org.custom.clone(),
        };
        return Ok(Edit::CreateOrg { id: org.id, new });
    }
    let custom = custom::patch(form, look)?;
    Ok(Edit::UpdateOrg { id: org.id, patch: OrgPatch { name, owner, address, labels, custom } })
}

pub(super) fn keep(name: Name, was: &Organization, now: &mut Organization) {
    match name {
        Name::Title => now.name.clone_from(&was.name),
        Name::Address => now.address.clone_from(&was.address),
        Name::Owner => now.owner = was.owner,
        Name::Labels => now.labels.clone_from(&was.labels),
        _ => {}
    }
}
