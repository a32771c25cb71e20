//! The key by which a member of a team shows the team's server who they are. It goes into one HTTP header.

use reqwest::header::{HeaderValue, InvalidHeaderValue};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN};
use secrecy::{ExposeSecret, SecretString};

use crate::pipedrive::WebhookSecret;

/// The shortest that is taken, in characters: nobody guesses one of 32 letters.
const SHORTEST: usize = 32;
/// The longest, in characters.
const LONGEST: usize = 512;

/// The digest of a key or a password.
pub type Digest = [u8; SHA256_OUTPUT_LEN];

/// A member's key: one word of visible ASCII. It is never shown, not by `Debug` either.
#[derive(Debug, Clone)]
pub struct MemberKey(SecretString);

/// A text that cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberKeyError {
    /// It can be guessed.
    #[error("a key has at least {SHORTEST} characters; 'dealdeck serve --new-key' makes one")]
    Short,
    /// It cannot be sent.
    #[error("it has characters that no key has; check for quotes, spaces or a second line")]
    Characters,
}

impl MemberKey {
    /// The key in a text, white space around it left out.
    ///
    /// # Errors
    /// [`MemberKeyError`] where it cannot be one.
    pub fn new(text: &str) -> Result<Self, MemberKeyError> {
        let text = text.trim();
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(MemberKeyError::Characters);
        }
        if text.len() < SHORTEST { Err(MemberKeyError::Short) } else { Ok(Self(SecretString::from(text))) }
    }

    /// The text of a new one.
    pub fn random() -> String {
        WebhookSecret::random().expose().to_owned()
    }

    /// Returns its digest, for comparing keys.
    pub fn digest(&self) -> Digest {
        digest(self.0.expose_secret().as_bytes())
    }

    /// As the value of a header that is marked as not to be shown.
    pub(super) fn header(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0.expose_secret()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Returns the digest of a secret, or of a text that may be one: of one length, and useless to send.
pub(super) fn digest(text: &[u8]) -> Digest {
    let mut out = [0; SHA256_OUTPUT_LEN];
    out.copy_from_slice(ring::digest::digest(&SHA256, text).as_ref());
    out
}
