//! Webhooks as API v1 has them.

use serde::{Deserialize, Serialize};

use super::super::registration::{RegisteredWebhook, WebhookRegistration};
use super::super::secret::WebhookSecret;
use super::lenient::Loose;
use super::requests::json;
use super::{Key, Object};

/// A webhook (`GET /api/v1/webhooks`).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct WebhookObject {
    id: Loose<u64>,
    name: Loose<String>,
    subscription_url: Loose<String>,
    event_object: Loose<String>,
    event_action: Loose<String>,
    version: Loose<String>,
    is_active: Loose<bool>,
    last_http_status: Loose<u64>,
    last_delivery_time: Loose<String>,
    http_auth_password: Loose<String>,
}

impl Object for WebhookObject {
    type Domain = RegisteredWebhook;

    fn key(&self) -> Option<Key> {
        self.id.0.map(Key::Number)
    }

    fn into_domain(self) -> Option<RegisteredWebhook> {
        Some(RegisteredWebhook {
            id: self.id.0?,
            name: self.name.0.unwrap_or_default(),
            url: self.subscription_url.0.unwrap_or_default(),
            object: self.event_object.0.unwrap_or_default(),
            action: self.event_action.0.unwrap_or_default(),
            version: self.version.0.unwrap_or_default(),
            active: self.is_active.0 == Some(true),
            last_status: self.last_http_status.0,
            last_delivery: self.last_delivery_time.0,
            password: self.http_auth_password.0.as_deref().map(WebhookSecret::new),
        })
    }
}

#[derive(Serialize)]
struct WebhookBody<'a> {
    subscription_url: &'a str,
    event_action: &'a str,
    event_object: &'a str,
    name: &'a str,
    http_auth_user: &'a str,
    http_auth_password: &'a str,
    version: &'a str,
}

/// The body that registers a webhook.
pub(in super::super) fn webhook(registration: &WebhookRegistration) -> String {
    json(&WebhookBody {
        subscription_url: &registration.url,
        event_action: "*",
        event_object: registration.object,
        name: &registration.name,
        http_auth_user: registration.user,
        http_auth_password: registration.password.expose(),
        version: "2.0",
    })
}
