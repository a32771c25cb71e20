//! One edit carried out: compared with what the server has, sent, and its end noted on this machine.

use std::time::Duration;

use tokio::sync::mpsc;

use super::creations::{
    ActivityToMake, BackToLead, Conversion, DealToMake, LeadToMake, Linked, Log, NoteToMake, OrgToMake, PersonToMake,
    convert_once, existing, once,
};
use super::notes::Generation;
use super::{Clock, EditError, EditFailure, Outcome, Report};
use crate::domain::{
    Clash, Contact, Deal, DealStatus, Edit, Item, ItemRef, Lead, LeadPatch, Link, NewOrg, NewPerson, OrgId,
};
use crate::pipedrive::{Api, ApiError};
use crate::store::{Batch, Cache, EditState, Journal, KeptEdit, StoreError};
use crate::workspace::{Change, EditId};

/// How long an edit waits at first that the budget, the limit or the edge keeps from going; each further time is twice
/// as long.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait for that.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// How soon the end of an edit is written again where the disk did not take it; each further time is twice as far.
const FIRST_NOTE: Duration = Duration::from_millis(500);
/// The longest wait for that.
const LONGEST_NOTE: Duration = Duration::from_secs(30);

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
    pub(super) report: mpsc::Sender<Report>,
}

impl Worker {
    /// Carries out an edit. `known` is the item as the server has told it just now, if it has.
    pub(super) async fn carry_out(&self, mut kept: KeptEdit, mut known: Option<Item>) -> Ended {
        let mut wait = FIRST_WAIT;
        // What was made on the way, by earlier tries too.
        let mut made = Vec::new();
        let (outcome, now) = loop {
            let ended = match &kept.edit {
                Edit::Delete { item } => self.delete(*item).await,
                edit if edit.is_update() => self.update(&kept, known.take()).await,
                _ => (self.create(&mut kept, &mut made).await, None),
            };
            match &ended.0 {
                // It stays queued: what stands in its way passes by itself.
                Err(failure) if failure.error.passes() => {
                    tracing::warn!(error = %failure.error, ?wait, "an edit waits");
                    let why = failure.error.to_string();
                    // Nobody listens any more when the dashboard has ended.
                    let _ = self.report.send(Report::Waits { id: kept.id, why }).await;
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                _ => break ended,
            }
        };
        self.note(&kept, &outcome).await;
        Ended { id: kept.id, outcome, now, edit: kept.edit, base: kept.base }
    }

    /// Notes what came of an edit. Until that is written the edit has not ended, and none that comes after it is sent:
    /// at the next start it would be sent once more, after those.
    async fn note(&self, kept: &KeptEdit, outcome: &Done) {
        let (changes, state) = match outcome {
            Ok(outcome) => (&outcome.changes, EditState::Confirmed { made: outcome.created }),
            Err(EditFailure { error: EditError::Api(ApiError::Closed) | EditError::Store(_), .. }) => return,
            Err(failure) => {
                let theirs = match &failure.error {
                    EditError::Clash(clash) => Some(Box::new(clash.theirs.clone())),
                    _ => None,
                };
                (&failure.changes, EditState::Attention { why: failure.error.to_string(), theirs })
            }
        };
        let batch = Batch { changes: changes.clone(), generation: self.generation.now(), notes: None };
        if let Err(error) = self.cache.put(batch).await {
            tracing::warn!(%error, "the answer to an edit is not kept");
        }
        let mut wait = FIRST_NOTE;
        loop {
            match self.journal.finish(kept.id, state.clone(), kept.step.clone(), (self.clock)()).await {
                Ok(()) | Err(StoreError::Closed | StoreError::NoSuchEdit { .. } | StoreError::Held { .. }) => return,
                Err(error) => tracing::warn!(%error, ?wait, "the end of an edit cannot be noted"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_NOTE);
        }
    }

    async fn update(&self, kept: &KeptEdit, known: Option<Item>) -> (Done, Option<Item>) {
        let item = kept.edit.item();
        // An edit and the one that takes it back, made before either was sent, leave nothing to do.
        let Some(edit) = kept.base.as_ref().map_or(Some(kept.edit.clone()), |base| kept.edit.differing(base)) else {
            return (Ok(Outcome { changes: Vec::new(), created: None }), known);
        };
        let base = kept.base.as_ref().filter(|_| can_clash(&edit));
        let sent = match self.before(&edit, base, known).await {
            Ok(before) => match clash(&edit, base, before.as_ref()) {
                Some((clash, now)) => {
                    let error = EditError::Clash(Box::new(clash));
                    return (Err(EditFailure::new(vec![Change::from(now.clone())], error)), Some(now));
                }
                None => self.send(&edit, before).await,
            },
            Err(error) => Err(error),
        };
        let error = match sent {
            Ok(now) => {
                let changes = vec![Change::from(now.clone())];
                return (Ok(Outcome { changes, created: None }), Some(now));
            }
            Err(error) => error,
        };
        if !error.is_about_the_item() {
            return (Err(EditFailure::new(Vec::new(), error)), None);
        }
        let (changes, now) = match self.as_it_is(item).await {
            // Only the answer was lost.
            Ok(Some(now)) if error.leaves_outcome_open() && kept.edit.holds_in(&now) => {
                return (Ok(Outcome { changes: vec![Change::from(now.clone())], created: None }), Some(now));
            }
            Ok(Some(now)) => (vec![Change::from(now.clone())], Some(now)),
            Ok(None) => (vec![Change::Gone(item)], None),
            Err(_) => (Vec::new(), None),
        };
        (Err(EditFailure::new(changes, error)), now)
    }

    /// The item as it is before an update, where that is known or matters. `base` is what the update may clash with.
    async fn before(&self, edit: &Edit, base: Option<&Edit>, known: Option<Item>) -> Result<Option<Item>, ApiError> {
        let rests_on_it = matches!(edit, Edit::UpdateActivity { patch, .. } if patch.rests_on_now());
        if known.is_some() || !(base.is_some() || rests_on_it) {
            return Ok(known);
        }
        let now = self.as_it_is(edit.item()).await?;
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
            Edit::UpdateNote { id, patch } => Item::Note(self.api.update_note(*id, patch).await?),
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
        let changes = now.iter().cloned().map(Change::from).collect();
        (Err(EditFailure::new(changes, error)), now)
    }

    /// An item as the server has it; `None` where it is no longer there.
    async fn as_it_is(&self, item: ItemRef) -> Result<Option<Item>, ApiError> {
        let lane = self.api.edit_lane();
        let found = match item {
            ItemRef::Deal(id) => self.api.deal(lane, id).await.map(Item::Deal),
            ItemRef::Activity(id) => self.api.activity(lane, id).await.map(Item::Activity),
            ItemRef::Lead(id) => self.api.lead(lane, id).await.map(Item::Lead),
            ItemRef::Person(id) => self.api.person(lane, id).await.map(Item::Person),
            ItemRef::Org(id) => self.api.org(lane, id).await.map(Item::Org),
            ItemRef::Note(id) => self.api.note(lane, id).await.map(Item::Note),
        };
        match found {
            Ok(Item::Deal(Deal { status: DealStatus::Other, .. })) | Err(ApiError::Gone(_)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Makes what an edit makes.
    async fn create(&self, kept: &mut KeptEdit, changes: &mut Vec<Change>) -> Done {
        let item = kept.edit.item();
        let step = match kept.step.as_deref().map(serde_json::from_str).transpose() {
            Ok(step) => step,
            // Something was sent, and it cannot be told what.
            Err(error) => {
                return Err(EditFailure::new(Vec::new(), ApiError::Unclear(format!("what was noted of it: {error}"))));
            }
        };
        let (edit, journal) = (kept.edit.clone(), self.journal.clone());
        let report = self.report.clone();
        let mut log = Log { id: kept.id, edit, step, journal, clock: self.clock.clone(), report };
        let made = self.make(&mut log, changes).await;
        if made.as_ref().is_err_and(|error| !error.passes()) {
            log.asked();
        }
        kept.edit.clone_from(&log.edit);
        kept.step = log.text();
        match made {
            Ok((created, change)) => {
                changes.push(change);
                if log.edit.is_conversion() {
                    changes.push(Change::Gone(item));
                }
                Ok(Outcome { changes: std::mem::take(changes), created: Some(created) })
            }
            Err(error) if error.passes() => Err(EditFailure::new(Vec::new(), error)),
            Err(error) => {
                if let EditError::Api(api) = &error
                    && log.edit.is_conversion()
                    && api.is_about_the_item()
                {
                    match self.as_it_is(item).await {
                        Ok(Some(now)) => changes.push(Change::from(now)),
                        Ok(None) => changes.push(Change::Gone(item)),
                        Err(_) => {}
                    }
                }
                Err(EditFailure { edit: Some(Box::new(log.edit)), ..EditFailure::new(std::mem::take(changes), error) })
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
            Edit::ConvertDeal { id } => {
                let lead = convert_once(&BackToLead(id), &self.api, log).await?;
                Ok((ItemRef::Lead(lead.id), Change::Leads(vec![lead])))
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
            Edit::CreateNote { on, content, .. } => {
                let note = once(&NoteToMake(on, &content), &self.api, log).await?;
                Ok((ItemRef::Note(note.id), Change::Notes(vec![note])))
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
                let new = NewPerson { name, org: links, ..NewPerson::default() };
                let person = once(&PersonToMake(&new, org), &self.api, log).await?;
                let id = person.id;
                changes.push(Change::People(vec![person]));
                log.made(log.edit.clone().linked_to(Some(id), None)).await?;
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
        let org = once(&OrgToMake(&NewOrg { name, ..NewOrg::default() }), &self.api, log).await?;
        let id = org.id;
        changes.push(Change::Organizations(vec![org]));
        log.made(log.edit.clone().linked_to(None, Some(id))).await?;
        Ok(Some(id))
    }
}

/// Where somebody else has changed meanwhile what an edit changes, with the item; `None` where nobody has.
fn clash(edit: &Edit, base: Option<&Edit>, now: Option<&Item>) -> Option<(Clash, Item)> {
    let now = now?;
    Some((edit.clash(base?, now)?, now.clone()))
}

/// Whether it matters what somebody else has made of it meanwhile. That a lead was seen cannot be taken back by being
/// said again.
fn can_clash(edit: &Edit) -> bool {
    let seen_only = |patch: &LeadPatch| {
        *patch == LeadPatch { seen: patch.seen, ..LeadPatch::default() } && patch.seen == Some(true)
    };
    !matches!(edit, Edit::UpdateLead { patch, .. } if seen_only(patch))
}
