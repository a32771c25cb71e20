//! Rows of people and organizations.

use serde::Serialize;

use super::row::{CustomFields, Field, Moment, Row, column, detail, last_fields, moment, owner_name, text};
use crate::domain::{ContactPoint, ItemKind, ItemRef, Organization, Person};
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
    custom_fields: CustomFields,
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
    custom_fields: CustomFields,
    website: Option<&'a str>,
    linkedin: Option<&'a str>,
    employee_count: Option<u64>,
    add_time: Option<Moment>,
    update_time: Option<Moment>,
    pending: bool,
}

fn points(points: &[ContactPoint]) -> Vec<PointJson<'_>> {
    points.iter().map(|at| PointJson { value: &at.value, label: &at.label, primary: at.primary }).collect()
}

/// Returns the primary one for tables, and if there are several, all of them for the details.
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
            custom_fields: CustomFields::of(account, ItemKind::Person, &person.custom),
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
            custom_fields: CustomFields::of(account, ItemKind::Org, &org.custom),
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
}
