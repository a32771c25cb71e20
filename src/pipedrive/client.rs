//! [`Api`]: the typed calls. Each puts a request into a lane and reads the answer; nothing here sends.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::{mpsc, oneshot, watch};

use super::connection::Connection;
use super::error::ApiError;
use super::pages::Pages;
use super::proof::{ExpectedAccount, Proof, VerifiedToken};
use super::request::{Lane, Request, Version, cost};
use super::task::{Call, Control, Inbox};
use super::token::Token;
use super::verdict::Envelope;
use super::wire::{
    self, ActivityObject, ActivityTypeObject, DealObject, FieldObject, FieldRead, LeadLabelObject, LeadObject,
    MeObject, Object, OrgObject, PersonObject, PipelineObject, StageObject, UserObject,
};
use crate::domain::{
    Activity, ActivityId, ActivityPatch, ActivityType, Deal, DealId, DealPatch, FieldDef, ItemKind, ItemRef, Label,
    Lead, LeadId, LeadLabel, LeadPatch, Me, NewActivity, NewDeal, NewLead, NewOrg, NewPerson, OrgId, OrgPatch,
    Organization, Person, PersonId, PersonPatch, Pipeline, Stage, TokenUser, User,
};

/// How many calls may wait to be taken by the API task, per lane. Whoever makes more waits.
const CHANNEL: usize = 64;
/// How many objects can be asked for by their ids at once (Pipedrive's description of `ids`).
const MOST_IDS: usize = 100;

/// The line to Pipedrive. Cheap to clone; all clones share the one API task.
#[derive(Debug, Clone)]
pub struct Api {
    lanes: [mpsc::Sender<Call>; Lane::ALL.len()],
    /// The lane in which edits go.
    edits: Lane,
    controls: mpsc::Sender<Control>,
    line: watch::Receiver<Connection>,
    proven: watch::Receiver<Option<VerifiedToken>>,
    max_delay: Duration,
}

/// Which deals to list.
#[derive(Debug, Clone, Default)]
pub struct DealsQuery {
    /// With these statuses, in the API's words, separated by commas.
    pub status: Option<&'static str>,
    /// Changed at or after this moment.
    pub since: Option<DateTime<Utc>>,
}

impl Api {
    pub(super) fn new(max_delay: Duration) -> (Self, Inbox) {
        let [(edit, edits), (screen, screens), (poll, polls), (bulk, bulks), (sync, syncs)] =
            Lane::ALL.map(|_| mpsc::channel(CHANNEL));
        let (controls, controlled) = mpsc::channel(1);
        let (status, line) = watch::channel(Connection::default());
        let (found, proven) = watch::channel(None);
        let lanes = [edits, screens, polls, bulks, syncs];
        let api =
            Self { lanes: [edit, screen, poll, bulk, sync], edits: Lane::Edit, controls, line, proven, max_delay };
        (api, Inbox { lanes, controls: controlled, status, proven: found, max_delay })
    }

    /// The same line, on which edits go behind those that a person makes one by one.
    #[must_use]
    pub fn in_bulk(&self) -> Self {
        Self { edits: Lane::Bulk, ..self.clone() }
    }

    /// The lane in which edits go, and what has to be asked for them.
    pub fn edit_lane(&self) -> Lane {
        self.edits
    }

    /// Uses another token from now on, and goes on with what waits for one once Pipedrive has said that it belongs to
    /// the same account.
    pub async fn renew(&self, token: Token) {
        // Without an API task there is nothing that could use it.
        let _ = self.controls.send(Control::Renew(token)).await;
    }

    /// Sends nothing from now on unless the token belongs to this account.
    pub async fn expect(&self, expected: ExpectedAccount) {
        // Without an API task nothing is sent anyway.
        let _ = self.controls.send(Control::Expect(expected)).await;
    }

    /// Whose the token is, once Pipedrive has said so; `None` again while another one is proving itself.
    pub fn proven(&self) -> watch::Receiver<Option<VerifiedToken>> {
        self.proven.clone()
    }

