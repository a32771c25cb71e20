//! The state of the connection to Pipedrive over time, for commands that give up after a while.

use std::time::Duration;

use tokio::time::Instant;

use crate::pipedrive::ConnectionState;

/// Tracks since when the connection is offline, or waits because Pipedrive asked for it.
#[derive(Default)]
pub(super) struct ConnectionWatch {
    state: ConnectionState,
    offline_since: Option<Instant>,
    waiting_since: Option<Instant>,
}

impl ConnectionWatch {
    pub(super) fn update(&mut self, state: ConnectionState) {
        let since = |before: Option<Instant>, is_now: bool| is_now.then(|| before.unwrap_or_else(Instant::now));
        self.offline_since = since(self.offline_since, matches!(state, ConnectionState::Offline { .. }));
        self.waiting_since = since(self.waiting_since, matches!(state, ConnectionState::Waiting { .. }));
        self.state = state;
    }

    pub(super) const fn state(&self) -> &ConnectionState {
        &self.state
    }

    /// Returns the reason why the connection is offline, if it has been for at least `patience`.
    pub(super) fn offline(&self, patience: Duration) -> Option<&str> {
        match (&self.state, self.offline_since) {
            (ConnectionState::Offline { why }, Some(since)) if since.elapsed() >= patience => Some(why),
            _ => None,
        }
    }

    /// Returns the reason why the connection waits, if it has waited for at least `patience`.
    pub(super) fn waiting(&self, patience: Duration) -> Option<&str> {
        match (&self.state, self.waiting_since) {
            (ConnectionState::Waiting { why, .. }, Some(since)) if since.elapsed() >= patience => Some(why),
            _ => None,
        }
    }

    /// Returns the moment when the connection will have been offline for `patience`.
    pub(super) fn offline_until(&self, patience: Duration) -> Option<Instant> {
        self.offline_since.map(|since| since + patience)
    }

    /// Returns the moment when the connection will have waited for `patience`.
    pub(super) fn waiting_until(&self, patience: Duration) -> Option<Instant> {
        self.waiting_since.map(|since| since + patience)
    }
}
