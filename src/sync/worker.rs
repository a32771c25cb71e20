//! One edit carried out: compared with what the server has, sent, and its end noted on this machine.

use std::time::Duration;

use super::creations::{
    ActivityToMake, Conversion, DealToMake, LeadToMake, Linked, Log, OrgToMake, PersonToMake, convert_once, existing,
    once,
};
use super::notes::Generation;
use super::{Clock, EditError, EditFailure, Outcome};
use crate::domain::{Contact, Deal, DealStatus, Edit, Item, ItemRef, Lead, LeadPatch, Link, NewOrg, NewPerson, OrgId};
use crate::pipedrive::{Api, ApiError, Lane};
use crate::store::{Batch, Cache, EditState, Journal, KeptEdit};
use crate::workspace::{Change, EditId, linked_to_made};

/// How long an edit waits at first that the budget, the limit or the edge keeps from going; each further time is twice
/// as long.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait for that.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

type Done = Result<Outcome, EditFailure>;

/// An edit that came to its end.
pub(super) struct Ended {
    pub(super) id: EditId,
    pub(super) outcome: Done,
    /// The item as the server has just told it, if it has.
    pub(super) now: Option<Item>,
    edit: Edit,
    base: Option<Edit>,
}

impl Ended {
    /// What later edits of the same item rest on now, where this one changed something or was to.
    pub(super) fn newer_base(&self) -> Option<Edit> {
        match (&self.outcome, &self.now) {
            // Whoever decides about this one decides about those, too.
            (Err(EditFailure { error: EditError::Clash(_), .. }), _) | (_, None) => self.base.clone(),
            (_, Some(now)) => self.edit.inverse(now),
        }
    }
}

/// Carries out edits.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) api: Api,
    pub(super) journal: Journal,
    pub(super) cache: Cache,
    pub(super) generation: Generation,
    pub(super) clock: Clock,
}

