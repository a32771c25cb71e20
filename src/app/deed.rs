//! What can be done to one item or to many by one key: an edit for each of them.

use chrono::NaiveDate;

use crate::app::session::Session;
use crate::domain::{
    ActivityPatch, DealPatch, Due, Edit, Item, ItemRef, LabelId, LeadLabelId, LeadPatch, OrgPatch, PersonPatch,
    PipelineId, PipelineStage, RuleError, StageId, StatusChange, UserId,
};
use crate::workspace::Workspace;

/// A label of any kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnyLabel {
    /// Of deals, of people or of organizations; each has its own.
    Option(LabelId),
    /// Of leads.
    Lead(LeadLabelId),
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Deals go to a stage.
    Stage(StageId),
    /// Deals go so many stages on in their pipelines, or back.
    Step(isize),
    /// Deals are won, lost or opened again.
    Status(StatusChange),
    /// Deals and leads are expected to close on a day, or on none.
    Close(Option<NaiveDate>),
    /// Leads are seen, or unseen again.
    Seen(bool),
    /// Leads go to the archive, or come out of it.
    Archive(bool),
    /// Activities are done, or to be done again.
    Done(bool),
    /// Activities are put off to a day; their time stays.
    Day(NaiveDate),
    /// Activities are put off to the day after theirs, but not before tomorrow.
    NextDay,
    /// Somebody else is to look after them.
    Owner(UserId),
    /// Some labels are put on, others taken away.
    Labels {
        /// These are put on.
        on: Vec<AnyLabel>,
        /// These are taken away.
        off: Vec<AnyLabel>,
    },
    /// They are deleted.
    Delete,
}

impl Deed {
    /// The edit that does it to an item.
    ///
    /// # Errors
    /// [`RuleError`] where it cannot be done to that; whether the edit itself may be made, the workspace says.
    pub fn edit(&self, item: ItemRef, session: &Session, workspace: &Workspace) -> Result<Edit, RuleError> {
        if *self == Self::Delete {
            return Ok(Edit::Delete { item });
        }
        match workspace.shown(item).ok_or(RuleError::Gone)? {
            Item::Deal(deal) => {
                let patch = DealPatch {
                    stage: self.stage(deal.pipeline, deal.stage, workspace)?,
                    status: if let Self::Status(status) = self { Some(status.clone()) } else { None },
                    expected_close: if let Self::Close(day) = self { Some(*day) } else { None },
                    owner: self.owner(),
                    labels: self.labels(&deal.labels, AnyLabel::option),
                    ..DealPatch::default()
                };
                Ok(Edit::UpdateDeal { id: deal.id, patch })
            }
            Item::Lead(lead) => {
                let patch = LeadPatch {
                    seen: if let Self::Seen(seen) = self { Some(*seen) } else { None },
                    archived: if let Self::Archive(archived) = self { Some(*archived) } else { None },
                    expected_close: if let Self::Close(day) = self { Some(*day) } else { None },
                    owner: self.owner(),
                    labels: self.labels(&lead.labels, AnyLabel::lead),
                    ..LeadPatch::default()
                };
                Ok(Edit::UpdateLead { id: lead.id, patch })
            }
            Item::Activity(activity) if activity.done && self.is_putting_off() => Err(RuleError::Done),
            Item::Activity(activity) => {
                let due = self.due(activity.due, session, workspace);
                let done = if let Self::Done(done) = self { Some(*done) } else { None };
                let patch = ActivityPatch { done, due: due.map(Some), owner: self.owner(), ..ActivityPatch::default() };
                Ok(Edit::UpdateActivity { id: activity.id, patch })
            }
            Item::Person(person) => {
                let labels = self.labels(&person.labels, AnyLabel::option);
                let patch = PersonPatch { owner: self.owner(), labels, ..PersonPatch::default() };
                Ok(Edit::UpdatePerson { id: person.id, patch })
            }
            Item::Org(org) => {
                let labels = self.labels(&org.labels, AnyLabel::option);
                let patch = OrgPatch { owner: self.owner(), labels, ..OrgPatch::default() };
                Ok(Edit::UpdateOrg { id: org.id, patch })
            }
            // A note is in no list that can be marked.
            Item::Note(_) => Err(RuleError::NoChange),
        }
    }

