//! Publishing the state of the connection.

use tokio::time::Instant;

use super::Task;
use crate::pipedrive::connection::{Connection, ConnectionState, Metrics};
use crate::pipedrive::request::Lane;

impl Task {
    /// Publishes the token's owner and the state of the connection, if they have changed.
    pub(super) fn publish(&mut self) {
        self.proven.send_if_modified(|known| {
            let is_new = known.as_ref() != self.proof.proven();
            if is_new {
                *known = self.proof.proven().cloned();
            }
            is_new
        });
        self.leave_outage();
        let connection = self.snapshot();
        self.connection.send_if_modified(|known| {
            let is_new = *known != connection;
            *known = connection;
            is_new
        });
    }

    /// Ends the state of a pause or an outage once it is over.
    fn leave_outage(&mut self) {
        let now = Instant::now().into_std();
        let is_over = self.scheduler.paused_until().is_none_or(|until| until <= now);
        let is_well = self.health.down_since().is_none();
        if is_over && is_well && matches!(self.state, ConnectionState::Waiting { .. } | ConnectionState::Offline { .. })
        {
            self.state = if self.proof.holds() { ConnectionState::Online } else { ConnectionState::Connecting };
        }
    }

    fn snapshot(&self) -> Connection {
        let now = Instant::now().into_std();
        let lanes = Lane::ALL.map(|lane| (self.scheduler.waiting_in(lane), self.by_lane[lane.index()]));
        let of = |lane: Lane| lanes[lane.index()].0 + lanes[lane.index()].1;
        let window = self.scheduler.window();
        Connection {
            state: self.state.clone(),
            edits: of(Lane::Edit) + of(Lane::Bulk),
            reads: of(Lane::Screen) + of(Lane::Poll) + of(Lane::Sync),
            window_limit: window.limit(),
            window_free: window.free(now),
            daily: self.daily,
            metrics: Metrics { lanes, is_shared: window.is_shared(now), ..self.metrics.metrics() },
        }
    }
}
