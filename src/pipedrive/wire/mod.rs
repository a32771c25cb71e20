//! JSON to the domain and back. What Pipedrive promises and what it sends differ (nulls above all), so everything but
//! an object's id may be missing, null, or of another kind than documented; then it counts as not set. Objects
//! without an id are left out, unknown fields are passed over.

mod bodies;
mod contact_bodies;
mod contacts;
mod custom;
mod delivery;
mod dossier;
mod filters;
mod loose;
mod search;
mod v1;
mod v2;
mod webhook;

pub(super) use bodies::{
    activity_patch, conversion_target, deal_patch, lead_patch, new_activity, new_deal, new_lead, new_note, note_patch,
};
pub(super) use contact_bodies::{new_org, new_person, org_patch, person_patch};
pub(super) use contacts::{OrgObject, PersonObject};
pub(super) use custom::{FieldObject, FieldRead};
pub(super) use dossier::{CountsObject, HappeningObject, NoteObject, ProductObject};
pub(super) use filters::{FilterObject, LeadNamed, Numbered};
pub(super) use search::SearchObject;
pub(super) use v1::{ActivityTypeObject, LeadLabelObject, LeadObject, MeObject, PageV1, UserObject};
pub(super) use v2::{ActivityObject, ConversionObject, DealObject, PageV2, PipelineObject, StageObject};
pub(super) use webhook::{WebhookObject, webhook};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::ApiError;

/// An object of the wire that stands for something of the domain.
pub(super) trait Object: DeserializeOwned {
    /// What it stands for.
    type Domain;

    /// Whether it was deleted. Such are left out of lists, and count as gone where one is asked for.
    fn is_deleted(&self) -> bool {
        false
    }

    /// Translates it; `None` where it cannot be shown, such as without an id.
    fn into_domain(self) -> Option<Self::Domain>;
}

/// Reads one object.
pub(super) fn object<T: Object>(data: Option<&RawValue>) -> Result<T::Domain, ApiError> {
    let unreadable = || ApiError::Unreadable("the object has no id".to_owned());
    let object: T = raw(data)?.ok_or_else(unreadable)?;
    if object.is_deleted() {
        return Err(ApiError::Gone("it was deleted".to_owned()));
    }
    object.into_domain().ok_or_else(unreadable)
}

/// Reads a list. Objects that cannot be read are left out: one odd object must not hide all others.
pub(super) fn list<T: Object>(data: Option<&RawValue>) -> Result<Vec<T::Domain>, ApiError> {
    let objects: Vec<Box<RawValue>> = raw(data)?.unwrap_or_default();
    let readable = objects.iter().filter_map(|object| serde_json::from_str::<T>(object.get()).ok());
    Ok(readable.filter(|object| !object.is_deleted()).filter_map(T::into_domain).collect())
}

/// Reads anything; nothing where there is nothing.
pub(super) fn raw<T: DeserializeOwned>(data: Option<&RawValue>) -> Result<Option<T>, ApiError> {
    let Some(data) = data else { return Ok(None) };
    serde_json::from_str(data.get()).map_err(|error| ApiError::Unreadable(position(&error)))
}

/// Where JSON is not what it should be. The error's own words are left out: they quote the value, which may be a secret.
pub(super) fn position(error: &serde_json::Error) -> String {
    format!("it is not what was asked for, at line {}, column {}", error.line(), error.column())
}
