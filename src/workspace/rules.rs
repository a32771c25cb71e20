//! The rules of the business, all in this one place. They are checked before an edit is accepted.

use super::{EditId, Workspace};
use crate::domain::{
    Activity, ActivityPatch, Contact, ContactPoint, Deal, DealPatch, Edit, Item, ItemKind, ItemRef, Lead, LeadPatch,
    Link, NewActivity, NewDeal, NewLead, NewPerson, OrgId, PersonId, RuleError, html_to_text, is_truncated,
};

type Checked = Result<(), RuleError>;

impl Workspace {
    /// Checks an edit.
    pub(super) fn check(&self, edit: &Edit) -> Checked {
        match edit {
            Edit::UpdateDeal { .. }
            | Edit::UpdateActivity { .. }
            | Edit::UpdateLead { .. }
            | Edit::UpdatePerson { .. }
            | Edit::UpdateOrg { .. }
            | Edit::UpdateNote { .. } => self.check_update(edit),
            Edit::ConvertLead { id, to } => {
                // Pipedrive decides whether one that has lost its links can be converted.
                let Item::Lead(lead) = self.there(ItemRef::Lead(*id))? else { return Err(RuleError::Gone) };
                if lead.archived {
                    return Err(RuleError::Archived);
                }
                self.stage(to.stage).map(|_| ()).ok_or(RuleError::NoSuchStage)
            }
            Edit::ConvertDeal { id } => {
                let Item::Deal(deal) = self.there(ItemRef::Deal(*id))? else { return Err(RuleError::Gone) };
                // Pipedrive refuses archived ones, and a lead needs what a deal may lack.
                if deal.archived {
                    return Err(RuleError::Archived);
                }
                if deal.check_link().is_err() { Err(RuleError::LeadUnlinked) } else { Ok(()) }
            }
            Edit::CreateDeal { new, .. } => self.check_new_deal(new),
            Edit::CreateLead { new: NewLead { title, contact, custom, .. }, .. } => {
                filled(Some(title), RuleError::EmptyTitle)?;
                check_contact(contact)?;
                self.check_customs(ItemKind::Lead, custom)
            }
            Edit::CreatePerson { new: NewPerson { name, org, phones, emails, custom, .. }, .. } => {
                filled(Some(name), RuleError::EmptyName)?;
                check_points(Some(phones))?;
                check_points(Some(emails))?;
                self.check_customs(ItemKind::Person, custom)?;
                org.as_ref().map_or(Ok(()), |org| check_link(org, OrgId::is_local))
            }
            Edit::CreateOrg { new, .. } => {
                filled(Some(&new.name), RuleError::EmptyName)?;
                self.check_customs(ItemKind::Org, &new.custom)
            }
            Edit::CreateActivity { new, .. } => self.check_new_activity(new),
            Edit::CreateNote { on, content, .. } => {
                filled(Some(&html_to_text(content)), RuleError::EmptyNote)?;
                made([*on])?;
                self.there(*on).map(|_| ())
            }
            Edit::Delete { item } => self.there(*item).map(|_| ()),
        }
    }

    fn check_update(&self, edit: &Edit) -> Checked {
        let before = self.there(edit.item())?;
        let mut after = before.clone();
        edit.apply_to(&mut after);
        match (edit, &before) {
            (Edit::UpdateDeal { patch, .. }, Item::Deal(deal)) => self.check_deal_patch(patch, deal)?,
            (Edit::UpdateLead { patch, .. }, Item::Lead(lead)) => self.check_lead_patch(patch, lead)?,
            (Edit::UpdateActivity { patch, .. }, Item::Activity(activity)) => {
                self.check_activity_patch(patch, activity)?;
            }
            (Edit::UpdatePerson { patch, .. }, Item::Person(person)) => {
                filled(patch.name.as_deref(), RuleError::EmptyName)?;
                check_links(None, patch.org.flatten())?;
                check_points(patch.phones.as_deref())?;
                check_points(patch.emails.as_deref())?;
                self.check_custom(ItemKind::Person, &patch.custom, &person.custom)?;
            }
            (Edit::UpdateOrg { patch, .. }, Item::Org(org)) => {
                filled(patch.name.as_deref(), RuleError::EmptyName)?;
                self.check_custom(ItemKind::Org, &patch.custom, &org.custom)?;
            }
            (Edit::UpdateNote { patch, .. }, Item::Note(note)) => {
                if note.is_truncated() {
                    return Err(RuleError::TooLongNote);
                }
                filled(patch.content.as_deref().map(html_to_text).as_deref(), RuleError::EmptyNote)?;
            }
            // No two kinds of item have the same key, and other edits are checked elsewhere.
            (
                Edit::UpdateDeal { .. }
                | Edit::UpdateActivity { .. }
                | Edit::UpdateLead { .. }
                | Edit::UpdatePerson { .. }
                | Edit::UpdateOrg { .. }
                | Edit::UpdateNote { .. }
                | Edit::ConvertLead { .. }
                | Edit::ConvertDeal { .. }
                | Edit::CreateDeal { .. }
                | Edit::CreateLead { .. }
                | Edit::CreatePerson { .. }
                | Edit::CreateOrg { .. }
                | Edit::CreateActivity { .. }
                | Edit::CreateNote { .. }
                | Edit::Delete { .. },
                _,
            ) => return Err(RuleError::Gone),
        }
        if after == before { Err(RuleError::NoChange) } else { Ok(()) }
    }

