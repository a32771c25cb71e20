//! The form of an activity.

use super::reading::written_minutes;
use super::{Field, Form, Kind, Look, Name, Pick, Wrong, offers};
use crate::domain::{
    Activity, ActivityPatch, Due, Edit, NewActivity, PersonId, RuleError, html_to_text, is_formatted, is_truncated,
    text_to_html,
};

/// What becomes of a note with formatting.
const BECOMES_PLAIN: &str = "Changing it makes it plain text: bold words and the like are lost.";

pub(super) fn fields(activity: &Activity, is_new: bool, look: Look) -> Vec<Field> {
    let kinds = offers::activity_types(&activity.kind, look);
    let kind = Field::choice(Name::Type, kinds, &Pick::Type(activity.kind.clone()));
    let subject = if is_new && activity.subject.is_empty() { kind.text() } else { &activity.subject }.to_owned();
    let due = activity.due.map(|due| written_due(due, look)).unwrap_or_default();
    let others: Vec<PersonId> = activity.others().collect();
    vec![
        kind,
        Field::text_of(Name::Subject, Kind::Text, subject),
        Field::text_of(Name::Due, Kind::When, due),
        Field::text_of(Name::Duration, Kind::Minutes, activity.minutes.map(written_minutes).unwrap_or_default()),
        offers::deal(activity.deal, look),
        offers::lead(activity.lead, look),
        offers::person(activity.person, false, look),
        offers::org(activity.org, false, look),
        offers::participants(&others, look),
        offers::owner(activity.owner, look),
        Field::text_of(Name::Location, Kind::Text, activity.location.as_deref().unwrap_or_default()),
        note(activity.note.as_deref().unwrap_or_default(), is_new),
        Field::choice(Name::Done, offers::yes_or_no(), if activity.done { &Pick::Yes } else { &Pick::No }),
    ]
}

/// What is not in its plain text cannot be written back.
fn note(html: &str, is_new: bool) -> Field {
    if !is_new && is_truncated(html) {
        return Field::cut(Name::Note, html_to_text(html));
    }
    let warning = if is_formatted(html) { BECOMES_PLAIN } else { "" };
    Field::text_of(Name::Note, Kind::Lines, html_to_text(html)).warned(warning)
}

fn written_due(due: Due, look: Look) -> String {
    let (day, time) = due.local(look.workspace.zone());
    time.map_or_else(|| day.to_string(), |time| format!("{day} {}", time.format("%H:%M")))
}

/// The subject of a new one is the name of its type, until somebody says another.
pub(super) fn settle(form: &mut Form) {
    if !form.is_new {
        return;
    }
    let Some(Kind::Choice(kinds)) = form.field(Name::Type).map(|field| field.kind.clone()) else { return };
    let Some(name) = form.field(Name::Type).map(|field| field.text().to_owned()) else { return };
    if let Some(subject) = form.field_mut(Name::Subject) {
        let is_default = !subject.is_touched() && kinds.iter().any(|kind| kind.name.trim() == subject.text());
        if is_default && subject.text() != name {
            *subject = Field::text_of(Name::Subject, Kind::Text, name);
        }
    }
}

pub(super) fn edit(form: &Form, activity: &Activity, look: Look) -> Result<Edit, Wrong> {
    let kind = form.read(Name::Type, |field| field.picked(Pick::activity_type))?.flatten();
    let subject = form.read(Name::Subject, |field| match (field.text(), form.field(Name::Type)) {
        ("", Some(kind)) if form.is_new => kind.filled(&RuleError::EmptySubject),
        _ => field.filled(&RuleError::EmptySubject),
    })?;
    let due = form.read(Name::Due, |field| field.due(look.today, look.workspace.zone()))?;
    let minutes = form.read(Name::Duration, Field::minutes)?;
    let deal = form.read(Name::Deal, |field| field.picked(Pick::deal))?;
    let lead = form.read(Name::Lead, |field| field.picked(Pick::lead))?;
    let person = form.read(Name::Person, |field| field.picked(Pick::person))?;
    let org = form.read(Name::Org, |field| field.picked(Pick::org))?;
    let participants = form.read(Name::Participants, |field| field.picks(Pick::person))?;
    let owner = form.read(Name::Owner, |field| field.picked(Pick::user))?.flatten();
    let location = form.read(Name::Location, |field| Ok(field.some_text()))?;
    let note = form.read(Name::Note, |field| Ok(field.some_text().as_deref().map(text_to_html)))?;
    let done = form.read(Name::Done, |field| Ok(field.linked() == Some(Pick::Yes)))?;
    if form.is_new {
        let new = NewActivity {
            subject: subject.unwrap_or_default(),
            kind: kind.unwrap_or_else(|| activity.kind.clone()),
            owner: owner.filter(|owner| !look.is_me(*owner)),
            deal: deal.flatten(),
            lead: lead.flatten(),
            person: person.flatten(),
            org: org.flatten(),
            due: due.flatten(),
            minutes: minutes.flatten(),
            location: location.flatten(),
            note: note.flatten(),
            done: done.unwrap_or_default(),
            participants: participants.unwrap_or_default(),
            busy: activity.busy,
        };
        return Ok(Edit::CreateActivity { id: activity.id, new });
    }
    let patch = ActivityPatch {
        done,
        due,
        subject,
        kind,
        owner,
        deal,
        lead,
        person,
        org,
        note,
        minutes,
        location,
        participants,
        busy: None,
    };
    Ok(Edit::UpdateActivity { id: activity.id, patch })
}

pub(super) fn keep(name: Name, was: &Activity, now: &mut Activity) {
    match name {
        Name::Type => now.kind.clone_from(&was.kind),
        Name::Subject => now.subject.clone_from(&was.subject),
        Name::Due => now.due = was.due,
        Name::Duration => now.minutes = was.minutes,
        Name::Deal => now.deal = was.deal,
        Name::Lead => now.lead = was.lead,
        Name::Person => now.set_person(was.person),
        Name::Org => now.org = was.org,
        Name::Participants => now.set_others(&was.others().collect::<Vec<_>>()),
        Name::Owner => now.owner = was.owner,
        Name::Location => now.location.clone_from(&was.location),
        Name::Note => now.note.clone_from(&was.note),
        Name::Done => now.done = was.done,
        _ => {}
    }
}
