//! The calls that list objects.

use chrono::{DateTime, SecondsFormat, Utc};

use super::client::Api;
use super::error::ApiError;
use super::pages::Pages;
use super::request::{Lane, Request, Version, cost};
use super::wire::{
    ActivityObject, ActivityTypeObject, DealObject, FieldObject, FieldRead, LeadLabelObject, Object, OrgObject,
    PersonObject, PipelineObject, StageObject, UserObject,
};
use crate::domain::{
    Activity, ActivityId, ActivityType, Deal, DealId, FieldDef, ItemKind, Label, LeadLabel, OrgId, Organization,
    Person, PersonId, Pipeline, Stage, User,
};

/// The most ids that one request may list (Pipedrive's description of `ids`).
const MAX_IDS: usize = 100;

/// A filter of the list of deals.
#[derive(Debug, Clone, Default)]
pub struct DealsQuery {
    /// The statuses in the API's words, separated by commas; `None` for all.
    pub status: Option<&'static str>,
    /// Only deals changed at or after this moment.
    pub since: Option<DateTime<Utc>>,
}

impl Api {
    /// All users, former ones included.
    pub async fn users(&self, lane: Lane) -> Result<Vec<User>, ApiError> {
        self.fetch_all::<UserObject>(lane, Request::get(Version::V1, "/users", cost::LIST_V1)).await
    }

    /// All types of activities.
    pub async fn activity_types(&self, lane: Lane) -> Result<Vec<ActivityType>, ApiError> {
        self.fetch_all::<ActivityTypeObject>(lane, Request::get(Version::V1, "/activityTypes", cost::LIST_V1)).await
    }

    /// All labels of leads.
    pub async fn lead_labels(&self, lane: Lane) -> Result<Vec<LeadLabel>, ApiError> {
        self.fetch_all::<LeadLabelObject>(lane, Request::get(Version::V1, "/leadLabels", cost::LIST_LEAD_LABELS)).await
    }

    /// The labels and the custom fields of a kind of items. Leads have the fields of deals and labels of their own
    /// ([`Self::lead_labels`]), activities neither.
    pub async fn fields(&self, lane: Lane, of: ItemKind) -> Result<(Vec<Label>, Vec<FieldDef>), ApiError> {
        let path = match of {
            ItemKind::Deal => "/dealFields",
            ItemKind::Person => "/personFields",
            ItemKind::Org => "/organizationFields",
            ItemKind::Lead | ItemKind::Activity => return Ok((Vec::new(), Vec::new())),
        };
        let request = Request::get(Version::V2, path, cost::LIST);
        Ok(FieldRead::gathered(self.pages::<FieldObject>(lane, request).all().await?, of))
    }

    /// All pipelines.
    pub async fn pipelines(&self, lane: Lane) -> Result<Vec<Pipeline>, ApiError> {
        let request = Request::get(Version::V2, "/pipelines", cost::LIST_PIPELINES);
        self.pages::<PipelineObject>(lane, request).all().await
    }

    /// All stages of all pipelines.
    pub async fn stages(&self, lane: Lane) -> Result<Vec<Stage>, ApiError> {
        let request = Request::get(Version::V2, "/stages", cost::LIST_PIPELINES);
        self.pages::<StageObject>(lane, request).all().await
    }

    /// Deals that are not archived, in the order of their ids: the only one in which nothing is missed or repeated
    /// while others work.
    pub fn deals(&self, lane: Lane, query: &DealsQuery) -> Pages<Deal> {
        let mut request = Request::get(Version::V2, "/deals", cost::LIST).with("sort_by", "id");
        if let Some(status) = query.status {
            request = request.with("status", status);
        }
        self.pages::<DealObject>(lane, since(request, query.since))
    }

    /// Activities; those to be done, those done, or both.
    pub fn activities(&self, lane: Lane, done: Option<bool>, from: Option<DateTime<Utc>>) -> Pages<Activity> {
        let mut request = Request::get(Version::V2, "/activities", cost::LIST).with("sort_by", "id");
        if let Some(done) = done {
            request = request.with("done", done);
        }
        self.pages::<ActivityObject>(lane, since(request, from))
    }

    /// The activities that were done last.
    pub async fn latest_done(&self, lane: Lane) -> Result<Vec<Activity>, ApiError> {
        let request = Request::get(Version::V2, "/activities", cost::LIST)
            .with("done", true)
            .with("sort_by", "update_time")
            .with("sort_direction", "desc")
            .with("limit", 100);
        self.fetch_all::<ActivityObject>(lane, request).await
    }

    /// All people.
    pub fn people(&self, lane: Lane, from: Option<DateTime<Utc>>) -> Pages<Person> {
        let request = Request::get(Version::V2, "/persons", cost::LIST).with("sort_by", "id");
        self.pages::<PersonObject>(lane, since(request, from))
    }

    /// All organizations.
    pub fn orgs(&self, lane: Lane, from: Option<DateTime<Utc>>) -> Pages<Organization> {
        let request = Request::get(Version::V2, "/organizations", cost::LIST).with("sort_by", "id");
        self.pages::<OrgObject>(lane, since(request, from))
    }

    /// Deals by their ids; those that are no longer there, or are archived, are left out.
    pub async fn deals_by_id(&self, lane: Lane, ids: &[DealId]) -> Result<Vec<Deal>, ApiError> {
        let ids: Vec<u64> = ids.iter().map(|id| id.0).collect();
        self.by_id::<DealObject>(lane, "/deals", &ids).await
    }

    /// Activities by their ids; those that are no longer there are left out.
    pub async fn activities_by_id(&self, lane: Lane, ids: &[ActivityId]) -> Result<Vec<Activity>, ApiError> {
        let ids: Vec<u64> = ids.iter().map(|id| id.0).collect();
        self.by_id::<ActivityObject>(lane, "/activities", &ids).await
    }

    /// People by their ids; those that are no longer there are left out.
    pub async fn people_by_id(&self, lane: Lane, ids: &[PersonId]) -> Result<Vec<Person>, ApiError> {
        let ids: Vec<u64> = ids.iter().map(|id| id.0).collect();
        self.by_id::<PersonObject>(lane, "/persons", &ids).await
    }

    /// Organizations by their ids; those that are no longer there are left out.
    pub async fn orgs_by_id(&self, lane: Lane, ids: &[OrgId]) -> Result<Vec<Organization>, ApiError> {
        let ids: Vec<u64> = ids.iter().map(|id| id.0).collect();
        self.by_id::<OrgObject>(lane, "/organizations", &ids).await
    }

    async fn by_id<T: Object>(&self, lane: Lane, path: &str, ids: &[u64]) -> Result<Vec<T::Domain>, ApiError> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(MAX_IDS) {
            let list: Vec<String> = chunk.iter().map(u64::to_string).collect();
            let request = Request::get(Version::V2, path, cost::LIST).with("ids", list.join(","));
            found.append(&mut self.pages::<T>(lane, request).all().await?);
        }
        Ok(found)
    }
}

/// Adds a lower bound for the time of the last change. Whole seconds: fractions are refused.
fn since(request: Request, from: Option<DateTime<Utc>>) -> Request {
    match from {
        Some(from) => request.with("updated_since", from.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => request,
    }
}
