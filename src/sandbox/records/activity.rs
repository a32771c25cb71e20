//! Activities, <https://developers.pipedrive.com/docs/api/v1/Activities>.

use chrono::{DateTime, NaiveDate, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Address, EditContext, Editable, Listed, Predicate, Record, SortField, current_user_id, record};
use crate::sandbox::query::Query;
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field, nullable};
use crate::sandbox::store::Store;

/// A participant of an activity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Participant {
    pub person_id: u64,
    #[serde(default)]
    pub primary: bool,
}

/// An activity as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Activity {
    pub id: u64,
    pub subject: String,
    #[serde(rename = "type")]
    pub kind: CompactString,
    pub owner_id: u64,
    pub creator_user_id: u64,
    pub is_deleted: bool,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub deal_id: Option<u64>,
    pub lead_id: Option<Uuid>,
    pub person_id: Option<u64>,
    pub org_id: Option<u64>,
    pub project_id: Option<u64>,
    pub due_date: Option<NaiveDate>,
    pub due_time: Option<CompactString>,
    pub duration: Option<CompactString>,
    pub busy: bool,
    pub done: bool,
    pub marked_as_done_time: Option<DateTime<Utc>>,
    pub location: Option<Box<Address>>,
    pub participants: Vec<Participant>,
    pub conference_meeting_client: Option<String>,
    pub conference_meeting_url: Option<String>,
    pub conference_meeting_id: Option<String>,
    pub public_description: Option<String>,
    pub priority: Option<u64>,
    pub note: Option<String>,
}

record!(Activity, u64, "activity", activities);

/// The fields of a participant.
const PARTICIPANT: &[Field] = &[field("person_id", Kind::Integer), field("primary", Kind::Boolean)];

impl Editable for Activity {
    const NAME: &'static str = "Activity";
    const REQUIRED: &'static [&'static str] = &[];
    const FIELDS: &'static [Field] = &[
        field("subject", Kind::NonEmptyText),
        field("type", Kind::NonEmptyText),
        field("owner_id", Kind::Integer),
        nullable("deal_id", Kind::Integer),
        nullable("lead_id", Kind::Uuid),
        // In the published schema, but derived from the participants (migration guide of API v2).
        field("person_id", Kind::ReadOnly("send participants with a primary one")),
        nullable("org_id", Kind::Integer),
        nullable("due_date", Kind::Date),
        nullable("due_time", Kind::Time),
        nullable("duration", Kind::Time),
        field("busy", Kind::Boolean),
        field("done", Kind::Boolean),
        nullable("location", Kind::Object(Address::FIELDS)),
        field("participants", Kind::Objects(PARTICIPANT)),
        nullable("public_description", Kind::Text),
        nullable("priority", Kind::Integer),
        nullable("note", Kind::Text),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.activities.next_id(),
            subject: String::new(),
            kind: "call".into(),
            owner_id: current_user_id(),
            creator_user_id: current_user_id(),
            is_deleted: false,
            add_time: now,
            update_time: now,
            deal_id: None,
            lead_id: None,
            person_id: None,
            org_id: None,
            project_id: None,
            due_date: None,
            due_time: None,
            duration: None,
            busy: false,
            done: false,
            marked_as_done_time: None,
            location: None,
            participants: Vec::new(),
            conference_meeting_client: None,
            conference_meeting_url: None,
            conference_meeting_id: None,
            public_description: None,
            priority: None,
            note: None,
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        edit.check_owner()?;
        edit.check_org("org_id")?;
        edit.check_deal()?;
        edit.check_lead()?;
        let Some(kind) = edit.store.setup.activity_types.iter().find(|kind| kind.key_string == self.kind.as_str())
        else {
            return Err(ErrorResponse::bad_request(format!("'type': there is no activity type '{}'", self.kind)));
        };
        if self.subject.is_empty() {
            self.subject.clone_from(&kind.name);
        }
        if edit.has_field("participants") {
            self.validate_participants(edit.store)?;
        }
        if edit.before.is_none_or(|before| before.done != self.done) {
            self.marked_as_done_time = self.done.then_some(edit.now);
        }
        Ok(())
    }

    /// Completing an activity of a deal counts as a change of the deal, which keeps it from rotting.
    fn after_commit(&self, before: Option<&Self>, store: &mut Store, now: DateTime<Utc>) {
        let was_done = before.is_some_and(|before| before.done);
        let deal = self.deal_id.and_then(|id| store.deals.get(id)).cloned();
        if let Some(mut deal) = deal.filter(|_| self.done && !was_done) {
            deal.touch(now);
            store.deals.put(deal);
        }
    }
}

