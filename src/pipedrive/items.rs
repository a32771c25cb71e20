//! The calls that read, change, create and delete single items.

use super::client::Api;
use super::error::ApiError;
use super::request::{Lane, Request, Version, cost};
use super::wire::{self, ActivityObject, DealObject, LeadObject, OrgObject, PersonObject};
use crate::domain::{
    Activity, ActivityId, ActivityPatch, Deal, DealId, DealPatch, ItemRef, Lead, LeadId, LeadPatch, NewActivity,
    NewDeal, NewLead, NewOrg, NewPerson, OrgId, OrgPatch, Organization, Person, PersonId, PersonPatch,
};

impl Api {
    /// One deal.
    pub async fn deal(&self, lane: Lane, id: DealId) -> Result<Deal, ApiError> {
        self.fetch_one::<DealObject>(lane, Request::get(Version::V2, format!("/deals/{id}"), cost::GET)).await
    }

    /// One activity.
    pub async fn activity(&self, lane: Lane, id: ActivityId) -> Result<Activity, ApiError> {
        self.fetch_one::<ActivityObject>(lane, Request::get(Version::V2, format!("/activities/{id}"), cost::GET)).await
    }

    /// One lead.
    pub async fn lead(&self, lane: Lane, id: LeadId) -> Result<Lead, ApiError> {
        self.fetch_one::<LeadObject>(lane, Request::get(Version::V1, format!("/leads/{id}"), cost::GET_V1)).await
    }

    /// One person.
    pub async fn person(&self, lane: Lane, id: PersonId) -> Result<Person, ApiError> {
        self.fetch_one::<PersonObject>(lane, Request::get(Version::V2, format!("/persons/{id}"), cost::GET)).await
    }

    /// One organization.
    pub async fn org(&self, lane: Lane, id: OrgId) -> Result<Organization, ApiError> {
        self.fetch_one::<OrgObject>(lane, Request::get(Version::V2, format!("/organizations/{id}"), cost::GET)).await
    }

    /// Deletes an item. What is no longer there is as good as deleted.
    pub async fn delete(&self, item: ItemRef) -> Result<(), ApiError> {
        let (version, path, cost) = match item {
            ItemRef::Deal(id) => (Version::V2, format!("/deals/{id}"), cost::DELETE),
            ItemRef::Activity(id) => (Version::V2, format!("/activities/{id}"), cost::DELETE),
            ItemRef::Person(id) => (Version::V2, format!("/persons/{id}"), cost::DELETE),
            ItemRef::Org(id) => (Version::V2, format!("/organizations/{id}"), cost::DELETE),
            ItemRef::Lead(id) => (Version::V1, format!("/leads/{id}"), cost::DELETE_V1),
            ItemRef::Note(id) => (Version::V1, format!("/notes/{id}"), cost::DELETE_V1),
        };
        match self.call(self.edit_lane(), Request::delete(version, path, cost)).await {
            Ok(_) | Err(ApiError::Gone(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Changes a deal; gives it as it is then.
    pub async fn update_deal(&self, id: DealId, patch: &DealPatch) -> Result<Deal, ApiError> {
        let request = Request::patch(Version::V2, format!("/deals/{id}"), wire::deal_patch(patch), cost::WRITE);
        self.fetch_one::<DealObject>(self.edit_lane(), request).await
    }

    /// Changes an activity, which is `now` so; gives it as it is then. What it is now is wanted where people or the time
    /// of day change, see [`ActivityPatch::rests_on_now`].
    pub async fn update_activity(
        &self,
        id: ActivityId,
        patch: &ActivityPatch,
        now: Option<&Activity>,
    ) -> Result<Activity, ApiError> {
        let request =
            Request::patch(Version::V2, format!("/activities/{id}"), wire::activity_patch(patch, now), cost::WRITE);
        self.fetch_one::<ActivityObject>(self.edit_lane(), request).await
    }

    /// Changes a lead; gives it as it is then.
    pub async fn update_lead(&self, id: LeadId, patch: &LeadPatch) -> Result<Lead, ApiError> {
        let request = Request::patch(Version::V1, format!("/leads/{id}"), wire::lead_patch(patch), cost::WRITE_V1);
        self.fetch_one::<LeadObject>(self.edit_lane(), request).await
    }

    /// Changes a person; gives them as they are then.
    pub async fn update_person(&self, id: PersonId, patch: &PersonPatch) -> Result<Person, ApiError> {
        let request = Request::patch(Version::V2, format!("/persons/{id}"), wire::person_patch(patch), cost::WRITE);
        self.fetch_one::<PersonObject>(self.edit_lane(), request).await
    }

    /// Changes an organization; gives it as it is then.
    pub async fn update_org(&self, id: OrgId, patch: &OrgPatch) -> Result<Organization, ApiError> {
        let request = Request::patch(Version::V2, format!("/organizations/{id}"), wire::org_patch(patch), cost::WRITE);
        self.fetch_one::<OrgObject>(self.edit_lane(), request).await
    }

    /// Makes a deal.
    pub async fn create_deal(
        &self,
        new: &NewDeal,
        person: Option<PersonId>,
        org: Option<OrgId>,
    ) -> Result<Deal, ApiError> {
        let request = Request::post(Version::V2, "/deals", wire::new_deal(new, person, org), cost::WRITE);
        self.fetch_one::<DealObject>(self.edit_lane(), request).await
    }

    /// Makes a lead.
    pub async fn create_lead(
        &self,
        new: &NewLead,
        person: Option<PersonId>,
        org: Option<OrgId>,
    ) -> Result<Lead, ApiError> {
        let request = Request::post(Version::V1, "/leads", wire::new_lead(new, person, org), cost::WRITE_V1);
        self.fetch_one::<LeadObject>(self.edit_lane(), request).await
    }

    /// Makes a person.
    pub async fn create_person(&self, new: &NewPerson, org: Option<OrgId>) -> Result<Person, ApiError> {
        let request = Request::post(Version::V2, "/persons", wire::new_person(new, org), cost::WRITE);
        self.fetch_one::<PersonObject>(self.edit_lane(), request).await
    }

    /// Makes an organization.
    pub async fn create_org(&self, new: &NewOrg) -> Result<Organization, ApiError> {
        let request = Request::post(Version::V2, "/organizations", wire::new_org(new), cost::WRITE);
        self.fetch_one::<OrgObject>(self.edit_lane(), request).await
    }

    /// Makes an activity.
    pub async fn create_activity(&self, new: &NewActivity) -> Result<Activity, ApiError> {
        let request = Request::post(Version::V2, "/activities", wire::new_activity(new), cost::WRITE);
        self.fetch_one::<ActivityObject>(self.edit_lane(), request).await
    }
}
