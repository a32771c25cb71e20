//! The server's own endpoint about deliveries: what has become of events, and how a test has them go.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use crate::sandbox::Shared;
use crate::sandbox::answer::{Answer, Refusal, data};
use crate::sandbox::gate::check_token;

/// How deliveries are to go; what is left out stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Whether nothing goes out.
    hold: Option<bool>,
    /// How long it takes until an event is tried for the second, third and fourth time, in milliseconds.
    retry_after_ms: Option<[u64; 3]>,
    /// How long a ban lasts that begins from now on, in milliseconds.
    ban_ms: Option<u64>,
}

/// The route of deliveries.
pub fn routes() -> Router<Shared> {
    Router::new().route("/sandbox/deliveries", get(list).post(set))
}

async fn list(State(server): State<Shared>, headers: HeaderMap) -> Answer {
    check_token(&server, &headers)?;
    let desk = server.post.desk();
    Ok(data(desk.ledger.entries().collect::<Vec<_>>()))
}

async fn set(State(server): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    check_token(&server, &headers)?;
    let wanted: Wanted = serde_json::from_slice(&body).map_err(Refusal::invalid)?;
    {
        let mut desk = server.post.desk();
        if let Some(waits) = wanted.retry_after_ms {
            desk.waits = waits.map(Duration::from_millis);
        }
        if let Some(ban) = wanted.ban_ms {
            desk.ban = Duration::from_millis(ban);
        }
    }
    if let Some(is_held) = wanted.hold {
        server.post.hold(is_held);
    }
    Ok(data(json!({})))
}
