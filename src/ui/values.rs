//! What an update makes of each field, in words: the sides of a conflict.

use super::{Screen, format};
use crate::domain::{
    ActivityPatch, ContactPoint, DealPatch, Edit, ItemKind, ItemRef, Label, LeadPatch, Money, UserId, html_to_text,
};

const NONE: &str = "none";

impl Screen<'_> {
    /// What an update makes of each field.
    pub(super) fn values(self, edit: &Edit) -> Vec<String> {
        let values = match edit {
            Edit::UpdateDeal { patch, .. } => {
                [self.deal_values(patch), self.custom_changes(ItemKind::Deal, &patch.custom)].concat()
            }
            Edit::UpdateActivity { patch, .. } => self.activity_values(patch),
            Edit::UpdateLead { patch, .. } => {
                [self.lead_values(patch), self.custom_changes(ItemKind::Lead, &patch.custom)].concat()
            }
            Edit::UpdatePerson { patch, .. } => vec![
                patch.name.clone(),
                patch.org.map(|org| self.link(org.map(ItemRef::Org))),
                patch.owner.map(|owner| self.owner(owner)),
                patch.phones.as_deref().map(points),
                patch.emails.as_deref().map(points),
                patch
                    .labels
                    .as_ref()
                    .map(|ids| listed(ids.iter().filter_map(|id| names(self.workspace.person_label(*id))))),
            ]
            .into_iter()
            .chain(self.custom_changes(ItemKind::Person, &patch.custom))
            .collect(),
            Edit::UpdateOrg { patch, .. } => vec![
                patch.name.clone(),
                patch.owner.map(|owner| self.owner(owner)),
                patch.address.as_ref().map(|text| text_or_none(text.as_ref())),
                patch
                    .labels
                    .as_ref()
                    .map(|ids| listed(ids.iter().filter_map(|id| names(self.workspace.org_label(*id))))),
            ]
            .into_iter()
            .chain(self.custom_changes(ItemKind::Org, &patch.custom))
            .collect(),
            Edit::UpdateNote { patch, .. } => vec![patch.content.as_deref().map(html_to_text)],
            _ => Vec::new(),
        };
        values.into_iter().flatten().collect()
    }

    fn deal_values(self, patch: &DealPatch) -> Vec<Option<String>> {
        let stage = |stage| self.workspace.stage(stage).map_or_else(|| NONE.to_owned(), |stage| stage.name.clone());
        let labels = |id| self.workspace.label(id).map(|label| label.name.as_str());
        vec![
            patch.title.clone(),
            patch.stage.map(|place| stage(place.stage)),
            patch.value.as_ref().map(Money::display),
            patch.status.as_ref().map(format::status_change),
            patch.probability.map(|own| own.map_or_else(|| "the stage's".to_owned(), |own| own.to_string())),
            patch.expected_close.map(|date| text_or_none(date.as_ref())),
            patch.owner.map(|owner| self.owner(owner)),
            patch.person.map(|person| self.link(person.map(ItemRef::Person))),
            patch.org.map(|org| self.link(org.map(ItemRef::Org))),
            patch.labels.as_ref().map(|ids| listed(ids.iter().filter_map(|id| labels(*id)))),
        ]
    }

    fn activity_values(self, patch: &ActivityPatch) -> Vec<Option<String>> {
        let kind =
            |key: &str| self.workspace.activity_type(key).map_or_else(|| key.to_owned(), |kind| kind.name.clone());
        let zone = self.workspace.zone();
        let name = |id| self.workspace.person(id).map(|person| person.name.as_str());
        vec![
            patch.done.map(|done| yes(done, "done")),
            patch.due.map(|due| text_or_none(due.map(|due| due.local(zone).0).as_ref())),
            patch.subject.clone(),
            patch.kind.as_deref().map(kind),
            patch.owner.map(|owner| self.owner(owner)),
            patch.deal.map(|deal| self.link(deal.map(ItemRef::Deal))),
            patch.lead.map(|lead| self.link(lead.map(ItemRef::Lead))),
            patch.person.map(|person| self.link(person.map(ItemRef::Person))),
            patch.org.map(|org| self.link(org.map(ItemRef::Org))),
            patch.note.as_ref().map(|note| text_or_none(note.as_deref().map(html_to_text).as_ref())),
            patch.minutes.map(|minutes| minutes.map_or_else(|| NONE.to_owned(), |minutes| format!("{minutes} min"))),
            patch.location.as_ref().map(|place| text_or_none(place.as_ref())),
            patch.participants.as_ref().map(|ids| listed(ids.iter().filter_map(|id| name(*id)))),
            patch.busy.map(|busy| yes(busy, "busy")),
        ]
    }

    fn lead_values(self, patch: &LeadPatch) -> Vec<Option<String>> {
        let labels = |id| self.workspace.lead_label(id).map(|label| label.name.as_str());
        vec![
            patch.title.clone(),
            patch.value.as_ref().map(|value| value.as_ref().map_or_else(|| NONE.to_owned(), Money::display)),
            patch.expected_close.map(|date| text_or_none(date.as_ref())),
            patch.seen.map(|seen| yes(seen, "seen")),
            patch.archived.map(|archived| yes(archived, "archived")),
            patch.owner.map(|owner| self.owner(owner)),
            patch.person.map(|person| self.link(person.map(ItemRef::Person))),
            patch.org.map(|org| self.link(org.map(ItemRef::Org))),
            patch.labels.as_ref().map(|ids| listed(ids.iter().filter_map(|id| labels(*id)))),
        ]
    }

    fn owner(self, id: UserId) -> String {
        self.workspace.user(id).map_or_else(|| format!("user {id}"), |user| user.name.clone())
    }

    /// What a link leads to.
    fn link(self, item: Option<ItemRef>) -> String {
        let Some(item) = item else { return NONE.to_owned() };
        let shown = self.workspace.shown(item);
        shown.map_or_else(|| "one that is not known here".to_owned(), |item| item.name().into_owned())
    }
}

fn names(label: Option<&Label>) -> Option<&str> {
    label.map(|label| label.name.as_str())
}

fn yes(yes: bool, word: &str) -> String {
    if yes { word.to_owned() } else { format!("not {word}") }
}

fn text_or_none<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| NONE.to_owned(), T::to_string)
}

fn points(points: &[ContactPoint]) -> String {
    listed(points.iter().map(|point| point.value.as_str()))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let list = names.collect::<Vec<_>>().join(", ");
    if list.is_empty() { NONE.to_owned() } else { list }
}
