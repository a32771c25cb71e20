//! Edits under way, laid over what the server says.
//!
//! An item with edits under way has a [`Shadow`]: the server's value and the edits in the order in which they were
//! made. What is shown is always the one with the others carried out on it, so that a failure of any of them, or
//! news from the server in between, gives the right picture by itself.

use serde::{Deserialize, Serialize};

use super::{Change, Source, Workspace};
use crate::domain::{
    Contact, Deal, DealId, DealStatus, Edit, Item, ItemRef, Lead, LeadId, LeadPatch, Link, NewDeal, NewLead, OrgId,
    PersonId, RuleError,
};

/// Names an edit from the moment a person makes it until the server has answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EditId(pub u64);

/// What the server says of an item, and what is being done to it.
#[derive(Debug)]
pub(super) struct Shadow {
    /// `None` while the item is being made.
    pub server: Option<Item>,
    /// In the order in which they were made; never empty.
    pub pending: Vec<(EditId, Edit)>,
}

/// An edit that was taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its name.
    pub id: EditId,
    /// The edit that takes it back; `None` where there is none.
    pub inverse: Option<Edit>,
}

impl Workspace {
    /// Takes on an edit: checks the rules, and shows it as done.
    ///
    /// # Errors
    /// [`RuleError`] where it would break a rule; then nothing has changed.
    pub fn submit(&mut self, edit: Edit) -> Result<Submitted, RuleError> {
        self.check(&edit)?;
        let inverse = self.shown(edit.item()).and_then(|before| edit.inverse(&before));
        let id = EditId(self.next_edit);
        self.next_edit += 1;
        self.lay_over(id, edit);
        Ok(Submitted { id, inverse })
    }

    /// Shows an edit as done, whatever the rules say.
    pub(super) fn lay_over(&mut self, id: EditId, edit: Edit) {
        let key = edit.item();
        let server = self.shown(key);
        let shadow = self.shadows.entry(key).or_insert_with(|| Shadow { server, pending: Vec::new() });
        shadow.pending.push((id, edit));
        self.show(key);
        self.version += 1;
    }

    /// Ends an edit, and gives it back. On success `changes` holds the item as the server has it now; on failure
    /// whatever is known of it. `None` for an edit that is not under way.
    pub fn settle(&mut self, id: EditId, changes: Vec<Change>, created: Option<ItemRef>) -> Option<Edit> {
        let key = *self.shadows.iter().find(|(_, s)| s.pending.iter().any(|(pending, _)| *pending == id))?.0;
        let shadow = self.shadows.get_mut(&key)?;
        let at = shadow.pending.iter().position(|(pending, _)| *pending == id)?;
        let (_, edit) = shadow.pending.remove(at);
        if let Some(ItemRef::Lead(lead)) = created {
            self.fresh_leads.insert(lead);
        }
        if let Edit::UpdateLead { id, patch: LeadPatch { archived: Some(false), .. } } = &edit {
            self.fresh_leads.insert(*id);
        }
        self.absorb_from(Source::Answer, changes);
        self.show(key);
        Some(edit)
    }

    /// A name for a deal that Pipedrive has not named yet.
    pub fn local_deal(&mut self) -> DealId {
        self.next_local += 1;
        DealId::local(self.next_local)
    }

    /// A name for a lead that Pipedrive has not named yet.
    pub fn local_lead(&mut self) -> LeadId {
        self.next_local += 1;
        LeadId::local(self.next_local)
    }

    /// Works out anew what is shown of an item with a shadow, and drops the shadow when no edit is left in it.
    pub(super) fn show(&mut self, key: ItemRef) {
        let Some(shadow) = self.shadows.get(&key) else { return };
        let item = shadow.pending.iter().fold(shadow.server.clone(), |item, (_, edit)| self.carried_out(edit, item));
        if shadow.pending.is_empty() {
            self.shadows.remove(&key);
        }
        match item {
            Some(item) => self.put_shown(item),
            None => self.remove_shown(key),
        }
    }

    fn carried_out(&self, edit: &Edit, item: Option<Item>) -> Option<Item> {
        match (edit, item) {
            (Edit::CreateDeal { id, new }, None) => Some(Item::Deal(self.drafted_deal(*id, new))),
            (Edit::CreateLead { id, new }, None) => Some(Item::Lead(self.drafted_lead(*id, new))),
            (Edit::UpdateDeal { patch, .. }, Some(Item::Deal(mut deal))) => {
                patch.apply(&mut deal);
                Some(Item::Deal(deal))
            }
            (Edit::UpdateActivity { patch, .. }, Some(Item::Activity(mut activity))) => {
                patch.apply(&mut activity);
                Some(Item::Activity(activity))
            }
            (Edit::UpdateLead { patch, .. }, Some(Item::Lead(mut lead))) => {
                patch.apply(&mut lead);
                Some(Item::Lead(lead))
            }
            // A conversion shows by its pending mark until the deal is there: it takes Pipedrive some seconds.
            (_, item) => item,
        }
    }

