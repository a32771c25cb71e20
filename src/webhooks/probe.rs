//! The self-check of a listener: `doctor` asks it through the address at which Pipedrive reaches it whether that address
//! leads to it, and what has arrived. The listener answers only those who know its password.

use std::time::Duration;

use axum::Json;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use reqwest::{StatusCode, Url};
use ring::hmac;
use uuid::Uuid;

use super::identity::Identity;
use super::rejection::Rejection;
use super::stats::ListenerStats;
use super::status::ListenerStatus;
use crate::pipedrive::{client_for, root_cause};

/// The longest time until an answer: as long as Pipedrive waits for one.
const ANSWER: Duration = Duration::from_secs(10);
/// The longest word that is answered with a proof, in bytes.
const LONGEST_WORD: usize = 64;
/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// Why a listener is not heard from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Nobody is there.
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    /// Somebody is there who does not know the path.
    #[error("it answers '{0}'")]
    Elsewhere(StatusCode),
    /// Somebody is there who cannot prove to be this dealdeck.
    #[error("something else answers there")]
    Stranger,
}

/// Sends requests to a listener through its public address.
#[derive(Debug)]
pub struct Prober {
    client: reqwest::Client,
    url: String,
    identity: Identity,
}

impl Prober {
    /// Asks the listener of this identity, which Pipedrive reaches at an address.
    ///
    /// # Errors
    /// [`ProbeError::Unreachable`] where no HTTP client can be made, such as without trusted certificates.
    pub fn new(public_url: &Url, identity: Identity) -> Result<Self, ProbeError> {
        let client = client_for(public_url.as_str(), ANSWER).timeout(ANSWER).build();
        let client = client.map_err(|error| ProbeError::Unreachable(root_cause(&error)))?;
        Ok(Self { client, url: identity.delivered_at(public_url), identity })
    }

    /// Makes sure that it is this dealdeck who answers.
    ///
    /// # Errors
    /// [`ProbeError`] where it is not.
    pub async fn ping(&self) -> Result<(), ProbeError> {
        let word = Uuid::new_v4().simple().to_string();
        let proof = self.get(self.client.get(format!("{}/ping?{word}", self.url))).await?;
        if proof == proof_of(&self.identity, &word).as_bytes() { Ok(()) } else { Err(ProbeError::Stranger) }
    }

    /// Asks how it fares.
    ///
    /// # Errors
    /// [`ProbeError`] where it does not say.
    pub async fn status(&self) -> Result<ListenerStatus, ProbeError> {
        let asking = self.client.get(format!("{}/status", self.url));
        let asking = asking.basic_auth(Identity::USER, Some(self.identity.password().expose()));
        serde_json::from_slice(&self.get(asking).await?).map_err(|_| ProbeError::Stranger)
    }

    async fn get(&self, asking: reqwest::RequestBuilder) -> Result<Vec<u8>, ProbeError> {
        let unreachable = |error: &reqwest::Error| {
            let late = error.is_timeout().then(|| format!("no answer in {} s", ANSWER.as_secs()));
            ProbeError::Unreachable(late.unwrap_or_else(|| root_cause(error)))
        };
        let mut answer = asking.send().await.map_err(|error| unreachable(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(ProbeError::Elsewhere(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(ProbeError::Stranger);
            }
        }
        Ok(body)
    }
}

/// The listener's answer to a request for a path below the one at which deliveries come in.
pub(super) fn answer(
    below: &str,
    method: &Method,
    uri: &Uri,
    is_authorized: bool,
    identity: &Identity,
    tally: &ListenerStats,
) -> Result<Response, Rejection> {
    match (below, uri.query()) {
        _ if method != Method::GET => Err(Rejection::Elsewhere),
        ("/ping", Some(word)) if word.len() <= LONGEST_WORD => Ok(proof_of(identity, word).into_response()),
        ("/status", _) if is_authorized => Ok(Json(tally.status()).into_response()),
        ("/status", _) => Err(Rejection::Unauthorized),
        _ => Err(Rejection::Elsewhere),
    }
}

/// Returns a number in hexadecimal digits that only those who know the password can compute from a word.
fn proof_of(identity: &Identity, word: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, identity.password().expose().as_bytes());
    let tag = hmac::sign(&key, format!("ping {word}").as_bytes());
    let half = tag.as_ref().first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
    format!("{half:032x}")
}