    fn check_deal_patch(&self, patch: &DealPatch, deal: &Deal) -> Checked {
        if deal.archived {
            return Err(RuleError::Archived);
        }
        filled(patch.title.as_deref(), RuleError::EmptyTitle)?;
        check_links(patch.person.flatten(), patch.org.flatten())?;
        self.check_custom(ItemKind::Deal, &patch.custom, &deal.custom)?;
        if let Some(to) = patch.stage {
            self.stage(to.stage).ok_or(RuleError::NoSuchStage)?;
        }
        let pipeline = patch.stage.map_or(deal.pipeline, |to| to.pipeline);
        if patch.probability.is_some() && !self.has_probability(pipeline) {
            return Err(RuleError::NoProbability);
        }
        // A deal that has lost its contacts can still be edited, but an edit must not remove the last one.
        if patch.person.is_some() || patch.org.is_some() {
            let mut after = deal.clone();
            patch.apply(&mut after);
            after.check_link()?;
        }
        Ok(())
    }

    fn check_lead_patch(&self, patch: &LeadPatch, lead: &Lead) -> Checked {
        if lead.archived && patch.archived != Some(false) {
            return Err(RuleError::Archived);
        }
        filled(patch.title.as_deref(), RuleError::EmptyTitle)?;
        check_links(patch.person.flatten(), patch.org.flatten())?;
        self.check_custom(ItemKind::Lead, &patch.custom, &lead.custom)?;
        if patch.person.is_some() || patch.org.is_some() {
            let mut after = lead.clone();
            patch.apply(&mut after);
            after.check_link()?;
        }
        Ok(())
    }

    /// An item that is there, was made, and is not on its way to becoming another.
    fn there(&self, item: ItemRef) -> Result<Item, RuleError> {
        let found = self.shown(item).ok_or(RuleError::Gone)?;
        if item.is_local() {
            return Err(RuleError::NotYetCreated);
        }
        let converting = |(_, edit): &(EditId, Edit)| edit.is_conversion();
        if self.overlays.get(&item).is_some_and(|overlay| overlay.pending.iter().any(converting)) {
            return Err(RuleError::Converting);
        }
        Ok(found)
    }

    fn check_new_deal(&self, new: &NewDeal) -> Checked {
        filled(Some(&new.title), RuleError::EmptyTitle)?;
        check_contact(&new.contact)?;
        self.check_customs(ItemKind::Deal, &new.custom)?;
        self.stage(new.stage.stage).ok_or(RuleError::NoSuchStage)?;
        if new.probability.is_some() && !self.has_probability(new.stage.pipeline) {
            Err(RuleError::NoProbability)
        } else {
            Ok(())
        }
    }

    fn check_new_activity(&self, new: &NewActivity) -> Checked {
        filled(Some(&new.subject), RuleError::EmptySubject)?;
        self.check_kind(&new.kind)?;
        let linked = [new.deal.map(ItemRef::Deal), new.lead.map(ItemRef::Lead)];
        made(linked.into_iter().flatten())?;
        made(new.participants.iter().copied().map(ItemRef::Person))?;
        check_links(new.person, new.org)
    }

    fn check_activity_patch(&self, patch: &ActivityPatch, activity: &Activity) -> Checked {
        filled(patch.subject.as_deref(), RuleError::EmptySubject)?;
        patch.kind.as_deref().map_or(Ok(()), |kind| self.check_kind(kind))?;
        let linked = [patch.deal.flatten().map(ItemRef::Deal), patch.lead.flatten().map(ItemRef::Lead)];
        made(linked.into_iter().flatten())?;
        made(patch.participants.iter().flatten().copied().map(ItemRef::Person))?;
        check_links(patch.person.flatten(), patch.org.flatten())?;
        if patch.note.is_some() && activity.note.as_deref().is_some_and(is_truncated) {
            return Err(RuleError::TooLongText("Note".to_owned()));
        }
        Ok(())
    }

    /// While the types are not known, Pipedrive checks them.
    fn check_kind(&self, kind: &str) -> Checked {
        let is_known = self.activity_types.is_empty() || self.activity_type(kind).is_some();
        if is_known { Ok(()) } else { Err(RuleError::NoSuchType) }
    }
}

fn filled(text: Option<&str>, empty: RuleError) -> Checked {
    if text.is_some_and(|text| text.trim().is_empty()) { Err(empty) } else { Ok(()) }
}

fn check_points(points: Option<&[ContactPoint]>) -> Checked {
    points.into_iter().flatten().try_for_each(|point| filled(Some(&point.value), RuleError::EmptyContact))
}

/// Pipedrive knows no item by the name that it has here until it is made.
fn made(linked: impl IntoIterator<Item = ItemRef>) -> Checked {
    if linked.into_iter().any(ItemRef::is_local) { Err(RuleError::LinkNotYetCreated) } else { Ok(()) }
}

fn check_links(person: Option<PersonId>, org: Option<OrgId>) -> Checked {
    made(person.map(ItemRef::Person).into_iter().chain(org.map(ItemRef::Org)))
}

fn check_link<Id: Copy>(link: &Link<Id>, is_local: impl Fn(Id) -> bool) -> Checked {
    match link {
        Link::New(name) => filled(Some(name), RuleError::EmptyName),
        Link::Existing(id) if is_local(*id) => Err(RuleError::LinkNotYetCreated),
        Link::Existing(_) => Ok(()),
    }
}

fn check_contact(contact: &Contact) -> Checked {
    contact.person().map_or(Ok(()), |person| check_link(person, PersonId::is_local))?;
    contact.org().map_or(Ok(()), |org| check_link(org, OrgId::is_local))
}
