//! Webhooks, <https://developers.pipedrive.com/docs/api/v1/Webhooks>. Deliveries are in `webhooks`.

use chrono::{DateTime, Utc};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::current_user_id;
use crate::sandbox::table::TableRow;

/// A webhook as API v1 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    pub id: u64,
    pub company_id: u64,
    pub owner_id: u64,
    pub user_id: u64,
    pub event_action: String,
    pub event_object: String,
    pub subscription_url: String,
    pub version: String,
    pub is_active: u8,
    pub add_time: DateTime<Utc>,
    pub remove_time: Option<DateTime<Utc>>,
    #[serde(rename = "type")]
    pub kind: String,
    pub http_auth_user: Option<String>,
    pub http_auth_password: Option<String>,
    pub remove_reason: Option<String>,
    pub last_delivery_time: Option<DateTime<Utc>>,
    pub last_http_status: Option<u16>,
    pub admin_id: u64,
    pub name: String,
}

/// The body of a request that registers a webhook.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    pub subscription_url: String,
    pub event_action: String,
    pub event_object: String,
    pub name: String,
    pub user_id: Option<u64>,
    pub http_auth_user: Option<String>,
    pub http_auth_password: Option<String>,
    pub version: Option<String>,
}

/// The actions that a webhook can subscribe to.
const ACTIONS: &[&str] = &["create", "change", "delete", "*"];
/// The objects that a webhook can subscribe to (guide for webhooks v2, 2026-07-28).
const OBJECTS: &[&str] = &[
    "activity",
    "deal",
    "lead",
    "note",
    "organization",
    "person",
    "pipeline",
    "product",
    "stage",
    "user",
    "deal_installment",
    "deal_product",
    "board",
    "phase",
    "project",
    "task",
    "*",
];
/// The most webhooks of a user.
pub const MAX_WEBHOOKS: usize = 40;
/// The most characters in a name.
const MAX_NAME_CHARS: usize = 255;

impl Registration {
    /// Returns the first invalid field and the error. `own_port` is the port of this server.
    pub fn problem(&self, own_port: u16) -> Option<(&'static str, &'static str)> {
        let is_url = Url::parse(&self.subscription_url).is_ok_and(|url| is_reachable(&url, own_port));
        let checks = [
            ("subscription_url", is_url, "invalid or non-reachable URL"),
            ("event_action", ACTIONS.contains(&self.event_action.as_str()), "unknown action"),
            ("event_object", OBJECTS.contains(&self.event_object.as_str()), "unknown object"),
            ("name", !self.name.is_empty() && self.name.chars().count() <= MAX_NAME_CHARS, "1 to 255 characters"),
            ("version", matches!(self.version.as_deref(), None | Some("1.0" | "2.0")), "must be 1.0 or 2.0"),
        ];
        checks.iter().find(|(_, holds, _)| !holds).map(|(field, _, error)| (*field, *error))
    }
}

/// Returns `true` for a valid target. Pipedrive accepts public addresses; this server also accepts local ones, so that
/// everything can run on one machine. The API itself is refused.
fn is_reachable(url: &Url, own_port: u16) -> bool {
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" => host != "pipedrive.com" && !host.ends_with(".pipedrive.com"),
        "http" => matches!(host, "127.0.0.1" | "localhost" | "[::1]") && url.port_or_known_default() != Some(own_port),
        _ => false,
    }
}

impl Webhook {
    /// Creates a webhook from its registration.
    pub fn new(id: u64, company_id: u64, registration: Registration, now: DateTime<Utc>) -> Self {
        Self {
            id,
            company_id,
            owner_id: current_user_id(),
            user_id: registration.user_id.unwrap_or(current_user_id()),
            event_action: registration.event_action,
            event_object: registration.event_object,
            subscription_url: registration.subscription_url,
            version: registration.version.unwrap_or_else(|| "2.0".to_owned()),
            is_active: 1,
            add_time: now,
            remove_time: None,
            kind: "general".to_owned(),
            http_auth_user: registration.http_auth_user,
            http_auth_password: registration.http_auth_password,
            remove_reason: None,
            last_delivery_time: None,
            last_http_status: None,
            admin_id: current_user_id(),
            name: registration.name,
        }
    }
}

impl TableRow for Webhook {
    type Key = u64;
    const KIND: &'static str = "webhook";

    fn key(&self) -> u64 {
        self.id
    }

    fn update_time(&self) -> DateTime<Utc> {
        self.add_time
    }
}
