//! Webhooks, <https://developers.pipedrive.com/docs/api/v1/Webhooks>. They are kept and listed here, and delivered by `push`.

use chrono::{DateTime, Utc};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::me;
use crate::sandbox::table::Stored;

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

/// What a body that registers a webhook says.
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

/// What can happen to an object.
const ACTIONS: &[&str] = &["create", "change", "delete", "*"];
/// What it can happen to (guide for webhooks v2, 2026-07-28).
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
/// How many webhooks a user can have.
pub const MOST: usize = 40;
/// How long a name can be.
const LONGEST_NAME: usize = 255;

impl Registration {
    /// What is wrong with it: the field and the words. The port is the server's own.
    pub fn flaw(&self, own_port: u16) -> Option<(&'static str, &'static str)> {
        let is_url = Url::parse(&self.subscription_url).is_ok_and(|url| is_reachable(&url, own_port));
        let checks = [
            ("subscription_url", is_url, "invalid or non-reachable URL"),
            ("event_action", ACTIONS.contains(&self.event_action.as_str()), "unknown action"),
            ("event_object", OBJECTS.contains(&self.event_object.as_str()), "unknown object"),
            ("name", !self.name.is_empty() && self.name.chars().count() <= LONGEST_NAME, "1 to 255 characters"),
            ("version", matches!(self.version.as_deref(), None | Some("1.0" | "2.0")), "must be 1.0 or 2.0"),
        ];
        checks.iter().find(|(_, holds, _)| !holds).map(|(field, _, words)| (*field, *words))
    }
}

/// Whether a webhook can be there. Pipedrive takes public addresses; this machine is taken in their place so that all
/// of it runs on one. The API itself is none.
fn is_reachable(url: &Url, own_port: u16) -> bool {
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" => host != "pipedrive.com" && !host.ends_with(".pipedrive.com"),
        "http" => matches!(host, "127.0.0.1" | "localhost" | "[::1]") && url.port_or_known_default() != Some(own_port),
        _ => false,
    }
}

impl Webhook {
    /// A webhook that was registered now.
    pub fn new(id: u64, company_id: u64, asked: Registration, now: DateTime<Utc>) -> Self {
        Self {
            id,
            company_id,
            owner_id: me(),
            user_id: asked.user_id.unwrap_or(me()),
            event_action: asked.event_action,
            event_object: asked.event_object,
            subscription_url: asked.subscription_url,
            version: asked.version.unwrap_or_else(|| "2.0".to_owned()),
            is_active: 1,
            add_time: now,
            remove_time: None,
            kind: "general".to_owned(),
            http_auth_user: asked.http_auth_user,
            http_auth_password: asked.http_auth_password,
            remove_reason: None,
            last_delivery_time: None,
            last_http_status: None,
            admin_id: me(),
            name: asked.name,
        }
    }
}

impl Stored for Webhook {
    type Key = u64;
    const KIND: &'static str = "webhook";

    fn key(&self) -> u64 {
        self.id
    }

    fn update_time(&self) -> DateTime<Utc> {
        self.add_time
    }
}
