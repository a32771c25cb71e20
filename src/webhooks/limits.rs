//! The limits within which a listener works.

use std::time::Duration;

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct ListenerLimits {
    /// The largest body, in bytes.
    pub body: usize,
    /// The longest time that a body may take to arrive.
    pub time: Duration,
    /// The longest time that a delivery waits for room in the queue: Pipedrive gives up after 10 seconds.
    pub queue: Duration,
    /// The longest time that a new connection may take to send the head of an authorized request.
    pub head: Duration,
    /// The longest idle time of a connection that has sent an authorized request. Longer than a reverse proxy keeps it
    /// open, because closing it while a request is on its way costs a delivery.
    pub idle: Duration,
    /// The longest time that a member may leave a stream unread. Longer than the time between two heartbeats.
    pub silence: Duration,
    /// The age at which a connection accepts no further request.
    pub life: Duration,
    /// The most requests that are read at a time.
    pub requests: usize,
    /// The most connections at a time, apart from members' streams. More than requests.
    pub connections: usize,
    /// The most connections of one peer without an authorized request.
    pub of_one_peer: usize,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            time: Duration::from_secs(10),
            queue: Duration::from_secs(2),
            head: Duration::from_secs(5),
            // nginx keeps a connection for 60 seconds, Caddy for 120.
            idle: Duration::from_secs(150),
            silence: Duration::from_secs(15),
            life: Duration::from_secs(10 * 60),
            requests: 64,
            connections: 128,
            of_one_peer: 64,
        }
    }
}
