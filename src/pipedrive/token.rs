//! The API token. It goes into one HTTP header and nowhere else.

use std::fmt::Write;

use reqwest::header::HeaderValue;
use ring::digest;
use secrecy::{ExposeSecret, SecretString};

/// An API token that can be sent: one word of visible ASCII. It is never shown, not by `Debug` either.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

/// A text that cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has characters that no token has; check for quotes, spaces or a second line")]
pub struct TokenError;

impl Token {
    /// The token in a text, white space around it left out.
    ///
    /// # Errors
    /// [`TokenError`] where it cannot be one.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// A number by which the token can be told from others, but not found out: the first bytes of its digest with a
    /// salt that is this machine's own.
    pub fn fingerprint(&self, salt: &[u8; 16]) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(salt);
        context.update(self.0.expose_secret().as_bytes());
        let digest = context.finish();
        digest.as_ref().iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// As the value of a header that is marked as not to be shown.
    pub(super) fn header(&self) -> Result<HeaderValue, TokenError> {
        let mut value = HeaderValue::from_str(self.0.expose_secret()).map_err(|_| TokenError)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}
