//! What every request passes before it is carried out: faults, the token, the limits. And the server's own endpoints
//! below `/sandbox`, which set the faults and tell what was counted and what was written.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::Utc;
use serde_json::json;

use super::Shared;
use super::answer::{Answer, Refusal, data};
use super::caller::Caller;
use super::faults::{Fault, Faults, Kind};
use super::limits::{Cost, Limits, Standing, Verdict, cost};
use super::line::Line;
use super::writes::{ASKED, Asked};

/// The largest answer that a fault cuts in half.
const LARGEST: usize = 64 << 20;

/// What the gate keeps.
#[derive(Debug)]
pub struct Gate {
    /// The limits of the company and its users.
    pub limits: Limits,
    /// The faults that are active.
    pub faults: Faults,
    /// How many requests came.
    pub requests: u64,
    /// How many of them were over the limits.
    pub refused: u64,
    /// How many were carried out without their answers getting through, as a fault wanted it.
    pub dropped: u64,
    /// How many came to each route, with its method.
    pub by_path: BTreeMap<String, u64>,
}

impl Gate {
    /// Nothing has come yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, faults: Faults::default(), requests: 0, refused: 0, dropped: 0, by_path: BTreeMap::new() }
    }
}

/// The server's own endpoints.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/sandbox/stats", get(stats))
        .route("/sandbox/writes", get(writes))
}

async fn add_fault(State(server): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    check_token(&server, &headers)?;
    let fault: Fault = serde_json::from_slice(&body).map_err(|error| Refusal::invalid(format!("no fault: {error}")))?;
    fault.check().map_err(Refusal::invalid)?;
    server.gate().faults.add(fault);
    Ok(data(json!({})))
}

async fn clear_faults(State(server): State<Shared>, headers: HeaderMap) -> Answer {
    check_token(&server, &headers)?;
    server.gate().faults.clear();
    Ok(data(json!({})))
}

async fn stats(State(server): State<Shared>, headers: HeaderMap) -> Answer {
    check_token(&server, &headers)?;
    let gate = server.gate();
    let stats = json!({
        "requests": gate.requests, "refused": gate.refused, "dropped": gate.dropped,
        "tokens_used": gate.limits.used(), "by_path": gate.by_path,
    });
    Ok(Json(stats).into_response())
}

/// The last writes that were carried out, in their order.
async fn writes(State(server): State<Shared>, headers: HeaderMap) -> Answer {
    check_token(&server, &headers)?;
    let store = server.store();
    Ok(data(store.writes.iter().collect::<Vec<_>>()))
}

/// The user whose token the request has.
pub fn check_token(server: &Shared, headers: &HeaderMap) -> Result<u64, Refusal> {
    let given = headers.get("x-api-token").map(HeaderValue::as_bytes);
    let known = server.tokens.iter().find(|(token, _)| given == Some(token.as_bytes()));
    known.map(|(_, user)| *user).ok_or_else(Refusal::unauthorized)
}

/// Lets a request to the API through, or not.
pub async fn pass(
    State(server): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.as_ref().map_or("?", MatchedPath::as_str);
    if route.starts_with("/sandbox/") {
        return next.run(request).await;
    }
    let met = {
        let mut gate = server.gate();
        gate.requests += 1;
        *gate.by_path.entry(format!("{} {route}", request.method())).or_default() += 1;
        gate.faults.meet(request.method(), request.uri().path())
    };
    if !met.delay.is_zero() {
        tokio::time::sleep(met.delay).await;
    }
    let kind = met.fault.as_ref().map(|fault| fault.kind);
    let response = match &met.fault {
        Some(fault) if fault.kind == Kind::Status => failure(fault),
        Some(fault) if fault.kind == Kind::DropBefore => {
            line.cut();
            StatusCode::NO_CONTENT.into_response()
        }
        _ => within_limits(&server, route, request, next).await,
    };
    if !met.delay_after.is_zero() {
        tokio::time::sleep(met.delay_after).await;
    }
    match kind {
        Some(Kind::DropAfter) => {
            server.gate().dropped += 1;
            line.cut();
            response
        }
        Some(Kind::Malformed) => halved(response).await,
        _ => response,
    }
}

/// Carries a request out if its token is right and has not used up what its plan allows.
async fn within_limits(server: &Shared, route: &str, request: Request, next: Next) -> Response {
    let user = match check_token(server, request.headers()) {
        Ok(user) => user,
        Err(refusal) => {
            let mut response = refusal.into_response();
            response.headers_mut().insert("x-401-by-gw", HeaderValue::from_static("true"));
            return response;
        }
    };
    let cost = match route {
        "?" => Cost { tokens: 0, is_search: false },
        route => cost(request.method(), route),
    };
    let standing = {
        let mut gate = server.gate();
        let standing = gate.limits.ask(user, server.started.elapsed(), Utc::now().date_naive(), cost);
        gate.refused += u64::from(standing.verdict != Verdict::Pass);
        standing
    };
    let mut response = match standing.verdict {
        Verdict::Pass => Caller::new(user).asks(carry_out(request, next)).await,
        Verdict::Burst => too_many("Rate limit exceeded: too many requests in two seconds"),
        Verdict::Daily => too_many("Rate limit exceeded: the tokens of the day are used up"),
        Verdict::Edge => return (StatusCode::FORBIDDEN, Html(EDGE)).into_response(),
    };
    set_headers(response.headers_mut(), standing);
    response
}

/// Carries a request out; one that may write is known by then to those who keep the record.
async fn carry_out(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match Asked::read(request).await {
        Ok((asked, request)) => ASKED.scope(asked, next.run(request)).await,
        Err(error) => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string(), "").into_response(),
    }
}

fn too_many(error: &str) -> Response {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, error, "Please slow down.").into_response()
}

/// Documented and observed headers of the limits.
fn set_headers(headers: &mut HeaderMap, standing: Standing) {
    for (name, value) in [
        ("x-ratelimit-limit", standing.limit as u64),
        ("x-ratelimit-remaining", standing.remaining as u64),
        ("x-ratelimit-reset", standing.reset),
        ("x-daily-ratelimit-token-limit", standing.daily_limit),
        ("x-daily-ratelimit-token-remaining", standing.daily_remaining),
    ] {
        headers.insert(name, value.into());
    }
}

/// The page of an edge that blocks a client.
const EDGE: &str = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\n<body><h1>Error 1015</h1>\
    <p>You are being rate limited. The owner of this website has banned you temporarily.</p>\
    <p>Cloudflare (practice)</p></body></html>\n";

/// The answer of a `status` fault.
fn failure(fault: &Fault) -> Response {
    let status = fault.status_code();
    let mut response = if fault.html {
        (status, Html(format!("<html><body><h1>{status}</h1></body></html>"))).into_response()
    } else {
        Refusal::new(status, "Requested service is not available", "A fault that was asked for.").into_response()
    };
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Half of an answer that says that all is well.
async fn halved(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, LARGEST).await.unwrap_or_default();
    parts.status = StatusCode::OK;
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(whole.slice(..whole.len() / 2)))
}
