//! Registers the webhooks of this dealdeck, and takes them away. Which are its own says their name; no others are
//! touched.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use futures_util::future::join_all;
use reqwest::Url;

use super::identity::Identity;
use crate::domain::UserId;
use crate::pipedrive::{Api, ApiError, Lane, RegisteredWebhook, WebhookRegistration};

/// The version of what is delivered.
const VERSION: &str = "2.0";
/// The event to register for: any.
const ACTION: &str = "*";

/// Sees to it that the webhooks of this dealdeck are registered.
#[derive(Debug)]
pub struct Registrar {
    api: Api,
    identity: Identity,
    /// The address of deliveries.
    url: String,
    user: Arc<OnceLock<UserId>>,
    /// Those that are registered with this password; `None` where there are none for certain.
    noted: Option<BTreeSet<u64>>,
}

impl Registrar {
    /// The kinds of objects. Leads are polled; pipelines and stages seldom change, and are read with the account.
    pub const OBJECTS: [&str; 5] = ["deal", "person", "organization", "user", "activity"];

    /// For the user of an API, with deliveries to a public address.
    pub fn new(api: Api, identity: Identity, public_url: &Url) -> Self {
        let url = identity.delivered_at(public_url);
        Self { api, identity, url, user: Arc::default(), noted: None }
    }

    /// For what is to be taken away, and nothing else.
    pub(super) fn leftovers(api: Api, identity: Identity) -> Self {
        Self { api, identity, url: String::new(), user: Arc::default(), noted: None }
    }

    /// Whose webhooks they are, as soon as that is known.
    pub(super) fn whose(&self) -> Arc<OnceLock<UserId>> {
        Arc::clone(&self.user)
    }

    /// Sees to it that each is registered exactly once, and says whether one had to be registered anew.
    ///
    /// # Errors
    /// The error of the call. What was registered by then is found the next time.
    pub async fn ensure(&mut self) -> Result<bool, ApiError> {
        match self.settle().await {
            // One was perhaps registered, and the answer lost.
            Err(error) if error.leaves_outcome_open() => self.settle().await.map(|_| true),
            settled => settled,
        }
    }

    async fn settle(&mut self) -> Result<bool, ApiError> {
        let user = self.user(Lane::Poll).await?;
        let mut own = self.own(Lane::Poll, user).await?;
        let mut kept = BTreeSet::new();
        let mut missing = Vec::new();
        for object in Self::OBJECTS {
            match own.iter().position(|hook| self.fits(hook, object)) {
                Some(at) => drop(kept.insert(own.swap_remove(at).id)),
                None => missing.push(object),
            }
        }
        // Before anything is registered: then a crash leaves nothing that nobody looks for.
        self.note(user, Some(kept)).await;
        // Those that do not fit first: there is room for 40 in all.
        for hook in own {
            self.api.remove_webhook(Lane::Poll, hook.id).await?;
        }
        for object in &missing {
            let made = self.api.add_webhook(Lane::Poll, &self.registration(user, object)).await?;
            let noted = self.noted.iter().flatten().copied().chain([made.id]).collect();
            self.note(user, Some(noted)).await;
        }
        Ok(!missing.is_empty())
    }

    /// Takes all of them away, unless there are none for certain.
    ///
    /// # Errors
    /// The error of the call. What is left is removed at the next start.
    pub async fn clear(&mut self) -> Result<(), ApiError> {
        let (Some(user), Some(_)) = (self.user.get().copied(), &self.noted) else { return Ok(()) };
        let own = self.own(Lane::Screen, user).await?;
        let removed = join_all(own.iter().map(|hook| self.api.remove_webhook(Lane::Screen, hook.id))).await;
        removed.into_iter().collect::<Result<(), ApiError>>()?;
        self.note(user, None).await;
        Ok(())
    }

    /// The same for those of an earlier run.
    pub(super) async fn sweep(&mut self) -> Result<(), ApiError> {
        self.user(Lane::Poll).await?;
        self.clear().await
    }

    /// Whose webhooks they are; asked for once.
    async fn user(&mut self, lane: Lane) -> Result<UserId, ApiError> {
        if let Some(user) = self.user.get() {
            return Ok(*user);
        }
        let user = self.api.me(lane).await?.id;
        self.noted = self.identity.noted(user).await;
        Ok(*self.user.get_or_init(|| user))
    }

    async fn note(&mut self, user: UserId, noted: Option<BTreeSet<u64>>) {
        if noted != self.noted {
            self.noted.clone_from(&noted);
            self.identity.note(user, noted).await;
        }
    }

    async fn own(&self, lane: Lane, user: UserId) -> Result<Vec<RegisteredWebhook>, ApiError> {
        let mut all = self.api.webhooks(lane).await?;
        let prefix = self.name(user, "");
        all.retain(|hook| hook.name.starts_with(&prefix));
        Ok(all)
    }

    fn name(&self, user: UserId, object: &str) -> String {
        format!("dealdeck {} {user} {object}", self.identity.instance())
    }

    fn registration(&self, user: UserId, object: &'static str) -> WebhookRegistration {
        WebhookRegistration {
            name: self.name(user, object),
            url: self.url.clone(),
            object,
            user: Identity::USER,
            password: self.identity.password().clone(),
        }
    }

    /// Returns `true` if it delivers as it should. The list may leave out passwords: those that are noted have this one.
    fn fits(&self, hook: &RegisteredWebhook, object: &str) -> bool {
        let is_noted = self.noted.as_ref().is_some_and(|noted| noted.contains(&hook.id));
        let has_password = is_noted || hook.password.as_ref() == Some(self.identity.password());
        let is_that = hook.object == object && hook.action == ACTION && hook.version == VERSION;
        is_that && hook.active && hook.url == self.url && has_password
    }
}
