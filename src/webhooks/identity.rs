//! The identity of this dealdeck towards its webhooks: their name, the path at which they are delivered and the
//! password that they come with are its own.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::UserId;
use crate::pipedrive::WebhookSecret;
use crate::store::{CompanyDir, StoreError};

/// The identity that tells this dealdeck's webhooks from those of others.
#[derive(Debug, Clone)]
pub struct Identity {
    instance: Uuid,
    password: WebhookSecret,
    /// The directory that stores it; `None` if it ends with the process.
    home: Option<CompanyDir>,
}

/// The content of the file `webhooks.json`.
#[derive(Serialize, Deserialize)]
struct Kept {
    instance: Uuid,
    password: String,
    /// The webhooks of each user. One who is in here may have some, also where none is named.
    #[serde(default)]
    registered: BTreeMap<UserId, BTreeSet<u64>>,
}

impl Kept {
    fn new() -> Self {
        Self {
            instance: Uuid::new_v4(),
            password: WebhookSecret::random().expose().to_owned(),
            registered: BTreeMap::new(),
        }
    }
}

impl Identity {
    /// The user that deliveries name.
    pub const USER: &str = "dealdeck";

    /// One that ends with the process.
    pub fn random() -> Self {
        Self { instance: Uuid::new_v4(), password: WebhookSecret::random(), home: None }
    }

    /// The one of a company's directory, made at first use.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be kept.
    pub fn of(home: &CompanyDir) -> Result<Self, StoreError> {
        let kept = match home.webhooks::<Kept>()? {
            Some(kept) => kept,
            None => home.change_webhooks(|kept: Option<Kept>| kept.unwrap_or_else(Kept::new))?,
        };
        Ok(Self { instance: kept.instance, password: WebhookSecret::new(&kept.password), home: Some(home.clone()) })
    }

    /// The same, where something may be registered for it that was not taken away.
    pub fn with_leftovers(home: &CompanyDir) -> Result<Option<Self>, StoreError> {
        match home.webhooks::<Kept>()? {
            Some(kept) if !kept.registered.is_empty() => Self::of(home).map(Some),
            _ => Ok(None),
        }
    }

    /// Its name.
    pub fn instance(&self) -> Uuid {
        self.instance
    }

    /// The path at whose end deliveries come in.
    pub fn path(&self) -> String {
        self.instance.to_string()
    }

    /// Returns the address of deliveries, below the address at which Pipedrive reaches the listener.
    pub fn delivered_at(&self, public_url: &Url) -> String {
        format!("{}/{}", public_url.as_str().trim_end_matches('/'), self.path())
    }

    /// The password that deliveries come with.
    pub fn password(&self) -> &WebhookSecret {
        &self.password
    }

    /// Returns the credentials in the header `authorization`, without the word `Basic` (RFC 7617).
    pub fn credentials(&self) -> WebhookSecret {
        WebhookSecret::new(&BASE64_STANDARD.encode(format!("{}:{}", Self::USER, self.password.expose())))
    }

    /// The webhooks that are noted as registered for a user; `None` where there are none for certain.
    pub(super) async fn noted(&self, user: UserId) -> Option<BTreeSet<u64>> {
        let home = self.home.clone()?;
        let kept = tokio::task::spawn_blocking(move || home.webhooks::<Kept>()).await.ok()?.ok()??;
        (kept.instance == self.instance).then_some(kept)?.registered.remove(&user)
    }

    /// Notes the webhooks that are registered for a user; `None` where there are none for certain. Without that, those
    /// that a crash has left are found by their name, as long as somebody looks.
    pub(super) async fn note(&self, user: UserId, registered: Option<BTreeSet<u64>>) {
        let Some(home) = self.home.clone() else { return };
        let (instance, password) = (self.instance, self.password.clone());
        let change = move |kept: Option<Kept>| {
            let mut kept = kept.filter(|kept| kept.instance == instance).unwrap_or_else(|| Kept {
                instance,
                password: password.expose().to_owned(),
                registered: BTreeMap::new(),
            });
            match registered {
                Some(registered) => kept.registered.insert(user, registered),
                None => kept.registered.remove(&user),
            };
            kept
        };
        match tokio::task::spawn_blocking(move || home.change_webhooks(change)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what is registered of webhooks was not noted"),
            Err(error) => tracing::warn!(%error, "what is registered of webhooks was not noted"),
        }
    }
}
