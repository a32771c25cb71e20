//! The meaning of an answer. Pure.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::ApiError;
use super::request::{Method, Request};
use super::transport::{HttpResponse, TransportError};

/// The longest that Pipedrive's own words are quoted, in characters.
const LONGEST_WORDS: usize = 300;

/// The envelope around everything that Pipedrive answers (its page on responses). Anything may be missing or null.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Envelope {
    pub(super) success: Option<bool>,
    /// `None` if it is missing; null is what it is.
    #[serde(default, deserialize_with = "present")]
    pub(super) data: Option<Box<RawValue>>,
    pub(super) additional_data: Option<Box<RawValue>>,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

/// The meaning of an answer for its request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is done.
    Done(Envelope),
    /// It failed, and sending it again would not help, or might do it twice.
    Failed(ApiError),
    /// It may be sent again after a while.
    Again(ApiError),
    /// Too many requests: nothing of it was done. Holds how long the server says to wait.
    SlowDown(Option<Duration>),
    /// The token was refused: nothing of it was done.
    Locked,
    /// The company's budget for today is spent: nothing of it was done.
    BudgetSpent,
    /// The edge has blocked this client: nothing of it was done.
    Blocked,
}

impl Verdict {
    /// The same with the words of its error put through a function.
    pub(super) fn map_words(self, change: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(error.map_words(change)),
            Self::Again(error) => Self::Again(error.map_words(change)),
            other => other,
        }
    }
}

/// Judges what came of a request. Only Pipedrive's own words count as done, refused or gone: what is not Pipedrive's was
/// said by something on the way, which knows nothing of what became of the request.
pub(super) fn judge(request: &Request, outcome: &Result<HttpResponse, TransportError>) -> Verdict {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(TransportError::Unreachable(why)) => return Verdict::Again(ApiError::Unreachable(why.clone())),
        Err(TransportError::NoAnswer(why)) => return again_if_reading(request, ApiError::NoAnswer(why.clone())),
        Err(TransportError::TooLarge(why)) => return Verdict::Failed(ApiError::Unreadable(why.clone())),
    };
    let words = || words(answer);
    let by_gateway = || again_if_reading(request, gateway(answer));
    match (answer.status, origin(answer)) {
        (200..300, _) => match serde_json::from_slice::<Envelope>(&answer.body) {
            Ok(envelope) if envelope.success == Some(true) => Verdict::Done(envelope),
            Ok(envelope) if envelope.success == Some(false) => Verdict::Failed(ApiError::Refused(words())),
            Err(error) if is_begun_json(answer) => again_if_reading(request, ApiError::Unreadable(unreadable(&error))),
            Ok(_) | Err(_) => by_gateway(),
        },
        (429, _) if answer.limits.daily_left == Some(0) => Verdict::BudgetSpent,
        (429, _) => Verdict::SlowDown(answer.limits.retry_after.or(answer.limits.reset)),
        (500.., _) => again_if_reading(request, ApiError::Server(words())),
        (401, Origin::Pipedrive) => Verdict::Locked,
        // What is only being made cannot be gone: what it links to may be.
        (404 | 410, Origin::Pipedrive) if request.is_creation() => {
            Verdict::Failed(ApiError::Refused(format!("{} (it may link to something that is gone)", words())))
        }
        (404 | 410, Origin::Pipedrive) => Verdict::Failed(ApiError::Gone(words())),
        (300..=399, _) => by_gateway(),
        (_, Origin::Pipedrive) => Verdict::Failed(ApiError::Refused(words())),
        // Pipedrive's edge blocks with a page of HTML.
        (403, Origin::Gateway) if !answer.is_json => Verdict::Blocked,
        (_, Origin::Gateway) => by_gateway(),
    }
}

/// The sender of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Pipedrive,
    Gateway,
}

/// Tells Pipedrive's errors by their envelope, which has `success`. That something is gone or that the token is wrong
/// has to be said with it; other errors are less of a harm, and not all of their shapes are documented.
fn origin(answer: &HttpResponse) -> Origin {
    let Ok(serde_json::Value::Object(body)) = serde_json::from_slice(&answer.body) else { return Origin::Gateway };
    let has_envelope = body.get("success").and_then(serde_json::Value::as_bool) == Some(false);
    let has = |key: &str| body.get(key).is_some_and(|value| !value.is_null());
    let is_error = match answer.status {
        401 | 404 | 410 => false,
        // What v2 answers to a body that does not fit its schema is documented nowhere.
        400 | 422 => has("error") || has("errors") || has("message"),
        _ => has("error") || has("errors"),
    };
    if has_envelope || is_error { Origin::Pipedrive } else { Origin::Gateway }
}

/// An answer in Pipedrive's place.
fn gateway(answer: &HttpResponse) -> ApiError {
    let body = match answer.body.trim_ascii().first() {
        _ if (300..400).contains(&answer.status) => "a redirect",
        None => "an empty page",
        Some(b'<') => "a web page",
        Some(b'{' | b'[') => "JSON that is not Pipedrive's",
        Some(_) => "plain text",
    };
    ApiError::Gateway { status: answer.status, body }
}

