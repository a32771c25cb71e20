//! What webhooks tell, and when they may have told nothing.

use tokio::time::Instant;

use super::Engine;
use crate::pipedrive::ConnectionState;
use crate::sync::Report;
use crate::sync::poll_schedule::AccountPart;
use crate::sync::webhook_consumer::Step;

/// What webhooks tell of, as parts of the account.
pub(super) const DELIVERED: [AccountPart; 3] = [AccountPart::Deals, AccountPart::Activities, AccountPart::Contacts];

impl Engine {
    /// Takes in what was heard.
    pub(super) fn has_heard(&mut self, steps: Vec<Step>) -> Vec<Report> {
        let mut reports = Vec::new();
        for step in steps {
            match step {
                Step::Tell(report) => {
                    if let Report::WebhookChanges(heard) = &report {
                        self.reader.heard(heard.iter().map(|heard| &heard.change));
                        self.edits.heard(heard.iter().map(|heard| &heard.change));
                    }
                    reports.push(report);
                }
                Step::CatchUp => self.fall_behind(),
            }
        }
        reports
    }

    /// Edits have come to their ends: they will be heard of, too.
    pub(super) fn has_edited(&mut self, reports: &[Report]) {
        for report in reports {
            if let Report::EditDone { outcome: Ok(outcome), .. } = report {
                self.hearing.edited(outcome);
            }
        }
    }

    /// Something may not have been delivered: it is read what has changed, as soon as nothing else is being read.
    fn fall_behind(&mut self) {
        self.behind.get_or_insert_with(Instant::now);
    }

    /// Nothing could be delivered for some time: it is read what has changed meanwhile.
    pub(super) fn gap(&mut self) {
        if self.hearing.gap() {
            self.fall_behind();
        }
    }

    /// How the line fares. While it was down nothing was delivered either.
    pub(super) fn line_report(&mut self) -> Report {
        let line = self.line.borrow_and_update().clone();
        let is_offline = matches!(line.state, ConnectionState::Offline { .. });
        if std::mem::replace(&mut self.was_offline, is_offline) && !is_offline {
            self.gap();
        }
        Report::Connection(Box::new(line))
    }
}
