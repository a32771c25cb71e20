//! What a person wants of the dashboard, as the configuration says.

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// Whether addresses on the screen are links that a terminal opens.
    pub links: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { links: true }
    }
}
