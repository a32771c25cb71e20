//! JSON to the domain and back. What Pipedrive promises and what it sends differ (nulls above all), so everything but
//! an object's id may be missing, null, or of another kind than documented; then it counts as not set. Objects
//! without an id are left out, unknown fields are passed over. What is no list or no object where one belongs is an
//! error: it must not be taken for an empty one.

mod contact_requests;
mod contacts;
mod custom;
mod delivery;
mod dossier;
mod exact;
mod filters;
mod lenient;
mod page;
mod repair;
mod requests;
mod search;
mod v1;
mod v2;
mod webhook;

pub(super) use contact_requests::{new_org, new_person, org_patch, person_patch};
pub(super) use contacts::{OrgObject, PersonObject};
pub(super) use custom::{FieldObject, FieldRead};
pub(super) use dossier::{CountsObject, HappeningObject, NoteObject, ProductObject};
pub(super) use filters::{FilterObject, LeadNamed, Numbered};
pub(super) use page::{next_cursor, next_start};
pub(super) use requests::{
    activity_patch, conversion_target, deal_patch, lead_patch, new_activity, new_deal, new_lead, new_note, note_patch,
};
pub(super) use search::hits;
pub(super) use v1::{ActivityTypeObject, LeadLabelObject, LeadObject, MeObject, UserObject};
pub(super) use v2::{ActivityObject, ConversionObject, DealObject, PipelineObject, StageObject};
pub(super) use webhook::{WebhookObject, webhook};

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::ApiError;
use super::request::Version;

/// The most objects on one page of a list. At most 500 are requested.
pub(super) const MAX_IN_PAGE: usize = 1_000;
/// The most objects of a list without pages, such as the users.
pub(super) const MAX_IN_LIST: usize = 50_000;
/// Objects longer than that are read in part only, in bytes. Usual ones take some kilobytes.
const LONG: usize = 512 * 1024;

/// The identity of an object within its list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// The id of most kinds.
    Number(u64),
    /// The id of leads and of their labels.
    Uuid(Uuid),
    /// The code of a field.
    Code(String),
}

/// An object of the wire that stands for something of the domain.
pub(super) trait Object: DeserializeOwned {
    /// The type of the domain.
    type Domain;

    /// Its identity, which shows that a list advances from page to page.
    fn key(&self) -> Option<Key> {
        None
    }

    /// Returns `true` if it was deleted: lists leave it out, and a request for it fails as gone.
    fn is_deleted(&self) -> bool {
        false
    }

    /// Translates it; `None` where it cannot be shown, such as without an id.
    fn into_domain(self) -> Option<Self::Domain>;
}

/// A list as it was read.
pub(super) struct List<D> {
    /// Its objects, without those that are deleted or cannot be read.
    pub(super) objects: Vec<D>,
    /// The keys of all of them.
    pub(super) keys: Vec<Key>,
    /// The number of entries, readable or not.
    pub(super) count: usize,
}

impl<D> Default for List<D> {
    fn default() -> Self {
        Self { objects: Vec::new(), keys: Vec::new(), count: 0 }
    }
}

/// Reads one object.
pub(super) fn object<T: Object>(data: Option<&RawValue>) -> Result<T::Domain, ApiError> {
    let object: T = structure(data)?;
    if object.is_deleted() {
        return Err(ApiError::Gone("it was deleted".to_owned()));
    }
    object.into_domain().ok_or_else(|| ApiError::Unreadable("the object has no id".to_owned()))
}

/// Reads a list of at most `most` objects. Objects that cannot be read are left out, and the log says so: one odd object
/// must not hide all others. What is no list is an error, but for null in API v1, which is how that may write an empty
/// list (Pipedrive's page on responses).
pub(super) fn list<T: Object>(
    data: Option<&RawValue>,
    version: Version,
    most: usize,
) -> Result<List<T::Domain>, ApiError> {
    let mut list = List::default();
    let mut oddities = Oddities::default();
    each(data, version, most, |json| {
        list.count += 1;
        let Some(object) = oddities.read::<T>(json) else { return };
        let key = object.key();
        if !object.is_deleted() {
            let object = object.into_domain();
            oddities.nameless += usize::from(object.is_none() && key.is_none());
            list.objects.extend(object);
        }
        list.keys.extend(key);
    })?;
    oddities.log::<T>();
    Ok(list)
}