impl Worker {
    /// Carries out an edit. `known` is the item as the server has told it just now, if it has.
    pub(super) async fn carry_out(&self, mut kept: KeptEdit, mut known: Option<Item>) -> Ended {
        let mut wait = FIRST_WAIT;
        let (outcome, now) = loop {
            let ended = match &kept.edit {
                Edit::Delete { item } => self.delete(*item).await,
                edit if edit.is_update() => self.update(&kept, known.take()).await,
                _ => (self.create(&mut kept).await, None),
            };
            match &ended.0 {
                // It stays queued: what stands in its way passes by itself.
                Err(failure) if failure.error.passes() => {
                    tracing::warn!(error = %failure.error, ?wait, "an edit waits");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                _ => break ended,
            }
        };
        self.note(kept.id, &outcome).await;
        Ended { id: kept.id, outcome, now, edit: kept.edit, base: kept.base }
    }

    /// Notes what came of an edit. Where that cannot be written the edit is looked at again at the next start, which
    /// does no harm: what holds already is no change, and what was made is found.
    async fn note(&self, id: EditId, outcome: &Done) {
        let (changes, state) = match outcome {
            Ok(outcome) => (&outcome.changes, EditState::Confirmed { made: outcome.created }),
            Err(EditFailure { error: EditError::Api(ApiError::Closed) | EditError::Store(_), .. }) => return,
            Err(failure) => {
                let theirs = match &failure.error {
                    EditError::Clash(theirs) => Some(theirs.clone()),
                    _ => None,
                };
                (&failure.changes, EditState::Attention { why: failure.error.to_string(), theirs })
            }
        };
        let batch = Batch { changes: changes.clone(), generation: self.generation.now(), notes: None };
        if let Err(error) = self.cache.put(batch).await {
            tracing::warn!(%error, "the answer to an edit is not kept");
        }
        if let Err(error) = self.journal.set_state(id, state, (self.clock)()).await {
            tracing::warn!(%error, "the end of an edit is not noted");
        }
    }

    async fn update(&self, kept: &KeptEdit, known: Option<Item>) -> (Done, Option<Item>) {
        let item = kept.edit.item();
        let sent = match self.before(kept, known).await {
            Ok(before) => match theirs(kept, before.as_ref()) {
                Some((theirs, now)) => {
                    let error = EditError::Clash(Box::new(theirs));
                    return (Err(EditFailure { changes: vec![change(now.clone())], error }), Some(now));
                }
                None => self.send(&kept.edit, before).await,
            },
            Err(error) => Err(error),
        };
        let error = match sent {
            Ok(now) => {
                let changes = vec![change(now.clone())];
                return (Ok(Outcome { changes, created: None }), Some(now));
            }
            Err(error) => error,
        };
        if !error.is_about_the_item() {
            return (Err(EditFailure { changes: Vec::new(), error: error.into() }), None);
        }
        let (changes, now) = match self.as_it_is(item).await {
            // Only the answer was lost.
            Ok(Some(now)) if error.leaves_outcome_open() && kept.edit.holds_in(&now) => {
                return (Ok(Outcome { changes: vec![change(now.clone())], created: None }), Some(now));
            }
            Ok(Some(now)) => (vec![change(now.clone())], Some(now)),
            Ok(None) => (vec![Change::Gone(item)], None),
            Err(_) => (Vec::new(), None),
        };
        (Err(EditFailure { changes, error: error.into() }), now)
    }

    /// The item as it is before an update, where that is known or matters.
    async fn before(&self, kept: &KeptEdit, known: Option<Item>) -> Result<Option<Item>, ApiError> {
        let can_clash = kept.base.is_some() && can_clash(&kept.edit);
        let rests_on_it = matches!(&kept.edit, Edit::UpdateActivity { patch, .. } if patch.rests_on_now());
        if known.is_some() || !(can_clash || rests_on_it) {
            return Ok(known);
        }
        let now = self.as_it_is(kept.edit.item()).await?;
        now.map(Some).ok_or_else(|| ApiError::Gone("it was deleted".to_owned()))
    }

    async fn send(&self, edit: &Edit, before: Option<Item>) -> Result<Item, ApiError> {
        Ok(match edit {
            Edit::UpdateDeal { id, patch } => Item::Deal(self.api.update_deal(*id, patch).await?),
            Edit::UpdateActivity { id, patch } => {
                let now = if let Some(Item::Activity(activity)) = &before { Some(activity) } else { None };
                Item::Activity(self.api.update_activity(*id, patch, now).await?)
            }
            Edit::UpdateLead { id, patch } => Item::Lead(self.api.update_lead(*id, patch).await?),
            Edit::UpdatePerson { id, patch } => Item::Person(self.api.update_person(*id, patch).await?),
            Edit::UpdateOrg { id, patch } => Item::Org(self.api.update_org(*id, patch).await?),
            _ => return Err(ApiError::Unreadable("not an update".to_owned())),
        })
    }

    /// Deletes an item. That it is gone already is as good, so that it can be sent again at any time.
    async fn delete(&self, item: ItemRef) -> (Done, Option<Item>) {
        let gone = || Ok(Outcome { changes: vec![Change::Gone(item)], created: None });
        let error = match self.api.delete(item).await {
            Ok(()) => return (gone(), None),
            Err(error) => error,
        };
        let mut now = None;
        if error.is_about_the_item() {
            match self.as_it_is(item).await {
                // Only the answer was lost.
                Ok(None) => return (gone(), None),
                Ok(found) => now = found,
                Err(_) => {}
            }
        }
        let changes = now.iter().cloned().map(change).collect();
        (Err(EditFailure { changes, error: error.into() }), now)
    }

    /// An item as the server has it; `None` where it is no longer there.
    async fn as_it_is(&self, item: ItemRef) -> Result<Option<Item>, ApiError> {
        let found = match item {
            ItemRef::Deal(id) => self.api.deal(Lane::Edit, id).await.map(Item::Deal),
            ItemRef::Activity(id) => self.api.activity(Lane::Edit, id).await.map(Item::Activity),
            ItemRef::Lead(id) => self.api.lead(Lane::Edit, id).await.map(Item::Lead),
            ItemRef::Person(id) => self.api.person(Lane::Edit, id).await.map(Item::Person),
            ItemRef::Org(id) => self.api.org(Lane::Edit, id).await.map(Item::Org),
        };
        match found {
            Ok(Item::Deal(Deal { status: DealStatus::Other, .. })) | Err(ApiError::Gone(_)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Makes what an edit makes.
    async fn create(&self, kept: &mut KeptEdit) -> Done {
        let item = kept.edit.item();
        let step = kept.step.as_deref().and_then(|step| serde_json::from_str(step).ok());
        let (edit, journal) = (kept.edit.clone(), self.journal.clone());
        let mut log = Log { id: kept.id, edit, step, journal, clock: self.clock.clone() };
        let mut changes = Vec::new();
        let made = self.make(&mut log, &mut changes).await;
        kept.edit.clone_from(&log.edit);
        kept.step = log.text();
        match made {
            Ok((created, change)) => {
                changes.push(change);
                if let Edit::ConvertLead { .. } = log.edit {
                    changes.push(Change::Gone(item));
                }
                Ok(Outcome { changes, created: Some(created) })
            }
            Err(error) => {
                if let (Edit::ConvertLead { .. }, EditError::Api(api)) = (&log.edit, &error)
                    && api.is_about_the_item()
                {
                    match self.as_it_is(item).await {
                        Ok(Some(now)) => changes.push(change(now)),
                        Ok(None) => changes.push(Change::Gone(item)),
                        Err(_) => {}
                    }
                }
                Err(EditFailure { changes, error })
            }
        }
    }

    /// What was made on the way is added to `changes`, also where the rest fails.
    async fn make(&self, log: &mut Log, changes: &mut Vec<Change>) -> Result<(ItemRef, Change), EditError> {
        match log.edit.clone() {
            Edit::CreateDeal { new, .. } => {
                let linked = self.link(log, &new.contact, changes).await?;
                let deal: Deal = once(&DealToMake(&new, linked), &self.api, log).await?;
                Ok((ItemRef::Deal(deal.id), Change::Deals(vec![deal])))
            }
            Edit::CreateLead { new, .. } => {
                let linked = self.link(log, &new.contact, changes).await?;
                let lead: Lead = once(&LeadToMake(&new, linked), &self.api, log).await?;
                Ok((ItemRef::Lead(lead.id), Change::Leads(vec![lead])))
            }
            Edit::ConvertLead { id, to } => {
                let deal = convert_once(&Conversion(id, to), &self.api, log).await?;
                Ok((ItemRef::Deal(deal.id), Change::Deals(vec![deal])))
            }
            Edit::CreatePerson { new, .. } => {
                let org = self.link_org(log, new.org.as_ref(), changes).await?;
                let person = once(&PersonToMake(&new, org), &self.api, log).await?;
                Ok((ItemRef::Person(person.id), Change::People(vec![person])))
            }
            Edit::CreateOrg { new, .. } => {
                let org = once(&OrgToMake(&new), &self.api, log).await?;
                Ok((ItemRef::Org(org.id), Change::Organizations(vec![org])))
            }
            Edit::CreateActivity { new, .. } => {
                let activity = once(&ActivityToMake(&new), &self.api, log).await?;
                Ok((ItemRef::Activity(activity.id), Change::Activities(vec![activity])))
            }
            _ => Err(ApiError::Unreadable("nothing is to be made".to_owned()).into()),
        }
    }

    /// Sees to it that the person and the organization exist. What was made is kept with the edit at once, so that it
    /// is not made again.
    async fn link(&self, log: &mut Log, contact: &Contact, changes: &mut Vec<Change>) -> Result<Linked, EditError> {
        let org = self.link_org(log, contact.org(), changes).await?;
        let person = match existing(contact.person()) {
            Ok(person) => person,
            Err(name) => {
                let (name, links) = (name.to_owned(), org.map(Link::Existing));
                let new = NewPerson { name, org: links, owner: None, phones: Vec::new(), emails: Vec::new() };
                let person = once(&PersonToMake(&new, org), &self.api, log).await?;
                changes.push(Change::People(vec![person.clone()]));
                let id = person.id;
                log.made(linked_to_made(log.edit.clone(), &[person], &[])).await?;
                Some(id)
            }
        };
        Ok((person, org))
    }

    /// Sees to it that an organization exists.
    async fn link_org(
        &self,
        log: &mut Log,
        org: Option<&Link<OrgId>>,
        changes: &mut Vec<Change>,
    ) -> Result<Option<OrgId>, EditError> {
        let name = match existing(org) {
            Ok(org) => return Ok(org),
            Err(name) => name.to_owned(),
        };
        let org = once(&OrgToMake(&NewOrg { name, owner: None, address: None }), &self.api, log).await?;
        changes.push(Change::Organizations(vec![org.clone()]));
        let id = org.id;
        log.made(linked_to_made(log.edit.clone(), &[], &[org])).await?;
        Ok(Some(id))
    }
}

/// What somebody else has made meanwhile of what this edit changes, with the item; `None` where nobody has.
fn theirs(kept: &KeptEdit, now: Option<&Item>) -> Option<(Edit, Item)> {
    let base = kept.base.as_ref().filter(|_| can_clash(&kept.edit))?;
    Some((kept.edit.clash(base, now?)?.theirs, now?.clone()))
}

/// Whether it matters what somebody else has made of it meanwhile. That a lead was seen cannot be taken back by being
/// said again.
fn can_clash(edit: &Edit) -> bool {
    let seen_only = |patch: &LeadPatch| {
        *patch == LeadPatch { seen: patch.seen, ..LeadPatch::default() } && patch.seen == Some(true)
    };
    !matches!(edit, Edit::UpdateLead { patch, .. } if seen_only(patch))
}

fn change(item: Item) -> Change {
    match item {
        Item::Deal(deal) => Change::Deals(vec![deal]),
        Item::Activity(activity) => Change::Activities(vec![activity]),
        Item::Lead(lead) => Change::Leads(vec![lead]),
        Item::Person(person) => Change::People(vec![person]),
        Item::Org(org) => Change::Organizations(vec![org]),
    }
}
