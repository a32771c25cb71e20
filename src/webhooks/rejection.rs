//! Rejected requests.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The reason why the listener rejects a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Its path is another.
    Elsewhere,
    /// Its method is not POST.
    Method,
    /// It lacks the password.
    Unauthorized,
    /// Its body is too large.
    TooLarge,
    /// Its body arrived too slowly.
    Slow,
    /// Its body is no delivery.
    Unreadable,
    /// There is no room for it. Pipedrive sends it again.
    Busy,
}

impl Rejection {
    /// All reasons.
    pub const ALL: [Self; 7] =
        [Self::Elsewhere, Self::Method, Self::Unauthorized, Self::TooLarge, Self::Slow, Self::Unreadable, Self::Busy];
}

impl IntoResponse for Rejection {
    /// The rest of a rejected request is not read: its connection ends.
    fn into_response(self) -> Response {
        let close = [(header::CONNECTION, "close")];
        match self {
            Self::Elsewhere => (StatusCode::NOT_FOUND, close).into_response(),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, close, [(header::ALLOW, "POST")]).into_response(),
            Self::Unauthorized => {
                let basic = [(header::WWW_AUTHENTICATE, "Basic realm=\"dealdeck\", charset=\"UTF-8\"")];
                (StatusCode::UNAUTHORIZED, close, basic).into_response()
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, close).into_response(),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, close).into_response(),
            Self::Unreadable => StatusCode::BAD_REQUEST.into_response(),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, close).into_response(),
        }
    }
}
