//! The calls that register webhooks. API v1 has them for both versions of what is delivered.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::client::Api;
use super::error::ApiError;
use super::request::{Lane, Request, Version, cost};
use super::wire::{self, WebhookObject};

/// The password that deliveries come with. It is never shown, not by `Debug` either.
#[derive(Debug, Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// This text.
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// 244 random bits, as hexadecimal digits.
    pub fn random() -> Self {
        Self::new(&format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// The text itself: to be sent, kept in a file that only its owner can read, or compared, and nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for WebhookSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for WebhookSecret {}

/// A webhook as it is to be registered: all that happens to one kind of objects, as version 2 delivers it.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookRegistration {
    /// Whose it is, for people and for the program that has registered it; at most 255 characters.
    pub name: String,
    /// Where it is delivered.
    pub url: String,
    /// The kind of objects, in Pipedrive's word, such as `deal`.
    pub object: &'static str,
    /// The user that each delivery names.
    pub user: &'static str,
    /// The password that each delivery comes with.
    pub password: WebhookSecret,
}

/// A webhook that is registered. What is not told is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredWebhook {
    /// Its id.
    pub id: u64,
    /// What it was named by whoever registered it.
    pub name: String,
    /// Where it is delivered.
    pub url: String,
    /// The kind of objects.
    pub object: String,
    /// What has to happen to them; `*` for anything.
    pub action: String,
    /// The version of what is delivered.
    pub version: String,
    /// Whether it is delivered.
    pub active: bool,
    /// What the last delivery was answered with, as an HTTP status.
    pub last_status: Option<u64>,
    /// When that was, in the server's words.
    pub last_delivery: Option<String>,
    /// The password that each delivery comes with, where the list tells it.
    pub password: Option<WebhookSecret>,
}

/// How many times the removal of a webhook is sent whose outcome is open.
const MAX_REMOVALS: u32 = 5;

impl Api {
    /// All webhooks that are registered, also by other programs.
    pub async fn webhooks(&self, lane: Lane) -> Result<Vec<RegisteredWebhook>, ApiError> {
        self.fetch_all::<WebhookObject>(lane, Request::get(Version::V1, "/webhooks", cost::LIST_WEBHOOKS)).await
    }

    /// Registers a webhook. Where the answer is lost ([`ApiError::leaves_outcome_open`]) it may be registered all the
    /// same: the list tells.
    pub async fn add_webhook(
        &self,
        lane: Lane,
        registration: &WebhookRegistration,
    ) -> Result<RegisteredWebhook, ApiError> {
        let request = Request::post(Version::V1, "/webhooks", wire::webhook(registration), cost::WRITE_V1);
        let password = &registration.password;
        let made = self.fetch_one::<WebhookObject>(lane, request.with_secret(password)).await?;
        Ok(RegisteredWebhook { password: Some(password.clone()), ..made })
    }

    /// Removes a webhook; if there is none any more, that is as good. It is tried again where the outcome is open: ids are
    /// never given twice, so a late deletion does no harm.
    pub async fn remove_webhook(&self, lane: Lane, id: u64) -> Result<(), ApiError> {
        let mut tries = 1;
        loop {
            let request = Request::delete(Version::V1, format!("/webhooks/{id}"), cost::DELETE_V1);
            match self.call(lane, request).await {
                Ok(_) | Err(ApiError::Gone(_)) => return Ok(()),
                Err(error) if error.leaves_outcome_open() && tries < MAX_REMOVALS => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}
