//! How fresh what is shown is: how the line to Pipedrive fares, whether webhooks tell what changes, and when the account
//! was last looked at.

use chrono::TimeDelta;

use super::status::Segment;
use super::{Screen, format};
use crate::sync::{ConnectionState, WebhookStatus};

/// From which age on what is shown is called old, though nothing has failed.
const STALE: TimeDelta = TimeDelta::minutes(10);

impl Screen<'_> {
    /// How the line fares, which comes before all else; and whether what changes is told at once.
    pub(super) fn line_state(self) -> Segment {
        let theme = self.theme;
        let (text, style) = match &self.account.connection.line.state {
            ConnectionState::Connecting => ("○ connecting".to_owned(), theme.warning),
            ConnectionState::Online if self.account.live == WebhookStatus::On => ("◉ live".to_owned(), theme.good),
            ConnectionState::Online => ("● online".to_owned(), theme.good),
            ConnectionState::Offline { .. } => {
                let since = self.account.connection.since.0.with_timezone(&self.workspace.zone());
                (format!("○ offline since {}", since.format("%H:%M")), theme.bad)
            }
            ConnectionState::Waiting { wait, .. } => {
                let since = self.session.now.0 - self.account.connection.since.0;
                let left = TimeDelta::from_std(*wait).unwrap_or(TimeDelta::MAX) - since;
                (format!("◐ waiting {}", format::countdown(left)), theme.warning)
            }
            ConnectionState::Refused => ("✗ token refused".to_owned(), theme.bad),
            ConnectionState::WrongAccount(_) => ("✗ another account's token".to_owned(), theme.bad),
        };
        Segment { text, style }
    }

    /// What is to be known of webhooks, where they do not come.
    pub(super) fn webhooks(self) -> Option<Segment> {
        let (text, style) = match &self.account.live {
            WebhookStatus::Starting | WebhookStatus::Waiting => ("webhooks …", self.theme.dim),
            WebhookStatus::Down(_) => ("webhooks down", self.theme.warning),
            WebhookStatus::Off | WebhookStatus::On => return None,
        };
        Some(Segment { text: text.to_owned(), style })
    }

    /// How old what is shown is; where what changes is told at once, only if that cannot be relied on.
    pub(super) fn age(self) -> Option<Segment> {
        let freshness = &self.account.freshness;
        let read_at = freshness.read_at?;
        let is_online = matches!(self.account.connection.line.state, ConnectionState::Online);
        if is_online && self.account.live == WebhookStatus::On && freshness.next_poll.is_some() {
            return None;
        }
        let age = self.session.now.0 - read_at;
        let text = match format::age_in_seconds(age).as_str() {
            "now" => "as of just now".to_owned(),
            ago => format!("as of {ago} ago"),
        };
        let style = if is_online && age <= STALE { self.theme.dim } else { self.theme.warning };
        Some(Segment { text, style })
    }
}
