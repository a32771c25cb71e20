//! Answers that are not as Pipedrive makes them: pages of something in between, and bodies that are damaged on the way.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use fastrand::Rng;
use futures_util::stream;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::faults::{Fault, Kind};

/// The largest answer that is damaged.
const LARGEST: usize = 64 << 20;

/// The page of an edge that blocks a client.
const EDGE: &str = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\n<body><h1>Error 1015</h1>\
    <p>You are being rate limited. The owner of this website has banned you temporarily.</p>\
    <p>Cloudflare (practice)</p></body></html>\n";

/// The answer of an edge that blocks a client.
pub fn blocked() -> Response {
    (StatusCode::FORBIDDEN, Html(EDGE)).into_response()
}

/// The answer that a fault gives in the server's place, if it gives one.
pub fn instead(fault: &Fault) -> Option<Response> {
    let status = fault.status_code();
    let mut response = match fault.kind {
        Kind::Status if fault.html => {
            (status, Html(format!("<html><body><h1>{status}</h1></body></html>"))).into_response()
        }
        Kind::Status => {
            Refusal::new(status, "Requested service is not available", "A fault that was asked for.").into_response()
        }
        Kind::Gateway if fault.html => {
            let title = format!("<head><title>{status}</title></head>");
            let body =
                format!("<body><center><h1>{status}</h1></center><hr><center>gateway (practice)</center></body>");
            (status, Html(format!("<html>\r\n{title}\r\n{body}\r\n</html>\r\n"))).into_response()
        }
        Kind::Gateway => {
            let words = status.canonical_reason().unwrap_or("unknown").to_lowercase();
            (status, format!("{} {words} (gateway)\n", status.as_u16())).into_response()
        }
        Kind::Redirect => (status, [(header::LOCATION, fault.location.clone()?)]).into_response(),
        Kind::Body if fault.html => (status, Html(fault.body.clone()?)).into_response(),
        Kind::Body => (status, [(header::CONTENT_TYPE, "application/json")], fault.body.clone()?).into_response(),
        _ => return None,
    };
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Some(response)
}

/// An answer as a fault leaves it.
pub async fn damage(response: Response, fault: &Fault, seed: u64) -> Response {
    match fault.kind {
        Kind::Malformed => halved(response).await,
        Kind::Truncated => truncated(response).await,
        Kind::SlowDrip => dripping(response, Duration::from_millis(fault.millis.unwrap_or_default())).await,
        Kind::DuplicateKeys => with_items(response, fault, seed, duplicate).await,
        Kind::WrongTypes => with_items(response, fault, seed, mistype).await,
        _ => response,
    }
}

/// Half of an answer that says that all is well.
async fn halved(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    parts.status = StatusCode::OK;
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(whole.slice(..whole.len() / 2)))
}

/// An answer whose connection is closed after half of what its header promises.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    set_length(&mut parts.headers, whole.len());
    let half = whole.slice(..whole.len() / 2);
    let stream = stream::unfold(Some(half), async |half| {
        if let Some(half) = half {
            return Some((Ok(half), None));
        }
        // What there is goes out before the error closes the connection.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

/// An answer whose bytes come one by one.
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
    axum::body::to_bytes(body, LARGEST).await.unwrap_or_default()
}

fn set_length(headers: &mut HeaderMap, length: usize) {
    headers.insert(header::CONTENT_LENGTH, length.into());
}

/// One field of an item, as JSON text: its key, and the value or the values that stand after it.
type Damaged = Vec<String>;

/// An answer in which one field of each item is damaged. Bodies without items stay as they are.
async fn with_items(response: Response, fault: &Fault, seed: u64, damage: fn(&Value, &mut Rng) -> Damaged) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = whole(body).await;
    let mut dice = Rng::with_seed(seed);
    let damaged = match serde_json::from_slice(&whole) {
        Ok(Value::Object(mut answer)) => {
            let data = answer.remove("data").unwrap_or_default();
            let data = match &data {
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(|item| one(item, fault, &mut dice, damage)).collect();
                    format!("[{}]", items.join(","))
                }
                item => one(item, fault, &mut dice, damage),
            };
            let rest = answer.iter().map(|(key, value)| format!("{},", pair(key, &value.to_string())));
            Bytes::from(format!("{{{}\"data\":{data}}}", rest.collect::<String>()))
        }
        _ => whole,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(damaged))
}

/// An item as JSON text, with one field damaged.
fn one(item: &Value, fault: &Fault, dice: &mut Rng, damage: fn(&Value, &mut Rng) -> Damaged) -> String {
    let Value::Object(fields) = item else { return item.to_string() };
    let chosen = match &fault.field {
        Some(field) => Some(field.clone()),
        None => any_field(fields, dice),
    };
    let pairs = fields.iter().flat_map(|(key, value)| {
        let values = if Some(key) == chosen.as_ref() { damage(value, dice) } else { vec![value.to_string()] };
        values.into_iter().map(move |value| pair(key, &value))
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// Any field but the id.
fn any_field(fields: &Map<String, Value>, dice: &mut Rng) -> Option<String> {
    let keys: Vec<&String> = fields.keys().filter(|key| *key != "id").collect();
    dice.choice(keys).cloned()
}

fn pair(key: &str, value: &str) -> String {
    format!("{}:{value}", Value::from(key))
}

/// The value and another one of its type, in any order.
fn duplicate(value: &Value, dice: &mut Rng) -> Damaged {
    let other = match value {
        Value::Bool(flag) => Value::from(!flag),
        Value::Number(number) => Value::from(number.as_f64().unwrap_or_default() + 1.0),
        Value::String(text) => Value::from(format!("{text} (other)")),
        Value::Null => Value::from(1),
        Value::Array(_) | Value::Object(_) => Value::Null,
    };
    let mut both = vec![value.to_string(), other.to_string()];
    dice.shuffle(&mut both);
    both
}

/// Something that does not belong there.
fn mistype(value: &Value, dice: &mut Rng) -> Damaged {
    let turned = match value {
        Value::String(_) => "12345".to_owned(),
        other => Value::from(other.to_string()).to_string(),
    };
    let choices = [turned.as_str(), "null", "[]", "[null]", r#""\ud83d""#, "1e999"];
    vec![choices[dice.usize(..choices.len())].to_owned()]
}
