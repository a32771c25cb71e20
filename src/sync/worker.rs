//! One edit carried out: compared with what the server has, sent, and its end noted on this machine.

use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;

use super::answers::Answers;
use super::checkpoint::Generation;
use super::creations::{
    ActivityToMake, BackToLead, ContactLinks, Conversion, CreationLog, DealToMake, LeadToMake, NOTED_EVERY, NoteToMake,
    OrgToMake, PersonToMake, asked, convert_once, existing, once,
};
use super::edits::Late;
use super::sending::{Sending, Tries};
use super::{Clock, EditError, EditFailure, EditOutcome, Report};
use crate::domain::{
    Conflict, Contact, Deal, DealStatus, Edit, Item, ItemRef, Lead, LeadPatch, Link, NewOrg, NewPerson, OrgId,
};
use crate::pipedrive::{Api, ApiError};
use crate::store::{Batch, Cache, EditState, Journal, JournalEntry, Rebased, StoreError};
use crate::workspace::ServerUpdate;

/// How soon the end of an edit is written again where the disk did not take it; each further time is twice as far.
const FIRST_NOTE: Duration = Duration::from_millis(500);
/// The longest wait for that.
const LONGEST_NOTE: Duration = Duration::from_secs(30);

type Done = Result<EditOutcome, EditFailure>;

/// What came of a try.
pub(super) enum Came {
    /// The edit came to its end.
    Ended(Box<Ended>),
    /// It is tried again after a while.
    Later(Box<Later>),
}

/// An edit that came to its end.
pub(super) struct Ended {
    pub(super) kept: JournalEntry,
    pub(super) outcome: Done,
    /// The item as the server has just told it, if it has.
    pub(super) now: Option<Item>,
}

impl Ended {
    /// What later edits of the same item rest on now, where this one changed something or was to.
    pub(super) fn newer_base(&self) -> Option<Edit> {
        match (&self.outcome, &self.now) {
            // Whoever decides about this one decides about those, too.
            (Err(EditFailure { error: EditError::Conflict(_), .. }), _) | (_, None) => self.kept.base.clone(),
            (_, Some(now)) => self.kept.edit.inverse(now),
        }
    }
}

/// An edit that is tried again after a while.
pub(super) struct Later {
    pub(super) kept: JournalEntry,
    pub(super) tries: Tries,
    pub(super) wait: Duration,
}

/// Why an edit was not carried out.
enum Stop {
    /// Somebody else has changed the same, and the item is like this now.
    Conflict(Box<Conflict>, Box<Item>),
    Error(EditError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Error(error.into())
    }
}

impl From<EditError> for Stop {
    fn from(error: EditError) -> Self {
        Self::Error(error)
    }
}

/// What was done, with the item as the server has it now.
type Tried = Result<(EditOutcome, Option<Item>), Stop>;

/// Carries out edits.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) api: Api,
    pub(super) journal: Journal,
    pub(super) cache: Cache,
    pub(super) generation: Generation,
    pub(super) answers: Answers,
    pub(super) clock: Clock,
    pub(super) report: mpsc::Sender<Report>,
}

impl Worker {
    /// Tries to carry out an edit. `known` is the item as the server has told it just now, if it has.
    pub(super) async fn carry_out(&self, mut kept: JournalEntry, known: Option<Item>, mut tries: Tries) -> Came {
        let attempt = match &kept.edit {
            Edit::Delete { .. } => self.delete(&mut kept).await,
            edit if edit.is_update() => self.update(&mut kept, known).await,
            _ => self.create(&mut kept, &mut tries.made).await,
        };
        let (outcome, now) = match attempt {
            Ok((outcome, now)) => (Ok(outcome), now),
            Err(Stop::Conflict(clash, now)) => {
                let changes = vec![ServerUpdate::from((*now).clone())];
                (Err(EditFailure::new(changes, EditError::Conflict(clash))), Some(*now))
            }
            Err(Stop::Error(error)) => {
                if let Some(wait) = tries.put_off(&error) {
                    tracing::warn!(%error, ?wait, "an edit waits");
                    if wait.is_reported {
                        // Nobody listens any more when the dashboard has ended.
                        let _ = self.report.send(Report::EditDelayed { id: kept.id, why: error.to_string() }).await;
                    }
                    return Came::Later(Box::new(Later { kept, tries, wait: wait.length }));
                }
                self.failed(&mut kept, tries.made, error).await
            }
        };
        Came::Ended(Box::new(Ended { kept, outcome, now }))
    }

