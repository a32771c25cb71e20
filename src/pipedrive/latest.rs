//! The calls that list the newest items, to find out whether a request whose answer was lost took effect.

use super::client::Api;
use super::error::ApiError;
use super::request::{Request, Version, cost};
use super::wire::{self, ActivityObject, DealObject, LeadObject, Object, OrgObject, PersonObject};
use crate::domain::{Activity, Deal, DealId, Lead, LeadId, Organization, Person};

impl Api {
    /// The latest deals by id, each with the lead that it was converted from: to find out what became of a call
    /// whose answer was lost.
    pub async fn latest_deals(&self, most: usize) -> Result<Vec<(Deal, Option<LeadId>)>, ApiError> {
        let request = latest("/deals", most).with("include_fields", "source_lead_id");
        let envelope = self.call(self.edit_lane(), request).await?;
        let objects: Vec<DealObject> = wire::objects(envelope.data.as_deref(), Version::V2)?;
        Ok(objects
            .into_iter()
            .filter_map(|object| {
                let source = object.source_lead();
                Some((object.into_domain()?, source))
            })
            .collect())
    }

    /// The latest people by id; for the same.
    pub async fn latest_people(&self, most: usize) -> Result<Vec<Person>, ApiError> {
        self.fetch_all::<PersonObject>(self.edit_lane(), latest("/persons", most)).await
    }

    /// The latest organizations by id; for the same.
    pub async fn latest_orgs(&self, most: usize) -> Result<Vec<Organization>, ApiError> {
        self.fetch_all::<OrgObject>(self.edit_lane(), latest("/organizations", most)).await
    }

    /// The latest activities by id; for the same.
    pub async fn latest_activities(&self, most: usize) -> Result<Vec<Activity>, ApiError> {
        self.fetch_all::<ActivityObject>(self.edit_lane(), latest("/activities", most)).await
    }

    /// The latest leads by the time they were added; for the same.
    pub async fn latest_leads(&self, most: usize) -> Result<Vec<Lead>, ApiError> {
        let request =
            Request::get(Version::V1, "/leads", cost::LIST_V1).with("sort", "add_time DESC").with("limit", most);
        self.fetch_all::<LeadObject>(self.edit_lane(), request).await
    }

    /// The lead that a deal was converted to, looked for among this many that have changed last.
    pub async fn lead_of(&self, deal: DealId, most: usize) -> Result<Option<Lead>, ApiError> {
        let request =
            Request::get(Version::V1, "/leads", cost::LIST_V1).with("sort", "update_time DESC").with("limit", most);
        let envelope = self.call(self.edit_lane(), request).await?;
        let leads: Vec<LeadObject> = wire::objects(envelope.data.as_deref(), Version::V1)?;
        Ok(leads.into_iter().find(|lead| lead.source_deal() == Some(deal)).and_then(Object::into_domain))
    }
}

fn latest(path: &str, most: usize) -> Request {
    Request::get(Version::V2, path, cost::LIST).with("sort_by", "id").with("sort_direction", "desc").with("limit", most)
}
