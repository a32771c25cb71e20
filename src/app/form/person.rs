//! The form of a person.

use super::{Field, Form, Kind, Look, Name, Pick, Wrong, custom, offers};
use crate::domain::{ContactPoint, Edit, NewPerson, Person, PersonPatch, RuleError};

/// How many phone numbers or e-mail addresses a person may have; of more than that the rest is not in the form.
const MOST_POINTS: usize = 50;

pub(super) fn fields(person: &Person, is_new: bool, look: Look) -> Vec<Field> {
    let labels: Vec<Pick> = person.labels.iter().copied().map(Pick::Label).collect();
    let mut fields = vec![
        Field::text_of(Name::Title, Kind::Text, &person.name).labelled("Name"),
        offers::org(person.org, is_new, look),
    ];
    fields.extend(points(&person.phones, Name::Phone));
    fields.extend(points(&person.emails, Name::Email));
    fields.push(offers::owner(person.owner, look));
    fields.push(Field::several(Name::Labels, offers::labels(look.workspace.person_labels()), &labels));
    fields
}

/// The rows of a list, with an empty one for one more.
fn points(points: &[ContactPoint], name: fn(usize) -> Name) -> Vec<Field> {
    let field = |(at, point): (usize, &ContactPoint)| {
        let kind = Kind::Point { label: point.label.clone(), primary: point.primary };
        Field::text_of(name(at), kind, &point.value)
    };
    let more = (points.len() < MOST_POINTS).then(|| empty_row(name(points.len())));
    points.iter().take(MOST_POINTS).enumerate().map(field).chain(more).collect()
}

/// The first of a list is the one to use first.
fn empty_row(name: Name) -> Field {
    let primary = matches!(name, Name::Phone(0) | Name::Email(0));
    Field::new(name, Kind::Point { label: "work".to_owned(), primary }).begun()
}

impl Field {
    /// Whether it is an empty row for one more phone number or e-mail address, rather than the first one.
    pub(super) fn is_one_more(&self) -> bool {
        let is_first = matches!(self.name, Name::Phone(0) | Name::Email(0));
        matches!(self.kind, Kind::Point { .. }) && !is_first && !self.is_touched() && self.text().is_empty()
    }
}

/// There is always an empty row for one more.
pub(super) fn settle(form: &mut Form) {
    add_row(form, Name::Phone, |name| matches!(name, Name::Phone(_)));
    add_row(form, Name::Email, |name| matches!(name, Name::Email(_)));
}

/// Adds an empty row after the last one of a list if that is not empty.
fn add_row(form: &mut Form, name: fn(usize) -> Name, is_of: fn(Name) -> bool) {
    let rows = form.fields.iter().filter(|field| is_of(field.name)).count();
    let Some(last) = form.fields.iter().rposition(|field| is_of(field.name)) else { return };
    if rows >= MOST_POINTS || form.fields[last].text().is_empty() {
        return;
    }
    form.fields.insert(last + 1, empty_row(name(rows)));
    if last < form.focus {
        form.focus += 1;
    }
}

pub(super) fn edit(form: &Form, person: &Person, look: Look) -> Result<Edit, Wrong> {
    let name = form.read(Name::Title, |field| field.filled(&RuleError::EmptyName))?;
    let phones = listed(form, |name| matches!(name, Name::Phone(_)));
    let emails = listed(form, |name| matches!(name, Name::Email(_)));
    let owner = form.read(Name::Owner, |field| field.picked(Pick::user))?.flatten();
    let labels = form.read(Name::Labels, |field| field.picks(Pick::label))?;
    if form.is_new {
        let new = NewPerson {
            name: name.unwrap_or_default(),
            org: form.field(Name::Org).and_then(|field| field.link(Pick::org)),
            owner: owner.filter(|owner| !look.is_me(*owner)),
            phones: phones.unwrap_or_default(),
            emails: emails.unwrap_or_default(),
            labels: labels.unwrap_or_default(),
            custom: person.custom.clone(),
        };
        return Ok(Edit::CreatePerson { id: person.id, new });
    }
    let org = form.read(Name::Org, |field| field.picked(Pick::org))?;
    let patch = PersonPatch { name, org, owner, phones, emails, labels, custom: custom::patch(form, look)? };
    Ok(Edit::UpdatePerson { id: person.id, patch })
}

/// All phone numbers or e-mail addresses, where the list counts: one of them is the one to use first.
fn listed(form: &Form, is_of: fn(Name) -> bool) -> Option<Vec<ContactPoint>> {
    let rows = || form.fields.iter().filter(|field| is_of(field.name));
    if !form.is_new && !rows().any(Field::is_touched) {
        return None;
    }
    let mut points: Vec<ContactPoint> = rows().filter_map(Field::point).collect();
    let primary = points.iter().position(|point| point.primary).unwrap_or(0);
    points.iter_mut().enumerate().for_each(|(at, point)| point.primary = at == primary);
    Some(points)
}

pub(super) fn keep(name: Name, was: &Person, now: &mut Person) {
    match name {
        Name::Title => now.name.clone_from(&was.name),
        Name::Org => now.org = was.org,
        Name::Phone(_) => now.phones.clone_from(&was.phones),
        Name::Email(_) => now.emails.clone_from(&was.emails),
        Name::Owner => now.owner = was.owner,
        Name::Labels => now.labels.clone_from(&was.labels),
        _ => {}
    }
}