    /// Ends an edit that was not carried out, with what the server has of its item.
    async fn failed(
        &self,
        kept: &mut JournalEntry,
        mut made: Vec<ServerUpdate>,
        error: EditError,
    ) -> (Done, Option<Item>) {
        let item = kept.edit.item();
        let mut now = None;
        if let EditError::Api(api) = &error
            && api.is_about_the_item()
            && !kept.edit.is_creation()
        {
            match self.as_it_is(item).await {
                Ok(Some(found)) => {
                    made.push(ServerUpdate::from(found.clone()));
                    now = Some(found);
                }
                Ok(None) => made.push(ServerUpdate::Gone(item)),
                Err(_) => {}
            }
        }
        let makes = kept.edit.is_creation() || kept.edit.is_conversion();
        if makes {
            kept.step = asked(kept.step.take());
        }
        let edit = makes.then(|| Box::new(kept.edit.clone()));
        (Err(EditFailure { edit, ..EditFailure::new(made, error) }), now)
    }

    /// Notes what came of an edit. Until that is written the edit has not ended, and none that comes after it is sent:
    /// at the next start it would be sent once more, after those. The new bases of those are written along with it.
    pub(super) async fn note(&self, ended: &Ended, rebased: Vec<Rebased>) {
        let Ended { kept, outcome, .. } = ended;
        let (changes, state) = match outcome {
            Ok(outcome) => (&outcome.changes, EditState::Confirmed { made: outcome.created }),
            Err(EditFailure { error: EditError::Api(ApiError::Closed) | EditError::Store(_), .. }) => return,
            Err(failure) => {
                let theirs = match &failure.error {
                    EditError::Conflict(clash) => Some(Box::new(clash.theirs.clone())),
                    _ => None,
                };
                (&failure.changes, EditState::Attention { why: failure.error.to_string(), theirs })
            }
        };
        if let (Ok(_), Some(now)) = (outcome, &ended.now) {
            self.answers.add(now.clone());
        }
        let batch = Batch { changes: changes.clone(), generation: self.generation.now(), notes: None };
        if let Err(error) = self.cache.put(batch).await {
            tracing::warn!(%error, "the answer to an edit is not kept");
        }
        let mut wait = FIRST_NOTE;
        loop {
            let finish =
                self.journal.finish(kept.id, state.clone(), kept.step.clone(), (self.clock)(), rebased.clone());
            match finish.await {
                Ok(()) | Err(StoreError::Closed | StoreError::NoSuchEdit { .. } | StoreError::Held { .. }) => return,
                Err(error) => tracing::warn!(%error, ?wait, "the end of an edit cannot be noted"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_NOTE);
        }
    }

    async fn update(&self, kept: &mut JournalEntry, known: Option<Item>) -> Tried {
        let done = |now: Item| {
            let changes = vec![ServerUpdate::from(now.clone())];
            Ok((EditOutcome { changes, created: None }, Some(now)))
        };
        // An edit and the one that takes it back, made before either was sent, leave nothing to do.
        let Some(edit) = kept.base.as_ref().map_or(Some(kept.edit.clone()), |base| kept.edit.diff(base)) else {
            return Ok((EditOutcome { changes: Vec::new(), created: None }, known));
        };
        let base = kept.base.clone().filter(|_| can_clash(&edit));
        let was_sent = Sending::of(kept).is_some();
        let before = if was_sent {
            Some(self.as_it_is(edit.item()).await?.ok_or_else(deleted)?)
        } else {
            self.before(&edit, base.as_ref(), known).await?
        };
        // Only the answer was lost.
        if let Some(now) = before.as_ref().filter(|now| was_sent && kept.edit.is_satisfied_by(now)) {
            return done(now.clone());
        }
        if let Some((clash, now)) = conflict(&edit, base.as_ref(), before.as_ref()) {
            return Err(Stop::Conflict(Box::new(clash), Box::new(now)));
        }
        done(self.sending(kept, self.send(&edit, before)).await?)
    }

    /// Waits for the answer to a change. That it is sent is noted before, and again while the call waits for its turn, so
    /// that after a kill it is known until when it may arrive.
    async fn sending<T>(
        &self,
        kept: &mut JournalEntry,
        call: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, EditError> {
        let open = Sending::of(kept).and_then(|sending| sending.open);
        tokio::pin!(call);
        let answer = loop {
            Sending { sent: (self.clock)(), open }.note_in(kept);
            self.journal.step(kept.id, kept.edit.clone(), kept.step.clone()).await?;
            tokio::select! {
                biased;
                answer = &mut call => break answer,
                () = tokio::time::sleep(NOTED_EVERY) => {}
            }
        };
        if answer.as_ref().is_err_and(ApiError::leaves_outcome_open) {
            let now = (self.clock)();
            Sending { sent: now, open: Some(now) }.note_in(kept);
        }
        Ok(answer?)
    }

    /// The item as it is before an update, where that is known or matters. `base` is what the update may clash with.
    async fn before(&self, edit: &Edit, base: Option<&Edit>, known: Option<Item>) -> Result<Option<Item>, ApiError> {
        let rests_on_it = matches!(edit, Edit::UpdateActivity { patch, .. } if patch.rests_on_now());
        if known.is_some() || !(base.is_some() || rests_on_it) {
            return Ok(known);
        }
        let now = self.as_it_is(edit.item()).await?;
        now.map(Some).ok_or_else(deleted)
    }

    async fn send(&self, edit: &Edit, before: Option<Item>) -> Result<Item, ApiError> {
        Ok(match edit {
            Edit::UpdateDeal { id, patch } => match self.api.update_deal(*id, patch).await? {
                Deal { status: DealStatus::Other, .. } => return Err(ApiError::Gone("it was deleted".to_owned())),
                deal => Item::Deal(deal),
            },
            Edit::UpdateActivity { id, patch } => {
                let now = if let Some(Item::Activity(activity)) = &before { Some(activity) } else { None };
                Item::Activity(self.api.update_activity(*id, patch, now).await?)
            }
            Edit::UpdateLead { id, patch } => Item::Lead(self.api.update_lead(*id, patch).await?),
            Edit::UpdatePerson { id, patch } => Item::Person(self.api.update_person(*id, patch).await?),
            Edit::UpdateOrg { id, patch } => Item::Org(self.api.update_org(*id, patch).await?),
            Edit::UpdateNote { id, patch } => Item::Note(self.api.update_note(*id, patch).await?),
            _ => return Err(ApiError::Refused("not an update".to_owned())),
        })
    }

    /// Deletes an item. That it is gone already is as good, so that it can be sent again at any time.
    async fn delete(&self, kept: &mut JournalEntry) -> Tried {
        let item = kept.edit.item();
        let gone = || Ok((EditOutcome { changes: vec![ServerUpdate::Gone(item)], created: None }, None));
        // Only the answer was lost.
        if Sending::of(kept).is_some() && self.as_it_is(item).await?.is_none() {
            return gone();
        }
        let error = match self.sending(kept, self.api.delete(item)).await {
            Ok(()) => return gone(),
            Err(error) => error,
        };
        if let EditError::Api(api) = &error
            && api.is_about_the_item()
            && !api.leaves_outcome_open()
            && matches!(self.as_it_is(item).await, Ok(None))
        {
            return gone();
        }
        Err(error.into())
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

    /// Looks whether items have gone back to what a late request made of them, over what others had made of them since.
    /// Gives what there is now, and the edits that need attention, in place of the late ones.
    pub(super) async fn look_back(&self, item: ItemRef, mut late: Vec<Late>) -> Vec<Report> {
        // Most often nobody else was there, and Pipedrive need not be asked.
        match self.cache.items(vec![item]).await {
            Ok(known) => {
                for item in known.into_iter().flat_map(ServerUpdate::into_items) {
                    for late in &mut late {
                        late.see(&item);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "what is known of an item cannot be read"),
        }
        late.retain(|late| late.seen().is_some());
        if late.is_empty() {
            return Vec::new();
        }
        let now = match self.as_it_is(item).await {
            Ok(Some(now)) => now,
            Ok(None) => return vec![Report::Changed(vec![ServerUpdate::Gone(item)])],
            Err(error) => {
                tracing::warn!(%error, "an item to which a request may have come late cannot be read");
                return Vec::new();
            }
        };
        let change = ServerUpdate::from(now.clone());
        let batch = Batch { changes: vec![change.clone()], generation: self.generation.now(), notes: None };
        if let Err(error) = self.cache.put(batch).await {
            tracing::warn!(%error, "what an item is now is not kept");
        }
        let mut reports = vec![Report::Changed(vec![change])];
        for late in late {
            let Some(restores) = late.restores(&now) else { continue };
            tracing::warn!(id = late.kept.id.0, "a late request has overwritten what others made of an item");
            let why = "a late request of this edit may have overwritten what somebody else changed after it: r sets that again, d \
                       leaves it"
                .to_owned();
            let kept = JournalEntry {
                base: restores.inverse(&now),
                edit: restores,
                step: None,
                state: EditState::Attention { why, theirs: None },
                ended_at: None,
                ..late.kept
            };
            if let Err(error) = self.journal.put_back(kept.clone()).await {
                tracing::warn!(%error, "that a late request has overwritten something is not kept");
            }
            reports.push(Report::Overwritten(Box::new(kept)));
        }
        reports
    }

    /// Makes what an edit makes.
    async fn create(&self, kept: &mut JournalEntry, changes: &mut Vec<ServerUpdate>) -> Tried {
        let item = kept.edit.item();
        let step = match kept.step.as_deref().map(serde_json::from_str).transpose() {
            Ok(step) => step,
            // Something was sent, and it cannot be told what.
            Err(error) => return Err(ApiError::Unclear(format!("what was noted of it: {error}")).into()),
        };
        let (edit, journal) = (kept.edit.clone(), self.journal.clone());
        let report = self.report.clone();
        let mut log = CreationLog { id: kept.id, edit, step, journal, clock: self.clock.clone(), report };
        let made = self.make(&mut log, changes).await;
        kept.edit.clone_from(&log.edit);
        kept.step = log.text();
        let (created, change) = made?;
        changes.push(change);
        if log.edit.is_conversion() {
            changes.push(ServerUpdate::Gone(item));
        }
        Ok((EditOutcome { changes: std::mem::take(changes), created: Some(created) }, None))
    }

    /// What was made on the way is added to `changes`, also where the rest fails.
    async fn make(
        &self,
        log: &mut CreationLog,
        changes: &mut Vec<ServerUpdate>,
    ) -> Result<(ItemRef, ServerUpdate), EditError> {
        match log.edit.clone() {
            Edit::CreateDeal { new, .. } => {
                let linked = self.link(log, &new.contact, changes).await?;
                let deal: Deal = once(&DealToMake(&new, linked), &self.api, log).await?;
                Ok((ItemRef::Deal(deal.id), ServerUpdate::Deals(vec![deal])))
            }
            Edit::CreateLead { new, .. } => {
                let linked = self.link(log, &new.contact, changes).await?;
                let lead: Lead = once(&LeadToMake(&new, linked), &self.api, log).await?;
                Ok((ItemRef::Lead(lead.id), ServerUpdate::Leads(vec![lead])))
            }
            Edit::ConvertLead { id, to } => {
                let deal = convert_once(&Conversion(id, to), &self.api, log).await?;
                Ok((ItemRef::Deal(deal.id), ServerUpdate::Deals(vec![deal])))
            }
            Edit::ConvertDeal { id } => {
                let lead = convert_once(&BackToLead(id), &self.api, log).await?;
                Ok((ItemRef::Lead(lead.id), ServerUpdate::Leads(vec![lead])))
            }
            Edit::CreatePerson { new, .. } => {
                let org = self.link_org(log, new.org.as_ref(), changes).await?;
                let person = once(&PersonToMake(&new, org), &self.api, log).await?;
                Ok((ItemRef::Person(person.id), ServerUpdate::People(vec![person])))
            }
            Edit::CreateOrg { new, .. } => {
                let org = once(&OrgToMake(&new), &self.api, log).await?;
                Ok((ItemRef::Org(org.id), ServerUpdate::Organizations(vec![org])))
            }
            Edit::CreateActivity { new, .. } => {
                let activity = once(&ActivityToMake(&new), &self.api, log).await?;
                Ok((ItemRef::Activity(activity.id), ServerUpdate::Activities(vec![activity])))
            }
            Edit::CreateNote { on, content, .. } => {
                let note = once(&NoteToMake(on, &content), &self.api, log).await?;
                Ok((ItemRef::Note(note.id), ServerUpdate::Notes(vec![note])))
            }
            _ => Err(ApiError::Refused("nothing is to be made".to_owned()).into()),
        }
    }

    /// Sees to it that the person and the organization exist. What was made is kept with the edit at once, so that it
    /// is not made again.
    async fn link(
        &self,
        log: &mut CreationLog,
        contact: &Contact,
        changes: &mut Vec<ServerUpdate>,
    ) -> Result<ContactLinks, EditError> {
        let org = self.link_org(log, contact.org(), changes).await?;
        let person = match existing(contact.person()) {
            Ok(person) => person,
            Err(name) => {
                let (name, links) = (name.to_owned(), org.map(Link::Existing));
                let new = NewPerson { name, org: links, ..NewPerson::default() };
                let person = once(&PersonToMake(&new, org), &self.api, log).await?;
                let id = person.id;
                changes.push(ServerUpdate::People(vec![person]));
                log.made(log.edit.clone().with_contact(Some(id), None)).await?;
                Some(id)
            }
        };
        Ok((person, org))
    }

    /// Sees to it that an organization exists.
    async fn link_org(
        &self,
        log: &mut CreationLog,
        org: Option<&Link<OrgId>>,
        changes: &mut Vec<ServerUpdate>,
    ) -> Result<Option<OrgId>, EditError> {
        let name = match existing(org) {
            Ok(org) => return Ok(org),
            Err(name) => name.to_owned(),
        };
        let org = once(&OrgToMake(&NewOrg { name, ..NewOrg::default() }), &self.api, log).await?;
        let id = org.id;
        changes.push(ServerUpdate::Organizations(vec![org]));
        log.made(log.edit.clone().with_contact(None, Some(id))).await?;
        Ok(Some(id))
    }
}

fn deleted() -> ApiError {
    ApiError::Gone("it was deleted".to_owned())
}

/// Where somebody else has changed meanwhile what an edit changes, with the item; `None` where nobody has.
fn conflict(edit: &Edit, base: Option<&Edit>, now: Option<&Item>) -> Option<(Conflict, Item)> {
    let now = now?;
    Some((edit.conflict(base?, now)?, now.clone()))
}

/// Whether it matters what somebody else has made of it meanwhile. That a lead was seen cannot be taken back by being
/// said again.
fn can_clash(edit: &Edit) -> bool {
    let seen_only = |patch: &LeadPatch| {
        *patch == LeadPatch { seen: patch.seen, ..LeadPatch::default() } && patch.seen == Some(true)
    };
    !matches!(edit, Edit::UpdateLead { patch, .. } if seen_only(patch))
}
