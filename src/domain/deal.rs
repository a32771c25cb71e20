//! Deals and what changes in them.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::double_option::double_option;
use super::{
    Currency, CustomPatch, CustomValues, DealId, LabelId, Money, OrgId, PersonId, PipelineId, RuleError, Stage,
    StageId, UserId,
};

/// A probability of success in percent, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Probability(u8);

impl Probability {
    /// Certain.
    pub const CERTAIN: Self = Self(100);

    /// The probability of this many percent, or `None` outside 0 to 100.
    pub fn new(percent: i64) -> Option<Self> {
        u8::try_from(percent).ok().filter(|percent| *percent <= 100).map(Self)
    }

    /// In percent.
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// The status of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DealStatus {
    /// Being worked on.
    Open,
    /// Won.
    Won,
    /// Lost.
    Lost,
    /// Deleted: on no board.
    Other,
}

/// A deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// Its id.
    pub id: DealId,
    /// Its title, as the server has it: not safe to print as it is.
    pub title: String,
    /// Its owner.
    pub owner: Option<UserId>,
    /// The person it is linked to.
    pub person: Option<PersonId>,
    /// The organization it is linked to.
    pub org: Option<OrgId>,
    /// The pipeline it is in.
    pub pipeline: PipelineId,
    /// The stage it is in.
    pub stage: StageId,
    /// Its value.
    pub value: Money,
    /// Its status.
    pub status: DealStatus,
    /// Why it was lost.
    pub lost_reason: Option<String>,
    /// Its own probability, which wins over the stage's.
    pub probability: Option<Probability>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
    /// Labels.
    pub labels: Vec<LabelId>,
    /// When it was made.
    pub added: Option<DateTime<Utc>>,
    /// When it last changed. Missing on fresh deals.
    pub updated: Option<DateTime<Utc>>,
    /// When it came to its stage. Missing on fresh deals.
    pub stage_changed: Option<DateTime<Utc>>,
    /// When it was won or lost.
    pub closed: Option<DateTime<Utc>>,
    /// Archived deals are on no board and cannot be edited.
    pub archived: bool,
    /// The user who created it.
    #[serde(default)]
    pub creator: Option<UserId>,
    /// Its origin in Pipedrive's word, such as `ManuallyCreated` or `API`.
    #[serde(default)]
    pub origin: CompactString,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

/// The rotting state of an open deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rot {
    /// Updated recently, or rotting is off for its stage.
    Fresh,
    /// Untouched for this many days, more than its stage allows.
    Rotten {
        /// Whole days since the last update.
        days: i64,
    },
}

impl Deal {
    /// Returns an open deal with no other field set.
    pub fn blank(id: DealId, place: PipelineStage, value: Money) -> Self {
        Self {
            id,
            title: String::new(),
            owner: None,
            person: None,
            org: None,
            pipeline: place.pipeline,
            stage: place.stage,
            value,
            status: DealStatus::Open,
            lost_reason: None,
            probability: None,
            expected_close: None,
            labels: Vec::new(),
            added: None,
            updated: None,
            stage_changed: None,
            closed: None,
            archived: false,
            creator: None,
            origin: CompactString::default(),
            custom: CustomValues::default(),
        }
    }

    /// Returns the rotting state. A deal rots if it is open, its stage has rotting on, and it was not updated for more than the
    /// stage's number of days (the rule of Pipedrive's rotting feature; the API gives no figure for it).
    pub fn rot(&self, stage: &Stage, now: DateTime<Utc>) -> Rot {
        let (Some(limit), DealStatus::Open) = (stage.rots_after_days, self.status) else { return Rot::Fresh };
        let Some(touched) = self.updated.or(self.added) else { return Rot::Fresh };
        let idle = now - touched;
        if idle > TimeDelta::days(i64::from(limit)) { Rot::Rotten { days: idle.num_days() } } else { Rot::Fresh }
    }

    /// Checks the rule that a deal is linked to a person, an organization or both.
    ///
    /// # Errors
    /// [`RuleError::DealUnlinked`] where it is linked to neither.
    pub fn check_link(&self) -> Result<(), RuleError> {
        if self.person.is_none() && self.org.is_none() { Err(RuleError::DealUnlinked) } else { Ok(()) }
    }

    /// Returns `true` if it has lost the person and the organization that it was linked to. One that is being made may
    /// be linked to what is made along with it.
    pub fn needs_link(&self) -> bool {
        self.check_link().is_err() && !self.id.is_local() && self.status != DealStatus::Other
    }

