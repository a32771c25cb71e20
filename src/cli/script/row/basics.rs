//! People, organizations, users, pipelines and stages.

use serde::Serialize;

use super::{Custom, Field, Moment, Row, column, detail, last_fields, moment, owner_name, text, yes};
use crate::domain::{
    ContactPoint, FieldDef, FieldKind, ItemKind, ItemRef, Organization, Person, Pipeline, SavedFilter, Stage, User,
};
use crate::workspace::Workspace;

#[derive(Serialize)]
struct PointJson<'a> {
    value: &'a str,
    label: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct PersonJson<'a> {
    id: Option<u64>,
    name: &'a str,
    org_id: Option<u64>,
    org_name: Option<&'a str>,
    owner_id: Option<u64>,
    owner_name: Option<&'a str>,
    phones: Vec<PointJson<'a>>,
    emails: Vec<PointJson<'a>>,
    labels: Vec<&'a str>,
    custom_fields: Custom,
    job_title: Option<&'a str>,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    pending: bool,
}

#[derive(Serialize)]
struct OrgJson<'a> {
    id: Option<u64>,
    name: &'a str,
    owner_id: Option<u64>,
    owner_name: Option<&'a str>,
    address: Option<&'a str>,
    labels: Vec<&'a str>,
    custom_fields: Custom,
    website: Option<&'a str>,
    linkedin: Option<&'a str>,
    employee_count: Option<u64>,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    pending: bool,
}

#[derive(Serialize)]
struct UserJson<'a> {
    id: u64,
    name: &'a str,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    active: bool,
    is_me: bool,
}

fn points(points: &[ContactPoint]) -> Vec<PointJson<'_>> {
    points.iter().map(|at| PointJson { value: &at.value, label: &at.label, primary: at.primary }).collect()
}

/// The one to use first, in a table; all of them in the details.
fn point_fields(one: &'static str, all: &'static str, points: &[PointJson<'_>]) -> [Field; 2] {
    let first = points.iter().find(|point| point.primary).or(points.first());
    let others = points.iter().map(|point| format!("{} ({})", point.value, point.label));
    [
        column(one, text(first.map(|point| point.value))),
        detail(all, if points.len() > 1 { others.collect::<Vec<_>>().join(", ") } else { String::new() }),
    ]
}

impl Row {
    pub(in crate::cli::script) fn of_person(account: &Workspace, person: &Person) -> Self {
        let json = PersonJson {
            id: (!person.id.is_local()).then_some(person.id.0),
            name: &person.name,
            org_id: person.org.map(|id| id.0),
            org_name: person.org.and_then(|id| account.org(id)).map(|org| org.name.as_str()),
            owner_id: person.owner.map(|id| id.0),
            owner_name: owner_name(account, person.owner),
            phones: points(&person.phones),
            emails: points(&person.emails),
            labels: person
                .labels
                .iter()
                .filter_map(|id| account.person_label(*id))
                .map(|label| label.name.as_str())
                .collect(),
            custom_fields: Custom::of(account, ItemKind::Person, &person.custom),
            job_title: person.job_title.as_deref(),
            add_time: moment(person.added),
            update_time: moment(person.updated),
            pending: account.is_pending(ItemRef::Person(person.id)),
        };
        let mut fields = vec![
            column("ID", text(json.id)),
            column("Name", json.name),
            column("Organization", json.org_name.map_or_else(|| text(json.org_id), str::to_owned)),
        ];
        fields.extend(point_fields("Phone", "All phones", &json.phones));
        fields.extend(point_fields("E-mail", "All e-mails", &json.emails));
        fields.extend([
            column("Owner", text(json.owner_name)),
            column("Labels", json.labels.join(", ")),
            detail("Job title", text(json.job_title)),
        ]);
        fields.extend(json.custom_fields.fields());
        fields.extend(last_fields(json.add_time.as_ref(), json.update_time.as_ref(), json.pending));
        Self::new(&json, fields)
    }

    pub(in crate::cli::script) fn of_org(account: &Workspace, org: &Organization) -> Self {
        let json = OrgJson {
            id: (!org.id.is_local()).then_some(org.id.0),
            name: &org.name,
            owner_id: org.owner.map(|id| id.0),
            owner_name: owner_name(account, org.owner),
            address: org.address.as_deref(),
            labels: org
                .labels
                .iter()
                .filter_map(|id| account.org_label(*id))
                .map(|label| label.name.as_str())
                .collect(),
            custom_fields: Custom::of(account, ItemKind::Org, &org.custom),
            website: org.website.as_deref(),
            linkedin: org.linkedin.as_deref(),
            employee_count: org.employees,
            add_time: moment(org.added),
            update_time: moment(org.updated),
            pending: account.is_pending(ItemRef::Org(org.id)),
        };
        let mut fields = vec![
            column("ID", text(json.id)),
            column("Name", json.name),
            column("Address", text(json.address)),
            column("Owner", text(json.owner_name)),
            column("Labels", json.labels.join(", ")),
            detail("Web site", text(json.website)),
            detail("LinkedIn", text(json.linkedin)),
            detail("Employees", text(json.employee_count)),
        ];
        fields.extend(json.custom_fields.fields());
        fields.extend(last_fields(json.add_time.as_ref(), json.update_time.as_ref(), json.pending));
        Self::new(&json, fields)
    }

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
    id: u64,
    name: &'a str,
    owner_id: Option<u64>,
    owner_name: Option<&'a str>,
}

impl Row {
    pub(in crate::cli::script) fn of_filter(account: &Workspace, filter: &SavedFilter) -> Self {
        let json = FilterJson {
            id: filter.id.0,
            name: &filter.name,
            owner_id: filter.owner.map(|id| id.0),
            owner_name: owner_name(account, filter.owner),
        };
        let fields =
            vec![column("ID", json.id.to_string()), column("Name", json.name), column("Owner", text(json.owner_name))];
        Self::new(&json, fields)
    }
}

#[derive(Serialize)]
struct FieldJson<'a> {
    code: String,
    name: &'a str,
    r#type: &'a str,
    options: Vec<&'a str>,
}

impl Row {
    pub(in crate::cli::script) fn of_field(field: &FieldDef) -> Self {
        let json = FieldJson {
            code: field.code.to_string(),
            name: &field.name,
            r#type: kind(&field.kind),
            options: field.options.iter().map(|option| option.label.as_str()).collect(),
        };
        let fields = vec![
            column("Name", json.name),
            column("Type", json.r#type),
            column("Options", json.options.join(", ")),
            column("Code", json.code.as_str()),
        ];
        Self::new(&json, fields)
    }
}

/// What the values of a field are, in a word.
fn kind(kind: &FieldKind) -> &str {
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