/// Returns `true` if it could be JSON that was cut off or garbled on the way.
fn is_begun_json(answer: &HttpResponse) -> bool {
    answer.body.trim_ascii_start().starts_with(b"{")
}

/// Why JSON cannot be read, in plain words.
fn unreadable(error: &serde_json::Error) -> String {
    if error.is_eof() { "it was cut off".to_owned() } else { error.to_string() }
}

/// Sends only reads again. The caller of a change must look up its outcome first: it may have taken effect, and another
/// user may have changed the item since.
fn again_if_reading(request: &Request, error: ApiError) -> Verdict {
    match request.method {
        Method::Get => Verdict::Again(error),
        Method::Post | Method::Patch | Method::Put | Method::Delete => Verdict::Failed(error),
    }
}

/// Returns the text of an error, in Pipedrive's own words if it has any. Which of its fields are filled varies.
fn words(answer: &HttpResponse) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(|value| value.as_str()).filter(|text| !text.trim().is_empty());
    let info = text("error_info").filter(|info| !info.contains("developers.pipedrive.com"));
    let mut parts: Vec<String> =
        [text("error"), text("message"), info].into_iter().flatten().map(str::to_owned).collect();
    if let Some(errors) = body.get("errors").and_then(|errors| errors.as_object()) {
        parts.extend(errors.iter().map(|(field, problem)| format!("{field}: {}", plain(problem))));
    }
    parts.dedup();
    if parts.is_empty() {
        return match answer.status {
            200..300 => "no reason given".to_owned(),
            status => format!("HTTP status {status}"),
        };
    }
    parts.join("; ").chars().take(LONGEST_WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn plain(problem: &serde_json::Value) -> String {
    match problem {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::{Version, cost};
    use super::super::transport::RateLimits;
    use super::*;

    fn judged(request: &Request, status: u16, body: &str) -> Verdict {
        let is_json = body.starts_with('{');
        judge(request, &Ok(HttpResponse { status, limits: RateLimits::default(), is_json, body: body.into() }))
    }

    fn get() -> Request {
        Request::get(Version::V2, "/deals", cost::LIST)
    }

    fn post() -> Request {
        Request::post(Version::V2, "/deals", "{}".into(), cost::WRITE)
    }

    #[test]
    fn pipedrives_words_are_found_wherever_it_puts_them() {
        for (body, said) in [
            (r#"{"success":false,"error":"No","error_info":"Please check developers.pipedrive.com"}"#, "No"),
            (r#"{"success":false,"error":"No","error_info":"Because"}"#, "No; Because"),
            (r#"{"success":false,"message":"Forbidden"}"#, "Forbidden"),
            (r#"{"status":"error","errors":{"url":["bad","worse"],"id":"none"}}"#, "id: none; url: bad, worse"),
            (r#"{"success":false,"error":null,"message":42}"#, "HTTP status 400"),
        ] {
            let Verdict::Failed(ApiError::Refused(words)) = judged(&get(), 400, body) else { panic!("{body}") };
            assert_eq!(words, said);
        }
    }

    #[test]
    fn what_makes_something_is_never_sent_again_unless_nothing_was_done() {
        for (status, body) in [(500, ""), (200, "{\"succ")] {
            assert!(matches!(judged(&get(), status, body), Verdict::Again(_)), "{status}");
            let Verdict::Failed(error) = judged(&post(), status, body) else { panic!("{status}") };
            assert!(error.leaves_outcome_open());
        }
        let lost = Err(TransportError::NoAnswer("broke".into()));
        assert!(matches!(judge(&get(), &lost), Verdict::Again(_)));
        assert!(matches!(judge(&post(), &lost), Verdict::Failed(ApiError::NoAnswer(_))));
        let unsent = Err(TransportError::Unreachable("refused".into()));
        assert!(matches!(judge(&post(), &unsent), Verdict::Again(_)));
        assert!(matches!(judged(&post(), 429, "{}"), Verdict::SlowDown(None)));
    }

    #[test]
    fn a_refusal_of_pipedrive_and_a_block_of_its_edge_are_told_apart() {
        assert!(matches!(judged(&get(), 403, r#"{"success":false}"#), Verdict::Failed(ApiError::Refused(_))));
        assert!(matches!(judged(&get(), 403, "<!DOCTYPE html>"), Verdict::Blocked));
        let spent = HttpResponse {
            status: 429,
            limits: RateLimits { daily_left: Some(0), ..RateLimits::default() },
            is_json: true,
            body: b"{}".to_vec(),
        };
        assert!(matches!(judge(&get(), &Ok(spent)), Verdict::BudgetSpent));
    }

    #[test]
    fn success_false_is_a_failure_whatever_the_status() {
        let said = judged(&get(), 200, r#"{"success":false,"error":"Not so"}"#);
        assert!(matches!(said, Verdict::Failed(ApiError::Refused(words)) if words == "Not so"));
    }
}
