//! The lead inbox: a line each, unseen ones first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, format};
use crate::app::archive::ArchiveState;
use crate::domain::{OrgId, PersonId};
use crate::workspace::ListedId;

impl Screen<'_> {
    pub(super) fn leads(self, buffer: &mut Buffer, body: Rect) {
        let inbox = self.session.inbox(self.workspace);
        if inbox.is_empty() {
            let (nothing, hint) = self.no_leads();
            return self.emptiness(buffer, body, nothing, &hint);
        }
        let rows = inbox.iter_from(self.session.cursors.leads.top).map(ListedId::row);
        self.rows_of_table(buffer, body, self.leads_heading(), rows);
    }

    /// Why there is no lead.
    fn no_leads(self) -> (&'static str, String) {
        if !self.session.archive.is_shown {
            return ("The inbox is empty", self.next_poll().unwrap_or_default());
        }
        match &self.account.archive {
            ArchiveState::Unread | ArchiveState::Asked => ("Reading the archive…", String::new()),
            ArchiveState::Whole | ArchiveState::Latest => ("The archive is empty", "t shows the inbox".to_owned()),
            ArchiveState::Failed(why) => ("The archive could not be read", why.clone()),
        }
    }

    /// What the list is of.
    const fn leads_heading(self) -> &'static str {
        match (self.session.archive.is_shown, &self.account.archive) {
            (false, _) => "Lead",
            (true, ArchiveState::Asked) => "Archive · reading…",
            (true, ArchiveState::Latest) => "Archive · the latest",
            (true, _) => "Archive",
        }
    }

    fn next_poll(self) -> Option<String> {
        let left = self.account.freshness.next_poll? - self.session.now.0;
        Some(format!("the next look for new leads: {}", format::countdown(left)))
    }

    /// A person and an organization in one line, as far as they are known.
    pub(super) fn contact(self, person: Option<PersonId>, org: Option<OrgId>) -> String {
        let person = person.and_then(|id| self.workspace.person(id)).map(|person| person.name.as_str());
        let org = org.and_then(|id| self.workspace.org(id)).map(|org| org.name.as_str());
        let both: Vec<&str> = [person, org].into_iter().flatten().collect();
        both.join(" · ")
    }
}

/// Where a lead came from, in words: Pipedrive writes it as `ManuallyCreated`.
pub(super) fn source(written: &str) -> String {
    let mut words = String::with_capacity(written.len() + 4);
    let mut after_lower = false;
    for c in written.chars().take(60) {
        if c.is_uppercase() && after_lower {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(c);
        }
        after_lower = c.is_lowercase();
    }
    words
}
