//! Data of the account that the server has sent, in the terms of the domain.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Activity, ActivityType, Deal, FieldDef, Item, ItemDetails, ItemRef, Label, Lead, LeadLabel, Me, Note, Organization,
    Person, Pipeline, Stage, User,
};

/// News about the account as the server has it. Items replace what was known of them; what a change does not
/// name stays, except where it says that it is the whole list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ServerUpdate {
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
    /// All labels of people.
    AllPersonLabels(Vec<Label>),
    /// All labels of organizations.
    AllOrgLabels(Vec<Label>),
    /// All labels of leads.
    AllLeadLabels(Vec<LeadLabel>),
    /// All custom fields of deals, people and organizations.
    AllFields(Vec<FieldDef>),
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
    /// Some notes.
    Notes(Vec<Note>),
    /// Details of an item. Its notes that are not in there have been deleted.
    #[serde(rename = "Dossier")]
    Details(Box<ItemDetails>),
    /// All leads of the inbox: others that are known have been archived, converted or deleted since.
    AllLeads(Vec<Lead>),
    /// An item that no longer exists.
    Gone(ItemRef),
}

impl From<Item> for ServerUpdate {
    fn from(item: Item) -> Self {
        match item {
            Item::Deal(deal) => Self::Deals(vec![deal]),
            Item::Activity(activity) => Self::Activities(vec![activity]),
            Item::Lead(lead) => Self::Leads(vec![lead]),
            Item::Person(person) => Self::People(vec![person]),
            Item::Org(org) => Self::Organizations(vec![org]),
            Item::Note(note) => Self::Notes(vec![note]),
        }
    }
}

impl ServerUpdate {
    /// The single items that it brings, by their names. Those of the whole inbox are not among them.
    pub fn items(&self) -> Vec<ItemRef> {
        match self {
            Self::Deals(deals) => deals.iter().map(|deal| ItemRef::Deal(deal.id)).collect(),
            Self::Activities(activities) => activities.iter().map(|activity| ItemRef::Activity(activity.id)).collect(),
            Self::Leads(leads) => leads.iter().map(|lead| ItemRef::Lead(lead.id)).collect(),
            Self::People(people) => people.iter().map(|person| ItemRef::Person(person.id)).collect(),
            Self::Organizations(orgs) => orgs.iter().map(|org| ItemRef::Org(org.id)).collect(),
            Self::Notes(notes) => notes.iter().map(|note| ItemRef::Note(note.id)).collect(),
            Self::Me(_)
            | Self::AllUsers(_)
            | Self::AllPipelines(_)
            | Self::AllStages(_)
            | Self::AllLabels(_)
            | Self::AllPersonLabels(_)
            | Self::AllOrgLabels(_)
            | Self::AllLeadLabels(_)
            | Self::AllFields(_)
            | Self::AllActivityTypes(_)
            | Self::Details(_)
            | Self::AllLeads(_)
            | Self::Gone(_) => Vec::new(),
        }
    }

    /// The single items that it brings. Those of the whole inbox are not among them.
    pub fn into_items(self) -> Vec<Item> {
        match self {
            Self::Deals(deals) => deals.into_iter().map(Item::Deal).collect(),
            Self::Activities(activities) => activities.into_iter().map(Item::Activity).collect(),
            Self::Leads(leads) => leads.into_iter().map(Item::Lead).collect(),
            Self::People(people) => people.into_iter().map(Item::Person).collect(),
            Self::Organizations(orgs) => orgs.into_iter().map(Item::Org).collect(),
            Self::Notes(notes) => notes.into_iter().map(Item::Note).collect(),
            Self::Me(_)
            | Self::AllUsers(_)
            | Self::AllPipelines(_)
            | Self::AllStages(_)
            | Self::AllLabels(_)
            | Self::AllPersonLabels(_)
            | Self::AllOrgLabels(_)
            | Self::AllLeadLabels(_)
            | Self::AllFields(_)
            | Self::AllActivityTypes(_)
            | Self::Details(_)
            | Self::AllLeads(_)
            | Self::Gone(_) => Vec::new(),
        }
    }

    /// Returns the number of items that it adds, changes or removes.
    pub fn len(&self) -> usize {
        match self {
            Self::Me(_) | Self::Gone(_) | Self::Details(_) => 1,
            Self::AllUsers(users) => users.len(),
            Self::AllPipelines(pipelines) => pipelines.len(),
            Self::AllStages(stages) => stages.len(),
            Self::AllLabels(labels) | Self::AllPersonLabels(labels) | Self::AllOrgLabels(labels) => labels.len(),
            Self::AllLeadLabels(labels) => labels.len(),
            Self::AllFields(fields) => fields.len(),
            Self::AllActivityTypes(types) => types.len(),
            Self::People(people) => people.len(),
            Self::Organizations(orgs) => orgs.len(),
            Self::Deals(deals) => deals.len(),
            Self::Notes(notes) => notes.len(),
            Self::Activities(activities) => activities.len(),
            Self::Leads(leads) | Self::AllLeads(leads) => leads.len(),
        }
    }

    /// Returns `true` for a list that all items are shown with, such as users, stages or labels.
    pub(super) fn is_basic(&self) -> bool {
        match self {
            Self::Me(_)
            | Self::AllUsers(_)
            | Self::AllPipelines(_)
            | Self::AllStages(_)
            | Self::AllLabels(_)
            | Self::AllPersonLabels(_)
            | Self::AllOrgLabels(_)
            | Self::AllLeadLabels(_)
            | Self::AllFields(_)
            | Self::AllActivityTypes(_) => true,
            Self::People(_)
            | Self::Organizations(_)
            | Self::Deals(_)
            | Self::Activities(_)
            | Self::Leads(_)
            | Self::AllLeads(_)
            | Self::Notes(_)
            | Self::Details(_)
            | Self::Gone(_) => false,
        }
    }

    /// Returns `true` if it adds, changes and removes nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
