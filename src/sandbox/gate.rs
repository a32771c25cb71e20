//! What every request passes before it is carried out: faults, the token, the limits. And the server's own endpoints
//! below `/sandbox`, which set the faults and tell what was counted and what was written.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::Utc;
use serde_json::json;

use super::Shared;
use super::answer::{Answer, Refusal, data};
use super::caller::Caller;
use super::corrupt;
use super::faults::{Fault, Faults, Kind, Met};
use super::limits::{Cost, Limits, Standing, Verdict, cost};
use super::line::Line;
use super::writes::{ASKED, Asked, millis};

/// How many requests wait at most until they are carried out late; what is more is lost.
const MAX_LATE: usize = 10_000;

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
    /// How many will be carried out late.
    pub late: usize,
    /// How many came to each route, with its method.
    pub by_path: BTreeMap<String, u64>,
}

impl Gate {
    /// Nothing has come yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            faults: Faults::default(),
            requests: 0,
            refused: 0,
            dropped: 0,
            late: 0,
            by_path: BTreeMap::new(),
        }
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
        "requests": gate.requests, "refused": gate.refused, "dropped": gate.dropped, "late": gate.late,
        "elapsed": millis(server.started.elapsed()),
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
    let route = route.map_or_else(|| "?".to_owned(), |route| route.as_str().to_owned());
    if route.starts_with("/sandbox/") {
        return next.run(request).await;
    }
    let met = {
        let mut gate = server.gate();
        gate.requests += 1;
        *gate.by_path.entry(format!("{} {route}", request.method())).or_default() += 1;
        gate.faults.meet(request.method(), request.uri().path())
    };
    if !met.stall.is_zero() {
        server.stall.begin(met.stall);
    }
    let arrived = server.started.elapsed();
    let (asked, request) = match Asked::read(request, arrived).await {
        Ok(read) => read,
        Err(error) => return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string(), "").into_response(),
    };
    let passage = Passage { server: server.clone(), route, asked, request, next };
    // A task of its own, as the request is carried out to its end even if its client leaves.
    match server.post.spawn(answer(passage, line.clone(), met)).await {
        Ok(Some(response)) => response,
        _ => cut(&line),
    }
}

/// A request that has arrived as a whole, on its way to those who carry it out.
struct Passage {
    server: Shared,
    route: String,
    asked: Asked,
    request: Request,
    next: Next,
}

/// The answer to a request, after all that it meets.
async fn answer(passage: Passage, line: Line, met: Met) -> Response {
    let server = passage.server.clone();
    if !met.stall.is_zero() {
        server.stall.over().await;
    }
    if !met.delay.is_zero() {
        tokio::time::sleep(met.delay).await;
    }
    let Some(fault) = met.fault else {
        return answered(passage, met.delay_after).await;
    };
    match fault.kind {
        Kind::DropBefore => return cut(&line),
        Kind::Late => {
            later(passage, fault.effect());
            tokio::time::sleep(fault.hold()).await;
            return cut(&line);
        }
        _ => {}
    }
    if let Some(page) = corrupt::instead(&fault) {
        later(passage, fault.effect().filter(|_| fault.kind != Kind::Status));
        tokio::time::sleep(met.delay_after).await;
        return page;
    }
    let response = answered(passage, met.delay_after).await;
    if fault.kind == Kind::DropAfter {
        server.gate().dropped += 1;
        return cut(&line);
    }
    corrupt::damage(response, &fault, met.seed).await
}

/// Carries a request out, and takes a while to answer.
async fn answered(passage: Passage, delay: Duration) -> Response {
    let response = within_limits(passage).await;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    response
}

/// Has a request carried out after a time, without an answer.
fn later(passage: Passage, after: Option<Duration>) {
    let Some(after) = after else { return };
    let server = passage.server.clone();
    {
        let mut gate = server.gate();
        if gate.late >= MAX_LATE {
            return;
        }
        gate.late += 1;
    }
    server.clone().post.spawn(async move {
        tokio::time::sleep(after).await;
        within_limits(passage).await;
        let mut gate = server.gate();
        gate.late -= 1;
        gate.dropped += 1;
    });
}

/// Closes a connection without an answer.
fn cut(line: &Line) -> Response {
    line.cut();
    StatusCode::NO_CONTENT.into_response()
}

/// Carries a request out if its token is right and has not used up what its plan allows.
async fn within_limits(passage: Passage) -> Response {
    let Passage { server, route, asked, request, next } = passage;
    let user = match check_token(&server, request.headers()) {
        Ok(user) => user,
        Err(refusal) => {
            let mut response = refusal.into_response();
            response.headers_mut().insert("x-401-by-gw", HeaderValue::from_static("true"));
            return response;
        }
    };
    let cost = match route.as_str() {
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
        Verdict::Pass => Caller::new(user).asks(ASKED.scope(asked, next.run(request))).await,
        Verdict::Burst => too_many("Rate limit exceeded: too many requests in two seconds"),
        Verdict::Daily => too_many("Rate limit exceeded: the tokens of the day are used up"),
        Verdict::Edge => return corrupt::blocked(),
    };
    set_headers(response.headers_mut(), standing);
    response
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
