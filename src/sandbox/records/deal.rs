//! Deals, <https://developers.pipedrive.com/docs/api/v1/Deals>.

use chrono::{DateTime, NaiveDate, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use super::{Activity, EditContext, Editable, Listed, Predicate, SortField, check_labels, current_user_id, record};
use crate::sandbox::custom_fields;
use crate::sandbox::query::Query;
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field, nullable};
use crate::sandbox::setup::Label;
use crate::sandbox::store::Store;

/// The status of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Won,
    Lost,
    Deleted,
}

/// A deal as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deal {
    pub id: u64,
    pub title: String,
    pub creator_user_id: u64,
    pub owner_id: u64,
    pub person_id: Option<u64>,
    pub org_id: Option<u64>,
    pub pipeline_id: u64,
    pub stage_id: u64,
    pub value: Number,
    pub currency: CompactString,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub stage_change_time: Option<DateTime<Utc>>,
    pub status: Status,
    pub is_deleted: bool,
    pub is_archived: bool,
    pub archive_time: Option<DateTime<Utc>>,
    pub probability: Option<Number>,
    pub lost_reason: Option<String>,
    pub visible_to: u8,
    pub close_time: Option<DateTime<Utc>>,
    pub won_time: Option<DateTime<Utc>>,
    pub lost_time: Option<DateTime<Utc>>,
    pub expected_close_date: Option<NaiveDate>,
    pub label_ids: Vec<u64>,
    pub origin: CompactString,
    pub origin_id: Option<String>,
    pub channel: Option<u64>,
    pub channel_id: Option<String>,
    pub source_lead_id: Option<Uuid>,
    pub acv: Option<Number>,
    pub arr: Option<Number>,
    pub mrr: Option<Number>,
    pub custom_fields: Map<String, Value>,
}

record!(Deal, u64, "deal", deals);

impl Editable for Deal {
    const NAME: &'static str = "Deal";
    const REQUIRED: &'static [&'static str] = &["title"];
    const FIELDS: &'static [Field] = &[
        field("title", Kind::NonEmptyText),
        field("owner_id", Kind::Integer),
        nullable("person_id", Kind::Integer),
        nullable("org_id", Kind::Integer),
        field("pipeline_id", Kind::Integer),
        field("stage_id", Kind::Integer),
        field("value", Kind::Number),
        field("currency", Kind::NonEmptyText),
        field("is_deleted", Kind::Boolean),
        field("is_archived", Kind::Boolean),
        nullable("archive_time", Kind::Timestamp),
        field("status", Kind::OneOf(&["open", "won", "lost"])),
        nullable("probability", Kind::Percent),
        nullable("lost_reason", Kind::Text),
        field("visible_to", Kind::Visibility),
        nullable("close_time", Kind::Timestamp),
        nullable("won_time", Kind::Timestamp),
        nullable("lost_time", Kind::Timestamp),
        nullable("expected_close_date", Kind::Date),
        field("label_ids", Kind::Ids),
        field("custom_fields", Kind::AnyObject),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.deals.next_id(),
            title: String::new(),
            creator_user_id: current_user_id(),
            owner_id: current_user_id(),
            person_id: None,
            org_id: None,
            pipeline_id: 0,
            stage_id: 0,
            value: Number::from(0),
            currency: store.current_user().default_currency.as_str().into(),
            add_time: now,
            update_time: now,
            stage_change_time: None,
            status: Status::Open,
            is_deleted: false,
            is_archived: false,
            archive_time: None,
            probability: None,
            lost_reason: None,
            visible_to: 3,
            close_time: None,
            won_time: None,
            lost_time: None,
            expected_close_date: None,
            label_ids: Vec::new(),
            origin: "API".into(),
            origin_id: None,
            channel: None,
            channel_id: None,
            source_lead_id: None,
            acv: None,
            arr: None,
            mrr: None,
            custom_fields: Map::new(),
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        self.validate_archive(edit)?;
        if self.is_deleted {
            return Err(ErrorResponse::bad_request("'is_deleted': deals are deleted with DELETE"));
        }
        edit.check_owner()?;
        if edit.has_field("custom_fields") {
            let before = edit.before.map(|before| &before.custom_fields);
            let fields = &edit.store.setup.deal_fields;
            self.custom_fields = custom_fields::merge(fields, before, &self.custom_fields, edit.store)?;
        }
        edit.check_person()?;
        edit.check_org("org_id")?;
        let is_about_links = edit.before.is_none() || edit.has_field("person_id") || edit.has_field("org_id");
        if is_about_links && self.person_id.is_none() && self.org_id.is_none() {
            return Err(ErrorResponse::bad_request("A deal must be linked to a person or an organization"));
        }
        if edit.has_field("label_ids") {
            check_labels(&self.label_ids, &edit.store.setup.deal_labels)?;
        }
        if edit.has_value("currency") && !edit.store.has_currency(&self.currency) {
            return Err(ErrorResponse::bad_request(format!("'currency': there is no {}", self.currency)));
        }
        self.validate_stage(edit)?;
        self.validate_status(edit)
    }
}

impl Deal {
    /// Archived deals accept no edit except unarchiving (changelog of 2025-04-15).
    fn validate_archive(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        let was_archived = edit.before.is_some_and(|before| before.is_archived);
        let only_archives = edit.body.keys().all(|name| name == "is_archived" || name == "archive_time");
        if was_archived && (self.is_archived || !only_archives) {
            return Err(ErrorResponse::bad_request(
                "Archived deals cannot be edited: take the deal out of the archive first",
            ));
        }
        if !self.is_archived {
            self.archive_time = None;
        } else if !edit.has_value("archive_time") {
            self.archive_time = Some(edit.now);
        }
        Ok(())
    }

