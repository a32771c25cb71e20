//! The path of a request to the API before a handler runs: faults, the token, and the limits.

use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::Utc;

use crate::sandbox::connection::CutSwitch;
use crate::sandbox::corrupt;
use crate::sandbox::current_user::CurrentUser;
use crate::sandbox::faults::{FaultKind, FaultMatch};
use crate::sandbox::limits::{Cost, LimitStatus, Verdict, cost};
use crate::sandbox::response::ErrorResponse;
use crate::sandbox::server::Shared;
use crate::sandbox::write_log::{CURRENT_REQUEST, RecordedRequest};

/// The most requests that can wait to be carried out late; further ones are lost.
const MAX_LATE: usize = 10_000;

/// The route of a path that does not exist.
const UNKNOWN_ROUTE: &str = "?";

/// Handles a request to the API.
pub async fn handle(
    State(server): State<Shared>,
    ConnectInfo(cut_switch): ConnectInfo<CutSwitch>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.map_or_else(|| UNKNOWN_ROUTE.to_owned(), |route| route.as_str().to_owned());
    if route.starts_with("/sandbox/") {
        return next.run(request).await;
    }
    let matched = {
        let mut traffic = server.traffic();
        traffic.requests += 1;
        *traffic.by_path.entry(format!("{} {route}", request.method())).or_default() += 1;
        traffic.faults.match_request(request.method(), request.uri().path())
    };
    if !matched.stall.is_zero() {
        server.stall.begin(matched.stall);
    }
    let arrived = server.started.elapsed();
    let (recorded, request) = match RecordedRequest::read(request, arrived).await {
        Ok(read) => read,
        Err(error) => return ErrorResponse::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string(), "").into_response(),
    };
    let pending = PendingRequest { server: server.clone(), route, recorded, request, next };
    // A task of its own, because the request is carried out even if its client leaves.
    match server.tasks.spawn(respond(pending, cut_switch.clone(), matched)).await {
        Ok(Some(response)) => response,
        _ => cut_connection(&cut_switch),
    }
}

/// A request that has been received completely and not been carried out yet.
struct PendingRequest {
    server: Shared,
    route: String,
    recorded: RecordedRequest,
    request: Request,
    next: Next,
}

/// Returns the response to a request after applying its faults.
async fn respond(pending: PendingRequest, cut_switch: CutSwitch, matched: FaultMatch) -> Response {
    let server = pending.server.clone();
    if !matched.stall.is_zero() {
        server.stall.wait_until_over().await;
    }
    if !matched.delay.is_zero() {
        tokio::time::sleep(matched.delay).await;
    }
    let Some(fault) = matched.fault else {
        return execute(pending, matched.delay_after).await;
    };
    match fault.kind {
        FaultKind::DropBefore => return cut_connection(&cut_switch),
        FaultKind::Late => {
            execute_later(pending, fault.effect_delay());
            tokio::time::sleep(fault.hold()).await;
            return cut_connection(&cut_switch);
        }
        _ => {}
    }
    if let Some(response) = corrupt::replacement(&fault) {
        execute_later(pending, fault.effect_delay().filter(|_| fault.kind != FaultKind::Status));
        tokio::time::sleep(matched.delay_after).await;
        return response;
    }
    let response = execute(pending, matched.delay_after).await;
    if fault.kind == FaultKind::DropAfter {
        server.traffic().dropped += 1;
        return cut_connection(&cut_switch);
    }
    corrupt::damage(response, &fault, matched.seed).await
}

/// Carries out a request and delays its response.
async fn execute(pending: PendingRequest, delay: Duration) -> Response {
    let response = enforce_limits(pending).await;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    response
}

/// Carries out a request after a delay, without a response. Without a delay it is never carried out.
fn execute_later(pending: PendingRequest, delay: Option<Duration>) {
    let Some(delay) = delay else { return };
    let server = pending.server.clone();
    {
        let mut traffic = server.traffic();
        if traffic.late >= MAX_LATE {
            return;
        }
        traffic.late += 1;
    }
    server.clone().tasks.spawn(async move {
        tokio::time::sleep(delay).await;
        enforce_limits(pending).await;
        let mut traffic = server.traffic();
        traffic.late -= 1;
        traffic.dropped += 1;
    });
}

/// Closes a connection without a response.
fn cut_connection(cut_switch: &CutSwitch) -> Response {
    cut_switch.cut();
    // The connection is closed before this is written.
    StatusCode::NO_CONTENT.into_response()
}

/// Carries out a request if its token is valid and within the limits.
async fn enforce_limits(pending: PendingRequest) -> Response {
    let PendingRequest { server, route, recorded, request, next } = pending;
    let user = match server.authenticate(request.headers()) {
        Ok(user) => user,
        Err(error) => {
            let mut response = error.into_response();
            response.headers_mut().insert("x-401-by-gw", HeaderValue::from_static("true"));
            return response;
        }
    };
    let cost = match route.as_str() {
        UNKNOWN_ROUTE => Cost { tokens: 0, is_search: false },
        route => cost(request.method(), route),
    };
    let status = {
        let mut traffic = server.traffic();
        let status = traffic.limits.count(user, server.started.elapsed(), Utc::now().date_naive(), cost);
        traffic.refused += u64::from(status.verdict != Verdict::Allowed);
        status
    };
    let mut response = match status.verdict {
        Verdict::Allowed => CurrentUser::new(user).scope(CURRENT_REQUEST.scope(recorded, next.run(request))).await,
        Verdict::BurstExceeded => too_many_requests("Rate limit exceeded: too many requests in two seconds"),
        Verdict::BudgetExhausted => too_many_requests("Rate limit exceeded: the daily tokens are used up"),
        Verdict::Blocked => return corrupt::blocked(),
    };
    set_headers(response.headers_mut(), status);
    response
}

fn too_many_requests(error: &str) -> Response {
    ErrorResponse::new(StatusCode::TOO_MANY_REQUESTS, error, "Please slow down.").into_response()
}

/// Sets the documented and observed headers of the limits.
fn set_headers(headers: &mut HeaderMap, status: LimitStatus) {
    for (name, value) in [
        ("x-ratelimit-limit", status.limit as u64),
        ("x-ratelimit-remaining", status.remaining as u64),
        ("x-ratelimit-reset", status.reset),
        ("x-daily-ratelimit-token-limit", status.daily_limit),
        ("x-daily-ratelimit-token-remaining", status.daily_remaining),
    ] {
        headers.insert(name, value.into());
    }
}