    fn drafted_deal(&self, id: DealId, new: &NewDeal) -> Deal {
        let (person, org) = existing(&new.contact);
        Deal {
            id,
            title: new.title.clone(),
            owner: self.me.as_ref().map(|me| me.id),
            person,
            org,
            pipeline: new.place.pipeline,
            stage: new.place.stage,
            value: new.value.clone(),
            status: DealStatus::Open,
            lost_reason: None,
            probability: new.probability,
            expected_close: new.expected_close,
            labels: Vec::new(),
            added: None,
            updated: None,
            stage_changed: None,
            closed: None,
            archived: false,
        }
    }

    fn drafted_lead(&self, id: LeadId, new: &NewLead) -> Lead {
        let (person, org) = existing(&new.contact);
        Lead {
            id,
            title: new.title.clone(),
            owner: self.me.as_ref().map(|me| me.id),
            person,
            org,
            labels: Vec::new(),
            source: "API".to_owned(),
            seen: true,
            value: new.value.clone(),
            expected_close: new.expected_close,
            archived: false,
            added: None,
            updated: None,
        }
    }

    fn check(&self, edit: &Edit) -> Result<(), RuleError> {
        match edit {
            Edit::UpdateDeal { id, patch } => {
                let deal = self.deals.get(id).ok_or(RuleError::Gone)?;
                if id.is_local() {
                    return Err(RuleError::NotYetCreated);
                }
                if deal.archived {
                    return Err(RuleError::Archived);
                }
                deal.check_link()?;
                check_title(patch.title.as_deref())?;
                if let Some(place) = patch.place {
                    self.stage(place.stage).ok_or(RuleError::NoSuchStage)?;
                }
                let pipeline = patch.place.map_or(deal.pipeline, |place| place.pipeline);
                if patch.probability.is_some() && !self.pipeline(pipeline).is_some_and(|p| p.has_probability) {
                    return Err(RuleError::NoProbability);
                }
                let mut after = deal.clone();
                patch.apply(&mut after);
                if after == *deal { Err(RuleError::Nothing) } else { Ok(()) }
            }
            Edit::UpdateActivity { id, patch } => {
                let activity = self.activities.get(id).ok_or(RuleError::Gone)?;
                let mut after = activity.clone();
                patch.apply(&mut after);
                if after == *activity { Err(RuleError::Nothing) } else { Ok(()) }
            }
            Edit::UpdateLead { id, patch } => {
                let lead = self.editable_lead(*id)?;
                if lead.archived && patch.archived != Some(false) {
                    return Err(RuleError::Archived);
                }
                check_title(patch.title.as_deref())?;
                let mut after = lead.clone();
                patch.apply(&mut after);
                if after == *lead { Err(RuleError::Nothing) } else { Ok(()) }
            }
            Edit::ConvertLead { id, to } => {
                if self.editable_lead(*id)?.archived {
                    return Err(RuleError::Archived);
                }
                self.stage(to.stage).map(|_| ()).ok_or(RuleError::NoSuchStage)
            }
            Edit::CreateDeal { new, .. } => {
                check_title(Some(&new.title))?;
                self.stage(new.place.stage).ok_or(RuleError::NoSuchStage)?;
                let allowed = self.pipeline(new.place.pipeline).is_some_and(|p| p.has_probability);
                if new.probability.is_some() && !allowed { Err(RuleError::NoProbability) } else { Ok(()) }
            }
            Edit::CreateLead { new, .. } => check_title(Some(&new.title)),
        }
    }

    fn editable_lead(&self, id: LeadId) -> Result<&Lead, RuleError> {
        let lead = self.leads.get(&id).ok_or(RuleError::Gone)?;
        if id.is_local() {
            return Err(RuleError::NotYetCreated);
        }
        let converting = |(_, edit): &(EditId, Edit)| matches!(edit, Edit::ConvertLead { .. });
        if self.shadows.get(&ItemRef::Lead(id)).is_some_and(|shadow| shadow.pending.iter().any(converting)) {
            return Err(RuleError::Converting);
        }
        lead.check_link()?;
        Ok(lead)
    }
}

fn check_title(title: Option<&str>) -> Result<(), RuleError> {
    if title.is_some_and(|title| title.trim().is_empty()) { Err(RuleError::EmptyTitle) } else { Ok(()) }
}

fn existing(contact: &Contact) -> (Option<PersonId>, Option<OrgId>) {
    let person = contact.person().and_then(|link| match link {
        Link::Existing(id) => Some(*id),
        Link::New(_) => None,
    });
    let org = contact.org().and_then(|link| match link {
        Link::Existing(id) => Some(*id),
        Link::New(_) => None,
    });
    (person, org)
}
