//! What the server says about the account, in the terms of the domain.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Activity, ActivityType, Deal, ItemRef, Label, Lead, LeadLabel, Me, Organization, Person, Pipeline, Stage, User,
};

/// News about the account as the server has it. Items replace what was known of them; what a change does not
/// name stays, except where it says that it is the whole list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// The user whose token is in use, and the company.
    Me(Me),
    /// All users.
    AllUsers(Vec<User>),
    /// All pipelines.
    AllPipelines(Vec<Pipeline>),
    /// All stages of all pipelines.
    AllStages(Vec<Stage>),
    /// All labels of deals.
    AllLabels(Vec<Label>),
    /// All labels of leads.
    AllLeadLabels(Vec<LeadLabel>),
    /// All types of activities.
    AllActivityTypes(Vec<ActivityType>),
    /// Some people.
    People(Vec<Person>),
    /// Some organizations.
    Organizations(Vec<Organization>),
    /// Some deals.
    Deals(Vec<Deal>),
    /// Some activities.
    Activities(Vec<Activity>),
    /// Some leads.
    Leads(Vec<Lead>),
    /// All leads of the inbox: others that are known have been archived, converted or deleted since.
    AllLeads(Vec<Lead>),
    /// An item that is no longer there.
    Gone(ItemRef),
}