    /// The part of the deal's value that counts towards totals. Absurdly large amounts are held to a bound so
    /// that adding up any number of deals stays exact and cannot overflow.
    pub fn countable_value(&self) -> Decimal {
        const BOUND: Decimal = Money::MAX;
        const SCALE: u32 = 4;
        self.value.amount.clamp(-BOUND, BOUND).round_dp(SCALE)
    }
}

/// A stage together with its pipeline: where on which board a deal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineStage {
    /// The pipeline of the stage.
    pub pipeline: PipelineId,
    /// The stage.
    pub stage: StageId,
}

/// A change of status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusChange {
    /// Back to open.
    Reopen,
    /// Won.
    Win,
    /// Lost, with the reason if one is given.
    Lose {
        /// Why.
        reason: Option<String>,
    },
}

/// Changes to a deal; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealPatch {
    /// A new title.
    pub title: Option<String>,
    /// A new stage.
    #[serde(rename = "place")]
    pub stage: Option<PipelineStage>,
    /// A new value.
    pub value: Option<Money>,
    /// A new status.
    pub status: Option<StatusChange>,
    /// A new probability; `Some(None)` goes back to the stage's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub probability: Option<Option<Probability>>,
    /// A new expected closing date; `Some(None)` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub expected_close: Option<Option<NaiveDate>>,
    /// Another owner. A deal always has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Another person; `Some(None)` removes the link.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub person: Option<Option<PersonId>>,
    /// Another organization; `Some(None)` removes the link.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub org: Option<Option<OrgId>>,
    /// All labels that it is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<LabelId>>,
    /// Changes to its custom fields.
    #[serde(default, skip_serializing_if = "CustomPatch::is_empty")]
    pub custom: CustomPatch,
}

impl DealPatch {
    /// Returns `true` if it only moves the deal to another stage.
    pub fn is_move(&self) -> bool {
        self.stage.is_some() && *self == Self { stage: self.stage, ..Self::default() }
    }

    /// Applies the change to a deal.
    pub fn apply(&self, deal: &mut Deal) {
        if let Some(title) = &self.title {
            deal.title.clone_from(title);
        }
        if let Some(place) = self.stage {
            deal.pipeline = place.pipeline;
            deal.stage = place.stage;
        }
        if let Some(value) = &self.value {
            deal.value = value.clone();
        }
        if let Some(status) = &self.status {
            (deal.status, deal.lost_reason) = match status {
                StatusChange::Reopen => (DealStatus::Open, None),
                StatusChange::Win => (DealStatus::Won, None),
                StatusChange::Lose { reason } => (DealStatus::Lost, reason.clone()),
            };
        }
        if let Some(probability) = self.probability {
            deal.probability = probability;
        }
        if let Some(date) = self.expected_close {
            deal.expected_close = date;
        }
        deal.owner = self.owner.or(deal.owner);
        if let Some(person) = self.person {
            deal.person = person;
        }
        if let Some(org) = self.org {
            deal.org = org;
        }
        if let Some(labels) = &self.labels {
            deal.labels.clone_from(labels);
        }
        self.custom.apply(&mut deal.custom);
    }

    /// The change that takes this one back, given the deal as it was before.
    #[must_use]
    pub fn inverse(&self, before: &Deal) -> Self {
        Self {
            title: self.title.as_ref().map(|_| before.title.clone()),
            stage: self.stage.map(|_| PipelineStage { pipeline: before.pipeline, stage: before.stage }),
            value: self.value.as_ref().map(|_| before.value.clone()),
            status: self.status.as_ref().and_then(|_| match before.status {
                DealStatus::Open => Some(StatusChange::Reopen),
                DealStatus::Won => Some(StatusChange::Win),
                DealStatus::Lost => Some(StatusChange::Lose { reason: before.lost_reason.clone() }),
                DealStatus::Other => None,
            }),
            probability: self.probability.map(|_| before.probability),
            expected_close: self.expected_close.map(|_| before.expected_close),
            owner: self.owner.and(before.owner),
            person: self.person.map(|_| before.person),
            org: self.org.map(|_| before.org),
            labels: self.labels.as_ref().map(|_| before.labels.clone()),
            custom: self.custom.inverse(&before.custom),
        }
    }
}

impl Deal {
    /// The currency of its value.
    pub fn currency(&self) -> &Currency {
        &self.value.currency
    }
}
