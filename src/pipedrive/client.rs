//! [`Api`]: the typed calls. Each puts a request into a lane and reads the answer; nothing here sends.
//!
//! This file has what all calls share. The calls themselves: `lists`, `items`, `latest`, `inbox`, `queries`, `details`,
//! `conversions`, `webhooks`.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::call::{CallReceivers, CallSenders, Caller, Control, channels};
use super::connection::Connection;
use super::error::ApiError;
use super::pages::Pages;
use super::proof::{ExpectedAccount, Proof, VerifiedToken};
use super::request::{Lane, Request};
use super::token::Token;
use super::verdict::Envelope;
use super::wire::{self, MeObject, Object};
use crate::domain::{Me, TokenUser};

/// The connection to Pipedrive. Cheap to clone; all clones share one API task.
#[derive(Debug, Clone)]
pub struct Api {
    caller: Caller,
    edit_lane: Lane,
    controls: mpsc::Sender<Control>,
    connection: watch::Receiver<Connection>,
    proven: watch::Receiver<Option<VerifiedToken>>,
    max_delay: Duration,
}

impl Api {
    pub(super) fn new(max_delay: Duration) -> (Self, CallReceivers) {
        let (CallSenders { caller, controls, connection, proven }, receivers) = channels(max_delay);
        (Self { caller, edit_lane: Lane::Edit, controls, connection, proven, max_delay }, receivers)
    }

    /// Returns a clone whose edits wait behind those that a user makes one by one.
    #[must_use]
    pub fn in_bulk(&self) -> Self {
        Self { edit_lane: Lane::Bulk, ..self.clone() }
    }

    /// The lane of edits and of the reads that they need.
    pub fn edit_lane(&self) -> Lane {
        self.edit_lane
    }

    /// Uses another token from now on. Waiting requests are sent once Pipedrive has confirmed that it belongs to the
    /// same account.
    pub async fn renew(&self, token: Token) {
        // Without an API task there is nothing that could use it.
        let _ = self.controls.send(Control::Renew(token)).await;
    }

    /// Sends nothing from now on unless the token belongs to this account.
    pub async fn expect(&self, expected: ExpectedAccount) {
        // Without an API task nothing is sent anyway.
        let _ = self.controls.send(Control::Expect(expected)).await;
    }

    /// The owner of the token, once Pipedrive has named it; `None` again while another token is checked.
    pub fn proven(&self) -> watch::Receiver<Option<VerifiedToken>> {
        self.proven.clone()
    }

    /// The state of the connection, and every change of it.
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.connection.clone()
    }

    /// The time after its sending in which a request without an answer may still reach Pipedrive.
    pub fn max_delay(&self) -> Duration {
        self.max_delay
    }

    /// Sends a request through a lane and waits for the answer.
    pub(super) async fn call(&self, lane: Lane, request: Request) -> Result<Envelope, ApiError> {
        self.caller.call(lane, request).await
    }

    /// Fetches one object.
    pub(super) async fn fetch_one<T: Object>(&self, lane: Lane, request: Request) -> Result<T::Domain, ApiError> {
        let envelope = self.call(lane, request).await?;
        wire::object::<T>(envelope.data.as_deref())
    }

    /// Fetches a list that is not split into pages.
    pub(super) async fn fetch_all<T: Object>(&self, lane: Lane, request: Request) -> Result<Vec<T::Domain>, ApiError> {
        let version = request.version;
        let envelope = self.call(lane, request).await?;
        Ok(wire::list::<T>(envelope.data.as_deref(), version, wire::MAX_IN_LIST)?.objects)
    }

    /// Returns a list that is fetched page by page.
    pub(super) fn pages<T: Object>(&self, lane: Lane, request: Request) -> Pages<T::Domain> {
        Pages::new::<T>(self.caller.clone(), lane, request)
    }

    /// Fetches the token's user, with the name of the company.
    pub async fn me(&self, lane: Lane) -> Result<Me, ApiError> {
        Ok(self.owner(lane).await?.me)
    }

    /// Fetches the token's user and company.
    pub async fn owner(&self, lane: Lane) -> Result<TokenUser, ApiError> {
        self.fetch_one::<MeObject>(lane, Proof::request()).await
    }
}
