//! Notes, <https://developers.pipedrive.com/docs/api/v1/Notes>.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EditContext, Editable, current_user_id, record};
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field, nullable};
use crate::sandbox::store::Store;

/// Times of most of API v1: UTC without a zone.
pub mod plain {
    use chrono::{DateTime, NaiveDateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

    pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.format(FORMAT))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveDateTime::parse_from_str(&text, FORMAT).map(|time| time.and_utc()).map_err(D::Error::custom)
    }
}

/// A note as API v1 shows it, without the names of linked records.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the API has them")]
pub struct Note {
    pub id: u64,
    pub active_flag: bool,
    #[serde(with = "plain")]
    pub add_time: DateTime<Utc>,
    #[serde(with = "plain")]
    pub update_time: DateTime<Utc>,
    pub content: String,
    pub user_id: u64,
    pub last_update_user_id: Option<u64>,
    pub deal_id: Option<u64>,
    pub lead_id: Option<Uuid>,
    pub person_id: Option<u64>,
    pub org_id: Option<u64>,
    pub project_id: Option<u64>,
    pub task_id: Option<u64>,
    pub pinned_to_deal_flag: bool,
    pub pinned_to_lead_flag: bool,
    pub pinned_to_person_flag: bool,
    pub pinned_to_organization_flag: bool,
    pub pinned_to_project_flag: bool,
    pub pinned_to_task_flag: bool,
}

record!(Note, u64, "note", notes);

impl Editable for Note {
    const NAME: &'static str = "Note";
    const REQUIRED: &'static [&'static str] = &["content"];
    const FIELDS: &'static [Field] = &[
        field("content", Kind::NonEmptyText),
        field("user_id", Kind::Integer),
        nullable("lead_id", Kind::Uuid),
        nullable("deal_id", Kind::Integer),
        nullable("person_id", Kind::Integer),
        nullable("org_id", Kind::Integer),
        field("pinned_to_lead_flag", Kind::Bit),
        field("pinned_to_deal_flag", Kind::Bit),
        field("pinned_to_person_flag", Kind::Bit),
        field("pinned_to_organization_flag", Kind::Bit),
        field("pinned_to_project_flag", Kind::Bit),
        field("pinned_to_task_flag", Kind::Bit),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.notes.next_id(),
            active_flag: true,
            add_time: now,
            update_time: now,
            content: String::new(),
            user_id: current_user_id(),
            last_update_user_id: None,
            deal_id: None,
            lead_id: None,
            person_id: None,
            org_id: None,
            project_id: None,
            task_id: None,
            pinned_to_deal_flag: false,
            pinned_to_lead_flag: false,
            pinned_to_person_flag: false,
            pinned_to_organization_flag: false,
            pinned_to_project_flag: false,
            pinned_to_task_flag: false,
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        edit.check_exists("user_id", |id| edit.store.is_active_user(id))?;
        edit.check_person()?;
        edit.check_org("org_id")?;
        edit.check_deal()?;
        edit.check_lead()?;
        let is_linked = self.deal_id.is_some() || self.person_id.is_some() || self.org_id.is_some();
        if !is_linked && self.lead_id.is_none() {
            return Err(ErrorResponse::bad_request(
                "A note must be linked to a lead, a deal, a person or an organization",
            ));
        }
        self.last_update_user_id = edit.before.map(|_| current_user_id());
        Ok(())
    }

    fn rejection(what: String) -> ErrorResponse {
        ErrorResponse::bad_request(what)
    }
}
