//! Pipelines and their stages, <https://developers.pipedrive.com/docs/api/v1/Pipelines>.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{EditContext, Editable, Listed, SortField, record};
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::schema::{Field, Kind, field, nullable};
use crate::sandbox::store::Store;

/// A pipeline as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pipeline {
    pub id: u64,
    pub name: String,
    pub order_nr: u64,
    pub is_deleted: bool,
    pub is_deal_probability_enabled: bool,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

record!(Pipeline, u64, "pipeline", pipelines);

impl Editable for Pipeline {
    const NAME: &'static str = "Pipeline";
    const REQUIRED: &'static [&'static str] = &["name"];
    const FIELDS: &'static [Field] =
        &[field("name", Kind::NonEmptyText), field("is_deal_probability_enabled", Kind::Boolean)];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.pipelines.next_id(),
            name: String::new(),
            order_nr: store.pipelines.iter().map(|pipeline| pipeline.order_nr + 1).max().unwrap_or(1),
            is_deleted: false,
            is_deal_probability_enabled: false,
            add_time: now,
            update_time: now,
        }
    }

    fn validate(&mut self, _edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        Ok(())
    }
}

impl Listed for Pipeline {
    const SORTS: &'static [SortField<Self>] = &[("add_time", |pipeline| pipeline.add_time.timestamp())];
    const NUMBERS: &'static [super::NumberFilter<Self>] = &[];

    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn delete(&mut self, now: DateTime<Utc>) {
        self.is_deleted = true;
        self.update_time = now;
    }
}

/// A stage as API v2 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    pub id: u64,
    pub order_nr: u64,
    pub name: String,
    pub is_deleted: bool,
    pub deal_probability: u8,
    pub pipeline_id: u64,
    pub is_deal_rot_enabled: bool,
    pub days_to_rotten: Option<u64>,
    pub add_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

record!(Stage, u64, "stage", stages);

impl Editable for Stage {
    const NAME: &'static str = "Stage";
    const REQUIRED: &'static [&'static str] = &["name", "pipeline_id"];
    const FIELDS: &'static [Field] = &[
        field("name", Kind::NonEmptyText),
        field("pipeline_id", Kind::Integer),
        field("deal_probability", Kind::Percent),
        field("is_deal_rot_enabled", Kind::Boolean),
        nullable("days_to_rotten", Kind::Integer),
    ];

    fn blank(store: &Store, now: DateTime<Utc>) -> Self {
        Self {
            id: store.stages.next_id(),
            order_nr: 0,
            name: String::new(),
            is_deleted: false,
            deal_probability: 100,
            pipeline_id: 0,
            is_deal_rot_enabled: false,
            days_to_rotten: None,
            add_time: now,
            update_time: now,
        }
    }

    fn validate(&mut self, edit: &EditContext<'_, Self>) -> Result<(), ErrorResponse> {
        let store = edit.store;
        edit.check_exists("pipeline_id", |id| store.pipelines.get(id).is_some_and(|pipeline| !pipeline.is_deleted))?;
        if edit.before.is_none_or(|before| before.pipeline_id != self.pipeline_id) {
            let siblings = store.stages.iter().filter(|stage| stage.pipeline_id == self.pipeline_id);
            self.order_nr = siblings.map(|stage| stage.order_nr + 1).max().unwrap_or(1);
        }
        Ok(())
    }
}

impl Listed for Stage {
    const SORTS: &'static [SortField<Self>] = &[
        ("add_time", |stage| stage.add_time.timestamp()),
        ("order_nr", |stage| i64::try_from(stage.order_nr).unwrap_or(i64::MAX)),
    ];
    const NUMBERS: &'static [super::NumberFilter<Self>] = &[("pipeline_id", |stage| Some(stage.pipeline_id))];

    fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    fn delete(&mut self, now: DateTime<Utc>) {
        self.is_deleted = true;
        self.update_time = now;
    }
}
