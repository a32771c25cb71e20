//! Rows of users, pipelines, stages, custom fields and saved filters.

use serde::Serialize;

use super::row::{Field, Row, column, owner_name, text, yes};
use crate::domain::{FieldDef, FieldKind, ItemKind, Pipeline, SavedFilter, Stage, User};
use crate::workspace::Workspace;

#[derive(Serialize)]
struct UserJson<'a> {
    id: u64,
    name: &'a str,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    active: bool,
    is_me: bool,
}

impl Row {
    pub(in crate::cli::script) fn of_user(account: &Workspace, user: &User) -> Self {
        let is_me = account.me().is_some_and(|me| me.id == user.id);
        let json = UserJson {
            id: user.id.0,
            name: &user.name,
            email: user.email.as_deref(),
            phone: user.phone.as_deref(),
            active: user.active,
            is_me,
        };
        let fields = vec![
            column("ID", json.id.to_string()),
            column("Name", json.name),
            column("E-mail", text(json.email)),
            column("Phone", text(json.phone)),
            column("Active", yes(json.active)),
            column("You", yes(json.is_me)),
        ];
        Self::new(&json, fields)
    }
}

#[derive(Serialize)]
struct FilterJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    id: u64,
    name: &'a str,
    owner_id: Option<u64>,
    owner_name: Option<&'a str>,
}

impl Row {
    pub(in crate::cli::script) fn of_filter(account: &Workspace, kind: Option<ItemKind>, filter: &SavedFilter) -> Self {
        let json = FilterJson {
            kind: kind.map(kind_name),
            id: filter.id.0,
            name: &filter.name,
            owner_id: filter.owner.map(|id| id.0),
            owner_name: owner_name(account, filter.owner),
        };
        let fields = vec![
            column("ID", json.id.to_string()),
            kind_field(json.kind),
            column("Name", json.name),
            column("Owner", text(json.owner_name)),
        ];
        Self::new(&json, fields)
    }
}

#[derive(Serialize)]
struct FieldJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    code: String,
    name: &'a str,
    r#type: &'a str,
    options: Vec<&'a str>,
}

impl Row {
    pub(in crate::cli::script) fn of_field(kind: Option<ItemKind>, field: &FieldDef) -> Self {
        let json = FieldJson {
            kind: kind.map(kind_name),
            code: field.code.to_string(),
            name: &field.name,
            r#type: field_type(&field.kind),
            options: field.options.iter().map(|option| option.label.as_str()).collect(),
        };
        let fields = vec![
            kind_field(json.kind),
            column("Name", json.name),
            column("Type", json.r#type),
            column("Options", json.options.join(", ")),
            column("Code", json.code.as_str()),
        ];
        Self::new(&json, fields)
    }
}

/// Returns the name of a kind of items, as the commands have it.
const fn kind_name(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Deal => "deals",
        ItemKind::Lead => "leads",
        ItemKind::Activity => "activities",
        ItemKind::Person => "people",
        ItemKind::Org => "orgs",
    }
}

/// Returns the column with the kind; without a kind it is empty, and tables leave it out.
fn kind_field(kind: Option<&'static str>) -> Field {
    column("For", kind.unwrap_or_default())
}

/// Returns the name of a field's type.
fn field_type(kind: &FieldKind) -> &str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::LongText => "long text",
        FieldKind::Phone => "phone",
        FieldKind::Number => "number",
        FieldKind::Money => "money",
        FieldKind::Choice => "one option",
        FieldKind::Choices => "options",
        FieldKind::Date => "day",
        FieldKind::DateRange => "days",
        FieldKind::Time => "time",
        FieldKind::TimeRange => "times",
        FieldKind::Address => "address",
        FieldKind::User => "user",
        FieldKind::Person => "person",
        FieldKind::Org => "organization",
        FieldKind::Flag => "yes or no",
        FieldKind::Other(word) => word,
    }
}

#[derive(Serialize)]
struct PipelineJson<'a> {
    id: u64,
    name: &'a str,
    order: i64,
    has_probability: bool,
    stages: Vec<&'a str>,
}

#[derive(Serialize)]
struct StageJson<'a> {
    id: u64,
    name: &'a str,
    pipeline_id: u64,
    pipeline_name: Option<&'a str>,
    order: i64,
    probability: Option<u8>,
    rots_after_days: Option<u32>,
}

impl Row {
    pub(in crate::cli::script) fn of_pipeline(account: &Workspace, pipeline: &Pipeline) -> Self {
        let json = PipelineJson {
            id: pipeline.id.0,
            name: &pipeline.name,
            order: pipeline.order,
            has_probability: pipeline.has_probability,
            stages: account.stages(pipeline.id).map(|stage| stage.name.as_str()).collect(),
        };
        let fields = vec![
            column("ID", json.id.to_string()),
            column("Name", json.name),
            column("Probability", yes(json.has_probability)),
            column("Stages", json.stages.join(", ")),
        ];
        Self::new(&json, fields)
    }

    pub(in crate::cli::script) fn of_stage(account: &Workspace, stage: &Stage) -> Self {
        let pipeline = account.pipeline(stage.pipeline);
        let has_probability = account.has_probability(stage.pipeline);
        let json = StageJson {
            id: stage.id.0,
            name: &stage.name,
            pipeline_id: stage.pipeline.0,
            pipeline_name: pipeline.map(|pipeline| pipeline.name.as_str()),
            order: stage.order,
            probability: has_probability.then(|| stage.probability.percent()),
            rots_after_days: stage.rots_after_days,
        };
        let fields = vec![
            column("ID", json.id.to_string()),
            column("Name", json.name),
            column("Pipeline", text(json.pipeline_name)),
            column("%", text(json.probability)),
            column("Rots after days", text(json.rots_after_days)),
        ];
        Self::new(&json, fields)
    }
}
