//! Errors of calls, in words for the user.

/// The reason why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Too many calls are waiting.
    #[error("too many edits are waiting already; try again when some are through")]
    Busy,
    /// No connection could be made: nothing was sent.
    #[error("Pipedrive cannot be reached ({0}). Check the network and the company's name")]
    Unreachable(String),
    /// The connection broke or the answer did not come in time: the call may have taken effect.
    #[error("Pipedrive did not answer ({0})")]
    NoAnswer(String),
    /// The token was refused.
    #[error("Pipedrive refused the API token. Check it in Pipedrive under personal preferences, API")]
    Unauthorized,
    /// Pipedrive does not allow this; holds its own words.
    #[error("Pipedrive says: {0}")]
    Refused(String),
    /// The item does not exist, or no longer; holds Pipedrive's own words.
    #[error("it is no longer in Pipedrive ({0})")]
    Gone(String),
    /// Something else answered, such as a proxy, a gateway or a network that wants a sign-in: the call may have taken
    /// effect.
    #[error(
        "a proxy or gateway answered in Pipedrive's place (HTTP status {status}, {body}). Check the network and the \
         company's name"
    )]
    Gateway {
        /// The HTTP status.
        status: u16,
        /// The kind of its body, in a few words.
        body: &'static str,
    },
    /// Pipedrive failed, at every try.
    #[error("Pipedrive has a problem ({0})")]
    Server(String),
    /// Pipedrive asked to wait, at every try.
    #[error("Pipedrive keeps asking to wait: other programs use its rate limit too")]
    TooManyRequests,
    /// The company's token budget for the day is spent.
    #[error("the company's API budget for today is spent")]
    BudgetSpent,
    /// The rest of the day's budget is reserved for edits.
    #[error("the company's API budget for today is nearly spent; the rest is reserved for edits")]
    BudgetKept,
    /// Pipedrive's edge, a firewall, blocks the call, or all of this client for a while.
    #[error("Pipedrive's edge blocks this request with a web page (HTTP status 403)")]
    Blocked,
    /// The answer does not have the form that the API promises.
    #[error("Pipedrive's answer cannot be read ({0})")]
    Unreadable(String),
    /// Pipedrive gave up the conversion of a lead.
    #[error("Pipedrive could not convert the lead ({0})")]
    NotConverted(String),
    /// The outcome of a creation is unknown, and a search did not find the item.
    #[error("not known whether Pipedrive created it ({0}). Check, then create it again or discard it")]
    Unclear(String),
    /// dealdeck is ending.
    #[error("dealdeck is ending")]
    Closed,
}

impl ApiError {
    /// Returns `true` if a change may have taken effect nevertheless, so that its outcome must be looked up before it is
    /// sent again: no answer came, the server failed, or the answer is not Pipedrive's.
    pub fn leaves_outcome_open(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::Server(_) | Self::Unreadable(_) | Self::Gateway { .. })
    }

    /// Passes its words through a function.
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

    /// Returns `true` if the item should be fetched now: the call may have changed it, or has shown that it is no longer
    /// what it was.
    pub fn is_about_the_item(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Gone(_)) || self.leaves_outcome_open()
    }
}
