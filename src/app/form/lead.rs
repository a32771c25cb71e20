//! The form of a lead.

use super::reading::written_money;
use super::{Field, Form, Kind, Look, Name, Pick, Wrong, custom, offers};
use crate::domain::{Edit, Lead, LeadPatch, NewLead, RuleError};

pub(super) fn fields(lead: &Lead, is_new: bool, look: Look) -> Vec<Field> {
    let currency = lead.value.as_ref().map_or_else(|| look.workspace.currency(), |value| value.currency.clone());
    let value = lead.value.as_ref().map(written_money).unwrap_or_default();
    let close = lead.expected_close.map(|date| date.to_string()).unwrap_or_default();
    let labels: Vec<Pick> = lead.labels.iter().copied().map(Pick::LeadLabel).collect();
    let mut fields = vec![
        Field::text_of(Name::Title, Kind::Text, &lead.title),
        offers::person(lead.person, is_new, look),
        offers::org(lead.org, is_new, look),
        Field::text_of(Name::Value, Kind::Money(currency), value),
        Field::text_of(Name::ExpectedClose, Kind::Day, close),
        offers::owner(lead.owner, look),
        Field::several(Name::Labels, offers::lead_labels(look), &labels),
    ];
    if !is_new {
        fields.push(Field::text_of(Name::Source, Kind::Shown, &lead.source));
    }
    fields
}

pub(super) fn edit(form: &Form, lead: &Lead, look: Look) -> Result<Edit, Wrong> {
    let title = form.read(Name::Title, |field| field.filled(&RuleError::EmptyTitle))?;
    let value = form.read(Name::Value, Field::money)?;
    let expected_close = form.read(Name::ExpectedClose, |field| field.day(look.today))?;
    let owner = form.read(Name::Owner, |field| field.picked(Pick::user))?.flatten();
    let labels = form.read(Name::Labels, |field| field.picks(Pick::lead_label))?;
    if form.is_new {
        let new = NewLead {
            title: title.unwrap_or_default(),
            contact: form.contact(&RuleError::LeadUnlinked)?,
            value: value.flatten(),
            expected_close: expected_close.flatten(),
            owner: owner.filter(|owner| !look.is_me(*owner)),
            labels: labels.unwrap_or_default(),
            custom: lead.custom.clone(),
        };
        return Ok(Edit::CreateLead { id: lead.id, new });
    }
    let patch = LeadPatch {
        title,
        value,
        expected_close,
        owner,
        person: form.read(Name::Person, |field| field.picked(Pick::person))?,
        org: form.read(Name::Org, |field| field.picked(Pick::org))?,
        labels,
        custom: custom::patch(form, look)?,
        ..LeadPatch::default()
    };
    let mut after = lead.clone();
    patch.apply(&mut after);
    if patch.person.is_some() || patch.org.is_some() {
        after.check_link().map_err(|rule| Wrong(Name::Person, rule.to_string()))?;
    }
    Ok(Edit::UpdateLead { id: lead.id, patch })
}

pub(super) fn keep(name: Name, was: &Lead, now: &mut Lead) {
    match name {
        Name::Title => now.title.clone_from(&was.title),
        Name::Person => now.person = was.person,
        Name::Org => now.org = was.org,
        Name::Value => now.value.clone_from(&was.value),
        Name::ExpectedClose => now.expected_close = was.expected_close,
        Name::Owner => now.owner = was.owner,
        Name::Labels => now.labels.clone_from(&was.labels),
        _ => {}
    }
}
