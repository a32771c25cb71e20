//! The secret that webhook deliveries carry.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// A password or other credential of webhooks. Never shown, not even by `Debug`.
#[derive(Debug, Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// Wraps this text.
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// Returns 244 random bits as hexadecimal digits.
    pub fn random() -> Self {
        Self::new(&format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// Returns the text itself. Use it only to send it, to compare it, or to store it in a file that only its owner can
    /// read.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for WebhookSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for WebhookSecret {}
