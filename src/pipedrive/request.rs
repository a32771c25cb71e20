//! Requests as plain data.

use std::fmt;

use super::secret::WebhookSecret;

/// The cost of calls in tokens of the company's daily budget (Pipedrive's rate limiting page and the `x-token-cost` of
/// the published API descriptions).
pub mod cost {
    /// Getting one object by API v2.
    pub const GET: u32 = 1;
    /// A page of a list by API v2.
    pub const LIST: u32 = 10;
    /// The list of pipelines, or of stages.
    pub const LIST_PIPELINES: u32 = 5;
    /// Making or changing one object by API v2.
    pub const WRITE: u32 = 5;
    /// Deleting one object by API v2.
    pub const DELETE: u32 = 3;
    /// Starting the conversion of a lead to a deal, or back.
    pub const CONVERT: u32 = 40;
    /// Asking how a conversion fares.
    pub const CONVERT_STATUS: u32 = 1;
    /// Getting one object by API v1.
    pub const GET_V1: u32 = 2;
    /// A page of a list by API v1.
    pub const LIST_V1: u32 = 20;
    /// A page of the archive of leads.
    pub const LIST_ARCHIVED_LEADS: u32 = 40;
    /// The list of lead labels.
    pub const LIST_LEAD_LABELS: u32 = 10;
    /// A search by API v2.
    pub const SEARCH: u32 = 20;
    /// Making or changing one object by API v1.
    pub const WRITE_V1: u32 = 10;
    /// All that has happened to an item, which only API v1 tells.
    pub const FLOW: u32 = 40;
    /// Deleting one object by API v1.
    pub const DELETE_V1: u32 = 6;
    /// The list of webhooks.
    pub const LIST_WEBHOOKS: u32 = 10;
}

/// The lanes in which requests wait, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// A person's edit.
    Edit,
    /// A request that the screen waits for.
    Screen,
    /// The poll of the leads and of what has changed.
    Poll,
    /// Edits of a bulk: one key for many items.
    Bulk,
    /// Reading the rest of the account.
    Sync,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Edit, Self::Screen, Self::Poll, Self::Bulk, Self::Sync];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Edit => "Edits",
            Self::Screen => "Screen",
            Self::Poll => "Poll",
            Self::Bulk => "Bulk",
            Self::Sync => "Sync",
        }
    }

    /// Its place among the lanes.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The versions of the API. Most objects are served by one of them only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// Leads, users, notes, webhooks and lesser lists.
    V1,
    /// Deals, people, organizations, activities, pipelines, stages, search and conversions.
    V2,
}

/// The HTTP method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something: not to be sent twice.
    Post,
    /// Changes something; sending it twice does no harm.
    Patch,
    /// The same, where API v1 takes no other.
    Put,
    /// Deletes something; sending it twice does no harm.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        })
    }
}

/// A request to the API.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// By which version.
    pub version: Version,
    /// The path below the version, with a slash in front.
    pub path: String,
    /// The query; values as they are, not yet escaped.
    pub query: Vec<(&'static str, String)>,
    /// The body as JSON.
    pub body: Option<String>,
    /// The cost in tokens of the company's daily budget.
    pub cost: u32,
    /// A secret in the body, which is not to be shown where the server repeats it.
    pub secret: Option<WebhookSecret>,
}

/// Without the body, in which there may be a password.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, version, path, query, body: _, cost, secret: _ } = self;
        f.debug_struct("Request")
            .field("method", method)
            .field("version", version)
            .field("path", path)
            .field("query", query)
            .field("cost", cost)
            .finish_non_exhaustive()
    }
}

/// The method and the path: no query, no body.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.full_path())
    }
}

impl Request {
    /// Reads something.
    pub fn get(version: Version, path: impl Into<String>, cost: u32) -> Self {
        Self { method: Method::Get, version, path: path.into(), query: Vec::new(), body: None, cost, secret: None }
    }

    /// Makes something of this JSON.
    pub fn post(version: Version, path: impl Into<String>, body: String, cost: u32) -> Self {
        Self { method: Method::Post, body: Some(body), ..Self::get(version, path, cost) }
    }

    /// Has something done that needs no more said.
    pub fn post_empty(version: Version, path: impl Into<String>, cost: u32) -> Self {
        Self { method: Method::Post, ..Self::get(version, path, cost) }
    }

    /// Changes something by this JSON.
    pub fn patch(version: Version, path: impl Into<String>, body: String, cost: u32) -> Self {
        Self { method: Method::Patch, body: Some(body), ..Self::get(version, path, cost) }
    }

    /// The same, where API v1 takes no other.
    pub fn put(version: Version, path: impl Into<String>, body: String, cost: u32) -> Self {
        Self { method: Method::Put, ..Self::patch(version, path, body, cost) }
    }

    /// Deletes something.
    pub fn delete(version: Version, path: impl Into<String>, cost: u32) -> Self {
        Self { method: Method::Delete, ..Self::get(version, path, cost) }
    }

    /// The same with one more parameter of the query.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// The same with this secret in the body.
    #[must_use]
    pub fn with_secret(mut self, secret: &WebhookSecret) -> Self {
        self.secret = Some(secret.clone());
        self
    }

    /// Returns `true` if it counts against the window for searches too: all that search, as Pipedrive lists no paths.
    pub fn is_search(&self) -> bool {
        self.path.ends_with("/search") || self.path.starts_with("/itemSearch")
    }

    /// Returns `true` if it makes something new, rather than doing something with what there is.
    pub fn is_creation(&self) -> bool {
        self.method == Method::Post && self.path.rfind('/') == Some(0)
    }

    /// The path below the server's root.
    pub fn full_path(&self) -> String {
        let version = match self.version {
            Version::V1 => "v1",
            Version::V2 => "v2",
        };
        format!("/api/{version}{}", self.path)
    }
}
