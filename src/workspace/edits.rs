//! Pending edits, applied optimistically to the server's values.
//!
//! An item with pending edits has an [`Overlay`]: the server's value and the edits in the order in which they were
//! made. What is shown is always the one with the others carried out on it, so that a failure of any of them, or
//! an update from the server in between, leads to the right value automatically.

use serde::{Deserialize, Serialize};

use super::{ServerUpdate, ShownChange, UpdateSource, Workspace};
use crate::domain::{
    Activity, ActivityId, Contact, Deal, DealId, Edit, Item, ItemRef, Lead, LeadId, LeadPatch, Link, NewActivity,
    NewDeal, NewLead, NewOrg, NewPerson, Note, NoteId, OrgId, Organization, Person, PersonId, RuleError, UserId,
};

/// The id of an edit, from its creation until the server has answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EditId(pub u64);

/// The server's value of an item with the pending edits of it.
#[derive(Debug)]
pub(super) struct Overlay {
    /// `None` while the item is being made.
    pub server: Option<Item>,
    /// In the order in which they were made; never empty.
    pub pending: Vec<(EditId, Edit)>,
}

/// An accepted edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedEdit {
    /// Its id.
    pub id: EditId,
    /// The edit that reverts it; `None` if there is none.
    pub inverse: Option<Edit>,
}

impl Workspace {
    /// Returns the id of the next edit.
    pub fn next_edit(&self) -> EditId {
        EditId(self.next_edit)
    }

    /// Accepts an edit: checks the rules and applies it optimistically.
    ///
    /// # Errors
    /// [`RuleError`] if it would break a rule; then nothing has changed.
    pub fn submit(&mut self, edit: Edit) -> Result<AcceptedEdit, RuleError> {
        self.check(&edit)?;
        let inverse = self.shown(edit.item()).and_then(|before| edit.inverse(&before));
        let id = EditId(self.next_edit);
        self.next_edit += 1;
        self.apply_optimistically(id, edit);
        Ok(AcceptedEdit { id, inverse })
    }

    /// Applies an edit optimistically, without checking the rules.
    pub(super) fn apply_optimistically(&mut self, id: EditId, edit: Edit) {
        let key = edit.item();
        let server = self.shown(key);
        let overlay = self.overlays.entry(key).or_insert_with(|| Overlay { server, pending: Vec::new() });
        overlay.pending.push((id, edit));
        self.recompute(key);
        self.version += 1;
    }

    /// Ends an edit, and gives it back. On success `changes` holds the item as the server has it now; on failure
    /// whatever is known of it. `None` for an edit that is not pending.
    pub fn settle(&mut self, id: EditId, changes: Vec<ServerUpdate>, created: Option<ItemRef>) -> Option<Edit> {
        let key = *self.overlays.iter().find(|(_, s)| s.pending.iter().any(|(pending, _)| *pending == id))?.0;
        let overlay = self.overlays.get_mut(&key)?;
        let at = overlay.pending.iter().position(|(pending, _)| *pending == id)?;
        let (_, edit) = overlay.pending.remove(at);
        if let Some(ItemRef::Lead(lead)) = created {
            self.added_since_list.insert(lead);
        }
        if let Edit::UpdateLead { id, patch: LeadPatch { archived: Some(false), .. } } = &edit {
            self.added_since_list.insert(*id);
        }
        self.absorb_from(UpdateSource::Answer, changes);
        self.recompute(key);
        Some(edit)
    }

    /// A name for a deal that Pipedrive has not named yet.
    pub fn local_deal(&mut self) -> DealId {
        DealId::local(self.local())
    }

    /// A name for a lead that Pipedrive has not named yet.
    pub fn local_lead(&mut self) -> LeadId {
        LeadId::local(self.local())
    }

    /// A name for a person whom Pipedrive has not named yet.
    pub fn local_person(&mut self) -> PersonId {
        PersonId::local(self.local())
    }

    /// A name for an organization that Pipedrive has not named yet.
    pub fn local_org(&mut self) -> OrgId {
        OrgId::local(self.local())
    }

    /// A name for an activity that Pipedrive has not named yet.
    pub fn local_activity(&mut self) -> ActivityId {
        ActivityId::local(self.local())
    }

    /// A name for a note that Pipedrive has not named yet.
    pub fn local_note(&mut self) -> NoteId {
        NoteId::local(self.local())
    }

    fn local(&mut self) -> u32 {
        self.next_local += 1;
        self.next_local
    }

