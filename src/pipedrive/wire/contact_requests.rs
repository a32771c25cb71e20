//! Request bodies for people and organizations.

#![expect(clippy::option_option, reason = "left out, null and a value are three things in JSON")]

use serde::Serialize;

use super::custom::CustomBody;
use super::requests::{AddressBody, address, json, some};
use crate::domain::{ContactPoint, LabelId, NewOrg, NewPerson, OrgId, OrgPatch, PersonPatch, UserId};

#[derive(Default, Serialize)]
struct PersonBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<Option<OrgId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phones: Option<Vec<PointBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<Vec<PointBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_ids: Option<&'a [LabelId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_fields: Option<CustomBody<'a>>,
}

#[derive(Serialize)]
struct PointBody<'a> {
    value: &'a str,
    primary: bool,
    label: &'a str,
}

#[derive(Default, Serialize)]
struct OrgBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Option<AddressBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_ids: Option<&'a [LabelId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_fields: Option<CustomBody<'a>>,
}

/// For `PATCH /api/v2/persons/{id}`.
pub(in super::super) fn person_patch(patch: &PersonPatch) -> String {
    json(&PersonBody {
        name: patch.name.as_deref(),
        owner_id: patch.owner,
        org_id: patch.org,
        phones: patch.phones.as_deref().map(points),
        emails: patch.emails.as_deref().map(points),
        label_ids: patch.labels.as_deref(),
        custom_fields: CustomBody::of_patch(&patch.custom),
    })
}

/// For `POST /api/v2/persons`.
pub(in super::super) fn new_person(new: &NewPerson, org: Option<OrgId>) -> String {
    json(&PersonBody {
        name: Some(&new.name),
        owner_id: new.owner,
        org_id: org.map(Some),
        phones: some(&new.phones).map(points),
        emails: some(&new.emails).map(points),
        label_ids: some(&new.labels),
        custom_fields: CustomBody::of_new(&new.custom),
    })
}

fn points(points: &[ContactPoint]) -> Vec<PointBody<'_>> {
    points.iter().map(|point| PointBody { value: &point.value, primary: point.primary, label: &point.label }).collect()
}

/// For `PATCH /api/v2/organizations/{id}`.
pub(in super::super) fn org_patch(patch: &OrgPatch) -> String {
    json(&OrgBody {
        name: patch.name.as_deref(),
        owner_id: patch.owner,
        address: patch.address.as_ref().map(|text| text.as_deref().map(address)),
        label_ids: patch.labels.as_deref(),
        custom_fields: CustomBody::of_patch(&patch.custom),
    })
}

/// For `POST /api/v2/organizations`.
pub(in super::super) fn new_org(new: &NewOrg) -> String {
    json(&OrgBody {
        name: Some(&new.name),
        owner_id: new.owner,
        address: new.address.as_deref().map(|text| Some(address(text))),
        label_ids: some(&new.labels),
        custom_fields: CustomBody::of_new(&new.custom),
    })
}