impl Activity {
    /// Checks that all participants exist, and makes the first one primary if none is.
    fn validate_participants(&mut self, store: &Store) -> Result<(), ErrorResponse> {
        let exists = |id: u64| store.persons.get(id).is_some_and(|person| !person.is_deleted);
        if let Some(unknown) = self.participants.iter().find(|participant| !exists(participant.person_id)) {
            return Err(ErrorResponse::bad_request(format!(
                "'participants': there is no person {}",
                unknown.person_id
            )));
        }
        if !self.participants.iter().any(|participant| participant.primary)
            && let Some(first) = self.participants.first_mut()
        {
            first.primary = true;
        }
        let primary = self.participants.iter().find(|participant| participant.primary);
        self.person_id = primary.map(|participant| participant.person_id);
        Ok(())
    }

    /// Makes a person the only participant.
    pub fn set_person(&mut self, person: Option<u64>) {
        self.person_id = person;
        self.participants = person.iter().map(|id| Participant { person_id: *id, primary: true }).collect();
    }

    /// Returns `true` if a person is a participant.
    pub fn involves(&self, person: u64) -> bool {
        self.person_id == Some(person) || self.participants.iter().any(|participant| participant.person_id == person)
    }

    /// Removes a participant; the first remaining one becomes primary.
    pub fn remove_person(&mut self, person: u64) {
        self.participants.retain(|participant| participant.person_id != person);
        if self.person_id == Some(person) {
            self.person_id = self.participants.first().map(|first| first.person_id);
            if let Some(first) = self.participants.first_mut() {
                first.primary = true;
            }
        }
    }

    /// Returns the sort key of the due date; activities without one come last.
    pub fn due_key(&self) -> i64 {
        self.due_date.map_or(i64::MAX, |date| date.to_epoch_days().into())
    }
}

impl Listed for Activity {
    const SORTS: &'static [SortField<Self>] =
        &[("add_time", |activity| activity.add_time.timestamp()), ("due_date", Self::due_key)];
    const NUMBERS: &'static [super::NumberFilter<Self>] = &[
        ("owner_id", |activity| Some(activity.owner_id)),
        ("deal_id", |activity| activity.deal_id),
        ("person_id", |activity| activity.person_id),
        ("org_id", |activity| activity.org_id),
    ];
    const INCLUDES: &'static [&'static str] = &["attendees"];

    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn delete(&mut self, now: DateTime<Utc>) {
        self.is_deleted = true;
        self.update_time = now;
    }

    fn predicates(query: &Query, _store: &Store) -> Result<Vec<Predicate<Self>>, ErrorResponse> {
        let mut tests: Vec<Predicate<Self>> = vec![Box::new(|activity| !activity.is_deleted)];
        if let Some(done) = query.flag("done")? {
            tests.push(Box::new(move |activity| activity.done == done));
        }
        if let Some(lead) = query.uuid("lead_id")? {
            tests.push(Box::new(move |activity| activity.lead_id == Some(lead)));
        }
        Ok(tests)
    }

    fn included(&self, _field: &str, _store: &Store) -> Value {
        Value::Array(Vec::new())
    }
}