/// Reads a list of objects as the API has them, of which at most [`MAX_IN_PAGE`].
pub(super) fn objects<T: DeserializeOwned>(data: Option<&RawValue>, version: Version) -> Result<Vec<T>, ApiError> {
    let (mut objects, mut oddities) = (Vec::new(), Oddities::default());
    each(data, version, MAX_IN_PAGE, |json| objects.extend(oddities.read::<T>(json)))?;
    oddities.log::<T>();
    Ok(objects)
}

/// Reads an object as the API has it.
pub(super) fn structure<T: DeserializeOwned>(data: Option<&RawValue>) -> Result<T, ApiError> {
    let json = data.map_or("null", RawValue::get);
    if !json.starts_with('{') {
        return Err(ApiError::Unreadable(format!("it has {} in the place of an object", kind(json))));
    }
    let mut oddities = Oddities::default();
    let read = oddities.read::<T>(json);
    oddities.log::<T>();
    read.ok_or_else(|| ApiError::Unreadable(oddities.why.unwrap_or_default()))
}

/// Does something with each object of a list, and nothing with what is on it beyond.
fn each(data: Option<&RawValue>, version: Version, most: usize, mut take: impl FnMut(&str)) -> Result<(), ApiError> {
    let json = data.map_or("", RawValue::get);
    if json == "null" && version == Version::V1 {
        return Ok(());
    }
    if !json.starts_with('[') {
        return Err(ApiError::Unreadable(format!("it has {} in the place of a list", kind(json))));
    }
    let mut count = 0;
    let mut take = |json: &str| {
        count += 1;
        let fits = count <= most;
        if fits {
            take(json);
        }
        fits
    };
    let read = serde_json::Deserializer::from_str(json).deserialize_seq(Elements(&mut take));
    match read {
        Err(_) if count > most => Err(ApiError::Unreadable(format!("it lists more than {most}"))),
        read => read.map_err(|error| ApiError::Unreadable(position(&error))),
    }
}

/// Returns the position of an error in JSON. Its own words are left out: they quote the value, which may be a secret.
pub(super) fn position(error: &serde_json::Error) -> String {
    format!("it is not what was asked for, at line {}, column {}", error.line(), error.column())
}

/// Returns the kind of a JSON value, in a few words.
fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') | None => "nothing",
        Some(_) => "a number",
    }
}

/// Takes the elements of a list one by one, as they are written, so that a list without end takes no memory, until one is
/// too many.
struct Elements<'a, F>(&'a mut F);

impl<'de, F: FnMut(&str) -> bool> Visitor<'de> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element::<&RawValue>()? {
            if !(self.0)(element.get()) {
                return Err(A::Error::custom("too many"));
            }
        }
        Ok(())
    }
}

/// Counts objects that could not be read as a whole.
#[derive(Default)]
struct Oddities {
    /// Those of which something could not be read.
    partial: usize,
    /// Those of which nothing could be.
    unread: usize,
    /// Those that lack what names them.
    nameless: usize,
    /// The problem of the first one.
    why: Option<String>,
}

impl Oddities {
    /// Reads what can be read of an object; `None` if it is none.
    fn read<T: DeserializeOwned>(&mut self, json: &str) -> Option<T> {
        if !json.starts_with('{') {
            self.unread += 1;
            self.why.get_or_insert_with(|| format!("{} in the place of an object", kind(json)));
            return None;
        }
        let why = if json.len() > LONG {
            format!("it takes {} bytes", json.len())
        } else {
            match serde_json::from_str(json) {
                Ok(object) => return Some(object),
                Err(error) => position(&error),
            }
        };
        self.why.get_or_insert(why);
        match repair::read(json) {
            Ok(object) => {
                self.partial += 1;
                Some(object)
            }
            Err(error) => {
                self.unread += 1;
                self.why = Some(position(&error));
                None
            }
        }
    }

    /// Says so in the log. What is wrong is said by its place, not by its value.
    fn log<T>(&self) {
        let Self { partial, unread, nameless, why } = self;
        if partial + unread + nameless > 0 {
            let of = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
            let why = why.as_deref().unwrap_or("no id");
            tracing::warn!(
                of,
                partial,
                unread,
                nameless,
                why,
                "objects of an answer cannot be read, or not as a whole"
            );
        }
    }
}
