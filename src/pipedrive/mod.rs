//! The Pipedrive client.

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Too many wait already.
    #[error("too many edits are waiting already; try again when some are through")]
    Busy,
    /// Other
    #[error("{0}")]
    Other(String),
}