    /// What it does, in words.
    pub fn words(&self, workspace: &Workspace) -> String {
        match self {
            Self::Stage(stage) => {
                let stage = workspace.stage(*stage).map_or("another stage", |stage| stage.name.as_str());
                format!("Move to {stage}")
            }
            Self::Step(by) if *by < 0 => "Move one stage back".to_owned(),
            Self::Step(_) => "Move one stage on".to_owned(),
            Self::Status(StatusChange::Win) => "Mark as won".to_owned(),
            Self::Status(StatusChange::Lose { .. }) => "Mark as lost".to_owned(),
            Self::Status(StatusChange::Reopen) => "Reopen".to_owned(),
            Self::Close(Some(day)) => format!("Expected close {day}"),
            Self::Close(None) => "No closing date".to_owned(),
            Self::Seen(true) => "Mark as seen".to_owned(),
            Self::Seen(false) => "Mark as unseen".to_owned(),
            Self::Archive(true) => "Archive".to_owned(),
            Self::Archive(false) => "Take out of the archive".to_owned(),
            Self::Done(true) => "Mark as done".to_owned(),
            Self::Done(false) => "Mark as still to do".to_owned(),
            Self::Day(day) => format!("Due {day}"),
            Self::NextDay => "Put off by a day".to_owned(),
            Self::Owner(user) => {
                let name = workspace.user(*user).map_or("somebody", |user| user.name.as_str());
                format!("Owner {name}")
            }
            Self::Labels { .. } => "Labels".to_owned(),
            Self::Delete => "Delete".to_owned(),
        }
    }

    fn stage(
        &self,
        pipeline: PipelineId,
        now: StageId,
        workspace: &Workspace,
    ) -> Result<Option<PipelineStage>, RuleError> {
        let to = match self {
            Self::Stage(stage) => *stage,
            Self::Step(by) => {
                let stages: Vec<StageId> = workspace.stages(pipeline).map(|stage| stage.id).collect();
                let at = stages.iter().position(|stage| *stage == now).ok_or(RuleError::NoSuchStage)?;
                let to = at.checked_add_signed(*by).and_then(|at| stages.get(at));
                *to.ok_or(RuleError::NoChange)?
            }
            _ => return Ok(None),
        };
        workspace.pipeline_stage(to).map(Some).ok_or(RuleError::NoSuchStage)
    }

    fn due(&self, due: Option<Due>, session: &Session, workspace: &Workspace) -> Option<Due> {
        let zone = workspace.zone();
        let day = match self {
            Self::Day(day) => *day,
            Self::NextDay => {
                let today = session.today(workspace);
                due.map_or(today, |due| due.local(zone).0.max(today)).succ_opt()?
            }
            _ => return None,
        };
        Some(due.map_or(Due { date: day, time: None }, |due| due.on_local_day(day, zone)))
    }

    const fn is_putting_off(&self) -> bool {
        matches!(self, Self::Day(_) | Self::NextDay)
    }

    fn owner(&self) -> Option<UserId> {
        if let Self::Owner(user) = self { Some(*user) } else { None }
    }

    /// The labels that something is to have that has these.
    fn labels<Id: Copy + PartialEq>(&self, now: &[Id], of: impl Fn(AnyLabel) -> Option<Id>) -> Option<Vec<Id>> {
        let Self::Labels { on, off } = self else { return None };
        let [on, off] = [on, off].map(|list| list.iter().filter_map(|label| of(*label)).collect::<Vec<Id>>());
        let kept = now.iter().filter(|label| !off.contains(label)).copied();
        Some(kept.chain(on.iter().filter(|label| !now.contains(label)).copied()).collect())
    }
}

impl AnyLabel {
    fn option(self) -> Option<LabelId> {
        if let Self::Option(id) = self { Some(id) } else { None }
    }

    fn lead(self) -> Option<LeadLabelId> {
        if let Self::Lead(id) = self { Some(id) } else { None }
    }
}