    /// How the line fares, and every change of that.
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.line.clone()
    }

    /// How long after it was sent a request that got no answer may still reach Pipedrive.
    pub fn max_delay(&self) -> Duration {
        self.max_delay
    }

    /// Sends a request by a lane and waits for the answer.
    pub(super) async fn call(&self, lane: Lane, request: Request) -> Result<Envelope, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.lanes[lane.index()].send(Call::new(request, answer)).await.map_err(|_| ApiError::Closed)?;
        answered.await.map_err(|_| ApiError::Closed)?
    }

    pub(super) async fn fetch_one<T: Object>(&self, lane: Lane, request: Request) -> Result<T::Domain, ApiError> {
        let envelope = self.call(lane, request).await?;
        wire::object::<T>(envelope.data.as_deref())
    }

    /// A list that comes whole.
    pub(super) async fn fetch_all<T: Object>(&self, lane: Lane, request: Request) -> Result<Vec<T::Domain>, ApiError> {
        let version = request.version;
        let envelope = self.call(lane, request).await?;
        Ok(wire::list::<T>(envelope.data.as_deref(), version, wire::MAX_IN_LIST)?.objects)
    }

    /// The token's user, with the name of the company.
    pub async fn me(&self, lane: Lane) -> Result<Me, ApiError> {
        Ok(self.owner(lane).await?.me)
    }

    /// The token's user and company.
    pub async fn owner(&self, lane: Lane) -> Result<TokenUser, ApiError> {
        self.fetch_one::<MeObject>(lane, Proof::request()).await
    }

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
        Ok(FieldRead::gathered(Pages::new::<FieldObject>(self, lane, request).all().await?, of))
    }

    /// All pipelines.
    pub async fn pipelines(&self, lane: Lane) -> Result<Vec<Pipeline>, ApiError> {
        let request = Request::get(Version::V2, "/pipelines", cost::LIST_PIPELINES);
        Pages::new::<PipelineObject>(self, lane, request).all().await
    }

    /// All stages of all pipelines.
    pub async fn stages(&self, lane: Lane) -> Result<Vec<Stage>, ApiError> {
        let request = Request::get(Version::V2, "/stages", cost::LIST_PIPELINES);
        Pages::new::<StageObject>(self, lane, request).all().await
    }

    /// Deals that are not archived, in the order of their ids: the only one in which nothing is missed or repeated
    /// while others work.
    pub fn deals(&self, lane: Lane, query: &DealsQuery) -> Pages<Deal> {
        let mut request = Request::get(Version::V2, "/deals", cost::LIST).with("sort_by", "id");
        if let Some(status) = query.status {
            request = request.with("status", status);
        }
        Pages::new::<DealObject>(self, lane, since(request, query.since))
    }

    /// Activities; those to be done, those done, or both.
    pub fn activities(&self, lane: Lane, done: Option<bool>, from: Option<DateTime<Utc>>) -> Pages<Activity> {
        let mut request = Request::get(Version::V2, "/activities", cost::LIST).with("sort_by", "id");
        if let Some(done) = done {
            request = request.with("done", done);
        }
        Pages::new::<ActivityObject>(self, lane, since(request, from))
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
        Pages::new::<PersonObject>(self, lane, since(request, from))
    }

    /// All organizations.
    pub fn orgs(&self, lane: Lane, from: Option<DateTime<Utc>>) -> Pages<Organization> {
        let request = Request::get(Version::V2, "/organizations", cost::LIST).with("sort_by", "id");
        Pages::new::<OrgObject>(self, lane, since(request, from))
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
        for some in ids.chunks(MOST_IDS) {
            let list: Vec<String> = some.iter().map(u64::to_string).collect();
            let request = Request::get(Version::V2, path, cost::LIST).with("ids", list.join(","));
            found.append(&mut Pages::new::<T>(self, lane, request).all().await?);
        }
        Ok(found)
    }

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
        match self.call(self.edits, Request::delete(version, path, cost)).await {
            Ok(_) | Err(ApiError::Gone(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Changes a deal; gives it as it is then.
    pub async fn update_deal(&self, id: DealId, patch: &DealPatch) -> Result<Deal, ApiError> {
        let request = Request::patch(Version::V2, format!("/deals/{id}"), wire::deal_patch(patch), cost::WRITE);
        self.fetch_one::<DealObject>(self.edits, request).await
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
        self.fetch_one::<ActivityObject>(self.edits, request).await
    }

    /// Changes a lead; gives it as it is then.
    pub async fn update_lead(&self, id: LeadId, patch: &LeadPatch) -> Result<Lead, ApiError> {
        let request = Request::patch(Version::V1, format!("/leads/{id}"), wire::lead_patch(patch), cost::WRITE_V1);
        self.fetch_one::<LeadObject>(self.edits, request).await
    }

    /// Changes a person; gives them as they are then.
    pub async fn update_person(&self, id: PersonId, patch: &PersonPatch) -> Result<Person, ApiError> {
        let request = Request::patch(Version::V2, format!("/persons/{id}"), wire::person_patch(patch), cost::WRITE);
        self.fetch_one::<PersonObject>(self.edits, request).await
    }

    /// Changes an organization; gives it as it is then.
    pub async fn update_org(&self, id: OrgId, patch: &OrgPatch) -> Result<Organization, ApiError> {
        let request = Request::patch(Version::V2, format!("/organizations/{id}"), wire::org_patch(patch), cost::WRITE);
        self.fetch_one::<OrgObject>(self.edits, request).await
    }

    /// Makes a deal.
    pub async fn create_deal(
        &self,
        new: &NewDeal,
        person: Option<PersonId>,
        org: Option<OrgId>,
    ) -> Result<Deal, ApiError> {
        let request = Request::post(Version::V2, "/deals", wire::new_deal(new, person, org), cost::WRITE);
        self.fetch_one::<DealObject>(self.edits, request).await
    }

    /// Makes a lead.
    pub async fn create_lead(
        &self,
        new: &NewLead,
        person: Option<PersonId>,
        org: Option<OrgId>,
    ) -> Result<Lead, ApiError> {
        let request = Request::post(Version::V1, "/leads", wire::new_lead(new, person, org), cost::WRITE_V1);
        self.fetch_one::<LeadObject>(self.edits, request).await
    }

    /// Makes a person.
    pub async fn create_person(&self, new: &NewPerson, org: Option<OrgId>) -> Result<Person, ApiError> {
        let request = Request::post(Version::V2, "/persons", wire::new_person(new, org), cost::WRITE);
        self.fetch_one::<PersonObject>(self.edits, request).await
    }

    /// Makes an organization.
    pub async fn create_org(&self, new: &NewOrg) -> Result<Organization, ApiError> {
        let request = Request::post(Version::V2, "/organizations", wire::new_org(new), cost::WRITE);
        self.fetch_one::<OrgObject>(self.edits, request).await
    }

    /// Makes an activity.
    pub async fn create_activity(&self, new: &NewActivity) -> Result<Activity, ApiError> {
        let request = Request::post(Version::V2, "/activities", wire::new_activity(new), cost::WRITE);
        self.fetch_one::<ActivityObject>(self.edits, request).await
    }

    /// The latest deals by id, each with the lead that it was converted from: to find out what became of a call
    /// whose answer was lost.
    pub async fn latest_deals(&self, most: usize) -> Result<Vec<(Deal, Option<LeadId>)>, ApiError> {
        let request = latest("/deals", most).with("include_fields", "source_lead_id");
        let envelope = self.call(self.edits, request).await?;
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
        self.fetch_all::<PersonObject>(self.edits, latest("/persons", most)).await
    }

    /// The latest organizations by id; for the same.
    pub async fn latest_orgs(&self, most: usize) -> Result<Vec<Organization>, ApiError> {
        self.fetch_all::<OrgObject>(self.edits, latest("/organizations", most)).await
    }

    /// The latest activities by id; for the same.
    pub async fn latest_activities(&self, most: usize) -> Result<Vec<Activity>, ApiError> {
        self.fetch_all::<ActivityObject>(self.edits, latest("/activities", most)).await
    }

    /// The latest leads by the time they were added; for the same.
    pub async fn latest_leads(&self, most: usize) -> Result<Vec<Lead>, ApiError> {
        let request =
            Request::get(Version::V1, "/leads", cost::LIST_V1).with("sort", "add_time DESC").with("limit", most);
        self.fetch_all::<LeadObject>(self.edits, request).await
    }

    /// The lead that a deal was converted to, looked for among this many that have changed last.
    pub async fn lead_of(&self, deal: DealId, most: usize) -> Result<Option<Lead>, ApiError> {
        let request =
            Request::get(Version::V1, "/leads", cost::LIST_V1).with("sort", "update_time DESC").with("limit", most);
        let envelope = self.call(self.edits, request).await?;
        let leads: Vec<LeadObject> = wire::objects(envelope.data.as_deref(), Version::V1)?;
        Ok(leads.into_iter().find(|lead| lead.source_deal() == Some(deal)).and_then(Object::into_domain))
    }
}

fn latest(path: &str, most: usize) -> Request {
    Request::get(Version::V2, path, cost::LIST).with("sort_by", "id").with("sort_direction", "desc").with("limit", most)
}

/// Adds a lower bound for the time of the last change. Whole seconds: fractions are refused.
fn since(request: Request, from: Option<DateTime<Utc>>) -> Request {
    match from {
        Some(from) => request.with("updated_since", from.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => request,
    }
}
