//! Responses that Pipedrive would not send: pages of a server in between, and bodies damaged on the way.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use fastrand::Rng;
use futures_util::stream;
use serde_json::{Map, Value};

use crate::sandbox::faults::{Fault, FaultKind};
use crate::sandbox::response::ErrorResponse;

/// The largest response that is damaged, in bytes.
const MAX_BODY: usize = 64 << 20;

/// The page of a network edge that blocks a client.
const BLOCK_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\n<body><h1>Error 1015</h1>\
    <p>You are being rate limited. The owner of this website has banned you temporarily.</p>\
    <p>Cloudflare (practice)</p></body></html>\n";

/// Returns the response of a network edge that blocks a client.
pub fn blocked() -> Response {
    (StatusCode::FORBIDDEN, Html(BLOCK_PAGE)).into_response()
}

/// Returns the response that a fault sends in place of the server's, if any.
pub fn replacement(fault: &Fault) -> Option<Response> {
    let status = fault.status_code();
    let mut response = match fault.kind {
        FaultKind::Status if fault.html => {
            (status, Html(format!("<html><body><h1>{status}</h1></body></html>"))).into_response()
        }
        FaultKind::Status => {
            ErrorResponse::new(status, "Requested service is not available", "A fault set by the test.").into_response()
        }
        FaultKind::Gateway if fault.html => {
            let title = format!("<head><title>{status}</title></head>");
            let body =
                format!("<body><center><h1>{status}</h1></center><hr><center>gateway (practice)</center></body>");
            (status, Html(format!("<html>\r\n{title}\r\n{body}\r\n</html>\r\n"))).into_response()
        }
        FaultKind::Gateway => {
            let reason = status.canonical_reason().unwrap_or("unknown").to_lowercase();
            (status, format!("{} {reason} (gateway)\n", status.as_u16())).into_response()
        }
        FaultKind::Redirect => (status, [(header::LOCATION, fault.location.clone()?)]).into_response(),
        FaultKind::Body if fault.html => (status, Html(fault.body.clone()?)).into_response(),
        FaultKind::Body => (status, [(header::CONTENT_TYPE, "application/json")], fault.body.clone()?).into_response(),
        _ => return None,
    };
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Some(response)
}

/// Damages a response as a fault demands.
pub async fn damage(response: Response, fault: &Fault, seed: u64) -> Response {
    match fault.kind {
        FaultKind::Malformed => halved(response).await,
        FaultKind::Truncated => truncated(response).await,
        FaultKind::SlowDrip => dripping(response, Duration::from_millis(fault.millis.unwrap_or_default())).await,
        FaultKind::DuplicateKeys => damage_items(response, fault, seed, duplicate).await,
        FaultKind::WrongTypes => damage_items(response, fault, seed, mistype).await,
        _ => response,
    }
}

/// Returns half of the body with the status of a success.
async fn halved(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    parts.status = StatusCode::OK;
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(whole.slice(..whole.len() / 2)))
}

/// Returns a response whose connection is closed after half of the announced length.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    set_length(&mut parts.headers, whole.len());
    let half = whole.slice(..whole.len() / 2);
    let stream = stream::unfold(Some(half), async |half| {
        if let Some(half) = half {
            return Some((Ok(half), None));
        }
        // The first half is sent before the error closes the connection.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

/// Returns a response that is sent byte by byte.
async fn dripping(response: Response, pause: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    set_length(&mut parts.headers, whole.len());
    let stream = stream::unfold(whole, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        Some((Ok::<_, Infallible>(rest.split_to(1)), rest))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

async fn whole(body: Body) -> Bytes {
    axum::body::to_bytes(body, MAX_BODY).await.unwrap_or_default()
}

fn set_length(headers: &mut HeaderMap, length: usize) {
    headers.insert(header::CONTENT_LENGTH, length.into());
}

/// The values of one damaged field, as JSON text: the key is repeated for each.
type DamagedValues = Vec<String>;

/// Damages a value.
type DamageFn = fn(&Value, &mut Rng) -> DamagedValues;

/// Damages one field of each item. Bodies without items stay as they are.
async fn damage_items(response: Response, fault: &Fault, seed: u64, damage: DamageFn) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    let mut rng = Rng::with_seed(seed);
    let damaged = match serde_json::from_slice(&whole) {
        Ok(Value::Object(mut envelope)) => {
            let data = envelope.remove("data").unwrap_or_default();
            let data = match &data {
                Value::Array(items) => {
                    let items: Vec<String> =
                        items.iter().map(|item| damage_item(item, fault, &mut rng, damage)).collect();
                    format!("[{}]", items.join(","))
                }
                item => damage_item(item, fault, &mut rng, damage),
            };
            let rest = envelope.iter().map(|(key, value)| format!("{},", pair(key, &value.to_string())));
            Bytes::from(format!("{{{}\"data\":{data}}}", rest.collect::<String>()))
        }
        _ => whole,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(damaged))
}

/// Returns an item as JSON text with one field damaged.
fn damage_item(item: &Value, fault: &Fault, rng: &mut Rng, damage: DamageFn) -> String {
    let Value::Object(fields) = item else { return item.to_string() };
    let chosen = match &fault.field {
        Some(field) => Some(field.clone()),
        None => random_field(fields, rng),
    };
    let pairs = fields.iter().flat_map(|(key, value)| {
        let values = if Some(key) == chosen.as_ref() { damage(value, rng) } else { vec![value.to_string()] };
        values.into_iter().map(move |value| pair(key, &value))
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// Returns a random field other than the id.
fn random_field(fields: &Map<String, Value>, rng: &mut Rng) -> Option<String> {
    let keys: Vec<&String> = fields.keys().filter(|key| *key != "id").collect();
    rng.choice(keys).cloned()
}

fn pair(key: &str, value: &str) -> String {
    format!("{}:{value}", Value::from(key))
}

/// Returns the value and another one of its type, in random order.
fn duplicate(value: &Value, rng: &mut Rng) -> DamagedValues {
    let other = match value {
        Value::Bool(flag) => Value::from(!flag),
        Value::Number(number) => Value::from(number.as_f64().unwrap_or_default() + 1.0),
        Value::String(text) => Value::from(format!("{text} (other)")),
        Value::Null => Value::from(1),
        Value::Array(_) | Value::Object(_) => Value::Null,
    };
    let mut both = vec![value.to_string(), other.to_string()];
    rng.shuffle(&mut both);
    both
}

/// Returns a value of another type or an unreadable one.
fn mistype(value: &Value, rng: &mut Rng) -> DamagedValues {
    let converted = match value {
        Value::String(_) => "12345".to_owned(),
        other => Value::from(other.to_string()).to_string(),
    };
    let choices = [converted.as_str(), "null", "[]", "[null]", r#""\ud83d""#, "1e999"];
    vec![choices[rng.usize(..choices.len())].to_owned()]
}
