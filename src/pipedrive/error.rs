//! Why a call failed, in words for a person.

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Too many calls wait already.
    #[error("too many edits are waiting already; try again when some are through")]
    Busy,
    /// No connection could be made: nothing was sent.
    #[error("Pipedrive cannot be reached ({0}). Check the network and the company's name")]
    Unreachable(String),
    /// The connection broke or the answer did not come in time: whether the call took effect is not known.
    #[error("Pipedrive did not answer ({0})")]
    NoAnswer(String),
    /// The token was refused.
    #[error("Pipedrive refused the API token. Check it in Pipedrive under personal preferences, API")]
    Unauthorized,
    /// Pipedrive does not allow this, in its own words.
    #[error("Pipedrive says: {0}")]
    Refused(String),
    /// The item is not there (any more), in Pipedrive's own words.
    #[error("it is no longer in Pipedrive ({0})")]
    Gone(String),
    /// Something answered in Pipedrive's place, such as a proxy, a gateway or a network that wants a sign-in: whether
    /// the call took effect is not known.
    #[error(
        "a proxy or gateway answered in Pipedrive's place (HTTP status {status}, {body}). Check the network and the \
         company's name"
    )]
    Gateway {
        /// The HTTP status.
        status: u16,
        /// What kind of body came with it, in a few words.
        body: &'static str,
    },
    /// Pipedrive failed, and went on failing.
    #[error("Pipedrive has a problem of its own ({0}); try again later")]
    Server(String),
    /// Pipedrive asked to wait, and went on asking.
    #[error("Pipedrive goes on asking to wait: its limit is used by other programs too; try again later")]
    TooManyRequests,
    /// The company's token budget for the day is spent.
    #[error("the company's API budget for today is spent")]
    BudgetSpent,
    /// What is left of the budget is kept for edits.
    #[error("the company's API budget for today is nearly spent; what is left is kept for edits")]
    BudgetKept,
    /// Pipedrive's edge, a firewall, blocks the call, or all of this client for a while.
    #[error("Pipedrive's edge blocks this with a web page (HTTP status 403); try again later")]
    Blocked,
    /// The answer is not what the API promises.
    #[error("Pipedrive's answer cannot be read ({0})")]
    Unreadable(String),
    /// A conversion of a lead that Pipedrive gave up.
    #[error("Pipedrive could not convert the lead ({0})")]
    NotConverted(String),
    /// Something was to be made, its outcome is open, and it was not found.
    #[error("not known whether Pipedrive created it ({0}). Check, then create it again or discard it")]
    Unclear(String),
    /// dealdeck is ending.
    #[error("dealdeck is ending")]
    Closed,
}

impl ApiError {
    /// Returns `true` if a call that changes something may have taken effect all the same, so that what became of it
    /// must be looked up before it is sent again: no answer came, the server failed, or what came is not Pipedrive's.
    pub fn leaves_outcome_open(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::Server(_) | Self::Unreadable(_) | Self::Gateway { .. })
    }

    /// The same with its words put through a function.
    pub(super) fn map_words(self, change: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Unreachable(words) => Self::Unreachable(change(&words)),
            Self::NoAnswer(words) => Self::NoAnswer(change(&words)),
            Self::Refused(words) => Self::Refused(change(&words)),
            Self::Gone(words) => Self::Gone(change(&words)),
            Self::Server(words) => Self::Server(change(&words)),
            Self::Unreadable(words) => Self::Unreadable(change(&words)),
            Self::NotConverted(words) => Self::NotConverted(change(&words)),
            Self::Unclear(words) => Self::Unclear(change(&words)),
            Self::Busy
            | Self::Unauthorized
            | Self::TooManyRequests
            | Self::BudgetSpent
            | Self::BudgetKept
            | Self::Gateway { .. }
            | Self::Blocked
            | Self::Closed => self,
        }
    }

    /// Whether asking for the item now makes sense: the call was about it, and may have changed it or shown that it
    /// is not what it was.
    pub fn is_about_the_item(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Gone(_)) || self.leaves_outcome_open()
    }
}