    /// Recomputes the shown value of an item with an overlay, and drops the overlay if no edit is left in it.
    pub(super) fn recompute(&mut self, key: ItemRef) -> Option<ShownChange> {
        let overlay = self.overlays.get(&key)?;
        let item = overlay.pending.iter().fold(overlay.server.clone(), |item, (_, edit)| self.apply_edit(edit, item));
        if overlay.pending.is_empty() {
            self.overlays.remove(&key);
        }
        match item {
            Some(item) => self.put_shown(item),
            None => self.remove_shown(key),
        }
    }

    /// Returns an item after an edit; `None` if there is none then. Created items start from `None`.
    pub fn apply_edit(&self, edit: &Edit, item: Option<Item>) -> Option<Item> {
        match edit {
            Edit::UpdateDeal { .. }
            | Edit::UpdateActivity { .. }
            | Edit::UpdateLead { .. }
            | Edit::UpdatePerson { .. }
            | Edit::UpdateOrg { .. }
            | Edit::UpdateNote { .. } => item.map(|mut item| {
                edit.apply_to(&mut item);
                item
            }),
            Edit::CreateDeal { id, new } => item.or_else(|| Some(Item::Deal(self.drafted_deal(*id, new)))),
            Edit::CreateLead { id, new } => item.or_else(|| Some(Item::Lead(self.drafted_lead(*id, new)))),
            Edit::CreatePerson { id, new } => item.or_else(|| Some(Item::Person(self.drafted_person(*id, new)))),
            Edit::CreateOrg { id, new } => item.or_else(|| Some(Item::Org(self.drafted_org(*id, new)))),
            Edit::CreateActivity { id, new } => item.or_else(|| Some(Item::Activity(self.drafted_activity(*id, new)))),
            Edit::CreateNote { id, on, content } => item.or_else(|| {
                let author = self.my_id();
                Some(Item::Note(Note { on: vec![*on], content: content.clone(), author, ..Note::blank(*id) }))
            }),
            Edit::Delete { .. } => None,
            // Pipedrive converts for some seconds. Until the new item is there, the old one is shown as pending.
            Edit::ConvertLead { .. } | Edit::ConvertDeal { .. } => item,
        }
    }

    /// The token's user: whose things are that are given to nobody else.
    fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.id)
    }

    fn drafted_deal(&self, id: DealId, new: &NewDeal) -> Deal {
        let (person, org) = existing(&new.contact);
        Deal {
            title: new.title.clone(),
            owner: new.owner.or_else(|| self.my_id()),
            labels: new.labels.clone(),
            custom: new.custom.clone(),
            person,
            org,
            probability: new.probability,
            expected_close: new.expected_close,
            ..Deal::blank(id, new.stage, new.value.clone())
        }
    }

    fn drafted_lead(&self, id: LeadId, new: &NewLead) -> Lead {
        let (person, org) = existing(&new.contact);
        Lead {
            title: new.title.clone(),
            owner: new.owner.or_else(|| self.my_id()),
            labels: new.labels.clone(),
            custom: new.custom.clone(),
            person,
            org,
            source: "API".to_owned(),
            seen: true,
            value: new.value.clone(),
            expected_close: new.expected_close,
            ..Lead::blank(id)
        }
    }

    fn drafted_person(&self, id: PersonId, new: &NewPerson) -> Person {
        Person {
            name: new.name.clone(),
            owner: new.owner.or_else(|| self.my_id()),
            org: new.org.as_ref().and_then(known),
            phones: new.phones.clone(),
            emails: new.emails.clone(),
            labels: new.labels.clone(),
            custom: new.custom.clone(),
            ..Person::blank(id)
        }
    }

    fn drafted_org(&self, id: OrgId, new: &NewOrg) -> Organization {
        Organization {
            name: new.name.clone(),
            owner: new.owner.or_else(|| self.my_id()),
            address: new.address.clone(),
            labels: new.labels.clone(),
            custom: new.custom.clone(),
            ..Organization::blank(id)
        }
    }

    fn drafted_activity(&self, id: ActivityId, new: &NewActivity) -> Activity {
        let mut activity = Activity {
            subject: new.subject.clone(),
            kind: new.kind.clone(),
            owner: new.owner.or_else(|| self.my_id()),
            deal: new.deal,
            lead: new.lead,
            person: new.person,
            org: new.org,
            due: new.due,
            done: new.done,
            note: new.note.clone(),
            minutes: new.minutes,
            location: new.location.clone(),
            busy: new.busy,
            ..Activity::blank(id)
        };
        activity.set_others(&new.participants);
        activity
    }
}

fn existing(contact: &Contact) -> (Option<PersonId>, Option<OrgId>) {
    (contact.person().and_then(known), contact.org().and_then(known))
}

fn known<Id: Copy>(link: &Link<Id>) -> Option<Id> {
    match link {
        Link::Existing(id) => Some(*id),
        Link::New(_) => None,
    }
}
