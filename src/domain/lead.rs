//! Leads: deals that are not deals yet.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::double_option::double_option;
use super::{ActivityId, CustomPatch, CustomValues, LeadId, LeadLabelId, Money, OrgId, PersonId, RuleError, UserId};

/// A lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// Its title.
    pub title: String,
    /// Its owner.
    pub owner: Option<UserId>,
    /// The person it is linked to.
    pub person: Option<PersonId>,
    /// The organization it is linked to.
    pub org: Option<OrgId>,
    /// Labels.
    pub labels: Vec<LeadLabelId>,
    /// Its source, such as `Manually created`.
    pub source: String,
    /// `true` if a user has opened it.
    pub seen: bool,
    /// Its expected value.
    pub value: Option<Money>,
    /// When it is expected to close.
    pub expected_close: Option<NaiveDate>,
    /// Archived leads are not in the inbox.
    pub archived: bool,
    /// When it came.
    pub added: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated: Option<DateTime<Utc>>,
    /// The user who created it.
    #[serde(default)]
    pub creator: Option<UserId>,
    /// Its next activity, as Pipedrive reports it.
    #[serde(default)]
    pub next_activity: Option<ActivityId>,
    /// Its custom fields, which are those of deals.
    #[serde(default, skip_serializing_if = "CustomValues::is_empty")]
    pub custom: CustomValues,
}

impl Lead {
    /// Returns a lead with no field set.
    pub fn blank(id: LeadId) -> Self {
        Self {
            id,
            title: String::new(),
            owner: None,
            person: None,
            org: None,
            labels: Vec::new(),
            source: String::new(),
            seen: false,
            value: None,
            expected_close: None,
            archived: false,
            added: None,
            updated: None,
            creator: None,
            next_activity: None,
            custom: CustomValues::default(),
        }
    }

    /// Checks the rule that a lead is linked to at least one person or organization.
    ///
    /// # Errors
    /// [`RuleError::LeadUnlinked`] where it is linked to neither.
    pub fn check_link(&self) -> Result<(), RuleError> {
        if self.person.is_none() && self.org.is_none() { Err(RuleError::LeadUnlinked) } else { Ok(()) }
    }

    /// Returns `true` if it has lost the person and the organization that it was linked to. One that is being made may
    /// be linked to what is made along with it.
    pub fn needs_link(&self) -> bool {
        self.check_link().is_err() && !self.id.is_local()
    }
}

/// Changes to a lead; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadPatch {
    /// A new title.
    pub title: Option<String>,
    /// A new value; `Some(None)` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub value: Option<Option<Money>>,
    /// A new expected closing date; `Some(None)` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "double_option")]
    pub expected_close: Option<Option<NaiveDate>>,
    /// Seen or unseen.
    pub seen: Option<bool>,
    /// Into or out of the archive.
    pub archived: Option<bool>,
    /// Another owner. A lead always has one.
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
    pub labels: Option<Vec<LeadLabelId>>,
    /// Changes to its custom fields.
    #[serde(default, skip_serializing_if = "CustomPatch::is_empty")]
    pub custom: CustomPatch,
}

impl LeadPatch {
    /// Applies the change to a lead.
    pub fn apply(&self, lead: &mut Lead) {
        if let Some(title) = &self.title {
            lead.title.clone_from(title);
        }
        if let Some(value) = &self.value {
            lead.value.clone_from(value);
        }
        if let Some(date) = self.expected_close {
            lead.expected_close = date;
        }
        if let Some(seen) = self.seen {
            lead.seen = seen;
        }
        if let Some(archived) = self.archived {
            lead.archived = archived;
        }
        lead.owner = self.owner.or(lead.owner);
        if let Some(person) = self.person {
            lead.person = person;
        }
        if let Some(org) = self.org {
            lead.org = org;
        }
        if let Some(labels) = &self.labels {
            lead.labels.clone_from(labels);
        }
        self.custom.apply(&mut lead.custom);
    }

    /// The change that takes this one back, given the lead as it was before.
    #[must_use]
    pub fn inverse(&self, before: &Lead) -> Self {
        Self {
            title: self.title.as_ref().map(|_| before.title.clone()),
            value: self.value.as_ref().map(|_| before.value.clone()),
            expected_close: self.expected_close.map(|_| before.expected_close),
            seen: self.seen.map(|_| before.seen),
            archived: self.archived.map(|_| before.archived),
            owner: self.owner.and(before.owner),
            person: self.person.map(|_| before.person),
            org: self.org.map(|_| before.org),
            labels: self.labels.as_ref().map(|_| before.labels.clone()),
            custom: self.custom.inverse(&before.custom),
        }
    }
}
