//! The calls that register webhooks. They are part of API v1 for both format versions.

use super::client::Api;
use super::error::ApiError;
use super::registration::{RegisteredWebhook, WebhookRegistration};
use super::request::{Lane, Request, Version, cost};
use super::wire::{self, WebhookObject};

/// The number of tries of a removal while its outcome is unknown.
const MAX_REMOVALS: u32 = 5;

impl Api {
    /// Lists all registered webhooks, those of other programs included.
    pub async fn webhooks(&self, lane: Lane) -> Result<Vec<RegisteredWebhook>, ApiError> {
        self.fetch_all::<WebhookObject>(lane, Request::get(Version::V1, "/webhooks", cost::LIST_WEBHOOKS)).await
    }

    /// Registers a webhook. If the answer is lost ([`ApiError::leaves_outcome_open`]), it may be registered
    /// nevertheless: the list shows it.
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

    /// Removes a webhook; succeeds if there is none. Sent again while the outcome is unknown: ids are never reused, so a
    /// late deletion does no harm.
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