    /// A stage determines the pipeline; a pipeline alone moves the deal to its first stage.
    fn validate_stage(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        let store = edit.store;
        if edit.has_value("stage_id") {
            let stage = store.open_stage(self.stage_id);
            let stage = stage
                .ok_or_else(|| ErrorResponse::bad_request(format!("'stage_id': there is no {}", self.stage_id)))?;
            self.pipeline_id = stage.pipeline_id;
        } else if edit.before.is_none() || edit.has_value("pipeline_id") {
            let stays = edit.before.is_some_and(|before| before.pipeline_id == self.pipeline_id);
            let pipeline =
                if edit.has_value("pipeline_id") { Some(self.pipeline_id) } else { store.default_pipeline() };
            let first = pipeline.and_then(|id| store.first_stage(id));
            let no_stage = || ErrorResponse::bad_request(format!("'pipeline_id': there is no {}", self.pipeline_id));
            let stage = first.ok_or_else(no_stage)?;
            if !stays {
                (self.pipeline_id, self.stage_id) = (stage.pipeline_id, stage.id);
            }
        }
        if edit.before.is_some_and(|before| before.stage_id != self.stage_id) {
            self.stage_change_time = Some(edit.now);
        }
        Ok(())
    }

    /// Times and the lost reason must match the status, and are cleared when the deal is reopened.
    fn validate_status(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        for (name, fits) in [
            ("lost_reason", self.status == Status::Lost),
            ("lost_time", self.status == Status::Lost),
            ("won_time", self.status == Status::Won),
            ("close_time", matches!(self.status, Status::Won | Status::Lost)),
        ] {
            if edit.has_value(name) && !fits {
                return Err(ErrorResponse::bad_request(format!("'{name}' does not go with the status of the deal")));
            }
        }
        let stays = edit.before.is_some_and(|before| before.status == self.status);
        let time =
            |given: Option<DateTime<Utc>>, name| if stays || edit.has_value(name) { given } else { Some(edit.now) };
        let end = time(self.close_time, "close_time");
        let won = time(self.won_time, "won_time");
        let lost = time(self.lost_time, "lost_time");
        let reason = self.lost_reason.take();
        (self.close_time, self.won_time, self.lost_time, self.lost_reason) = match self.status {
            Status::Won => (end.or(Some(edit.now)), won.or(Some(edit.now)), None, None),
            Status::Lost => (end.or(Some(edit.now)), None, lost.or(Some(edit.now)), reason),
            Status::Open | Status::Deleted => (None, None, None, None),
        };
        Ok(())
    }

    /// Returns the condition of the `status` parameter.
    fn status_predicate(query: &Query) -> Result<Predicate<Self>, ErrorResponse> {
        let wanted = query.keywords("status", &["open", "won", "lost", "deleted"])?;
        let status = |word: &&str| match *word {
            "open" => Status::Open,
            "won" => Status::Won,
            "lost" => Status::Lost,
            _ => Status::Deleted,
        };
        let wanted: Vec<Status> = wanted.iter().map(status).collect();
        Ok(Box::new(
            move |deal| {
                if wanted.is_empty() { deal.status != Status::Deleted } else { wanted.contains(&deal.status) }
            },
        ))
    }
}

impl Listed for Deal {
    const SORTS: &'static [SortField<Self>] = &[("add_time", |deal| deal.add_time.timestamp())];
    const NUMBERS: &'static [super::NumberFilter<Self>] = &[
        ("owner_id", |deal| Some(deal.owner_id)),
        ("person_id", |deal| deal.person_id),
        ("org_id", |deal| deal.org_id),
        ("pipeline_id", |deal| Some(deal.pipeline_id)),
        ("stage_id", |deal| Some(deal.stage_id)),
    ];
    const INCLUDES: &'static [&'static str] = &[
        "next_activity_id",
        "last_activity_id",
        "first_won_time",
        "products_count",
        "files_count",
        "notes_count",
        "followers_count",
        "email_messages_count",
        "activities_count",
        "done_activities_count",
        "undone_activities_count",
        "participants_count",
        "last_incoming_mail_time",
        "last_outgoing_mail_time",
        "smart_bcc_email",
        "source_lead_id",
    ];
    const ALWAYS_THERE: &'static [&'static str] = &["source_lead_id"];
    const LINK: fn(&Activity) -> Option<u64> = |activity| activity.deal_id;

    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn delete(&mut self, now: DateTime<Utc>) {
        self.is_deleted = true;
        self.status = Status::Deleted;
        self.update_time = now;
    }

    fn is_archived(&self) -> bool {
        self.is_archived
    }

    fn predicates(query: &Query, _store: &Store) -> Result<Vec<Predicate<Self>>, ErrorResponse> {
        Ok(vec![Self::status_predicate(query)?])
    }

    fn labels<'a>(&'a self, store: &'a Store) -> Option<(&'a [u64], &'a [Label])> {
        Some((&self.label_ids, &store.setup.deal_labels))
    }

    fn included(&self, field: &str, store: &Store) -> Value {
        match field {
            "first_won_time" => serde_json::to_value(self.won_time).unwrap_or_default(),
            "notes_count" => store.notes.iter().filter(|note| note.deal_id == Some(self.id)).count().into(),
            "products_count" => store.products.iter().filter(|product| product.deal_id == self.id).count().into(),
            "participants_count" => u8::from(self.person_id.is_some()).into(),
            count if count.ends_with("_count") => 0.into(),
            _ => Value::Null,
        }
    }
}
